"""The rules of a merge, written row by row over a handful of contacts; and files for it to disagree about."""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random
from typing import Any

from tournee.core.facts import CONTACT_ROW, ContactRow
from tournee.store import merge, merging

Stamp = tuple[int, ...] | None
PLAIN = merging.PLAIN
BY = "ext"  # the declared field that identifies contacts where a feed says so


@dataclass(frozen=True)
class Policy:
    """What a feed says of its files."""

    identify_by: str | None = None
    clear: frozenset[str] = frozenset()
    mirror: merge.Mirror | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a story; when it comes, those of `refusing` who are contacts then have just opted out."""

    list: str
    rows: tuple[ContactRow, ...]
    stamp: Stamp
    policy: Policy
    refusing: frozenset[str] = frozenset()


class TooManyGo(Exception):
    """More would leave the list than the mirror allows."""


@dataclass(eq=False)
class Person:
    """A contact of the model; `lists` has the stamp of the newest file that brought it to each."""

    identity: str
    email: str | None = None
    phone: str | None = None
    plain: dict[str, str | None] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, Stamp] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    refuses: bool = False

    @property
    def key(self) -> str | None:
        """The case-folded email of who is identified by a field."""
        return self.email.casefold() if self.email and self.of_field else None

    @property
    def of_field(self) -> bool:
        return self.identity.startswith(f"{BY}=")

    def facts(self) -> list[Any]:
        """What a row may change."""
        return [self.identity, self.email, self.phone, self.plain, self.fields]

    def put(self, row: dict[str, Any], clear: frozenset[str], now: int) -> str:
        """Put the cells of a row over what is known; what became of the row."""

        def after(name: str, stored: str | None) -> str | None:
            cell: str | None = row[name]
            return cell if name in clear else cell or stored

        before = copy.deepcopy(self.facts())
        self.phone = after("phone", self.phone)
        self.plain = {name: after(name, self.plain.get(name)) for name in PLAIN}
        if self.of_field:
            email = after("email", self.email)
            self.email = self.email if email and email.casefold() == self.key else email
        elif row["email"] and self.email is None:
            self.identity, self.email = row["identity"], row["email"]
        merged = {**self.fields, **json.loads(row["fields"] or "{}")}
        self.fields = {name: value for name, value in merged.items() if value is not None}
        if self.facts() == before:
            return "unchanged"
        self.updated = now
        return "updated"


class World:
    """Lists and their contacts."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.newest: dict[str, tuple[int, ...]] = {}

    def bring(self, file: File, now: int) -> tuple["World", Counter[str]]:
        """The world after a file, and what became of its rows; raises TooManyGo."""
        after = copy.deepcopy(self)
        return after, _Bringing(after, file, now).whole()

    def refuse(self, identities: frozenset[str]) -> None:
        """Those of them who are contacts opt out."""
        for person in self.people:
            person.refuses = person.refuses or person.identity in identities


class _Bringing:
    """One file on its way into a world."""

    def __init__(self, world: World, file: File, now: int) -> None:
        self.world, self.file, self.now = world, file, now
        self.known = {person.identity: person for person in world.people}
        newest = world.newest.get(file.list)
        self.late = file.stamp is not None and newest is not None and file.stamp < newest
        self.phones = {id(person): person.phone for person in world.people}
        self.refused = {id(person) for person in world.people if person.refuses}
        self.hits: list[Person] = []
        self.counts: Counter[str] = Counter()

    def whole(self) -> Counter[str]:
        rows = [dict(zip(CONTACT_ROW, row, strict=True)) for row in self.file.rows]
        last = {row["identity"]: row for row in rows}
        self.counts["duplicate"] += len(rows) - len(last)
        in_order = sorted(last.values(), key=lambda row: (row["email"] is None, row["line"]))
        alone = [row for row in in_order if row["email"] is None and not self.file.policy.identify_by]
        for row in in_order[: len(in_order) - len(alone)]:
            self._row(row)
        self._phones_go_on_refusing()
        for row in alone:
            self._row(row)
        self._mirror()
        self._enlist()
        return self.counts

    def _row(self, row: dict[str, Any]) -> None:
        find = (
            self._of_field
            if self.file.policy.identify_by
            else self._of_email
            if row["email"]
            else self._of_phone
        )
        person = find(row)
        if person is None:
            person = Person(identity=row["identity"], created=self.now, updated=self.now)
            person.put(row, frozenset(), self.now)
            self.world.people.append(person)
            self.counts["created"] += 1
        elif person in self.hits:
            self.counts["duplicate"] += 1
            return
        elif self._brought_by_newer(person):
            self.counts.update(("unchanged", "held"))
        else:
            self.counts[self._change(person, row)] += 1
        self.hits.append(person)

    def _of_field(self, row: dict[str, Any]) -> Person | None:
        return self.known.get(row["identity"])

    def _of_email(self, row: dict[str, Any]) -> Person | None:
        if row["identity"] in self.known:
            return self.known[row["identity"]]
        alone = self.known.get(row["phone"] or "")
        if alone is None or alone in self.hits:
            return None
        self.counts["adopted"] += 1
        return alone

    def _of_phone(self, row: dict[str, Any]) -> Person | None:
        people = [person for person in self.world.people if not person.of_field]
        exact = [person for person in people if person.identity == row["identity"]]
        having = exact or [person for person in people if person.phone == row["identity"]]
        return having[0] if len(having) == 1 else None

    def _brought_by_newer(self, person: Person) -> bool:
        brought = person.lists.get(self.file.list)
        return self.late and brought is not None and self.file.stamp is not None and brought > self.file.stamp

    def _change(self, person: Person, row: dict[str, Any]) -> str:
        key, email = person.key, person.email
        values = sum(value is not None for value in person.plain.values())
        outcome = person.put(row, self.file.policy.clear, self.now)
        self.counts["erased"] += sum(value is not None for value in person.plain.values()) < values
        if key and key != person.key and person.refuses:
            self._go_on_refusing(key, email)
        return outcome

    def _phones_go_on_refusing(self) -> None:
        """Whoever else has such a phone and keeps it refuses now, or somebody who has only the phone."""
        before = [one for one in self.world.people if self.phones.get(id(one))]
        losers = [one for one in before if id(one) in self.refused and self._loses_phone(one)]
        for phone in {self.phones[id(loser)] for loser in losers}:
            having = [one for one in before if self.phones[id(one)] == phone and not self._loses_phone(one)]
            if not having:
                having.append(Person(identity=phone or "", phone=phone, created=self.now, updated=self.now))
                having[-1].plain = dict.fromkeys(PLAIN)
                self.world.people.append(having[-1])
            for one in having:
                one.refuses = True
            self.counts["silenced"] += 1

    def _loses_phone(self, person: Person) -> bool:
        return self.phones[id(person)] not in (person.phone, person.identity)

    def _go_on_refusing(self, key: str, email: str | None) -> None:
        somebody = next((person for person in self.world.people if person.identity == key), None)
        if somebody is None:
            somebody = Person(identity=key, email=email, created=self.now, updated=self.now)
            somebody.plain = dict.fromkeys(PLAIN)
            self.world.people.append(somebody)
        somebody.refuses = True
        self.counts["refusing"] += 1

    def _mirror(self) -> None:
        mirror = self.file.policy.mirror
        if mirror is None or self.late or not mirror.certain:
            return
        members = [person for person in self.world.people if self.file.list in person.lists]
        spared = [one for one in members if {one.identity, one.phone, one.key} & set(mirror.kept)]
        gone = [one for one in members if one not in self.hits and one not in spared]
        if mirror.limit is not None and len(gone) > Decimal(str(mirror.limit)) * len(members):
            raise TooManyGo
        for person in gone:
            del person.lists[self.file.list]
        self.counts.update(removed=len(gone), spared=len([one for one in spared if one not in self.hits]))

    def _enlist(self) -> None:
        stamp = self.file.stamp
        for person in self.hits:
            before = person.lists.get(self.file.list)
            person.lists[self.file.list] = max((one for one in (before, stamp) if one), default=None)
        if stamp:
            self.world.newest[self.file.list] = max(stamp, self.world.newest.get(self.file.list, stamp))


# ---------------------------------------------------------------- files


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Whom files are about, and how many rows they have."""

    emails: tuple[str, ...]
    phones: tuple[str, ...]
    ids: tuple[str, ...]
    lines: tuple[int, ...]

    @property
    def identities(self) -> tuple[str, ...]:
        """Whatever somebody may be known by."""
        emails = (email.casefold() for email in self.emails)
        return (*emails, *self.phones, *(f"{BY}={one}" for one in self.ids))


FEW = Pool(
    emails=tuple(f"{name}@example.com" for name in ("a", "b", "c", "straße", "ﬁ", "İ")),
    phones=tuple(f"+3361234567{digit}" for digit in range(4)),
    ids=("A", "a", "1", "01", "é", "É", "a@example.com", "+33612345670", "b=c", "\u202e"),
    lines=(0, 1, 2, 3, 5, 7, 9, 12),
)
MANY = Pool(
    emails=tuple(f"Person{number}@example.com" for number in range(900)),
    phones=tuple(f"+33612345{number:03}" for number in range(300)),
    ids=tuple(f"{letter}{number}" for letter in "aA" for number in range(300)),
    lines=(500, 700, 900),
)
TEXTS = ("x", "X", "Zoë", "e\u0301", "é", "\ufeff", "\U0001f469\u200d\U0001f52c", "\x01\x7f", "'\"\\", "null")
VALUES = ("1", "1.0", "", True, False, '\U0001f469\n\u2028\\"')
LISTS = ("avis", "magasins")


def a_story(chance: Random, pool: Pool) -> list[File]:
    """Files for two lists, each of which keeps to its ways."""
    feeds = {key: _Feed(chance, pool, key) for key in LISTS}
    return [feeds[chance.choice(LISTS)].a_file() for _ in range(chance.randrange(2, 8))]


class _Feed:
    """What fills a list."""

    def __init__(self, chance: Random, pool: Pool, list: str) -> None:
        self.chance, self.pool, self.list = chance, pool, list
        self.by = self._happens(0.4)
        self.erases = self._happens(0.4)
        self.mirrors = self._happens(0.4)
        self.stamped = self._happens(0.5)

    def a_file(self) -> File:
        chance = self.chance
        addresses = chance.choice(
            (("email", "phone"), ("email", "phone"), ("email", "phone"), ("email",), ("phone",))
        )
        columns = frozenset(addresses) | {name for name in PLAIN if self._happens(0.4)}
        declared = [name for name in "ab" if self._happens(0.5)]
        lines = chance.choice(self.pool.lines)
        return File(
            list=self.list,
            rows=tuple(self._row(line, columns, declared) for line in range(2, 2 + lines)),
            stamp=(chance.randrange(9),) if self.stamped else None,
            policy=Policy(
                identify_by=BY if self.by else None,
                clear=columns if self.erases else frozenset(),
                mirror=self._mirror() if self.mirrors else None,
            ),
            refusing=frozenset(chance.sample(self.pool.identities, chance.choice((0, 4, 9)))),
        )

    def _row(self, line: int, columns: frozenset[str], declared: list[str]) -> ContactRow:
        email, phone = self._addresses(columns)
        plain = [
            self.chance.choice(TEXTS) if name in columns and self._happens(0.5) else None for name in PLAIN
        ]
        fields: dict[str, Any] = dict.fromkeys(declared) if self.erases else {}
        fields |= {name: self.chance.choice(VALUES) for name in declared if self._happens(0.6)}
        identity = email.casefold() if email else phone
        if self.by:
            fields[BY] = self.chance.choice(self.pool.ids)
            identity = f"{BY}={fields[BY]}"
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        row: Any = (line, identity, email, phone, *plain, text if fields else None)
        return row

    def _addresses(self, columns: frozenset[str]) -> tuple[str | None, str | None]:
        """An email or a phone or both, as the file has columns for them."""
        ways = [way for way in (("email",), ("phone",), ("email", "phone")) if columns.issuperset(way)]
        way = self.chance.choice(ways)
        email = self.chance.choice(self.pool.emails) if "email" in way else None
        phone = self.chance.choice(self.pool.phones) if "phone" in way else None
        return email.upper() if email and self._happens(0.2) else email, phone

    def _mirror(self) -> merge.Mirror:
        return merge.Mirror(
            limit=self.chance.choice((None, 0.2, 0.5, 1.0)),
            kept=self.chance.sample(self.pool.identities, self.chance.choice((0, 1, 4, 8))),
            certain=self._happens(0.8),
        )

    def _happens(self, share: float) -> bool:
        return self.chance.random() < share


def smaller(story: list[File]) -> Iterator[list[File]]:
    """The story with less: without a file, its rows, half of its rows, a quarter …"""
    for at, file in enumerate(story):
        yield story[:at] + story[at + 1 :]
        size = 2 * len(file.rows)
        while size := size // 2:
            for start in range(0, len(file.rows), size):
                rows = file.rows[:start] + file.rows[start + size :]
                yield [*story[:at], replace(file, rows=rows), *story[at + 1 :]]
