"""What the tests of the ways in share: a terminal of 80 columns, English unless asked otherwise."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from support.house import House
from support.smtp import Sink


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    """As on a terminal of 80 columns, whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TOURNEE_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def own_log():
    """The log and the hooks of the test process stay as they were."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, threading.excepthook, sys.unraisablehook)
    yield
    logging.captureWarnings(False)
    root.handlers[:], threading.excepthook, sys.unraisablehook = before[0], before[2], before[3]
    root.setLevel(before[1])


@pytest.fixture
def house(tmp_path) -> House:
    """A configuration, a drop box and a database of their own."""
    return House(tmp_path)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    server = Sink()
    server.start()
    yield server
    server.stop()
