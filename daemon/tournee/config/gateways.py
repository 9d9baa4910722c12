"""The keys of `gateways`: an SMS provider, as the request that it wants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tournee.config.document import Scalar, Sequence, Tree
from tournee.config.groups import Entries
from tournee.config.kinds import Said, Text, choice, clock_duration
from tournee.config.measures import RATE
from tournee.config.mistakes import Wrong, quoted
from tournee.config.schema import (
    FLAWED,
    Filled,
    JsonSchema,
    Key,
    Reading,
    Section,
    Spot,
    exclusive,
    misshapen,
)
from tournee.config.servers import CA_FILE
from tournee.config.templates import GATEWAY_NAMES, inline_template, names_in
from tournee.config.urls import in_clear, web_address
from tournee.core.settings import Gateway, JsonTemplate, Secret

_EXAMPLE = "https://sms.example/send"
_DEEPEST = 20
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: What the connection itself writes.
_NOT_OURS = ("connection", "content-length", "host", "transfer-encoding")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?")
_WORDS = {"true": True, "false": False}

_TEXT = inline_template("a text", GATEWAY_NAMES, lines=True)


# ---------------------------------------------------------------- parts of the request


def _url(said: Said) -> str:
    text: str = inline_template("a web address", GATEWAY_NAMES).parse(said)
    web_address(_TAG.sub("x", text), _EXAMPLE)
    return text


def _header(said: Said) -> Secret:
    text: str = _TEXT.parse(said)
    if not text.isascii():
        raise Wrong("a header is ASCII")
    return Secret(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Texts by names that somebody else chose; `headers` where they are names of HTTP headers."""

    item: Text
    wants: str
    headers: bool = False

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The texts by name."""
        if not isinstance(spot.node, Tree) or not spot.node.entries:
            return misshapen(self, spot, reading)
        values: dict[str, Any] = {}
        for name, entry in spot.node.entries.items():
            value = self.item.read(spot.below(name, entry), reading)
            if self.headers and (message := _wrong_header(name, values)):
                reading.mistakes.add(entry.place, message)
                value = FLAWED
            values[name] = value
        return FLAWED if FLAWED in values.values() else values

    def json_schema(self) -> JsonSchema:
        """An object of texts."""
        return {"type": "object", "minProperties": 1, "additionalProperties": self.item.json_schema()}


def _wrong_header(name: str, others: dict[str, Any]) -> str | None:
    if not _HEADER.fullmatch(name):
        return f"{quoted(name)} cannot be the name of a header"
    if name.lower() in _NOT_OURS:
        return f"{quoted(name)} is written by the connection itself: leave it out"
    twice = [other for other in others if other.lower() == name.lower()]
    return f"this header is there already, as {quoted(twice[0])}" if twice else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """A JSON value whose texts are templates: numbers, `true`, `false` and nothing as YAML writes them."""

    wants: str = 'a mapping such as `{to: "{{ phone }}", message: "{{ text }}"}`'

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The value."""
        if isinstance(spot.node, Scalar):
            return misshapen(self, spot, reading)
        return self._read(spot, reading, 0)

    def _read(self, spot: Spot, reading: Reading, depth: int) -> Any:
        if isinstance(spot.node, Scalar):
            return _scalar(spot, spot.node, reading)
        if depth == _DEEPEST:
            reading.mistakes.add(spot.node.place, f"this is nested more than {_DEEPEST} deep")
            return FLAWED
        if isinstance(spot.node, Sequence):
            items = [
                self._read(Spot(spot.path, one.place, one), reading, depth + 1) for one in spot.node.items
            ]
            return FLAWED if FLAWED in items else items
        members = {
            name: self._read(spot.below(name, entry), reading, depth + 1)
            for name, entry in spot.node.entries.items()
        }
        return FLAWED if FLAWED in members.values() else members

    def json_schema(self) -> JsonSchema:
        """Any object or list."""
        return {"type": ["object", "array"]}


def _scalar(spot: Spot, node: Scalar, reading: Reading) -> Any:
    """A text, unless it is written like something else, without quotes."""
    if node.empty:
        return None
    if node.plain and node.text in _WORDS:
        return _WORDS[node.text]
    if node.plain and (found := _NUMBER.fullmatch(node.text)):
        return float(node.text) if found[1] else int(node.text)
    return "" if not node.text else _TEXT.read(spot, reading)


# ---------------------------------------------------------------- a gateway


def _gateway(filled: Filled) -> Gateway:
    return Gateway(
        key=filled.spot.path[-1], url=filled["url"], method=filled["method"],
        headers=filled["headers"] or {}, json=filled["json"], form=filled["form"] or {},
        rate=filled["rate"], timeout=filled["timeout"], ca_file=filled["ca_file"],
    )  # fmt: skip


def names_of_gateway(gateway: Gateway) -> frozenset[str]:
    """The names that its request asks for."""
    headers = (secret.reveal() for secret in gateway.headers.values())
    texts = (gateway.url, *headers, *gateway.form.values(), *_texts(gateway.json))
    return frozenset[str]().union(*map(names_in, texts))


def _texts(value: JsonTemplate) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _texts(one)


def _no_body_for_get(filled: Filled) -> None:
    for key in ("json", "form"):
        if filled["method"] == "GET" and filled.has(key):
            message = f"`{key}` means nothing for `method: GET`: write it into the URL, behind a `?`"
            filled.wrong(message, filled.key_place(key))


def _says_what_to_whom(filled: Filled) -> None:
    """A request that names neither the phone nor the text cannot be what is meant."""
    if not filled.sound:
        return
    for name in sorted({"phone", "text"} - names_of_gateway(_gateway(filled))):
        filled.wrong(f"this request says nowhere `{{{{ {name} }}}}`: write it in `json`, `form` or `url`")


def _tls_for_certificates(filled: Filled) -> None:
    if filled.has("ca_file") and str(filled["url"] or "").lower().startswith("http:"):
        filled.wrong("`ca_file` means nothing for `http://`", filled.key_place("ca_file"))


def _warn_of_clear_text(filled: Filled) -> None:
    if filled["url"] and in_clear(filled["url"]):
        message = "phones and texts travel in clear: use `https://` where the provider can"
        filled.reading.mistakes.warn(filled.place("url"), message)


GATEWAY = Section(
    about="An SMS provider: the HTTP request that sends one message. Each text in it is a template with "
    "`phone`, `text`, `solicitation_id`, `sender` and `deployment`.",
    keys={
        "url": Key(
            kind=Text(wants=f"a web address such as `{_EXAMPLE}`", parse=_url, quotes=False),
            about="The URL of the request; a template.",
            required=True,
        ),
        "method": Key(
            kind=choice({name: name for name in ("POST", "PUT", "PATCH", "GET")}),
            about="The method of the request.",
            default="POST",
        ),
        "headers": Key(
            kind=Named(
                item=Text(wants="the text of a header", parse=_header),
                wants='a mapping of headers such as `{Authorization: "Bearer ${SMS_TOKEN}"}`',
                headers=True,
            ),
            about="Headers, by name; each is a template.",
        ),
        "json": Key(kind=Json(), about="The body, as JSON; each text in it is a template."),
        "form": Key(
            kind=Named(
                item=_TEXT, wants='a mapping of texts such as `{to: "{{ phone }}", message: "{{ text }}"}`'
            ),
            about="The body, as a form; each text in it is a template. Either this or `json`.",
        ),
        "rate": Key(kind=RATE, about="How many messages may leave in a time: `20 per second`."),
        "timeout": Key(
            kind=clock_duration(longest=3600, zero=False),
            about="How long to wait for the provider.",
            default="30 seconds",
        ),
        "ca_file": Key(kind=CA_FILE, about="Certificates (PEM) to trust instead of the system's."),
    },
    make=_gateway,
    rules=(
        exclusive("json", "form"),
        _no_body_for_get,
        _tls_for_certificates,
        _says_what_to_whom,
        _warn_of_clear_text,
    ),
)  # fmt: skip

GATEWAYS = Entries(about="The SMS providers, by names that you choose.", entry=GATEWAY)
