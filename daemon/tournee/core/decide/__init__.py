"""May this contact be solicited, when, and which rule says no.

All rules must allow; the first that says no for good gives its name to the decision. The order is `opt_out`,
`missing_address`, `bounced`, `duplicate`, then the rules as they are written: those for every deployment,
then the deployment's own. What is the same for all candidates is worked out once, in `rules`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tournee.core.decide import caps, conditions, once, sampling, waiting
from tournee.core.decide.answers import Check, Later, No
from tournee.core.decide.caps import Cap
from tournee.core.facts import Candidate, Decision, Reason, Verdict
from tournee.core.settings import (
    AtMost,
    Between,
    Channel,
    Deployment,
    FieldType,
    OncePer,
    OnlyIf,
    Rule,
    Sample,
    WaitAfter,
)
from tournee.core.times import iso

__all__ = ["Cap", "Rules", "decide", "look_again", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one deployment, as of now, and what has to be gathered about a contact to apply them.

    `fields` are those of contacts, standard and declared ones, whose values the rules look at; `once_field`
    is the one of `once_per`, a number where `once_number`. `checks` are the rules themselves in their order,
    but for the hours; `checks_of_reminders` those that hold for them.
    """

    deployment: str
    channel: Channel
    now: datetime
    timezone: ZoneInfo
    caps: tuple[Cap, ...] = ()
    fields: frozenset[str] = frozenset()
    once_field: str | None = None
    once_number: bool = False
    checks: tuple[Check, ...] = field(default=(), repr=False, compare=False)
    checks_of_reminders: tuple[Check, ...] = field(default=(), repr=False, compare=False)
    hours: waiting.Hours | None = field(default=None, repr=False, compare=False)


def rules(global_rules: Sequence[Rule], deployment: Deployment, now: datetime, timezone: ZoneInfo) -> Rules:
    """The rules on `deployment`, those for every deployment first; months and days count in `timezone`."""
    written = [*global_rules, *deployment.rules]
    limits = tuple(caps.cap(rule, now, timezone) for rule in written if isinstance(rule, AtMost))
    single = next((rule for rule in written if isinstance(rule, OncePer)), None)
    hours = [rule for rule in written if isinstance(rule, Between)]
    checks = list(_checks(written, limits, deployment.key, now, timezone))
    return Rules(
        deployment=deployment.key,
        channel=deployment.channel,
        now=now,
        timezone=timezone,
        caps=limits,
        fields=frozenset(_fields(written)),
        once_field=single.field if single else None,
        once_number=single is not None and single.type is FieldType.NUMBER,
        checks=tuple(check for _, check in checks),
        checks_of_reminders=tuple(
            check for rule, check in checks if not isinstance(rule, OncePer | WaitAfter)
        ),
        hours=waiting.Hours(hours, timezone, now.year),
    )


def _checks(
    written: Iterable[Rule], limits: Sequence[Cap], deployment: str, now: datetime, timezone: ZoneInfo
) -> Iterable[tuple[Rule, Check]]:
    numbers = iter(range(len(limits)))
    for rule in written:
        match rule:
            case AtMost():
                number = next(numbers)
                yield rule, caps.check(limits[number], number, now, timezone)
            case OnlyIf():
                yield rule, conditions.check(rule, now, timezone)
            case Sample():
                yield rule, sampling.check(rule, deployment)
            case OncePer():
                yield rule, once.check(rule)
            case WaitAfter():
                yield rule, waiting.check(rule, now, timezone)


def _fields(written: Iterable[Rule]) -> Iterable[str]:
    for rule in written:
        match rule:
            case OnlyIf():
                yield from (test.field for test in rule.tests)
            case WaitAfter():
                yield rule.field
            case Between():
                yield "country"


# ---------------------------------------------------------------- the two looks


def decide(candidate: Candidate, rules: Rules) -> Decision:
    """The decision about one contact, who was counted for the caps of `rules`.

    Where only caps with `otherwise: wait` say no, it is planned, to be looked at again when it is due.
    """
    no, waits = _ask(candidate, rules, rules.checks, _always(candidate))
    if no is not None:
        return _blocked(candidate, no)
    value = candidate.once if rules.once_field else None
    return _planned(candidate, rules, waits, _given_up(waits), once=value)


def look_again(candidate: Candidate, rules: Rules, *, expires_at: datetime | None, reminder: int) -> Decision:
    """The decision about a message that is about to leave, and that the candidate's counts leave out.

    Planned without `due_at`: send it. Planned with one: it waits, for the rule and the reason that are given,
    and for a cap until the `expires_at` that is given. One that has waited for a cap is blocked by a cap that
    is not free by its `expires_at`; one that never has (None) waits from now on. A reminder, whose number is
    `reminder` (0: the invitation), is about what was sent already: neither `once_per` nor `wait` hold for it.
    """
    checks = rules.checks_of_reminders if reminder else rules.checks
    last = expires_at is not None and rules.now >= expires_at
    no, waits = _ask(candidate, rules, checks, _always(candidate, reminder), last=last)
    if no is not None:
        return _blocked(candidate, no)
    ends = _given_up(waits)
    return _planned(candidate, rules, waits, ends and (expires_at or ends))


def _given_up(waits: Iterable[Later]) -> datetime | None:
    """When what waits from now on for caps is given up: the shortest wait counts."""
    return min((wait.expires for wait in waits if wait.expires), default=None)


def _always(candidate: Candidate, reminder: int = 0) -> str | None:
    """The first of the rules that nobody has to write that says no."""
    if candidate.opted_out:
        return "opt_out"
    if reminder and candidate.answered:
        return "answered"
    if not candidate.address:
        return "missing_address"
    if candidate.bounced:
        return "bounced"
    return "duplicate" if candidate.pending else None


def _ask(
    candidate: Candidate, rules: Rules, checks: Iterable[Check], always: str | None, *, last: bool = False
) -> tuple[No | None, list[Later]]:
    """The first no; without one, all that make it wait. At the `last` look, caps wait no more."""
    if len(candidate.cap_counts) != len(rules.caps):
        raise ValueError("the candidate was not counted for these caps")
    if always is not None:
        return _ALWAYS[always], []
    waits = []
    for check in checks:
        answer = check(candidate)
        if last and isinstance(answer, Later) and answer.refusal:
            answer = answer.refusal
        if isinstance(answer, No):
            return answer, []
        if answer is not None:
            waits.append(answer)
    return None, waits


_ALWAYS = {
    code: No(code, Reason(code))
    for code in ("opt_out", "answered", "missing_address", "bounced", "duplicate")
}


def _blocked(candidate: Candidate, no: No) -> Decision:
    return Decision(contact_id=candidate.contact_id, verdict=Verdict.BLOCKED, rule=no.rule, reason=no.reason)


def _planned(
    candidate: Candidate,
    rules: Rules,
    waits: list[Later],
    expires_at: datetime | None,
    once: str | None = None,
) -> Decision:
    """Planned, for as soon as everything that makes it wait allows, and then within the hours."""
    start = max((_until(wait, expires_at) for wait in waits), default=rules.now)
    closed = rules.hours.closed(candidate, start) if rules.hours else None
    if isinstance(closed, No):
        return _blocked(candidate, closed)
    waits = [*waits, closed] if closed else waits
    if not waits:
        return Decision(contact_id=candidate.contact_id, verdict=Verdict.PLANNED, once=once)
    due = (closed.until if closed else start).astimezone(UTC)
    told = max(waits, key=lambda wait: (bool(wait.expires), wait is not closed, wait.until))
    details = {**told.details, "until": iso(due)}
    if told.expires and expires_at:
        details["expires"] = iso(expires_at)
    return Decision(
        contact_id=candidate.contact_id,
        verdict=Verdict.PLANNED,
        rule=told.rule,
        reason=Reason(told.code, details),
        due_at=due,
        expires_at=expires_at,
        once=once,
    )


def _until(wait: Later, expires_at: datetime | None) -> datetime:
    """When to look again: a cap is looked at a last time when its message would be given up."""
    return min(wait.until, expires_at) if wait.expires and expires_at else wait.until
