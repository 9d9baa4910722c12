"""Which troubles that last open a condition, remind of it, or close it; and who is told.

A person hears of a trouble once, once a day while it lasts, and when it is over.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tournee.core.facts import AlertEvent, AlertKind, Condition, Reason, RemoteErrorKind
from tournee.core.settings import User

REMIND_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What to tell and to record: the condition opens, was reminded of, or closes; and its reason by now."""

    event: AlertEvent
    reason: Reason


def observe(open_: Condition | None, trouble: Reason | None, now: datetime) -> Turn | None:
    """The turn that a condition takes: `open_` is the one that is known, `trouble` what is wrong now.

    None where there is nothing to tell. A reminder is due a day after the last word; by whichever way a clock
    was put right, `told_at` a day away from now is a day without a word.
    """
    if open_ is None:
        return Turn(event=AlertEvent.OPENED, reason=trouble) if trouble else None
    if trouble is None:
        return Turn(event=AlertEvent.CLOSED, reason=open_.reason)
    if abs(now - open_.told_at) >= REMIND_AFTER:
        return Turn(event=AlertEvent.REMINDER, reason=trouble)
    return None


def condition_of(error: RemoteErrorKind) -> AlertKind:
    """The kind of condition that a repository's error is: `untrusted` is for the security-minded, apart."""
    return AlertKind.UNTRUSTED if error is RemoteErrorKind.UNTRUSTED else AlertKind.UNREACHABLE


def subscribers(users: Iterable[User], kind: AlertKind, lists: Collection[str]) -> tuple[User, ...]:
    """Who is to be told, by key: subscribed to `kind`, and to at least one of `lists`.

    `lists` is the list concerned, or every list of the repository concerned.
    """
    concerned = (user for user in users if kind in user.alerts)
    told = (user for user in concerned if user.lists is None or not set(lists).isdisjoint(user.lists))
    return tuple(sorted(told, key=lambda user: user.key))
