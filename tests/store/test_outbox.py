from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from support.contact_rows import JOB, LATER, NOW, bring, draft, many, record, row
from tournee.core.decide import Cap, decide
from tournee.core.facts import (
    Candidate,
    Claim,
    ContactRow,
    Decision,
    DecisionCounts,
    DeploymentTotals,
    Reason,
    SendStatus,
    Verdict,
)
from tournee.store import Store, Transaction, contacts, imports, outbox

PLANNED = Verdict.PLANNED


def cap(limit: int = 1, since: datetime = NOW - timedelta(days=30), deployment: str | None = None) -> Cap:
    return Cap(text="at_most 1 per 30 days", limit=limit, per="30 days", since=since, deployment=deployment)


@contextmanager
def importing(store: Store, rows: Sequence[ContactRow]) -> Iterator[tuple[Transaction, contacts.Stage, int]]:
    """An import of rows, merged and not yet committed."""
    with contacts.stage(store, JOB) as stage:
        stage.add(rows)
        with stage.merge() as tx:
            import_id = imports.begin(tx, draft(), None)
            contacts.upsert(tx, stage)
            yield tx, stage, import_id
            imports.finish(tx, record(import_id), 0)


def decided(
    store: Store,
    rows: Sequence[ContactRow],
    caps: Sequence[Cap] = (),
    *,
    deployment: str = "satisfaction",
    now: datetime = NOW,
) -> tuple[int, list[Candidate]]:
    """An import that deploys: its id, and the candidates as they were seen."""
    seen = []

    def decisions(candidates: Iterator[Candidate]) -> Iterator[Decision]:
        for candidate in candidates:
            seen.append(candidate)
            yield decide(candidate, caps)

    with importing(store, rows) as (tx, stage, import_id):
        found = outbox.candidates(tx, stage, deployment=deployment, channel="email", caps=caps)
        outbox.plan(
            tx, import_id=import_id, list="avis", deployment=deployment, channel="email",
            decisions=decisions(found), domain="example.com", now=now,
        )  # fmt: skip
    return import_id, seen


def claim(store: Store, now: datetime = NOW, limit: int = 100) -> list[Claim]:
    with store.write() as tx:
        return outbox.claim(tx, now, limit)


def settle(store: Store, claim: Claim, status: SendStatus, now: datetime = NOW, **values: object) -> None:
    with store.write() as tx:
        outbox.settle(tx, claim.id, status=status, now=now, answer="answer", **values)  # type: ignore[arg-type]


def history(store: Store, *caps: Cap, deployment: str = "satisfaction") -> list[Candidate]:
    """How the contact of `LEA` would be seen by another import now."""
    with importing(store, LEA) as (tx, stage, _import_id):
        return list(outbox.candidates(tx, stage, deployment=deployment, channel="email", caps=caps))


LEA = [row(2, "lea@example.com", "+33612345678")]

# ---------------------------------------------------------------- candidates


def test_each_contact_of_the_file_is_a_candidate_once_in_the_order_of_ids(store: Store) -> None:
    bring(store, many(range(50)))
    rows = [*many(range(40, 5000)), row(9000, phone="+33699999999"), row(9001, phone="+33600000041")]
    _, seen = decided(store, rows)
    ids = [candidate.contact_id for candidate in seen]
    assert ids == sorted(set(ids))
    assert len(ids) == 4961
    assert [candidate.address for candidate in seen].count(None) == 1


def test_a_new_contact_has_no_history(store: Store) -> None:
    _, (candidate,) = decided(store, LEA, [cap(), cap(deployment="satisfaction")])
    expected = Candidate(
        contact_id=candidate.contact_id, address="lea@example.com", opted_out=False, pending=False,
        cap_counts=(0, 0), cap_latest=(None, None),
    )  # fmt: skip
    assert candidate == expected


@pytest.mark.parametrize(("channel", "out"), [("all", True), ("email", True), ("sms", False)])
def test_an_opt_out_of_the_channel_or_of_all_is_seen(store: Store, channel: str, out: bool) -> None:
    bring(store, LEA)
    with store.write() as tx:
        (lea,) = contacts.find(tx, "lea@example.com")
        contacts.opt_out(tx, lea.id, channel, "command", None, NOW)
    assert [candidate.opted_out for candidate in history(store)] == [out]
    with store.write() as tx:
        contacts.opt_in(tx, lea.id, channel, "asked", NOW)
    assert [candidate.opted_out for candidate in history(store)] == [False]


def test_what_waits_is_pending_for_its_deployment_and_counts_for_caps(store: Store) -> None:
    decided(store, LEA)
    (same,) = history(store, cap(), cap(deployment="satisfaction"), cap(deployment="other"))
    assert (same.pending, same.cap_counts, same.cap_latest) == (True, (1, 1, 0), (NOW, NOW, None))
    (other,) = history(store, cap(), deployment="other")
    assert (other.pending, other.cap_counts) == (False, (1,))


@pytest.mark.parametrize("status", [SendStatus.SENT, SendStatus.UNCERTAIN])
def test_what_left_or_may_have_counts_from_then_on(store: Store, status: SendStatus) -> None:
    decided(store, LEA, now=NOW - timedelta(days=40))
    settle(store, claim(store)[0], status, NOW - timedelta(days=10))
    (candidate,) = history(store, cap(), cap(since=NOW - timedelta(days=10)))
    assert (candidate.pending, candidate.cap_counts) == (False, (1, 0))


@pytest.mark.parametrize("status", [SendStatus.FAILED, SendStatus.BLOCKED])
def test_what_never_left_does_not_count(store: Store, status: SendStatus) -> None:
    decided(store, LEA)
    settle(store, claim(store)[0], status)
    (candidate,) = history(store, cap())
    assert (candidate.pending, candidate.cap_counts, candidate.cap_latest) == (False, (0,), (None,))


def test_a_decision_to_block_does_not_count(store: Store) -> None:
    decided(store, LEA)
    decided(store, LEA)
    (candidate,) = history(store, cap())
    assert candidate.cap_counts == (1,)


def test_two_imports_at_once_spend_an_allowance_once(store: Store) -> None:
    bring(store, many(range(30)))

    def run(number: int) -> int:
        import_id, _ = decided(store, many(range(30)), [cap()], deployment=f"survey {number}")
        with store.read() as tx:
            return outbox.decision_counts(tx, import_id).planned

    with ThreadPoolExecutor(4) as pool:
        planned = sorted(pool.map(run, range(4)))
    assert planned == [0, 0, 0, 30]


# ---------------------------------------------------------------- decisions


def test_decisions_are_counted_with_their_import(store: Store) -> None:
    decided(store, many(range(3)))
    import_id, _ = decided(store, many(range(5)), [cap(limit=0)])
    blocked = {"duplicate": 3, "at_most 1 per 30 days": 2}
    with store.read() as tx:
        assert outbox.decision_counts(tx, import_id) == DecisionCounts(blocked=blocked)
        first, second = reversed(imports.recent(tx))
    assert first.decisions == DecisionCounts(planned=3, waiting=3)
    assert second.decisions == DecisionCounts(blocked=blocked)


def test_what_was_sent_no_longer_waits(store: Store) -> None:
    import_id, _ = decided(store, many(range(3)))
    first, second, _third = claim(store)
    settle(store, first, SendStatus.SENT)
    settle(store, second, SendStatus.WAITING, next_attempt_at=LATER)
    with store.read() as tx:
        assert outbox.decision_counts(tx, import_id) == DecisionCounts(planned=3, waiting=1)


def test_two_deployments_of_one_import_are_counted_together(store: Store) -> None:
    with importing(store, many(range(3))) as (tx, _stage, import_id):
        for name, verdict in (("one", PLANNED), ("two", Verdict.BLOCKED)):
            rule = None if verdict is PLANNED else "opt_out"
            decisions = [Decision(contact_id=n, verdict=verdict, rule=rule) for n in (1, 2, 3)]
            outbox.plan(
                tx, import_id=import_id, list="avis", deployment=name, channel="email",
                decisions=decisions, domain="example.com", now=NOW,
            )  # fmt: skip
        counts = outbox.decision_counts(tx, import_id)
    assert counts == DecisionCounts(planned=3, waiting=3, blocked={"opt_out": 3})


def test_every_decision_about_a_contact_is_told_newest_first(store: Store) -> None:
    import_id, (candidate,) = decided(store, LEA)
    decided(store, LEA, now=LATER)
    settle(store, claim(store)[0], SendStatus.SENT, LATER)
    with store.read() as tx:
        second, first = outbox.decisions_of(tx, candidate.contact_id)
        assert outbox.decisions_of(tx, 999) == []
    assert (first.import_id, first.list, first.file) == (import_id, "avis", "import_avis.csv")
    assert (first.verdict, first.status, first.sent_at, first.answer) == (PLANNED, "sent", LATER, "answer")
    assert (second.verdict, second.rule, second.reason) == ("blocked", "duplicate", Reason("duplicate"))
    assert (second.status, second.decided_at, second.attempts) == (None, LATER, 0)


def test_totals_tell_where_the_solicitations_are(store: Store) -> None:
    decided(store, many(range(6)))
    decided(store, many(range(2)))
    statuses = (SendStatus.SENT, SendStatus.FAILED, SendStatus.UNCERTAIN, SendStatus.BLOCKED)
    for claimed, status in zip(claim(store, limit=4), statuses, strict=True):
        settle(store, claimed, status)
    with store.read() as tx:
        (totals,) = outbox.totals(tx)
    assert totals == DeploymentTotals(
        deployment="satisfaction", channel="email", planned=6, waiting=2, held=0, sent=1, failed=1,
        uncertain=1, blocked=3,
    )  # fmt: skip


# ---------------------------------------------------------------- sending


def test_a_message_is_claimed_once_with_all_it_needs(store: Store) -> None:
    decided(store, LEA)
    (claimed,) = claim(store)
    assert claim(store) == []
    assert (claimed.deployment, claimed.list, claimed.attempts) == ("satisfaction", "avis", 0)
    assert (claimed.contact.email, claimed.contact.lists, claimed.decided_at) == (
        "lea@example.com",
        ("avis",),
        NOW,
    )
    assert claimed.message_id.startswith("<")
    assert claimed.message_id.endswith("@example.com>")


def test_a_message_keeps_its_message_id_from_attempt_to_attempt(store: Store) -> None:
    decided(store, LEA)
    (first,) = claim(store)
    settle(store, first, SendStatus.WAITING, next_attempt_at=LATER, reason=Reason("mail_away"))
    assert claim(store) == []
    assert claim(store, LATER) == [replace(first, attempts=1)]


def test_message_ids_differ_and_ascend(store: Store) -> None:
    decided(store, many(range(300)))
    ids = [claimed.message_id for claimed in claim(store, limit=300)]
    assert ids == sorted(set(ids))


def test_many_senders_never_claim_the_same_message(store: Store) -> None:
    decided(store, many(range(60)))

    def drain(_number: int) -> list[int]:
        mine: list[int] = []
        while some := claim(store, limit=7):
            mine += [claimed.id for claimed in some]
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [number for mine in pool.map(drain, range(4)) for number in mine]
    assert len(taken) == len(set(taken)) == 60


def test_what_a_dead_sender_left_is_uncertain_and_is_not_sent_again(store: Store) -> None:
    import_id, _ = decided(store, many(range(3)))
    claim(store, limit=2)
    with store.write() as tx:
        assert outbox.orphans(tx, LATER) == 2
        assert outbox.orphans(tx, LATER) == 0
        assert outbox.decision_counts(tx, import_id).waiting == 1
        (totals,) = outbox.totals(tx)
    assert totals.uncertain == 2
    assert len(claim(store, LATER + timedelta(days=9))) == 1


def test_a_sender_that_was_thought_dead_may_tell_that_it_was_sent(store: Store) -> None:
    decided(store, LEA)
    (claimed,) = claim(store)
    with store.write() as tx:
        outbox.orphans(tx, NOW)
    settle(store, claimed, SendStatus.SENT)
    settle(store, claimed, SendStatus.FAILED)
    with store.read() as tx:
        assert outbox.totals(tx)[0].sent == 1


# ---------------------------------------------------------------- the second look


def recheck(store: Store, claims: Sequence[Claim], *caps: Cap) -> dict[int, Candidate]:
    with store.read() as tx:
        return outbox.recheck(tx, claims, deployment="satisfaction", channel="email", caps=caps)


def test_a_message_does_not_count_itself(store: Store) -> None:
    decided(store, LEA)
    (claimed,) = claim(store)
    looked = recheck(store, [claimed], cap())[claimed.id]
    assert (looked.pending, looked.cap_counts, looked.opted_out) == (False, (0,), False)


def test_an_opt_out_after_the_decision_is_seen(store: Store) -> None:
    decided(store, LEA)
    (claimed,) = claim(store)
    with store.write() as tx:
        contacts.opt_out(tx, claimed.contact.id, "all", "link", None, LATER)
    assert recheck(store, [claimed])[claimed.id].opted_out


def test_of_two_messages_that_exclude_each_other_the_older_goes(store: Store) -> None:
    decided(store, LEA, deployment="other")
    decided(store, LEA)
    older, newer = claim(store)
    looked = recheck(store, [older, newer], cap())
    assert [looked[claimed.id].cap_counts for claimed in (older, newer)] == [(0,), (1,)]


def test_what_was_planned_later_but_sent_already_counts(store: Store) -> None:
    decided(store, LEA)
    decided(store, LEA, deployment="other")
    older, newer = claim(store)
    settle(store, newer, SendStatus.SENT)
    assert recheck(store, [older], cap())[older.id].cap_counts == (1,)
