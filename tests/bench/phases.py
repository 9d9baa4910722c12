"""Where the processor's time of one import goes: `BENCH_PROFILE=1 make bench`.

py-spy looks at the stacks of all the product's processes, many times a second, while a resident process
imports a file; a look counts for the innermost functions of ours on the stack, so that what a library does
counts for who called it. What the database server spends is read from /proc.
"""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import measure
from contestants import HERE, PEERS, Arena
from shapes import FIRST, UPDATE, Files
from stores import Database

LOOKS = 200  # a second
SHOWN = 25
FRAME = re.compile(r"(.+) \(tournee/(.+)\.py:\d+\)")
TIMED = re.compile(r"imported \(.*resident\.py:(\d+)\)")
TICKS = os.sysconf("SC_CLK_TCK")


def show(database: Database, arena: Arena, files: Files, rows: int) -> None:
    """Both steps of the contest, each with a table."""
    with database.empty() as url:
        arena.upgraded(database, url)
        for step in (FIRST, UPDATE):
            before = spent(database.process) if database.process else 0.0
            looks = profiled(arena, files.of(rows, step))
            server = spent(database.process) - before if database.process else 0.0
            ours = sum(looks.values()) / LOOKS
            print(f"\n{database.name}, {rows:,} rows, {step}: {ours:.2f} s of the processor", end="")
            print(f", and {server:.2f} s in the server" if database.process else "")
            modules = Counter[str]()
            for (module, _), count in looks.items():
                modules[module] += count
            told = [*modules.most_common(), ("", 0)]
            told += [(functions, count) for (_, functions), count in looks.most_common(SHOWN)]
            for what, count in told:
                print(f"{count / LOOKS:8.2f} s {count / sum(looks.values()):6.1%}  {what}" if count else "")


def profiled(arena: Arena, file: Path) -> Counter[tuple[str, str]]:
    """How often each place was found at work during the import."""
    kept = arena.scratch / "stacks"
    spy = [str(PEERS.with_name("py-spy")), "record", "--format", "raw", "--rate", str(LOOKS)]
    spy += ["--subprocesses", "--output", str(kept), "--", sys.executable]
    importing = [str(HERE / "resident.py"), "import", str(arena.configuration), str(arena.warm_up), str(file)]
    measure.run([*spy, *importing], arena.scratch)
    looks = Counter[tuple[str, str]]()
    for line in kept.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        if _during_import(stack):
            looks[_place(stack)] += int(count)
    return looks


def _during_import(stack: str) -> bool:
    """Not start-up, nor the warm-up, which stands some lines above; of other threads and processes, all."""
    found = TIMED.search(stack)
    return (
        int(found[1]) > _line_of("begun =") if found else "resident.py" not in stack and "tournee/" in stack
    )


def _line_of(start: str) -> int:
    lines = (HERE / "resident.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(start))


def _place(stack: str) -> tuple[str, str]:
    """The module that works; the innermost two functions of ours, and what they called at the end."""
    frames = stack.split(";")
    ours = [found for frame in frames if (found := FRAME.fullmatch(frame))]
    names = " > ".join(f"{frame[2].removesuffix('/__init__')} {frame[1]}" for frame in ours[-2:])
    called = "" if FRAME.fullmatch(frames[-1]) else f" > {frames[-1].partition(' (')[0]}"
    return "/".join(ours[-1][2].split("/")[:2]), names + called


def spent(process: int) -> float:
    """Seconds of the processor that a server and its children have spent, also those that have ended."""
    times = [
        measure.quietly(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split() for pid in measure.tree(process)
    ]
    alive = sum(int(time[11]) + int(time[12]) for time in times if time)
    return (alive + int(times[0][13]) + int(times[0][14])) / TICKS
