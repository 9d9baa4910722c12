"""The warning that a header is another one: which columns are new, gone, or only stand elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.facts import Reason, WarningCode
from tournee.core.messages import sentence
from tournee.core.read.changes import header_changed, kept, quotable

BEFORE = ("Email", "Prénom", "Note")


def told(now: tuple[str, ...], language: str = "en", before: tuple[str, ...] = BEFORE) -> str | None:
    reason = header_changed(kept(before), kept(now))
    return reason and sentence(reason, language)


@pytest.mark.parametrize(
    "now", [BEFORE, ("EMAIL ", "Pre\u0301nom", "  note"), ("\ufeffEmail", "prénom", "Note")]
)  # fmt: skip
def test_a_header_in_other_letters_or_spacing_is_the_same(now: tuple[str, ...]) -> None:
    assert header_changed(BEFORE, now) is None


@pytest.mark.parametrize(
    ("now", "english", "french"),
    [
        (
            ("Email", "Note", "Prénom"),
            "The columns stand in another order than in the last file.",
            "Les colonnes ne sont pas dans le même ordre que dans le fichier précédent.",
        ),
        (
            (*BEFORE, "Points"),
            "The header is not the one of the last file: new is “Points”.",
            "L’en-tête n’est pas celui du fichier précédent\u00a0: en plus «\u00a0Points\u00a0».",
        ),
        (
            ("Email", "Points", "Ville"),
            "The header is not the one of the last file: new is “Points”, “Ville”; gone is “Prénom”, “Note”.",
            "L’en-tête n’est pas celui du fichier précédent\u00a0: en plus «\u00a0Points\u00a0», «\u00a0Ville"
            "\u00a0»\u00a0; en moins «\u00a0Prénom\u00a0», «\u00a0Note\u00a0».",
        ),
        (
            (*BEFORE, "jean@example.com", "06 12 34 56 78"),
            "The header is not the one of the last file: new is column 4, column 5.",
            "L’en-tête n’est pas celui du fichier précédent\u00a0: en plus colonne 4, colonne 5.",
        ),
    ],
    ids=["order", "new", "new and gone", "not shown"],
)
def test_what_changed_is_told_in_both_languages(now: tuple[str, ...], english: str, french: str) -> None:
    assert (told(now), told(now, "fr")) == (english, french)


def test_a_column_that_stands_twice_is_new_the_second_time() -> None:
    reason = header_changed(BEFORE, (*BEFORE, "Note"))
    assert reason == Reason(WarningCode.HEADER_CHANGED, {"new": ["Note"], "gone": []})


def test_a_name_that_is_not_kept_and_changes_every_day_is_no_news() -> None:
    assert told(("Email", "Export 20261124"), before=("Email", "Export 20261123")) is None


@pytest.mark.parametrize("name", ["jean@example.com", "Export 20261123", "0612345678", ""])
def test_what_may_be_a_persons_data_is_not_kept(name: str) -> None:
    assert (quotable(name), kept(["Email", name])) == (False, ("Email", ""))


NAME = st.text("aé@1 ", max_size=8)
HEADER = st.lists(NAME, max_size=6).map(kept)


@given(before=HEADER, now=HEADER)
def test_nothing_private_is_kept_or_told_and_each_change_shows_from_both_sides(
    before: tuple[str, ...], now: tuple[str, ...]
) -> None:
    there, back = header_changed(before, now), header_changed(now, before)
    assert all(not name or quotable(name) for name in (*before, *now))
    assert (there is None) == (back is None)
    if there and back:
        names = [one for one in there.details["new"] if isinstance(one, str)]  # type: ignore[attr-defined]
        assert set(names) <= set(filter(None, now))
        assert len(there.details["new"]) == len(back.details["gone"])  # type: ignore[arg-type]
