"""`only_if` and `not_if`: questions about a contact's fields."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deciding import a_candidate, a_test, not_if, on, only_if
from tournee.core.decide import Rules, decide
from tournee.core.facts import JsonValue, Reason, Verdict
from tournee.core.messages import sentence
from tournee.core.settings import FieldTest, FieldType, OnlyIf
from tournee.core.settings import Test as Ask
from tournee.core.times import Duration

FRENCH = a_test("country", Ask.IS, ("FR", "BE"))
LARGE = a_test("amount", Ask.MORE_THAN, Decimal(100), FieldType.NUMBER)
SMALL = a_test("amount", Ask.LESS_THAN, Decimal("100.5"), FieldType.NUMBER)
EQUAL = a_test("amount", Ask.IS, ("100",), FieldType.NUMBER)
MEMBER = a_test("member", Ask.IS, (True,), FieldType.BOOLEAN)
SPEAKS = a_test("language", Ask.IS, ("fr", "pt-BR"))
WRITES = a_test("email", Ask.IS, ("jean.DUPONT@x.example",))
SET = a_test("store", Ask.IS_SET, True, FieldType.TEXT)
UNSET = a_test("store", Ask.IS_SET, False, FieldType.TEXT)
BEFORE = a_test("purchase", Ask.BEFORE, date(2026, 11, 20), FieldType.DATE)
AFTER = a_test("purchase", Ask.AFTER, date(2026, 11, 20), FieldType.DATE)
SINCE_NOON = a_test("purchase", Ask.AFTER, datetime(2026, 11, 20, 11, tzinfo=UTC), FieldType.DATETIME)
RECENT = a_test("purchase", Ask.WITHIN, Duration.parse("30 days"), FieldType.DATE)
HOURS = a_test("purchase", Ask.WITHIN, Duration.parse("2 hours"), FieldType.DATETIME)


def planned(rules: Rules, **values: JsonValue) -> bool:
    return decide(a_candidate(values=values), rules).verdict is Verdict.PLANNED


CASES: list[tuple[FieldTest, JsonValue, bool | None]] = [
    (FRENCH, "FR", True),
    (FRENCH, "BE", True),
    (FRENCH, "DE", False),
    (SPEAKS, "fr", True),
    (SPEAKS, "fr-FR", True),
    (SPEAKS, "fra", False),
    (SPEAKS, "pt-BR", True),
    (SPEAKS, "pt", False),
    (WRITES, "Jean.Dupont@x.example", True),
    (WRITES, "jean@x.example", False),
    (LARGE, "100.01", True),
    (LARGE, "100", False),
    (LARGE, "-3", False),
    (LARGE, "nonsense", None),
    (LARGE, "NaN", None),
    (SMALL, "100.4999", True),
    (SMALL, "100.5", False),
    (EQUAL, "100.00", True),
    (EQUAL, "100.01", False),
    (MEMBER, True, True),
    (MEMBER, False, False),
    (BEFORE, "2026-11-19", True),
    (BEFORE, "2026-11-20", False),
    (AFTER, "2026-11-20", False),
    (AFTER, "2026-11-21", True),
    (AFTER, "2026-11-20T22:59:59Z", False),  # still the 20th in Paris
    (AFTER, "2026-11-20T23:00:00Z", True),
    (AFTER, "20/11/2026", None),
    (AFTER, "9999-12-31T23:59:59Z", True),  # "never": in Paris that is the year 10000
    (BEFORE, "9999-12-31T23:59:59Z", False),
    (RECENT, "9999-12-31T23:59:59Z", False),
    (SINCE_NOON, "2026-11-20T11:00:00Z", False),
    (SINCE_NOON, "2026-11-20T11:00:01Z", True),
    (RECENT, "2026-10-24", True),
    (RECENT, "2026-10-23", False),
    (RECENT, "2026-11-23", True),
    (RECENT, "2026-11-24", False),  # not yet
    (HOURS, "2026-11-23T07:00:00Z", True),
    (HOURS, "2026-11-23T06:59:59Z", False),
    (HOURS, "2026-11-23T09:00:01Z", False),
    (FRENCH, None, None),
    (FRENCH, "", None),
    (MEMBER, None, None),
    (RECENT, None, None),
]


@pytest.mark.parametrize(("test", "value", "holds"), CASES)
def test_only_if_wants_its_test_to_hold_and_not_if_wants_it_not_to(
    test: FieldTest, value: JsonValue, holds: bool | None
) -> None:
    assert planned(on(only_if(test)), **{test.field: value}) is (holds is True)
    assert planned(on(not_if(test)), **{test.field: value}) is (holds is not True)


@pytest.mark.parametrize(("value", "is_set"), [("Lyon", True), ("", False), (None, False)])
def test_a_field_is_set_when_something_is_in_it(value: JsonValue, is_set: bool) -> None:
    assert planned(on(only_if(SET)), store=value) is is_set
    assert planned(on(only_if(UNSET)), store=value) is not is_set
    assert planned(on(not_if(SET)), store=value) is not is_set


def test_the_first_instant_of_all_is_a_day_west_of_greenwich_too() -> None:
    values = {"purchase": "0001-01-01T00:00:00Z"}
    for test, verdict in ((BEFORE, Verdict.PLANNED), (AFTER, Verdict.BLOCKED)):
        rules = on(only_if(test), zone=ZoneInfo("America/New_York"))
        assert decide(a_candidate(values=values), rules).verdict is verdict


def test_a_field_that_nobody_ever_filled_is_empty() -> None:
    assert planned(on(only_if(UNSET)))
    assert not planned(on(only_if(FRENCH)))
    assert planned(on(not_if(FRENCH)))


@given(st.lists(st.sampled_from([case for case in CASES if case[2] is not None]), max_size=4))
def test_all_of_only_if_must_hold_and_none_of_not_if(cases: list[Any]) -> None:
    by_field = {test.field: (test, value, holds) for test, value, holds in cases}
    values = {field: value for field, (_, value, _) in by_field.items()}
    tests = [test for test, _, _ in by_field.values()]
    answers = [holds for _, _, holds in by_field.values()]
    assert planned(on(only_if(*tests)), **values) is all(answers)
    assert planned(on(not_if(*tests)), **values) is not any(answers)


def test_the_rules_know_which_fields_they_look_at() -> None:
    assert on(only_if(FRENCH, LARGE), not_if(SET)).fields == {"country", "amount", "store"}


# ---------------------------------------------------------------- why


@pytest.mark.parametrize(
    ("rule", "values", "told"),
    [
        (only_if(FRENCH), {"country": "DE"}, "only where country is FR or BE, and it is not so"),
        (only_if(FRENCH), {}, "only where country is FR or BE, and it is empty"),
        (only_if(LARGE), {"amount": "9"}, "only where amount is more than 100, and it is not so"),
        (not_if(LARGE), {"amount": "900"}, "not where amount is more than 100, and it is so"),
        (not_if(MEMBER), {"member": True}, "not where member is true, and it is so"),
        (only_if(SET), {}, "only where store is not empty, and it is not so"),
        (only_if(UNSET), {"store": "Lyon"}, "only where store is empty, and it is not so"),
        (only_if(BEFORE), {}, "only where purchase is before 2026-11-20, and it is empty"),
        (
            only_if(RECENT),
            {"purchase": "2026-01-01"},
            "only where purchase lies within the last 30 days (since 2026-10-24), and it is not so",
        ),
    ],
)
def test_why_names_the_test_and_never_the_contacts_value(
    rule: OnlyIf, values: dict[str, JsonValue], told: str
) -> None:
    decision = decide(a_candidate(values=values), on(rule))
    assert decision.rule == rule.text
    assert decision.reason is not None
    assert sentence(decision.reason, "en") == told
    assert "?" not in sentence(decision.reason, "fr")


def test_the_first_test_that_fails_is_told() -> None:
    decision = decide(a_candidate(values={"country": "FR", "amount": "3"}), on(only_if(FRENCH, LARGE)))
    details = {"field": "amount", "test": "more_than", "wanted": ["100"], "empty": False}
    assert decision.reason == Reason("only_if", details)
