from collections.abc import Iterator
from pathlib import Path

import pytest

from support.outlets import Outlets, opened
from support.post import Post, installed
from support.rounds import rounds, small_rounds
from tournee.core.settings import Database
from tournee.store import Store, open_store

__all__ = ["rounds", "small_rounds"]


@pytest.fixture
def post(tmp_path: Path, database: Database, store: Store) -> Iterator[Post]:
    """An installation that sends, on both databases."""
    with installed(tmp_path, database, store) as found:
        yield found


@pytest.fixture
def small_post(tmp_path: Path, sqlite_database: Database) -> Iterator[Post]:
    """The same on SQLite alone, for what the database has no part in."""
    store = open_store(sqlite_database)
    with installed(tmp_path, sqlite_database, store) as found:
        yield found
    store.close()


@pytest.fixture
def outlets(tmp_path: Path, database: Database, store: Store) -> Iterator[Outlets]:
    """An installation that sends by every channel, on both databases."""
    with opened(tmp_path, database, store) as found:
        yield found


@pytest.fixture
def small_outlets(tmp_path: Path, sqlite_database: Database) -> Iterator[Outlets]:
    """The same on SQLite alone, for what the database has no part in."""
    store = open_store(sqlite_database)
    with opened(tmp_path, sqlite_database, store) as found:
        yield found
    store.close()
