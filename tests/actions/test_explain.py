"""The answers: what was taken and is wrong, which rows were rejected, and why a contact was asked or not."""

from datetime import datetime, timedelta

import pytest

from support.installation import NOON
from support.rounds import BAD, JO, UTE, ZOE, A, B, Round
from tournee.actions import contacts, deployments, explain
from tournee.core.errors import TourneeError, UnknownName
from tournee.core.facts import DeploymentTotals, ListStatus


def status_of(rounds: Round, key: str = "avis") -> ListStatus:
    return next(entry for entry in explain.status(rounds.app).lists if entry.list == key)


def near_misses(rounds: Round) -> list[tuple[str, str]]:
    return [(miss.name, miss.reason.code) for miss in status_of(rounds).near_misses]


def test_a_list_shows_its_feed_its_contacts_its_last_poll_and_its_last_import(rounds: Round):
    rounds.put(A, ZOE, JO)
    rounds.poll()
    rounds.later(hours=1)
    rounds.bring(UTE)
    shown = status_of(rounds)
    assert (shown.name, shown.repository, shown.prefix, shown.schedule) == (
        "Avis", "depot", "import_avis", "1 hour",
    )  # fmt: skip
    assert (shown.contacts, shown.last_import) == (3, rounds.imports()[1])
    assert shown.last_poll
    assert (shown.last_poll.at, shown.last_poll.ok, shown.last_poll.error) == (NOON, True, None)
    assert shown.next_poll == NOON + timedelta(hours=1)


def test_lists_stand_in_the_order_in_which_they_are_written(small_rounds: Round):
    small_rounds.feed("zoo")
    small_rounds.feed("bis")
    assert [entry.list for entry in explain.status(small_rounds.app).lists] == ["avis", "zoo", "bis"]


def test_a_list_that_was_never_polled_is_due_now(small_rounds: Round):
    shown = status_of(small_rounds)
    assert (shown.last_poll, shown.last_import, shown.contacts) == (None, None, 0)
    assert shown.next_poll == small_rounds.now


def test_a_list_without_a_feed_is_never_polled(small_rounds: Round):
    small_rounds.settings["lists"]["bare"] = {"name": "À la main"}
    small_rounds.configure()
    shown = status_of(small_rounds, "bare")
    assert (shown.repository, shown.prefix, shown.schedule, shown.next_poll) == (None, None, None, None)
    assert set(explain.next_polls(small_rounds.app)) == {"avis"}


def test_a_poll_that_was_missed_is_due_since_then(rounds: Round):
    rounds.poll()
    rounds.later(hours=5)
    due = explain.next_polls(rounds.app)["avis"]
    assert due == status_of(rounds).next_poll == NOON + timedelta(hours=1)


def test_a_list_that_was_polled_while_the_clock_was_ahead_is_due_now(small_rounds: Round):
    small_rounds.later(days=365)
    small_rounds.poll()
    small_rounds.now = NOON
    assert explain.next_polls(small_rounds.app) == {"avis": NOON}


def test_a_list_with_a_file_that_waits_is_due_when_that_may_have_settled(rounds: Round):
    rounds.feed(settle="30 seconds")
    rounds.put(A)
    rounds.poll()
    assert status_of(rounds).next_poll == NOON + timedelta(seconds=30)
    rounds.later(seconds=30)
    rounds.poll()
    assert status_of(rounds).next_poll == NOON + timedelta(hours=1, seconds=30)


def test_a_cron_line_is_counted_in_the_configured_zone(small_rounds: Round):
    small_rounds.feed(every=None, cron="0 6 * * mon-sat")
    small_rounds.poll()
    assert status_of(small_rounds).next_poll == datetime.fromisoformat("2026-11-24T05:00Z")


def test_near_misses_are_remembered_until_a_poll_sees_them_no_more(rounds: Round):
    rounds.put("import_avis.xlsx")
    rounds.put("Import_avis.csv")
    rounds.poll()
    assert near_misses(rounds) == [("Import_avis.csv", "case"), ("import_avis.xlsx", "extension")]
    (rounds.drop / "import_avis.xlsx").unlink()
    rounds.poll()
    assert near_misses(rounds) == [("Import_avis.csv", "case")]


def test_near_misses_outlive_a_poll_that_saw_nothing(rounds: Round):
    rounds.put("Import_avis.csv")
    rounds.poll()
    rounds.drop.rename(rounds.root / "away")
    rounds.poll()
    assert near_misses(rounds) == [("Import_avis.csv", "case")]


def test_what_is_wrong_is_shown_with_its_subject_and_since_when(rounds: Round):
    rounds.drop.rmdir()
    rounds.poll()
    rounds.later(hours=1)
    rounds.poll()
    (problem,) = explain.status(rounds.app).problems
    assert (problem.kind, problem.subject, problem.since) == ("unreachable", "depot", NOON)
    last = status_of(rounds).last_poll
    assert last
    assert (last.ok, last.error, last.at) == (False, "not_found", rounds.now)


@pytest.mark.parametrize(
    ("rows", "kind"), [([ZOE, BAD, BAD], "import_rejected"), ([ZOE, BAD], "import_errors")]
)
def test_a_file_with_trouble_is_a_problem_of_its_list_until_a_clean_import(
    rounds: Round, rows: list[str], kind: str
):
    rounds.put(A, *rows)
    rounds.poll()
    (problem,) = explain.status(rounds.app).problems
    assert (problem.kind, problem.subject) == (kind, "avis")
    rounds.put(B, JO)
    rounds.next_outcomes()
    assert explain.status(rounds.app).problems == ()


def test_the_history_is_newest_first_of_one_list_and_as_long_as_asked(rounds: Round):
    rounds.feed("bis")
    rounds.put("import_bis.csv")
    for row in (ZOE, JO, UTE):
        rounds.bring(row)
    rounds.poll("bis")
    ids = [record.id for record in explain.history(rounds.app)]
    assert ids == sorted(ids, reverse=True)
    assert [record.list for record in explain.history(rounds.app)] == ["bis", "avis", "avis", "avis"]
    assert [record.id for record in explain.history(rounds.app, 2)] == ids[:2]
    assert [record.id for record in explain.history(rounds.app, 2, list="avis")] == ids[1:3]


def test_row_errors_come_in_the_order_of_their_lines(rounds: Round):
    rounds.feed(reject_above="100%")
    record = rounds.bring(BAD, "?;1;?", ZOE + ";1;", header="Email;Prénom;Montant;Fidèle")
    assert record.id
    assert [error[:3] for error in explain.errors(rounds.app, record.id)] == [
        (2, "Email", "email_invalid"), (3, "Email", "email_invalid"), (3, "Montant", "number_invalid"),
    ]  # fmt: skip


def test_an_import_without_row_errors_has_none(small_rounds: Round):
    record = small_rounds.bring(ZOE)
    assert record.id
    assert explain.errors(small_rounds.app, record.id) == []


@pytest.mark.parametrize("ask", [explain.show, explain.errors])
def test_an_import_that_does_not_exist_is_told(small_rounds: Round, ask):
    with pytest.raises(UnknownName) as caught:
        ask(small_rounds.app, 99)
    assert (caught.value.reason.code, caught.value.reason.details) == ("unknown_import", {"id": 99})


def test_why_tells_each_decision_newest_first_with_its_rule_and_its_file(rounds: Round):
    rounds.deploy("satisfaction", rules=["1 per month"])
    rounds.bring(ZOE, name="first.csv")
    rounds.send_all()
    rounds.later(days=1)
    rounds.bring(ZOE, name="second.csv")
    second, first = explain.why(rounds.app, "zoe@example.com").decisions
    assert (first.file, first.verdict, first.status, first.sent_at) == ("first.csv", "planned", "sent", NOON)
    assert (second.file, second.verdict, second.rule) == ("second.csv", "blocked", "at_most 1 per month")
    assert (second.status, second.sent_at, second.decided_at) == (None, None, rounds.now)
    assert second.reason
    assert second.reason.details["latest"] == "2026-11-23T11:00:00Z"


def test_why_takes_an_email_an_id_or_a_phone_and_nobody_else(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(f"{ZOE};0612345678", header="Email;Prénom;Téléphone")
    contact = contacts.show(rounds.app, "zoe@example.com")
    answers = [
        explain.why(rounds.app, who).decisions for who in ("ZOE@example.com", str(contact.id), "+33612345678")
    ]
    assert [len(answer) for answer in answers] == [1, 1, 1]
    with pytest.raises(TourneeError) as caught:
        explain.why(rounds.app, "nobody@example.com")
    assert (caught.value.reason.code, caught.value.reason.details) == ("unknown_contact", {})


def test_the_totals_of_a_deployment_tell_where_its_messages_are(rounds: Round):
    rounds.deploy("accueil", "satisfaction", accueil=["1 per 90 days"])
    rounds.bring(ZOE, JO)
    rounds.send_all()
    rounds.bring(ZOE)
    none = {"held": 0, "failed": 0, "uncertain": 0}
    assert deployments.totals(rounds.app) == [
        DeploymentTotals(
            deployment="accueil", channel="email", planned=2, waiting=0, sent=2, blocked=1, **none
        ),
        DeploymentTotals(
            deployment="satisfaction", channel="email", planned=3, waiting=1, sent=2, blocked=0, **none
        ),
    ]
