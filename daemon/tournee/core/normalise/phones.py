"""Phone numbers, as libphonenumber judges them, in E.164.

The library takes some thirty microseconds a number. A number of nothing but digits and the usual marks, under
a numbering plan that is plain, is judged here by the library's own patterns, joined in one regular
expression; whatever is not certain to be valid is left to the library.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

import phonenumbers

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Cell, Column, Word, refusal, refused
from tournee.core.normalise.plans import MARKS, plain, plain_ones

_INVALID = refusal(RowErrorCode.PHONE_INVALID)
_MARKS = str.maketrans("", "", MARKS)
_ODD_SPACES = str.maketrans(dict.fromkeys(["\t", *map(chr, range(0x2000, 0x200B)), "\u202f"], " "))
_LONGEST = 250  # that the library looks at
_begins_somewhere = re.compile(r"[+＋\d]").search
_NOWHERE = ""  # the country of a row whose country is refused


class Phones:
    """The phones of a column, from the countries of their rows, else from `usual`.

    `empty` stands for an empty cell.
    """

    def __init__(self, usual: str, empty: Reason | None) -> None:
        self._usual = usual
        self._empty = empty

    def read(self, cells: Sequence[str], countries: Column | None) -> Column:
        """The values, and the places of those that are refused, given the countries of the rows."""
        if countries is None:
            values = self._from(self._usual, cells)
            return values, refused(values)
        values = [None] * len(cells)
        for country, places in _grouped(*countries).items():
            some = [cells[at] for at in places]
            found = (
                self._from_nowhere(some) if country == _NOWHERE else self._from(country or self._usual, some)
            )
            for at, value in zip(places, found, strict=True):
                values[at] = value
        return values, refused(values)

    def _from(self, country: str, cells: Sequence[str]) -> list[Cell]:
        values = plain_ones(cells, country)
        for at in [at for at, number in enumerate(values) if number is None]:
            number = phone(cells[at], country)
            values[at] = self._empty if number is None else number
        return values

    def _from_nowhere(self, cells: Sequence[str]) -> list[Cell]:
        """Phones of rows whose country is refused: wrong only where no country could make them right."""
        return [
            (phone(cell, None) if trimmed(cell).startswith(("+", "(+")) else trimmed(cell)) or self._empty
            for cell in cells
        ]


def _grouped(countries: Sequence[Cell], nowhere: Sequence[int]) -> dict[str | None, list[int]]:
    """The places of the rows from each country."""
    known = list(countries)
    for at in nowhere:
        known[at] = _NOWHERE
    places = defaultdict[str | None, list[int]](list)
    for at, country in enumerate(cast(list[str | None], known)):
        places[country].append(at)
    return places


def phone(text: str, country: str | None) -> Word:
    """A number in E.164, without its extension; None for an empty cell.

    `country` is where a number without an international prefix is from; None where that is not known.
    """
    if not text:
        return None
    return plain(text.translate(_MARKS), country) or _judged(trimmed(text), country)


def _judged(text: str, country: str | None) -> Word:
    if not text:
        return None
    if len(text) > _LONGEST or not _begins_somewhere(text):
        return _INVALID
    try:
        number = phonenumbers.parse(text.translate(_ODD_SPACES), country)
    except phonenumbers.NumberParseException:
        return _INVALID
    if not phonenumbers.is_valid_number(number):
        return _INVALID
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
