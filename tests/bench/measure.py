"""How long a command takes and how much memory its processes hold at most (Linux: read from /proc)."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PAUSE, SELDOM = 0.01, 0.1  # seconds between two looks at the memory of one process, of several


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run: seconds of the clock, bytes of memory, what the command printed."""

    seconds: float
    peak: int
    output: str


def run(command: Sequence[str], scratch: Path, environment: dict[str, str] | None = None) -> Measured:
    """Run to the end and measure; raises CalledProcessError, with what it said, where the command fails."""
    with (scratch / "output").open("w+b") as output, (scratch / "errors").open("w+b") as errors:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment
        )
        memory = Memory(process.pid)
        while process.poll() is None:
            memory.look()
            time.sleep(PAUSE)
        seconds = time.perf_counter() - begun
        said, complaint = text(output), text(errors)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), said, complaint)
    return Measured(seconds=seconds, peak=memory.peak, output=said)


def text(file: BinaryIO) -> str:
    """All that was written to an open file."""
    file.seek(0)
    return file.read().decode()


@dataclass(slots=True)
class Memory:
    """The most bytes that a process and all that descend from it held together.

    What several of them share is counted once: a page that one inherited from another by the kernel's own
    shares (PSS), the pages of programs and libraries as those of the process that has most of them. A
    process's own high-water mark is kept by the kernel, so that what one alone held between two looks counts.
    """

    pid: int
    peak: int = 0
    _next: float = 0.0

    def look(self) -> None:
        """Look once; at several processes seldom, since the kernel walks through their pages for it."""
        pids = tuple(tree(self.pid))
        alone = max((kibibytes(f"/proc/{pid}/status").get("VmHWM", 0) for pid in pids), default=0)
        self.peak = max(self.peak, alone << 10)
        if len(pids) > 1 and time.monotonic() >= self._next:
            self.peak = max(self.peak, held(pids) << 10)
            self._next = time.monotonic() + SELDOM


def held(pids: Sequence[int]) -> int:
    """KiB that these processes hold together at this moment."""
    shares = [kibibytes(f"/proc/{pid}/smaps_rollup") for pid in pids]
    own = sum(share.get("Pss_Anon", 0) for share in shares)
    files = max((share.get("Rss", 0) - share.get("Anonymous", 0) for share in shares), default=0)
    return own + files


def tree(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in quietly(children).split():
            yield from tree(int(child))


def kibibytes(path: str) -> dict[str, int]:
    """The amounts in a file of /proc, by name."""
    lines = (line.split() for line in quietly(Path(path)).splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[2:] == ["kB"]}


def quietly(path: Path) -> str:
    """A file of /proc; empty when its process has just ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
