"""One translator an edge, and none of what can cross it is forgotten."""

import ast
import ftplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import paramiko
import pytest
from paramiko import ssh_exception

import tournee.remote
from support import servers
from tournee.core.errors import LocalFileError, RemoteError
from tournee.core.facts import Reason
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.messages import LANGUAGES
from tournee.core.settings import Protocol
from tournee.remote.ftp_errors import FtpEdge
from tournee.remote.local import LocalEdge
from tournee.remote.sftp_errors import SftpEdge
from tournee.remote.trouble import Edge, printable
from tournee.remote.watchdog import Watchdog

ROOM = Path(str(tournee.remote.__file__)).parent
LIBRARIES = {
    FtpEdge: (ftplib, socket, ssl),
    SftpEdge: (ssh_exception, paramiko.sftp, socket),
    LocalEdge: (socket,),
}


def exceptions(module: ModuleType) -> Iterator[type[Exception]]:
    """The exception classes that a module has, its own and the system's."""
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Exception) and not value.__name__.startswith("_"):
            yield value


ALL = [
    (edge, error) for edge, modules in LIBRARIES.items() for module in modules for error in exceptions(module)
]


def edge_of(kind: type[Edge]) -> Edge:
    return kind(servers.repository(Protocol.FTP, 21), Watchdog())


KEY = paramiko.ECDSAKey.generate()
ARGUMENTS: dict[type[Exception], tuple[object, ...]] = {
    ssh_exception.BadAuthenticationType: ("no", ["publickey"]),
    ssh_exception.BadHostKeyException: ("host", KEY, KEY),
    ssh_exception.ChannelException: (1, "no"),
    ssh_exception.NoValidConnectionsError: ({("127.0.0.1", 22): OSError()},),
    ssh_exception.PartialAuthentication: (["publickey"],),
    ssh_exception.ProxyCommandFailure: ("nc", "no"),
}


@pytest.mark.parametrize(("kind", "error"), ALL)
def test_every_exception_of_the_libraries_leaves_as_a_remote_error(
    kind: type[Edge], error: type[Exception]
) -> None:
    with pytest.raises(RemoteError) as caught, edge_of(kind)(directory="/in"):
        raise error(*ARGUMENTS.get(error, ("550 no",)))
    assert caught.value.reason.details["repository"] == "boutique"


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, AssertionError, ZeroDivisionError])
@pytest.mark.parametrize("kind", LIBRARIES)
def test_a_bug_of_ours_stays_a_bug(kind: type[Edge], error: type[Exception]) -> None:
    with pytest.raises(error), edge_of(kind)():
        raise error


def test_trouble_of_this_machine_passes_unchanged() -> None:
    trouble = LocalFileError(Reason("disk_full"))
    with pytest.raises(LocalFileError) as caught, edge_of(SftpEdge)():
        raise trouble
    assert caught.value is trouble


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (TimeoutError(), Kind.TIMEOUT, "remote_timeout"),
        (ConnectionResetError(104, "reset"), Kind.UNREACHABLE, "connection_lost"),
        (BrokenPipeError(32, "pipe"), Kind.UNREACHABLE, "connection_lost"),
        (EOFError(), Kind.UNREACHABLE, "connection_lost"),
        (OSError(24, "Too many open files"), Kind.INTERNAL, "local_trouble"),
    ],
)
@pytest.mark.parametrize("edge", [FtpEdge, SftpEdge])
def test_the_networks_troubles_have_their_kinds(
    edge: type[Edge], error: Exception, kind: Kind, code: str
) -> None:
    with pytest.raises(RemoteError) as caught, edge_of(edge)():
        raise error
    assert (caught.value.kind, caught.value.reason.code) == (kind, code)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("WRONG_VERSION_NUMBER", "tls_not_offered"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "tls_no_common_version"),
        ("NO_SHARED_CIPHER", "tls_no_common_version"),
        ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "tls_failed"),
    ],
)
def test_troubles_of_tls_are_told_apart(reason: str, code: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {reason}] words")
    error.reason = reason
    with pytest.raises(RemoteError) as caught, edge_of(FtpEdge)():
        raise error
    assert caught.value.reason.code == code


def test_where_it_happened_is_told_and_escaped() -> None:
    with pytest.raises(RemoteError) as caught, edge_of(FtpEdge)(directory="/in", file="caf\udce9\x1b[2J.csv"):
        raise EOFError
    assert caught.value.reason.details["file"] == "caf\\xe9\\x1b[2J.csv"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Not found.\r\nReally.", "Not found.  Really."),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\udce9", "\\xe9"),
        ("é名", "é名"),
        ("x" * 300, "x" * 200),
        ("\x00" * 100, "\\x00" * 49 + "\\x0…"),
    ],
)
def test_what_a_server_says_is_shown_on_a_line_of_its_own(text: str, shown: str) -> None:
    assert printable(text) == shown


def codes() -> set[str]:
    """Every reason that this room gives: as an argument of `error` or `Reason`, or in a table."""
    found = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                "error", "Reason", "_Rule",
            ):  # fmt: skip
                found |= {str(part.value) for part in node.args if isinstance(part, ast.Constant)}
            if isinstance(node, ast.Tuple) and len(node.elts) == 4:
                found |= {str(part.value) for part in node.elts if isinstance(part, ast.Constant)}
    return {text for text in found if text.replace("_", "").isalpha() and "_" in text and text.islower()}


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert len(codes()) > 30
    assert {language: codes() - set(words) for language, words in LANGUAGES.items()} == {
        "en": set(),
        "fr": set(),
    }
