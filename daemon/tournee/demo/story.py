"""The story of one round: files are dropped, and each command shows what became of them.

Every command is run as a person would run it, in a process of its own, and what it says as `--json` is
compared with what must be true.
"""

import email
import email.policy
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from tournee.console import Paper
from tournee.demo.servers import PASSWORD, USER, FtpServer, SftpServer, SmtpSink, Tls

CONFIGURATION = """\
database: sqlite:///tournee.db
timezone: Europe/Paris
mail: {{url: "smtp://127.0.0.1:{smtp}", from: tournee@example.com}}
http: {{listen: "127.0.0.1:{http}", public_url: https://avis.example.com}}

repositories:
  boutique:
    url: sftp://{user}@127.0.0.1:{sftp}/
    password: ${{DROP_BOX_PASSWORD}}
    host_key: {host_key}
  magasins:
    url: ftps://{user}@127.0.0.1:{ftps}/
    password: ${{DROP_BOX_PASSWORD}}
    certificate: {certificate}

contact_fields:
  purchase_date: {{type: date, columns: {{fr: Date d'achat, en: Purchase date}}}}

lists:
  avis:
    name: Avis après achat
    feed:
      repository: boutique
      prefix: import_avis
      every: 15 minutes
      language: fr
      settle: 4 seconds
      deploy: satisfaction
      backlog: import
  magasins:
    name: Clients des magasins
    feed: {{repository: magasins, every: 1 hour, language: fr, settle: 4 seconds}}

deployments:
  satisfaction:
    channel: email
    from: Boutique <avis@boutique.example>
    subject: {{fr: "{{{{ contact.first_name }}}}, votre avis compte", en: How did we do?}}
    template: satisfaction.html
    survey_url: https://survey.example/s/1234?c={{{{ contact.id }}}}

solicitation_rules:
  - at_most: 1 per month

users:
  claire: {{email: claire@example.com, language: en, alerts: true}}
"""

HEADER = "Nom;Prénom;Civilité;Email;Téléphone;Pays;Langue;Date d'achat\n"
GOOD = HEADER + (
    "Durand;Zoé;Mme;zoe.durand@example.com;06 12 34 56 78;France;fr;03/11/2026\n"
    "Peeters;Jan;M.;jan.peeters@example.com;;Belgique;Néerlandais;04/11/2026\n"
    "Martin;Luc;M.;luc.martin@example.com;;France;fr;05/11/2026\n"
)
HALF = HEADER + "Petit;Inès;Mme;ines.petit@example.com;;France;fr;06/11/2026\n"
OTHER_HALF = "Roux;Théo;M.;theo.roux@example.com;;France;fr;07/11/2026\n"
BAD_ROWS = HEADER + (
    "Blanc;Marie;Mme;marie.blanc@example.com;;France;fr;08/11/2026\n"
    "Noir;Paul;M.;paul.noir@example;;France;fr;31/02/2026\n"
    "Gris;Anne;Mme;anne.gris@example.com;;Suisse;fr;09/11/2026\n"
)
BROKEN = "Last name;First name;Email;Language\nSmith;Ann;ann.smith@example.com;en\n"


class Story:
    """One round on servers of this process, in a directory that is gone afterwards."""

    def __init__(self) -> None:
        self._paper = Paper(stream=sys.stdout, say=lambda reason: reason.code)
        self._untrue: list[str] = []
        self._shown = 0

    def tell(self) -> int:
        """The whole story; 0 only if everything that was shown is true."""
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tournee-demo-")))
            self._boutique, self._magasins = home / "boutique", home / "magasins"
            for directory in (self._boutique, self._magasins):
                directory.mkdir()
            sftp = stack.enter_context(SftpServer(self._boutique))
            ftps = stack.enter_context(FtpServer(self._magasins, tls=Tls.EXPLICIT))
            self._mail = stack.enter_context(SmtpSink())
            self._home, self._http = home, _free_port()
            self._configure(sftp, ftps)
            self._before()
            self._drop()
            self._first_look()
            self._round()
            self._what_went_wrong()
            self._who_was_invited()
            self._who_wants_no_more()
            self._who_was_told()
            self._once()
        return self._end()

    # ---------------------------------------------------------------- the chapters

    def _configure(self, sftp: SftpServer, ftps: FtpServer) -> None:
        text = CONFIGURATION.format(
            smtp=self._mail.port,
            http=self._http,
            sftp=sftp.port,
            ftps=ftps.port,
            user=USER,
            host_key=sftp.fingerprints[0],
            certificate=ftps.certificate.fingerprint,
        )
        (self._home / "tournee.yaml").write_text(text, encoding="utf-8")
        for template in (files("tournee") / "templates").iterdir():
            (self._home / template.name).write_bytes(template.read_bytes())
        self._chapter("An SFTP and an FTPS drop box, a mail server, an empty database, this configuration:")
        self._quote(text)
        self._show("check")
        self._true("the configuration is accepted", self._ask("check")["ok"] is True)

    def _before(self) -> None:
        self._chapter("One contact is there already, and wants no more surveys:")
        self._show("contact", "add", "email=luc.martin@example.com", "first_name=Luc", "language=fr")
        self._show("contact", "opt-out", "luc.martin@example.com", "--reason", "asked by phone")
        self._true("Luc is opted out", bool(self._contact("luc.martin@example.com")["opt_outs"]))

    def _drop(self) -> None:
        self._chapter("Files are dropped:")
        self._put(self._boutique / "import_avis_20261123.csv", GOOD, "three customers, Luc among them")
        self._put(self._boutique / "import_avis_bis_20261123.csv", GOOD, "not the prefix of any list")
        self._put(self._boutique / "import_avis_20261124.csv", HALF, "half a file: its writer goes on")
        self._put(self._magasins / "import_magasins.csv", BAD_ROWS, "a row with a bad email and a bad date")
        self._put(self._magasins / "import_magasins_20261124.csv", BROKEN, "an English file on a French feed")

    def _first_look(self) -> None:
        self._chapter("The first look takes nothing: a file must stay the same for four seconds.")
        self._show("poll", expect=0)
        waiting = [
            file for poll in self._ask("poll") for file in poll["files"] if file["outcome"] == "waiting"
        ]
        self._true("all four files of the lists wait", len(waiting) == 4)

    def _round(self) -> None:
        self._chapter("The writer appends its second half; this round waits until files have settled:")
        with (self._boutique / "import_avis_20261124.csv").open("a", encoding="utf-8") as file:
            file.write(OTHER_HALF)
        self._show("poll", "--wait", expect=1)
        imports = {entry["file"]: entry for entry in self._ask("imports")}
        self._true("four files were taken", len(imports) == 4)
        self._true(
            "the near miss was not taken", not any(name.startswith("import_avis_bis") for name in imports)
        )
        self._true(
            "the growing file was taken whole", imports["import_avis_20261124.csv"]["counts"]["read"] == 2
        )
        self._show("status")
        contacts = {entry["list"]: entry["contacts"] for entry in self._ask("status")["lists"]}
        self._true("five contacts on avis, two on magasins", contacts == {"avis": 5, "magasins": 2})
        self._imports = imports

    def _what_went_wrong(self) -> None:
        self._chapter("What went wrong, by line and column:")
        bad = self._imports["import_magasins.csv"]
        self._show("errors", str(bad["id"]))
        codes = [(error["line"], error["code"]) for error in self._ask("errors", str(bad["id"]))]
        self._true(
            "line 3 has a bad email and a bad date",
            codes == [(3, "email_invalid"), (3, "date_invalid")],
        )
        broken = self._imports["import_magasins_20261124.csv"]
        self._show("show", str(broken["id"]))
        self._true("the English file was rejected as such", broken["reason"] == "wrong_language")
        self._true("every row is accounted for", all(map(_adds_up, self._imports.values())))

    def _who_was_invited(self) -> None:
        self._chapter("The invitation, as it arrived:")
        invitations = self._arrived("avis@boutique.example")
        to = sorted(message["To"] for message in invitations)
        self._true(
            "four people were invited, once each, and not Luc",
            to == [
                "ines.petit@example.com", "jan.peeters@example.com",
                "theo.roux@example.com", "zoe.durand@example.com",
            ],
        )  # fmt: skip
        self._quote_message(next(message for message in invitations if message["To"].startswith("zoe")))
        self._chapter("Why?")
        self._show("why", "zoe.durand@example.com")
        self._show("why", "luc.martin@example.com")
        self._true("Zoé's was sent", self._decision("zoe.durand@example.com")["status"] == "sent")
        self._true("Luc's was blocked", self._decision("luc.martin@example.com")["rule"] == "opt_out")

    def _who_wants_no_more(self) -> None:
        self._chapter("Théo's mail program follows the unsubscribe link of his message; then he presses it:")
        (message,) = (one for one in self._arrived("avis@boutique.example") if one["To"].startswith("theo"))
        link = str(message["List-Unsubscribe"]).strip("<>")
        self._quote(
            f"List-Unsubscribe: <{link}>\nList-Unsubscribe-Post: {message['List-Unsubscribe-Post']}\n"
        )
        with self._daemon() as answer:
            answer(link)
            self._true("looking changes nothing", self._contact("theo.roux@example.com")["opt_outs"] == [])
            answer(link, b"List-Unsubscribe=One-Click")
        self._show("contact", "show", "theo.roux@example.com")
        refused = [one["source"] for one in self._contact("theo.roux@example.com")["opt_outs"]]
        self._true("one click opts him out", refused == ["unsubscribe"])

    @contextmanager
    def _daemon(self) -> Iterator[Callable[..., None]]:
        """The daemon at work, and a way to ask it for a page by the link that is known to the world."""

        def answer(link: str, form: bytes | None = None) -> None:
            path = urlsplit(link).path
            with urlopen(f"http://127.0.0.1:{self._http}{path}", form, timeout=30) as page:
                page.read()

        command = [sys.executable, "-m", "tournee", "run"]
        daemon = subprocess.Popen(command, env=self._environment(), stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        assert daemon.stderr is not None
        try:
            next((line for line in daemon.stderr if "started" in line), None)
            yield answer
        finally:
            daemon.terminate()
            daemon.communicate()

    def _who_was_told(self) -> None:
        self._chapter("The alert that Claire got:")
        alerts = self._arrived("tournee@example.com")
        self._true("she got one message for the two files", len(alerts) == 1)
        text = _text(alerts[0])
        self._true("it names both files", all(name in text for name in self._imports if "magasins" in name))
        self._true("it holds no contact's value", "paul.noir" not in text and "ann.smith" not in text)
        self._quote_message(alerts[0])

    def _once(self) -> None:
        self._chapter("Another round imports nothing again:")
        self._show("poll", expect=0)
        outcomes = {file["outcome"] for poll in self._ask("poll") for file in poll["files"]}
        self._true("every file is known or skipped", outcomes == {"known", "skipped"})
        self._true("nobody was written to twice", len(self._mail.messages) == 5)

    def _end(self) -> int:
        self._paper.line()
        if self._untrue:
            self._paper.line("Shown above and not true:", "red")
            for sentence in self._untrue:
                self._paper.line(sentence, indent=2)
            return 1
        self._paper.line(
            f"Everything shown above was checked: {self._shown} statements, all true.", "bold green"
        )
        return 0

    # ---------------------------------------------------------------- how it is told

    def _chapter(self, title: str) -> None:
        self._paper.line()
        self._paper.line(title, "bold")

    def _true(self, sentence: str, holds: bool) -> None:
        """Show a statement with its truth."""
        self._shown += 1
        self._paper.line(f"{'✓' if holds else '✗'} {sentence}", "green" if holds else "red", indent=2)
        if not holds:
            self._untrue.append(sentence)

    def _quote(self, text: str) -> None:
        self._paper.write(indent(text, "    │ ", lambda _line: True))

    def _quote_message(self, message: "email.message.EmailMessage") -> None:
        head = "".join(f"{name}: {message[name]}\n" for name in ("From", "To", "Subject"))
        self._quote(f"{head}\n{_text(message)}\n")

    def _put(self, path: Path, text: str, what: str) -> None:
        path.write_text(text, encoding="utf-8")
        self._paper.line(f"{path.parent.name}/{path.name}  {what}", indent=2)

    # ---------------------------------------------------------------- the commands

    def _show(self, *words: str, expect: int = 0) -> None:
        """Run a command and print what it says; its exit code is part of what must be true."""
        shown = " ".join(word if " " not in word else f'"{word}"' for word in words)
        self._paper.line(f"$ tournee {shown}", "cyan", indent=2)
        done = self._run(*words)
        self._quote(done.stdout + done.stderr)
        if done.returncode != expect:
            self._true(f"`tournee {shown}` exits {expect} (it exited {done.returncode})", holds=False)

    def _ask(self, *words: str) -> Any:
        return json.loads(self._run(*words, "--json").stdout)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "tournee", *words],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TOURNEE_CONFIG": str(self._home / "tournee.yaml"),
            "DROP_BOX_PASSWORD": PASSWORD,
            "COLUMNS": str(min(self._paper.width, 100) - 8),
            "LC_ALL": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
        }

    def _contact(self, who: str) -> Any:
        return self._ask("contact", "show", who)

    def _decision(self, who: str) -> Any:
        return self._ask("why", who)[0]

    def _arrived(self, sender: str) -> "list[email.message.EmailMessage]":
        """What the mail server got from a sender, as messages."""
        return [
            email.message_from_bytes(mail.content, policy=email.policy.default)
            for mail in self._mail.messages
            if mail.sender == sender
        ]


def _free_port() -> int:
    """A port that nobody listens on; a moment later somebody might."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _adds_up(entry: Any) -> bool:
    counts = dict(entry["counts"])
    return bool(counts.pop("read") == sum(counts.values()))


def _text(message: "email.message.EmailMessage") -> str:
    """What a person reads who looks at the plain part."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).strip()
