"""Cells that hold any text."""

import unicodedata

from tournee.core.facts import RowErrorCode
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Word, refusal

MOST_CHARACTERS = 10_000

_TOO_LONG = refusal(RowErrorCode.TEXT_TOO_LONG, most=MOST_CHARACTERS)


def text(cell: str) -> Word:
    """The text in composed form, so that a name is the same from every system; None for an empty cell."""
    value = unicodedata.normalize("NFC", trimmed(cell))
    return _TOO_LONG if len(value) > MOST_CHARACTERS else value or None
