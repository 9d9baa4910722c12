"""Jinja templates, read for mistakes before anybody gets a message."""

from collections.abc import Collection, Iterator

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tournee.config.mistakes import meant, quoted
from tournee.config.schema import Reading
from tournee.core.languages import STANDARD

_ENVIRONMENT = ImmutableSandboxedEnvironment()
_FIELDS = {"deployment": ("key",), "list": ("key", "name")}
_NOT_YET = ("unsubscribe_url",)
_OTHER_TEMPLATES = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)


def flaws(text: str, names: Collection[str], reading: Reading) -> Iterator[tuple[int, str]]:
    """Line and words of every mistake in a template that may use `names`."""
    try:
        tree = _ENVIRONMENT.parse(text)
        _ENVIRONMENT.compile(text)
    except TemplateSyntaxError as error:
        yield error.lineno, f"the template is wrong here: {error.message}"
        return
    for name in sorted(meta.find_undeclared_variables(tree).difference(names)):
        yield _line_of(tree, name), _unknown(name, names)
    for node in tree.find_all(_OTHER_TEMPLATES):
        yield node.lineno, "a template that uses another one is not available in this version"
    yield from _unknown_fields(tree, reading)


def _line_of(tree: nodes.Template, name: str) -> int:
    return min(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)


def _unknown(name: str, names: Collection[str]) -> str:
    if name in _NOT_YET:
        return f"{quoted(name)} is not available in this version"
    return f"the template has no {quoted(name)}{meant(name, names)}"


def _unknown_fields(tree: nodes.Template, reading: Reading) -> Iterator[tuple[int, str]]:
    known = {**_FIELDS, "contact": ("id", *STANDARD, *reading.names.get("contact_fields", ()))}
    for line, owner, field in _fields_of_names(tree):
        if owner in known and field not in known[owner]:
            yield line, f"`{owner}` has no {quoted(field)}{meant(field, known[owner])}"


def _fields_of_names(tree: nodes.Template) -> Iterator[tuple[int, str, str]]:
    """Line, name and field of each `contact.email` and `contact["email"]`."""
    for attribute in tree.find_all(nodes.Getattr):
        if isinstance(attribute.node, nodes.Name):
            yield attribute.lineno, attribute.node.name, attribute.attr
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.node, nodes.Name) and isinstance(item.arg, nodes.Const):
            yield item.lineno, item.node.name, str(item.arg.value)
