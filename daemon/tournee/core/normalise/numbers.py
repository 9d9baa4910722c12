"""Numbers as a language writes them, kept exact."""

import re
from collections.abc import Sequence

from tournee.core.facts import RowErrorCode
from tournee.core.languages import cldr
from tournee.core.languages.words import visible
from tournee.core.normalise.cells import Cell, Word, refusal

MOST_CHARACTERS = 100

_SPACES = " \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_APOSTROPHES = "'‘’ʼ′`´＇"


class Numbers:
    """How a language's numbers are read: to an exact decimal, as written but for its marks.

    Digits are grouped by threes with the language's mark, a space or an apostrophe, or not at all.
    """

    def __init__(self, tag: str) -> None:
        decimal, group = cldr.decimal_mark(tag), cldr.group_mark(tag)
        grouping = f"[{_SPACES}{_APOSTROPHES}{re.escape(group)}]"
        whole = rf"[0-9]{{1,3}}(?:{grouping}[0-9]{{3}})+|[0-9]+"
        mark = re.escape(decimal)
        units = rf"0|[1-9](?:[0-9]{{0,20}}|[0-9]{{0,2}}(?:{grouping}[0-9]{{3}}){{1,6}})"
        self._grouping = re.compile(grouping)
        self._decimal = decimal
        self._matching = re.compile(rf"([+\-−]?)(?:({whole})(?:{mark}([0-9]*))?|{mark}([0-9]+))")
        self._every_plain = re.compile(rf"^((?:{units})(?:{mark}[0-9]{{1,20}})?)$|^.*$", re.MULTILINE)
        self._wrong = {
            problem: refusal(RowErrorCode.NUMBER_INVALID, problem=problem, mark=decimal, group=group)
            for problem in ("form", "mark", "group")
        }

    def __call__(self, text: str, /) -> Word:
        """A decimal; None for an empty cell."""
        cell = visible(text)
        if not cell:
            return None
        match = self._matching.fullmatch(cell)
        if match is None or len(cell) > MOST_CHARACTERS:
            return self._wrong[_problem(cell, self._decimal)]
        sign, units, tenths, only_tenths = match.groups()
        return _exact(sign, _not_digits.sub("", units or ""), tenths or only_tenths or "")

    def many(self, cells: Sequence[str]) -> list[Cell]:
        """The decimals in some cells."""
        found = self._every_plain.findall("\n".join(cells))
        if len(found) != len(cells):  # a cell has lines of its own
            return list(map(self, cells))
        plain = self._grouping.sub("", "\n".join(found)).replace(self._decimal, ".").split("\n")
        return [number or self(cell) for number, cell in zip(plain, cells, strict=True)]


_not_digits = re.compile("[^0-9]")
_digits_and_marks = re.compile(
    rf"[+\-−]?[.,]?[0-9](?:[0-9.,{_SPACES}{_APOSTROPHES}]*[0-9])?[.,]?", re.ASCII
).fullmatch


def _problem(cell: str, decimal: str) -> str:
    """What is wrong with a number: the decimal mark, how digits are grouped, or its form."""
    if len(cell) > MOST_CHARACTERS or not _digits_and_marks(cell):
        return "form"
    marks = [char for char in cell if char in ".,"]
    wrong_mark = bool(marks) and marks[-1] != decimal and marks.count(marks[-1]) == 1
    return "mark" if wrong_mark else "group"


def _exact(sign: str, units: str, fraction: str) -> str:
    exact = (units.lstrip("0") or "0") + ("." + fraction if fraction else "")
    negative = sign in ("-", "−") and exact.strip("0.") != ""
    return f"-{exact}" if negative else exact
