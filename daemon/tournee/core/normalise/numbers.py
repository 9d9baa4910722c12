"""Numbers as a language writes them, kept exact."""

import re
from collections.abc import Callable

from tournee.core.facts import RowErrorCode
from tournee.core.languages import cldr
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Word, refusal

MOST_CHARACTERS = 100

_SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_APOSTROPHES = "'’ʼ`´"


def number(tag: str) -> Callable[[str], Word]:
    """How a language's numbers are read: to an exact decimal, as written but for its marks.

    Digits are grouped by threes with the language's mark, a space or an apostrophe, or not at all.
    """
    decimal, group = cldr.decimal_mark(tag), cldr.group_mark(tag)
    grouping = f"[{_SPACES}{_APOSTROPHES}{re.escape(group)}]"
    whole = rf"[0-9]{{1,3}}(?:{grouping}[0-9]{{3}})+|[0-9]+"
    mark = re.escape(decimal)
    matching = re.compile(rf"([+\-−]?)(?:({whole})(?:{mark}([0-9]*))?|{mark}([0-9]+))")
    not_digits = re.compile("[^0-9]")
    plain = re.compile(rf"(?:0|[1-9][0-9]{{0,20}})(?:{mark}[0-9]{{1,20}})?").fullmatch
    wrong = refusal(RowErrorCode.NUMBER_INVALID, problem="form", mark=decimal)
    wrong_mark = refusal(RowErrorCode.NUMBER_INVALID, problem="mark", mark=decimal)

    def read(text: str) -> Word:
        if plain(text):
            return text.replace(decimal, ".")
        cell = trimmed(text)
        if not cell:
            return None
        match = matching.fullmatch(cell)
        if match is None or len(cell) > MOST_CHARACTERS:
            return wrong_mark if _other_marks(cell) else wrong
        sign, units, tenths, only_tenths = match.groups()
        return _exact(sign, not_digits.sub("", units or ""), tenths or only_tenths or "")

    return read


_other_marks = re.compile(
    rf"[+\-−]?[0-9{_SPACES}{_APOSTROPHES}]*[.,][0-9.,{_SPACES}{_APOSTROPHES}]*"
).fullmatch


def _exact(sign: str, units: str, fraction: str) -> str:
    exact = (units.lstrip("0") or "0") + ("." + fraction if fraction else "")
    negative = sign in ("-", "−") and exact.strip("0.") != ""
    return f"-{exact}" if negative else exact
