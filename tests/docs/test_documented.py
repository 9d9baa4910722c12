"""Every command, option, configuration key, alert kind and code stands in the documentation."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from tournee import cli
from tournee.config import json_schema
from tournee.core import facts

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CODES = (
    facts.AlertKind,
    facts.FileOutcome,
    facts.NearMissReason,
    facts.RejectReason,
    facts.RemoteErrorKind,
    facts.RowErrorCode,
    facts.SendStatus,
    facts.WaitReason,
    facts.WarningCode,
)
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]*)")


def everything() -> str:
    """All pages in one text."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands(command: TyperCommand | TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """Each command that does something, under its whole name."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for part, below in command.commands.items():
        yield from commands(below, f"{name} {part}")


def keys(schema: object) -> Iterator[str]:
    """Each key that a JSON Schema describes."""
    if isinstance(schema, dict):
        properties = schema.get("properties", {})
        yield from properties
        for part in (*schema.values(), *properties.values()):
            yield from keys(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keys(part)


def in_backticks(word: str) -> re.Pattern[str]:
    """`word`, alone or with what belongs to it: `every:`, `--json`, `poll LIST`."""
    return re.compile(rf"`[^`\n]*(?<![\w-]){re.escape(word)}(?![\w-])[^`\n]*`")


def test_every_command_is_documented():
    known = dict(commands(typer.main.get_command(cli.app), "tournee"))
    assert [name for name in known if not re.search(rf"{name}(?![\w-])", everything())] == []


def test_every_option_is_documented():
    known = dict(commands(typer.main.get_command(cli.app), "tournee"))
    options = {option for one in known.values() for parameter in one.params for option in parameter.opts}
    long = {option for option in options if option.startswith("--")}
    assert [option for option in sorted(long) if not re.search(rf"{option}(?![\w-])", everything())] == []


def test_every_configuration_key_is_documented():
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in sorted(set(keys(json_schema()))) if not in_backticks(key).search(page)] == []


@pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.__name__)
def test_every_code_is_documented(codes: type[StrEnum]):
    text = everything()
    assert [code.value for code in codes if not in_backticks(code.value).search(text)] == []


def test_every_link_leads_somewhere():
    missing = [
        (page.name, target)
        for page in PAGES
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if target and "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`(?:\w+=\S+ )*make ([a-z-]+)", everything())) - targets == set()
