"""Every conversation ends: when it takes too long, when it crawls, when another thread says so."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import faults, servers
from support.faults import HANG, Proxy, ScriptedFtp, Silent
from support.servers import Box
from support.talking import trouble
from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.match import temporary_name
from tournee.core.settings import Protocol, Repository
from tournee.core.times import Duration
from tournee.remote import Remote, offers, open_remote
from tournee.remote.ftp import FtpRemote
from tournee.remote.sftp import SftpRemote
from tournee.remote.watchdog import Cut, Pace, Watchdog

MOMENT = Duration("a moment", 0.25)  # type: ignore[arg-type]
WHILE = Duration("a while", 0.5)  # type: ignore[arg-type]
PATIENT = Duration("60 seconds", 60)  # what must not be waited for
FAST = Pace(rate=1024, window=0.15)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


def ftp(port: int, timeout: Duration = MOMENT) -> Repository:
    return servers.repository(Protocol.FTP, port, timeout=timeout)


def everything(repository: Repository) -> None:
    """All that a poll may do."""
    with open_remote(repository) as remote:
        remote.list("")
        remote.look("", "a.csv")
        remote.fetch("", "a.csv", io.BytesIO(), 5)
        remote.move("", "a.csv", "archive", "b.csv")
        remote.delete("", "a.csv")
        remote.put("", "c.csv", b"12345")


def aborted_soon(remote: Remote, act: Callable[[], object], under_way: Callable[[], bool]) -> RemoteError:
    """The error of `act`, which another thread aborts once it is under way, within a second."""
    moment: list[float] = []

    def abort() -> None:
        wait_for(under_way)
        moment.append(time.monotonic())
        remote.abort()

    thread = threading.Thread(target=abort)
    thread.start()
    error = trouble(act)
    thread.join()
    assert time.monotonic() - moment[0] < 1
    return error


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# ---------------------------------------------------------------- silence


@pytest.mark.parametrize("verb", ["CONNECT", "PASS", "CWD", "PASV", "MLSD", "RETR", "RNTO", "STOR"])
def test_an_ftp_server_that_falls_silent_is_left(verb: str) -> None:
    with ScriptedFtp(files={"a.csv": b"12345"}, replies={verb: HANG}) as server, within(3):
        error = trouble(lambda: everything(ftp(server.port)))
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")
    assert not error.permanent
    assert error.reason.details["timeout"] == "a moment"


def test_an_ftp_server_that_never_ends_a_transfer_is_left() -> None:
    with ScriptedFtp(files={"a.csv": b"12345"}, final=HANG) as server, within(3):
        assert trouble(lambda: everything(ftp(server.port))).kind is Kind.TIMEOUT


@pytest.mark.parametrize("protocol", [Protocol.FTP, Protocol.FTPS, Protocol.FTPS_IMPLICIT, Protocol.SFTP])
def test_a_port_that_says_nothing_is_left(protocol: Protocol) -> None:
    with Silent() as port, within(3):
        error = trouble(open_remote(servers.repository(protocol, port.port, timeout=MOMENT)).__enter__)
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")


@pytest.mark.parametrize("limit", [0, 100, 1200])
def test_an_sftp_server_that_falls_silent_at_the_login_is_left(directory: Path, limit: int) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(3):
        proxy.freeze(limit)
        error = trouble(lambda: everything(box.with_(port=proxy.port, timeout=MOMENT)))
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")
    wait_for(lambda: not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()), 2)


def test_an_sftp_server_that_falls_silent_later_is_left(directory: Path) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(6):
        box.put("a.csv", b"x" * 3_000_000)
        acts: list[Callable[[Remote], object]] = [
            lambda remote: remote.list(""),
            lambda remote: remote.move("", "a.csv", "archive", "a.csv"),
            lambda remote: remote.put("", "b.csv", b"12345"),
        ]
        for act in acts:
            with open_remote(box.with_(port=proxy.port, timeout=WHILE)) as remote:
                proxy.freeze()
                assert trouble(lambda act=act, remote=remote: act(remote)).kind is Kind.TIMEOUT
                proxy.thaw()


def test_a_transfer_that_stops_in_the_middle_is_left(directory: Path) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(3):
        box.put("a.csv", b"x" * 3_000_000)
        with open_remote(box.with_(port=proxy.port, timeout=WHILE)) as remote:
            proxy.freeze(1_000_000)
            error = trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 3_000_000))
            assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")
            assert trouble(lambda: remote.list("")).reason.code == "connection_lost"


def test_an_upload_that_stops_in_the_middle_is_left_and_made_good_by_the_next_try(directory: Path) -> None:
    content = b"x" * 10_000_000
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(6):
        with open_remote(box.with_(port=proxy.port, timeout=WHILE)) as remote:
            proxy.freeze(4_000)
            error = trouble(lambda: remote.put("", "a.csv", content))
        assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")
        assert [path.name for path in directory.iterdir()] == [temporary_name("a.csv")]
        with open_remote(box.repository) as remote:
            remote.put("", "a.csv", content)
        assert [path.name for path in directory.iterdir()] == ["a.csv"]


def test_a_connection_that_is_cut_in_the_middle_is_lost(directory: Path) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(3):
        box.put("a.csv", b"x" * 3_000_000)
        with open_remote(box.with_(port=proxy.port)) as remote:
            proxy.cut(1_000_000)
            error = trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 3_000_000))
    assert (error.kind, error.reason.code) == (Kind.UNREACHABLE, "connection_lost")


def test_a_host_that_does_not_answer_is_unreachable() -> None:
    with faults.full_port() as port, within(3):
        error = trouble(open_remote(ftp(port)).__enter__)
    assert (error.kind, error.reason.code) == (Kind.UNREACHABLE, "remote_unreachable")


@pytest.mark.parametrize("protocol", [Protocol.SFTP, Protocol.FTPS])
def test_the_look_at_a_key_is_bounded_too(protocol: Protocol) -> None:
    with Silent() as port, within(3):
        assert (
            trouble(lambda: offers(servers.repository(protocol, port.port, timeout=MOMENT))).kind
            is Kind.TIMEOUT
        )


# ---------------------------------------------------------------- dripping


@pytest.mark.parametrize("protocol", [Protocol.FTP, Protocol.SFTP])
def test_a_greeting_that_drips_is_left_at_the_timeout(protocol: Protocol) -> None:
    greeting = b"SSH-2.0-slow" if protocol is Protocol.SFTP else b"220-welcome to this server"
    with Silent(greeting, pause=0.2) as port, within(3):
        error = trouble(open_remote(servers.repository(protocol, port.port, timeout=MOMENT)).__enter__)
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")


def test_a_reply_that_drips_is_left_at_the_timeout() -> None:
    script = ScriptedFtp(replies={"CWD": "250 " + "welcome " * 20}, drip=0.1)
    with script as server, open_remote(ftp(server.port)) as remote, within(2):
        error = trouble(lambda: remote.list(""))
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "remote_timeout")


@pytest.mark.parametrize("listing", [False, True])
def test_an_ftp_transfer_that_crawls_is_ended(listing: bool) -> None:
    stopping = threading.Event()
    script = ScriptedFtp(files={"a.csv": b"x" * 1000}, send=faults.dripping(0.02, stopping))
    with script as server, FtpRemote(ftp(server.port), Watchdog(FAST)) as remote, within(3):
        error = trouble(
            (lambda: remote.list("")) if listing else lambda: remote.fetch("", "a.csv", io.BytesIO(), 1000)
        )
        stopping.set()
    assert (error.kind, error.reason.code, error.permanent) == (Kind.TIMEOUT, "transfer_too_slow", False)


def test_an_sftp_transfer_that_crawls_is_ended(directory: Path) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy, within(4):
        box.put("a.csv", b"x" * 3_000_000)
        slow = box.with_(port=proxy.port, timeout=PATIENT)
        with SftpRemote(slow, Watchdog(FAST)) as remote:
            proxy.freeze(1_000_000)
            error = trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 3_000_000))
    assert (error.kind, error.reason.code) == (Kind.TIMEOUT, "transfer_too_slow")


def test_a_slow_transfer_that_keeps_the_pace_goes_on() -> None:
    pause = threading.Event()

    def send(connection: object, content: bytes) -> None:
        for begin in range(0, len(content), 600):
            connection.sendall(content[begin : begin + 600])  # type: ignore[attr-defined]
            pause.wait(0.1)

    script = ScriptedFtp(files={"a.csv": b"x" * 3000}, send=send)
    with script as server, FtpRemote(ftp(server.port), Watchdog(FAST)) as remote:
        assert remote.fetch("", "a.csv", io.BytesIO(), 3000) == 3000


# ---------------------------------------------------------------- abort


def test_an_opening_is_aborted_while_it_connects() -> None:
    with faults.full_port() as port:
        remote = open_remote(ftp(port, PATIENT))
        begun = time.monotonic()
        error = aborted_soon(remote, remote.__enter__, lambda: time.monotonic() - begun > 0.1)
    assert error.reason.code == "remote_aborted"


@pytest.mark.parametrize("protocol", [Protocol.FTP, Protocol.FTPS_IMPLICIT, Protocol.SFTP])
def test_an_opening_is_aborted_while_it_waits(protocol: Protocol) -> None:
    with Silent() as port:
        remote = open_remote(servers.repository(protocol, port.port, timeout=PATIENT))
        error = aborted_soon(remote, remote.__enter__, port.connected.is_set)
    assert error.reason.code == "remote_aborted"


@pytest.mark.parametrize("verb", ["MLSD", "RETR", "RNTO", "STOR"])
def test_an_ftp_conversation_is_aborted(verb: str) -> None:
    with ScriptedFtp(files={"a.csv": b"12345"}, replies={verb: HANG}) as server:
        remote = open_remote(ftp(server.port, PATIENT))
        acts = {
            "MLSD": lambda: remote.list(""),
            "RETR": lambda: remote.fetch("", "a.csv", io.BytesIO(), 5),
            "RNTO": lambda: remote.move("", "a.csv", "archive", "b.csv"),
            "STOR": lambda: remote.put("", "b.csv", b"12345"),
        }
        with remote:
            error = aborted_soon(remote, acts[verb], lambda: verb in server.verbs())
    assert error.reason.code == "remote_aborted"


def test_a_tls_transfer_is_aborted() -> None:
    certificate = servers.Certificate.make()
    sending = threading.Event()

    def send(connection: object, content: bytes) -> None:
        connection.sendall(content)  # type: ignore[attr-defined]
        sending.set()
        never.wait(10)

    never = threading.Event()
    script = ScriptedFtp(files={"a.csv": b"12345"}, context=certificate.context(), implicit=True, send=send)
    with script as server:
        trust = {"certificate": certificate.fingerprint, "timeout": PATIENT}
        remote = open_remote(servers.repository(Protocol.FTPS_IMPLICIT, server.port, **trust))
        with remote:
            error = aborted_soon(remote, lambda: remote.fetch("", "a.csv", io.BytesIO(), 9), sending.is_set)
        never.set()
    assert error.reason.code == "remote_aborted"


@pytest.mark.parametrize("what", ["list", "fetch", "put"])
def test_an_sftp_conversation_is_aborted(directory: Path, what: str) -> None:
    with servers.running("sftp", directory) as box, Proxy(box.repository.port) as proxy:
        box.put("a.csv", b"x" * 3_000_000)
        remote = open_remote(box.with_(port=proxy.port, timeout=PATIENT))
        acts = {
            "list": lambda: remote.list(""),
            "fetch": lambda: remote.fetch("", "a.csv", io.BytesIO(), 3_000_000),
            "put": lambda: remote.put("", "b.csv", b"12345"),
        }
        with remote:
            proxy.freeze()
            error = aborted_soon(remote, acts[what], proxy.stopped.is_set)
    assert error.reason.code == "remote_aborted"


def test_a_copy_on_this_machine_is_aborted(directory: Path) -> None:
    class Endless(io.BytesIO):
        def write(self, block: object) -> int:
            remote.abort()
            return super().write(block)  # type: ignore[arg-type]

    with servers.running("local", directory) as box:
        box.put("a.csv", b"x" * 5_000_000)
        remote = open_remote(box.repository)
        sink = Endless()
        with remote:
            assert trouble(lambda: remote.fetch("", "a.csv", sink, 5_000_000)).reason.code == "remote_aborted"
        assert len(sink.getvalue()) < 5_000_000


# ---------------------------------------------------------------- what is left behind


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_fifty_refused_logins_leave_no_thread_behind(directory: Path) -> None:
    with servers.running("sftp", directory) as box:
        before = threads()
        for _ in range(50):
            error = trouble(open_remote(box.with_(password="wrong")).__enter__)
            assert error.reason.code == "login_refused"
        wait_for(lambda: not any(name.startswith("remote-") for name in threads()))
        wait_for(lambda: len(threads()) <= len(before))


@pytest.mark.parametrize("kind", ["ftps", "sftp"])
def test_no_end_of_a_conversation_leaves_a_thread_behind(directory: Path, kind: str) -> None:
    with servers.running(kind, directory) as box:
        box.put("a.csv", b"12345")
        before = threading.active_count()
        unknown = {"host_key": ("SHA256:other",)} if kind == "sftp" else {"certificate": "00" * 32}
        for settings in ({"port": servers.free_port()}, {"host": "no.invalid"}, unknown, box.wrong):
            trouble(open_remote(box.with_(**settings)).__enter__)
        with open_remote(box.repository) as remote:
            trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 4))
        with open_remote(box.repository) as remote:
            remote.abort()
        wait_for(lambda: threading.active_count() <= before)


def test_a_server_that_hangs_up_at_once_leaves_no_thread_behind() -> None:
    with Silent(hang_up=True) as port:
        before = sum(thread.name != "faults" for thread in threading.enumerate())
        for protocol in (Protocol.FTP, Protocol.FTPS_IMPLICIT, Protocol.SFTP):
            trouble(open_remote(servers.repository(protocol, port.port)).__enter__)
        wait_for(lambda: sum(thread.name != "faults" for thread in threading.enumerate()) <= before)


def test_files_stay_closed_after_every_end(server: Box) -> None:
    server.put("a.csv", b"12345")
    before = len(list(Path("/proc/self/fd").iterdir()))
    trouble(open_remote(server.with_(**server.wrong)).__enter__)
    for _ in range(5):
        with open_remote(server.repository) as remote:
            remote.list("")
            trouble(lambda remote=remote: remote.fetch("", "a.csv", io.BytesIO(), 4))
    wait_for(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before + 2)


# ---------------------------------------------------------------- the watchdog itself


@contextmanager
def watching(pace: Pace = FAST) -> Iterator[Watchdog]:
    watchdog = Watchdog(pace)
    watchdog.start()
    yield watchdog
    watchdog.stop()


def test_a_block_that_ends_in_time_is_not_cut() -> None:
    with watching() as watchdog:
        for _ in range(100):
            with watchdog.within(0.05):
                pass
        time.sleep(0.1)
        assert watchdog.cut is None


def test_the_earlier_of_two_deadlines_holds() -> None:
    with watching() as watchdog, watchdog.within(0.05), watchdog.within(60):
        wait_for(lambda: watchdog.cut is Cut.DEADLINE)


def test_an_inner_deadline_is_forgotten_with_its_block() -> None:
    with watching() as watchdog, watchdog.within(60):
        with watchdog.within(0.05):
            pass
        time.sleep(0.1)
        assert watchdog.cut is None


def test_the_pace_is_not_asked_of_what_has_not_begun_or_is_over() -> None:
    with watching() as watchdog:
        with watchdog.moving():
            time.sleep(0.2)
        with watchdog.moving() as moved:
            moved(1)
        time.sleep(0.2)
        assert watchdog.cut is None


def test_nothing_can_be_connected_in_a_conversation_that_was_ended() -> None:
    with watching() as watchdog:
        watchdog.abort()
        with pytest.raises(ConnectionAbortedError), socket.socket() as sock:
            watchdog.guard(sock)
