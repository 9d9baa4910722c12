"""Cells that hold any text."""

import unicodedata
from collections.abc import Callable

from tournee.core.facts import RowErrorCode
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Word, refusal

#: How long the texts are that no setting limits.
MOST_CHARACTERS = 10_000


def text(most: int = MOST_CHARACTERS) -> Callable[[str], Word]:
    """How texts of at most `most` characters are read: in composed form, the same from every system."""
    too_long = refusal(RowErrorCode.TEXT_TOO_LONG, most=most)

    def read(cell: str) -> Word:
        value = trimmed(cell)
        if not value.isascii():
            value = unicodedata.normalize("NFC", value)
        return too_long if len(value) > most else value or None

    return read
