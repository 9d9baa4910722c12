"""The daemon listens: from its start to its end, where the configuration says, and tells no secret."""

import signal
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from time import monotonic

import pytest

from support.house import House
from support.running import Running
from tournee.actions import contacts, open_app
from tournee.core import tokens
from tournee.core.settings import Channel


def listening(house: House, port: int) -> None:
    """Let the daemon listen there, and nowhere else."""
    before = house.config.read_text("utf-8").partition("http:")[0]
    house.configure(f'{before}http: {{listen: "127.0.0.1:{port}"}}\n')


def link(house: House) -> str:
    house.run("contact", "add", "email=zoe@example.com", "language=fr")
    with open_app(str(house.config)) as app:
        return f"/u/{tokens.token(app.key, contacts.show(app, 'zoe@example.com').id, Channel.EMAIL)}"


def status(port: int, method: str, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port that nothing listens on, another one each time."""

    def find() -> int:
        with socket.create_server(("127.0.0.1", 0)) as one:
            return int(one.getsockname()[1])

    return find


def test_a_link_works_while_the_daemon_runs_and_its_log_repeats_nothing(house, free_port):
    port, path = free_port(), link(house)
    listening(house, port)
    with Running(house) as daemon:
        daemon.wait_for("listening", port=port)
        assert [status(port, method, path) for method in ("GET", "POST")] == [200, 200]
        daemon.wait_for("unsubscribed", channel="email")
        assert [status(port, "GET", f"/u/{'b' * 32}"), status(port, "GET", "/zoe@example.com")] == [404, 404]
        assert daemon.stop() == 0
    assert [word for word in (path[3:], "b" * 32, "zoe") if word in str(daemon.lines)] == []
    assert len(house.run("contact", "show", "zoe@example.com", "--json").json["opt_outs"]) == 1


def test_a_link_is_as_good_after_a_restart(house, free_port):
    port, path = free_port(), link(house)
    listening(house, port)
    for _start in range(2):
        with Running(house) as daemon:
            daemon.wait_for("listening")
            assert (status(port, "GET", path), daemon.stop()) == (200, 0)


def test_a_daemon_whose_port_is_taken_says_so_and_does_not_start(house):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        listening(house, port)
        done = house.run("run")
    assert (done.code, done.out, "Traceback" in done.err) == (1, "", False)
    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in " ".join(done.err.split())


def test_an_idle_daemon_ends_at_once_whoever_keeps_a_connection(house, free_port):
    port = free_port()
    listening(house, port)
    with Running(house) as daemon:
        daemon.wait_for("listening")
        daemon.wait_for("polled")
        with socket.create_connection(("127.0.0.1", port)):
            asked = monotonic()
            assert daemon.stop() == 0
            assert monotonic() - asked < 3  # a signal is noticed within a second, on a busy machine later


def test_a_new_configuration_moves_it(house, free_port):
    first, second = free_port(), free_port()
    listening(house, first)
    with Running(house) as daemon:
        daemon.wait_for("listening", port=first)
        listening(house, second)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for("listening", port=second)
        daemon.wait_for("reloaded")
        assert status(second, "GET", "/healthz") == 200
        with pytest.raises(ConnectionRefusedError):
            status(first, "GET", "/healthz")
        assert daemon.stop() == 0


def test_a_new_place_that_is_taken_leaves_all_as_it_was(house, free_port):
    port = free_port()
    listening(house, port)
    with socket.create_server(("127.0.0.1", 0)) as other, Running(house) as daemon:
        daemon.wait_for("listening", port=port)
        listening(house, other.getsockname()[1])
        daemon.signal(signal.SIGHUP)
        assert daemon.wait_for("failed")["reason"]["code"] == "cannot_listen"
        assert (status(port, "GET", "/healthz"), daemon.stop()) == (200, 0)
