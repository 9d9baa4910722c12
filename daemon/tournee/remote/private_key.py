"""A private key from its text, whatever program wrote it."""

import io

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from tournee.core.facts import RemoteErrorKind
from tournee.remote.trouble import Edge

_Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey


def load(edge: Edge, text: str, passphrase: str | None) -> paramiko.PKey:
    """An Ed25519, ECDSA or RSA key in OpenSSH's or a PEM format, with or without a passphrase.

    Raises RemoteError (`key_unreadable`, with the problem in a word).
    """
    try:
        return _for_paramiko(_load(text, passphrase))
    except (TypeError, ValueError, UnsupportedAlgorithm, paramiko.SSHException) as error:
        details = {"problem": _problem(text, passphrase, error)}
        raise edge.error(RemoteErrorKind.AUTHENTICATION, "key_unreadable", details, permanent=True) from error


def _load(text: str, passphrase: str | None) -> object:
    data = text.strip().encode() + b"\n"
    read = load_ssh_private_key if "BEGIN OPENSSH PRIVATE KEY" in text else load_pem_private_key
    try:
        return read(data, passphrase.encode() if passphrase else None)
    except TypeError:
        if not passphrase:
            raise
        return read(data, None)  # a passphrase for a key that has none does no harm


def _for_paramiko(key: object) -> paramiko.PKey:
    """The same key as paramiko's own class: it reads one format of its own reliably, so it gets that."""
    if not isinstance(key, _Key):
        raise UnsupportedAlgorithm(type(key).__name__)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    kind: type[paramiko.PKey] = paramiko.Ed25519Key
    if isinstance(key, RSAPrivateKey):
        kind = paramiko.RSAKey
    elif isinstance(key, EllipticCurvePrivateKey):
        kind = paramiko.ECDSAKey
    return kind.from_private_key(io.StringIO(text))


def _problem(text: str, passphrase: str | None, error: Exception) -> str:
    if text.startswith("PuTTY-User-Key-File"):
        return "putty"
    if isinstance(error, UnsupportedAlgorithm):
        return "kind"
    if isinstance(error, TypeError):
        return "passphrase_missing"
    return "passphrase_wrong" if passphrase else "damaged"
