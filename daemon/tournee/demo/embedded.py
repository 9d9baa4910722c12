"""What the servers of the demo share: how they start and stop, who may log in, how TLS shows itself."""

import hashlib
import ssl
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "127.0.0.1"
USER = "tournee"
PASSWORD = "la-tournee"  # noqa: S105 -- of servers that only this machine sees, for a minute


class Embedded(ABC):
    """A server that runs while its context lasts."""

    port: int

    @abstractmethod
    def start(self) -> Self:
        """Listen; `port` is known afterwards."""

    @abstractmethod
    def stop(self) -> None:
        """Close every connection and end the threads."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Tls(StrEnum):
    """How an FTP server protects its connections."""

    NONE = "none"
    EXPLICIT = "explicit"  # AUTH TLS, and nothing without it
    IMPLICIT = "implicit"  # TLS from the first byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with its private key, made here and now."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(
        cls,
        names: Sequence[str] = ("localhost", HOST),
        *,
        begins: datetime = datetime(2020, 1, 1, tzinfo=UTC),
        ends: datetime = datetime(2120, 1, 1, tzinfo=UTC),
        issuer: "Certificate | None" = None,
    ) -> "Certificate":
        """For `names` (hosts and addresses), signed by `issuer`, else by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        signer = issuer.key if issuer else key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
        )
        for extension, critical in _extensions(names, key, signer, self_signed=issuer is None):
            builder = builder.add_extension(extension, critical)
        return cls(certificate=builder.sign(signer, hashes.SHA256()), key=key)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 as `certificate:` takes it."""
        return hashlib.sha256(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()

    @property
    def pem(self) -> bytes:
        """What `ca_file:` may hold."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key, unprotected."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def context(self) -> ssl.SSLContext:
        """A server's context that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.pem + self.key_pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _extensions(
    names: Iterable[str],
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    self_signed: bool,
) -> Iterator[tuple[x509.ExtensionType, bool]]:
    """What a strict client wants to see; a self-signed certificate may sign others."""
    yield x509.SubjectAlternativeName([_general_name(name) for name in names]), False
    yield x509.BasicConstraints(ca=self_signed, path_length=None), True
    yield x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
    yield x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
    yield (
        x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=self_signed,
            crl_sign=self_signed,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
