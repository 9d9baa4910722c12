"""One drain of one outlet: one message after the other, until nothing is left or nothing more can leave."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from tournee import telemetry
from tournee.actions import App, conditions
from tournee.actions.attempt import Attempts, Ending
from tournee.actions.outlets import BREATH, EVER, FRESH, REST_AT_MOST, Outlet, Pace, Queue
from tournee.core import decide
from tournee.core.errors import StoreError
from tournee.core.facts import Claim, Decision, Reason, SendReport, SendStatus, Verdict
from tournee.store import Transaction, bounces, contacts, history, outbox
from tournee.store.outbox import Halt

OPT_OUT = "opt_out"  # the rule
TELL_AFTER = 60.0  # seconds of a drain, and people hear of its trouble before it ends


@dataclass(slots=True, kw_only=True)
class Lane:
    """One drain of one outlet, and what it did so far; it ends early once it is no longer `wanted`."""

    app: App
    outlet: Outlet
    pace: Pace
    queues: list[Queue]
    wanted: Callable[[], bool]
    endings: Counter[SendStatus] = field(default_factory=Counter)
    waiting: Reason | None = None  # why messages wait
    failing: dict[str, Reason] = field(default_factory=dict)  # by list; nothing good came after it
    well: set[str] = field(default_factory=set)  # lists of which something left, and no trouble came after it
    told_at: float = field(default_factory=monotonic)
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

    def _tell(self) -> None:
        """Of trouble at once, where it goes on for long; that it is over is told at the end."""
        if self.failing and monotonic() - self.told_at > TELL_AFTER:
            conditions.on_sending(self.app, self.outlet.key, failing=self.failing, well=())
            self.told_at = monotonic()

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
            self._tell()
            wait = self._wait(ending)
            with self.app.store.write() as tx:
                now = self.app.clock()
                if last and ending:
                    self._record(tx, last, ending, now)
                if self._away or self.app.stop.is_set() or not self.wanted():
                    return None
                if wait > FRESH:
                    self._give_back(tx)
                if self.pace.wait <= 0 and (claim := self._begin(tx, now)):
                    return claim
                if not self._left(tx, now):
                    return None
            last = ending = None
            if wait > 0:  # something else may become due meanwhile
                self.app.stop.wait(min(wait, BREATH))

    @property
    def _away(self) -> bool:
        """Nothing can leave for now, whatever it is."""
        return self.down or self.pace.rests > REST_AT_MOST

    def _left(self, tx: Transaction, now: datetime) -> bool:
        """Whether there is anything to wait for: claimed, or due and not paused."""
        if any(queue.claims for queue in self.queues):
            return True
        due, paused = outbox.stirred(tx, EVER, now), outbox.pauses(tx)
        return "" not in paused and any(
            each.key in due and each.key not in paused for each in self.outlet.deployments
        )

    def _wait(self, ending: Ending | None) -> float:
        """Seconds until the outlet, and any deployment that may have something to send, may go on."""
        if ending and ending.rest:
            self.pace.rest(ending.rest)
        own = min((queue.pace.wait for queue in self.queues if not queue.empty), default=BREATH)
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

    def _begun(self, tx: Transaction, queue: Queue, claim: Claim, now: datetime) -> bool:
        obstacle = outbox.begin(tx, claim, now)
        if obstacle is Halt.OPTED_OUT:
            self._block(tx, claim, OPT_OUT, Reason(OPT_OUT), now)
        elif obstacle is Halt.PAUSED:
            stopped = [one for one in (claim, *queue.claims) if one.deployment == claim.deployment]
            outbox.put_back(tx, stopped)
            queue.claims = deque(one for one in queue.claims if one.deployment != claim.deployment)
            self.paused = True
        return obstacle is None

    def _fill(self, tx: Transaction, queue: Queue, now: datetime) -> None:
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
        outbox.postpone(
            tx, claim.id, until=decision.due_at, rule=decision.rule, reason=decision.reason,
            expires_at=decision.expires_at,
        )  # fmt: skip
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
        if ending.bounced and claim.contact.email and contacts.get(tx, claim.contact.id):
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
        next_ones = [one for queue in self.queues for one in queue.claims] if self._away else []
        for one in (*next_ones, claim):
            self.failing[one.list] = Reason(reason.code, {**reason.details, "deployment": one.deployment})
            self.well.discard(one.list)
