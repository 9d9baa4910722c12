"""Whatever lies in a configuration: it is read, or it is told what is wrong; nothing else happens."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tournee.config import json_schema, load
from tournee.core.errors import ConfigurationError
from tournee.core.facts import Problem
from tournee.core.settings import FieldType

EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def keys(schema: object) -> Iterator[str]:
    """Every key of the schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for part in schema.values():
            yield from keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys(part)


KEYS = sorted({*keys(json_schema()), "http", "a", "fr", "de-AT", "1"})
TEXTS = st.sampled_from(
    [
        "", "~", "true", "0", "1 day", "50%", "fr", "FR", "a", "email", "${A}", "$${", "${", "x: y", "&a",
        "*a", "sftp://u:p@h/", "sftp://u@h/x", "file:///", "smtp://[::1]", "sqlite:///a",
        "postgresql://h/%ff", "{{ a", "{% if", "https://h", "a@b.example", "SHA256:" + "A" * 43, "ab" * 32,
        "1 per day", "2 GiB", "Nom", "choice", "after 7 days", "3x usual", "09:00-20:00 mon-sat", "sms",
        "webhook", "{{ phone }}{{ text }}", "whsec_aaaa", "1.5", "2026-11-23", "3 days after a",
        "wait up to 0",
        "0 6 * * mon", "/", "..", ".", "templates/x.html", "é", "\u2028", "\x7f", "'", '"',
        "a" * 3000, "?", "-", "#", "[", "!!str", "<<",
    ]
)  # fmt: skip
RULES = (
    "only_if: VALUE", "not_if: {a: VALUE}", "only_if: {country: VALUE}", "not_if: {a: {before: VALUE}}",
    "only_if: {a: {one_of: VALUE, within: VALUE}}", "between: VALUE", "sample: VALUE", "once_per: VALUE",
    "wait: VALUE", "at_most: 1 per day, otherwise: VALUE",
)  # fmt: skip
VALUES = st.recursive(
    TEXTS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=30,
)


def outcome(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    problems: Sequence[Problem] = ()
    try:
        assert load(str(path), {"A": "hunter2"}).settings.lists
    except ConfigurationError as error:
        problems = error.problems or [Problem(file="", line=0, column=0, message="")]
    assert [one for one in problems if min(one.line, one.column) < 1 or not str(one).isprintable()] == []


@EXAMPLES
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, content: bytes):
    outcome(content, tmp_path / "any.yaml")


@EXAMPLES
@given(st.text(max_size=200))
def test_any_text(tmp_path: Path, content: str):
    outcome(content.encode("utf-8", "surrogatepass"), tmp_path / "any.yaml")


@EXAMPLES
@given(st.lists(TEXTS | st.sampled_from([*KEYS, ": ", "\n", "  ", "- ", ", ", "{", "}", "]"]), max_size=40))
def test_any_scraps_of_yaml(tmp_path: Path, scraps: list[str]):
    outcome("".join(scraps).encode(), tmp_path / "any.yaml")


@EXAMPLES
@given(VALUES)
def test_any_shape_of_values(tmp_path: Path, value: object):
    outcome(written(value).encode("utf-8", "surrogatepass"), tmp_path / "any.yaml")


@EXAMPLES
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8))
def test_any_values_below_known_keys(tmp_path: Path, value: dict[str, object]):
    outcome(
        f"lists: {{a: {written(value)}, b: {{feed: {written(value)}}}}}".encode("utf-8", "surrogatepass"),
        tmp_path / "any.yaml",
    )


@EXAMPLES
@given(
    st.sampled_from(
        [
            "languages: {fr",
            "languages: {pl",
            "contact_fields: {a",
            "limits: {size",
            "gateways: {g",
            "deployments: {d",
            "http: {listen",
        ]
    ),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8),
)
def test_any_values_of_a_section(tmp_path: Path, start: str, value: dict[str, object]):
    text = f"{start}: {written(value)}}}\nlists: {{a: }}"
    outcome(text.encode("utf-8", "surrogatepass"), tmp_path / "any.yaml")


@EXAMPLES
@given(st.sampled_from(list(FieldType)), st.sampled_from(RULES), VALUES)
def test_any_values_of_a_rule(tmp_path: Path, kind: FieldType, rule: str, value: object):
    choices = ", choices: [b]" if kind is FieldType.CHOICE else ""
    text = f"contact_fields: {{a: {{type: {kind}{choices}}}}}\nlists: {{l: }}\n"
    about = f"{text}solicitation_rules: [{{{rule.replace('VALUE', written(value))}}}]"
    outcome(about.encode("utf-8", "surrogatepass"), tmp_path / "any.yaml")


@EXAMPLES
@given(st.text(max_size=30))
def test_any_path(path: str):
    with pytest.raises(ConfigurationError):
        load(os.path.join("nowhere", path), {})


def written(value: object) -> str:
    """A value as YAML in one line, its texts in double quotes or plain."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
