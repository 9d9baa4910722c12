"""What a person holds back, lets go, gives up and stops."""

import pytest

from support.contact_rows import LATER, NOW, bring, many, row
from support.outgoing import attempt, begin, claim, row_of, rows, statuses
from support.solicited import decided, past, rules_of
from tournee.core.facts import SendStatus
from tournee.store import Store, outbox, planning
from tournee.store.tables import FOREVER

OTHER = rules_of(deployment="other")
HELD, UNCERTAIN = SendStatus.HELD, SendStatus.UNCERTAIN


def held(store: Store, *numbers: int, deployment: str = "satisfaction") -> int:
    """An import whose messages are held; its id."""
    import_id, _ = decided(store, many(numbers), rules_of(deployment=deployment))
    with store.write() as tx:
        assert planning.hold(tx, import_id, deployment) == len(numbers)
    return import_id


def release(
    store: Store, import_id: int | None = None, of: str = "satisfaction", *, uncertain: bool = False
) -> int:
    with store.write() as tx:
        return outbox.release(tx, of, import_id, uncertain=uncertain, now=LATER)


def cancel(
    store: Store, import_id: int | None = None, of: str = "satisfaction", *, uncertain: bool = False
) -> int:
    with store.write() as tx:
        return outbox.cancel(tx, of, import_id, uncertain=uncertain)


# ---------------------------------------------------------------- released


def test_what_is_held_waits_for_a_person(store: Store) -> None:
    held(store, 1, 2)
    assert claim(store, LATER) == []
    assert (release(store), release(store)) == (2, 0)
    assert rows(store, "status", "next_attempt_at", "counts_at") == [("waiting", LATER, FOREVER)] * 2
    assert len(claim(store, LATER)) == 2


def test_only_what_is_held_of_the_deployment_and_the_import_is_released(store: Store) -> None:
    first = held(store, 1, 2)
    held(store, 3)
    held(store, 1, deployment="other")
    assert (release(store, first), statuses(store)) == (2, ["waiting"] * 2 + ["held"] * 2)
    assert (release(store, of="nobody"), release(store, uncertain=True)) == (0, 0)
    assert (release(store), release(store, of="other")) == (1, 1)


def test_what_may_have_left_goes_again_only_when_that_is_said(store: Store) -> None:
    decided(store, many(range(2)))
    lost, sent = claim(store)
    attempt(store, lost, UNCERTAIN)
    attempt(store, sent, SendStatus.SENT)
    assert release(store) == 0
    assert release(store, uncertain=True) == 1
    one = row_of(store, lost.id)
    assert (one.status, one.next_attempt_at, one.counts_at) == ("waiting", LATER, FOREVER)
    assert (one.begun_at, one.tried_at, one.reason) == (None, None, None)
    (again,) = claim(store, LATER)
    assert (again.message_id, begin(store, again, LATER)) == (lost.message_id, None)


# ---------------------------------------------------------------- cancelled


def test_what_is_held_waits_or_is_only_claimed_is_cancelled_and_counts_no_more(store: Store) -> None:
    held(store, 1)
    decided(store, many([2, 3, 4]))
    begun, _claimed = claim(store, limit=2)
    begin(store, begun)
    with store.write() as tx:
        assert outbox.cancel(tx, "satisfaction", None, uncertain=False) == 3
        assert outbox.too_late(tx, "satisfaction", None) == 1
    assert statuses(store) == ["cancelled", "sending", "cancelled", "cancelled"]
    assert [counts for (counts,) in rows(store, "counts_at")] == [None, FOREVER, None, None]
    assert claim(store, LATER) == []


def test_only_what_is_of_the_deployment_and_the_import_is_cancelled(store: Store) -> None:
    first, second = (decided(store, many(numbers))[0] for numbers in ([1, 2], [3]))
    decided(store, many([1]), OTHER)
    assert (cancel(store, second), statuses(store)[2]) == (1, "cancelled")
    assert (cancel(store, of="nobody"), cancel(store, uncertain=True)) == (0, 0)
    assert (cancel(store, first), cancel(store), cancel(store, of="other")) == (2, 0, 1)


def test_what_may_have_left_is_given_up_only_when_that_is_said(store: Store) -> None:
    bring(store, [row(2, "lea@example.com")])
    lost = past(store, "lea@example.com", UNCERTAIN)
    past(store, "lea@example.com", SendStatus.SENT)
    assert (cancel(store), cancel(store, uncertain=True)) == (0, 1)
    assert statuses(store) == ["cancelled", "sent"]
    assert row_of(store, lost).counts_at is None


def test_reminders_are_cancelled_with_the_rest(store: Store) -> None:
    decided(store, many([1]))
    attempt(store, claim(store)[0], SendStatus.SENT, remind_at=[LATER])
    assert (cancel(store), statuses(store)) == (1, ["sent", "cancelled"])


# ---------------------------------------------------------------- paused


@pytest.mark.parametrize("name", ["satisfaction", None])
def test_a_pause_is_made_once_and_ended_once(store: Store, name: str | None) -> None:
    with store.write() as tx:
        assert [outbox.pause(tx, name, NOW), outbox.pause(tx, name, LATER)] == [True, False]
        assert outbox.pauses(tx) == {name or "": NOW}
        assert [outbox.resume(tx, name), outbox.resume(tx, name)] == [True, False]
        assert outbox.pauses(tx) == {}


def test_ending_the_pause_of_everything_leaves_that_of_a_deployment(store: Store) -> None:
    with store.write() as tx:
        for name in ("satisfaction", None):
            outbox.pause(tx, name, NOW)
        assert outbox.resume(tx, None)
        assert outbox.pauses(tx) == {"satisfaction": NOW}
