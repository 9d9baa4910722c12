"""`only_if` and `not_if`: questions about the fields of a contact, their values as they are stored."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tournee.config import words
from tournee.config.document import Scalar, Tree
from tournee.config.groups import Many
from tournee.config.kinds import ANY_TEXT, FLAG, Said, Text, address
from tournee.config.measures import some_time
from tournee.config.mistakes import Wrong, listed, meant, quoted
from tournee.config.schema import FLAWED, JsonSchema, Kind, Reading, Spot, misshapen
from tournee.core.languages import STANDARD
from tournee.core.settings import FieldTest, FieldType, Test
from tournee.core.times import Duration

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_MOMENT = re.compile(rf"{_DAY.pattern}[T ]{_TIME}")
_ONE_OF = "one_of"

#: What each question is about, as editors show it.
_ABOUT: Mapping[str, str] = {
    Test.IS: "The value that it must be.",
    _ONE_OF: "The values of which it must be one.",
    Test.IS_SET: "Whether it must be filled (`true`) or empty (`false`).",
    Test.MORE_THAN: "The number that it must exceed.",
    Test.LESS_THAN: "The number that it must stay below.",
    Test.BEFORE: "The date before which it must be.",
    Test.AFTER: "The date after which it must be.",
    Test.WITHIN: "How long ago it may be at most, such as `30 days`; not in the future.",
}


# ---------------------------------------------------------------- values


def _number(said: Said) -> Decimal:
    if not _NUMBER.fullmatch(said.text):
        better = said.text.replace(",", ".")
        hint = f"; did you mean {quoted(better)}?" if _NUMBER.fullmatch(better) else ""
        raise Wrong(f"{quoted(said.text)} is not a number such as `12.5`{hint}")
    return Decimal(said.text)


def _day(said: Said) -> date:
    try:
        if _DAY.fullmatch(said.text):
            return date.fromisoformat(said.text)
    except ValueError:
        raise Wrong(f"there is no day {quoted(said.text)}") from None
    raise Wrong(f"{quoted(said.text)} is not a date such as `2026-11-23`")


def _moment(said: Said) -> date | datetime:
    """A day as such, or an instant; one without a zone is local to `timezone`."""
    if not _MOMENT.fullmatch(said.text):
        return _day(said)
    try:
        moment = datetime.fromisoformat(said.text)
        if moment.tzinfo:
            return moment.astimezone(UTC)
        zone = ZoneInfo(said.reading.timezone)
        instant = moment.replace(tzinfo=zone).astimezone(UTC)
        skipped = instant.astimezone(zone).replace(tzinfo=None) != moment
    except (ValueError, OverflowError):
        raise Wrong(f"there is no time {quoted(said.text)}") from None
    if skipped:
        raise Wrong(f"the clocks of {quoted(said.reading.timezone)} skip {quoted(said.text)}")
    return instant


def _within(said: Said) -> Duration:
    return some_time(said.text, "write some time, such as `30 days`")


def _email(said: Said) -> str:
    try:
        return address(said.text)
    except ValueError as error:
        raise Wrong(str(error)) from None


def _phone(said: Said) -> str:
    number = re.sub(r"[ .()/-]", "", said.text)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise Wrong(f"{quoted(said.text)} is not a phone with its country, such as `+33 6 12 34 56 78`")
    return number


def _text_of(parse: Callable[[Said], Any]) -> Callable[[Said], str]:
    return lambda said: str(parse(said))


NUMBER = Text(wants="a number such as `12.5`", parse=_number, schema=ANY_TEXT)
DAY = Text(wants="a date such as `2026-11-23`", parse=_day)
MOMENT = Text(wants="a date such as `2026-11-23`, or `2026-11-23T09:30`", parse=_moment)
WITHIN = Text(wants="a duration such as `30 days`", parse=_within)
PLAIN = Text(wants="a text", parse=words.plain, schema=ANY_TEXT)

_STANDARD: Mapping[str, Text] = {
    "country": Text(wants="a country such as `FR` or `France`", parse=words.country),
    "language": Text(wants="a language such as `fr`", parse=words.language),
    "gender": Text(wants="`female`, `male` or `other`", parse=words.gender),
    "title": Text(wants="a title such as `mr` or `mrs`", parse=words.title),
    "email": Text(wants="an email address", parse=_email),
    "phone": Text(wants="a phone such as `+33 6 12 34 56 78`", parse=_phone),
}


# ---------------------------------------------------------------- questions about one field


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A field that is asked about; `type` is None for a standard one."""

    key: str
    type: FieldType | None

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The questions that make sense, and what each takes."""
        values, order = self._values, self._order
        asked: dict[str, Kind] = {Test.IS: values, _ONE_OF: Many(item=values)} if values else {}
        asked[Test.IS_SET] = FLAG
        if self.type is FieldType.NUMBER:
            asked |= {Test.MORE_THAN: NUMBER, Test.LESS_THAN: NUMBER}
        if order is not None:
            asked |= {Test.BEFORE: order, Test.AFTER: order, Test.WITHIN: WITHIN}
        return asked

    @property
    def _order(self) -> Text | None:
        return {FieldType.DATE: DAY, FieldType.DATETIME: MOMENT}.get(self.type) if self.type else None

    @property
    def _values(self) -> Text | None:
        """What it may be; None where no two contacts have the same."""
        if self.type is None:
            return _STANDARD.get(self.key, PLAIN)
        values = {
            FieldType.TEXT: PLAIN,
            FieldType.NUMBER: Text(wants=NUMBER.wants, parse=_text_of(_number), schema=ANY_TEXT),
            FieldType.DATE: Text(wants=DAY.wants, parse=_text_of(_day)),
            FieldType.BOOLEAN: FLAG,
            FieldType.CHOICE: Text(
                wants=f"a choice of {quoted(self.key)}", parse=words.choice_of(self.key), schema=ANY_TEXT
            ),
        }
        return values.get(self.type)

    def tests(self, spot: Spot, reading: Reading) -> list[FieldTest] | None:
        """The questions that are written about it; None where one is wrong."""
        if isinstance(spot.node, Tree) and spot.node.entries:
            found = [
                self._test(word, spot.below(word, entry), reading)
                for word, entry in spot.node.entries.items()
            ]
            return None if None in found else [test for test in found if test]
        kind = self.kinds.get(_ONE_OF)
        if kind is None or isinstance(spot.node, Tree) or (isinstance(spot.node, Scalar) and spot.node.empty):
            wants = f"what is asked about {quoted(self.key)}, such as {self._example}"
            misshapen(Text(wants=wants, parse=words.plain), spot, reading)
            return None
        test = self._made(_ONE_OF, kind.read(spot, reading))
        return [test] if test else None

    @property
    def _example(self) -> str:
        return "`{within: 30 days}`" if self._order else "`{is_set: true}`"

    def _test(self, word: str, spot: Spot, reading: Reading) -> FieldTest | None:
        kinds = self.kinds
        if word not in kinds:
            what = f"{quoted(self.key)}, a {self.type}" if self.type else quoted(self.key)
            message = f"{quoted(word)} means nothing for {what}: write {listed(kinds)}"
            reading.mistakes.add(spot.place, message + meant(word, kinds))
            return None
        return self._made(word, kinds[word].read(spot, reading))

    def _made(self, word: str, value: Any) -> FieldTest | None:
        if value is FLAWED:
            return None
        test = Test.IS if word == _ONE_OF else Test(word)
        one = test is Test.IS and not isinstance(value, tuple)
        return FieldTest(field=self.key, test=test, value=(value,) if one else value, type=self.type)


# ---------------------------------------------------------------- all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Questions by contact field: a value or several, or a mapping of questions.

    Where `all_hold`, those about one field must be able to hold together.
    """

    all_hold: bool
    wants: str = "a mapping of contact fields such as `{country: [FR, BE]}`"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The tests, in the order written."""
        if not isinstance(spot.node, Tree) or not spot.node.entries:
            return misshapen(self, spot, reading)
        tests: list[FieldTest] = []
        sound = True
        for key, entry in spot.node.entries.items():
            found = self._about(spot.below(key, entry), reading)
            sound = sound and found is not None
            tests += found or ()
        return tuple(tests) if sound else FLAWED

    def _about(self, spot: Spot, reading: Reading) -> list[FieldTest] | None:
        key = spot.path[-1]
        declared = reading.names.get("contact_fields", ())
        if key not in (*STANDARD, *declared):
            hint = meant(key, (*STANDARD, *declared))
            reading.mistakes.add(spot.place, f"there is no contact field {quoted(key)}{hint}")
            return None
        if key in declared and key not in reading.fields:
            return None  # what is wrong with it has been told there
        kind = None if key in STANDARD else reading.fields[key].type
        tests = _Field(key=key, type=kind).tests(spot, reading)
        if tests and self.all_hold and (message := _never(tests)):
            reading.mistakes.add(spot.place, message)
            return None
        return tests

    def json_schema(self) -> JsonSchema:
        """An object of values, lists of them, or questions."""
        several: JsonSchema = {"anyOf": [ANY_TEXT, {"type": "array", "items": ANY_TEXT}]}
        shapes: dict[str, JsonSchema] = {_ONE_OF: several, Test.IS_SET: FLAG.json_schema()}
        questions: JsonSchema = {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                str(word): {**shapes.get(word, ANY_TEXT), "description": about}
                for word, about in _ABOUT.items()
            },
        }
        return {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [several, questions]},
        }


def _never(tests: list[FieldTest]) -> str | None:
    """Words for questions about one field that no contact can pass together."""
    asked = {test.test: test.value for test in tests}
    key = tests[0].field
    if asked.get(Test.IS_SET) is False and len(asked) > 1:
        return f"nobody passes this: {quoted(key)} cannot be empty and have a value"
    for low, high in ((Test.MORE_THAN, Test.LESS_THAN), (Test.AFTER, Test.BEFORE)):
        if low in asked and high in asked and _crossed(asked[low], asked[high]):
            return f"nobody passes this: no {quoted(key)} is between `{low}` and `{high}` here"
    return None


def _crossed(low: Any, high: Any) -> bool:
    """Whether nothing lies between; a day and an instant are left alone."""
    return type(low) is type(high) and bool(low >= high)
