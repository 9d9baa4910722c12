"""Which files are a configuration, and how several become one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tournee.config import load
from tournee.core.errors import ConfigurationError


def problems(path: str | None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(path, {})
    return [str(problem) for problem in caught.value.problems]


def test_without_a_path_it_is_the_directory_config(write):
    write("config/tournee.yaml", "lists: {a: }")
    assert load(None, {}).files == ("config/tournee.yaml",)


def test_a_directory_is_its_yaml_files_not_hidden_not_below(write):
    for name in ("b.yml", "a.yaml", ".hidden.yaml", "below/c.yaml", "notes.txt", "d.yaml.bak", "e.YAML"):
        write(f"config/{name}", f"lists: {{{name[0].strip('.') or 'h'}: }}")
    assert load("config", {}).files == ("config/a.yaml", "config/b.yml")


def test_files_of_a_directory_are_merged(write):
    write("config/base.yaml", "timezone: Europe/Paris\nlists:\n  avis: {name: Avis}\n")
    write("config/customer.yaml", "lists:\n  magasins:\n")
    settings = load("config", {}).settings
    assert (settings.timezone, list(settings.lists)) == ("Europe/Paris", ["avis", "magasins"])


def test_an_entry_in_two_files_is_told_with_both_places(write):
    write("config/a.yaml", "lists:\n  avis:\n")
    write("config/b.yaml", "lists:\n\n  avis:\n")
    assert problems("config") == [
        "config/b.yaml:3:3: `avis` is written twice; the first is at config/a.yaml:2:3"
    ]


def test_a_key_that_is_no_collection_stands_in_one_file_only(write):
    write("config/a.yaml", "timezone: UTC\nmail: {url: 'smtp://h', from: a@b.example}\nlists: {a: }\n")
    write("config/b.yaml", "timezone: UTC\nmail: {ca_file: x}\n")
    assert problems("config") == [
        "config/b.yaml:1:1: `timezone` is written twice; the first is at config/a.yaml:1:1",
        "config/b.yaml:2:1: `mail` is written twice; the first is at config/a.yaml:2:1",
    ]


def test_a_key_twice_in_one_file_is_told_with_both_places(write):
    write("one.yaml", "lists: {a: }\nlists: {b: }\n")
    assert problems("one.yaml") == ["one.yaml:2:1: `lists` is written twice; the first is at one.yaml:1:1"]


def test_a_section_that_is_no_mapping_in_one_of_the_files_is_told(write):
    write("config/a.yaml", "lists: {a: }\n")
    write("config/b.yaml", "lists: [b]\n")
    assert problems("config") == ["config/b.yaml:1:8: this must be a mapping of names"]


def test_what_is_wrong_with_the_files_of_a_directory_is_told_at_once(write):
    write("config/a.yaml", "lists: {a: }\nlists: {b: }\n")
    write("config/b.yaml", "x: @y\n")
    write("config/c.yaml", "")
    assert [problem.partition(": ")[0] for problem in problems("config")] == [
        "config/a.yaml:2:1",
        "config/b.yaml:1:4",
        "config/c.yaml:1:1",
    ]


def test_a_reference_to_another_file_is_a_reference(write):
    write("config/boxes.yaml", "repositories: {r: {url: 'file:///srv/in'}}\n")
    write("config/lists.yaml", "lists: {a: {feed: {repository: r, every: 1 day, language: fr}}}\n")
    assert load("config", {}).settings.lists["a"].feed.repository == "r"


def test_relative_paths_start_at_the_file_in_which_they_are_written(write, folder: Path):
    write("config/base.yaml", "database: sqlite:///../state/t.db\nspool: spool\nlists: {a: }\n")
    settings = load("config", {}).settings
    assert settings.database.url == f"sqlite:///{folder}/state/t.db"
    assert settings.spool == f"{folder}/config/spool"


def test_a_directory_without_yaml_says_so(folder: Path):
    (folder / "config").mkdir()
    assert problems("config") == ["config:1:1: there is no *.yaml or *.yml in this directory"]


def test_a_path_that_is_not_there_says_so():
    assert problems("nowhere") == ["nowhere:1:1: the configuration cannot be read: no such file or directory"]


def test_a_link_that_leads_nowhere_is_not_passed_over(write, folder: Path):
    write("config/a.yaml", "lists: {a: }")
    (folder / "config/b.yaml").symlink_to("gone.yaml")
    assert problems("config") == ["config/b.yaml:1:1: this file cannot be read: no such file or directory"]


def test_a_name_with_control_characters_is_escaped_in_messages(folder: Path):
    assert problems("a\x1b[31m\nb") == [
        "a\\x1b[31m\\nb:1:1: the configuration cannot be read: no such file or directory"
    ]


def test_a_configuration_may_come_through_a_pipe():
    reading, writing = os.pipe()
    os.write(writing, b"lists: {a: }")
    os.close(writing)
    assert list(load(f"/dev/fd/{reading}", {}).settings.lists) == ["a"]
    os.close(reading)


# ---------------------------------------------------------------- where state lives


def test_without_a_database_it_is_sqlite_below_var(configured, folder: Path):
    settings = configured("timezone: UTC").settings
    assert settings.database.url == f"sqlite:///{folder}/var/tournee.db"
    assert settings.spool == f"{folder}/var/spool"


def test_without_a_database_it_is_in_the_state_directory_of_systemd(configured):
    settings = configured("timezone: UTC", STATE_DIRECTORY="/var/lib/tournee:/var/lib/other").settings
    assert settings.database.url == "sqlite:////var/lib/tournee/tournee.db"
    assert settings.spool == "/var/lib/tournee/spool"


def test_the_spool_is_beside_a_database_that_is_a_file(configured):
    assert configured("database: sqlite:////srv/data/t.db").settings.spool == "/srv/data/spool"


def test_the_spool_of_a_postgresql_database_is_in_the_state_directory(configured):
    settings = configured("database: postgresql://u@h/db", STATE_DIRECTORY="/var/lib/tournee").settings
    assert settings.spool == "/var/lib/tournee/spool"


def test_a_configuration_without_templates_does_not_load_their_language(write):
    write("conf/a.yaml", "lists: {a: }")
    look = (
        "import sys; from tournee.config import load; load('conf', {}); "
        "print({'jinja2', 'phonenumbers', 'pydantic', 'sqlalchemy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
