"""An installation that goes its round: a directory as drop box, a database, and a clock that tests set."""

import json
import os
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.installation import Installation
from tournee.actions import Progress, explain, intake, poll
from tournee.core.facts import FileReport, Import, PollReport, SendStatus
from tournee.core.settings import Database, Limits, Repository
from tournee.store import Store, open_store, outbox
from tournee.store.tables import contacts, metadata

DEPLOYMENT = {
    "channel": "email",
    "from": "avis@boutique.example",
    "subject": "Votre avis",
    "template": "letter.html",
    "survey_url": "https://survey.example/s/1",
}
FEED = {
    "repository": "depot",
    "every": "1 hour",
    "language": "fr",
    "default_language": "fr",
    "settle": 0,
    "backlog": "import",
}
#: An hour later a poll has forgotten nothing, and no time of a server is too close to be trusted.
NEXT = {"hours": 1}


def lines(*rows: str, header: str = "Email;Prénom") -> str:
    """A French file; each row is `email;first name`."""
    return "\n".join([header, *rows, ""])


A, B, C = "import_avis_1.csv", "import_avis_2.csv", "import_avis_3.csv"
ZOE, JO, UTE = "zoe@example.com;Zoé", "jo@example.com;Jo", "ute@example.com;Ute"
BAD = "not-an-address;Luc"
#: More than a megabyte in three lines.
LARGE = lines(f"{ZOE};{'x' * 600_000}", f"{JO};{'x' * 600_000}", header="Email;Prénom;Note")


@dataclass
class Fetched:
    """A progress that remembers: how often each file was begun to be fetched, or to be read."""

    begun: Counter[str] = field(default_factory=Counter)
    _last: dict[str, int] = field(default_factory=dict)

    def __call__(self, name: str, done: int, total: int) -> None:
        self.begun[name] += done <= self._last.get(name, done)
        self._last[name] = done


class During(Fetched):
    """A progress that does something once, the first time that a file is under way."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._name, self._act = name, [act]

    def __call__(self, name: str, done: int, total: int) -> None:
        super().__call__(name, done, total)
        if name == self._name and self._act:
            self._act.pop()()


@dataclass
class Round(Installation):
    """`drop` is the drop box, `settings` the configuration as tests change it."""

    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.drop.mkdir()
        (self.root / "letter.html").write_text("{{ contact.first_name }}", "utf-8")
        self.settings = {
            "database": self.database.url,
            "timezone": "Europe/Paris",
            "mail": {"url": "smtp://127.0.0.1:9", "from": "tournee@example.com"},
            "spool": str(self.root / "spool"),
            "repositories": {"depot": {"url": f"file://{self.drop}"}},
            "contact_fields": {
                "amount": {"type": "number", "columns": {"fr": "Montant", "en": "Amount"}},
                "loyal": {"type": "boolean", "columns": {"fr": "Fidèle"}},
            },
            "lists": {"avis": {"name": "Avis", "feed": dict(FEED)}},
        }
        self.configure()

    # ------------------------------------------------------------ configuration

    @property
    def drop(self) -> Path:
        return self.root / "depot"

    def configure(self, **settings: Any) -> None:
        self.settings |= settings
        self.open(json.dumps(self.settings, ensure_ascii=False))  # which is YAML

    def feed(self, key: str = "avis", **changes: Any) -> None:
        """Change a list's feed, or add a list; None takes a key away."""
        entry = self.settings["lists"].setdefault(key, {"name": key.title(), "feed": dict(FEED)})
        feed = {**entry["feed"], **changes}
        entry["feed"] = {name: value for name, value in feed.items() if value is not None}
        self.configure()

    def deploy(self, *names: str, rules: list[str] | None = None, **own: list[str]) -> None:
        """Let the list deploy these; `rules` hold for all of them, `own` for the one of that name."""
        self.settings["deployments"] = {name: DEPLOYMENT | _rules("rules", own.get(name)) for name in names}
        self.settings |= _rules("solicitation_rules", rules)
        self.feed(deploy=list(names))

    def served_by(self, repository: Repository) -> None:
        """Let the drop box be reached in another way than as a directory of this machine."""
        settings = replace(self.app.settings, repositories={"depot": repository})
        self.app = replace(self.app, config=replace(self.app.config, settings=settings))

    def limit(self, **limits: int) -> None:
        """Let files hold more than a configuration can say, or less."""
        settings = replace(self.app.settings, limits=Limits(**limits))
        self.app = replace(self.app, config=replace(self.app.config, settings=settings))

    # ------------------------------------------------------------ the drop box

    def put(self, name: str, *rows: str, text: str | None = None, at: float | None = None) -> Path:
        """A file as a careful writer leaves it, whole; `at` is the time that the server shows for it."""
        path = self.drop / name
        path.parent.mkdir(exist_ok=True)
        part = self.root / "being-written"
        part.write_bytes((lines(*(rows or (ZOE,))) if text is None else text).encode())
        if at is not None:
            os.utime(part, (at, at))
        part.rename(path)
        return path

    def files(self) -> list[str]:
        """What lies in the drop box, and below."""
        return sorted(str(path.relative_to(self.drop)) for path in self.drop.rglob("*") if path.is_file())

    def spooled(self) -> list[str]:
        return os.listdir(self.root / "spool")

    # ------------------------------------------------------------ the round

    def poll(self, key: str = "avis", *, progress: Progress | None = None) -> PollReport:
        return poll.poll(self.app, key, progress=progress or Fetched())

    def files_of(self, key: str = "avis", *, progress: Progress | None = None) -> dict[str, FileReport]:
        """One pass; what it did with each file, in its order."""
        return {file.name: file for file in self.poll(key, progress=progress).files}

    def outcomes(self, key: str = "avis", *, progress: Progress | None = None) -> dict[str, str]:
        """One pass; each file's outcome, with the reason where it waits, was skipped or was rejected."""
        return {name: told(file) for name, file in self.files_of(key, progress=progress).items()}

    def next_outcomes(self, key: str = "avis", *, progress: Progress | None = None) -> dict[str, str]:
        """The same an hour later."""
        self.later(**NEXT)
        return self.outcomes(key, progress=progress)

    def by_hand(
        self, *rows: str, text: str | None = None, dry_run: bool = False, force: bool = False, **how: Any
    ) -> intake.Taken:
        """Import a file of this machine."""
        path = self.root / how.pop("name", "file.csv")
        path.write_bytes((lines(*rows, **how) if text is None else text).encode())
        os.utime(path, (0, 0))
        return intake.import_file(self.app, "avis", str(path), dry_run=dry_run, force=force)

    def bring(self, *rows: str, **how: Any) -> Import:
        return self.by_hand(*rows, **how).record

    def send_all(self) -> None:
        """As if everything that waits had left."""
        with self.store.write() as tx:
            for claim in outbox.claim(tx, self.now, deployments=self.settings["deployments"], limit=1_000):
                assert outbox.begin(tx, claim, self.now) is None
                outbox.settle(tx, claim.id, status=SendStatus.SENT, now=self.now, answer="250 OK")

    # ------------------------------------------------------------ what is known

    def imports(self) -> list[Import]:
        """Oldest first."""
        return explain.history(self.app)[::-1]

    def taken(self) -> list[str]:
        """The names of the files that were imported, oldest import first."""
        return [record.file for record in self.imports()]

    def names(self) -> dict[str, str]:
        """Email -> first name of every contact."""
        with self.store.read() as tx:
            rows = tx.connection.execute(sa.select(contacts.c.email, contacts.c.first_name)).all()
        return {row.email: row.first_name for row in rows}

    def members(self, key: str = "avis") -> int:
        return next(entry.contacts for entry in explain.status(self.app).lists if entry.list == key)

    def problems(self) -> list[tuple[str, str]]:
        """Kind and reason of what is wrong now."""
        return [(one.kind, one.reason.code) for one in explain.status(self.app).problems]

    def tables(self, *without: str) -> dict[str, list[Any]]:
        """Everything that is in the database."""
        with self.store.read() as tx:
            return {
                table.name: [
                    tuple(row) for row in tx.connection.execute(sa.select(table).order_by(*table.primary_key))
                ]
                for table in metadata.sorted_tables
                if table.name not in without
            }


def _rules(key: str, caps: list[str] | None) -> dict[str, Any]:
    return {key: [{"at_most": cap} for cap in caps]} if caps else {}


def told(file: FileReport) -> str:
    return f"{file.outcome} {file.reason.code}" if file.reason else str(file.outcome)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """As on a disk that is nearly full: no file of this process grows beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def rounds(tmp_path: Path, database: Database, store: Store) -> Round:
    """An installation with a drop box and a clock that tests set, on both databases."""
    return Round(tmp_path, database, store)


@pytest.fixture
def small_rounds(tmp_path: Path, sqlite_database: Database) -> Iterator[Round]:
    """The same on SQLite alone, for what the database has no part in."""
    store = open_store(sqlite_database)
    yield Round(tmp_path, sqlite_database, store)
    store.close()
