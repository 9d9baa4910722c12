"""Lines as an editor counts them, and the rows that they make (RFC 4180)."""

import csv
import io
import re
from collections.abc import Iterator

from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason

LINE_ENDS = "\r\n"
_CLOSING = re.compile(r'(?:[^"]++|"")*+"')


class Lines:
    """The lines of a text with their ends; CR, LF and CRLF each end a line.

    `number` is that of the last line given; `unended` tells, once all were given, that the last has no end.
    Lines can be put back, to be given again. Raises FileRejected (`too_large`) for a line of more than
    `limit` characters.
    """

    def __init__(self, texts: Iterator[str], limit: int) -> None:
        self.number = 0
        self.unended = False
        self.limit = limit
        self._texts = texts
        self._rest = ""  # of the text, behind the last line end
        self._loaded = 0  # lines
        self._ahead: list[str] = []  # those at hand, of which `_at` were given
        self._at = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.next, None)

    def next(self) -> str | None:
        """The next line, or None at the end."""
        if self._at == len(self._ahead) and not self._load():
            return None
        self._at += 1
        self.number += 1
        return self._ahead[self._at - 1]

    def some(self, most: int) -> list[str]:
        """The next lines, up to `most` of them, as they are at hand; none at the end."""
        if self._at == len(self._ahead) and not self._load():
            return []
        given = self._ahead[self._at : self._at + most]
        self._at += len(given)
        self.number += len(given)
        return given

    def back(self, count: int) -> None:
        """Give the last `count` lines again, of those that came together."""
        self._at -= count
        self.number -= count

    def skip(self, count: int) -> None:
        """Give the next `count` lines, which were given before, no more."""
        self._at += count
        self.number += count

    def put_back(self, lines: list[str]) -> None:
        """Give these lines, the last ones given, again."""
        self.number -= len(lines)
        if len(lines) <= self._at:
            self._at -= len(lines)
        else:
            self._ahead[: self._at] = lines
            self._at = 0

    def _load(self) -> bool:
        """Have more lines at hand, unless the text is over."""
        for text in self._texts:
            lines = io.StringIO(self._rest + text, newline="").readlines()
            # a line is whole when its end is, and CR may be half of CRLF
            self._rest = "" if not lines or lines[-1].endswith("\n") else lines.pop()
            self._check(lines)
            if lines:
                return self._have(lines)
        if not self._rest:
            return False
        last, self._rest = self._rest, ""
        self.unended = not last.endswith("\r")
        return self._have([last])

    def _have(self, lines: list[str]) -> bool:
        self._ahead, self._at = lines, 0
        self._loaded += len(lines)
        return True

    def _check(self, lines: list[str]) -> None:
        lengths = [*map(len, lines), len(self._rest)]
        if max(lengths) > self.limit:
            line = self._loaded + 1 + next(at for at, length in enumerate(lengths) if length > self.limit)
            raise FileRejected(RejectReason.TOO_LARGE, {"limit": "line", "most": self.limit, "line": line})


class Rows:
    """The cells of rows that hold quotes; such a row may go on over several lines.

    A quote opens a cell only at its start, and inside is written twice; what follows the closing quote
    belongs to the cell too. A quote counts as unclosed when the text ends, when the row outgrows the limit of
    a line, or when text follows the quote that would close it on a later line: that one opens another cell.

    `taken` has the lines after the first that made the last row, or that were looked at in vain for the end
    of its quote; `at_the_end` tells that the text ended before that quote was closed.
    """

    def __init__(self, lines: Lines, delimiter: str) -> None:
        self.taken: list[str] = []
        self.at_the_end = False
        self._lines = lines
        self._delimiter = delimiter
        self._alone_until = 0

    def cells(self, line: str) -> list[str] | None:
        """The cells of the row that starts with `line`, the last one given; None where a quote is not closed.

        The lines after the first are then given again, each as a row that ends with its line: no line is
        looked at more than twice, whatever the file holds.
        """
        self.taken = []
        self.at_the_end = False
        try:
            return next(csv.reader((line,), delimiter=self._delimiter, strict=True))
        except csv.Error:  # it goes on, or is not as the module wants it
            return self._piece_by_piece(line)

    def may_go_on(self, number: int, lines: list[str]) -> bool:
        """Whether a row that starts on line `number` may have more lines than these."""
        return number > self._alone_until and sum(map(len, lines)) < self._lines.limit

    def _piece_by_piece(self, line: str) -> list[str] | None:
        lines = self._lines
        row = _Row(self._delimiter)
        row.add(line)
        room = lines.limit - len(line)
        while row.unfinished and room > 0 and lines.number > self._alone_until:
            following = lines.next()
            if following is None:
                self.at_the_end = True
                break
            self.taken.append(following)
            room -= len(following)
            row.add(following)
        if not (row.open or row.broken):
            return row.cells
        self._alone_until = max(self._alone_until, lines.number - 1)
        lines.put_back(self.taken)
        return None


class _Row:
    """A row in the making, line by line."""

    def __init__(self, delimiter: str) -> None:
        self.cells: list[str] = []
        self.open = False  # the last cell is quoted and its quote not closed yet
        self.broken = False  # a quote was closed on a later line and text follows
        self._delimiter = delimiter
        self._parts: list[str] = []  # of the last cell, while it is open

    @property
    def unfinished(self) -> bool:
        """Whether it goes on with the next line."""
        return self.open and not self.broken

    def add(self, line: str) -> None:
        """Go on with one more line."""
        body = line.rstrip(LINE_ENDS)
        went_on = self.open
        for at, piece in enumerate(body.split(self._delimiter)):
            if self.open:
                self._go_on(self._delimiter * bool(at), piece, from_before=went_on)
                went_on = went_on and self.open
            elif piece.startswith('"'):
                self._go_on("", piece[1:], from_before=False)
            else:
                self.cells.append(piece)
        if self.open:
            self._parts.append(line[len(body) :])

    def _go_on(self, joint: str, piece: str, *, from_before: bool) -> None:
        self._parts.append(joint)
        closing = _CLOSING.match(piece)
        self.open = closing is None
        if closing is None:
            self._parts.append(piece)
            return
        quoted, after = piece[: closing.end() - 1], piece[closing.end() :]
        self._parts.append(quoted)
        self.cells.append("".join(self._parts).replace('""', '"') + after)
        self._parts = []
        self.broken = self.broken or (from_before and bool(after.strip()))
