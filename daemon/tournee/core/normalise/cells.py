"""What becomes of one cell: a value, nothing, or the reason why it is refused."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tournee.core.facts import Reason, RowErrorCode

#: A value; None for an empty cell; a Reason, whose code is a `RowErrorCode`, for a refused one.
Cell = str | bool | Reason | None
Word = str | Reason | None
Convert = Callable[[str], Cell]

#: The values of the cells of a column, and the places of those that are refused.
Column = tuple[Sequence[Cell], Sequence[int]]

#: Longer cells are not kept: they are not seen again, and a few thousand of them would fill the memory.
_SHORT = 100
#: A column whose cells are looked up less often than this, for each new one, is not worth keeping.
_WORTH = 2


class Conversion(Protocol):
    """How cells are read, one or many of them."""

    def __call__(self, cell: str, /) -> Cell:
        """The value of a cell."""
        ...

    def many(self, cells: Sequence[str]) -> list[Cell]:
        """The values of some cells."""
        ...


class Each:
    """A conversion that is worked out for each cell by itself."""

    def __init__(self, convert: Convert) -> None:
        self._convert = convert

    def __call__(self, cell: str, /) -> Cell:
        """The value of a cell."""
        return self._convert(cell)

    def many(self, cells: Sequence[str]) -> list[Cell]:
        """The values of some cells."""
        return list(map(self._convert, cells))


def refusal(code: RowErrorCode, **details: object) -> Reason:
    """Why a cell is refused; the details never hold its content."""
    return Reason(code.value, details)


def refused(values: Sequence[Cell]) -> list[int]:
    """The places of the cells that are refused."""
    return [at for at, value in enumerate(values) if value.__class__ is Reason]


class Reader(Protocol):
    """How a column is read."""

    def read(self, cells: Sequence[str]) -> Column:
        """The values of some cells, and the places of those that are refused."""
        ...


class Afresh:
    """Reads a column whose cells are soon converted, and mostly new."""

    def __init__(self, conversion: Conversion) -> None:
        self._conversion = conversion

    def read(self, cells: Sequence[str]) -> Column:
        """The values of some cells, and the places of those that are refused."""
        values = self._conversion.many(cells)
        return values, refused(values)


class Seen(dict[str, Cell]):
    """Reads a column and remembers the cells it has seen, up to `most`; refused ones are never kept.

    Columns of few values cost a look-up a cell; one of ever new values is found out and converted directly.
    """

    def __init__(self, conversion: Conversion, most: int) -> None:
        super().__init__()
        self._conversion = conversion
        self._most = most
        self._asked = 0
        self._worth = True
        self._refused = False

    def read(self, cells: Sequence[str]) -> Column:
        """The values of some cells, and the places of those that are refused."""
        if not self._worth:
            values = self._conversion.many(cells)
            return values, refused(values)
        self._asked += len(cells)
        self._refused = False
        values = list(map(self.__getitem__, cells))
        return values, refused(values) if self._refused else ()

    def __missing__(self, cell: str) -> Cell:
        value = self._conversion(cell)
        if isinstance(value, Reason):
            self._refused = True
        elif len(cell) <= _SHORT:
            if len(self) >= self._most:
                self._start_again()
            if self._worth:
                self[cell] = value
        return value

    def _start_again(self) -> None:
        self._worth = self._asked >= _WORTH * len(self)
        self._asked = 0
        self.clear()
