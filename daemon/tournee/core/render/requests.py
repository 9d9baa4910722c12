"""The request to an SMS gateway, as the operator described it.

Every text of the description is a template. What is inserted stays what it is: in the URL it is
percent-encoded, in a form encoded as its value, in JSON a part of a text, in a header on one line.
"""

import json
from collections.abc import Callable, Mapping

from jinja2.sandbox import ImmutableSandboxedEnvironment

from tournee.core.facts import JsonValue, Request
from tournee.core.render.compiled import PLAIN, URL, Source, compiled, encoded, rendered
from tournee.core.settings import Gateway, JsonTemplate

Values = Mapping[str, object]
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_ONE_LINE = dict.fromkeys([*range(0x20), 0x7F], " ")


class RequestForm:
    """The compiled request of one gateway. Both steps raise TemplateWrong."""

    def __init__(self, gateway: Gateway) -> None:
        name = f"gateways.{gateway.key}"
        self._method = gateway.method
        self._url = _text(gateway.url, f"{name}.url", URL)
        self._headers = {
            key: _text(value.reveal(), f"{name}.headers.{key}") for key, value in gateway.headers.items()
        }
        self._json = None if gateway.json is None else _tree(gateway.json, f"{name}.json")
        self._form = {key: _text(value, f"{name}.form.{key}") for key, value in gateway.form.items()}

    def render(
        self, *, phone: str, text: str, solicitation_id: object, sender: str | None, deployment: object
    ) -> Request:
        """The request that sends `text` to `phone`."""
        values = {"phone": phone, "text": text, "solicitation_id": solicitation_id}
        values |= {"sender": sender, "deployment": deployment}
        content, kind = self._content(values)
        headers = {key: fill(values).translate(_ONE_LINE).strip() for key, fill in self._headers.items()}
        if kind and "content-type" not in map(str.lower, headers):
            headers["Content-Type"] = kind
        return Request(method=self._method, url=self._url(values), headers=headers, content=content)

    def _content(self, values: Values) -> tuple[bytes, str | None]:
        if self._json is not None:
            return json.dumps(self._json(values)).encode(), _JSON
        if self._form:
            pairs = (f"{encoded(key)}={encoded(fill(values))}" for key, fill in self._form.items())
            return "&".join(pairs).encode(), _FORM
        return b"", None


def _text(
    text: str, name: str, environment: ImmutableSandboxedEnvironment = PLAIN
) -> Callable[[Values], str]:
    template = compiled(Source(name=name, text=text), environment)
    return lambda values: rendered(template, values)


def _tree(node: JsonTemplate, name: str) -> Callable[[Values], JsonValue]:
    """What is in JSON, its texts filled in."""
    if isinstance(node, dict):
        fields = {key: _tree(value, f"{name}.{key}") for key, value in node.items()}
        return lambda values: {key: fill(values) for key, fill in fields.items()}
    if isinstance(node, list):
        items = [_tree(value, f"{name}.{number}") for number, value in enumerate(node)]
        return lambda values: [fill(values) for fill in items]
    if isinstance(node, str):
        return _text(node, name)
    return lambda _values: node
