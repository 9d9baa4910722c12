"""Tokens of links to unsubscribe."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tournee.core.settings import Channel
from tournee.core.tokens import read, token

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ids = st.integers(0, 2**56 - 1)
channels = st.sampled_from(Channel)


@given(ids, channels)
def test_a_token_says_who_is_meant_and_fits_into_a_header(contact: int, channel: Channel) -> None:
    written = token(KEY, contact, channel)
    assert read(KEY, written) == (contact, channel)
    assert re.fullmatch("[A-Za-z0-9_-]{32}", written)


def test_a_token_is_the_same_for_years() -> None:
    assert token(KEY, 7, Channel.EMAIL) == "AQAAAAAAAAdm4_YKhYjlYZkR8gzoCQv4"


@given(ids, channels, st.integers(0, 31), st.sampled_from(CHARACTERS))
def test_a_token_with_any_other_character_is_refused(
    contact: int, channel: Channel, place: int, character: str
) -> None:
    written = token(KEY, contact, channel)
    changed = written[:place] + character + written[place + 1 :]
    assert (read(KEY, changed) is None) == (changed != written)


@given(ids, channels)
def test_a_token_of_another_database_is_refused(contact: int, channel: Channel) -> None:
    assert read(OTHER_KEY, token(KEY, contact, channel)) is None


@given(st.text(max_size=40) | st.text(CHARACTERS, min_size=32, max_size=32))
def test_nothing_that_was_made_up_is_a_token(text: str) -> None:
    assert read(KEY, text) is None


def test_what_is_added_to_a_token_makes_it_another() -> None:
    written = token(KEY, 7, Channel.EMAIL)
    assert [read(KEY, text) for text in (written + "\n", written + "=", " " + written, written[:-1])] == [
        None
    ] * 4
