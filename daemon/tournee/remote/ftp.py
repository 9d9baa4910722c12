"""A repository on an FTP server: plain, or with TLS from AUTH on or from the first byte."""

import ftplib
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import BinaryIO, Self

from tournee.core.errors import RemoteError
from tournee.core.facts import Reason, RemoteFile, TrustOffer
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.match import temporary_name
from tournee.core.settings import Protocol, Repository
from tournee.remote import tls
from tournee.remote.ftp_catalogue import Catalogue
from tournee.remote.ftp_errors import FtpEdge
from tournee.remote.ftp_session import Session
from tournee.remote.names import Files, Names, Wanted
from tournee.remote.sink import Sink
from tournee.remote.tls import Protection
from tournee.remote.trouble import printable
from tournee.remote.watchdog import Watchdog


class FtpRemote:
    """One conversation, led by one thread; `abort` may come from any.

    It is unusable after a RemoteError from inside a transfer, and says so (`connection_lost`).
    """

    def __init__(self, repository: Repository, watchdog: Watchdog) -> None:
        self._repository = repository
        self._watchdog = watchdog
        self._edge = FtpEdge(repository, watchdog)
        self._names = Names(repository.encoding, frozenset(b"/\0\r\n"))
        self._session: Session
        self._catalogue: Catalogue
        self._root = ""  # the repository's directory, as it goes over the wire
        self._cwd: str | None = None

    # ---------------------------------------------------------------- opening, closing

    def __enter__(self) -> Self:
        self._watchdog.start()
        try:
            with self._edge(), self._watchdog.within(self._edge.seconds):
                self._open()
        except RemoteError as error:
            self.close()
            raise _with_fingerprint(self._repository, error) from error.__cause__
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        protocol, password = self._repository.protocol, self._repository.password
        protection = Protection.of(self._edge) if protocol is not Protocol.FTP else None
        self._edge.session = self._session = Session(self._edge, protection)
        self._session.begin(implicit=protocol is Protocol.FTPS_IMPLICIT)
        self._session.enter(
            self._path_text(self._repository.user or ""),
            self._path_text(password.reveal() if password else ""),
        )
        self._catalogue = Catalogue(self._session, self._edge, self._names)
        self._catalogue.learn()
        self._root = self._find_root()

    def abort(self) -> None:
        """End the conversation now, from any thread: what is under way raises RemoteError."""
        self._watchdog.abort()

    def close(self) -> None:
        """Say goodbye and close; may be called more than once."""
        if session := self._edge.session:
            session.quit()
        self._watchdog.stop()

    # ---------------------------------------------------------------- reading

    def list(self, directory: str, wanted: Wanted | None = None) -> Files:
        """The regular files of a directory whose names are wanted, in no order. Raises RemoteError."""
        with self._edge(directory=self._shown(directory)):
            self._go_to(self._path(directory), afresh=True)
            return self._catalogue.files(wanted)

    def look(self, directory: str, name: str) -> RemoteFile | None:
        """One file as `list` would give it; None where it is gone or no regular file. Raises RemoteError."""
        with self._edge(directory=self._shown(directory), file=name):
            try:
                self._go_to(self._path(directory))
            except ftplib.error_perm as error:
                if self._edge.refusal(str(error)).kind is not Kind.NOT_FOUND:
                    raise
                return None
            return self._catalogue.file(name)

    def fetch(self, directory: str, name: str, sink: BinaryIO, size: int) -> int:
        """Write the file's content, which is to be `size` bytes, else RemoteError says truncated.

        Raises RemoteError, LocalFileError.
        """
        with self._edge(directory=self._shown(directory), file=name):
            self._go_to(self._path(directory))
            counted = Sink(sink, name, size)
            self._retrieve(name, counted)
            if counted.got != size:
                raise self._edge.truncated(size, counted.got)
            return counted.got

    def _retrieve(self, name: str, sink: Sink) -> None:
        self._session.representation("I")
        try:
            self._session.receive(f"RETR {self._wire(name)}", sink.take)
        except ftplib.error_perm as error:
            raise self._gone_or_denied(name, error) from error

    # ---------------------------------------------------------------- changing

    def move(self, directory: str, name: str, target_directory: str, target_name: str) -> None:
        """Rename, into a directory that is made if need be, never over another file. Raises RemoteError."""
        with self._edge(directory=self._shown(directory), file=name, target=target_name):
            source = self._path(directory)
            target = posixpath.normpath(posixpath.join(source, self._path_text(target_directory)))
            self._make(target)
            self._refuse_taken(target_name)
            self._go_to(source)
            self._rename(name, posixpath.join(target, self._wire(target_name)))

    def _rename(self, name: str, target: str) -> None:
        """A file of the current directory, to a path as it goes over the wire."""
        self._session.sendcmd(f"RNFR {self._wire(name)}")
        self._session.voidcmd(f"RNTO {target}")

    def put(self, directory: str, name: str, content: bytes) -> None:
        """Create a file, whole or not at all, never over another. Raises RemoteError."""
        with self._edge(directory=self._shown(directory), written=name):
            path, spare = self._path(directory), temporary_name(name)
            target = posixpath.join(path, self._wire(name))
            self._go_to(path)
            with self._or_nothing(spare):
                self._refuse_taken(name)
                self._store(spare, content)
                self._refuse_taken(name)
                self._rename(spare, target)

    def _refuse_taken(self, name: str) -> None:
        """To be asked before a rename: on many servers it overwrites."""
        if self._catalogue.exists(name):
            raise self._edge.error(Kind.REFUSED, "target_exists")

    @contextmanager
    def _or_nothing(self, spare: str) -> Iterator[None]:
        """Leave nothing of an upload that fails, nor of one before: some servers let nobody write over it."""
        self._discard(spare)
        try:
            yield
        except (ftplib.error_temp, ftplib.error_perm) as error:
            meant = self._edge.refusal(str(error))  # said of the last command, which is another from now on
            self._discard(spare)
            raise meant from error
        except RemoteError:
            self._discard(spare)
            raise

    def _discard(self, spare: str) -> None:
        with suppress(ftplib.error_temp, ftplib.error_perm):
            self._session.voidcmd(f"DELE {spare}")

    def _store(self, name: str, content: bytes) -> None:
        """Upload; a server may say that all is well and have less."""
        self._session.representation("I")
        self._session.send(f"STOR {name}", content)
        stored = self._catalogue.file(name)
        if stored and stored.size not in (None, len(content)):
            raise self._edge.cut_short(len(content), stored.size or 0)

    def delete(self, directory: str, name: str) -> None:
        """Remove a file; raises RemoteError, not_found where it is gone."""
        with self._edge(directory=self._shown(directory), file=name):
            self._go_to(self._path(directory))
            try:
                self._session.voidcmd(f"DELE {self._wire(name)}")
            except ftplib.error_perm as error:
                raise self._gone_or_denied(name, error) from error

    def _gone_or_denied(self, name: str, error: ftplib.error_perm) -> RemoteError:
        """Many servers say 550 and the same words for a file that is gone and for one that is forbidden."""
        meant = self._edge.refusal(str(error))
        if meant.kind is not Kind.NOT_FOUND or not self._catalogue.exists(name):
            return meant
        details = {"answer": printable(str(error))}
        return self._edge.error(Kind.REFUSED, "permission_denied", details, permanent=True)

    # ---------------------------------------------------------------- places

    def _find_root(self) -> str:
        """Where the login leads (nothing or `/`), below that (`/~/in`), or as the URL says."""
        directory = self._repository.directory
        if directory.strip("/") and directory.split("/")[:2] != ["", "~"]:
            return self._path_text(directory)
        home = ftplib.parse257(self._session.sendcmd("PWD")) or "/"  # noqa: S321 -- what the operator asked for
        return posixpath.join(home, self._path_text(directory[3:]))

    def _path(self, directory: str) -> str:
        """A directory below the repository's, as it goes over the wire."""
        return posixpath.normpath(posixpath.join(self._root, self._path_text(directory.strip("/"))))

    def _shown(self, directory: str) -> str:
        """The directory as a person would write it."""
        return posixpath.join(self._repository.directory or "/", directory).rstrip("/") or "/"

    def _wire(self, name: str) -> str:
        """A name as it goes over the wire; raises UnicodeError where it names no single file."""
        return self._names.wire(name).decode("latin-1")

    def _path_text(self, text: str) -> str:
        """A path, a user or a password as it goes over the wire; raises UnicodeError where it cannot."""
        return self._names.path(text).decode("latin-1")

    def _go_to(self, path: str, *, afresh: bool = False) -> None:
        """CWD first: a listing of a directory that is not there is empty on some servers."""
        if afresh or self._cwd != path:
            self._cwd = None
            self._session.voidcmd(f"CWD {path}")
            self._cwd = path

    def _make(self, path: str) -> None:
        """Go to a directory, made with those above it if need be."""
        try:
            self._go_to(path)
        except ftplib.error_perm:
            if path in ("/", "."):
                raise
            self._make(posixpath.dirname(path))
            self._make_here(path)

    def _make_here(self, path: str) -> None:
        """Make a directory in the current one, where another may have made it meanwhile, and go there."""
        refused: RemoteError | None = None
        try:
            self._session.voidcmd(f"MKD {posixpath.basename(path)}")
        except ftplib.error_perm as error:
            refused = self._edge.refusal(str(error))
        try:
            self._go_to(path)
        except ftplib.error_perm as error:
            raise refused or error from error


# ---------------------------------------------------------------- trust


def offers(repository: Repository) -> TrustOffer:
    """The certificate that the server shows, without trusting it or logging in. Raises RemoteError."""
    certificate = _shown_certificate(repository)
    return TrustOffer(
        repository=repository.key,
        host=repository.host,
        port=repository.port,
        kind="certificate",
        fingerprints=(tls.fingerprint(certificate),),
        details=tls.described(certificate),
    )


def _shown_certificate(repository: Repository) -> bytes:
    watchdog = Watchdog()
    edge = FtpEdge(repository, watchdog)
    edge.session = session = Session(edge, Protection.none(edge))
    watchdog.start()
    try:
        with edge(), watchdog.within(edge.seconds):
            session.begin(implicit=repository.protocol is Protocol.FTPS_IMPLICIT)
            return session.certificate()
    finally:
        session.quit()
        watchdog.stop()


def _with_fingerprint(repository: Repository, error: RemoteError) -> RemoteError:
    """An untrusted certificate is told with its fingerprint, for which one has to look a second time."""
    if error.reason.code != "certificate_untrusted":
        return error
    details = dict(error.reason.details)
    with suppress(RemoteError):
        details["fingerprint"] = tls.fingerprint(_shown_certificate(repository))
    return RemoteError(error.kind, Reason(error.reason.code, details), permanent=error.permanent)
