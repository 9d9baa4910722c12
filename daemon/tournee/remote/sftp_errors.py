"""What SFTP's refusals and SSH's troubles mean."""

from typing import ClassVar

import paramiko
from paramiko.sftp import SFTP_PERMISSION_DENIED, SFTPError

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.remote.sftp_session import Status
from tournee.remote.trouble import Edge, printable

#: Codes of later versions of the protocol, which some servers use all the same
_ALREADY_EXISTS, _NO_SPACE, _QUOTA = 11, 14, 15


class SftpEdge(Edge):
    """The border to an SFTP server."""

    outside: ClassVar[tuple[type[Exception], ...]] = (
        *Edge.outside,
        paramiko.SSHException,
        SFTPError,
        ValueError,
    )

    def translated(self, error: Exception, where: dict[str, str]) -> RemoteError | None:
        """SFTP's refusals and SSH's troubles."""
        if isinstance(error, Status):
            return self._refusal(error, where)
        if isinstance(error, UnicodeError):
            return self.error(Kind.REFUSED, "name_unaddressable", where, permanent=True)
        if isinstance(error, paramiko.SSHException):
            return self._ssh(error)
        if "Garbage packet" in str(error):  # a login shell that talks where SFTP was asked for
            return self.error(Kind.REFUSED, "sftp_not_offered")
        if isinstance(error, SFTPError | ValueError):
            return self.error(
                Kind.PROTOCOL, "answer_not_understood", {"answer": printable(str(error))} | where
            )
        return None

    def _refusal(self, error: Status, where: dict[str, str]) -> RemoteError:
        details = {"answer": printable(error.text), **where}
        if error.absent:
            code = "file_missing" if "file" in where else "directory_not_found"
            return self.error(Kind.NOT_FOUND, code, details)
        if error.code == SFTP_PERMISSION_DENIED:
            return self.error(Kind.REFUSED, "permission_denied", details, permanent=True)
        if error.code == _ALREADY_EXISTS:
            return self.error(Kind.REFUSED, "target_exists", details)
        if error.code in (_NO_SPACE, _QUOTA):
            return self.error(Kind.REFUSED, "server_full", details)
        return self.error(Kind.REFUSED, "command_refused", details)

    def _ssh(self, error: paramiko.SSHException) -> RemoteError | None:
        text = str(error)
        for sign, kind, code, permanent in _SSH_TROUBLES:
            if sign in text:
                return self.error(kind, code, permanent=permanent)
        if isinstance(error, paramiko.ChannelException):
            return self.error(Kind.REFUSED, "sftp_not_offered")
        return self.error(Kind.PROTOCOL, "answer_not_understood", {"answer": printable(text)})


#: What paramiko's exceptions say, what that is, and whether it lasts
_SSH_TROUBLES = (
    ("Error reading SSH protocol banner", Kind.REFUSED, "ssh_greeting_missing", False),
    ("Indecipherable protocol version", Kind.PROTOCOL, "ssh_not_spoken", True),
    ("Invalid SSH banner", Kind.PROTOCOL, "ssh_not_spoken", True),
    ("Signature verification", Kind.UNTRUSTED, "host_key_unproven", True),
    ("Channel closed", Kind.REFUSED, "sftp_not_offered", False),
    ("EOF during negotiation", Kind.REFUSED, "sftp_not_offered", False),
    ("connection dropped", Kind.UNREACHABLE, "connection_lost", False),
    ("Negotiation failed", Kind.UNREACHABLE, "connection_lost", False),
    ("No existing session", Kind.UNREACHABLE, "connection_lost", False),
    ("SSH session not active", Kind.UNREACHABLE, "connection_lost", False),
)
