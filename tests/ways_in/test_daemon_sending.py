"""The daemon sends what is due, and hears within seconds what a person says elsewhere."""

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from support.house import House
from support.outlets import Outlets, opened
from support.running import Running
from tournee.core.settings import Database
from tournee.daemon import Sending
from tournee.store import open_store

SOON = 15  # seconds: much less than the half minute after which everything is looked at again
MORE = "Nom;Prénom;Email;Langue\nPetit;Paul;paul@example.com;fr\n"


def held(house: House) -> None:
    text = house.config.read_text("utf-8")
    house.configure(text.replace("      deploy:", "      hold_above: 1\n      deploy:"))


def slow(house: House, rate: str) -> None:
    text = house.config.read_text("utf-8")
    house.configure(
        text.replace("from: tournee@example.com}", f'from: tournee@example.com, rate: "{rate}"}}')
    )


def test_what_is_released_leaves_within_seconds(house, sink):
    house.with_post(sink.port)
    held(house)
    house.put("import_avis.csv")
    with Running(house) as daemon:
        daemon.wait_for("imported")
        assert house.run("release", "satisfaction").code == 0
        begun = monotonic()
        assert daemon.wait_for("sent", outlet="mail")["sent"] == 2
        assert monotonic() - begun < SOON


def test_a_pause_stops_and_a_resume_goes_on_within_seconds(house, sink):
    house.with_post(sink.port)
    with Running(house) as daemon:
        daemon.wait_for("polled")
        assert house.run("pause").code == 0
        house.put("import_avis.csv")
        assert house.run("poll", "--no-send").code == 0
        assert house.run("resume").code == 0
        begun = monotonic()
        assert daemon.wait_for("sent", outlet="mail")["sent"] == 2
        assert monotonic() - begun < SOON


def test_what_becomes_due_while_its_outlet_is_at_work_leaves_as_well(house, sink):
    house.with_post(sink.port)
    slow(house, "6 per minute")
    house.put("import_avis.csv")
    with Running(house) as daemon:
        sink.wait_for(1)
        house.put("import_avis_2.csv", MORE)
        assert house.run("poll", "--no-send").code == 0
        assert len(sink.received) == 1  # it is still at work: the second one waits for the rate
        sink.wait_for(3, seconds=60)
        assert daemon.wait_for("sent", outlet="mail")["sent"] == 3  # all in one go
        assert daemon.stop() == 0


def test_a_stop_does_not_wait_for_the_rate(house, sink):
    house.with_post(sink.port)
    slow(house, "1 per hour")
    house.put("import_avis.csv")
    with Running(house) as daemon:
        sink.wait_for(1)
        begun = monotonic()
        assert daemon.stop() == 0
        assert monotonic() - begun < SOON


def test_another_rate_holds_as_soon_as_it_is_read(house, sink):
    house.with_post(sink.port)
    text = house.config.read_text("utf-8")
    house.configure(
        text.replace("from: tournee@example.com}", 'from: tournee@example.com, rate: "1 per day"}')
    )
    house.put("import_avis.csv")
    with Running(house) as daemon:
        sink.wait_for(1)
        house.configure(text)
        daemon.signal(signal.SIGHUP)
        sink.wait_for(2)
        assert daemon.stop() == 0


# ---------------------------------------------------------------- its threads


@pytest.fixture
def outlets(tmp_path: Path, sqlite_database: Database) -> Iterator[Outlets]:
    """An installation that sends by every channel."""
    store = open_store(sqlite_database)
    with opened(tmp_path, sqlite_database, store) as found:
        yield found
    store.close()


def only_satisfaction(outlets: Outlets) -> None:
    """The configuration without the other deployments, and without a rate."""
    settings = outlets.app.settings
    left = {"satisfaction": settings.deployments["satisfaction"]}
    settings = replace(settings, deployments=left, mail=replace(settings.mail, rate=None))
    outlets.app = replace(outlets.app, config=replace(outlets.app.config, settings=settings))


def test_what_left_the_configuration_while_its_outlet_was_at_work_does_not_leave(outlets, caplog):
    outlets.use(deploy="[satisfaction, bienvenue]", mail=", rate: 1 per day")
    outlets.people(3)
    sending = Sending(lambda: outlets.app, lambda: None)
    sending.look()
    outlets.sink.wait_for(1)
    sending.look()
    only_satisfaction(outlets)
    until = monotonic() + SOON
    while Counter(row.deployment for row in outlets.rows() if row.status == "sent")["satisfaction"] < 3:
        assert monotonic() < until
        sending.look()
    assert sum(row.status == "waiting" for row in outlets.rows()) >= 2
    assert "bug" not in caplog.text


def test_a_glance_leaves_alone_what_another_process_sends(outlets):
    ended = []
    sending = Sending(lambda: outlets.app, lambda: ended.append(True))
    outlets.people(2)
    with outlets.store.exclusive("send:mail"):
        outlets.claim_some(2, begun=1)
        sending.look()
        for thread in sending.threads:
            thread.join()
        before = sending.threads
        sending.glance()
        assert (sending.threads, ended) == (before, [])
