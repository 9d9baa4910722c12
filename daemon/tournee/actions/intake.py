"""One file into one list: parse -> stage -> upsert -> decide -> commit, whole or not at all."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tournee.actions import App, Progress, afterwards, alert, quiet
from tournee.actions.fetch import Source, local_file, opened
from tournee.actions.parse import Parsed, Take, parse
from tournee.core import decide
from tournee.core.decide.holding import far_more
from tournee.core.decide.together import decide_together
from tournee.core.errors import FileRejected, Stopped
from tournee.core.facts import (
    ContactRow,
    Counts,
    DecisionCounts,
    Import,
    Outcome,
    Preview,
    Reason,
    RejectReason,
    RowError,
    WarningCode,
)
from tournee.core.languages import STANDARD
from tournee.core.read import changes
from tournee.core.settings import Deployment, EmptyCells, Feed, Membership, Truncated
from tournee.store import Transaction, decisions, erasure, history, imports, merge, planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An import as it was recorded (or, in a dry run, as it would be) and its first row errors."""

    record: Import
    errors: tuple[RowError, ...]
    preview: Preview | None = None  # in a dry run


class Untaken(StrEnum):
    """Why a file at hand was left as it is, and nothing recorded."""

    BUSY = "busy"  # another process took this delivery first
    CUT = "cut"  # its last line is cut: it may still be written


class _DryRunOver(Exception):
    """Leaves the transaction so that it is rolled back."""


class _TakenByAnother(Exception):
    """Leaves the transaction: the delivery is another's."""


def import_file(
    app: App, key: str, path: str, *, dry_run: bool = False, force: bool = False, progress: Progress = quiet
) -> Taken:
    """Import a file of this machine into a list because a person asks, whatever was imported before.

    Nothing is written in a dry run. With `force`, neither `reject_above` nor `mirror_limit` holds. Raises
    UnknownName, LocalFileError, StoreError, Stopped.
    """
    app.feed(key)
    with opened(path) as source:
        taken = take(app, key, source, dry_run=dry_run, force=force, progress=progress)
    assert isinstance(taken, Taken), "a manual import has no rival and does not wait"
    return taken


def take(
    app: App,
    key: str,
    source: Source,
    *,
    dry_run: bool = False,
    force: bool = False,
    patient: bool = False,
    progress: Progress = quiet,
) -> Taken | Untaken:
    """Import a file at hand, or say why not now; `patient` leaves one that is cut to its writer.

    Everything it causes (contacts, memberships, row errors, decisions, alerts, what is to become of the
    remote file) is committed in one transaction, or nothing is. Raises LocalFileError, StoreError, Stopped.
    """
    intake = _Intake(app=app, key=key, feed=app.feed(key), source=source, force=force, dry_run=dry_run)
    with ExitStack() as open_:
        intake.read(open_, progress)
        if patient and intake.is_cut:
            return Untaken.CUT
        intake.judge()
        try:
            record = intake.write()
        except _TakenByAnother:
            return Untaken.BUSY
    return Taken(record=record, errors=intake.parsed.errors, preview=intake.preview() if dry_run else None)


@dataclass(slots=True, kw_only=True)
class _Intake:
    """One import in the making: what was asked, what was read, and why it is rejected."""

    app: App
    key: str
    feed: Feed
    source: Source
    force: bool
    dry_run: bool
    started: datetime = field(init=False)
    parsed: Parsed = field(default_factory=Parsed)
    stage: merge.Stage | None = None  # once the header is accepted
    rejection: Reason | None = None
    written: Import | None = None
    held: dict[str, int] = field(default_factory=dict)  # deployment -> how much of it waits for a person

    def __post_init__(self) -> None:
        self.started = self.app.clock()

    # ---------------------------------------------------------------- reading

    def read(self, open_: ExitStack, progress: Progress) -> None:
        """The whole file into a stage, which lasts as long as `open_`."""
        source, app = self.source, self.app
        if source.refused:
            self.parsed = Parsed(rejection=source.refused)
            return

        def begin(columns: Mapping[int, str]) -> Take:
            stage = self.stage = open_.enter_context(merge.stage(app.store, self._job(columns.values())))

            def into_stage(rows: list[ContactRow]) -> None:
                stage.add(rows)
                progress(source.name, source.stream.tell(), source.size)
                if app.stop.is_set():
                    raise Stopped

            return into_stage

        with local_file(source.name):
            self.parsed = parse(
                source.stream,
                name=source.name,
                layout=app.layout(self.key),
                limits=app.settings.limits,
                begin=begin,
            )

    def _job(self, columns: Collection[str]) -> merge.Job:
        clears = self.feed.empty_cells is EmptyCells.CLEAR
        return merge.Job(
            list=self.key,
            now=self.app.clock(),
            stamp=self.source.stamp,
            identify_by=self.feed.identify_by,
            clear=frozenset(STANDARD).intersection(columns if clears else ()),
        )

    @property
    def is_cut(self) -> bool:
        """Its last line is cut, and the feed does not accept that."""
        return self.parsed.cut is not None and self.feed.truncated is Truncated.WAIT

    def judge(self) -> None:
        """Whether the file as a whole is refused."""
        self.rejection = self.parsed.rejection or (
            self.parsed.cut if self.is_cut else self._too_many_errors()
        )

    def _too_many_errors(self) -> Reason | None:
        """A file that is mostly wrong is the wrong file."""
        share, rejected, read = self.feed.reject_above, self.parsed.rejected, self.parsed.rows
        if self.force or rejected <= Decimal(str(share)) * read:  # 29 % of 100 rows are 29, not a bit less
            return None
        return Reason(RejectReason.TOO_MANY_ERRORS, {"rejected": rejected, "read": read, "limit": share})

    def preview(self) -> Preview:
        """What a person wants to see before the file goes in."""
        fields = self.parsed.columns
        columns = tuple((name, fields.get(place)) for place, name in enumerate(self.parsed.header))
        return Preview(columns=columns, rows=self.parsed.first_rows)

    # ---------------------------------------------------------------- writing, in one transaction

    def write(self) -> Import:
        """Everything the file causes; raises _TakenByAnother when another process took this delivery first.

        Where the list would lose too many contacts all of it is rolled back, and the rejection written.
        """
        with suppress(_DryRunOver):
            if self.rejection or not self._goes_in():
                with self.app.store.write() as tx:
                    self._reject(tx)
        assert self.written is not None
        return replace(self.written, id=None) if self.dry_run else self.written

    def _goes_in(self) -> bool:
        assert self.stage is not None, "the header was accepted"
        try:
            with self.stage.merge() as tx:
                self._import(tx, self.stage)
        except FileRejected as refused:
            self.rejection = refused.reason
            return False
        return True

    def _reject(self, tx: Transaction) -> None:
        import_id = imports.begin(tx, self._draft(header=None), self._delivery(tx))
        counts = Counts(read=self.parsed.rows, rejected=self.parsed.rows)
        self._finish(tx, self._record(import_id, counts, self.parsed.warnings))

    def _import(self, tx: Transaction, stage: merge.Stage) -> None:
        header = changes.kept(self.parsed.header)
        warnings = (*self.parsed.warnings, *self._warnings(tx, header))
        import_id = imports.begin(tx, self._draft(header=header), self._delivery(tx))
        merged = merge.upsert(tx, stage, self._mirror())
        erasure.refuse_erased(tx, stage, self.app.clock())
        counts = Counts(
            read=self.parsed.rows,
            created=merged.created,
            updated=merged.updated,
            unchanged=merged.unchanged,
            duplicate=merged.duplicate,
            rejected=self.parsed.rejected,
        )
        decided = self._decide(tx, stage, import_id)
        self._finish(tx, self._record(import_id, counts, warnings, decided, removed=merged.removed))

    def _delivery(self, tx: Transaction) -> int | None:
        """The delivery that this is the import of, claimed by its unique key; None where it is none."""
        if self.source.origin is None or self.source.origin.follows is None:
            return None
        delivery = deliver(tx, self.source, self.app.clock())
        if delivery is None:
            raise _TakenByAnother
        return delivery

    def _draft(self, *, header: tuple[str, ...] | None) -> imports.Draft:
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
            header=header,
        )

    def _warnings(self, tx: Transaction, header: tuple[str, ...]) -> Iterator[Reason]:
        """What is odd about the file beside those that came before it."""
        newer = imports.newer_stamp(tx, self.key, self.source.stamp)
        if newer:
            yield Reason(WarningCode.LATE_FILE, {"stamp": "-".join(map(str, newer))})
        before = imports.last_header(tx, self.key)
        if before is not None and (changed := changes.header_changed(before, header)):
            yield changed
        if self._mirrors and (newer or not self._names_everybody):
            why = "late" if newer else "cut" if self.parsed.cut else "rejected"
            yield Reason(WarningCode.NOBODY_REMOVED, {"why": why})

    @property
    def _mirrors(self) -> bool:
        return self.feed.membership is Membership.MIRROR

    @property
    def _names_everybody(self) -> bool:
        """Who is not in the file was left out of it: no row is missing, and none unknown."""
        return self.parsed.certain and not self.parsed.cut

    def _mirror(self) -> merge.Mirror | None:
        if not self._mirrors:
            return None
        return merge.Mirror(
            limit=None if self.force else self.feed.mirror_limit,
            kept=self.parsed.identities,
            doubtful=() if self.feed.identify_by else self.parsed.doubtful,
            certain=self._names_everybody,
        )

    def _decide(self, tx: Transaction, stage: merge.Stage, import_id: int) -> DecisionCounts | None:
        """One decision for each contact and deployment; an earlier one may spend a later one's allowance."""
        for name in self.feed.deploy:
            usual = planning.usual(tx, self.key, name)
            planned = self._plan(tx, stage, import_id, self.app.settings.deployments[name])
            if far_more(planned, self.feed.hold_above, usual):
                self.held[name] = planning.hold(tx, import_id, name)
        return decisions.decision_counts(tx, import_id) if self.feed.deploy else None

    def _plan(self, tx: Transaction, stage: merge.Stage, import_id: int, deployment: Deployment) -> int:
        """How many are planned. Each portion is written before the next is read: it is history then."""
        app, now = self.app, self.app.clock()
        rules = decide.rules(app.settings.solicitation_rules, deployment, now, app.timezone)
        planner = planning.Planner(
            tx,
            import_id=import_id,
            list=self.key,
            deployment=deployment.key,
            channel=deployment.channel,
            domain=app.domain,
            now=now,
        )
        for portion in history.candidates(tx, stage, rules):
            planner.write(decide_together(portion, rules))
        return planner.finish()

    def _finish(self, tx: Transaction, record: Import) -> None:
        """What an import causes besides contacts: row errors, alerts, what is to become of the file."""
        assert record.id is not None, "what is written has a number"
        imports.add_row_errors(tx, record.id, self.parsed.errors)
        imports.finish(tx, record, self.parsed.error_total)
        origin = self.source.origin
        if origin and origin.in_place:
            afterwards.plan(tx, self.feed, record, size=self.source.size, modified=origin.modified)
        self.written = record
        if self.dry_run:
            raise _DryRunOver
        batch = origin.batch if origin else None
        if self.held:
            alert.on_held(self.app, tx, record, batch=batch, now=record.finished_at)
        alert.on_import(self.app, tx, record, batch=batch, now=record.finished_at)

    # ---------------------------------------------------------------- what is told

    def _record(
        self,
        import_id: int,
        counts: Counts,
        warnings: tuple[Reason, ...],
        decisions: DecisionCounts | None = None,
        removed: int = 0,
    ) -> Import:
        source, origin = self.source, self.source.origin
        return Import(
            id=import_id,
            list=self.key,
            repository=origin.repository if origin else None,
            path=origin.path if origin else None,
            file=source.name,
            sha256=source.sha256,
            size=source.size,
            modified_at=source.modified_at,
            stamp=source.stamp,
            started_at=self.started,
            finished_at=self.app.clock(),
            outcome=self._outcome(),
            reason=self._reason(import_id),
            counts=counts,
            removed=removed if self._mirrors else None,
            warnings=warnings,
            decisions=decisions,
        )

    def _outcome(self) -> Outcome:
        if self.rejection:
            return Outcome.REJECTED
        return Outcome.IMPORTED_WITH_ERRORS if self.parsed.rejected else Outcome.IMPORTED

    def _reason(self, import_id: int) -> Reason | None:
        """Why it was rejected, with what a person who overrules that has to name."""
        if self.rejection is None or self.rejection.code != RejectReason.MIRROR_LIMIT:
            return self.rejection
        named = {"list": self.key, "import": import_id if self.source.origin else None}
        return Reason(self.rejection.code, {**self.rejection.details, **named})


def deliver(tx: Transaction, source: Source, now: datetime) -> int | None:
    """Claim the delivery by its unique key; None when another process has it."""
    origin = source.origin
    assert origin is not None, "what a person brings is no delivery"
    assert origin.follows is not None, "nor is what a path has left behind"
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
