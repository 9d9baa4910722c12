"""What is sent: claimed, begun, settled. What a person releases, cancels or pauses is in `brakes`.

A message is claimed with others, and begun alone, right before its attempt: of what a dead process has
claimed only the one that it had begun may have left. `attempts`, `tried_at` (the first one) and `begun_at`
(the one that is being made) are written by `begin`.

The statements that run for each message are built once, here: building one costs more than running it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, Select, Update

from tournee.core.facts import Claim, Reason, SendStatus
from tournee.store import Transaction, consent
from tournee.store import contacts as people
from tournee.store.brakes import (
    CANCELLED,
    EVERY_ONE,
    NOT_BEGUN,
    cancel,
    counting_from,
    in_order,
    pause,
    pauses,
    release,
    resume,
    too_late,
)
from tournee.store.columns import ReasonText, UtcTime
from tournee.store.planning import message_ids
from tournee.store.tables import FOREVER, contacts, lists, solicitations, unclear
from tournee.store.tables import pauses as pause_rows

__all__ = [
    "Halt",
    "answered",
    "begin",
    "cancel",
    "claim",
    "orphans",
    "pause",
    "pauses",
    "postpone",
    "put_back",
    "release",
    "resume",
    "settle",
    "stirred",
    "too_late",
    "under_way",
]

#: So many deployments are asked for together what of them is due.
DEPLOYMENTS_A_QUERY = 100


class Halt(StrEnum):
    """Why a claimed message is not begun."""

    PAUSED = "paused"  # by a person, since it was claimed
    OPTED_OUT = "opted_out"  # the contact, or whoever has its address
    GONE = "gone"  # no longer this process's: cancelled, or taken back when it was thought dead


one = solicitations.c
_now = sa.bindparam("now", type_=UtcTime())
_id = sa.bindparam("the_id", type_=one.id.type)
_BACK: dict[str, Any] = {"status": SendStatus.WAITING, "next_attempt_at": one.decided_at}

# ---------------------------------------------------------------- claimed


def orphans(tx: Transaction, deployments: Collection[str], now: datetime) -> int:
    """How many messages senders left behind in an attempt when they died: it is uncertain whether they left.

    What they had claimed beside is due again. The caller holds the lock for sending of these deployments, so
    that no living sender has any of it.
    """
    left = sa.and_(unclear(solicitations), one.deployment.in_(deployments), one.status == SendStatus.SENDING)
    reason, counts_at = Reason("attempt_interrupted"), counting_from(sa.literal(now, UtcTime()))
    values = {"status": SendStatus.UNCERTAIN, "rule": None, "reason": reason, "counts_at": counts_at}
    begun = sa.update(solicitations).where(in_order(left, one.begun_at.is_not(None)))
    number = tx.connection.execute(begun.values(values)).rowcount
    tx.connection.execute(sa.update(solicitations).where(in_order(left, NOT_BEGUN)).values(_BACK))
    return number


def claim(tx: Transaction, now: datetime, *, deployments: Collection[str], limit: int = 20) -> list[Claim]:
    """The messages of these deployments that are due the longest, now `sending`; none of a paused one.

    They come in the order in which they were planned. Others that claim get others. Nothing is begun by it:
    `begin` each, or `put_back`.
    """
    paused = pauses(tx)
    open_ = [] if EVERY_ONE in paused else sorted(set(deployments).difference(paused))
    while taken := _take(tx, open_, now, limit):
        if claims := _claims(tx, taken):  # else they were all of erased contacts
            return claims
    return []


def _take(tx: Transaction, deployments: Sequence[str], now: datetime, limit: int) -> Sequence[int]:
    due = [row for some in _portions(deployments) for row in _due_rows(tx, some, now, limit)]
    ids = [row.number for row in sorted(due)[:limit]]
    return tx.connection.scalars(_TAKE, {"ids": ids, "now": now}).all() if ids else ()


def _portions(deployments: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(deployments), DEPLOYMENTS_A_QUERY):
        yield deployments[start : start + DEPLOYMENTS_A_QUERY]


def _due_rows(
    tx: Transaction, deployments: Sequence[str], now: datetime, limit: int
) -> Sequence[sa.Row[Any]]:
    names = {f"deployment_{place}": name for place, name in enumerate(deployments)}
    return tx.connection.execute(_due_of(len(deployments)), {**names, "now": now, "limit": limit}).all()


@cache
def _due_of(number: int) -> Select[Any] | CompoundSelect[Any]:
    """The first that are due of so many deployments, each read by the index and no further than needed."""
    due = sa.select(one.next_attempt_at.label("at"), one.id.label("number")).where(
        one.next_attempt_at <= _now
    )
    each = [due.where(one.deployment == sa.bindparam(f"deployment_{place}")) for place in range(number)]
    limit = sa.bindparam("limit", type_=sa.Integer())
    together = sa.union_all(*each) if number > 1 else each[0]
    return together.order_by("at", "number").limit(limit)


_ids: BindParameter[Any] = sa.bindparam("ids", expanding=True)
_FREE = sa.select(one.id).where(
    one.id.in_(_ids), one.status == SendStatus.WAITING, one.next_attempt_at <= _now
)
_TAKE = (
    sa.update(solicitations)
    .where(one.id.in_(_FREE.with_for_update(skip_locked=True)))
    .values(status=SendStatus.SENDING, next_attempt_at=None, begun_at=None)
    .returning(one.id)
)
_TAKEN = (
    sa.select(
        one.id, one.contact_id, one.deployment, lists.c.key.label("list"), one.message_id, one.attempts,
        one.decided_at, one.tried_at, one.expires_at, one.reminder,
    )
    .join(lists, lists.c.id == one.list_id)
    .where(one.id.in_(_ids))
    .order_by(one.id)
)  # fmt: skip


def _claims(tx: Transaction, ids: Sequence[int]) -> list[Claim]:
    rows = tx.connection.execute(_TAKEN, {"ids": ids}).all() if ids else ()
    persons = people.load(tx, [row.contact_id for row in rows])
    if nobodys := [row.id for row in rows if row.contact_id not in persons]:
        _cancel(tx, nobodys)
    return [
        Claim(
            id=row.id,
            deployment=row.deployment,
            list=row.list,
            message_id=row.message_id,
            attempts=row.attempts,
            contact=persons[row.contact_id],
            decided_at=row.decided_at,
            tried_at=row.tried_at,
            expires_at=row.expires_at,
            reminder=row.reminder or 0,
        )
        for row in rows
        if row.contact_id in persons
    ]


def _cancel(tx: Transaction, nobodys: Sequence[int]) -> None:
    """Messages that were tried, and failed, while their contact was erased."""
    tx.connection.execute(sa.update(solicitations).where(one.id.in_(nobodys)).values(CANCELLED))


def put_back(tx: Transaction, claims: Iterable[Claim]) -> None:
    """Of what was claimed, all that was not begun is due again."""
    ids = [claim.id for claim in claims]
    back = sa.update(solicitations).where(in_order(one.id.in_(ids), NOT_BEGUN)).values(_BACK)
    tx.connection.execute(back)


def postpone(
    tx: Transaction,
    solicitation_id: int,
    *,
    until: datetime,
    rule: str | None = None,
    reason: Reason | None = None,
    expires_at: datetime | None = None,
) -> None:
    """A claimed message that is not begun, because its rules make it wait.

    For a cap it waits until `expires_at` at the longest, which is told once: later looks keep to the first.
    """
    values = {"the_id": solicitation_id, "until": until, "the_rule": rule, "the_reason": reason}
    values["expires"] = expires_at
    tx.connection.execute(_POSTPONE, values)


_until, _expires = (sa.bindparam(name, type_=UtcTime()) for name in ("until", "expires"))
_rule = sa.bindparam("the_rule", type_=sa.Text())
_reason = sa.bindparam("the_reason", type_=ReasonText())
_answer = sa.bindparam("the_answer", type_=sa.Text())
_POSTPONE = (
    sa.update(solicitations)
    .where(one.id == _id, NOT_BEGUN)
    .values(status=SendStatus.WAITING, next_attempt_at=_until, rule=_rule, reason=_reason)
    .values(expires_at=sa.func.coalesce(one.expires_at, _expires))
)

# ---------------------------------------------------------------- one attempt


def begin(tx: Transaction, claim: Claim, now: datetime) -> Halt | None:
    """A claimed message is about to be attempted, which counts; or why it must not be.

    This is the last look of all, to be committed right before the attempt: at opt-outs (of the contact, of
    its email address wherever that stands, of its phone where it goes there) and at pauses. One that is
    `paused` is to be put back, one that is `opted_out` to be settled, one that is `gone` to be left alone.
    """
    contact = claim.contact
    values = {
        "the_id": claim.id,
        "now": now,
        "the_contact": contact.id,
        "email": contact.email and contact.email.casefold(),
        "phone": contact.phone,
    }
    if tx.connection.execute(_BEGIN, values).rowcount == 1:
        return None
    return _why_not(tx, values)


def _why_not(tx: Transaction, values: dict[str, Any]) -> Halt:
    row = tx.connection.execute(_LAST_LOOK, values).first()
    if row is None:
        return Halt.GONE
    return Halt.OPTED_OUT if row.refused else Halt.PAUSED


_REFUSED = consent.refused(one.channel)
_PAUSED = sa.exists().where(pause_rows.c.deployment.in_((one.deployment, EVERY_ONE)))
_MINE = sa.and_(one.id == _id, NOT_BEGUN)
_BEGIN = (
    sa.update(solicitations)
    .where(_MINE, ~_REFUSED, ~_PAUSED)
    .values(begun_at=_now, tried_at=sa.func.coalesce(one.tried_at, _now), attempts=one.attempts + 1)
)
_LAST_LOOK = sa.select(_REFUSED.label("refused")).where(_MINE)


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
    remind_at: Sequence[datetime] = (),
) -> None:
    """How a claim ended. A sender that was thought dead may still tell; nothing else is changed again.

    A message that could not be put together was not `attempted`: that spends none of its attempts. Of one
    that was sent, a reminder is planned for each instant of `remind_at`.
    """
    values = {
        "the_id": solicitation_id,
        "now": now,
        "the_status": status,
        "the_answer": answer,
        "the_rule": rule,
        "the_reason": reason,
        "next": next_attempt_at,
    }
    settled = tx.connection.execute(_SETTLE[status, attempted], values).rowcount
    if settled and remind_at and status is SendStatus.SENT:
        _remind(tx, solicitation_id, remind_at, now)


def _settling(status: SendStatus, attempted: bool) -> Update:
    values: dict[str, Any] = {
        "status": sa.bindparam("the_status", type_=sa.Text()),
        "answer": _of_somebody(_answer) if attempted else _answer,
        "rule": _rule,
        "reason": _of_somebody(_reason) if attempted else _reason,
        "next_attempt_at": sa.bindparam("next", type_=UtcTime()),
    }
    counts = {
        SendStatus.SENT: counting_from(_now),
        SendStatus.UNCERTAIN: counting_from(_now),
        SendStatus.WAITING: counting_from(sa.literal(FOREVER, UtcTime())),
    }
    values["counts_at"] = counts.get(status)
    if status is not SendStatus.UNCERTAIN:  # of which one wants to know since when
        values["begun_at"] = None
    if status is SendStatus.SENT:
        values["sent_at"] = _now
    if not attempted:
        begun = one.begun_at.is_not(None)
        values["attempts"] = one.attempts - sa.case((begun, 1), else_=0)
        values["tried_at"] = sa.case((sa.and_(begun, one.attempts == 1), None), else_=one.tried_at)
    not_ended = sa.or_(one.status == SendStatus.SENDING, one.status == SendStatus.UNCERTAIN)  # no IN: slower
    return sa.update(solicitations).where(one.id == _id, not_ended).values(values)


def _of_somebody(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Nothing, where the contact was erased meanwhile: what a server answers may quote it.

    Who is there is locked: of somebody who is erased at this very moment the answer would stay. Like erasing,
    it goes from the contact to its message, which is not for a transaction that has claimed the message.
    """
    still = sa.select(contacts.c.id).where(contacts.c.id == one.contact_id)
    return sa.case((still.with_for_update(read=True, key_share=True).exists(), value))


_SETTLE = {
    (status, attempted): _settling(status, attempted) for status in SendStatus for attempted in (True, False)
}

# ---------------------------------------------------------------- reminders

_OF_INVITATION = ("contact_id", "import_id", "list_id", "deployment", "channel", "decision")


def _remind(tx: Transaction, invitation: int, at: Sequence[datetime], now: datetime) -> None:
    """Plan the reminders of what was just sent: they count for no cap, and wait for their time."""
    kept = sa.select(*(one[name] for name in (*_OF_INVITATION, "message_id"))).where(one.id == invitation)
    found = tx.connection.execute(kept.join(contacts, contacts.c.id == one.contact_id)).first()
    if found is None:  # the contact was erased meanwhile; one that is there is locked by `_of_somebody`
        return
    row = dict(found._mapping)
    domain = row.pop("message_id").rstrip(">").rpartition("@")[2]
    ids = zip(at, message_ids(now, domain), strict=False)
    common = {"decided_at": now, "status": SendStatus.WAITING, "attempts": 0, "reminds": invitation}
    tx.connection.execute(
        sa.insert(solicitations),
        [
            {**row, **common, "message_id": message_id, "next_attempt_at": instant, "reminder": number}
            for number, (instant, message_id) in enumerate(ids, start=1)
        ],
    )


def answered(tx: Transaction, contact_id: int, deployment: str | None, now: datetime) -> int:
    """The contact answered what it was sent (of one deployment, or all): nothing reminds it; of how many."""
    may_have_left = one.status.in_((SendStatus.SENT, SendStatus.UNCERTAIN, SendStatus.SENDING))
    sent = sa.and_(one.contact_id == contact_id, may_have_left, one.answered_at.is_(None))
    sent = sa.and_(sent, one.reminds.is_(None))
    if deployment is not None:
        sent = sa.and_(sent, one.deployment == deployment)
    return tx.connection.execute(sa.update(solicitations).where(sent).values(answered_at=now)).rowcount


# ---------------------------------------------------------------- what there is to do


def stirred(tx: Transaction, since: datetime, until: datetime) -> set[str]:
    """Of which deployments anything becomes due after `since` and by `until`; by a few look-ups each."""
    return set(tx.connection.scalars(_STIRRED, {"since": since, "until": until}))


def _stirred() -> Select[Any]:
    """The index is asked for one deployment after the other."""
    waits = one.next_attempt_at.is_not(None)
    names = sa.select(sa.func.min(one.deployment).label("name")).where(waits).cte("names", recursive=True)
    following = sa.select(sa.func.min(one.deployment)).where(waits, one.deployment > names.c.name)
    names = names.union_all(
        sa.select(following.correlate(names).scalar_subquery()).where(names.c.name.is_not(None))
    )
    since, until = (sa.bindparam(name, type_=UtcTime()) for name in ("since", "until"))
    new = sa.exists().where(
        one.deployment == names.c.name, one.next_attempt_at > since, one.next_attempt_at <= until
    )
    return sa.select(names.c.name).where(new)


_STIRRED = _stirred()


def under_way(tx: Transaction) -> set[str]:
    """The deployments of which something is claimed or being sent, by the living or the dead."""
    query = sa.select(one.deployment).where(unclear(solicitations), one.status == SendStatus.SENDING)
    return set(tx.connection.scalars(query.distinct()))
