"""What is kept of what the other side said."""

import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.channels.answers import quoted

WORDS = st.text(st.characters(categories=["L", "N", "P"]), min_size=2, max_size=30)
ANYTHING = st.text(max_size=300)


@given(ANYTHING, st.lists(WORDS, max_size=3))
def test_any_answer_becomes_one_short_printable_line(said: str, secrets: list[str]) -> None:
    line = quoted(said, secrets)
    assert len(line) <= 200
    assert line.isprintable()


@given(WORDS, st.sampled_from([str, json.dumps, quote]))
def test_a_secret_is_hidden_however_it_is_written(secret: str, how: object) -> None:
    assert callable(how)
    assert quoted(f"→ {how(secret)} ←", [secret]) in ("→ … ←", '→ "…" ←')


def test_each_word_of_a_name_is_hidden() -> None:
    assert quoted("for DURAND, Zoé", ["Zoé Durand"]) == "for …, …"


@pytest.mark.parametrize(("secret", "said"), [("Kıvanç", "KIVANÇ"), ("İlker", "ilker"), ("Straße", "STRAßE")])
def test_capitals_hide_nobody(secret: str, said: str) -> None:
    assert quoted(f"for {said}", [secret]) == "for …"


def test_a_short_word_is_hidden_as_a_word_alone_and_a_long_one_everywhere() -> None:
    assert quoted("Jo is joking, xtokens3cretx", ["Jo", "tokens3cret"]) == "… is joking, x…x"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to zoe@example.com", "to …"), ("to zoe%40example.com", "to …"),
        (r"to zoe\u0040example.com", "to …"), ("<zoe@example.com>", "<…>"),
        ("0612345678", "…"), ("06 12 34 56 78", "…"), ("+33 (0)6.12.34.56.78", "…"), ("%2B33612345678", "…"),
        ("id 4f3a-77, 123456 queued", "id 4f3a-77, 123456 queued"),
    ],
)  # fmt: skip
def test_addresses_and_phones_are_hidden_whoevers_they_are(said: str, kept: str) -> None:
    assert quoted(said) == kept


@pytest.mark.parametrize("said", ["a" * 1_000_000, "1" * 1_000_000, "1-" * 500_000, "<" * 1_000_000])
def test_a_very_long_answer_takes_no_time(said: str) -> None:
    begun = time.monotonic()
    quoted(said, ["a" * 100])
    assert time.monotonic() - begun < 1
