"""Keys -> settings: what a section may hold, how it is read, and the JSON Schema of the same.

A `Kind` reads one value and describes it for editors. Whatever is wrong is noted at its place and reading
goes on, so that every mistake is told at once; `FLAWED` then stands for the value, and nothing is built.
"""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from tournee.config.document import Entry, Node, Scalar, Sequence, Tree
from tournee.config.mistakes import Mistakes, Place, meant, nearest, quoted
from tournee.core.facts import JsonValue
from tournee.core.languages import Language, Layout
from tournee.core.settings import ContactField, FieldType
from tournee.core.settings import Rule as SolicitationRule

JsonSchema = dict[str, JsonValue]


class Flaw(Enum):
    """What stands for a value that was wrong."""

    FLAWED = "flawed"


FLAWED: Final = Flaw.FLAWED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading a value may need besides the value.

    `names` are the entries of each named section, right or wrong; `spoken` are the languages that feeds name;
    `timezone` is where a time is local to; `linked` says whether messages can link to us.
    What sections tell those after them:
    `languages` has the file languages, the operator's too once they were read, `types` what declared fields
    hold, `fields` those without a mistake, `owners` whose a prefix of a directory is, `ruled` the rules of
    each deployment and, under "", those for all, with their places. `defaults` keeps what the defaults of
    keys mean.
    """

    environ: Mapping[str, str]
    mistakes: Mistakes
    languages: dict[str, Language]
    names: Mapping[str, SequenceOf[str]]
    spoken: Collection[str] = ()
    timezone: str = "UTC"
    linked: bool = False
    types: dict[str, FieldType] = field(default_factory=dict)
    fields: dict[str, ContactField] = field(default_factory=dict)
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)
    ruled: dict[str, list[tuple[SolicitationRule, Place]]] = field(default_factory=dict)
    defaults: dict[int, Any] = field(default_factory=dict)
    _columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def columns(self, language: Language) -> dict[str, str]:
        """Whose each column of a language is, as `column_key` writes names; the standard fields' at first."""
        if language.tag not in self._columns:
            layout = Layout(language=language, languages=self.languages, fields={})
            self._columns[language.tag] = layout.columns()
        return self._columns[language.tag]


@dataclass(frozen=True, slots=True)
class Spot:
    """A value to be read: its keys from the top, the place of its own key, and the value."""

    path: tuple[str, ...]
    place: Place
    node: Node

    def below(self, key: str, entry: Entry) -> "Spot":
        """The spot of one of its entries."""
        return Spot((*self.path, key), entry.place, entry.value)


class Kind(Protocol):
    """How a value is read. `wants` names it for a person: "a duration such as `15 minutes`"."""

    @property
    def wants(self) -> str:
        """What must be written, in words."""
        ...

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The value, or FLAWED when its mistakes have been noted."""
        ...

    def json_schema(self) -> JsonSchema:
        """The same for an editor."""
        ...


def shape(node: Node) -> str:
    """What a value is, in words."""
    if isinstance(node, Scalar):
        return "a text"
    kind, empty = ("list", not node.items) if isinstance(node, Sequence) else ("mapping", not node.entries)
    return f"an empty {kind}" if empty else f"a {kind}"


def misshapen(kind: Kind, spot: Spot, reading: Reading) -> Flaw:
    """Note that the value has not the shape that its kind wants."""
    if isinstance(spot.node, Scalar) and spot.node.empty:
        message = f"there is no value here: write {kind.wants}"
    else:
        message = f"this must be {kind.wants}, not {shape(spot.node)}"
    reading.mistakes.add(spot.node.place, message)
    return FLAWED


# ---------------------------------------------------------------- sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of a section. `default` is written as an operator would write it."""

    kind: Kind
    about: str
    required: bool = False
    default: str | None = None

    def preset(self, place: Place, reading: Reading) -> Any:
        """What the default means; read once, as it is the same everywhere."""
        if id(self) not in reading.defaults:
            written = Scalar(place=place, text=self.default or "")
            reading.defaults[id(self)] = self.kind.read(Spot((), place, written), reading)
        return reading.defaults[id(self)]


@dataclass(slots=True, kw_only=True)
class Filled:
    """A section as it was filled in: `values` holds what was read without a mistake, and defaults."""

    spot: Spot
    reading: Reading
    entries: Mapping[str, Entry]
    values: dict[str, Any] = field(default_factory=dict)
    misspelt: set[str] = field(default_factory=set)
    sound: bool = True

    def __getitem__(self, key: str) -> Any:
        return self.values.get(key)

    def has(self, key: str) -> bool:
        """Whether the key was written, right or wrong."""
        return key in self.entries

    def lacks(self, key: str) -> bool:
        """Whether the key was not written, nor an unknown one that is probably meant to be it."""
        return key not in self.entries and key not in self.misspelt

    def place(self, key: str) -> Place:
        """Where the value of a written key stands."""
        return self.entries[key].value.place

    def key_place(self, key: str) -> Place:
        """Where a written key stands."""
        return self.entries[key].place

    def nearest(self, *path: str) -> Place:
        """The place of a key below, or of the last key on the way to it that is written."""
        tree = Tree(place=self.spot.place, entries=self.entries)
        return tree.nearest(*path)

    def wrong(self, message: str, place: Place | None = None) -> None:
        """Note a mistake of the section as a whole, or at a place in it."""
        self.reading.mistakes.add(place or self.spot.place, message)
        self.sound = False


Rule = Callable[[Filled], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A mapping with known keys.

    `rules` look at several keys together and are asked even where a value is wrong; `make` builds the setting
    from a section without mistakes. Where there is a key `short`, a bare text stands for it; where there is a
    key `decides`, the other required keys are only asked for when it is right. `cases` say to editors what
    depends on other keys.
    """

    about: str
    keys: Mapping[str, Key]
    make: Callable[[Filled], Any]
    rules: tuple[Rule, ...] = ()
    not_yet: Collection[str] = ()
    short: str | None = None
    decides: str | None = None
    cases: tuple[JsonSchema, ...] = ()

    @property
    def wants(self) -> str:
        """What must be written, in words."""
        return f"a mapping with keys such as `{next(iter(self.keys))}:`"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The setting that `make` builds, or FLAWED."""
        entries = self._entries(spot)
        if entries is None:
            return misshapen(self, spot, reading)
        filled = Filled(spot=spot, reading=reading, entries=entries)
        self._refuse_strangers(filled)
        for name, key in self.keys.items():
            self._fill(name, key, filled)
        for rule in self.rules:
            rule(filled)
        return self.make(filled) if filled.sound else FLAWED

    def _entries(self, spot: Spot) -> Mapping[str, Entry] | None:
        if isinstance(spot.node, Tree):
            return spot.node.entries
        if isinstance(spot.node, Scalar) and self.short and not spot.node.empty:
            return {self.short: Entry(spot.node.place, spot.node)}
        return {} if isinstance(spot.node, Scalar) and spot.node.empty and spot.path else None

    def _refuse_strangers(self, filled: Filled) -> None:
        for name, entry in filled.entries.items():
            if name in self.not_yet:
                filled.wrong(f"{quoted(name)} is not available in this version", entry.place)
            elif name not in self.keys:
                filled.misspelt |= {nearest(name, self.keys) or ""}
                filled.wrong(f"unknown key {quoted(name)}{self._hint(name)}", entry.place)

    def _hint(self, name: str) -> str:
        for key, inner in self.keys.items():
            if isinstance(inner.kind, Section) and name in inner.kind.keys:
                return f"; it belongs below {quoted(key)}"
        return meant(name, self.keys)

    def _fill(self, name: str, key: Key, filled: Filled) -> None:
        if entry := filled.entries.get(name):
            value = key.kind.read(filled.spot.below(name, entry), filled.reading)
            if value is FLAWED:
                filled.sound = False
            else:
                filled.values[name] = value
        elif key.required:
            self._ask_for(name, key, filled)
        elif key.default is not None:
            filled.values[name] = key.preset(filled.spot.place, filled.reading)

    def _ask_for(self, name: str, key: Key, filled: Filled) -> None:
        filled.sound = False
        undecided = self.decides not in (None, name) and self.decides not in filled.values
        if filled.lacks(name) and not undecided:
            filled.wrong(f"{quoted(name)} is missing: write {key.kind.wants}")

    def json_schema(self) -> JsonSchema:
        """An object without other keys than these."""
        properties: dict[str, JsonValue] = {name: _property(key) for name, key in self.keys.items()}
        required: list[JsonValue] = [name for name, key in self.keys.items() if key.required]
        whole: JsonSchema = {
            "type": "object" if required else ["object", "null"],
            "description": self.about,
            "additionalProperties": False,
            "properties": properties,
            **({"required": required} if required else {}),
            **({"allOf": list(self.cases)} if self.cases else {}),
        }
        if self.short is None:
            return whole
        bare = self.keys[self.short].kind.json_schema()
        return {"description": self.about, "anyOf": [bare, whole]}


def _property(key: Key) -> JsonSchema:
    schema: JsonSchema = {**key.kind.json_schema(), "description": key.about}
    return schema if key.default is None else {**schema, "default": _literal(key.default)}


def _literal(text: str) -> JsonValue:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text


def exclusive(first: str, second: str) -> Rule:
    """Two keys of which at most one may be written."""

    def rule(filled: Filled) -> None:
        if filled.has(first) and filled.has(second):
            later = max(filled.key_place(first), filled.key_place(second))
            filled.wrong(f"`{first}` and `{second}` exclude each other: keep one", later)

    return rule


def one_needed(first: str, second: str, example: str) -> Rule:
    """Two keys of which exactly one is needed."""
    both = exclusive(first, second)

    def rule(filled: Filled) -> None:
        both(filled)
        if filled.lacks(first) and filled.lacks(second):
            filled.wrong(f"`{first}` or `{second}` is missing: write one, such as {quoted(example)}")

    return rule


def needs(first: str, *others: str) -> Rule:
    """A key that means nothing without (one of) the others."""

    def rule(filled: Filled) -> None:
        if filled.has(first) and all(filled.lacks(other) for other in others):
            either = " or ".join(f"`{other}`" for other in others)
            filled.wrong(f"`{first}` means nothing without {either}", filled.key_place(first))

    return rule
