"""`tournee run` as a process whose log is read line by line."""

import json
import subprocess
import threading
from signal import SIGTERM, Signals
from time import monotonic
from typing import Self

from support.house import House

PATIENCE = 30.0


class Running:
    """A daemon; `wait_for` returns the first line of its log, from now on, that has an event and fields."""

    def __init__(self, house: House, **environment: str) -> None:
        self.process = subprocess.Popen(
            house.arguments("run"),
            env={**house.environ(), **environment},
            cwd=house.root,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[dict] = []
        self.read = 0  # lines that were waited for
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._follow)
        self.reader.start()

    def _follow(self) -> None:
        for line in self.process.stderr:
            with self.news:
                self.lines.append(
                    json.loads(line) if line.startswith("{") else {"event": "text", "text": line}
                )
                self.news.notify_all()
        with self.news:
            self.lines.append({"event": "ended"})
            self.news.notify_all()

    def wait_for(self, event: str, **fields: object) -> dict:
        wanted = {"event": event, **fields}
        until = monotonic() + PATIENCE
        with self.news:
            while True:
                while self.read < len(self.lines):
                    line = self.lines[self.read]
                    self.read += 1
                    if wanted.items() <= line.items():
                        return line
                    assert line["event"] != "ended", f"ended without {wanted}: {self.lines}"
                assert self.news.wait(until - monotonic()), f"no {wanted} in {self.lines}"

    def signal(self, number: Signals) -> None:
        self.process.send_signal(number)

    def stop(self, number: Signals = SIGTERM) -> int:
        """Ask it to end, and its exit code."""
        self.signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()
