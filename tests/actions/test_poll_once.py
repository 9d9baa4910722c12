"""A delivery is imported once, in its order; what is known already, and what was there before."""

from dataclasses import replace
from typing import Any

import pytest

from support.rounds import JO, LARGE, UTE, ZOE, A, B, Fetched, Round, files_up_to
from tournee.actions import retry
from tournee.core.facts import RemoteFile
from tournee.remote.local import LocalRemote

# ---------------------------------------------------------------- once


def test_a_file_that_was_imported_is_known_and_not_read_again(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A)
    rounds.poll()
    rounds.later(seconds=30)
    rounds.poll()
    fetched = Fetched()
    assert [rounds.next_outcomes(progress=fetched) for _ in range(3)] == [{A: "known"}] * 3
    assert (fetched.begun, len(rounds.imports())) == ({}, 1)


def test_a_known_file_names_the_import_that_it_repeats(small_rounds: Round):
    small_rounds.put(A)
    (first,) = small_rounds.poll().files
    small_rounds.later(hours=1)
    (second,) = small_rounds.poll().files
    assert (second.outcome, second.import_id) == ("known", first.import_id)


def test_a_server_that_shifts_its_clock_costs_one_reading_and_no_import(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A, at=1_000)
    rounds.poll()
    rounds.later(seconds=30)
    assert rounds.outcomes() == {A: "imported"}
    rounds.put(A, at=4_600)
    fetched = Fetched()
    passes = [rounds.next_outcomes(progress=fetched) for _ in range(4)]
    assert passes == [{A: "waiting growing"}, {A: "known"}, {A: "known"}, {A: "known"}]
    assert (fetched.begun[A], len(rounds.imports())) == (1, 1)


def test_a_file_overwritten_in_the_same_second_with_as_many_bytes_is_imported(rounds: Round):
    rounds.put(A, "ann@example.com;Ann", at=1_000)
    assert rounds.outcomes() == {A: "imported"}
    rounds.put(A, "bob@example.com;Bob", at=1_000)
    assert rounds.next_outcomes() == {A: "imported"}
    assert set(rounds.names()) == {"ann@example.com", "bob@example.com"}


def test_with_settle_0_a_file_is_read_once_more_and_then_no_more(small_rounds: Round):
    small_rounds.put(A)
    small_rounds.poll()
    fetched = Fetched()
    for _ in range(3):
        small_rounds.next_outcomes(progress=fetched)
    assert fetched.begun[A] == 1


def test_new_content_under_the_same_name_is_a_new_delivery(rounds: Round):
    rounds.put(A, ZOE)
    rounds.poll()
    rounds.put(A, JO)
    assert rounds.next_outcomes() == {A: "imported"}
    rounds.put(A, ZOE)
    assert rounds.next_outcomes() == {A: "imported"}
    assert rounds.next_outcomes() == {A: "known"}
    assert rounds.taken() == [A, A, A]


def test_the_same_content_under_another_name_is_imported_again(rounds: Round):
    rounds.put(A)
    rounds.poll()
    rounds.put(B)
    assert rounds.next_outcomes() == {A: "known", B: "imported"}
    assert rounds.imports()[1].counts.unchanged == 1


def test_the_same_content_in_another_directory_is_imported_again(small_rounds: Round):
    small_rounds.feed("bis", prefix="import_avis", path="bis")
    small_rounds.put(A)
    small_rounds.put(f"bis/{A}")
    assert (small_rounds.outcomes("avis"), small_rounds.outcomes("bis")) == ({A: "imported"}, {A: "imported"})


def test_a_rejected_file_is_known_too(rounds: Round):
    rounds.put(A, text="")
    assert rounds.outcomes() == {A: "rejected empty"}
    assert rounds.next_outcomes() == {A: "known"}
    assert len(rounds.imports()) == 1


def test_a_file_imported_by_hand_is_imported_by_a_poll_all_the_same(small_rounds: Round):
    small_rounds.bring(ZOE, name=A)
    small_rounds.put(A, ZOE)
    assert small_rounds.outcomes() == {A: "imported"}


# ---------------------------------------------------------------- order


def test_files_are_taken_oldest_first_by_stamp_then_by_time(rounds: Round):
    rounds.put("import_avis.csv", at=1)
    rounds.put("import_avis_10.csv", at=2)
    rounds.put("import_avis_9.csv", at=3)
    rounds.put("import_avis.txt", at=0)
    rounds.poll()
    assert rounds.taken() == ["import_avis_9.csv", "import_avis_10.csv", "import_avis.txt", "import_avis.csv"]


def test_of_two_files_of_one_poll_the_newer_has_the_last_word(rounds: Round):
    rounds.put(B, "zoe@example.com;New")
    rounds.put(A, "zoe@example.com;Old")
    rounds.poll()
    assert rounds.names() == {"zoe@example.com": "New"}


def test_a_late_file_leaves_what_a_newer_one_brought_and_adds_the_rest(rounds: Round):
    rounds.put(B, "zoe@example.com;New")
    rounds.poll()
    rounds.put(A, "zoe@example.com;Old", JO)
    assert rounds.next_outcomes() == {A: "imported", B: "known"}
    late = rounds.imports()[1]
    assert [warning.code for warning in late.warnings] == ["late_file"]
    assert (late.counts.created, late.counts.unchanged, late.counts.updated) == (1, 1, 0)
    assert rounds.names() == {"zoe@example.com": "New", "jo@example.com": "Jo"}
    assert rounds.members() == 2


def test_a_late_file_puts_contacts_of_another_list_on_its_own(rounds: Round):
    rounds.feed("bis")
    rounds.put("import_bis.csv", JO)
    rounds.put(B, ZOE)
    rounds.poll("bis")
    rounds.poll()
    rounds.put(A, "jo@example.com;Joe", UTE)
    assert rounds.next_outcomes() == {A: "imported", B: "known"}
    assert rounds.members() == 3
    assert rounds.names()["jo@example.com"] == "Joe"


def test_a_rejected_file_makes_no_other_late(small_rounds: Round):
    small_rounds.put(B, text="")
    small_rounds.poll()
    small_rounds.put(A)
    small_rounds.next_outcomes()
    assert small_rounds.imports()[1].warnings == ()


def test_a_late_contact_is_decided_all_the_same(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.put(B, JO)
    rounds.poll()
    rounds.put(A, JO, ZOE)
    rounds.next_outcomes()
    decisions = rounds.imports()[1].decisions
    assert decisions
    assert (decisions.planned, decisions.blocked) == (1, {"duplicate": 1})


# ---------------------------------------------------------------- backlog


def test_a_skipped_backlog_is_known_and_not_imported(rounds: Round):
    rounds.feed(backlog="skip", settle="30 seconds")
    rounds.put(A)
    rounds.put(B, JO)
    assert rounds.outcomes() == {A: "known", B: "known"}
    assert rounds.next_outcomes() == rounds.next_outcomes() == {A: "known", B: "known"}
    assert (rounds.imports(), rounds.names()) == ([], {})


def test_what_comes_after_the_backlog_is_imported(rounds: Round):
    rounds.feed(backlog="skip")
    rounds.put(A)
    rounds.poll()
    rounds.put(B, JO)
    assert rounds.next_outcomes() == {A: "known", B: "imported"}


def test_a_file_of_the_backlog_that_changes_is_imported(rounds: Round):
    rounds.feed(backlog="skip")
    rounds.put(A, ZOE)
    rounds.poll()
    rounds.put(A, ZOE, JO)
    assert rounds.next_outcomes() == {A: "imported"}


def test_an_empty_directory_at_the_first_poll_is_a_backlog_too(small_rounds: Round):
    small_rounds.feed(backlog="skip")
    assert small_rounds.outcomes() == {}
    small_rounds.put(A)
    assert small_rounds.next_outcomes() == {A: "imported"}


def test_the_backlog_is_what_lies_there_at_the_first_poll_that_succeeds(rounds: Round):
    rounds.feed(backlog="skip", path="later")
    assert rounds.poll().ok is False
    rounds.put(f"later/{A}")
    assert rounds.next_outcomes() == {A: "known"}
    rounds.put(f"later/{B}")
    assert rounds.next_outcomes() == {A: "known", B: "imported"}


def test_a_backlog_that_could_not_be_read_to_its_end_is_still_one(rounds: Round):
    rounds.feed(backlog="skip")
    rounds.put(A)
    rounds.put(B, text=LARGE)
    with files_up_to(1_000_000):
        assert rounds.outcomes() == {A: "known", B: "failed disk_full"}
    assert rounds.next_outcomes() == {A: "known", B: "known"}
    assert rounds.imports() == []


def test_another_repository_has_a_backlog_of_its_own(rounds: Round):
    rounds.feed(backlog="skip")
    rounds.poll()
    (rounds.root / "halle").mkdir()
    rounds.settings["repositories"]["halle"] = {"url": f"file://{rounds.root}/halle"}
    rounds.feed(repository="halle")
    rounds.put(f"../halle/{A}")
    assert rounds.next_outcomes() == {A: "known"}
    assert rounds.imports() == []


def test_a_backlog_that_is_not_skipped_is_imported(small_rounds: Round):
    small_rounds.put(A)
    assert small_rounds.outcomes() == {A: "imported"}


@pytest.mark.parametrize("time", ["Nov 23 11:00", ""], ids=["of whole minutes", "none at all"])
def test_where_a_server_tells_time_badly_new_content_of_the_same_length_is_imported(
    small_rounds: Round, monkeypatch: pytest.MonkeyPatch, time: str
):
    def listed(remote: LocalRemote, *words: Any) -> list[RemoteFile]:
        return [replace(file, modified=time) for file in shown(remote, *words)]

    def looked(remote: LocalRemote, directory: str, name: str) -> RemoteFile | None:
        return next((file for file in remote.list(directory) if file.name == name), None)

    shown = LocalRemote.list
    monkeypatch.setattr(LocalRemote, "list", listed)
    monkeypatch.setattr(LocalRemote, "look", looked)
    small_rounds.feed(settle="30 seconds")
    small_rounds.put(A, "zoe@example.com;Zoé")
    small_rounds.poll()
    small_rounds.later(seconds=30)
    assert small_rounds.outcomes() == {A: "imported"}
    small_rounds.put(A, "jon@example.com;Zoé")
    assert small_rounds.next_outcomes() == {A: "imported"}
    assert small_rounds.next_outcomes() == {A: "known"}


# ---------------------------------------------------------------- too large to be fetched


def settled(rounds: Round) -> dict[str, str]:
    """A pass over files that have settled meanwhile."""
    rounds.poll()
    return rounds.next_outcomes()


def test_a_file_larger_than_any_may_be_is_rejected_without_being_fetched(rounds: Round):
    rounds.configure(limits={"size": "1 kB"})
    rounds.put(A, text="x" * 2_000)
    fetched = Fetched()
    assert rounds.outcomes(progress=fetched) == {A: "rejected too_large"}
    assert (fetched.begun, rounds.problems()) == ({}, [("import_rejected", "too_large")])


def test_it_is_known_afterwards_also_when_its_time_changes(rounds: Round):
    rounds.configure(limits={"size": "1 kB"})
    for at in (1_000, 4_600):
        rounds.put(A, text="x" * 2_000, at=at)
        rounds.next_outcomes()
    assert (rounds.next_outcomes(), len(rounds.imports())) == ({A: "known"}, 1)
    rounds.put(A, text="x" * 2_001)
    assert rounds.next_outcomes() == {A: "rejected too_large"}


def test_once_the_limit_is_raised_it_is_taken_again_when_a_person_says_so(rounds: Round):
    rounds.configure(limits={"size": "1 kB"})
    rounds.feed(settle="30 seconds")
    rounds.put(A, ZOE, *[JO] * 100)
    assert settled(rounds) == {A: "rejected too_large"}
    rounds.configure(limits={})
    assert rounds.next_outcomes() == {A: "known"}
    assert retry.retry(rounds.app, 1).record.counts.created == 2
    rounds.put(A, ZOE, *[JO] * 100, at=1_000)
    assert settled(rounds) == {A: "known"}


def test_in_a_backlog_that_is_skipped_it_is_known_too(small_rounds: Round):
    small_rounds.configure(limits={"size": "1 kB"})
    small_rounds.feed(backlog="skip")
    small_rounds.put(A, text="x" * 2_000)
    assert small_rounds.outcomes() == small_rounds.next_outcomes() == {A: "known"}
