"""The one boundary of the command line: what is raised becomes a sentence and an exit code."""

import json
import os
import signal
import sys
import time

import pytest

from tournee import telemetry
from tournee.cli.way import guarded
from tournee.console import Console
from tournee.core.errors import AlreadyRunning, ConfigurationError, LocalFileError, StoreOutdated, UnknownName
from tournee.core.facts import Problem, Reason
from tournee.remote.local import LocalRemote

OTHER_LIST = """\
  bis:
    name: Bis
    feed: {repository: depot, every: 1 hour, language: fr, settle: 0, deploy: satisfaction, backlog: import}
"""


@pytest.fixture(autouse=True)
def own_signals():
    """Each test leaves the process as it was."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def raising(error: BaseException):
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownName(Reason("unknown_list", {"name": "x"})), 2),
        (UnknownName(Reason("unknown_repository", {"name": "x"})), 2),
        (UnknownName(Reason("unknown_contact")), 1),
        (UnknownName(Reason("unknown_import", {"id": 3})), 1),
        (StoreOutdated(Reason("x")), 1),
        (AlreadyRunning(Reason("x")), 1),
        (LocalFileError(Reason("x")), 1),
        (ConfigurationError([]), 2),
        (KeyboardInterrupt(), 130),
        (RuntimeError("a bug"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_trouble_has_its_exit_code(error, code):
    assert guarded(Console(), raising(error)) == code


def test_what_works_returns_its_own_code():
    assert [guarded(Console(), lambda code=code: code) for code in (None, 0, 1, 2)] == [0, 0, 1, 2]


def test_a_wrong_configuration_is_one_line_a_problem(capsys):
    problems = [Problem(file="t.yaml", line=3, column=5, message="unknown key `lsts`; did you mean `lists`?")]
    guarded(Console(), raising(ConfigurationError(problems)))
    assert capsys.readouterr() == ("", "t.yaml:3:5: unknown key `lsts`; did you mean `lists`?\n")


def test_a_wrong_configuration_keeps_json_parseable(capsys):
    problem = Problem(file="t.yaml", line=3, column=5, message="unknown key")
    guarded(Console(json=True), raising(ConfigurationError([problem])))
    shape = json.loads(capsys.readouterr().out)
    assert (shape["error"]["code"], shape["errors"][0]["line"]) == ("configuration_wrong", 3)


def test_a_bug_is_told_without_its_message(capsys):
    telemetry.setup(json=True)
    assert guarded(Console(), raising(RuntimeError("jean@example.com"))) == 1
    out, err = capsys.readouterr()
    assert ("RuntimeError" in err, "This is a bug in Tournée" in err, "jean" in out + err) == (
        True,
        True,
        False,
    )


def test_a_bug_in_one_list_lets_the_others_be_polled_and_what_is_due_be_sent(house, sink, monkeypatch):
    def stumble(remote: LocalRemote, directory: str, name: str) -> object:
        return look(remote, directory, name) if name != "import_avis.csv" else 1 / 0

    look = LocalRemote.look
    monkeypatch.setattr(LocalRemote, "look", stumble)
    house.with_post(sink.port)
    house.configure(house.config.read_text().replace("lists:", f"lists:\n{OTHER_LIST}"))
    house.put("import_avis.csv")
    house.put("import_bis.csv")
    done = house.here("poll", "--json")
    bis, avis = done.json
    assert (done.code, bis["files"][0]["outcome"], len(sink.received)) == (1, "imported", 2)
    assert (avis["ok"], avis["error"]["kind"], "ZeroDivisionError" in avis["error"]["message"]) == (
        False, "internal", True,
    )  # fmt: skip
    assert ("ZeroDivisionError" in done.err, "jean" in done.out + done.err) == (True, False)


def test_ctrl_c_is_quiet(capsys):
    guarded(Console(), raising(KeyboardInterrupt()))
    assert capsys.readouterr() == ("", "")


def test_sigterm_unwinds():
    unwound = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        finally:
            unwound.append(True)

    with pytest.raises(SystemExit) as ended:
        guarded(Console(), work)
    assert (ended.value.code, unwound) == (143, [True])


def test_a_reader_that_has_gone_is_no_failure(monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert guarded(Console(), lambda: Console().upgraded()) == 0


def test_a_disk_that_is_full_is_told(monkeypatch, capsys):
    with open("/dev/full", "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert guarded(Console(), lambda: Console().upgraded()) == 1
    assert capsys.readouterr().err == "The answer could not be printed: No space left on device.\n"
