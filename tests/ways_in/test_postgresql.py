"""The ways in over PostgreSQL: nothing is migrated behind an operator's back, and nodes share the work."""

from collections.abc import Iterator

import pytest

from support.databases import PostgresServer
from support.house import House
from support.running import Running


@pytest.fixture
def node(house: House, postgres: PostgresServer) -> Iterator[House]:
    """A house on an empty PostgreSQL database."""
    database = postgres.create()
    text = house.config.read_text("utf-8")
    house.configure(text.replace("sqlite:///tournee.db", f'"{database.url}"').replace("1 hour", "1 second"))
    yield house
    postgres.drop(database)


@pytest.mark.parametrize("words", ["status", "poll", "run", "contact show 1"])
def test_an_empty_database_is_told_with_the_command_that_fills_it(node, words):
    done = node.here(*words.split())
    assert (done.code, done.out) == (1, "")
    assert "`tournee db upgrade`" in " ".join(done.err.split())


def test_once_upgraded_it_works_and_upgrading_again_changes_nothing(node):
    assert [node.here("db", "upgrade").code, node.here("db", "upgrade").code] == [0, 0]
    node.put("import_avis.csv")
    assert node.here("poll", "--json").json[0]["files"][0]["outcome"] == "imported"
    assert node.here("status", "--json").json["lists"][0]["contacts"] == 2


def test_two_daemons_share_one_database_and_import_a_file_once(node):
    node.here("db", "upgrade")
    with Running(node) as first, Running(node) as second:
        first.wait_for("started")
        second.wait_for("started")
        node.put("import_avis.csv")
        first.wait_for("polled", files={"known": 1})
        second.wait_for("polled", files={"known": 1})
        assert (first.stop(), second.stop()) == (0, 0)
    assert len(node.here("imports", "--json").json) == 1


def test_a_database_that_goes_away_is_outlived(node, postgres):
    node.here("db", "upgrade")
    with Running(node) as daemon:
        daemon.wait_for("polled", ok=True)
        postgres.restart()
        node.put("import_avis.csv")
        daemon.wait_for("imported", created=2)
        assert daemon.stop() == 0
