"""What a single text of the configuration may mean: a switch, a number, a duration, a path, a secret …"""

import codecs
import os
import re
import stat
import zoneinfo
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from email_validator import EmailNotValidError, validate_email

from tournee.config.document import UNREADABLE, Scalar
from tournee.config.files import read_bytes, why
from tournee.config.mistakes import Wrong, listed, meant, quoted
from tournee.config.schema import FLAWED, JsonSchema, Reading, Spot, misshapen
from tournee.core.languages.cldr import countries, is_country, language_tag
from tournee.core.languages.words import folded
from tournee.core.settings import Secret
from tournee.core.times import Duration

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

ENVIRONMENT: JsonSchema = {"$ref": "#/$defs/environment"}
ENVIRONMENT_DEFINITION: JsonSchema = {
    "description": "A text that takes a value from the environment.",
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*\}",
}
_TEXT: JsonSchema = {"type": "string"}
ANY_TEXT: JsonSchema = {"type": ["string", "number", "boolean"]}  # `2024` is a name here, whatever YAML says
_ASCII = "Name-1_+~\\u0041.csv"
_NAME_AND_ADDRESS = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^<>"]*)\s*<\s*(?P<address>[^<>\s]+)\s*>')


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said: `text` with what the environment gives, and the `file` in which it was written."""

    text: str
    file: str
    reading: Reading

    @property
    def folder(self) -> str:
        """The directory of the file, as an absolute path."""
        return os.path.dirname(os.path.abspath(self.file))

    def path(self) -> str:
        """The text as an absolute path; a relative one starts at the file in which it is written."""
        text = self.text
        home = self.reading.environ.get("HOME")
        if home and text.startswith("~/"):
            text = os.path.join(home, text[2:])
        return os.path.normpath(os.path.join(self.folder, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One line of text, or several where `lines`. `parse` gives its meaning or raises Wrong.

    `quotes` says that Wrong may repeat the text, which is then not told where it came from the environment;
    `exact` keeps spaces at the ends.
    """

    wants: str
    parse: Callable[[Said], Any]
    schema: JsonSchema = field(default_factory=lambda: _TEXT)
    quotes: bool = True
    exact: bool = False
    lines: bool = False

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The meaning of a text that is there."""
        if not isinstance(spot.node, Scalar) or spot.node.empty:
            return misshapen(self, spot, reading)
        try:
            return self._meaning(spot.node, reading)
        except Wrong as wrong:
            reading.mistakes.add(spot.node.place, wrong.message)
            return FLAWED

    def _said(self, node: Scalar, reading: Reading) -> Said:
        text = node.value(reading.environ)
        if not self.exact:
            text = text.strip()
        if not text:
            raise Wrong(f"this is empty: write {self.wants}")
        if text.splitlines() != [text] and not self.lines:
            raise Wrong("this must be a single line")
        return Said(text=text, file=node.place.file, reading=reading)

    def _meaning(self, node: Scalar, reading: Reading) -> Any:
        said = self._said(node, reading)
        try:
            return self.parse(said)
        except Wrong:
            if self.quotes and node.variables:
                raise Wrong(f"{quoted(node.text)} does not give {self.wants}") from None
            raise

    def json_schema(self) -> JsonSchema:
        """As given."""
        return self.schema


def parse_with(judge: Callable[[str], T]) -> Callable[[Said], T]:
    """A `parse` that `judge` does; its ValueError is in words for a person."""

    def parse(said: Said) -> T:
        try:
            return judge(said.text)
        except ValueError as error:
            raise Wrong(str(error)) from None

    return parse


def judged(wants: str, judge: Callable[[str], T], schema: JsonSchema | None = None) -> Text:
    """A text that `judge` understands, or refuses with a ValueError in words for a person."""
    return Text(wants=wants, parse=parse_with(judge), schema=schema or _TEXT)


# ---------------------------------------------------------------- words and numbers


LINE = Text(wants="a text", parse=lambda said: said.text, schema=ANY_TEXT)
SECRET = Text(
    wants="a text (in quotes, if it holds `#` or `: `)",
    parse=lambda said: Secret(said.text),
    schema=ANY_TEXT,
    quotes=False,
    exact=True,
)


def choice(values: Mapping[str, T], not_yet: Collection[str] = ()) -> Text:
    """One of a few words; those of `not_yet` are known and refused."""

    def parse(said: Said) -> T:
        if said.text in values:
            return values[said.text]
        if said.text in not_yet:
            raise Wrong(f"{quoted(said.text)} is not available in this version")
        raise Wrong(f"{quoted(said.text)} is not {listed(values)}{meant(said.text, values)}")

    allowed: JsonSchema = {"enum": list(values)}
    return Text(wants=listed(values), parse=parse, schema={"anyOf": [allowed, ENVIRONMENT]})


def member(enum: type[E], not_yet: Collection[str] = ()) -> Text:
    """One of the words of an enumeration."""
    return choice({str(word): word for word in enum}, not_yet)


def _flag(said: Said) -> bool:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if said.text.lower() not in words:
        raise Wrong(f"{quoted(said.text)} is not `true` or `false`")
    return words[said.text.lower()]


FLAG = Text(
    wants="`true` or `false`",
    parse=_flag,
    schema={"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "on", "off"]}, ENVIRONMENT]},
)


def whole(low: int, high: int) -> Text:
    """A whole number within bounds."""
    wants = f"a whole number from {low} to {high}"

    def parse(said: Said) -> int:
        number = int(said.text) if re.fullmatch("[0-9]{1,9}", said.text) else -1
        if not low <= number <= high:
            raise Wrong(f"{quoted(said.text)} is not {wants}")
        return number

    number: JsonSchema = {"type": "integer", "minimum": low, "maximum": high}
    return Text(wants=wants, parse=parse, schema={"anyOf": [number, ENVIRONMENT]})


def _percentage(said: Said) -> float:
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?%", said.text)
    if not found or float(found[1]) > 100:
        raise Wrong(f"{quoted(said.text)} is not a percentage from `0%` to `100%`")
    return float(found[1]) / 100


PERCENTAGE = Text(
    wants="a percentage such as `50%`",
    parse=_percentage,
    schema={"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,3})? ?%$|\$\{"},
)


# ---------------------------------------------------------------- times


_DURATION_SCHEMA: JsonSchema = {"anyOf": [{"type": "string"}, {"const": 0}]}


def _clock(text: str, longest: int, zero: bool) -> Duration:
    duration = Duration.parse(text)
    if duration.months:
        raise ValueError(f"`{duration}` has no fixed length: write days or less")
    if not duration.seconds and not zero:
        raise ValueError(f"`{duration}` is no time at all: write at least `1 second`")
    if duration.seconds > longest:
        raise ValueError(f"`{duration}` is too long: write at most `{_hours(longest)}`")
    return duration


def _hours(seconds: int) -> str:
    return f"{seconds // 3600} hour{'s' if seconds > 3600 else ''}"


def clock_duration(*, longest: int, zero: bool) -> Text:
    """A duration of at most `longest` seconds by the clock; `zero` allows none at all."""
    parse = partial(_clock, longest=longest, zero=zero)
    return judged("a duration such as `30 seconds`", parse, _DURATION_SCHEMA)


def _timezone(said: Said) -> str:
    try:
        zoneinfo.ZoneInfo(said.text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = meant(said.text, zoneinfo.available_timezones())
        raise Wrong(f"there is no time zone {quoted(said.text)}{hint}") from None
    return said.text


TIMEZONE = Text(wants="a time zone such as `Europe/Paris`", parse=_timezone)


# ---------------------------------------------------------------- languages, countries, encodings


def file_language(text: str, reading: Reading) -> str:
    """The tag of a language that files may be written in; raises Wrong for another."""
    tags = {*reading.languages, *reading.names["languages"]}
    if text not in tags:
        known = listed(sorted(tags), "and")
        raise Wrong(f"there is no file language {quoted(text)}; there are {known}{meant(text, tags)}")
    return text


FILE_LANGUAGE = Text(
    wants="a file language such as `fr`", parse=lambda said: file_language(said.text, said.reading)
)


def existing_tag(text: str, _: Reading) -> str:
    """A language tag that exists, as it is usually written (`pt_br` is `pt-BR`); raises Wrong for another."""
    tag = language_tag(text)
    if tag is None:
        raise Wrong(f"{quoted(text)} is not a language tag such as `fr` or `pt-BR`")
    return tag


LANGUAGE_TAG = Text(
    wants="a language tag such as `fr`", parse=lambda said: existing_tag(said.text, said.reading)
)


def country_code(text: str, _: Reading) -> str:
    """A country code; raises Wrong for another text."""
    if is_country(text):
        return text
    known = countries("en").get(folded(text))
    hint = f"; did you mean `{known}`?" if known else ""
    raise Wrong(f"{quoted(text)} is not a country code of ISO 3166, such as `FR`{hint}")


COUNTRY = Text(wants="a country code such as `FR`", parse=lambda said: country_code(said.text, said.reading))


def codec(text: str) -> str | None:
    """The name of an encoding that writes ASCII as it is; None for what is another, or none."""
    try:
        name = codecs.lookup(text).name
        plain = _ASCII.encode(name) == _ASCII.encode("ascii")
    except (LookupError, ValueError):
        return None
    return name if plain else None


def _encoding(said: Said) -> str:
    name = codec(said.text)
    if name is None:
        raise Wrong(f"{quoted(said.text)} is not an encoding of names, such as `utf-8` or `cp1252`")
    return name


ENCODING = Text(wants="an encoding such as `utf-8`", parse=_encoding)


# ---------------------------------------------------------------- addresses


def address(text: str) -> str:
    """An email address as it is to be used; raises ValueError, for a person."""
    try:
        return _validated(text)
    except EmailNotValidError:
        pass
    try:
        _validated(f"{text}.example")  # `root@localhost`, `it@firm.local`: right, if only inside a house
    except EmailNotValidError:
        raise ValueError(f"{quoted(text)} is not an email address") from None
    return text


def _validated(text: str) -> str:
    return validate_email(text, check_deliverability=False, globally_deliverable=False).normalized


def _sender(text: str) -> str:
    found = _NAME_AND_ADDRESS.fullmatch(text)
    address(found["address"] if found else text)
    return text


ADDRESS = judged("an email address such as `claire@example.com`", address)
SENDER = judged("an address such as `Boutique <avis@example.com>`", _sender)


# ---------------------------------------------------------------- files of this machine


def _file(said: Said) -> str:
    path = said.path()
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return path
    except (OSError, ValueError) as error:
        start = f"(a relative path starts at `{said.folder}`)"
        raise Wrong(f"this file cannot be read: {why(error)} {start}") from None
    raise Wrong("this is not a file")


def _text_of_file(said: Said) -> str:
    try:
        text = read_bytes(_file(said)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong("this file is not UTF-8 text") from None
    if not text.strip():
        raise Wrong("this file is empty")
    if UNREADABLE.search(text):
        raise Wrong("this file holds control characters")
    return text


def _secret_of_file(said: Said) -> Secret:
    text = _text_of_file(said).rstrip("\r\n")
    if len(text.splitlines()) > 1:
        raise Wrong("this file holds more than one line")
    return Secret(text)


def _private_key_of_file(said: Said) -> Secret:
    text = _text_of_file(said)
    if "PuTTY-User-Key-File" in text:
        raise Wrong("this is a key of PuTTY: convert it with `puttygen KEY -O private-openssh -o NEW`")
    if text.startswith(("ssh-", "ecdsa-", "sk-", "---- BEGIN SSH2 PUBLIC")):
        raise Wrong("this is a public key: the private one is the file without `.pub`")
    if "PRIVATE KEY-----" not in text:
        raise Wrong("this file is not a private key")
    return Secret(text)


FILE = Text(wants="the path of a file", parse=_file, quotes=False)
PATH = Text(wants="a path", parse=lambda said: said.path(), quotes=False)
SECRET_FILE = Text(wants="the path of a file that holds it", parse=_secret_of_file, quotes=False)
PRIVATE_KEY_FILE = Text(wants="the path of a private key", parse=_private_key_of_file, quotes=False)


def reference(section: str, what: str) -> Text:
    """The name of an entry of another section."""

    def parse(said: Said) -> str:
        names = said.reading.names.get(section, ())
        if said.text not in names:
            raise Wrong(f"there is no {what} {quoted(said.text)}{meant(said.text, names)}")
        return said.text

    return Text(wants=f"a name of `{section}`", parse=parse)
