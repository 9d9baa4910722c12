"""The keys of `languages`: what an operator adds to the file languages, or a language of their own.

Words are added to those that the language has; `without` takes some away. A tag such as `de-AT` starts from
the language that comes with Tournée as `de`; one that starts from nothing must say all that a language needs.
"""

from collections.abc import Callable, Iterator, Mapping

from tournee.config.document import Entry, Sequence, Tree
from tournee.config.groups import ByTag, Entries, Many
from tournee.config.kinds import COUNTRY, LINE, Said, Text, codec, country_code, existing_tag
from tournee.config.mistakes import Place, Wrong, listed, meant, quoted
from tournee.config.schema import Filled, Key, Reading, Section
from tournee.config.shipped import shipped_languages
from tournee.core.languages import GENDERS, STANDARD, TITLES, Language, cldr
from tournee.core.languages.words import folded, spellings


def _column(name: str) -> str:
    return spellings(name)[1]


#: Words of which none may mean two things, and how they are compared.
_GROUPS = {
    "columns": _column, "answers": folded, "genders": folded, "titles": folded, "countries": folded,
    "months": folded, "language_names": folded,
}  # fmt: skip

#: Keys that hold the words for one meaning, and the group that these belong to.
_ONE_MEANING = {"other_columns": "columns", "yes_words": "answers", "no_words": "answers"}

#: Keys without which there is no language, and in which group there must be a word for what.
_NEEDED = {
    "columns": ("columns", STANDARD),
    "yes_words": ("answers", ("yes_words",)),
    "no_words": ("answers", ("no_words",)),
    "genders": ("genders", GENDERS),
}

_NOTHING = Language(
    tag="", columns={}, yes=(), no=(), genders={}, titles={}, countries={}, code_page="", country=""
)


def _starts_from(filled: Filled) -> Language:
    """The language that comes with Tournée under this tag, or under its first part."""
    tag, shipped = filled.spot.path[-1], shipped_languages()
    return shipped.get(tag) or shipped.get(tag.partition("-")[0]) or _NOTHING


# ---------------------------------------------------------------- words and what they mean


class _Group:
    """The words of a group; `alike` is how they are compared."""

    def __init__(self, words: Mapping[str, tuple[str, ...]], alike: Callable[[str], str]) -> None:
        self._words = {meaning: list(known) for meaning, known in words.items()}
        self._alike = alike
        self._meanings = {alike(word): meaning for meaning, known in words.items() for word in known}

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """The words for each meaning that has some."""
        return {meaning: tuple(known) for meaning, known in self._words.items() if known}

    def meaning(self, word: str) -> str | None:
        """What a word means."""
        return self._meanings.get(self._alike(word))

    def add(self, meaning: str, word: str) -> None:
        """Let a word mean something, for which there may be a word like it."""
        known = self._words.setdefault(meaning, [])
        known += [word] if word not in known else []
        self._meanings[self._alike(word)] = meaning

    def drop(self, word: str) -> None:
        """Let a word mean nothing any more."""
        if meaning := self._meanings.pop(self._alike(word), None):
            kept = [one for one in self._words[meaning] if self._alike(one) != self._alike(word)]
            self._words[meaning] = kept


def _groups(language: Language) -> dict[str, _Group]:
    words: dict[str, Mapping[str, tuple[str, ...]]] = {
        "columns": {**language.columns, "other_columns": language.other_columns},
        "answers": {"yes_words": language.yes, "no_words": language.no},
        "genders": language.genders,
        "titles": language.titles,
        "countries": language.countries,
        "language_names": language.language_names,
        "months": {str(month): names for month, names in language.months.items()},
    }
    return {group: _Group(words[group], alike) for group, alike in _GROUPS.items()}


def _understood(filled: Filled) -> dict[str, _Group]:
    """The words that it starts from and those that are written; one with two meanings is noted."""
    groups = _groups(_starts_from(filled))
    _take_away(groups, filled)
    for group, meaning, word, place in _written(filled):
        other = groups[group].meaning(word)
        if other in (None, meaning):
            groups[group].add(meaning, word)
        else:
            filled.wrong(f"this word stands for {quoted(other)} already", place)
    return groups


def _take_away(groups: Mapping[str, _Group], filled: Filled) -> None:
    for word, place in _placed(filled["without"] or (), filled.entries.get("without")):
        having = [group for group in groups.values() if group.meaning(word)]
        if not having:
            known = (one for group in groups.values() for words in group.words.values() for one in words)
            filled.wrong(f"the language has no such word{meant(word, known)}", place)
        for group in having:
            group.drop(word)


def _written(filled: Filled) -> Iterator[tuple[str, str, str, Place]]:
    """Group, meaning and place of each word, as far as they were read without a mistake."""
    for key, group in _ONE_MEANING.items():
        for word, place in _placed(filled[key] or (), filled.entries.get(key)):
            yield group, key, word, place
    for group in filter(filled.values.get, _GROUPS):
        tree = filled.entries[group].value
        assert isinstance(tree, Tree)
        for meaning, words in filled[group].items():
            for word, place in _placed(words, tree.entries[meaning]):
                yield group, meaning, word, place


def _placed(words: tuple[str, ...], entry: Entry | None) -> Iterator[tuple[str, Place]]:
    """Each of the words that stand in an entry, with its place."""
    if entry is not None and words:
        nodes = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        yield from zip(words, (node.place for node in nodes), strict=True)


# ---------------------------------------------------------------- a language


def _language(filled: Filled) -> Language:
    start, words = _starts_from(filled), {name: group.words for name, group in _understood(filled).items()}
    language = Language(
        tag=filled.spot.path[-1],
        columns={key: words["columns"][key] for key in STANDARD},
        other_columns=words["columns"].get("other_columns", ()),
        yes=words["answers"]["yes_words"],
        no=words["answers"]["no_words"],
        genders=words["genders"],
        titles=words["titles"],
        countries=words["countries"],
        language_names=words["language_names"],
        months={int(month): names for month, names in words["months"].items()},
        code_page=filled["code_page"] or start.code_page,
        country=filled["country"] or start.country,
    )
    filled.reading.languages[language.tag] = language
    return language


def _canonical(text: str, reading: Reading) -> str:
    tag = existing_tag(text, reading)
    if tag != text:
        raise Wrong(f"this tag is written {quoted(tag)}")
    return tag


def _wrong_tag(filled: Filled) -> str | None:
    """What is wrong with the tag; CLDR must have the dates and numbers of the language."""
    tag = filled.spot.path[-1]
    try:
        cldr.locale(_canonical(tag, filled.reading))
    except Wrong as wrong:
        return wrong.message
    except ValueError:
        return f"CLDR, which knows how dates and numbers are written, has no {quoted(tag)}"
    return None


def _whole(filled: Filled) -> None:
    """The tag is one, no word means two things, and all that a language needs is there."""
    if message := _wrong_tag(filled):
        filled.wrong(message)
        return
    groups, new = _understood(filled), _starts_from(filled) is _NOTHING
    for key, (group, meanings) in _NEEDED.items():
        missing = [meaning for meaning in meanings if meaning not in groups[group].words]
        if missing and not new and not _flawed(key, filled):
            filled.wrong(f"no word is left for {listed(missing, 'and')}", filled.key_place("without"))
        elif missing and filled.has(key) and not _flawed(key, filled):
            message = f"there is no word for {listed(missing, 'and')}: a new language needs them all"
            filled.wrong(message, filled.key_place(key))
    for key in filter(filled.lacks, (*_NEEDED, "code_page", "country") if new else ()):
        tag = quoted(filled.spot.path[-1])
        filled.wrong(f"{quoted(key)} is missing: {tag} does not come with Tournée, and so needs it")


def _flawed(key: str, filled: Filled) -> bool:
    return filled.has(key) and filled[key] is None


# ---------------------------------------------------------------- keys


def _word(said: Said) -> str:
    if not folded(said.text):
        raise Wrong("this is not a word: it has neither letter nor digit")
    return said.text


def _code_page(said: Said) -> str:
    if codec(said.text) is None:
        raise Wrong(f"{quoted(said.text)} is not a code page such as `windows-1252`")
    return said.text


def _month(text: str, _: Reading) -> str:
    if text not in map(str, range(1, 13)):
        raise Wrong(f"{quoted(text)} is not the number of a month, from 1 to 12")
    return text


WORDS = Many(item=Text(wants="a word", parse=_word, schema=LINE.schema))
CODE_PAGE = Text(wants="a code page such as `windows-1252`", parse=_code_page)


def _meanings(about: str, meanings: Mapping[str, str]) -> Section:
    return Section(
        about=about,
        keys={key: Key(kind=WORDS, about=said) for key, said in meanings.items()},
        make=lambda filled: dict(filled.values),
    )


COLUMNS = _meanings(
    "Names of the columns of the standard fields.",
    {key: f"Names of the column with the {key.replace('_', ' ')}." for key in STANDARD},
)
GENDER_WORDS = _meanings("Words for genders.", {key: f"Words for `{key}`." for key in GENDERS})
TITLE_WORDS = _meanings("Words for titles.", {key: f"Words for `{key}`." for key in TITLES})

LANGUAGE = Section(
    about="A file language: words for it, added to those of the language that comes with Tournée.",
    keys={
        "columns": Key(kind=COLUMNS, about=COLUMNS.about),
        "other_columns": Key(
            kind=WORDS,
            about="Names of columns that hold no standard field here, though they do in another language.",
        ),
        "yes_words": Key(kind=WORDS, about="Words for yes, besides `1` and `true`."),
        "no_words": Key(kind=WORDS, about="Words for no, besides `0` and `false`."),
        "genders": Key(kind=GENDER_WORDS, about=GENDER_WORDS.about),
        "titles": Key(kind=TITLE_WORDS, about=TITLE_WORDS.about),
        "countries": Key(
            kind=ByTag(
                item=WORDS, tag=country_code, single=False, tags="country codes, such as `{GB: …, US: …}`"
            ),
            about="Names of countries by their code, besides those that CLDR knows.",
        ),
        "language_names": Key(
            kind=ByTag(item=WORDS, tag=_canonical, single=False, tags="languages, such as `{es: …, nl: …}`"),
            about="Names of languages by their tag, besides those that CLDR knows.",
        ),
        "months": Key(
            kind=ByTag(item=WORDS, tag=_month, single=False, tags="months by number, such as `{1: …, 2: …}`"),
            about="Names of months by their number, besides those that CLDR knows.",
        ),
        "code_page": Key(
            kind=CODE_PAGE, about="The encoding of files that are not UTF-8, such as `windows-1252`."
        ),
        "country": Key(
            kind=COUNTRY,
            about="Where phones without an international prefix are from, unless the row or the feed says.",
        ),
        "without": Key(
            kind=WORDS, about="Words and names of columns that are not to be understood any more."
        ),
    },
    make=_language,
    rules=(_whole,),
)

LANGUAGES = Entries(
    about="File languages, by tag: more words for one that comes with Tournée, or a new one.",
    entry=LANGUAGE,
)
