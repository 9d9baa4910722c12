"""Parts of a text message, as GSM counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.sms import SmsParts, parts


@pytest.mark.parametrize(
    ("text", "encoding", "characters", "number"),
    [
        ("", "gsm", 0, 1),
        ("Votre avis : à bientôt", "unicode", 22, 1),  # ô is not in the alphabet
        ("Votre avis compte : où, à quelle heure, Zoé ?", "gsm", 45, 1),
        ("a" * 160, "gsm", 160, 1),
        ("a" * 161, "gsm", 161, 2),
        ("a" * 306, "gsm", 306, 2),
        ("a" * 307, "gsm", 307, 3),
        ("a" * 158 + "€", "gsm", 160, 1),
        ("a" * 159 + "€", "gsm", 161, 2),
        ("a" * 152 + "€" + "a" * 152, "gsm", 306, 3),  # `€` is not cut in two
        ("’" * 70, "unicode", 70, 1),
        ("’" * 71, "unicode", 71, 2),
        ("’" * 134, "unicode", 134, 2),
        ("’" * 135, "unicode", 135, 3),
        ("😀" * 35, "unicode", 70, 1),
        ("’" * 66 + "😀" + "’" * 66, "unicode", 134, 3),  # nor is an emoji
        ("^{}\\[~]|€\f", "gsm", 20, 1),
        ("`", "unicode", 1, 1),
        ("ç", "unicode", 1, 1),  # only Ç is in the alphabet
    ],
)
def test_parts_are_counted_as_networks_do(text: str, encoding: str, characters: int, number: int) -> None:
    assert parts(text) == SmsParts(encoding=encoding, characters=characters, parts=number)


@given(st.text(max_size=500))
def test_no_text_is_longer_than_its_parts(text: str) -> None:
    found = parts(text)
    one, each = (160, 153) if found.encoding == "gsm" else (70, 67)
    assert found.characters >= len(text)
    assert found.characters <= max(one, found.parts * each)
    assert found.parts == 1 or found.characters > one
    assert found.parts == 1 or found.characters > (found.parts - 1) * (each - 1)


@given(st.text(max_size=200))
def test_what_is_sent_as_unicode_is_counted_as_utf_16(text: str) -> None:
    found = parts(text)
    assert found.encoding == "gsm" or found.characters == len(text.encode("utf-16-le", "surrogatepass")) // 2
