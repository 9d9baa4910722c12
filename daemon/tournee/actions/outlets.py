"""Outlets: what one channel connects to (the mail server, a gateway, a webhook), and what leaves there.

Each has a lock, a connection and a rate of its own, so that one that is dead or slow delays no other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from tournee.channels import Channel as Conversation
from tournee.channels import open_channel, open_http
from tournee.core.settings import Channel, Deployment, Settings, SmsForm, WebhookForm
from tournee.core.times import Rate

MAIL = "mail"
#: Claims are looked at again after so many seconds, so no more is claimed than leaves in that time.
FRESH = 2.0
AT_ONCE = 20


class Pace:
    """When the next message may leave. It belongs to whoever has the outlet's lock."""

    def __init__(self) -> None:
        self._free_at = self._rested_at = 0.0

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

    def rest(self, seconds: float) -> None:
        """The other side asked for some peace."""
        self._rested_at = max(self._rested_at, monotonic() + seconds)


class Paces:
    """The paces of all outlets and deployments, kept for as long as messages leave from this process."""

    def __init__(self) -> None:
        self._all: dict[str, Pace] = {}

    def of(self, name: str) -> Pace:
        """The pace of that name."""
        return self._all.setdefault(name, Pace())


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
