"""The decisions as they are remembered."""

from datetime import timedelta

from support.contact_rows import LATER, NOW, many, row
from support.outgoing import attempt, begin, claim
from support.solicited import at_most, contact_id, decided, importing, planner_of, rules_of
from tournee.core.facts import (
    Decision,
    DecisionCounts,
    DeploymentTotals,
    Held,
    Reason,
    SendStatus,
    Verdict,
)
from tournee.store import Store, decisions, imports, outbox, planning

LEA = [row(2, "lea@example.com", "+33612345678")]
ONCE_A_MONTH = rules_of(at_most())


def hold(store: Store, import_id: int, deployment: str = "satisfaction") -> None:
    with store.write() as tx:
        planning.hold(tx, import_id, deployment)


# ---------------------------------------------------------------- of an import


def test_decisions_are_counted_with_their_import(store: Store) -> None:
    decided(store, many(range(3)))
    import_id, _ = decided(store, many(range(5)))
    with store.read() as tx:
        expected = DecisionCounts(planned=2, waiting=2, blocked={"duplicate": 3})
        assert decisions.decision_counts(tx, import_id) == expected
        second, first = imports.recent(tx)
    assert (first.decisions, second.decisions) == (DecisionCounts(planned=3, waiting=3), expected)


def test_what_was_sent_no_longer_waits_and_its_reminders_are_not_counted(store: Store) -> None:
    import_id, _ = decided(store, many(range(4)))
    first, second, third, _fourth = claim(store)
    attempt(store, first, SendStatus.SENT, remind_at=[LATER])
    attempt(store, second, SendStatus.WAITING, next_attempt_at=LATER)
    with store.write() as tx:
        outbox.put_back(tx, [third])
        assert decisions.decision_counts(tx, import_id) == DecisionCounts(planned=4, waiting=2)


def test_two_deployments_of_one_import_are_counted_together(store: Store) -> None:
    with importing(store, many(range(3))) as (tx, _stage, import_id):
        for name, verdict in (("one", Verdict.PLANNED), ("two", Verdict.BLOCKED)):
            rule = None if verdict is Verdict.PLANNED else "opt_out"
            planner = planner_of(tx, import_id, rules_of(deployment=name))
            planner.write(Decision(contact_id=n, verdict=verdict, rule=rule) for n in (1, 2, 3))
            planner.finish()
        counts = decisions.decision_counts(tx, import_id)
    assert counts == DecisionCounts(planned=3, waiting=3, blocked={"opt_out": 3})


# ---------------------------------------------------------------- about a contact


def test_every_decision_about_a_contact_is_told_newest_first(store: Store) -> None:
    import_id, (candidate,) = decided(store, LEA)
    decided(store, LEA, rules_of(now=LATER))
    attempt(store, claim(store)[0], SendStatus.SENT, LATER)
    with store.read() as tx:
        second, first = decisions.decisions_of(tx, candidate.contact_id)
        assert decisions.decisions_of(tx, 999) == []
    assert (first.import_id, first.list, first.file) == (import_id, "avis", "import_avis.csv")
    assert (first.verdict, first.status, first.sent_at, first.answer) == ("planned", "sent", LATER, "answer")
    assert (second.verdict, second.rule, second.reason) == ("blocked", "duplicate", Reason("duplicate"))
    assert (second.status, second.decided_at, second.attempts) == (None, LATER, 0)


def test_a_reminder_and_what_a_message_waits_for_are_told(store: Store) -> None:
    decided(store, LEA)
    (claimed,) = claim(store)
    attempt(store, claimed, SendStatus.SENT, remind_at=[LATER])
    (reminder,) = claim(store, LATER)
    with store.write() as tx:
        outbox.postpone(tx, reminder.id, until=LATER, rule="between", reason=Reason("window_closed"))
        outbox.answered(tx, claimed.contact.id, None, LATER)
        told, invitation = decisions.decisions_of(tx, contact_id(store, "lea@example.com"))
    assert (told.reminds, told.reminder, told.next_attempt_at) == (claimed.id, 1, LATER)
    assert (told.rule, told.status, told.decided_at) == ("between", "waiting", NOW)
    assert (invitation.answered_at, invitation.reminds) == (LATER, None)


# ---------------------------------------------------------------- of a deployment


def test_totals_tell_where_the_solicitations_are(store: Store) -> None:
    import_id, _ = decided(store, many(range(7)))
    decided(store, many(range(2)))
    statuses = (SendStatus.SENT, SendStatus.FAILED, SendStatus.UNCERTAIN, SendStatus.BLOCKED)
    for claimed, status in zip(claim(store, limit=4), statuses, strict=True):
        attempt(store, claimed, status, remind_at=[LATER])
    with store.write() as tx:
        planning.hold(tx, import_id, "satisfaction")
        outbox.cancel(tx, "satisfaction", import_id, uncertain=False)
    decided(store, many([9]))
    with store.read() as tx:
        (totals,) = decisions.totals(tx)
    assert totals == DeploymentTotals(
        deployment="satisfaction", channel="email", planned=8, waiting=1, held=0, sent=1, failed=1,
        uncertain=1, blocked=3, cancelled=3,
    )  # fmt: skip


def test_a_reminder_that_may_have_left_is_told_with_what_is_uncertain(store: Store) -> None:
    decided(store, LEA)
    attempt(store, claim(store)[0], SendStatus.SENT, remind_at=[LATER])
    with store.read() as tx:
        (before,) = decisions.totals(tx)
    begin(store, claim(store, LATER)[0], LATER)
    with store.write() as tx:
        outbox.orphans(tx, ["satisfaction"], LATER)
        (after,) = decisions.totals(tx)
    assert (before.planned, before.waiting, before.sent, before.uncertain) == (1, 0, 1, 0)
    assert (after.planned, after.waiting, after.sent, after.uncertain) == (1, 0, 1, 1)


def test_totals_tell_since_when_a_deployment_is_paused(store: Store) -> None:
    decided(store, LEA, rules_of(deployment="one"))
    decided(store, LEA, rules_of(deployment="two"))
    with store.write() as tx:
        outbox.pause(tx, "two", NOW)
        assert [totals.paused_at for totals in decisions.totals(tx)] == [None, NOW]
        outbox.pause(tx, None, LATER)
        assert [totals.paused_at for totals in decisions.totals(tx)] == [LATER, NOW]
        outbox.resume(tx, "two")
        outbox.pause(tx, "two", LATER + timedelta(days=1))
        assert [totals.paused_at for totals in decisions.totals(tx)] == [LATER, LATER]


def test_what_waits_for_a_person_is_told_by_import(store: Store) -> None:
    first, _ = decided(store, many(range(3)))
    second, _ = decided(store, many([5]), rules_of(deployment="other"))
    begin(store, claim(store)[0], LATER)
    with store.write() as tx:
        outbox.orphans(tx, ["satisfaction"], LATER)
    hold(store, first)
    hold(store, second, "other")
    with store.read() as tx:
        told = decisions.held(tx)
    assert told[0] == Held(
        deployment="other", import_id=second, list="avis", file="import_avis.csv", status=SendStatus.HELD,
        number=1, since=NOW,
    )  # fmt: skip
    assert [(one.deployment, one.import_id, one.status, one.number, one.since) for one in told[1:]] == [
        ("satisfaction", first, "held", 2, NOW),
        ("satisfaction", first, "uncertain", 1, LATER),
    ]


def test_what_is_held_of_a_list_is_told_without_the_rest(store: Store) -> None:
    import_id, _ = decided(store, many(range(3)))
    begin(store, claim(store)[0], LATER)
    with store.write() as tx:
        outbox.orphans(tx, ["satisfaction"], LATER)
        assert decisions.held_of(tx, "avis") == []
    hold(store, import_id)
    with store.read() as tx:
        found = [decisions.held_of(tx, name) for name in ("avis", "other", None)]
    told = [[(one.list, one.number) for one in those] for those in found]
    assert told == [[("avis", 2)], [], [("avis", 2)]]


def test_what_was_claimed_waits_until_it_is_begun_and_is_being_sent_then(store: Store) -> None:
    decided(store, many(range(5)))
    first, *_ = claim(store, limit=3)
    begin(store, first)
    with store.read() as tx:
        (totals,) = decisions.totals(tx)
    assert (totals.planned, totals.waiting, totals.sending, totals.sent) == (5, 4, 1, 0)
