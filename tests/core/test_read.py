"""Bytes become rows: encodings, delimiters, quotes, lines, as people and spreadsheets write them."""

import csv
import io
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import layout, opened, rows_of
from tournee.core.errors import FileRejected
from tournee.core.facts import Reason, RejectReason, RowErrorCode, WarningCode
from tournee.core.languages.words import trimmed
from tournee.core.read.lines import Lines, Rows
from tournee.core.read.unpack import BLOCK

HEADER = ["Email", "Langue", "Magasin"]
PREFIX = "Email;Langue;Magasin\n"


def written(rows, delimiter=";", end="\r\n", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def rejection(data, name="import.csv", a_layout=None, **limits):
    with pytest.raises(FileRejected) as caught:
        rows_of(opened(data, a_layout, name, **limits))
    return caught.value.reason


def is_blank(row):
    return not any(map(trimmed, row))


# ---------------------------------------------------------------- what was written is read

CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
LATIN = st.sampled_from("aàéèçïôœŒÿ€“”’Zz09 ,;|\t\"'\n@")


def rows(characters):
    return st.lists(st.lists(st.text(characters, max_size=8), min_size=3, max_size=3), max_size=6)


@given(
    table=rows(CHARACTERS),
    delimiter=st.sampled_from(";,\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_writes_is_read_back(table, delimiter, end, encoding):
    text = written([HEADER, *table], delimiter, end, csv.QUOTE_ALL)
    found = [cells for _line, cells in rows_of(opened(text.encode(encoding)))]
    assert found == [row for row in table if not is_blank(row)]


@given(table=rows(LATIN), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
def test_every_way_of_quoting_is_read_back_from_a_legacy_code_page(table, quoting):
    table = [["é", *row[1:]] for row in table]
    data = written([HEADER, *table], quoting=quoting).encode("cp1252")
    opened_table = opened(data)
    assert [cells for _line, cells in rows_of(opened_table)] == table
    legacy = [Reason(WarningCode.LEGACY_ENCODING, {"encoding": "windows-1252"})]
    assert opened_table.warnings == (legacy if table else [])


@given(table=rows(LATIN), ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=7, max_size=7))
def test_a_row_has_the_number_of_its_line_in_an_editor(table, ends):
    text = PREFIX
    expected = []
    for row, end in zip(table, ends, strict=False):
        if not is_blank(row):
            expected.append(len(re.split(r"\r\n|\r|\n", text)))
        text += written([row], end=end, quoting=csv.QUOTE_ALL)
    assert [line for line, _cells in rows_of(opened(text))] == expected


@given(lines=st.lists(st.text(st.sampled_from('a";\n'), max_size=12), max_size=8))
def test_quotes_mean_what_they_mean_to_the_csv_module(lines):
    text = "".join(f"x;{line}\n" for line in lines)
    found = rows_of(opened(PREFIX + text))
    readable = all(isinstance(cells, list) for _line, cells in found)
    if readable:
        expected = [row[:3] for row in csv.reader(io.StringIO(text), delimiter=";") if not is_blank(row)]
        assert [cells[: len(row)] for (_line, cells), row in zip(found, expected, strict=True)] == expected


# ---------------------------------------------------------------- lines and quotes


@pytest.mark.parametrize("quoted", [0, 5, 9])
def test_a_file_of_one_column_says_the_same_with_every_line_end(quoted):
    lines = [f'"a{n}@example.com"' if n == quoted else f"a{n}@example.com" for n in range(10)]
    found = [
        rows_of(opened(end.join(["Email", *lines]), layout(default_language="fr")))
        for end in ("\n", "\r", "\r\n")
    ]
    assert found == [[(n + 2, [f"a{n}@example.com"]) for n in range(10)]] * 3


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_newline_inside_quotes_belongs_to_the_cell(end):
    text = f'Email;Langue;Magasin{end}a@b.fr;fr;"12{end}rue"{end}c@d.fr;fr;{end}'
    assert rows_of(opened(text)) == [(2, ["a@b.fr", "fr", f"12{end}rue"]), (4, ["c@d.fr", "fr", ""])]


def test_a_quote_inside_an_unquoted_cell_is_a_character():
    assert rows_of(opened(PREFIX + 'a@b.fr;fr;écran 5" 4"\n')) == [(2, ["a@b.fr", "fr", 'écran 5" 4"'])]


def test_what_follows_a_closing_quote_belongs_to_the_cell():
    assert rows_of(opened(PREFIX + '"a@b.fr" ;fr;"x"y"\n')) == [(2, ["a@b.fr ", "fr", 'xy"'])]


def test_a_quote_that_is_never_closed_spoils_only_its_own_row():
    text = PREFIX + 'a@b.fr;fr;x\nc@d.fr;fr;"Paris\ne@f.fr;fr;y\n'
    unclosed = Reason(RowErrorCode.QUOTE_UNCLOSED)
    assert rows_of(opened(text)) == [(2, ["a@b.fr", "fr", "x"]), (3, unclosed), (4, ["e@f.fr", "fr", "y"])]


def test_a_quote_that_another_cell_seems_to_close_is_told_where_it_opened():
    text = PREFIX + 'a@b.fr;fr;"Paris\nc@d.fr;fr;x\ne@f.fr;fr;"Lyon; 3\nrue"\ng@h.fr;fr;\n'
    found = rows_of(opened(text))
    assert [line for line, _cells in found] == [2, 3, 4, 6]
    assert found[0][1] == Reason(RowErrorCode.QUOTE_UNCLOSED)
    assert found[2][1] == ["e@f.fr", "fr", "Lyon; 3\nrue"]


def test_spaces_after_the_quote_that_closes_a_long_cell_do_no_harm():
    assert rows_of(opened(PREFIX + 'a@b.fr;"fr\n" ;x\n')) == [(2, ["a@b.fr", "fr\n ", "x"])]


def test_a_quote_is_given_up_when_its_row_outgrows_the_limit_of_a_line():
    text = PREFIX + 'a@b.fr;fr;"x\n' + "c@d.fr;fr;y\n" * 40
    found = rows_of(opened(text, line=200))
    assert [line for line, cells in found if isinstance(cells, Reason)] == [2]
    assert len(found) == 41


@pytest.mark.parametrize("line", ["x\n", '""x\n'], ids=["few quotes", "many quotes"])
def test_a_row_that_is_longer_than_a_line_may_be_is_given_up_too(line):
    text = PREFIX + 'a@b.fr;fr;"' + line * 100 + '"\n'
    assert [line for line, _cells in rows_of(opened(text, line=1_000))] == [2]
    assert rows_of(opened(text, line=150))[0] == (2, Reason(RowErrorCode.QUOTE_UNCLOSED))


def test_no_line_is_looked_at_more_than_twice_however_many_quotes_are_not_closed():
    looks = 0

    class Counted(Lines):
        def next(self):
            nonlocal looks
            looks += 1
            return super().next()

    lines = Counted(iter(['a";"\n' * 5_000]), limit=2_000)
    rows = Rows(lines, ";")
    assert [rows.cells(line) for line in lines] == [None] * 5_000
    assert looks <= 2 * 5_000 + 2


def test_blank_lines_and_rows_of_delimiters_are_no_rows():
    text = "\n;;\n" + PREFIX + '\n;;\n  \n"";"";""\n \t;;\na@b.fr;fr;\n\n'
    assert rows_of(opened(text)) == [(9, ["a@b.fr", "fr", ""])]


def test_a_short_row_is_filled_up():
    assert rows_of(opened(PREFIX + "a@b.fr;fr")) == [(2, ["a@b.fr", "fr", ""])]


def test_a_row_longer_than_the_header_is_wrong_unless_the_rest_is_empty():
    text = PREFIX + "a@b.fr;fr;x;y\nc@d.fr;fr;x;; \n"
    too_long = Reason(RowErrorCode.ROW_TOO_LONG, {"cells": 4, "columns": 3})
    assert rows_of(opened(text)) == [(2, too_long), (3, ["c@d.fr", "fr", "x"])]


def test_unnamed_columns_at_the_end_are_harmless_while_they_are_empty():
    table = opened("Email;Langue;;\na@b.fr;fr;;\nc@d.fr;fr;x;\n")
    assert table.header == ("Email", "Langue")
    too_long = Reason(RowErrorCode.ROW_TOO_LONG, {"cells": 4, "columns": 2})
    assert rows_of(table) == [(2, ["a@b.fr", "fr"]), (3, too_long)]


def test_a_header_alone_has_no_rows():
    assert rows_of(opened("Email;Langue")) == []


def test_a_line_beyond_the_limit_rejects_the_file_and_is_named():
    details = {"limit": "line", "most": 100, "line": 3}
    text = PREFIX + "a@b.fr;fr;x\n" + "y" * 101 + "\n"
    assert rejection(text, line=100) == Reason(RejectReason.TOO_LARGE, details)


def test_a_line_without_end_is_not_swallowed():
    reason = rejection(PREFIX + "y" * 3_000_000)
    assert reason.details == {"limit": "line", "most": 1 << 20, "line": 2}


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_each_encoding_gives_the_same_text(encoding):
    table = opened("Email;Langue;Prénom\na@b.fr;fr;Zoë\n".encode(encoding))
    assert table.columns == {0: "email", 1: "language", 2: "first_name"}
    assert rows_of(table) == [(2, ["a@b.fr", "fr", "Zoë"])]


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_is_read_in_both_byte_orders(order):
    data = "\ufeffEmail\tLangue\r\na@b.fr\tfr\r\n".encode(f"utf-16-{order}")
    assert rows_of(opened(data)) == [(2, ["a@b.fr", "fr"])]


def test_a_character_cut_in_two_by_the_blocks_of_reading_is_whole():
    filler = "x" * (BLOCK - len(PREFIX) - len("a@b.fr;fr;") - 1)
    assert rows_of(opened(f"{PREFIX}a@b.fr;fr;{filler}é\n"))[0][1][2] == filler + "é"


def test_the_legacy_code_page_is_found_however_late_it_shows():
    text = PREFIX + "a@b.fr;fr;x\n" * 20_000 + "c@d.fr;fr;Orléans\n"
    table = opened(text.encode("cp1252"))
    assert table.warnings == [Reason(WarningCode.LEGACY_ENCODING, {"encoding": "windows-1252"})]
    assert rows_of(table)[-1] == (20_002, ["c@d.fr", "fr", "Orléans"])


def test_damaged_utf_8_is_not_read_as_a_legacy_code_page():
    data = (PREFIX + "a@b.fr;fr;Orléans\n" * 30).encode() + b"c@d.fr;fr;\xff\n"
    reason = rejection(data)
    assert reason.code == RejectReason.UNDECODABLE
    assert (reason.details["line"], reason.details["byte"]) == (32, len(data) - 2)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"Email;Langue\r\na@b.fr;fr\r\n\x81\x8d;fr\r\n", 3),
        (b"Email;Langue\ra\0@b.fr;fr\r", 2),
        ("\ufeffEmail;Langue\na@b.fr;\0\n".encode("utf-16-le"), 2),
        ("\ufeffEmail;Langue\na@b.fr;".encode("utf-16-le") + b"\x00\xdc\n\x00", 2),
        (b"\xef\xbb\xbfEmail;Langue\n\xe9@b.fr;fr\n", 2),
    ],
)
def test_what_is_no_text_rejects_the_file_and_names_the_line(data, line):
    reason = rejection(data)
    assert (reason.code, reason.details["line"]) == (RejectReason.UNDECODABLE, line)


@pytest.mark.parametrize(
    ("start", "kind"), [(b"PK\x03\x04", "zip"), (b"\xd0\xcf\x11\xe0", "excel"), (b"\x1f\x8b", "gzip")]
)
def test_a_workbook_or_an_archive_by_another_name_is_recognised(start, kind):
    assert rejection(start + b"\0\0\0").details["looks_like"] == kind


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n\r\n", b";;\n;;\n", b"sep=;\r\n"])
def test_a_file_with_nothing_in_it_is_empty(data):
    assert rejection(data).code == RejectReason.EMPTY


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_rows_or_a_rejection(data):
    with suppress(FileRejected):
        rows_of(opened(data))


@given(st.text(st.sampled_from('Email;Langue,fr@"\n\r\t| é\ufeff'), max_size=80))
def test_whatever_text_follows_a_header_becomes_rows_in_order(text):
    lines = [line for line, _cells in rows_of(opened("Email;Langue\n" + text))]
    assert lines == sorted(set(lines))
