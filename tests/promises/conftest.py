"""What the tests of the promises share: houses and installations on both databases, a mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.house import House
from support.rounds import rounds, small_rounds
from support.smtp import Sink
from support.terminal import eighty_columns, own_log
from tournee.core.settings import Database

__all__ = ["eighty_columns", "own_log", "rounds", "small_rounds"]


def on(database: Database, root: Path) -> House:
    """A house on that database."""
    house = House(root)
    house.configure(house.config.read_text("utf-8").replace("sqlite:///tournee.db", f'"{database.url}"'))
    return house


@pytest.fixture
def house(tmp_path: Path, database: Database) -> House:
    """A configuration, a drop box and commands, on both databases."""
    return on(database, tmp_path)


@pytest.fixture
def small_house(tmp_path: Path) -> House:
    """The same on SQLite alone, for what the database has no part in."""
    return House(tmp_path)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    server = Sink()
    server.start()
    yield server
    server.stop()
