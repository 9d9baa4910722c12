"""Candidates of one portion, who are not in each other's history; and when so many are held."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tournee.core.decide import Rules, rules
from tournee.core.decide.holding import far_more
from tournee.core.decide.together import decide_together
from tournee.core.facts import Candidate
from tournee.core.settings import Channel, Deployment, EmailForm, HoldAbove, OncePer

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = EmailForm(sender="a@example.com", subject={}, templates={})


def rules_of(*written: OncePer) -> Rules:
    deployment = Deployment(key="survey", channel=Channel.EMAIL, form=FORM, rules=written)
    return rules((), deployment, NOW, ZoneInfo("UTC"))


ONCE = rules_of(OncePer(text="once_per order", field="order"))


def person(number: int, address: str | None = None, once: str | None = None, out: bool = False) -> Candidate:
    address = address or f"p{number}@example.com"
    return Candidate(contact_id=number, address=address, opted_out=out, pending=False, once=once)


def who_says_no(applied: Rules, *candidates: Candidate) -> list[str | None]:
    return [decision.rule for decision in decide_together(candidates, applied)]


def test_of_one_address_the_first_is_asked_whatever_its_case():
    same = [person(1, "Lea@Example.com"), person(2, "lea@example.com"), person(3)]
    assert who_says_no(rules_of(), *same) == [None, "duplicate", None]


def test_of_one_value_the_first_is_asked():
    same = [person(1, once="a"), person(2, once="b"), person(3, once="a")]
    assert who_says_no(ONCE, *same) == [None, None, "once_per order"]


def test_who_is_blocked_takes_nothing_from_the_next():
    same = [person(1, "a@example.com", "a", out=True), person(2, "a@example.com", "a")]
    assert who_says_no(ONCE, *same) == ["opt_out", None]


def test_contacts_without_an_address_are_no_duplicates():
    nobody = [Candidate(contact_id=n, address=None, opted_out=False, pending=False) for n in (1, 2)]
    assert who_says_no(rules_of(), *nobody) == ["missing_address"] * 2


@pytest.mark.parametrize(
    ("limit", "usual", "held_from"),
    [
        (HoldAbove(text="5", number=5), None, 6),
        (HoldAbove(text="2x usual", times_usual=Decimal(2)), 3.5, 8),
        (HoldAbove(text="1.1x usual", times_usual=Decimal("1.1")), 10.0, 12),
    ],
)
def test_more_than_the_limit_is_far_more(limit: HoldAbove, usual: float | None, held_from: int):
    assert not far_more(held_from - 1, limit, usual)
    assert far_more(held_from, limit, usual)


def test_nothing_is_far_more_without_a_limit_or_while_nobody_knows_what_is_usual():
    assert not far_more(10**6, None, 1)
    assert not far_more(10**6, HoldAbove(text="3x usual", times_usual=Decimal(3)), None)
