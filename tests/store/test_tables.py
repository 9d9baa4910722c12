from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import tournee.store.migrations
from tournee.store import Store, tables


def test_the_migrations_make_exactly_the_tables(store: Store) -> None:
    with store.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_migrations_make_exactly_the_indexes_and_options(store: Store) -> None:
    def indexes(connection: sa.Connection) -> set[tuple[str | None, str]]:
        if connection.dialect.name == "sqlite":
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        else:
            query = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
                       UNION SELECT relname, reloptions::text FROM pg_class WHERE reloptions IS NOT NULL"""
        return {tuple(row) for row in connection.execute(sa.text(query)) if "alembic" not in row[0]}

    with store.write() as tx:
        migrated = indexes(tx.connection)
        tables.metadata.drop_all(tx.connection)
        tables.metadata.create_all(tx.connection)
        assert indexes(tx.connection) == migrated


def test_every_revision_is_known_to_the_program() -> None:
    scripts = ScriptDirectory(str(Path(tournee.store.migrations.__file__).parent))
    found = tuple(reversed([script.revision for script in scripts.walk_revisions()]))
    assert found == tables.REVISIONS
