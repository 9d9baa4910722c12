from collections.abc import Iterator
from pathlib import Path

import pytest

from support.post import Post, installed
from support.rounds import Round
from tournee.core.settings import Database
from tournee.store import Store, open_store


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
def rounds(tmp_path: Path, database: Database, store: Store) -> Round:
    """An installation with a drop box, on both databases."""
    return Round(tmp_path, database, store)


@pytest.fixture
def small_rounds(tmp_path: Path, sqlite_database: Database) -> Iterator[Round]:
    """The same on SQLite alone, for what the database has no part in."""
    store = open_store(sqlite_database)
    yield Round(tmp_path, sqlite_database, store)
    store.close()
