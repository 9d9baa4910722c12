"""Promise 8, it runs for years alone: memory and handles do not grow, and what was cut short goes on."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import contacts, measure
from support.faults import Silent
from support.house import House
from support.running import Running
from support.servers import PASSWORD, running

MIB = 1024 * 1024
FEW, MANY = 100_000, 250_000  # caches are full with the few
FIELDS = """\
  purchase_date: {type: date, columns: {fr: Date d'achat}}
  store: {type: text, columns: {fr: Magasin}}
"""
#: A list that is polled every second: how a test knows that others had their time.
TICKING = """\
  ticking: {name: Ticking, feed: {repository: depot, every: 1 second, language: fr, settle: 0 seconds}}
"""
HUNG = """\
  {0}: {{name: Hung, feed: {{repository: {0}, every: 1 second, language: fr}}}}
"""
#: Poll all lists again and again; what the process holds after the first rounds and after the last.
ROUNDS = """
import json, os, sys, threading
from tournee.actions import open_app, poll

def held():
    return {"files": len(os.listdir("/proc/self/fd")), "threads": threading.active_count()}

with open_app(sys.argv[1]) as app:
    for number in range(1, 51):
        assert all(report.ok for report in poll.poll_lists(app, []))
        if number == 5:
            early = held()
    print(json.dumps([early, held()]))
"""


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A file of so many rows, by their number."""
    directory = tmp_path_factory.mktemp("deliveries")
    for number in (FEW, MANY):
        contacts.write(directory / str(number), number)
    return {number: directory / str(number) for number in (FEW, MANY)}


# ---------------------------------------------------------------- memory, files, threads


def test_memory_does_not_grow_with_the_file(house: House, deliveries: dict[int, Path]) -> None:
    text = house.config.read_text("utf-8")
    house.configure(text.replace("contact_fields:\n", f"contact_fields:\n{FIELDS}"))
    peaks = []
    for number, file in deliveries.items():
        shutil.copy(file, house.drop / f"import_avis_{number}.csv")
        command = house.arguments("poll", "--json", "--config", str(house.config))
        measured = measure.run(command, house.root)
        taken = {file["name"]: file["outcome"] for file in json.loads(measured.output)[0]["files"]}
        assert taken[f"import_avis_{number}.csv"] == "imported_with_errors"
        peaks.append(measured.peak / MIB)
    assert max(peaks) < 150
    assert peaks[1] - peaks[0] < 15


def test_fifty_rounds_leave_no_file_and_no_thread_behind(small_house: House, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with running("sftp", small_house.drop) as sftp, running("ftps", tmp_path / "other") as ftps:
        small_house.served_by(sftp)
        second = {
            "url": ftps.repository.url,
            "password": PASSWORD,
            "certificate": ftps.repository.certificate,
        }
        text = small_house.config.read_text("utf-8")
        text = text.replace("contact_fields:", f"  other: {json.dumps(second)}\ncontact_fields:", 1)
        small_house.configure(text + HUNG.format("other"))
        small_house.put("import_avis.csv")
        script = [sys.executable, "-c", ROUNDS, str(small_house.config)]
        done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    early, late = json.loads(done.stdout)
    assert late == early


# ---------------------------------------------------------------- going on


def test_a_daemon_that_was_killed_starts_again_and_takes_what_came_meanwhile(house: House) -> None:
    house.configure(house.config.read_text("utf-8").replace("1 hour", "1 second"))
    house.put("import_avis_1.csv")
    with Running(house) as daemon:
        daemon.wait_for("imported")
        daemon.signal(signal.SIGKILL)
    house.put("import_avis_2.csv")
    with Running(house) as daemon:
        assert daemon.wait_for("imported")["file"] == "import_avis_2.csv"
        daemon.wait_for("polled", files={"known": 2})
        assert daemon.stop() == 0
    assert [entry["file"] for entry in house.here("imports", "--json").json] == [
        "import_avis_2.csv",
        "import_avis_1.csv",
    ]


def test_polls_that_were_missed_are_made_up_for_once(small_house: House) -> None:
    small_house.configure(small_house.config.read_text("utf-8") + TICKING)
    small_house.here("poll")
    long_ago = (datetime.now(UTC) - timedelta(hours=5)).isoformat()
    with closing(sqlite3.connect(small_house.root / "tournee.db")) as database, database:
        database.execute("UPDATE polls SET first_at = ?, at = ? WHERE list = 'avis'", (long_ago, long_ago))
    with Running(small_house) as daemon:
        for _second in range(3):
            daemon.wait_for("polled", list="ticking")
        assert daemon.stop() == 0
    polled = [line["list"] for line in daemon.lines if line["event"] == "polled"]
    assert polled.count("avis") == 1


def test_servers_that_hang_delay_nobody_but_themselves(small_house: House) -> None:
    with ExitStack() as servers:
        hung = {
            "mute": f"ftp://u@127.0.0.1:{servers.enter_context(Silent()).port}/",
            "late": f"ftp://u@127.0.0.1:{servers.enter_context(Silent(b'220 hello')).port}/",
            "deaf": f"sftp://u@127.0.0.1:{servers.enter_context(Silent(b'SSH-2.0-x')).port}/",
        }
        small_house.with_post(servers.enter_context(Silent()).port)
        more = "".join(f'  {key}: {{url: "{url}", password: secret}}\n' for key, url in hung.items())
        text = small_house.config.read_text("utf-8").replace("contact_fields:", f"{more}contact_fields:", 1)
        lists = TICKING + "".join(HUNG.format(key) for key in hung)
        small_house.configure(text.replace("mail:", f"{lists}mail:", 1))
        small_house.put("import_avis.csv")
        with Running(small_house) as daemon:
            daemon.wait_for("polled", list="avis", files={"imported": 1})
            polled = [daemon.wait_for("polled")["list"] for _ in range(4)]
    assert polled == ["ticking"] * 4
