"""A database that an earlier version filled, brought to the tables of this one."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from support.contact_rows import LATER, NOW, bring, merged, row
from support.databases import PostgresServer
from tournee.core.errors import StoreOutdated
from tournee.core.facts import Sighting
from tournee.core.settings import Database
from tournee.store import Store, contacts, decisions, imports, open_store, outbox, rounds, tables

AT = "2026-11-23T09:30:00.000000Z"
FIRST_VERSION = (
    "INSERT INTO lists (key) VALUES ('avis')",
    f"""INSERT INTO contacts (identity, email, phone, first_name, fields, created_at, updated_at)
        VALUES ('lea@example.com', 'Lea@example.com', '+33612345678', 'Léa', '{{"shop":"Lyon"}}',
        '{AT}', '{AT}')""",
    f"INSERT INTO memberships (list_id, contact_id, added_at, stamp) VALUES (1, 1, '{AT}', '00820261123')",
    f"INSERT INTO opt_outs (contact_id, channel, at, source) VALUES (1, 'sms', '{AT}', 'command')",
    f"""INSERT INTO sightings (repository, directory, name, size, modified, since, changed, seen_at)
        VALUES ('boutique', '', 'a.csv', 10, '20261123', '{AT}', true, '{AT}')""",
    f"""INSERT INTO imports (list, repository, file, path, sha256, size, stamp, started_at, finished_at,
        outcome, rows_read, rows_created, rows_updated, rows_unchanged, rows_duplicate, rows_rejected,
        error_total, warnings)
        VALUES ('avis', 'boutique', 'a.csv', 'a.csv', 'ab', 10, '00820261123', '{AT}', '{AT}',
        'imported', 1, 1, 0, 0, 0, 0, 0, '[]')""",
)
SOLICITATION = f"""INSERT INTO solicitations (contact_id, import_id, list_id, deployment, channel, decision,
    decided_at, status, attempts, counts_at)
    VALUES (1, 1, 1, 'a', 'email', 'planned', '{AT}', '{{status}}', 0, {{counts_at}})"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store at revision 0001, filled."""
    server: PostgresServer | None = None
    if request.param == "sqlite":
        database = Database(url=f"sqlite:///{tmp_path_factory.mktemp('old') / 'old.db'}")
    else:
        server = request.getfixturevalue("postgres")
        database = server.create()
    store = open_store(database)
    with store.write() as tx:
        config = Config()
        config.set_main_option("script_location", "tournee.store:migrations")
        config.attributes["connection"] = tx.connection
        command.upgrade(config, "0001")
        for statement in FIRST_VERSION:
            tx.connection.exec_driver_sql(statement)
    yield store
    store.close()
    if server:
        server.drop(database)


def test_a_database_of_the_first_version_is_told_from_a_current_one(old: Store) -> None:
    with pytest.raises(StoreOutdated, match="database_outdated"):
        old.require_current()
    old.upgrade()
    old.require_current()


def test_an_upgraded_database_has_the_tables_of_a_new_one(old: Store) -> None:
    old.upgrade()
    with old.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_what_the_first_version_wrote_is_still_there(old: Store) -> None:
    old.upgrade()
    with old.read() as tx:
        (lea,) = contacts.find(tx, "lea@example.com")
        (record,) = imports.recent(tx)
        seen = rounds.sightings(tx, "boutique", "")
        assert (imports.last_header(tx, "avis"), decisions.totals(tx)) == (None, [])
    assert (lea.first_name, lea.phone, lea.fields) == ("Léa", "+33612345678", {"shop": "Lyon"})
    assert (lea.lists, [one.channel for one in lea.opt_outs]) == (("avis",), ["sms"])
    assert (record.stamp, record.removed, record.counts.created) == ((20261123,), None, 1)
    assert seen == {"a.csv": Sighting(name="a.csv", size=10, modified="20261123", since=NOW, changed=True)}


def test_files_go_on_where_the_first_version_left_off(old: Store) -> None:
    old.upgrade()
    same = row(2, "lea@example.com", "+33612345678", first_name="Léa", fields={"shop": "Lyon"})
    rows = [same, row(3, "zoe@example.com"), row(4, phone="+33612345678")]
    assert bring(old, rows, now=LATER, stamp=(20261124,)) == merged(created=1, unchanged=1, duplicate=1)
    with old.read() as tx:
        assert contacts.member_counts(tx) == {"avis": 2}


def in_the_outbox(store: Store) -> dict[str, datetime | None]:
    """By status, from when a solicitation counts."""
    one = tables.solicitations.c
    with store.read() as tx:
        return dict(tx.connection.execute(sa.select(one.status, one.counts_at)).all())


def test_what_the_first_version_still_had_to_send_counts_until_it_is_sent(old: Store) -> None:
    statuses = ("waiting", "held", "sending", "sent", "failed")
    with old.write() as tx:
        for status in statuses:
            counts_at = "NULL" if status == "failed" else f"'{AT}'"
            tx.connection.exec_driver_sql(SOLICITATION.format(status=status, counts_at=counts_at))
    old.upgrade()
    assert in_the_outbox(old) == {**dict.fromkeys(statuses[:3], tables.FOREVER), "sent": NOW, "failed": None}


def test_what_the_first_version_was_sending_may_have_left(old: Store) -> None:
    with old.write() as tx:
        for status in ("waiting", "sending"):
            tx.connection.exec_driver_sql(SOLICITATION.format(status=status, counts_at=f"'{AT}'"))
    old.upgrade()
    with old.write() as tx:
        assert outbox.orphans(tx, ["a"], LATER) == 1
    assert in_the_outbox(old) == {"waiting": tables.FOREVER, "uncertain": LATER}
