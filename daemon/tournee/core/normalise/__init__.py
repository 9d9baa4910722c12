"""Cells -> contacts, or the reasons why a row is refused.

The work is done a column at a time for some rows at once: most of what cells hold has been seen before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from typing import Protocol, cast

from tournee.core.facts import ContactRow, FileRows, JsonValue, Reason, RowError, RowErrorCode, WarningCode
from tournee.core.languages import STANDARD, Layout
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Afresh, Cell, Column, Conversion, Each, Reader, Seen, refusal
from tournee.core.normalise.conversions import Conversions
from tournee.core.normalise.emails import Emails
from tournee.core.normalise.members import Member, objects
from tournee.core.normalise.phones import Phones, phone
from tournee.core.settings import EmptyCells, FieldType

#: How many cells are remembered for a column, and for all columns together.
SEEN_OF_A_COLUMN = 10_000
SEEN_OF_ALL = 60_000

_IDENTITY_MISSING = refusal(RowErrorCode.IDENTITY_MISSING)
_MISSING = {
    "email": refusal(RowErrorCode.EMAIL_MISSING),
    "phone": refusal(RowErrorCode.PHONE_MISSING),
    "language": refusal(RowErrorCode.LANGUAGE_MISSING),
}


class Columns(Protocol):
    """What the columns of a file are."""

    @property
    def header(self) -> Sequence[str]:
        """Their names as the file writes them."""
        ...

    @property
    def columns(self) -> Mapping[int, str]:
        """The fields of those that are known, by their place in the header."""
        ...


class Table(Columns, Protocol):
    """A file as `core.read` opens it."""

    @property
    def warnings(self) -> list[Reason]:
        """What is odd about the file; more is added while it is read."""
        ...

    def batches(self) -> Iterator[FileRows]:
        """The rows that are not blank, some at once."""
        ...


class Rejected(list[RowError]):
    """The errors of a row that is refused, in the order of the columns.

    `identities` are those that could still be read in it (an email, a phone, what `identify_by` names), as
    contacts are known by them; there is none where nobody can tell whose row it was.
    """

    __slots__ = ("identities",)

    def __init__(self, errors: Iterable[RowError], identities: tuple[str, ...] = ()) -> None:
        super().__init__(errors)
        self.identities = identities


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a file that follow each other: the contacts and the refused rows, each in order."""

    good: list[ContactRow]
    bad: list[Rejected]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was noticed in some rows of a file about its columns, by their fields."""

    rows: int  # that could be read
    unfilled: frozenset[str]  # without a value
    swappable: frozenset[str]  # with a date that means another one with day and month exchanged
    certain: frozenset[str]  # with a date that cannot be exchanged

    def __add__(self, other: "Findings") -> "Findings":
        """What was noticed in these rows and in others together."""
        return Findings(
            rows=self.rows + other.rows,
            unfilled=self.unfilled & other.unfilled,
            swappable=self.swappable | other.swappable,
            certain=self.certain | other.certain,
        )


def warnings(table: Columns, findings: Findings) -> Iterator[Reason]:
    """What is odd about a file as a whole, given what was noticed in all of its rows."""
    ambiguous = findings.swappable - findings.certain
    for at, key in sorted(table.columns.items()):
        if findings.rows and key in findings.unfilled:
            yield Reason(WarningCode.EMPTY_COLUMN, {"column": table.header[at]})
        if key in ambiguous:
            yield Reason(WarningCode.AMBIGUOUS_DATES, {"column": table.header[at]})


class Normaliser:
    """The contacts in rows of one file; several may share its rows."""

    def __init__(self, layout: Layout, table: Columns) -> None:
        self._table = table
        self._layout = layout
        self._at = {field_key: at for at, field_key in sorted(table.columns.items())}
        self._declared = sorted(field_key for field_key in self._at if field_key not in STANDARD)
        self._conversions = Conversions(layout)
        self._readers = {key: self._reader(key) for key in self._at if key not in ("email", "phone")}
        self._emails = Emails(self._empty("email"))
        self._phones = Phones(layout.phone_country, self._empty("phone"))
        self._unfilled = frozenset(self._at)  # columns without a value so far
        self._rows = 0

    def batches(self) -> Iterator[Batch]:
        """Every row that is not blank, some at once.

        Warnings about the whole file are added to those of the table at the end. Raises FileRejected.
        """
        table = cast(Table, self._table)
        for rows in table.batches():
            yield self.batch(rows)
        table.warnings.extend(warnings(table, self.findings))

    @property
    def findings(self) -> Findings:
        """What was noticed in the rows so far."""
        dates = self._conversions.dates.items()
        return Findings(
            rows=self._rows,
            unfilled=self._unfilled,
            swappable=frozenset(key for key, column in dates if column.swappable),
            certain=frozenset(key for key, column in dates if column.certain),
        )

    def _reader(self, field_key: str) -> Reader:
        conversion = self._conversion(field_key)
        field = self._layout.fields.get(field_key)
        if field and field.type is FieldType.NUMBER:
            return Afresh(conversion)
        return Seen(conversion, min(SEEN_OF_A_COLUMN, SEEN_OF_ALL // len(self._at)))

    def _conversion(self, field_key: str) -> Conversion:
        conversion = self._conversions.of(field_key)
        if field_key == "language":
            return _filled(conversion, self._layout.default_language or _MISSING["language"])
        if field_key == self._layout.identify_by:
            return _filled(conversion, refusal(RowErrorCode.IDENTITY_MISSING, field=field_key))
        if field_key in STANDARD:
            return conversion
        return self._member(field_key, conversion)

    def _member(self, field_key: str, conversion: Conversion) -> Member:
        return Member(field_key, conversion, null=self._layout.empty_cells is EmptyCells.CLEAR)

    def _empty(self, field_key: str) -> Reason | None:
        """What stands for an empty email or phone."""
        return _MISSING[field_key] if field_key in self._layout.required else None

    def batch(self, rows: FileRows) -> Batch:
        """The contacts in some rows that follow each other."""
        self._rows += len(rows.lines)
        good, bad = self._normalised(rows.lines, rows.columns) if rows.lines else ([], [])
        if rows.refused:
            bad += [Rejected([_error(line, None, why)]) for line, why in rows.refused]
            bad.sort(key=lambda rejected: rejected[0][0])
        return Batch(good=good, bad=bad)

    def _normalised(
        self, lines: Sequence[int], columns: Sequence[Sequence[str]]
    ) -> tuple[list[ContactRow], list[Rejected]]:
        cells = {field_key: columns[at] for field_key, at in self._at.items()}
        self._unfilled = frozenset(key for key in self._unfilled if not any(map(trimmed, cells[key])))
        found = {key: reader.read(cells[key]) for key, reader in self._readers.items()}
        identities, nobody = self._reached(found, cells)
        if self._layout.identify_by:
            identities = self._identified(self._layout.identify_by, found)
        wrong = self._errors(lines, found, nobody)
        contacts = self._contacts(lines, identities, found)
        if not wrong:
            return contacts, []
        bad = [Rejected(errors, _known(found, row)) for row, errors in sorted(wrong.items())]
        kept = bytearray(b"\1") * len(contacts)
        for row in wrong:
            kept[row] = 0
        return [*compress(contacts, kept)], bad

    def _reached(
        self, found: dict[str, Column], cells: Mapping[str, Sequence[str]]
    ) -> tuple[Sequence[Cell], Sequence[int]]:
        """Find emails and phones; what contacts are known by, and the rows that have neither."""
        if "phone" in cells:
            found["phone"] = self._phones.read(cells["phone"], found.get("country"))
        phones = found["phone"][0] if "phone" in cells else ()
        if "email" not in cells:
            return phones, [row for row, number in enumerate(phones) if number is None]
        emails, known, special = self._emails.read(cells["email"])
        found["email"] = emails, [row for row in special if isinstance(emails[row], Reason)]
        for row in special if phones else ():
            known[row] = known[row] or phones[row]
        return known, [row for row in special if emails[row] is None and not (phones and phones[row])]

    def _identified(self, by: str, found: dict[str, Column]) -> Sequence[Cell]:
        """What contacts are known by who are identified by a field; that becomes a member of the JSON."""
        values, refused = found[by]
        member = self._member(by, Each(str)).of
        found[by] = [member(value) for value in values], refused
        identities = [f"{by}={value}" for value in values]
        for row in refused:
            identities[row] = ""
        found["identity"] = identities, refused
        return identities

    def _errors(
        self, lines: Sequence[int], found: Mapping[str, Column], nobody: Iterable[int]
    ) -> dict[int, list[RowError]]:
        """The errors of the rows that have any, by their place among the rows."""
        wrong: dict[int, list[RowError]] = {}
        for key, at in self._at.items():
            values, refused = found[key]
            for row in refused:
                error = _error(lines[row], self._table.header[at], cast(Reason, values[row]))
                wrong.setdefault(row, []).append(error)
        for row in nobody:
            wrong.setdefault(row, []).append(_error(lines[row], None, _IDENTITY_MISSING))
        return wrong

    def _contacts(
        self, lines: Sequence[int], identities: Sequence[Cell], found: Mapping[str, Column]
    ) -> list[ContactRow]:
        """A row for each contact; of a refused one it does not matter."""
        absent = {"language": repeat(self._layout.default_language)}
        standard = [found[key][0] if key in found else absent.get(key, repeat(None)) for key in _ROW]
        rows = zip(lines, identities, *standard, self._objects(found), strict=False)
        return cast(list[ContactRow], list(rows))

    def _objects(self, found: Mapping[str, Column]) -> Iterable[str | None]:
        """The declared fields of each row."""
        if not self._declared:
            return repeat(None)
        members = []
        for key in self._declared:
            values, refused = found[key]
            members.append(_without(values, refused) if refused else values)
        return objects(members)


#: The standard fields in the order of a contact row.
_ROW = ("email", "phone", "first_name", "last_name", "gender", "title", "country", "language")


def one(layout: Layout, assignments: Mapping[str, str]) -> dict[str, JsonValue] | list[RowError]:
    """The values of some fields of one contact as a person gives them, or an error for each refused one.

    Fields are called by their keys, in the errors too. An empty text is None; nothing is required. `identity`
    is there when the email or the phone is: it is what the contact would be known by. Raises KeyError for a
    field that does not exist.
    """
    conversions = Conversions(layout)
    others = [key for key in assignments if key != "phone"]
    values: dict[str, Cell] = {key: conversions.of(key)(assignments[key]) for key in others}
    if "phone" in assignments:
        country = values.get("country")
        known = country if isinstance(country, str) else layout.phone_country
        values["phone"] = phone(assignments["phone"], known)
    wrong = [_error(1, key, value) for key, value in values.items() if isinstance(value, Reason)]
    if wrong:
        return wrong
    identity = _identity(layout, values)
    return cast(dict[str, JsonValue], values | ({"identity": identity} if identity else {}))


def _identity(layout: Layout, values: Mapping[str, Cell]) -> Cell:
    if layout.identify_by and (value := values.get(layout.identify_by)):
        return f"{layout.identify_by}={value}"
    address = values.get("email")
    return address.casefold() if isinstance(address, str) else values.get("phone")


def _filled(conversion: Conversion, empty: Cell) -> Conversion:
    """The same conversion, with a value for empty cells."""

    def read(cell: str) -> Cell:
        value = conversion(cell)
        return empty if value is None else value

    return Each(read)


def _known(found: Mapping[str, Column], row: int) -> tuple[str, ...]:
    """The identities that a refused row holds; none where what identifies cannot be read.

    Another address of the row does not tell: it may be new to its contact.
    """
    address, number, named = (
        found[key][0][row] if key in found else None for key in ("email", "phone", "identity")
    )
    if isinstance(address, Reason) and address.code == RowErrorCode.EMAIL_MISSING:
        address = None
    decisive = named if "identity" in found else address or number
    if not (decisive and isinstance(decisive, str)):
        return ()
    known = (named, address.casefold() if isinstance(address, str) else None, number)
    return tuple(identity for identity in known if isinstance(identity, str) and identity)


def _without(members: Sequence[Cell], refused: Sequence[int]) -> Sequence[Cell]:
    """The members, with an empty text for each that is refused."""
    left = list(members)
    for row in refused:
        left[row] = ""
    return left


def _error(line: int, column: str | None, reason: Reason) -> RowError:
    return (line, column, reason.code, reason.details or None)
