"""What tests of reading need: the shipped languages, layouts, and files made of text."""

import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from operator import itemgetter
from typing import Any

import yaml

from tournee.core import read
from tournee.core.facts import CONTACT_ROW, Reason
from tournee.core.languages import Language, Layout, language_from
from tournee.core.normalise import Normaliser, Rejected
from tournee.core.settings import ContactField, FieldType, Limits

DECLARED = {
    "purchase_date": (FieldType.DATE, {"fr": ("Date d'achat",), "en": ("Purchase date",)}),
    "amount": (FieldType.NUMBER, {"fr": ("Montant",), "en": ("Amount",)}),
    "store": (FieldType.TEXT, {"fr": ("Magasin",), "en": ("Store",)}),
    "loyal": (FieldType.BOOLEAN, {"fr": ("Fidèle",), "en": ("Loyal",)}),
}


@cache
def shipped() -> Mapping[str, Language]:
    """The languages that come with the program, by tag."""
    folder = files("tournee") / "languages"
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    tags = {entry.name.removesuffix(".yaml"): entry.read_text("utf-8") for entry in found}
    return {tag: language_from(tag, yaml.safe_load(text)) for tag, text in tags.items()}


def layout(tag: str = "fr", **changes: Any) -> Layout:
    """The layout of a feed in that language, with a declared field of each type."""
    fields = {
        key: ContactField(key=key, type=kind, columns=columns) for key, (kind, columns) in DECLARED.items()
    }
    given = {"language": shipped()[tag], "languages": shipped(), "fields": fields, **changes}
    return Layout(**given)


def opened(
    data: bytes | str, a_layout: Layout | None = None, name: str = "import.csv", **limits: int
) -> read.Table:
    """A file opened as the poll would."""
    content = data.encode() if isinstance(data, str) else data
    return read.open_table(
        io.BytesIO(content), name=name, layout=a_layout or layout(), limits=Limits(**limits)
    )


def rows_of(table: read.Table) -> list[tuple[int, list[str] | Reason]]:
    """Every row of a table."""
    return [row for batch in table.batches() for row in batch]


def normalised(data: bytes | str, a_layout: Layout | None = None) -> list[dict[str, Any] | Rejected]:
    """What becomes of every row: a contact by field names, or its errors."""
    a_layout = a_layout or layout()
    found: list[tuple[int, dict[str, Any] | Rejected]] = []
    for batch in Normaliser(a_layout, opened(data, a_layout)).batches():
        found += [(row[0], dict(zip(CONTACT_ROW, row, strict=True))) for row in batch.good]
        found += [(errors[0][0], errors) for errors in batch.bad]
    return [row for _line, row in sorted(found, key=itemgetter(0))]
