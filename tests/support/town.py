"""An installation whose mail and web servers do as a story says."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from werkzeug.test import Client

from support.http import Asked, Web
from support.installation import NOON, Installation
from support.nursery import Nursery
from support.smtp import Received, Sink
from support.solicitation_model import Survey, World
from tournee.actions import App, intake, send
from tournee.config import Config, load
from tournee.core.facts import Import
from tournee.core.settings import Database
from tournee.store import open_store, tables
from tournee.web.site import Site

#: What the servers say about a letter, by what is to become of the attempt.
MAIL_SAYS = {
    "failed": "550 5.7.1 not from you",
    "bounced": "550 5.1.1 nobody of that name",
    "waiting": "450 4.3.0 not now",
}
WEB_SAYS = {"failed": 400, "bounced": 400, "waiting": 503, "uncertain": 503}
PUBLIC = "https://avis.example.com"
SECRET = "whsec_" + "c2VjcmV0" * 4
FIELDS = {
    "amount": {"type": "number", "columns": {"fr": "Montant"}},
    "order_number": {"type": "text", "columns": {"fr": "Commande"}},
    "bought": {"type": "date", "columns": {"fr": "Date d'achat"}},
}
HEADER = "Email;Pays;Montant;Commande;Date d'achat"
FEED = {
    "repository": "depot",
    "every": "1 hour",
    "language": "fr",
    "default_language": "fr",
    "backlog": "import",
}
#: What stories look at, of a decision.
SEEN = (
    *("id", "contact_id", "import_id", "deployment", "decision", "rule", "status", "message_id"),
    *("next_attempt_at", "begun_at", "reminds", "reminder"),
)
HISTORY = ("solicitations", "memberships", "opt_outs", "row_errors", "alerts", "conditions", "pauses")
WIPED = (*HISTORY, "bounces", "erasures", "contacts", "imports")


def number_of(message_id: str) -> str:
    """A Message-ID as other channels know it."""
    return message_id.strip("<> \t\r\n").partition("@")[0].replace(".", "-")


@dataclass
class Fate:
    """`script` says by address what becomes of a letter: `sent`, `waiting`, `failed`, `bounced`, `uncertain`.

    `deadly` is the address at whose letter the sender is killed, and whether `before` or `after` the servers
    have all of it. `brought` is what they took: address and number (`number_of` a Message-ID).
    """

    nursery: Nursery
    script: dict[str, str] = field(default_factory=dict)
    deadly: tuple[str, str] | None = None
    brought: list[tuple[str, str]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)  # to unsubscribe, of the last mail to an address

    def strike(self, address: str, stage: str) -> None:
        """Kill the sender, if this is the moment."""
        if self.deadly == (address, stage):
            self.nursery.kill()

    def take(self, address: str, number: str) -> str:
        """A letter has arrived; what is to become of it."""
        self.brought.append((address, number))
        self.strike(address, "after")
        return self.script.get(address, "sent")


class Postman(Sink):
    """The mail server."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate
        self.refuse = _Answers(fate)

    def take(self, message: Received) -> None:
        mail = message.mail
        number = number_of(str(mail["Message-ID"]))
        self.fate.links[message.to] = str(mail["List-Unsubscribe"]).strip("<>")
        if self.fate.take(message.to, number) == "uncertain":
            raise OSError("the line is cut")


class _Answers(dict[str, str]):
    """To recipients."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate

    def get(self, address: str, usual: str) -> str:  # type: ignore[override]
        self.fate.strike(address, "before")
        return MAIL_SAYS.get(self.fate.script.get(address, ""), usual)


class Hook(Web):
    """The receiver of webhooks; what it refuses it did not take."""

    def __init__(self, fate: Fate) -> None:
        super().__init__()
        self.fate = fate
        self.usual = self.said = _Said()

    def take(self, asked: Asked) -> None:
        address = asked.json["data"]["contact"]["email"]
        self.fate.strike(address, "before")
        self.said.status = WEB_SAYS.get(self.fate.script.get(address, ""), 200)
        if self.said.status == 200:
            self.fate.take(address, asked.headers["webhook-id"])


class _Said:
    """The answer to the one request that is under way; what it is, is known once the request was read."""

    status, body, delay = 200, "", 0.0
    headers: ClassVar[dict[str, str]] = {}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a file says about somebody; nothing where it is empty."""

    email: str
    country: str = ""
    amount: int | None = None
    order: str = ""
    bought: date | None = None

    @property
    def line(self) -> str:
        amount = "" if self.amount is None else str(self.amount)
        return ";".join([self.email, self.country, amount, self.order, str(self.bought or "")])


@lru_cache(maxsize=64)
def _loaded(text: str, path: str) -> Config:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return load(path, {})


@dataclass
class Town(Installation):
    """`deploys` says what each list deploys."""

    fate: Fate
    mail_port: int
    hook_url: str

    def __post_init__(self) -> None:
        (self.root / "depot").mkdir(exist_ok=True)
        (self.root / "letter.html").write_text("{{ survey_url }}", "utf-8")

    def begin(self) -> None:
        """Nothing has ever happened."""
        self.now = NOON
        self.fate.brought.clear()
        with self.store.write() as tx:
            for name in WIPED:
                tx.connection.execute(sa.delete(tables.metadata.tables[name]))

    def govern(self, world: World, deploys: dict[str, Sequence[str]], hold_above: int | None) -> None:
        """The operator writes another configuration."""
        feeds = {key: FEED | {"deploy": list(names)} for key, names in deploys.items() if names}
        if hold_above:
            feeds = {key: feed | {"hold_above": hold_above} for key, feed in feeds.items()}
        settings = {
            "database": self.database.url,
            "timezone": "Europe/Paris",
            "mail": {"url": f"smtp://127.0.0.1:{self.mail_port}", "from": "tournee@example.com"},
            "http": {"listen": "127.0.0.1:8780", "public_url": PUBLIC},
            "repositories": {"depot": {"url": f"file://{self.root}/depot"}},
            "contact_fields": FIELDS,
            "lists": {key: {"name": key.title(), "feed": feed} for key, feed in feeds.items()},
            "deployments": {survey.key: self._entry(survey) for survey in world.surveys.values()},
            "solicitation_rules": [rule.entry for rule in world.rules],
        }
        self._settle(json.dumps({key: value for key, value in settings.items() if value}))

    def _settle(self, text: str) -> None:
        config = _loaded(text, str(self.config))
        self.config.write_text(text, "utf-8")
        self.app = App(config=config, store=self.store, clock=self.clock)

    # ------------------------------------------------------------ what happens

    def bring(self, key: str, rows: Iterable[Row]) -> Import:
        path = self.root / "file.csv"
        path.write_text("\n".join([HEADER, *(row.line for row in rows), ""]), "utf-8")
        return intake.import_file(self.app, key, str(path)).record

    def deliver(self, script: dict[str, str]) -> None:
        """Send what is due."""
        self.fate.script = script
        send.send_due(self.app, chance=lambda: 0.0)

    def die(self, script: dict[str, str], address: str, stage: str) -> int:
        """Send what is due in a process that is killed at the letter to somebody, if it comes to that.

        Returns its exit code.
        """
        self.fate.script, self.fate.deadly = script, (address, stage)
        code = self.fate.nursery.run(self.config, "send", now=self.now)
        self.fate.deadly = None
        return code

    def unsubscribe(self, address: str) -> None:
        """Press the button of the last mail, as mail programs do; to look at the page changes nothing."""
        path = self.fate.links[address].removeprefix(PUBLIC)
        client = Client(Site(lambda: self.app))
        before = self.opt_outs()
        assert client.get(path).status_code == 200
        assert self.opt_outs() == before
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    # ------------------------------------------------------------ what is known

    def opt_outs(self) -> int:
        with self.store.read() as tx:
            return tx.connection.scalar(sa.select(sa.func.count()).select_from(tables.opt_outs)) or 0

    def rows(self) -> Sequence[sa.Row[Any]]:
        """Every decision, oldest first."""
        query = sa.select(*(tables.solicitations.c[name] for name in SEEN)).order_by(
            tables.solicitations.c.id
        )
        with self.store.read() as tx:
            return tx.connection.execute(query).all()

    def ids(self) -> dict[str, int]:
        """The numbers of the contacts by their emails."""
        query = sa.select(tables.contacts.c.email, tables.contacts.c.id)
        with self.store.read() as tx:
            return {row.email: row.id for row in tx.connection.execute(query)}

    def _entry(self, survey: Survey) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "channel": survey.channel,
            "survey_url": "https://survey.example/s/1",
            "rules": [rule.entry for rule in survey.rules],
            "remind": [f"after {days} days" for days in survey.remind],
        }
        if survey.channel == "email":
            entry |= {"from": "avis@boutique.example", "subject": survey.key, "template": "letter.html"}
        else:
            entry |= {"url": self.hook_url, "secret": SECRET}
        return {key: value for key, value in entry.items() if value}


@contextmanager
def founded(root: Path, database: Database, nursery: Nursery) -> Iterator[Town]:
    """A town with its servers."""
    fate = Fate(nursery)
    postman, hook, store = Postman(fate), Hook(fate), open_store(database)
    postman.start()
    hook.start()
    yield Town(root, database, store, fate, postman.port, hook.url)
    hook.stop()
    postman.stop()
    store.close()
