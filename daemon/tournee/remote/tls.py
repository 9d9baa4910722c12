"""TLS as FTP needs it: verified by authority and name, or by a pinned certificate."""

import hashlib
import socket
import ssl
from dataclasses import dataclass

from cryptography import x509

from tournee.core.facts import RemoteErrorKind
from tournee.core.settings import Repository
from tournee.remote.trouble import Edge, printable

#: OpenSSL's verification codes that a person can do something about; X509_V_ERR_* in x509_vfy.h
_PROBLEMS = {
    9: "not_yet_valid",
    10: "expired",
    18: "self_signed",
    19: "self_signed",
    20: "unknown_issuer",
    21: "unknown_issuer",
    62: "wrong_name",
    64: "wrong_name",
}


@dataclass(frozen=True, slots=True)
class Protection:
    """How the connections of one conversation are protected: the same context for all, so that the server
    can resume on its data connections the session of the control connection."""

    edge: Edge
    context: ssl.SSLContext
    pin: str | None

    @classmethod
    def of(cls, edge: Edge) -> "Protection":
        """As the repository says; raises RemoteError where its `ca_file` cannot be used."""
        repository = edge.repository
        if repository.certificate:
            return cls(edge, _unverified(), repository.certificate)
        return cls(edge, _verified(edge, repository), None)

    @classmethod
    def none(cls, edge: Edge) -> "Protection":
        """Whatever the server shows: for looking at its certificate, never for logging in."""
        return cls(edge, _unverified(), None)

    def wrap(self, sock: socket.socket, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        """Speak TLS on `sock`, which is taken over; raises RemoteError where the pin is another."""
        watchdog = self.edge.watchdog
        watchdog.release(sock)
        wrapped = self.context.wrap_socket(
            sock, server_hostname=self.edge.repository.host, session=session, do_handshake_on_connect=False
        )
        try:
            watchdog.guard(wrapped)
            with watchdog.within(self.edge.seconds):
                wrapped.do_handshake()
            self._check_pin(wrapped)
        except BaseException:
            watchdog.release(wrapped)
            wrapped.close()
            raise
        return wrapped

    def _check_pin(self, sock: ssl.SSLSocket) -> None:
        shown = fingerprint(certificate_of(sock))
        if self.pin and shown != self.pin:
            details = {"fingerprint": shown}
            raise self.edge.error(RemoteErrorKind.UNTRUSTED, "certificate_changed", details, permanent=True)


def problem(error: ssl.SSLCertVerificationError) -> str:
    """What is wrong with a certificate, in a word that `core.messages` knows."""
    return _PROBLEMS.get(getattr(error, "verify_code", 0), "invalid")  # Python's own have none


def certificate_of(sock: ssl.SSLSocket) -> bytes:
    """The certificate that the peer showed, in DER."""
    return sock.getpeercert(binary_form=True) or b""


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 as `certificate:` takes it."""
    return hashlib.sha256(certificate).hexdigest()


def described(certificate: bytes) -> dict[str, str]:
    """Subject, issuer and expiry, for a person who compares; nothing of a certificate that is malformed."""
    try:
        parsed = x509.load_der_x509_certificate(certificate)
    except ValueError:
        return {}
    return {
        "subject": printable(parsed.subject.rfc4514_string()),
        "issuer": printable(parsed.issuer.rfc4514_string()),
        "expires": parsed.not_valid_after_utc.date().isoformat(),
    }


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _verified(edge: Edge, repository: Repository) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=repository.ca_file)
    except OSError as error:
        details = {"path": repository.ca_file}
        raise edge.error(RemoteErrorKind.INTERNAL, "ca_file_unusable", details, permanent=True) from error
