"""What an FTP server's refusals mean. Their first digit says little: servers call lasting faults temporary
and the other way round, so the command, the code and the text decide together."""

import ftplib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.settings import Protocol
from tournee.remote import tls
from tournee.remote.ftp_session import Session
from tournee.remote.trouble import Edge, printable


@dataclass(frozen=True, slots=True)
class _Rule:
    """The first rule whose three patterns are found in the verb, the code and the text says what it was."""

    verb: str
    code: str
    text: str
    kind: Kind
    reason: str
    permanent: bool = False


_LOGIN = "^(CONNECT|USER|PASS|ACCT)$"
_TRANSFER = "^(LIST|NLST|MLSD|RETR|STOR)$"
_ON_FILE = "^(RETR|DELE|RNFR|SIZE|MDTM|MLST)$"
_DENIED = r"denied|permission|privilege|not permitted|not allowed|forbidden|access"

_RULES = (
    _Rule(
        _LOGIN, "^[45]", r"\b(tls|ssl|encrypt|secure|cleartext)", Kind.REFUSED, "encryption_required", True
    ),
    _Rule("", "^421", r"", Kind.REFUSED, "server_busy"),
    _Rule(_LOGIN, "", r"too many|maximum|limit (reached|exceeded)", Kind.REFUSED, "server_busy"),
    _Rule("", "^500", r"^OOPS", Kind.PROTOCOL, "server_broken"),
    _Rule("^CONNECT$", "^[45]", "", Kind.REFUSED, "server_busy"),
    _Rule(_LOGIN, "^[345]", "", Kind.AUTHENTICATION, "login_refused", True),
    _Rule("^(AUTH|PBSZ|PROT)$", "^[45]", "", Kind.REFUSED, "tls_not_offered", True),
    _Rule(_TRANSFER, "^522", "", Kind.REFUSED, "tls_session_reuse_required", True),
    _Rule(
        _TRANSFER, "^[45]", r"session reuse|reuse required", Kind.REFUSED, "tls_session_reuse_required", True
    ),
    _Rule(_TRANSFER, "^425", r"operation not permitted", Kind.REFUSED, "tls_session_reuse_required", True),
    _Rule(_TRANSFER, "^425", "", Kind.UNREACHABLE, "data_connection_failed"),
    _Rule("^STOR$", "^[45]", r"no space|space left|quota|disk full", Kind.REFUSED, "server_full"),
    _Rule(_TRANSFER, "^(426|451|551)", "", Kind.TRUNCATED, "transfer_cut"),
    _Rule("^CWD$", "^[45]5", _DENIED, Kind.REFUSED, "permission_denied", True),
    _Rule("^CWD$", "^[45]", "", Kind.NOT_FOUND, "directory_not_found"),
    _Rule("", "^[45]5", _DENIED, Kind.REFUSED, "permission_denied", True),
    _Rule("^RNTO$", "^55", r"exist", Kind.REFUSED, "target_exists"),
    _Rule(_ON_FILE, "^[45]50", "", Kind.NOT_FOUND, "file_missing"),
    _Rule("", "^[45]52", "", Kind.REFUSED, "server_full"),
    _Rule("^STOR$", "^55[03]", "", Kind.REFUSED, "permission_denied", True),
    _Rule("", "^4", "", Kind.REFUSED, "command_refused"),
    _Rule("", "^5", "", Kind.REFUSED, "command_refused", True),
)

#: What OpenSSL calls bytes that are not TLS where TLS should be, across its versions
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "BAD_RECORD_TYPE", "PACKET_LENGTH_TOO_LONG"}
)
_NO_COMMON = re.compile(
    r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|HANDSHAKE_FAILURE|TOO_SMALL|TOO_WEAK"
)


class FtpEdge(Edge):
    """The border to an FTP server; `session` is the conversation as far as it came."""

    outside: ClassVar[tuple[type[Exception], ...]] = (*Edge.outside, ftplib.Error, ValueError)
    session: Session | None = None

    def translated(self, error: Exception, where: dict[str, str]) -> RemoteError | None:
        """FTP's refusals and TLS's troubles."""
        if isinstance(error, ftplib.error_reply | ftplib.error_proto) and str(error)[:1] not in "345":
            return self.error(Kind.PROTOCOL, "answer_not_understood", _answered(error) | where)
        if isinstance(error, ftplib.Error):
            return self.refusal(str(error), where)
        if isinstance(error, ssl.SSLError):  # before ValueError, which a bad certificate is too
            return self._tls(error)
        if isinstance(error, UnicodeError):
            return self.error(Kind.REFUSED, "name_unaddressable", where, permanent=True)
        if isinstance(error, ValueError):
            return self.error(Kind.PROTOCOL, "answer_not_understood", _answered(error) | where)
        return None

    def refusal(self, reply: str, where: Mapping[str, object] | None = None) -> RemoteError:
        """What a reply to the last command means."""
        verb = self.session.verb if self.session else "CONNECT"
        code, text = reply[:3], reply[4:]
        details = {"command": verb, "answer": printable(reply), **(where or {})}
        for rule in _RULES:
            if self._applies(rule, verb, code, text):
                return self.error(rule.kind, rule.reason, details, permanent=rule.permanent)
        return self.error(Kind.PROTOCOL, "answer_not_understood", details)

    def _applies(self, rule: _Rule, verb: str, code: str, text: str) -> bool:
        found = (
            re.search(rule.verb, verb),
            re.search(rule.code, code),
            re.search(rule.text, text, re.IGNORECASE),
        )
        in_clear = self.repository.protocol is Protocol.FTP
        return all(found) and (in_clear or rule.reason != "encryption_required")

    def _tls(self, error: ssl.SSLError) -> RemoteError | None:
        reason = getattr(error, "reason", None) or ""  # Python's own have none
        if isinstance(error, ssl.SSLCertVerificationError):
            details = {"problem": tls.problem(error), "fingerprint": None}
            return self.error(Kind.UNTRUSTED, "certificate_untrusted", details, permanent=True)
        if reason in _NOT_TLS:
            return self._not_tls()
        if _NO_COMMON.search(reason):
            return self.error(Kind.PROTOCOL, "tls_no_common_version", {"error": reason}, permanent=True)
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | TimeoutError):
            return None
        return self.error(Kind.PROTOCOL, "tls_failed", {"error": reason or printable(str(error))})

    def _not_tls(self) -> RemoteError:
        """Before the greeting: another protocol on this port. Later: vsftpd telling its troubles in clear."""
        if self.session is None or self.session.welcome is None:
            return self.error(Kind.REFUSED, "tls_not_offered", permanent=True)
        return self.error(Kind.PROTOCOL, "tls_channel_broken")


def _answered(error: Exception) -> dict[str, str]:
    return {"answer": printable(str(error))}
