import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support.databases import PostgresServer
from tournee.core.errors import AlreadyRunning
from tournee.core.settings import Database
from tournee.store import Store, open_store

HOLD = """
    import sys
    from tournee.core.settings import Database
    from tournee.store import open_store

    with open_store(Database(url=sys.argv[1])).exclusive("send") as mine:
        print(mine, flush=True)
        sys.stdin.read()
"""


def other_process(code: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_lock_excludes_another_holder_in_the_same_process(store: Store) -> None:
    with store.exclusive("send") as first, store.exclusive("send") as second:
        assert (first, second) == (True, False)
    with store.exclusive("send") as again:
        assert again


def test_a_lock_that_was_given_back_is_free_at_once(store: Store) -> None:
    for _ in range(40):
        with store.exclusive("send") as mine:
            assert mine


def test_locks_of_other_names_do_not_touch_each_other(store: Store) -> None:
    with store.exclusive("poll avis") as first, store.exclusive("poll  avis") as second:
        assert (first, second) == (True, True)


def test_a_lock_dies_with_its_process(database: Database, store: Store) -> None:
    with other_process(HOLD, database.url) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with store.exclusive("send") as mine:
            assert not mine
        os.kill(holder.pid, signal.SIGKILL)
    _until_free(store)


def _until_free(store: Store) -> None:
    """PostgreSQL notices within moments that the client of a session is gone."""
    for _ in range(2000):
        with store.exclusive("send") as mine:
            if mine:
                return
    pytest.fail("the lock outlives its process")


def test_an_exception_in_the_block_ends_the_lock(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive("send"):
        raise ZeroDivisionError
    with store.exclusive("send") as mine:
        assert mine


def test_a_restarted_server_takes_the_lock_but_not_the_work(
    postgres: PostgresServer, postgres_database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    store = open_store(postgres_database)
    with store.exclusive("send") as mine:
        assert mine
        postgres.restart()
    with store.exclusive("send") as again:
        assert again
    store.close()
    assert capfd.readouterr().err == ""


def test_a_second_daemon_on_one_file_is_refused(sqlite_database: Database) -> None:
    store = open_store(sqlite_database)
    with store.daemon_lock(), pytest.raises(AlreadyRunning, match="already_running"):
        store.daemon_lock().__enter__()
    with store.daemon_lock():
        store.close()


def test_any_number_of_daemons_share_a_server(postgres_database: Database) -> None:
    store = open_store(postgres_database)
    with store.daemon_lock(), store.daemon_lock():
        store.close()


def test_lock_files_are_private_and_beside_the_database(sqlite_database: Database) -> None:
    store = open_store(sqlite_database)
    with store.exclusive("poll ../../é avis"):
        directory = Path(sqlite_database.url.removeprefix("sqlite:///")).parent
        (lock,) = directory.glob("*.lock")
        assert lock.name.startswith("tournee.db.poll-avis-")
        assert lock.stat().st_mode & 0o777 == 0o600
    store.close()
