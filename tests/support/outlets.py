"""An installation that sends by every channel: email, an SMS gateway and a webhook, each to a real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.http import Web
from support.post import Post
from support.smtp import Sink
from tournee.actions import poll
from tournee.core.settings import Database
from tournee.store import Store

CONFIGURATION = """\
database: "{database}"
timezone: Europe/Paris
mail: {{url: "smtp://127.0.0.1:{port}", from: Tournée <tournee@example.com>{mail}}}
gateways:
  ovh:
    url: "{gateway}/send"
    method: POST
    json: {{to: "{{{{ phone }}}}", message: "{{{{ text }}}}", id: "{{{{ solicitation_id }}}}"}}
    {ovh}
repositories:
  boutique: {{url: "file://{root}"}}
lists:
  avis:
    name: Avis après achat
    feed:
      {{repository: boutique, every: 1 hour, language: fr, country: FR, deploy: {deploy}, backlog: import,
       settle: 0{feed}}}
deployments:
  satisfaction:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: Votre avis
    template: avis.html
    survey_url: https://survey.example/s/1
    {satisfaction}
  bienvenue:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: Bienvenue
    template: avis.html
    survey_url: https://survey.example/s/2
    {bienvenue}
  sms:
    channel: sms
    gateway: ovh
    text: "Votre avis"
    {sms}
  crm:
    channel: webhook
    url: "{hook}/hook"
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    {crm}
{more}
users:
  claire: {{email: claire@team.example, language: fr, alerts: true}}
  john: {{email: john@team.example, alerts: [held, send_failures]}}
"""
HEADER = "Email;Téléphone;Langue"


@dataclass
class Outlets(Post):
    """`keys` are further keys of parts of the configuration, by the part's name."""

    gateway: Web = field(kw_only=True)
    hook: Web = field(kw_only=True)
    keys: dict[str, str] = field(default_factory=dict)
    dropped: int = 0

    def configure(self, text: str = CONFIGURATION) -> None:
        parts = dict.fromkeys(("mail", "ovh", "feed", "satisfaction", "bienvenue", "sms", "crm"), "")
        if not (self.root / "avis.html").exists():
            self.template("avis.html", "<p>Votre avis : {{ survey_url }}</p>")
        parts |= {"deploy": "satisfaction", **self.keys}
        self.open(
            text.format(
                database=self.database.url, port=self.sink.port, root=self.root, more=self.more,
                gateway=self.gateway.url, hook=self.hook.url, **parts,
            )
        )  # fmt: skip

    def use(self, **keys: str) -> None:
        self.keys |= keys
        self.configure()

    def people(self, number: int, first: int = 0) -> None:
        """Import so many by hand, each with an email and a phone."""
        self.bring(*_rows(number, first), header=HEADER)

    def drop(self, number: int, first: int = 0) -> None:
        """The same by a file that a poll takes."""
        self.dropped += 1
        file = self.root / f"import_avis_{self.dropped:03}.csv"
        file.write_text("\n".join([HEADER, *_rows(number, first), ""]), "utf-8")
        poll.poll(self.app, "avis")


def _rows(number: int, first: int) -> list[str]:
    return [f"c{n}@example.com;06 12 34 {n // 100:02} {n % 100:02};fr" for n in range(first, first + number)]


@contextmanager
def opened(root: Path, database: Database, store: Store) -> Iterator[Outlets]:
    sink, gateway, hook = Sink(), Web(), Web()
    for server in (sink, gateway, hook):
        server.start()
    yield Outlets(root, database, store, sink, gateway=gateway, hook=hook)
    for server in (sink, gateway, hook):
        server.stop()
