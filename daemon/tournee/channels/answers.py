"""What the other side said, fit to be kept and shown: one line, short, nothing personal or secret in it."""

import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

LENGTH = 200
_LOOKED_AT = 2_000  # characters: looking for something in much more could take long
_ADDRESS = re.compile(r"[^\s<>()\"',;:=]+(?:@|%40|\\u0040)[^\s<>()\"',;:=]+", re.IGNORECASE)
#: Seven digits or more, however they are grouped: a phone, or a number that might be one.
_NUMBER = re.compile(r"(?:\+|%2B|\\u002b)?\(?\d(?:[ .()/-]{0,2}\d){6,}", re.IGNORECASE)
_SHORT = 5  # characters: what is not longer is hidden where it is a word, not inside others
_HIDDEN = "…"


def quoted(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` on one line of at most 200 characters, without addresses, long numbers and `secrets`."""
    line = " ".join(text[:_LOOKED_AT].split())
    folded = _folded(line)
    repeated = [secret for secret in _spellings(secrets) if _folded(secret) in folded]
    for secret in sorted(repeated, key=len, reverse=True):  # a pattern costs more than the rest of an answer
        whole = re.escape(secret) if len(secret) > _SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)"
        line = re.sub(whole, _HIDDEN, line, flags=re.IGNORECASE)
    line = _NUMBER.sub(_HIDDEN, _ADDRESS.sub(_HIDDEN, line))
    return "".join(char if char.isprintable() else " " for char in line)[:LENGTH]


def _spellings(secrets: Iterable[str]) -> set[str]:
    """The secrets as an answer may write them: as they are, in JSON, in a URL, each word of them."""
    words = {word for secret in secrets for word in (" ".join(secret.split()), *secret.split())}
    plain = {word for word in words if word.isascii() and word.isalnum()}  # spelled the same everywhere
    spelled = {how(word) for word in words - plain for how in (str, _in_json, quote, quote_plus)}
    return {each for each in plain | spelled if len(each) > 1}


def _folded(text: str) -> str:
    """Equal wherever a pattern that ignores case finds them so: to that, each i of Turkish is the same."""
    return text.casefold().replace("\u0131", "i").replace("\u0307", "")


def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]
