"""What a file says: its rows read and normalised, some thousands at once, and all that is to be told of it.

Nothing is decided here and no lock is held; neither the database nor the configuration is known, only the
layout of the feed's files.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from tournee.core import normalise
from tournee.core.errors import FileRejected
from tournee.core.facts import ContactRow, Reason, RowError, RowErrorCode
from tournee.core.languages import Layout
from tournee.core.settings import Limits
from tournee.reading import Reading, open_reading

ROWS_AT_ONCE = 5_000
ROW_ERRORS_KEPT = 10_000
IDENTITIES_KEPT = 50_000  # of rejected rows
FIRST_ROWS = 10

#: What is done with the good rows, as they come; asked for when the fields of the columns are known.
Take = Callable[[list[ContactRow]], None]
Begin = Callable[[Mapping[int, str]], Take]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A file read to its end, or up to where it turned out to be unreadable (`rejection`).

    Of the errors the first are kept and all are counted. `identities` are those that could be read in the
    rejected rows, `doubtful` those of rows whose phone could not; they are `certain` where each such row told
    whose it was. `cut` is why the last row is not whole.
    """

    rows: int = 0
    rejected: int = 0
    error_total: int = 0
    errors: tuple[RowError, ...] = ()
    identities: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    certain: bool = True
    header: tuple[str, ...] = ()
    columns: Mapping[int, str] = field(default_factory=dict)  # the fields of the known ones, by place
    first_rows: tuple[ContactRow, ...] = ()
    warnings: tuple[Reason, ...] = ()
    cut: Reason | None = None
    rejection: Reason | None = None


def parse(stream: BinaryIO, *, name: str, layout: Layout, limits: Limits, begin: Begin) -> Parsed:
    """Read the file called `name`; once its header is accepted its good rows are taken, in order."""
    tally, reading = _Tally(), None
    try:
        with open_reading(stream, name=name, layout=layout, limits=limits) as reading:
            _rows(reading.batches(), tally, begin(reading.columns))
    except FileRejected as rejection:
        return tally.told(reading, rejection.reason)
    return tally.told(reading, None)


def _rows(batches: Iterable[normalise.Batch], tally: "_Tally", take: Take) -> None:
    good: list[ContactRow] = []
    read_with_them = 0
    for batch in batches:
        tally.count(batch)
        good += batch.good
        read_with_them += len(batch.good) + len(batch.bad)
        if read_with_them >= ROWS_AT_ONCE:
            take(good)
            good, read_with_them = [], 0
    take(good)


@dataclass(slots=True)
class _Tally:
    """What is told of the rows so far."""

    rows: int = 0
    rejected: int = 0
    error_total: int = 0
    errors: list[RowError] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    certain: bool = True
    first_rows: list[ContactRow] = field(default_factory=list)

    def count(self, batch: normalise.Batch) -> None:
        """Add some rows."""
        self.rows += len(batch.good) + len(batch.bad)
        self.rejected += len(batch.bad)
        self.first_rows += batch.good[: FIRST_ROWS - len(self.first_rows)]
        for rejected in batch.bad:
            self.error_total += len(rejected)
            self.errors += rejected[: ROW_ERRORS_KEPT - len(self.errors)]
            self.identities += rejected.identities[: IDENTITIES_KEPT - len(self.identities)]
            self.certain = self.certain and bool(rejected.identities)
            if any(code == RowErrorCode.PHONE_INVALID for _line, _column, code, _details in rejected):
                self.doubtful += rejected.identities[: IDENTITIES_KEPT - len(self.doubtful)]

    def told(self, reading: Reading | None, rejection: Reason | None) -> Parsed:
        """All of it, with what is known of the file as a whole; no reading where its header is refused."""
        return Parsed(
            rows=self.rows,
            rejected=self.rejected,
            error_total=self.error_total,
            errors=tuple(self.errors),
            identities=tuple(self.identities),
            doubtful=tuple(self.doubtful),
            certain=self.certain and len(self.identities) < IDENTITIES_KEPT,
            first_rows=tuple(self.first_rows),
            header=reading.header if reading else (),
            columns=reading.columns if reading else {},
            warnings=reading.warnings if reading and not rejection else (),
            cut=reading.cut if reading else None,
            rejection=rejection,
        )
