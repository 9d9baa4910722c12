"""The decisions as they are remembered: about a contact, of an import, of a deployment."""

from collections import Counter
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from tournee.core.facts import (
    DecisionCounts,
    DecisionRecord,
    DeploymentTotals,
    Held,
    SendStatus,
    Verdict,
    paused_since,
)
from tournee.store import Transaction, brakes, imports
from tournee.store.tables import imports as import_rows
from tournee.store.tables import lists, solicitations, unclear, unsent

one = solicitations.c

_HELD = sa.and_(unsent(solicitations), one.status == SendStatus.HELD)
_STATE = sa.case((brakes.NOT_BEGUN, SendStatus.WAITING), else_=one.status).label("state")
_UNCERTAIN = sa.and_(unclear(solicitations), one.status == SendStatus.UNCERTAIN)

# ---------------------------------------------------------------- about a contact, of an import


def decision_counts(tx: Transaction, import_id: int) -> DecisionCounts:
    """How the contacts of an import were decided, and how many of them are still to be sent."""
    query = sa.select(*imports.decision_columns()).where(import_rows.c.id == import_id)
    return imports.decision_counts(tx.connection.execute(query).one()) or DecisionCounts()


def decisions_of(tx: Transaction, contact_id: int) -> list[DecisionRecord]:
    """Every decision about a contact, and its reminders, newest first."""
    columns = (
        one[field.name] for field in fields(DecisionRecord) if field.name not in ("verdict", "list", "file")
    )
    query = (
        sa.select(*columns, one.decision, lists.c.key.label("list"), import_rows.c.file)
        .join(lists, lists.c.id == one.list_id)
        .join(import_rows, import_rows.c.id == one.import_id)
        .where(one.contact_id == contact_id)
        .order_by(one.decided_at.desc(), one.id.desc())
    )
    return [_decision_record(dict(row)) for row in tx.connection.execute(query).mappings()]


def _decision_record(values: dict[str, Any]) -> DecisionRecord:
    verdict = Verdict(values.pop("decision"))
    status = values["status"] and SendStatus(values["status"])
    return DecisionRecord(**{**values, "verdict": verdict, "status": status})


# ---------------------------------------------------------------- of a deployment


def totals(tx: Transaction) -> list[DeploymentTotals]:
    """How many solicitations of each deployment are where; `blocked` has those of the second look too.

    What was claimed and not begun waits; what was begun is being sent, by the living or the dead. A reminder
    is no solicitation; where it is uncertain whether one left, a person must know of it all the same.
    """
    where = (one.deployment, one.channel, one.decision)
    number, reminders = sa.func.count().label("number"), sa.func.count(one.reminds).label("reminders")
    query = sa.select(*where, _STATE, number, reminders).group_by(*where, _STATE.name)
    query = query.where(sa.or_(one.reminds.is_(None), one.status == SendStatus.UNCERTAIN))
    numbers: dict[tuple[str, str], Counter[str]] = {}
    for row in tx.connection.execute(query):
        of_deployment = numbers.setdefault((row.deployment, row.channel), Counter())
        of_deployment[row.state or Verdict.BLOCKED] += row.number
        if row.decision == Verdict.PLANNED:
            of_deployment[Verdict.PLANNED] += row.number - row.reminders
    paused = brakes.pauses(tx)
    shown = {field.name for field in fields(DeploymentTotals)} - {"deployment", "channel", "paused_at"}
    return [
        DeploymentTotals(
            deployment=key,
            channel=channel,
            paused_at=paused_since(paused, key),
            **{name: counted[name] for name in shown},
        )
        for (key, channel), counted in sorted(numbers.items())
    ]


def held(tx: Transaction) -> list[Held]:
    """What waits for a person, by deployment and import: held since it was decided, or uncertain since."""
    return _waiting(tx, _HELD, _UNCERTAIN)


def held_of(tx: Transaction, list: str | None = None) -> list[Held]:
    """The same of what is held only; of one list, or of all."""
    if list is None:
        return _waiting(tx, _HELD)
    of_list = one.list_id == sa.select(lists.c.id).where(lists.c.key == list).scalar_subquery()
    return _waiting(tx, sa.and_(_HELD, of_list))


def _waiting(tx: Transaction, *kinds: ColumnElement[bool]) -> list[Held]:
    number, since = sa.func.count().label("number"), sa.func.min(_since()).label("since")
    parts = [
        sa.select(one.deployment, one.import_id, one.list_id, one.status, number, since)
        .where(which)
        .group_by(one.deployment, one.import_id, one.list_id, one.status)
        for which in kinds
    ]
    found = (sa.union_all(*parts) if len(parts) > 1 else parts[0]).subquery("found")
    columns = (*(found.c[name] for name in ("deployment", "import_id", "status", "number", "since")),)
    query = (
        sa.select(*columns, lists.c.key.label("list"), import_rows.c.file)
        .join(lists, lists.c.id == found.c.list_id)
        .join(import_rows, import_rows.c.id == found.c.import_id)
        .order_by(found.c.deployment, found.c.import_id, found.c.status)
    )
    rows = tx.connection.execute(query).mappings()
    return [Held(**{**row, "status": SendStatus(row["status"])}) for row in rows]


def _since() -> ColumnElement[Any]:
    return sa.func.coalesce(one.begun_at, one.decided_at)
