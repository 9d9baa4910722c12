"""A file whose last row is cut says so, and gives the row nevertheless."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import opened, rows_of
from tournee.core.facts import Reason, RejectReason, RowErrorCode

PREFIX = "Email;Langue;Magasin\n"
WHOLE = PREFIX + "a@b.fr;fr;x\n"


def cut(data):
    """Where the last row starts and what is cut, or None."""
    table = opened(data)
    rows_of(table)
    if table.cut is None:
        return None
    assert table.cut.code == RejectReason.CUT
    return table.cut.details["line"], table.cut.details["problem"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("c@d.fr;f", (3, "cells")),
        ("c@d.fr", (3, "cells")),
        ('c@d.fr;"fr"', (3, "cells")),
        ('c@d.fr;"f\n\nr"', (3, "cells")),
        ('c@d.fr;fr;"', (3, "quote")),
        ('c@d.fr;fr;"Par', (3, "quote")),
        ('c@d.fr;fr;"Paris\r\n', (3, "quote")),
        ('c@d.fr;fr;"12 rue\n\nParis; Fra', (3, "quote")),
        ('c@d.fr;"x\ny";"12 rue\nPa', (3, "quote")),
    ],
)
def test_a_row_that_is_cut_is_told_with_the_line_where_it_starts(text, found):
    assert cut(WHOLE + text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "c@d.fr;fr;", "c@d.fr;fr;Paris", "c@d.fr;fr\n", "c@d.fr;fr\r", 'c@d.fr;fr;"x"', "\n", "  ", ";",
        '"";', "c@d.fr;fr;x;y", 'c@d.fr;fr;5" écran',
    ],
)  # fmt: skip
def test_a_last_row_that_is_whole_or_blank_or_has_its_line_end_is_not_cut(text):
    assert cut(WHOLE + text) is None


def test_a_stray_quote_with_whole_rows_behind_it_does_not_make_a_cut_file():
    assert cut(WHOLE + 'c@d.fr;fr;"Paris\ne@f.fr;fr;y\n') is None
    assert cut(WHOLE + 'c@d.fr;fr;"Paris\ne@f.fr;fr;y\ng@h.fr;f') == (5, "cells")
    assert cut(WHOLE + 'c@d.fr;fr;"Paris\ne@f.fr;fr;y\ng@h.fr;fr;"x') == (5, "quote")


def test_a_header_alone_is_not_cut_with_or_without_a_line_end():
    assert cut("Email;Langue") is None
    assert cut("Email;Langue\n") is None


def test_the_row_that_is_cut_is_given_all_the_same():
    assert rows_of(opened(WHOLE + "c@d.fr;fr"))[-1] == (3, ["c@d.fr", "fr", ""])
    assert rows_of(opened(WHOLE + 'c@d.fr;fr;"x'))[-1] == (3, Reason(RowErrorCode.QUOTE_UNCLOSED))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_cut_inside_a_character_is_not_read_as_a_legacy_code_page(encoding):
    table = opened((WHOLE + "é@b.fr;fr;Orléa\u20ac").encode(encoding)[:-1])
    assert rows_of(table)[-1] == (3, ["é@b.fr", "fr", "Orléa"])
    assert (table.cut, table.warnings) == (
        Reason(RejectReason.CUT, {"line": 3, "problem": "character"}), [],
    )  # fmt: skip


def test_a_legacy_file_that_ends_with_an_accent_is_not_cut():
    table = opened((WHOLE + "c@d.fr;fr;André").encode("cp1252"))
    assert rows_of(table)[-1] == (3, ["c@d.fr", "fr", "André"])
    assert table.cut is None


CELL = st.text(st.sampled_from('aé;"\n '), max_size=6)


@given(table=st.lists(st.lists(CELL, min_size=2, max_size=2), max_size=4), data=st.data())
def test_a_file_cut_before_its_last_cell_is_never_taken_for_a_whole_one(table, data):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([*(["x", *row] for row in table)])
    whole = PREFIX + text.getvalue()
    last = "c@d.fr;fr;x\n"
    at = data.draw(st.integers(1, len(last) - 3))
    assert cut(whole) is None
    assert cut(whole + last[:at]) == (whole.count("\n") + 1, "cells")
