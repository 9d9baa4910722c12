"""What only the servers of the system do: OpenSSH and vsftpd, with settings that hurt."""

import contextlib
import io
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest

from support import servers
from support.rounds import files_up_to
from support.servers import HOST, Box, sshd, vsftpd
from support.talking import trouble
from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.messages import sentence
from tournee.core.settings import Protocol
from tournee.demo.servers import Tls
from tournee.remote import Remote, offers, open_remote

pytestmark = pytest.mark.system


# ---------------------------------------------------------------- OpenSSH


def test_a_server_that_offers_nothing_but_sha1_is_told_with_the_way_out(directory: Path) -> None:
    old = {
        "HostKeyAlgorithms ssh-rsa": "ssh-rsa",
        "KexAlgorithms diffie-hellman-group14-sha1": "diffie-hellman-group14-sha1",
    }
    for option, algorithm in old.items():
        with sshd(directory, option, kinds=("rsa",)) as box:
            if int(paramiko.__version__.split(".")[0]) < 5:
                with open_remote(box.repository) as remote:
                    assert remote.list("") == []
                continue
            error = trouble(open_remote(box.repository).__enter__)
        assert (error.kind, error.reason.code, error.permanent) == (
            Kind.PROTOCOL,
            "no_common_algorithm",
            True,
        )
        assert algorithm in sentence(error.reason, "en")
        assert "paramiko<5" in sentence(error.reason, "en")


def test_each_of_three_pins_is_enough(directory: Path) -> None:
    with sshd(directory) as box:
        assert set(offers(box.repository).fingerprints) == set(box.repository.host_key)
        for pin in box.repository.host_key:
            with open_remote(box.with_(host_key=(pin,))) as remote:
                assert remote.list("") == []


@pytest.mark.parametrize("hashed", [False, True])
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_known_hosts_as_openssh_writes_it_is_read(
    directory: Path, tmp_path: Path, kind: str, hashed: bool
) -> None:
    with sshd(directory) as box:
        command = [
            "ssh-keyscan",
            *(["-H"] if hashed else []),
            "-t",
            kind,
            "-p",
            str(box.repository.port),
            HOST,
        ]
        found = subprocess.run(command, capture_output=True, check=True)
        (tmp_path / "known_hosts").write_bytes(found.stdout)
        with open_remote(box.with_(host_key=(), known_hosts=str(tmp_path / "known_hosts"))) as remote:
            assert remote.list("") == []


@pytest.mark.parametrize("options", [(), ("-m", "PEM"), ("-m", "PKCS8")])
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
@pytest.mark.parametrize("passphrase", ["", "motdepasse"])
def test_a_key_as_openssh_makes_it_opens_the_door(
    directory: Path, tmp_path: Path, options: tuple[str, ...], kind: str, passphrase: str
) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *options, "-N", passphrase, "-f", str(key)], check=True)
    with sshd(directory) as box:
        assert box.authorized is not None
        box.authorized.write_bytes(key.with_suffix(".pub").read_bytes())
        login = {"private_key": key.read_text(), "passphrase": passphrase or None}
        with open_remote(box.with_(**login)) as remote:
            assert remote.list("") == []


def test_an_account_without_sftp_is_told_as_such(directory: Path) -> None:
    with sshd(directory, "ForceCommand /bin/false") as box:
        error = trouble(open_remote(box.repository).__enter__)
    assert (error.kind, error.reason.code) == (Kind.REFUSED, "sftp_not_offered")


def test_too_many_connections_are_no_lasting_trouble(directory: Path) -> None:
    with sshd(directory, "MaxStartups 1:100:1") as box, socket.create_connection((HOST, box.repository.port)):
        error = trouble(open_remote(box.repository).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.REFUSED, "ssh_greeting_missing", False)


def test_a_large_file_is_fetched_whole(directory: Path) -> None:
    with sshd(directory) as box:
        content = bytes(range(251)) * 100_000
        box.put("a.csv", content)
        sink = io.BytesIO()
        with open_remote(box.repository) as remote:
            remote.fetch("", "a.csv", sink, len(content))
    assert sink.getvalue() == content


def test_an_account_for_reading_only_may_put_nothing_and_goes_on_reading(directory: Path) -> None:
    readers = {
        "openssh": sshd(directory, f"ForceCommand internal-sftp -R -d {directory}"),
        "vsftpd": vsftpd(Tls.NONE, "write_enable=NO")(directory),
    }
    for start in readers.values():
        with start as box, open_remote(box.repository) as remote:
            error = trouble(lambda remote=remote: remote.put("", "a.csv", b"new"))
            assert (error.kind, error.reason.code) == (Kind.REFUSED, "permission_denied")
            assert error.permanent
            assert remote.list("") == []


def test_a_server_without_room_keeps_nothing_of_a_file_that_is_put(directory: Path) -> None:
    for start in (sshd, vsftpd(), vsftpd(Tls.EXPLICIT)):
        with files_up_to(100_000), start(directory) as box:
            with open_remote(box.repository) as remote:
                error = trouble(lambda remote=remote: remote.put("", "a.csv", b"x" * 2_000_000))
                assert error.kind in (Kind.REFUSED, Kind.TRUNCATED)
                assert "report" not in sentence(error.reason, "en")
                remote.put("", "b.csv", b"small")
            assert [path.name for path in directory.iterdir()] == ["b.csv"]
            (directory / "b.csv").unlink()


def test_a_large_file_is_put_whole(directory: Path) -> None:
    content = bytes(range(251)) * 100_000
    for start in (sshd, vsftpd(Tls.EXPLICIT)):
        with start(directory) as box, open_remote(box.repository) as remote:
            remote.put("", "a.csv", content)
            assert (directory / "a.csv").read_bytes() == content
            (directory / "a.csv").unlink()


# ---------------------------------------------------------------- vsftpd


@pytest.mark.parametrize("tls", [Tls.EXPLICIT, Tls.IMPLICIT])
def test_a_hundred_transfers_resume_the_session(directory: Path, tls: Tls) -> None:
    with vsftpd(tls)(directory) as box:
        box.put("a.csv", b"12345")
        with open_remote(box.repository) as remote:
            for _ in range(100):
                assert remote.fetch("", "a.csv", io.BytesIO(), 5) == 5


def test_trouble_that_vsftpd_tells_in_clear_on_a_tls_channel_is_explained(directory: Path) -> None:
    with vsftpd(Tls.EXPLICIT, "ftp_username=nobody")(directory) as box:
        error = trouble(open_remote(box.repository).__enter__)
    assert (error.kind, error.reason.code) == (Kind.PROTOCOL, "tls_channel_broken")
    assert "500 OOPS" in sentence(error.reason, "en")


def test_trouble_that_vsftpd_tells_in_clear_is_told_on(directory: Path) -> None:
    with vsftpd(Tls.NONE, "ftp_username=nobody")(directory) as box:
        error = trouble(open_remote(box.repository).__enter__)
    assert error.reason.code == "server_broken"
    assert "cannot change directory" in sentence(error.reason, "en")


def test_a_server_with_too_many_connections_is_tried_later(directory: Path) -> None:
    with vsftpd(Tls.NONE, "max_per_ip=1")(directory) as box, once_free(box) as remote:
        error = trouble(open_remote(box.repository).__enter__)
        assert (error.kind, error.reason.code, error.permanent) == (Kind.REFUSED, "server_busy", False)
        assert remote.list("") == []


def test_a_conversation_that_idled_too_long_is_over(directory: Path) -> None:
    with vsftpd(Tls.NONE, "idle_session_timeout=1")(directory) as box, open_remote(box.repository) as remote:
        wait_for_silence(remote)
        assert trouble(lambda: remote.list("")).kind in (Kind.REFUSED, Kind.UNREACHABLE)


def wait_for_silence(remote: object) -> None:
    """Until the server has said goodbye: the control connection has something to read."""
    sock = remote._session.sock  # type: ignore[attr-defined]
    sock.settimeout(5)
    assert sock.recv(1, socket.MSG_PEEK) == b"4"


@contextmanager
def once_free(box: Box) -> Iterator[Remote]:
    """A conversation, once the server has forgotten the connection by which it was found ready."""
    deadline = time.monotonic() + 5
    while True:
        remote = open_remote(box.repository)
        try:
            remote.__enter__()
            break
        except RemoteError:
            assert time.monotonic() < deadline
    with contextlib.closing(remote):
        yield remote


@pytest.mark.parametrize(
    ("tls", "protocol", "code"),
    [
        (Tls.NONE, Protocol.FTPS, "tls_not_offered"),
        (Tls.NONE, Protocol.FTPS_IMPLICIT, "tls_not_offered"),
        (Tls.EXPLICIT, Protocol.FTP, "encryption_required"),
    ],
)
def test_tls_that_only_one_side_wants_is_explained(
    directory: Path, tls: Tls, protocol: Protocol, code: str
) -> None:
    with vsftpd(tls)(directory) as box:
        error = trouble(open_remote(servers.repository(protocol, box.repository.port, user="ftp")).__enter__)
    assert (error.reason.code, error.permanent) == (code, True)


def test_a_pin_holds_on_vsftpd(directory: Path) -> None:
    with vsftpd(Tls.EXPLICIT)(directory) as box:
        assert offers(box.repository).fingerprints == (box.repository.certificate,)
        error = trouble(open_remote(box.with_(certificate="ab" * 32)).__enter__)
    assert error.reason.code == "certificate_changed"


def test_times_are_compared_as_the_server_tells_them(directory: Path) -> None:
    """`use_localtime` shifts MDTM too: wrong, and the same at every look."""
    with vsftpd(Tls.NONE, "use_localtime=YES")(directory) as box:
        box.put("a.csv")
        with open_remote(box.repository) as remote:
            assert [remote.look("", "a.csv")] == remote.list("")


def test_a_file_that_grows_is_not_taken_for_whole(directory: Path) -> None:
    def check(box: Box) -> None:
        path = box.put("a.csv", b"x" * 1000)
        with open_remote(box.repository) as remote:
            [file] = remote.list("")
            path.write_bytes(b"x" * 2000)
            assert file.size is not None
            assert (
                trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), file.size or 0)).kind
                is Kind.TRUNCATED
            )
            assert remote.look("", "a.csv") != file

    for start in (sshd, vsftpd(), vsftpd(Tls.EXPLICIT)):
        with start(directory) as box:
            check(box)
