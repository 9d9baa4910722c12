"""`membership: mirror`, `identify_by` and `empty_cells` as feeds say them, and what a person may overrule."""

import pytest

from support.rounds import BAD, UTE, ZOE, A, B, Round, lines
from tournee.actions import contacts, explain, intake, retry
from tournee.core.facts import Counts, Import, Outcome
from tournee.core.messages import sentence

MANY = [f"c{number}@example.com;Zoé" for number in range(10)]


@pytest.fixture
def mirroring(rounds: Round) -> Round:
    """A list of ten that is to be equal to its files."""
    rounds.feed(membership="mirror")
    rounds.bring(*MANY)
    return rounds


def warnings(record: Import) -> list[str]:
    return [warning.code for warning in record.warnings]


def reason(record: Import) -> str | None:
    return record.reason and record.reason.code


# ---------------------------------------------------------------- mirror


def test_the_list_becomes_equal_to_the_file(mirroring: Round):
    record = mirroring.bring(*MANY[:9], ZOE)
    assert (record.removed, record.counts) == (1, Counts(read=10, created=1, unchanged=9))
    assert (mirroring.members(), len(mirroring.names())) == (10, 11)
    assert explain.show(mirroring.app, record.id or 0) == record


@pytest.mark.parametrize(
    ("known", "refused"),
    [
        ("zoe@example.com;", "zoe@@example.com;+33612345678"),  # the phone may be new to whom the email names
        (";+33612345678", "new@example.com;+3361234567"),  # the email may be new to whom the phone names
    ],
)
def test_nobody_is_removed_where_a_rejected_row_may_be_anybodys(rounds: Round, known: str, refused: str):
    rounds.feed(membership="mirror", mirror_limit="50%")
    others = [f"c{number}@example.com;" for number in range(9)]
    rounds.bring(*others, known, header="Email;Téléphone")
    record = rounds.bring(*others, refused, header="Email;Téléphone")
    assert (record.counts.rejected, record.removed) == (1, 0)


def test_a_rejected_row_of_a_known_email_keeps_only_its_contact(rounds: Round):
    rounds.feed(membership="mirror", mirror_limit="50%")
    others = [f"c{number}@example.com;" for number in range(9)]
    rounds.bring(*others, ";+33612345678", header="Email;Téléphone")
    record = rounds.bring(*others[:8], "c8@example.com;+3361234567", header="Email;Téléphone")
    assert (record.counts.rejected, record.removed) == (1, 1)


def test_who_has_only_a_phone_on_another_list_keeps_nobody(rounds: Round):
    rounds.feed("other")
    rounds.feed(membership="mirror", mirror_limit="50%")
    file = rounds.root / "other.csv"
    file.write_text("Email;Téléphone\n;+33612345678\n")
    intake.import_file(rounds.app, "other", str(file))
    others = [f"c{number}@example.com;" for number in range(10)]
    rounds.bring(*others, header="Email;Téléphone")
    record = rounds.bring(*others[:9], "new@example.com;+3361", header="Email;Téléphone")
    assert (record.counts.rejected, record.removed) == (1, 1)


def test_a_row_without_the_email_that_is_required_tells_by_its_phone_whose_it_is(rounds: Round):
    rounds.feed(membership="mirror", mirror_limit="50%")
    others = [f"c{number}@example.com;" for number in range(10)]
    rounds.bring(*others, header="Email;Téléphone")
    rounds.deploy("enquete")
    record = rounds.bring(*others[:9], ";+33612345678", header="Email;Téléphone")
    assert (record.counts.rejected, record.removed) == (1, 1)


def test_nobody_is_removed_where_a_rejected_row_lacks_what_identifies_it(rounds: Round):
    rounds.settings["contact_fields"]["number"] = {"type": "text", "columns": {"fr": "Numéro"}}
    rounds.feed(identify_by="number", membership="mirror", mirror_limit="50%")
    others = [f"c{number}@example.com;{number}" for number in range(9)]
    rounds.bring(*others, "old@example.com;9", header="Email;Numéro")
    record = rounds.bring(*others, "new@example.com;", header="Email;Numéro")
    assert (record.counts.rejected, record.removed) == (1, 0)


def test_a_list_that_adds_removes_nobody_and_counts_none(rounds: Round):
    rounds.bring(*MANY)
    record = rounds.bring(ZOE)
    assert (record.removed, rounds.members()) == (None, 11)


def test_more_than_the_limit_leave_only_with_a_persons_word(mirroring: Round):
    record = mirroring.bring(*MANY[:7])
    assert (record.outcome, reason(record), record.removed) == (Outcome.REJECTED, "mirror_limit", 0)
    assert (record.counts, mirroring.members()) == (Counts(read=7, rejected=7), 10)
    assert record.reason
    assert sentence(record.reason, "en") == (
        "Contacts of the list that are not in the file: 3 of 10, more than `mirror_limit: 20%` lets go at "
        "once. Nothing was imported. If they are to go, say `tournee import avis FILE --force`, or raise "
        "`mirror_limit`; if not, ask for the whole file."
    )
    forced = mirroring.by_hand(*MANY[:7], force=True).record
    assert (forced.removed, mirroring.members()) == (3, 7)


def test_a_polled_file_over_the_limit_is_rejected_with_an_alert_that_says_how_to_insist(mirroring: Round):
    mirroring.put(A, *MANY[:7], UTE)
    assert mirroring.outcomes() == {A: "rejected mirror_limit"}
    assert (mirroring.problems(), mirroring.members()) == ([("import_rejected", "mirror_limit")], 10)
    record = mirroring.imports()[-1]
    assert record.reason
    assert f"`tournee retry {record.id} --force`" in sentence(record.reason, "en")
    assert "ute@example.com" not in mirroring.names()
    assert mirroring.next_outcomes() == {A: "known"}
    forced = retry.retry(mirroring.app, record.id or 0, force=True).record
    assert (forced.removed, mirroring.members(), mirroring.problems()) == (3, 8, [])
    assert mirroring.next_outcomes() == {A: "known"}


def test_the_limit_is_the_feeds_own(mirroring: Round):
    mirroring.feed(mirror_limit="50%")
    assert mirroring.bring(*MANY[:5]).removed == 5


def test_nobody_leaves_whose_row_was_rejected(mirroring: Round):
    mirroring.feed(mirror_limit="50%")
    record = mirroring.bring(*(f"{row};1" for row in MANY[:8]), f"{MANY[8]};?", header="Email;Prénom;Montant")
    assert (record.counts.rejected, record.removed, mirroring.members()) == (1, 1, 9)


def test_where_a_rejected_row_does_not_say_whose_it_is_nobody_leaves_and_that_is_told(mirroring: Round):
    record = mirroring.bring(*MANY[:9], BAD)
    assert (record.removed, warnings(record), mirroring.members()) == (0, ["nobody_removed"], 10)
    assert sentence(record.warnings[0], "en") == (
        "Nobody was removed from the list: not every rejected row says whose it is."
    )


def test_a_late_file_removes_nobody_and_says_so(rounds: Round):
    rounds.feed(membership="mirror")
    rounds.put(B, *MANY)
    rounds.poll()
    rounds.put(A, *MANY[:9])
    rounds.next_outcomes()
    record = rounds.imports()[-1]
    assert (record.file, record.removed, rounds.members()) == (A, 0, 10)
    assert warnings(record) == ["late_file", "nobody_removed"]


def test_a_cut_file_that_the_feed_accepts_removes_nobody_and_says_so(mirroring: Round):
    mirroring.feed(truncated="accept")
    record = mirroring.bring(text=lines(*MANY[:8]) + "c8@example.com")
    assert (record.removed, warnings(record), mirroring.members()) == (0, ["nobody_removed"], 10)
    assert sentence(record.warnings[0], "en") == (
        "Nobody was removed from the list: the last line is cut, so that others may be missing."
    )


def test_a_dry_run_says_who_would_leave_and_removes_nobody(mirroring: Round):
    before = mirroring.tables()
    tried = mirroring.bring(*MANY[:9], dry_run=True)
    refused = mirroring.bring(*MANY[:1], dry_run=True)
    assert (tried.removed, reason(refused), mirroring.tables() == before) == (1, "mirror_limit", True)


def test_a_file_of_a_header_only_empties_no_list(mirroring: Round):
    assert reason(mirroring.bring(text=lines())) == "mirror_limit"


# ---------------------------------------------------------------- --force


def test_force_takes_a_file_that_is_mostly_wrong(rounds: Round):
    record = rounds.by_hand(ZOE, BAD, BAD, force=True).record
    assert record.counts == Counts(read=3, created=1, rejected=2)
    assert rounds.by_hand(BAD, BAD, force=True).record.counts == Counts(read=2, rejected=2)


def test_force_makes_no_other_file_readable(small_rounds: Round):
    assert reason(small_rounds.by_hand(text="Email;Email\n", force=True).record) == "duplicate_column"


# ---------------------------------------------------------------- identify_by


def test_contacts_may_be_told_apart_by_a_declared_field(rounds: Round):
    rounds.settings["contact_fields"]["number"] = {"type": "text", "columns": {"fr": "Numéro"}}
    rounds.feed(identify_by="number")
    family = ("home@example.com;Zoé;1", "home@example.com;Jo;2")
    record = rounds.bring(*family, header="Email;Prénom;Numéro")
    assert record.counts == Counts(read=2, created=2)
    moved = rounds.bring("new@example.com;Zoé;1", header="Email;Prénom;Numéro")
    assert (moved.counts, rounds.members()) == (Counts(read=1, updated=1), 2)
    assert rounds.names() == {"new@example.com": "Zoé", "home@example.com": "Jo"}


def test_without_the_field_that_tells_them_apart_a_file_is_rejected(small_rounds: Round):
    small_rounds.feed(identify_by="amount")
    assert reason(small_rounds.bring(ZOE)) == "missing_column"


# ---------------------------------------------------------------- empty cells


@pytest.mark.parametrize(
    ("empty_cells", "stored"), [("keep", ("Zoé", {"amount": "1"})), ("clear", (None, {}))]
)
def test_an_empty_cell_keeps_or_clears_as_the_feed_says(
    rounds: Round, empty_cells: str, stored: tuple[str | None, dict[str, str]]
):
    rounds.feed(empty_cells=empty_cells)
    header = "Email;Prénom;Montant;Nom"
    rounds.bring("zoe@example.com;Zoé;1;Petit", header=header)
    rounds.bring("zoe@example.com;;", header="Email;Prénom;Montant")
    person = contacts.show(rounds.app, "zoe@example.com")
    assert (person.first_name, person.fields, person.last_name) == (*stored, "Petit")


def test_a_row_that_clears_nothing_more_is_unchanged(rounds: Round):
    rounds.feed(empty_cells="clear")
    rounds.bring("zoe@example.com;;", header="Email;Prénom;Montant")
    assert rounds.bring("zoe@example.com;;", header="Email;Prénom;Montant").counts.unchanged == 1
