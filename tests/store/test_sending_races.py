"""Several senders, and persons who release, cancel, pause, refuse and erase beside them, at one instant."""

import os
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from support.contact_rows import LATER, NOW, many
from support.outgoing import begin, claim, rows, settle, statuses
from support.solicited import decided
from tournee.core.facts import Claim, SendStatus
from tournee.core.settings import Database
from tournee.store import Store, contacts, erasure, open_store, outbox, planning

MESSAGES = 120
SENDER = """
    import sys

    from support.contact_rows import NOW
    from support.outgoing import begin, claim, settle
    from tournee.core.facts import SendStatus
    from tournee.core.settings import Database
    from tournee.store import open_store

    store = open_store(Database(url=sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    while claims := claim(store, limit=7):
        for one in claims:
            if begin(store, one) is None:
                print(one.id, flush=True)
                settle(store, one, SendStatus.SENT)
"""


@contextmanager
def sender(database: Database) -> Iterator["subprocess.Popen[str]"]:
    """A process that sends all there is once it is told to."""
    command = [sys.executable, "-c", textwrap.dedent(SENDER), database.url]
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=paths) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def test_two_processes_begin_each_message_once(database: Database, store: Store) -> None:
    decided(store, many(range(MESSAGES)))
    with sender(database) as one, sender(database) as other:
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        begun = [number for process in (one, other) for number in process.communicate(timeout=60)[0].split()]
    assert len(begun) == len(set(begun)) == MESSAGES
    assert Counter(statuses(store)) == {"sent": MESSAGES}


# ---------------------------------------------------------------- beside a person


class Sending:
    """Two senders, and what a person does once they have begun a part of the messages."""

    def __init__(self, store: Store) -> None:
        self.begun: list[Claim] = []
        self.halted: Counter[str] = Counter()
        self._store = store
        self._part = threading.Event()

    def beside(self, *acts: Callable[[], object]) -> list[object]:
        """What the acts gave back."""
        with ThreadPoolExecutor(2 + len(acts)) as pool:
            senders = [pool.submit(self._run) for _ in range(2)]
            assert self._part.wait(30)
            done = [pool.submit(act) for act in acts]
            for future in senders:
                future.result()
            return [future.result() for future in done]

    def _run(self) -> None:
        while claims := claim(self._store, limit=10):
            for one in claims:
                self._send(one)

    def _send(self, one: Claim) -> None:
        halt = begin(self._store, one)
        if halt:
            self.halted[halt] += 1
            return
        self.begun.append(one)
        settle(self._store, one, SendStatus.SENT)
        if len(self.begun) > MESSAGES // 6:
            self._part.set()


def test_beside_senders_each_message_is_either_cancelled_or_sent(store: Store) -> None:
    decided(store, many(range(MESSAGES)))

    def cancel() -> int:
        with store.write() as tx:
            return outbox.cancel(tx, "satisfaction", None, uncertain=False)

    sending = Sending(store)
    (cancelled,) = sending.beside(cancel)
    assert Counter(statuses(store)) == {"sent": len(sending.begun), "cancelled": cancelled}
    assert set(sending.halted) <= {"gone"}


def test_what_two_persons_release_beside_senders_is_sent_once(store: Store) -> None:
    import_id, _ = decided(store, many(range(MESSAGES, 3 * MESSAGES)))
    with store.write() as tx:
        planning.hold(tx, import_id, "satisfaction")
    decided(store, many(range(MESSAGES)))

    def release() -> int:
        with store.write() as tx:
            return outbox.release(tx, "satisfaction", None, uncertain=False, now=NOW)

    sending = Sending(store)
    released = sending.beside(release, release)
    assert sorted(released) == [0, 2 * MESSAGES]  # type: ignore[type-var]
    ids = {one.id for one in (*sending.begun, *claim(store, limit=1_000))}
    assert (len(ids), len(sending.begun)) == (3 * MESSAGES, len({one.id for one in sending.begun}))


def test_after_a_pause_nothing_is_begun(store: Store) -> None:
    decided(store, many(range(MESSAGES)))

    def pause() -> int:
        with store.write() as tx:
            outbox.pause(tx, None, NOW)
        return attempts(store)

    sending = Sending(store)
    (at_pause,) = sending.beside(pause)
    assert at_pause == attempts(store) == len(sending.begun) < MESSAGES
    assert set(sending.halted) <= {"paused"}


def attempts(store: Store) -> int:
    return sum(number for (number,) in rows(store, "attempts"))  # type: ignore[misc]


@pytest.mark.parametrize("how", ["refuse", "erase"])
def test_who_refuses_or_is_erased_beside_senders_was_sent_it_before_or_not_at_all(
    store: Store, how: str
) -> None:
    decided(store, many(range(MESSAGES)))

    def act() -> list[int]:
        """For some, how often they were tried when it was done."""
        tried = []
        for number in range(MESSAGES, 0, -4):
            with store.write() as tx:
                if how == "erase":
                    erasure.erase(tx, number, NOW)
                else:
                    contacts.opt_out(tx, number, "all", "link", None, NOW)
            tried.append(attempts_of(store, number))
        return tried

    sending = Sending(store)
    (tried,) = sending.beside(act)
    assert tried == [attempts_of(store, number) for number in range(MESSAGES, 0, -4)]
    assert len(sending.begun) + sum(sending.halted.values()) <= MESSAGES


def attempts_of(store: Store, contact_id: int) -> int:
    found = rows(store, "contact_id", "attempts")
    return next(number for about, number in found if about == contact_id)  # type: ignore[return-value]


# ---------------------------------------------------------------- between two statements


@pytest.fixture
def open_postgres(postgres_database: Database) -> Iterator[Store]:
    """Where a transaction that has begun may be overtaken by others; SQLite has one writer at a time."""
    store = open_store(postgres_database)
    decided(store, many(range(3)))
    yield store
    store.close()


def test_a_refusal_that_is_committed_before_an_attempt_begins_is_seen(open_postgres: Store) -> None:
    first, second, _ = claim(open_postgres)
    begin(open_postgres, first)
    with open_postgres.write() as tx:
        outbox.settle(tx, first.id, status=SendStatus.SENT, now=NOW, answer=None)
        with open_postgres.write() as other:
            contacts.opt_out(other, second.contact.id, "email", "link", None, NOW)
        assert outbox.begin(tx, second, NOW) == "opted_out"


def test_a_pause_that_is_committed_before_an_attempt_begins_is_seen(open_postgres: Store) -> None:
    first, second, third = claim(open_postgres)
    with open_postgres.write() as tx:
        assert outbox.begin(tx, first, NOW) is None
        with open_postgres.write() as other:
            outbox.pause(other, "satisfaction", NOW)
        assert outbox.begin(tx, second, NOW) == "paused"
        outbox.put_back(tx, [second, third])


def test_what_is_being_claimed_at_that_moment_is_left_to_the_other(open_postgres: Store) -> None:
    with open_postgres.write() as tx:
        (first,) = outbox.claim(tx, NOW, deployments=["satisfaction"], limit=1)
        others = claim(open_postgres)
    assert first not in others
    assert len(others) == 2


def test_a_cancel_waits_for_what_is_beginning_and_tells_that_it_was_too_late(store: Store) -> None:
    decided(store, many(range(3)))
    first, *_ = claim(store)

    def cancel() -> tuple[int, int]:
        with store.write() as tx:
            number = outbox.cancel(tx, "satisfaction", None, uncertain=False)
            return number, outbox.too_late(tx, "satisfaction", None)

    with ThreadPoolExecutor(1) as pool:
        with store.write() as tx:
            assert outbox.begin(tx, first, NOW) is None
            told = pool.submit(cancel)
        assert told.result() == (2, 1)
    assert statuses(store) == ["sending", "cancelled", "cancelled"]


def erase(store: Store, claim: Claim) -> None:
    with store.write() as tx:
        erasure.erase(tx, claim.contact.id, NOW)


def end(store: Store, claim: Claim) -> None:
    settle(store, claim, SendStatus.SENT, remind_at=[LATER])


@pytest.mark.parametrize("erased_first", [True, False])
def test_who_is_erased_at_the_instant_at_which_a_message_ends_leaves_no_answer(
    open_postgres: Store, erased_first: bool
) -> None:
    store, (one, *_) = open_postgres, claim(open_postgres)
    begin(store, one)
    with ThreadPoolExecutor(1) as pool:
        with store.write() as tx:
            if erased_first:
                erasure.erase(tx, one.contact.id, NOW)
            else:
                ended = {"status": SendStatus.SENT, "now": NOW, "answer": "answer", "remind_at": [LATER]}
                outbox.settle(tx, one.id, **ended)  # type: ignore[arg-type]
            other = pool.submit(end if erased_first else erase, store, one)
            wait([other], timeout=0.5)  # it runs until it meets the lock
        other.result(10)
    assert [left for left in rows(store, "contact_id", "answer", "status") if left[1]] == []
    assert statuses(store).count("waiting") == 0


def test_who_opts_out_while_being_erased_is_gone(open_postgres: Store) -> None:
    one, *_ = claim(open_postgres)

    def refuse() -> None:
        with open_postgres.write() as tx:
            contacts.opt_out(tx, one.contact.id, "all", "link", None, NOW)

    with ThreadPoolExecutor(1) as pool:
        with open_postgres.write() as tx:
            erasure.erase(tx, one.contact.id, NOW)
            other = pool.submit(refuse)
            wait([other], timeout=0.5)
        other.result(10)
    with open_postgres.read() as tx:
        assert contacts.get(tx, one.contact.id) is None
