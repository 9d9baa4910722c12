"""Rows become contacts, or reasons that a person understands; what is told of whole columns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import DECLARED, layout, normalised, opened, rows_of
from tournee.core import normalise
from tournee.core.facts import RowErrorCode, WarningCode
from tournee.core.normalise import cells


def value(field_key, text):
    """What one cell becomes: a value, or the code of its error."""
    result = normalise.one(layout(), {field_key: text})
    return result[field_key] if isinstance(result, dict) else result[0][2]


def test_a_row_becomes_a_contact():
    text = (
        "Email;Téléphone;Prénom;Nom;Sexe;Civilité;Pays;Langue;Date d'achat;Magasin;Montant;Fidèle\n"
        'Jean@EXAMPLE.com;;Jean;Dupont;H;M.;France;Français;03/04/2026;"Le ""Bon"" coin";1 234,50;oui\n'
    )
    assert normalised(text) == [
        {
            "line": 2, "identity": "jean@example.com", "email": "Jean@example.com", "phone": None,
            "first_name": "Jean", "last_name": "Dupont", "gender": "male", "title": "mr", "country": "FR",
            "language": "fr",
            "fields": '{"amount":"1234.50","loyal":true,"purchase_date":"2026-04-03",'
            '"store":"Le \\"Bon\\" coin"}',
        }
    ]  # fmt: skip


def test_a_contact_without_an_email_is_known_by_its_phone():
    [contact] = normalised("Téléphone;Langue\n06 12 34 56 78;fr\n")
    assert (contact["identity"], contact["email"], contact["fields"]) == ("+33612345678", None, None)


@pytest.mark.parametrize(
    ("row", "changes", "errors"),
    [
        (";;fr", {}, [(None, "identity_missing")]),
        (";0612345678;fr", {"required": frozenset({"email"})}, [("Email", "email_missing")]),
        ("a@b.fr;;fr", {"required": frozenset({"phone"})}, [("Téléphone", "phone_missing")]),
        (";;fr", {"required": frozenset({"email"})}, [("Email", "email_missing")]),
        ("a@b.fr;;", {}, [("Langue", "language_missing")]),
        ("a@b.fr;; \xa0", {}, [("Langue", "language_missing")]),
        (
            "a@b;1;",
            {},
            [("Email", "email_invalid"), ("Téléphone", "phone_invalid"), ("Langue", "language_missing")],
        ),
        ("x;;xx", {}, [("Email", "email_invalid"), ("Langue", "language_unknown")]),
        ("a@b.fr;;xx", {"default_language": "fr"}, [("Langue", "language_unknown")]),
    ],
)
def test_each_wrong_cell_is_one_error_and_names_its_column(row, changes, errors):
    [found] = normalised(f"E-mail ;Téléphone;Langue\n{row}\n".replace("E-mail ", "Email"), layout(**changes))
    assert [(column, code) for _line, column, code, _details in found] == errors


def test_an_error_names_the_column_as_the_file_writes_it():
    assert normalised('"COURRIEL ";langue\nx;fr\n') == [[(2, "COURRIEL", "email_invalid", None)]]


def test_the_feeds_language_fills_empty_cells():
    text = "Email;Langue\na@b.fr;\nc@d.fr;de\n"
    assert [row["language"] for row in normalised(text, layout(default_language="nl"))] == ["nl", "de"]
    assert normalised("Email\na@b.fr\n", layout(default_language="nl"))[0]["language"] == "nl"


def test_rows_stay_in_order_whatever_is_wrong_with_them():
    rows = ["a@b.fr;fr;x", "bad;fr;x", "c@d.fr;fr;x;y", 'e@f.fr;fr;"x', "g@h.fr;fr;x", "i@j.fr;;x"]
    found = normalised("Email;Langue;Magasin\n" + "\n".join(rows * 400))
    lines = [row["line"] if isinstance(row, dict) else row[0][0] for row in found]
    assert lines == list(range(2, 2402))
    assert [isinstance(row, dict) for row in found[:6]] == [True, False, False, False, True, False]


def test_only_declared_fields_that_are_filled_are_kept_with_their_keys_in_order():
    header = ";".join(["Email", "Langue", *(columns["fr"][0] for _kind, columns in DECLARED.values())])
    first, second = normalised(f"{header}\na@b.fr;fr;03/04/2026;;x;\nc@d.fr;fr;;;;\n")
    assert first["fields"] == '{"purchase_date":"2026-04-03","store":"x"}'
    assert second["fields"] is None


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20))
def test_the_declared_fields_are_canonical_json(cell):
    quoted = cell.replace('"', '""')
    [row] = normalised(f'Email;Langue;Magasin;Montant\na@b.fr;fr;"{quoted}";1,5\n')
    fields = {"amount": "1.5", **({"store": value("store", cell)} if value("store", cell) else {})}
    assert row["fields"] == json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@given(st.lists(st.lists(st.text(st.sampled_from('a@.fr0612/-,"; '), max_size=9), min_size=5, max_size=5)))
def test_every_row_that_is_not_blank_is_accounted_for_once(table):
    text = "Email;Téléphone;Langue;Date d'achat;Montant\n"
    text += "".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table)
    lines = [line for line, _cells in rows_of(opened(text))]
    found = normalised(text)
    assert [row["line"] if isinstance(row, dict) else row[0][0] for row in found] == lines


def test_no_error_holds_what_stands_in_the_cell():
    secret = "s3cr3t"
    cells = ["Email", "Téléphone", "Sexe", "Civilité", "Langue", "Date d'achat", "Montant", "Fidèle"]
    [errors] = normalised(";".join(cells) + "\n" + ";".join([secret] * len(cells)) + "\n")
    assert len(errors) == len(cells)
    assert secret not in repr(errors)


# ---------------------------------------------------------------- warnings


def warnings(text, a_layout=None):
    table = opened(text, a_layout)
    list(normalise.Normaliser(a_layout or layout(), table).batches())
    return [(warning.code, warning.details["column"]) for warning in table.warnings]


def test_a_column_that_is_empty_in_every_row_is_told():
    text = "Email;Langue;Nom;Prénom\na@b.fr;fr; ;Jean\nc@d.fr;fr;;\n"
    assert warnings(text) == [(WarningCode.EMPTY_COLUMN, "Nom")]
    assert warnings("Email;Langue;Nom\n") == []


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["03/04/2026", "", "12/12/2026"], True),
        (["03/04/2026", "13/04/2026"], False),
        (["03/04/2026", "3 avril 2026"], False),
        (["2026-04-03"], False),
        (["31/02/2026"], False),
        (["05/05/2026"], False),
        (["05/05/2026", "05/06/2026"], True),
    ],
)
def test_dates_that_all_fit_the_other_order_too_are_told(dates, told):
    text = "Email;Langue;Date d'achat\n" + "".join(f"a@b.fr;fr;{date}\n" for date in dates)
    assert warnings(text) == ([(WarningCode.AMBIGUOUS_DATES, "Date d'achat")] if told else [])


# ---------------------------------------------------------------- one contact by hand


def test_some_fields_of_a_contact_are_normalised_alone():
    given_fields = {"phone": "0470 12 34 56", "country": "Belgium", "amount": "12.5", "last_name": ""}
    assert normalise.one(layout("en"), given_fields) == {
        "phone": "+32470123456", "country": "BE", "amount": "12.5", "last_name": None,
        "identity": "+32470123456",
    }  # fmt: skip


def test_refused_fields_are_told_by_their_keys():
    refused = normalise.one(layout("en"), {"email": "x", "amount": "y"})
    assert [(column, code) for _line, column, code, _details in refused] == [
        ("email", "email_invalid"),
        ("amount", "number_invalid"),
    ]


# ---------------------------------------------------------------- memory


def seen(convert, most=100):
    return cells.Seen(cells.Each(convert), most)


def test_the_cells_that_are_remembered_have_a_limit():
    column = seen(str.upper)
    for start in range(0, 5_000, 50):
        values, refused = column.read([f"a{start + number // 2}" for number in range(50)])
        assert values == [f"A{start + number // 2}" for number in range(50)]
        assert (len(column) <= 100, list(refused)) == (True, [])


def test_a_column_of_ever_new_cells_is_not_remembered():
    column = seen(str.upper)
    for number in range(300):
        values, refused = column.read([f"a{number}"])
        assert (values, list(refused)) == ([f"A{number}"], [])
    assert len(column) == 0


def test_long_cells_and_refused_ones_are_not_remembered():
    column = seen(lambda cell: cells.refusal(RowErrorCode.DATE_INVALID) if cell == "x" else cell)
    assert column.read(["x", "y" * 1_000, "z", "x"])[1] == [0, 3]
    assert column.read(["z", "x"])[1] == [1]
    assert set(column) == {"z"}
