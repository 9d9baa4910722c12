"""The temporary tables of one import, on a connection of its own."""

from typing import Any

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.types import TypeEngine

from tournee.core.facts import CONTACT_ROW
from tournee.store.columns import BigId, ByteText, FieldsJson

EMAIL_KEY = "email_key"  # beside the email of a row whose identity is that of a field

of_imports = MetaData()
of_mirrors = MetaData()

_SPECIAL: dict[str, TypeEngine[Any]] = {
    "line": BigId, "identity": ByteText, "phone": ByteText, "fields": FieldsJson(), EMAIL_KEY: ByteText,
}  # fmt: skip


def _table(name: str, *parts: Any, metadata: MetaData = of_imports) -> Table:
    return Table(name, metadata, *parts, prefixes=["TEMPORARY"])


def _row() -> list[Column[Any]]:
    return [
        Column(name, _SPECIAL.get(name, Text()), autoincrement=False) for name in (*CONTACT_ROW, EMAIL_KEY)
    ]


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, BigId, primary_key=key, autoincrement=False)


#: The rows that are to be merged. SQLite finds one by its line without an index of its own.
staged = _table("staged", *_row(), PrimaryKeyConstraint("line").ddl_if(dialect="sqlite"))
#: Contacts that there are already, and the rows that mean them.
known = _table("known", _number("contact_id"), _number("line"))
#: The same, of rows whose identity is not (yet) that of the contact.
paired = _table("paired", _number("contact_id"), _number("line"), Column("identity", ByteText))
#: Every contact of the file.
hits = _table("hits", _number("contact_id", key=True))
#: Identities in rejected rows, and whom they may mean.
kept = _table("kept", Column("identity", ByteText), metadata=of_mirrors)
doubtful = _table("doubtful", Column("identity", ByteText), metadata=of_mirrors)
spared = _table("spared", _number("contact_id", key=True), metadata=of_mirrors)
