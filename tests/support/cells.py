"""Cells by the thousand, as people write them and nearly so, and what reading makes of a column of them."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any

import phonenumbers
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal
from phonenumbers import PhoneMetadata

from support.corpus import found_in, stored
from support.reading import layout
from tournee.core.settings import Limits

REFUSED = "refused"

Country = str
Cells = Iterator[tuple[str, Country]]  # a cell, and the country of its row


def verdicts(tag: str, field_key: str, cells: Sequence[tuple[str, Country]]) -> list[Any]:
    """What becomes of a column of cells in a file: for each the value that is stored, None, or REFUSED."""
    a_layout = layout(tag, default_language="en")
    columns = ["email", "phone", "country"] if field_key in ("email", "phone") else ["email", field_key]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(a_layout.names(key)[0] for key in columns)
    for cell, country in cells:
        others = {"email": "a@example.com", "phone": "", "country": country}
        writer.writerow({**others, field_key: cell}[key] for key in columns)
    found = found_in(text.getvalue().encode(), "cells.csv", a_layout, Limits())
    assert len(found.rows) == len(cells), "every row is accounted for"
    return [stored(row).get(field_key) if isinstance(row, tuple) else _refused(row) for row in found.rows]


def _refused(errors: Sequence[tuple[int, str | None, str, Any]]) -> str | None:
    """An empty email is no error of its cell, but then the row has no identity."""
    return None if [code for _line, _column, code, _details in errors] == ["identity_missing"] else REFUSED


def _seldom(chance: Random, change: Callable[[str], str], text: str, share: float = 0.1) -> str:
    """The text, changed now and then."""
    return change(text) if chance.random() < share else text


def _dented(text: str, alphabet: str, chance: Random) -> str:
    """The text with a character more, less or exchanged."""
    at = chance.randrange(len(text) + 1)
    more = chance.choice(["", chance.choice(alphabet)])
    return text[:at] + more + text[at + chance.randrange(2) :]


# ---------------------------------------------------------------- emails

ATOMS = (
    "jean", "Anne", "info", "SALES", "Postmaster", "abuse", "o'neil", "jean.dupont", "j_d", "a-b", "x+tag",
    "é", "zoë", "δ", "用户", "محمد", "1", "a" * 64, "a" * 65, "!#$%&*/=?^`{|}~", "a..b", ".a", "a.", "",
    "a b", '"a"', "\u212a", "ﬁ", "a\u0301",
)  # fmt: skip
LABELS = (
    "example", "Example", "gmail", "ab--c", "xn--exmple-cua", "xn--bcher-kva", "xn--", "a-b", "-a", "a-",
    "a" * 63, "a" * 64, "exämple", "EXÄMPLE", "straße", "ß", "例子", "παράδειγμα", "1", "", "a_b", "a\u200db",
    "١", "İ", "a\u0301",
)  # fmt: skip
TOPS = (
    "com", "fr", "COM", "co.uk", "test", "local", "localhost", "invalid", "onion", "arpa", "c", "1", "c1",
    "museum", "рф", "中国", "xn--p1ai", "example", "com.", "",
)  # fmt: skip
AROUND = (
    "{}",
    "{}",
    "{}",
    "{}",
    " {}",
    "{}\u200b",
    "\xa0{} ",
    "<{}>",
    "{};",
    "mailto:{}",
    "\ufeff{}",
    "{}\r\n",
)
EMAIL_LETTERS = 'abzé@.-_+ ,;"()<>\\[]:\u200b\u00ad\u2060'


def emails(number: int, chance: Random) -> Cells:
    """Addresses, most of them valid."""
    for _ in range(number):
        good = chance.random() < 0.4
        local = chance.choice(ATOMS[:8] if good else ATOMS)
        labels = chance.choices(LABELS[:3] if good else LABELS, k=chance.choice([1, 1, 1, 2, 3]))
        address = f"{local}@{'.'.join([*labels, chance.choice(TOPS[:4] if good else TOPS)])}"
        address = _seldom(chance, lambda text: _dented(text, EMAIL_LETTERS, chance), address, 0.15)
        yield chance.choice(AROUND).format(address), ""


# ---------------------------------------------------------------- phones

#: Ascension and Tristan da Cunha have numbers of their own and are no countries.
REGIONS = sorted({*phonenumbers.SUPPORTED_REGIONS} - {"AC", "TA"})
USUAL = ("FR", "BE", "CH", "DE", "ES", "IT", "PT", "NL", "GB", "US", "CA")
MARKS = ("", "", "", "", "", " ", ".", "-", "/", "(", ")", "\xa0")
TAILS = (" ext. 12", "x12", ";ext=1", "#3", " poste 4", "e", "/0612345678", " (bureau)")


def phones(number: int, chance: Random) -> Cells:
    """Numbers of every region, valid or nearly so, as people write them at home and elsewhere."""
    for _ in range(number):
        home = chance.choice(USUAL if chance.random() < 0.5 else REGIONS)
        region = home if chance.random() < 0.8 else chance.choice(REGIONS)
        digits = _way_of_writing(_number_of(region, chance), region, chance)
        marks = chance.choice([("",), (" ", "", ""), MARKS])
        text = "".join(digit + chance.choice(marks) for digit in digits)
        yield _seldom(chance, lambda text: text + chance.choice(TAILS), text), home


def _number_of(region: str, chance: Random) -> str:
    digits = list(chance.choice(_examples(region)))
    for _ in range(chance.choice([0, 1, 2, 4])):
        digits[chance.randrange(len(digits))] = chance.choice("0123456789")
    longer_or_shorter = chance.choice([*[0] * 12, -1, -2, 1])
    return "".join([*digits, "7"])[: len(digits) + longer_or_shorter]


@lru_cache(maxsize=300)
def _examples(region: str) -> list[str]:
    found = [phonenumbers.example_number_for_type(region, kind) for kind in range(11)]
    examples = [number for number in found if number] or [phonenumbers.example_number(region)]
    return [phonenumbers.national_significant_number(number) for number in examples]


def _way_of_writing(number: str, region: str, chance: Random) -> str:
    code = phonenumbers.country_code_for_region(region)
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    usual = [prefix + number, number, f"+{code}{number}", f"00{code}{number}", f"+{code}(0){number}"]
    odd = [
        f"{code}{number}",
        f"0{number}",
        f"+{code}{prefix}{number}",
        f"++{code}{number}",
        f"011{code}{number}",
    ]
    return chance.choice(usual * 2 + odd)


# ---------------------------------------------------------------- numbers and dates

DIGITS_AND_MARKS = "0123456789" * 2 + ".,' \xa0\u202f’-−+e%€"


def numbers(number: int, tag: str, chance: Random) -> Cells:
    """Numbers as CLDR writes them in some language, and dented ones."""
    for _ in range(number):
        value = Decimal(chance.randrange(-(10 ** chance.randrange(1, 14)), 10**12)).scaleb(
            -chance.randrange(5)
        )
        pattern = chance.choice(["#,##0.00", "#,##0.####", "0.000", "0.##"])
        written_in = tag if chance.random() < 0.8 else chance.choice(["fr", "en", "de", "de-CH", "pt-PT"])
        text = format_decimal(value, pattern, locale=locale(written_in))
        dented = _seldom(chance, lambda text: _dented(text, DIGITS_AND_MARKS, chance), text, 0.4)
        yield (
            _seldom(chance, lambda text: text.replace("\u202f", chance.choice(" \xa0'’\u2009")), dented, 0.3),
            "",
        )


def dates(number: int, tag: str, chance: Random) -> Iterator[tuple[str, date]]:
    """Dates as CLDR or ISO 8601 writes them in a language, and what they mean."""
    for _ in range(number):
        day = date(1969, 1, 1) + timedelta(days=chance.randrange(36_525))
        form = chance.choice(["short", "medium", "long", "full", "iso", "basic"])
        plain = {"iso": day.isoformat(), "basic": f"{day:%Y%m%d}"}
        text = plain.get(form) or format_date(day, form, locale=locale(tag))
        text = _seldom(chance, lambda text: text.upper(), text)
        yield (
            _seldom(chance, lambda text: f"{text} {chance.choice(['10:30', '10:30:59', '00:00'])}", text),
            day,
        )


def numeric_dates(number: int, chance: Random) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Three numbers with marks between them, in the order of the text: few of them are dates."""
    for _ in range(number):
        first, second = (chance.choice([chance.randrange(1, 13), chance.randrange(34)]) for _ in range(2))
        third = chance.choice([chance.randrange(1900, 2101), chance.randrange(10_000)])
        mark, form = chance.choice("/.- "), chance.choice(["{:02}", "{}"])
        yield mark.join([form.format(first), form.format(second), f"{third:04}"]), (first, second, third)


def locale(tag: str) -> Locale:
    """What Babel calls it."""
    return Locale.parse(tag, sep="-")
