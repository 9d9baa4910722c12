"""One decision for one contact: whom the rules allow, which of them says no, and why."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deciding import ONCE, a_candidate, at_most, on
from tournee.core.decide import Cap, Rules, decide, look_again
from tournee.core.facts import Candidate, Decision, Reason, Verdict
from tournee.core.messages import sentence
from tournee.core.settings import Counting, Sample
from tournee.core.times import Duration

SINCE = datetime(2026, 8, 25, 9, tzinfo=UTC)
ASKED = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
OWN = at_most(1, "90 days", counting=Counting.DEPLOYMENT)
GLOBAL = at_most(2, "month")
PLANNED = Decision(contact_id=7, verdict=Verdict.PLANNED)


def blocked(rule: str, reason: Reason) -> Decision:
    return Decision(contact_id=7, verdict=Verdict.BLOCKED, rule=rule, reason=reason)


def rule_of(candidate: Candidate, rules: Rules) -> str | None:
    """The rule that blocks the candidate, at both looks."""
    decision = decide(candidate, rules)
    again = look_again(candidate, rules, expires_at=None, reminder=0)
    assert (again.verdict, again.rule) == (decision.verdict, decision.rule)
    return decision.rule if decision.verdict is Verdict.BLOCKED else None


# ---------------------------------------------------------------- caps


def test_caps_are_those_for_every_deployment_and_then_the_deployments_own() -> None:
    assert on(OWN, everywhere=(GLOBAL,)).caps == (
        Cap(
            text="at_most 2 per month",
            limit=2,
            per=Duration.parse("month"),
            since=datetime(2026, 10, 23, 8, tzinfo=UTC),  # the same time of the clock, in summer
            counting=Counting.EVERYTHING,
        ),
        Cap(
            text="at_most 1 per 90 days",
            limit=1,
            per=Duration.parse("90 days"),
            since=SINCE,
            counting=Counting.DEPLOYMENT,
        ),
    )


def test_a_month_never_begins_on_the_first() -> None:
    now = datetime(2026, 11, 30, 23, 5, tzinfo=UTC)  # the first of December in Paris
    assert on(at_most(1, "1 month"), now=now).caps[0].since == datetime(2026, 10, 31, 23, 5, tzinfo=UTC)


def test_a_spent_allowance_blocks_with_its_numbers_and_dates() -> None:
    details = {
        "limit": 1, "per": "90 days", "count": 1, "since": "2026-08-25T09:00:00Z",
        "latest": "2026-11-03T10:30:00Z", "counting": "deployment",
    }  # fmt: skip
    decision = decide(a_candidate((1,), ASKED), on(OWN))
    assert decision == blocked("at_most 1 per 90 days", Reason("at_most", details))
    assert decision.reason is not None
    assert sentence(decision.reason, "en") == (
        "the contact already has 1 message of this survey since 2026-08-25, the last one of 2026-11-03; "
        "the rule allows 1 per 90 days"
    )


def test_the_first_spent_cap_gives_its_name() -> None:
    rules = on(OWN, everywhere=(GLOBAL,))
    assert rule_of(a_candidate((2, 1), ASKED), rules) == "at_most 2 per month"
    assert rule_of(a_candidate((1, 1), ASKED), rules) == "at_most 1 per 90 days"
    assert decide(a_candidate((1, 0), ASKED), rules) == PLANNED


def test_counts_that_do_not_belong_to_the_caps_decide_nothing() -> None:
    with pytest.raises(ValueError, match="not counted"):
        decide(a_candidate(), on(OWN))


# ---------------------------------------------------------------- what always blocks


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"opted_out": True}, "opt_out"),
        ({"address": None}, "missing_address"),
        ({"address": ""}, "missing_address"),
        ({"bounced": True}, "bounced"),
        ({"pending": True}, "duplicate"),
        ({"opted_out": True, "address": None, "bounced": True, "pending": True}, "opt_out"),
        ({"address": None, "pending": True}, "missing_address"),
        ({"bounced": True, "pending": True}, "bounced"),
    ],
)
def test_what_always_blocks_blocks_in_its_order(changes: dict[str, Any], rule: str) -> None:
    spent = a_candidate((9,), ASKED, **changes)
    assert decide(spent, on(OWN)) == blocked(rule, Reason(rule))
    assert rule_of(spent, on(OWN)) == rule


def test_a_reminder_is_blocked_once_the_contact_has_answered() -> None:
    answered = a_candidate(answered=True)
    assert look_again(answered, on(), expires_at=None, reminder=1) == blocked("answered", Reason("answered"))
    assert look_again(answered, on(), expires_at=None, reminder=0) == PLANNED
    assert decide(answered, on()) == PLANNED


# ---------------------------------------------------------------- once


def test_a_second_one_with_the_same_value_is_blocked() -> None:
    rules = on(ONCE)
    assert decide(a_candidate(once="ab12"), rules).once == "ab12"
    assert decide(a_candidate(once="ab12", once_taken=True), rules) == blocked(
        "once_per order_number", Reason("once_taken", {"field": "order_number"})
    )


def test_without_a_value_nobody_knows_whether_it_is_the_first() -> None:
    reason = Reason("once_empty", {"field": "order_number"})
    assert decide(a_candidate(), on(ONCE)) == blocked("once_per order_number", reason)


def test_a_value_is_taken_only_where_a_rule_asks_for_it() -> None:
    assert decide(a_candidate(once="ab12"), on()).once is None


def test_a_reminder_may_be_about_the_same_value() -> None:
    again = a_candidate(once="ab12", once_taken=True)
    assert look_again(again, on(ONCE), expires_at=None, reminder=2) == PLANNED
    assert look_again(again, on(ONCE), expires_at=None, reminder=0).rule == "once_per order_number"


# ---------------------------------------------------------------- sample


def sample(share: str) -> Sample:
    return Sample(text=f"sample {share}", share=Decimal(share))


def chosen(rules: Rules, contacts: range) -> set[int]:
    decided = (decide(a_candidate(contact_id=contact), rules) for contact in contacts)
    return {decision.contact_id for decision in decided if decision.verdict is Verdict.PLANNED}


def test_a_sample_is_about_as_large_as_it_says_and_always_the_same() -> None:
    half = chosen(on(sample("0.5")), range(10_000))
    assert 4_800 < len(half) < 5_200
    assert half == chosen(on(sample("0.5")), range(10_000))
    assert chosen(on(sample("0.2")), range(10_000)) < half
    assert chosen(on(sample("1")), range(1_000)) == set(range(1_000))


def test_who_is_in_a_sample_stays_in_it_for_years() -> None:
    assert sorted(chosen(on(sample("0.5")), range(20))) == [1, 4, 5, 6, 7, 9, 10, 13, 16, 18, 19]


def test_who_is_not_in_the_sample_is_told_of_its_size() -> None:
    out = next(iter(set(range(100)) - chosen(on(sample("0.5")), range(100))))
    decision = decide(a_candidate(contact_id=out), on(sample("0.5")))
    assert (decision.rule, decision.reason) == ("sample 0.5", Reason("sample", {"share": "50"}))


# ---------------------------------------------------------------- everything at once

shares = st.sampled_from([(True, "1"), (False, "0.0000001")])


@given(
    opted_out=st.booleans(),
    address=st.sampled_from([None, "a@example.com"]),
    bounced=st.booleans(),
    pending=st.booleans(),
    spent=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4)), max_size=4),
    share=shares,
    taken=st.booleans(),
    reminder=st.booleans(),
)
def test_only_who_passes_every_rule_is_planned(
    spent: list[tuple[int, int]], share: tuple[bool, str], taken: bool, reminder: bool, **changes: Any
) -> None:
    rules = on(*(at_most(limit, "90 days") for limit, _ in spent), sample(share[1]), ONCE)
    counts = tuple(count for _, count in spent)
    candidate = a_candidate(counts, ASKED, once="ab12", once_taken=taken, **changes)
    always = changes["address"] and not (changes["opted_out"] or changes["bounced"] or changes["pending"])
    allowed = always and share[0] and all(count < limit for limit, count in spent)
    planned = Verdict.PLANNED if allowed and not taken else Verdict.BLOCKED
    first, again = decide(candidate, rules), look_again(candidate, rules, expires_at=None, reminder=0)
    assert [first.verdict, again.verdict] == [planned, planned]
    assert (first.rule is None) == (first.reason is None) == (planned is Verdict.PLANNED)
    reminded = look_again(candidate, rules, expires_at=None, reminder=1)
    assert (reminded.verdict is Verdict.PLANNED) == bool(allowed)
