"""Cells -> contacts, or the reasons why a row is refused.

The work is done a column at a time for some rows at once: most of what cells hold has been seen before.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, cast

from tournee.core.facts import ContactRow, FileRow, JsonValue, Reason, RowError, RowErrorCode, WarningCode
from tournee.core.languages import STANDARD, Layout
from tournee.core.languages.words import trimmed
from tournee.core.normalise import words
from tournee.core.normalise.cells import Cell, Convert, Seen, Word, refusal
from tournee.core.normalise.dates import Dates
from tournee.core.normalise.emails import email
from tournee.core.normalise.numbers import number
from tournee.core.normalise.phones import phone, says_its_country
from tournee.core.normalise.texts import text
from tournee.core.settings import FieldType

#: How many cells are remembered for a column, and for all columns together.
SEEN_OF_A_COLUMN = 10_000
SEEN_OF_ALL = 60_000

_IDENTITY_MISSING = refusal(RowErrorCode.IDENTITY_MISSING)
_MISSING = {
    "email": refusal(RowErrorCode.EMAIL_MISSING),
    "phone": refusal(RowErrorCode.PHONE_MISSING),
    "language": refusal(RowErrorCode.LANGUAGE_MISSING),
}
_ENCODER = json.JSONEncoder(ensure_ascii=False)


class Table(Protocol):
    """A file as `core.read` opens it."""

    @property
    def header(self) -> Sequence[str]:
        """The names of the columns as the file writes them."""
        ...

    @property
    def columns(self) -> Mapping[int, str]:
        """The fields of the columns that are known, by their place in the header."""
        ...

    @property
    def warnings(self) -> list[Reason]:
        """What is odd about the file; more is added while it is read."""
        ...

    def batches(self) -> Iterator[list[FileRow]]:
        """The rows that are not blank, some at once."""
        ...


class Normaliser:
    """The contacts in the rows of a table."""

    def __init__(self, layout: Layout, table: Table) -> None:
        self._table = table
        self._layout = layout
        self._at = {field_key: at for at, field_key in table.columns.items()}
        self._declared = sorted(field_key for field_key in self._at if field_key not in STANDARD)
        self._conversions = _Conversions(layout)
        most = min(SEEN_OF_A_COLUMN, SEEN_OF_ALL // len(self._at))
        self._seen = {key: Seen(self._cell(key), most) for key in self._at if key not in ("email", "phone")}
        self._empty: dict[str, Cell] = {key: _MISSING[key] for key in layout.required}
        self._empty["language"] = layout.default_language or _MISSING["language"]
        self._unfilled: set[str] | None = None  # columns without a value so far; None before the first row

    def rows(self) -> Iterator[ContactRow | list[RowError]]:
        """For each row that is not blank, in order, the contact, or its errors in the order of the columns.

        Warnings about the whole file are added to those of the table at the end. Raises FileRejected.
        """
        for batch in self._table.batches():
            yield from self._batch(batch)
        self._table.warnings.extend(self._warnings())

    def _cell(self, field_key: str) -> Convert:
        convert = self._conversions.of(field_key)
        return convert if field_key in STANDARD else _member(field_key, convert)

    def _batch(self, batch: list[FileRow]) -> Iterable[ContactRow | list[RowError]]:
        readable = [row for row in batch if not isinstance(row[1], Reason)]
        results = self._normalised(cast(list[tuple[int, list[str]]], readable)) if readable else []
        if len(readable) == len(batch):
            return results
        there = iter(results)
        return [
            [_error(line, None, cells)] if isinstance(cells, Reason) else next(there) for line, cells in batch
        ]

    def _normalised(self, rows: list[tuple[int, list[str]]]) -> list[ContactRow | list[RowError]]:
        lines = [line for line, _cells in rows]
        columns = list(zip(*(cells for _line, cells in rows), strict=True))
        cells = {field_key: columns[at] for field_key, at in self._at.items()}
        self._note_empty(cells)
        values = self._values(cells, len(rows))
        identities = _identities(values["email"], values["phone"])
        wrong = self._errors(lines, values, identities)
        standard = (values[key] for key in _ROW)
        contacts = zip(lines, identities, *standard, self._fields(values, len(rows)), strict=True)
        results = cast(list[ContactRow | list[RowError]], list(contacts))
        for at, errors in wrong.items():
            results[at] = errors
        return results

    def _values(self, cells: Mapping[str, Sequence[str]], rows: int) -> dict[str, Sequence[Cell]]:
        """The values of every standard field and of the declared ones that are there."""
        values: dict[str, Sequence[Cell]] = {key: [None] * rows for key in STANDARD}
        values |= {key: seen.read(cells[key]) for key, seen in self._seen.items()}
        if "email" in cells:
            values["email"] = list(map(email, cells["email"]))
        if "phone" in cells:
            values["phone"] = self._phones(cells["phone"], values["country"])
        for key, empty in self._empty.items():
            values[key] = [empty if value is None else value for value in values[key]]
        return values

    def _phones(self, cells: Sequence[str], countries: Sequence[Cell]) -> list[Cell]:
        usual = self._layout.phone_country
        return [
            _phone_from_nowhere(cell) if isinstance(country, Reason) else phone(cell, country or usual)
            for cell, country in zip(cells, cast(Sequence[Word], countries), strict=True)
        ]

    def _fields(self, values: Mapping[str, Sequence[Cell]], rows: int) -> Sequence[str | None]:
        """The declared fields of each row as canonical JSON; a refused row's does not matter."""
        if not self._declared:
            return [None] * rows
        return [
            "{" + ",".join([part for part in parts if part.__class__ is str]) + "}" if any(parts) else None
            for parts in zip(*(cast(Sequence[str], values[key]) for key in self._declared), strict=True)
        ]

    def _errors(
        self, lines: Sequence[int], values: Mapping[str, Sequence[Cell]], identities: Sequence[str | None]
    ) -> dict[int, list[RowError]]:
        """The errors of the rows that have any, by their place among the rows."""
        wrong: dict[int, list[RowError]] = {}
        for key, at in sorted(self._at.items(), key=lambda item: item[1]):
            for row in _refused(values[key]):
                refused = cast(Reason, values[key][row])
                wrong.setdefault(row, []).append(_error(lines[row], self._table.header[at], refused))
        for row, identity in enumerate(identities):
            if identity is None and values["email"][row] is None and values["phone"][row] is None:
                wrong.setdefault(row, []).append(_error(lines[row], None, _IDENTITY_MISSING))
        return wrong

    def _note_empty(self, cells: Mapping[str, Sequence[str]]) -> None:
        unfilled = set(self._at) if self._unfilled is None else self._unfilled
        self._unfilled = {key for key in unfilled if not any(map(str.strip, cells[key]))}

    def _warnings(self) -> Iterator[Reason]:
        ambiguous = {key for key, dates in self._conversions.dates.items() if dates.ambiguous}
        for key, at in sorted(self._at.items(), key=lambda item: item[1]):
            details = {"column": self._table.header[at]}
            if key in (self._unfilled or ()):
                yield Reason(WarningCode.EMPTY_COLUMN, details)
            if key in ambiguous:
                yield Reason(WarningCode.AMBIGUOUS_DATES, details)


#: The standard fields in the order of a contact row.
_ROW = ("email", "phone", "first_name", "last_name", "gender", "title", "country", "language")


def one(layout: Layout, assignments: Mapping[str, str]) -> dict[str, JsonValue] | list[RowError]:
    """The values of some fields of one contact as a person gives them, or an error for each refused one.

    Fields are called by their keys, in the errors too. An empty text is None; nothing is required. `identity`
    is there when the email or the phone is: it is what the contact would be known by. Raises KeyError for a
    field that does not exist.
    """
    conversions = _Conversions(layout)
    others = [key for key in assignments if key != "phone"]
    values: dict[str, Cell] = {key: conversions.of(key)(assignments[key]) for key in others}
    if "phone" in assignments:
        country = values.get("country")
        known = country if isinstance(country, str) else layout.phone_country
        values["phone"] = phone(assignments["phone"], known)
    wrong = [_error(1, key, value) for key, value in values.items() if isinstance(value, Reason)]
    if wrong:
        return wrong
    [identity] = _identities([values.get("email")], [values.get("phone")])
    return cast(dict[str, JsonValue], values | ({"identity": identity} if identity else {}))


class _Conversions:
    """How the cells of each field are read; `dates` has those of the date fields that were asked for."""

    def __init__(self, layout: Layout) -> None:
        self.dates: dict[str, Dates] = {}
        self._layout = layout

    def of(self, field_key: str) -> Convert:
        """The conversion of a field other than `phone`, which takes the country too."""
        language = self._layout.language
        standard: dict[str, Callable[[], Convert]] = {
            "last_name": lambda: text,
            "first_name": lambda: text,
            "gender": lambda: words.gender(language),
            "title": lambda: words.title(language),
            "country": lambda: words.country(language),
            "email": lambda: email,
            "language": lambda: words.spoken(language),
        }
        declared: dict[FieldType, Callable[[], Convert]] = {
            FieldType.TEXT: lambda: text,
            FieldType.NUMBER: lambda: number(language.tag),
            FieldType.DATE: lambda: self.dates.setdefault(field_key, Dates(language.tag)).read,
            FieldType.BOOLEAN: lambda: words.boolean(language),
        }
        if field_key in standard:
            return standard[field_key]()
        return declared[self._layout.fields[field_key].type]()


def _member(field_key: str, convert: Convert) -> Convert:
    """The conversion to a member of a JSON object."""
    encode = _ENCODER.encode
    start = encode(field_key) + ":"

    def read(cell: str) -> Cell:
        value = convert(cell)
        return value if value is None or isinstance(value, Reason) else start + encode(value)

    return read


def _identities(emails: Sequence[Cell], phones: Sequence[Cell]) -> list[str | None]:
    """The case-folded email, else the phone, else None; that of a refused cell does not matter."""
    return [
        address.casefold() if isinstance(address, str) else number if isinstance(number, str) else None
        for address, number in zip(emails, phones, strict=True)
    ]


def _phone_from_nowhere(cell: str) -> Word:
    """A phone whose row's country is refused: wrong only where no country could make it right."""
    return phone(cell, None) if says_its_country(cell) else trimmed(cell) or None


def _refused(values: Sequence[Cell]) -> list[int]:
    if Reason not in set(map(type, values)):
        return []
    return [row for row, value in enumerate(values) if isinstance(value, Reason)]


def _error(line: int, column: str | None, reason: Reason) -> RowError:
    return (line, column, reason.code, reason.details or None)
