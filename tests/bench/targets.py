"""What was promised for the speed and the memory of an import, and whether it was kept."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contestants import LIMIT, TOURNEE
from shapes import AGAIN, FIRST, UPDATE, Entry, Results

DATABASES = ("SQLite", "PostgreSQL")
MEMORY_LIMIT, GROWTH_LIMIT = 150 << 20, 10 << 20  # bytes
SMALL_FILE = 0.1  # seconds
MAILS = {"SQLite": 500}  # a second, at least
LINEAR = 1.3
PAST = 5_000_000  # solicitations that are remembered
GATHERED, DECIDED = (3.0, 1.5), (5.0, 5.0)  # seconds, for 100,000 contacts
TIMES_LIMIT = {
    (FIRST, 100_000): (1.8, 1.5),
    (FIRST, 1_000_000): (1.8, 1.3),
    (UPDATE, 1_000_000): (1.9, 1.1),
}
STEPS = {FIRST: "first load", UPDATE: "half new, half changed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One promise on one database."""

    promise: str
    database: str
    most: str
    measured: str
    kept: bool


def verdicts(results: Results) -> list[Verdict]:
    """All that the results can tell."""
    judges: tuple[Callable[[Results, str], Iterator[Verdict]], ...] = (
        _times, _again, _peers, _memory, _linear, _small, _mails, _decided,
    )  # fmt: skip
    return [verdict for judge in judges for database in DATABASES for verdict in judge(results, database)]


def _times(results: Results, database: str) -> Iterator[Verdict]:
    for (step, rows), mosts in TIMES_LIMIT.items():
        ours, least = (results.find(database, name, rows, step) for name in (TOURNEE, LIMIT))
        if ours and least:
            most, times = mosts[DATABASES.index(database)], ours.seconds / least.seconds
            yield Verdict(
                promise=f"{STEPS[step]}, {rows:,} rows, times the limit",
                database=database,
                most=f"{most}",
                measured=f"{times:.2f}",
                kept=times <= most,
            )


def _again(results: Results, database: str) -> Iterator[Verdict]:
    for again in _of(results, database, AGAIN):
        if first := results.find(database, TOURNEE, again.rows, FIRST):
            yield Verdict(
                promise=f"{again.rows:,} rows again, nothing changed: sooner than the first load",
                database=database,
                most=f"{first.seconds:.2f} s",
                measured=f"{again.seconds:.2f} s",
                kept=again.seconds < first.seconds,
            )


def _peers(results: Results, database: str) -> Iterator[Verdict]:
    for step in STEPS:
        for ours in _of(results, database, step):
            others = [
                one
                for one in results.entries
                if (one.database, one.rows, one.step) == (database, ours.rows, step)
                and not one.contestant.startswith((LIMIT, TOURNEE))
            ]
            if others:
                best = min(others, key=lambda one: one.seconds)
                yield Verdict(
                    promise=f"{STEPS[step]}, {ours.rows:,} rows: ahead of the best other, {best.contestant}",
                    database=database,
                    most=f"{best.seconds:.2f} s",
                    measured=f"{ours.seconds:.2f} s",
                    kept=ours.seconds < best.seconds,
                )


def _memory(results: Results, database: str) -> Iterator[Verdict]:
    held = {one.rows: one.peak for one in _of(results, database, FIRST)}
    ours = [one for one in results.entries if one.database == database and one.contestant.startswith(TOURNEE)]
    if ours:
        most = max(one.peak for one in ours)
        yield Verdict(
            promise="memory of all its processes",
            database=database,
            most=f"{MEMORY_LIMIT >> 20} MiB",
            measured=f"{most / (1 << 20):.0f} MiB",
            kept=most < MEMORY_LIMIT,
        )
    if {1_000_000, 3_000_000} <= held.keys():
        growth = held[3_000_000] - held[1_000_000]
        yield Verdict(
            promise="memory, from one to three million rows",
            database=database,
            most=f"+{GROWTH_LIMIT >> 20} MiB",
            measured=f"{growth / (1 << 20):+.0f} MiB",
            kept=growth <= GROWTH_LIMIT,
        )


def _linear(results: Results, database: str) -> Iterator[Verdict]:
    """The time per row of the largest file, by that at 100,000."""
    middle = results.find(database, TOURNEE, 100_000, FIRST)
    largest = max(_of(results, database, FIRST), key=lambda one: one.rows, default=None)
    if middle and largest and largest.rows > middle.rows:
        times = (largest.seconds / largest.rows) / (middle.seconds / middle.rows)
        yield Verdict(
            promise=f"time per row at {largest.rows:,} rows, times that at 100,000",
            database=database,
            most=f"{LINEAR}",
            measured=f"{times:.2f}",
            kept=times <= LINEAR,
        )


def _small(results: Results, database: str) -> Iterator[Verdict]:
    if spent := results.polls.get(database):
        seconds, worked = statistics.median(spent["seconds"]), statistics.median(spent["processor"])
        yield Verdict(
            promise="a file of 100 rows, from listing to commit, and of that its own time",
            database=database,
            most=f"{SMALL_FILE * 1000:.0f} ms",
            measured=f"{seconds * 1000:.0f} ms, {worked * 1000:.0f} ms",
            kept=worked < SMALL_FILE,
        )


def _mails(results: Results, database: str) -> Iterator[Verdict]:
    ours = results.mails.get(database, {}).get(TOURNEE)
    if ours and database in MAILS:
        yield Verdict(
            promise="invitations a second (at least)",
            database=database,
            most=f"{MAILS[database]}",
            measured=f"{ours.speed:.0f}",
            kept=ours.speed >= MAILS[database],
        )


def _decided(results: Results, database: str) -> Iterator[Verdict]:
    found = results.histories.get(database)
    if not found or (found["rows"], found["past"]) != (100_000, PAST):
        return
    place = DATABASES.index(database)
    for name, what, mosts in (("gathered", "history gathered", GATHERED), ("whole", "decided", DECIDED)):
        seconds = statistics.median(run[name] for run in found["runs"])
        yield Verdict(
            promise=f"{found['rows']:,} contacts against {PAST:,} solicitations: {what}",
            database=database,
            most=f"{mosts[place]:.1f} s",
            measured=f"{seconds:.2f} s",
            kept=seconds <= mosts[place],
        )


def _of(results: Results, database: str, step: str) -> list[Entry]:
    wanted = (database, TOURNEE, step)
    return [one for one in results.entries if (one.database, one.contestant, one.step) == wanted]
