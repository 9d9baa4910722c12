"""Many cells at once become what each of them becomes by itself."""

from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from support.reading import shipped
from tournee.core.facts import Reason
from tournee.core.normalise import cells, plans
from tournee.core.normalise.emails import Emails, email
from tournee.core.normalise.members import Member, objects
from tournee.core.normalise.numbers import Numbers
from tournee.core.normalise.phones import Phones, phone

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)

# ---------------------------------------------------------------- phones


def numbers_near(region, chance):
    """Numbers of a region and of those that share its code, valid or nearly so, as people write them."""
    code = phonenumbers.country_code_for_region(region)
    for sibling in COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in range(11):
            example = phonenumbers.example_number_for_type(sibling, kind)
            if example:
                yield from written(phonenumbers.national_significant_number(example), region, code, chance)


def written(digits, region, code, chance):
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    for _time in range(3):
        yield chance.choice(["", prefix, f"+{code}", f"00{code}", f"+{code}{prefix}", str(code)]) + digits
        at = chance.randrange(len(digits))
        digits = digits[:at] + chance.choice("0123456789") + digits[at + chance.choice([1, 1, 0, 2]) :]


@pytest.mark.parametrize("region", REGIONS)
def test_a_column_of_phones_is_judged_as_each_of_them(region):
    column = [*numbers_near(region, Random(region)), "", "06 12", "+32 470 12 34 56", "two\nlines"]
    for some in (column, column[:-1]):
        found, refused = Phones(region, None).read(some, None)
        assert found == [phone(cell, region) for cell in some]
        assert refused == [at for at, value in enumerate(found) if isinstance(value, Reason)]


def test_common_numbers_need_no_second_look():
    marked = [
        "06 12 34 56 78",
        "0612345678",
        "+33612345678",
        "0033612345678",
        "06.12.34.56.78",
        "+33 (0)6 12345678",
    ]
    assert plans.plain_ones(marked, "FR") == ["+33612345678"] * 6


def test_the_phones_of_a_column_are_from_the_countries_of_their_rows():
    refusal = Reason("country_unknown")
    countries = ["DE", None, "BE", refusal, refusal, "DE", refusal], [3, 4, 6]
    column = ["0151 23456789", "0612345678", "0470 12 34 56", "anything", "+33612345678", "1", "+3"]
    found, refused = Phones("FR", None).read(column, countries)
    assert found[:5] == ["+4915123456789", "+33612345678", "+32470123456", "anything", "+33612345678"]
    assert refused == [5, 6]


# ---------------------------------------------------------------- emails

ADDRESS = st.builds(
    "{}@{}{}".format,
    st.text(st.sampled_from("abz09.-_+'A é"), max_size=5) | st.sampled_from(["a" * 60, "INFO"]),
    st.text(st.sampled_from("ab0.-Aé\n"), max_size=5) | st.sampled_from(["gmail.com", "a" * 64 + ".fr"]),
    st.sampled_from(
        ["", ".fr", ".test", ".local", ".onion", ".arpa", ".invalid", ".localhost", ".c", ".1", ".COM"]
    ),
)


@given(st.lists(ADDRESS | st.sampled_from(["", " ", "a@b.fr", "jean@gmail.com"]), min_size=1, max_size=6))
def test_a_column_of_emails_is_judged_as_each_of_them(column):
    missing = Reason("email_missing")
    found, known, special = Emails(missing).read(column)
    assert found == [missing if (value := email(cell)) is None else value for cell in column]
    assert known == [value.casefold() if isinstance(value, str) else None for value in found]
    assert all(found[at] == column[at] == known[at] for at in range(len(column)) if at not in special)


# ---------------------------------------------------------------- numbers and members

NUMBER = st.text(st.sampled_from("0123456789.,' \u202f-"), max_size=9) | st.sampled_from(
    ["1 234,50", "1.234,50", "1,234.50", "0", "00", "12", "", "x\ny", "9" * 21, "9" * 22, "1" + " 000" * 7]
)


@pytest.mark.parametrize("tag", sorted(shipped()))
@given(column=st.lists(NUMBER, min_size=1, max_size=5))
def test_a_column_of_numbers_is_read_as_each_of_them(tag, column):
    numbers = Numbers(tag)
    assert numbers.many(column) == list(map(numbers, column))


@pytest.mark.parametrize("null", [False, True])
def test_members_are_the_same_one_by_one_and_all_at_once(null):
    wrong = Reason("choice_unknown")
    values = {"a": 'say "yes"', "b": True, "c": False, "d": None, "e": wrong, "f": "é"}
    member = Member("key", cells.Each(values.get), null=null)
    empty = ',"key":null' if null else ""
    expected = [',"key":"say \\"yes\\""', ',"key":true', ',"key":false', empty, wrong, ',"key":"é"']
    assert member.many(list(values)) == [member(cell) for cell in values] == expected


def test_the_members_of_a_row_make_an_object():
    assert objects([[',"a":1', ""], [',"b":2', ""]]) == ['{"a":1,"b":2}', None]
    assert objects([[',"a":1', ""]]) == ['{"a":1}', None]
