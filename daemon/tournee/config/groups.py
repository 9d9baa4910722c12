"""Values that come in numbers: named sections, lists, one for each tag."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tournee.config.document import Node, Scalar, Sequence, Tree
from tournee.config.mistakes import Place, Wrong, quoted
from tournee.config.schema import FLAWED, JsonSchema, Kind, Reading, Section, Spot, misshapen


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """Sections by names that the operator chooses; `allowed` says in words what matches `pattern`."""

    about: str
    entry: Section
    pattern: str = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?"
    allowed: str = "unaccented letters and digits, and between them `-`, `_` and `.`"

    @property
    def wants(self) -> str:
        """What must be written, in words."""
        return "a mapping of names that you choose"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The settings by name; those that are wrong are left out, which makes the whole FLAWED."""
        if isinstance(spot.node, Scalar) and spot.node.empty:
            return {}
        if not isinstance(spot.node, Tree):
            return misshapen(self, spot, reading)
        named = {}
        for name, entry in spot.node.entries.items():
            value = self.entry.read(spot.below(name, entry), reading)
            named[name] = value if self._is_a_name(name, entry.place, reading) else FLAWED
        return FLAWED if FLAWED in named.values() else named

    def _is_a_name(self, name: str, place: Place, reading: Reading) -> bool:
        if re.fullmatch(self.pattern, name):
            return True
        reading.mistakes.add(place, f"{quoted(name)} cannot be a name here: write {self.allowed}")
        return False

    def json_schema(self) -> JsonSchema:
        """An object whose every value is such a section."""
        return {
            "type": ["object", "null"], "description": self.about,
            "propertyNames": {"pattern": f"^{self.pattern}$"},
            "additionalProperties": self.entry.json_schema(),
        }  # fmt: skip


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A list of values; where `single`, one value alone stands for a list of it.

    No value is in it twice, as `alike` writes values that mean the same.
    """

    item: Kind
    single: bool = True
    alike: Callable[[Any], object] = _itself

    @property
    def wants(self) -> str:
        """What must be written, in words."""
        return f"{self.item.wants}, or a list of them" if self.single else f"a list, each {self.item.wants}"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """A tuple of the values, in the order written."""
        if isinstance(spot.node, Sequence):
            return self._read_each(spot, spot.node.items, reading)
        if self.single and not isinstance(spot.node, Tree) and not spot.node.empty:
            return self._read_each(spot, (spot.node,), reading)
        return misshapen(self, spot, reading)

    def _read_each(self, spot: Spot, nodes: tuple[Node, ...], reading: Reading) -> Any:
        if not nodes:
            reading.mistakes.add(spot.place, "this list is empty: leave the key out")
            return FLAWED
        values: list[Any] = []
        there: dict[object, Any] = {}
        for node in nodes:
            value = self.item.read(Spot(spot.path, node.place, node), reading)
            if value is not FLAWED and (again := self._already(value, there)):
                reading.mistakes.add(node.place, again)
                value = FLAWED
            values.append(value)
        return FLAWED if FLAWED in values else tuple(values)

    def _already(self, value: Any, there: dict[object, Any]) -> str | None:
        """The words for a value that is `there` already; another is put there."""
        key = self.alike(value)
        if key not in there:
            there[key] = value
            return None
        first = there[key]
        if isinstance(value, str) and value != first:
            return "this is in the list already: case and accents make no difference"
        return f"this is in the list already{'' if value == first else f', as {quoted(str(first))}'}"

    def json_schema(self) -> JsonSchema:
        """An array, or one value where that is enough."""
        item = self.item.json_schema()
        array: JsonSchema = {"type": "array", "items": item}
        return {"anyOf": [item, array]} if self.single else array


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTag:
    """A value for each of some tags, which `tag` reads; where `single`, one value stands for all (`*`).

    An item is a text, or a list of them; `tags` says in words what the tags are.
    """

    item: Kind
    tag: Callable[[str, Reading], str]
    single: bool
    tags: str = "languages, such as `{fr: …, en: …}`"

    @property
    def wants(self) -> str:
        """What must be written, in words."""
        mapping = f"a mapping of {self.tags}"
        return f"{self.item.wants}, or {mapping}" if self.single else mapping

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The values by tag, in the order written."""
        if isinstance(spot.node, Tree) and spot.node.entries:
            return self._read_each(spot, spot.node, reading)
        if self.single and self._is_an_item(spot.node):
            value = self.item.read(spot, reading)
            return FLAWED if value is FLAWED else {"*": value}
        return misshapen(self, spot, reading)

    def _is_an_item(self, node: Node) -> bool:
        if isinstance(self.item, Many):
            return isinstance(node, Sequence)
        return isinstance(node, Scalar) and not node.empty

    def _read_each(self, spot: Spot, tree: Tree, reading: Reading) -> Any:
        values: dict[str, Any] = {}
        for written, entry in tree.entries.items():
            try:
                tag = self.tag(written, reading)
            except Wrong as wrong:
                reading.mistakes.add(entry.place, wrong.message)
                tag, values[written] = written, FLAWED
            value = self.item.read(spot.below(written, entry), reading)
            values[tag] = values.get(tag) if values.get(tag) is FLAWED else value
        return FLAWED if FLAWED in values.values() else values

    def json_schema(self) -> JsonSchema:
        """An object of tags, or one value where that is enough."""
        item = self.item.json_schema()
        tags: JsonSchema = {"type": "object", "minProperties": 1, "additionalProperties": item}
        return {"anyOf": [item, tags]} if self.single else tags
