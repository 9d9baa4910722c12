"""The keys of `contact_fields`, and whether a column can mean one field only."""

from tournee.config.groups import ByLanguage, Entries, Many
from tournee.config.kinds import LINE, member, shipped_language
from tournee.config.mistakes import quoted
from tournee.config.schema import Filled, Key, Section
from tournee.core.languages import STANDARD, Language, Layout
from tournee.core.languages.words import column_key
from tournee.core.settings import ContactField, FieldType

#: What a contact has besides its declared fields.
RESERVED = (*STANDARD, "id", "identity", "line", "fields", "lists", "opt_outs", "created_at", "updated_at")


def _field(filled: Filled) -> ContactField:
    return ContactField(key=filled.spot.path[-1], type=filled["type"], columns=filled["columns"] or {})


def _not_standard(filled: Filled) -> None:
    name = filled.spot.path[-1]
    if name in STANDARD:
        filled.wrong(f"every contact has {quoted(name)} already: it is not declared")
    elif name in RESERVED:
        filled.wrong(f"{quoted(name)} has a meaning of its own: choose another name")


def _columns_of_its_own(filled: Filled) -> None:
    """A column means one field only, in each language: not a standard one, nor another declared one."""
    if filled.has("columns") and not filled["columns"]:
        return
    declared = ContactField(key=filled.spot.path[-1], type=FieldType.TEXT, columns=filled["columns"] or {})
    languages = filled.reading.languages
    for language in languages.values():
        layout = Layout(language=language, languages=languages, fields={declared.key: declared})
        for name in layout.names(declared.key):
            _claim(name, language, filled)


def _claim(name: str, language: Language, filled: Filled) -> None:
    field, column = filled.spot.path[-1], column_key(name)
    standard = (key for key in STANDARD if column in map(column_key, language.columns[key]))
    owner = next(standard, None) or filled.reading.owners.setdefault(("column", language.tag, column), field)
    if owner != field:
        message = f"{quoted(name)} is a column of {quoted(owner)} already, in files in {quoted(language.tag)}"
        filled.wrong(message, filled.nearest("columns", language.tag))


CONTACT_FIELD = Section(
    about="A field of contacts besides the standard ones.",
    keys={
        "type": Key(
            kind=member(FieldType, not_yet=("datetime", "choice")),
            about="What its cells hold.",
            required=True,
        ),
        "columns": Key(
            kind=ByLanguage(item=Many(item=LINE), tag=shipped_language, single=False),
            about="The name of its column by file language, or several names, the first of which templates "
            "use. Default, also for a language that is not listed: the field's own name.",
        ),
    },
    make=_field,
    rules=(_not_standard, _columns_of_its_own),
    not_yet=("choices", "max_length"),
)

CONTACT_FIELDS = Entries(
    about="Fields of contacts besides the standard ones, by names that you choose.",
    entry=CONTACT_FIELD,
    pattern="[a-z][a-z0-9_]{0,62}",
    allowed="small letters, digits and `_`, beginning with a letter",
)
