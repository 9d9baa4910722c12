"""The declared fields of a contact as canonical JSON: an object of members, sorted by their keys."""

from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import cast

from tournee.core.facts import Reason
from tournee.core.normalise.cells import Cell, Conversion


class Member:
    """The conversion of a field's cells to members of an object, each behind a comma."""

    def __init__(self, field_key: str, conversion: Conversion, *, null: bool) -> None:
        self._conversion = conversion
        self._start = f',"{field_key}":'
        self._empty = f"{self._start}null" if null else ""

    def __call__(self, cell: str, /) -> Cell:
        """The member of a cell."""
        return self.of(self._conversion(cell))

    def many(self, cells: Sequence[str]) -> list[Cell]:
        """The members of some cells."""
        start, of, encode = self._start, self.of, encode_basestring
        values = self._conversion.many(cells)
        return [start + encode(value) if isinstance(value, str) else of(value) for value in values]

    def of(self, value: Cell) -> str | Reason:
        """The member of a value."""
        if isinstance(value, str):
            return self._start + encode_basestring(value)
        if value is None:
            return self._empty
        return value if isinstance(value, Reason) else self._start + ("true" if value else "false")


def objects(members: Sequence[Sequence[Cell]]) -> list[str | None]:
    """The object of each row, given its members column by column; None where there are none.

    A refused row has no object; whatever it gets does not matter.
    """
    columns = cast(Sequence[Sequence[str]], members)
    joined = columns[0] if len(columns) == 1 else map("".join, zip(*columns, strict=True))
    return [f"{{{row[1:]}}}" if row else None for row in joined]
