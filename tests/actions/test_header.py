"""The warning that a header is not that of the list's last file, and what is kept of headers to tell."""

from support.rounds import BAD, JO, ZOE, Round, lines
from tournee.core.facts import Import
from tournee.core.messages import sentence


def warnings(record: Import) -> list[str]:
    return [warning.code for warning in record.warnings]


def test_a_header_that_differs_from_the_last_file_is_told(rounds: Round):
    rounds.bring(ZOE)
    record = rounds.bring(f"{JO};x", header="Email;Prénom;Note")
    assert [sentence(warning, "en") for warning in record.warnings][-1] == (
        "The header is not the one of the last file: new is “Note”."
    )
    assert warnings(rounds.bring(f"{JO};x", header="EMAIL; prénom ;Note")) == ["unknown_column"]


def test_it_is_compared_with_the_last_file_that_went_in(rounds: Round):
    rounds.bring(ZOE)
    rounds.bring(*[f"{BAD};1"] * 3, header="Email;Prénom;Montant")
    assert warnings(rounds.bring(ZOE)) == []
    assert warnings(rounds.bring("Zoé;zoe@example.com", header="Prénom;Email", dry_run=True)) == [
        "header_changed"
    ]
    assert warnings(rounds.bring(ZOE)) == []


def test_other_lists_have_headers_of_their_own(small_rounds: Round):
    small_rounds.bring(ZOE)
    small_rounds.feed("bis")
    small_rounds.put("import_bis.csv", text=lines(f"{ZOE};1", header="Email;Prénom;Montant"))
    small_rounds.poll("bis")
    assert warnings(small_rounds.imports()[-1]) == []


def test_nothing_that_may_be_a_persons_is_kept_of_a_header(rounds: Round):
    rounds.bring(f"{ZOE};x;y", header="Email;Prénom;jean@example.com;0612345678")
    (row,) = rounds.tables()["imports"]
    assert not any("jean@example.com" in str(value) or "0612345678" in str(value) for value in row)
