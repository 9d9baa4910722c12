from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from support.contact_rows import LATER, NOW, draft, record
from tournee.core.facts import Counts, DecisionCounts, Delivery, Import, Outcome, Reason, RowError
from tournee.store import Store, Transaction, imports

UNDECODABLE = "caf\udce9 \\udce9 \x00.csv"


def deliver(tx: Transaction, path: str = "a.csv", follows: int = 0, sha256: str = "11") -> int | None:
    return imports.deliver(
        tx,
        repository="boutique",
        path=path,
        follows=follows,
        sha256=sha256,
        size=10,
        modified="20261123093000",
        now=NOW,
    )


def imported(store: Store, *, header: tuple[str, ...] | None = None, **values: object) -> Import:
    with store.write() as tx:
        about = {name: values[name] for name in ("list", "file", "stamp") if name in values}
        import_id = imports.begin(tx, draft(header=header, **about), None)
        written = record(import_id, **values)
        imports.finish(tx, written, 0)
    return written


# ---------------------------------------------------------------- once


def test_the_same_delivery_is_taken_once(store: Store) -> None:
    with store.write() as tx:
        assert deliver(tx) is not None
    with store.write() as tx:
        assert deliver(tx) is None


def test_a_delivery_follows_the_last_one_of_its_path(store: Store) -> None:
    with store.write() as tx:
        first = deliver(tx)
        assert first is not None
        second = deliver(tx, follows=first, sha256="22")
        last = imports.last_delivery(tx, "boutique", "a.csv")
    assert last == Delivery(
        id=second, sha256="22", size=10, modified="20261123093000", at=NOW, import_id=None
    )


def test_of_many_that_race_for_one_delivery_one_wins(store: Store) -> None:
    def race(_number: int) -> int | None:
        with store.write() as tx:
            return deliver(tx)

    with ThreadPoolExecutor(6) as pool:
        won = [delivery for delivery in pool.map(race, range(12)) if delivery is not None]
    assert len(won) == 1


def test_a_delivery_that_is_rolled_back_can_be_taken_again(store: Store) -> None:
    with suppress(ZeroDivisionError), store.write() as tx:
        deliver(tx)
        raise ZeroDivisionError
    with store.write() as tx:
        assert deliver(tx) is not None


def test_paths_that_are_no_text_are_kept_apart_and_given_back(store: Store) -> None:
    with store.write() as tx:
        taken = {path: deliver(tx, path) for path in (UNDECODABLE, "caf\\udce9 \\udce9 .csv", "café.csv")}
        found = imports.last_deliveries(tx, "boutique", [*taken, "other.csv"])
    assert {path: delivery.id for path, delivery in found.items()} == taken


def test_many_paths_are_looked_up_at_once(store: Store) -> None:
    paths = [f"{number}.csv" for number in range(1203)]
    with store.write() as tx:
        for path in paths[::100]:
            deliver(tx, path)
        assert set(imports.last_deliveries(tx, "boutique", paths)) == set(paths[::100])
        assert imports.last_deliveries(tx, "magasins", paths) == {}


def test_a_delivery_whose_time_moved_is_confirmed(store: Store) -> None:
    with store.write() as tx:
        delivery_id = deliver(tx)
        assert delivery_id is not None
        imports.confirm_delivery(tx, delivery_id, modified="later", now=LATER)
        last = imports.last_delivery(tx, "boutique", "a.csv")
    assert last is not None
    assert (last.id, last.modified, last.at) == (delivery_id, "later", LATER)


# ---------------------------------------------------------------- imports


def test_an_import_is_given_back_as_it_was_recorded(store: Store) -> None:
    written = imported(
        store,
        file=UNDECODABLE,
        outcome=Outcome.REJECTED,
        reason=Reason("missing_column", {"columns": ["Email", "Prénom"]}),
        counts=Counts(read=6, created=1, updated=1, unchanged=1, duplicate=1, rejected=2),
        warnings=(Reason("late_file", {"stamp": "1"}), Reason("unknown_column", {"column": "É"})),
        stamp=(2026, 11),
        removed=3,
    )
    with store.read() as tx:
        assert imports.get(tx, written.id or 0) == written
        assert imports.get(tx, 999) is None


def test_the_header_of_a_list_is_that_of_its_last_import_that_was_not_rejected(store: Store) -> None:
    imported(store, header=("Email", "Prénom"))
    imported(store, header=("E-mail", "Naïve\n;"))
    imported(store, outcome=Outcome.REJECTED)
    imported(store, list="magasins", header=("Email",))
    with store.write() as tx:
        imports.begin(tx, draft(header=("Unfinished",)), None)
        assert imports.last_header(tx, "avis") == ("E-mail", "Naïve\n;")
        assert imports.last_header(tx, "nobody") is None


def test_a_delivery_knows_its_import(store: Store) -> None:
    with store.write() as tx:
        delivery_id = deliver(tx)
        import_id = imports.begin(tx, draft(), delivery_id)
        last = imports.last_delivery(tx, "boutique", "a.csv")
    assert last is not None
    assert last.import_id == import_id


def test_imports_are_listed_newest_first(store: Store) -> None:
    first, second, third = (imported(store, list=key) for key in ("avis", "magasins", "avis"))
    with store.read() as tx:
        assert imports.recent(tx) == [third, second, first]
        assert imports.recent(tx, 2) == [third, second]
        assert imports.recent(tx, list="avis") == [third, first]
        assert imports.last_of_lists(tx) == {"avis": third, "magasins": second}


def test_an_import_that_decided_nothing_says_so(store: Store) -> None:
    written = imported(store)
    assert written.decisions is None
    with store.read() as tx:
        found = imports.get(tx, written.id or 0)
    assert found is not None
    assert found.decisions is None
    assert found.decisions != DecisionCounts()


def test_the_newest_stamp_is_that_of_an_imported_file_of_the_list(store: Store) -> None:
    with store.read() as tx:
        assert imports.newest_stamp(tx, "avis") is None
    imported(store, stamp=(20261123, 930))
    imported(store, stamp=(20261123, 1000))
    imported(store, stamp=(9,))
    imported(store, stamp=(20261124,), outcome=Outcome.REJECTED)
    imported(store, stamp=(20261125,), list="magasins")
    with store.read() as tx:
        assert imports.newest_stamp(tx, "avis") == (20261123, 1000)


def test_names_imported_before_are_known_whatever_the_repository(store: Store) -> None:
    imported(store, file="a.csv")
    imported(store, file="b.csv", list="magasins")
    with store.read() as tx:
        assert imports.names_imported(tx, "avis", ["a.csv", "b.csv", "c.csv"]) == {"a.csv"}


# ---------------------------------------------------------------- row errors


def test_row_errors_are_given_back_in_line_order(store: Store) -> None:
    errors: list[RowError] = [
        (number, "Téléphone" if number % 2 else None, "phone_invalid", {"n": number} if number % 3 else None)
        for number in range(2, 500)
    ]
    import_id = imported(store).id or 0
    with store.write() as tx:
        imports.add_row_errors(tx, import_id, errors)
        imports.add_row_errors(tx, import_id, [])
        assert imports.row_errors(tx, import_id) == errors
        assert imports.row_errors(tx, import_id + 1) == []


def test_a_number_too_large_for_the_database_is_nobodys(store: Store) -> None:
    with store.read() as tx:
        assert imports.get(tx, 1 << 63) is None
