"""Drain the outbox: claim, look again, begin, send, record; every outlet by itself.

Some messages of an outlet are claimed together, with the second look at them: their rules, once more. Then
one transaction a message records how the last one ended and begins the next, looking last of all at opt-outs
and pauses. So of one outlet at most one message has *begun*: should the process die, that one becomes
*uncertain*, the others that were claimed wait again, and nothing is lost or doubled.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from time import monotonic

from tournee import telemetry
from tournee.actions import App, conditions
from tournee.actions.attempt import Attempts, Ending
from tournee.actions.letters import Composer
from tournee.actions.outlets import FRESH, MAIL, Outlet, Pace, Paces, outlet_of, outlets
from tournee.core import decide
from tournee.core.errors import StoreError
from tournee.core.facts import Claim, Decision, Reason, SendReport, SendStatus, Verdict
from tournee.core.retry import Chance
from tournee.core.times import Rate
from tournee.store import Transaction, bounces, history, outbox
from tournee.store.outbox import Halt

#: An outlet that asks for more peace than this is left, and looked at again later.
REST_AT_MOST = 60.0  # seconds
BREATH = 1.0  # seconds between two looks for something that may leave sooner
LAST_WORDS = 5.0  # seconds to record how an attempt ended, when the process is told to end
OPT_OUT = "opt_out"  # the rule
EVER = datetime(1970, 1, 1, tzinfo=UTC)


# ---------------------------------------------------------------- all outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What there is to do: outlets with something due, and why something else that is due cannot leave."""

    outlets: tuple[Outlet, ...]
    pauses: frozenset[str]  # deployments, or "" for all
    paused: bool  # something due is
    reason: Reason | None


def look(app: App, *, since: datetime = EVER) -> Work:
    """Which outlets have something to do, that became due after `since`; cheap. Raises StoreError."""
    with app.store.read() as tx:
        due, paused = outbox.stirred(tx, since, app.clock()), outbox.pauses(tx)
        begun = outbox.under_way(tx)
    stopped = {key for key in due if "" in paused or key in paused}
    wanted = (due - stopped) | begun
    mine = [one for one in outlets(app.settings) if wanted & {each.key for each in one.deployments}]
    served = {each.key for one in mine for each in one.deployments}
    left = _left_over(app, wanted - served)
    return Work(outlets=tuple(mine), pauses=frozenset(paused), paused=bool(stopped), reason=left)


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
    jobs = [partial(drain, app, outlet, chance=chance, paces=paces) for outlet in work.outlets]
    reports = [jobs[0]()] if len(jobs) == 1 else _together(app, jobs)
    return _summed(reports, work)


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
    """A drain in a thread that ends with the process."""

    def __init__(self, work: Callable[[], SendReport]) -> None:
        super().__init__(name="send", daemon=True)
        self._work = work
        self._report = SendReport()
        self._error: Exception | None = None

    def run(self) -> None:
        """Work; what goes wrong is told to whoever asks for the result."""
        try:
            self._report = self._work()
        except Exception as error:
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


def drain(app: App, outlet: Outlet, *, chance: Chance = random.random, paces: Paces) -> SendReport:
    """Send what is due at one outlet, unless another process is at it; raises StoreError.

    What a dead process left unfinished there becomes uncertain first, or waits again if it had not begun.
    """
    with app.store.exclusive(f"send:{outlet.key}") as mine:
        if not mine:
            return SendReport(busy=True)
        with app.store.write() as tx:
            orphans = outbox.orphans(tx, [each.key for each in outlet.deployments], app.clock())
        channel = outlet.open()
        attempts = Attempts(app=app, channel=channel, composer=Composer(app), chance=chance)
        lane = _Lane(app=app, outlet=outlet, pace=paces.of(outlet.key), queues=_queues(outlet, paces))
        with closing(channel):
            lane.run(attempts)
        return lane.report(orphans)


@dataclass(slots=True, kw_only=True)
class _Queue:
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


def _queues(outlet: Outlet, paces: Paces) -> list[_Queue]:
    """One for all deployments that have no rate of their own, one for each of the others."""
    free = tuple(each.key for each in outlet.deployments if each.rate is None)
    found = [_Queue(deployments=free, pace=Pace(), rate=None, share=outlet.share(None))] if free else []
    for each in outlet.deployments:
        if each.rate is not None:
            pace, share = paces.of(f"deployment {each.key}"), outlet.share(each.rate)
            found.append(_Queue(deployments=(each.key,), pace=pace, rate=each.rate, share=share))
    return found


@dataclass(slots=True, kw_only=True)
class _Lane:
    """One drain of one outlet, and what it did so far."""

    app: App
    outlet: Outlet
    pace: Pace
    queues: list[_Queue]
    endings: Counter[SendStatus] = field(default_factory=Counter)
    waiting: Reason | None = None  # why messages wait
    failing: dict[str, Reason] = field(default_factory=dict)  # by list; nothing good came after it
    well: set[str] = field(default_factory=set)  # lists of which something left, and no trouble came after it
    paused: bool = False
    down: bool = False

    def run(self, attempts: Attempts) -> None:
        """Every message that is due, one after the other."""
        try:
            claim = self._next()
            while claim is not None:
                claim = self._next(claim, attempts.make(claim))
        finally:
            with suppress(StoreError), self.app.store.write() as tx:  # else the next drain finds them
                self._give_back(tx)
            conditions.on_sending(self.app, self.outlet.key, failing=self.failing, well=self.well)

    def report(self, orphans: int) -> SendReport:
        """What was done; `orphans` were uncertain before it began."""
        return SendReport(
            sent=self.endings[SendStatus.SENT],
            failed=self.endings[SendStatus.FAILED],
            later=self.endings[SendStatus.WAITING],
            blocked=self.endings[SendStatus.BLOCKED],
            uncertain=self.endings[SendStatus.UNCERTAIN] + orphans,
            paused=self.paused,
            reason=self.waiting,
        )

    # ------------------------------------------------------------ the next one

    def _next(self, last: Claim | None = None, ending: Ending | None = None) -> Claim | None:
        """Record how the last one ended and begin the next: in one transaction, unless the rate says wait."""
        while True:
            wait = self._wait(ending)
            with self.app.store.write() as tx:
                now = self.app.clock()
                if last and ending:
                    self._record(tx, last, ending, now)
                if self.down or self.app.stop.is_set() or self.pace.rests > REST_AT_MOST:
                    return None
                if wait > FRESH:
                    self._give_back(tx)
                if self.pace.wait <= 0 and (claim := self._begin(tx, now)):
                    return claim
                if all(queue.empty for queue in self.queues):
                    return None
            last = ending = None
            if wait > 0:  # something else may become due meanwhile
                self.app.stop.wait(min(wait, BREATH))

    def _wait(self, ending: Ending | None) -> float:
        """Seconds until the outlet, and any deployment that may have something to send, may go on."""
        if ending and ending.rest:
            self.pace.rest(ending.rest)
        own = min((queue.pace.wait for queue in self.queues if not queue.empty), default=0.0)
        return max(0.0, self.pace.wait, own)

    def _begin(self, tx: Transaction, now: datetime) -> Claim | None:
        """The first claim that may leave; None where this round of claims had none. Queues take turns."""
        for queue in tuple(self.queues):
            if queue.rests:
                continue
            self._fill(tx, queue, now)
            while queue.claims:
                claim = queue.claims.popleft()
                if self._begun(tx, queue, claim, now):
                    self.queues.remove(queue)
                    self.queues.append(queue)
                    self.pace.spend(self.outlet.rate)
                    queue.pace.spend(queue.rate)
                    return claim
        return None

    def _begun(self, tx: Transaction, queue: _Queue, claim: Claim, now: datetime) -> bool:
        obstacle = outbox.begin(tx, claim, now)
        if obstacle is Halt.OPTED_OUT:
            self._block(tx, claim, OPT_OUT, Reason(OPT_OUT), now)
        elif obstacle is Halt.PAUSED:
            stopped = [one for one in (claim, *queue.claims) if one.deployment == claim.deployment]
            outbox.put_back(tx, stopped)
            queue.claims = deque(one for one in queue.claims if one.deployment != claim.deployment)
            self.paused = True
        return obstacle is None

    def _fill(self, tx: Transaction, queue: _Queue, now: datetime) -> None:
        """Claims that were looked at a moment ago."""
        if queue.claims and queue.stale:
            outbox.put_back(tx, queue.claims)
            queue.claims.clear()
        if not queue.claims:
            claims = outbox.claim(tx, now, deployments=queue.deployments, limit=queue.share)
            queue.empty = not claims
            queue.claims.extend(self._second_look(tx, claims, now))
            queue.claimed_at = monotonic()

    def _give_back(self, tx: Transaction) -> None:
        """What was claimed and not begun waits again."""
        for queue in self.queues:
            if queue.claims:
                outbox.put_back(tx, queue.claims)
                queue.claims.clear()

    # ------------------------------------------------------------ the second look

    def _second_look(self, tx: Transaction, claims: Sequence[Claim], now: datetime) -> list[Claim]:
        """Those that may leave now; the others are blocked, or wait again."""
        decisions: dict[int, Decision] = {}
        for key in {claim.deployment for claim in claims}:
            decisions |= self._decided(tx, key, [one for one in claims if one.deployment == key], now)
        return [claim for claim in claims if self._may_leave(tx, claim, decisions[claim.id], now)]

    def _decided(
        self, tx: Transaction, key: str, claims: Sequence[Claim], now: datetime
    ) -> dict[int, Decision]:
        settings = self.app.settings
        rules = decide.rules(settings.solicitation_rules, settings.deployments[key], now, self.app.timezone)
        looked = history.recheck(tx, claims, rules)
        return {
            claim.id: decide.look_again(
                looked[claim.id], rules, expires_at=claim.expires_at, reminder=claim.reminder
            )
            for claim in claims
        }

    def _may_leave(self, tx: Transaction, claim: Claim, decision: Decision, now: datetime) -> bool:
        if decision.verdict is Verdict.BLOCKED:
            self._block(tx, claim, decision.rule, decision.reason, now)
            return False
        if decision.due_at is None or decision.due_at <= now:
            return True
        outbox.postpone(tx, claim.id, until=decision.due_at, rule=decision.rule, reason=decision.reason)
        self.endings[SendStatus.WAITING] += 1
        return False

    def _block(
        self, tx: Transaction, claim: Claim, rule: str | None, reason: Reason | None, now: datetime
    ) -> None:
        outbox.settle(
            tx, claim.id, status=SendStatus.BLOCKED, now=now, answer=None, rule=rule, reason=reason,
            attempted=False,
        )  # fmt: skip
        self.endings[SendStatus.BLOCKED] += 1

    # ------------------------------------------------------------ how it ended

    def _record(self, tx: Transaction, claim: Claim, ending: Ending, now: datetime) -> None:
        outbox.settle(
            tx,
            claim.id,
            status=ending.status,
            now=now,
            answer=ending.answer,
            reason=ending.reason,
            next_attempt_at=now + ending.later if ending.later else None,
            attempted=ending.attempted,
            remind_at=self._reminders(claim, now) if ending.status is SendStatus.SENT else (),
        )
        if ending.bounced and claim.contact.email:
            bounces.add(tx, claim.contact.email, ending.answer, now)
        self._count(claim, ending)

    def _reminders(self, claim: Claim, now: datetime) -> list[datetime]:
        """When to ask again those who were just asked for the first time."""
        if claim.reminder:
            return []
        waits = self.app.settings.deployments[claim.deployment].remind
        return [wait.after(now, self.app.timezone) for wait in waits]

    def _count(self, claim: Claim, ending: Ending) -> None:
        self.endings[ending.status] += 1
        self.down = self.down or ending.channel_down
        if ending.status is SendStatus.WAITING:
            self.waiting = self.waiting or ending.reason
        if ending.status is SendStatus.SENT:
            self.failing.pop(claim.list, None)
            self.well.add(claim.list)
        elif ending.trouble and ending.reason:
            self._in_trouble(claim, ending.reason)
        if ending.status in (SendStatus.FAILED, SendStatus.UNCERTAIN):
            facts = {"solicitation": claim.id, "deployment": claim.deployment}
            telemetry.log.warning(f"solicitation_{ending.status}", reason=ending.reason, **facts)

    def _in_trouble(self, claim: Claim, reason: Reason) -> None:
        """Its list has trouble; so have those whose messages were to leave next, if the outlet is away."""
        next_ones = [one for queue in self.queues for one in queue.claims] if self.down else []
        for one in (*next_ones, claim):
            self.failing[one.list] = Reason(reason.code, {**reason.details, "deployment": one.deployment})
            self.well.discard(one.list)
