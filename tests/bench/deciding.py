"""Deciding about a file's contacts where millions of solicitations are remembered.

`deciding.py URL CONTACTS PAST RUNS` fills an empty database of the product with contacts (five times as many
as the file has) and what they were sent in two years, then decides about the contacts of the file, under
three caps, each time rolled back. Prints JSON: the seconds of gathering histories, of the whole, and how the
database looks the past up.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tournee.core.decide import Rules, rules
from tournee.core.decide.together import decide_together
from tournee.core.facts import ContactRow, SendStatus, Verdict
from tournee.core.settings import AtMost, Channel, Counting, Database, Deployment, EmailForm
from tournee.core.times import Duration
from tournee.store import Store, Transaction, history, imports, merge, open_store, planning
from tournee.store.columns import utc_text
from tournee.store.tables import contacts, solicitations

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
YEARS = timedelta(days=730)
OTHERS = 5  # contacts that there are, for one in the file
JOB = merge.Job(list="avis", now=NOW, stamp=None)
CAPS = (
    (1, "90 days", Counting.DEPLOYMENT),
    (2, "30 days", Counting.CHANNEL),
    (3, "30 days", Counting.EVERYTHING),
)
SURVEYS = (("satisfaction", "email"), ("delivery", "email"), ("welcome", "email"), ("texts", "sms"))


def main() -> None:
    """Do what the command line says."""
    url, *numbers = sys.argv[1:]
    people, past, runs = map(int, numbers)
    store = open_store(Database(url=url))
    store.upgrade()
    fill(store, people * OTHERS, past)
    done = [decided(store, people) for _ in range(runs)]
    plan = decided(store, people, explain=True)["plan"]
    print(json.dumps({"runs": done, "plan": plan}))


# ---------------------------------------------------------------- the past


def fill(store: Store, people: int, past: int) -> None:
    """Contacts, and solicitations in the order of time, into tables without their indexes."""
    indexes = sorted(solicitations.indexes, key=lambda index: str(index.name))
    with store.dedicated() as connection, store.merging(connection) as tx:
        for index in indexes:
            index.drop(tx.connection)
        tx.dialect.load(tx.connection, contacts, CONTACT, map(contact, range(1, people + 1)))
        tx.dialect.load(tx.connection, solicitations, SENT, sent(people, past))
        for index in indexes:
            index.create(tx.connection)
    if store.migrates_itself:  # SQLite
        return
    with store.dedicated() as connection:  # as the server itself has done long since
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


CONTACT = ("identity", "email", "phone", "language", "fields", "created_at", "updated_at")
SENT = (
    "contact_id", "import_id", "list_id", "deployment", "channel", "decision", "decided_at", "status",
    "message_id", "attempts", "counts_at", "sent_at", "answer",
)  # fmt: skip


def contact(number: int) -> tuple[object, ...]:
    """The contact of that id."""
    email, at = f"person{number}@example.com", utc_text(NOW - YEARS)
    return (email, email, f"+336{number:08}", "fr", f'{{"order_number":"A-{number}"}}', at, at)


def sent(people: int, past: int) -> Iterator[tuple[object, ...]]:
    """What random contacts were sent."""
    chance = random.Random(42)
    verdict, status, answer = (
        Verdict.PLANNED.value,
        SendStatus.SENT.value,
        "250 2.0.0 Ok: queued as 4Xk2Qz1vYZz",
    )
    for number in range(past):
        at = utc_text(NOW - YEARS * (1 - number / past))
        deployment, channel = SURVEYS[int(4 * chance.random())]
        who = int(people * chance.random()) + 1
        message_id = f"<{number:016x}.{chance.getrandbits(64):016x}@example.com>"
        yield (
            who,
            number // 10_000,
            1,
            deployment,
            channel,
            verdict,
            at,
            status,
            message_id,
            1,
            at,
            at,
            answer,
        )


# ---------------------------------------------------------------- deciding


class _RolledBack(Exception):
    """So that each run finds the same."""


def decided(store: Store, people: int, *, explain: bool = False) -> dict[str, Any]:
    """One import that deploys, as far as its contacts are merged and decided about."""
    found: dict[str, Any] = {}
    with merge.stage(store, JOB) as stage:
        stage.add([row(OTHERS * number + 1) for number in range(people)])
        try:
            with stage.merge() as tx:
                import_id = imports.begin(tx, draft(), None)
                merge.upsert(tx, stage)
                found = plan(tx, stage) if explain else timed(tx, stage, import_id)
                raise _RolledBack
        except _RolledBack:
            return found


def row(number: int) -> ContactRow:
    """The row of a contact, which changes nothing."""
    email, fields = f"person{number}@example.com", f'{{"order_number":"A-{number}"}}'
    return (number, email, email, f"+336{number:08}", None, None, None, None, None, "fr", fields)


def timed(tx: Transaction, stage: merge.Stage, import_id: int) -> dict[str, Any]:
    """Gather, decide and write, by the clock."""
    wanted, counts = applied(), {"gathered": 0.0, "whole": 0.0}
    planner = planning.Planner(
        tx, import_id=import_id, list="avis", deployment=wanted.deployment, channel=wanted.channel,
        domain="example.com", now=NOW,
    )  # fmt: skip
    begun = last = time.perf_counter()
    for portion in history.candidates(tx, stage, wanted):
        counts["gathered"] += time.perf_counter() - last
        planner.write(decide_together(portion, wanted))
        last = time.perf_counter()
    planned = planner.finish()
    return {**counts, "whole": time.perf_counter() - begun, "planned": planned}


def applied() -> Rules:
    """Three caps of different kinds."""
    caps = [
        AtMost(text=f"at_most {limit} per {per}", limit=limit, per=Duration.parse(per), counting=counting)
        for limit, per, counting in CAPS
    ]
    form = EmailForm(sender="a@example.com", subject={}, templates={})
    deployment = Deployment(key="satisfaction", channel=Channel.EMAIL, form=form)
    return rules(caps, deployment, NOW, ZoneInfo("Europe/Paris"))


def draft() -> imports.Draft:
    """The import."""
    return imports.Draft(
        list="avis", repository=None, file="file.csv", path=None, sha256="", size=0, modified_at=None,
        started_at=NOW, stamp=None, header=None,
    )  # fmt: skip


def plan(tx: Transaction, stage: merge.Stage) -> dict[str, Any]:
    """How the database finds the past of a portion."""
    told: list[str] = []

    def explained(_connection: Any, cursor: Any, statement: str, values: Any, *_: object) -> None:
        if "JOIN solicitations AS one" in statement and not told:
            words = "EXPLAIN" if tx.connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{words} {statement}", values)
            told.extend(str(line[-1]) for line in cursor.fetchall())

    sa.event.listen(tx.connection, "before_cursor_execute", explained)
    next(history.candidates(tx, stage, applied()))
    sa.event.remove(tx.connection, "before_cursor_execute", explained)
    return {"plan": told}


if __name__ == "__main__":
    main()
