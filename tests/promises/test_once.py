"""Promise 1, once: a delivered file is imported exactly once, whole or not at all, whatever is killed.

Commands are real processes on real databases. Each crash is a SIGKILL at another moment of the time that a
whole run takes, so that all steps are hit: start, fetch, staging, the transaction, the commit, the archive.
"""

import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, select

from bench import contacts
from support.databases import PostgresServer
from support.house import House
from tournee.core.settings import Database
from tournee.store import open_store, tables

ROWS = 20_000
NAME = "import_avis_20261123.csv"
POLL = ("poll", "avis")
IMPORT = ("import", "avis", f"depot/{NAME}")
MOMENTS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]  # shares of a whole run; before that Python starts
PATIENCE = 60.0  # seconds after which a process is said to hang

#: All that must be the same whether or not something was killed on the way: no numbers, times or houses.
KEPT = {
    "contacts": select(
        *(column for column in tables.contacts.c if column.name not in ("id", "created_at", "updated_at"))
    ).order_by(tables.contacts.c.identity),
    "memberships": select(tables.lists.c.key, tables.contacts.c.identity, tables.memberships.c.stamp)
    .join_from(tables.memberships, tables.lists, tables.lists.c.id == tables.memberships.c.list_id)
    .join(tables.contacts, tables.contacts.c.id == tables.memberships.c.contact_id)
    .order_by(tables.contacts.c.identity),
    "imports": select(
        *(
            column
            for column in tables.imports.c
            if column.name not in ("id", "path", "started_at", "finished_at")
        )
    ),
    "row errors": select(
        tables.row_errors.c.line, tables.row_errors.c.column, tables.row_errors.c.code
    ).order_by(tables.row_errors.c.id),
    "deliveries": select(tables.deliveries.c.follows, tables.deliveries.c.sha256),
    "chores": select(tables.chores.c.name, tables.chores.c.action),
}


def digest(connection: Connection, query: Select[Any]) -> tuple[int, str]:
    """How many rows, and the hash of them all: twenty thousand would drown what a failure has to say."""
    found = [repr(tuple(row)) for row in connection.execute(query)]
    return len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]


def answer(process: subprocess.Popen[str]) -> Any:
    """What a command answered; it must have ended well."""
    output, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complaint
    return json.loads(output)


@dataclass(kw_only=True)
class Doomed(House):
    """A house with one file to take, whose commands can be killed."""

    database: Database

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.arguments(*command, "--no-send", "--json"),
            env=self.environ(),
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def killed(self, after: float, *command: str) -> None:
        """Kill a command after so many seconds, and none of its children: those must see to it themselves."""
        process = self.start(*command)
        time.sleep(after)  # the moment is what the test is about; there is no condition to wait for
        process.kill()
        process.communicate(timeout=PATIENCE)  # ends when no child holds the output any more

    def left(self) -> dict[str, object]:
        """What there is now, in the database and in the directories."""
        store = open_store(self.database)
        with store.read() as tx:
            kept: dict[str, object] = {name: digest(tx.connection, query) for name, query in KEPT.items()}
        store.close()
        return kept | {"depot": self.files("depot"), "spool": self.files("spool")}

    def files(self, directory: str) -> list[str]:
        below = self.root / directory
        return sorted(str(path.relative_to(below)) for path in below.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that everything is about."""
    path = tmp_path_factory.mktemp("delivered") / NAME
    contacts.write(path, ROWS)
    return path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_house(
    request: pytest.FixtureRequest, delivered: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Doomed]:
    """Houses in which nothing has happened yet, all on the same kind of database."""
    new_database = request.getfixturevalue(f"new_{request.param}")

    def build() -> Doomed:
        root = tmp_path_factory.mktemp("house")
        house = Doomed(root, database=new_database(root))
        text = house.config.read_text("utf-8").replace("sqlite:///tournee.db", f'"{house.database.url}"')
        house.configure(f"spool: spool\n{text}      after_import: archive\n")
        shutil.copy2(delivered, house.drop)
        return house

    return build


@pytest.fixture(scope="module")
def new_sqlite(sqlite_template: Path) -> Callable[[Path], Database]:
    def build(home: Path) -> Database:
        shutil.copy(sqlite_template, home / "tournee.db")
        return Database(url=f"sqlite:///{home}/tournee.db")

    return build


@pytest.fixture(scope="module")
def new_postgresql(postgres: PostgresServer, postgres_template: str) -> Iterator[Callable[[Path], Database]]:
    made: list[Database] = []

    def build(_home: Path) -> Database:
        made.append(postgres.create(postgres_template))
        return made[-1]

    yield build
    for database in made:
        postgres.drop(database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A run that nobody killed: the seconds it took, and what was there before and after."""

    seconds: float
    before: dict[str, object]
    after: dict[str, object]


def whole(house: Doomed, *command: str) -> Whole:
    before, begun = house.left(), time.monotonic()
    answer(house.start(*command))
    return Whole(seconds=time.monotonic() - begun, before=before, after=house.left())


@pytest.fixture(scope="module")
def whole_poll(new_house: Callable[[], Doomed]) -> Whole:
    return whole(new_house(), *POLL)


@pytest.fixture(scope="module")
def whole_import(new_house: Callable[[], Doomed]) -> Whole:
    return whole(new_house(), *IMPORT)


def test_a_whole_poll_takes_every_row_once(whole_poll):
    counts = {name: whole_poll.after[name][0] for name in ("imports", "deliveries", "chores")}
    assert counts == {"imports": 1, "deliveries": 1, "chores": 0}
    assert whole_poll.after["contacts"][0] == whole_poll.after["memberships"][0] > ROWS * 0.98
    assert (whole_poll.after["depot"], whole_poll.after["spool"]) == ([f"archive/{NAME}"], [])


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_poll_killed_at_any_moment_and_run_again_imports_once_and_whole(new_house, whole_poll, moment):
    house = new_house()
    house.killed(moment * whole_poll.seconds, *POLL)
    answer(house.start(*POLL))
    assert house.left() == whole_poll.after


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_import_by_hand_killed_at_any_moment_leaves_all_or_nothing(new_house, whole_import, moment):
    house = new_house()
    house.killed(moment * whole_import.seconds, *IMPORT)
    assert house.left() in (whole_import.before, whole_import.after)


def test_two_polls_at_once_import_a_file_once(new_house, whole_poll):
    house = new_house()
    both = [house.start(*POLL), house.start(*POLL)]
    files = [file["outcome"] for process in both for report in answer(process) for file in report["files"]]
    assert house.left() == whole_poll.after
    assert files.count("imported_with_errors") == 1
    assert set(files) <= {"imported_with_errors", "busy", "known"}
