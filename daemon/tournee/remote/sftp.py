"""A repository on an SFTP server."""

import posixpath
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import BinaryIO, Self

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.facts import RemoteFile, TrustOffer
from tournee.core.match import temporary_name
from tournee.core.settings import Repository
from tournee.remote import ssh
from tournee.remote.names import Files, Names, Wanted
from tournee.remote.sftp_errors import SftpEdge
from tournee.remote.sftp_session import Attributes, Session, Status
from tournee.remote.sink import Sink
from tournee.remote.watchdog import Watchdog


class SftpRemote:
    """One conversation, led by one thread; `abort` may come from any.

    It is unusable after a RemoteError that ended the connection, and says so (`connection_lost`).
    """

    def __init__(self, repository: Repository, watchdog: Watchdog) -> None:
        self._repository = repository
        self._watchdog = watchdog
        self._edge = SftpEdge(repository, watchdog)
        self._names = Names(repository.encoding)
        self._transport: ssh.Transport | None = None
        self._session: Session

    # ---------------------------------------------------------------- opening, closing

    def __enter__(self) -> Self:
        self._watchdog.start()
        try:
            with self._edge(), self._watchdog.within(self._edge.seconds):
                self._transport = ssh.connect(self._edge)
                self._session = self._open_session(self._transport)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_session(self, transport: ssh.Transport) -> Session:
        channel = transport.open_session(timeout=self._edge.seconds)
        channel.settimeout(self._edge.seconds)
        channel.invoke_subsystem("sftp")
        return Session(channel)

    def abort(self) -> None:
        """End the conversation now, from any thread: what is under way raises RemoteError."""
        self._watchdog.abort()

    def close(self) -> None:
        """Close the connection; may be called more than once."""
        self._hang_up()
        self._watchdog.stop()

    @contextmanager
    def _exchange(self, **where: str) -> Iterator[None]:
        """Something asked of the server; whatever is not its answer ends the connection.

        The next answer could be that of an earlier question.
        """
        with self._edge(**where):
            try:
                yield
            except (Status, UnicodeError, RemoteError):
                raise
            except BaseException:
                self._hang_up()
                raise

    def _hang_up(self) -> None:
        if self._transport:
            ssh.hang_up(self._edge, self._transport)

    # ---------------------------------------------------------------- reading

    def list(self, directory: str, wanted: Wanted | None = None) -> Files:
        """The regular files of a directory whose names are wanted, in no order. Raises RemoteError."""
        with self._exchange(directory=self._shown(directory)), self._watchdog.moving() as moved:
            files: Files = []
            for entry in self._session.entries(self._path(directory), moved):
                name = self._names.text(entry.name)
                if entry.regular and name is not None and (wanted is None or wanted(name)):
                    files.append(_file(name, entry.attributes))
            return files

    def look(self, directory: str, name: str) -> RemoteFile | None:
        """One file as `list` would give it; None where it is gone or no regular file. Raises RemoteError."""
        with self._exchange(directory=self._shown(directory), file=name), self._soon():
            attributes = self._attributes(self._path(directory, name))
            if attributes is None or not stat.S_ISREG(attributes.mode or stat.S_IFREG):
                return None
            return _file(name, attributes)

    def fetch(self, directory: str, name: str, sink: BinaryIO, size: int) -> int:
        """Write the file's content, which is to be `size` bytes, else RemoteError says truncated.

        Raises RemoteError, LocalFileError.
        """
        counted = Sink(sink, name, size)
        with self._exchange(directory=self._shown(directory), file=name), self._watchdog.moving() as moved:

            def take(block: bytes) -> bool:
                moved(len(block))
                return counted.take(block)

            unchanged = self._session.download(self._path(directory, name), size, take)
            if counted.got != size or not unchanged:
                raise self._edge.truncated(size, counted.got)
            return counted.got

    # ---------------------------------------------------------------- changing

    def move(self, directory: str, name: str, target_directory: str, target_name: str) -> None:
        """Rename, into a directory that is made if need be, never over another file. Raises RemoteError."""
        where = {"directory": self._shown(directory), "file": name, "target": target_name}
        with self._exchange(**where), self._soon():
            source = self._path(directory)
            folder = posixpath.normpath(posixpath.join(source, self._names.path(target_directory)))
            self._make(folder)
            self._rename(self._path(directory, name), posixpath.join(folder, self._names.wire(target_name)))

    def _rename(self, source: bytes, target: bytes) -> None:
        """Plain RENAME does not overwrite; the question before it is for servers where it does."""
        self._refuse_taken(target)
        try:
            self._session.rename(source, target)
        except Status:
            self._refuse_taken(target)
            raise

    def _refuse_taken(self, target: bytes) -> None:
        if self._attributes(target):
            raise self._edge.error(Kind.REFUSED, "target_exists")

    def put(self, directory: str, name: str, content: bytes) -> None:
        """Create a file, whole or not at all, never over another. Raises RemoteError."""
        with self._exchange(directory=self._shown(directory), written=name):
            target, spare = self._path(directory, name), self._path(directory, temporary_name(name))
            try:
                with self._soon():
                    self._refuse_taken(target)
                with self._watchdog.moving() as moved:
                    self._session.upload(spare, content, moved)
                with self._soon():
                    self._verify(spare, len(content))
                    self._rename(spare, target)
            except (Status, RemoteError):
                with self._soon(), suppress(Status):
                    self._session.remove(spare)
                raise

    def _verify(self, path: bytes, size: int) -> None:
        """A server may say that all is well and have less."""
        stored = self._attributes(path)
        if stored and stored.size not in (None, size):
            raise self._edge.cut_short(size, stored.size or 0)

    def delete(self, directory: str, name: str) -> None:
        """Remove a file; raises RemoteError, not_found where it is gone."""
        with self._exchange(directory=self._shown(directory), file=name), self._soon():
            self._session.remove(self._path(directory, name))

    # ---------------------------------------------------------------- places

    def _soon(self) -> AbstractContextManager[None]:
        """An exchange that moves no file ends within the timeout as a whole."""
        return self._watchdog.within(self._edge.seconds)

    def _attributes(self, path: bytes) -> Attributes | None:
        """None where nothing is there."""
        try:
            return self._session.attributes(path)
        except Status as error:
            if error.absent:
                return None
            raise

    def _path(self, directory: str, name: str | None = None) -> bytes:
        """A directory below the repository's, or a file in it; raises UnicodeError where it has no bytes.

        The repository's own is where the login leads (nothing or `/`), below (`/~/in`), or as the URL says.
        """
        root = self._repository.directory
        if not root.strip("/"):
            root = "."
        elif root.split("/")[:2] == ["", "~"]:
            root = root[3:] or "."
        path = posixpath.normpath(
            posixpath.join(self._names.path(root), self._names.path(directory.strip("/")))
        )
        return path if name is None else posixpath.join(path, self._names.wire(name))

    def _shown(self, directory: str) -> str:
        """The directory as a person would write it."""
        return posixpath.join(self._repository.directory or "/", directory).rstrip("/") or "/"

    def _make(self, path: bytes) -> None:
        """See to it that a directory is there, with those above it."""
        if self._attributes(path) or path in (b"", b"/", b"."):
            return
        self._make(posixpath.dirname(path))
        try:
            self._session.mkdir(path)
        except Status:
            if not self._attributes(path):  # else another made it meanwhile
                raise


def _file(name: str, attributes: Attributes) -> RemoteFile:
    time = attributes.modified
    return RemoteFile(
        name=name,
        size=attributes.size,
        modified="" if time is None else str(time),
        modified_at=None if time is None else datetime.fromtimestamp(time, UTC),
    )


def offers(repository: Repository) -> TrustOffer:
    """All host keys of the server, looked at without trusting them or logging in. Raises RemoteError."""
    watchdog = Watchdog()
    edge = SftpEdge(repository, watchdog)
    watchdog.start()
    try:
        with edge(), watchdog.within(edge.seconds):
            keys = ssh.shown(edge)
    finally:
        watchdog.stop()
    return TrustOffer(
        repository=repository.key,
        host=repository.host,
        port=repository.port,
        kind="host_key",
        fingerprints=tuple(keys),
        details=keys,
    )
