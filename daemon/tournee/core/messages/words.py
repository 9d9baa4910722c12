"""A reason in words."""

from collections.abc import Mapping

from tournee.core.facts import Reason
from tournee.core.messages import (
    alerts_en,
    alerts_fr,
    channels_en,
    channels_fr,
    en,
    fr,
    people_en,
    people_fr,
    solicitations_en,
    solicitations_fr,
)
from tournee.core.messages.grammar import Words, plain

LANGUAGES: Mapping[str, Words] = {
    "en": en.WORDS | alerts_en.WORDS | channels_en.WORDS | people_en.WORDS | solicitations_en.WORDS,
    "fr": fr.WORDS | alerts_fr.WORDS | channels_fr.WORDS | people_fr.WORDS | solicitations_fr.WORDS,
}


def sentence(reason: Reason, language: str) -> str:
    """`reason` in words, in `language`, else in its base language, else in English.

    Control characters of the details are escaped. A code without words is a bug that the tests find; a reader
    still sees the code and its details rather than nothing.
    """
    words = LANGUAGES[spoken(language)].get(reason.code)
    details = _Details({key: plain(value) for key, value in reason.details.items()})
    if words is None:
        return " ".join([reason.code, *(f"{key}={value}" for key, value in details.items())])
    return words(details) if callable(words) else words.format_map(details)


def spoken(language: str) -> str:
    """The language that a reader who asked for `language` (`fr-CA`, `FR`) gets: `fr`, or `en` if unknown."""
    base = language.replace("_", "-").partition("-")[0].lower()
    return base if base in LANGUAGES else "en"


class _Details(dict[str, object]):
    """Details for a template: one that was not given shows as `?`, so that the sentence is still read."""

    def __missing__(self, key: str) -> str:
        return "?"
