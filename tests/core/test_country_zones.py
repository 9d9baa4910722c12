"""The time zone of a country, for the hours in which messages leave."""

import pytest

from tournee.core.languages import cldr


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("FR", "Europe/Paris"),
        ("RE", "Indian/Reunion"),
        ("GB", "Europe/London"),
        ("DE", "Europe/Berlin"),  # Büsingen has the same clocks
        ("AR", "America/Argentina/Buenos_Aires"),  # they differed until 2009
        ("US", None),
        ("ES", None),  # the Canary Islands
        ("PT", None),  # the Azores
        ("AU", None),
        ("XK", None),  # CLDR has none
        ("", None),
        ("ZZ", None),
    ],
)
def test_a_country_whose_clocks_all_agree_has_one_zone(country: str, zone: str | None) -> None:
    found = cldr.timezone(country, 2026)
    assert (found and found.key) == zone


def test_clocks_that_only_agree_later_do_not_agree() -> None:
    assert cldr.timezone("AR", 2008) is None


def test_every_zone_of_every_country_is_known_to_this_machine() -> None:
    for country in cldr._country_codes():
        cldr.timezone(country, 2026)
