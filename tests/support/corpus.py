"""The corpus: small files as people and programs write them, and what becomes of each (tests/corpus)."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml

from support.reading import shipped
from tournee.core import read
from tournee.core.errors import FileRejected
from tournee.core.facts import CONTACT_ROW, ContactRow, Reason, RowError
from tournee.core.languages import Language, Layout, language_from
from tournee.core.normalise import Normaliser, Rejected
from tournee.core.settings import ContactField, EmptyCells, Limits

FOLDER = Path(__file__).parents[1] / "corpus"
PAGE = "expected.yaml"

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A file of the corpus; `expected` is the rest of its entry in the page of its folder."""

    path: Path
    teaches: str
    feed: JsonObject
    expected: JsonObject

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()

    @property
    def layout(self) -> Layout:
        """What its feed says."""
        return _layout(**self.feed)

    @property
    def limits(self) -> Limits:
        """How much its feed allows."""
        return Limits(**self.feed.get("limits", {}))


@cache
def cases() -> tuple[Case, ...]:
    """Every file that a page names."""
    return tuple(case for page in sorted(FOLDER.glob(f"*/{PAGE}")) for case in _cases(page))


def _cases(page: Path) -> Iterator[Case]:
    for name, entry in yaml.safe_load(page.read_text("utf-8")).items():
        expected = {key: value for key, value in entry.items() if key not in ("teaches", "feed")}
        yield Case(page.parent / name, entry["teaches"], entry["feed"], expected)


# ---------------------------------------------------------------- the feed


@cache
def fields() -> Mapping[str, ContactField]:
    """The contact fields that the feeds of the corpus declare."""
    written = yaml.safe_load((FOLDER / "fields.yaml").read_text("utf-8"))["contact_fields"]
    return {key: ContactField(key=key, **_words_by_language(field)) for key, field in written.items()}


def _words_by_language(field: JsonObject) -> JsonObject:
    tables = {key: field[key] for key in ("columns", "choices") if key in field}
    words = {key: {tag: _words(value) for tag, value in table.items()} for key, table in tables.items()}
    return {**field, **words}


def _words(written: str | list[str]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(written)


@cache
def languages() -> Mapping[str, Language]:
    """The shipped languages, and those that an operator adds (tests/corpus/languages)."""
    added = {page.stem: yaml.safe_load(page.read_text("utf-8")) for page in FOLDER.glob("languages/*.yaml")}
    return {**shipped(), **{tag: language_from(tag, data) for tag, data in added.items()}}


def _layout(language: str, code_page: str | None = None, limits: object = None, **others: Any) -> Layout:
    known = languages()[language]
    return Layout(
        language=replace(known, code_page=code_page) if code_page else known,
        languages=languages(),
        fields=fields(),
        required=frozenset(others.pop("required", ())),
        empty_cells=EmptyCells(others.pop("empty_cells", "keep")),
        **others,
    )


# ---------------------------------------------------------------- what becomes of a file


@dataclass(frozen=True)
class Found:
    """What became of a file: why it is refused, or its rows, each a contact or errors; both if it is cut."""

    refused: Reason | None
    columns: Mapping[str, str] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    warnings: tuple[Reason, ...] = ()
    rows: tuple[ContactRow | Rejected, ...] = ()

    @property
    def contacts(self) -> list[ContactRow]:
        """The rows that are good."""
        return [row for row in self.rows if isinstance(row, tuple)]

    @property
    def rejected(self) -> list[Rejected]:
        """The rows that are not."""
        return [row for row in self.rows if isinstance(row, Rejected)]

    @property
    def errors(self) -> list[RowError]:
        """The errors of every row, in order."""
        return [error for row in self.rejected for error in row]


def found_in(content: bytes, name: str, layout: Layout, limits: Limits) -> Found:
    """Read a file to its end and normalise its rows."""
    try:
        table = read.open_table(io.BytesIO(content), name=name, layout=layout, limits=limits)
        rows = tuple(_in_order(Normaliser(layout, table)))
    except FileRejected as rejected:
        return Found(rejected.reason)
    columns = {table.header[at]: field_key for at, field_key in table.columns.items()}
    warnings = tuple(table.warnings)
    return Found(table.cut, columns, table.encoding, table.delimiter, warnings, rows)


def _in_order(normaliser: Normaliser) -> Iterator[ContactRow | Rejected]:
    for batch in normaliser.batches():
        rows: list[tuple[int, ContactRow | Rejected]] = [(row[0], row) for row in batch.good]
        rows += [(errors[0][0], errors) for errors in batch.bad]
        yield from (row for _line, row in sorted(rows, key=itemgetter(0)))


# ---------------------------------------------------------------- in the shape of an entry


def as_told(found: Found, expected: JsonObject) -> JsonObject:
    """What was found as an entry tells it: of table, details and contacts as much as `expected` does."""
    shown: JsonObject = {}
    if found.refused:
        shown |= {"refused": found.refused.code, **_part(expected, "details", found.refused.details)}
    if found.columns is None:
        return shown
    errors = [[line, column, code] for line, column, code, _details in found.errors]
    warnings = sorted((_warning(reason) for reason in found.warnings), key=str)
    told = {"rejected": len(found.rejected), "errors": errors, "warnings": warnings}
    shown |= {"read": len(found.rows)} | {key: value for key, value in told.items() if value}
    shown |= _part(
        expected, "table", {key: getattr(found, key) for key in ("columns", "encoding", "delimiter")}
    )
    return shown | _stored(found, expected)


def _part(expected: JsonObject, key: str, values: Mapping[str, object]) -> JsonObject:
    return {key: {name: values.get(name) for name in expected[key]}} if key in expected else {}


def _warning(reason: Reason) -> list[object]:
    nearest = reason.details.get("nearest")
    subject = reason.details.get("column", reason.details.get("encoding"))
    return [reason.code, subject, *([nearest] if nearest else [])]


def _stored(found: Found, expected: JsonObject) -> JsonObject:
    if "stored" not in expected:
        return {}
    contacts = {row[0]: stored(row) for row in found.contacts}
    asked = expected["stored"].items()
    return {"stored": {line: {key: contacts.get(line, {}).get(key) for key in keys} for line, keys in asked}}


def stored(row: ContactRow) -> JsonObject:
    """A contact by the names of its fields, declared ones beside the standard ones."""
    values: JsonObject = dict(zip(CONTACT_ROW, row, strict=True))
    return {**json.loads(values["fields"] or "{}"), **values}
