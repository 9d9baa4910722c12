"""What stands in the columns of the tables, and how it is written.

Times are UTC: `timestamptz` on PostgreSQL, text of one width on SQLite, so that both compare and sort them.
JSON that is only kept (reasons, warnings, near misses) is text; the declared fields of a contact, which the
database merges key by key, are `jsonb` on PostgreSQL and canonical JSON text on SQLite.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import TIMESTAMP, BigInteger, Column, Dialect, Integer, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from tournee.core.facts import JsonValue, Reason

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def utc_text(at: datetime) -> str:
    """`2026-11-23T09:30:00.000000Z`, which both databases take; raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def json_text(value: object) -> str:
    """The one way JSON is written: keys sorted, nothing between the marks."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def fields_text(fields: Mapping[str, JsonValue]) -> str:
    """Declared fields as text, for a database that compares them as such."""
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def reason_text(reason: Reason | None) -> str | None:
    """A reason as the tables keep it."""
    return None if reason is None else json_text({"code": reason.code, "details": dict(reason.details)})


class UtcTime(TypeDecorator[datetime]):
    """An instant; a time without a zone is refused."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Real timestamps where the database has them."""
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(27)

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return at.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """Any JSON value, kept and given back."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """From the database."""
        return None if value is None else json.loads(value)


class ReasonText(TypeDecorator[Reason]):
    """A reason with its details."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Reason | None, _dialect: Dialect) -> str | None:
        """To the database."""
        return reason_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Reason | None:
        """From the database."""
        if value is None:
            return None
        kept = json.loads(value)
        return Reason(kept["code"], kept["details"])


class RemoteText(TypeDecorator[str]):
    r"""Text that a server gave; what no database takes (surrogates, NUL) is kept as `\udce9`, `\` as `\\`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else re.sub(r"[\\\0\ud800-\udfff]", _escaped, value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """From the database."""
        return None if value is None else re.sub(r"\\(\\|u[0-9a-f]{4})", _unescaped, value)


def _escaped(match: re.Match[str]) -> str:
    return "\\\\" if match[0] == "\\" else f"\\u{ord(match[0]):04x}"


def _unescaped(match: re.Match[str]) -> str:
    return "\\" if match[1] == "\\" else chr(int(match[1][1:], 16))


class StampText(TypeDecorator[tuple[int, ...]]):
    """The number groups of a file's stamp as text that sorts as they do: each with its length before it."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Compared byte by byte, whatever the language of the database."""
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: tuple[int, ...] | None, _dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else "".join(f"{len(str(group)):03d}{group}" for group in value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[int, ...] | None:
        """From the database."""
        return None if value is None else _groups(value)


def _groups(text: str) -> tuple[int, ...]:
    groups = []
    while text:
        end = 3 + int(text[:3])
        groups.append(int(text[3:end]))
        text = text[end:]
    return tuple(groups)


class FieldsJson(TypeDecorator[Mapping[str, JsonValue]]):
    """The declared fields of a contact, which the database merges key by key."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, written as the rows of files have it."""
        return JSONB() if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Mapping[str, JsonValue] | None, dialect: Dialect) -> Any:
        """To the database."""
        return value if value is None or dialect.name == "postgresql" else fields_text(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Mapping[str, JsonValue] | None:
        """From the database."""
        fields: Mapping[str, JsonValue] | None = json.loads(value) if isinstance(value, str) else value
        return fields


BigId = BigInteger().with_variant(Integer(), "sqlite")
ByteText = Text().with_variant(Text(collation="C"), "postgresql")  # keys: compared byte by byte


def columns_of(kind: type, table: Table) -> list[Column[Any]]:
    """The columns named like the fields of a dataclass, so that a row's mapping makes one."""
    return [table.c[field.name] for field in fields(kind)]


def values_of(record: "DataclassInstance") -> dict[str, Any]:
    """The fields of a dataclass by name, to be written into the columns of the same names."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
