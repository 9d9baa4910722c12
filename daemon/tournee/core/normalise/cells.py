"""What becomes of one cell: a value, nothing, or the reason why it is refused."""

from collections.abc import Callable, Sequence

from tournee.core.facts import Reason, RowErrorCode

#: A value; None for an empty cell; a Reason, whose code is a `RowErrorCode`, for a refused one.
Cell = str | bool | Reason | None
Word = str | Reason | None
Convert = Callable[[str], Cell]

#: Longer cells are not kept: they are not seen again, and a few thousand of them would fill the memory.
_SHORT = 100
#: A column whose cells are looked up less often than this, for each new one, is not worth keeping.
_WORTH = 2


def refusal(code: RowErrorCode, **details: object) -> Reason:
    """Why a cell is refused; the details never hold its content."""
    return Reason(code.value, details)


class Seen(dict[str, Cell]):
    """A conversion that remembers the cells it has seen, up to `most`; refused ones are never kept.

    Columns of few values cost a look-up a cell; one of ever new values is found out and converted directly.
    """

    def __init__(self, convert: Convert, most: int) -> None:
        super().__init__()
        self._convert = convert
        self._most = most
        self._asked = 0
        self._worth = True

    def read(self, cells: Sequence[str]) -> list[Cell]:
        """The values of some cells."""
        if not self._worth:
            return list(map(self._convert, cells))
        self._asked += len(cells)
        return list(map(self.__getitem__, cells))

    def __missing__(self, cell: str) -> Cell:
        value = self._convert(cell)
        if len(cell) <= _SHORT and not isinstance(value, Reason):
            if len(self) >= self._most:
                self._start_again()
            if self._worth:
                self[cell] = value
        return value

    def _start_again(self) -> None:
        self._worth = self._asked >= _WORTH * len(self)
        self._asked = 0
        self.clear()
