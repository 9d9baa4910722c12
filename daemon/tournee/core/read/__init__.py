"""Bytes -> a header and rows: archives, encodings, delimiters, quotes and lines.

`Table` is a file whose header has been accepted; its rows are read as they are asked for, so that memory does
not grow with the file.
"""

from collections.abc import Iterator
from typing import BinaryIO

from tournee.core.facts import FileRows, Reason, WarningCode
from tournee.core.languages import Layout
from tournee.core.read.columns import rows_of
from tournee.core.read.decode import Encoding, detect, texts
from tournee.core.read.header import Header, read_header
from tournee.core.read.lines import Lines
from tournee.core.read.pieces import Piece, Pieces
from tournee.core.read.unpack import blocks
from tournee.core.settings import Limits

__all__ = ["Piece", "Table", "open_table", "rows_of"]

LIMITS = Limits()


class Table:
    """A file whose header is known: `columns` gives the field of a column by its place in `header`.

    `cut` tells, once the rows were given, that the last one is cut, and where it starts; it is given as a row
    nevertheless. A file that was cut between two rows cannot be told from a whole one.
    """

    def __init__(self, header: Header, encoding: Encoding, lines: Lines) -> None:
        self.header = header.names
        self.columns = header.columns
        self.delimiter = header.delimiter
        self.encoding = encoding.name
        self.warnings = list(header.warnings)
        if encoding.legacy:
            self.warnings.append(Reason(WarningCode.LEGACY_ENCODING, {"encoding": encoding.name}))
        width = len(header.names)
        self._pieces = Pieces(lines, header.delimiter, width, inside_character=encoding.cut)

    @property
    def cut(self) -> Reason | None:
        """Why the last row is not whole, once the rows were given."""
        return self._pieces.cut

    def pieces(self) -> Iterator[Piece]:
        """The rows after the header as work for `rows_of`, in order; it can be asked for once.

        Raises FileRejected for a line beyond the limit.
        """
        return iter(self._pieces)

    def batches(self) -> Iterator[FileRows]:
        """The rows after the header that are not blank, some at once; asked for instead of `pieces`."""
        for piece in self.pieces():
            yield rows_of(piece, self.delimiter, len(self.header))


def open_table(stream: BinaryIO, *, name: str, layout: Layout, limits: Limits = LIMITS) -> Table:
    """Read the file called `name` up to its header; all of it is known to be text then.

    `stream` is seekable and has the file's own bytes, packed if it is an archive. Raises FileRejected.
    """

    def all_blocks() -> Iterator[bytes]:
        return blocks(stream, name, limits)

    encoding = detect(all_blocks, layout.language.code_page)
    lines = Lines(texts(all_blocks, encoding), limits.line)
    return Table(read_header(lines, layout, limits.columns), encoding, lines)
