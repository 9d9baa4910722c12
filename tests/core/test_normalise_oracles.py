"""Reading agrees with the libraries that know best: same verdict, same value, on cells by the thousand.

A cell goes the whole way, in a column of a file. `ORACLE_CELLS=100000` asks for so many of each kind
(`make oracles`).
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import phonenumbers
import pytest
from babel.dates import parse_date
from babel.numbers import parse_decimal
from email_validator import EmailNotValidError, validate_email

from support import cells
from support.cells import REFUSED, locale, verdicts
from support.reading import shipped
from tournee.core.languages.words import trimmed
from tournee.core.normalise.plans import plain

CELLS = int(os.environ.get("ORACLE_CELLS", 3_000))
SEED = int.from_bytes(os.urandom(4)) if "ORACLE_CELLS" in os.environ else 0
TAGS = sorted(shipped())
OF_A_LANGUAGE = CELLS // len(TAGS)

APOSTROPHES = "'’ʼ`´"


def chance(*seed: object) -> Random:
    return Random(f"{SEED} {seed}")


def differences(found: Iterable[Any], expected: Iterable[Any], cells: Iterable[Any]) -> list[tuple[Any, ...]]:
    triples = zip(cells, found, expected, strict=True)
    return [(*triple, f"seed {SEED}") for triple in triples if triple[1] != triple[2]][:20]


def share_of_values(found: Iterable[Any]) -> float:
    values = [value not in (None, REFUSED) for value in found]
    return sum(values) / len(values)


# ---------------------------------------------------------------- emails


def by_email_validator(cell: str) -> str | None:
    address = trimmed(cell)
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return REFUSED if address else None
    return found.normalized if "." in found.domain else REFUSED


def test_emails_are_judged_and_written_as_email_validator_does() -> None:
    written = list(cells.emails(CELLS, chance("emails")))
    found = verdicts("fr", "email", written)
    assert differences(found, [by_email_validator(cell) for cell, _country in written], written) == []
    assert 0.3 < share_of_values(found) < 0.7


# ---------------------------------------------------------------- phones


def by_libphonenumber(cell: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(cell, country)
    except phonenumbers.NumberParseException:
        return REFUSED
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else REFUSED


def test_phones_are_judged_and_written_as_libphonenumber_does() -> None:
    written = list(cells.phones(CELLS, chance("phones")))
    found = verdicts("fr", "phone", written)
    assert differences(found, [by_libphonenumber(*cell) for cell in written], written) == []
    assert 0.3 < share_of_values(found) < 0.7


@pytest.mark.parametrize("region", cells.USUAL)
def test_common_numbers_are_judged_without_the_library(region: str) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = phonenumbers.format_number(example or phonenumbers.example_number(region), 0)
    assert plain(number, "FR") == number


# ---------------------------------------------------------------- numbers


def by_the_marks_of(tag: str) -> Callable[[str], str | None]:
    """Numbers with the marks that CLDR has for a language: the rules of the contract, one after the other."""
    symbols = locale(tag).number_symbols["latn"]

    def is_between_groups(char: str) -> bool:
        return char == symbols["group"] or char in APOSTROPHES or unicodedata.category(char) == "Zs"

    def judge(cell: str) -> str | None:
        text = trimmed(cell)
        sign = text[:1] if text[:1] in "+-−" else ""
        whole, _mark, fraction = text[len(sign) :].partition(symbols["decimal"])
        groups = "".join(" " if is_between_groups(char) else char for char in whole).split(" ")
        grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and {*map(len, groups[1:])} == {3})
        units = "".join(groups)
        if not (grouped and (units + fraction).isascii() and (units + fraction).isdigit()):
            return REFUSED if text else None
        value = f"{Decimal(f'{units or 0}.{fraction}'):f}"
        return f"-{value}" if sign in ("-", "−") and Decimal(value) else value

    return judge


@pytest.mark.parametrize("tag", TAGS)
def test_numbers_are_judged_by_the_marks_of_cldr(tag: str) -> None:
    written = list(cells.numbers(OF_A_LANGUAGE, tag, chance("numbers", tag)))
    found = verdicts(tag, "amount", written)
    expected = by_the_marks_of(tag)
    assert differences(found, [expected(cell) for cell, _country in written], written) == []
    assert 0.3 < share_of_values(found) < 0.9


@pytest.mark.parametrize("tag", TAGS)
def test_numbers_have_the_value_that_babel_gives_them(tag: str) -> None:
    written = list(cells.numbers(OF_A_LANGUAGE, tag, chance("values", tag)))
    found = verdicts(tag, "amount", written)
    pairs = [
        (cell, value) for (cell, _), value in zip(written, found, strict=True) if value not in (None, REFUSED)
    ]
    expected = [parse_decimal(_with_one_grouping(cell, tag), locale=locale(tag)) for cell, _value in pairs]
    assert differences([Decimal(value) for _cell, value in pairs], expected, pairs) == []


def _with_one_grouping(cell: str, tag: str) -> str:
    """A number as Babel takes it: its own mark between groups, an ASCII minus, no plus."""
    group = locale(tag).number_symbols["latn"]["group"]
    text = re.sub(rf"[\s{APOSTROPHES}]", group, trimmed(cell))
    return text.replace("−", "-").removeprefix("+")


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize("tag", TAGS)
def test_dates_as_babel_writes_them_are_read_back(tag: str) -> None:
    written = list(cells.dates(OF_A_LANGUAGE, tag, chance("dates", tag)))
    found = verdicts(tag, "purchase_date", [(cell, "") for cell, _day in written])
    assert differences(found, [day.isoformat() for _cell, day in written], written) == []


@pytest.mark.parametrize("tag", TAGS)
def test_numeric_dates_have_the_order_of_cldr_and_are_never_rolled_over(tag: str) -> None:
    order = re.sub("[^dmy]", "", locale(tag).date_formats["short"].pattern.lower())
    keys = [{"d": "day", "m": "month", "y": "year"}[letter] for letter in dict.fromkeys(order)]
    written = list(cells.numeric_dates(OF_A_LANGUAGE, chance("numeric", tag)))
    found = verdicts(tag, "purchase_date", [(cell, "") for cell, _numbers in written])
    expected = [day_of(dict(zip(keys, numbers, strict=True))) for _cell, numbers in written]
    assert differences(found, expected, written) == []
    assert 0.2 < share_of_values(found) < 0.9


def day_of(numbers: dict[str, int]) -> str:
    try:
        return date(**numbers).isoformat()
    except ValueError:
        return REFUSED


@pytest.mark.parametrize("tag", TAGS)
def test_numeric_dates_that_babel_can_read_mean_what_it_says(tag: str) -> None:
    written = [cell for cell, _numbers in cells.numeric_dates(OF_A_LANGUAGE, chance("meaning", tag))]
    found = verdicts(tag, "purchase_date", [(cell, "") for cell in written])
    pairs = [(cell, day) for cell, day in zip(written, found, strict=True) if day != REFUSED]
    expected = [parse_date(cell, locale=locale(tag)).isoformat() for cell, _day in pairs]
    assert differences([day for _cell, day in pairs], expected, pairs) == []
