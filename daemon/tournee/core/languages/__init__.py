"""The language of a file: what its columns are called, and the words and marks in its cells.

A language is data (`tournee/languages/<tag>.yaml`): column names, words for yes and no, genders and titles,
the legacy code page, the usual country. Dates, decimal marks, and the names of months, countries and
languages come from CLDR (`languages.cldr`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tournee.core import settings
from tournee.core.languages import cldr
from tournee.core.languages.data import Source, Words
from tournee.core.languages.words import column_key, spellings

#: The standard fields of a contact, in the order in which a template has them.
STANDARD = ("last_name", "first_name", "gender", "title", "country", "email", "phone", "language")
GENDERS = ("female", "male", "other")
TITLES = ("mr", "mrs", "ms", "miss", "dr", "prof")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How files in one language are written.

    `columns`, `genders` and `titles` give the words for each field or value, the one for templates first;
    `countries`, `months` and `language_names` add usual names to those of CLDR, by ISO 3166 code, number and
    BCP 47 tag. `country` is where phone numbers without an international prefix are from, unless the row or
    the feed says otherwise. `other_columns` are usual ones that hold no field here, though they do in another
    language.
    """

    tag: str
    columns: Words
    yes: tuple[str, ...]
    no: tuple[str, ...]
    genders: Words
    titles: Words
    countries: Words
    code_page: str
    country: str
    months: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    language_names: Words = field(default_factory=dict)
    other_columns: tuple[str, ...] = ()

    @property
    def delimiter(self) -> str:
        """What spreadsheets in this language put between cells: not the decimal mark."""
        return ";" if cldr.decimal_mark(self.tag) == "," else ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the files of a feed look like.

    `languages` has every known language, to recognise a file in the wrong one; `fields` the declared contact
    fields; `required` the fields that every row must fill besides the language (`email`, `phone`).
    `identify_by` is the declared field that tells contacts apart; None: the email does, else the phone.
    `timezone` is where a time is local to that does not say so.
    """

    language: Language
    languages: Mapping[str, Language]
    fields: Mapping[str, settings.ContactField]
    required: frozenset[str] = frozenset()
    country: str | None = None
    default_language: str | None = None
    identify_by: str | None = None
    empty_cells: settings.EmptyCells = settings.EmptyCells.KEEP
    timezone: str = "UTC"

    @property
    def phone_country(self) -> str:
        """Where a phone number is from when neither it nor its row says so."""
        return self.country or self.language.country

    def names(self, field_key: str, language: Language | None = None) -> tuple[str, ...]:
        """The column names of a field in `language`, by default the layout's; the first is the template's."""
        language = language or self.language
        declared = self.fields.get(field_key)
        if declared is None:
            return language.columns[field_key]
        base = language.tag.partition("-")[0]
        return declared.columns.get(language.tag) or declared.columns.get(base) or (field_key,)

    def columns(self, language: Language | None = None) -> dict[str, str]:
        """The field of every column name, as `words.column_key` writes names, with and without accents.

        A name that is written so wins over one that only is so without its accents, declared fields over
        standard ones.
        """
        fields = (*STANDARD, *self.fields)
        known = [(spellings(name), field) for field in fields for name in self.names(field, language)]
        plain = {unaccented: field for (_, unaccented), field in known}
        return {**plain, **{key: field for (key, _), field in known}}

    def name_of(self, column: str, field_key: str) -> str:
        """Which of the names of a field a column in a file goes by."""
        key = column_key(column)
        names = self.names(field_key)
        found = (name for way in (0, 1) for name in names if spellings(name)[way] == key)
        return next(found, names[0])


def language_from(tag: str, data: Mapping[str, object]) -> Language:
    """A language from the data of its file; raises ValueError that says what is wrong in it."""
    cldr.locale(tag)
    source = Source(data)
    language = Language(
        tag=tag,
        columns=source.words("columns", STANDARD),
        yes=source.texts("yes_words"),
        no=source.texts("no_words"),
        genders=source.words("genders", GENDERS),
        titles=source.words("titles", TITLES, needed=False),
        countries=source.countries("countries"),
        code_page=source.code_page("code_page"),
        country=source.country("country"),
        months=source.months("months"),
        language_names=source.language_names("language_names"),
        other_columns=source.texts("other_columns") if "other_columns" in source else (),
    )
    source.nothing_else()
    return language


def template(layout: Layout) -> str:
    """A CSV file for a person to fill in: its header, and no example that would be imported as a person."""
    delimiter = layout.language.delimiter
    return delimiter.join(_quoted(name, delimiter) for name in template_header(layout)) + "\r\n"


def _quoted(cell: str, delimiter: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & {delimiter, '"', "\r", "\n"} else cell


def template_header(layout: Layout) -> list[str]:
    """The column names of a file for a person to fill in."""
    return [layout.names(field_key)[0] for field_key in (*STANDARD, *layout.fields)]
