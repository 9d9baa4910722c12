"""Words of rules about contacts, as they are stored: countries, languages, genders, titles, choices.

They are understood as in files: by code, in English, or in a language of the files.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from tournee.config.kinds import Said
from tournee.config.mistakes import Wrong, listed, meant, quoted
from tournee.config.schema import Reading
from tournee.core.languages import GENDERS, TITLES, Language, cldr
from tournee.core.languages.words import choice_key, column_key, folded, trimmed

Words = Mapping[str, tuple[str, ...]]


def plain(said: Said) -> str:
    """Any text, in composed form."""
    return unicodedata.normalize("NFC", trimmed(said.text))


def country(said: Said) -> str:
    """The code of a country; raises Wrong for another text."""
    name, found = folded(said.text), None
    for language in _languages(said.reading):
        own = _meanings(language.countries)
        found = found or own.get(name) or cldr.countries(language.tag).get(name)
    if found is None:
        raise Wrong(f"{quoted(said.text)} is not a country: write its code, such as `FR`")
    return found


def language(said: Said) -> str:
    """The tag of a language; raises Wrong for another text."""
    found = cldr.language_tag(said.text)
    for known in _languages(said.reading):
        own = _meanings(known.language_names)
        name = folded(said.text)
        found = found or own.get(name) or cldr.language_names(known.tag).get(name)
    if found is None:
        raise Wrong(f"{quoted(said.text)} is not a language: write its tag, such as `fr`")
    return found


def gender(said: Said) -> str:
    """`female`, `male` or `other`; raises Wrong for another text."""
    return _one_of(said, GENDERS, lambda known: known.genders)


def title(said: Said) -> str:
    """`mr`, `mrs` …; raises Wrong for another text."""
    return _one_of(said, TITLES, lambda known: known.titles)


def choice_of(field: str) -> Callable[[Said], str]:
    """How a choice of a declared field is read, in any of its languages: to the word that is stored."""

    def parse(said: Said) -> str:
        choices = said.reading.fields[field].choices
        stored = next(iter(choices.values()), ())
        pairs = [pair for written in choices.values() for pair in zip(written, stored, strict=True)]
        exact = {meaning for word, meaning in pairs if column_key(word) == column_key(said.text)}
        loose = {meaning for word, meaning in pairs if choice_key(word) == choice_key(said.text)}
        found = sorted(exact or loose)
        if not found:
            hint = meant(said.text, (word for word, _ in pairs))
            raise Wrong(f"{quoted(said.text)} is not {listed(stored)}{hint}")
        if len(found) > 1:
            raise Wrong(f"{quoted(said.text)} may be {listed(found)}: write one of them")
        return found[0]

    return parse


def _one_of(said: Said, meanings: tuple[str, ...], words: Callable[[Language], Words]) -> str:
    """What a word means in the languages of the files, else in any."""
    if said.text.lower() in meanings:
        return said.text.lower()
    for languages in (_languages(said.reading), said.reading.languages.values()):
        found = {_meanings(words(known)).get(folded(said.text)) for known in languages} - {None}
        if len(found) == 1:
            return str(found.pop())
    raise Wrong(f"{quoted(said.text)} is not {listed(meanings)}{meant(said.text, meanings)}")


def _languages(reading: Reading) -> Iterable[Language]:
    """English, and the languages of the files."""
    tags = ("en", *sorted({*reading.spoken} - {"en"}))
    return [reading.languages[tag] for tag in tags if tag in reading.languages]


def _meanings(words: Words) -> dict[str, str]:
    return {folded(word): meaning for meaning, forms in words.items() for word in forms}
