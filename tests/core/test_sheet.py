"""The report about a file, as a spreadsheet opens it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.facts import Reason, RowError
from tournee.core.messages import error_cells, report

ERRORS: list[RowError] = [
    (7, "Email", "email_invalid", None),
    (9, None, "row_too_long", {"cells": 4, "columns": 2}),
]


def rows(content: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_a_french_report_is_french_in_words_and_delimiter() -> None:
    told = report(None, ERRORS, 2, language="fr", delimiter=";")
    assert told.decode("utf-8-sig").split("\r\n") == [
        "Ligne;Colonne;Code;Message",
        "7;Email;email_invalid;adresse email invalide",
        "9;;row_too_long;plus de cellules que l’en-tête n’a de colonnes (4 pour 2)",
        "",
    ]


@pytest.mark.parametrize(
    ("language", "header"),
    [("fr-CA", "Ligne"), ("en-GB", "Line"), ("de", "Line"), ("es", "Line")],
)
def test_the_words_are_the_languages_or_else_english(language: str, header: str) -> None:
    assert rows(report(None, [], 0, language=language, delimiter=";"), ";")[0][0] == header


def test_a_report_begins_with_the_mark_without_which_excel_takes_it_for_another_encoding() -> None:
    assert report(None, [], 0, language="en", delimiter=",").startswith(b"\xef\xbb\xbfLine,")


def test_a_file_that_was_rejected_is_one_line_without_a_number() -> None:
    told = report(Reason("empty"), [], 0, language="en", delimiter=",")
    [_, [line, column, code, message]] = rows(told, ",")
    assert (line, column, code) == ("", "", "empty")
    assert message.startswith("The file is empty")


def test_what_made_a_file_too_wrong_is_listed_below_the_rejection() -> None:
    reason = Reason("too_many_errors", {"rejected": 2, "read": 2, "limit": 0.5})
    told = rows(report(reason, ERRORS, 2, language="en", delimiter=","), ",")
    assert [(row[0], row[2]) for row in told[1:]] == [
        ("", "too_many_errors"), ("7", "email_invalid"), ("9", "row_too_long"),
    ]  # fmt: skip


def test_the_last_line_says_how_many_errors_are_left_out() -> None:
    told = rows(report(None, ERRORS, 1_206, language="en", delimiter=","), ",")
    assert told[-1] == ["", "", "errors_left_out", "1,204 more errors are not listed here."]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    [cells] = error_cells([(1, f"{start}cmd()", "email_invalid", None)], "en")
    assert cells[1][0] in "'\\"


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9),
            st.none() | st.text(),
            st.sampled_from(["email_invalid", "date_invalid", "unheard_of"]),
            st.none(),
        ),
        max_size=5,
    ),
    st.sampled_from([",", ";"]),
)
def test_whatever_columns_are_called_a_report_has_four_cells_a_line(
    errors: list[RowError], delimiter: str
) -> None:
    told = rows(report(None, errors, len(errors), language="fr", delimiter=delimiter), delimiter)
    assert [len(row) for row in told] == [4] * (1 + len(errors))
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in told for cell in row)
