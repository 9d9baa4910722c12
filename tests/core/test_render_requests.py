"""The request to an SMS gateway: nothing that is inserted becomes anything but what it is."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.errors import TemplateWrong
from tournee.core.facts import Request
from tournee.core.render import RequestForm
from tournee.core.settings import Gateway, Secret
from tournee.core.times import Duration

PHONE = "+33612345678"
#: Whatever can be in a text message.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


def request(text: str = "Bonjour", sender: str | None = None, **described: Any) -> Request:
    described = {
        "key": "ovh",
        "url": "https://sms.example/send",
        "timeout": Duration.parse("5 s"),
    } | described
    form = RequestForm(Gateway(**described))
    return form.render(phone=PHONE, text=text, solicitation_id=12, sender=sender, deployment="avis")


def test_json_is_filled_in_wherever_it_has_a_text() -> None:
    made = request(
        headers={"Authorization": Secret("Bearer abc"), "X-Id": Secret("{{ solicitation_id }}")},
        json={
            "to": ["{{ phone }}"],
            "message": {"text": "{{ deployment }}: {{ text }}"},
            "n": [False, 1],
        },
    )
    assert (made.method, made.url) == ("POST", "https://sms.example/send")
    assert made.headers == {"Authorization": "Bearer abc", "X-Id": "12", "Content-Type": "application/json"}
    filled = {"to": [PHONE], "message": {"text": "avis: Bonjour"}, "n": [False, 1]}
    assert json.loads(made.content) == filled


@given(texts)
def test_no_text_breaks_out_of_json(text: str) -> None:
    made = request(text, json={"a": "{{ text }}", "b": "-{{ text }}-"})
    assert json.loads(made.content) == {"a": text, "b": f"-{text}-"}


@given(texts)
def test_no_text_breaks_out_of_a_form(text: str) -> None:
    made = request(text, form={"to": "{{ phone }}", "a&b": "{{ text }}"})
    found = parse_qs(made.content.decode("ascii"), keep_blank_values=True)
    assert found == {"to": [PHONE], "a&b": [text]}
    assert made.headers["Content-Type"] == "application/x-www-form-urlencoded"


@given(texts)
def test_no_text_breaks_out_of_a_url(text: str) -> None:
    made = request(text, url="https://sms.example/{{ text }}/x?to={{ phone }}&text={{ text }}", method="GET")
    parts = urlsplit(made.url)
    assert (parts.netloc, parts.path.count("/"), parts.fragment) == ("sms.example", 2, "")
    assert parse_qs(parts.query, keep_blank_values=True) == {"to": [PHONE], "text": [text]}
    assert (made.method, made.content, dict(made.headers)) == ("GET", b"", {})


def test_what_the_template_encoded_itself_is_not_encoded_twice() -> None:
    assert request("a b/é", url="https://x/?t={{ text|urlencode }}").url == "https://x/?t=a%20b%2F%C3%A9"


@given(texts)
def test_no_text_makes_a_header_of_its_own(text: str) -> None:
    made = request(text, headers={"X-Text": Secret("{{ text }}")})
    assert not set(made.headers["X-Text"]) & set(map(chr, [*range(0x20), 0x7F]))


def test_a_content_type_of_the_operator_stays() -> None:
    made = request(headers={"content-type": Secret("application/vnd.sms+json")}, json={})
    assert dict(made.headers) == {"content-type": "application/vnd.sms+json"}


def test_a_sender_that_is_not_given_is_empty() -> None:
    assert json.loads(request(json={"from": "{{ sender }}"}).content) == {"from": ""}
    assert json.loads(request(sender="ACME", json={"from": "{{ sender }}"}).content) == {"from": "ACME"}


@pytest.mark.parametrize(
    ("described", "template"),
    [
        ({"url": "https://x/{{ contact }}"}, "gateways.ovh.url"),
        ({"headers": {"X": Secret("{{ token }}")}}, "gateways.ovh.headers.X"),
        ({"json": {"to": ["{{ phone }}", "{{ name }}"]}}, "gateways.ovh.json.to.1"),
        ({"form": {"to": "{{ phon }}"}}, "gateways.ovh.form.to"),
    ],
)
def test_a_mistake_is_told_by_its_place(described: dict[str, Any], template: str) -> None:
    with pytest.raises(TemplateWrong) as caught:
        request(**described)
    assert caught.value.reason.details == {"template": template, "line": 1}
