"""`make bench`: an import beside the database's own limit and other ways to load a file, in one run.

What is asked for in the environment:

- BENCH_FULL=1: everything, up to three million rows, and docs/performance.md and its chart are written anew.
- BENCH_ROWS: rows of the contest, several numbers if you like (100000; full: 100000 1000000).
- BENCH_SIZES: other sizes for the time per row (1000 10000; full: 1000 10000 3000000).
- BENCH_MAILS: contacts who are invited, in 2 % of whom something is wrong (20500).
- BENCH_RUNS: how often everything is done (3); medians are shown.
- BENCH_PROFILE=1: instead, where the processor's time of one import goes.
- BENCH_PAST: solicitations that are remembered where contacts are decided about (5000000).
- BENCH_ONLY: of databases, shapes (contest, scale, poll, together, mail, history) and contestants, only
  those named.

Fails where rows are lost, where not everyone did the same work, and where the product holds 150 MiB.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import chart
import machine
import phases
import report
import shapes
from contestants import LIMIT, Arena, Contestant, installed
from shapes import Files, Results
from stores import Database, databases
from targets import verdicts

ROOT = Path(__file__).parents[2]
PROFILE = os.environ.get("BENCH_PROFILE", "") not in ("", "0")
FULL = os.environ.get("BENCH_FULL", "") not in ("", "0")
SHAPES = ("contest", "scale", "poll", "together", "mail", "history")


def numbers(name: str, short: str, full: str) -> list[int]:
    """The numbers of one variable."""
    return [int(word) for word in (os.environ.get(name) or (full if FULL else short)).split()]


ROWS = numbers("BENCH_ROWS", "100000", "100000 1000000")
SIZES = numbers("BENCH_SIZES", "1000 10000", "1000 10000 3000000")
(MAILS,) = numbers("BENCH_MAILS", "20500", "20500")
(PAST,) = numbers("BENCH_PAST", "5000000", "5000000")
(RUNS,) = numbers("BENCH_RUNS", "3", "3")


class Choice:
    """What BENCH_ONLY leaves: of each kind of names those that it has, or all."""

    def __init__(self, *kinds: Sequence[str]) -> None:
        words = os.environ.get("BENCH_ONLY", "").lower().split()
        known = {name.lower() for kind in kinds for name in kind}
        if unknown := sorted(set(words) - known):
            raise SystemExit(f"BENCH_ONLY: {', '.join(unknown)}? There are {', '.join(sorted(known))}.")
        named = [[name for name in kind if name.lower() in words] for kind in kinds]
        self._left = {name for kind, some in zip(kinds, named, strict=True) for name in some or kind}

    def has(self, name: str) -> bool:
        """Whether it is to be measured."""
        return name in self._left


def measure(scratch: Path) -> Results:
    """Everything that was asked for, on both databases."""
    results, arena, files = Results(), Arena(scratch), Files(scratch)
    with databases(scratch) as both:
        everyone = list(arena.contestants())
        choice = Choice(
            [one.name for one in both], SHAPES, [one.name for one in everyone if one.name != LIMIT]
        )
        wanted = [one for one in everyone if one.name == LIMIT or choice.has(one.name)]
        missing = [one.name for one in wanted if not installed(one)]
        for name in missing:
            print(f"{name} is not installed here and is left out")
        results.facts = machine.facts(both, missing)
        for database in both:
            if choice.has(database.name):
                fit = [one for one in wanted if database.name in one.databases and one.name not in missing]
                one_database(results, database, arena, files, fit, choice)
    return results


def one_database(
    results: Results,
    database: Database,
    arena: Arena,
    files: Files,
    contestants: Sequence[Contestant],
    choice: Choice,
) -> None:
    """All shapes that were asked for, or where the time of an import goes."""
    if PROFILE:
        for rows in ROWS:
            phases.show(database, arena, files, rows)
        return
    if choice.has("contest"):
        for rows in ROWS:
            shapes.contest(results, database, contestants, files, rows, RUNS)
    if choice.has("scale"):
        for rows in SIZES:
            shapes.scale(results, database, contestants, files, rows, RUNS)
    others: dict[str, Callable[[], None]] = {
        "poll": lambda: shapes.poll(results, database, arena, files, ROWS[0]),
        "together": lambda: shapes.together(results, database, arena, files, ROWS[0]),
        "mail": lambda: shapes.mail(results, database, arena, MAILS),
        "history": lambda: shapes.history(results, database, arena, ROWS[0], PAST, RUNS),
    }
    for name, measured in others.items():
        if choice.has(name):
            measured()


def main() -> None:
    """Measure, tell, draw."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as where it is installed
    with tempfile.TemporaryDirectory(prefix="tournee-bench-") as directory:
        try:
            results = measure(Path(directory))
        except subprocess.CalledProcessError as failed:
            raise SystemExit(f"{failed}\n{failed.stderr}") from None
    if PROFILE:
        return
    directory = ROOT / "build" / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    results.save(directory / "results.json")
    told = report.markdown(results)
    print(told)
    chart.write(results, (ROOT / "docs" if FULL else directory) / "performance.svg")
    if FULL:
        report.put_into(ROOT / "docs" / "performance.md", told)
    if not all(one.kept for one in verdicts(results) if one.promise.startswith("memory")):
        raise SystemExit("tournee holds more memory than was promised")


if __name__ == "__main__":
    main()
