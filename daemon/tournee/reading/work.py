"""What is to be done with the pieces of one file, in whichever process."""

from collections.abc import Mapping
from dataclasses import dataclass

from tournee.core import normalise, read
from tournee.core.languages import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that has to be known of a file to make contacts of its pieces."""

    layout: Layout
    header: tuple[str, ...]
    columns: Mapping[int, str]
    delimiter: str

    def begun(self) -> "Reader":
        """Somebody to do it."""
        return Reader(self)


class Reader:
    """Makes contacts of pieces, and notices what is odd about the columns in them."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._normaliser = normalise.Normaliser(work.layout, work)

    def batch(self, piece: read.Piece) -> normalise.Batch:
        """The contacts in a piece, and its errors."""
        return self._normaliser.batch(read.rows_of(piece, self._work.delimiter, len(self._work.header)))

    @property
    def findings(self) -> normalise.Findings:
        """What was noticed so far."""
        return self._normaliser.findings
