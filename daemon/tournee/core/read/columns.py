"""A piece of a file becomes columns of cells: most rows all at once, quoted and odd ones by themselves."""

from collections.abc import Iterable, Mapping
from itertools import compress
from operator import itemgetter

from tournee.core.facts import FileRows, Reason, RowErrorCode
from tournee.core.languages.words import UNSEEN, trimmed
from tournee.core.read.pieces import Part, Piece

Row = list[str] | Reason
Columns = list[list[str]]

#: To take a row out of its columns is cheap, to take out many is not.
MANY_BLANK = 50

_UNCLOSED = Reason(RowErrorCode.QUOTE_UNCLOSED.value)
_UNSEEN = frozenset(UNSEEN)


def rows_of(piece: Piece, delimiter: str, width: int) -> FileRows:
    """The rows in a piece that are not blank, each with `width` cells, or why it cannot be read."""
    lines: list[int] = []
    columns: Columns = [[] for _ in range(width)]
    refused: list[tuple[int, Reason]] = []
    for part in piece:
        cells, alone = _columns(part, delimiter, width)
        first = part[0]
        refused += [(first + at, row) for at, row in alone.items() if isinstance(row, Reason)]
        numbers = list(range(first, first + len(cells[0])))
        _drop_blank(numbers, cells)
        lines += numbers
        for column, more in zip(columns, cells, strict=True):
            column += more
    return FileRows(lines=lines, columns=columns, refused=sorted(refused, key=itemgetter(0)))


def _columns(part: Part, delimiter: str, width: int) -> tuple[Columns, dict[int, Row]]:
    """The cells of all rows, empty where a row is refused; and the rows that were taken by themselves."""
    _first, text, quoted = part
    alone = {at: _row(cells, width) for at, cells in quoted.items()}
    text = _with_plain_ends(text)
    rows = text.count("\n")
    if len(alone) == rows:
        return _turned(alone.values(), width), alone
    columns = _even(text, rows, delimiter, width)
    if columns is None:
        lines = text.split("\n")
        for at, line in enumerate(lines[:-1]):
            if line.count(delimiter) != width - 1:
                alone[at] = _row(line.split(delimiter), width)
                lines[at] = delimiter * (width - 1)
        columns = _even("\n".join(lines), rows, delimiter, width)
    assert columns is not None, "lines with as many delimiters have as many cells"
    _put_in(columns, alone)
    return columns, alone


def _with_plain_ends(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") else text + "\n"


def _even(text: str, rows: int, delimiter: str, width: int) -> Columns | None:
    """The cells of lines that all have `width` of them; None where they have not."""
    # the last cell of a line keeps its line end, so that it can be told from others
    cells = text.replace("\n", "\n" + delimiter).split(delimiter)
    cells.pop()
    ends = "".join(cells[width - 1 :: width]).split("\n")
    ends.pop()
    if len(cells) != width * rows or len(ends) != rows:
        return None
    return [*(cells[at::width] for at in range(width - 1)), ends]


def _row(cells: list[str] | None, width: int) -> Row:
    """The cells, as many as there are columns, or why not."""
    if cells is None:
        return _UNCLOSED
    if len(cells) == width:
        return cells
    if any(map(trimmed, cells[width:])):
        return Reason(RowErrorCode.ROW_TOO_LONG.value, {"cells": len(cells), "columns": width})
    return cells[:width] + [""] * (width - len(cells))


def _turned(rows: Iterable[Row], width: int) -> Columns:
    """Rows as columns; the cells of a refused row are empty."""
    nothing = [""] * width
    return [*map(list, zip(*(nothing if isinstance(row, Reason) else row for row in rows), strict=True))]


def _put_in(columns: Columns, alone: Mapping[int, Row]) -> None:
    """Put the cells of rows in their places."""
    for at, row in alone.items():
        if not isinstance(row, Reason):
            for column, cell in zip(columns, row, strict=True):
                column[at] = cell


def _drop_blank(lines: list[int], columns: Columns) -> None:
    """Take out the rows in which there is nothing to see."""
    maybe = [at for at, cell in enumerate(columns[0]) if not cell or cell[0] in _UNSEEN]
    blank = [at for at in maybe if not any(trimmed(column[at]) for column in columns)]
    if len(blank) < MANY_BLANK:
        for at in reversed(blank):
            del lines[at]
            for column in columns:
                del column[at]
        return
    kept = bytearray(b"\1") * len(lines)
    for at in blank:
        kept[at] = 0
    lines[:] = compress(lines, kept)
    for column in columns:
        column[:] = compress(column, kept)
