"""Promise 3, every row accounted for: files of any rows through the command, and what is there afterwards."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from support.databases import PostgresServer
from support.house import House
from tournee.core.settings import Database
from tournee.store import open_store, tables

COUNTED = (tables.contacts, tables.memberships, tables.row_errors)
HEADER = "Email;Prénom;Nom;Langue;Montant"
FLAWS = {
    "email": ("nobody@", "Email", "email_invalid"),
    "language": ("???", "Langue", "language_unknown"),
    "amount": ("1.5", "Montant", "number_invalid"),
}
Person = tuple[str, tuple[str, str, str]]  # the identity, and the names and the amount


@dataclass(frozen=True)
class Row:
    """Lines of a file as they are written, and what must become of them; a blank row is nobody's."""

    text: str
    person: Person | None = None
    errors: tuple[tuple[str | None, str], ...] = ()


def good(email: str, capitals: bool, first: str, last: str, amount: str) -> Row:
    written = email.upper() if capitals else email
    return Row(f'{written};"{first}";"{last}";fr;{amount}', (email, (first, last, amount)))


def flawed(email: str, first: str, flaws: set[str]) -> Row:
    cells = {"email": email, "language": "fr", "amount": "1,5"} | {flaw: FLAWS[flaw][0] for flaw in flaws}
    errors = tuple(FLAWS[flaw][1:] for flaw in FLAWS if flaw in flaws)
    return Row(f'{cells["email"]};"{first}";;{cells["language"]};{cells["amount"]}', errors=errors)


emails = st.sampled_from([f"{name}@example.com" for name in "abcdef"])
names = st.sampled_from(["", "Zoé", "Jo; Jr", "two\nlines", "a\n\nb", "=1+1", "'); DROP TABLE contacts; --"])
rows = st.one_of(
    st.builds(good, emails, st.booleans(), names, names, st.sampled_from(["", "1,5", "2"])),
    st.builds(flawed, emails, names, st.sets(st.sampled_from([*FLAWS]), min_size=1)),
    st.sampled_from(
        [
            Row(";Nobody;;fr;", errors=((None, "identity_missing"),)),
            Row("x@example.com;;;fr;1;;too;long", errors=((None, "row_too_long"),)),
            Row("x@example.com;short", errors=(("Langue", "language_missing"),)),
            Row(";;;;"),
            Row(""),
        ]
    ),
)
files = st.lists(st.lists(rows, max_size=30), min_size=1, max_size=3)


@contextmanager
def on(database: Database) -> Iterator[House]:
    with tempfile.TemporaryDirectory() as root:
        house = House(Path(root))
        text = house.config.read_text("utf-8").replace("sqlite:///tournee.db", f'"{database.url}"')
        house.configure(text.replace("settle:", "reject_above: 100%\n      settle:"))
        yield house


def expected_counts(file: Sequence[Row], known: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """The counts of an import by the words of PRODUCT.md; `known` is brought to what is stored then."""
    last = {row.person[0]: row.person[1] for row in file if row.person}
    good_rows, rejected = sum(row.person is not None for row in file), sum(bool(row.errors) for row in file)
    after = {
        who: tuple(new or old for new, old in zip(values, known.get(who, ("", "", "")), strict=True))
        for who, values in last.items()
    }
    updated = sum(who in known and known[who] != values for who, values in after.items())
    created = len(after.keys() - known.keys())
    known.update(after)
    return {
        "read": good_rows + rejected,
        "created": created,
        "updated": updated,
        "unchanged": len(after) - created - updated,
        "duplicate": good_rows - len(after),
        "rejected": rejected,
    }


def expected_errors(file: Sequence[Row]) -> list[tuple[int, str | None, str]]:
    """Line, column and code of every bad cell, with the line numbers of an editor."""
    line, found = 2, []
    for row in file:
        found += [(line, column, code) for column, code in row.errors]
        line += row.text.count("\n") + 1
    return found


def every_row_is_accounted_for(house: House, database: Database, files: Sequence[Sequence[Row]]) -> None:
    known: dict[str, tuple[str, ...]] = {}
    told = 0
    for file in files:
        path = house.root / "file.csv"
        path.write_text("\n".join([HEADER, *(row.text for row in file), ""]), "utf-8")
        done = house.here("import", "avis", str(path), "--json").json
        errors = house.here("errors", str(done["id"]), "--json").json
        assert done["counts"] == expected_counts(file, known)
        assert [(one["line"], one["column"], one["code"]) for one in errors] == expected_errors(file)
        told += len(errors)
        assert counted(database) == [len(known), len(known), told]


def counted(database: Database) -> list[int]:
    """How many contacts, memberships and row errors there are."""
    store = open_store(database)
    with store.read() as tx:
        found = [tx.connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in COUNTED]
    store.close()
    return [int(number or 0) for number in found]


@settings(max_examples=20, deadline=None)
@given(files=files)
def test_each_row_of_any_file_is_counted_once_and_each_bad_one_has_its_line(
    sqlite_template: Path, files: Sequence[Sequence[Row]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        database = Database(url=f"sqlite:///{shutil.copy(sqlite_template, directory)}")
        with on(database) as house:
            every_row_is_accounted_for(house, database, files)


@settings(max_examples=5, deadline=None)
@given(files=files)
def test_so_it_is_on_postgresql(
    postgres: PostgresServer, postgres_template: str, files: Sequence[Sequence[Row]]
) -> None:
    database = postgres.create(postgres_template)
    try:
        with on(database) as house:
            every_row_is_accounted_for(house, database, files)
    finally:
        postgres.drop(database)


def test_in_a_rejected_file_every_row_is_rejected_and_nobody_is_new(house: House) -> None:
    good_rows = [f"c{number}@example.com;;;fr;" for number in range(9)]
    house.put("import_avis.csv", "\n".join([HEADER, *good_rows, *["nobody@;;;fr;"] * 10, ""]))
    house.here("poll")
    [record] = house.here("imports", "--json").json
    lines = [error["line"] for error in house.here("errors", "1", "--json").json]
    assert record["counts"] == dict.fromkeys(record["counts"], 0) | {"read": 19, "rejected": 19}
    assert (record["reason"], lines) == ("too_many_errors", list(range(11, 21)))
    assert house.here("status", "--json").json["lists"][0]["contacts"] == 0
