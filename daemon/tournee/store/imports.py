"""Deliveries, imports and their row errors; `rounds` adds sightings, polls and chores.

"Once" lives here: a delivery is identified by (repository, path, follows), where `follows` is the path's last
delivery; of two that try to be the next one, the unique key lets one through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Row, Select

from tournee.core.facts import Counts, DecisionCounts, Delivery, Import, Outcome, Reason, RowError, SendStatus
from tournee.store import Transaction, tables
from tournee.store.columns import columns_of, json_text, values_of

NAMES_A_QUERY = 500
DELIVERY = tuple(field.name for field in fields(Delivery))

# ---------------------------------------------------------------- deliveries

LARGEST_ID = (1 << 63) - 1


def last_delivery(tx: Transaction, repository: str, path: str) -> Delivery | None:
    """What was last delivered at a path."""
    return last_deliveries(tx, repository, [path]).get(path)


def last_deliveries(tx: Transaction, repository: str, paths: Iterable[str]) -> dict[str, Delivery]:
    """What was last delivered at each of the paths where anything was."""
    found = {}
    for some in _portions(paths):
        for path, *values in tx.connection.execute(_last_at(repository, some)):
            found[path] = Delivery(**dict(zip(DELIVERY, values, strict=True)))
    return found


def _last_at(repository: str, paths: Sequence[str]) -> Select[Any]:
    one = tables.deliveries
    there = sa.and_(one.c.repository == repository, one.c.path.in_(paths))
    last = sa.select(sa.func.max(one.c.id)).where(there).group_by(one.c.path)
    return sa.select(one.c.path, *columns_of(Delivery, one)).where(one.c.id.in_(last))


def deliver(
    tx: Transaction,
    *,
    repository: str,
    path: str,
    follows: int,
    sha256: str,
    size: int,
    modified: str,
    now: datetime,
) -> int | None:
    """The new delivery's id; None when another already follows the same one."""
    new = tx.dialect.insert(tables.deliveries).values(
        repository=repository,
        path=path,
        follows=follows,
        sha256=sha256,
        size=size,
        modified=modified,
        at=now,
    )
    once = new.on_conflict_do_nothing().returning(tables.deliveries.c.id)
    delivery_id: int | None = tx.connection.scalar(once)
    return delivery_id


def confirm_delivery(tx: Transaction, delivery_id: int, *, modified: str, now: datetime) -> None:
    """Its content was read again and is the same, although the server shows another time."""
    _change_delivery(tx, delivery_id, modified=modified, at=now)


def _change_delivery(tx: Transaction, delivery_id: int, **values: object) -> None:
    one = tables.deliveries
    tx.connection.execute(sa.update(one).where(one.c.id == delivery_id).values(**values))


# ---------------------------------------------------------------- imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An import that begins; `repository` and `path` are None for a manual one."""

    list: str
    repository: str | None
    file: str
    path: str | None
    sha256: str
    size: int
    modified_at: datetime | None
    started_at: datetime
    stamp: tuple[int, ...] | None
    header: tuple[str, ...] | None  # as the file writes it; None where it was not accepted


def begin(tx: Transaction, draft: Draft, delivery_id: int | None) -> int:
    """The id of a new import, for others to refer to; `finish` completes it in the same transaction."""
    new = sa.insert(tables.imports).values(**values_of(draft)).returning(tables.imports.c.id)
    import_id: int = tx.connection.execute(new).scalar_one()
    if delivery_id is not None:
        _change_delivery(tx, delivery_id, import_id=import_id)
    return import_id


def finish(tx: Transaction, record: Import, error_total: int) -> None:
    """Outcome, counts and warnings of an import; its decisions were counted by `outbox.plan`."""
    counts = {f"rows_{name}": number for name, number in values_of(record.counts).items()}
    tx.connection.execute(
        sa.update(tables.imports)
        .where(tables.imports.c.id == record.id)
        .values(
            finished_at=record.finished_at,
            outcome=record.outcome,
            reason=record.reason,
            error_total=error_total,
            warnings=[[warning.code, dict(warning.details)] for warning in record.warnings],
            removed=record.removed,
            **counts,
        )
    )


def get(tx: Transaction, import_id: int) -> Import | None:
    """One import; None where there is none of that number, however large."""
    if import_id > LARGEST_ID:
        return None
    row = tx.connection.execute(_finished().where(tables.imports.c.id == import_id)).one_or_none()
    return None if row is None else _import(row)


def recent(tx: Transaction, limit: int | None = None, list: str | None = None) -> "list[Import]":
    """Imports, newest first."""
    query = _finished().order_by(tables.imports.c.id.desc()).limit(limit)
    if list is not None:
        query = query.where(tables.imports.c.list == list)
    return [_import(row) for row in tx.connection.execute(query)]


def last_of_lists(tx: Transaction) -> dict[str, Import]:
    """The newest import of each list that has one."""
    newest = sa.select(sa.func.max(tables.imports.c.id)).group_by(tables.imports.c.list)
    rows = tx.connection.execute(_finished().where(tables.imports.c.id.in_(newest)))
    return {row.list: _import(row) for row in rows}


def newest_stamp(tx: Transaction, list: str) -> tuple[int, ...] | None:
    """The newest stamp among the files imported into a list; None where none had one."""
    one = tables.imports.c
    imported = sa.and_(one.list == list, one.outcome != Outcome.REJECTED)
    newest: tuple[int, ...] | None = tx.connection.scalar(sa.select(sa.func.max(one.stamp)).where(imported))
    return newest


def newer_stamp(tx: Transaction, list: str, stamp: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The newest stamp of a list, where a file of this `stamp` comes too late after it; else None."""
    newest = newest_stamp(tx, list) if stamp else None
    return newest if stamp and newest and stamp < newest else None


def last_header(tx: Transaction, list: str) -> tuple[str, ...] | None:
    """The header of the last file imported into a list; None where there was none, or it was not kept."""
    one = tables.imports.c
    imported = sa.and_(one.list == list, one.outcome != Outcome.REJECTED)
    header = tx.connection.scalar(sa.select(one.header).where(imported).order_by(one.id.desc()).limit(1))
    return None if header is None else tuple(header)


def names_imported(tx: Transaction, list: str, names: Iterable[str]) -> set[str]:
    """Which of the names were imported into a list before, from whatever repository."""
    one = tables.imports.c
    found: set[str] = set()
    for some in _portions(names):
        found.update(tx.connection.scalars(sa.select(one.file).where(one.list == list, one.file.in_(some))))
    return found


def _portions(names: Iterable[str]) -> Iterator[Sequence[str]]:
    """A directory may hold more names than a statement takes parameters."""
    source = iter(names)
    while some := tuple(islice(source, NAMES_A_QUERY)):
        yield some


def decision_columns() -> tuple[sa.ColumnElement[Any], ...]:
    """What `decision_counts` reads of an import's row: all that was decided, and what is still to be sent."""
    one, imports = tables.solicitations, tables.imports

    def number(status: SendStatus) -> sa.ColumnElement[int]:
        mine = sa.and_(one.c.import_id == imports.c.id, tables.unsent(one), one.c.status == status)
        those = sa.select(sa.func.count()).select_from(one).where(mine, one.c.reminds.is_(None))
        return those.scalar_subquery().label(status.value)

    return imports.c.planned, imports.c.blocked, number(SendStatus.WAITING), number(SendStatus.HELD)


def decision_counts(row: Row[Any]) -> DecisionCounts | None:
    """How the contacts of an import were decided; None where nothing was."""
    if row.planned is None:
        return None
    return DecisionCounts(planned=row.planned, waiting=row.waiting, held=row.held, blocked=row.blocked)


def _finished() -> Select[Any]:
    finished = tables.imports.c.finished_at.is_not(None)
    return sa.select(tables.imports, *decision_columns()[2:]).where(finished)


def _import(row: Row[Any]) -> Import:
    counts = Counts(
        read=row.rows_read,
        created=row.rows_created,
        updated=row.rows_updated,
        unchanged=row.rows_unchanged,
        duplicate=row.rows_duplicate,
        rejected=row.rows_rejected,
    )
    return Import(
        id=row.id,
        list=row.list,
        repository=row.repository,
        file=row.file,
        sha256=row.sha256,
        size=row.size,
        modified_at=row.modified_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=Outcome(row.outcome),
        reason=row.reason,
        counts=counts,
        warnings=tuple(Reason(code, details) for code, details in row.warnings),
        decisions=decision_counts(row),
        path=row.path,
        stamp=row.stamp,
        removed=row.removed,
    )


# ---------------------------------------------------------------- row errors


def add_row_errors(tx: Transaction, import_id: int, errors: Sequence[RowError]) -> None:
    """Keep errors of an import, in their order."""
    rows = (
        (import_id, line, column, code, None if details is None else json_text(dict(details)))
        for line, column, code, details in errors
    )
    columns = ("import_id", "line", "column", "code", "details")
    tx.dialect.load(tx.connection, tables.row_errors, columns, rows)


def error_total(tx: Transaction, import_id: int) -> int:
    """How many errors an import had, those that were not kept among them."""
    total = sa.select(tables.imports.c.error_total).where(tables.imports.c.id == import_id)
    return tx.connection.scalar(total) or 0


def row_errors(tx: Transaction, import_id: int, limit: int | None = None) -> list[RowError]:
    """The errors that were kept of an import, the first in line order."""
    one = tables.row_errors.c
    query = sa.select(one.line, one.column, one.code, one.details)
    query = query.where(one.import_id == import_id).order_by(one.line, one.id).limit(limit)
    rows = tx.connection.execute(query)
    return [(line, column, code, details) for line, column, code, details in rows]
