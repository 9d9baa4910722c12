"""A small installation on this machine: a configuration, a directory as drop box, an SQLite database."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from tournee.cli import app
from tournee.demo.embedded import PASSWORD

if TYPE_CHECKING:
    from support.servers import Box

LANGUAGE = ("LC_ALL", "LC_MESSAGES", "LANG")
CONFIGURATION = """\
database: sqlite:///tournee.db
timezone: Europe/Paris
repositories:
  depot: {url: "file://%(drop)s"}
contact_fields:
  amount: {type: number, columns: {fr: Montant, en: Amount}}
lists:
  avis:
    name: Avis après achat
    feed:
      repository: depot
      every: 1 hour
      language: fr
      settle: 0 seconds
"""
#: What makes `CONFIGURATION` send invitations and alerts.
POST = """\
mail: {url: "smtp://127.0.0.1:%(port)d", from: tournee@example.com}
deployments:
  satisfaction:
    channel: email
    from: avis@boutique.example
    subject: {fr: Votre avis compte, en: How did we do?}
    template: satisfaction.html
    survey_url: https://survey.example/s/1
    rules:
      - at_most: 1 per 90 days
users:
  claire: {email: claire@example.com, alerts: true}
"""
GOOD = "Nom;Prénom;Email;Langue\nDupont;Jean;jean@example.com;fr\nMartin;Anne;anne@example.com;fr\n"
PARTLY = GOOD + "Durand;Luc;not-an-address;fr\n"
FOREIGN = "Last name,First name,Email,Language\nDupont,Jean,jean@example.com,fr\n"


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@dataclass
class House:
    """`root` holds the configuration, the database and the drop box."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.drop.mkdir()
        self.configure(CONFIGURATION % {"drop": self.drop})

    @property
    def drop(self) -> Path:
        return self.root / "depot"

    @property
    def config(self) -> Path:
        return self.root / "tournee.yaml"

    def configure(self, text: str) -> None:
        self.config.write_text(text, "utf-8")

    def with_post(self, port: int) -> None:
        """Deploy by mail, and alert Claire, through the mail server on `port`."""
        (self.root / "satisfaction.html").write_text(
            "<p>{{ contact.first_name }} {{ survey_url }}</p>", "utf-8"
        )
        text = self.config.read_text("utf-8").replace(
            "      every:", "      deploy: satisfaction\n      every:"
        )
        self.configure(text + POST % {"port": port})

    def served_by(self, box: "Box") -> None:
        """Let the drop box be on a server instead of a directory of this machine."""
        own = box.repository
        trust = {"host_key": own.host_key} if own.host_key else {"certificate": own.certificate}
        entry = {"url": own.url, "password": PASSWORD, **trust}
        local = f'{{url: "file://{self.drop}"}}'
        self.configure(self.config.read_text("utf-8").replace(local, json.dumps(entry)))

    def put(self, name: str, content: str = GOOD) -> None:
        """Drop a file as a careful writer does: whole, under its name, in one step."""
        part = self.root / "being-written"
        part.write_text(content, "utf-8")
        part.rename(self.drop / name)

    def arguments(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "tournee", *words]

    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "TOURNEE_CONFIG": str(self.config), "COLUMNS": "80", **self.environment}

    def here(self, *words: str) -> Done:
        """A command in this process: for many that need no process of their own."""
        environment = dict.fromkeys(LANGUAGE) | self.environ()
        done = CliRunner().invoke(app, words, env=environment)
        return Done(done.exit_code, done.stdout, done.stderr)

    def run(self, *words: str) -> Done:
        """A command as a process, to its end."""
        done = subprocess.run(
            self.arguments(*words),
            env=self.environ(),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout, done.stderr)
