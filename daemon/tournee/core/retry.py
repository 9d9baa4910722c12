"""When a message that could not be handed over is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta

#: A number in [0, 1), by chance.
Chance = Callable[[], float]

FIRST_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
LATER_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
#: However old a message is, it gets the first delays and one later: a server that makes everybody come
#: back in an hour must not cost a message that only waited for the server to return.
TRIES_AT_LEAST = len(FIRST_DELAYS) + 2
#: Up to this share is added, so that what failed together does not come back together.
JITTER = 0.1


def delay(attempts: int, chance: Chance) -> timedelta:
    """How long to wait after `attempts` attempts, the last of which just failed (1 or more)."""
    usual = FIRST_DELAYS[attempts - 1] if attempts <= len(FIRST_DELAYS) else LATER_DELAY
    return usual * (1 + JITTER * chance())


def next_attempt(attempts: int, since: datetime, now: datetime, chance: Chance) -> datetime | None:
    """When to try again, or None to give up; `since` is when the message was first to be sent."""
    if attempts >= TRIES_AT_LEAST and now - since >= GIVE_UP_AFTER:
        return None
    return now + delay(attempts, chance)
