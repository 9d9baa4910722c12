"""Both databases for every test of this room."""

from support.databases import (
    database,
    postgres,
    postgres_database,
    postgres_template,
    sqlite_database,
    sqlite_template,
    store,
)

__all__ = [
    "database",
    "postgres",
    "postgres_database",
    "postgres_template",
    "sqlite_database",
    "sqlite_template",
    "store",
]
