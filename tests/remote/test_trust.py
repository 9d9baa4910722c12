"""Nobody gets a login who has not proved to be the server: host keys, certificates; and our own keys."""

import base64
import hashlib
import hmac
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest

from support import servers
from support.servers import HOST, private_key
from support.talking import opens, trouble
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.messages import sentence
from tournee.core.settings import Protocol, Repository
from tournee.demo.servers import Certificate, FtpServer, Gate, SftpServer, Tls
from tournee.remote import offers, open_remote

Keys = dict[str, paramiko.PKey]


# ---------------------------------------------------------------- host keys


@pytest.fixture(scope="module")
def keys() -> Keys:
    texts = {kind: private_key(kind) for kind in ("ed25519", "rsa", "ecdsa")}
    classes = {"ed25519": paramiko.Ed25519Key, "rsa": paramiko.RSAKey, "ecdsa": paramiko.ECDSAKey}
    return {kind: classes[kind].from_private_key(io.StringIO(text)) for kind, text in texts.items()}


@contextmanager
def sftp(directory: Path, *host_keys: paramiko.PKey) -> Iterator[SftpServer]:
    with SftpServer(directory, host_keys=host_keys) as server:
        yield server


def to(server: SftpServer, **trust: object) -> Repository:
    return servers.repository(Protocol.SFTP, server.port, **trust)


def known_hosts(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def line(name: str, key: paramiko.PKey) -> str:
    return f"{name} {key.get_name()} {key.get_base64()}"


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_any_of_the_servers_keys_may_be_pinned(directory: Path, keys: Keys, kind: str) -> None:
    with sftp(directory, *keys.values()) as server:
        for _ in range(2):
            assert opens(to(server, host_key=(keys[kind].fingerprint,)))


def test_one_of_several_pins_is_enough(directory: Path, keys: Keys) -> None:
    with sftp(directory, keys["rsa"]) as server:
        assert opens(to(server, host_key=tuple(key.fingerprint for key in keys.values())))
        assert opens(to(server, host_key=(keys["rsa"].fingerprint + "=",)))


def test_an_unknown_host_key_is_refused_with_its_fingerprint_and_what_to_do(
    directory: Path, keys: Keys, tmp_path: Path
) -> None:
    with sftp(directory, keys["ed25519"]) as server:
        error = trouble(open_remote(to(server, known_hosts=known_hosts(tmp_path / "known"))).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.UNTRUSTED, "host_key_unknown", True)
    for language in ("en", "fr"):
        told = sentence(error.reason, language)
        assert keys["ed25519"].fingerprint in told
        assert "`tournee trust boutique`" in told


def test_a_host_key_other_than_the_pinned_ones_is_refused(directory: Path, keys: Keys) -> None:
    with sftp(directory, keys["ed25519"], keys["rsa"]) as server:
        error = trouble(open_remote(to(server, host_key=(keys["ecdsa"].fingerprint,))).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.UNTRUSTED, "host_key_changed", True)
    shown = [keys["ed25519"].fingerprint, keys["rsa"].fingerprint]
    assert error.reason.details["fingerprints"] == shown
    assert shown[0] in sentence(error.reason, "en")


def test_nobody_logs_in_at_a_server_that_is_not_trusted(directory: Path, keys: Keys) -> None:
    asked: list[str] = []

    class Listening(Gate):
        def get_allowed_auths(self, username: str) -> str:
            asked.append(username)
            return super().get_allowed_auths(username)

    with type("Server", (SftpServer,), {"gate": Listening})(directory, host_keys=[keys["rsa"]]) as server:
        trouble(open_remote(to(server, host_key=(keys["ecdsa"].fingerprint,), password="wrong")).__enter__)
        assert asked == []
        trouble(open_remote(to(server, host_key=(keys["rsa"].fingerprint,), password="wrong")).__enter__)
        assert asked


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_key_in_known_hosts_is_asked_for(directory: Path, keys: Keys, tmp_path: Path, kind: str) -> None:
    with sftp(directory, *keys.values()) as server:
        path = known_hosts(tmp_path / "known", "# comment", "", line(f"[{HOST}]:{server.port}", keys[kind]))
        assert opens(to(server, known_hosts=path))


def hashed(name: str) -> str:
    salt = os.urandom(20)
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return "|1|" + "|".join(base64.b64encode(part).decode() for part in (salt, digest))


def test_known_hosts_may_be_hashed_or_have_patterns(directory: Path, keys: Keys, tmp_path: Path) -> None:
    key = keys["ed25519"]
    with sftp(directory, key) as server:
        name = f"[{HOST}]:{server.port}"
        for names in (
            hashed(name),
            f"other,{name}",
            f"[127.0.*]:{server.port}",
            f"[127.0.0.?]:{server.port}",
        ):
            path = known_hosts(tmp_path / "known", "garbage", line(names, key) + " a comment")
            assert opens(to(server, known_hosts=path)), names


def test_known_hosts_of_others_do_not_count(directory: Path, keys: Keys, tmp_path: Path) -> None:
    key = keys["ed25519"]
    with sftp(directory, key) as server:
        name = f"[{HOST}]:{server.port}"
        for names in (HOST, f"[{HOST}]:22", hashed(HOST), f"*,!{name}", f"!{name}", "[*]:1"):
            path = known_hosts(tmp_path / "known", line(names, key))
            error = trouble(open_remote(to(server, known_hosts=path)).__enter__)
            assert error.reason.code == "host_key_unknown", names


def test_keys_of_types_that_nobody_uses_any_more_say_nothing(
    directory: Path, keys: Keys, tmp_path: Path
) -> None:
    with sftp(directory, keys["ed25519"]) as server:
        name = f"[{HOST}]:{server.port}"
        old = f"{name} ssh-dss {keys['rsa'].get_base64()}"
        path = known_hosts(tmp_path / "known", old)
        error = trouble(open_remote(to(server, known_hosts=path)).__enter__)
        assert error.reason.code == "host_key_unknown"
        assert opens(
            to(server, known_hosts=known_hosts(tmp_path / "known", old, line(name, keys["ed25519"])))
        )


def test_a_revoked_key_is_not_trusted(directory: Path, keys: Keys, tmp_path: Path) -> None:
    key = keys["ed25519"]
    with sftp(directory, key) as server:
        name = f"[{HOST}]:{server.port}"
        path = known_hosts(tmp_path / "known", line(name, key), "@revoked " + line("*", key))
        assert trouble(open_remote(to(server, known_hosts=path)).__enter__).kind is Kind.UNTRUSTED


def test_a_changed_key_in_known_hosts_is_told_as_such(directory: Path, keys: Keys, tmp_path: Path) -> None:
    with sftp(directory, keys["ed25519"]) as server:
        path = known_hosts(tmp_path / "known", line(f"[{HOST}]:{server.port}", keys["rsa"]))
        error = trouble(open_remote(to(server, known_hosts=path)).__enter__)
    assert error.reason.code == "host_key_changed"


def test_pins_stand_in_the_place_of_known_hosts(directory: Path, keys: Keys, tmp_path: Path) -> None:
    with sftp(directory, keys["ed25519"]) as server:
        path = known_hosts(tmp_path / "known", line(f"[{HOST}]:{server.port}", keys["ed25519"]))
        error = trouble(
            open_remote(to(server, known_hosts=path, host_key=(keys["rsa"].fingerprint,))).__enter__
        )
    assert error.reason.code == "host_key_changed"


def test_a_known_hosts_that_was_asked_for_must_be_there(directory: Path, tmp_path: Path) -> None:
    with sftp(directory) as server:
        error = trouble(open_remote(to(server, known_hosts=str(tmp_path / "none"))).__enter__)
    assert (error.kind, error.reason.code) == (Kind.INTERNAL, "known_hosts_unreadable")


def test_all_host_keys_are_offered_for_pinning(directory: Path, keys: Keys) -> None:
    with sftp(directory, *keys.values()) as server:
        offer = offers(to(server))
    assert (offer.repository, offer.host, offer.port) == ("boutique", HOST, server.port)
    assert offer.kind == "host_key"
    assert set(offer.fingerprints) == {key.fingerprint for key in keys.values()}
    assert offer.details == {key.fingerprint: key.get_name() for key in keys.values()}


# ---------------------------------------------------------------- certificates

EXPIRED = {"begins": datetime(2020, 1, 1, tzinfo=UTC), "ends": datetime(2021, 1, 1, tzinfo=UTC)}
EARLY = {"begins": datetime(2119, 1, 1, tzinfo=UTC)}
BOTH = pytest.mark.parametrize("tls", [Tls.EXPLICIT, Tls.IMPLICIT])


@contextmanager
def ftps(directory: Path, certificate: Certificate, tls: Tls = Tls.EXPLICIT) -> Iterator[FtpServer]:
    with FtpServer(directory, tls=tls, certificate=certificate) as server:
        yield server


def to_ftps(server: FtpServer, **trust: object) -> Repository:
    protocol = Protocol.FTPS_IMPLICIT if server.tls is Tls.IMPLICIT else Protocol.FTPS
    return servers.repository(protocol, server.port, **trust)


@BOTH
def test_a_certificate_of_a_known_authority_is_trusted(directory: Path, tmp_path: Path, tls: Tls) -> None:
    authority = Certificate.make(["Authority"])
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    with ftps(directory, Certificate.make(issuer=authority), tls) as server:
        assert opens(to_ftps(server, ca_file=str(tmp_path / "authority.pem")))


@BOTH
def test_a_certificate_that_signs_itself_is_trusted_by_its_file(
    directory: Path, tmp_path: Path, tls: Tls
) -> None:
    certificate = Certificate.make()
    (tmp_path / "certificate.pem").write_bytes(certificate.pem)
    with ftps(directory, certificate, tls) as server:
        assert opens(to_ftps(server, ca_file=str(tmp_path / "certificate.pem")))


@BOTH
def test_an_untrusted_certificate_is_refused_with_its_fingerprint_and_what_to_do(
    directory: Path, tls: Tls
) -> None:
    certificate = Certificate.make()
    with ftps(directory, certificate, tls) as server:
        error = trouble(open_remote(to_ftps(server)).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.UNTRUSTED, "certificate_untrusted", True)
    for language in ("en", "fr"):
        told = sentence(error.reason, language)
        assert certificate.fingerprint in told
        assert "`tournee trust boutique`" in told


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({}, "self_signed"),
        ({"names": ["other.example"]}, "wrong_name"),
        (EXPIRED, "expired"),
        (EARLY, "not_yet_valid"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    directory: Path, tmp_path: Path, made: dict[str, object], problem: str
) -> None:
    certificate = Certificate.make(**made)  # type: ignore[arg-type]
    (tmp_path / "certificate.pem").write_bytes(certificate.pem)
    trust = {} if problem == "self_signed" else {"ca_file": str(tmp_path / "certificate.pem")}
    with ftps(directory, certificate) as server:
        error = trouble(open_remote(to_ftps(server, **trust)).__enter__)
    assert (error.reason.code, error.reason.details["problem"]) == ("certificate_untrusted", problem)


def test_a_certificate_of_an_unknown_authority_is_refused(directory: Path) -> None:
    certificate = Certificate.make(issuer=Certificate.make(["Authority"]))
    with ftps(directory, certificate) as server:
        error = trouble(open_remote(to_ftps(server)).__enter__)
    assert error.reason.details["problem"] == "unknown_issuer"


@BOTH
@pytest.mark.parametrize("made", [{}, {"names": ["other.example"]}, EXPIRED])
def test_a_pinned_certificate_needs_no_authority_name_or_date(
    directory: Path, tls: Tls, made: dict[str, object]
) -> None:
    certificate = Certificate.make(**made)  # type: ignore[arg-type]
    with ftps(directory, certificate, tls) as server:
        assert opens(to_ftps(server, certificate=certificate.fingerprint))


@BOTH
def test_a_certificate_other_than_the_pinned_one_is_refused(
    directory: Path, tmp_path: Path, tls: Tls
) -> None:
    """Even one that an authority vouches for: a pin replaces that."""
    certificate = Certificate.make()
    (tmp_path / "certificate.pem").write_bytes(certificate.pem)
    trust = {"certificate": "ab" * 32, "ca_file": str(tmp_path / "certificate.pem")}
    with ftps(directory, certificate, tls) as server:
        error = trouble(open_remote(to_ftps(server, **trust)).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.UNTRUSTED, "certificate_changed", True)
    assert certificate.fingerprint in sentence(error.reason, "en")


def test_a_ca_file_without_certificates_is_told(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    with ftps(directory, Certificate.make()) as server:
        for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
            error = trouble(open_remote(to_ftps(server, ca_file=str(path))).__enter__)
            assert (error.kind, error.reason.code) == (Kind.INTERNAL, "ca_file_unusable")


@BOTH
def test_a_certificate_is_offered_for_pinning_with_what_it_says(directory: Path, tls: Tls) -> None:
    certificate = Certificate.make(["ftp.example"], ends=datetime(2030, 5, 6, tzinfo=UTC))
    with ftps(directory, certificate, tls) as server:
        offer = offers(to_ftps(server))
    assert (offer.kind, offer.fingerprints) == ("certificate", (certificate.fingerprint,))
    assert offer.details == {"subject": "CN=ftp.example", "issuer": "CN=ftp.example", "expires": "2030-05-06"}


@pytest.mark.parametrize("protocol", [Protocol.FTP, Protocol.LOCAL])
def test_what_shows_nothing_offers_nothing(protocol: Protocol) -> None:
    error = trouble(lambda: offers(servers.repository(protocol, 1)))
    assert (error.reason.code, error.permanent) == ("nothing_to_pin", True)
