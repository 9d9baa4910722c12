"""How many parts a text message is sent in, which is what it costs.

A text of the GSM alphabet (3GPP TS 23.038, the default alphabet and its extension table) has 160 characters,
or 153 in each part where one is not enough; any other text is sent as Unicode (UTF-16), 70 or 67.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_EACH = 160, 153
_UNICODE_ONE, _UNICODE_EACH = 70, 67


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsParts:
    """`characters` as they are counted: `€` and its kin of the GSM alphabet, and an emoji, are two."""

    encoding: Literal["gsm", "unicode"]
    characters: int
    parts: int


def parts(text: str) -> SmsParts:
    """How `text` is sent; an empty one is one part, too."""
    if _GSM.issuperset(text) or (_GSM | _EXTENSION).issuperset(text):
        lengths = [2 if char in _EXTENSION else 1 for char in text]
        return SmsParts(encoding="gsm", characters=sum(lengths), parts=_parts(lengths, _GSM_ONE, _GSM_EACH))
    lengths = [2 if ord(char) > 0xFFFF else 1 for char in text]
    number = _parts(lengths, _UNICODE_ONE, _UNICODE_EACH)
    return SmsParts(encoding="unicode", characters=sum(lengths), parts=number)


def _parts(lengths: Sequence[int], one: int, each: int) -> int:
    """How many parts these characters need, none of which is cut in two."""
    if sum(lengths) <= one:
        return 1
    number, used = 1, 0
    for length in lengths:
        if used + length > each:
            number, used = number + 1, 0
        used += length
    return number
