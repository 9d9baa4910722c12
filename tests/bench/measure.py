"""How long a command takes and how much memory its processes hold at most (Linux: read from /proc)."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PAUSE = 0.01  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: seconds of the clock, bytes of memory, what the command printed."""

    seconds: float
    peak: int
    output: str


def run(command: Sequence[str], scratch: Path) -> Measured:
    """Run to the end and measure; raises CalledProcessError, with what it said, where the command fails.

    `peak` adds up the high-water marks of all processes that are alive at one time, so it is never too low.
    """
    with (scratch / "output").open("w+b") as output, (scratch / "errors").open("w+b") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(high_water, tree(process.pid))))
            time.sleep(PAUSE)
        seconds = time.perf_counter() - begun
        said, complaint = text(output), text(errors)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), said, complaint)
    return Measured(seconds=seconds, peak=peak, output=said)


def text(file: BinaryIO) -> str:
    """All that was written to an open file."""
    file.seek(0)
    return file.read().decode()


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in quietly(children).split():
            yield from tree(int(child))


def high_water(pid: int) -> int:
    """The most memory that a process has held so far, in bytes; 0 when it is gone."""
    for line in quietly(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def quietly(path: Path) -> str:
    """A file of /proc; empty when its process has just ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
