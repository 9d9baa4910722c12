"""The keys of `contact_fields`, and whether a column can mean one field only."""

import re

from tournee.config.groups import ByTag, Entries, Many
from tournee.config.kinds import LINE, Said, Text, file_language, member, whole
from tournee.config.mistakes import Wrong, quoted
from tournee.config.schema import Filled, Key, Section
from tournee.core.languages import STANDARD, Language, Layout
from tournee.core.languages.words import choice_key, column_key
from tournee.core.settings import ContactField, FieldType

#: What a contact has besides its declared fields.
RESERVED = (*STANDARD, "id", "identity", "line", "fields", "lists", "opt_outs", "created_at", "updated_at")

#: What a cell can hold at most: a longer text is more likely a quote that was never closed.
LONGEST_TEXT = 10_000

#: Which type a key is for.
_TYPES = {"choices": FieldType.CHOICE, "max_length": FieldType.TEXT}


def _word(said: Said) -> str:
    if not choice_key(said.text):
        raise Wrong("this is not a word: nothing of it can be seen")
    return said.text


def _length(said: Said) -> int:
    if re.fullmatch("[1-9][0-9]{4,}", said.text) and said.text != str(LONGEST_TEXT):
        raise Wrong(f"a cell of more than {LONGEST_TEXT} characters is refused: write that or less")
    number: int = _NUMBER.parse(said)
    return number


_NUMBER = whole(1, LONGEST_TEXT)
LENGTH = Text(wants=_NUMBER.wants, parse=_length, schema=_NUMBER.schema)
WORD = Text(wants="a word", parse=_word, schema=LINE.schema)


def _field(filled: Filled) -> ContactField:
    key = filled.spot.path[-1]
    filled.reading.fields[key] = field = ContactField(
        key=key,
        type=filled["type"],
        columns=filled["columns"] or {},
        choices=filled["choices"] or {},
        max_length=filled["max_length"],
    )
    return field


def _not_standard(filled: Filled) -> None:
    name = filled.spot.path[-1]
    if name in STANDARD:
        filled.wrong(f"every contact has {quoted(name)} already: it is not declared")
    elif name in RESERVED:
        filled.wrong(f"{quoted(name)} has a meaning of its own: choose another name")


def _only_keys_of_the_type(filled: Filled) -> None:
    for key, kind in _TYPES.items():
        if filled["type"] and filled["type"] is not kind and filled.has(key):
            message = f"`{key}` means nothing for `type: {filled['type']}`"
            filled.wrong(message, filled.key_place(key))
    if filled["type"] is FieldType.CHOICE and filled.lacks("choices"):
        filled.wrong("`choices` is missing: write the words of its cells, such as `[gold, silver]`")


def _the_same_choices_in_every_language(filled: Filled) -> None:
    choices: dict[str, tuple[str, ...]] = filled["choices"] or {}
    first = next(iter(choices), "*")
    for tag, words in choices.items():
        if len(words) != len(choices[first]):
            message = (
                f"`{first}` has {len(choices[first])} choices, `{tag}` has {len(words)}: "
                "write the same ones in the same order"
            )
            filled.wrong(message, filled.nearest("choices", tag))


def _columns_of_its_own(filled: Filled) -> None:
    """A column means one field only, in each language: not a standard one, nor another declared one.

    What a field is called for want of a column matters only in a language that a feed names.
    """
    if filled.has("columns") and not filled["columns"]:
        return
    declared = ContactField(key=filled.spot.path[-1], type=FieldType.TEXT, columns=filled["columns"] or {})
    reading = filled.reading
    for language in reading.languages.values():
        layout = Layout(language=language, languages=reading.languages, fields={declared.key: declared})
        names = layout.names(declared.key)
        if names != (declared.key,) or language.tag in reading.spoken:
            for name in names:
                _claim(name, language, filled)


def _claim(name: str, language: Language, filled: Filled) -> None:
    field, column = filled.spot.path[-1], column_key(name)
    owner = filled.reading.columns(language).setdefault(column, field)
    if owner != field:
        message = f"{quoted(name)} is a column of {quoted(owner)} already, in files in {quoted(language.tag)}"
        filled.wrong(message, filled.nearest("columns", language.tag))


def _known_by_its_type(filled: Filled) -> None:
    """Say what it is, also where something else is wrong with it: `identify_by` asks."""
    if filled["type"]:
        filled.reading.types[filled.spot.path[-1]] = filled["type"]


CONTACT_FIELD = Section(
    about="A field of contacts besides the standard ones.",
    keys={
        "type": Key(kind=member(FieldType), about="What its cells hold.", required=True),
        "columns": Key(
            kind=ByTag(item=Many(item=LINE), tag=file_language, single=False),
            about="The name of its column by file language, or several names, the first of which templates "
            "use. Default, also for a language that is not listed: the field's own name.",
        ),
        "choices": Key(
            kind=ByTag(item=Many(item=WORD, single=False, alike=choice_key), tag=file_language, single=True),
            about="With `type: choice`: the words that its cells may hold; or by file language, the same "
            "choices in the same order. What is stored is the word of the first list.",
        ),
        "max_length": Key(
            kind=LENGTH,
            about="With `type: text`: the most characters a cell may have, up to 10000.",
            default=str(LONGEST_TEXT),
        ),
    },
    make=_field,
    rules=(
        _not_standard,
        _known_by_its_type,
        _only_keys_of_the_type,
        _the_same_choices_in_every_language,
        _columns_of_its_own,
    ),
)

CONTACT_FIELDS = Entries(
    about="Fields of contacts besides the standard ones, by names that you choose.",
    entry=CONTACT_FIELD,
    pattern="[a-z][a-z0-9_]{0,62}",
    allowed="small letters, digits and `_`, beginning with a letter",
)
