"""Which encoding a file is in, and its text."""

import codecs
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason

Blocks = Callable[[], Iterator[bytes]]  # the file's bytes, from the start each time

#: With more bytes that continue a character of UTF-8 before the first wrong byte, it is damaged UTF-8.
UTF8_BY_CHANCE = 20

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SIGNATURES = (
    (b"PK\x03\x04", "zip"),  # also a workbook of Excel or LibreOffice
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "pdf"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes are read; `legacy` where it is the language's code page for want of UTF-8.

    `cut` where the file ends in the middle of a character, which is left out then.
    """

    name: str
    legacy: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Broken:
    """The bytes are no text at `offset`; `foreign` counts those before it that continue a character."""

    offset: int
    nul: bool
    foreign: int = 0
    at_the_end: bool = False  # all that is wrong: the last character is not whole


def detect(blocks: Blocks, code_page: str) -> Encoding:
    """The encoding: that of the byte-order mark, else UTF-8, else the code page.

    The whole file is read through, so that no row is given out of a file that turns out not to be text.
    Raises FileRejected (`undecodable`, or what `blocks` raises).
    """
    start = next(blocks(), b"")
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    encoding = Encoding(marked or "utf-8")
    broken = _trouble(blocks, encoding.name)
    if broken is None:
        return encoding
    if broken.at_the_end and (marked or broken.foreign):
        return Encoding(encoding.name, cut=True)
    if marked is None and not broken.nul and broken.foreign <= UTF8_BY_CHANCE:
        encoding = Encoding(code_page, legacy=True)
        broken = _trouble(blocks, code_page)
        if broken is None:
            return encoding
    raise FileRejected(RejectReason.UNDECODABLE, _details(blocks, start, encoding, broken))


def texts(blocks: Blocks, encoding: Encoding) -> Iterator[str]:
    """The text of a file that `detect` has passed, some at a time, without a byte-order mark."""
    decode = codecs.getincrementaldecoder(encoding.name)().decode
    parts = (decode(block) for block in blocks())
    yield next(parts, "").removeprefix("\ufeff")
    yield from parts


def _trouble(blocks: Blocks, name: str) -> _Broken | None:
    """What keeps the bytes from being text in that encoding."""
    decode = codecs.getincrementaldecoder(name)().decode
    width = 2 if name.startswith("utf-16") else 1
    taken = characters = 0
    for block in itertools.chain(blocks(), [b""]):
        taken += len(block)
        try:
            text = decode(block, not block)
        except UnicodeDecodeError as error:
            # error.object is the block, with what was left of the one before
            offset = taken - len(error.object) + error.start
            characters += len(error.object[: error.start].decode(error.encoding))
            return _Broken(offset, nul=False, foreign=offset - characters, at_the_end=not block)
        if "\0" in text:
            nul = text.index("\0") * width if width == 2 else block.index(b"\0")
            return _Broken(taken - len(block) + nul, nul=True)
        characters += len(text)
    return None


def _details(blocks: Blocks, start: bytes, encoding: Encoding, broken: _Broken) -> dict[str, object]:
    looks_like = next((kind for mark, kind in _SIGNATURES if start.startswith(mark)), None)
    return {
        "line": _line_at(blocks, encoding.name, broken.offset),
        "byte": broken.offset,
        "encoding": encoding.name,
        "nul": broken.nul,
        "looks_like": looks_like,
    }


def _line_at(blocks: Blocks, name: str, offset: int) -> int:
    """The number, as an editor counts, of the line that holds the byte at `offset`."""
    decode = codecs.getincrementaldecoder(name)("replace").decode
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    line = 1
    for block in blocks():
        line += newlines.decode(decode(block[:offset]), final=len(block) >= offset).count("\n")
        offset -= len(block)
        if offset <= 0:
            break
    return line
