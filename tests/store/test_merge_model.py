"""The set-based merge against the same rules written row by row, over many small files of a small world."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from support.contact_rows import NOW, draft, record, row
from tournee.core.facts import ContactRow
from tournee.store import Store, contacts, imports, tables

EMAILS = [f"{name}@example.com" for name in "abcdefghijkl"]
PHONES = [f"+3361234567{digit}" for digit in range(4)]
Stamp = tuple[int, ...] | None


@dataclass(eq=False)
class Person:
    """A contact of the model."""

    identity: str
    email: str | None
    phone: str | None
    first_name: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    stamp: Stamp = None

    def facts(self) -> list[Any]:
        return [self.identity, self.email, self.phone, self.first_name, self.fields, self.stamp]

    def take(self, one: ContactRow) -> str:
        """Put the filled cells of a row over what is known; what that was."""
        before = self.facts()
        if one[2] and self.email is None:
            self.identity, self.email = one[1], one[2]
        self.phone, self.first_name = one[3] or self.phone, one[4] or self.first_name
        self.fields = {**self.fields, **json.loads(one[10] or "{}")}
        return "unchanged" if self.facts() == before else "updated"


class World:
    """One list and its contacts, by the rules of the product."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.adopted = 0

    def bring(self, rows: list[ContactRow], stamp: Stamp) -> Counter[str]:
        last = {one[1]: one for one in rows}
        counts = Counter(duplicate=len(rows) - len(last))
        known = {person.identity: person for person in self.people}
        hits: list[Person] = []
        for one in sorted(last.values(), key=lambda one: (one[2] is None, one[0])):
            person = self._email(one, known, hits) if one[2] else self._phone(one)
            if one[2] is None and person in hits:
                counts["duplicate"] += 1
            elif person is None:
                hits.append(Person(one[1], one[2], one[3], one[4], json.loads(one[10] or "{}")))
                self.people.append(hits[-1])
                counts["created"] += 1
            else:
                held = stamp and person.stamp and person.stamp > stamp
                counts["unchanged" if held else person.take(one)] += 1
                hits.append(person)
        for person in hits:
            person.stamp = max([known for known in (person.stamp, stamp) if known], default=None)
        return counts

    def _email(self, one: ContactRow, known: dict[str, Person], hits: list[Person]) -> Person | None:
        if one[1] in known:
            return known[one[1]]
        alone = known.get(one[3] or "")
        if alone is None or alone in hits:
            return None
        self.adopted += 1
        return alone

    def _phone(self, one: ContactRow) -> Person | None:
        exact = [person for person in self.people if person.identity == one[1]]
        having = exact or [person for person in self.people if person.phone == one[1]]
        return having[0] if len(having) == 1 else None


def some_file(chance: random.Random) -> tuple[list[ContactRow], Stamp]:
    rows = []
    for line in range(2, chance.randrange(2, 9)):
        email = chance.choice(EMAILS) if chance.random() < 0.5 else None
        phone = chance.choice([*PHONES, None]) if email else chance.choice(PHONES)
        spelled = email.upper() if email and chance.random() < 0.2 else email
        declared = {chance.choice("ab"): chance.choice(["1", "é"])} if chance.random() < 0.5 else None
        rows.append(row(line, spelled, phone, first_name=chance.choice([None, "A", "B"]), fields=declared))
    return rows, chance.choice([None, *((number,) for number in range(20))])


def bring(store: Store, rows: list[ContactRow], stamp: Stamp) -> Counter[str]:
    with contacts.stage(store) as stage:
        stage.add(rows)
        with stage.merge() as tx:
            import_id = imports.begin(tx, draft(stamp=stamp), None)
            done = contacts.upsert(tx, stage, list="avis", now=NOW, stamp=stamp)
            imports.finish(tx, record(import_id), 0)
    return Counter({name: getattr(done, name) for name in ("created", "updated", "unchanged", "duplicate")})


def stored(store: Store) -> list[list[Any]]:
    one, member = tables.contacts, tables.memberships
    query = sa.select(
        one.c.identity, one.c.email, one.c.phone, one.c.first_name, one.c.fields, member.c.stamp
    )
    with store.read() as tx:
        rows = tx.connection.execute(query.join(member, member.c.contact_id == one.c.id)).all()
    return sorted(list(found) for found in rows)


def wipe(store: Store) -> None:
    with store.write() as tx:
        for table in (tables.memberships, tables.contacts, tables.imports):
            tx.connection.execute(sa.delete(table))


def test_the_merge_does_what_the_rules_say_row_by_row(store: Store) -> None:
    chance, seen = random.Random(2026), Counter[str]()
    for _ in range(10):
        wipe(store)
        world = World()
        for _ in range(4):
            rows, stamp = some_file(chance)
            expected = world.bring(rows, stamp)
            assert bring(store, rows, stamp) == expected, (rows, stamp)
            assert stored(store) == sorted(person.facts() for person in world.people), (rows, stamp)
            seen += expected
        seen["adopted"] += world.adopted
    assert all(seen[name] > 5 for name in ("created", "updated", "unchanged", "duplicate", "adopted"))
