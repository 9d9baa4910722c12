"""What Tournée does: gather facts, ask the core, act.

Door: `App`, everything an action needs, and `open_app`, the only place where the parts are put together.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from posixpath import join
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tournee.config import Config, load
from tournee.core.errors import UnknownName
from tournee.core.facts import Reason
from tournee.core.languages import Layout
from tournee.core.languages.words import trimmed
from tournee.core.match import FeedPattern
from tournee.core.normalise.emails import email
from tournee.core.normalise.phones import phone
from tournee.core.settings import Channel, Feed, Repository, SendingList, Settings
from tournee.store import Store, keys, open_store

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote

Clock = Callable[[], datetime]

#: The contact fields that channels send to.
ADDRESSES = {Channel.EMAIL: "email", Channel.SMS: "phone"}

#: Told how far a transfer or an import is: the file's name, units done, units in all.
Progress = Callable[[str, int, int], None]


def utc_now() -> datetime:
    """The clock of this machine; the one place that reads it."""
    return datetime.now(UTC)  # noqa: TID251 - the edge where time enters


def quiet(_name: str, _done: int, _total: int) -> None:
    """No progress is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The configuration, the database, the clock, and the repositories being visited.

    `stop` is set when the process should end: every loop ends at its next safe place.
    """

    config: Config
    store: Store
    clock: Clock = utc_now
    stop: Event = field(default_factory=Event)
    _visited: "set[Remote]" = field(default_factory=set)
    _keys: dict[Store, bytes] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What the operator wrote."""
        return self.config.settings

    @property
    def timezone(self) -> ZoneInfo:
        """The zone in which days, months and schedules are counted."""
        return ZoneInfo(self.settings.timezone)

    @property
    def domain(self) -> str:
        """The domain in the Message-IDs of what this installation sends."""
        sender = self.settings.mail.sender if self.settings.mail else ""
        domain = sender.rpartition("@")[2].strip(" >")
        return domain if domain and domain.isascii() else "tournee.invalid"

    @property
    def key(self) -> bytes:
        """The database's own key, made when it is first asked for; not inside a transaction."""
        if self.store not in self._keys:
            self._keys[self.store] = self._stored_key()
        return self._keys[self.store]

    def _stored_key(self) -> bytes:
        """Nobody waits for whoever writes, unless there is no key yet."""
        with self.store.read() as tx:
            found = keys.found(tx)
        if found is None:
            with self.store.write() as tx:
                found = keys.key(tx)
        return found

    def list(self, key: str) -> SendingList:
        """The list of that key; raises UnknownName with the nearest one."""
        try:
            return self.settings.lists[key]
        except KeyError:
            raise UnknownName(unknown("list", key, self.settings.lists)) from None

    def feed(self, key: str) -> Feed:
        """The feed of that list; raises UnknownName where there is no such list or it has no feed."""
        feed = self.list(key).feed
        if feed is None:
            raise UnknownName(Reason("list_without_feed", {"list": key}))
        return feed

    def layout(self, key: str) -> Layout:
        """How the files of that list are laid out: language, declared fields, what must be filled."""
        feed = self.feed(key)
        channels = (self.settings.deployments[name].channel for name in feed.deploy)
        return Layout(
            language=self.config.languages[feed.language],
            languages=self.config.languages,
            fields=self.settings.contact_fields,
            required=frozenset(ADDRESSES[channel] for channel in channels if channel in ADDRESSES),
            country=feed.country,
            default_language=feed.default_language,
            identify_by=feed.identify_by,
            empty_cells=feed.empty_cells,
            timezone=self.settings.timezone,
        )

    def patterns(self, feed: Feed) -> tuple[FeedPattern, ...]:
        """What every feed of the same directory takes: the longest prefix has a name."""
        return tuple(
            FeedPattern(list=key, prefix=other.prefix, stamp_rule=other.stamp, marker=other.marker)
            for key, other in self.feeds().items()
            if (other.repository, other.directory) == (feed.repository, feed.directory)
        )

    def feeds(self) -> dict[str, Feed]:
        """The feed of every list that has one."""
        return {key: entry.feed for key, entry in self.settings.lists.items() if entry.feed}

    def phone_countries(self, lists: Iterable[str] | None = None) -> tuple[str, ...]:
        """Where phones that do not say so are from in the files of these lists, by default of all."""
        keys = self.feeds() if lists is None else self.feeds().keys() & set(lists)
        return tuple(sorted({self.layout(key).phone_country for key in keys}))

    def meant(self, who: str) -> tuple[str, ...]:
        """A person's word for a contact as the store knows it: an email, an id, or the phones it may be.

        Or `field=value`, where the field identifies contacts.
        """
        word = trimmed(who)
        field, equals, _value = word.partition("=")
        if equals and field in self.settings.contact_fields:
            return (word,)
        if "@" in word:
            address = email(word)
            return (address if isinstance(address, str) else word,)
        if word.isascii() and word.isdigit() and not word.startswith("0"):
            return (word,)
        numbers = [phone(word, country) for country in self.phone_countries() or (None,)]
        return tuple(sorted({number for number in numbers if isinstance(number, str)})) or (word,)

    def path(self, feed: Feed, name: str) -> str:
        """A file's whole path in its repository: with its content, what identifies a delivery."""
        return join(self.settings.repositories[feed.repository].directory, feed.directory, name)

    @contextmanager
    def visit(self, repository: Repository) -> "Iterator[Remote]":
        """A repository, connected and logged in, until the block ends; raises RemoteError."""
        from tournee.remote import open_remote

        remote = open_remote(repository)
        self._visited.add(remote)
        try:
            with remote:
                yield remote
        finally:
            self._visited.discard(remote)

    def halt(self) -> None:
        """Ask everything to end: no new step begins and every conversation with a server is cut."""
        self.stop.set()
        for remote in tuple(self._visited):
            remote.abort()


def unknown(what: str, name: str, known: Iterable[str]) -> Reason:
    """The reason for a name that does not exist, with the nearest that does."""
    near = get_close_matches(name, tuple(known), n=1)
    return Reason(f"unknown_{what}", {"name": name, "nearest": near[0] if near else None})


@contextmanager
def open_app(config_path: str | None = None, *, clock: Clock = utc_now) -> Iterator[App]:
    """The configuration loaded and the database opened.

    An SQLite database is created or upgraded; raises ConfigurationError, StoreOutdated, StoreUnavailable.
    """
    config = load(config_path, os.environ)
    store = open_store(config.settings.database)
    try:
        if store.migrates_itself:
            store.upgrade()
        else:
            store.require_current()
        yield App(config=config, store=store, clock=clock)
    finally:
        store.close()
