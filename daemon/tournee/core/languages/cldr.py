"""What CLDR knows of a language, through Babel: dates, numbers, months, names of countries and languages.

Everything is loaded when it is first asked for, and kept: a language costs a few megabytes.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.localedata import locale_identifiers

from tournee.core.languages.words import folded

#: Two letters that CLDR names and that are no country of ISO 3166 (groups, parts, tests, the unknown).
_NOT_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"],
)
#: What CLDR has as `pt` is Brazil's; the files that we call so are Portugal's.
_ALSO = {"pt": ("pt-PT",)}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE)
_QUOTED = re.compile(r"'([^']+)'")


@lru_cache(maxsize=64)
def locale(tag: str) -> Locale:
    """What CLDR has for a language tag such as `fr` or `en-GB`; raises ValueError where it has nothing."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError) as unknown:
        raise ValueError(f"`{tag}` is not a language tag that CLDR knows") from unknown


def date_order(tag: str) -> str:
    """The order of day, month and year: `dmy`, `mdy` or `ymd`."""
    letters = [char for char in locale(tag).date_formats["short"].pattern.lower() if char in "dmy"]
    return "".join(dict.fromkeys(letters))


def decimal_mark(tag: str) -> str:
    """What stands between units and tenths."""
    return str(locale(tag).number_symbols["latn"]["decimal"])


def group_mark(tag: str) -> str:
    """What stands between groups of three digits; it may be a kind of space or an apostrophe."""
    return str(locale(tag).number_symbols["latn"]["group"])


@lru_cache(maxsize=64)
def months(tag: str) -> Mapping[str, int]:
    """Names and abbreviations of the months, folded, and what may only be the beginning of one of them."""
    names = {
        folded(name): number
        for use in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in locale(tag).months[use][width].items()
    }
    return {**_beginnings(names), **names}


def _beginnings(names: Mapping[str, int]) -> dict[str, int]:
    """The beginnings, of three letters at least, that names of one month only have."""
    meanings: dict[str, set[int]] = {}
    for name, number in names.items():
        for length in range(3, len(name)):
            meanings.setdefault(name[:length], set()).add(number)
    return {word: numbers.pop() for word, numbers in meanings.items() if len(numbers) == 1}


@lru_cache(maxsize=64)
def weekdays(tag: str) -> frozenset[str]:
    """The words in names and abbreviations of the days of the week, folded."""
    days = locale(tag).days
    return frozenset(
        word
        for use in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for name in days[use][width].values()
        for word in folded(name).split()
    )


@lru_cache(maxsize=64)
def date_fillers(tag: str) -> frozenset[str]:
    """Words between day, month and year where a date is written out (`3 de abril de 2026`), folded."""
    pattern = locale(tag).date_formats["long"].pattern
    return frozenset(word for quoted in _QUOTED.findall(pattern) for word in folded(quoted).split())


@lru_cache(maxsize=1)
def _country_codes() -> frozenset[str]:
    codes = map(str, get_global("territory_languages"))
    return frozenset(code for code in codes if len(code) == 2 and code not in _NOT_COUNTRIES)


@lru_cache(maxsize=1)
def _written_languages() -> frozenset[str]:
    """The languages that CLDR knows how to write, which are nearly all that are asked for."""
    return frozenset(filter(str.isalpha, locale_identifiers()))


@lru_cache(maxsize=1)
def _country_words() -> Mapping[str, str]:
    """Codes of two and three letters and English names, folded, to ISO 3166 alpha-2."""
    codes = _country_codes()
    aliases = get_global("territory_aliases")
    long_codes = {
        folded(alias): new[0]
        for alias, new in aliases.items()
        if len(alias) == 3 and len(new) == 1 and new[0] in codes
    }
    return {**_names_of_countries("en"), **long_codes, "uk": "GB", **{folded(code): code for code in codes}}


def _names_of_countries(tag: str) -> dict[str, str]:
    codes = _country_codes()
    names = {str(code): name for code, name in locale(tag).territories.items() if code in codes}
    whole = {folded(name): code for code, name in names.items()}
    # `Myanmar (Birmanie)` is found under either name, unless another country has that one
    parts = {folded(part): code for code, name in names.items() for part in name.partition(" (")[::2] if part}
    return {**parts, **whole}


@lru_cache(maxsize=64)
def countries(tag: str) -> Mapping[str, str]:
    """Names in the language and in English, and codes, folded, to ISO 3166 alpha-2."""
    known = dict(_country_words())
    for source in (tag, *_ALSO.get(tag, ())):
        known |= _names_of_countries(source)
    return known


def is_country(code: str) -> bool:
    """Whether `code` is an ISO 3166 alpha-2 code."""
    return code in _country_codes()


@lru_cache(maxsize=1024)
def timezone(code: str, year: int) -> ZoneInfo | None:
    """The time zone of a country; None where it has several, unless their clocks agree from that year on."""
    zones = [ZoneInfo(name) for name in get_global("territory_zones").get(code, ())]
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(2 * 366)]
    alike = all(_same_clocks(zones[0], other, days) for other in zones[1:])
    return min(zones, key=lambda zone: zone.key) if zones and alike else None


def _same_clocks(one: ZoneInfo, other: ZoneInfo, days: Iterable[datetime]) -> bool:
    return all(day.astimezone(one).utcoffset() == day.astimezone(other).utcoffset() for day in days)


@lru_cache(maxsize=64)
def language_names(tag: str) -> Mapping[str, str]:
    """Names of languages in the language and in English, folded, to BCP 47."""
    return {
        folded(name): code.replace("_", "-")
        for source in ("en", tag, *_ALSO.get(tag, ()))
        for code, name in sorted(locale(source).languages.items(), reverse=True)
    }


def language_tag(text: str) -> str | None:
    """`text` as a canonical BCP 47 tag (`fr_FR` is `fr-FR`, `ger` is `de`), or None."""
    match = _TAG.fullmatch(text)
    if match is None:
        return None
    language, script, region = (part or "" for part in match.groups())
    code, script, region = _current(language.lower()), script.title(), region.upper()
    region = "GB" if region == "UK" else region
    known = (  # English has a name for everything, and takes a while to load
        code in _written_languages() or code in locale("en").languages,
        not script or script in locale("en").scripts,
        not region or is_country(region) or region in locale("en").territories,
    )
    return "-".join(part for part in (code, script, region) if part) if all(known) else None


def _current(code: str) -> str:
    """The code that replaced `code` (`iw` is `he` now, `fra` always was `fr`)."""
    newer = str(get_global("language_aliases").get(code, code))
    return newer if newer.isalpha() else code
