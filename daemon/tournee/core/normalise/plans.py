"""Numbers under numbering plans that are plain, judged by the patterns of libphonenumber without the library.

A number of nothing but digits and the usual marks, under a plan that rewrites nothing, is judged by the
library's own patterns, joined in one regular expression; whatever is not certain to be valid is left to the
library.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

from tournee.core.normalise.cells import Cell

#: What people put between digits.
MARKS = " .-()/\u00a0"

_NOTHING = r"(?!)"

_Matches = Callable[[str], object]
_EveryMatch = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A numbering plan that takes a national prefix away, if there is one, and rewrites nothing."""

    code: str
    national: Callable[[str], re.Match[str] | None]  # its national prefix
    abroad: _Matches  # whether it starts with what is dialled before a country code
    abroad_is_00: bool
    valid: _Matches  # whether it is a number of a region with the same code
    valid_without: _Matches  # the same, and it could be one of this region, so that the prefix is taken away
    every: _EveryMatch | None  # the numbers in lines, without code and prefix; None where that cannot be told

    def e164(self, digits: str) -> str | None:
        """The number without national prefix, in E.164; None where that is not certain."""
        prefix = self.national(digits)
        if prefix is None:
            return f"+{self.code}{digits}" if self.valid(digits) else None
        number = digits[prefix.end() :]
        return f"+{self.code}{number}" if self.valid_without(number) else None


def plain(digits: str, country: str | None) -> str | None:
    """A number without its marks in E.164; None where it is not certain to be valid."""
    if digits.startswith("+"):
        return _from_abroad(digits[1:])
    plan = _plan(country)
    if plan is None:
        return None
    if plan.abroad(digits):
        return _from_abroad(digits[2:]) if plan.abroad_is_00 else None
    # the library may take its first digits for the country code
    return None if digits.startswith(plan.code) else plan.e164(digits)


def _from_abroad(digits: str) -> str | None:
    plan = _plan_of_code(digits[:3])
    return plan.e164(digits[len(plan.code) :]) if plan else None


@lru_cache(maxsize=1_000)
def _plan_of_code(start: str) -> _Plan | None:
    """The plan of the main region with the country code that `start` begins with."""
    if not (start.isascii() and start.isdigit()) or start.startswith("0"):
        return None
    codes = (int(start[:length]) for length in range(1, len(start) + 1))
    code = next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), None)
    return _plan(COUNTRY_CODE_TO_REGION_CODE[code][0]) if code else None


def plain_ones(cells: Sequence[str], country: str) -> list[Cell]:
    """The numbers in cells in E.164; None for those that are not certain to be valid."""
    plan = _plan(country)
    if plan is None or plan.every is None:
        return [None] * len(cells)
    text = "\n".join(cells)
    for mark in MARKS:
        text = text.replace(mark, "")
    found = plan.every(text)
    if len(found) != len(cells):  # a cell has lines of its own
        return [None] * len(cells)
    start = f"+{plan.code}"
    return [start + number if number else None for number in found]


@lru_cache(maxsize=300)
def _plan(region: str | None) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None) if region else None
    if metadata is None or metadata.general_desc is None or metadata.country_code is None:
        return None
    if metadata.national_prefix_transform_rule or not metadata.international_prefix:
        return None
    regions = COUNTRY_CODE_TO_REGION_CODE[metadata.country_code]
    valid = _valid(regions)
    code, national = str(metadata.country_code), metadata.national_prefix_for_parsing or _NOTHING
    could_be_here = rf"(?={_described(metadata.general_desc)}\Z)"
    abroad, abroad_is_00 = metadata.international_prefix, metadata.international_prefix == "00"
    # written for abroad, a number is one of the main region of its code
    with_code = [rf"\+{code}", *([f"00{code}"] if abroad_is_00 else [])] if regions[0] == region else []
    start = "|".join([*with_code, rf"(?!\+|{abroad}|{code})"])
    number = f"(?:{start})(?:(?>{national}){could_be_here}|(?!{national}))({valid})"
    return _Plan(
        code=code,
        national=re.compile(national, re.ASCII).match,
        abroad=re.compile(abroad).match,
        abroad_is_00=abroad_is_00,
        valid=_matches(valid),
        valid_without=_matches(rf"{could_be_here}(?:{valid})"),
        every=_every(number),
    )


def _every(number: str) -> _EveryMatch | None:
    """Finds, for each of some lines, the number without what is before it, or an empty text."""
    pattern = re.compile(rf"^{number}$|^.*$".replace(r"\Z", "$"), re.ASCII | re.MULTILINE)
    return pattern.findall if pattern.groups == 1 else None


def _matches(pattern: str) -> _Matches:
    return re.compile(pattern, re.ASCII).fullmatch


def _valid(regions: Sequence[str]) -> str:
    """A pattern for the numbers that are valid in the region that the library finds for them."""
    if len(regions) == 1:
        return _of_some_type(PhoneMetadata.metadata_for_region(regions[0]))
    # the first region whose leading digits match has the number, valid or not
    patterns, not_before = [], ""
    for metadata in map(PhoneMetadata.metadata_for_region, regions):
        leading = f"(?:{metadata.leading_digits})" if metadata and metadata.leading_digits else ""
        patterns.append(f"{not_before}(?={leading}){_of_some_type(metadata)}")
        not_before += f"(?!{leading})" if leading else ""
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _of_some_type(metadata: PhoneMetadata | None) -> str:
    if metadata is None:
        return _NOTHING
    kinds = (
        metadata.fixed_line, metadata.mobile, metadata.premium_rate, metadata.toll_free, metadata.shared_cost,
        metadata.voip, metadata.personal_number, metadata.pager, metadata.uan, metadata.voicemail,
    )  # fmt: skip
    patterns = [_described(kind) for kind in kinds]
    return rf"(?={_described(metadata.general_desc)}\Z)(?:{'|'.join(patterns)})"


def _described(description: PhoneNumberDesc | None) -> str:
    if description is None or not description.national_number_pattern:
        return _NOTHING
    lengths = "|".join(f".{{{length}}}" for length in description.possible_length if length > 0)
    return rf"(?:(?=(?:{lengths})\Z)(?:{description.national_number_pattern}))"
