"""What becomes of a file once it was imported, and of a pass that meets trouble."""

import os
from contextlib import ExitStack
from typing import ClassVar

import pytest

from support.rounds import BAD, JO, LARGE, UTE, ZOE, A, B, C, During, Fetched, Round, files_up_to, lines, told
from support.servers import repository, running
from tournee.actions import explain, poll
from tournee.core.errors import UnknownName
from tournee.core.facts import RemoteErrorKind
from tournee.core.settings import Protocol
from tournee.demo.servers import Gate, SftpServer
from tournee.remote.local import LocalRemote

# ---------------------------------------------------------------- afterwards


def test_an_imported_file_stays_where_it_is(small_rounds: Round):
    small_rounds.put(A)
    small_rounds.poll()
    assert small_rounds.files() == [A]


def test_an_imported_file_is_archived_as_the_feed_says(rounds: Round):
    rounds.feed(after_import="archive", archive_to="done/avis")
    rounds.put(A)
    assert rounds.outcomes() == {A: "imported"}
    assert rounds.files() == [f"done/avis/{A}"]
    assert (rounds.next_outcomes(), rounds.tables()["chores"]) == ({}, [])


def test_an_imported_file_is_deleted_where_the_feed_says_so(rounds: Round):
    rounds.feed(after_import="delete")
    rounds.put(A, ZOE, BAD)
    assert rounds.outcomes() == {A: "imported_with_errors"}
    assert rounds.files() == []


@pytest.mark.parametrize("after", ["archive", "delete"])
def test_a_marker_left_behind_would_call_half_a_file_complete_so_it_goes_too(rounds: Round, after: str):
    rounds.feed(after_import=after, settle=None, marker=".ok")
    rounds.put(A, ZOE)
    rounds.put(f"{A}.ok", text="")
    assert rounds.outcomes() == {A: "imported"}
    rounds.put(A, JO)
    assert rounds.next_outcomes() == {A: "waiting no_marker"}


def test_an_archive_is_never_overwritten(rounds: Round):
    rounds.feed(after_import="archive")
    for row in (ZOE, JO, UTE):
        rounds.put(A, row)
        rounds.next_outcomes()
    assert rounds.files() == [
        "archive/import_avis_1.2.csv", "archive/import_avis_1.3.csv", f"archive/{A}",
    ]  # fmt: skip
    assert (rounds.drop / "archive" / A).read_text() == lines(ZOE)


def test_the_same_content_put_again_is_known_and_archived_with_the_number_of_its_import(rounds: Round):
    rounds.feed(after_import="archive", settle="30 seconds")
    rounds.put(A, at=1)
    rounds.poll()
    rounds.next_outcomes()
    for at in (2, 3):
        rounds.put(A, at=at)
        assert rounds.next_outcomes() == {A: "waiting growing"}
        assert rounds.next_outcomes() == {A: "known"}
    assert rounds.files() == [
        "archive/import_avis_1.1.2.csv", "archive/import_avis_1.1.csv", f"archive/{A}",
    ]  # fmt: skip
    assert len(rounds.imports()) == 1


def test_the_same_file_put_again_with_its_time_is_known_and_deleted_unread(rounds: Round):
    rounds.feed(after_import="delete", settle="30 seconds")
    rounds.put(A, at=1)
    rounds.poll()
    rounds.next_outcomes()
    rounds.put(A, at=1)
    fetched = Fetched()
    assert rounds.next_outcomes(progress=fetched) == {A: "known"}
    assert (fetched.begun, rounds.files()) == ({}, [])


def test_a_known_file_of_a_list_that_was_renamed_is_put_away_as_the_new_one_says(rounds: Round):
    rounds.put(A)
    rounds.poll()
    del rounds.settings["lists"]["avis"]
    rounds.feed("clients", prefix="import_avis", after_import="archive")
    assert rounds.next_outcomes("clients") == {A: "known"}
    assert rounds.files() == [f"archive/{A}"]


@pytest.mark.parametrize("how", ["delete", "move"])
def test_a_file_that_another_list_of_the_directory_puts_away_at_once_is_no_trouble(
    small_rounds: Round, monkeypatch: pytest.MonkeyPatch, how: str
):
    act = getattr(LocalRemote, how)
    monkeypatch.setattr(LocalRemote, how, lambda *words: (act(*words), act(*words)))
    small_rounds.feed(after_import="delete" if how == "delete" else "archive")
    small_rounds.put(A)
    assert small_rounds.outcomes() == {A: "imported"}
    assert (small_rounds.problems(), small_rounds.tables()["chores"]) == ([], [])


def test_a_rejected_file_is_moved_where_the_feed_says_and_others_stay(rounds: Round):
    rounds.feed(rejected_to="refused")
    rounds.put(A, text="")
    rounds.put(B)
    rounds.poll()
    assert rounds.files() == [B, f"refused/{A}"]


@pytest.mark.parametrize("after_import", ["archive", "delete"])
def test_a_rejected_file_stays_where_the_feed_says_nothing_of_it(small_rounds: Round, after_import: str):
    small_rounds.feed(after_import=after_import)
    small_rounds.put(A, text="")
    small_rounds.poll()
    assert small_rounds.next_outcomes() == {A: "known"}
    assert small_rounds.files() == [A]


def test_an_archive_that_fails_is_told_and_tried_again_at_the_next_pass(rounds: Round):
    rounds.feed(after_import="archive")
    rounds.put("archive", text="a file where a directory should be")
    rounds.put(A)
    report = rounds.poll()
    assert [told(file) for file in report.files] == ["imported"]
    assert (report.ok, report.error, len(rounds.problems())) == (False, RemoteErrorKind.REFUSED, 1)
    assert (rounds.files(), len(rounds.tables()["chores"])) == (["archive", A], 1)
    (rounds.drop / "archive").unlink()
    rounds.later(hours=1)
    assert rounds.poll().ok
    assert (rounds.files(), rounds.problems()) == ([f"archive/{A}"], [])


def test_one_file_that_cannot_be_archived_keeps_no_other_from_it(small_rounds: Round):
    small_rounds.feed(after_import="archive")
    small_rounds.put(A)
    small_rounds.put(B, JO)
    fails = During(B, lambda: (small_rounds.drop / "archive").write_text("in the way"))
    assert small_rounds.outcomes(progress=fails) == {A: "imported", B: "imported"}
    (small_rounds.drop / "archive").unlink()
    small_rounds.next_outcomes()
    assert small_rounds.files() == [f"archive/{A}", f"archive/{B}"]


@pytest.mark.parametrize("after_import", ["archive", "delete"])
def test_a_new_version_that_comes_before_the_archiving_is_not_swept_away(rounds: Round, after_import: str):
    """The second file is read after the first was imported, and before anything is put away."""
    rounds.feed(after_import=after_import)
    rounds.put(A, ZOE)
    rounds.put(B, JO)
    arrives = During(B, lambda: rounds.put(A, UTE))
    assert rounds.outcomes(progress=arrives) == {A: "imported", B: "imported"}
    assert A in rounds.files()
    assert rounds.next_outcomes() == {A: "imported"}
    assert set(rounds.names()) == {"zoe@example.com", "jo@example.com", "ute@example.com"}


def test_a_file_that_somebody_else_put_away_is_no_trouble(small_rounds: Round):
    small_rounds.feed(after_import="archive")
    small_rounds.put(A)
    small_rounds.put(B, JO)
    report = small_rounds.poll(progress=During(B, (small_rounds.drop / A).unlink))
    assert (report.ok, small_rounds.files()) == (True, [f"archive/{B}"])


# ---------------------------------------------------------------- trouble


def test_a_repository_that_is_away_is_told_and_the_other_lists_go_on(rounds: Round):
    rounds.settings["repositories"]["away"] = {"url": "ftp://u@127.0.0.1:9/", "password": "x"}
    rounds.feed("loin", repository="away")
    rounds.put(A)
    avis, loin = poll.poll_lists(rounds.app, ())
    assert (avis.ok, [told(file) for file in avis.files]) == (True, ["imported"])
    assert (loin.ok, loin.error, loin.files) == (False, RemoteErrorKind.UNREACHABLE, ())
    assert rounds.problems() == [("unreachable", "remote_unreachable")]


def test_a_directory_that_is_not_there_is_trouble_and_never_no_files(rounds: Round):
    rounds.feed(path="nowhere")
    report = rounds.poll()
    assert (report.ok, report.error, report.files) == (False, RemoteErrorKind.NOT_FOUND, ())
    (problem,) = explain.status(rounds.app).problems
    assert (problem.kind, problem.subject) == ("unreachable", "avis")


def test_trouble_is_over_after_one_good_pass(rounds: Round):
    rounds.drop.rmdir()
    rounds.poll()
    assert rounds.problems() == [("unreachable", "directory_not_found")]
    rounds.drop.mkdir()
    rounds.later(hours=1)
    assert (rounds.poll().ok, rounds.problems()) == (True, [])


def test_what_was_queued_when_the_server_went_away_has_failed_and_is_taken_later(small_rounds: Round):
    small_rounds.put(A, ZOE)
    small_rounds.put(B, JO)
    with ExitStack() as server:
        small_rounds.served_by(server.enter_context(running("ftp", small_rounds.drop)).repository)
        report = small_rounds.poll(progress=During(A, server.close))
    assert [told(file) for file in report.files] == ["failed connection_lost", "failed remote_unreachable"]
    assert (report.ok, report.error) == (False, RemoteErrorKind.UNREACHABLE)
    small_rounds.configure()
    assert small_rounds.next_outcomes() == {A: "imported", B: "imported"}


def test_a_full_disk_fails_the_file_in_one_sentence_and_it_is_tried_again(rounds: Round):
    rounds.put(A, text=LARGE)
    rounds.put(B, UTE)
    with files_up_to(1_000_000):
        report = rounds.poll()
    assert {file.name: told(file) for file in report.files} == {A: "failed disk_full", B: "imported"}
    assert (report.ok, report.error) == (False, RemoteErrorKind.INTERNAL)
    assert rounds.spooled() == []
    assert rounds.next_outcomes()[A] == "imported"


def test_files_that_the_disk_cannot_hold_are_not_asked_for_and_cost_no_login(small_rounds: Round):
    class Counted(Gate):
        logins: ClassVar[list[str]] = []

        def check_auth_password(self, username: str, password: str) -> int:
            self.logins.append(username)
            return super().check_auth_password(username, password)

    for name in (A, B):
        os.truncate(small_rounds.put(name), 8 << 40)
    small_rounds.put(C)
    with type("Serving", (SftpServer,), {"gate": Counted})(small_rounds.drop) as server:
        small_rounds.served_by(repository(Protocol.SFTP, server.port, host_key=server.fingerprints))
        small_rounds.limit(size=16 << 40)
        assert small_rounds.outcomes() == {A: "failed no_room", B: "failed no_room", C: "imported"}
    assert (len(Counted.logins), small_rounds.problems()) == (1, [("unreachable", "no_room")])


def test_an_unknown_list_is_told_with_the_nearest_before_anything_is_polled(small_rounds: Round):
    small_rounds.put(A)
    with pytest.raises(UnknownName) as caught:
        poll.poll_lists(small_rounds.app, ["avis", "avsi"])
    assert caught.value.reason.details["nearest"] == "avis"
    assert small_rounds.imports() == []
