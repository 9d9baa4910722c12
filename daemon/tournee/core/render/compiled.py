"""Templates, compiled; whatever is wrong with one is told as TemplateWrong."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tournee.core.errors import TemplateWrong
from tournee.core.facts import Reason

#: What an expression of a template can raise by itself (`{{ 1 / contact.amount }}`).
_MISTAKES = (
    TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A template's text, and the name under which a person finds it."""

    name: str
    text: str


def variables(source: Source) -> frozenset[str]:
    """The names that a template takes from outside; raises TemplateWrong."""
    with _mistakes_in(source.name):
        return frozenset(find_undeclared_variables(PLAIN.parse(source.text, source.name, source.name)))


def _nothing_for_none(value: object) -> object:
    return "" if value is None else value


PLAIN = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_nothing_for_none, autoescape=False)
HTML = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_nothing_for_none, autoescape=True)


class _Encoded(str):
    """A text that is a part of a URL already."""

    __slots__ = ()


def encoded(value: object) -> str:
    """`value` as a part of a URL or of a form, whatever is in it; `None` is nothing."""
    if isinstance(value, _Encoded):
        return value
    found = str(_nothing_for_none(value)).encode(errors="replace")
    return _Encoded("".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in found))


_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986

#: What is inserted is a part of the URL and can be nothing else: it is encoded, if the template did not.
URL = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=encoded, autoescape=False)
URL.filters["urlencode"] = encoded


def compiled(source: Source, environment: ImmutableSandboxedEnvironment) -> Template:
    """A template ready to be filled in; raises TemplateWrong for one that cannot be."""
    with _mistakes_in(source.name):
        code = environment.compile(source.text, source.name, source.name)
        return Template.from_code(environment, code, environment.make_globals(None))


def rendered(template: Template, values: Mapping[str, object]) -> str:
    """A template filled in; raises TemplateWrong."""
    with _mistakes_in(template.name or ""):
        return template.render(values)


@contextmanager
def _mistakes_in(name: str) -> Iterator[None]:
    try:
        yield
    except TemplateSyntaxError as error:
        details = {"template": name, "line": error.lineno, "problem": error.message or ""}
        raise TemplateWrong(Reason("template_syntax", details)) from None
    except _MISTAKES as error:
        details = {"template": name, "line": _line(error.__traceback__, name)}
        raise TemplateWrong(Reason("template_failed", details)) from None


def _line(trace: TracebackType | None, name: str) -> int:
    """The template's line in which it failed: Jinja2 puts its frames where the template's own would be."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
