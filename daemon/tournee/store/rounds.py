"""What is remembered from one pass over a directory to the next: sightings, polls, chores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import Row, Select, Table

from tournee.core.facts import NearMiss, PollState, Reason, RemoteErrorKind, Sighting
from tournee.store import Transaction, tables
from tournee.store.columns import columns_of, values_of

if TYPE_CHECKING:
    from tournee.store.dialects import Insert

FORGOTTEN_AFTER = timedelta(days=90)  # what no poll has seen for so long
SEEN_TO = timedelta(days=1)  # how exactly `seen_at` is kept


def _upsert(tx: Transaction, table: Table, keys: Sequence[str]) -> "Insert":
    """INSERT, or where a row has the same keys put the new values over it."""
    new = tx.dialect.insert(table)
    values = {column.name: column for column in new.excluded if column.name not in (*keys, "id")}
    return new.on_conflict_do_update(index_elements=keys, set_=values)


# ---------------------------------------------------------------- sightings


def sightings(tx: Transaction, repository: str, directory: str) -> dict[str, Sighting]:
    """What earlier polls saw in a directory, by name."""
    rows = tx.connection.execute(_seen_in(repository, directory, *columns_of(Sighting, tables.sightings)))
    return {row.name: Sighting(**row._mapping) for row in rows}


def _seen_in(repository: str, directory: str, *columns: sa.ColumnElement[Any]) -> Select[Any]:
    seen = tables.sightings.c
    return sa.select(*columns).where(seen.repository == repository, seen.directory == directory)


def save_sightings(
    tx: Transaction, repository: str, directory: str, seen: Sequence[Sighting], now: datetime
) -> None:
    """Remember what a poll saw and forget what none has seen for 90 days; only what is news is written."""
    before = sightings(tx, repository, directory)
    table = tables.sightings
    recent = _seen_in(repository, directory, table.c.name).where(table.c.seen_at >= now - SEEN_TO)
    fresh = set(tx.connection.scalars(recent))
    news = [
        {**values_of(one), "repository": repository, "directory": directory, "seen_at": now}
        for one in sorted(seen, key=lambda one: one.name)  # in one order, so that two polls cannot deadlock
        if one.name not in fresh or before[one.name] != one
    ]
    if news:
        tx.connection.execute(_upsert(tx, table, ("repository", "directory", "name")), news)
    here = sa.and_(table.c.repository == repository, table.c.directory == directory)
    tx.connection.execute(sa.delete(table).where(here, table.c.seen_at < now - FORGOTTEN_AFTER))


# ---------------------------------------------------------------- polls


def poll_states(tx: Transaction) -> dict[str, PollState]:
    """What is remembered of each list's last poll."""
    return {row.list: _poll_state(row) for row in tx.connection.execute(sa.select(tables.polls))}


def poll_state(tx: Transaction, list: str) -> PollState | None:
    """What is remembered of a list's last poll."""
    query = sa.select(tables.polls).where(tables.polls.c.list == list)
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else _poll_state(row)


def _poll_state(row: Row[Any]) -> PollState:
    misses = tuple(NearMiss(name=name, reason=Reason(*reason)) for name, *reason in row.near_misses)
    error = RemoteErrorKind(row.error) if row.error else None
    return PollState(**{**row._mapping, "error": error, "near_misses": misses})


def save_poll(tx: Transaction, state: PollState) -> None:
    """Put a list's last poll in place of the one before."""
    misses = [[miss.name, miss.reason.code, dict(miss.reason.details)] for miss in state.near_misses]
    values = {**values_of(state), "near_misses": misses}
    tx.connection.execute(_upsert(tx, tables.polls, ("list",)), values)


# ---------------------------------------------------------------- chores


class ChoreAction(StrEnum):
    """What is to become of a remote file."""

    ARCHIVE = "archive"  # moved to `target`
    DELETE = "delete"
    REPORT = "report"  # nothing: a report about it is put beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChore:
    """What is to be done about a remote file, which is known as it was when it was imported.

    `name` is the file's; of a report it is the one that the report is to get.
    """

    repository: str
    directory: str
    name: str
    action: ChoreAction
    target: str | None  # the directory to move it to; the language of a report
    import_id: int
    size: int
    modified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore(NewChore):
    """A chore that waits to be done; `attempts` is how often it was begun before."""

    id: int
    attempts: int


def add_chore(tx: Transaction, chore: NewChore) -> None:
    """Remember what is to be done with a file; it takes the place of an older chore for the same file."""
    keys = ("repository", "directory", "name")
    tx.connection.execute(_upsert(tx, tables.chores, keys), {**values_of(chore), "attempts": 0})


def chores(tx: Transaction, repository: str, directory: str) -> list[Chore]:
    """What is still to be done in a directory, oldest first."""
    one = tables.chores
    query = sa.select(*columns_of(Chore, one)).order_by(one.c.id)
    rows = tx.connection.execute(query.where(one.c.repository == repository, one.c.directory == directory))
    return [Chore(**{**row._mapping, "action": ChoreAction(row.action)}) for row in rows]


def chore_done(tx: Transaction, chore_id: int) -> None:
    """Nothing more is to be done."""
    tx.connection.execute(sa.delete(tables.chores).where(tables.chores.c.id == chore_id))


def chores_tried(tx: Transaction, chore_ids: Sequence[int], now: datetime) -> None:
    """They are about to be tried, and are to be tried again unless they are done."""
    one = tables.chores
    each = sa.update(one).where(one.c.id == sa.bindparam("chore"))
    tried = each.values(attempts=one.c.attempts + 1, tried_at=now)
    tx.connection.execute(tried, [{"chore": chore_id} for chore_id in chore_ids])
