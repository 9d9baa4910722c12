"""Contact rows as the core gives them to the store, and files of them brought into a list."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tournee.core.facts import ContactRow, Counts, Import, Outcome
from tournee.store import Store, contacts, imports, merge

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
JOB = contacts.Job(list="avis", now=NOW, stamp=None)


def row(
    line: int,
    email: str | None = None,
    phone: str | None = None,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    language: str | None = None,
    fields: Mapping[str, object] | None = None,
) -> ContactRow:
    identity = email.casefold() if email else phone
    assert identity is not None
    text = None
    if fields:
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (line, identity, email, phone, first_name, last_name, None, None, None, language, text)


def client(
    line: int, number: str, email: str | None = None, phone: str | None = None, **cells: Any
) -> ContactRow:
    """A row of a feed that says `identify_by: ext`."""
    _line, _identity, *others = row(line, email, phone or "", **{**cells, "fields": {"ext": number}})
    return (line, f"ext={number}", others[0], phone, *others[2:])  # type: ignore[return-value]


def many(numbers: Iterable[int], first_name: str | None = None) -> list[ContactRow]:
    return [row(n + 2, f"person{n}@example.com", f"+336{n:08d}", first_name=first_name) for n in numbers]


def bring(
    store: Store,
    rows: Sequence[ContactRow],
    *,
    list: str = "avis",
    now: datetime = NOW,
    stamp: tuple[int, ...] | None = None,
    identify_by: str | None = None,
    clear: Iterable[str] = (),
    mirror: merge.Mirror | None = None,
) -> contacts.Merged:
    """One file, staged, merged, and on record where it has a stamp."""
    job = merge.Job(list=list, now=now, stamp=stamp, identify_by=identify_by, clear=frozenset(clear))
    with contacts.stage(store, job) as stage:
        stage.add(rows)
        with stage.merge() as tx:
            if stamp:
                import_id = imports.begin(tx, draft(list=list, stamp=stamp), None)
            done = contacts.upsert(tx, stage, mirror)
            if stamp:
                imports.finish(tx, record(import_id, list=list), 0)
            return done


def merged(
    created: int = 0, updated: int = 0, unchanged: int = 0, duplicate: int = 0, removed: int = 0
) -> contacts.Merged:
    return contacts.Merged(
        created=created, updated=updated, unchanged=unchanged, duplicate=duplicate, removed=removed
    )


def draft(**values: Any) -> imports.Draft:
    """An import of a polled file that begins."""
    usual = imports.Draft(
        list="avis",
        repository="boutique",
        file="import_avis.csv",
        path="exports/import_avis.csv",
        sha256="ab" * 32,
        size=1234,
        modified_at=NOW,
        started_at=NOW,
        stamp=None,
        header=None,
    )
    return replace(usual, **values)


def record(import_id: int | None, **values: Any) -> Import:
    """The same import, when it has ended well."""
    usual = Import(
        id=import_id,
        list="avis",
        repository="boutique",
        file="import_avis.csv",
        sha256="ab" * 32,
        size=1234,
        modified_at=NOW,
        started_at=NOW,
        finished_at=LATER,
        outcome=Outcome.IMPORTED,
        reason=None,
        counts=Counts(),
        path="exports/import_avis.csv",
    )
    return replace(usual, **values)
