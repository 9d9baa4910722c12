"""Drain the outbox: claim, look again, begin, send, record; every outlet by itself (`lane`).

Some messages of an outlet are claimed together, with the second look at them: their rules, once more. Then
one transaction a message records how the last one ended and begins the next, looking last of all at opt-outs
and pauses. So of one outlet at most one message has *begun*: should the process die, that one becomes
*uncertain*, the others that were claimed wait again, and nothing is lost or doubled.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Thread

from tournee.actions import App
from tournee.actions.attempt import Attempts
from tournee.actions.lane import Lane
from tournee.actions.leftovers import at, settle_gone
from tournee.actions.letters import Composer
from tournee.actions.outlets import EVER, MAIL, Outlet, Paces, outlet_of, outlets, queues_of
from tournee.core.facts import Reason, SendReport
from tournee.core.retry import Chance
from tournee.store import outbox

LAST_WORDS = 5.0  # seconds to record how an attempt ended, when the process is told to end


# ---------------------------------------------------------------- all outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What there is to do: outlets with something due, and why something else that is due cannot leave."""

    outlets: tuple[Outlet, ...]
    gone: frozenset[str]  # deployments that left the configuration, of which something was being sent
    pauses: frozenset[str]  # deployments, or "" for all
    paused: bool  # something due is
    reason: Reason | None


def look(app: App, *, since: datetime = EVER) -> Work:
    """Which outlets have something to do that became due after `since`; cheap. Raises StoreError.

    Since `EVER`: also those where something is being sent, by the living or the dead.
    """
    with app.store.read() as tx:
        due, paused = outbox.stirred(tx, since, app.clock()), outbox.pauses(tx)
        begun = outbox.under_way(tx) if since == EVER else set()
    stopped = {key for key in due if "" in paused or key in paused}
    wanted = (due - stopped) | begun
    mine = [one for one in outlets(app.settings) if wanted & {each.key for each in one.deployments}]
    served = {each.key for one in mine for each in one.deployments}
    left = _left_over(app, wanted - served)
    return Work(
        outlets=tuple(mine),
        gone=frozenset(begun - app.settings.deployments.keys()),
        pauses=frozenset(paused),
        paused=bool(stopped),
        reason=left,
    )


def _left_over(app: App, keys: Iterable[str]) -> Reason | None:
    """Why messages stay as they are: there is nothing by which they could leave."""
    for key in sorted(keys):
        deployment = app.settings.deployments.get(key)
        if deployment is None:
            return Reason("deployment_gone", {"deployment": key})
        if outlet_of(deployment) == MAIL:
            return Reason("mail_not_configured")
    return None


def send_due(app: App, *, chance: Chance = random.random, paces: Paces | None = None) -> SendReport:
    """Send every solicitation that is due, but for outlets at which another process is; raises StoreError.

    All outlets at once, each in a thread of its own. Ends early where an outlet is away or the process is to
    stop; what was not attempted then waits on.
    """
    work, paces = look(app), paces or Paces()
    lost = SendReport(uncertain=settle_gone(app, work.gone))
    jobs = [partial(drain, app, outlet, chance=chance, paces=paces) for outlet in work.outlets]
    return _summed([*_together(app, jobs), lost], work)


def _together(app: App, jobs: Sequence[Callable[[], SendReport]]) -> list[SendReport]:
    """All of them at once; whoever ends the process does not wait for an outlet that hangs."""
    running = [_Job(job) for job in jobs]
    for one in running:
        one.start()
    try:
        return [one.result() for one in running]
    except (KeyboardInterrupt, SystemExit):
        app.stop.set()
        for one in running:
            one.join(LAST_WORDS)
        raise


class _Job(Thread):
    """A drain in a thread that ends with the process, which those of a pool do not."""

    def __init__(self, work: Callable[[], SendReport]) -> None:
        super().__init__(name="send", daemon=True)
        self._work = work
        self._report = SendReport()
        self._error: Exception | None = None

    def run(self) -> None:
        """Work; what goes wrong is told to whoever asks for the result."""
        try:
            self._report = self._work()
        except Exception as error:  # in whichever thread it is met: `result` raises it
            self._error = error

    def result(self) -> SendReport:
        """The report, once it has ended."""
        self.join()
        if self._error:
            raise self._error
        return self._report


def _summed(reports: Sequence[SendReport], work: Work) -> SendReport:
    reasons = [one.reason for one in reports if one.reason] + [work.reason]
    return SendReport(
        sent=sum(one.sent for one in reports),
        failed=sum(one.failed for one in reports),
        later=sum(one.later for one in reports),
        blocked=sum(one.blocked for one in reports),
        uncertain=sum(one.uncertain for one in reports),
        busy=any(one.busy for one in reports),
        paused=work.paused or any(one.paused for one in reports),
        reason=reasons[0],
    )


# ---------------------------------------------------------------- one outlet


def drain(
    app: App,
    outlet: Outlet,
    *,
    chance: Chance = random.random,
    paces: Paces,
    wanted: Callable[[], bool] = lambda: True,
) -> SendReport:
    """Send what is due at one outlet, unless another process is at it; raises StoreError.

    What a dead process left unfinished there becomes uncertain first, or waits again if it had not begun.
    Ends before the next message once it is no longer `wanted`.
    """
    with at(app, outlet.key) as mine:
        if not mine:
            return SendReport(busy=True)
        with app.store.write() as tx:
            orphans = outbox.orphans(tx, [each.key for each in outlet.deployments], app.clock())
        composer = Composer(app)  # before anything is begun: it asks the database for its key
        channel = outlet.open()
        pace, queues = paces.of(outlet.key, outlet.rate), queues_of(outlet, paces)
        attempts = Attempts(app=app, channel=channel, composer=composer, chance=chance, pace=pace)
        lane = Lane(app=app, outlet=outlet, pace=pace, queues=queues, wanted=wanted)
        with closing(channel):
            lane.run(attempts)
        return lane.report(orphans)
