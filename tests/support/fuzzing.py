"""Files that nobody would write, made from the corpus."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from support.corpus import cases, languages
from tournee.core.languages import Layout
from tournee.core.settings import EmptyCells, Limits

LARGEST = 1 << 15  # bytes of a file that is made here
LIMITS = Limits(size=1 << 18, line=1 << 14, columns=200)

TOKENS = [
    *'";,\t|\r\n\0\x1a\x85 =+-@', "\r\n", '""', '";"', '"\n"', '\n"', '"\r', "sep=;\n", "sep=", "\ufeff",
    "\u200b", "\xa0", "\u2028", "\x0b", "é", "e\u0301", "ß", "İ", "😀", "\u202e", "Email", "Langue",
    "Language", "Téléphone", "Pays", "Nom", "Date d'achat", "Montant", "Visite", "a@b.fr", "@",
    "0612345678", "+33 (0)6", "fr", "FR", "24/12/2026", "31/02/2026", "29/02/2024 24:00", "1 234,50",
    "1e999", "-0", "9" * 120, "VRAI", "2026-12-24T10:30:00+99:99", "0001-01-01", "9999-12-31",
    "9999-12-31T23:59:59-23:59", "x" * 10_001, "xn--", "٣", "²", "ﬁ", "a@xn--0.fr",
]  # fmt: skip
BYTES = [
    b"\xff", b"\xfe", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x81", b"\xe9", b"\xc3", b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80", b"\0", b"\0\0\0\0", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06",
    b"\x1f\x8b\x08\0", b"\xff\xff\xff\xff",
]  # fmt: skip


@dataclass(frozen=True)
class Input:
    """A file with the feed that takes it."""

    name: str
    content: bytes
    layout: Layout
    limits: Limits = LIMITS

    @property
    def is_packed(self) -> bool:
        """Whether it is an archive by its name."""
        return self.name.lower().endswith((".gz", ".zip"))

    @property
    def unpacked(self) -> bytes:
        """The bytes of its text, as much of an archive as can be read."""
        return _unpacked(self.name, self.content) if self.is_packed else self.content


#: What a feed may say that changes what reading does.
CHANGES: list[dict[str, Any]] = [
    {}, {}, {}, {}, {},
    {"default_language": "fr", "country": "BE"},
    {"required": frozenset({"email"})},
    {"required": frozenset({"email", "phone"}), "default_language": "en"},
    {"empty_cells": EmptyCells.CLEAR, "timezone": "America/New_York"},
    {"identify_by": "customer_id"},
]  # fmt: skip


class Fuzzer:
    """Ever new files; those that make reading say something new are built upon."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._pool = [
            Input(case.path.name, case.content, _with_few_languages(case.layout)) for case in cases()
        ]
        self._said: set[frozenset[str]] = set()

    def next(self) -> Input:
        """A file that was not there before."""
        start = self._chance.choice(self._pool)
        name, content = start.name, start.content
        if start.is_packed and self._chance.random() < 0.6:
            name, content = "inside.csv", start.unpacked
        spared = self._spared(content)
        for _time in range(self._chance.choice([1, 1, 2, 3, 5, 8])):
            changed = self._chance.choice(_WAYS)(content[spared:], self._chance, self._pool)
            content = (content[:spared] + changed)[:LARGEST]
        if not start.is_packed and self._chance.random() < 0.1:
            name, content = self._packed(content)
        return Input(name, content, replace(start.layout, **self._chance.choice(CHANGES)))

    def learn(self, an_input: Input, said: frozenset[str]) -> None:
        """Build upon an input that made reading say what it had not said."""
        if said not in self._said:
            self._said.add(said)
            self._pool.append(an_input)

    def _spared(self, content: bytes) -> int:
        """How much at the start is left alone: mostly the header, so that something is read."""
        return content.find(b"\n") + 1 if self._chance.random() < 0.7 else 0

    def _packed(self, content: bytes) -> tuple[str, bytes]:
        if self._chance.random() < 0.5:
            return "packed.csv.gz", gzip.compress(content, 1, mtime=0)
        return "packed.zip", _zipped(content)


def _with_few_languages(layout: Layout) -> Layout:
    """Most of the time for a small file goes into the columns of the other languages."""
    known = {tag: languages()[tag] for tag in ("fr", "en", layout.language.tag)}
    return replace(layout, languages=known)


def _zipped(content: bytes) -> bytes:
    """A zip with one file."""
    data = io.BytesIO()
    member = zipfile.ZipInfo("inside.csv")  # of no time, so that the same seed makes the same files
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(member, content)
    return data.getvalue()


def _unpacked(name: str, content: bytes) -> bytes:
    """What is inside an archive, as much as comes out of it."""
    try:
        if name.lower().endswith(".gz"):
            return gzip.GzipFile(fileobj=io.BytesIO(content)).read(LIMITS.size)
        archive = zipfile.ZipFile(io.BytesIO(content))
        [member] = [name for name in archive.namelist() if _MEMBER.fullmatch(name)]
        return archive.open(member).read(LIMITS.size)
    except Exception:  # whatever is wrong with it, its bytes will do
        return content


_MEMBER = re.compile(r"(?!__MACOSX/)(?:.*/)?[^./][^/]*\.(?:csv|txt|tsv)", re.IGNORECASE)


# ---------------------------------------------------------------- mutations

Pool = Sequence[Input]
Way = Callable[[bytes, Random, Pool], bytes]


def _slice(content: bytes, chance: Random) -> slice:
    start = chance.randrange(len(content) + 1)
    return slice(start, min(len(content), start + chance.choice([1, 2, 4, 10, 60, 500])))


def _flip(content: bytes, chance: Random, _pool: Pool) -> bytes:
    changed = bytearray(content)
    for at in chance.choices(range(len(content)), k=chance.choice([1, 1, 3])) if content else ():
        changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _take_away(content: bytes, chance: Random, _pool: Pool) -> bytes:
    part = _slice(content, chance)
    return content[: part.start] + content[part.stop :]


def _cut(content: bytes, chance: Random, _pool: Pool) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _repeat(content: bytes, chance: Random, _pool: Pool) -> bytes:
    part = _slice(content, chance)
    times = chance.choice([2, 2, 3, 10, 100, 5_000])
    return content[: part.start] + content[part] * times + content[part.stop :]


def _move(content: bytes, chance: Random, _pool: Pool) -> bytes:
    part = _slice(content, chance)
    rest = content[: part.start] + content[part.stop :]
    at = chance.randrange(len(rest) + 1)
    return rest[:at] + content[part] + rest[at:]


def _splice(content: bytes, chance: Random, pool: Pool) -> bytes:
    other = chance.choice(pool).content
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]


def _insert(content: bytes, chance: Random, _pool: Pool) -> bytes:
    encoding = "utf-16-le" if content[:2] == b"\xff\xfe" else chance.choice(["utf-8", "utf-8", "cp1252"])
    token = (
        chance.choice(TOKENS).encode(encoding, "replace") if chance.random() < 0.85 else chance.choice(BYTES)
    )
    at = chance.randrange(len(content) + 1)
    over = chance.choice([0, 0, len(token)])
    return content[:at] + token + content[at + over :]


def _insert_cell(content: bytes, chance: Random, _pool: Pool) -> bytes:
    delimiter = chance.choice([b";", b",", b"\t", b"|"])
    places = [match.end() for match in re.finditer(re.escape(delimiter), content)] or [0]
    at = chance.choice(places)
    return content[:at] + chance.choice(TOKENS).encode() + content[at:]


def _recode(content: bytes, chance: Random, _pool: Pool) -> bytes:
    text = content.decode("utf-8", "replace")
    return chance.choice([text.encode("utf-16"), text.encode("utf-8-sig"), text.encode("cp1252", "replace")])


def _new_ends(content: bytes, chance: Random, _pool: Pool) -> bytes:
    return re.sub(rb"\r\n|\r|\n", lambda _end: chance.choice([b"\n", b"\r\n", b"\r", b"\r\r\n"]), content)


_WAYS: list[Way] = [
    _flip, _take_away, _cut, _repeat, _repeat, _move, _splice, _insert, _insert, _insert, _insert_cell,
    _insert_cell, _recode, _new_ends,
]  # fmt: skip
