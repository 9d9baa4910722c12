"""Drop boxes: list a directory, look at a file, fetch, move, delete or put it, by FTP, FTPS, SFTP or locally.

A `Remote` is one conversation with one repository, led by one thread. Entering it connects and logs in;
whatever goes wrong afterwards is a `RemoteError`, or a `LocalFileError` where this machine is to blame.
Every wait is bounded: by the repository's timeout, connecting with login as a whole, and by a minimal pace.
"""

from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from tournee.core.errors import RemoteError
from tournee.core.facts import Reason, RemoteErrorKind, RemoteFile, TrustOffer
from tournee.core.settings import Protocol as Scheme
from tournee.core.settings import Repository
from tournee.remote.watchdog import Watchdog

__all__ = ["Remote", "offers", "open_remote"]

Files = list[RemoteFile]


class Remote(Protocol):
    """A repository while one talks to it. `directory` is below the repository's own; empty for itself."""

    def __enter__(self) -> Self:
        """Connect, make sure who answers, log in."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""

    def list(self, directory: str, wanted: Callable[[str], bool] | None = None) -> Files:
        """The regular files whose names are wanted, in no order; nothing is asked about others."""

    def look(self, directory: str, name: str) -> RemoteFile | None:
        """One file, equal to what `list` gave while nothing changed; None where no regular file is there."""

    def fetch(self, directory: str, name: str, sink: BinaryIO, size: int) -> int:
        """Write the content to `sink`; gives the bytes written, which are `size`.

        Raises RemoteError (truncated) where the file is shorter, longer, cut or changed meanwhile, and
        LocalFileError where `sink` cannot be written. After an error, `sink` holds part of the file at most.
        """

    def move(self, directory: str, name: str, target_directory: str, target_name: str) -> None:
        """Rename; never over another file (RemoteError, refused, reason `target_exists`).

        `target_directory` is absolute or relative to `directory`, and made where it is missing.
        """

    def put(self, directory: str, name: str, content: bytes) -> None:
        """Create a file; never over another (RemoteError, refused, reason `target_exists`).

        It is there whole or not at all: it is uploaded under a hidden name (`match.temporary_name`), which a
        conversation that breaks may leave behind, and the next try for the same name removes.
        """

    def delete(self, directory: str, name: str) -> None:
        """Remove a file; RemoteError, not_found, where it is gone."""

    def abort(self) -> None:
        """From any thread, also while entering: what is under way ends within a second, as RemoteError."""

    def close(self) -> None:
        """End the conversation; may be called more than once."""


def open_remote(repository: Repository) -> Remote:
    """The repository, not connected yet: entering it (`with`) connects. Raises nothing."""
    match repository.protocol:
        case Scheme.SFTP:
            from tournee.remote.sftp import SftpRemote

            return SftpRemote(repository, Watchdog())
        case Scheme.LOCAL:
            from tournee.remote.local import LocalRemote

            return LocalRemote(repository)
        case _:
            from tournee.remote.ftp import FtpRemote

            return FtpRemote(repository, Watchdog())


def offers(repository: Repository) -> TrustOffer:
    """What the server shows of itself for a person to pin, without trusting it and without logging in.

    Host keys (`details`: fingerprint -> type) or a certificate (`details`: subject, issuer, expires). Raises
    RemoteError, also where the protocol has nothing to pin (`nothing_to_pin`).
    """
    match repository.protocol:
        case Scheme.SFTP:
            from tournee.remote import sftp

            return sftp.offers(repository)
        case Scheme.FTPS | Scheme.FTPS_IMPLICIT:
            from tournee.remote import ftp

            return ftp.offers(repository)
        case _:
            details = {"repository": repository.key, "protocol": repository.protocol.value}
            reason = Reason("nothing_to_pin", details)
            raise RemoteError(RemoteErrorKind.PROTOCOL, reason, permanent=True)
