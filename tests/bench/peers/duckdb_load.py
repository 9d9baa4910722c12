"""With DuckDB: its CSV reader, its postgres extension (COPY) into a staging table, one upsert.

The extension is the signed one, from a package instead of DuckDB's own server.
"""

from pathlib import Path

import contest
import duckdb
import duckdb_extension_postgres_scanner
import limit
import psycopg

NAMES = ", ".join(f"'{name}'" for name in limit.COLUMNS)
KEY = "coalesce(nullif(lower(trim(email)), ''), nullif(replace(phone, ' ', ''), ''))"
UPSERT = (
    f"INSERT INTO contacts (contact_key, {limit.NAMES}) "
    f"SELECT DISTINCT ON (contact_key) contact_key, {limit.NAMES} FROM stage "
    f"ORDER BY contact_key, ctid DESC {limit.CONFLICT}"
)


def load(url: str, file: str) -> None:
    """PostgreSQL alone."""
    (extension,) = Path(duckdb_extension_postgres_scanner.__file__).parent.rglob("*.duckdb_extension")
    source = f"read_csv('{file}', delim=';', header=true, all_varchar=true, quote='\"', names=[{NAMES}])"
    with duckdb.connect() as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"ATTACH '{url}' AS server (TYPE postgres)")
        connection.execute(
            "CREATE TABLE server.public.stage AS SELECT * FROM "
            f"(SELECT {KEY} contact_key, * FROM {source}) WHERE contact_key IS NOT NULL"
        )
    with psycopg.connect(url) as postgresql:
        postgresql.execute("SET work_mem = '256MB'")
        postgresql.execute(UPSERT)
        postgresql.execute("DROP TABLE stage")


if __name__ == "__main__":
    contest.run(load)
