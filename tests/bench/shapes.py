"""What is measured: the contest, other sizes, a small file, two imports at once, mails sent, deciding."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import contacts
import mailing
import measure
import stores
from contestants import COMMAND, HERE, LIMIT, TOURNEE, Arena, Contestant, Load
from mailing import Mailed
from stores import Database

FIRST, UPDATE, AGAIN = "first", "update", "again"
POLLED_ROWS = 100
PEOPLE = (
    "SELECT 'contacts', count(*) FROM contacts UNION ALL "
    "SELECT l.key, count(*) FROM memberships m JOIN lists l ON l.id = m.list_id GROUP BY l.key"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """All loads of one kind: of `rows` rows into an empty table, of an update, of the update once more."""

    database: str
    contestant: str
    rows: int
    step: str
    loads: list[Load] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The run in the middle."""
        return statistics.median(load.seconds for load in self.loads)

    @property
    def whole(self) -> float:
        """The same with the program's start and end."""
        return statistics.median(load.whole for load in self.loads)

    @property
    def peak(self) -> int:
        """The most bytes held in any run."""
        return max(load.peak for load in self.loads)


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything that was measured in one run."""

    facts: dict[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    polls: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    together: dict[str, dict[str, float]] = field(default_factory=dict)
    mails: dict[str, dict[str, Mailed]] = field(default_factory=dict)  # by database, then by way
    histories: dict[str, dict[str, Any]] = field(default_factory=dict)

    def find(self, database: str, contestant: str, rows: int, step: str) -> Entry | None:
        """The loads of that kind, if there are any."""
        wanted = (database, contestant, rows, step)
        return next(
            (one for one in self.entries if (one.database, one.contestant, one.rows, one.step) == wanted),
            None,
        )

    def add(self, database: str, contestant: str, rows: int, step: str, load: Load) -> None:
        """One more load."""
        entry = self.find(database, contestant, rows, step)
        if entry is None:
            entry = Entry(database=database, contestant=contestant, rows=rows, step=step)
            self.entries.append(entry)
        entry.loads.append(load)
        told = f"{rows:>9,} rows  {database:11}{contestant:16}{step:7}{load.seconds:9.3f} s"
        print(f"{told}{load.whole:9.3f} s whole{load.peak / (1 << 20):8.0f} MiB", flush=True)

    def save(self, path: Path) -> None:
        """Keep them as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def saved(path: Path) -> Results:
    """What `save` has kept."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    entries = [
        Entry(**{**entry, "loads": [Load(**load) for load in entry["loads"]]}) for entry in kept["entries"]
    ]
    mails = {
        database: {way: Mailed(**one) for way, one in ways.items()}
        for database, ways in kept.get("mails", {}).items()
    }
    return Results(**{**kept, "entries": entries, "mails": mails})


class Files:
    """Contact files, made when they are first needed."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def of(self, rows: int, step: str) -> Path:
        """The file of a step; `again` is the update under another name."""
        path = self._scratch / f"{step}-{rows}.csv"
        if not path.exists():
            if step == AGAIN:
                path.hardlink_to(self.of(rows, UPDATE))
            else:
                contacts.write(path, rows, update_of=rows if step == UPDATE else 0)
        return path


def contest(
    results: Results,
    database: Database,
    contestants: Sequence[Contestant],
    files: Files,
    rows: int,
    runs: int,
) -> None:
    """Everyone loads a file, then an update, in turn, each time into a new database."""
    for _ in range(runs):
        sizes = {}
        for one in contestants:
            with database.empty() as url:
                one.prepare(database, url)
                for step in (FIRST, UPDATE, AGAIN) if one.repeats else (FIRST, UPDATE):
                    database.settle()
                    results.add(database.name, one.name, rows, step, one.load(url, files.of(rows, step)))
                if one.name not in (TOURNEE, COMMAND):
                    sizes[one.name] = stores.ask(url, "SELECT count(*) FROM contacts")[0][0]
        if len(set(sizes.values())) > 1:
            raise SystemExit(f"they did not all do the same work: {sizes}")


def scale(
    results: Results,
    database: Database,
    contestants: Sequence[Contestant],
    files: Files,
    rows: int,
    runs: int,
) -> None:
    """First loads of another size; small ones vary more, so there are more of them."""
    for _ in range(max(runs, 5) if rows < 50_000 else runs):
        for one in contestants:
            if one.name in (LIMIT, TOURNEE):
                with database.empty() as url:
                    one.prepare(database, url)
                    database.settle()
                    results.add(database.name, one.name, rows, FIRST, one.load(url, files.of(rows, FIRST)))


def poll(results: Results, database: Database, arena: Arena, files: Files, rows: int) -> None:
    """Small files that a running process finds in a drop box; the contacts of `rows` rows are there."""
    with database.empty() as url:
        arena.upgraded(database, url)
        arena.command(url, files.of(rows, FIRST))
        command = [sys.executable, str(HERE / "resident.py"), "poll", str(arena.configuration)]
        done = subprocess.run(
            [*command, str(arena.depot), str(POLLED_ROWS)], check=True, capture_output=True, text=True
        )
    for file in arena.depot.iterdir():
        file.unlink()
    results.polls[database.name] = spent = json.loads(done.stdout)
    middle, worked = (statistics.median(spent[name]) for name in ("seconds", "processor"))
    told = f"{POLLED_ROWS:>9,} rows  {database.name:11}polled for     {middle:9.3f} s"
    print(f"{told}{worked:9.3f} s of the processor", flush=True)


def together(results: Results, database: Database, arena: Arena, files: Files, rows: int) -> None:
    """Two imports into two lists, half of their contacts the same: one after the other, then at once."""
    seconds, found = {}, {}
    for way, work in (("in turn", _in_turn), ("at once", _at_once)):
        with database.empty() as url:
            arena.upgraded(database, url)
            database.settle()
            known = (("avis", FIRST), ("autre", UPDATE))
            commands = [arena.importing(key, files.of(rows, step)) for key, step in known]
            begun = time.perf_counter()
            work(commands)
            seconds[way] = time.perf_counter() - begun
            found[way] = dict(stores.ask(url, PEOPLE))
    if found["in turn"] != found["at once"]:
        raise SystemExit(f"two imports at once lost or invented contacts: {found}")
    results.together[database.name] = {**seconds, "contacts": found["at once"]["contacts"], "rows": rows}
    print(f"{rows:>9,} rows  {database.name:11}two imports    {seconds['at once']:9.3f} s at once", end="")
    print(f"{seconds['in turn']:9.3f} s in turn", flush=True)


def mail(results: Results, database: Database, arena: Arena, mails: int) -> None:
    """So many contacts are invited by email."""
    results.mails[database.name] = mailing.mail(database, arena, mails)


def history(results: Results, database: Database, arena: Arena, rows: int, past: int, runs: int) -> None:
    """The contacts of a file are decided about under three caps, with so many solicitations of the past."""
    with database.empty() as url:
        words = [url, str(rows), str(past), str(runs)]
        done = measure.run([sys.executable, str(HERE / "deciding.py"), *words], arena.scratch)
    said = json.loads(done.output)
    results.histories[database.name] = {**said, "rows": rows, "past": past, "peak": done.peak}
    if not any("solicitations_history" in line for line in said["plan"]):
        raise SystemExit(f"{database.name} does not look the past up by its index: {said['plan']}")
    gathered, whole = (statistics.median(run[name] for run in said["runs"]) for name in ("gathered", "whole"))
    told = f"{rows:>9,} rows  {database.name:11}decided        {whole:9.3f} s"
    print(f"{told}{gathered:9.3f} s of it gathering", flush=True)
    print("\n".join(f"    {line}" for line in said["plan"]), flush=True)


def _in_turn(commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)


def _at_once(commands: Sequence[Sequence[str]]) -> None:
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    outputs = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit(f"of two imports at once, one failed: {outputs}")
