"""Templates and a contact -> the subject, text and HTML of a mail, the text of an SMS, a gateway's request.

Templates are Jinja2 in its sandbox. A variable that does not exist is a mistake; one that is empty prints
nothing. What is inserted into HTML is escaped; the subject, the survey's URL and the text are plain.
A mistake is told by template and line, never in words that could repeat a contact's value.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tournee.core.render.compiled import HTML, PLAIN, Source, compiled, rendered, variables
from tournee.core.render.plaintext import plain_text
from tournee.core.render.requests import RequestForm

__all__ = ["Letter", "Record", "Rendered", "RequestForm", "Source", "TextForm", "variables"]


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
    """The compiled templates of a mail of one deployment in one language. Both steps raise TemplateWrong."""

    def __init__(self, *, subject: Source, survey_url: Source, html: Source, text: Source | None) -> None:
        self._subject = compiled(subject, PLAIN)
        self._survey_url = compiled(survey_url, PLAIN)
        self._html = compiled(html, HTML)
        self._text = compiled(text, PLAIN) if text else None

    def render(
        self,
        *,
        contact: Record,
        deployment: Record,
        list: Record,
        unsubscribe_url: str | None = None,
        reminder: int = 0,
    ) -> Rendered:
        """The message for one contact, its text made from the HTML unless it has a template of its own.

        `reminder` is its number, 0 for the invitation; `unsubscribe_url` is empty where nobody can answer it.
        """
        values: dict[str, object] = {"contact": contact, "deployment": deployment, "list": list}
        values |= {"unsubscribe_url": unsubscribe_url, "reminder": reminder}
        values["survey_url"] = rendered(self._survey_url, values).strip()
        page = rendered(self._html, values)
        return Rendered(
            subject=rendered(self._subject, values),
            text=rendered(self._text, values) if self._text else plain_text(page),
            html=page,
        )


class TextForm:
    """The compiled text of an SMS of one deployment in one language. Both steps raise TemplateWrong."""

    def __init__(self, *, text: Source, survey_url: Source) -> None:
        self._text = compiled(text, PLAIN)
        self._survey_url = compiled(survey_url, PLAIN)

    def render(
        self,
        *,
        contact: Record,
        deployment: Record,
        list: Record,
        unsubscribe_url: str | None = None,
        reminder: int = 0,
    ) -> str:
        """The text for one contact, without spaces at its ends; the arguments are those of a `Letter`."""
        values: dict[str, object] = {"contact": contact, "deployment": deployment, "list": list}
        values |= {"unsubscribe_url": unsubscribe_url, "reminder": reminder}
        values["survey_url"] = rendered(self._survey_url, values).strip()
        return rendered(self._text, values).strip()
