"""One file into one list: read -> normalise -> stage -> upsert -> decide -> commit, whole or not at all."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import IO, BinaryIO

from tournee.actions import App, Progress, afterwards, alert, quiet
from tournee.core import decide, normalise, read
from tournee.core.errors import FileRejected, LocalFileError, Stopped
from tournee.core.facts import (
    ContactRow,
    Counts,
    DecisionCounts,
    Import,
    Outcome,
    Reason,
    RejectReason,
    RowError,
    WarningCode,
)
from tournee.store import Transaction, imports, merge, outbox

ROWS_AT_ONCE = 5_000
ROW_ERRORS_KEPT = 10_000
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file at hand, whole, and where it came from."""

    name: str
    stream: BinaryIO
    sha256: str
    size: int
    modified_at: datetime | None
    stamp: tuple[int, ...] | None = None
    origin: "Origin | None" = None  # None: a manual import


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a polled file lies; `follows` is the path's last delivery (0 at first), `batch` the poll."""

    repository: str
    path: str
    modified: str
    follows: int
    batch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An import as it was recorded (or, in a dry run, as it would be) and its first row errors."""

    record: Import
    errors: tuple[RowError, ...]


class _DryRunOver(Exception):
    """Leaves the transaction so that it is rolled back."""


def import_file(app: App, key: str, path: str, *, dry_run: bool = False, progress: Progress = quiet) -> Taken:
    """Import a file of this machine into a list because a person asks, whatever was imported before.

    Nothing is written in a dry run. Raises UnknownName, LocalFileError, StoreError, Stopped.
    """
    app.feed(key)
    with _opened(path) as source:
        taken = take(app, key, source, dry_run=dry_run, progress=progress)
    assert taken is not None, "a manual import has no rival"
    return taken


def take(
    app: App, key: str, source: Source, *, dry_run: bool = False, progress: Progress = quiet
) -> Taken | None:
    """Import a file at hand; None when another process took this delivery first.

    Everything it causes (contacts, memberships, row errors, decisions, alerts, what is to become of the
    remote file) is committed in one transaction, or nothing is. Raises LocalFileError, StoreError, Stopped.
    """
    intake = _Intake(app=app, key=key, source=source, started=app.clock())
    record = None
    with merge.stage(app.store) as stage:
        intake.read(stage, progress)
        with suppress(_DryRunOver), app.store.write() if intake.rejection else stage.merge() as tx:
            record = intake.write(tx, stage)
            if record is None:
                return None
            if dry_run:
                raise _DryRunOver
            batch = source.origin.batch if source.origin else None
            alert.on_import(app, tx, record, batch=batch, now=record.finished_at)
    assert record is not None
    return Taken(record=replace(record, id=None) if dry_run else record, errors=tuple(intake.errors))


@dataclass(slots=True, kw_only=True)
class _Intake:
    """One import in the making: what was asked, and what was read so far."""

    app: App
    key: str
    source: Source
    started: datetime
    rows: int = 0
    rejected: int = 0
    error_total: int = 0
    errors: list[RowError] = field(default_factory=list)
    warnings: tuple[Reason, ...] = ()
    rejection: Reason | None = None

    def read(self, stage: merge.Stage, progress: Progress) -> None:
        """Read and normalise the whole file into the stage, before any lock is held."""
        layout = self.app.layout(self.key)
        source = self.source
        try:
            with local_file(source.name):
                table = read.open_table(source.stream, name=source.name, layout=layout)
                for rows in self._batches(normalise.Normaliser(layout, table).rows()):
                    stage.add(rows)
                    progress(source.name, source.stream.tell(), source.size)
                    if self.app.stop.is_set():
                        raise Stopped
                self.warnings = tuple(table.warnings)
            self._refuse_too_many()
        except FileRejected as rejection:
            self.rejection = rejection.reason

    def _batches(self, rows: Iterable[ContactRow | list[RowError]]) -> Iterator[list[ContactRow]]:
        """The good rows, some thousands at once; of bad ones, all are counted and the first errors kept."""
        good: list[ContactRow] = []
        for row in rows:
            self.rows += 1
            if isinstance(row, list):
                self.rejected += 1
                self.error_total += len(row)
                self.errors += row[: ROW_ERRORS_KEPT - len(self.errors)]
                continue
            good.append(row)
            if len(good) == ROWS_AT_ONCE:
                yield good
                good = []
        yield good

    def _refuse_too_many(self) -> None:
        """A file that is mostly wrong is the wrong file."""
        share = self.app.feed(self.key).reject_above
        if self.rejected > Decimal(str(share)) * self.rows:  # 29 % of 100 rows are 29, not a bit less
            details = {"rejected": self.rejected, "read": self.rows, "limit": share}
            raise FileRejected(RejectReason.TOO_MANY_ERRORS, details)

    def write(self, tx: Transaction, stage: merge.Stage) -> Import | None:
        """Everything the file causes; None when another process took this delivery first."""
        delivery = deliver(tx, self.source, self.app.clock())
        if self.source.origin and delivery is None:
            return None
        import_id = imports.begin(tx, self._draft(), delivery)
        if self.rejection:
            record = self._record(import_id, Counts(read=self.rows, rejected=self.rows))
        else:
            late = self._late(tx)
            counts = self._merge(tx, stage)
            record = self._record(import_id, counts, late, self._decide(tx, stage, import_id))
        imports.add_row_errors(tx, import_id, self.errors)
        imports.finish(tx, record, self.error_total)
        if self.source.origin:
            modified = self.source.origin.modified
            feed = self.app.feed(self.key)
            afterwards.plan(tx, feed, record, size=self.source.size, modified=modified)
        return record

    def _draft(self) -> imports.Draft:
        source, origin = self.source, self.source.origin
        return imports.Draft(
            list=self.key,
            repository=origin.repository if origin else None,
            path=origin.path if origin else None,
            file=source.name,
            sha256=source.sha256,
            size=source.size,
            modified_at=source.modified_at,
            started_at=self.started,
            stamp=source.stamp,
        )

    def _late(self, tx: Transaction) -> tuple[Reason, ...]:
        """The warning that a newer file of this list came first."""
        newest = imports.newest_stamp(tx, self.key) if self.source.stamp else None
        if newest is None or self.source.stamp is None or self.source.stamp >= newest:
            return ()
        return (Reason(WarningCode.LATE_FILE, {"stamp": "-".join(map(str, newest))}),)

    def _merge(self, tx: Transaction, stage: merge.Stage) -> Counts:
        merged = merge.upsert(tx, stage, list=self.key, now=self.app.clock(), stamp=self.source.stamp)
        return Counts(
            read=self.rows,
            created=merged.created,
            updated=merged.updated,
            unchanged=merged.unchanged,
            duplicate=merged.duplicate,
            rejected=self.rejected,
        )

    def _decide(self, tx: Transaction, stage: merge.Stage, import_id: int) -> DecisionCounts | None:
        """One decision for each contact and deployment; an earlier one may spend a later one's allowance."""
        app, now = self.app, self.app.clock()
        names = app.feed(self.key).deploy
        for name in names:
            deployment = app.settings.deployments[name]
            caps = decide.caps(app.settings.solicitation_rules, deployment, now, app.timezone)
            candidates = outbox.candidates(tx, stage, deployment=name, channel=deployment.channel, caps=caps)
            outbox.plan(
                tx,
                import_id=import_id,
                list=self.key,
                deployment=name,
                channel=deployment.channel,
                decisions=(decide.decide(candidate, caps) for candidate in candidates),
                domain=app.domain,
                now=now,
            )
        return outbox.decision_counts(tx, import_id) if names else None

    def _record(
        self,
        import_id: int,
        counts: Counts,
        more_warnings: tuple[Reason, ...] = (),
        decisions: DecisionCounts | None = None,
    ) -> Import:
        source = self.source
        return Import(
            id=import_id,
            list=self.key,
            repository=source.origin.repository if source.origin else None,
            file=source.name,
            sha256=source.sha256,
            size=source.size,
            modified_at=source.modified_at,
            started_at=self.started,
            finished_at=self.app.clock(),
            outcome=self._outcome(),
            reason=self.rejection,
            counts=counts,
            warnings=self.warnings + more_warnings,
            decisions=decisions,
        )

    def _outcome(self) -> Outcome:
        if self.rejection:
            return Outcome.REJECTED
        return Outcome.IMPORTED_WITH_ERRORS if self.rejected else Outcome.IMPORTED


def deliver(tx: Transaction, source: Source, now: datetime) -> int | None:
    """Claim the delivery by its unique key; None for a manual import, or when another process has it."""
    origin = source.origin
    if origin is None:
        return None
    return imports.deliver(
        tx,
        repository=origin.repository,
        path=origin.path,
        follows=origin.follows,
        sha256=source.sha256,
        size=source.size,
        modified=origin.modified,
        now=now,
    )


@contextmanager
def local_file(name: str) -> Iterator[None]:
    """Turns this machine's trouble with a file into LocalFileError: the one translator of that edge."""
    try:
        yield
    except OSError as error:
        code = dict.fromkeys(NO_ROOM, "disk_full") | {errno.ENOENT: "file_not_found"}
        reason = Reason(
            code.get(error.errno or 0, "file_unreadable"),
            {"file": name, "problem": os.strerror(error.errno) if error.errno else ""},
        )
        raise LocalFileError(reason) from error


@contextmanager
def spool(directory: str) -> Iterator[IO[bytes]]:
    """A file without a name in a private directory: when the process dies, it is gone.

    Raises LocalFileError.
    """
    with local_file(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as content:
            yield content


@contextmanager
def _opened(path: str) -> Iterator[Source]:
    """A file of this machine, hashed."""
    with local_file(path), open(path, "rb") as stream:
        facts = os.fstat(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        yield Source(
            name=os.path.basename(path),
            stream=stream,
            sha256=digest,
            size=facts.st_size,
            modified_at=datetime.fromtimestamp(facts.st_mtime, UTC),
        )
