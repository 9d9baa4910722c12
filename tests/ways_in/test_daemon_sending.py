"""The daemon sends what is due, and hears within seconds what a person says elsewhere."""

from time import monotonic

from support.house import House
from support.running import Running

SOON = 15  # seconds: much less than the half minute after which everything is looked at again
MORE = "Nom;Prénom;Email;Langue\nPetit;Paul;paul@example.com;fr\n"


def held(house: House) -> None:
    text = house.config.read_text("utf-8")
    house.configure(text.replace("      deploy:", "      hold_above: 1\n      deploy:"))


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
    house.put("import_avis.csv")
    with Running(house) as daemon:
        daemon.wait_for("imported")
        house.put("import_avis_2.csv", MORE)
        assert house.run("poll", "--no-send").code == 0
        sink.wait_for(3)
        assert daemon.stop() == 0


def test_a_stop_does_not_wait_for_the_rate(house, sink):
    house.with_post(sink.port)
    text = house.config.read_text("utf-8")
    house.configure(
        text.replace("from: tournee@example.com}", 'from: tournee@example.com, rate: "1 per hour"}')
    )
    house.put("import_avis.csv")
    with Running(house) as daemon:
        sink.wait_for(1)
        begun = monotonic()
        assert daemon.stop() == 0
        assert monotonic() - begun < SOON
