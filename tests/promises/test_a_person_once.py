"""Promise 5, a problem reaches a person, once: a repository that breaks, for as long as it does."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.faults import Proxy
from support.house import PARTLY, House
from support.rounds import Round
from support.servers import running
from support.smtp import CUT, Sink
from tournee.actions import alert

BROKEN = "[Tournée] Repository depot cannot be polled: refused (list Avis)"
REMINDER = "[Tournée] Since 23 November 2026, 15:00: repository depot cannot be polled: refused (list Avis)"
BAD_ROW = "[Tournée] 1 row rejected in import_avis_1.csv (list Avis)"
OVER = "[Tournée] Over: repository depot is polled again, after {} (list Avis)"
CLAIRE = {"claire": {"email": "claire@example.com", "alerts": True}}


@dataclass
class Town:
    """A round to an SFTP server at the end of a line that can be cut, and a mail server."""

    rounds: Round
    line: Proxy
    sink: Sink

    def hours(self, number: int = 1) -> None:
        """Each hour one pass is made, and whoever is to be told is told."""
        for _hour in range(number):
            self.rounds.later(hours=1)
            self.rounds.poll()
            alert.deliver(self.rounds.app)

    def told(self) -> list[str]:
        return [str(message.mail["Subject"]) for message in self.sink.received]

    def ids(self) -> list[str]:
        return [str(message.mail["Message-ID"]) for message in self.sink.received]


@pytest.fixture
def town(rounds: Round, sink: Sink) -> Iterator[Town]:
    mail = {"url": f"smtp://127.0.0.1:{sink.port}", "from": "tournee@example.com"}
    rounds.configure(mail=mail, users=CLAIRE)
    with running("sftp", rounds.drop) as box, Proxy(box.repository.port) as line:
        rounds.served_by(box.with_(key="depot", port=line.port))
        yield Town(rounds, line, sink)


def test_an_outage_of_two_days_is_told_once_reminded_of_daily_and_told_to_be_over(town: Town) -> None:
    town.hours(2)
    town.line.cut()
    town.hours(24)
    assert town.told() == [BROKEN]
    town.hours(26)
    town.line.thaw()
    town.hours(3)
    assert town.told() == [BROKEN, REMINDER, REMINDER, OVER.format("2 days 2 h")]


def test_a_mail_server_that_is_down_delays_what_is_told_and_loses_none(town: Town) -> None:
    town.sink.stop()
    town.rounds.put("import_avis_1.csv", text=PARTLY)
    town.hours(1)
    town.line.cut()
    town.hours(2)
    town.line.thaw()
    town.hours(2)
    town.sink.start()
    town.hours(4)
    assert Counter(town.told()) == Counter([BAD_ROW, BROKEN, OVER.format("2 h")])
    assert town.told().index(BROKEN) < town.told().index(OVER.format("2 h"))


@pytest.mark.parametrize("trouble", [CUT, "451 4.3.0 try again later"])
def test_an_alert_that_was_cut_while_being_sent_goes_again_as_the_same_message(
    town: Town, trouble: str
) -> None:
    town.sink.answers["CONTENT"].append(trouble)
    town.line.cut()
    town.hours(20)
    assert (set(town.told()), len(set(town.ids()))) == ({BROKEN}, 1)
    assert len(town.ids()) == (2 if trouble == CUT else 1)


def test_a_person_is_told_once_however_many_look_at_once(house: House, sink: Sink) -> None:
    house.with_post(sink.port)
    house.drop.rmdir()
    commands = [
        subprocess.Popen(house.arguments("poll", "--quiet"), env=house.environ(), stderr=subprocess.DEVNULL)
        for _ in range(3)
    ]
    codes = {command.wait(60) for command in commands}
    house.here("poll")
    assert (1 in codes, codes <= {0, 1}) == (True, True)
    assert Counter(message.to for message in sink.received) == {"claire@example.com": 1}


def test_what_cannot_be_told_by_mail_is_seen_by_whoever_looks(house: House, sink: Sink) -> None:
    house.with_post(sink.port)
    sink.stop()
    house.put("import_avis.csv", PARTLY)
    done = house.here("poll")
    assert "Alerts: 1 to be tried again later" in done.out
    assert "127.0.0.1" in done.err
    problems = house.here("status", "--json").json["problems"]
    assert [(problem["kind"], problem["subject"]) for problem in problems] == [
        ("import_errors", "avis"), ("send_failures", "avis"),
    ]  # fmt: skip
