"""The log: bound, structured, and without anything private. Each case runs in a process of its own."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee import telemetry

SETUP = """
import logging, sys, threading
from tournee import telemetry
from tournee.core.errors import RemoteError
from tournee.core.facts import Reason, RemoteErrorKind
telemetry.setup(logging.INFO, json={json})
"""
PERSON = ("jean.dupont@example.com", "+33612345678", "06 12 34 56 78", "hunter2")


def logged(code: str, *, as_json: bool = True) -> str:
    """What a process that runs `code` writes to stderr."""
    script = SETUP.format(json=as_json) + code
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def lines(code: str) -> list[dict]:
    return [json.loads(line) for line in logged(code).splitlines()]


def test_a_line_is_bound_to_list_repository_and_file():
    [line] = lines("""
with telemetry.bound(list="avis", repository="boutique"):
  with telemetry.bound(file="import_avis_20261123_0930.csv"):
    telemetry.log.info("imported", rows=3)
""")
    expected = {
        "event": "imported",
        "level": "info",
        "list": "avis",
        "repository": "boutique",
        "file": "import_avis_20261123_0930.csv",
        "rows": 3,
    }
    assert {key: line[key] for key in expected} == expected
    assert line["timestamp"].endswith("Z")


def test_what_was_bound_is_forgotten_after_the_block():
    [line] = lines("""
with telemetry.bound(list="avis"):
    pass
telemetry.log.info("imported")
""")
    assert "list" not in line


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "terminal"])
def test_nothing_private_is_written_by_any_road(as_json):
    text = logged(
        f"""
person = {PERSON!r}
telemetry.log.info("x", email=person[0], phone=person[1], password=person[3], text=" ".join(person[:3]))
telemetry.log.info("x", nested={{"to": person[0], "rows": [person[1]]}}, url=f"ftp://u:{{person[3]}}@host/")
telemetry.log.warning("x", said=f"530 login failed for {{person[0]}} password={{person[3]}}")
try:
    raise ValueError(*person)
except ValueError as error:
    telemetry.log.bug(error)
    telemetry.log.warning("x", error=error)
    logging.getLogger("paramiko.transport").warning("from %s: secret %s", person[0], person[3], exc_info=True)
    logging.getLogger("paramiko").error("%d", *person)
died = threading.Thread(target=lambda: int(person[0]))
died.start()
died.join()
""",
        as_json=as_json,
    )
    assert [value for value in PERSON if value in text] == []
    assert "Dupont" not in text
    assert text.count("ValueError") == 4


def test_a_bug_is_told_as_its_type_and_its_places_in_the_code():
    [line] = lines("""
try:
    raise RemoteError(RemoteErrorKind.TIMEOUT) from KeyError("jean@example.com")
except RemoteError as error:
    telemetry.log.bug(error)
""")
    assert line["error"] == {
        "type": "tournee.core.errors.RemoteError",
        "code": "remote_timeout",
        "at": ["<string>:9 <module>"],
        "cause": {"type": "KeyError", "at": []},
    }


def test_a_reason_is_logged_with_its_details():
    [line] = lines("""telemetry.log.info("x", reason=Reason("missing_column", {"columns": ["Email"]}))""")
    assert line["reason"] == {"code": "missing_column", "columns": ["Email"]}


def test_others_are_heard_from_warning_on():
    assert [
        line["event"]
        for line in lines("""
logging.getLogger("paramiko.transport").info("connected")
logging.getLogger("apscheduler.scheduler").warning("late")
""")
    ] == ["late"]


def test_control_characters_of_a_name_are_escaped():
    [line] = lines(r"""telemetry.log.info("x", file="import_\x1b[2J\udce9\u202e.csv")""")
    assert line["file"] == r"import_\x1b[2J\xe9\u202e.csv"


def test_a_log_that_cannot_be_written_does_not_stop_the_work():
    script = SETUP.format(json=True) + "sys.stderr.close()\ntelemetry.log.info('x')\nprint('went on')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "went on\n"


def test_an_action_that_logs_without_a_set_up_writes_nothing():
    script = "from tournee import telemetry\ntelemetry.log.error('x')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "import_avis_20261123093000.csv",
        "import_avis_20261123_0930.csv",
        "2026-11-23T09:30:00Z",
        "2026-11-23 09:30",
        "192.168.100.200",
        "10.0.0.12:2121",
        "ab" * 32,
        "at_most 1 per 90 days",
    ],
)
def test_stamps_addresses_and_checksums_stay_readable(text):
    assert telemetry.mask(text) == text


phones = st.from_regex(
    r"(\+|00)[1-9][0-9]{8,11}|0[1-9]([ .\-]?[0-9]{2}){4}|\([0-9]{3}\) [0-9]{3}-[0-9]{4}", fullmatch=True
)
emails = st.from_regex(r"[a-z][a-z0-9.+_-]{0,20}@[a-z][a-z0-9-]{0,20}\.[a-z]{2,6}", fullmatch=True)
around = st.sampled_from(["", " ", "(", "<", "'", "=", ": ", "contact_", "mailto:", "tel:"])


@given(
    before=around, private=st.one_of(phones, emails), after=st.sampled_from(["", " ", ")", ">", ", refused"])
)
def test_an_address_or_a_phone_number_never_survives(before, private, after):
    assert private not in telemetry.mask(before + private + after)
