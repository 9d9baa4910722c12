"""Jinja templates, read for mistakes before anybody gets a message."""

from collections.abc import Collection, Iterator

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tournee.config.mistakes import meant, quoted
from tournee.config.schema import Reading
from tournee.core.languages import STANDARD

_ENVIRONMENT = ImmutableSandboxedEnvironment()
_FIELDS: dict[str, tuple[str, ...]] = {"deployment": ("key",), "list": ("key", "name")}
_LINK = "unsubscribe_url"
_NOWHERE_TO_LINK_TO = (
    f"`{_LINK}` leads to this service: write where people reach it, "
    "such as `http: {public_url: https://avis.example.com}`"
)
_OTHER_TEMPLATES = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport)


def flaws(text: str, names: Collection[str], reading: Reading) -> Iterator[tuple[int, str]]:
    """Line and words of every mistake in a template that may use `names`."""
    try:
        tree = _ENVIRONMENT.parse(text)
        _ENVIRONMENT.compile(text)
    except TemplateSyntaxError as error:
        yield error.lineno, f"the template is wrong here: {error.message}"
        return
    used = meta.find_undeclared_variables(tree)
    for name in sorted(used.difference(names)):
        yield _line_of(tree, name), f"the template has no {quoted(name)}{meant(name, names)}"
    if _LINK in used.intersection(names) and not reading.linked:
        yield from ((line, _NOWHERE_TO_LINK_TO) for line in _taken_for_granted(tree, _LINK))
    for node in tree.find_all(_OTHER_TEMPLATES):
        yield node.lineno, "a template that uses another one is not available in this version"
    yield from _unknown_fields(tree, names, reading)


def _line_of(tree: nodes.Template, name: str) -> int:
    return min(node.lineno for node in tree.find_all(nodes.Name) if node.name == name)


def _taken_for_granted(node: nodes.Node, name: str) -> Iterator[int]:
    """The lines that use a name where no `{% if name %}` has asked whether there is something."""
    if isinstance(node, nodes.Name) and node.name == name:
        yield node.lineno
    sure: list[nodes.Node] = []
    if isinstance(node, nodes.If | nodes.CondExpr):
        sure.append(node.test)
        if _asks_for(node.test, name):
            sure += [node.expr1] if isinstance(node, nodes.CondExpr) else node.body
    for child in node.iter_child_nodes():
        if all(child is not one for one in sure):  # nodes that say the same are equal
            yield from _taken_for_granted(child, name)


def _asks_for(test: nodes.Node, name: str) -> bool:
    if isinstance(test, nodes.And):
        return _asks_for(test.left, name) or _asks_for(test.right, name)
    return isinstance(test, nodes.Name) and test.name == name


def _unknown_fields(
    tree: nodes.Template, names: Collection[str], reading: Reading
) -> Iterator[tuple[int, str]]:
    known = {**_FIELDS, "contact": ("id", *STANDARD, *reading.names.get("contact_fields", ()))}
    if "contact" not in names:
        known["deployment"] = ()  # to a gateway it is a word
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
