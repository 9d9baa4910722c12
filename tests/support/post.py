"""An installation that sends: a configuration, a database, a mail server, and a clock that tests set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from support.installation import Installation
from support.smtp import Sink
from tournee.actions import alert, intake
from tournee.core.facts import Import, SendStatus
from tournee.core.settings import Database
from tournee.store import Store, outbox
from tournee.store.tables import contacts, solicitations

CONFIGURATION = """\
database: "{database}"
timezone: Europe/Paris
mail: {{url: "smtp://127.0.0.1:{port}", from: Tournée <tournee@example.com>}}
repositories:
  boutique: {{url: "file://{root}"}}
  halle: {{url: "file://{root}"}}
contact_fields:
  amount: {{type: number, columns: {{fr: Montant}}}}
  bought: {{type: date, columns: {{fr: Date d'achat}}}}
lists:
  avis:
    name: Avis après achat
    feed: {{repository: boutique, every: 1 hour, language: fr, deploy: satisfaction, backlog: import}}
  salons:
    name: Salons
    feed: {{repository: boutique, path: salons, every: 1 hour, language: fr, rejected_to: refused/}}
  halles:
    name: Halles
    feed: {{repository: halle, every: 1 hour, language: fr, deploy: accueil, backlog: import}}
deployments:
  satisfaction:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: {{fr: "Votre avis, {{{{ contact.first_name }}}} ?", en: How did we do?}}
    template: satisfaction.html
    survey_url: https://survey.example/s/1
  accueil:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: Bienvenue
    template: accueil.html
    survey_url: https://survey.example/s/2
{more}
users:
  claire: {{email: claire@team.example, language: fr, alerts: true}}
  john: {{email: john@team.example, alerts: [import_rejected, unreachable], lists: [avis]}}
  paul: {{email: paul@team.example, alerts: [import_errors], lists: [halles]}}
"""
TEMPLATES = {
    "satisfaction.fr.html": "<p>Bonjour {{ contact.first_name }}, "
    '<a href="{{ survey_url }}">votre avis</a></p>',
    "satisfaction.en.html": '<p>Hello {{ contact.first_name }}, <a href="{{ survey_url }}">tell us</a></p>',
    "accueil.html": "<p>{{ list }} {{ deployment }} {{ contact.amount }}</p>",
}


@dataclass
class Post(Installation):
    sink: Sink
    more: str = ""  # of the configuration

    def __post_init__(self) -> None:
        for name, text in TEMPLATES.items():
            self.template(name, text)
        self.configure()

    def configure(self, text: str = CONFIGURATION) -> None:
        filled = text.format(database=self.database.url, port=self.sink.port, root=self.root, more=self.more)
        self.open(filled)

    def template(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, "utf-8")

    def without_mail(self) -> None:
        """As if `mail:` had been taken out of a configuration that still has messages waiting."""
        settings = replace(self.app.settings, mail=None)
        self.app = replace(self.app, config=replace(self.app.config, settings=settings))

    # ------------------------------------------------------------ what the files bring

    def bring(self, *rows: str, list: str = "avis", header: str = "Email;Prénom;Langue") -> Import:
        """Import a file by hand; each row is `email;first name;language`."""
        path = self.root / "file.csv"
        path.write_text("\n".join([header, *rows, ""]), "utf-8")
        return intake.import_file(self.app, list, str(path)).record

    def bring_many(self, number: int) -> None:
        self.bring(*(f"c{row}@example.com;Zoé;fr" for row in range(number)))

    def statuses(self) -> dict[str, str]:
        """Email -> status of every solicitation."""
        return {email: status for email, status, *_ in self.rows()}

    def row(self, email: str) -> sa.Row[tuple[object, ...]]:
        (found,) = [row for row in self.rows() if row.email == email]
        return found

    def rows(self) -> Sequence[sa.Row[tuple[object, ...]]]:
        one = solicitations.c
        query = sa.select(
            contacts.c.email, one.status, one.rule, one.reason, one.answer, one.attempts, one.deployment,
            one.next_attempt_at,
        )  # fmt: skip
        query = query.join_from(solicitations, contacts, contacts.c.id == one.contact_id).order_by(one.id)
        with self.store.read() as tx:
            return tx.connection.execute(query).all()

    def claim_one(self) -> str:
        """Leave a message as a process does that dies in the middle of an attempt; its Message-ID."""
        return self.claim_some(1, begun=1)[0]

    def claim_some(self, number: int, *, begun: int) -> list[str]:
        """The same with several, of which so many had begun; the Message-IDs of those."""
        with self.store.write() as tx:
            claims = outbox.claim(tx, self.now, deployments=[*self.app.settings.deployments], limit=number)
            assert [outbox.begin(tx, claim, self.now) for claim in claims[:begun]] == [None] * begun
        return [claim.message_id for claim in claims[:begun]]

    def count(self, status: SendStatus) -> int:
        return sum(row.status == status for row in self.rows())

    # ------------------------------------------------------------ alerts

    def subjects(self, user: str = "claire") -> list[str]:
        """What a user was told, oldest first."""
        address = f"{user}@team.example"
        return [str(one.mail["Subject"]) for one in self.sink.received if one.to == address]

    def tell(self) -> alert.Delivered:
        return alert.deliver(self.app)


@contextmanager
def installed(root: Path, database: Database, store: Store) -> Iterator[Post]:
    sink = Sink()
    sink.start()
    yield Post(root, database, store, sink)
    sink.stop()
