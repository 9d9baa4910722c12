"""A directory of its own for every test, in which `check` loads what a test writes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tournee.config import Config, load
from tournee.core.errors import ConfigurationError

Check = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def configured(write: Callable[[str, str], Path]) -> Callable[..., Config]:
    """What a text gives, as `tournee.yaml`; a list that nothing fills is added where there is no `lists:`."""

    def configured(text: str, **environ: str) -> Config:
        write(
            "tournee.yaml",
            text if re.search("^lists:", text, re.MULTILINE) else f"{text}\nlists: {{anybody: }}\n",
        )
        return load("tournee.yaml", environ)

    return configured


@pytest.fixture
def mistakes(configured: Callable[..., Config]) -> Check:
    """What is wrong with a text, as `line:column: message`."""

    def mistakes(text: str, **environ: str) -> list[str]:
        try:
            configured(text, **environ)
        except ConfigurationError as error:
            return [str(problem).removeprefix("tournee.yaml:") for problem in error.problems]
        return []

    return mistakes


@pytest.fixture
def warnings(configured: Callable[..., Config]) -> Check:
    """What is probably not meant in a text, as `line:column: message`."""

    def warnings(text: str, **environ: str) -> list[str]:
        return [str(one).removeprefix("tournee.yaml:") for one in configured(text, **environ).warnings]

    return warnings
