"""Every code has words in both languages, and the words are true to what was given."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import tournee
from tournee.core.facts import (
    NearMissReason,
    Reason,
    RejectReason,
    RemoteErrorKind,
    RowErrorCode,
    WaitReason,
    WarningCode,
)
from tournee.core.messages import LANGUAGES, sentence, spoken

PACKAGE = Path(str(tournee.__file__)).parent
FACTS = [
    *NearMissReason, *RejectReason, *RowErrorCode, *WaitReason, *WarningCode,
    *(f"remote_{kind}" for kind in RemoteErrorKind),
]  # fmt: skip


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where the package makes a Reason from a literal: place, code, the keys of its details if known."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason"
            ):
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", str(node.args[0].value), keys(node)


def keys(call: ast.Call) -> set[str] | None:
    if len(call.args) == 1:
        return set()
    details = call.args[1]
    if isinstance(details, ast.Dict) and all(isinstance(key, ast.Constant) for key in details.keys):
        return {str(key.value) for key in details.keys if isinstance(key, ast.Constant)}
    return None


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_know_the_same_codes() -> None:
    assert set(LANGUAGES["en"]) == set(LANGUAGES["fr"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_facts_has_a_sentence(language: str) -> None:
    assert [code for code in FACTS if code not in LANGUAGES[language]] == []


def test_every_code_that_the_program_makes_has_a_sentence() -> None:
    assert [(place, code) for place, code, _ in raised() if code not in LANGUAGES["en"]] == []


def test_a_sentence_asks_for_no_detail_that_is_not_given() -> None:
    unmet = [
        (place, code, missing)
        for place, code, given in raised()
        if given is not None and isinstance(words := LANGUAGES["en"].get(code), str)
        if (missing := fields(words) - given)
    ]
    assert unmet == []


def test_both_languages_use_the_same_details() -> None:
    pairs = [(code, words, LANGUAGES["fr"].get(code)) for code, words in LANGUAGES["en"].items()]
    assert [
        code
        for code, english, french in pairs
        if isinstance(english, str) and isinstance(french, str) and fields(english) != fields(french)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_survives_details_that_are_missing(language: str) -> None:
    for code in LANGUAGES[language]:
        assert sentence(Reason(code), language)


def test_french_is_typeset_as_french() -> None:
    told = {
        code: re.sub(r"`[^`]*`", "", sentence(Reason(code), "fr")).replace("?", "X")
        for code in LANGUAGES["fr"]
    }
    wrong = re.compile(
        r"(?<=\w)'(?=\w)|[^\u00a0\u202f\d/\w{}][;!](?:\s|$)|[^\u00a0\u202f] ?:(?:\s|$)|\"|\.\.\."
    )
    patterns = {"alert_date"}
    assert {code: text for code, text in told.items() if code not in patterns and wrong.search(text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_has_no_stray_space(language: str) -> None:
    told = {code: sentence(Reason(code), language) for code in LANGUAGES[language]}
    assert {code: text for code, text in told.items() if "  " in text.strip() or text.endswith(" ")} == {}


@pytest.mark.parametrize(
    ("asked", "given"),
    [("fr", "fr"), ("fr-CA", "fr"), ("FR_be", "fr"), ("en-GB", "en"), ("de", "en"), ("", "en")],
)
def test_a_language_falls_back_to_its_base_and_then_to_english(asked: str, given: str) -> None:
    assert spoken(asked) == given


def test_a_code_without_words_is_still_told() -> None:
    assert sentence(Reason("new_code", {"file": "a.csv"}), "fr") == "new_code file=a.csv"


def test_control_characters_never_reach_a_terminal() -> None:
    reason = Reason("unknown_column", {"column": "a\x1b[31m\r\n\u202eb\udcff"})
    assert (
        sentence(reason, "en")
        == "The column “a\\x1b[31m\\x0d\\x0a\\u202eb\\xff” is not known and was ignored."
    )


@pytest.mark.parametrize(
    ("language", "phrase"),
    [
        ("en", "its last line is cut; rejected if it is still so at 2026-11-23 12:05 UTC"),
        ("fr", "sa dernière ligne est coupée\u00a0; rejeté s’il l’est encore le 2026-11-23 12:05 UTC"),
    ],
)
def test_a_cut_file_that_waits_is_told_otherwise_than_one_that_was_rejected(
    language: str, phrase: str
) -> None:
    waiting = Reason("cut", {"since": "2026-11-23T12:00:00Z", "until": "2026-11-23T12:05:00Z", "size": 10})
    assert sentence(waiting, language) == phrase
    assert sentence(Reason("cut", {"line": 12}), language).endswith(".")


@pytest.mark.parametrize(
    ("language", "rejected", "read", "start"),
    [
        ("en", 1, 1, "1 of 1 row is wrong"), ("en", 1200, 2000, "1,200 of 2,000 rows are wrong"),
        ("fr", 1, 1, "1 ligne "), ("fr", 1200, 2000, "1\u202f200 lignes "),
    ],
)  # fmt: skip
def test_numbers_and_plurals_are_the_languages_own(
    language: str, rejected: int, read: int, start: str
) -> None:
    told = sentence(Reason("too_many_errors", {"rejected": rejected, "read": read, "limit": 0.5}), language)
    assert told.startswith(start)
