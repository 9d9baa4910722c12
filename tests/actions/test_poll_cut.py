"""A file whose last line is cut waits as if it were still being written, and in the end is rejected."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from support.rounds import BAD, JO, UTE, ZOE, A, B, Fetched, Round, lines, told
from tournee.actions import explain, poll
from tournee.core.messages import sentence

CUT = lines(ZOE) + "jo@example.com"
OPEN = lines(ZOE) + 'jo@example.com;"J'


@pytest.mark.parametrize("text", [CUT, OPEN], ids=["a short row", "an open quote"])
def test_a_cut_file_waits_and_nothing_of_it_is_recorded(rounds: Round, text: str):
    rounds.put(A, text=text)
    assert rounds.outcomes() == {A: "waiting cut"}
    assert (rounds.imports(), rounds.names(), rounds.tables()["deliveries"]) == ([], {}, [])
    assert (rounds.problems(), rounds.tables()["alerts"], rounds.spooled()) == ([], [], [])


def test_while_it_is_unchanged_it_is_not_fetched_again(rounds: Round):
    rounds.put(A, text=CUT)
    rounds.poll()
    fetched = Fetched()
    passes = []
    for _ in range(4):
        rounds.later(minutes=1)
        passes.append(rounds.outcomes(progress=fetched))
    assert (passes, fetched.begun) == ([{A: "waiting cut"}] * 4, {})


def test_it_says_until_when_it_waits_and_is_looked_at_in_between(small_rounds: Round):
    small_rounds.put(A, text=CUT)
    report = small_rounds.poll()
    assert report.files[0].reason
    assert sentence(report.files[0].reason, "en") == (
        "its last line is cut; rejected if it is still so at 2026-11-23 11:05 UTC"
    )
    assert report.look_again_at == small_rounds.now + timedelta(seconds=30)
    small_rounds.later(minutes=4, seconds=45)
    assert small_rounds.poll().look_again_at == small_rounds.now + timedelta(seconds=15)


def test_a_file_that_grew_meanwhile_is_taken(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A, text=CUT)
    seen = []
    for _ in range(2):
        seen.append(rounds.outcomes())
        rounds.later(seconds=30)
    rounds.put(A, ZOE, JO)
    for _ in range(2):
        seen.append(rounds.outcomes())
        rounds.later(seconds=30)
    assert seen == [{A: "waiting new"}, {A: "waiting cut"}, {A: "waiting growing"}, {A: "imported"}]
    assert set(rounds.names()) == {"zoe@example.com", "jo@example.com"}


def test_a_file_that_grew_and_is_still_cut_waits_from_then_on(small_rounds: Round):
    small_rounds.put(A, text=CUT)
    small_rounds.poll()
    small_rounds.later(minutes=4)
    small_rounds.put(A, text=lines(ZOE, JO) + "ute")
    assert small_rounds.outcomes() == {A: "waiting cut"}
    small_rounds.later(minutes=4)
    assert small_rounds.outcomes() == {A: "waiting cut"}
    small_rounds.later(minutes=1)
    assert small_rounds.outcomes() == {A: "rejected cut"}


def test_in_the_end_it_is_rejected_with_an_alert(rounds: Round):
    rounds.put(A, text=OPEN)
    rounds.poll()
    rounds.later(minutes=5)
    assert rounds.outcomes() == {A: "rejected cut"}
    (record,) = rounds.imports()
    assert (record.counts.read, record.counts.rejected, rounds.names()) == (2, 2, {})
    assert [error[:3] for error in explain.errors(rounds.app, record.id or 0)] == [
        (3, None, "quote_unclosed")
    ]
    assert rounds.problems() == [("import_rejected", "cut")]
    assert rounds.next_outcomes() == {A: "known"}


def test_with_a_longer_time_to_settle_it_has_ten_times_that(small_rounds: Round):
    small_rounds.feed(settle="1 minute")
    small_rounds.put(A, text=CUT)
    small_rounds.poll()
    seen = []
    for minutes in (1, 8, 1):
        small_rounds.later(minutes=minutes)
        seen.append(small_rounds.outcomes()[A])
    assert seen == ["waiting cut", "waiting cut", "rejected cut"]


def test_with_a_marker_a_cut_file_waits_too(small_rounds: Round):
    small_rounds.feed(settle=None, marker=".ok")
    small_rounds.put(A, text=CUT)
    small_rounds.put(A + ".ok", text="")
    assert small_rounds.outcomes() == {A: "waiting cut"}
    small_rounds.put(A, ZOE, JO)
    assert small_rounds.outcomes() == {A: "imported"}


def test_a_cut_file_is_moved_where_rejected_files_go(small_rounds: Round):
    small_rounds.feed(rejected_to="refused")
    small_rounds.put(A, text=CUT)
    small_rounds.poll()
    small_rounds.later(minutes=5)
    small_rounds.poll()
    assert small_rounds.files() == [f"refused/{A}"]


def test_a_feed_may_accept_it(rounds: Round):
    rounds.feed(truncated="accept")
    rounds.put(A, text=CUT)
    rounds.put(B, text=lines(UTE) + 'jo@example.com;"J')
    assert rounds.outcomes() == {A: "imported", B: "imported_with_errors"}
    assert set(rounds.names()) == {"zoe@example.com", "jo@example.com", "ute@example.com"}


def test_a_file_that_waits_is_taken_once_its_feed_accepts_it(small_rounds: Round):
    small_rounds.put(A, text=CUT)
    small_rounds.poll()
    small_rounds.feed(truncated="accept")
    assert small_rounds.outcomes() == {A: "imported"}


def test_other_files_do_not_wait_for_it(rounds: Round):
    rounds.put(A, text=CUT)
    rounds.put(B, UTE)
    assert rounds.outcomes() == {A: "waiting cut", B: "imported"}


def test_by_hand_a_cut_file_is_rejected(rounds: Round):
    record = rounds.bring(text=CUT)
    assert (record.reason and record.reason.code, record.counts.rejected) == ("cut", 2)
    assert (rounds.names(), rounds.bring(text=CUT, dry_run=True).outcome) == ({}, "rejected")


def test_that_it_is_cut_is_told_before_that_most_rows_are_wrong(small_rounds: Round):
    record = small_rounds.bring(text=lines(BAD, BAD) + "jo@example.com")
    assert record.reason
    assert record.reason.code == "cut"


def test_force_does_not_take_half_a_file(small_rounds: Round):
    assert small_rounds.by_hand(text=CUT, force=True).record.outcome == "rejected"


def test_in_a_backlog_that_is_skipped_it_is_known(small_rounds: Round):
    small_rounds.feed(backlog="skip")
    small_rounds.put(A, text=CUT)
    assert small_rounds.outcomes() == {A: "known"}


# ---------------------------------------------------------------- poll --wait


def staying(rounds: Round, *, whole_after: int) -> list[str]:
    """A poll that waits, on a clock in a hurry; the file is whole from some reading of the clock on."""
    readings = iter(range(1_000))

    def clock() -> datetime:
        if next(readings) == whole_after:
            rounds.put(A, ZOE, JO)
        rounds.later(seconds=10)
        return rounds.now

    rounds.app = replace(rounds.app, clock=clock)
    (report,) = poll.poll_lists(rounds.app, [], wait=True)
    return [told(file) for file in report.files]


def test_a_poll_that_waits_takes_the_file_once_it_is_whole(small_rounds: Round):
    small_rounds.put(A, text=CUT)
    assert staying(small_rounds, whole_after=20) == ["imported"]


def test_a_poll_that_waits_ends_when_the_file_is_rejected(small_rounds: Round):
    small_rounds.put(A, text=CUT)
    assert staying(small_rounds, whole_after=999) == ["rejected cut"]
