"""Solicitations: who might get one, what was decided, what is to be sent, and what became of it.

A decision and its message are one row. `counts_at` is the instant at which it counts for `at_most`: when it
was sent (or may have left), else decided; none for what was blocked, failed or cancelled.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import count, islice
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Select

from tournee.core.decide import Cap
from tournee.core.facts import (
    Candidate,
    Claim,
    Decision,
    DecisionCounts,
    DecisionRecord,
    DeploymentTotals,
    Reason,
    SendStatus,
    Verdict,
)
from tournee.core.settings import Channel
from tournee.store import Transaction, consent, imports
from tournee.store import contacts as people
from tournee.store.columns import reason_text, utc_text
from tournee.store.merge import list_id
from tournee.store.staging import Stage
from tournee.store.tables import contacts, lists, opt_outs, solicitations, unsent
from tournee.store.tables import imports as import_rows
from tournee.store.temporary import hits

CANDIDATES_A_QUERY = 2_000
DECISIONS_AT_ONCE = 5_000

DUPLICATE = "duplicate"  # the rule

MAY_HAVE_LEFT = (SendStatus.SENT, SendStatus.UNCERTAIN)
ADDRESS = {Channel.EMAIL: contacts.c.email}

# ---------------------------------------------------------------- who might get one


def candidates(
    tx: Transaction, stage: Stage, *, deployment: str, channel: str, caps: Sequence[Cap]
) -> Iterator[Candidate]:
    """The contacts of the import that `stage` is merging, by id, each with the history that rules need.

    They come in portions, so that what is written about the ones does not disturb the reading of the next.
    """
    assert stage.merging is not None, "the contacts of a file are known once it was merged"
    shared = consent.addresses_are_shared(tx)
    last = 0
    while True:
        portion = sa.select(hits.c.contact_id, hits.c.contact_id.label("about"))
        portion = portion.where(hits.c.contact_id > last).order_by(hits.c.contact_id)
        asked = portion.limit(CANDIDATES_A_QUERY).subquery("asked")
        found = _histories(tx, asked, deployment, channel, caps, shared=shared)
        if not found:
            return
        yield from found.values()
        last = max(found)


def recheck(
    tx: Transaction, claims: Sequence[Claim], *, deployment: str, channel: str, caps: Sequence[Cap]
) -> dict[int, Candidate]:
    """The same about claimed messages of one deployment, by the message's id.

    A message does not count itself, nor what was planned after it and is not sent yet: of two that exclude
    each other, the older one goes.
    """
    own = solicitations.alias("own")
    columns = (own.c.contact_id, own.c.id.label("about"), own.c.id.label("own_id"))
    asked = sa.select(*columns).where(own.c.id.in_([claim.id for claim in claims])).subquery("asked")
    shared = consent.addresses_are_shared(tx)
    return _histories(tx, asked, deployment, channel, caps, shared=shared)


def _histories(
    tx: Transaction, asked: FromClause, deployment: str, channel: str, caps: Sequence[Cap], *, shared: bool
) -> dict[int, Candidate]:
    """By what is asked `about`: the contact's history, and that of others with the same address."""
    query = _history(asked, deployment, channel, caps)
    found = {row[0]: _candidate(row) for row in tx.connection.execute(query)}
    if shared and found:
        others = consent.others_of_address(asked).subquery("others")
        for row in tx.connection.execute(_history(others, deployment, channel, caps)).all():
            found[row[0]] = _together(found[row[0]], _candidate(row))
    return found


def _together(one: Candidate, other: Candidate) -> Candidate:
    """A contact with what another one of the same address refused and was sent."""
    latest = zip(one.cap_latest, other.cap_latest, strict=True)
    return replace(
        one,
        opted_out=one.opted_out or other.opted_out,
        pending=one.pending or other.pending,
        cap_counts=tuple(map(add, one.cap_counts, other.cap_counts)),
        cap_latest=tuple(max(filter(None, pair), default=None) for pair in latest),
    )


def _history(asked: FromClause, deployment: str, channel: str, caps: Sequence[Cap]) -> Select[Any]:
    """One row for each contact asked about: whether it can be reached, and what it was sent."""
    mine = contacts.c.id == asked.c.contact_id
    refused = _any(
        opt_outs.c.contact_id == asked.c.contact_id,
        opt_outs.c.ended_at.is_(None),
        opt_outs.c.channel.in_(("all", channel)),
    )
    waiting = solicitations.alias("waiting")
    pending = _any(
        waiting.c.contact_id == asked.c.contact_id,
        waiting.c.deployment == deployment,
        unsent(waiting),
        *_counts_beside(asked, waiting),
    )
    address = ADDRESS[Channel(channel)].label("address")
    spent = [_spent(asked, cap) for cap in caps]
    columns = (
        asked.c.about,
        asked.c.contact_id,
        address,
        refused,
        pending,
        *(n for n, _ in spent),
        *(at for _, at in spent),
    )
    return sa.select(*columns).join_from(asked, contacts, mine).order_by(asked.c.about)


def _any(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such a row; counted, because for EXISTS PostgreSQL may read all rows of everybody."""
    return sa.select(sa.func.count()).where(*which).scalar_subquery() > 0


def _spent(asked: FromClause, cap: Cap) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """How many solicitations of the contact count for the cap, and when the newest was."""
    past = solicitations.alias()
    counted = [past.c.contact_id == asked.c.contact_id, past.c.counts_at > cap.since]
    if cap.deployment is not None:
        counted.append(past.c.deployment == cap.deployment)
    counted += _counts_beside(asked, past)
    number = sa.select(sa.func.count()).select_from(past).where(*counted).scalar_subquery()
    latest = sa.select(sa.func.max(past.c.counts_at)).where(*counted).scalar_subquery()
    return number, latest


def _counts_beside(asked: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    """At the second look: others count if they are older, or may have left."""
    if "own_id" not in asked.c:
        return []
    before = other.c.id < asked.c.own_id
    return [sa.or_(before, sa.and_(other.c.id != asked.c.own_id, ~unsent(other)))]


def _candidate(row: Sequence[Any]) -> Candidate:
    _about, contact_id, address, opted_out, pending, *spent = row
    caps = len(spent) // 2
    return Candidate(
        contact_id=contact_id,
        address=address,
        opted_out=opted_out,
        pending=pending,
        cap_counts=tuple(spent[:caps]),
        cap_latest=tuple(spent[caps:]),
    )


# ---------------------------------------------------------------- what was decided

PLANNED = (
    "contact_id", "import_id", "list_id", "deployment", "channel", "decided_at", "decision", "attempts",
    "rule", "reason", "status", "message_id", "next_attempt_at", "counts_at",
)  # fmt: skip


def plan(
    tx: Transaction,
    *,
    import_id: int,
    list: str,
    deployment: str,
    channel: str,
    decisions: Iterable[Decision],
    domain: str,
    now: datetime,
) -> None:
    """Write decisions down, the planned ones as messages that are due now, and count them with the import.

    `domain` is where their Message-IDs say that they were made.
    """
    at = utc_text(now)
    common = (import_id, list_id(tx, list), deployment, channel, at)
    message_ids = _message_ids(now, domain)
    counts: Counter[str | None] = Counter()
    source = iter(decisions)
    while some := tuple(islice(source, DECISIONS_AT_ONCE)):
        counts.update(decision.rule for decision in some)
        rows = (_planned(decision, common, at, message_ids) for decision in some)
        tx.dialect.load(tx.connection, solicitations, PLANNED, rows)
    if repeated := _block_repeated(tx, import_id, deployment):
        counts.update({None: -repeated, DUPLICATE: repeated})
    _count_with_import(tx, import_id, counts.pop(None, 0), counts)


def _planned(
    decision: Decision, common: Sequence[object], at: str, message_ids: Iterator[str]
) -> Sequence[object]:
    start = (decision.contact_id, *common, decision.verdict, 0)
    if decision.verdict is Verdict.PLANNED:
        return (*start, None, None, SendStatus.WAITING, next(message_ids), at, at)
    return (*start, decision.rule, reason_text(decision.reason), None, None, None, None)


def _block_repeated(tx: Transaction, import_id: int, deployment: str) -> int:
    """Of several messages that the import has just planned to one address, all but the first; how many."""
    if not consent.addresses_are_shared(tx):
        return 0
    one = solicitations
    planned = sa.and_(one.c.import_id == import_id, one.c.deployment == deployment, unsent(one))
    place = sa.func.row_number().over(partition_by=consent.address(contacts), order_by=one.c.id)
    those = sa.select(one.c.id, place.label("place")).join(contacts, contacts.c.id == one.c.contact_id)
    placed = those.where(planned).subquery("placed")
    repeated = sa.select(placed.c.id).where(placed.c.place > 1)
    values: dict[str, Any] = dict.fromkeys(("status", "message_id", "next_attempt_at", "counts_at"))
    values |= {"decision": Verdict.BLOCKED, "rule": DUPLICATE, "reason": Reason(DUPLICATE)}
    return tx.connection.execute(sa.update(one).where(one.c.id.in_(repeated)).values(values)).rowcount


def _message_ids(now: datetime, domain: str) -> Iterator[str]:
    """Not to be guessed, and in ascending order, so that their index grows at its end."""
    instant = int(now.timestamp() * 1000)
    for number in count():
        yield f"<{instant:012x}{number:07x}.{secrets.token_hex(8)}@{domain}>"


def _count_with_import(
    tx: Transaction, import_id: int, planned: int, blocked: Mapping[str | None, int]
) -> None:
    """Add to what was decided for the import so far (for another deployment)."""
    one = import_rows
    this = one.c.id == import_id
    before = tx.connection.execute(sa.select(one.c.planned, one.c.blocked).where(this)).one()
    together = Counter(before.blocked or {}) + Counter(blocked)
    counted = {"planned": (before.planned or 0) + planned, "blocked": dict(together)}
    tx.connection.execute(sa.update(one).where(this).values(counted))


def decision_counts(tx: Transaction, import_id: int) -> DecisionCounts:
    """How the contacts of an import were decided, and how many of them are still to be sent."""
    query = sa.select(*imports.decision_columns()).where(import_rows.c.id == import_id)
    return imports.decision_counts(tx.connection.execute(query).one()) or DecisionCounts()


def decisions_of(tx: Transaction, contact_id: int) -> list[DecisionRecord]:
    """Every decision about a contact, newest first."""
    one = solicitations
    columns = (
        one.c[field.name] for field in fields(DecisionRecord) if field.name not in ("verdict", "list", "file")
    )
    query = (
        sa.select(*columns, one.c.decision, lists.c.key.label("list"), import_rows.c.file)
        .join(lists, lists.c.id == one.c.list_id)
        .join(import_rows, import_rows.c.id == one.c.import_id)
        .where(one.c.contact_id == contact_id)
        .order_by(one.c.decided_at.desc(), one.c.id.desc())
    )
    return [_decision_record(dict(row)) for row in tx.connection.execute(query).mappings()]


def _decision_record(values: dict[str, Any]) -> DecisionRecord:
    verdict = Verdict(values.pop("decision"))
    status = values["status"] and SendStatus(values["status"])
    return DecisionRecord(**{**values, "verdict": verdict, "status": status})


def totals(tx: Transaction) -> list[DeploymentTotals]:
    """How many solicitations of each deployment are where; `blocked` has those of the second look too."""
    one = solicitations.c
    query = sa.select(one.deployment, one.channel, one.decision, one.status, sa.func.count().label("number"))
    query = query.group_by(one.deployment, one.channel, one.decision, one.status)
    numbers: dict[tuple[str, str], Counter[str]] = {}
    for row in tx.connection.execute(query):
        of_deployment = numbers.setdefault((row.deployment, row.channel), Counter())
        of_deployment[row.status or Verdict.BLOCKED] += row.number
        of_deployment[Verdict.PLANNED] += row.number if row.decision == Verdict.PLANNED else 0
    shown = [field.name for field in fields(DeploymentTotals)][2:]
    return [
        DeploymentTotals(deployment=key, channel=channel, **{name: counted[name] for name in shown})
        for (key, channel), counted in sorted(numbers.items())
    ]


# ---------------------------------------------------------------- what is sent


def orphans(tx: Transaction, now: datetime) -> int:
    """How many messages a sender left behind when it died; it is uncertain whether they left.

    The caller holds the one lock for sending, so that no living sender has them.
    """
    one = solicitations
    left = sa.update(one).where(unsent(one), one.c.status == SendStatus.SENDING)
    values = {"status": SendStatus.UNCERTAIN, "counts_at": now, "reason": Reason("attempt_interrupted")}
    return tx.connection.execute(left.values(values)).rowcount


def claim(tx: Transaction, now: datetime, limit: int) -> list[Claim]:
    """Messages that are due, now `sending`: commit before the first attempt. Others that claim get others."""
    one = solicitations
    due = sa.select(one.c.id).where(one.c.next_attempt_at <= now).order_by(one.c.next_attempt_at, one.c.id)
    ids = tx.connection.scalars(due.limit(limit).with_for_update(skip_locked=True)).all()
    claimed = sa.and_(one.c.id.in_(ids), one.c.status == SendStatus.WAITING)
    taken = sa.update(one).where(claimed).returning(one.c.id)
    taken = taken.values(status=SendStatus.SENDING, attempts=one.c.attempts + 1, next_attempt_at=None)
    return _claims(tx, tx.connection.scalars(taken).all()) if ids else []


def _claims(tx: Transaction, ids: Sequence[int]) -> list[Claim]:
    one = solicitations
    query = sa.select(one, lists.c.key.label("list")).join(lists, lists.c.id == one.c.list_id)
    rows = tx.connection.execute(query.where(one.c.id.in_(ids)).order_by(one.c.id)).all()
    persons = people.load(tx, [row.contact_id for row in rows])
    return [
        Claim(
            id=row.id,
            deployment=row.deployment,
            list=row.list,
            message_id=row.message_id,
            attempts=row.attempts - 1,
            contact=persons[row.contact_id],
            decided_at=row.decided_at,
        )
        for row in rows
    ]


def settle(
    tx: Transaction,
    solicitation_id: int,
    *,
    status: SendStatus,
    now: datetime,
    answer: str | None,
    rule: str | None = None,
    reason: Reason | None = None,
    next_attempt_at: datetime | None = None,
    attempted: bool = True,
) -> None:
    """How a claim ended. A sender that was thought dead may still tell; nothing else is changed again.

    A message that could not be put together was not `attempted`: that spends none of its attempts.
    """
    one = solicitations
    values: dict[str, Any] = {
        "status": status,
        "answer": answer,
        "rule": rule,
        "reason": reason,
        "next_attempt_at": next_attempt_at,
    }
    if status is not SendStatus.WAITING:
        values["counts_at"] = now if status in MAY_HAVE_LEFT else None
    if status is SendStatus.SENT:
        values["sent_at"] = now
    if not attempted:
        values["attempts"] = one.c.attempts - 1
    claimed = one.c.status.in_((SendStatus.SENDING, SendStatus.UNCERTAIN))
    tx.connection.execute(sa.update(one).where(one.c.id == solicitation_id, claimed).values(values))
