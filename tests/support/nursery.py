"""Processes that may die at any moment, forked from one that has the program loaded.

A command then starts in milliseconds instead of most of a second, so that it can be killed at many moments.
A nursery has one child at a time; who wants two at once takes two nurseries.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


class Nursery:
    """`start` forks a child: a command as one types it, or one of `ACTS`, maybe with a clock of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "support.nursery"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = 0

    def start(self, config: Path, *words: str, now: datetime | None = None) -> None:
        """A child that does this: `poll avis`, or `send`, at which time `now` stands still."""
        self._tell(json.dumps({"config": str(config), "words": words, "now": now and now.isoformat()}))
        self.pid = int(self._hear())

    def kill(self) -> None:
        """Nothing of it is left to tell the tale. Harmless when it has ended."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, or the negative number of the signal that killed it."""
        self._tell("buried")
        code = int(self._hear())
        self.pid = 0
        return code

    def run(self, config: Path, *words: str, now: datetime | None = None) -> int:
        self.start(config, *words, now=now)
        return self.wait()

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    def _tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def _hear(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One process that children are forked from."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="module")
def nurseries() -> Iterator[tuple[Nursery, Nursery]]:
    """Two of them, whose children live at the same time."""
    made = (Nursery(), Nursery())
    yield made
    for each in made:
        each.close()


# ---------------------------------------------------------------- in the nursery itself


def send_due(app: Any) -> None:
    """What is due, as soon as nobody else is at it."""
    from tournee.actions import send

    while send.send_due(app).busy:
        time.sleep(0.02)


def imports(app: Any, key: str, side: str, number: str) -> None:
    """So many files `SIDE-NUMBER.csv` beside the configuration, each at the moment of the other side's."""
    from tournee.actions import intake

    home = Path(os.environ["TOURNEE_CONFIG"]).parent
    for each in range(int(number)):
        _meet(home, side, each)
        intake.import_file(app, key, str(home / f"{side}-{each}.csv"))


def _meet(home: Path, side: str, number: int) -> None:
    (home / f"{side}-{number}.here").touch()
    while len(list(home.glob(f"*-{number}.here"))) < 2:
        pass


#: What a child would have to load otherwise.
LOADED = (
    *("tournee.cli", "tournee.actions.intake", "tournee.actions.send"),
    *("tournee.channels.email", "tournee.channels.http"),
    *("tournee.store.dialects.sqlite", "tournee.store.dialects.postgresql", "sqlite3", "psycopg"),
)
ACTS: dict[str, Callable[..., None]] = {"send": send_due, "imports": imports}


def _bring_up() -> None:
    """Fork a child for each order. It is not buried before the test asks: nobody else gets its number."""
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(json.loads(line))
        _say(child)
        sys.stdin.readline()
        _pid, status = os.waitpid(child, 0)
        _say(os.waitstatus_to_exitcode(status))


def _live(order: dict[str, Any]) -> None:
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.environ.update(TOURNEE_CONFIG=order["config"])
        code = _act(order) if order["words"][0] in ACTS else _command(order["words"])
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _act(order: dict[str, Any]) -> int:
    from tournee.actions import open_app, utc_now

    clock = partial(datetime.fromisoformat, order["now"]) if order["now"] else utc_now
    with open_app(order["config"], clock=clock) as app:
        act, *words = order["words"]
        ACTS[act](app, *words)
    return 0


def _command(words: Sequence[str]) -> int:
    from tournee.cli import main

    sys.argv = ["tournee", *words]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _bring_up()
