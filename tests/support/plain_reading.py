"""The rows of a text, read a character at a time: slow, and plain enough to be believed without a test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages.words import UNSEEN

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
SEP = re.compile(r'"?sep=[^\w"\r\n]"?[\r\n]*', re.IGNORECASE)
BLANK = UNSEEN + ";,\t|"
UNCLOSED = Reason(RowErrorCode.QUOTE_UNCLOSED.value)

Row = tuple[int, list[str] | Reason]


@dataclass
class PlainReader:
    """The lines of a text, and how far they are read; a row may have `limit` characters."""

    text: str
    delimiter: str
    limit: int
    at: int = 0
    alone_until: int = 0
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = LINE.findall(self.text)

    def header(self) -> tuple[str, ...]:
        """The names of the columns, without the unnamed ones at the end."""
        self._skip_blank()
        if SEP.fullmatch(self.lines[self.at]):
            self.at += 1
            self._skip_blank()
        cells = self._row()
        names = [" ".join(cell.strip(UNSEEN).split()) for cell in cells or ()]
        while names and not names[-1]:
            names.pop()
        return tuple(names)

    def rows(self, width: int) -> Iterator[Row]:
        """Every row that is not blank: the line on which it starts with its cells, or with what is wrong."""
        while self.at < len(self.lines):
            number = self.at + 1
            cells = self._row()
            if cells is None:
                yield number, UNCLOSED
            elif any(cell.strip(UNSEEN) for cell in cells[width:]):
                details = {"cells": len(cells), "columns": width}
                yield number, Reason(RowErrorCode.ROW_TOO_LONG.value, details)
            elif any(cell.strip(UNSEEN) for cell in cells):
                yield number, cells[:width] + [""] * (width - len(cells))

    def _skip_blank(self) -> None:
        while not self.lines[self.at].strip(BLANK):
            self.at += 1

    def _row(self) -> list[str] | None:
        """The cells of the next row; None where a quote is not closed, and then only its first line is read.

        The lines that were looked at for the quote are rows by themselves then.
        """
        start = self.at
        cells: list[str] = []
        went_on = self._cells_of_line(cells, inside=False)
        while went_on and self._may_go_on(start):
            went_on = self._cells_of_line(cells, inside=True)
        if went_on is False:
            return cells
        self.alone_until = max(self.alone_until, self.at - 1)
        self.at = start + 1
        return None

    def _may_go_on(self, start: int) -> bool:
        room = self.limit - sum(map(len, self.lines[start : self.at]))
        return room > 0 and self.at > self.alone_until and self.at < len(self.lines)

    def _cells_of_line(self, cells: list[str], *, inside: bool) -> bool | None:
        """Add the cells of the next line to those of the row; whether a quote is still open at its end.

        `inside` says that one was at its start. None where text follows it here: it opens another cell.
        """
        line = self.lines[self.at]
        body = line.rstrip("\r\n")
        self.at += 1
        at, cell, first = 0, cells.pop() if inside else "", inside
        while True:
            if inside or body[at : at + 1] == '"':
                at += not inside
                quoted, at = _to_the_quote(body, at)
                cell += quoted
                if at < 0:
                    cells.append(cell + line[len(body) :])
                    return True
            after, at = _to_the_delimiter(body, at, self.delimiter)
            if first and after.strip():
                return None
            cells.append(cell + after)
            if at > len(body):
                return False
            cell, inside, first = "", False, False


def _to_the_quote(body: str, at: int) -> tuple[str, int]:
    """What stands before the quote that closes a cell, and the place behind it; -1 where there is none."""
    text = ""
    while at < len(body):
        if body[at] == '"' and body[at + 1 : at + 2] != '"':
            return text, at + 1
        text += body[at]
        at += 2 if body[at] == '"' else 1
    return text, -1


def _to_the_delimiter(body: str, at: int, delimiter: str) -> tuple[str, int]:
    """What stands before the next delimiter, and the place behind it; beyond the end where there is none."""
    text = ""
    while at < len(body) and body[at] != delimiter:
        text += body[at]
        at += 1
    return text, at + 1
