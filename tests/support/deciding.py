"""What the tests of deciding are made of: rules, a deployment, candidates."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tournee.core.decide import Rules, rules
from tournee.core.facts import Candidate
from tournee.core.settings import (
    AtMost,
    Between,
    Channel,
    Counting,
    Deployment,
    EmailForm,
    FieldTest,
    FieldType,
    OncePer,
    OnlyIf,
    Rule,
    Test,
    WaitAfter,
)
from tournee.core.times import Duration
from tournee.core.windows import Window

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, ten o'clock in Paris


def at_most(limit: int, per: str, otherwise: str | None = None, **changes: Any) -> AtMost:
    usual = {"text": f"at_most {limit} per {per}", "limit": limit, "per": Duration.parse(per)}
    usual |= {"counting": Counting.EVERYTHING, "wait_up_to": otherwise and Duration.parse(otherwise)}
    return AtMost(**{**usual, **changes})


def between(*windows: str) -> Between:
    return Between(text=f"between {', '.join(windows)}", windows=tuple(map(Window.parse, windows)))


def a_test(field: str, test: Test, value: Any, type: FieldType | None = None) -> FieldTest:
    return FieldTest(field=field, test=test, value=value, type=type)


def only_if(*tests: FieldTest) -> OnlyIf:
    return OnlyIf(text="only_if {…}", tests=tests)


def not_if(*tests: FieldTest) -> OnlyIf:
    return OnlyIf(text="not_if {…}", tests=tests, negated=True)


def wait(duration: str, field: str = "purchase_date", type: FieldType = FieldType.DATE) -> WaitAfter:
    text = f"wait {duration} after {field}"
    return WaitAfter(text=text, duration=Duration.parse(duration), field=field, type=type)


ONCE = OncePer(text="once_per order_number", field="order_number")


def a_deployment(*own: Rule, key: str = "satisfaction") -> Deployment:
    form = EmailForm(sender="avis@boutique.example", subject={"*": "Votre avis"}, templates={})
    return Deployment(key=key, channel=Channel.EMAIL, form=form, rules=own)


def on(*own: Rule, everywhere: tuple[Rule, ...] = (), now: datetime = NOW, zone: ZoneInfo = PARIS) -> Rules:
    """The rules of a deployment with its `own` ones, as of `now`."""
    return rules(everywhere, a_deployment(*own), now, zone)


def a_candidate(counts: tuple[int, ...] = (), latest: datetime | None = None, **changes: Any) -> Candidate:
    usual = {"contact_id": 7, "address": "a@example.com", "opted_out": False, "pending": False}
    usual |= {"cap_counts": counts, "cap_latest": tuple(latest if count else None for count in counts)}
    return Candidate(**{**usual, **changes})
