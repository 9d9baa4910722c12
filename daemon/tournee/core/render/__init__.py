"""Templates and a contact -> the subject, text and HTML of a message.

Templates are Jinja2 in its sandbox. A variable that does not exist is a mistake; one that is empty prints
nothing. What is inserted into HTML is escaped; the subject, the survey's URL and the text are plain.
A mistake is told by template and line, never in words that could repeat a contact's value.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tournee.core.errors import TemplateWrong
from tournee.core.facts import Reason
from tournee.core.render.plaintext import plain_text

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What the receiver will read."""

    subject: str
    text: str
    html: str


class Record:
    """A contact, a deployment or a list as templates see it: its fields and nothing else."""

    __slots__ = ("_shown", "_values")

    def __init__(self, values: Mapping[str, object], shown: str | None = None) -> None:
        self._values = values
        self._shown = shown

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __str__(self) -> str:
        if self._shown is None:
            raise TypeError("it has fields; print one of them")
        return self._shown


class Letter:
    """The compiled templates of one deployment in one language. Both steps raise TemplateWrong."""

    def __init__(self, *, subject: Source, survey_url: Source, html: Source, text: Source | None) -> None:
        self._subject = _compiled(subject, _PLAIN)
        self._survey_url = _compiled(survey_url, _PLAIN)
        self._html = _compiled(html, _HTML)
        self._text = _compiled(text, _PLAIN) if text else None

    def render(self, *, contact: Record, deployment: Record, list: Record) -> Rendered:
        """The message for one contact, its text made from the HTML unless it has a template of its own."""
        values: dict[str, object] = {"contact": contact, "deployment": deployment, "list": list}
        values["survey_url"] = _rendered(self._survey_url, values).strip()
        page = _rendered(self._html, values)
        return Rendered(
            subject=_rendered(self._subject, values),
            text=_rendered(self._text, values) if self._text else plain_text(page),
            html=page,
        )


def _nothing_for_none(value: object) -> object:
    return "" if value is None else value


_PLAIN = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, finalize=_nothing_for_none, autoescape=False
)
_HTML = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=_nothing_for_none, autoescape=True)


def _compiled(source: Source, environment: ImmutableSandboxedEnvironment) -> Template:
    with _mistakes_in(source.name):
        code = environment.compile(source.text, source.name, source.name)
        return Template.from_code(environment, code, environment.make_globals(None))


def _rendered(template: Template, values: Mapping[str, object]) -> str:
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
