"""One pass over one feed: which files are taken, when they are complete, and who takes them."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from support.rounds import JO, LARGE, UTE, ZOE, A, B, C, During, Round, lines, told
from support.servers import running
from tournee.actions import poll, utc_now
from tournee.core.errors import Stopped
from tournee.core.facts import RemoteErrorKind
from tournee.core.messages import sentence
from tournee.store import imports
from tournee.store import rounds as memory

# ---------------------------------------------------------------- which file


def test_the_files_of_exactly_the_prefix_are_taken_and_near_misses_told_with_their_reason(rounds: Round):
    for name in ("import_avis.csv", "import_avis_20261123.CSV", "import_avis_bis.csv", "Import_Avis.csv",
                 "import_avis.xlsx", "import_avis.csv.part", ".import_avis.csv", "other.csv"):  # fmt: skip
        rounds.put(name)
    assert rounds.outcomes() == {
        "import_avis_20261123.CSV": "imported", "import_avis.csv": "imported",
        ".import_avis.csv": "skipped hidden", "Import_Avis.csv": "skipped case",
        "import_avis.csv.part": "skipped partial", "import_avis.xlsx": "skipped extension",
        "import_avis_bis.csv": "skipped other_prefix",
    }  # fmt: skip
    assert rounds.taken() == ["import_avis_20261123.CSV", "import_avis.csv"]


def test_of_two_feeds_of_a_directory_the_longer_prefix_has_the_file(rounds: Round):
    rounds.feed("bis", prefix="import_avis_2026")
    rounds.put("import_avis_2026.csv")
    rounds.put("import_avis_2027.csv", JO)
    assert rounds.outcomes("avis") == {"import_avis_2027.csv": "imported"}
    assert rounds.outcomes("bis") == {"import_avis_2026.csv": "imported"}
    assert {record.list: record.file for record in rounds.imports()} == {
        "avis": "import_avis_2027.csv", "bis": "import_avis_2026.csv",
    }  # fmt: skip


def test_feeds_of_different_directories_take_nothing_from_each_other(rounds: Round):
    rounds.feed("bis", prefix="import_avis", path="bis")
    rounds.put("import_avis.csv")
    rounds.put("bis/import_avis.csv", JO)
    assert rounds.outcomes("bis") == rounds.outcomes("avis") == {"import_avis.csv": "imported"}
    assert (rounds.members("avis"), rounds.members("bis"), len(rounds.names())) == (1, 1, 2)


def test_a_stamp_can_be_required(small_rounds: Round):
    small_rounds.feed(stamp="required")
    small_rounds.put("import_avis.csv")
    assert small_rounds.outcomes() == {"import_avis.csv": "skipped stamp"}


def test_a_directory_or_a_link_with_the_right_name_is_no_file(small_rounds: Round):
    (small_rounds.drop / A).mkdir()
    (small_rounds.drop / B).symlink_to(small_rounds.config)
    assert small_rounds.outcomes() == {}


# ---------------------------------------------------------------- complete


def test_a_new_file_waits_until_it_has_settled_by_our_clock_whatever_the_server_shows(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A, at=0)
    assert rounds.outcomes() == {A: "waiting new"}
    rounds.later(seconds=29)
    assert rounds.outcomes() == {A: "waiting new"}
    rounds.later(seconds=1)
    assert rounds.outcomes() == {A: "imported"}


def test_a_file_that_waits_says_when_to_look_again(small_rounds: Round):
    small_rounds.feed(settle="30 seconds")
    small_rounds.put(A)
    first = small_rounds.now + timedelta(seconds=30)
    assert small_rounds.poll().look_again_at == first
    small_rounds.later(seconds=20)
    small_rounds.put(B, JO)
    assert small_rounds.poll().look_again_at == first
    small_rounds.later(seconds=60)
    assert small_rounds.poll().look_again_at is None


def test_a_file_that_grows_waits_from_its_last_change(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A, ZOE, at=1)
    rounds.poll()
    rounds.later(seconds=30)
    rounds.put(A, ZOE, JO, at=1)
    assert rounds.outcomes() == {A: "waiting growing"}
    rounds.later(seconds=29)
    assert rounds.outcomes() == {A: "waiting growing"}
    rounds.later(seconds=1)
    assert rounds.outcomes() == {A: "imported"}
    assert rounds.members() == 2


def test_a_file_of_the_same_size_whose_time_changes_waits_too(small_rounds: Round):
    small_rounds.feed(settle="30 seconds")
    small_rounds.put(A, at=1)
    small_rounds.poll()
    small_rounds.later(seconds=30)
    small_rounds.put(A, at=2)
    assert small_rounds.outcomes() == {A: "waiting growing"}


def test_with_settle_0_a_file_is_taken_at_first_sight(small_rounds: Round):
    small_rounds.put(A)
    assert small_rounds.outcomes() == {A: "imported"}


def test_with_a_marker_a_file_waits_for_it_and_no_time(rounds: Round):
    rounds.feed(settle=None, marker=".ok")
    rounds.put(A)
    assert rounds.outcomes() == rounds.next_outcomes() == {A: "waiting no_marker"}
    assert rounds.poll().look_again_at is None
    rounds.put(A + ".ok", text="")
    assert rounds.outcomes() == {A: "imported"}


def test_a_file_replaced_while_it_is_read_is_dropped_and_taken_at_a_later_poll(rounds: Round):
    rounds.put(A, ZOE)
    report = rounds.poll(progress=During(A, lambda: rounds.put(A, JO)))
    assert ([told(file) for file in report.files], report.look_again_at) == (["waiting growing"], rounds.now)
    assert (rounds.imports(), rounds.spooled()) == ([], [])
    assert rounds.next_outcomes() == {A: "imported"}
    assert rounds.names() == {"jo@example.com": "Jo"}


@pytest.mark.parametrize("kind", ["ftp", "sftp"])
def test_a_file_overwritten_on_a_server_while_it_is_read_is_dropped_too(small_rounds: Round, kind: str):
    with running(kind, small_rounds.drop) as box:
        small_rounds.served_by(box.repository)
        small_rounds.put(A, ZOE, at=1)
        changed = During(A, lambda: small_rounds.put(A, JO + "e", at=9))
        assert small_rounds.outcomes(progress=changed) == {A: "waiting growing"}
        assert small_rounds.next_outcomes() == {A: "imported"}
        assert small_rounds.names() == {"jo@example.com": "Joe"}


def test_a_file_that_shrinks_while_it_is_read_fails_and_the_others_go_on(rounds: Round):
    path = rounds.put(A, ZOE, JO)
    rounds.put(B, UTE)
    shrunk = During(A, lambda: path.write_text(lines(ZOE)))
    report = rounds.poll(progress=shrunk)
    assert {file.name: told(file) for file in report.files} == {A: "failed file_truncated", B: "imported"}
    assert rounds.spooled() == []
    assert rounds.next_outcomes() == {A: "imported", B: "known"}


def test_a_file_that_vanishes_while_another_is_read_fails_and_the_others_go_on(rounds: Round):
    for name, row in ((A, ZOE), (B, JO), (C, UTE)):
        rounds.put(name, row)
    vanished = During(A, (rounds.drop / B).unlink)
    assert rounds.outcomes(progress=vanished) == {A: "imported", B: "failed file_missing", C: "imported"}
    assert rounds.next_outcomes() == {A: "known", C: "known"}


def test_a_file_that_vanishes_while_it_is_read_fails(rounds: Round):
    path = rounds.put(A)
    (file,) = rounds.poll(progress=During(A, path.unlink)).files
    assert (told(file), rounds.imports(), rounds.next_outcomes()) == ("failed file_missing", [], {})
    assert file.reason
    assert sentence(file.reason, "en") == f"depot: {A} is no longer in {rounds.drop}/."


def test_a_file_that_changes_or_goes_away_is_no_trouble_of_the_repository(rounds: Round):
    path = rounds.put(A, ZOE, JO)
    rounds.put(B, UTE)
    report = rounds.poll(progress=During(A, lambda: (path.write_text("x"), (rounds.drop / B).unlink())))
    assert [file.outcome for file in report.files] == ["failed", "failed"]
    assert (report.ok, report.error, rounds.problems()) == (True, None, [])


def test_a_file_that_the_server_cuts_although_it_has_not_changed_is_trouble(small_rounds: Round):
    """Cut while it is read, and listed as before afterwards."""
    path = small_rounds.put(A, at=1)
    cut = During(A, lambda: (path.write_text("x"), small_rounds.put(A, at=1)))
    report = small_rounds.poll(progress=cut)
    assert (report.ok, report.error) == (False, RemoteErrorKind.TRUNCATED)
    assert small_rounds.problems() == [("unreachable", "file_truncated")]


# ---------------------------------------------------------------- several, and stopping


def test_a_list_that_is_being_polled_is_left_to_the_other(rounds: Round):
    rounds.put(A)
    begun, go_on = threading.Event(), threading.Event()
    hold = During(A, lambda: (begun.set(), go_on.wait(20)))
    first = threading.Thread(target=rounds.poll, kwargs={"progress": hold})
    first.start()
    begun.wait(20)
    report = rounds.poll()
    go_on.set()
    first.join()
    assert (report.ok, report.reason and report.reason.code) == (True, "list_busy")
    assert [file.outcome for file in report.files] == ["busy"]
    assert rounds.taken() == [A]


def test_a_delivery_that_another_process_took_meanwhile_is_left_to_it(rounds: Round):
    """Though the lock should forbid it, the unique key decides."""
    rounds.put(A)

    def taken_by_another() -> None:
        with rounds.store.write() as tx:
            imports.deliver(
                tx, repository="depot", path=f"{rounds.drop}/{A}", follows=0,
                sha256="0" * 64, size=1, modified="1", now=rounds.now,
            )  # fmt: skip

    assert rounds.outcomes(progress=During(A, taken_by_another)) == {A: "busy list_busy"}
    assert (rounds.imports(), rounds.names(), rounds.spooled()) == ([], {}, [])


def test_asked_to_stop_while_a_file_is_imported_it_writes_nothing_of_it(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A)
    rounds.poll()
    rounds.later(seconds=30)
    before = rounds.tables()
    with pytest.raises(Stopped):
        rounds.poll(progress=During(A, rounds.app.stop.set))
    assert (rounds.tables(), rounds.spooled()) == (before, [])
    rounds.app.stop.clear()
    assert rounds.outcomes() == {A: "imported"}


def test_halted_in_the_middle_of_a_transfer_it_ends_and_writes_nothing(rounds: Round):
    rounds.put(A, text=LARGE)
    with pytest.raises(Stopped):
        rounds.poll(progress=During(A, rounds.app.halt))
    assert (rounds.imports(), rounds.names(), rounds.problems(), rounds.spooled()) == ([], {}, [], [])


def test_asked_to_stop_it_begins_no_other_file(rounds: Round):
    rounds.feed(backlog="skip")
    rounds.put(A, ZOE)
    rounds.put(B, JO)
    fetched = During(A, rounds.app.stop.set)
    with pytest.raises(Stopped):
        rounds.poll(progress=fetched)
    assert set(fetched.begun) == {A}


def test_asked_to_stop_between_two_files_the_first_is_imported_whole(rounds: Round):
    rounds.put(A, ZOE)
    rounds.put(B, JO)
    with pytest.raises(Stopped):
        rounds.poll(progress=During(B, rounds.app.stop.set))
    assert (rounds.taken(), rounds.names()) == ([A], {"zoe@example.com": "Zoé"})


# ---------------------------------------------------------------- a bug


def buggy(rounds: Round) -> During:
    """A progress that fails as only a mistake of ours does, when the first file is under way."""

    def fail() -> None:
        raise ZeroDivisionError("jean@example.com")

    rounds.feed("bis")
    rounds.put(A, ZOE)
    rounds.put("import_bis.csv", JO)
    return During(A, fail)


def test_a_bug_in_one_list_ends_no_other_list_and_is_told(rounds: Round):
    bug = buggy(rounds)
    first, second = poll.poll_lists(rounds.app, [], progress=bug)
    assert (first.list, first.ok, first.error, first.files) == ("avis", False, RemoteErrorKind.INTERNAL, ())
    assert first.reason
    assert first.reason.details["type"] == "ZeroDivisionError"
    assert "test_poll.py" in sentence(first.reason, "en")
    assert [told(file) for file in second.files] == ["imported"]
    assert (rounds.taken(), rounds.spooled()) == (["import_bis.csv"], [])


def test_a_list_that_a_bug_stopped_is_polled_again_the_next_time(small_rounds: Round):
    poll.poll_lists(small_rounds.app, [], progress=buggy(small_rounds))
    assert small_rounds.next_outcomes() == {A: "imported"}


# ---------------------------------------------------------------- waiting until all has settled


def waiting(rounds: Round, *keys: str) -> tuple[poll.PollReport, ...]:
    """A poll that waits, by the real clock."""
    rounds.app = replace(rounds.app, clock=utc_now)
    return poll.poll_lists(rounds.app, keys, wait=True)


def test_a_poll_that_waits_takes_what_settles_meanwhile(small_rounds: Round):
    small_rounds.feed(settle="1 second", after_import="archive")
    small_rounds.put(A)
    small_rounds.put("import_avis.xlsx")
    (report,) = waiting(small_rounds)
    assert {file.name: told(file) for file in report.files} == {
        A: "imported", "import_avis.xlsx": "skipped extension",
    }  # fmt: skip
    assert report.look_again_at is None


def test_a_poll_that_waits_shows_what_was_done_in_its_earlier_passes(small_rounds: Round):
    small_rounds.feed(settle="1 second", after_import="archive")
    small_rounds.put(A)
    small_rounds.later(days=-1)
    small_rounds.poll()
    small_rounds.put(B, JO)
    (report,) = waiting(small_rounds)
    assert {file.name: told(file) for file in report.files} == {A: "imported", B: "imported"}


def test_a_poll_that_waits_waits_for_all_lists_at_once(small_rounds: Round):
    small_rounds.feed(settle="1 second")
    small_rounds.feed("bis", settle="1 second")
    small_rounds.put(A)
    small_rounds.put("import_bis.csv", JO)
    reports = waiting(small_rounds)
    assert [[told(file) for file in report.files] for report in reports] == [["imported"], ["imported"]]
    with small_rounds.store.read() as tx:
        seen = memory.sightings(tx, "depot", "")
    assert seen["import_bis.csv"].since < small_rounds.imports()[0].started_at


def test_a_poll_that_waits_does_not_wait_for_a_marker(small_rounds: Round):
    small_rounds.feed(settle=None, marker=".ok")
    small_rounds.put(A)
    assert [told(file) for report in waiting(small_rounds) for file in report.files] == ["waiting no_marker"]


def test_a_poll_that_waits_ends_when_it_is_asked_to(small_rounds: Round):
    small_rounds.feed(settle="1 hour")
    small_rounds.put(A)
    threading.Timer(0.3, lambda: small_rounds.app.stop.set()).start()
    assert [told(file) for report in waiting(small_rounds) for file in report.files] == ["waiting new"]


def test_a_poll_that_does_not_wait_does_one_pass(small_rounds: Round):
    small_rounds.feed(settle="1 second")
    small_rounds.put(A)
    (report,) = poll.poll_lists(small_rounds.app, [])
    assert [told(file) for file in report.files] == ["waiting new"]
