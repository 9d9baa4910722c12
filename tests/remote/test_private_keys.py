"""Our own keys, by which a server knows us: every format, and what is wrong with one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support import servers
from support.servers import private_key
from support.talking import opens, trouble
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.messages import sentence
from tournee.core.settings import Protocol, Repository
from tournee.demo.servers import SftpServer
from tournee.remote import open_remote
from tournee.remote.private_key import load
from tournee.remote.trouble import Edge
from tournee.remote.watchdog import Watchdog


def to(server: SftpServer, **login: object) -> Repository:
    return servers.repository(Protocol.SFTP, server.port, host_key=server.fingerprints, **login)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_private_key_opens_the_door(directory: Path, kind: str) -> None:
    text = private_key(kind)
    with SftpServer(directory, authorized_key=servers.public(text, None)) as server:
        assert opens(to(server, password=None, private_key=text))


EDGE = Edge(servers.repository(Protocol.SFTP, 22), Watchdog())
FORMATS = [
    ("ed25519", "openssh"), ("ed25519", "pkcs8"),
    ("rsa", "openssh"), ("rsa", "pkcs8"), ("rsa", "traditional"),
    ("ecdsa", "openssh"), ("ecdsa", "pkcs8"), ("ecdsa", "traditional"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "style"), FORMATS)
def test_a_private_key_is_read_in_every_format(kind: str, style: str) -> None:
    text = private_key(kind, style=style)
    assert load(EDGE, text, None) == servers.public(text, None)


@pytest.mark.parametrize(
    ("kind", "style"), [("ed25519", "openssh"), ("rsa", "traditional"), ("ecdsa", "pkcs8")]
)
def test_a_private_key_is_read_with_its_passphrase(kind: str, style: str) -> None:
    text = private_key(kind, style=style, passphrase="motdepasse é")
    assert load(EDGE, text, "motdepasse é") == servers.public(text, "motdepasse é")


@pytest.mark.parametrize("style", ["openssh", "pkcs8"])
def test_a_key_with_a_passphrase_it_does_not_need_is_read(style: str) -> None:
    text = private_key("ed25519", style=style)
    assert load(EDGE, text, "not needed") == servers.public(text, None)


def test_a_key_survives_spaces_around_it_and_line_ends_of_dos() -> None:
    text = private_key("ed25519")
    mangled = "\r\n" + text.replace("\n", "\r\n").strip()
    assert load(EDGE, mangled, None) == servers.public(text, None)


KEY_TROUBLES = [
    (lambda: private_key(passphrase="right"), None, "passphrase_missing"),
    (lambda: private_key(style="pkcs8", passphrase="right"), None, "passphrase_missing"),
    (lambda: private_key("rsa", style="traditional", passphrase="right"), None, "passphrase_missing"),
    (lambda: private_key(passphrase="right"), "wrong", "passphrase_wrong"),
    (lambda: private_key("rsa", style="pkcs8", passphrase="right"), "wrong", "passphrase_wrong"),
    (lambda: "hello", None, "damaged"),
    (lambda: private_key()[:120], None, "damaged"),
    (lambda: private_key().replace("A", "B"), None, "damaged"),
    (lambda: "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none", None, "putty"),
    (servers.dsa_key, None, "kind"),
]


@pytest.mark.parametrize(("text", "passphrase", "problem"), KEY_TROUBLES)
def test_a_key_that_cannot_be_used_is_told_with_the_problem(
    text: Callable[[], str], passphrase: str | None, problem: str
) -> None:
    error = trouble(lambda: load(EDGE, text(), passphrase))
    assert (error.kind, error.reason.code, error.permanent) == (Kind.AUTHENTICATION, "key_unreadable", True)
    assert error.reason.details["problem"] == problem
    assert "right" not in repr((error.reason, error.__cause__))


def test_a_key_that_cannot_be_used_stops_the_login(directory: Path) -> None:
    with SftpServer(directory) as server:
        assert trouble(open_remote(to(server, private_key="hello")).__enter__).reason.code == "key_unreadable"


def test_a_server_that_takes_no_password_says_what_it_takes(directory: Path) -> None:
    key = servers.public(private_key(), None)
    with SftpServer(directory, authorized_key=key) as server:
        error = trouble(open_remote(to(server)).__enter__)
    assert (error.reason.code, error.reason.details["methods"]) == ("login_refused", ["publickey"])
    assert "publickey" in sentence(error.reason, "en")


def test_a_password_is_tried_after_a_key_that_was_refused(directory: Path) -> None:
    with SftpServer(directory) as server:
        assert opens(to(server, private_key=private_key()))
