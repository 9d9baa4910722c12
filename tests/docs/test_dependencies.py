"""`docs/dependencies.md` says what each dependency earns, and names no other."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"[\w.-]+")


def declared() -> set[str]:
    """The names of all that `pyproject.toml` asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = (
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    )
    return {NAME.match(requirement)[0] for group in groups for requirement in group}


def test_every_dependency_says_what_it_earns():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([\w.-]+) \| \w", page, re.MULTILINE)) - {"library", "tool"} == declared()


@pytest.mark.parametrize("lock", ["dev", "bench"])
def test_a_list_of_pinned_versions_names_versions_and_nothing_else(lock):
    lines = (ROOT / ".requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.lstrip().startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+( ; [^/]+)?", line)] == []


def test_every_dependency_is_pinned():
    locks = "".join(path.read_text(encoding="utf-8") for path in (ROOT / ".requirements").glob("*.txt"))
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)==", locks, re.MULTILINE)}
    assert {name.lower() for name in declared()} - pinned == set()
