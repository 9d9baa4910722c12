from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.decide import Cap, caps, decide
from tournee.core.facts import Candidate, Decision, Reason, Verdict
from tournee.core.settings import AtMost, Channel, Deployment
from tournee.core.times import Duration

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SINCE = datetime(2026, 8, 25, 9, tzinfo=UTC)
ASKED = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
OWN = Cap(text="at_most 1 per 90 days", limit=1, per="90 days", since=SINCE, deployment="satisfaction")
GLOBAL = Cap(text="at_most 2 per month", limit=2, per="month", since=SINCE, deployment=None)


def at_most(limit: int, per: str) -> AtMost:
    return AtMost(text=f"at_most {limit} per {per}", limit=limit, per=Duration.parse(per))


def a_deployment(*rules: AtMost) -> Deployment:
    return Deployment(
        key="satisfaction",
        channel=Channel.EMAIL,
        sender="avis@boutique.example",
        subject={"*": "Votre avis"},
        templates={},
        survey_url="https://survey.example/s/1",
        rules=rules,
    )


def a_candidate(**changes: Any) -> Candidate:
    usual = {"contact_id": 7, "address": "a@example.com", "opted_out": False, "pending": False}
    return Candidate(**{**usual, **changes})


def blocked(rule: str, reason: Reason) -> Decision:
    return Decision(contact_id=7, verdict=Verdict.BLOCKED, rule=rule, reason=reason)


PLANNED = Decision(contact_id=7, verdict=Verdict.PLANNED)


# ---------------------------------------------------------------- caps


def test_global_rules_count_everything_and_a_deployments_own_count_itself() -> None:
    found = caps([at_most(2, "month")], a_deployment(at_most(1, "90 days")), NOW, PARIS)
    assert found == (
        Cap(
            text="at_most 2 per month",
            limit=2,
            per="month",
            since=datetime(2026, 10, 23, 8, tzinfo=UTC),  # the same time of the clock, in summer
            deployment=None,
        ),
        Cap(text="at_most 1 per 90 days", limit=1, per="90 days", since=SINCE, deployment="satisfaction"),
    )


def test_caps_keep_the_order_in_which_they_are_written() -> None:
    rules = [at_most(3, "1 year"), at_most(1, "1 day"), at_most(2, "1 week")]
    assert [cap.text for cap in caps(rules, a_deployment(*rules), NOW, PARIS)] == [
        rule.text for rule in rules * 2
    ]


def test_a_month_never_begins_on_the_first() -> None:
    now = datetime(2026, 12, 1, 0, 5, tzinfo=PARIS)
    (cap,) = caps([at_most(1, "1 month")], a_deployment(), now, PARIS)
    assert cap.since == datetime(2026, 11, 1, 0, 5, tzinfo=PARIS)


# ---------------------------------------------------------------- decisions


def test_a_contact_whom_no_rule_refuses_is_planned() -> None:
    assert decide(a_candidate(), []) == PLANNED
    asked_once = a_candidate(cap_counts=(1, 0), cap_latest=(ASKED, None))
    assert decide(asked_once, [GLOBAL, OWN]) == PLANNED


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"opted_out": True}, "opt_out"),
        ({"address": None}, "missing_address"),
        ({"address": ""}, "missing_address"),
        ({"pending": True}, "duplicate"),
        ({"opted_out": True, "address": None, "pending": True}, "opt_out"),
        ({"address": None, "pending": True}, "missing_address"),
    ],
)
def test_what_always_blocks_blocks_in_its_order(changes: dict[str, Any], rule: str) -> None:
    spent = a_candidate(**changes, cap_counts=(9,), cap_latest=(ASKED,))
    assert decide(spent, [OWN]) == blocked(rule, Reason(rule))


def test_a_spent_allowance_blocks_with_the_rule_as_written_and_when_it_was_spent() -> None:
    spent = a_candidate(cap_counts=(1,), cap_latest=(ASKED,))
    details = {
        "limit": 1, "per": "90 days", "count": 1, "latest": "2026-11-03T10:30:00Z", "counting": "deployment",
    }  # fmt: skip
    assert decide(spent, [OWN]) == blocked("at_most 1 per 90 days", Reason("at_most", details))


def test_the_first_spent_cap_gives_its_name() -> None:
    both = a_candidate(cap_counts=(2, 1), cap_latest=(ASKED, ASKED))
    second = a_candidate(cap_counts=(1, 1), cap_latest=(ASKED, ASKED))
    assert decide(both, [GLOBAL, OWN]).rule == "at_most 2 per month"
    assert decide(second, [GLOBAL, OWN]).rule == "at_most 1 per 90 days"


def test_a_limit_of_none_blocks_everybody() -> None:
    never = Cap(text="at_most 0 per 1 day", limit=0, per="1 day", since=SINCE, deployment=None)
    decision = decide(a_candidate(cap_counts=(0,), cap_latest=(None,)), [never])
    assert decision.rule == "at_most 0 per 1 day"
    assert decision.reason is not None
    assert decision.reason.details["latest"] is None


def test_counts_that_do_not_belong_to_the_caps_decide_nothing() -> None:
    with pytest.raises(ValueError, match="shorter"):
        decide(a_candidate(), [OWN])


@given(
    st.booleans(),
    st.sampled_from([None, "a@example.com"]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=4),
)
def test_only_who_passes_every_rule_is_planned(
    opted_out: bool, address: str | None, pending: bool, spent: list[tuple[int, int]]
) -> None:
    limits = [
        Cap(text=f"cap {n}", limit=limit, per="", since=SINCE, deployment=None)
        for n, (limit, _) in enumerate(spent)
    ]
    counts = tuple(count for _, count in spent)
    candidate = a_candidate(
        opted_out=opted_out,
        address=address,
        pending=pending,
        cap_counts=counts,
        cap_latest=(None,) * len(spent),
    )
    allowed = not opted_out and bool(address) and not pending and all(count < limit for limit, count in spent)
    decision = decide(candidate, limits)
    assert (
        (decision.verdict is Verdict.PLANNED)
        == allowed
        == (decision.rule is None)
        == (decision.reason is None)
    )
