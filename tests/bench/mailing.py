"""Invitations: planned by an import, then claimed, looked at again, written, sent and recorded.

They go one after the other over one connection to a sink that is faster. Beside it, in the same run, what
everybody would write first: the same two templates by Jinja, put together by the `email` package, sent by
smtplib; no database, no rules.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import contacts
import measure
from contestants import HERE, PROGRAM, TOURNEE, Arena
from stores import Database

PLAIN = 4_000  # messages of the other way
CONFIGURATION = """\
database: {url}
timezone: Europe/Paris
mail: {{url: "smtp://127.0.0.1:{port}", from: Boutique <tournee@boutique.example>}}
http: {{listen: "127.0.0.1:8780", public_url: "https://avis.boutique.example"}}
contact_fields:
  purchase_date: {{type: date, columns: {{fr: Date d'achat}}}}
  store: {{type: text, columns: {{fr: Magasin}}}}
  amount: {{type: number, columns: {{fr: Montant}}}}
repositories:
  depot: {{url: "file://{depot}"}}
lists:
  avis:
    name: Avis
    feed: {{repository: depot, every: 1 day, settle: 0, language: fr, deploy: satisfaction, backlog: import}}
solicitation_rules:
  - at_most: 1 per month
deployments:
  satisfaction:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: "{{{{ contact.first_name }}}}, votre avis compte"
    template: letter.html
    survey_url: "https://survey.example/s/1234?c={{{{ contact.id }}}}"
    rules:
      - at_most: 1 per 90 days
"""
#: What stands in most letters: much that is the same for everybody, and some twenty values of the contact.
ARTICLE = (
    '<tr><td style="padding: 12px 24px; font-family: Helvetica, Arial, sans-serif; font-size: 15px">'
    "<p>Vos réponses nous aident à mieux vous servir, et à choisir ce que nous vous proposerons la "
    "prochaine fois&nbsp;; elles restent entre nous, et ne servent à rien d’autre. Il suffit de deux minutes "
    "pour dire ce qui vous a plu, ce qui vous a manqué, et ce que nous devrions changer.</p></td></tr>\n"
)
ORDER = (
    "<p>Votre commande du {{ contact.purchase_date }}, magasin {{ contact.store }}, {{ contact.amount }} € : "
    '<a style="color: #1d4e89" href="{{ survey_url }}">donner mon avis</a></p>\n'
)
PARAGRAPH = (
    "Vos réponses nous aident à mieux vous servir, et à choisir ce que nous vous proposerons la\n"
    "prochaine fois. Elles restent entre nous, et ne servent à rien d’autre.\n\n"
)
HTML = (
    '<!doctype html><html lang="fr"><body style="margin: 0"><table width="600">\n'
    "<h1>Bonjour {{ contact.first_name }} {{ contact.last_name }},</h1>\n"
    + (ARTICLE * 7 + ORDER) * 4
    + '</table><p><a href="{{ unsubscribe_url }}">Se désabonner</a></p></body></html>\n'
)
TEXT = (
    "Bonjour {{ contact.first_name }} {{ contact.last_name }},\n\n"
    + PARAGRAPH * 25
    + "Donner mon avis : {{ survey_url }}\nSe désabonner : {{ unsubscribe_url }}\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """Messages a second; bytes of one message; bytes of memory that the sender held."""

    sent: int
    seconds: float
    size: int
    peak: int

    @property
    def speed(self) -> float:
        """Messages a second."""
        return self.sent / self.seconds


class Sink:
    """The mail server that takes everything, running."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.port = int(process.stdout.readline())

    def end(self) -> dict[str, int]:
        """What it took."""
        return dict(json.loads(self._process.communicate()[0]))


@contextmanager
def sink() -> Iterator[Sink]:
    """A sink of its own for each measurement."""
    command = [sys.executable, str(HERE / "sink.py")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Sink(process)
    finally:
        process.kill()
        process.wait()


def mail(database: Database, arena: Arena, number: int) -> dict[str, Mailed]:
    """Both ways; fails where a message is lost or comes twice."""
    file = arena.scratch / f"invited-{number}.csv"
    if not file.exists():
        contacts.write(file, number)
        (arena.scratch / "letter.html").write_text(HTML, "utf-8")
        (arena.scratch / "letter.txt").write_text(TEXT, "utf-8")
    with database.empty() as url:
        found = {TOURNEE: _tournee(database, arena, url, file), "smtplib": _plain(arena)}
    for name, one in found.items():
        told = f"{one.sent:>9,} mails of {one.size:,} bytes  {database.name:11}{name:10}"
        print(
            f"{told}{one.seconds:8.2f} s{one.speed:8.0f} a second{one.peak / (1 << 20):6.0f} MiB", flush=True
        )
    return found


def _tournee(database: Database, arena: Arena, url: str, file: Path) -> Mailed:
    with sink() as server:
        text = CONFIGURATION.format(url=url, depot=arena.depot, port=server.port)
        arena.configuration.write_text(text, "utf-8")
        for words in (["db", "upgrade"], ["import", "avis", str(file)]):
            quiet = ["--no-send", "--json"] if words[0] == "import" else []
            command = [str(PROGRAM), *words, *quiet, "--config", str(arena.configuration)]
            subprocess.run(command, check=True, capture_output=True)
        database.settle()
        done = measure.run(_program("resident.py", "send", str(arena.configuration)), arena.scratch)
        said, took = json.loads(done.output), server.end()
    if not said["sent"] == took["messages"] == took["recipients"] == took["ids"]:
        raise SystemExit(f"a message was lost or came twice: {said} {took}")
    size = took["bytes"] // took["messages"]
    return Mailed(sent=said["sent"], seconds=said["seconds"], size=size, peak=done.peak)


def _plain(arena: Arena) -> Mailed:
    with sink() as server:
        words = (str(server.port), str(arena.scratch / "letter.html"), str(PLAIN))
        done = measure.run(_program("plain_mailing.py", *words), arena.scratch)
        took = server.end()
    size = took["bytes"] // took["messages"]
    return Mailed(sent=took["messages"], seconds=float(done.output), size=size, peak=done.peak)


def _program(script: str, *words: str) -> list[str]:
    return [sys.executable, str(HERE / script), *words]
