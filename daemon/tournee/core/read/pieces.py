"""The rows of a file in pieces: what is left of reading them is work that can be shared out."""

import csv
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from tournee.core.facts import Reason, RejectReason
from tournee.core.languages.words import trimmed
from tournee.core.read.lines import LINE_ENDS, Lines, Rows

#: The cells of rows that have quotes, by their place; None where a quote is not closed.
Quoted = dict[int, list[str] | None]
#: Consecutive lines: the number of the first one, their text, one row a line, and the rows with quotes, whose
#: lines have empty cells in the text.
Part = tuple[int, str, Quoted]
#: Rows that follow each other; plain data, for `marshal` too.
Piece = list[Part]

#: How much a piece has, in characters or cells: enough to work on columns, and it stays in the cache.
PIECE = 1 << 16
#: How many lines are looked at together, if there are not too many columns.
MOST_LINES = 4_096
#: Where more than one line in so many has quotes, the csv module has them all.
MANY_QUOTED = 5


class Pieces:
    """The rows of `lines` after the header, each of which should have `width` cells.

    `cut` tells, once all were given, that the last row is cut, and where it starts; it is given nevertheless.
    `inside_character` says that the file ends inside of one.
    """

    def __init__(self, lines: Lines, delimiter: str, width: int, *, inside_character: bool) -> None:
        self.cut: Reason | None = None
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._nothing = (delimiter * (width - 1) or " ") + "\n"  # a lone end would be half of CRLF after a CR
        self._quoted = Rows(lines, delimiter)
        self._inside_character = inside_character
        self._last: tuple[int, Sequence[str]] = (lines.number, ())  # a row's first line, its cells as written

    def __iter__(self) -> Iterator[Piece]:
        """Raises FileRejected for a line beyond the limit."""
        piece, room = Piece(), PIECE
        most = max(1, min(MOST_LINES, PIECE // self._width))
        while lines := self._lines.some(most):
            part = self._part(lines)
            piece.append(part)
            room -= max(len(part[1]), len(lines) * self._width)
            if room <= 0:
                yield piece
                piece, room = [], PIECE
        self._note_end()
        if piece:
            yield piece

    def _part(self, lines: list[str]) -> Part:
        """The rows of these lines, the last ones given, and of more if the last row goes on with them."""
        first = self._lines.number - len(lines) + 1
        rows: Quoted = {}
        places = [at for at, line in enumerate(lines) if '"' in line]
        many = len(places) * MANY_QUOTED > len(lines)
        end = self._all_rows(lines, rows) if many else self._quoted_rows(lines, places, rows)
        last = len(lines) - 1
        if end <= last:
            self._last = first + last, rows.get(last) or self._split(lines[last])
        for at in rows:
            lines[at] = self._nothing
        return first, "".join(lines), rows

    def _quoted_rows(self, lines: list[str], places: list[int], rows: Quoted) -> int:
        """Read the rows at these places; the place behind the last one that went on over several lines."""
        done, end = 0, 0
        while (done := self._short_rows(lines, places, done, rows)) < len(places):
            end = self._long_row(lines, places[done], rows)
            done = bisect_left(places, end)
        return end

    def _short_rows(self, lines: list[str], places: list[int], done: int, rows: Quoted) -> int:
        """Read the rows at these places that are not `done`, up to one that is not whole with its line."""
        some = (lines[places[at]] for at in range(done, len(places)))
        reader = csv.reader(some, delimiter=self._delimiter, strict=True)
        before = done
        try:
            for cells in reader:
                if reader.line_num > done - before + 1:
                    break
                rows[places[done]] = cells
                done += 1
        except csv.Error:  # it goes on, or is not as the module wants it
            pass
        return done

    def _all_rows(self, lines: list[str], rows: Quoted) -> int:
        """Read every row; the place behind the last one."""
        end = 0
        while (end := self._well_formed_rows(lines, end, rows)) < len(lines):
            end = self._long_row(lines, end, rows)
        return end

    def _well_formed_rows(self, lines: list[str], at: int, rows: Quoted) -> int:
        """Read rows from a place on, of whatever lines, up to one that is not as the module wants it."""
        first, start = self._lines.number - len(lines) + 1, at
        some = (lines[place] for place in range(start, len(lines)))
        reader = csv.reader(some, delimiter=self._delimiter, strict=True)
        try:
            for cells in reader:
                end = start + reader.line_num
                if end > at + 1 and not self._quoted.may_go_on(first + at, lines[at : end - 1]):
                    break
                rows[at] = cells
                self._last = first + at, cells
                lines[at + 1 : end] = [self._nothing] * (end - at - 1)
                at = end
        except csv.Error:
            pass
        return at

    def _long_row(self, lines: list[str], at: int, rows: Quoted) -> int:
        """Read the row at a place, whatever is odd about its quotes; the place of the row that follows.

        Notes when the text ends before a quote is closed. Where whole rows follow it, it is a stray one.
        """
        self._lines.back(len(lines) - at - 1)
        number, quoted = self._lines.number, self._quoted
        cells = rows[at] = quoted.cells(lines[at])
        if quoted.at_the_end and not any(map(self._is_whole, quoted.taken)):
            self.cut = _cut(number, "quote")
        self._last = number, cells or ()
        taken = [] if cells is None else [self._nothing] * len(quoted.taken)
        end = at + 1 + len(taken)
        lines[at + 1 : end] = taken
        self._lines.skip(len(lines) - end)
        return end

    def _is_whole(self, line: str) -> bool:
        return line.count(self._delimiter) + 1 == self._width

    def _split(self, line: str) -> list[str]:
        return line.rstrip(LINE_ENDS).split(self._delimiter)

    def _note_end(self) -> None:
        """See whether the last row is whole."""
        line, cells = self._last
        short = self._lines.unended and len(cells) < self._width and any(map(trimmed, cells))
        if not self.cut and (self._inside_character or short):
            self.cut = _cut(line, "character" if self._inside_character else "cells")


def _cut(line: int, problem: str) -> Reason:
    return Reason(RejectReason.CUT, {"line": line, "problem": problem})
