"""Who is measured, and how each of them loads a file."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import contacts
import measure
from stores import Database

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("tournee")
PEERS = Path(sys.prefix) / "peers" / "bin" / "python"  # an environment of their own
LIMIT, TOURNEE, COMMAND = "limit", "tournee", "tournee-command"

CONFIGURATION = """\
database: {url}
timezone: Europe/Paris
contact_fields:
  purchase_date: {{type: date, columns: {{fr: Date d'achat}}}}
  store: {{type: text, columns: {{fr: Magasin}}}}
  amount: {{type: number, columns: {{fr: Montant}}}}
repositories:
  depot: {{url: "file://{depot}"}}
lists:
  avis:
    name: Avis
    feed: {{repository: depot, every: 1 day, settle: 0, language: fr}}
  autre:
    name: Autre
    feed: {{repository: depot, every: 1 day, settle: 0, language: fr}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One load: seconds with everything loaded, seconds of the whole program, bytes held at most."""

    seconds: float
    whole: float
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way to load a file: `prepare` an empty database, then `load` files into it."""

    name: str
    databases: Sequence[str]
    prepare: Callable[[Database, str], None]
    load: Callable[[str, Path], Load]
    repeats: bool = False  # also loads a file that changes nothing


class Arena:
    """The contestants, with a scratch directory for what they need."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.depot = scratch / "depot"
        self.depot.mkdir()
        self.configuration = scratch / "tournee.yaml"
        self.warm_up = scratch / "warm-up.csv"
        contacts.write(self.warm_up, 200, first=29_000_000)

    def contestants(self) -> Iterator[Contestant]:
        """Limit first: the others are told as multiples of it."""
        both = ("SQLite", "PostgreSQL")
        yield Contestant(name=LIMIT, databases=both, prepare=_plain, load=self.limit, repeats=True)
        yield Contestant(name=TOURNEE, databases=both, prepare=self.upgraded, load=self.running, repeats=True)
        yield Contestant(name=COMMAND, databases=both, prepare=self.upgraded, load=self.command)
        yield Contestant(name="pandas", databases=both, prepare=_plain, load=self._peer("pandas_load.py"))
        for name, database, prepare in (
            ("sqlite-utils", "SQLite", _nothing),
            ("polars", "PostgreSQL", _plain),
            ("duckdb", "PostgreSQL", _plain),
            ("dlt", "PostgreSQL", _nothing),
        ):
            script = f"{name.replace('-', '_')}_load.py"
            yield Contestant(name=name, databases=[database], prepare=prepare, load=self._peer(script))

    def limit(self, url: str, file: Path) -> Load:
        """The database's own load."""
        return _timed_itself(self._python("limit.py", url, str(file)))

    def _peer(self, script: str) -> Callable[[str, Path], Load]:
        def load(url: str, file: Path) -> Load:
            command = [str(PEERS), str(HERE / "peers" / script), url, str(file)]
            environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(HERE), "HOME": str(self.scratch)}
            return _timed_itself(measure.run(command, self.scratch, environment))

        return load

    def configure(self, url: str) -> None:
        """A configuration of the product for that database."""
        text = CONFIGURATION.format(url=url, depot=self.depot)
        self.configuration.write_text(text, encoding="utf-8")

    def upgraded(self, _database: Database, url: str) -> None:
        """An empty database of the product."""
        self.configure(url)
        subprocess.run(
            [str(PROGRAM), "db", "upgrade", "--config", str(self.configuration)],
            check=True,
            capture_output=True,
            text=True,
        )

    def running(self, _url: str, file: Path) -> Load:
        """As in the daemon: start-up is not timed, but what is held is held by the whole process."""
        done = self._python("resident.py", "import", str(self.configuration), str(self.warm_up), str(file))
        said = json.loads(done.output)
        account(said["counts"], file)
        return Load(seconds=said["seconds"], whole=done.seconds, peak=done.peak)

    def command(self, _url: str, file: Path) -> Load:
        """The command as a person runs it, from its start to its end."""
        done = measure.run(self.importing("avis", file), self.scratch)
        account(json.loads(done.output)["counts"], file)
        return Load(seconds=done.seconds, whole=done.seconds, peak=done.peak)

    def importing(self, key: str, file: Path) -> list[str]:
        """The command that imports a file into a list."""
        words = ["import", key, str(file), "--no-send", "--json", "--config", str(self.configuration)]
        return [str(PROGRAM), *words]

    def _python(self, script: str, *words: str) -> measure.Measured:
        return measure.run([sys.executable, str(HERE / script), *words], self.scratch)


def account(counts: dict[str, int], file: Path) -> None:
    """What the product counted must add up to the file (its name ends with its rows), with few rejected."""
    rows = int(file.stem.rpartition("-")[2])
    accounted = sum(count for name, count in counts.items() if name != "read")
    if not counts["read"] == accounted == rows or counts["rejected"] > rows // 50:
        raise SystemExit(f"tournee import lost rows or rejected too many: {counts}")


def installed(contestant: Contestant) -> bool:
    """Whether what it needs is there."""
    if contestant.name in (LIMIT, TOURNEE, COMMAND):
        return True
    script = HERE / "peers" / f"{contestant.name.replace('-', '_')}_load.py"
    importing = [str(PEERS), "-c", f"import {script.stem}"]
    environment = {"PYTHONPATH": f"{HERE}:{script.parent}"}
    return PEERS.exists() and not subprocess.run(importing, env=environment, capture_output=True).returncode


def _timed_itself(done: measure.Measured) -> Load:
    return Load(seconds=float(done.output.split()[-1]), whole=done.seconds, peak=done.peak)


def _plain(database: Database, url: str) -> None:
    database.create_table(url)


def _nothing(_database: Database, _url: str) -> None:
    """Makes its table itself."""
