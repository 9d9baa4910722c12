"""Planned, but not yet: caps that wait for their turn, dates to wait for, hours in which nothing leaves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.deciding import NOW, a_candidate, a_test, at_most, between, on, only_if, wait
from tournee.core.decide import Rules, decide, look_again
from tournee.core.facts import Candidate, Decision, Reason, Verdict
from tournee.core.messages import sentence
from tournee.core.settings import FieldType
from tournee.core.settings import Test as Ask

DAY = timedelta(days=1)
CAP = at_most(1, "90 days", otherwise="14 days")
DEADLINE = NOW + 14 * DAY
LONG_AGO = NOW - 90 * DAY + timedelta(hours=5)  # counts for five hours more
DAILY = between("09:00-20:00 mon-sat")
SPENT = a_candidate((1,), NOW - 10 * DAY)


def due(candidate: Candidate, rules: Rules) -> datetime | None:
    decision = decide(candidate, rules)
    assert decision.verdict is Verdict.PLANNED
    return decision.due_at


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- caps that wait


def test_a_cap_that_waits_plans_and_is_looked_at_every_day_until_its_end() -> None:
    decision = decide(SPENT, on(CAP))
    assert (decision.verdict, decision.rule) == (Verdict.PLANNED, CAP.text)
    assert (decision.due_at, decision.expires_at) == (NOW + DAY, DEADLINE)
    assert decision.reason is not None
    assert sentence(decision.reason, "en").endswith(
        "; looked at again at 2026-11-24 09:00 UTC, for the last time at 2026-12-07 09:00 UTC"
    )


def test_it_is_looked_at_as_soon_as_the_cap_is_free() -> None:
    assert due(a_candidate((1,), LONG_AGO), on(CAP)) == NOW + timedelta(hours=5)


def test_it_is_looked_at_a_last_time_when_it_would_be_given_up() -> None:
    assert due(SPENT, on(at_most(1, "90 days", otherwise="3 hours"))) == NOW + timedelta(hours=3)


def test_of_something_unsent_that_is_older_than_the_cap_nobody_knows_when_it_is_free() -> None:
    assert due(a_candidate((1,), NOW - 200 * DAY), on(CAP)) == NOW + DAY


def test_the_shortest_of_several_waits_is_the_deadline() -> None:
    rules = on(CAP, at_most(1, "1 year", otherwise="2 days"))
    assert decide(a_candidate((1, 1), NOW - DAY), rules).expires_at == NOW + 2 * DAY


@pytest.mark.parametrize("other", [at_most(2, "1 year"), only_if(a_test("store", Ask.IS_SET, True))])
def test_a_cap_does_not_wait_where_something_else_says_no(other: object) -> None:
    counts = (1, 2) if other == at_most(2, "1 year") else (1,)
    decision = decide(a_candidate(counts, NOW - DAY), on(CAP, other))  # type: ignore[arg-type]
    assert (decision.verdict, decision.rule) == (Verdict.BLOCKED, other.text)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- the second look at them


def again(candidate: Candidate, rules: Rules, expires_at: datetime | None) -> Decision:
    return look_again(candidate, rules, expires_at=expires_at, reminder=0)


def test_a_cap_that_is_free_by_then_lets_it_go() -> None:
    for expires_at in (DEADLINE, NOW, NOW - DAY, None):
        assert again(a_candidate((0,)), on(CAP), expires_at) == Decision(
            contact_id=7, verdict=Verdict.PLANNED
        )


def test_a_cap_that_is_not_makes_it_wait_again_until_the_first_deadline() -> None:
    decision = again(SPENT, on(CAP), NOW + timedelta(hours=2))
    assert (decision.verdict, decision.rule) == (Verdict.PLANNED, CAP.text)
    assert decision.due_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize("reminder", [0, 1])
def test_a_message_that_never_waited_for_a_cap_waits_from_the_second_look_on(reminder: int) -> None:
    rules = on(CAP, at_most(1, "1 year", otherwise="2 days"))
    spent = a_candidate((1, 1), NOW - 10 * DAY)
    decision = look_again(spent, rules, expires_at=None, reminder=reminder)
    assert (decision.verdict, decision.rule) == (Verdict.PLANNED, CAP.text)
    assert (decision.due_at, decision.expires_at) == (NOW + DAY, NOW + 2 * DAY)
    last = on(CAP, now=NOW + 2 * DAY)
    assert again(SPENT, last, decision.expires_at).verdict is Verdict.BLOCKED


def test_what_waits_for_something_else_has_no_end() -> None:
    later = a_candidate((0,), values={"purchase_date": "2026-12-22"})
    assert again(later, on(wait("3 days"), CAP), None).expires_at is None
    assert again(later, on(wait("3 days"), CAP), DEADLINE).expires_at is None


@pytest.mark.parametrize("expires_at", [NOW, NOW - DAY])
def test_after_the_deadline_the_cap_blocks_it(expires_at: datetime) -> None:
    decision = again(SPENT, on(CAP), expires_at)
    assert (decision.verdict, decision.rule) == (Verdict.BLOCKED, CAP.text)
    assert decision.reason is not None
    assert decision.reason.code == "at_most"


@given(st.integers(0, 3), st.integers(0, 40), st.one_of(st.none(), st.integers(-40, 40)))
def test_whatever_waits_waits_for_later_and_never_beyond_its_end(
    count: int, hours: int, left: int | None
) -> None:
    candidate = a_candidate((count,), NOW - timedelta(hours=hours))
    expires_at = None if left is None else NOW + timedelta(hours=left)
    decision = again(candidate, on(at_most(2, "1 day", otherwise="1 day")), expires_at)
    if decision.due_at is not None:
        assert decision.expires_at == (expires_at or NOW + DAY)
        assert NOW < decision.due_at <= min(decision.expires_at, NOW + DAY)
    assert (decision.verdict is Verdict.BLOCKED) == (count >= 2 and left is not None and left <= 0)


# ---------------------------------------------------------------- wait


@pytest.mark.parametrize(
    ("duration", "value", "until"),
    [
        ("3 days", "2026-11-22", "2026-11-25T00:00+01:00"),
        ("3 days", "2026-11-20", None),
        ("1 day", "2026-11-23", "2026-11-24T00:00+01:00"),
        ("30 hours", "2026-11-23", "2026-11-24T06:00+01:00"),
        ("1 month", "2026-10-31", "2026-11-30T00:00+01:00"),
        ("2 hours", "2026-11-23T08:30:00Z", "2026-11-23T10:30:00Z"),
        ("40 days", "2026-10-24", "2026-12-03T00:00+01:00"),  # days of the calendar: summer time ends
        ("0", "2026-11-23", None),
    ],
)
def test_it_waits_until_so_long_after_a_date(duration: str, value: str, until: str | None) -> None:
    found = due(a_candidate(values={"purchase_date": value}), on(wait(duration)))
    assert found == (at(until) if until else None)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "wait_empty"),
        ("", "wait_empty"),
        ("next week", "wait_empty"),
        (7, "wait_empty"),
        ("9999-12-31", "wait_far"),
        ("2199-01-01", "wait_far"),
    ],
)
def test_without_a_date_to_count_from_it_is_blocked(value: str | int | None, code: str) -> None:
    decision = decide(a_candidate(values={"purchase_date": value}), on(wait("3 days")))
    assert (decision.verdict, decision.rule) == (Verdict.BLOCKED, "wait 3 days after purchase_date")
    assert decision.reason is not None
    assert decision.reason.code == code


def test_a_wait_is_told_with_its_date() -> None:
    decision = decide(a_candidate(values={"purchase_date": "2026-11-22"}), on(wait("3 days")))
    details = {"field": "purchase_date", "duration": "3 days", "until": "2026-11-24T23:00:00Z"}
    assert (decision.rule, decision.reason) == (
        "wait 3 days after purchase_date",
        Reason("wait_after", details),
    )


def test_a_reminder_waits_for_no_date() -> None:
    later = a_candidate(values={"purchase_date": "2026-12-22"})
    assert look_again(later, on(wait("3 days")), expires_at=None, reminder=1).due_at is None
    assert again(later, on(wait("3 days")), None).due_at == at("2026-12-25T00:00+01:00")


# ---------------------------------------------------------------- hours


def test_a_window_blocks_nobody_and_moves_the_hour() -> None:
    night = datetime(2026, 11, 28, 21, tzinfo=UTC)
    decision = decide(a_candidate(), on(DAILY, now=night))
    assert (decision.verdict, decision.due_at) == (Verdict.PLANNED, at("2026-11-30T09:00+01:00"))
    details = {"timezone": "Europe/Paris", "until": "2026-11-30T08:00:00Z"}
    assert (decision.rule, decision.reason) == (DAILY.text, Reason("between", details))
    assert again(a_candidate(), on(DAILY, now=night), None) == decision


@pytest.mark.parametrize(
    ("country", "until"),
    [
        ("RE", "2026-11-28T06:00+00:00"),  # ten in the morning on Réunion: it is open
        ("US", "2026-11-28T08:00+00:00"),  # several zones: the configured one
        (None, "2026-11-28T08:00+00:00"),
        ("JP", "2026-11-28T06:00+00:00"),
        ("GB", "2026-11-28T09:00+00:00"),
    ],
)
def test_the_hours_are_those_of_the_contacts_country_if_it_has_one_zone(
    country: str | None, until: str
) -> None:
    now = datetime(2026, 11, 28, 6, tzinfo=UTC)
    assert (due(a_candidate(values={"country": country}), on(DAILY, now=now)) or now) == at(until)


def test_what_is_known_of_the_hours_stays_small() -> None:
    rules = on(between("09:00-20:00"), wait("3 days", "at", FieldType.DATETIME))
    for second in range(10_000):  # each is due at an instant of its own
        decide(a_candidate(values={"at": (NOW + timedelta(seconds=second)).isoformat()}), rules)
    assert rules.hours is not None
    assert len(rules.hours._found) <= 5_000


def test_the_windows_of_all_rules_must_be_open() -> None:
    rules = on(between("10:00-12:00"), everywhere=(between("mon-fri"), between("11:00-15:00")))
    decision = decide(a_candidate(), rules)
    assert (decision.rule, decision.due_at) == ("between 11:00-15:00", at("2026-11-23T11:00+01:00"))


def test_windows_that_never_meet_let_nothing_leave() -> None:
    decision = decide(a_candidate(), on(between("mon-fri"), between("sat")))
    assert (decision.verdict, decision.rule) == (Verdict.BLOCKED, "between sat")


def test_after_a_wait_come_the_hours_and_the_wait_is_told() -> None:
    decision = decide(a_candidate(values={"purchase_date": "2026-11-25"}), on(DAILY, wait("3 days")))
    assert decision.due_at == at("2026-11-28T09:00+01:00")
    assert decision.rule == "wait 3 days after purchase_date"


def test_a_cap_that_waits_is_told_before_all_else() -> None:
    decision = decide(
        a_candidate((1,), LONG_AGO, values={"purchase_date": "2026-11-25"}), on(DAILY, wait("3 days"), CAP)
    )
    assert (decision.rule, decision.due_at) == (CAP.text, at("2026-11-28T09:00+01:00"))
    assert decision.expires_at == DEADLINE


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["FR", "US", "NZ", "MA", None]),
    st.sampled_from([None, 0, 1, 30]),
)
def test_what_is_due_when_it_is_looked_at_again_leaves(
    now: datetime, country: str | None, days: int | None
) -> None:
    date = (now + timedelta(days=days or 0)).date().isoformat()
    rules = [DAILY] if days is None else [DAILY, wait("1 day")]
    candidate = a_candidate(values={"country": country, "purchase_date": date})
    first = due(candidate, on(*rules, now=now)) or now
    assert look_again(candidate, on(*rules, now=first), expires_at=None, reminder=0).due_at is None
    assert first == now or due(candidate, on(*rules, now=first - timedelta(seconds=1))) == first


def test_every_reason_has_its_words_in_both_languages() -> None:
    late = datetime(2026, 11, 28, 21, tzinfo=UTC)
    decisions = [
        decide(SPENT, on(CAP)), decide(a_candidate(), on(DAILY, now=late)),
        decide(a_candidate(), on(wait("1 day"))),
        decide(a_candidate(values={"purchase_date": "2026-11-23"}), on(wait("1 day"))),
        decide(a_candidate(values={"purchase_date": "9999-12-31"}), on(wait("1 day"))),
        decide(a_candidate(), on(between("mon"), between("tue"))), decide(a_candidate(bounced=True), on()),
        look_again(a_candidate(answered=True), on(), expires_at=None, reminder=1),
    ]  # fmt: skip
    told = [sentence(one.reason, language) for one in decisions for language in ("en", "fr") if one.reason]
    assert len(told) == 2 * len(decisions)
    assert [words for words in told if "?" in words or "=" in words] == []
