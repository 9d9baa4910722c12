"""The file of an import taken again because a person asks: it was the configuration that was wrong.

It is fetched from where it was delivered, or from where it was put away; only the same content counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from tournee import telemetry
from tournee.actions import App, Progress, afterwards, explain, quiet
from tournee.actions.fetch import UNREAD, Origin, Source, fetched
from tournee.actions.intake import Taken, take
from tournee.core import match
from tournee.core.errors import CannotRetry, RemoteError
from tournee.core.facts import Import, Reason, RemoteErrorKind, RemoteFile
from tournee.core.settings import Feed, Repository
from tournee.store import imports

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote


def retry(app: App, import_id: int, *, force: bool = False, progress: Progress = quiet) -> Taken:
    """Import the file of an import once more, as a new import; `force` is that of `intake.import_file`.

    Raises UnknownName, CannotRetry (its file is gone or changed, it was a manual import, its list is being
    polled …), RemoteError, StoreError, Stopped.
    """
    search = _search(app, explain.show(app, import_id), force, progress)
    record = search.record
    with (
        app.store.exclusive(f"poll {record.list}") as mine,
        telemetry.bound(list=record.list, repository=search.repository.key, file=record.file),
    ):
        if not mine:
            raise search.refused("retry_busy")
        with app.visit(search.repository) as remote:
            taken = search.take(remote)
        telemetry.log.info("imported", **telemetry.import_facts(taken.record))
    return taken


def _search(app: App, record: Import, force: bool, progress: Progress) -> "_Search":
    """What to look for, and where; raises CannotRetry where nothing can be."""
    if record.repository is None or record.path is None:
        raise _refused(record, "retry_by_hand")
    entry = app.settings.lists.get(record.list)
    repository = app.settings.repositories.get(record.repository)
    if entry is None or entry.feed is None or repository is None:
        raise _refused(record, "retry_not_configured")
    root = join(repository.directory, "")
    if not record.path.startswith(root):
        raise _refused(record, "retry_file_gone")
    directory = dirname(record.path.removeprefix(root))
    return _Search(
        app=app,
        record=record,
        feed=entry.feed,
        repository=repository,
        path=record.path,
        directory=directory,
        force=force,
        progress=progress,
    )


def _refused(record: Import, code: str) -> CannotRetry:
    """Why it cannot be taken again."""
    details = {"id": record.id, "list": record.list, "repository": record.repository, "path": record.path}
    return CannotRetry(Reason(code, details))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """For the file of `record`, delivered at `path`, which is in `directory` below the repository's own."""

    app: App
    record: Import
    feed: Feed
    repository: Repository
    path: str
    directory: str
    force: bool
    progress: Progress

    def refused(self, code: str) -> CannotRetry:
        """Why it cannot be taken again."""
        return _refused(self.record, code)

    def take(self, remote: "Remote") -> Taken:
        """Import it from the first place where its content is; raises CannotRetry where that is nowhere."""
        seen_here = False
        for directory, file in self._places(remote):
            here = directory == self.directory
            seen_here = seen_here or here
            if file.size not in (None, self.record.size):
                continue
            with fetched(self.app, remote, directory, file, self.progress) as source:
                if self.record.sha256 in (source.sha256, UNREAD):
                    return self._import(remote, source, file, here=here)
        raise self.refused("retry_file_changed" if seen_here else "retry_file_gone")

    def _places(self, remote: "Remote") -> Iterator[tuple[str, RemoteFile]]:
        """Directories and files that it may be: at its path, or where imported or rejected files are put."""
        here = remote.look(self.directory, self.record.file)
        if here:
            yield self.directory, here
        targets = (self.feed.archive_to, self.feed.rejected_to)
        for target in dict.fromkeys(filter(None, targets)):
            directory = normpath(join(self.directory, target))
            for file in _listed(remote, directory, self.record.file):
                yield directory, file

    def _import(self, remote: "Remote", source: Source, file: RemoteFile, *, here: bool) -> Taken:
        """One more import of it; where its feed still looks there, it is put away as after a poll."""
        polled = self.feed.repository, self.app.path(self.feed, file.name)
        in_place = here and polled == (self.repository.key, self.path)
        origin = Origin(
            repository=self.repository.key,
            path=self.path,
            modified=file.modified,
            follows=self._follows(),
            batch=None,
            in_place=in_place,
        )
        again = replace(source, name=self.record.file, stamp=self.record.stamp, origin=origin)
        taken = take(self.app, self.record.list, again, force=self.force, progress=self.progress)
        if not isinstance(taken, Taken):
            raise self.refused("retry_busy")
        if in_place:
            afterwards.tidy(self.app, remote, self.feed)
        return taken

    def _follows(self) -> int | None:
        """The path's last delivery if it was this content, which stays known so; None if it was another."""
        with self.app.store.read() as tx:
            last = imports.last_delivery(tx, self.repository.key, self.path)
        same = last and (last.sha256, last.size) == (self.record.sha256, self.record.size)
        return last.id if last and same else None


def _listed(remote: "Remote", directory: str, name: str) -> list[RemoteFile]:
    """What may be the file of that name in a directory, which need not be there."""
    try:
        files = remote.list(directory, partial(match.may_be, name))
    except RemoteError as error:
        if error.kind is RemoteErrorKind.NOT_FOUND:
            return []
        raise
    return sorted(files, key=lambda file: file.name)
