"""One file into one list: whole or not at all, every row accounted for, every contact decided once."""

import gzip

import pytest
import sqlalchemy as sa

from support.rounds import BAD, JO, UTE, ZOE, Round, lines
from tournee.actions import contacts, explain, intake
from tournee.core.errors import LocalFileError, Stopped, UnknownName
from tournee.core.facts import Counts, DecisionCounts, Import, Outcome
from tournee.store import tables


def reason(record: Import) -> str | None:
    return record.reason and record.reason.code


def error_total(rounds: Round) -> int | None:
    with rounds.store.read() as tx:
        return tx.connection.scalar(sa.select(tables.imports.c.error_total))


# ---------------------------------------------------------------- rows


def test_every_row_is_accounted_for(rounds: Round):
    rounds.bring(ZOE, JO)
    record = rounds.bring(ZOE, "jo@example.com;Joe", UTE, "UTE@example.com;Uta", BAD, ";nobody")
    assert record.counts == Counts(read=6, created=1, updated=1, unchanged=1, duplicate=1, rejected=2)
    assert record.outcome is Outcome.IMPORTED_WITH_ERRORS
    assert rounds.names() == {"zoe@example.com": "Zoé", "jo@example.com": "Joe", "UTE@example.com": "Uta"}


def test_each_rejected_row_has_its_line_its_column_and_its_reason(rounds: Round):
    taken = rounds.by_hand(ZOE, JO, BAD, "zoe@example.com;Zoé;douze", header="Email;Prénom;Montant")
    assert [error[:3] for error in taken.errors] == [
        (4, "Email", "email_invalid"), (5, "Montant", "number_invalid"),
    ]  # fmt: skip
    assert explain.errors(rounds.app, taken.record.id) == list(taken.errors)


def test_what_is_remembered_of_an_import_is_what_was_told_of_it(rounds: Round):
    rounds.deploy("satisfaction")
    told = rounds.bring(ZOE, JO, f"{UTE};x", BAD, header="Email;Prénom;Note")
    assert explain.show(rounds.app, told.id) == told
    assert [warning.code for warning in told.warnings] == ["unknown_column"]
    assert told.repository is None


def test_an_unchanged_row_leaves_the_contact_as_it_was(rounds: Round):
    rounds.bring(ZOE)
    before = contacts.show(rounds.app, "zoe@example.com")
    rounds.later(hours=1)
    assert rounds.bring(ZOE).counts.unchanged == 1
    assert contacts.show(rounds.app, "zoe@example.com") == before


def test_the_same_file_by_hand_is_imported_each_time(rounds: Round):
    assert [rounds.bring(ZOE).counts for _ in range(2)] == [
        Counts(read=1, created=1), Counts(read=1, unchanged=1),
    ]  # fmt: skip
    assert len(rounds.imports()) == 2


def test_a_packed_file_is_imported(small_rounds: Round):
    path = small_rounds.root / "file.csv.gz"
    path.write_bytes(gzip.compress(lines(ZOE).encode()))
    assert intake.import_file(small_rounds.app, "avis", str(path)).record.counts.created == 1


# ---------------------------------------------------------------- whole files


def test_a_file_of_a_header_only_is_an_import_of_no_rows(rounds: Round):
    record = rounds.bring(text="Email;Prénom\n")
    assert (record.outcome, record.counts) == (Outcome.IMPORTED, Counts())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"), ("Prénom\nZoé\n", "missing_column"), ("Email;Email\na;b\n", "duplicate_column"),
        ("First name,Last name,Email,Language\nZoé,D,zoe@example.com,fr\n", "wrong_language"),
        ("zoe@example.com;Zoé\n", "no_header"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_rejected_with_its_reason(rounds: Round, text: str, code: str):
    record = rounds.bring(text=text)
    assert (record.outcome, reason(record), record.counts) == (Outcome.REJECTED, code, Counts())
    assert explain.show(rounds.app, record.id) == record


def test_in_a_rejected_file_every_row_is_rejected_and_nothing_is_imported(rounds: Round):
    record = rounds.bring(ZOE, BAD, BAD)
    assert (record.outcome, reason(record)) == (Outcome.REJECTED, "too_many_errors")
    assert (record.counts, record.decisions) == (Counts(read=3, rejected=3), None)
    assert (rounds.names(), rounds.members()) == ({}, 0)
    assert [error[0] for error in explain.errors(rounds.app, record.id)] == [3, 4]


@pytest.mark.parametrize(
    ("limit", "bad", "rows", "outcome"),
    [
        ("50%", 1, 2, "imported_with_errors"), ("50%", 2, 3, "rejected"), ("0%", 0, 2, "imported"),
        ("0%", 1, 100, "rejected"), ("100%", 3, 3, "imported_with_errors"),
        ("29%", 29, 100, "imported_with_errors"), ("29%", 291, 1000, "rejected"),
        ("57.5%", 23, 40, "imported_with_errors"),
    ],
)  # fmt: skip
def test_a_file_is_rejected_when_more_rows_are_bad_than_the_feed_accepts(
    small_rounds: Round, limit: str, bad: int, rows: int, outcome: str
):
    small_rounds.feed(reject_above=limit)
    good = [f"c{number}@example.com;Zoé" for number in range(rows - bad)]
    assert small_rounds.bring(*good, *[BAD] * bad).outcome == outcome


def test_of_very_many_row_errors_the_first_ten_thousand_are_kept_and_all_are_counted(rounds: Round):
    """Each bad row has two errors; the last that is kept is the first of its row."""
    rounds.feed(reject_above="100%")
    record = rounds.bring("zoe@example.com;1", "?;?", "?;1", *["?;?"] * 6_000, header="Email;Montant")
    assert record.counts == Counts(read=6_003, created=1, rejected=6_002)
    kept = explain.errors(rounds.app, record.id)
    assert (len(kept), error_total(rounds)) == (10_000, 12_003)
    assert [(line, column) for line, column, *_ in kept[-2:]] == [(5_002, "Montant"), (5_003, "Email")]


# ---------------------------------------------------------------- a dry run


def everything(record: Import) -> dict[str, object]:
    """What an import says, but for its number."""
    return {name: getattr(record, name) for name in Import.__slots__ if name != "id"}


def test_a_dry_run_writes_nothing_and_shows_what_the_import_then_does(rounds: Round):
    rounds.deploy("satisfaction", "accueil", rules=["1 per month"])
    rounds.bring(ZOE, JO)
    contacts.opt_out(rounds.app, "jo@example.com")
    rows = (ZOE, "jo@example.com;Joe", UTE, UTE, BAD)
    before = rounds.tables()
    tried = rounds.by_hand(*rows, dry_run=True)
    assert rounds.tables() == before
    done = rounds.by_hand(*rows)
    assert (tried.record.id, everything(tried.record)) == (None, everything(done.record))
    assert tried.errors == done.errors
    assert done.record.decisions
    assert done.record.decisions.planned == 1


@pytest.mark.parametrize("text", ["", lines(ZOE, BAD, BAD), "Email\n"])
def test_a_dry_run_of_a_file_without_good_rows_writes_nothing_either(rounds: Round, text: str):
    before = rounds.tables()
    tried = rounds.by_hand(text=text, dry_run=True)
    assert rounds.tables() == before
    assert everything(tried.record) == everything(rounds.by_hand(text=text).record)


# ---------------------------------------------------------------- decisions


def test_each_contact_of_an_import_gets_one_decision_for_each_deployment(rounds: Round):
    rounds.bring(ZOE, JO)
    rounds.deploy("accueil", "satisfaction")
    record = rounds.bring(ZOE, "jo@example.com;Joe", UTE, "ute@example.com;Uta", BAD)
    assert record.counts == Counts(read=5, created=1, updated=1, unchanged=1, duplicate=1, rejected=1)
    assert record.decisions == DecisionCounts(planned=6, waiting=6)
    for email in rounds.names():
        decisions = explain.why(rounds.app, email).decisions
        assert [one.deployment for one in decisions] == ["satisfaction", "accueil"]
        assert {(one.verdict, one.import_id, one.file) for one in decisions} == {
            ("planned", record.id, "file.csv")
        }


def test_the_first_of_two_deployments_spends_the_allowance_for_everything(rounds: Round):
    rounds.deploy("accueil", "satisfaction", rules=["1 per month"])
    record = rounds.bring(ZOE, JO)
    assert record.decisions == DecisionCounts(planned=2, waiting=2, blocked={"at_most 1 per month": 2})
    second, first = explain.why(rounds.app, "zoe@example.com").decisions
    assert (first.deployment, first.rule, first.status) == ("accueil", None, "waiting")
    assert (second.deployment, second.rule, second.status) == ("satisfaction", "at_most 1 per month", None)


def test_a_cap_of_one_deployment_leaves_the_other_alone(rounds: Round):
    rounds.deploy("accueil", "satisfaction", accueil=["1 per 90 days"])
    rounds.bring(ZOE)
    rounds.send_all()
    record = rounds.bring(ZOE)
    assert record.decisions == DecisionCounts(planned=1, waiting=1, blocked={"at_most 1 per 90 days": 1})
    assert explain.why(rounds.app, "zoe@example.com").decisions[1].rule == "at_most 1 per 90 days"


def test_what_waits_is_not_planned_twice(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(ZOE)
    assert rounds.bring(ZOE, ZOE).decisions == DecisionCounts(blocked={"duplicate": 1})
    rounds.send_all()
    assert rounds.bring(ZOE).decisions == DecisionCounts(planned=1, waiting=1)


def test_a_contact_who_opted_out_is_blocked_and_no_import_opts_in_again(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(ZOE)
    contacts.opt_out(rounds.app, "zoe@example.com")
    record = rounds.bring("zoe@example.com;Zoë", JO)
    assert record.decisions
    assert (record.decisions.planned, record.decisions.blocked) == (1, {"opt_out": 1})
    assert [one.channel for one in contacts.show(rounds.app, "zoe@example.com").opt_outs] == ["all"]


def test_an_opt_out_of_another_channel_does_not_block(small_rounds: Round):
    small_rounds.deploy("satisfaction")
    small_rounds.bring(ZOE)
    contacts.opt_out(small_rounds.app, "zoe@example.com", "sms")
    assert small_rounds.bring(ZOE).decisions == DecisionCounts(blocked={"duplicate": 1})


def test_where_an_email_is_to_be_sent_a_row_without_one_is_rejected(small_rounds: Round):
    small_rounds.deploy("satisfaction")
    taken = small_rounds.by_hand(ZOE + ";", ";Luc;+33612345678", header="Email;Prénom;Téléphone")
    assert [error[:3] for error in taken.errors] == [(3, "Email", "email_missing")]


def test_a_feed_that_deploys_nothing_decides_nothing(small_rounds: Round):
    assert small_rounds.bring(ZOE).decisions is None
    assert explain.why(small_rounds.app, "zoe@example.com").decisions == ()


# ---------------------------------------------------------------- trouble


def test_asked_to_stop_it_writes_nothing(rounds: Round):
    before = rounds.tables()
    (rounds.root / "file.csv").write_text(lines(ZOE))
    rounds.app.stop.set()
    with pytest.raises(Stopped):
        intake.import_file(rounds.app, "avis", str(rounds.root / "file.csv"))
    assert rounds.tables() == before


@pytest.mark.parametrize(("name", "code"), [("nowhere.csv", "file_not_found"), ("depot", "file_unreadable")])
def test_a_file_that_cannot_be_opened_is_told_by_its_path(small_rounds: Round, name: str, code: str):
    path = str(small_rounds.root / name)
    with pytest.raises(LocalFileError) as caught:
        intake.import_file(small_rounds.app, "avis", path)
    assert (caught.value.reason.code, caught.value.reason.details["file"]) == (code, path)


def test_a_list_without_a_feed_has_no_language_to_read_files_in(small_rounds: Round):
    small_rounds.settings["lists"]["bare"] = {"name": "Bare"}
    small_rounds.configure()
    with pytest.raises(UnknownName) as caught:
        intake.import_file(small_rounds.app, "bare", "file.csv")
    assert caught.value.reason.code == "list_without_feed"
