"""A file brought to hand, whole, with its SHA-256: from a repository, or of this machine.

What comes from a repository passes through a spool file without a name.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from tournee.actions import App, Progress
from tournee.core.errors import LocalFileError, RemoteError
from tournee.core.facts import Reason, RemoteErrorKind, RemoteFile

if TYPE_CHECKING:  # paramiko and ftplib are loaded when a repository is opened, not before
    from tournee.remote import Remote

UNREAD = ""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file at hand, whole, and where it came from.

    `refused` is why its content was not even fetched; it has no SHA-256 then (`UNREAD`).
    """

    name: str
    stream: BinaryIO
    sha256: str
    size: int
    modified_at: datetime | None
    stamp: tuple[int, ...] | None = None
    origin: "Origin | None" = None  # None: a manual import
    refused: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a remote file comes from: the path at which it was delivered.

    `follows` is the path's last delivery (0 at first); None where something else was delivered there since.
    `batch` is the poll; None where a person asks. `in_place`: it still lies there, to be put away afterwards.
    """

    repository: str
    path: str
    modified: str
    follows: int | None
    batch: str | None
    in_place: bool = True


@contextmanager
def fetched(
    app: App, remote: "Remote", directory: str, file: RemoteFile, progress: Progress
) -> Iterator[Source]:
    """A remote file as it was listed, gone at the end of the block.

    Raises RemoteError, also for trouble of this machine (`internal`) in the block.
    """
    try:
        with _spool(app.settings.spool) as content:
            _demand_room(app.settings.spool, file)
            sink = _Sink(content, file, progress)
            remote.fetch(directory, file.name, cast("BinaryIO", sink), file.size or 0)
            content.flush()
            content.seek(0)
            yield Source(
                name=file.name,
                stream=cast("BinaryIO", content),
                sha256=sink.sha256.hexdigest(),
                size=sink.size,
                modified_at=file.modified_at,
            )
    except LocalFileError as error:
        raise RemoteError(RemoteErrorKind.INTERNAL, error.reason) from error


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """A file of this machine, hashed."""
    with local_file(path), open(path, "rb") as stream:
        facts = os.fstat(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        yield Source(
            name=os.path.basename(path),
            stream=stream,
            sha256=digest,
            size=facts.st_size,
            modified_at=datetime.fromtimestamp(facts.st_mtime, UTC),
        )


@contextmanager
def local_file(name: str) -> Iterator[None]:
    """Turns this machine's trouble with a file into LocalFileError: the one translator of that edge."""
    try:
        yield
    except OSError as error:
        code = dict.fromkeys(NO_ROOM, "disk_full") | {errno.ENOENT: "file_not_found"}
        reason = Reason(
            code.get(error.errno or 0, "file_unreadable"),
            {"file": name, "problem": os.strerror(error.errno) if error.errno else ""},
        )
        raise LocalFileError(reason) from error


@contextmanager
def _spool(directory: str) -> Iterator[IO[bytes]]:
    """A file without a name in a private directory: when the process dies, it is gone.

    Raises LocalFileError.
    """
    with local_file(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as content:
            yield content


def _demand_room(directory: str, file: RemoteFile) -> None:
    """Before anything is asked for: a conversation that breaks off inside a file costs a new login.

    Raises LocalFileError, `no_room`.
    """
    free = shutil.disk_usage(directory).free
    if file.size and file.size > free:
        raise LocalFileError(Reason("no_room", {"file": file.name, "size": file.size, "free": free}))


@dataclass(slots=True)
class _Sink:
    """Where a download goes: the spool file, its SHA-256 and its progress."""

    content: IO[bytes]
    file: RemoteFile
    progress: Progress
    size: int = 0
    sha256: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def write(self, block: bytes) -> int:
        self.sha256.update(block)
        self.size += len(block)
        self.progress(self.file.name, self.size, self.file.size or 0)
        return self.content.write(block)
