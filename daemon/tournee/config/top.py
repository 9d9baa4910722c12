"""The keys at the top, and what holds for the configuration as a whole."""

import os
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tournee.config.agreement import (
    a_list,
    mail_for_messages,
    one_once_per,
    senders_for_gateways,
    windows_that_meet,
)
from tournee.config.contacts import CONTACT_FIELDS
from tournee.config.deployments import DEPLOYMENTS
from tournee.config.document import Entry, Node, Scalar, Tree
from tournee.config.feeds import LISTS
from tournee.config.gateways import GATEWAYS
from tournee.config.groups import Entries
from tournee.config.http import HTTP
from tournee.config.kinds import ENVIRONMENT_DEFINITION, PATH, TIMEZONE
from tournee.config.languages import LANGUAGES
from tournee.config.limits import LIMITS
from tournee.config.mistakes import Wrong
from tournee.config.rules import RULES
from tournee.config.schema import Filled, JsonSchema, Key, Section
from tournee.config.servers import DATABASE, MAIL, REPOSITORIES
from tournee.config.urls import sqlite_url
from tournee.config.users import USERS
from tournee.core.settings import Database, Limits, Settings

_SQLITE = "sqlite:///"


def _settings(filled: Filled) -> Settings:
    at_home = sqlite_url(os.path.join(_state_directory(filled), "tournee.db"))
    database: Database = filled["database"] or Database(url=at_home)
    return Settings(
        database=database,
        timezone=filled["timezone"],
        mail=filled["mail"],
        spool=filled["spool"] or os.path.join(_data_directory(database, filled), "spool"),
        repositories=filled["repositories"] or {},
        contact_fields=filled["contact_fields"] or {},
        lists=filled["lists"],
        gateways=filled["gateways"] or {},
        deployments=filled["deployments"] or {},
        solicitation_rules=filled["solicitation_rules"] or (),
        http=filled["http"],
        users=filled["users"] or {},
        limits=filled["limits"] or Limits(),
    )


def _state_directory(filled: Filled) -> str:
    """Where systemd says that state is kept (the first, if there are several), else `var` here."""
    given = filled.reading.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return os.path.abspath(given or "var")


def _data_directory(database: Database, filled: Filled) -> str:
    if database.url.startswith(_SQLITE):
        return os.path.dirname(database.url.removeprefix(_SQLITE))
    return _state_directory(filled)


SETTINGS = Section(
    about="The configuration of Tournée: a file, or a directory of files that are read as one.",
    keys={
        "database": Key(
            kind=DATABASE,
            about=f"{DATABASE.about} Default: `tournee.db` in $STATE_DIRECTORY, else in ./var/.",
        ),
        "timezone": Key(
            kind=TIMEZONE, about="Where days begin, months are counted and `cron` is meant.", default="UTC"
        ),
        "mail": Key(kind=MAIL, about=MAIL.about),
        "spool": Key(
            kind=PATH,
            about="A private directory that files pass through. Default: `spool` beside the database.",
        ),
        "limits": Key(kind=LIMITS, about=LIMITS.about),
        "languages": Key(kind=LANGUAGES, about=LANGUAGES.about),
        "repositories": Key(kind=REPOSITORIES, about=REPOSITORIES.about),
        "contact_fields": Key(kind=CONTACT_FIELDS, about=CONTACT_FIELDS.about),
        "lists": Key(kind=LISTS, about=LISTS.about),
        "gateways": Key(kind=GATEWAYS, about=GATEWAYS.about),
        "deployments": Key(kind=DEPLOYMENTS, about=DEPLOYMENTS.about),
        "solicitation_rules": Key(
            kind=RULES, about="Rules for every deployment; all must allow. Limits count all of them together."
        ),
        "http": Key(kind=HTTP, about=HTTP.about),
        "users": Key(kind=USERS, about=USERS.about),
    },
    make=_settings,
    rules=(a_list, mail_for_messages, one_once_per, windows_that_meet, senders_for_gateways),
)

#: The keys whose entries may be spread over several files.
SHARED = tuple(name for name, key in SETTINGS.keys.items() if isinstance(key.kind, Entries))


def names_of(tree: Tree) -> dict[str, tuple[str, ...]]:
    """The names that the operator chose, by section."""
    entries = ((section, tree.entries.get(section)) for section in SHARED)
    return {
        section: tuple(entry.value.entries) if entry and isinstance(entry.value, Tree) else ()
        for section, entry in entries
    }


def spoken_in(tree: Tree) -> frozenset[str]:
    """The languages that feeds name, as they are written."""
    lists = tree.entries.get("lists")
    feeds = (_below(entry.value, "feed") for entry in _entries(lists.value if lists else None))
    languages = (_below(feed, "language") for feed in feeds)
    return frozenset(language.text for language in languages if isinstance(language, Scalar))


def timezone_in(tree: Tree, environ: Mapping[str, str]) -> str:
    """The time zone that is written, UTC where none is or it is wrong (which is told elsewhere)."""
    written = tree.entries.get("timezone")
    if written is None or not isinstance(written.value, Scalar):
        return "UTC"
    try:
        return ZoneInfo(written.value.value(environ).strip()).key
    except (Wrong, ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"


def links_in(tree: Tree) -> bool:
    """Whether it is written how the world reaches us."""
    http = tree.entries.get("http")
    return _below(http.value if http else None, "public_url") is not None


def _entries(node: Node | None) -> Iterable[Entry]:
    return node.entries.values() if isinstance(node, Tree) else ()


def _below(node: Node | None, key: str) -> Node | None:
    entry = node.entries.get(key) if isinstance(node, Tree) else None
    return entry.value if entry else None


def json_schema() -> JsonSchema:
    """The JSON Schema (2020-12) of a configuration, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tournée",
        **SETTINGS.json_schema(),
        "type": "object",
        "$defs": {"environment": ENVIRONMENT_DEFINITION},
    }
