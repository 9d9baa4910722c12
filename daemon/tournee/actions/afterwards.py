"""What becomes of a file once it was imported: planned with its import, done when its repository can.

A chore is written in the transaction of the import, so that a crash forgets none, and is tried at every pass
until it is done. To put a file away is about the file that was imported: a new version in its place is left
alone. A report goes where its file was dropped, wherever that is by now.
"""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

from tournee.actions import App
from tournee.core import match, messages
from tournee.core.errors import RemoteError
from tournee.core.facts import Import, Outcome, RemoteErrorKind
from tournee.core.settings import AfterImport, Feed
from tournee.store import Transaction, imports, rounds

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote

# ---------------------------------------------------------------- planning


def plan(tx: Transaction, feed: Feed, record: Import, *, size: int, modified: str) -> None:
    """Write down what the feed wants done after an import: with its remote file, and to tell who dropped it.

    The feed is the one that found the file: the list it was imported into may be gone, or moved elsewhere.
    """
    plan_away(tx, feed, record, size=size, modified=modified)
    if feed.report and record.outcome is not Outcome.IMPORTED:
        name, report = match.report_name(record.file), rounds.ChoreAction.REPORT
        _add(tx, feed, record, name, report, feed.language, size=size, modified=modified)


def plan_away(tx: Transaction, feed: Feed, record: Import, *, size: int, modified: str) -> None:
    """Write down how the file of an import is to be put away; nothing where it is kept.

    Also where it was imported long ago, and only now or again lies there.
    """
    action, target = _wanted(feed, record.outcome)
    if action:
        _add(tx, feed, record, record.file, action, target, size=size, modified=modified)


def _add(
    tx: Transaction,
    feed: Feed,
    record: Import,
    name: str,
    action: rounds.ChoreAction,
    target: str | None,
    *,
    size: int,
    modified: str,
) -> None:
    assert record.id is not None
    chore = rounds.NewChore(
        repository=feed.repository,
        directory=feed.directory,
        name=name,
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


# ---------------------------------------------------------------- doing


def tidy(app: App, remote: "Remote", feed: Feed) -> RemoteError | None:
    """Do what is to be done in the feed's directory; gives the first trouble, if any."""
    first = None
    for chore in _begun(app, feed):
        try:
            _do(app, remote, feed, chore)
        except RemoteError as error:
            first = first or error
        else:
            with app.store.write() as tx:
                rounds.chore_done(tx, chore.id)
    return first


def _begun(app: App, feed: Feed) -> list[rounds.Chore]:
    """What is to be done, as it was before this try, which is recorded before it is made."""
    with app.store.read() as tx:
        chores = rounds.chores(tx, feed.repository, feed.directory)
        chores = [chore for chore in chores if _falls_to(app, tx, feed, chore)]
    if chores:
        with app.store.write() as tx:
            rounds.chores_tried(tx, [chore.id for chore in chores], app.clock())
    return chores


def _falls_to(app: App, tx: Transaction, feed: Feed, chore: rounds.Chore) -> bool:
    """Lists of one directory tidy it together, except that each puts its own reports.

    There is one poll of a list at a time, so that no report is written twice at once. Those of a list that is
    gone, or looks elsewhere by now, fall to whoever comes.
    """
    if chore.action is not rounds.ChoreAction.REPORT:
        return True
    record = imports.get(tx, chore.import_id)
    owner = app.feeds().get(record.list) if record else None
    here = owner and (owner.repository, owner.directory) == (chore.repository, chore.directory)
    return not here or owner == feed


def _do(app: App, remote: "Remote", feed: Feed, chore: rounds.Chore) -> None:
    if chore.action is rounds.ChoreAction.REPORT:
        _put_report(app, remote, chore)
    else:
        _put_away(app, remote, feed, chore)


# ---------------------------------------------------------------- files


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
    target = chore.target or ""
    _under_a_free_name(name, chore.import_id, lambda free: remote.move(chore.directory, name, target, free))


def _under_a_free_name(name: str, import_id: int, act: Callable[[str], None]) -> None:
    """Act with the first name that nothing has."""
    for free in match.free_names(name, import_id):
        try:
            return act(free)
        except RemoteError as error:
            if error.reason.code != "target_exists":
                raise
    return None


# ---------------------------------------------------------------- reports


def _put_report(app: App, remote: "Remote", chore: rounds.Chore) -> None:
    """The report about one import, once: a try before, whose end nobody heard, may have put it."""
    content = _report(app, chore)

    def put(name: str) -> None:
        if not (chore.attempts and _holds(remote, chore.directory, name, content)):
            remote.put(chore.directory, name, content)

    _under_a_free_name(chore.name, chore.import_id, put)


def _holds(remote: "Remote", directory: str, name: str, content: bytes) -> bool:
    """Whether that file has exactly that content."""
    there = remote.look(directory, name)
    if there is None or there.size != len(content):
        return False
    found = BytesIO()
    remote.fetch(directory, name, found, len(content))
    return found.getvalue() == content


def _report(app: App, chore: rounds.Chore) -> bytes:
    with app.store.read() as tx:
        record = imports.get(tx, chore.import_id)
        errors = imports.row_errors(tx, chore.import_id)
        total = imports.error_total(tx, chore.import_id)
    tag = chore.target or "en"
    language = app.config.languages.get(tag)
    return messages.report(
        record.reason if record else None,
        errors,
        total,
        language=tag,
        delimiter=language.delimiter if language else ",",
    )
