"""Is it reachable and trusted; the template of a list. (Whether it is configured, loading it has said.)"""

import os
from functools import partial

from tournee.actions import App, unknown
from tournee.config import load
from tournee.core import languages, match
from tournee.core.errors import RemoteError, UnknownName
from tournee.core.facts import ListCheck, RepositoryCheck, TrustOffer
from tournee.core.settings import Feed, Repository
from tournee.store import imports


def connect(app: App) -> tuple[RepositoryCheck, ...]:
    """Every repository tried: what each list would take there, and what it nearly would."""
    return tuple(_connect(app, repository) for repository in app.settings.repositories.values())


def _connect(app: App, repository: Repository) -> RepositoryCheck:
    """One repository; without a feed, its own directory is listed all the same."""
    feeds = {key: feed for key, feed in app.feeds().items() if feed.repository == repository.key}
    try:
        with app.visit(repository) as remote:
            if not feeds:
                remote.list("")
            lists = []
            for key, feed in feeds.items():
                patterns = app.patterns(feed)
                files = remote.list(feed.directory, partial(match.concerns, patterns))
                lists.append(_list_check(app, key, feed, match.match(files, patterns)[key]))
    except RemoteError as error:
        return RepositoryCheck(repository=repository.key, ok=False, error=error.kind, reason=error.reason)
    return RepositoryCheck(repository=repository.key, ok=True, lists=tuple(lists))


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
