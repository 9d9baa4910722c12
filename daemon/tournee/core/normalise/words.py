"""Cells that hold a word out of few: gender, title, country, language, yes or no."""

from collections.abc import Mapping

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages import GENDERS, TITLES, Language, cldr
from tournee.core.languages.data import Words
from tournee.core.languages.words import folded, trimmed
from tournee.core.normalise.cells import Cell, Convert, refusal


def gender(language: Language) -> Convert:
    """`female`, `male` or `other`."""
    wrong = refusal(RowErrorCode.GENDER_UNKNOWN, words=_first_of(language.genders))
    return _word({**_meanings(language.genders), **_themselves(GENDERS)}, wrong)


def title(language: Language) -> Convert:
    """`mr`, `mrs`, `ms`, `miss`, `dr` or `prof`."""
    wrong = refusal(RowErrorCode.TITLE_UNKNOWN, words=_first_of(language.titles))
    return _word({**_themselves(TITLES), **_meanings(language.titles)}, wrong)


def country(language: Language) -> Convert:
    """An ISO 3166 alpha-2 code, from a name in the language or in English, or from a code."""
    known = {**cldr.countries(language.tag), **_meanings(language.countries)}
    return _word(known, refusal(RowErrorCode.COUNTRY_UNKNOWN))


def boolean(language: Language) -> Convert:
    """True or False, from the language's words, `1` and `0`, `true` and `false`."""
    known: dict[str, bool] = {"1": True, "0": False, "true": True, "false": False}
    known |= dict.fromkeys(map(folded, language.yes), True) | dict.fromkeys(map(folded, language.no), False)
    wrong = refusal(RowErrorCode.BOOLEAN_INVALID, yes=language.yes[0], no=language.no[0])
    return _word(known, wrong)


def spoken(language: Language) -> Convert:
    """A BCP 47 tag, from a tag or from a name in the language or in English."""
    names = cldr.language_names(language.tag)
    wrong = refusal(RowErrorCode.LANGUAGE_UNKNOWN)

    def read(text: str) -> Cell:
        cell = trimmed(text)
        if not cell:
            return None
        return cldr.language_tag(cell) or names.get(folded(cell), wrong)

    return read


def _word(known: Mapping[str, Cell], wrong: Reason) -> Convert:
    def read(text: str) -> Cell:
        return known.get(folded(text), wrong) if trimmed(text) else None

    return read


def _meanings(words: Words) -> dict[str, Cell]:
    return {folded(form): meaning for meaning, forms in words.items() for form in forms}


def _themselves(values: tuple[str, ...]) -> dict[str, Cell]:
    return {value: value for value in values}


def _first_of(words: Words) -> list[str]:
    return [forms[0] for forms in words.values()]
