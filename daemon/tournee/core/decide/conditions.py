"""`only_if` and `not_if`: questions about the fields of a contact.

A field that is empty, or holds what cannot be read as its type (which may have been changed since), answers
no question but `is_set`.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from tournee.core.decide.answers import Answer, Check, No
from tournee.core.decide.moments import Moment, day_of, moment
from tournee.core.facts import Candidate, JsonValue, Reason
from tournee.core.settings import FieldTest, FieldType, OnlyIf, Test
from tournee.core.times import Duration

Values = Mapping[str, JsonValue]
#: Whether a value, which is not empty, passes; None if it cannot be read.
Passes = Callable[[JsonValue], bool | None]


def check(rule: OnlyIf, now: datetime, timezone: ZoneInfo) -> Check:
    """The check of a rule; `within` ends at `now`, and days are those of `timezone`."""
    tests = [_test(rule, test, now, timezone) for test in rule.tests]
    negated = rule.negated

    def asked(candidate: Candidate) -> Answer:
        for passes, key, refusal, refusal_of_empty in tests:
            value = candidate.values.get(key)
            answer = passes(value)
            if (not answer) is not negated:
                return refusal_of_empty if answer is None else refusal
        return None

    return asked


def _test(rule: OnlyIf, test: FieldTest, now: datetime, timezone: ZoneInfo) -> tuple[Passes, str, No, No]:
    told = _details(test, now, timezone)
    code = "not_if" if rule.negated else "only_if"
    refusal, of_empty = (No(rule.text, Reason(code, {**told, "empty": empty})) for empty in (False, True))
    passes = _passes(test, now, timezone)
    if test.test is not Test.IS_SET:
        passes = _unless_empty(passes)
    return passes, test.field, refusal, of_empty


def _unless_empty(passes: Passes) -> Passes:
    return lambda value: None if value is None or value == "" else passes(value)


def _details(test: FieldTest, now: datetime, timezone: ZoneInfo) -> dict[str, object]:
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    told: dict[str, object] = {"field": test.field, "test": test.test.value}
    told["wanted"] = [_written(value) for value in values]
    if isinstance(test.value, Duration):
        told["since"] = day_of(test.value.before(now, timezone), timezone).isoformat()
    return told


def _written(value: str | bool | Decimal | date | Duration) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _passes(test: FieldTest, now: datetime, timezone: ZoneInfo) -> Passes:
    """The question itself."""
    value = test.value
    if isinstance(value, bool):
        return lambda found: (found is not None and found != "") is value
    if isinstance(value, tuple):
        return _is(test, value)
    if isinstance(value, Decimal):
        return _more_than(value) if test.test is Test.MORE_THAN else _less_than(value)
    if isinstance(value, Duration):
        return _within(value, now, timezone)
    return _after(value, timezone) if test.test is Test.AFTER else _before(value, timezone)


# ---------------------------------------------------------------- what it is


def _is(test: FieldTest, values: tuple[str | bool, ...]) -> Passes:
    if test.field == "language" and test.type is None:
        return _is_language(frozenset(str(value) for value in values))
    if test.field == "email" and test.type is None:
        return _is_email(frozenset(str(value).casefold() for value in values))
    if test.type is FieldType.NUMBER:
        numbers = frozenset(Decimal(str(value)) for value in values)
        return lambda found: None if (number := _number(found)) is None else number in numbers
    wanted = frozenset(values)
    return lambda found: found in wanted if isinstance(found, str | bool) else None


def _is_language(tags: frozenset[str]) -> Passes:
    """`fr` is any French; `fr-CA` is that of Canada only."""
    starts = tuple(f"{tag}-" for tag in tags)
    return lambda found: found in tags or found.startswith(starts) if isinstance(found, str) else None


def _is_email(addresses: frozenset[str]) -> Passes:
    """In capitals or not, as everywhere."""
    return lambda found: found.casefold() in addresses if isinstance(found, str) else None


# ---------------------------------------------------------------- numbers


def _more_than(limit: Decimal) -> Passes:
    return lambda found: None if (number := _number(found)) is None else number > limit


def _less_than(limit: Decimal) -> Passes:
    return lambda found: None if (number := _number(found)) is None else number < limit


def _number(value: JsonValue) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# ---------------------------------------------------------------- dates


def _before(limit: Moment, timezone: ZoneInfo) -> Passes:
    return lambda found: None if (at := moment(found)) is None else _compare(at, limit, timezone) < 0


def _after(limit: Moment, timezone: ZoneInfo) -> Passes:
    return lambda found: None if (at := moment(found)) is None else _compare(at, limit, timezone) > 0


def _within(duration: Duration, now: datetime, timezone: ZoneInfo) -> Passes:
    since = duration.before(now, timezone)

    def recent(found: JsonValue) -> bool | None:
        at = moment(found)
        if at is None:
            return None
        return _compare(at, since, timezone) >= 0 and _compare(at, now, timezone) <= 0

    return recent


def _compare(one: Moment, other: Moment, timezone: ZoneInfo) -> int:
    """Below, at or above 0 as `one` is before, at or after `other`: by the instant, or else by the day."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one > other) - (one < other)
    days = day_of(one, timezone), day_of(other, timezone)
    return (days[0] > days[1]) - (days[0] < days[1])
