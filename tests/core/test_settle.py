from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.facts import Reason, RemoteFile, Sighting, WaitReason
from tournee.core.settings import Limits
from tournee.core.settle import Settled, cut, marked, settle, too_large
from tournee.core.times import Duration

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HALF_A_MINUTE = Duration.parse("30 seconds")
AT_ONCE = Duration.parse("0")


def a_file(size: int | None = 10, modified: str = "20261123115900") -> RemoteFile:
    return RemoteFile(name="import_avis.csv", size=size, modified=modified, modified_at=None)


def seen(
    since: datetime,
    size: int | None = 10,
    modified: str = "20261123115900",
    changed: bool = False,
    cut: bool = False,
) -> Sighting:
    return Sighting(
        name="import_avis.csv", size=size, modified=modified, since=since, changed=changed, cut=cut
    )


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_file_seen_for_the_first_time_waits() -> None:
    assert settle(a_file(), None, NOON, HALF_A_MINUTE) == Settled(
        sighting=seen(NOON), wait=WaitReason.NEW, ready_at=after(30)
    )


def test_a_file_seen_for_the_first_time_is_taken_at_once_where_nothing_settles() -> None:
    assert settle(a_file(), None, NOON, AT_ONCE) == Settled(sighting=seen(NOON), wait=None, ready_at=None)


def test_a_file_that_stays_the_same_is_new_until_it_has_settled() -> None:
    found = settle(a_file(), seen(NOON), after(29.9), HALF_A_MINUTE)
    assert found == Settled(sighting=seen(NOON), wait=WaitReason.NEW, ready_at=after(30))


def test_a_file_that_has_stayed_the_same_is_complete() -> None:
    found = settle(a_file(), seen(NOON), after(30), HALF_A_MINUTE)
    assert found == Settled(sighting=seen(NOON), wait=None, ready_at=None)


@pytest.mark.parametrize("file", [a_file(size=11), a_file(size=9), a_file(modified="20261123120001")])
def test_a_file_still_growing_begins_its_wait_again(file: RemoteFile) -> None:
    found = settle(file, seen(NOON), after(40), HALF_A_MINUTE)
    since_now = seen(after(40), size=file.size, modified=file.modified, changed=True)
    assert found == Settled(sighting=since_now, wait=WaitReason.GROWING, ready_at=after(70))


def test_a_file_that_has_grown_is_still_called_growing_while_it_settles() -> None:
    found = settle(a_file(), seen(NOON, changed=True), after(10), HALF_A_MINUTE)
    assert found == Settled(sighting=seen(NOON, changed=True), wait=WaitReason.GROWING, ready_at=after(30))


def test_a_clock_that_was_put_back_neither_hastens_a_file_nor_keeps_it_for_ever() -> None:
    hour_back = after(-3600)
    found = settle(a_file(), seen(NOON), hour_back, HALF_A_MINUTE)
    assert found == Settled(sighting=seen(hour_back), wait=WaitReason.NEW, ready_at=after(-3570))
    assert settle(a_file(), found.sighting, after(-3570), HALF_A_MINUTE).wait is None


def test_a_servers_clock_makes_no_file_old_enough() -> None:
    file = RemoteFile(
        name="import_avis.csv", size=10, modified="1999", modified_at=datetime(1999, 1, 1, tzinfo=UTC)
    )
    assert settle(file, None, NOON, HALF_A_MINUTE).wait is WaitReason.NEW


@pytest.mark.parametrize("duration", [AT_ONCE, HALF_A_MINUTE])
def test_a_file_of_unknown_size_is_never_complete_and_says_why(duration: Duration) -> None:
    found = settle(a_file(size=None), seen(NOON, size=None), after(3600), duration)
    assert (found.wait, found.ready_at) == (WaitReason.NEW, None)
    details = {"since": "2026-11-23T12:00:00Z", "ready_at": None, "size": None}
    assert found.reason == Reason("new", details)


def test_the_reason_tells_since_when_and_until_when() -> None:
    found = settle(a_file(size=11), seen(NOON), after(40), HALF_A_MINUTE)
    details = {"since": "2026-11-23T12:00:40Z", "ready_at": "2026-11-23T12:01:10Z", "size": 11}
    assert found.reason == Reason("growing", details)
    assert settle(a_file(), seen(NOON), after(30), HALF_A_MINUTE).reason is None


@pytest.mark.parametrize(
    ("names", "size", "expected"),
    [
        ({"import_avis.csv", "import_avis.csv.ok"}, 10, None),
        ({"import_avis.csv"}, 10, WaitReason.NO_MARKER),
        ({"import_avis.csv", "import_avis.ok"}, 10, WaitReason.NO_MARKER),
        ({"import_avis.csv", "import_avis.csv.OK"}, 10, WaitReason.NO_MARKER),
        ({"import_avis.csv", "import_avis.csv.ok"}, None, WaitReason.NEW),
    ],
)
def test_a_marker_beside_the_file_says_that_it_is_complete(
    names: set[str], size: int | None, expected: WaitReason | None
) -> None:
    assert marked(a_file(size=size), names, ".ok") is expected


# ---------------------------------------------------------------- files that are cut


def test_a_cut_file_waits_ten_times_as_long_and_is_remembered() -> None:
    minute = Duration.parse("1 minute")
    assert cut(seen(NOON), after(60), minute) == Settled(
        sighting=seen(NOON, cut=True), wait=WaitReason.CUT, ready_at=after(600)
    )


@pytest.mark.parametrize("duration", [AT_ONCE, Duration.parse("1 second"), HALF_A_MINUTE])
def test_a_cut_file_gets_five_minutes_at_least(duration: Duration) -> None:
    assert cut(seen(NOON), after(299), duration).ready_at == after(300)


def test_a_cut_file_that_stays_as_it_is_has_had_its_time_in_the_end() -> None:
    found = cut(seen(NOON, cut=True), after(300), HALF_A_MINUTE)
    assert found == Settled(sighting=seen(NOON, cut=True), wait=None, ready_at=None)


def test_a_cut_file_is_known_to_be_cut_while_it_does_not_change() -> None:
    found = settle(a_file(), seen(NOON, cut=True), after(60), HALF_A_MINUTE)
    assert found == Settled(sighting=seen(NOON, cut=True), wait=None, ready_at=None)


@pytest.mark.parametrize("file", [a_file(size=11), a_file(modified="20261123120001")])
def test_a_cut_file_that_changes_may_be_whole(file: RemoteFile) -> None:
    found = settle(file, seen(NOON, cut=True), after(60), HALF_A_MINUTE)
    since_now = seen(after(60), size=file.size, modified=file.modified, changed=True)
    assert found == Settled(sighting=since_now, wait=WaitReason.GROWING, ready_at=after(90))


def test_the_reason_of_a_cut_file_tells_since_when_and_until_when() -> None:
    details = {"since": "2026-11-23T12:00:00Z", "until": "2026-11-23T12:05:00Z", "size": 10}
    assert cut(seen(NOON), after(30), HALF_A_MINUTE).reason == Reason("cut", details)


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.booleans())
def test_a_cut_file_waits_until_its_time_is_over_and_no_longer(now: int, seconds: int, known: bool) -> None:
    found = cut(seen(NOON, cut=known), after(now), Duration("", seconds))
    assert (found.wait is None) == (now >= max(10 * seconds, 300))


# ---------------------------------------------------------------- files that are too large


@pytest.mark.parametrize(
    ("size", "expected"),
    [(None, None), (100, None), (101, Reason("too_large", {"limit": "size", "most": 100}))],
)
def test_a_file_that_is_too_large_as_listed_need_not_be_fetched(
    size: int | None, expected: Reason | None
) -> None:
    assert too_large(a_file(size=size), Limits(size=100)) == expected


# ---------------------------------------------------------------- any series of polls

looks = st.tuples(st.sampled_from([5, 6, None]), st.sampled_from(["a", "b"]), st.integers(-60, 60))


@given(st.lists(looks, min_size=1, max_size=12), st.integers(0, 60))
def test_what_is_complete_was_the_same_in_our_own_sight_for_as_long_as_it_must(
    polls: list[tuple[int | None, str, int]], seconds: int
) -> None:
    now, same_since, before, last = NOON, NOON, None, None
    for size, modified, step in polls:
        now += timedelta(seconds=step)
        same_since = min(same_since, now) if (size, modified) == last else now
        last = (size, modified)
        found = settle(a_file(size, modified), before, now, Duration("", seconds))
        complete = size is not None and now - same_since >= timedelta(seconds=seconds)
        assert (found.wait is None) == complete
        assert found.ready_at is None or now < found.ready_at <= now + timedelta(seconds=seconds)
        before = found.sighting
