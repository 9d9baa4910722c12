"""What a database does wrong ends in one StoreError with a reason, and says nothing private."""

import sqlite3
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors as pg

from support.contact_rows import JOB, bring, many, merged
from support.databases import PostgresServer
from tournee.core.errors import StoreError, StoreOutdated, StoreUnavailable
from tournee.core.messages import LANGUAGES, sentence
from tournee.core.settings import Database, Secret
from tournee.store import Store, contacts, dialects, open_store, tables
from tournee.store.dialects import engines

ROWS = many(range(3))


def path_of(database: Database) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


@contextmanager
def opened(url: str, password: str | None = None) -> Iterator[Store]:
    store = open_store(Database(url=url, password=Secret(password) if password else None))
    try:
        yield store
    finally:
        store.close()


def code_of(trouble: "pytest.ExceptionInfo[StoreError]") -> str:
    """The reason's code, once it is sure that people can be told it."""
    reason = trouble.value.reason
    for language in LANGUAGES:
        assert "{" not in sentence(reason, language) != reason.code
    return reason.code


# ---------------------------------------------------------------- locked


def test_a_write_waits_for_another_and_gives_up_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PATIENCE", 0.2)
    with opened(database.url) as store, contacts.stage(store, JOB) as stage:
        stage.add(ROWS)
        with stage.merge(), pytest.raises(StoreUnavailable) as trouble:
            bring(store, ROWS)
        assert code_of(trouble) == "database_locked"
    with opened(database.url) as store:
        assert bring(store, ROWS) == merged(created=3)


def test_reading_and_staging_never_wait_for_a_merge(store: Store) -> None:
    with contacts.stage(store, JOB) as one, contacts.stage(store, JOB) as other, one.merge():
        other.add(ROWS)
        with store.read() as tx:
            assert contacts.member_counts(tx) == {}


# ---------------------------------------------------------------- full


def test_a_full_disk_leaves_nothing_of_the_import(sqlite_database: Database) -> None:
    def bring_too_much(store: Store) -> None:
        with contacts.stage(store, JOB) as stage:
            stage.add(many(range(5000)))
            with stage.merge() as tx:
                tx.connection.exec_driver_sql("PRAGMA main.max_page_count = 200")
                contacts.upsert(tx, stage)

    with opened(sqlite_database.url) as store:
        with pytest.raises(StoreUnavailable) as trouble:
            bring_too_much(store)
        assert code_of(trouble) == "database_full"
        assert bring(store, ROWS) == merged(created=3)


# ---------------------------------------------------------------- away


def test_a_server_that_was_restarted_costs_no_error(
    postgres: PostgresServer, postgres_database: Database
) -> None:
    with opened(postgres_database.url) as store:
        assert bring(store, ROWS) == merged(created=3)
        with store.read():
            pass
        postgres.restart()
        with store.read() as tx:
            assert contacts.member_counts(tx) == {"avis": 3}
        assert bring(store, ROWS) == merged(unchanged=3)


def test_a_connection_cut_in_the_middle_leaves_nothing(postgres_database: Database) -> None:
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tournee'"

    def bring_and_be_cut(store: Store) -> None:
        with contacts.stage(store, JOB) as stage, stage.merge() as tx:
            contacts.upsert(tx, stage)
            with psycopg.connect(postgres_database.url) as other:
                other.execute(cut)
            contacts.member_counts(tx)

    with opened(postgres_database.url) as store:
        with pytest.raises(StoreUnavailable) as trouble:
            bring_and_be_cut(store)
        assert code_of(trouble) == "database_away"
        assert bring(store, ROWS) == merged(created=3)


def test_a_server_that_does_not_answer_is_away() -> None:
    with opened("postgresql://somebody@127.0.0.1:1/tournee") as store:
        with pytest.raises(StoreUnavailable) as trouble, store.read():
            pass
        assert code_of(trouble) == "database_away"
        with pytest.raises(StoreUnavailable), store.exclusive("send"):
            pass


@pytest.mark.parametrize("who", ["postgres@/no_such_database", "nobody@/postgres"])
def test_a_server_that_refuses_is_told_apart(postgres: PostgresServer, who: str) -> None:
    with opened(f"postgresql://{who}?host={postgres.socket_directory}") as store:
        with pytest.raises(StoreUnavailable) as trouble, store.read():
            pass
        assert code_of(trouble) == "database_refused"


# ---------------------------------------------------------------- not a database


def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"Nom;Email\r\n" * 1000)
    with opened(f"sqlite:///{tmp_path}/x.db") as store:
        with pytest.raises(StoreUnavailable) as trouble:
            store.upgrade()
        assert code_of(trouble) == "database_broken"


@pytest.mark.parametrize("place", ["file/x.db", "."])
def test_a_place_where_no_file_can_be_made_is_unwritable(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable) as trouble:
        open_store(Database(url=f"sqlite:///{tmp_path}/{place}"))
    assert code_of(trouble) == "database_unwritable"


# ---------------------------------------------------------------- tables of another age


def set_revision(store: Store, revision: str) -> None:
    with store.write() as tx:
        tx.connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


def test_tables_of_a_newer_program_are_refused(store: Store) -> None:
    set_revision(store, "9999")
    for refuse in (store.require_current, store.upgrade):
        with pytest.raises(StoreOutdated) as trouble:
            refuse()
        assert code_of(trouble) == "database_newer"


def test_an_empty_server_asks_for_an_upgrade(postgres: PostgresServer) -> None:
    empty = postgres.create()
    with opened(empty.url) as store:
        for ask in (store.require_current, lambda: bring(store, ROWS)):
            with pytest.raises(StoreOutdated) as trouble:
                ask()
            assert code_of(trouble) == "database_outdated"
        assert "tournee db upgrade" in sentence(trouble.value.reason, "en")
        store.upgrade()
        store.require_current()
        assert bring(store, ROWS) == merged(created=3)
    postgres.drop(empty)


def test_a_new_file_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "var" / "tournee.db"
    with opened(f"sqlite:///{path}") as store:
        store.upgrade()
        assert bring(store, ROWS) == merged(created=3)
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_many_that_start_at_once_make_the_tables_once(tmp_path: Path, postgres: PostgresServer) -> None:
    def start(database: Database) -> None:
        with opened(database.url) as store:
            store.upgrade()
            store.require_current()

    empty = postgres.create()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(start, [Database(url=f"sqlite:///{tmp_path}/x.db"), empty] * 4))
    postgres.drop(empty)


# ---------------------------------------------------------------- nothing private


def everything_said(trouble: "pytest.ExceptionInfo[BaseException]") -> str:
    error = trouble.value
    reason = str(vars(error).get("reason"))
    return "".join([*traceback.format_exception(error), repr(error), str(error), reason])


def test_a_password_is_never_said(postgres: PostgresServer) -> None:
    secret = "geheim-Wort"
    for place in ("nobody@/postgres?host=" + postgres.socket_directory, "nobody@127.0.0.1:1/x"):
        with opened(f"postgresql://{place}", secret) as store:
            with pytest.raises(StoreError) as trouble, store.read():
                pass
            assert secret not in everything_said(trouble) + repr(vars(store)) + repr(vars(store._dialect))


def test_a_value_of_a_contact_is_never_said(store: Store) -> None:
    bring(store, many(range(2)))
    everybody = sa.update(tables.contacts).values(identity="person0@example.com")
    with pytest.raises(StoreError) as trouble, store.write() as tx:
        tx.connection.execute(everybody)
    said = everything_said(trouble)
    assert "person" not in said
    assert code_of(trouble) == "database_failed"


# ---------------------------------------------------------------- every kind of trouble


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (pg.AdminShutdown(), "database_away"),
        (pg.CannotConnectNow(), "database_away"),
        (pg.ConnectionFailure(), "database_away"),
        (pg.IdleInTransactionSessionTimeout(), "database_away"),
        (psycopg.OperationalError("failed: FATAL: the database system is starting up"), "database_away"),
        (pg.LockNotAvailable(), "database_locked"),
        (pg.DeadlockDetected(), "database_locked"),
        (pg.DiskFull(), "database_full"),
        (pg.TooManyConnections(), "database_refused"),
        (pg.InvalidPassword(), "database_refused"),
        (pg.InsufficientPrivilege(), "database_refused"),
        (pg.ReadOnlySqlTransaction(), "database_unwritable"),
        (pg.IoError(), "database_unwritable"),
        (pg.DataCorrupted(), "database_broken"),
        (pg.UndefinedTable(), "database_outdated"),
        (pg.UndefinedColumn(), "database_outdated"),
        (pg.UniqueViolation("person0@example.com"), "database_failed"),
        (psycopg.DataError("person0@example.com"), "database_failed"),
        (sa.exc.ArgumentError("person0@example.com"), "database_failed"),
    ],
)  # fmt: skip
def test_every_trouble_of_postgresql_has_a_reason(
    postgres_database: Database, trouble: Exception, code: str
) -> None:
    reason = dialects.open_dialect(postgres_database).explain(trouble).reason
    assert reason.code == code
    assert "person0" not in str(reason)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_BUSY, "database_locked"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "database_locked"),
        (sqlite3.SQLITE_LOCKED_SHAREDCACHE, "database_locked"),
        (sqlite3.SQLITE_FULL, "database_full"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "database_unwritable"),
        (sqlite3.SQLITE_CANTOPEN, "database_unwritable"),
        (sqlite3.SQLITE_IOERR_WRITE, "database_unwritable"),
        (sqlite3.SQLITE_CORRUPT_INDEX, "database_broken"),
        (sqlite3.SQLITE_NOTADB, "database_broken"),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, "database_failed"),
    ],
)
def test_every_trouble_of_sqlite_has_a_reason(sqlite_database: Database, number: int, code: str) -> None:
    trouble = sqlite3.OperationalError("person0@example.com")
    trouble.sqlite_errorcode, trouble.sqlite_errorname = number, "SQLITE_X"
    reason = dialects.open_dialect(sqlite_database).explain(trouble).reason
    assert reason.code == code
    assert "person0" not in str(reason)
