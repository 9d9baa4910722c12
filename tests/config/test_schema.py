"""The JSON Schema that editors use says the same as `load`."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tournee.config import json_schema, load
from tournee.core.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
    "null": type(None),
}  # fmt: skip


def test_the_schema_in_the_repository_is_current():
    """`tournee check --schema > config/tournee.schema.json` makes it so."""
    text = (ROOT / "config" / "tournee.schema.json").read_text(encoding="utf-8")
    assert json.loads(text) == SCHEMA


def fits(value: object, schema: Any) -> bool:
    """Whether a value fits, by the keywords that the schema uses; others fail."""
    return all(_fits(value, keyword, wanted, schema) for keyword, wanted in schema.items())


def _fits(value: Any, keyword: str, wanted: Any, schema: Any) -> bool:
    """One keyword of a schema; those that only explain are always fine, an unknown one is an error."""
    if keyword in ("description", "default", "title", "$schema", "$defs", "then"):
        return True
    return KEYWORDS[keyword](value, wanted, schema)


def _is(value: Any, wanted: str | list[str], _: Any) -> bool:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    return any(isinstance(value, TYPES[kind]) for kind in kinds)


def _properties_fit(value: Any, _: Any, schema: Any) -> bool:
    if not isinstance(value, dict):
        return True
    known, other = schema.get("properties", {}), schema.get("additionalProperties", {})
    return all(
        fits(one, known[key]) if key in known else other is not False and fits(one, other)
        for key, one in value.items()
    )


KEYWORDS: dict[str, Callable[[Any, Any, Any], bool]] = {
    "$ref": lambda value, wanted, _: fits(value, SCHEMA["$defs"][wanted.rpartition("/")[2]]),
    "type": _is,
    "enum": lambda value, wanted, _: value in wanted,
    "const": lambda value, wanted, _: value == wanted,
    "anyOf": lambda value, wanted, _: any(fits(value, one) for one in wanted),
    "allOf": lambda value, wanted, _: all(fits(value, one) for one in wanted),
    "if": lambda value, wanted, schema: not fits(value, wanted) or fits(value, schema["then"]),
    "pattern": lambda value, wanted, _: not isinstance(value, str) or bool(re.search(wanted, value)),
    "minimum": lambda value, wanted, _: value >= wanted,
    "maximum": lambda value, wanted, _: value <= wanted,
    "items": lambda value, wanted, _: not isinstance(value, list) or all(fits(one, wanted) for one in value),
    "required": lambda value, wanted, _: not isinstance(value, dict) or value.keys() >= set(wanted),
    "minProperties": lambda value, wanted, _: not isinstance(value, dict) or len(value) >= wanted,
    "propertyNames": lambda value, wanted, _: all(fits(str(key), wanted) for key in value or ()),
    "properties": _properties_fit,
    "additionalProperties": _properties_fit,
}


GOOD = {
    "everything short": (
        "timezone: Europe/Paris\n"
        "database: sqlite:///t.db\n"
        "mail: {url: 'smtp://localhost', from: a@b.example}\n"
        "repositories:\n"
        "  a: {url: 'ftp://u@h/', password: 12345, passive: no, max_connections: 2, timeout: 5 seconds}\n"
        "contact_fields: {order: {type: text, columns: {fr: [Commande, 2024]}}}\n"
        "lists: {l: {feed: {repository: a, every: 1 day, language: fr, settle: 0, prefix: 0123}}, m: }\n"
        "users: {u: {email: u@b.example, alerts: [untrusted]}, v: {email: v@b.example, alerts: true}}\n"
        "solicitation_rules: [{at_most: 1 per day}]\n"
    ),
    "from the environment": (
        "repositories: {a: {url: 'ftp://h/', passive: '${T}', max_connections: '${N}', timeout: '${D}'}}\n"
        "lists: {l: {feed: {repository: a, every: 1 day, language: fr, settle: '${D}', stamp: '${S}'}}}\n"
    ),
    "what a file means": (
        "limits: {size: 10 GB, ratio: 50, columns: 300, line: '${L}'}\n"
        "contact_fields:\n"
        "  a: {type: choice, choices: [gold, 1]}\n"
        "  b: {type: choice, choices: {fr: [or], en: [gold]}}\n"
        "  c: {type: text, max_length: 20}\n"
        "  d: {type: datetime}\n"
        "repositories: {r: {url: 'file:///x'}}\n"
        "lists: {l: {feed: {repository: r, every: 1 day, language: de-AT, identify_by: c,\n"
        "  empty_cells: clear, membership: mirror, mirror_limit: 5%, truncated: wait, report: yes}}}\n"
        "languages:\n"
        "  fr: {columns: {phone: [N° contact], email: Mèl}, without: Portable}\n"
        "  de-AT: {country: AT, months: {1: Jänner}, countries: {GB: Insel}, language_names: {nl: [Flach]}}\n"
    ),
    "solicitations": (
        "http: {listen: '0.0.0.0:80', public_url: https://a.example}\n"
        "mail: {url: 'smtp://localhost', from: a@b.example, rate: 5 per second}\n"
        "contact_fields: {n: {type: number}, d: {type: date}, o: {type: text}, v: {type: boolean}}\n"
        "gateways:\n"
        "  a: {url: https://s.example, headers: {X-Key: '${T}'}, json: {to: '{{ phone }}', n: 1, b: true,\n"
        "    text: ['{{ text }}', null, 1.5]}, rate: 1 per minute, timeout: 5 seconds}\n"
        "  b: {url: 'https://s.example/{{ phone }}', method: PUT, form: {text: '{{ text }}'}}\n"
        "repositories: {r: {url: 'file:///x'}}\n"
        "lists:\n"
        "  l: {feed: {repository: r, every: 1 day, language: fr, deploy: [s, w], hold_above: 3x usual}}\n"
        "  m: {feed: {repository: r, every: 1 day, language: fr, deploy: s, hold_above: 5000}}\n"
        "deployments:\n"
        "  s: {channel: sms, gateway: a, text: {fr: a, en: b}, remind: after 7 days, rate: 1 per day}\n"
        "  w: {channel: webhook, url: https://h.example, secret: '${W}', remind: [after 1 day],\n"
        "    rules: [{once_per: o}, {wait: 3 days after d}]}\n"
        "solicitation_rules:\n"
        "  - {at_most: 1 per month, counting: channel, otherwise: wait up to 14 days}\n"
        "  - {between: 09:00-20:00 mon-sat}\n"
        "  - {between: [mon, tue]}\n"
        "  - {only_if: {country: [FR, BE], n: {more_than: 100}, d: {within: 30 days}, v: true, o: 5}}\n"
        "  - {not_if: {language: {one_of: [fr, de]}, o: {is_set: false}}}\n"
        "  - {sample: 50%}\n"
        "users: {u: {email: u@b.example, alerts: [held, send_failures]}}\n"
    ),
    "empty sections": "repositories:\nusers:\ndeployments: {}\nlists: {a: }\n",
}
BAD = {
    "an unknown key": "timezon: UTC\nlists: {a: }\n",
    "a key that is not built": "users: {u: {email: u@b.example, notify: x}}\nlists: {a: }\n",
    "an sms without a text": "deployments: {d: {channel: sms, gateway: g}}\nlists: {a: }\n",
    "a webhook that goes nowhere": "deployments: {d: {channel: webhook, secret: x}}\nlists: {a: }\n",
    "an unknown question": "solicitation_rules: [{only_if: {email: {like: x}}}]\nlists: {a: }\n",
    "an unknown rule": "solicitation_rules: [{at_least: 1}]\nlists: {a: }\n",
    "a share of nobody knows what": "solicitation_rules: [{sample: 0.5}]\nlists: {a: }\n",
    "a body that is a text": "gateways: {g: {url: https://s.example, json: '{{ phone }}'}}\nlists: {a: }\n",
    "a bound of nothing": (
        "lists: {l: {feed: {repository: a, every: 1 day, language: fr, hold_above: 0}}}\n"
    ),
    "a wrong word": "lists: {l: {feed: {repository: a, every: 1 day, language: fr, stamp: x}}}\n",
    "a wrong type": "lists: [a]\n",
    "a missing key": "repositories: {a: {password: x}}\nlists: {a: }\n",
    "a number out of bounds": "repositories: {a: {url: 'ftp://h', max_connections: 0}}\nlists: {a: }\n",
    "a wrong name": "contact_fields: {A: {type: text}}\nlists: {a: }\n",
    "a percentage": "lists: {l: {feed: {repository: a, every: 1 day, language: fr, reject_above: 0.5}}}\n",
    "no size": "limits: {size: 5}\nlists: {a: }\n",
    "an unknown size": "limits: {size: 5 Go}\nlists: {a: }\n",
    "choices that are none": "contact_fields: {a: {type: choice, choices: gold}}\nlists: {a: }\n",
    "a text that is too long": "contact_fields: {a: {type: text, max_length: 10001}}\nlists: {a: }\n",
    "an unknown word of a language": "languages: {fr: {columns: {fone: x}}}\nlists: {a: }\n",
    "an unknown key of a language": "languages: {fr: {column: {}}}\nlists: {a: }\n",
    "an unknown membership": (
        "lists: {l: {feed: {repository: a, every: 1 day, language: fr, membership: x}}}\n"
    ),
    "no address": "users: {u: {}}\nlists: {a: }\n",
}
ENVIRON = {
    "T": "true",
    "N": "1",
    "D": "1 hour",
    "P": "50%",
    "S": "optional",
    "L": "1 MiB",
    "W": "whsec_" + "A" * 32,
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_load_takes_fits_the_schema(write, text):
    write("good.yaml", text)
    load("good.yaml", ENVIRON)
    assert fits(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_does_not_fit_the_schema_is_refused_by_load_too(write, text):
    assert not fits(yaml.safe_load(text), SCHEMA)
    write("bad.yaml", text)
    with pytest.raises(ConfigurationError):
        load("bad.yaml", ENVIRON)


def test_every_key_is_described():
    assert [
        path for path, schema in described(SCHEMA) if not schema.get("description", "").endswith(".")
    ] == []


def described(schema: Any, path: str = "") -> list[tuple[str, Any]]:
    """Each key with its schema, at any depth."""
    found: list[tuple[str, Any]] = []
    for key, one in schema.get("properties", {}).items():
        found += [(f"{path}.{key}", one), *described(one, f"{path}.{key}")]
    for inner in (*schema.get("anyOf", ()), schema.get("additionalProperties"), schema.get("items")):
        found += described(inner, path) if isinstance(inner, dict) else []
    return found
