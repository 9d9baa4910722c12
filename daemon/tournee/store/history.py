"""Who might get a solicitation, with the history that the rules need.

All of it is gathered for many contacts at once: who they are, what they refuse, which of their addresses do
not exist, what they were sent, which values of a `once_per` field are taken. What went to the same address
under the name of another contact counts too, and so does what that one refuses.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, FromClause, Row, Select

from tournee.core.decide import Rules
from tournee.core.decide.once import plain
from tournee.core.facts import Candidate, Claim, JsonValue, SendStatus
from tournee.core.settings import Channel, Counting
from tournee.store import Transaction, consent, keys
from tournee.store.columns import UtcTime, json_text
from tournee.store.staging import Stage
from tournee.store.tables import FOREVER, bounces, contacts, opt_outs, solicitations
from tournee.store.temporary import hits

PORTION = 2_000
ONCE = 5  # its place in a row of `_Asking.persons`

STANDARD = frozenset(("email", "phone", "first_name", "last_name", "gender", "title", "country", "language"))
#: Where a message of a channel goes to.
ADDRESS = {
    Channel.EMAIL: contacts.c.email,
    Channel.SMS: contacts.c.phone,
    Channel.WEBHOOK: contacts.c.identity,
}

MAY_HAVE_LEFT = (SendStatus.SENT, SendStatus.UNCERTAIN)
#: What has the value of its `once_per` field; what failed or was called off has given it back.
HAS_VALUE = (SendStatus.WAITING, SendStatus.HELD, SendStatus.SENDING, *MAY_HAVE_LEFT)


def candidates(tx: Transaction, stage: Stage, rules: Rules) -> Iterator[list[Candidate]]:
    """The contacts of the import that `stage` is merging, by id, in portions.

    What is decided about the ones is to be written before the next are asked for: it is their history.
    """
    assert stage.merging is not None, "the contacts of a file are known once it was merged"
    tx.dialect.by_index(tx.connection)
    gathering = _Gathering(tx, rules)
    last = 0
    while found := gathering.gather({"last": last}):
        yield list(found.values())
        last = max(found)


def recheck(tx: Transaction, claims: Collection[Claim], rules: Rules) -> dict[int, Candidate]:
    """The same about claimed messages of the deployment of the rules, by the message's id.

    A message does not count itself, nor what was planned after it and has not begun to leave: of two that
    exclude each other, the older one goes. A reminder does not count what it reminds of, either.
    """
    ids = [claim.id for claim in claims if claim.deployment == rules.deployment]
    return _Gathering(tx, rules, again=True).gather({"ids": ids})


# ---------------------------------------------------------------- gathering


@dataclass(frozen=True, slots=True)
class _Spent:
    """What somebody was sent, as far as the rules ask: parallel to their caps."""

    pending: bool
    counts: tuple[int, ...]
    latest: tuple[datetime | None, ...]


class _Gathering:
    """Gathers for one deployment; at the second look (`again`) about messages, by their ids."""

    def __init__(self, tx: Transaction, rules: Rules, *, again: bool = False) -> None:
        self._connection = tx.connection
        self._rules = rules
        self._again = again
        self._standard = sorted(rules.fields & STANDARD)
        self._declared = sorted(rules.fields - STANDARD)
        self._nothing = _Spent(False, (0,) * len(rules.caps), (None,) * len(rules.caps))
        self._key = keys.key(tx) if rules.once_field else b""
        self._ask = _questions(
            again=again,
            deployment=rules.deployment,
            channel=rules.channel,
            standard=tuple(self._standard),
            declared=bool(self._declared or rules.once_field),
            caps=tuple(cap.counting for cap in rules.caps),
            emails_shared=consent.addresses_are_shared(tx),
        )

    def gather(self, whom: Mapping[str, object]) -> dict[int, Candidate]:
        """Everything about those asked for, in the order of their ids."""
        rows = self._connection.execute(self._ask.persons, whom).all()
        if not rows:
            return {}
        ask, once = self._ask, self._once(rows)
        refused, spent = self._refused(ask.refused, whom), self._spent(ask.spent, whom)
        phones_refused = self._refused(ask.phones_refused, whom)
        of_phone = self._spent(ask.phones_spent, whom)
        taken = self._taken(once) if once else frozenset()
        return {
            about: Candidate(
                contact_id=contact_id,
                address=address,
                opted_out=about in refused or address in phones_refused,
                pending=(mine := self._sum(spent.get(about), of_phone.get(address))).pending,
                bounced=bounced is not None,
                answered=answered_at is not None,
                once=once.get(about),
                once_taken=about in taken,
                cap_counts=mine.counts,
                cap_latest=mine.latest,
                values=self._values(fields),
            )
            for about, contact_id, address, bounced, answered_at, _once, *fields in rows
        }

    def _values(self, found: Sequence[Any]) -> dict[str, JsonValue]:
        """The fields that rules look at, as they stand at the end of a row, where they are filled."""
        values = {
            name: value for name, value in zip(self._standard, found, strict=False) if value is not None
        }
        for name in self._declared:
            if (value := found[-1].get(name)) is not None:
                values[name] = value
        return values

    def _refused(self, asked: Select[Any] | None, whom: Mapping[str, object]) -> set[Any]:
        return set() if asked is None else set(self._connection.scalars(asked, whom))

    def _spent(self, asked: Select[Any] | None, whom: Mapping[str, object]) -> dict[Any, _Spent]:
        """Of each who was sent anything that may count: how many do for each cap, and when the newest was."""
        if asked is None:
            return {}
        since = [cap.since for cap in self._rules.caps]
        windows: dict[str, object] = {f"since_{place}": at for place, at in enumerate(since)}
        windows["longest"] = min(since, default=self._rules.now)
        rows = self._connection.execute(asked, {**whom, **windows})
        return {about: self._told(*found) for about, *found in rows.all()}

    def _told(self, pending: int, *found: Any) -> _Spent:
        counts, latest = found[: len(found) // 2], found[len(found) // 2 :]
        if FOREVER in latest:
            latest = tuple(self._rules.now if at == FOREVER else at for at in latest)
        return _Spent(bool(pending), counts, latest)

    def _sum(self, *several: _Spent | None) -> _Spent:
        some = [one for one in several if one]
        if len(some) < 2:
            return some[0] if some else self._nothing
        counts = (sum(found) for found in zip(*(one.counts for one in some), strict=True))
        latest = zip(*(one.latest for one in some), strict=True)
        newest = (max(filter(None, found), default=None) for found in latest)
        return _Spent(any(one.pending for one in some), tuple(counts), tuple(newest))

    # ------------------------------------------------------------ what they may be asked only once

    def _once(self, rows: Sequence[Row[Any]]) -> dict[int, str]:
        """What each has in the `once_per` field, as it is kept; a message keeps what it was planned with."""
        name = self._rules.once_field
        if name is None:
            return {}
        found = {}
        for about, once, fields in ((row[0], row[ONCE], row[-1]) for row in rows):
            value = fields.get(name)
            if once is not None:
                found[about] = once
            elif value is not None:
                value = plain(value) if self._rules.once_number else value
                found[about] = keys.hashed(self._key, f"{name}={json_text(value)}")
        return found

    def _taken(self, once: dict[int, str]) -> set[int]:
        """Whose value another solicitation of the deployment has; at the second look, an older one, or one
        that may have left.
        """
        one = solicitations.c
        having = sa.select(one.once, one.id, one.status).where(
            one.deployment == self._rules.deployment,
            one.once.in_(sorted(set(once.values()))),
            one.status.in_(HAS_VALUE),
        )
        holders: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for value, holder, status in self._connection.execute(having):
            holders[value].append((holder, status))
        return {
            about
            for about, value in once.items()
            if any(not self._again or _has_it(about, *holder) for holder in holders.get(value, ()))
        }


# ---------------------------------------------------------------- the questions


@dataclass(frozen=True, slots=True)
class _Asked:
    """Statements: about whom it is, who refuses the channel, and what was sent.

    The latter two also about phones, where they are asked about once for all who have them: a placeholder may
    stand at thousands of contacts. Then the others are not about text messages that were sent.
    """

    persons: Select[Any]
    refused: Select[Any]
    spent: Select[Any]
    phones_refused: Select[Any] | None = None
    phones_spent: Select[Any] | None = None


@lru_cache(maxsize=256)
def _questions(
    *,
    again: bool,
    deployment: str,
    channel: Channel,
    standard: tuple[str, ...],
    declared: bool,
    caps: tuple[Counting, ...],
    emails_shared: bool,
) -> _Asked:
    """The statements for rules of that shape; to build them takes longer than to run them for a few."""
    asked = _messages() if again else _portion()
    asking = _Asking(
        again=again,
        deployment=deployment,
        channel=channel,
        standard=standard,
        declared=declared,
        caps=caps,
        emails_shared=emails_shared,
        phones_shared=channel is Channel.SMS,
    )
    those = asking.with_sharers(asked)
    found = _Asked(asking.persons(asked), asking.refused(those), asking.spent(those))
    if again or not asking.phones_shared:
        return found
    those = asking.with_phones(asked)
    return replace(found, phones_refused=asking.refused(those), phones_spent=asking.spent(those))


def _portion() -> FromClause:
    """The next contacts of the import after the one of the id `last`."""
    one = hits.c.contact_id
    some = sa.select(one, one.label("about")).where(one > sa.bindparam("last", type_=one.type)).order_by(one)
    return some.limit(sa.literal_column(str(PORTION))).subquery("asked")


def _messages() -> FromClause:
    """Messages by their `ids`, each with what it reminds of."""
    own, invitation = solicitations.alias("own"), solicitations.alias("invitation")
    columns = (
        own.c.contact_id,
        own.c.id.label("about"),
        own.c.id.label("own_id"),
        own.c.reminds,
        own.c.once,
        invitation.c.answered_at,
    )
    asked = sa.select(*columns).join_from(own, invitation, invitation.c.id == own.c.reminds, isouter=True)
    return asked.where(own.c.id.in_(sa.bindparam("ids", expanding=True))).subquery("asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """Builds the statements. What is `asked` has a `contact_id` and what is asked `about` it, each once.

    At the second look that is a message, which has its `own_id`, what it `reminds` of, its `once` and
    `answered_at`.
    """

    again: bool
    deployment: str
    channel: Channel
    standard: tuple[str, ...]
    declared: bool
    caps: tuple[Counting, ...]
    emails_shared: bool
    phones_shared: bool

    def persons(self, asked: FromClause) -> Select[Any]:
        """Addresses, and the fields that rules look at."""
        found = sa.join(asked, contacts, contacts.c.id == asked.c.contact_id)
        bounced: ColumnElement[Any] = sa.null()
        if self.channel is Channel.EMAIL:  # only mail servers tell that an address does not exist
            bounced = bounces.c.address
            found = found.outerjoin(bounces, bounces.c.address == consent.address(contacts))
        columns: list[ColumnElement[Any]] = [
            asked.c.about,
            asked.c.contact_id,
            ADDRESS[self.channel],
            bounced,
            *(asked.c[name] if self.again else sa.null() for name in ("answered_at", "once")),
            *(contacts.c[name] for name in self.standard),
        ]
        if self.declared:
            columns.append(contacts.c.fields)
        labels = (column.label(f"c{place}") for place, column in enumerate(columns))
        return sa.select(*labels).select_from(found).order_by(asked.c.about)

    def with_sharers(self, asked: FromClause) -> FromClause:
        """Those asked about, and who shares an address with one of them: of which channel (`shared`)."""
        names = [column.name for column in asked.c]
        parts = [sa.select(*asked.c, sa.cast(sa.null(), sa.Text).label("shared"))]
        if self.emails_shared:
            others = consent.others_of_address(asked).subquery("same_email")
            parts.append(sa.select(*(others.c[name] for name in names), _text(Channel.EMAIL)))
        if self.phones_shared and self.again:
            others = consent.others_of_phone(asked).subquery("same_phone")
            parts.append(sa.select(*(others.c[name] for name in names), _text(Channel.SMS)))
        return sa.union_all(*parts).subquery("those")

    def with_phones(self, asked: FromClause) -> FromClause:
        """Whoever has one of their phones, with the phone as what it is `about`."""
        one, other = contacts.alias("one"), contacts.alias("other")
        phones = sa.select(one.c.phone).join_from(one, asked, asked.c.contact_id == one.c.id).distinct()
        phone = phones.subquery("phones").c.phone
        having = sa.select(other.c.id.label("contact_id"), phone.label("about"), _text(Channel.SMS))
        return having.where(other.c.phone == phone).subquery("those")

    def refused(self, those: FromClause) -> Select[Any]:
        """About whom it is that they, or who shares an address with them, refuse the channel."""
        refusal = sa.and_(
            opt_outs.c.contact_id == those.c.contact_id,
            opt_outs.c.ended_at.is_(None),
            opt_outs.c.channel.in_(("all", self.channel)),
        )
        return sa.select(those.c.about).join_from(those, opt_outs, refusal)

    def spent(self, those: FromClause) -> Select[Any]:
        """For each who was sent anything that may count: whether any is pending; numbers, newest by cap."""
        past = self._past(those).subquery("past")
        counted = [self._counted(past, place, counting) for place, counting in enumerate(self.caps)]
        numbers = [sa.func.count().filter(which) for which in counted]
        newest = [sa.func.max(past.c.counts_at).filter(which) for which in counted]
        columns = (past.c.about, sa.func.max(past.c.pending), *numbers, *newest)
        return sa.select(*columns).group_by(past.c.about)

    def _past(self, those: FromClause) -> Select[Any]:
        """What they were sent since the longest window began, or are still to be sent.

        Of what was sent to others, what went to the shared address. All that is asked at the first look is in
        one index.
        """
        one = solicitations.alias("one")
        longest = sa.bindparam("longest", type_=UtcTime())
        which = [one.c.contact_id == those.c.contact_id, one.c.counts_at > longest]
        pending = [one.c.deployment == self.deployment, one.c.counts_at == FOREVER]
        if self.emails_shared or self.phones_shared:
            which.append(sa.or_(those.c.shared.is_(None), those.c.shared == one.c.channel))
        if self.phones_shared and not self.again:  # what went to a phone is asked by phone
            which.append(sa.or_(those.c.shared == Channel.SMS, one.c.channel != Channel.SMS))
        if self.again:
            which += self._beside(those, one)
        flag = sa.case((sa.and_(*pending), 1), else_=0).label("pending")
        columns = (one.c.counts_at, one.c.deployment, one.c.channel, flag)
        return sa.select(those.c.about, *columns).join_from(those, one, sa.and_(*which))

    def _beside(self, those: FromClause, one: FromClause) -> list[ColumnElement[bool]]:
        """Neither the message itself nor its invitation; of younger ones, what has left or is leaving."""
        leaving = sa.and_(
            one.c.status == SendStatus.SENDING,
            sa.or_(one.c.begun_at.is_not(None), one.c.channel != self.channel),
        )
        return [
            one.c.id != those.c.own_id,
            one.c.id.is_distinct_from(those.c.reminds),
            sa.or_(one.c.id < those.c.own_id, one.c.counts_at != FOREVER, leaving),
        ]

    def _counted(self, past: FromClause, place: int, counting: Counting) -> ColumnElement[bool]:
        which = past.c.counts_at > sa.bindparam(f"since_{place}", type_=UtcTime())
        if counting is Counting.DEPLOYMENT:
            return sa.and_(which, past.c.deployment == self.deployment)
        if counting is Counting.CHANNEL:
            return sa.and_(which, past.c.channel == self.channel)
        return which


def _has_it(own_id: int, holder: int, status: str) -> bool:
    return holder < own_id or (holder != own_id and status in MAY_HAVE_LEFT)


def _text(channel: Channel) -> ColumnElement[str]:
    return sa.cast(sa.literal(channel.value), sa.Text).label("shared")
