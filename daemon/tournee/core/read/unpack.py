"""The bytes of a file, unpacked as its name says, within limits."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason
from tournee.core.settings import Limits

BLOCK = 1 << 16
#: The ratio is not looked at before: the same short row over and over is no bomb.
RATIO_FROM = 1 << 18
#: A zip with one file needs no more of a directory.
DIRECTORY_LIMIT = 1 << 20

_INSIDE_ZIP = (".csv", ".txt", ".tsv")
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (
    EOFError,
    gzip.BadGzipFile,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,  # a version of zip that the library does not know
    UnicodeDecodeError,  # a name in the zip
)


def blocks(stream: BinaryIO, name: str, limits: Limits) -> Iterator[bytes]:
    """The unpacked bytes of `stream` from its start, some at a time.

    A name that ends in `.gz` or `.zip` is an archive; a zip holds one file. Raises FileRejected (`too_large`;
    `bad_archive` for one that is broken, encrypted or holds something else). The stream's own OSError passes.
    """
    packed = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    taken = 0
    with _broken_is_rejected():
        plain = _unpacked(cast(BinaryIO, _Source(stream)), name.lower())
    while True:
        with _broken_is_rejected():
            block = plain.read(BLOCK)
        if not block:
            return
        taken += len(block)
        _check(taken, packed, limits)
        yield block


def _check(taken: int, packed: int, limits: Limits) -> None:
    if taken > limits.size:
        raise FileRejected(RejectReason.TOO_LARGE, {"limit": "size", "most": limits.size})
    if taken > RATIO_FROM and taken > packed * limits.ratio:
        raise FileRejected(RejectReason.TOO_LARGE, {"limit": "ratio", "most": limits.ratio})


def _unpacked(stream: BinaryIO, name: str) -> BinaryIO:
    if name.endswith(".gz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream, mode="rb"))
    if name.endswith(".zip"):
        return _only_member(zipfile.ZipFile(stream))
    return stream


def _only_member(archive: zipfile.ZipFile) -> BinaryIO:
    members = [member for member in archive.infolist() if _counts(member)]
    if len(members) != 1 or not members[0].filename.lower().endswith(_INSIDE_ZIP):
        raise _bad("members", files=len(members))
    member = members[0]
    if member.flag_bits & _ENCRYPTED:
        raise _bad("encrypted")
    if member.compress_type not in _ZIP_METHODS:
        raise _bad("method")
    return cast(BinaryIO, archive.open(member))


def _counts(member: zipfile.ZipInfo) -> bool:
    """Folders, what macOS adds, and hidden files are not among the files that somebody meant to send."""
    *folders, name = member.filename.split("/")
    folder_itself = bool(folders) and not name
    return not (folder_itself or name.startswith(".") or "__MACOSX" in folders[:1])


class _Source:
    """A stream that gives all it is asked for, as a file does and a pipe may not.

    A damaged zip leads nowhere in it, and no directory of any size is read into memory.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.tell = stream.tell
        self.seekable = stream.seekable

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and not 0 <= offset < 1 << 62:
            raise zipfile.BadZipFile("an offset leads out of the file")
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        wanted = size if 0 <= size < DIRECTORY_LIMIT else DIRECTORY_LIMIT
        given = self._stream.read(wanted)
        while len(given) < wanted and (more := self._stream.read(wanted - len(given))):
            given += more
        return given


@contextmanager
def _broken_is_rejected() -> Iterator[None]:
    """Translate what gzip and zipfile raise for damaged archives."""
    try:
        yield
    except _BROKEN as broken:
        raise _bad("broken") from broken


def _bad(problem: str, **details: object) -> FileRejected:
    return FileRejected(RejectReason.BAD_ARCHIVE, {"problem": problem, **details})
