"""May this contact be solicited now, and which rule says no.

All rules must allow; the first that does not gives its name to the decision. The order is `opt_out`,
`missing_address`, `duplicate`, then the caps in the order in which they are written: those for every
deployment, then the deployment's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tournee.core.facts import Candidate, Decision, Reason, Verdict
from tournee.core.settings import AtMost, Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """`at_most`, as of now: fewer than `limit` solicitations may be later than `since`.

    `deployment` is the one whose solicitations count; None counts those of every deployment. What counts is
    waiting, held, sending, sent or uncertain. `text` is the rule as written, `per` its duration as written.
    """

    text: str
    limit: int
    per: str
    since: datetime
    deployment: str | None


def caps(
    rules_global: Sequence[AtMost], deployment: Deployment, now: datetime, timezone: ZoneInfo
) -> tuple[Cap, ...]:
    """The caps on `deployment`: the rules for every deployment, then its own; months count in `timezone`."""
    everything = [_cap(rule, None, now, timezone) for rule in rules_global]
    own = [_cap(rule, deployment.key, now, timezone) for rule in deployment.rules]
    return (*everything, *own)


def _cap(rule: AtMost, deployment: str | None, now: datetime, timezone: ZoneInfo) -> Cap:
    since = rule.per.before(now, timezone)
    return Cap(text=rule.text, limit=rule.limit, per=rule.per.text, since=since, deployment=deployment)


def decide(candidate: Candidate, caps: Sequence[Cap]) -> Decision:
    """The decision about one contact; `caps` are those that the candidate's counts were gathered for."""
    for rule, reason in _refusals(candidate, caps):
        return Decision(contact_id=candidate.contact_id, verdict=Verdict.BLOCKED, rule=rule, reason=reason)
    return Decision(contact_id=candidate.contact_id, verdict=Verdict.PLANNED)


def _refusals(candidate: Candidate, caps: Sequence[Cap]) -> Iterable[tuple[str, Reason]]:
    """Every rule that says no, in order, with why."""
    if candidate.opted_out:
        yield "opt_out", Reason("opt_out")
    if not candidate.address:
        yield "missing_address", Reason("missing_address")
    if candidate.pending:
        yield "duplicate", Reason("duplicate")
    for cap, count, latest in zip(caps, candidate.cap_counts, candidate.cap_latest, strict=True):
        if count >= cap.limit:
            yield cap.text, _spent(cap, count, latest)


def _spent(cap: Cap, count: int, latest: datetime | None) -> Reason:
    details: dict[str, object] = {"limit": cap.limit, "per": cap.per, "count": count}
    details["latest"] = latest and latest.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    details["counting"] = "everything" if cap.deployment is None else "deployment"
    return Reason("at_most", details)
