"""How words are compared: what is trimmed, what is folded."""

import unicodedata

#: What a person does not see at the ends of a cell: spaces, controls, zero-width and direction marks.
_UNSEEN_RANGES = ((0x00, 0x20), (0x7F, 0xA0), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F))
UNSEEN = "".join(chr(code) for first, last in _UNSEEN_RANGES for code in range(first, last + 1))
UNSEEN += "\u00ad\u061c\u1680\u180e\u3000\ufeff"

_PUNCTUATION = str.maketrans(
    {".": "", "&": " and ", **dict.fromkeys("-‐‑–—_/'’ʼ`´,;:()[]", " ")},
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`´", "'"))


def trimmed(text: str) -> str:
    """`text` without the unseen characters at its ends."""
    return text.strip(UNSEEN)


def folded(text: str) -> str:
    """`text` as words are compared: without regard to case, accents, punctuation and spacing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(trimmed(plain.casefold()).translate(_PUNCTUATION).split())


def column_key(text: str) -> str:
    """`text` as column names are compared: without regard to case, spacing and Unicode form."""
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(trimmed(composed).translate(_APOSTROPHES).split())
