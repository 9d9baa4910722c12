"""The file of an import taken again because a person asks, mostly once the configuration is mended."""

from dataclasses import replace
from os.path import join

import pytest

from support.rounds import BAD, JO, UTE, ZOE, A, B, During, Fetched, Round
from support.servers import EMBEDDED, running
from tournee.actions import explain, retry
from tournee.actions.intake import Taken
from tournee.core.errors import CannotRetry, RemoteError, Stopped, UnknownName
from tournee.core.facts import Counts, Outcome, RemoteErrorKind
from tournee.core.messages import sentence

MOSTLY_BAD = (ZOE, BAD, BAD)


def mended(rounds: Round, **feed: object) -> int:
    """A file that was rejected, and a configuration that accepts it by now; the import's number."""
    rounds.put(A, *MOSTLY_BAD)
    assert rounds.outcomes() == {A: "rejected too_many_errors"}
    rounds.feed(reject_above="90%", **feed)
    rounds.later(hours=1)
    return rounds.imports()[0].id or 0


def again(rounds: Round, import_id: int, *, force: bool = False) -> Taken:
    return retry.retry(rounds.app, import_id, force=force)


def refusal(rounds: Round, import_id: int) -> str:
    with pytest.raises(CannotRetry) as caught:
        retry.retry(rounds.app, import_id)
    return caught.value.reason.code


# ---------------------------------------------------------------- once more


def test_a_file_that_was_rejected_is_taken_again_once_the_configuration_is_mended(rounds: Round):
    first = mended(rounds)
    record = again(rounds, first).record
    assert (record.outcome, record.counts) == (
        Outcome.IMPORTED_WITH_ERRORS, Counts(read=3, created=1, rejected=2),
    )  # fmt: skip
    assert (record.repository, record.file, record.started_at) == ("depot", A, rounds.now)
    assert [one.id for one in rounds.imports()] == [first, record.id]
    assert (rounds.names(), rounds.spooled()) == ({"zoe@example.com": "Zoé"}, [])


def test_what_is_remembered_of_it_is_what_was_told(rounds: Round):
    taken = again(rounds, mended(rounds))
    assert explain.show(rounds.app, taken.record.id or 0) == taken.record
    assert explain.errors(rounds.app, taken.record.id or 0) == list(taken.errors)


def test_the_kept_file_is_known_afterwards_as_the_new_import(rounds: Round):
    record = again(rounds, mended(rounds)).record
    fetched = Fetched()
    for _ in range(2):
        rounds.later(hours=1)
        (file,) = rounds.poll(progress=fetched).files
        assert (file.outcome, file.import_id) == ("known", record.id)
    assert (fetched.begun, len(rounds.imports())) == ({}, 2)


def test_a_server_that_shifts_its_clock_afterwards_makes_no_third_import(rounds: Round):
    again(rounds, mended(rounds))
    rounds.put(A, *MOSTLY_BAD, at=4_600)
    assert [rounds.next_outcomes() for _ in range(2)] == [{A: "known"}] * 2
    assert len(rounds.imports()) == 2


def test_it_can_be_taken_again_and_again(rounds: Round):
    taken = again(rounds, mended(rounds))
    record = again(rounds, taken.record.id or 0).record
    assert record.counts == Counts(read=3, unchanged=1, rejected=2)
    assert rounds.next_outcomes() == {A: "known"}


def test_forced_it_goes_in_without_another_configuration(rounds: Round):
    rounds.put(A, *MOSTLY_BAD)
    rounds.poll()
    assert again(rounds, 1).record.outcome is Outcome.REJECTED
    assert again(rounds, 1, force=True).record.counts.created == 1


def test_an_old_file_is_late_when_it_is_taken_again(rounds: Round):
    rounds.put(A, "zoe@example.com;Old")
    rounds.put(B, "zoe@example.com;New")
    rounds.poll()
    record = again(rounds, 1).record
    assert ([warning.code for warning in record.warnings], rounds.names()) == (
        ["late_file"], {"zoe@example.com": "New"},
    )  # fmt: skip


@pytest.mark.parametrize("kind", EMBEDDED)
def test_it_is_fetched_over_every_protocol(small_rounds: Round, kind: str):
    with running(kind, small_rounds.drop) as box:
        small_rounds.served_by(replace(box.repository, key="depot"))
        small_rounds.put(A, *MOSTLY_BAD)
        small_rounds.poll()
        assert again(small_rounds, 1, force=True).record.counts.created == 1
        (small_rounds.drop / A).unlink()
        assert refusal(small_rounds, 1) == "retry_file_gone"


# ---------------------------------------------------------------- where it is


@pytest.mark.parametrize("after_import", ["archive", "delete"])
def test_afterwards_it_is_put_away_as_the_feed_says(rounds: Round, after_import: str):
    again(rounds, mended(rounds, after_import=after_import))
    assert rounds.files() == ([f"archive/{A}"] if after_import == "archive" else [])
    assert rounds.tables()["chores"] == []


@pytest.mark.parametrize("feed", [{"rejected_to": "refused"}, {"rejected_to": "no/no", "path": "in"}])
def test_it_is_found_where_rejected_files_are_put_and_stays_there(rounds: Round, feed: dict[str, str]):
    rounds.feed(**feed)
    rounds.put(join(feed.get("path", ""), A), *MOSTLY_BAD)
    rounds.poll()
    moved = rounds.files()
    record = again(rounds, 1, force=True).record
    assert (record.file, record.counts.created, rounds.files()) == (A, 1, moved)
    assert rounds.tables()["chores"] == []


def test_it_is_found_in_the_archive_under_the_number_it_was_given(rounds: Round):
    rounds.feed(after_import="archive")
    for row in (ZOE, JO, UTE):
        rounds.put(A, row)
        rounds.next_outcomes()
    assert rounds.files()[:2] == ["archive/import_avis_1.2.csv", "archive/import_avis_1.3.csv"]
    record = again(rounds, 2).record
    assert (record.counts, record.file) == (Counts(read=1, unchanged=1), A)


def test_an_archived_version_taken_again_leaves_what_was_delivered_since_known(rounds: Round):
    rounds.feed(after_import="archive")
    rounds.put(A, ZOE)
    rounds.poll()
    rounds.feed(after_import="keep")
    rounds.put(A, JO)
    assert rounds.next_outcomes() == {A: "imported"}
    again(rounds, 1)
    assert rounds.next_outcomes() == {A: "known"}
    assert len(rounds.imports()) == 3


def test_a_new_version_at_its_path_is_not_taken_for_it(rounds: Round):
    rounds.put(A, ZOE)
    rounds.poll()
    for row in (JO, "zoe@example.com;Zoee"):  # of another length, and of the same
        rounds.put(A, row)
        assert refusal(rounds, 1) == "retry_file_changed"
    assert len(rounds.imports()) == 1


def test_where_its_feed_looks_elsewhere_by_now_nothing_is_put_away_there(rounds: Round):
    for directory in ("old", "new"):
        rounds.put(join(directory, A), ZOE, at=1)
    rounds.feed(path="old")
    rounds.poll()
    rounds.feed(path="new", after_import="delete")
    again(rounds, 1)
    assert rounds.files() == [f"new/{A}", f"old/{A}"]


def test_a_file_that_is_gone_is_told_with_its_path_and_what_to_do(rounds: Round):
    path = rounds.put(A)
    rounds.poll()
    path.unlink()
    with pytest.raises(CannotRetry) as caught:
        again(rounds, 1)
    assert sentence(caught.value.reason, "en") == (
        f"depot: the file of import 1 is neither at {rounds.drop}/{A} any more nor where files are put away. "
        "Ask for it again, or take a copy: `tournee import avis FILE`."
    )


# ---------------------------------------------------------------- what cannot be


def test_what_came_by_hand_can_be_fetched_from_nowhere(small_rounds: Round):
    record = small_rounds.bring(ZOE)
    with pytest.raises(CannotRetry) as caught:
        again(small_rounds, record.id or 0)
    assert "`tournee import avis FILE`" in sentence(caught.value.reason, "en")


def test_an_unknown_number_is_told(small_rounds: Round):
    with pytest.raises(UnknownName) as caught:
        again(small_rounds, 99)
    assert caught.value.reason.code == "unknown_import"


@pytest.mark.parametrize("gone", ["list", "feed", "repository"])
def test_where_its_list_or_repository_left_the_configuration_it_cannot_be(small_rounds: Round, gone: str):
    small_rounds.put(A)
    small_rounds.poll()
    settings = small_rounds.settings
    settings["lists"] = {"avis": {"name": "Avis"}} if gone == "feed" else {"bis": settings["lists"]["avis"]}
    if gone == "repository":
        settings["lists"] = {"avis": settings["lists"]["bis"]}
        settings["repositories"] = {"halle": settings["repositories"]["depot"]}
        settings["lists"]["avis"]["feed"]["repository"] = "halle"
    small_rounds.configure()
    assert refusal(small_rounds, 1) == "retry_not_configured"


def test_while_its_list_is_being_polled_it_waits_for_nobody(rounds: Round):
    rounds.put(A)
    rounds.poll()
    with rounds.store.exclusive("poll avis"):
        assert refusal(rounds, 1) == "retry_busy"


def test_a_repository_that_is_away_is_told_as_such(small_rounds: Round):
    small_rounds.put(A)
    small_rounds.poll()
    away = {"url": f"ftp://u@127.0.0.1:9/{small_rounds.drop}", "password": "x"}
    small_rounds.settings["repositories"]["depot"] = away
    small_rounds.configure()
    with pytest.raises(RemoteError) as caught:
        again(small_rounds, 1)
    assert caught.value.kind is RemoteErrorKind.UNREACHABLE


# ---------------------------------------------------------------- who is told


def test_a_person_asked_so_that_nobody_is_alerted(rounds: Round):
    rounds.put(A, *MOSTLY_BAD)
    rounds.poll()
    before = rounds.tables()
    again(rounds, 1)
    assert rounds.tables()["alerts"] == before["alerts"]
    assert rounds.tables()["conditions"] == before["conditions"]


def test_a_clean_one_ends_what_was_wrong_with_the_list(rounds: Round):
    rounds.feed(language="en", default_language=None)
    rounds.put(A, ZOE)
    assert rounds.outcomes() == {A: "rejected wrong_language"}
    assert rounds.problems() == [("import_rejected", "wrong_language")]
    rounds.feed(language="fr", default_language="fr")
    assert again(rounds, 1).record.outcome is Outcome.IMPORTED
    assert rounds.problems() == []


def test_one_with_errors_leaves_it_open(rounds: Round):
    again(rounds, mended(rounds))
    assert rounds.problems() == [("import_rejected", "too_many_errors")]


def test_it_deploys_as_any_import_does(rounds: Round):
    rounds.deploy("satisfaction")
    record = again(rounds, mended(rounds)).record
    assert record.decisions
    assert record.decisions.planned == 1


def test_asked_to_stop_it_writes_nothing(rounds: Round):
    number, before = mended(rounds), rounds.tables()
    with pytest.raises(Stopped):
        retry.retry(rounds.app, number, progress=During(A, rounds.app.stop.set))
    assert (rounds.tables(), rounds.spooled()) == (before, [])
