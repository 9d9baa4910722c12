"""Drain the outbox: claim, look again, send, record.

One transaction a message records how the last one ended, claims the next and looks at it again: its rules,
and whether the contact has opted out meanwhile. So at any moment at most one message is *sending*, and it is
the one whose attempt may have begun: should the process die, that one becomes *uncertain*, and nothing that
was not attempted is lost or doubled. Results could not be committed more rarely anyway, and claiming more
than one message at once would save nothing.
"""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path

from tournee import telemetry
from tournee.actions import App
from tournee.channels import Channel, open_channel
from tournee.core import decide
from tournee.core.errors import (
    ChannelError,
    TemplateWrong,
    TransientChannelError,
    UncertainChannelError,
)
from tournee.core.facts import (
    Claim,
    Contact,
    Decision,
    JsonValue,
    Message,
    Reason,
    SendReport,
    SendStatus,
    Verdict,
)
from tournee.core.render import Letter, Record, Source
from tournee.core.retry import LATER_DELAY, Chance, next_attempt
from tournee.core.settings import Deployment, FieldType
from tournee.store import Transaction, outbox

SHOWN = ("id", "email", "phone", "first_name", "last_name", "gender", "title", "country", "language")


def send_due(app: App, *, chance: Chance = random.random) -> SendReport:
    """Send every solicitation that is due, unless another process is at it; raises StoreError.

    What a dead process left unfinished becomes uncertain first. Ends early where the mail server is away or
    the process is to stop; what was not attempted then waits on.
    """
    with app.store.exclusive("send") as mine:
        if not mine:
            return SendReport(busy=True)
        with app.store.write() as tx:
            orphans = outbox.orphans(tx, app.clock())
        if app.settings.mail is None:
            return SendReport(uncertain=orphans, reason=_nobody_to_send(app))
        drain = _Drain(app=app, chance=chance, channel=open_channel(app.settings.mail))
        drain.run()
        return drain.report(orphans)


def _nobody_to_send(app: App) -> Reason | None:
    with app.store.read() as tx:
        waiting = any(totals.waiting for totals in outbox.totals(tx))
    return Reason("mail_not_configured") if waiting else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """A claimed message and the second look at it; no deployment where it left the configuration."""

    claim: Claim
    deployment: Deployment | None
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a turn ended."""

    status: SendStatus
    answer: str | None = None
    rule: str | None = None
    reason: Reason | None = None
    next_attempt_at: datetime | None = None
    attempted: bool = True
    channel_down: bool = False


@dataclass(slots=True, kw_only=True)
class _Drain:
    """One drain of the outbox: its connection, its compiled templates, and what it did so far."""

    app: App
    chance: Chance
    channel: Channel
    letters: dict[tuple[str, str, str], Letter | Reason] = field(default_factory=dict)
    endings: Counter[SendStatus] = field(default_factory=Counter)
    trouble: Reason | None = None  # that keeps messages waiting
    down: bool = False

    def run(self) -> None:
        """Every message that is due, one after the other."""
        try:
            turn = self._next()
            while turn is not None:
                turn = self._next(turn, self._attempt(turn))
        finally:
            self.channel.close()

    def report(self, orphans: int) -> SendReport:
        """What was done; `orphans` were uncertain before it began."""
        return SendReport(
            sent=self.endings[SendStatus.SENT],
            failed=self.endings[SendStatus.FAILED],
            later=self.endings[SendStatus.WAITING],
            blocked=self.endings[SendStatus.BLOCKED],
            uncertain=self.endings[SendStatus.UNCERTAIN] + orphans,
            reason=self.trouble,
        )

    def _next(self, turn: _Turn | None = None, ending: _Ending | None = None) -> _Turn | None:
        """Record how the last turn ended and begin the next, in one transaction."""
        now = self.app.clock()
        with self.app.store.write() as tx:
            if turn and ending:
                self._record(tx, turn, ending, now)
            if self.down or self.app.stop.is_set():
                return None
            claims = outbox.claim(tx, now, 1)
            return self._second_look(tx, claims[0], now) if claims else None

    def _record(self, tx: Transaction, turn: _Turn, ending: _Ending, now: datetime) -> None:
        outbox.settle(
            tx,
            turn.claim.id,
            status=ending.status,
            now=now,
            answer=ending.answer,
            rule=ending.rule,
            reason=ending.reason,
            next_attempt_at=ending.next_attempt_at,
            attempted=ending.attempted,
        )
        self.endings[ending.status] += 1
        self.down = self.down or ending.channel_down
        if ending.status is SendStatus.WAITING:
            self.trouble = self.trouble or ending.reason
        if ending.status in (SendStatus.FAILED, SendStatus.UNCERTAIN):
            facts = {"solicitation": turn.claim.id, "deployment": turn.claim.deployment}
            telemetry.log.warning(f"solicitation_{ending.status}", reason=ending.reason, **facts)

    def _second_look(self, tx: Transaction, claim: Claim, now: datetime) -> _Turn:
        settings = self.app.settings
        deployment = settings.deployments.get(claim.deployment)
        if deployment is None:
            return _Turn(claim=claim, deployment=None, decision=None)
        caps = decide.caps(settings.solicitation_rules, deployment, now, self.app.timezone)
        looked = outbox.recheck(tx, [claim], deployment=deployment.key, channel=deployment.channel, caps=caps)
        decision = decide.decide(looked[claim.id], caps)
        return _Turn(claim=claim, deployment=deployment, decision=decision)

    # ------------------------------------------------------------ one attempt

    def _attempt(self, turn: _Turn) -> _Ending:
        if turn.deployment is None or turn.decision is None:
            return self._hold_off(Reason("deployment_gone", {"deployment": turn.claim.deployment}))
        if turn.decision.verdict is Verdict.BLOCKED:
            blocked = SendStatus.BLOCKED
            return _Ending(status=blocked, rule=turn.decision.rule, reason=turn.decision.reason)
        letter = self._letter(turn.deployment, turn.claim.contact.language)
        if isinstance(letter, Reason):
            return self._hold_off(letter)
        try:
            message = self._message(turn.claim, turn.deployment, letter)
        except TemplateWrong as mistake:
            return _Ending(status=SendStatus.FAILED, reason=mistake.reason)
        return self._sent(turn.claim, message)

    def _hold_off(self, reason: Reason) -> _Ending:
        """Nothing can be done about the message before a person has put something right."""
        later = self.app.clock() + LATER_DELAY
        return _Ending(status=SendStatus.WAITING, reason=reason, next_attempt_at=later, attempted=False)

    def _sent(self, claim: Claim, message: Message) -> _Ending:
        try:
            return _Ending(status=SendStatus.SENT, answer=self.channel.send(message).answer)
        except TransientChannelError as error:
            return self._again_or_never(claim, error)
        except UncertainChannelError as error:
            return _ended(SendStatus.UNCERTAIN, error)
        except ChannelError as error:
            return _ended(SendStatus.FAILED, error)

    def _again_or_never(self, claim: Claim, error: TransientChannelError) -> _Ending:
        again = next_attempt(claim.attempts + 1, claim.decided_at, self.app.clock(), self.chance)
        status = SendStatus.WAITING if again else SendStatus.FAILED
        return _ended(status, error, next_attempt_at=again, channel_down=error.channel_down)

    # ------------------------------------------------------------ the message

    def _letter(self, deployment: Deployment, language: str | None) -> Letter | Reason:
        """The templates for a contact's language, compiled once a drain; or why they cannot be."""
        subject = nearest(language, deployment.subject)
        template = nearest(language, deployment.templates)
        key = (deployment.key, subject, template)
        if key not in self.letters:
            self.letters[key] = _compiled(deployment, subject, template)
        return self.letters[key]

    def _message(self, claim: Claim, deployment: Deployment, letter: Letter) -> Message:
        entry = self.app.settings.lists.get(claim.list)
        name = entry.name if entry else claim.list
        rendered = letter.render(
            contact=self._record_of(claim.contact),
            deployment=Record({"key": deployment.key}, deployment.key),
            list=Record({"key": claim.list, "name": name}, name),
        )
        assert claim.contact.email is not None, "the second look blocks a missing address"
        return Message(
            message_id=claim.message_id,
            sender=deployment.sender,
            to=claim.contact.email,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            headers={"Date": format_datetime(self.app.clock().astimezone(self.app.timezone))},
        )

    def _record_of(self, contact: Contact) -> Record:
        declared = self.app.settings.contact_fields
        values = {key: _typed(contact.fields.get(key), entry.type) for key, entry in declared.items()}
        return Record(values | {name: getattr(contact, name) for name in SHOWN})


def nearest(language: str | None, choices: Iterable[str]) -> str:
    """The one of `choices` (language tags, or `*`) for a contact: its language, its base, else the first."""
    by_tag = {tag.lower(): tag for tag in choices}
    asked = (language or "").lower()
    return by_tag.get(asked) or by_tag.get(asked.partition("-")[0]) or next(iter(by_tag.values()))


def _ended(
    status: SendStatus,
    error: ChannelError,
    *,
    next_attempt_at: datetime | None = None,
    channel_down: bool = False,
) -> _Ending:
    answer = error.reason.details.get("answer")
    return _Ending(
        status=status,
        answer=None if answer is None else str(answer),
        reason=error.reason,
        next_attempt_at=next_attempt_at,
        channel_down=channel_down,
    )


def _compiled(deployment: Deployment, subject: str, template: str) -> Letter | Reason:
    place = f"deployments.{deployment.key}"
    page = Path(deployment.templates[template])
    try:
        return Letter(
            subject=Source(name=f"{place}.subject", text=deployment.subject[subject]),
            survey_url=Source(name=f"{place}.survey_url", text=deployment.survey_url),
            html=_source(page),
            text=_source(page.with_suffix(".txt")) if page.with_suffix(".txt").exists() else None,
        )
    except TemplateWrong as mistake:
        return mistake.reason


def _source(path: Path) -> Source:
    try:
        return Source(name=path.name, text=path.read_text("utf-8"))
    except UnicodeDecodeError:
        details = {"template": path.name, "error": "not UTF-8"}
    except OSError as error:
        details = {"template": path.name, "error": error.strerror or str(error)}
    raise TemplateWrong(Reason("template_unreadable", details))


def _typed(value: JsonValue, kind: FieldType) -> object:
    """A declared field as templates can work with it: dates format themselves, numbers compare."""
    try:
        if value is not None and kind is FieldType.DATE:
            return date.fromisoformat(str(value))
        if value is not None and kind is FieldType.NUMBER:
            return Decimal(str(value))
    except (ValueError, ArithmeticError):  # stored while the field was declared otherwise
        return value
    return value
