"""The data of a language's file, read key by key; every mistake is a ValueError that names the key."""

import codecs
from collections.abc import Collection, Mapping, Sequence

from tournee.core.languages import cldr
from tournee.core.languages.words import folded

Words = Mapping[str, tuple[str, ...]]


class Source:
    """A mapping as it stands in the file; what is not asked for by one of its methods is a mistake."""

    def __init__(self, data: Mapping[str, object], *, within: str = "") -> None:
        self._data = data
        self._within = within
        self._asked: list[str] = []

    def texts(self, key: str) -> tuple[str, ...]:
        """A word or a list of words."""
        value = self._value(key)
        words = [value] if isinstance(value, str) else value
        if not isinstance(words, Sequence) or not words:
            raise self._wrong(key, "write a word or a list of words")
        return tuple(self._text(key, word) for word in words)

    def words(self, key: str, keys: Collection[str], *, needed: bool = True) -> Words:
        """A mapping of `keys` to words, none of which stands for two keys; all keys are there if `needed`."""
        source = self._below(key)
        found = {name: source.texts(name) for name in keys if needed or name in source}
        source.nothing_else()
        return self._unambiguous(key, found)

    def countries(self, key: str) -> Words:
        """A mapping of country codes to words; it may be left out."""
        if key not in self:
            return {}
        source = self._below(key)
        return self._unambiguous(key, {source._country(code): source.texts(code) for code in source._data})

    def language_names(self, key: str) -> Words:
        """A mapping of language tags to words; it may be left out."""
        if key not in self:
            return {}
        source = self._below(key)
        return self._unambiguous(key, {source._tag(tag): source.texts(tag) for tag in source._data})

    def months(self, key: str) -> Mapping[int, tuple[str, ...]]:
        """A mapping of numbers of months to words; it may be left out."""
        if key not in self:
            return {}
        numbers = {str(number): number for number in range(1, 13)}
        data = self._value(key)
        by_text = (
            {str(number): words for number, words in data.items()} if isinstance(data, Mapping) else data
        )
        found = Source({key: by_text}).words(key, numbers, needed=False)
        return {numbers[number]: words for number, words in found.items()}

    def country(self, key: str) -> str:
        """A country code."""
        return self._country(self._value(key), key)

    def code_page(self, key: str) -> str:
        """The name of a code page."""
        name = self._text(key, self._value(key))
        try:
            codecs.lookup(name)
        except LookupError as unknown:
            raise self._wrong(key, f"`{name}` is not a code page such as windows-1252") from unknown
        return name

    def nothing_else(self) -> None:
        """Refuse keys that were not asked for."""
        for key in self._data:
            if key not in self._asked:
                raise self._wrong(str(key), f"not a key here; the keys are {', '.join(self._asked)}")

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def _value(self, key: str) -> object:
        self._asked.append(key)
        if key not in self._data:
            raise self._wrong(key, "missing")
        return self._data[key]

    def _below(self, key: str) -> "Source":
        value = self._value(key)
        if not isinstance(value, Mapping):
            raise self._wrong(key, "write a mapping of keys and words")
        return Source(value, within=f"{self._within}{key}.")

    def _text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not folded(value):
            raise self._wrong(key, f'`{value}` is not a word; words such as "no" need quotes')
        return value

    def _country(self, code: object, key: str = "") -> str:
        if not isinstance(code, str) or not cldr.is_country(code):
            raise self._wrong(key or str(code), f'`{code}` is not a country code such as "FR", in quotes')
        return code

    def _tag(self, tag: str) -> str:
        if cldr.language_tag(tag) != tag:
            raise self._wrong(tag, f"`{tag}` is not a language tag such as `fr` or `pt-BR`")
        return tag

    def _unambiguous(self, key: str, words: Words) -> Words:
        meanings: dict[str, str] = {}
        for meaning, forms in words.items():
            for form in forms:
                other = meanings.setdefault(folded(form), meaning)
                if other != meaning:
                    raise self._wrong(key, f"`{form}` stands for both {other} and {meaning}")
        return words

    def _wrong(self, key: str, message: str) -> ValueError:
        return ValueError(f"{self._within}{key}: {message}")
