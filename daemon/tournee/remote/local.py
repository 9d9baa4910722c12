"""A repository that is a directory of this machine: the same rules, without a network.

Names are data here too: one that would lead elsewhere is refused, and a link is no file. Everything is asked
of an open directory, so that nothing can be put in its place meanwhile.
"""

import errno
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import BinaryIO, ClassVar, Self

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.facts import RemoteFile
from tournee.core.match import temporary_name
from tournee.core.settings import Repository
from tournee.remote.names import Files, Names, Wanted
from tournee.remote.sink import FULL, Sink
from tournee.remote.trouble import Edge, system_text
from tournee.remote.watchdog import Watchdog

_BLOCK = 1024 * 1024
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})  # a link that is not followed is ELOOP
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS})


class LocalEdge(Edge):
    """The border to the file system."""

    outside: ClassVar[tuple[type[Exception], ...]] = (OSError, UnicodeError)

    def translated(self, error: Exception, where: dict[str, str]) -> RemoteError:
        """What the system says; directories are asked for by text here, and files by bytes."""
        if not isinstance(error, OSError):
            return self.error(Kind.REFUSED, "name_unaddressable", where, permanent=True)
        if error.errno in _ABSENT:
            code = "directory_not_found" if isinstance(error.filename, str) else "file_missing"
            return self.error(Kind.NOT_FOUND, code, where)
        if error.errno in _DENIED:
            return self.error(Kind.REFUSED, "permission_denied", where, permanent=True)
        if error.errno in FULL:
            return self.error(Kind.REFUSED, "server_full", {"answer": system_text(error)} | where)
        return self.error(Kind.REFUSED, "local_refused", {"error": system_text(error)} | where)


class LocalRemote:
    """One directory. There is nothing to connect to; `abort` ends a copy that is under way."""

    def __init__(self, repository: Repository) -> None:
        self._watchdog = Watchdog()
        self._edge = LocalEdge(repository, self._watchdog)
        self._names = Names("utf-8")
        self._root = repository.directory

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def abort(self) -> None:
        """From any thread: what is under way, and whatever comes, raises RemoteError."""
        self._watchdog.abort()

    def close(self) -> None:
        """There is nothing to close."""

    # ---------------------------------------------------------------- reading

    def list(self, directory: str, wanted: Wanted | None = None) -> Files:
        """The regular files of a directory whose names are wanted, in no order. Raises RemoteError."""
        path = self._path(directory)
        with self._edge(directory=path), _opened(path) as folder:
            names = [name for name in os.listdir(folder) if wanted is None or wanted(name)]
            return [file for name in names if (file := self._seen(folder, name))]

    def look(self, directory: str, name: str) -> RemoteFile | None:
        """One file as `list` would give it; None where it is gone or no regular file. Raises RemoteError."""
        path = self._path(directory)
        with self._edge(directory=path, file=name), suppress(FileNotFoundError), _opened(path) as folder:
            return self._seen(folder, name)
        return None

    def fetch(self, directory: str, name: str, sink: BinaryIO, size: int) -> int:
        """Write the file's content, which is to be `size` bytes, else RemoteError says truncated.

        Raises RemoteError, LocalFileError.
        """
        path, counted = self._path(directory), Sink(sink, name, size)
        with self._edge(directory=path, file=name), _opened(path) as folder:
            source = self._open(folder, name)
            try:
                before = os.fstat(source)
                self._copy(source, counted)
                after = os.fstat(source)
            finally:
                os.close(source)
            if counted.got != size or _version(before) != _version(after):
                raise self._edge.truncated(size, counted.got)
            return counted.got

    def _open(self, folder: int, name: str) -> int:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe would wait for its writer
        source = os.open(self._names.wire(name), flags, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(source).st_mode):
            os.close(source)
            raise FileNotFoundError(errno.ENOENT, "no regular file")
        return source

    def _copy(self, source: int, sink: Sink) -> None:
        self._go_on()
        while block := os.read(source, _BLOCK):
            self._go_on()
            if not sink.take(block):
                return

    # ---------------------------------------------------------------- changing

    def move(self, directory: str, name: str, target_directory: str, target_name: str) -> None:
        """Rename, into a directory that is made if need be, never over another file. Raises RemoteError."""
        path = self._path(directory)
        target = posixpath.normpath(posixpath.join(path, target_directory))
        with self._edge(directory=path, file=name, target=target_name), _opened(path) as source:
            self._regular(source, name)
            os.makedirs(target, exist_ok=True)
            with _opened(target) as folder:
                self._rename(source, name, folder, target_name)

    def _rename(self, source: int, name: str, folder: int, target: str) -> None:
        """By a second name and the removal of the first: a rename would overwrite."""
        old, new = self._names.wire(name), self._names.wire(target)
        try:
            os.link(old, new, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
            os.unlink(old, dir_fd=source)
        except FileExistsError as error:
            raise self._edge.error(Kind.REFUSED, "target_exists") from error
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._rename_without_links(source, name, folder, target)

    def _rename_without_links(self, source: int, name: str, folder: int, target: str) -> None:
        """Where the file system has no links, or not for others' files: the best that is left."""
        self._refuse_taken(folder, target)
        os.rename(self._names.wire(name), self._names.wire(target), src_dir_fd=source, dst_dir_fd=folder)

    def put(self, directory: str, name: str, content: bytes) -> None:
        """Create a file, whole or not at all, never over another. Raises RemoteError."""
        path = self._path(directory)
        with self._edge(directory=path, written=name), _opened(path) as folder:
            self._go_on()
            spare = temporary_name(name)
            try:
                self._refuse_taken(folder, name)
                self._write(folder, spare, content)
                self._rename(folder, spare, folder, name)
            except (OSError, RemoteError):
                with suppress(OSError):
                    os.unlink(spare, dir_fd=folder)
                raise

    def _write(self, folder: int, name: str, content: bytes) -> None:
        """A new file, readable by everybody who may enter the directory: whoever drops files there."""
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        new = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
        with open(new, "wb") as file:
            os.fchmod(new, 0o644)
            file.write(content)
            file.flush()
            os.fsync(new)

    def _refuse_taken(self, folder: int, name: str) -> None:
        with suppress(FileNotFoundError):
            os.stat(self._names.wire(name), dir_fd=folder, follow_symlinks=False)
            raise self._edge.error(Kind.REFUSED, "target_exists")

    def delete(self, directory: str, name: str) -> None:
        """Remove a file; raises RemoteError, not_found where it is gone."""
        path = self._path(directory)
        with self._edge(directory=path, file=name), _opened(path) as folder:
            self._regular(folder, name)
            os.unlink(self._names.wire(name), dir_fd=folder)

    # ---------------------------------------------------------------- places

    def _path(self, directory: str) -> str:
        return posixpath.normpath(posixpath.join(self._root, directory.strip("/")))

    def _go_on(self) -> None:
        if self._watchdog.cut:
            raise ConnectionAbortedError

    def _regular(self, folder: int, name: str) -> os.stat_result:
        """What is known of a file; raises FileNotFoundError where that name has none."""
        self._go_on()
        known = os.stat(self._names.wire(name), dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(known.st_mode):
            raise FileNotFoundError(errno.ENOENT, "no regular file")
        return known

    def _seen(self, folder: int, name: str) -> RemoteFile | None:
        try:
            known = self._regular(folder, name)
        except FileNotFoundError:
            return None
        return RemoteFile(
            name=name,
            size=known.st_size,
            modified=str(known.st_mtime_ns),
            modified_at=datetime.fromtimestamp(known.st_mtime, UTC),
        )


@contextmanager
def _opened(path: str) -> Iterator[int]:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        os.close(folder)


def _version(known: os.stat_result) -> tuple[int, int]:
    return known.st_size, known.st_mtime_ns
