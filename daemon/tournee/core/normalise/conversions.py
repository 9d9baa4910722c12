"""How the cells of each field are read."""

from collections.abc import Callable

from tournee.core.languages import STANDARD, Layout
from tournee.core.normalise import words
from tournee.core.normalise.cells import Conversion, Convert, Each
from tournee.core.normalise.dates import Dates
from tournee.core.normalise.emails import email
from tournee.core.normalise.moments import Moments
from tournee.core.normalise.numbers import Numbers
from tournee.core.normalise.texts import text
from tournee.core.settings import ContactField, FieldType

#: How long a text may be that identifies contacts: databases have a limit for what they index.
ID_LIMIT = 255


class Conversions:
    """How the cells of each field are read; `dates` has those of the date fields that were asked for."""

    def __init__(self, layout: Layout) -> None:
        self.dates: dict[str, Dates] = {}
        self._layout = layout

    def of(self, field_key: str) -> Conversion:
        """The conversion of a field other than `phone`, which takes the country too."""
        if field_key not in STANDARD:
            return self._declared(self._layout.fields[field_key])
        language = self._layout.language
        standard: dict[str, Callable[[], Convert]] = {
            "last_name": lambda: text(),
            "first_name": lambda: text(),
            "gender": lambda: words.gender(language),
            "title": lambda: words.title(language),
            "country": lambda: words.country(language, self._layout.languages.get("en")),
            "email": lambda: email,
            "language": lambda: words.spoken(language),
        }
        return Each(standard[field_key]())

    def _declared(self, field: ContactField) -> Conversion:
        language = self._layout.language
        most = min(field.max_length, ID_LIMIT) if field.key == self._layout.identify_by else field.max_length
        conversions: dict[FieldType, Callable[[], Conversion]] = {
            FieldType.TEXT: lambda: Each(text(most)),
            FieldType.NUMBER: lambda: Numbers(language.tag),
            FieldType.DATE: lambda: Each(self._dates(field.key, Dates(language)).read),
            FieldType.DATETIME: lambda: Each(self._moments(field.key).read),
            FieldType.BOOLEAN: lambda: Each(words.boolean(language)),
            FieldType.CHOICE: lambda: Each(words.choice(language, field.choices)),
        }
        return conversions[field.type]()

    def _dates(self, field_key: str, dates: Dates) -> Dates:
        self.dates[field_key] = dates
        return dates

    def _moments(self, field_key: str) -> Moments:
        moments = Moments(self._layout.language, self._layout.timezone)
        self._dates(field_key, moments.dates)
        return moments
