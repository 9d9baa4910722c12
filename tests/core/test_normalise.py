"""Cells become contacts, or reasons that a person understands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import DECLARED, layout, normalised, opened, rows_of
from tournee.core import normalise
from tournee.core.facts import RowErrorCode, WarningCode
from tournee.core.normalise import cells

STANDARD = {"email": "Email", "phone": "Téléphone", "language": "Langue", "country": "Pays", "gender": "Sexe"}


def value(field_key, text, tag="fr", **changes):
    """What one cell becomes: a value, or the code of its error."""
    result = normalise.one(layout(tag, **changes), {field_key: text})
    return result[field_key] if isinstance(result, dict) else result[0][2]


def details(field_key, text, tag="fr"):
    [(_line, _column, _code, found)] = normalise.one(layout(tag), {field_key: text})
    return found


# ---------------------------------------------------------------- emails


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("jean@example.com", "jean@example.com"),
        ("  Jean.Dupont@EXAMPLE.Com\u200b", "Jean.Dupont@example.com"),
        ("INFO@example.com", "info@example.com"),
        ("o'neil+tag@mail.example.co.uk", "o'neil+tag@mail.example.co.uk"),
        ("jean@exämple.com", "jean@exämple.com"),
        ("jean@xn--exmple-cua.com", "jean@exämple.com"),
        ("zoé@example.com", "zoé@example.com"),
        ("jean@shop.test", "jean@shop.test"),
    ],
)
def test_an_email_is_stored_in_normal_form(text, address):
    assert value("email", text) == address


@pytest.mark.parametrize(
    "text",
    [
        "jean", "jean@", "@example.com", "jean@@example.com", "jean@example..com", "jean @example.com",
        "je\u200ban@example.com", "jean@exam\u00adple.com", '"jean"@example.com', "Jean <jean@example.com>",
        "jean@localhost", "jean@test", "jean@[127.0.0.1]", "jean@example", "a@" + "b" * 64 + ".com",
        "a" * 250 + "@example.com", "jean@example.com;marie@example.com",
    ],
)  # fmt: skip
def test_what_is_no_email_is_refused(text):
    assert value("email", text) == RowErrorCode.EMAIL_INVALID


# ---------------------------------------------------------------- phones


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("0612345678", "+33612345678"),
        ("612345678", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("06.12.34.56.78 poste 12", None),
        ("06.12.34.56.78 ext. 12", "+33612345678"),
        ("06\u202f12\u202f34\u202f56\u202f78", "+33612345678"),
        ("\u202a+33612345678\u202c", "+33612345678"),
        ("+1 202-456-1414", "+12024561414"),
        ("+44 7400 123456", "+447400123456"),
        ("12", None),
        ("06 12 34 56 7", None),
        ("+33 1", None),
        ("n'a pas", None),
    ],
)
def test_a_phone_is_stored_as_e164(text, number):
    assert value("phone", text) == (number or RowErrorCode.PHONE_INVALID)


def test_a_phone_is_from_the_rows_country_else_the_feeds_else_the_languages():
    text = "Téléphone;Pays;Langue\n0151 23456789;Allemagne;fr\n0151 23456789;;fr\n"
    assert normalised(text)[0]["phone"] == "+4915123456789"
    assert normalised(text)[1] == [(3, "Téléphone", "phone_invalid", None)]
    assert normalised(text, layout(country="DE"))[1]["phone"] == "+4915123456789"


def test_a_phone_is_not_blamed_for_a_country_that_is_unknown():
    text = "Téléphone;Pays;Langue\n015123456789;Allemagn;fr\n+3;Allemagn;fr\n"
    first, second = normalised(text)
    assert [code for _line, _column, code, _details in first] == ["country_unknown"]
    assert [code for _line, _column, code, _details in second] == ["phone_invalid", "country_unknown"]


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("field_key", "text", "stored"),
    [
        ("country", "Allemagne", "DE"), ("country", "allemagne ", "DE"), ("country", "Germany", "DE"),
        ("country", "DE", "DE"), ("country", "deu", "DE"), ("country", "UK", "GB"), ("country", "U.K.", "GB"),
        ("country", "Etats Unis", "US"), ("country", "COTE D'IVOIRE", "CI"),
        ("country", "République tchèque", "CZ"),
        ("country", "Birmanie", "MM"), ("country", "USA", "US"), ("country", "Hong Kong", "HK"),
        ("country", "Deutschland", "country_unknown"), ("country", "EU", "country_unknown"),
        ("country", "ZZ", "country_unknown"), ("country", "999", "country_unknown"),
        ("language", "Français", "fr"), ("language", "FRANCAIS", "fr"), ("language", "fr", "fr"),
        ("language", "fr-FR", "fr-FR"), ("language", "fr_be", "fr-BE"), ("language", "German", "de"),
        ("language", "Néerlandais", "nl"), ("language", "anglais britannique", "en-GB"),
        ("language", "Deutsch", "language_unknown"), ("language", "xx", "language_unknown"),
        ("gender", "F", "female"), ("gender", "h", "male"), ("gender", "Féminin", "female"),
        ("gender", "masculin", "male"), ("gender", "Mme", "female"), ("gender", "female", "female"),
        ("gender", "autre", "other"), ("gender", "?", "gender_unknown"), ("gender", "2", "gender_unknown"),
        ("title", "M.", "mr"), ("title", "M", "mr"), ("title", "Monsieur", "mr"), ("title", "MME", "mrs"),
        ("title", "Madame", "mrs"), ("title", "Mlle", "miss"), ("title", "Dr.", "dr"),
        ("title", "Pr", "prof"),
        ("title", "ms", "ms"), ("title", "Roi", "title_unknown"),
        ("loyal", "Oui", True), ("loyal", "NON", False), ("loyal", "VRAI", True), ("loyal", "faux", False),
        ("loyal", "1", True), ("loyal", "0", False), ("loyal", "true", True),
        ("loyal", "2", "boolean_invalid"), ("loyal", "yes", "boolean_invalid"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_language(field_key, text, stored):
    assert value(field_key, text) == stored


def test_a_refused_word_comes_with_those_to_write():
    assert details("gender", "?") == {"words": ["F", "H", "Autre"]}
    assert details("title", "?")["words"][:2] == ["M.", "Mme"]
    assert details("loyal", "?") == {"yes": "Oui", "no": "Non"}


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "french", "american"),
    [
        ("03/04/2026", "2026-04-03", "2026-03-04"),
        ("3/4/26", "2026-04-03", "2026-03-04"),
        ("03-04-2026", "2026-04-03", "2026-03-04"),
        ("03.04.2026", "2026-04-03", "2026-03-04"),
        ("03 04 2026", "2026-04-03", "2026-03-04"),
        ("3. 4. 2026", "2026-04-03", "2026-03-04"),
        ("2026-04-03", "2026-04-03", "2026-04-03"),
        ("20260403", "2026-04-03", "2026-04-03"),
        ("2026/4/3", "2026-04-03", "2026-04-03"),
        ("03/04/2026 10:30", "2026-04-03", "2026-03-04"),
        ("03/04/2026 10:30:59 PM", "2026-04-03", "2026-03-04"),
        ("03/04/2026 10h30", "2026-04-03", "2026-03-04"),
        ("2026-04-03T10:30:00.123Z", "2026-04-03", "2026-04-03"),
        ("2026-04-03 10:30+02:00", "2026-04-03", "2026-04-03"),
        ("20260403T103000Z", "2026-04-03", "2026-04-03"),
        ("01/02/69", "1969-02-01", "1969-01-02"),
        ("01/02/68", "2068-02-01", "2068-01-02"),
        ("29/02/2024", "2024-02-29", None),
        ("31/02/2026", None, None),
        ("29/02/2023", None, None),
        ("00/00/0000", None, None),
        ("12/31/2026", None, "2026-12-31"),
        ("45992", None, None),
        ("45992,5", None, None),
        ("03/04/202", None, None),
        ("03/04", None, None),
        ("03/04-2026", None, None),
        ("03/04/2026 25:00", None, None),
        ("٠٣/٠٤/٢٠٢٦", None, None),
        ("demain", None, None),
    ],
)
def test_a_date_has_the_order_of_the_language(text, french, american):
    assert value("purchase_date", text, "fr") == (french or "date_invalid")
    assert value("purchase_date", text, "en") == (american or "date_invalid")


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("fr", "3 avril 2026"), ("fr", "3 AVR. 2026"), ("fr", "3-avr-26"), ("fr", "03 Avril 26"),
        ("en", "April 3, 2026"), ("en", "3 Apr 2026"), ("en", "Apr 3rd, 2026 10:30 am"),
        ("en", "2026 April 3"), ("en-GB", "3rd April 2026"), ("de", "3. April 2026"),
        ("es", "3 de abril de 2026"), ("nl", "3 apr 2026"), ("it", "3 aprile 2026"),
    ],
)  # fmt: skip
def test_months_may_be_written_out(tag, text):
    assert value("purchase_date", text, tag) == "2026-04-03"


def test_the_first_of_a_month_and_a_month_with_an_accent_are_known():
    assert value("purchase_date", "1er aout 2026") == value("purchase_date", "1 août 2026") == "2026-08-01"


@pytest.mark.parametrize(
    ("text", "problem"),
    [("31/02/2026", "impossible"), ("45992", "serial"), ("12/2026", "form"), ("5 april 26", "form")],
)
def test_a_refused_date_says_what_is_wrong_with_it(text, problem):
    assert details("purchase_date", text) == {"problem": problem, "order": "dmy"}


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        ("12", "12", "12"),
        ("12,50", "12.50", None),
        ("12.50", None, "12.50"),
        ("1 234,5", "1234.5", None),
        ("1\u202f234\xa0567,5", "1234567.5", None),
        ("1'234’567", "1234567", "1234567"),
        ("1,234.50", None, "1234.50"),
        ("1,234", "1.234", "1234"),
        ("1.234,50", None, None),
        ("-12", "-12", "-12"),
        ("−12", "-12", "-12"),
        ("+12", "12", "12"),
        ("007", "7", "7"),
        ("-0", "0", "0"),
        (",5", "0.5", None),
        ("5,", "5", None),
        ("12 34", None, None),
        ("1 2345", None, None),
        ("1e5", None, None),
        ("1E+5", None, None),
        ("NaN", None, None),
        ("12 €", None, None),
        ("--1", None, None),
        ("1-", None, None),
        ("٣", None, None),
        (",", None, None),
        ("9" * 60, "9" * 60, "9" * 60),
        ("9" * 200, None, None),
    ],
)
def test_a_number_has_the_marks_of_the_language_and_stays_exact(text, french, english):
    assert value("amount", text, "fr") == (french or "number_invalid")
    assert value("amount", text, "en") == (english or "number_invalid")


@pytest.mark.parametrize(
    ("tag", "text", "problem", "mark"),
    [("fr", "12.50", "mark", ","), ("en", "12,50", "mark", "."), ("fr", "1e5", "form", ",")],
)
def test_a_number_with_the_wrong_mark_is_told_the_right_one(tag, text, problem, mark):
    assert details("amount", text, tag) == {"problem": problem, "mark": mark}


# ---------------------------------------------------------------- texts


def test_text_keeps_what_people_mean_and_loses_what_they_do_not_see():
    assert value("store", "\u200b 007 =SUM(A1) \n2 ") == "007 =SUM(A1) \n2"
    assert value("last_name", "Le\u0301a") == "Léa"


def test_text_has_a_limit():
    assert value("store", "x" * 10_000) == "x" * 10_000
    assert value("store", "x" * 10_001) == "text_too_long"
    assert details("store", "x" * 10_001) == {"most": 10_000}


# ---------------------------------------------------------------- rows


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
    list(normalise.Normaliser(a_layout or layout(), table).rows())
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


def test_the_cells_that_are_remembered_have_a_limit():
    seen = cells.Seen(str.upper, 100)
    for start in range(0, 5_000, 50):
        assert seen.read([f"a{start + number // 2}" for number in range(50)]) == [
            f"A{start + number // 2}" for number in range(50)
        ]
        assert len(seen) <= 100


def test_a_column_of_ever_new_cells_is_not_remembered():
    seen = cells.Seen(str.upper, 100)
    for number in range(300):
        seen.read([f"a{number}"])
    assert len(seen) == 0


def test_long_cells_and_refused_ones_are_not_remembered():
    seen = cells.Seen(lambda cell: cells.refusal(RowErrorCode.DATE_INVALID) if cell == "x" else cell, 100)
    seen.read(["x", "y" * 1_000, "z"])
    assert set(seen) == {"z"}
