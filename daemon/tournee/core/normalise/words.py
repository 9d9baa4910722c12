"""Cells that hold a word out of few: gender, title, country, language, yes or no."""

from collections.abc import Iterable, Mapping

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages import GENDERS, TITLES, Language, cldr
from tournee.core.languages.data import Words
from tournee.core.languages.words import choice_key, column_key, folded, trimmed, visible
from tournee.core.normalise.cells import Cell, Convert, refusal


def gender(language: Language) -> Convert:
    """`female`, `male` or `other`."""
    wrong = refusal(RowErrorCode.GENDER_UNKNOWN, words=_first_of(language.genders))
    return _word({**_meanings(language.genders), **_themselves(GENDERS)}, wrong)


def title(language: Language) -> Convert:
    """`mr`, `mrs`, `ms`, `miss`, `dr` or `prof`."""
    wrong = refusal(RowErrorCode.TITLE_UNKNOWN, words=_first_of(language.titles))
    return _word({**_themselves(TITLES), **_meanings(language.titles)}, wrong)


def country(language: Language, english: Language | None) -> Convert:
    """An ISO 3166 alpha-2 code, from a name in the language or in English, or from a code."""
    in_english = _meanings(english.countries) if english else {}
    known = {**in_english, **cldr.countries(language.tag), **_meanings(language.countries)}
    wrong = refusal(RowErrorCode.COUNTRY_UNKNOWN)

    def read(text: str) -> Cell:
        if not trimmed(text):
            return None
        name = folded(text)
        return known.get(name) or known.get(name.removeprefix("the ").removesuffix(" the"), wrong)

    return read


def boolean(language: Language) -> Convert:
    """True or False, from the language's words, `true` and `false`, `1` and `0`."""
    digits = {"1": True, "0": False}
    known = {"true": True, "false": False}
    known |= dict.fromkeys(map(folded, language.yes), True) | dict.fromkeys(map(folded, language.no), False)
    wrong = refusal(RowErrorCode.BOOLEAN_INVALID, yes=language.yes[0], no=language.no[0])

    def read(text: str) -> Cell:
        cell = visible(text)
        return digits.get(cell, known.get(folded(cell), wrong)) if cell else None

    return read


def choice(language: Language, choices: Mapping[str, tuple[str, ...]]) -> Convert:
    """One of the words that `choices` lists first; they may be written in the file's language as well.

    Words that differ only by their accents must be written with them.
    """
    stored = next(iter(choices.values()), ())
    written = _in_language(language, choices) or stored
    meanings = [*zip(written, stored, strict=True), *zip(stored, stored, strict=True)]
    exact = {column_key(word): meaning for word, meaning in reversed(meanings)}
    loose = _unambiguous(meanings)
    wrong = refusal(RowErrorCode.CHOICE_UNKNOWN, words=list(written))

    def read(text: str) -> Cell:
        if not trimmed(text):
            return None
        return exact.get(column_key(text)) or loose.get(choice_key(text)) or wrong

    return read


def _in_language(language: Language, choices: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    base = language.tag.partition("-")[0]
    return choices.get(language.tag) or choices.get(base) or choices.get("*")


def _unambiguous(meanings: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """What each word means without its accents; None for one that means several things."""
    found: dict[str, str | None] = {}
    for word, meaning in meanings:
        if found.setdefault(choice_key(word), meaning) != meaning:
            found[choice_key(word)] = None
    return found


def spoken(language: Language) -> Convert:
    """A BCP 47 tag, from a tag or from a name in the language or in English."""
    names = {**cldr.language_names(language.tag), **_meanings(language.language_names)}
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
