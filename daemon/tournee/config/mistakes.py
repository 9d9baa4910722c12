"""Mistakes of the operator: where they are, in which words, and all of them together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from tournee.core.errors import ConfigurationError
from tournee.core.facts import Problem

T = TypeVar("T")
_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a key or a value begins; line and column count from 1, in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"


class Wrong(ValueError):
    """A value cannot be used. `place` is None where the catcher knows it."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class Mistakes:
    """Every mistake and warning found so far."""

    def __init__(self) -> None:
        self._errors: set[tuple[Place, str]] = set()
        self._warnings: set[tuple[Place, str]] = set()

    def add(self, place: Place, message: str) -> None:
        """Note a mistake; the same one twice (a value behind an alias) is noted once."""
        self._errors.add((place, message))

    def warn(self, place: Place, message: str) -> None:
        """Note something that works and is probably not meant."""
        self._warnings.add((place, message))

    def attempt(self, place: Place, act: Callable[[], T]) -> T | None:
        """What `act` returns, or None after noting what it found wrong."""
        try:
            return act()
        except Wrong as wrong:
            self.add(wrong.place or place, wrong.message)
            return None

    def raise_any(self) -> None:
        """Raise ConfigurationError with every mistake, if there is one."""
        if self._errors:
            raise ConfigurationError(_problems(self._errors))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings in the order of their places."""
        return _problems(self._warnings)


def _problems(found: Iterable[tuple[Place, str]]) -> tuple[Problem, ...]:
    return tuple(_problem(place, message) for place, message in sorted(found))


def _problem(place: Place, message: str) -> Problem:
    file = printable(place.file)
    return Problem(file=file, line=place.line, column=place.column, message=printable(message))


# ---------------------------------------------------------------- words


def printable(text: str) -> str:
    """`text` with everything escaped that a terminal would not show as it is."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def quoted(text: str) -> str:
    """`text` between back quotes, shortened."""
    shown = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return f"`{shown}`"


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The `known` word that `text` is probably meant to be."""
    words = {word.casefold(): word for word in known}
    near = get_close_matches(text[:_LONGEST_QUOTE].casefold(), words, n=1, cutoff=0.6)
    return words[near[0]] if near else None


def meant(text: str, known: Iterable[str]) -> str:
    """`; did you mean …?` with the nearest of the `known` words, or nothing where none is near."""
    near = nearest(text, known)
    return f"; did you mean {quoted(near)}?" if near else ""


def listed(words: Iterable[str], joint: str = "or") -> str:
    """`a`, `b` or `c`."""
    *first, last = (quoted(word) for word in words)
    return f"{', '.join(first)} {joint} {last}" if first else last
