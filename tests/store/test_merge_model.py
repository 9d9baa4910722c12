"""The set-based merge against the same rules written row by row, over many small files of a small world."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from support.contact_rows import NOW, draft, record
from support.merge_model import FEW, MANY, PLAIN, File, Pool, TooManyGo, World, a_story, smaller
from tournee.core.errors import FileRejected, StoreError
from tournee.core.facts import RejectReason
from tournee.core.settings import Database
from tournee.store import Store, consent, imports, merge, open_store, tables

COUNTED = ("created", "updated", "unchanged", "duplicate", "removed")
KINDS = {*COUNTED, "adopted", "held", "erased", "spared", "too_many", "refusing", "silenced"}


def bring(store: Store, file: File, day: int) -> Counter[str]:
    """A file merged, in four portions, with the record of its import; what became of its rows."""
    rules = {"identify_by": file.policy.identify_by, "clear": file.policy.clear}
    job = merge.Job(list=file.list, now=NOW + timedelta(days=day), stamp=file.stamp, **rules)
    quarter = -(-len(file.rows) // 4) or 1
    with merge.stage(store, job) as stage:
        for start in range(0, len(file.rows), quarter):
            stage.add(file.rows[start : start + quarter])
        with stage.merge() as tx:
            import_id = imports.begin(tx, draft(list=file.list, stamp=file.stamp), None)
            done = merge.upsert(tx, stage, file.policy.mirror)
            imports.finish(tx, record(import_id, list=file.list), 0)
    return Counter({name: getattr(done, name) for name in COUNTED})


def refuse(store: Store, identities: frozenset[str]) -> None:
    one = tables.contacts.c
    with store.write() as tx:
        for contact_id in tx.connection.scalars(sa.select(one.id).where(one.identity.in_(identities))).all():
            consent.opt_out(tx, contact_id, "all", "command", None, NOW)


def spelled(email: str | None, identity: str, refuses: bool) -> str | None:
    """Of an address that several lose at once and that goes on refusing, either spelling is kept."""
    return identity if refuses and email and email.casefold() == identity else email


def stored(store: Store) -> dict[str, Any]:
    """Every contact by its identity, with its lists and what it refuses."""
    one, member = tables.contacts, tables.memberships
    on_lists = sa.select(member.c.contact_id, tables.lists.c.key, member.c.stamp).join(
        tables.lists, tables.lists.c.id == member.c.list_id
    )
    with store.read() as tx:
        brought = {(contact_id, key): stamp for contact_id, key, stamp in tx.connection.execute(on_lists)}
        refusing = set(tx.connection.scalars(sa.select(tables.opt_outs.c.contact_id)))
        people = tx.connection.execute(sa.select(one)).all()
    return {
        row.identity: (
            spelled(row.email, row.identity, row.id in refusing),
            *(getattr(row, name) for name in ("phone", *PLAIN, "fields", "email_key")),
            {key: stamp for (contact_id, key), stamp in brought.items() if contact_id == row.id},
            row.id in refusing,
            (row.created_at - NOW).days,
            (row.updated_at - NOW).days,
        )
        for row in people
    }


def expected(world: World) -> dict[str, Any]:
    """The same of the model."""
    return {
        one.identity: (
            spelled(one.email, one.identity, one.refuses),
            *(one.phone, *(one.plain[name] for name in PLAIN), one.fields, one.key),
            *(one.lists, one.refuses, one.created, one.updated),
        )
        for one in world.people
    }


def wipe(store: Store) -> None:
    with store.write() as tx:
        for table in (tables.memberships, tables.opt_outs, tables.contacts, tables.imports):
            tx.connection.execute(sa.delete(table))


def tell(store: Store, story: list[File]) -> Counter[str]:
    """One file after another, each compared with the model; what happened."""
    wipe(store)
    world, seen = World(), Counter[str]()
    for day, file in enumerate(story):
        refuse(store, file.refusing)
        world.refuse(file.refusing)
        try:
            world, counts = world.bring(file, day)
        except TooManyGo:
            counts = Counter(too_many=1)
        assert outcome(store, file, day) == Counter({name: counts[name] for name in (*COUNTED, "too_many")})
        assert stored(store) == expected(world)
        seen += counts
    return seen


def outcome(store: Store, file: File, day: int) -> Counter[str]:
    try:
        return bring(store, file, day)
    except FileRejected as refused:
        return Counter(too_many=refused.code is RejectReason.MIRROR_LIMIT)


def disagreement(store: Store, story: list[File]) -> str | None:
    """How the merge and the model differ about the shortest story that can be made of this one."""
    try:
        tell(store, story)
    except (AssertionError, StoreError) as wrong:
        smallest = (disagreement(store, less) for less in smaller(story))
        shorter = next(filter(None, smallest), None)
        return shorter or "\n".join((*map(repr, story), str(wrong)))
    return None


def tell_many(database: Database, pool: Pool, seeds: Iterable[int]) -> Counter[str]:
    """Many stories; what happened in all of them."""
    seen: Counter[str] = Counter()
    store = open_store(database)
    for seed in seeds:
        story = a_story(Random(seed), pool)
        try:
            seen += tell(store, story)
        except (AssertionError, StoreError):
            pytest.fail(f"seed {seed}\n{disagreement(store, story)}")
    store.close()
    return seen


def test_on_sqlite_the_merge_does_what_the_rules_say_row_by_row(sqlite_database: Database) -> None:
    seen = tell_many(sqlite_database, FEW, range(65))
    assert set(seen) == KINDS
    assert min(seen.values()) >= 5


def test_on_postgresql_the_merge_does_what_the_rules_say_row_by_row(postgres_database: Database) -> None:
    seen = tell_many(postgres_database, FEW, range(1000, 1026))
    assert set(seen) == KINDS


def test_large_files_are_merged_by_the_same_rules(database: Database) -> None:
    seen = tell_many(database, MANY, [2002])
    assert seen["created"] > 500
