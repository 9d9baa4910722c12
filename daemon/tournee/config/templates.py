"""The kinds of values that are Jinja templates, in the configuration or in files beside it."""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tournee.config.files import read_text, why
from tournee.config.kinds import Said, Text
from tournee.config.mistakes import Place, Wrong, quoted
from tournee.config.schema import FLAWED, JsonSchema, Reading, Spot
from tournee.core.languages.cldr import language_tag

SURVEY_URL_NAMES = ("contact", "deployment", "list", "reminder")
SUBJECT_NAMES = (*SURVEY_URL_NAMES, "survey_url", "unsubscribe_url")
GATEWAY_NAMES = ("phone", "text", "solicitation_id", "sender", "deployment")


def _flaws(text: str, names: Collection[str], reading: Reading) -> Iterator[tuple[int, str]]:
    """Line and words of every mistake in a template that may use `names`."""
    # here, because it brings Jinja along, which a configuration without templates does not need
    from tournee.config.flaws import flaws

    return flaws(text, names, reading)


def names_in(text: str) -> frozenset[str]:
    """The names that a template without a mistake asks for."""
    if "{" not in text:
        return frozenset()
    from tournee.core.render import Source, variables  # here, as above

    return variables(Source(name="", text=text))


# ---------------------------------------------------------------- written in the configuration


def inline_template(wants: str, names: Collection[str], *, lines: bool = False) -> Text:
    """A text of the configuration that is a template; of several lines, if `lines`."""

    def parse(said: Said) -> str:
        for _, message in _flaws(said.text, names, said.reading):
            raise Wrong(message)
        return said.text

    return Text(wants=wants, parse=parse, lines=lines)


def _survey_url(said: Said) -> str:
    text: str = _SURVEY_URL.parse(said)
    if not re.match(r"https?://[^\s/]|\{[{%]", text, re.IGNORECASE):
        raise Wrong("this is not a web address such as `https://survey.example/s/1234`")
    return text


_SURVEY_URL = inline_template("a web address", SURVEY_URL_NAMES)
SURVEY_URL = Text(wants="a web address such as `https://survey.example/s/1234`", parse=_survey_url)
SUBJECT = inline_template("a subject", SUBJECT_NAMES)
SMS_TEXT = inline_template("a text such as `Your opinion: {{ survey_url }}`", SUBJECT_NAMES, lines=True)


# ---------------------------------------------------------------- files


def template_files(path: str) -> dict[str, str]:
    """`x.html` for all languages (`*`), or `x.fr.html` and its kin; raises Wrong for neither or both."""
    folder, name = os.path.split(path)
    stem, ending = os.path.splitext(name)
    if ending not in (".html", ".htm"):
        raise Wrong("a template is HTML: its name ends in `.html` (a text may stand beside it, as `.txt`)")
    try:
        beside = sorted(os.listdir(folder))
    except (OSError, ValueError) as error:
        raise Wrong(f"the directory of this template cannot be read: {why(error)}") from None
    tags = {other: _tag_between(other, stem, ending) for other in beside}
    found = {tag: os.path.join(folder, other) for other, tag in tags.items() if tag}
    if found and name in beside:
        one = os.path.basename(next(iter(found.values())))
        raise Wrong(f"there are {quoted(name)}, for all languages, and {quoted(one)}: keep one kind")
    if not found and name not in beside:
        raise Wrong(
            f"there is no {quoted(name)}, and none by language such as {quoted(f'{stem}.fr{ending}')}"
        )
    return found or {"*": path}


def _tag_between(name: str, stem: str, ending: str) -> str | None:
    if not name.startswith(f"{stem}.") or not name.endswith(ending):
        return None
    return language_tag(name[len(stem) + 1 : len(name) - len(ending)])


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template, or one for each language beside it, each without a mistake."""

    wants: str = "the path of a template such as `templates/satisfaction.html`"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The absolute paths by language tag, `*` where there is one for all."""
        files = Text(wants=self.wants, parse=lambda said: template_files(said.path())).read(spot, reading)
        if files is FLAWED:
            return FLAWED
        texts = (os.path.splitext(path)[0] + ".txt" for path in files.values())
        parts = (*files.values(), *filter(os.path.exists, texts))
        sound = [
            self._is_sound(path, spot, reading) for path in parts
        ]  # each is read, also behind a wrong one
        return files if all(sound) else FLAWED

    def _is_sound(self, path: str, spot: Spot, reading: Reading) -> bool:
        shown = _as_people_say(path, spot)
        text = reading.mistakes.attempt(Place(shown), lambda: read_text(path, shown))
        found = [] if text is None else list(_flaws(text, SUBJECT_NAMES, reading))
        for line, message in found:
            reading.mistakes.add(Place(shown, line), message)
        return text is not None and not found

    def json_schema(self) -> JsonSchema:
        """A path."""
        return {"type": "string"}


def _as_people_say(path: str, spot: Spot) -> str:
    """A path below the configuration's directory as the configuration's own path is given."""
    here = os.path.dirname(spot.node.place.file)
    absolute = os.path.abspath(here)
    return os.path.join(here, os.path.relpath(path, absolute)) if path.startswith(absolute + os.sep) else path


TEMPLATE = TemplateFile()
