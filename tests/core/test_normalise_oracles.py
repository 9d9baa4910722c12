"""The fast ways agree with the libraries that they stand for: same verdict, same value."""

from datetime import date
from decimal import Decimal

import phonenumbers
import pytest
from babel.dates import format_date
from babel.numbers import format_decimal
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from support.reading import layout, shipped
from tournee.core import normalise
from tournee.core.facts import Reason
from tournee.core.languages.words import trimmed
from tournee.core.normalise import emails, phones

TAGS = sorted(shipped())


def verdict(found):
    return None if isinstance(found, Reason) else found


# ---------------------------------------------------------------- emails

ATOM = st.text(st.sampled_from("abz09ABZ.-_+'!#é @\u200b\u212a"), min_size=1, max_size=6)
LOCAL = ATOM | st.sampled_from(["info", "Sales", "POSTMASTER", "jean.dupont", "a" * 64, "a" * 65, "x" * 240])
LABEL = st.sampled_from(
    ["gmail", "ab--c", "a-b", "-a", "a-", "a" * 63, "a" * 64, "exämple", "xn--exmple-cua", "1"]
)
TOP = st.sampled_from(
    ["com", "fr", "COM", "test", "local", "invalid", "onion", "c", "1", "c1", "museum", "рф", "xn--p1ai"]
)
DOMAIN = st.lists(LABEL | ATOM, max_size=2).flatmap(
    lambda labels: TOP.map(lambda top: ".".join([*labels, top]))
)


@settings(max_examples=400)
@given(local=LOCAL, domain=DOMAIN, around=st.sampled_from(["{}", " {}", "{}\u200b", "<{}>"]))
def test_emails_are_judged_and_written_as_email_validator_does(local, domain, around):
    cell = around.format(f"{local}@{domain}")
    try:
        found = validate_email(trimmed(cell), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        expected = None
    else:
        expected = found.normalized if "." in found.domain else None
    assert verdict(emails.email(cell)) == expected


# ---------------------------------------------------------------- phones

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = range(11)


def by_the_library(text, country):
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


@st.composite
def numbers_of(draw, regions):
    """A number of a region, valid or nearly so, written in one of the ways that people have."""
    region = draw(regions)
    kind = draw(st.sampled_from(KINDS))
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    digits = list(phonenumbers.national_significant_number(example))
    for place in draw(st.lists(st.integers(0, len(digits) - 1), max_size=3)):
        digits[place] = draw(st.sampled_from("0123456789"))
    number = "".join(digits)[: len(digits) - draw(st.sampled_from([0, 0, 0, 1]))]
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    code = example.country_code
    ways = [f"{prefix}{number}", number, f"+{code}{number}", f"00{code}{number}", f"+{code} (0){number}"]
    return draw(st.sampled_from([*ways, f"{code}{number}", f"0{number}", f"+{code}{prefix}{number}"]))


MARKS = st.sampled_from(["", "", "", " ", ".", "-", "/", "(", ")", "\xa0"])


@settings(max_examples=400)
@given(data=st.data(), home=st.sampled_from(REGIONS))
def test_phones_are_judged_and_written_as_libphonenumber_does(data, home):
    region = data.draw(st.sampled_from([home, home, home, *REGIONS]))
    digits = data.draw(numbers_of(st.just(region)))
    cell = "".join(digit + data.draw(MARKS) for digit in digits)
    assert verdict(phones.phone(cell, home)) == by_the_library(cell, home)


@pytest.mark.parametrize("region", ["FR", "BE", "CH", "DE", "ES", "IT", "PT", "NL", "GB", "US", "CA"])
def test_common_numbers_are_judged_without_the_library(region):
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = phonenumbers.format_number(example or phonenumbers.example_number(region), 0)
    assert phones._plain(number, "FR") == number


@given(st.text(st.sampled_from("0123456789+ ()-./x#;,extposte☎٣\u202f\u200b"), max_size=20))
def test_whatever_stands_in_a_phone_cell_gets_a_verdict(cell):
    found = phones.phone(cell, "FR")
    assert found is None or isinstance(found, Reason) or found.startswith("+")


# ---------------------------------------------------------------- dates and numbers


@given(day=st.dates(date(1969, 1, 1), date(2068, 12, 31)), form=st.sampled_from(["short", "medium", "long"]))
@pytest.mark.parametrize("tag", TAGS)
def test_dates_as_babel_writes_them_are_read_back(tag, day, form):
    written = format_date(day, form, locale=tag.replace("-", "_"))
    assert normalise.one(layout(tag), {"purchase_date": written}) == {"purchase_date": day.isoformat()}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
@pytest.mark.parametrize("tag", TAGS)
def test_numbers_as_babel_writes_them_are_read_back(tag, number):
    written = format_decimal(number, "#,##0.000", locale=tag.replace("-", "_"))
    found = normalise.one(layout(tag), {"amount": written})
    assert Decimal(found["amount"]) == number
