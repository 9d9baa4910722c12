"""The set-based merge against the same rules written row by row, over many small files of a small world."""

import random
from dataclasses import dataclass, field
from typing import Any

from support.contact_rows import NOW, draft, record, row
from tournee.core.facts import ContactRow
from tournee.store import Store, contacts, imports, tables

EMAILS = [f"{name}@example.com" for name in ("ada", "bea", "cleo", "dora", "Eve", "fay")]
PHONES = [f"+3361234567{digit}" for digit in range(5)]


@dataclass
class Person:
    """A contact of the model."""

    identity: str
    email: str | None
    phone: str | None
    first_name: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    stamp: tuple[int, ...] | None = None

    def facts(self) -> tuple[Any, ...]:
        return self.identity, self.email, self.phone, self.first_name, self.fields, self.stamp


class World:
    """Contacts of one list, as the rules of the product say."""

    def __init__(self) -> None:
        self.people: list[Person] = []

    def bring(self, rows: list[ContactRow], fields: dict[int, dict[str, Any]], stamp: Any) -> tuple[int, ...]:
        last = {one[1]: one for one in rows}
        counts = {"created": 0, "updated": 0, "unchanged": 0, "duplicate": len(rows) - len(last)}
        by_line = sorted(last.values(), key=lambda one: one[0])
        self.stamp, self.known = stamp, {person.identity: person for person in self.people}
        hits: list[Person] = []
        for email_row in [one for one in by_line if one[2]]:
            person, outcome = self._email(email_row, fields)
            counts[outcome] += 1
            hits.append(person)
        known = list(self.people)
        for phone_row in [one for one in by_line if not one[2]]:
            person, outcome = self._phone(phone_row, fields, known, hits)
            counts[outcome] += 1
            hits += [person] if person else []
        for person in hits:
            person.stamp = max(filter(None, (person.stamp, stamp)), default=None)
        return tuple(counts.values())

    def _email(self, one: ContactRow, fields: dict[int, dict[str, Any]]) -> tuple[Person, str]:
        person = self.known.get(one[1])
        alone = self.known.get(one[3] or "")
        if person is None and alone and alone.email is None and alone in self.people and not alone.__dict__.get("taken"):
            alone.__dict__["taken"] = True
            person = alone
        if person is None:
            return self._new(one, fields), "created"
        return person, self._change(person, one, fields)

    def _phone(
        self, one: ContactRow, fields: dict[int, dict[str, Any]], known: list[Person], hits: list[Person]
    ) -> tuple[Person | None, str]:
        exact = [person for person in known if person.identity == one[1]]
        having = exact or [person for person in known if person.phone == one[1]]
        if len(having) != 1:
            return self._new(one, fields), "created"
        if having[0] in hits:
            return None, "duplicate"
        return having[0], self._change(having[0], one, fields)
