"""What every test that runs commands in its own process needs: a terminal, and a log that is put back."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a terminal of 80 columns, whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TOURNEE_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The log and the hooks of the test process stay as they were."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, threading.excepthook, sys.unraisablehook)
    yield
    logging.captureWarnings(False)
    root.handlers[:], threading.excepthook, sys.unraisablehook = before[0], before[2], before[3]
    root.setLevel(before[1])
