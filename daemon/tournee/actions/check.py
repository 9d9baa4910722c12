"""Is it reachable and trusted; the template of a list. (Whether it is configured, loading it has said.)"""

import os
from functools import partial
from typing import TYPE_CHECKING

from tournee.actions import App, unknown
from tournee.config import load
from tournee.core import languages, match
from tournee.core.errors import RemoteError, UnknownName
from tournee.core.facts import ListCheck, RemoteErrorKind, RepositoryCheck, TrustOffer
from tournee.core.settings import Feed, Repository
from tournee.store import imports

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote


def connect(app: App) -> tuple[RepositoryCheck, ...]:
    """Every repository tried: what each list would take there, and what it nearly would."""
    return tuple(_connect(app, repository) for repository in app.settings.repositories.values())


def _connect(app: App, repository: Repository) -> RepositoryCheck:
    """One repository; without a feed, its own directory is listed all the same."""
    feeds = {key: feed for key, feed in app.feeds().items() if feed.repository == repository.key}
    lists: list[ListCheck] = []
    try:
        with app.visit(repository) as remote:
            if not feeds:
                remote.list("")
            missing = [error for key in feeds if (error := _look_into(app, remote, key, lists))]
        if missing:
            raise missing[0]
    except RemoteError as error:
        return RepositoryCheck(
            repository=repository.key, ok=False, error=error.kind, reason=error.reason, lists=tuple(lists)
        )
    return RepositoryCheck(repository=repository.key, ok=True, lists=tuple(lists))


def _look_into(app: App, remote: "Remote", key: str, lists: list[ListCheck]) -> RemoteError | None:
    """Add what a list would take; a directory that is not there hides no other list's."""
    feed = app.feed(key)
    patterns = app.patterns(feed)
    try:
        files = remote.list(feed.directory, partial(match.concerns, patterns))
    except RemoteError as error:
        if error.kind is not RemoteErrorKind.NOT_FOUND:
            raise
        return error
    lists.append(_list_check(app, key, feed, match.match(files, patterns)[key]))
    return None


def _list_check(app: App, key: str, feed: Feed, mine: match.Matched) -> ListCheck:
    """What a list takes; `again` counts what it imported before under another repository or directory."""
    names = [entry.file.name for entry in mine.taken]
    paths = {app.path(feed, name): name for name in names}
    with app.store.read() as tx:
        known = imports.last_deliveries(tx, feed.repository, list(paths))
        before = imports.names_imported(tx, key, names)
    new_here = {name for path, name in paths.items() if path not in known}
    return ListCheck(
        list=key,
        taken=tuple(names),
        near_misses=mine.near_misses,
        again=len(new_here & before),
    )


def template(app: App, key: str) -> str:
    """The CSV file to fill in for a list: its header in the feed's language; raises UnknownName."""
    return languages.template(app.layout(key))


def trust(config_path: str | None, key: str) -> TrustOffer:
    """What a repository's server shows of itself, for a person to pin; raises UnknownName, RemoteError."""
    from tournee.remote import offers

    repositories = load(config_path, os.environ).settings.repositories
    if key not in repositories:
        raise UnknownName(unknown("repository", key, repositories))
    return offers(repositories[key])
