"""The daemon, as a process: it polls, waits for nobody who hangs, reloads, and ends when told."""

import signal
import socket
import sys
from datetime import timedelta
from queue import SimpleQueue
from time import monotonic, sleep

import pytest

from support.house import GOOD, PARTLY, House
from support.running import Running
from tournee.actions import explain, open_app, poll, utc_now
from tournee.daemon import Daemon

TWO_LISTS = """\
database: sqlite:///tournee.db
repositories:
  depot: {url: "file://%(drop)s"}
  other: {url: "%(other)s", password: secret}
lists:
  avis:
    name: Avis
    feed: {repository: depot, every: %(every)s, language: fr, settle: 0 seconds}
  ventes:
    name: Ventes
    feed: {repository: other, every: %(every)s, language: fr, settle: 0 seconds}
"""


def every_second(house: House) -> None:
    house.configure(house.config.read_text("utf-8").replace("1 hour", "1 second"))


def silent_server() -> socket.socket:
    """Something that lets itself be connected to and never says a word."""
    server = socket.create_server(("127.0.0.1", 0), backlog=16)
    server.settimeout(20)
    return server


def test_a_file_dropped_later_is_taken_at_a_later_poll(house):
    every_second(house)
    with Running(house) as daemon:
        daemon.wait_for("polled", list="avis", ok=True)
        house.put("import_avis.csv")
        line = daemon.wait_for("imported", list="avis", repository="depot", file="import_avis.csv")
        assert (line["created"], daemon.stop()) == (2, 0)
    assert house.run("status", "--json").json["lists"][0]["contacts"] == 2


def test_a_file_seen_for_the_first_time_is_looked_at_again_when_it_may_have_settled(house):
    house.configure(house.config.read_text("utf-8").replace("settle: 0 seconds", "settle: 1 second"))
    house.put("import_avis.csv")
    with Running(house) as daemon:
        assert daemon.wait_for("polled", list="avis")["files"] == {"waiting": 1}
        assert daemon.wait_for("polled", list="avis")["files"] == {"imported": 1}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_with_0_and_soon(house, number):
    with Running(house) as daemon:
        daemon.wait_for("polled")
        asked = monotonic()
        assert daemon.stop(number) == 0
        assert monotonic() - asked < 5
        daemon.wait_for("stopped")


def test_a_second_daemon_on_the_same_database_refuses_to_start(house):
    with Running(house) as daemon:
        daemon.wait_for("started")
        second = house.run("run")
        assert (second.code, second.out, "Traceback" in second.err) == (1, "", False)
        assert second.err.startswith("Another daemon is already working on the database")
        assert daemon.stop() == 0


def test_the_commands_work_beside_a_running_daemon(house):
    with Running(house) as daemon:
        daemon.wait_for("polled")
        house.put("import_avis.csv")
        assert house.run("poll", "--json").json[0]["files"][0]["outcome"] == "imported"
        assert daemon.stop() == 0


def test_a_server_that_hangs_delays_only_its_own_list(house):
    with silent_server() as server:
        other = f"ftp://u@127.0.0.1:{server.getsockname()[1]}/"
        house.configure(TWO_LISTS % {"drop": house.drop, "other": other, "every": "1 second"})
        with Running(house) as daemon:
            for _poll in range(3):
                assert daemon.wait_for("polled")["list"] == "avis"
            asked = monotonic()
            assert daemon.stop() == 0
            assert monotonic() - asked < 30


def test_a_list_that_was_just_polled_keeps_its_schedule_and_a_new_one_is_polled_at_once(house):
    house.run("poll")
    (house.root / "other").mkdir()
    other = f"file://{house.root}/other"
    text = TWO_LISTS % {"drop": house.drop, "other": other, "every": "1 hour"}
    house.configure(text.replace(", password: secret", ""))
    with Running(house) as daemon:
        assert daemon.wait_for("polled")["list"] == "ventes"
        assert daemon.stop() == 0
    assert [line["list"] for line in daemon.lines if line["event"] == "polled"] == ["ventes"]


def test_a_broken_new_configuration_leaves_the_old_one_running(house):
    every_second(house)
    with Running(house) as daemon:
        daemon.wait_for("polled")
        good = house.config.read_text("utf-8")
        house.configure(good.replace("lists:", "lsts:"))
        daemon.signal(signal.SIGHUP)
        line = daemon.wait_for("configuration_wrong")
        assert line["problem"].startswith(f"{house.config}:7:1: ")
        daemon.wait_for("polled", list="avis")
        assert daemon.stop() == 0


def test_a_good_new_configuration_is_taken_up(house):
    with Running(house) as daemon:
        daemon.wait_for("polled", list="avis")
        house.configure(house.config.read_text("utf-8").replace("  avis:", "  ventes:"))
        house.put("import_ventes.csv")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for("reloaded")
        assert daemon.wait_for("polled")["list"] == "ventes"
        assert daemon.stop() == 0


def test_a_repository_that_is_away_is_polled_again_and_comes_back(house):
    every_second(house)
    house.drop.rmdir()
    with Running(house) as daemon:
        assert daemon.wait_for("polled", list="avis")["error"] == "not_found"
        house.drop.mkdir()
        daemon.wait_for("polled", list="avis", ok=True)
        assert daemon.stop() == 0


def test_a_lane_that_does_not_end_is_left_behind_after_the_grace(house):
    script = "import tournee.daemon, tournee.cli; tournee.daemon.GRACE = 1; tournee.cli.main()"
    house.arguments = lambda *words: [sys.executable, "-c", script, *words]
    house.put("import_avis.csv")
    with silent_server() as mail_server:
        house.with_post(mail_server.getsockname()[1])
        with Running(house) as daemon, mail_server.accept()[0]:
            assert daemon.stop() == 0
            assert daemon.wait_for("stopped_in_the_middle")["lanes"] == ["send mail"]


def test_a_clock_that_was_put_back_keeps_no_list_waiting(house):
    house.put("import_avis.csv")
    ahead = [timedelta(days=365)]
    with open_app(str(house.config), clock=lambda: utc_now() + ahead[0]) as app:
        poll.poll(app, "avis")
        daemon = Daemon(app)
        daemon.start()
        ahead[0] = timedelta()
        house.put("import_avis_2.csv")
        daemon.look_at_the_clock()
        until = monotonic() + 10
        while len(explain.history(app)) < 2 and monotonic() < until:
            sleep(0.05)
        assert (len(explain.history(app)), daemon.stop(SimpleQueue())) == (2, True)


def test_quiet_logs_only_what_is_wrong(house):
    house.drop.rmdir()
    house.arguments = lambda *words: [sys.executable, "-m", "tournee", *words, "--quiet"]
    with Running(house) as daemon:
        daemon.wait_for("polled", error="not_found")
        assert daemon.stop() == 0
    assert {line["level"] for line in daemon.lines if "level" in line} == {"warning"}


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(house, tmp_path_factory):
    address = str(tmp_path_factory.mktemp("notify") / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(20)
        with Running(house, NOTIFY_SOCKET=address) as daemon:
            assert listener.recv(100) == b"READY=1"
            daemon.signal(signal.SIGTERM)
            assert listener.recv(100) == b"STOPPING=1"


def test_an_import_under_way_ends_or_leaves_nothing_when_the_daemon_stops(house):
    rows = "".join(f"Nom{n};Prénom;a{n}@example.com;fr\n" for n in range(60_000))
    house.put("import_avis.csv", GOOD.splitlines(keepends=True)[0] + rows)
    with Running(house) as daemon:
        daemon.wait_for("started")
        assert daemon.stop() == 0
    counts = [entry["counts"]["created"] for entry in house.run("imports", "--json").json]
    contacts = house.run("status", "--json").json["lists"][0]["contacts"]
    assert (counts, contacts) in [([], 0), ([60_000], 60_000)]
    house.run("poll", "--quiet")
    assert house.run("status", "--json").json["lists"][0]["contacts"] == 60_000


def test_invitations_and_alerts_leave_after_the_poll(house, sink):
    house.with_post(sink.port)
    house.put("import_avis.csv", PARTLY)
    with Running(house) as daemon:
        sink.wait_for(3)
        assert daemon.stop() == 0
    assert sorted(mail.to for mail in sink.received) == [
        "anne@example.com",
        "claire@example.com",
        "jean@example.com",
    ]


def test_the_log_of_a_round_holds_nothing_private(house, sink):
    house.with_post(sink.port)
    sink.refuse["jean@example.com"] = "550 jean@example.com is unknown"
    house.put("import_avis.csv", PARTLY)
    with Running(house) as daemon:
        daemon.wait_for("sent", failed=1)
        sink.wait_for(2)
        assert daemon.stop() == 0
    text = str(daemon.lines)
    assert [word for word in ("jean", "anne", "claire", "Dupont", "not-an-address") if word in text] == []
