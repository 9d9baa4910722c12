"""Imports at the same time, and imports whose process is killed."""

import os
import random
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

from support.contact_rows import NOW, bring, many, merged
from support.solicited import decided, importing
from tournee.core.errors import InvalidValue
from tournee.core.settings import Database
from tournee.store import Store, contacts, imports, open_store, outbox


def test_overlapping_imports_neither_deadlock_nor_lose_a_row(store: Store) -> None:
    def run(number: int) -> contacts.Merged:
        rows = many(random.Random(number).sample(range(1500), 1000), first_name=f"name {number % 3}")
        again = [(line + 9_000, *cells) for line, *cells in rows[:10]]
        return bring(store, [*rows, *again], list=f"list {number % 2}")

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(run, range(12)))
    assert [sum((one.created, one.updated, one.unchanged, one.duplicate)) for one in results] == [1010] * 12
    with store.read() as tx:
        members = contacts.member_counts(tx)
    assert sum(one.created for one in results) == 1500
    assert members == {f"list {parity}": _distinct(parity) for parity in (0, 1)}


def _distinct(parity: int) -> int:
    brought = [random.Random(number).sample(range(1500), 1000) for number in range(parity, 12, 2)]
    return len({contact for file in brought for contact in file})


def test_a_person_added_during_an_import_is_there_once(store: Store) -> None:
    def add(number: int) -> int | None:
        try:
            with store.write() as tx:
                return contacts.add(tx, {"email": f"person{number}@example.com"}, (), NOW)
        except InvalidValue:
            return None

    with ThreadPoolExecutor(6) as pool:
        files = [pool.submit(bring, store, many(range(60))) for _ in range(3)]
        added = [number for number in pool.map(add, range(60)) if number is not None]
    assert len(added) + sum(file.result().created for file in files) == 60


def test_on_one_file_who_reads_and_then_writes_loses_nothing(sqlite_database: Database) -> None:
    def count_up(_number: int) -> None:
        with store.write() as tx:
            (lea,) = contacts.find(tx, "lea@example.com")
            contacts.change(tx, lea.id, {"visits": int(str(lea.fields["visits"])) + 1}, NOW)

    store = open_store(sqlite_database)
    with store.write() as tx:
        contacts.add(tx, {"email": "lea@example.com", "visits": 0}, (), NOW)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(20)))
    with store.read() as tx:
        assert contacts.find(tx, "lea@example.com")[0].fields == {"visits": 20}
    store.close()


def test_sending_goes_on_during_an_import(postgres_database: Database) -> None:
    store = open_store(postgres_database)
    decided(store, many(range(10)))
    with importing(store, many(range(10), "Other")), store.write() as tx:
        assert len(outbox.claim(tx, NOW, deployments=["satisfaction"])) == 10
    store.close()


IMPORT = """
    import sys

    from support.contact_rows import JOB, NOW, draft, many
    from tournee.core.settings import Database
    from tournee.store import contacts, imports, open_store

    with contacts.stage(open_store(Database(url=sys.argv[1])), JOB) as stage:
        stage.add(many(range(2000)))
        with stage.merge() as tx:
            imports.begin(tx, draft(), None)
            contacts.upsert(tx, stage)
            print("merged", flush=True)
            sys.stdin.read()
"""


def test_an_import_whose_process_is_killed_leaves_nothing(database: Database, store: Store) -> None:
    command = [sys.executable, "-c", textwrap.dedent(IMPORT), database.url]
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "merged\n"
        os.kill(process.pid, signal.SIGKILL)
    assert bring(store, many(range(2000))) == merged(created=2000)
    with store.read() as tx:
        assert imports.recent(tx) == []
