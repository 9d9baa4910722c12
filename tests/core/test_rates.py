"""Rates: how fast messages may leave."""

import pytest

from tournee.core.times import Rate


@pytest.mark.parametrize(
    ("text", "rate", "pause"),
    [
        ("20 per second", Rate("20 per second", 20, 1), 0.05),
        ("1000 per hour", Rate("1000 per hour", 1000, 3600), 3.6),
        ("10  Per 2 Minutes", Rate("10 Per 2 Minutes", 10, 120), 12),
        ("1 per day", Rate("1 per day", 1, 86_400), 86_400),
    ],
)
def test_a_rate_is_read_as_people_write_it(text: str, rate: Rate, pause: float) -> None:
    assert Rate.parse(text) == rate
    assert Rate.parse(text).pause == pause


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("20", "is not a rate"),
        ("20/s", "is not a rate"),
        ("per second", "is not a rate"),
        ("2.5 per second", "is not a rate"),
        ("0 per second", "would never send"),
        ("20 per 0 seconds", "would never send"),
        ("20 per m", "is not a duration"),
        ("20 per month", "a rate is per second"),
    ],
)
def test_what_is_no_rate_is_told_with_how_to_write_one(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Rate.parse(text)
