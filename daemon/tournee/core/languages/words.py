"""How words are compared: what is trimmed, what is folded."""

import unicodedata
from functools import lru_cache

_UNSEEN_RANGES = (
    (0x00, 0x20), (0x7F, 0xA0), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F),
    (0xFFF0, 0xFFFB), (0xE0000, 0xE007F),
)  # fmt: skip
#: What nobody sees at the ends of a cell: spaces, controls, zero-width and direction marks, fillers.
UNSEEN = "".join(chr(code) for first, last in _UNSEEN_RANGES for code in range(first, last + 1))
UNSEEN += "\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u2800\u3000\u3164\ufeff\uffa0"

# what takes no place on paper: soft hyphens, zero-width spaces, marks of direction
_WITHOUT_WIDTH = dict.fromkeys([0xAD, 0x34F, 0x61C, 0x180E, *range(0x200B, 0x2010), 0xFEFF], "")
_WITHOUT_WIDTH |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2060, 0x2070)], "")
_PUNCTUATION = _WITHOUT_WIDTH | str.maketrans(
    {".": "", "&": " and ", **dict.fromkeys("-‐‑–—_/'‘’ʼ`´,;:()[]", " ")},
)
_TYPOGRAPHY = _WITHOUT_WIDTH | str.maketrans(
    {**dict.fromkeys("‘’ʼ`´", "'"), **dict.fromkeys("‐‑–−", "-")},
)


def trimmed(text: str) -> str:
    """`text` without the unseen characters at its ends."""
    return text.strip(UNSEEN)


def visible(text: str) -> str:
    """`text` without the unseen characters at its ends, and without those inside that have no width."""
    return trimmed(text) if text.isascii() else trimmed(text).translate(_WITHOUT_WIDTH)


def folded(text: str) -> str:
    """`text` as words are compared: without regard to case, accents, punctuation and spacing."""
    return " ".join(trimmed(_unaccented(text)).translate(_PUNCTUATION).split())


def choice_key(text: str) -> str:
    """`text` as choices are compared: without regard to case, accents and spacing; `A+` is not `A-`."""
    return " ".join(trimmed(_unaccented(text)).translate(_TYPOGRAPHY).split())


def column_key(text: str) -> str:
    """`text` as column names are compared: without regard to case, spacing and Unicode form."""
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(trimmed(composed).translate(_TYPOGRAPHY).split())


@lru_cache(maxsize=10_000)
def spellings(name: str) -> tuple[str, str]:
    """`column_key` of a name, and of the same without its accents, as old systems and capitals write it."""
    return column_key(name), column_key(_unaccented(name))


def _unaccented(text: str) -> str:
    lower = text.casefold()
    if lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFKD", lower)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
