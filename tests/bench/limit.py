"""The limit: a database's own load of a contact file, without any validation, as one transaction.

A staging table, then one INSERT ... ON CONFLICT keyed by the email, else the phone: what a program that also
checks what it loads is measured against. `limit.py URL FILE` prints the seconds it took, start-up left out.
"""

import csv
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psycopg

COLUMNS = (
    "email", "phone", "first_name", "last_name", "gender", "title", "country", "language",
    "purchase_date", "store", "amount",
)  # fmt: skip
NAMES = ", ".join(COLUMNS)
TEXTS = ", ".join(f"{name} text" for name in COLUMNS)
CHANGES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
CONFLICT = f"ON CONFLICT (contact_key) DO UPDATE SET {CHANGES}, updated_at = CURRENT_TIMESTAMP"

SQLITE_TABLE = (
    f"CREATE TABLE contacts (id integer PRIMARY KEY, contact_key text NOT NULL UNIQUE, {TEXTS}, "
    "created_at text NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at text)"
)
SQLITE_KEY = "coalesce(nullif(lower(trim(email)), ''), nullif(replace(phone, ' ', ''), ''))"
SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144; PRAGMA temp_store=MEMORY;"
)
SQLITE_STAGE = f"CREATE TEMP TABLE stage ({TEXTS})"
SQLITE_MERGE = (
    f"INSERT INTO contacts (contact_key, {NAMES}) "
    f"SELECT * FROM (SELECT {SQLITE_KEY} k, {NAMES} FROM stage) WHERE k IS NOT NULL {CONFLICT}"
)

POSTGRESQL_TABLE = (
    "CREATE TABLE contacts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    f"contact_key text NOT NULL UNIQUE, {TEXTS}, created_at timestamptz NOT NULL DEFAULT now(), "
    "updated_at timestamptz)"
)
POSTGRESQL_STAGE = f"CREATE TEMP TABLE stage ({TEXTS}) ON COMMIT DROP"
POSTGRESQL_KEY = "coalesce(nullif(lower(btrim(email)), ''), replace(phone, ' ', ''))"
POSTGRESQL_COPY = "COPY stage FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)"
POSTGRESQL_MERGE = (
    f"INSERT INTO contacts (contact_key, {NAMES}) SELECT DISTINCT ON (k) k, {NAMES} FROM "
    f"(SELECT ctid t, {POSTGRESQL_KEY} k, * FROM stage) q "
    f"WHERE k IS NOT NULL ORDER BY k, t DESC {CONFLICT}"
)
BLOCK = 1 << 18


def sqlite_way() -> str:
    """How `load_sqlite` will load here."""
    if shutil.which("sqlite3"):
        return "the sqlite3 shell's .import"
    return "executemany of Python's sqlite3 (no sqlite3 shell here)"


def create_sqlite(path: str) -> None:
    """Make the table in an empty database."""
    with sqlite3.connect(path) as connection:
        connection.execute(SQLITE_TABLE)
    connection.close()


def load_sqlite(path: str, file: Path) -> None:
    """Load by the sqlite3 shell where there is one, else by Python's module."""
    if shutil.which("sqlite3"):
        load_by_shell(path, file)
    else:
        load_by_module(path, file)


def load_by_shell(path: str, file: Path) -> None:
    """Let the sqlite3 shell read the file itself."""
    script = (
        f"{SQLITE_SETTINGS}\n{SQLITE_STAGE};\n.mode csv\n.separator ;\n"
        f".import --schema temp --skip 1 '{file}' stage\n{SQLITE_MERGE};\n"
    )
    subprocess.run(["sqlite3", "-bail", path], input=script, text=True, check=True, stdout=subprocess.DEVNULL)


def load_by_module(path: str, file: Path) -> None:
    """Read the file with `csv` and hand the rows to the database."""
    marks = ", ".join("?" * len(COLUMNS))
    connection = sqlite3.connect(path)
    connection.executescript(f"{SQLITE_SETTINGS}\n{SQLITE_STAGE};")
    with file.open(encoding="utf-8", newline="") as lines, connection:
        rows = csv.reader(lines, delimiter=";")
        next(rows)
        connection.executemany(f"INSERT INTO stage VALUES ({marks})", rows)
        connection.execute(SQLITE_MERGE)
    connection.close()


def create_postgresql(url: str) -> None:
    """Make the table in an empty database."""
    with psycopg.connect(url) as connection:
        connection.execute(POSTGRESQL_TABLE)


def load_postgresql(url: str, file: Path) -> None:
    """Load by COPY through psycopg, which passes the bytes of the file on as they are."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET work_mem = '256MB'")
        cursor.execute(POSTGRESQL_STAGE)
        with file.open("rb") as stream, cursor.copy(POSTGRESQL_COPY) as copy:
            while block := stream.read(BLOCK):
                copy.write(block)
        cursor.execute(POSTGRESQL_MERGE)


def main() -> None:
    """Load one file and print the seconds."""
    url, file = sys.argv[1], Path(sys.argv[2])
    begun = time.perf_counter()
    if url.startswith("sqlite:///"):
        load_sqlite(url.removeprefix("sqlite:///"), file)
    else:
        load_postgresql(url, file)
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
