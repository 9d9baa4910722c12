"""Conditions that are wrong and last, and the messages about them, queued with their cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Row

from tournee.core.facts import Alert, AlertEvent, AlertKind, Condition, Reason
from tournee.store import Transaction
from tournee.store.columns import columns_of, values_of
from tournee.store.tables import alerts, conditions

# ---------------------------------------------------------------- conditions


def open_condition(
    tx: Transaction,
    *,
    kind: AlertKind,
    subject: str,
    reason: Reason,
    now: datetime,
    repository: str | None = None,
    list: str | None = None,
    file: str | None = None,
    import_id: int | None = None,
) -> Condition:
    """The open condition of that kind and subject; a new one where there is none, told of now."""
    new = tx.dialect.insert(conditions).values(
        kind=kind,
        subject=subject,
        opened_at=now,
        told_at=now,
        reason=reason,
        repository=repository,
        list=list,
        file=file,
        import_id=import_id,
    )
    tx.connection.execute(new.on_conflict_do_nothing())
    condition = find_open(tx, kind, subject)
    assert condition is not None, "it was there, or has just been made"
    return condition


def find_open(tx: Transaction, kind: AlertKind, subject: str) -> Condition | None:
    """The open condition of that kind and subject."""
    one = conditions.c
    found = _open(tx, one.kind == kind, one.subject == subject)
    return found[0] if found else None


def open_conditions(tx: Transaction) -> list[Condition]:
    """Everything that is wrong now, oldest first."""
    return _open(tx)


def _open(tx: Transaction, *which: ColumnElement[bool]) -> list[Condition]:
    query = sa.select(conditions).where(conditions.c.closed_at.is_(None), *which).order_by(conditions.c.id)
    rows = tx.connection.execute(query)
    return [Condition(**{**row._mapping, "kind": AlertKind(row.kind)}) for row in rows]


def told(tx: Transaction, condition_id: int, now: datetime, reason: Reason | None = None) -> None:
    """People were told of it again; with another reason, where it is not the one of before."""
    _change_condition(tx, condition_id, told_at=now, **({"reason": reason} if reason else {}))


def close(tx: Transaction, condition_id: int, now: datetime) -> None:
    """It is over."""
    _change_condition(tx, condition_id, closed_at=now)


def _change_condition(tx: Transaction, condition_id: int, **values: datetime | Reason) -> None:
    tx.connection.execute(sa.update(conditions).where(conditions.c.id == condition_id).values(values))


# ---------------------------------------------------------------- alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """A message to one user. Those of one `batch` become one; it leaves when released, or at `not_before`."""

    user: str
    address: str
    language: str
    kind: AlertKind
    event: AlertEvent
    subject: str
    message_id: str
    reason: Reason
    repository: str | None
    list: str | None
    condition_id: int | None
    import_ids: tuple[int, ...]
    opened_at: datetime
    batch: str | None
    not_before: datetime


def queue(tx: Transaction, new: Sequence[NewAlert], now: datetime) -> None:
    """Queue messages, in the transaction of their cause."""
    for alert in new:
        earlier = _of_batch(tx, alert)
        if earlier is None:
            values = values_of(alert)
            due = values.pop("not_before")
            row = {**values, "created_at": now, "attempts": 0, "next_attempt_at": due}
            tx.connection.execute(sa.insert(alerts).values(row))
        else:
            _add_to(tx, earlier, alert)


def _of_batch(tx: Transaction, alert: NewAlert) -> Row[Any] | None:
    """The message of the same batch to the same user, while it can be added to."""
    if alert.batch is None:
        return None
    query = sa.select(alerts).where(alerts.c.batch == alert.batch, alerts.c.user == alert.user)
    return tx.connection.execute(query.with_for_update()).one_or_none()


def _add_to(tx: Transaction, earlier: Row[Any], alert: NewAlert) -> None:
    """One more file of the same poll; the message has the kind and reason of the worst."""
    values: dict[str, object] = {"import_ids": (*earlier.import_ids, *alert.import_ids)}
    if alert.kind is AlertKind.IMPORT_REJECTED and earlier.kind != alert.kind:
        worse = ("kind", "reason", "condition_id", "opened_at")
        values |= {name: value for name, value in values_of(alert).items() if name in worse}
    tx.connection.execute(sa.update(alerts).where(alerts.c.id == earlier.id).values(values))


def release_batch(tx: Transaction, batch: str, now: datetime) -> None:
    """Nothing more is added to the messages of the batch: they are due."""
    released = sa.update(alerts).where(alerts.c.batch == batch)
    tx.connection.execute(released.values(batch=None, next_attempt_at=now))


def claim(tx: Transaction, now: datetime, limit: int) -> list[Alert]:
    """Messages that are due, their attempts counted; what is over is not told before what began.

    They stay due until they are settled: what was cut off in the middle goes again, with its Message-ID. The
    caller holds the one lock for alerts.
    """
    due = sa.select(alerts.c.id).where(alerts.c.next_attempt_at <= now, ~_follows_one_that_waits(now))
    ids = tx.connection.scalars(due.order_by(alerts.c.id).limit(limit)).all()
    counted = sa.update(alerts).where(alerts.c.id.in_(ids)).values(attempts=alerts.c.attempts + 1, batch=None)
    tx.connection.execute(counted)
    query = sa.select(*columns_of(Alert, alerts)).where(alerts.c.id.in_(ids)).order_by(alerts.c.id)
    return [_alert(row) for row in tx.connection.execute(query)]


def _follows_one_that_waits(now: datetime) -> sa.ColumnElement[bool]:
    """An earlier message to the same user about the same condition is to be tried again later."""
    earlier = alerts.alias()
    return sa.exists().where(
        earlier.c.next_attempt_at > now,
        earlier.c.user == alerts.c.user,
        earlier.c.condition_id == alerts.c.condition_id,
        earlier.c.id < alerts.c.id,
    )


def _alert(row: Row[Any]) -> Alert:
    earlier = {"attempts": row.attempts - 1, "import_ids": tuple(row.import_ids)}
    kinds = {"kind": AlertKind(row.kind), "event": AlertEvent(row.event)}
    return Alert(**{**row._mapping, **kinds, **earlier})


def settle(
    tx: Transaction,
    alert_id: int,
    *,
    sent: bool,
    now: datetime,
    answer: str | None,
    next_attempt_at: datetime | None = None,
    given_up: bool = False,
) -> None:
    """How an attempt ended: sent, given up, or to be tried again at `next_attempt_at`."""
    assert sent or given_up or next_attempt_at, "no alert is forgotten"
    again = None if sent or given_up else next_attempt_at
    values = {"sent_at": now if sent else None, "answer": answer, "next_attempt_at": again}
    tx.connection.execute(sa.update(alerts).where(alerts.c.id == alert_id).values(values))
