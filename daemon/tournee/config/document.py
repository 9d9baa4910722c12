"""YAML as trees whose every key and value knows its place; a scalar keeps the text that was written.

YAML's guesses are not wanted here (`no` is Norway, `12:30` a time of the day, `2024` the end of a prefix):
what a text means is decided by the key that it belongs to. The trees are built from the parser's events
without recursion, so that no nesting exhausts the stack, and aliases count as often as they are used.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import yaml

from tournee.config.mistakes import Mistakes, Place, Wrong, quoted
from tournee.config.syntax import explain

MAX_VALUES = 200_000
_NOTHING = ("", "~", "null", "Null", "NULL")
_ENVIRONMENT = re.compile(r"\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|(\$\{)")

#: What a text never holds: control characters (but tab and line ends) and halves of characters.
UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text as it was written; `plain` without quotes."""

    place: Place
    text: str
    plain: bool = False
    size: int = 1

    @property
    def empty(self) -> bool:
        """Whether nothing was written: `key:`, `key: ~`, `key: null`."""
        return self.plain and self.text in _NOTHING

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the environment that stand in the text."""
        return tuple(found[2] for found in _ENVIRONMENT.finditer(self.text) if found[2])

    def value(self, environ: Mapping[str, str]) -> str:
        """The text with each `${NAME}` replaced; raises Wrong for one that is not set, or what is no text."""
        if UNREADABLE.search(self.text):
            raise Wrong("this holds a control character")
        return _ENVIRONMENT.sub(lambda found: _replacement(found, environ), self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A list of values."""

    place: Place
    items: tuple["Node", ...]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of a key, and its value."""

    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A mapping, in the order in which it is written."""

    place: Place
    entries: Mapping[str, Entry]
    size: int = 1

    def nearest(self, *path: str) -> Place:
        """The place of the key at `path`, or of the last key on the way to it that is there."""
        place, tree = self.place, cast(Node, self)
        for key in path:
            if not isinstance(tree, Tree) or key not in tree.entries:
                break
            entry = tree.entries[key]
            place, tree = entry.place, entry.value
        return place


Node: TypeAlias = Scalar | Sequence | Tree


def _replacement(found: re.Match[str], environ: Mapping[str, str]) -> str:
    escaped, name, stray = found.groups()
    if escaped:
        return "${"
    if stray:
        raise Wrong(
            "`${` begins a name of the environment, such as `${NAME}`; a literal one is written `$${`"
        )
    if name not in environ:
        raise Wrong(f"`{name}` is not set in the environment")
    if UNREADABLE.search(environ[name]):
        raise Wrong(f"the environment's `{name}` holds a control character, or bytes that are not UTF-8")
    return environ[name]


# ---------------------------------------------------------------- one text


def parse(text: str, file: str, mistakes: Mistakes) -> Tree:
    """The mapping that `text` holds; keys written twice are noted. Raises Wrong where there is no mapping."""
    if found := UNREADABLE.search(text):
        lines = re.split(r"\r\n|\r|\n", text[: found.start()])
        raise Wrong("a control character has no place in YAML", Place(file, len(lines), len(lines[-1]) + 1))
    builder = _Builder(file, mistakes)
    for event in _events(text, file):
        builder.take(event)
    if builder.root is None or (isinstance(builder.root, Scalar) and builder.root.empty):
        raise Wrong("there is nothing in this file: remove it, or give it another ending than .yaml and .yml")
    if not isinstance(builder.root, Tree):
        raise Wrong("the top level must be a mapping of keys such as `lists:`", builder.root.place)
    return builder.root


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise explain(error, text, file) from None


@dataclass(slots=True, kw_only=True)
class _Open:
    """A mapping or a list whose end has not come yet."""

    place: Place
    anchor: str | None
    mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merges: list[Node] = field(default_factory=list)
    key: Scalar | None = None
    waits_for_value: bool = False


class _Builder:
    """Puts the events of one file together."""

    def __init__(self, file: str, mistakes: Mistakes) -> None:
        self.root: Node | None = None
        self._file = file
        self._mistakes = mistakes
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._copied = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raises Wrong where the file cannot be understood any further."""
        assert event.start_mark is not None
        place = Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.AliasEvent():
                self._put(self._aliased(event.anchor, place), place)
            case yaml.ScalarEvent():
                self._refuse_tag(event.tag, place)
                plain = event.implicit[0] and event.style in (None, "")
                self._finish(Scalar(place=place, text=event.value, plain=plain), event.anchor)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._refuse_tag(event.tag, place)
                mapping = isinstance(event, yaml.MappingStartEvent)
                self._open.append(_Open(place=place, anchor=event.anchor, mapping=mapping))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                ended = self._open.pop()
                self._finish(self._mapping(ended) if ended.mapping else _sequence(ended), ended.anchor)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise Wrong("a second document (`---`) begins here: a file holds one", place)

    def _refuse_tag(self, tag: str | None, place: Place) -> None:
        if tag is not None:
            raise Wrong("tags have no meaning here: if this text begins with `!`, put it in quotes", place)

    def _refuse_bomb(self, size: int, place: Place) -> None:
        if size > MAX_VALUES:
            raise Wrong(f"more than {MAX_VALUES:,} values, counting what aliases repeat", place)

    def _aliased(self, anchor: str | None, place: Place) -> Node:
        if anchor is None or anchor not in self._anchors:
            raise Wrong(
                "nothing before this has that name: if this text begins with `*`, put it in quotes", place
            )
        return self._anchors[anchor]

    def _finish(self, node: Node, anchor: str | None) -> None:
        self._refuse_bomb(node.size, node.place)
        if anchor is not None:
            self._anchors[anchor] = node
        self._put(node, node.place)

    def _put(self, node: Node, place: Place) -> None:
        """Put a finished node where it belongs; `place` is where it is used, behind an alias too."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if not parent.mapping:
            parent.items.append(node)
        elif not parent.waits_for_value:
            parent.key, parent.waits_for_value = self._key(node, place), True
        else:
            parent.waits_for_value = False
            if parent.key is not None:
                self._pair(parent, parent.key, node)

    def _key(self, node: Node, place: Place) -> Scalar | None:
        """The key as it is used here, or None (noted) where it is not a text."""
        if isinstance(node, Scalar) and not node.empty and not UNREADABLE.search(node.text):
            return Scalar(place=place, text=node.text, plain=node.plain)
        self._mistakes.add(place, "a key must be a text of printable characters")
        return None

    def _pair(self, parent: _Open, key: Scalar, value: Node) -> None:
        if key.text == "<<" and key.plain:
            parent.merges += value.items if isinstance(value, Sequence) else [value]
        elif key.text in parent.entries:
            self._mistakes.add(key.place, twice(key.text, parent.entries[key.text].place))
        elif isinstance(value, Scalar) and value.empty:
            parent.entries[key.text] = Entry(key.place, Scalar(place=key.place, text="", plain=True))
        else:
            parent.entries[key.text] = Entry(key.place, value)

    def _mapping(self, ended: _Open) -> Tree:
        entries = dict(ended.entries)
        for base in ended.merges:
            if not isinstance(base, Tree):
                self._mistakes.add(base.place, "`<<` takes a mapping, or a list of them")
                continue
            self._copied += base.size
            self._refuse_bomb(self._copied, base.place)
            entries = {**base.entries, **entries}
        size = 1 + sum(entry.value.size for entry in entries.values())
        return Tree(place=ended.place, entries=entries, size=size)


def _sequence(ended: _Open) -> Sequence:
    return Sequence(
        place=ended.place, items=tuple(ended.items), size=1 + sum(item.size for item in ended.items)
    )


# ---------------------------------------------------------------- several texts


def merge(trees: Collection[Tree], shared: Collection[str], mistakes: Mistakes) -> Tree:
    """One tree of several: entries of the `shared` keys come together, others stand in one file only."""
    written: dict[str, list[Entry]] = {}
    for tree in trees:
        for key, entry in tree.entries.items():
            written.setdefault(key, []).append(entry)
    entries = {
        key: _together(found, mistakes) if key in shared and len(found) > 1 else _alone(key, found, mistakes)
        for key, found in written.items()
    }
    return Tree(place=next(iter(trees)).place, entries=entries)


def _alone(key: str, found: list[Entry], mistakes: Mistakes) -> Entry:
    for other in found[1:]:
        mistakes.add(other.place, twice(key, found[0].place))
    return found[0]


def _together(found: list[Entry], mistakes: Mistakes) -> Entry:
    entries: dict[str, Entry] = {}
    for key, entry in _named(found, mistakes):
        if key in entries:
            mistakes.add(entry.place, twice(key, entries[key].place))
        else:
            entries[key] = entry
    return Entry(found[0].place, Tree(place=found[0].value.place, entries=entries))


def _named(found: Iterable[Entry], mistakes: Mistakes) -> Iterator[tuple[str, Entry]]:
    for part in found:
        if isinstance(part.value, Tree):
            yield from part.value.entries.items()
        elif not (isinstance(part.value, Scalar) and part.value.empty):
            mistakes.add(part.value.place, "this must be a mapping of names")


def twice(key: str, first: Place) -> str:
    """The words for a key that is there already."""
    return f"{quoted(key)} is written twice; the first is at {first}"
