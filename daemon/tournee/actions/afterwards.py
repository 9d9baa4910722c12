"""What becomes of a file once it was imported: planned with its import, done when its repository can.

A chore is written in the transaction of the import, so that a crash forgets none, and is tried at every pass
until it is done. It is about the file that was imported: a new version in its place is left alone.
"""

from typing import TYPE_CHECKING

from tournee.actions import App
from tournee.core import match
from tournee.core.errors import RemoteError
from tournee.core.facts import Import, Outcome, RemoteErrorKind
from tournee.core.settings import AfterImport, Feed
from tournee.store import Transaction, rounds

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote


def plan(tx: Transaction, feed: Feed, record: Import, *, size: int, modified: str) -> None:
    """Write down what the feed wants done with the remote file of an import; nothing where it is kept.

    The feed is the one that found the file: the list it was imported into may be gone, or moved elsewhere.
    """
    action, target = _wanted(feed, record.outcome)
    if action is None:
        return
    assert record.id is not None
    chore = rounds.NewChore(
        repository=feed.repository,
        directory=feed.directory,
        name=record.file,
        action=action,
        target=target,
        import_id=record.id,
        size=size,
        modified=modified,
    )
    rounds.add_chore(tx, chore)


def _wanted(feed: Feed, outcome: Outcome) -> tuple[rounds.ChoreAction | None, str | None]:
    """An action and where to, or None to leave the file."""
    if outcome is Outcome.REJECTED:
        return (rounds.ChoreAction.ARCHIVE, feed.rejected_to) if feed.rejected_to else (None, None)
    if feed.after_import is AfterImport.ARCHIVE:
        return rounds.ChoreAction.ARCHIVE, feed.archive_to
    return (rounds.ChoreAction.DELETE, None) if feed.after_import is AfterImport.DELETE else (None, None)


def tidy(app: App, remote: "Remote", feed: Feed) -> RemoteError | None:
    """Archive or delete what was imported from the feed's directory; gives the first trouble, if any."""
    with app.store.read() as tx:
        chores = rounds.chores(tx, feed.repository, feed.directory)
    first = None
    for chore in chores:
        try:
            _put_away(app, remote, feed, chore)
        except RemoteError as error:
            first = first or error
            with app.store.write() as tx:
                rounds.chore_failed(tx, chore.id, app.clock())
        else:
            with app.store.write() as tx:
                rounds.chore_done(tx, chore.id)
    return first


def _put_away(app: App, remote: "Remote", feed: Feed, chore: rounds.Chore) -> None:
    """One file out of the way, unless it is gone or a new version has come in its place.

    Its marker goes first: left behind, it would call the next file of that name complete while it is written.
    """
    now_there = remote.look(chore.directory, chore.name)
    if now_there is None or (now_there.size, now_there.modified) != (chore.size, chore.modified):
        return
    markers = {pattern.marker for pattern in app.patterns(feed) if pattern.marker}
    for marker in sorted(chore.name + marker for marker in markers):
        if remote.look(chore.directory, marker):
            _away(remote, chore, marker)
    _away(remote, chore, chore.name)


def _away(remote: "Remote", chore: rounds.Chore, name: str) -> None:
    """Lists of one directory tidy it at the same time: who comes second finds nothing left to do."""
    try:
        _act(remote, chore, name)
    except RemoteError as error:
        if error.kind is not RemoteErrorKind.NOT_FOUND or remote.look(chore.directory, name):
            raise


def _act(remote: "Remote", chore: rounds.Chore, name: str) -> None:
    if chore.action is rounds.ChoreAction.DELETE:
        remote.delete(chore.directory, name)
        return
    for target in match.free_names(name, chore.import_id):
        try:
            remote.move(chore.directory, name, chore.target or "", target)
        except RemoteError as error:
            if error.reason.code != "target_exists":
                raise
        else:
            return
