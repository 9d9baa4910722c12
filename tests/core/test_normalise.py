"""Cells become values, or reasons that a person understands."""

import pytest

from support.reading import layout, normalised
from tournee.core import normalise
from tournee.core.facts import RowErrorCode


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
        ("\u2800\u034fjean@example.com\u3164\ufff9", "jean@example.com"),
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
        "je\u200ban@example.com", "jean@exam\u00adple.com", "je\u034fan@example.com",
        "jean@exam\u3164ple.com",
        "jean@example.com\ufe0f", "je\u2800an@example.com", '"jean"@example.com', "Jean <jean@example.com>",
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
        ("country", "Ivory Coast", "CI"), ("country", "Fran\u00adce", "FR"),
        ("country", "the Netherlands", "NL"),
        ("country", "Korea (the Republic of)", "KR"), ("country", "Russian Federation", "RU"),
        ("country", "Saint Lucia", "LC"), ("country", "Écosse", "GB"), ("country", "Congo", "CG"),
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
        ("03 / 04 / 2026", "2026-04-03", "2026-03-04"),
        ("\u200e03\u200e/\u200e04\u200e/\u200e2026", "2026-04-03", "2026-03-04"),
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
        ("fr", "ven. 3 avr. 2026"), ("fr", "vendredi 3 avril 2026"), ("en", "Friday, April 3, 2026"),
        ("en", "03APR2026"), ("en", "3-Apr-26"), ("fr", "3avr26"),
    ],
)  # fmt: skip
def test_months_may_be_written_out(tag, text):
    assert value("purchase_date", text, tag) == "2026-04-03"


def test_the_first_of_a_month_and_a_month_with_an_accent_are_known():
    assert value("purchase_date", "1 septem 2026") == value("purchase_date", "1er sept 26") == "2026-09-01"
    assert value("purchase_date", "Sept 1st, 2026", "en") == "2026-09-01"
    assert value("purchase_date", "1. Mrz 2026", "de") == "2026-03-01"
    assert value("purchase_date", "mar 3 mar 2026", "it") == "2026-03-03"
    assert value("purchase_date", "1er aout 2026") == value("purchase_date", "1 août 2026") == "2026-08-01"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("31/02/2026", "impossible"), ("20260231", "impossible"), ("45992", "serial"), ("12/2026", "form"),
        ("5 april 26", "form"), ("5 jui 26", "form"), ("ven 2026", "form"),
        ("03042026", "form"), ("20122026", "form"), ("00000000", "form"),
    ],
)  # fmt: skip
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
        ("1‘234′567\u200b", "1234567", "1234567"),
        ("\u202d1\u200b2\u202c", "12", "12"),
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
    ("tag", "text", "problem"),
    [
        ("fr", "12.50", "mark"), ("fr", "1,234.50", "mark"), ("fr", "-.5", "mark"), ("fr", "1 234.", "mark"),
        ("en", "12,50", "mark"), ("en", "1.234,50", "mark"), ("de", "12.50", "mark"),
        ("fr", "1 23,4", "group"), ("fr", "1 2345", "group"), ("fr", "1.234,50", "group"),
        ("fr", "1.234.567", "group"), ("en", "1,23.4", "group"), ("en", "1,2,3", "group"),
        ("fr", "1e5", "form"), ("fr", "12 €", "form"), ("fr", ",", "form"), ("fr", "9" * 200, "form"),
    ],
)  # fmt: skip
def test_a_refused_number_says_whether_its_mark_or_its_groups_are_wrong(tag, text, problem):
    marks = {"fr": (",", "\u202f"), "en": (".", ","), "de": (",", ".")}[tag]
    assert details("amount", text, tag) == {"problem": problem, "mark": marks[0], "group": marks[1]}


# ---------------------------------------------------------------- texts


def test_text_keeps_what_people_mean_and_loses_what_they_do_not_see():
    assert value("store", "\u200b 007 =SUM(A1) \n2 ") == "007 =SUM(A1) \n2"
    assert value("last_name", "Le\u0301a") == "Léa"


def test_text_has_a_limit():
    assert value("store", "x" * 10_000) == "x" * 10_000
    assert value("store", "x" * 10_001) == "text_too_long"
    assert details("store", "x" * 10_001) == {"most": 10_000}
