"""With sqlite-utils: rows of `csv` through its `upsert_all`, keyed by `contact_key`."""

import csv
from collections.abc import Iterator

import contest
import limit
import sqlite_utils


def keyed(file: str) -> Iterator[dict[str, str]]:
    """The rows that have a key, as sqlite-utils wants them."""
    with open(file, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, limit.COLUMNS, delimiter=";"):
            key = row["email"].strip().lower() or row["phone"].replace(" ", "")
            if key:
                yield {"contact_key": key, **row}


def load(url: str, file: str) -> None:
    """SQLite alone; into a table of its own making."""
    rows = keyed(file)
    next(rows)  # the header
    table = sqlite_utils.Database(url.removeprefix("sqlite:///")).table("contacts")
    table.upsert_all(rows, pk="contact_key")


if __name__ == "__main__":
    contest.run(load)
