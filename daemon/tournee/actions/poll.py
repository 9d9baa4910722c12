"""One pass over one feed: list -> match -> settle -> fetch -> intake -> archive or delete."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from tournee import telemetry
from tournee.actions import App, Progress, afterwards, alert, quiet
from tournee.actions.fetch import UNREAD, Origin, Source, fetched
from tournee.actions.intake import Taken, Untaken, deliver, take
from tournee.core import match, settle
from tournee.core.errors import RemoteError, Stopped, TourneeError
from tournee.core.facts import (
    Delivery,
    FileOutcome,
    FileReport,
    NearMiss,
    PollReport,
    PollState,
    Reason,
    RemoteErrorKind,
    RemoteFile,
    Sighting,
    WaitReason,
)
from tournee.core.settings import AfterImport, Backlog, Feed, Repository, Truncated
from tournee.store import imports, rounds

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote

#: Server times have whole seconds: a file rewritten within this time of our download may look unchanged.
SAME_SECOND = timedelta(seconds=2)
#: The words of an FTP server that only knows LIST (`Nov 23 09:30`) have whole minutes.
SAME_MINUTE = timedelta(seconds=62)

#: What a file that changes or goes away while it is read looks like; also what a broken server does.
OF_A_FILE = frozenset({RemoteErrorKind.TRUNCATED, RemoteErrorKind.NOT_FOUND})
UNDONE = frozenset({FileOutcome.WAITING, FileOutcome.FAILED, FileOutcome.BUSY})


def poll_lists(
    app: App, keys: Sequence[str], *, wait: bool = False, progress: Progress = quiet
) -> tuple[PollReport, ...]:
    """One pass over each list named (all that have a feed, if none is); raises UnknownName, StoreError.

    With `wait`, a list is passed over again until none of its files waits to settle, or to be whole.
    """
    named = keys or tuple(app.feeds())
    for key in named:
        app.feed(key)
    reports = {key: _contained(app, key, progress) for key in named}
    while wait and (due := [report.look_again_at for report in reports.values() if report.look_again_at]):
        if app.stop.wait(max(0.0, (min(due) - app.clock()).total_seconds())):
            break
        for key, report in reports.items():
            if report.look_again_at and report.look_again_at <= min(due):
                reports[key] = _together(report, _contained(app, key, progress))
    return tuple(reports.values())


def _contained(app: App, key: str, progress: Progress) -> PollReport:
    """One pass; a bug in it is logged and told, and ends no other list's pass."""
    try:
        return poll(app, key, progress=progress)
    except TourneeError:
        raise
    except Exception as bug:  # whatever it is, the other lists have their pass
        telemetry.log.bug(bug, list=key)
        where = {"type": telemetry.describe(bug)["type"], "place": telemetry.places(bug)[-1]}
        return PollReport(
            list=key,
            repository=app.feed(key).repository,
            ok=False,
            error=RemoteErrorKind.INTERNAL,
            reason=Reason("bug", where),
        )


def _together(report: PollReport, again: PollReport) -> PollReport:
    """Two passes over one list; each file shows the first thing that was done with it."""
    done = {file.name: file for file in report.files if file.outcome not in UNDONE}
    files = [done.pop(file.name, file) for file in again.files]
    return replace(again, files=(*files, *done.values()))


def poll(app: App, key: str, *, progress: Progress = quiet) -> PollReport:
    """One pass over one feed, left to the other where another process is at it.

    What a repository does wrong is in the report; raises UnknownName, StoreError, Stopped.
    """
    feed = app.feed(key)
    with (
        app.store.exclusive(f"poll {key}") as mine,
        telemetry.bound(list=key, repository=feed.repository),
    ):
        if not mine:
            return _left_to_the_other(key, feed)
        with app.store.read() as tx:
            last = rounds.poll_state(tx, key)
        before = last if last and last.repository == feed.repository else None
        return _Pass(app=app, key=key, feed=feed, progress=progress, started=app.clock(), before=before).run()


def _left_to_the_other(key: str, feed: Feed) -> PollReport:
    busy = Reason("list_busy", {"list": key})
    file = FileReport(name=feed.prefix, outcome=FileOutcome.BUSY, reason=busy)
    return PollReport(list=key, repository=feed.repository, ok=True, reason=busy, files=(file,))


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One pass in the making: what was seen and done so far."""

    app: App
    key: str
    feed: Feed
    progress: Progress
    started: datetime
    before: PollState | None  # the last pass, if it went to the same repository
    queue: "deque[match.TakenFile]" = field(default_factory=deque)
    reports: dict[str, FileReport] = field(default_factory=dict)
    near_misses: tuple[NearMiss, ...] = ()
    sightings: dict[str, Sighting] = field(default_factory=dict)
    ready_at: list[datetime] = field(default_factory=list)
    listed: bool = False
    skipping: bool = False  # the backlog: what lies there is only recorded as known
    doubt: "tuple[RemoteFile, RemoteError] | None" = None  # a file that could not be read, and why
    error: RemoteError | None = None

    @property
    def repository(self) -> Repository:
        return self.app.settings.repositories[self.feed.repository]

    @property
    def batch(self) -> str:
        """What holds the alerts of this pass together."""
        return f"{self.key} {self.started.isoformat()}"

    def run(self) -> PollReport:
        """The pass, to its end; a file that fails costs a new connection, not the other files."""
        try:
            with self.app.visit(self.repository) as remote:
                self._look_round(remote)
                done = self._work(remote)
            while not done:
                with self.app.visit(self.repository) as remote:
                    done = self._work(remote)
        except RemoteError as error:
            self._trouble(error)
            for taken in self.queue:
                self._report(taken.file.name, FileOutcome.FAILED, reason=error.reason)
        return self._close()

    def _trouble(self, error: RemoteError) -> None:
        """The first trouble of the pass is the one that is told; a conversation that we cut is none."""
        if self.app.stop.is_set():
            raise Stopped from error
        self.error = self.error or error

    def _look_round(self, remote: "Remote") -> None:
        """List the directory, match the names, and queue what is complete."""
        patterns = self.app.patterns(self.feed)
        files = remote.list(self.feed.directory, partial(match.concerns, patterns))
        mine = match.match(files, patterns)[self.key]
        self.near_misses = mine.near_misses
        self.skipping = self.feed.backlog is Backlog.SKIP and not (self.before and self.before.good_at)
        self._settle(mine.taken, {file.name for file in files})
        self.listed = True
        for miss in mine.near_misses:
            self._report(miss.name, FileOutcome.SKIPPED, reason=miss.reason)

    def _settle(self, taken: Sequence[match.TakenFile], names: set[str]) -> None:
        """What we saw of each file before and see now decides whether it is complete, known, or waits."""
        now, repository = self.app.clock(), self.repository.key
        with self.app.store.read() as tx:
            before = rounds.sightings(tx, repository, self.feed.directory)
            delivered = imports.last_deliveries(
                tx, repository, [self.app.path(self.feed, t.file.name) for t in taken]
            )
        for entry in taken:
            name = entry.file.name
            seen = settle.settle(entry.file, before.get(name), now, self.feed.settle)
            self.sightings[name] = seen.sighting
            delivery = delivered.get(self.app.path(self.feed, name))
            if delivery and _unchanged(delivery, seen.sighting):
                self._known(entry.file, delivery)
            elif self.skipping:
                self.queue.append(entry)
            else:
                self._wait_or_queue(entry, seen, names)
        self._remember(tuple(self.sightings.values()))

    def _remember(self, seen: Sequence[Sighting]) -> None:
        with self.app.store.write() as tx:
            rounds.save_sightings(tx, self.repository.key, self.feed.directory, seen, self.app.clock())

    def _wait_or_queue(self, entry: match.TakenFile, seen: settle.Settled, names: set[str]) -> None:
        """A feed has a marker or a time to settle, never both; whatever was found to be cut waits longer."""
        if self.feed.marker:
            wait = settle.marked(entry.file, names, self.feed.marker)
            reason = Reason(wait) if wait else None
        else:
            reason = seen.reason
            self.ready_at += [seen.ready_at] if seen.ready_at else []
        if reason:
            self._report(entry.file.name, FileOutcome.WAITING, reason=reason)
        elif not (seen.sighting.cut and self._leave_to_its_writer(self._cut(seen.sighting))):
            self.queue.append(entry)

    def _cut(self, sighting: Sighting) -> settle.Settled:
        """What becomes of the file if its last line is cut: it waits, or has had its time."""
        return settle.cut(sighting, self.app.clock(), self.feed.settle)

    def _leave_to_its_writer(self, cut: settle.Settled) -> bool:
        """Whether a file that is cut waits; it is looked at some times before its time is over."""
        if cut.ready_at is None or self.feed.truncated is Truncated.ACCEPT:
            return False
        soon = self.app.clock() + (cut.ready_at - cut.sighting.since) / settle.PATIENCE
        self.ready_at.append(min(soon, cut.ready_at))
        self._report(cut.sighting.name, FileOutcome.WAITING, reason=cut.reason)
        return True

    def _work(self, remote: "Remote") -> bool:
        """Take what is queued, then tidy up after imports; False to go on with a new connection."""
        self._judge(remote)
        while self.queue:
            if self.app.stop.is_set():
                raise Stopped
            entry = self.queue.popleft()
            try:
                self._take(remote, entry)
            except RemoteError as error:
                self._report(entry.file.name, FileOutcome.FAILED, reason=error.reason)
                if error.kind in OF_A_FILE and not self.app.stop.is_set():
                    self.doubt = entry.file, error
                else:
                    self._trouble(error)
                if error.reason.code != "no_room":  # else nothing was asked for yet
                    return False
        if trouble := afterwards.tidy(self.app, remote, self.feed):
            self._trouble(trouble)
        return True

    def _judge(self, remote: "Remote") -> None:
        """What could not be read: a file that changed or went away meanwhile is no trouble of its server."""
        if self.doubt is None:
            return
        (file, error), self.doubt = self.doubt, None
        if remote.look(self.feed.directory, file.name) == file:
            self._trouble(error)

    def _take(self, remote: "Remote", entry: match.TakenFile) -> None:
        """One complete file: fetched, looked at again, imported unless its content was."""
        name = entry.file.name
        with telemetry.bound(file=name), self._at_hand(remote, entry) as source:
            seen_again = remote.look(self.feed.directory, name)
            if seen_again is None:
                where = {"repository": self.repository.key, "directory": self.app.path(self.feed, "") or "."}
                self._report(name, FileOutcome.FAILED, reason=Reason("file_missing", {**where, "file": name}))
            elif seen_again != entry.file:
                self._report(name, FileOutcome.WAITING, reason=Reason(WaitReason.GROWING))
                self.ready_at.append(self.feed.settle.after(self.app.clock(), self.app.timezone))
            elif (delivery := self._last_delivery(name)) and _same(delivery, source):
                self._known(entry.file, delivery, read_again=True)
            elif self.skipping:
                self._record_only(source)
            else:
                self._import(source)

    def _record_only(self, source: Source) -> None:
        """What lies there at the first poll is known by its content from now on, and not imported."""
        with self.app.store.write() as tx:
            deliver(tx, source, self.app.clock())
        self._report(source.name, FileOutcome.KNOWN)

    def _import(self, source: Source) -> None:
        cut = self._cut(self.sightings[source.name])
        patient = cut.wait is not None
        match take(self.app, self.key, source, patient=patient, progress=self.progress):
            case Taken(record=record):
                telemetry.log.info("imported", **telemetry.import_facts(record))
                self._report(source.name, FileOutcome(record.outcome), record.id, record.reason)
            case Untaken.CUT:
                self._remember((cut.sighting,))
                self._leave_to_its_writer(cut)
            case Untaken.BUSY:
                busy = Reason("list_busy", {"list": self.key})
                self._report(source.name, FileOutcome.BUSY, reason=busy)

    def _last_delivery(self, name: str) -> Delivery | None:
        with self.app.store.read() as tx:
            return imports.last_delivery(tx, self.repository.key, self.app.path(self.feed, name))

    def _known(self, file: RemoteFile, delivery: Delivery, *, read_again: bool = False) -> None:
        """A delivery that was imported before counts as arrived, and is put away as the feed says."""
        self._report(file.name, FileOutcome.KNOWN, delivery.import_id)
        stays = self.feed.after_import is AfterImport.KEEP and not self.feed.rejected_to
        if not read_again and (stays or delivery.import_id is None):
            return
        with self.app.store.write() as tx:
            if read_again:  # its server may have shifted its clock: not to be read at every poll
                imports.confirm_delivery(tx, delivery.id, modified=file.modified, now=self.app.clock())
            record = imports.get(tx, delivery.import_id) if delivery.import_id else None
            if record:
                afterwards.plan_away(tx, self.feed, record, size=delivery.size, modified=file.modified)

    @contextmanager
    def _at_hand(self, remote: "Remote", entry: match.TakenFile) -> Iterator[Source]:
        """The file's content, unless it is surely too much."""
        file, delivery = entry.file, self._last_delivery(entry.file.name)
        origin = self._origin(file, delivery.id if delivery else 0)
        if refused := settle.too_large(file, self.app.settings.limits):
            yield Source(
                name=file.name,
                stream=BytesIO(),
                sha256=UNREAD,
                size=file.size or 0,
                modified_at=file.modified_at,
                stamp=entry.stamp,
                origin=origin,
                refused=refused,
            )
            return
        with fetched(self.app, remote, self.feed.directory, file, self.progress) as source:
            yield replace(source, stamp=entry.stamp, origin=origin)

    def _origin(self, file: RemoteFile, follows: int) -> Origin:
        return Origin(
            repository=self.repository.key,
            path=self.app.path(self.feed, file.name),
            modified=file.modified,
            follows=follows,
            batch=self.batch,
        )

    def _report(
        self, name: str, outcome: FileOutcome, import_id: int | None = None, reason: Reason | None = None
    ) -> None:
        self.reports[name] = FileReport(name=name, outcome=outcome, import_id=import_id, reason=reason)
        if outcome in UNDONE:
            telemetry.log.info("not_taken", file=name, outcome=outcome, reason=reason)

    def _close(self) -> PollReport:
        """Remember the pass, open or close the repository's condition, let the pass's alerts go."""
        now, error = self.app.clock(), self.error
        with self.app.store.write() as tx:
            rounds.save_poll(tx, self._state(now))
            alert.on_repository(
                self.app, tx, repository=self.feed.repository, list=self.key, error=error, now=now
            )
            alert.release(tx, self.batch, now)
        return PollReport(
            list=self.key,
            repository=self.feed.repository,
            ok=error is None,
            error=error.kind if error else None,
            reason=error.reason if error else None,
            files=tuple(self.reports.values()),
            look_again_at=min(self.ready_at, default=None),
        )

    def _state(self, now: datetime) -> PollState:
        error, before = self.error, self.before
        good = self.listed and not (self.skipping and error)
        return PollState(
            list=self.key,
            repository=self.feed.repository,
            first_at=before.first_at if before else now,
            look_again_at=min(self.ready_at, default=None),
            at=now,
            ok=error is None,
            error=error.kind if error else None,
            reason=error.reason if error else None,
            good_at=now if good else before.good_at if before else None,
            near_misses=before.near_misses if before and not self.listed else self.near_misses,
        )


def _unchanged(delivery: Delivery, sighting: Sighting) -> bool:
    """Whether what we see is surely what was delivered, without reading it again.

    It never is where the server tells no time at all: the next file of that name may be just as long.
    """
    if not delivery.modified or (delivery.size, delivery.modified) != (sighting.size, sighting.modified):
        return False
    in_seconds = delivery.modified.replace(".", "").isdigit()
    return delivery.at - sighting.since >= (SAME_SECOND if in_seconds else SAME_MINUTE)


def _same(delivery: Delivery, source: Source) -> bool:
    """Whether it is the same content again; of files that were never read, the size must do."""
    return (delivery.sha256, delivery.size) == (source.sha256, source.size)
