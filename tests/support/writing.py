"""Files as we would write them: people whose values are known, in the words and marks of a language."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from tournee.core.languages import STANDARD, Layout, template_header

MARKS = {"utf-8-sig": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
COUNTRIES = ("FR", "DE", "GB", "US", "ES", "IT", "PT", "BR", "NL", "BE", "CH", "CI", "JP", "CZ", "MX")
TONGUES = ("fr", "de", "en", "es", "it", "pt", "nl", "pl", "ja", "el", "pt-BR")
TEXTS = (
    "Martin", "O'Neill", "D’Angelo", "de La Tour", "Núñez Peña", "Weiß", "Łuczak", "Παπαδοπούλου", "山田",
    "محمد", 'Le "Bon"', "Smith, Jr.", "Lyon; Part-Dieu", "a|b", "tab\tinside", "two\nlines", "=A1", "007",
    '"', "😀 Ltd",
)  # fmt: skip

Cell = tuple[str, Any]  # as written, as stored
NOTHING: Cell = ("", None)


# ---------------------------------------------------------------- tables


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a program writes tables; `quotes` is how many of the cells it quotes that need none."""

    encoding: str
    delimiter: str
    end: str
    quotes: float = 0.0
    blank_lines: bool = False
    short_rows: bool = False
    sep_line: bool = False

    def table(self, rows: Sequence[Sequence[str]], chance: Random) -> bytes:
        """A file with these rows."""
        lines = [f"sep={self.delimiter}"] if self.sep_line else []
        for cells in rows:
            lines.append(self.delimiter.join(self._cell(cell, chance) for cell in self._shortened(cells)))
            if self.blank_lines:
                lines += chance.choices(["", " ", self.delimiter * 3], k=chance.randrange(3))
        text = "".join(line + self.end for line in lines)
        return MARKS.get(self.encoding, b"") + text.encode(self.encoding.removesuffix("-sig"))

    def fitting(self, cell: Cell) -> Cell:
        """The cell, or none where the encoding lacks a character; a narrow space becomes a wide one."""
        for text in (cell[0], cell[0].replace("\u202f", "\xa0")):
            if text.encode(self.encoding, "ignore").decode(self.encoding) == text:
                return text, cell[1]
        return NOTHING

    def _shortened(self, cells: Sequence[str]) -> Sequence[str]:
        filled = [at for at, cell in enumerate(cells) if cell]
        return cells[: filled[-1] + 1] if self.short_rows else cells

    def _cell(self, cell: str, chance: Random) -> str:
        if set(cell) & {self.delimiter, '"', "\r", "\n"} or chance.random() < self.quotes:
            return '"' + cell.replace('"', '""') + '"'
        return cell


# ---------------------------------------------------------------- people


@dataclass(frozen=True)
class Author:
    """Somebody who writes about people in the language of a layout."""

    layout: Layout
    chance: Random

    @property
    def locale(self) -> Locale:
        """What CLDR has for the language."""
        return Locale.parse(self.layout.language.tag, sep="-")

    def people(self, number: int) -> Iterator[dict[str, Cell]]:
        """Some people with every field of the template, most of them filled."""
        for at in range(number):
            email = (f"Person{at}@Example.com", f"Person{at}@example.com")
            cells = {key: self._sometimes(write) for key, write in self._ways().items()}
            yield {"email": email, "language": self.tongue(), **cells, **self.home()}

    def _ways(self) -> dict[str, Callable[[], Cell]]:
        language = self.layout.language
        declared = {key: lambda key=key: self.declared(key) for key in self.layout.fields}
        return {
            "last_name": self.text,
            "first_name": self.text,
            "gender": lambda: self.word(language.genders),
            "title": lambda: self.word(language.titles),
            **declared,
        }

    def _sometimes(self, write: Callable[[], Cell]) -> Cell:
        return NOTHING if self.chance.random() < 0.2 else write()

    def declared(self, key: str) -> Cell:
        """A value of a declared field."""
        field = self.layout.fields[key]
        ways: dict[str, Callable[[], Cell]] = {
            "text": lambda: self.text(field.max_length),
            "number": self.number,
            "date": self.date,
            "datetime": self.moment,
            "boolean": self.boolean,
            "choice": lambda: self.choice(field.choices),
        }
        return ways[field.type]()

    def home(self) -> dict[str, Cell]:
        """A country and a phone there, written as at home, as abroad or as we store it."""
        code = self.chance.choice(COUNTRIES)
        number = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
        forms = [phonenumbers.format_number(number, form) for form in (0, 1, 2)]
        name = self.chance.choice([code, code.lower(), self.locale.territories[code]])
        return {"country": (name, code), "phone": (self.chance.choice(forms), forms[0])}

    def tongue(self) -> Cell:
        """A language by its tag or its name."""
        tag = self.chance.choice(TONGUES)
        return self.chance.choice(
            [tag, tag.upper(), self.locale.languages.get(tag.replace("-", "_"), tag)]
        ), tag

    def text(self, most: int = 100) -> Cell:
        """A name."""
        text = self.chance.choice([text for text in TEXTS if len(text) <= most])
        return text, text

    def word(self, words: Mapping[str, Sequence[str]]) -> Cell:
        """A word and its meaning."""
        meaning = self.chance.choice(sorted(words))
        word = self.chance.choice(words[meaning])
        return self.chance.choice([word, word.upper(), f" {word} "]), meaning

    def choice(self, choices: Mapping[str, Sequence[str]]) -> Cell:
        """A choice in the words of the language; stored are those of the first."""
        words = choices[self.layout.language.tag.partition("-")[0]]
        stored = next(iter(choices.values()))
        return self.chance.choice(list(zip(words, stored, strict=True)))

    def boolean(self) -> Cell:
        """Yes or no."""
        language = self.layout.language
        words, value = self.chance.choice([((*language.yes, "1"), True), ((*language.no, "0"), False)])
        return self.chance.choice(words), value

    def number(self) -> Cell:
        """A number as CLDR writes it."""
        places = self.chance.randrange(4)
        value = Decimal(self.chance.randrange(-(10**9), 10**9)).scaleb(-places)
        pattern = "#,##0." + "0" * places
        return format_decimal(value, pattern, locale=self.locale), f"{value:f}"

    def date(self) -> Cell:
        """A date as CLDR or ISO 8601 writes it."""
        day = date(1969, 1, 1) + timedelta(days=self.chance.randrange(36_000))
        return self._written(day), day.isoformat()

    def _written(self, day: date) -> str:
        forms = [format_date(day, form, locale=self.locale) for form in ("short", "medium", "long", "full")]
        return self.chance.choice([*forms, day.isoformat()])

    def moment(self) -> Cell:
        """A date with a time of the afternoon, which no clock skips or repeats."""
        day = date(1971, 1, 1) + timedelta(days=self.chance.randrange(35_000))
        local = datetime(day.year, day.month, day.day, 12) + timedelta(minutes=self.chance.randrange(700))
        clock = self.chance.choice([f"{local:%H:%M}", format_time(local, "short", locale=self.locale)])
        stored = local.replace(tzinfo=ZoneInfo(self.layout.timezone)).astimezone(UTC)
        return f"{self._written(day)} {clock}", f"{stored:%Y-%m-%dT%H:%M:%SZ}"


def file_of(people: Sequence[Mapping[str, Cell]], layout: Layout, style: Style, chance: Random) -> bytes:
    """The template of a layout, filled in with these people."""
    rows = [[person[key][0] for key in (*STANDARD, *layout.fields)] for person in people]
    return style.table([template_header(layout), *rows], chance)
