"""`at_most`: how many solicitations a contact may have within a time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tournee.core.decide.answers import Answer, Check, Later, No
from tournee.core.facts import Candidate, Reason
from tournee.core.settings import AtMost, Counting
from tournee.core.times import Duration, iso

#: A cap may be free again sooner than it seemed (a message failed or was cancelled): we look every day.
LOOK_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """`at_most`, as of now: fewer than `limit` solicitations may be later than `since`, or still be unsent.

    What counts is waiting, held, sending, sent or uncertain. `text` is the rule as written.
    """

    text: str
    limit: int
    per: Duration
    since: datetime
    counting: Counting
    wait_up_to: Duration | None = None


def cap(rule: AtMost, now: datetime, timezone: ZoneInfo) -> Cap:
    """The rule as of `now`; months count in `timezone`."""
    return Cap(
        text=rule.text,
        limit=rule.limit,
        per=rule.per,
        since=rule.per.before(now, timezone),
        counting=rule.counting,
        wait_up_to=rule.wait_up_to,
    )


def check(cap: Cap, number: int, now: datetime, timezone: ZoneInfo) -> Check:
    """The check of a cap that is the `number`th of those that candidates were counted for."""
    expires = cap.wait_up_to.after(now, timezone) if cap.wait_up_to else None
    limit, fixed = cap.limit, {"limit": cap.limit, "per": cap.per.text, "since": iso(cap.since)}
    fixed |= {"counting": cap.counting.value}

    def spent(candidate: Candidate) -> Answer:
        count = candidate.cap_counts[number]
        if count < limit:
            return None
        latest = candidate.cap_latest[number]
        details = {**fixed, "count": count, "latest": latest and iso(latest)}
        refusal = No(cap.text, Reason("at_most", details))
        if expires is None:
            return refusal
        until = _free(cap, latest, now, timezone)
        return Later(cap.text, "at_most_waits", details, until, expires, refusal)

    return spent


def _free(cap: Cap, latest: datetime | None, now: datetime, timezone: ZoneInfo) -> datetime:
    """When to look again: when the newest that counts is too old to, but within a day.

    Of a limit above 1 that is late, by a day at most: it is the `limit`th newest that frees the cap, which is
    not known.
    """
    tomorrow = now.astimezone(UTC) + LOOK_AGAIN
    free = cap.per.after(latest, timezone) if latest else tomorrow
    return free if now < free < tomorrow else tomorrow
