from dataclasses import replace
from datetime import timedelta

from support.contact_rows import LATER, NOW, draft
from tournee.core.facts import NearMiss, PollState, Reason, RemoteErrorKind, Sighting
from tournee.store import Store, imports, rounds

SEEN = Sighting(name="a.csv", size=10, modified="20261123", since=NOW)
UNSIZED = Sighting(name="caf\udce9.csv", size=None, modified="", since=NOW, changed=True)


def save(store: Store, *seen: Sighting, directory: str = "in", after: timedelta = timedelta()) -> None:
    with store.write() as tx:
        rounds.save_sightings(tx, "boutique", directory, seen, NOW + after)


def remembered(store: Store, directory: str = "in") -> dict[str, Sighting]:
    with store.read() as tx:
        return rounds.sightings(tx, "boutique", directory)


def test_sightings_are_remembered_by_directory(store: Store) -> None:
    save(store, SEEN, UNSIZED)
    save(store, SEEN, directory="other")
    assert remembered(store) == {SEEN.name: SEEN, UNSIZED.name: UNSIZED}
    assert remembered(store, "other") == {SEEN.name: SEEN}


def test_a_file_that_changed_is_remembered_as_it_is_now(store: Store) -> None:
    grown = replace(SEEN, size=20, since=LATER, changed=True)
    save(store, SEEN)
    save(store, grown)
    assert remembered(store) == {SEEN.name: grown}


def test_a_file_whose_last_line_was_cut_is_remembered_so_until_it_changes(store: Store) -> None:
    save(store, replace(SEEN, cut=True), UNSIZED)
    assert [one.cut for one in remembered(store).values()] == [True, False]
    save(store, SEEN)
    assert remembered(store)[SEEN.name] == SEEN


def test_another_feed_of_the_directory_forgets_nothing(store: Store) -> None:
    save(store, SEEN)
    save(store, UNSIZED, after=timedelta(days=89))
    assert set(remembered(store)) == {SEEN.name, UNSIZED.name}


def test_what_left_more_than_90_days_ago_is_forgotten(store: Store) -> None:
    save(store, SEEN, UNSIZED)
    save(store, SEEN, after=timedelta(days=60))
    save(store, SEEN, after=timedelta(days=91))
    assert set(remembered(store)) == {SEEN.name}


def test_what_is_always_there_is_never_forgotten(store: Store) -> None:
    for days in range(0, 200, 30):
        save(store, SEEN, after=timedelta(days=days))
    assert remembered(store) == {SEEN.name: SEEN}


POLLED = PollState(
    list="avis",
    repository="boutique",
    first_at=NOW,
    at=NOW,
    ok=False,
    error=RemoteErrorKind.UNREACHABLE,
    reason=Reason("remote_unreachable", {"host": "sftp.example"}),
    good_at=None,
    near_misses=(NearMiss(name="caf\udce9.csv", reason=Reason("case", {"prefix": "é"})),),
)


def test_the_last_poll_of_each_list_is_remembered(store: Store) -> None:
    better = replace(POLLED, at=LATER, ok=True, error=None, reason=None, good_at=LATER, near_misses=())
    other = replace(POLLED, list="magasins")
    with store.write() as tx:
        assert rounds.poll_state(tx, "avis") is None
        for state in (POLLED, other, better):
            rounds.save_poll(tx, state)
        assert rounds.poll_state(tx, "magasins") == other
        assert rounds.poll_states(tx) == {"avis": better, "magasins": other}


def chore(import_id: int, name: str = "a.csv", directory: str = "in") -> rounds.NewChore:
    return rounds.NewChore(
        repository="boutique",
        directory=directory,
        name=name,
        action=rounds.ChoreAction.ARCHIVE,
        target="archive/",
        import_id=import_id,
        size=10,
        modified="20261123",
    )


def test_a_chore_waits_until_it_is_done(store: Store) -> None:
    with store.write() as tx:
        import_id = imports.begin(tx, draft(), None)
        for new in (chore(import_id), chore(import_id, "b.csv"), chore(import_id, directory="other")):
            rounds.add_chore(tx, new)
        first, second = rounds.chores(tx, "boutique", "in")
        rounds.chores_tried(tx, [first.id, second.id], NOW)
        rounds.chore_done(tx, second.id)
        (left,) = rounds.chores(tx, "boutique", "in")
    assert (left, left.attempts) == (replace(first, attempts=1), 1)


def test_a_file_may_be_put_away_and_reported_on(store: Store) -> None:
    with store.write() as tx:
        import_id = imports.begin(tx, draft(), None)
        report = replace(
            chore(import_id), name="a.csv.report.csv", action=rounds.ChoreAction.REPORT, target="fr"
        )
        for new in (chore(import_id), report):
            rounds.add_chore(tx, new)
        found = {one.name: one.action for one in rounds.chores(tx, "boutique", "in")}
    assert found == {"a.csv": rounds.ChoreAction.ARCHIVE, "a.csv.report.csv": rounds.ChoreAction.REPORT}


def test_a_file_has_one_chore_the_newest(store: Store) -> None:
    with store.write() as tx:
        import_id = imports.begin(tx, draft(), None)
        rounds.add_chore(tx, chore(import_id))
        newest = replace(
            chore(import_id), action=rounds.ChoreAction.DELETE, target=None, size=20, modified="new"
        )
        rounds.add_chore(tx, newest)
        (left,) = rounds.chores(tx, "boutique", "in")
    assert (left.action, left.size, left.attempts) == (rounds.ChoreAction.DELETE, 20, 0)
