"""From what libraries and the system raise to `RemoteError`: one way for every kind of repository.

An `Edge` is the border between our code and one conversation with one repository. Whatever goes wrong inside
`with edge():` leaves it as a `RemoteError` (or as the `LocalFileError` that it already is), with the
repository, the host and the port among the details. Texts of servers are data: cut and escaped.
"""

import errno
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from tournee.core.errors import RemoteError
from tournee.core.facts import Reason, RemoteErrorKind
from tournee.core.settings import Repository
from tournee.remote.watchdog import Cut, Watchdog

LONGEST_TEXT = 200
_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


def printable(text: str) -> str:
    """A server's text on one line of at most 200 characters, with nothing in it that could move a cursor."""
    line = "".join(char if char.isprintable() else _escaped(char) for char in text.strip()[:LONGEST_TEXT])
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def _escaped(char: str) -> str:
    if char in "\r\n\t":
        return " "
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else char.encode("unicode_escape").decode()


class Edge:
    """The border of one conversation. Each protocol says in `outside` and `translated` what can cross it."""

    outside: ClassVar[tuple[type[Exception], ...]] = (OSError, EOFError)

    def __init__(self, repository: Repository, watchdog: Watchdog) -> None:
        self.repository = repository
        self.watchdog = watchdog

    @property
    def seconds(self) -> float:
        """What bounds each wait, and connecting with login as a whole."""
        return self.repository.timeout.longest.total_seconds()

    def error(
        self,
        kind: RemoteErrorKind,
        code: str,
        details: Mapping[str, object] | None = None,
        *,
        permanent: bool = False,
    ) -> RemoteError:
        """A RemoteError about this repository."""
        place = {
            "repository": self.repository.key,
            "host": self.repository.host,
            "port": self.repository.port,
        }
        return RemoteError(kind, Reason(code, place | dict(details or {})), permanent=permanent)

    @contextmanager
    def __call__(self, **where: str) -> Iterator[None]:
        """Translate what the block raises; `where` (`directory`, `file`) becomes part of the details."""
        shown = {key: printable(value) for key, value in where.items()}
        try:
            yield
        except RemoteError as error:
            raise self._cut(shown) or _placed(error, shown) from error.__cause__
        except self.outside as error:
            raise self._cut(shown) or self.translated(error, shown) or self._network(error, shown) from error

    def translated(self, error: Exception, where: dict[str, str]) -> RemoteError | None:  # noqa: ARG002
        """What the protocol makes of `error`; None where it is the network's or the system's."""
        return None

    def _cut(self, where: dict[str, str]) -> RemoteError | None:
        """The error for a conversation that this side ended: what it led to elsewhere says nothing."""
        match self.watchdog.cut:
            case Cut.DEADLINE:
                return self.timeout(where)
            case Cut.SLOW:
                return self.error(RemoteErrorKind.TIMEOUT, "transfer_too_slow", where)
            case Cut.ABORTED:
                return self.error(RemoteErrorKind.INTERNAL, "remote_aborted")
        return None

    def timeout(self, where: Mapping[str, object] | None = None) -> RemoteError:
        """The server fell silent, or took too long as a whole."""
        details = {"timeout": str(self.repository.timeout), **(where or {})}
        return self.error(RemoteErrorKind.TIMEOUT, "remote_timeout", details)

    def truncated(self, expected: int, received: int) -> RemoteError:
        """A file that is not, or no longer, what the listing said."""
        details = {"expected": expected, "received": received}
        return self.error(RemoteErrorKind.TRUNCATED, "file_truncated", details)

    def cut_short(self, expected: int, stored: int) -> RemoteError:
        """A file that was put and is not there whole."""
        details = {"expected": expected, "received": stored}
        return self.error(RemoteErrorKind.TRUNCATED, "upload_cut", details)

    def unreachable(self, error: OSError) -> RemoteError:
        """No connection came about."""
        if isinstance(error, socket.gaierror):
            return self.error(RemoteErrorKind.UNREACHABLE, "host_unknown")
        return self.error(RemoteErrorKind.UNREACHABLE, "remote_unreachable", {"error": system_text(error)})

    def _network(self, error: Exception, where: dict[str, str]) -> RemoteError:
        if isinstance(error, TimeoutError):
            return self.timeout(where)
        if isinstance(error, OSError) and error.errno in _OURS:
            return self.error(RemoteErrorKind.INTERNAL, "local_trouble", {"error": system_text(error)})
        return self.error(RemoteErrorKind.UNREACHABLE, "connection_lost", where)


def _placed(error: RemoteError, where: dict[str, str]) -> RemoteError:
    """The same error with the place at which it was met among its details."""
    reason = Reason(error.reason.code, where | dict(error.reason.details))
    return RemoteError(error.kind, reason, permanent=error.permanent)


def system_text(error: OSError) -> str:
    """The system's word for `error`, without the path that `str` would add."""
    return os.strerror(error.errno) if error.errno else printable(str(error) or type(error).__name__)
