"""Outlets: what one channel connects to (the mail server, a gateway, a webhook), and what leaves there.

Each has a lock, a connection and a rate of its own, so that one that is dead or slow delays no other.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from tournee.channels import Channel as Conversation
from tournee.channels import open_channel, open_http
from tournee.core.facts import Claim
from tournee.core.settings import Channel, Deployment, Settings, SmsForm, WebhookForm
from tournee.core.times import Rate

MAIL = "mail"
#: Claims are looked at again after so many seconds, so no more is claimed than leaves in that time.
FRESH = 2.0
AT_ONCE = 20
#: An outlet that asks for more peace than this is left, and looked at again later.
REST_AT_MOST = 60.0  # seconds
EVER = datetime(1970, 1, 1, tzinfo=UTC)  # since then: whatever is due
BREATH = 1.0  # seconds between two looks for something that may leave sooner


class Pace:
    """When the next message may leave, and how it went. It belongs to whoever has the outlet's lock."""

    def __init__(self) -> None:
        self._free_at = self._rested_at = 0.0
        self.refused = 0  # recipients in a row, with nobody accepted in between

    @property
    def wait(self) -> float:
        """Seconds until a message may leave; 0 or less: now."""
        return max(self._free_at, self._rested_at) - monotonic()

    @property
    def rests(self) -> float:
        """Seconds of peace that the other side still asks for."""
        return self._rested_at - monotonic()

    def spend(self, rate: Rate | None) -> None:
        """A message leaves."""
        if rate:
            self._free_at = max(self._free_at, monotonic()) + rate.pause

    def keep_to(self, rate: Rate | None) -> None:
        """From now on this rate holds: nothing waits for longer because another one did before."""
        self._free_at = min(self._free_at, monotonic() + (rate.pause if rate else 0.0))

    def rest(self, seconds: float) -> None:
        """The other side asked for some peace."""
        self._rested_at = max(self._rested_at, monotonic() + seconds)


class Paces:
    """The paces of all outlets and deployments, kept for as long as messages leave from this process."""

    def __init__(self) -> None:
        self._all: dict[str, Pace] = {}

    def of(self, name: str, rate: Rate | None) -> Pace:
        """The pace of that name, which keeps to a rate."""
        pace = self._all.setdefault(name, Pace())
        pace.keep_to(rate)
        return pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """What one channel connects to. `key` is the name of its lock and its pace."""

    key: str
    open: Callable[[], Conversation]
    deployments: tuple[Deployment, ...]
    rate: Rate | None = None

    def share(self, own: Rate | None) -> int:
        """How many messages to claim at once, of deployments with that rate of their own."""
        pause = max(rate.pause if rate else 0.0 for rate in (self.rate, own))
        return max(1, min(AT_ONCE, int(FRESH / pause))) if pause else AT_ONCE


def outlets(settings: Settings) -> list[Outlet]:
    """Every outlet that a deployment of the configuration uses."""
    by_key: dict[str, list[Deployment]] = {}
    for deployment in settings.deployments.values():
        by_key.setdefault(outlet_of(deployment), []).append(deployment)
    return [_outlet(settings, key, those) for key, those in by_key.items() if _can_open(settings, key)]


def outlet_of(deployment: Deployment) -> str:
    """The key of the outlet by which a deployment leaves."""
    if isinstance(deployment.form, SmsForm):
        return f"gateway {deployment.form.gateway}"
    return MAIL if deployment.channel is Channel.EMAIL else f"webhook {deployment.key}"


def _can_open(settings: Settings, key: str) -> bool:
    return key != MAIL or settings.mail is not None


def _outlet(settings: Settings, key: str, deployments: Iterable[Deployment]) -> Outlet:
    those = tuple(deployments)
    form = those[0].form
    if isinstance(form, SmsForm):
        gateway = settings.gateways[form.gateway]
        return Outlet(
            key=key,
            open=lambda: open_http(gateway.timeout.seconds, gateway.ca_file),
            deployments=those,
            rate=gateway.rate,
        )
    if isinstance(form, WebhookForm):
        hook = form
        return Outlet(key=key, open=lambda: open_http(hook.timeout.seconds, hook.ca_file), deployments=those)
    mail = settings.mail
    assert mail is not None, "without it nothing is mailed"
    return Outlet(key=key, open=lambda: open_channel(mail), deployments=those, rate=mail.rate)


# ---------------------------------------------------------------- what is claimed there


@dataclass(slots=True, kw_only=True)
class Queue:
    """Deployments that share a rate (or have none), and what was claimed for them and not begun."""

    deployments: tuple[str, ...]
    pace: Pace
    rate: Rate | None
    share: int  # how many to claim at once
    claims: deque[Claim] = field(default_factory=deque)
    claimed_at: float = 0.0  # of the monotonic clock
    empty: bool = False

    @property
    def stale(self) -> bool:
        """It is too long ago that the rules were asked about these."""
        return monotonic() - self.claimed_at > FRESH

    @property
    def rests(self) -> bool:
        """It is not its turn, or a moment ago it had nothing that is due."""
        return self.pace.wait > 0 or (self.empty and monotonic() - self.claimed_at < BREATH)


def queues_of(outlet: Outlet, paces: Paces) -> list[Queue]:
    """One for all deployments that have no rate of their own, one for each of the others."""
    free = tuple(each.key for each in outlet.deployments if each.rate is None)
    found = [Queue(deployments=free, pace=Pace(), rate=None, share=outlet.share(None))] if free else []
    for each in outlet.deployments:
        if each.rate is not None:
            pace = paces.of(f"deployment {each.key}", each.rate)
            found.append(
                Queue(deployments=(each.key,), pace=pace, rate=each.rate, share=outlet.share(each.rate))
            )
    return found
