"""The shipped example and the page about the configuration: everything in them was run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tournee.config import json_schema, load
from tournee.core.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config" / "tournee.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\n"
ENVIRON = {
    "BOUTIQUE_PASSPHRASE": "x", "CREDENTIALS_DIRECTORY": "credentials",
    "MAGASINS_PASSWORD": "x", "MAIL_PASSWORD": "x", "SMS_TOKEN": "x", "CRM_SECRET": f"whsec_{'A' * 32}",
}  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(write) -> None:
    """The files that examples speak of."""
    write("config/boutique.key", KEY)
    write("config/templates/satisfaction.html", "<p>{{ contact.first_name }} {{ survey_url }}")
    for name in ("archive", "database"):
        write(f"config/credentials/{name}", "x\n")
    write("config/credentials/crm", f"{ENVIRON['CRM_SECRET']}\n")


# ---------------------------------------------------------------- config/tournee.yaml


def test_the_example_needs_nothing_and_warns_of_nothing():
    assert load(str(ROOT / "config"), {}).warnings == ()


def test_what_the_example_shows_and_does_not_use_works_too(write):
    """Every line that begins with `#` and no space, taken into force."""
    write("config/tournee.yaml", re.sub(r"^( *)#(?=\S)", r"\1", EXAMPLE, flags=re.MULTILINE))
    config = load("config", ENVIRON)
    assert (list(config.settings.deployments), config.warnings) == (["satisfaction", "sms", "crm"], ())


# ---------------------------------------------------------------- docs/configuration.md


@pytest.mark.parametrize("block", BLOCKS, ids=[block.partition(":")[0] for block in BLOCKS])
def test_an_example_of_the_page_works(write, block):
    """What a block does not speak of stands in the page's first one."""
    whole, part = yaml.load(BLOCKS[0], yaml.CSafeLoader), yaml.load(block, yaml.CSafeLoader)
    named = {
        section: {key: one for key, one in whole[section].items() if key not in part.get(section, ())}
        for section in ("repositories", "deployments")
    }
    rest = {key: value for key, value in whole.items() if key not in part} | named
    write("config/block.yaml", block)
    write("config/rest.yaml", yaml.safe_dump(rest if block != BLOCKS[0] else {"users": None}))
    assert load("config", ENVIRON).settings.lists


def test_check_says_what_the_page_says(write):
    broken = re.search(r"^```yaml broken\n(.*?)^```.*?^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    write("shop.yaml", broken[1])
    with pytest.raises(ConfigurationError) as caught:
        load("shop.yaml", {})
    assert [str(problem) for problem in caught.value.problems] == broken[2].splitlines()


def defaults(schema: object) -> Iterator[tuple[str, str]]:
    """Each key with its default, as an operator would write it."""
    if isinstance(schema, dict):
        for key, one in schema.get("properties", {}).items():
            if "default" in one:
                yield key, json.dumps(one["default"]).strip('"')
        for part in schema.values():
            yield from defaults(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from defaults(part)


def test_the_page_has_each_default():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    missing = [
        (key, default)
        for key, default in defaults(json_schema())
        if not any(row.startswith(f"| `{key}`") and row.rstrip("| ").endswith(f"`{default}`") for row in rows)
    ]
    assert missing == []


def test_what_the_page_calls_not_available_is_refused_as_such(mistakes):
    feed = "{repository: r, every: 1 day, language: fr, expect: x}"
    user = "{email: u@b.example, notify: x}"
    for text in (f"lists: {{l: {{feed: {feed}}}}}", f"users: {{u: {user}}}"):
        found = [
            message for message in mistakes(text) if message.endswith("is not available in this version")
        ]
        assert len(found) == 1
