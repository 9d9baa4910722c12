"""The file that a data owner fills in: in every language it reads back without a word."""

import pytest

from support.house import CONFIGURATION
from support.reading import shipped
from tournee.core.languages import STANDARD

FIELDS = """\
contact_fields:
  note: {type: text, max_length: 40}
  amount: {type: number, columns: {fr: Montant, en: Amount, de: Betrag}}
  bought: {type: date, columns: {fr: "Date d'achat; le jour", it: Data d'acquisto}}
  opened: {type: datetime, columns: {es: 'Abierto "a las"'}}
  loyal: {type: boolean}
  card: {type: choice, choices: [gold, silver], columns: {nl: Kaart}}
"""
DECLARED = ["note", "amount", "bought", "opened", "loyal", "card"]


@pytest.fixture
def many_fields(house):
    """A house whose contacts have a field of every type."""
    before, _, after = (CONFIGURATION % {"drop": house.drop}).partition("contact_fields:\n")
    house.configure(before + FIELDS + after.partition("\n")[2])
    return house


@pytest.mark.parametrize("tag", sorted(shipped()))
def test_a_template_reads_back_without_a_word(many_fields, tag):
    many_fields.configure(many_fields.config.read_text("utf-8").replace("language: fr", f"language: {tag}"))
    file = many_fields.root / "template.csv"
    file.write_text(many_fields.here("template", "avis").out, "utf-8", newline="")
    tried = many_fields.here("import", "avis", str(file), "--dry-run", "--json").json
    assert (tried["outcome"], tried["warnings"], tried["errors"], tried["counts"]["read"]) == (
        "imported", [], [], 0,
    )  # fmt: skip
    assert [column["field"] for column in tried["columns"]] == [*STANDARD, *DECLARED]


def test_put_into_a_file_it_has_the_mark_that_spreadsheets_want(house):
    assert house.run("template", "avis").out.startswith("\ufeffNom;Prénom;")
    assert house.here("template", "avis", "--json").json["csv"].startswith("Nom;Prénom;")


def test_a_terminal_that_knows_no_accents_is_given_no_mark(house):
    house.environment["PYTHONIOENCODING"] = "latin-1"
    house.environment["PYTHONUTF8"] = "0"
    out = house.run("template", "avis", "--json").out
    assert "Pr\\u00e9nom" in out
