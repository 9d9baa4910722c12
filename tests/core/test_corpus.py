"""Each file of the corpus is read as its page says; the corpus shows everything that reading can say."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import tournee
from support.corpus import FOLDER, PAGE, Case, Found, as_told, cases, found_in
from tournee.core import facts
from tournee.core.facts import Reason, WarningCode
from tournee.core.messages import LANGUAGES, sentence

CORE = Path(str(tournee.__file__)).parent / "core"
CODE = re.compile(r"\b(RejectReason|RowErrorCode|WarningCode)\.([A-Z_]+)")
PRIVATE = re.compile(r"[^\s;,|\"]*@[^\s;,|\"]*|\d[\d .]{6,}\d")
LINE_ENDS = {"LF": rb"(?<!\r)\n", "CRLF": rb"\r\n", "CR": rb"\r(?!\n)"}

by_name = {str(case): case for case in cases()}
texts = [name for name, case in by_name.items() if case.path.suffix in (".csv", ".txt", ".tsv")]


@cache
def found(name: str) -> Found:
    case = by_name[name]
    return found_in(case.content, case.path.name, case.layout, case.limits)


def page_of(case: Case) -> dict[str, object]:
    warnings = sorted(case.expected.get("warnings", []), key=str)
    return {**case.expected, **({"warnings": warnings} if warnings else {})}


@pytest.mark.parametrize("name", by_name)
def test_a_file_of_the_corpus_becomes_what_its_page_says(name: str) -> None:
    case = by_name[name]
    assert as_told(found(name), case.expected) == page_of(case)


# ---------------------------------------------------------------- nothing of it is quoted


def sentences(what: Found) -> str:
    reasons = [*what.warnings, *([what.refused] if what.refused else [])]
    reasons += [Reason(code, details or {}) for _line, _column, code, details in what.errors]
    return "\n".join(sentence(reason, language) for reason in reasons for language in LANGUAGES)


def test_no_sentence_about_a_file_holds_an_address_or_a_long_number_of_it() -> None:
    private = {name: PRIVATE.findall(by_name[name].content.decode("latin-1")) for name in texts}
    assert sum(map(len, private.values())) > 500
    quoted = [(name, text) for name in texts for text in private[name] if text in sentences(found(name))]
    assert quoted == []


# ---------------------------------------------------------------- the corpus itself


def test_every_file_has_an_entry_and_every_entry_a_file() -> None:
    there = {path for path in FOLDER.glob("*/*") if path.name != PAGE and path.parent.name != "languages"}
    assert {case.path for case in cases()} == there


def test_the_corpus_is_made_of_many_small_files() -> None:
    sizes = [len(case.content) for case in cases()]
    assert len(sizes) >= 250
    assert max(sizes) <= 2_048


def test_each_file_teaches_one_thing_of_its_own_in_one_line() -> None:
    lessons = [case.teaches for case in cases()]
    assert [lesson for lesson, times in Counter(lessons).items() if times > 1] == []
    assert [lesson for lesson in lessons if "\n" in lesson or len(lesson) > 150 or lesson[-1] != "."] == []


def codes_of_reading() -> set[str]:
    sources = [
        path.read_text("utf-8") for step in ("read", "normalise") for path in CORE.glob(f"{step}/*.py")
    ]
    return {getattr(facts, kind)[name] for source in sources for kind, name in CODE.findall(source)}


def test_every_code_of_reading_is_shown_by_a_file() -> None:
    shown = {str(case.expected.get("refused")) for case in cases()}
    shown |= {code for case in cases() for _line, _column, code in case.expected.get("errors", [])}
    shown |= {warning[0] for case in cases() for warning in case.expected.get("warnings", [])}
    needs_an_earlier_import = {WarningCode.HEADER_CHANGED}
    assert codes_of_reading() - shown == needs_an_earlier_import


def test_every_encoding_is_shown_by_a_file() -> None:
    shown = {found(name).encoding for name in by_name}
    assert {"utf-8", "utf-16-le", "utf-16-be", "windows-1252", "iso-8859-15", "mac-roman"} <= shown


def test_every_delimiter_is_shown_by_a_file() -> None:
    assert {";", ",", "\t", "|", "^"} <= {found(name).delimiter for name in by_name}


@pytest.mark.parametrize("end", LINE_ENDS)
def test_every_line_end_is_shown_by_a_file(end: str) -> None:
    assert any(re.search(LINE_ENDS[end], by_name[name].content) for name in texts)


@pytest.mark.parametrize("language", ["fr", "en", "en-GB", "de", "es", "it", "pt", "pt-BR", "nl"])
def test_every_language_is_shown_by_a_file_that_is_taken(language: str) -> None:
    assert any(case.feed["language"] == language and "refused" not in case.expected for case in cases())
