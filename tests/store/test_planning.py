"""Decisions as they are written down, and the messages among them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from support.contact_rows import LATER, NOW, bring, client, draft, many, record, row
from support.solicited import at_most, decided, importing, planner_of, rules_of
from tournee.core.decide import Rules
from tournee.core.facts import Decision, DecisionCounts, Reason, SendStatus, Verdict
from tournee.core.settings import Channel, FieldType, OncePer
from tournee.store import Store, decisions, imports, merge, planning
from tournee.store.tables import FOREVER, solicitations

LEA = [row(2, "lea@example.com", "+33612345678")]
PLANNED, BLOCKED = Verdict.PLANNED, Verdict.BLOCKED
ONCE = OncePer(text="once_per order", field="order")
BY_CLIENT = merge.Job(list="avis", now=NOW, stamp=None, identify_by="ext")


def written(store: Store, *some: Decision, rules: Rules | None = None) -> sa.Row[Any]:
    """What is kept of decisions; the first of it."""
    with importing(store, many(range(len(some)))) as (tx, _stage, import_id):
        planner = planner_of(tx, import_id, rules or rules_of())
        planner.write(some)
        planner.finish()
    with store.read() as tx:
        return tx.connection.execute(sa.select(solicitations).order_by(solicitations.c.id)).first()  # type: ignore[return-value]


def counts_of(store: Store, import_id: int) -> DecisionCounts:
    with store.read() as tx:
        return decisions.decision_counts(tx, import_id)


# ---------------------------------------------------------------- one decision


def test_a_planned_decision_is_a_message_that_is_due_and_counts_until_it_left(store: Store) -> None:
    one = written(store, Decision(contact_id=1, verdict=PLANNED, once="ab"))
    assert (one.decision, one.status, one.rule, one.reason) == ("planned", "waiting", None, None)
    assert (one.decided_at, one.next_attempt_at, one.counts_at) == (NOW, NOW, FOREVER)
    assert (one.attempts, one.once, one.expires_at) == (0, "ab", None)


def test_what_has_to_wait_says_until_when_and_what_for(store: Store) -> None:
    reason = Reason("between", {"until": "2026-11-24T09:30:00Z"})
    expires = NOW + timedelta(days=14)
    one = written(
        store,
        Decision(contact_id=1, verdict=PLANNED, rule="r", reason=reason, due_at=LATER, expires_at=expires),
    )
    assert (one.status, one.rule, one.reason) == ("waiting", "r", reason)
    assert (one.next_attempt_at, one.expires_at, one.counts_at) == (LATER, expires, FOREVER)


def test_a_blocked_decision_is_no_message(store: Store) -> None:
    one = written(store, Decision(contact_id=1, verdict=BLOCKED, rule="opt_out", reason=Reason("opt_out")))
    assert (one.decision, one.rule, one.reason) == ("blocked", "opt_out", Reason("opt_out"))
    assert (one.status, one.message_id, one.next_attempt_at, one.counts_at) == (None,) * 4


def test_message_ids_differ_and_ascend(store: Store) -> None:
    decided(store, many(range(300)))
    with store.read() as tx:
        query = sa.select(solicitations.c.message_id).order_by(solicitations.c.id)
        ids = tx.connection.scalars(query).all()
    assert ids == sorted(set(ids))
    assert {text[0] + text[-13:] for text in ids} == {"<@example.com>"}


# ---------------------------------------------------------------- one import


def test_decisions_are_counted_with_their_import(store: Store) -> None:
    decided(store, many(range(3)))
    import_id, _ = decided(store, many(range(5)), rules_of(at_most(limit=0)))
    blocked = {"duplicate": 3, "at_most 0 per 30 days": 2}
    assert counts_of(store, import_id) == DecisionCounts(blocked=blocked)
    with store.read() as tx:
        first, second = reversed(imports.recent(tx))
    assert first.decisions == DecisionCounts(planned=3, waiting=3)
    assert second.decisions == DecisionCounts(blocked=blocked)


def test_two_deployments_of_one_import_are_counted_together(store: Store) -> None:
    with importing(store, many(range(3))) as (tx, _stage, import_id):
        for name, verdict in (("one", PLANNED), ("two", BLOCKED)):
            rule = None if verdict is PLANNED else "opt_out"
            planner = planner_of(tx, import_id, rules_of(deployment=name))
            planner.write(Decision(contact_id=n, verdict=verdict, rule=rule) for n in (1, 2, 3))
            assert planner.finish() == (3 if verdict is PLANNED else 0)
    blocked = {"opt_out": 3}
    assert counts_of(store, import_id) == DecisionCounts(planned=3, waiting=3, blocked=blocked)


def test_two_imports_at_once_spend_an_allowance_once(store: Store) -> None:
    bring(store, many(range(30)))

    def run(number: int) -> int:
        import_id, _ = decided(store, many(range(30)), rules_of(at_most(), deployment=f"survey {number}"))
        return counts_of(store, import_id).planned

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == [0, 0, 0, 30]


@pytest.mark.parametrize("apart", [1, 2_500], ids=["one portion", "two portions"])
def test_of_two_with_one_value_the_first_has_it(store: Store, apart: int) -> None:
    rows = [row(n + 2, f"p{n}@example.com", fields={"order": f"A-{n % apart}"}) for n in range(apart + 1)]
    import_id, _ = decided(store, rows, rules_of(ONCE))
    assert counts_of(store, import_id) == DecisionCounts(
        planned=apart, waiting=apart, blocked={"once_per order": 1}
    )


@pytest.mark.parametrize(
    ("type", "blocked"), [(FieldType.NUMBER, {"once_per order": 3}), (FieldType.TEXT, {})]
)
def test_numbers_that_are_equal_are_one_value_and_texts_as_they_are_written(
    store: Store, type: FieldType, blocked: dict[str, int]
) -> None:
    values = ["100", "100.00", "100.0", "100.01", "1000", "0", "-0.0"]
    rows = [row(n, f"p{n}@example.com", fields={"order": value}) for n, value in enumerate(values)]
    import_id, _ = decided(store, rows, rules_of(replace(ONCE, type=type)))
    assert counts_of(store, import_id).blocked == blocked


@pytest.mark.parametrize("apart", [1, 2_500], ids=["one portion", "two portions"])
def test_of_two_with_one_address_the_first_is_asked(store: Store, apart: int) -> None:
    rows = [client(n + 2, f"{n:05}", f"P{n % apart}@example.com".swapcase()) for n in range(apart + 1)]
    import_id, _ = decided(store, rows, job=BY_CLIENT)
    assert counts_of(store, import_id).blocked == {"duplicate": 1}


def test_of_two_with_one_phone_the_first_is_texted(store: Store) -> None:
    rows = [row(n + 2, f"p{n}@example.com", "+33612345678") for n in range(2)]
    import_id, _ = decided(store, rows, rules_of(channel=Channel.SMS))
    assert counts_of(store, import_id).blocked == {"duplicate": 1}
    import_id, _ = decided(store, rows, rules_of(deployment="by email"))
    assert counts_of(store, import_id).blocked == {}


# ---------------------------------------------------------------- what is usual, what is held


def usual_after(store: Store, planned: Sequence[int], of: str = "avis") -> float | None:
    for number in planned:
        with store.write() as tx:
            import_id = imports.begin(tx, draft(list=of), None)
            planner = planner_of(tx, import_id, rules_of(), of)
            planner.write(Decision(contact_id=n, verdict=PLANNED) for n in range(number))
            planner.finish()
            imports.finish(tx, replace(record(import_id), list=of), 0)
    with store.read() as tx:
        return planning.usual(tx, "avis", "satisfaction")


def test_what_is_usual_is_the_median_of_the_last_ten_that_planned_any(store: Store) -> None:
    assert usual_after(store, [9] * 8 + [1, 0, 2, 3, 0, 4, 5]) == 7.0
    assert usual_after(store, [1, 1, 2, 3, 4]) == 2.5


def test_what_is_usual_is_asked_of_the_last_imports_only(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "USUAL_AMONG", 4)
    assert usual_after(store, [9, 9, 1, 0, 2, 3]) == 2.5


def test_two_imports_are_not_enough_to_tell_what_is_usual(store: Store) -> None:
    assert usual_after(store, [5, 0, 6]) is None
    assert usual_after(store, [50, 60], of="other") is None
    with store.read() as tx:
        assert planning.usual(tx, "avis", "another deployment") is None
    assert usual_after(store, [7]) == 6


def test_what_is_held_waits_for_a_person_and_still_counts(store: Store) -> None:
    import_id, _ = decided(store, many(range(3)))
    decided(store, LEA)
    with store.write() as tx:
        assert planning.hold(tx, import_id, "another deployment") == 0
        assert planning.hold(tx, import_id, "satisfaction") == 3
        columns = (solicitations.c.status, solicitations.c.next_attempt_at, solicitations.c.counts_at)
        kept = tx.connection.execute(sa.select(*columns).order_by(solicitations.c.id)).all()
    assert kept == [(SendStatus.HELD, None, FOREVER)] * 3 + [(SendStatus.WAITING, NOW, FOREVER)]
    assert counts_of(store, import_id) == DecisionCounts(planned=3, held=3)
    import_id, _ = decided(store, many(range(3)))
    assert counts_of(store, import_id).blocked == {"duplicate": 3}
