"""Bytes -> a header and rows: archives, encodings, delimiters, quotes and lines.

`Table` is a file whose header has been accepted; its rows are read as they are asked for, so that memory does
not grow with the file.
"""

from collections.abc import Iterator
from typing import BinaryIO

from tournee.core.facts import FileRow, Reason, RowErrorCode, WarningCode
from tournee.core.languages import Layout
from tournee.core.languages.words import trimmed
from tournee.core.read.decode import Encoding, detect, texts
from tournee.core.read.header import Header, read_header
from tournee.core.read.lines import LINE_ENDS, Lines, Rows
from tournee.core.read.unpack import Limits, blocks

__all__ = ["Limits", "Table", "open_table"]

LIMITS = Limits()

#: How much is given out at once: enough to work on columns, little enough to hold.
BATCH_ROWS = 1_000
BATCH_CHARACTERS = 1 << 20

_UNCLOSED = Reason(RowErrorCode.QUOTE_UNCLOSED.value)


class Table:
    """A file whose header is known: `columns` gives the field of a column by its place in `header`."""

    def __init__(self, header: Header, encoding: Encoding, lines: Lines) -> None:
        self.header = header.names
        self.columns = header.columns
        self.delimiter = header.delimiter
        self.encoding = encoding.name
        self.warnings = list(header.warnings)
        if encoding.legacy:
            self.warnings.append(Reason(WarningCode.LEGACY_ENCODING, {"encoding": encoding.name}))
        self._lines = lines

    def batches(self) -> Iterator[list[FileRow]]:
        """The rows after the header that are not blank, some at once; it can be asked for once.

        Raises FileRejected for a line beyond the limit.
        """
        batch: list[FileRow] = []
        room = BATCH_CHARACTERS
        lines, delimiter, width = self._lines, self.delimiter, len(self.header)
        quoted = Rows(lines, delimiter)
        for line in lines:
            number = lines.number
            cells = quoted.cells(line) if '"' in line else line.rstrip(LINE_ENDS).split(delimiter)
            if row := _row(cells, width):
                batch.append((number, row))
                room -= len(line) if '"' not in line else sum(map(len, cells or ()))
            if len(batch) == BATCH_ROWS or room <= 0:
                yield batch
                batch, room = [], BATCH_CHARACTERS
        if batch:
            yield batch


def _row(cells: list[str] | None, width: int) -> list[str] | Reason | None:
    """The cells, as many as there are columns, or why not; None for a blank row."""
    if cells is None:
        return _UNCLOSED
    if not (cells[0][:1].isalnum() or any(map(trimmed, cells))):
        return None
    if len(cells) == width:
        return cells
    if any(map(trimmed, cells[width:])):
        return Reason(RowErrorCode.ROW_TOO_LONG.value, {"cells": len(cells), "columns": width})
    return cells[:width] + [""] * (width - len(cells))


def open_table(stream: BinaryIO, *, name: str, layout: Layout, limits: Limits = LIMITS) -> Table:
    """Read the file called `name` up to its header; all of it is known to be text then.

    `stream` is seekable and has the file's own bytes, packed if it is an archive. Raises FileRejected.
    """

    def all_blocks() -> Iterator[bytes]:
        return blocks(stream, name, limits)

    encoding = detect(all_blocks, layout.language.code_page)
    lines = Lines(texts(all_blocks, encoding), limits.line)
    return Table(read_header(lines, layout, limits.columns), encoding, lines)
