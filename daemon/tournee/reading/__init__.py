"""A contact file read: its header, then its rows as contacts or as errors, some at once and in order.

Door: `Reading`, `open_reading`. How bytes become rows and rows contacts is the core's; this room shares the
rows of a large file between this process and a second one. What is told of a file is the same either way.
"""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from io import SEEK_END
from typing import BinaryIO

from tournee.core import normalise, read
from tournee.core.facts import Reason
from tournee.core.languages import Layout
from tournee.core.settings import Limits
from tournee.reading.second import SecondReader
from tournee.reading.sharing import Shared
from tournee.reading.work import Work

__all__ = ["Reading", "open_reading"]

#: From this many bytes on it is worth starting a second process, which takes a tenth of a second.
LARGE = 4 << 20
LARGE_PACKED = LARGE // 4


class Reading:
    """A file whose header is accepted. `cut` and `warnings` are complete once the batches were consumed."""

    def __init__(self, table: read.Table, layout: Layout, second: SecondReader | None) -> None:
        self.header = table.header
        self.columns = table.columns
        self._table = table
        self._work = Work(
            layout=layout, header=table.header, columns=table.columns, delimiter=table.delimiter
        )
        self._second = second
        self._findings: normalise.Findings | None = None
        self._given: Generator[normalise.Batch, None, None] | None = None

    @property
    def cut(self) -> Reason | None:
        """Why the last row is not whole."""
        return self._table.cut

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What is odd about the file as a whole."""
        found = normalise.warnings(self._table, self._findings) if self._findings else ()
        return (*self._table.warnings, *found)

    def batches(self) -> Iterator[normalise.Batch]:
        """The rows that are not blank; it can be asked for once. Raises FileRejected."""
        self._given = self._batches()
        return self._given

    def close(self) -> None:
        """No more batches: whoever was working on one has ended, whether all were asked for or not."""
        if self._given:
            self._given.close()

    def _batches(self) -> Generator[normalise.Batch, None, None]:
        own = self._work.begun()
        if self._second is None:
            yield from map(own.batch, self._table.pieces())
            self._findings = own.findings
        else:
            self._second.begin(self._work)
            shared = Shared(self._table.pieces(), own, self._second)
            yield from shared.batches()
            self._findings = shared.findings


@contextmanager
def open_reading(stream: BinaryIO, *, name: str, layout: Layout, limits: Limits) -> Iterator[Reading]:
    """Read the file called `name` up to its header; all of it is known to be text then.

    `stream` is seekable and has the file's own bytes, packed if it is an archive. Raises FileRejected.
    """
    size = stream.seek(0, SEEK_END)
    large = size >= (LARGE_PACKED if name.lower().endswith((".gz", ".zip")) else LARGE)
    with _second_reader() if large else nullcontext() as second:
        reading = Reading(read.open_table(stream, name=name, layout=layout, limits=limits), layout, second)
        with closing(reading):
            yield reading


@contextmanager
def _second_reader() -> Iterator[SecondReader | None]:
    """A second process; None where this machine can start no more."""
    with ExitStack() as started:
        second = None
        with suppress(OSError):
            second = started.enter_context(SecondReader())
        yield second
