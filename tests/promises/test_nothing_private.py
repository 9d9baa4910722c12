"""Promise 6, nothing private leaks: commands and a daemon while everything goes wrong, and all that they say.

The files hold a value of its own in every cell, in good rows and bad; so do the secrets.
What was said is kept apart by where it stands: in the log, the answers, the alerts, the database.
"""

import json
import re
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from support.house import House
from support.running import Running
from support.servers import Box, running
from support.smtp import Sink
from tournee import telemetry

#: The program with a log that leaves nothing out.
LOUD = (
    "import tournee.telemetry as log; setup = log.setup; "
    "log.setup = lambda level=0, **how: setup(10, **how); from tournee.cli import main; main()"
)
HEADER = "Email;Téléphone;Nom;Prénom;Sexe;Civilité;Pays;Langue;Montant;Acheté;Magasin"
GOOD = "qxa{0}@qxhome.example;+3369876543{0};Qxnom;Qxprénom;F;Mme;France;fr;77{0}31,5;0{0}/01/2026;Qxshop"
BAD = (
    "qxb1@@qxhome.example;;Qxnom;Qxprénom;F;Mme;France;fr;1;;",
    ";Qxphone;Qxnom;Qxprénom;F;Mme;France;fr;1;;",
    "qxb3@qxhome.example;;Qxnom;Qxprénom;Qxsex;Qxtitle;Qxland;Qxlang;Qx12;Qxdate;Qxshop",
    "qxb4@qxhome.example;;Qxnom;Qxprénom;;;;fr;;;;;Qxlong",
    'qxb5@qxhome.example;;"Qxopen;Qxprénom;;;;fr;',
)
#: A contact's data and the secrets, however they are written.
LINK = re.compile(r"/u/[\w-]{32}(?![\w-])")  # to unsubscribe: random letters, which may be any
PRIVATE = re.compile(r"qx\w*|(?:\+33|0)[ .]?6[ .]?98[ .]?76[ .]?54[ .]?3\d|77\d31[.,]5", re.IGNORECASE)
LETTER = "{{ contact.first_name }}{% if contact.amount == 77231.5 %}{{ contact.last_name / 2 }}{% endif %}"
MORE_LISTS = """\
  locked: {name: Locked, feed: {repository: locked, every: 1 second, language: fr}}
  barred: {name: Barred, feed: {repository: barred, every: 1 second, language: fr}}
mail:"""
QUESTIONS = (
    "poll", "poll --json", "status", "status --json", "imports --json", "show 1", "show 1 --json",
    "show 2", "show 2 --json", "errors 1", "errors 1 --json", "errors 1 --csv", "errors 1 --lang fr",
    "deployments --json", "why qxa1@qxhome.example", "why qxa2@qxhome.example --json --lang fr",
    "why qxa3@qxhome.example --json", "contact opt-out qxa3@qxhome.example", "why qxnobody@qxhome.example",
    "check --connect", "check --connect --json", "template avis", "trust locked", "import avis {}",
    "import avis {} --dry-run --json", "retry 1", "retry 2 --force --json", "retry 3", "retry 99",
)  # fmt: skip


class Story:
    """A house where everything goes wrong, and what was said about it."""

    def __init__(self, house: House, sink: Sink) -> None:
        self.house, self.sink = house, sink
        self.said: dict[str, list[str]] = defaultdict(list)

    def __getitem__(self, reader: str) -> str:
        return "\n".join(self.said[reader])

    def ask(self, words: str) -> None:
        """A dry run shows its first rows to the person who has the file; nothing else shows any."""
        done = self.house.here(*words.format(self.house.root / "by-hand.csv").split())
        self.said["preview" if "--dry-run" in words else "answers"].append(done.out)
        self.said["log"].append(done.err)

    def prepare(self, locked: Box, barred: Box) -> None:
        house, wrong = self.house, {"password": "Qxsecret1"}
        (house.root / "satisfaction.html").write_text(LETTER, "utf-8")
        text = house.config.read_text("utf-8").replace("mail:", MORE_LISTS, 1)
        entries = {
            "locked": {"url": locked.repository.url, "host_key": locked.repository.host_key, **wrong},
            "barred": {"url": barred.repository.url, "certificate": barred.repository.certificate, **wrong},
        }
        servers = "".join(f"  {key}: {json.dumps(entry)}\n" for key, entry in entries.items())
        text = text.replace("contact_fields:\n", f"{servers}contact_fields:\n{FIELDS}")
        house.configure(text.replace("mail: {", "mail: {username: postman, password: Qxsecret2, "))
        house.put("import_avis_1.csv", lines(HEADER, *BAD, *(GOOD.format(n) for n in range(1, 8))))
        house.put("import_avis_2.csv", lines(GOOD.format(8), GOOD.format(9)))
        (house.root / "by-hand.csv").write_text(lines(HEADER, GOOD.format(1), *BAD[:1]), "utf-8")

    def go_wrong(self) -> None:
        """A mail server that refuses one recipient, then the login; then records that cannot be read."""
        self.sink.login = ("postman", "Qxsecret2")
        self.sink.refuse["qxa3@qxhome.example"] = "550 5.1.1 <qxa3@qxhome.example> no user qxa3"
        for words in QUESTIONS:
            self.ask(words)
        self.sink.login = ("postman", "another")
        self.house.put("import_avis_3.csv", lines(HEADER, GOOD.format(6).replace("qxa6", "qxa66"), BAD[0]))
        self.ask("poll")
        self.said["alerts"] += [
            f"{dict(one.mail.items())}\n{one.mail.get_content()}"
            for one in self.sink.received
            if one.to.startswith("claire")
        ]
        self.said["database"] += self.records()
        self.break_records()

    def records(self) -> list[str]:
        """All that is in the database but the contacts, and the addresses that bounced."""
        with closing(sqlite3.connect(self.house.root / "tournee.db")) as database:
            tables = [
                name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            return [
                f"{name}: {row}"
                for name in tables
                if name not in ("contacts", "bounces")
                for row in database.execute(f'SELECT * FROM "{name}"')
            ]

    def break_records(self) -> None:
        """What is stored of contacts is no JSON any more: a bug, as far as the program can tell."""
        with closing(sqlite3.connect(self.house.root / "tournee.db")) as database:
            database.execute("""UPDATE contacts SET fields = '{"amount": "Qxbroken' """)
            database.execute("UPDATE solicitations SET next_attempt_at = decided_at WHERE status = 'waiting'")
            database.commit()
        self.ask("poll")
        with Running(self.house) as daemon:
            daemon.wait_for("bug")
            daemon.wait_for("polled", list="barred")
            daemon.stop()
        self.said["log"] += map(str, daemon.lines)


def lines(*rows: str) -> str:
    return "\n".join([*rows, ""])


FIELDS = "  bought: {type: date, columns: {fr: Acheté}}\n"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    house, sink = House(tmp_path_factory.mktemp("house")), Sink()
    house.arguments = lambda *words: [sys.executable, "-c", LOUD, *words]  # type: ignore[method-assign]
    sink.start()
    house.with_post(sink.port)
    setup = telemetry.setup
    with pytest.MonkeyPatch.context() as loud, running("sftp", tmp_path_factory.mktemp("locked")) as locked:
        loud.setattr(telemetry, "setup", lambda level=0, **how: setup(10, **how))
        with running("ftps", tmp_path_factory.mktemp("barred")) as barred:
            told = Story(house, sink)
            told.prepare(locked, barred)
            told.go_wrong()
    sink.stop()
    return told


@pytest.mark.parametrize("reader", ["log", "answers", "alerts", "database"])
def test_nobody_reads_a_contacts_data_or_a_secret_in(story: Story, reader: str) -> None:
    assert PRIVATE.findall(LINK.sub("", story[reader])) == []


@pytest.mark.parametrize(
    ("reader", "signs"),
    [
        (
            "log",
            ["authentication", "JSONDecodeError", "polled", "solicitation_failed", "refused the login: 535"],
        ),
        (
            "answers",
            ["email_invalid", "phone_invalid", "quote_unclosed", "Magasin", "no_header", "550 5.1.1"],
        ),
        ("alerts", ["Email", "Téléphone", "locked", "barred", "import_avis_1.csv", "import_avis_2.csv"]),
        ("database", ["row_errors", "conditions", "alerts", "number_invalid", "550", "template"]),
    ],
)
def test_and_yet_all_of_it_was_told_in(story: Story, reader: str, signs: list[str]) -> None:
    assert [sign for sign in signs if sign not in story[reader]] == []


@pytest.mark.parametrize("words", ["status", "poll --json", "run", "contact show qxa1@qxhome.example"])
def test_a_database_that_cannot_be_read_is_told_without_what_is_in_it(small_house: House, words: str) -> None:
    (small_house.root / "tournee.db").write_text("Qxnom;qxa1@qxhome.example\n" * 500, "utf-8")
    done = small_house.here(*words.split())
    assert (done.code, PRIVATE.findall(done.out + done.err), "Traceback" in done.err) == (1, [], False)


def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    small_house: House, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("Qxsecret3", "utf-8")
    entry = f"{{url: postgresql://tournee@127.0.0.1:1/qxbase, password_file: {tmp_path}/secret}}"
    small_house.configure(small_house.config.read_text("utf-8").replace("sqlite:///tournee.db", entry))
    done = small_house.here("status")
    assert (done.code, "Qxsecret3" in done.out + done.err) == (1, False)
