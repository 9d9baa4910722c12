"""The header decides: the delimiter, the columns, the language, and whether it is the right file."""

from dataclasses import replace

import pytest

from support.reading import layout, opened, rows_of, shipped
from tournee.core.errors import FileRejected
from tournee.core.facts import Reason, RejectReason, WarningCode


def rejection(header, a_layout=None, **limits):
    with pytest.raises(FileRejected) as caught:
        opened(header, a_layout, **limits)
    return caught.value.reason


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_the_one_that_makes_the_header_match(delimiter):
    text = delimiter.join(["Email", "Langue", "Magasin"]) + "\n" + delimiter.join(["a@b.fr", "fr", "a,b;c|d"])
    table = opened(text.replace("a,b;c|d", '"a,b;c|d"'))
    assert table.delimiter == delimiter
    assert rows_of(table) == [(2, ["a@b.fr", "fr", "a,b;c|d"])]


def test_the_delimiter_is_not_guessed_from_the_rows():
    table = opened("Email;Langue;Magasin, ville\na@b.fr;fr;x,y,z,u,v\n")
    assert table.delimiter == ";"


@pytest.mark.parametrize("first", ["sep=,", '"sep=,"', "SEP=,"])
def test_a_separator_line_is_obeyed(first):
    table = opened(f"{first}\r\nEmail,Langue\r\na@b.fr,fr\r\n")
    assert (table.delimiter, rows_of(table)) == (",", [(3, ["a@b.fr", "fr"])])


@pytest.mark.parametrize(
    "name",
    [
        "Téléphone",
        "TÉLÉPHONE",
        "  téléphone ",
        "Te\u0301le\u0301phone",
        "\u200bTéléphone\xa0",
        "Tél.",
        "Mobile",
        "TELEPHONE MOBILE",
        "Numero de telephone",
    ],
)
def test_a_column_is_known_by_its_name_in_any_case_spacing_and_unicode_form(name):
    assert opened(f"Langue;{name}").columns == {0: "language", 1: "phone"}


def test_a_declared_column_is_known_with_any_apostrophe_or_hyphen_and_over_two_lines():
    assert opened("E‑mail;Langue").columns[0] == "email"
    table = opened('Email;Langue;Date d’achat;"Date\nd\'achat 2"')
    assert table.columns == {0: "email", 1: "language", 2: "purchase_date"}
    assert table.header[3] == "Date d'achat 2"


def test_a_declared_field_without_a_name_in_the_language_goes_by_its_key():
    declared = replace(layout().fields["amount"], columns={"en": ("Amount",)})
    table = opened("Email;Langue;amount", layout(fields={"amount": declared}))
    assert table.columns[2] == "amount"


@pytest.mark.parametrize("header", ["Email;Langue;Email", "Email;Langue;E-mail", "email;Langue; EMAIL "])
def test_the_same_column_twice_rejects_the_file(header):
    reason = rejection(header)
    assert (reason.code, reason.details["column"]) == (RejectReason.DUPLICATE_COLUMN, "Email")


def test_a_column_that_is_there_twice_is_told_by_its_known_names():
    reason = rejection("Email;Langue;TELEPHONE  MOBILE;tél.")
    assert reason.details == {"column": "Téléphone", "written": ["Téléphone mobile", "Tél."]}


def test_a_name_with_accents_of_its_own_wins_over_one_that_has_lost_them():
    declared = replace(layout().fields["amount"], columns={"fr": ("Numero de telephone",)})
    assert (
        opened("Email;Langue;Numero de telephone", layout(fields={"amount": declared})).columns[2] == "amount"
    )


def test_unknown_columns_may_stand_twice():
    assert opened("Email;Langue;Note;Note").columns == {0: "email", 1: "language"}


@pytest.mark.parametrize(
    ("header", "changes", "columns", "either"),
    [
        ("Email;Nom", {}, ["Langue"], []),
        ("Nom;Langue", {}, [], ["Email", "Téléphone"]),
        ("Nom;Prénom", {}, ["Langue"], ["Email", "Téléphone"]),
        ("Téléphone;Langue", {"required": frozenset({"email"})}, ["Email"], []),
        ("Email;Langue", {"required": frozenset({"phone"})}, ["Téléphone"], []),
    ],
)
def test_a_missing_column_rejects_the_file_and_is_named(header, changes, columns, either):
    reason = rejection(header, layout(**changes))
    assert reason == Reason(RejectReason.MISSING_COLUMN, {"columns": columns, "either": either})


def test_the_language_column_may_be_missing_where_the_feed_gives_one():
    assert opened("Email;Nom", layout(default_language="fr")).columns == {0: "email", 1: "last_name"}


@pytest.mark.parametrize(
    ("tag", "header", "looks_like"),
    [
        ("fr", "Email,Phone,First name,Last name,Language", "en"),
        ("en", "Email;Téléphone;Prénom;Nom;Langue", "fr"),
        ("fr", "Email;Langue;Gender;Title;Country", "en"),
        ("fr", "First name\tLast name", "en"),
    ],
)
def test_a_header_that_another_language_matches_better_is_the_wrong_file(tag, header, looks_like):
    reason = rejection(header, layout(tag))
    assert reason == Reason(RejectReason.WRONG_LANGUAGE, {"looks_like": looks_like, "language": tag})


def test_a_region_that_names_its_columns_alike_is_not_another_language():
    assert "en-GB" in shipped()
    assert opened("Email,Language", layout("en")).columns == {0: "email", 1: "language"}
    assert opened("Email,Language", layout("en-GB")).columns == {0: "email", 1: "language"}


@pytest.mark.parametrize("header", ["jean@example.com;Jean;0612345678;fr", "a;b;c", '"Email;Langue', "=cmd"])
def test_a_file_without_a_header_is_rejected_without_quoting_it(header):
    assert rejection(header + "\nx;y;z\n") == Reason(RejectReason.NO_HEADER)


def test_an_unknown_column_is_ignored_with_a_warning_and_the_nearest_name():
    table = opened("Email;Langue;Prenon;Points")
    near = {"column": "Prenon", "position": 3, "nearest": "Prénom"}
    far = {"column": "Points", "position": 4, "nearest": None}
    unknown = WarningCode.UNKNOWN_COLUMN
    assert table.warnings == [Reason(unknown, near), Reason(unknown, far)]


def test_a_column_that_is_there_is_not_suggested():
    assert opened("Email;Langue;Emails").warnings[0].details["nearest"] is None


@pytest.mark.parametrize("name", ["jean@example.com", "06 12 34", "Magasin 75001", ""])
def test_a_header_cell_that_may_be_a_persons_data_is_not_quoted(name):
    [warning] = opened(f"Email;{name};Langue").warnings
    assert warning.details == {"column": None, "position": 2, "nearest": None}


def test_too_many_columns_reject_the_file():
    header = "Email;Langue;" + ";".join(f"c{number}" for number in range(20))
    assert rejection(header, columns=20) == Reason(RejectReason.TOO_LARGE, {"limit": "columns", "most": 20})
