"""The results in words: Markdown tables, the targets and whether they were met."""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from contestants import COMMAND, LIMIT, TOURNEE
from shapes import AGAIN, FIRST, UPDATE, Entry, Results
from targets import DATABASES, verdicts

NAMES = {
    LIMIT: "limit",
    TOURNEE: "**Tournée**",
    "pandas": "pandas.to_sql",
    "sqlite-utils": "sqlite-utils",
    "polars": "polars with ADBC",
    "duckdb": "DuckDB",
    "dlt": "dlt",
}
BEGIN, END = "<!-- measured: make bench writes this -->", "<!-- end of what was measured -->"


def markdown(results: Results) -> str:
    """Everything, in the order of the page."""
    parts = [_facts(results), _promises(results), *_contests(results), _sizes(results), _others(results)]
    parts += [_mails(results), _histories(results)]
    return "\n\n".join(part for part in parts if part)


def put_into(page: Path, told: str) -> None:
    """Replace what the page told before."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _facts(results: Results) -> str:
    facts = results.facts
    told = (
        f"Tournée {facts['tournee']}, {facts['date']}, on {facts['machine']}; Python {facts['python']}, "
        f"{facts['databases']}, both with their usual durability; {facts['peers'] or 'no peers'}. "
        f"The limit uses {facts['sqlite way']} on SQLite, COPY on PostgreSQL."
    )
    return told + (f" Not installed, and left out: {facts['missing']}." if facts["missing"] else "")


def _promises(results: Results) -> str:
    lines = [
        [one.promise, one.database, one.most, one.measured, "yes" if one.kept else "**no**"]
        for one in verdicts(results)
    ]
    return _table(["", "", "at most", "measured", "kept"], lines) if lines else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _contests(results: Results) -> Iterator[str]:
    """One table for each number of rows."""
    for rows in sorted({one.rows for one in results.entries if one.step == UPDATE}):
        header = [
            "",
            "first load",
            "×",
            "half new",
            "×",
            "the same again",
            "×",
            "from the shell",
            "×",
            "memory",
        ]
        lines = [
            line
            for database in DATABASES
            for name in NAMES
            if (line := _contest_line(results, database, name, rows))
        ]
        runs = len(next(one for one in results.entries if one.rows == rows).loads)
        yield f"### {rows:,} rows\n\nMedians of {runs}, below each the least and the most.\n\n" + _table(
            header, lines
        )


def _contest_line(results: Results, database: str, name: str, rows: int) -> list[str] | None:
    steps = [results.find(database, name, rows, step) for step in (FIRST, UPDATE, AGAIN)]
    limits = [results.find(database, LIMIT, rows, step) for step in (FIRST, UPDATE, AGAIN)]
    if not (steps[0] and limits[0]):
        return None
    cells = [f"{database}: {NAMES[name]}"]
    for step, least in zip(steps, limits, strict=True):
        cells += _pair(step, least)
    shell = results.find(database, COMMAND, rows, FIRST) if name == TOURNEE else steps[0]
    if name == LIMIT or shell is None:
        return [*cells, "", "", ""]
    peaks = [one.peak for one in (*steps, shell) if one]
    return [
        *cells,
        f"{shell.whole:.2f} s",
        f"{shell.whole / limits[0].seconds:.2f}",
        f"{max(peaks) >> 20} MiB",
    ]


def _pair(entry: Entry | None, least: Entry | None) -> tuple[str, str]:
    """Seconds with their range, and how many times the limit."""
    if entry is None or least is None:
        return "", ""
    seconds = [load.seconds for load in entry.loads]
    spread = f"<br><sub>{min(seconds):.2f}–{max(seconds):.2f}</sub>" if len(seconds) > 1 else ""
    return f"{entry.seconds:.2f} s{spread}", f"{entry.seconds / least.seconds:.2f}"


def _sizes(results: Results) -> str:
    """Time per row and memory of first loads."""
    firsts = [one for one in results.entries if (one.contestant, one.step) == (TOURNEE, FIRST)]
    rows = sorted({one.rows for one in firsts})
    if len(rows) < 2:
        return ""
    lines = []
    for database in DATABASES:
        found = [results.find(database, TOURNEE, size, FIRST) for size in rows]
        if any(found):
            lines.append([f"{database}: µs a row", *(f"{micros(one):.1f}" if one else "" for one in found)])
            lines.append([f"{database}: memory", *(f"{one.peak >> 20} MiB" if one else "" for one in found)])
    header = ["first load, Tournée", *(f"{size:,} rows" for size in rows)]
    return "### From small to large\n\n" + _table(header, lines)


def micros(entry: Entry) -> float:
    """Microseconds a row."""
    return entry.seconds / entry.rows * 1e6


def _others(results: Results) -> str:
    """The small file and the two imports."""
    told = []
    for database, spent in results.polls.items():
        told.append(
            f"- {database}: a file of 100 rows, from listing to commit in a running process, takes "
            f"{_milliseconds(spent['seconds'])}, of which the process itself works "
            f"{_milliseconds(spent['processor'])}."
        )
    for database, found in results.together.items():
        told.append(
            f"- {database}: two imports of {found['rows']:,} rows, half of them the same contacts, at once "
            f"{found['at once']:.1f} s, one after the other {found['in turn']:.1f} s; "
            f"{found['contacts']:,} contacts both times, and both lists complete."
        )
    return "### A small file, and two at once\n\n" + "\n".join(told) if told else ""


def _mails(results: Results) -> str:
    """Messages a second, beside the way that everybody would write first."""
    lines = [
        [
            f"{database}: {'**Tournée**' if way == TOURNEE else 'smtplib and email, no database'}",
            f"{one.sent:,}",
            f"{one.size:,}",
            f"{one.speed:,.0f}",
            f"{one.speed / ways['smtplib'].speed:.2f}",
            f"{one.peak >> 20} MiB",
        ]
        for database, ways in results.mails.items()
        for way, one in ways.items()
    ]
    header = ["", "mails", "bytes each", "a second", "×", "memory"]
    return "### Invitations\n\n" + _table(header, lines) if lines else ""


def _histories(results: Results) -> str:
    """Deciding about the contacts of a file, and how the past is looked up."""
    told = []
    for database, found in results.histories.items():
        gathered, whole = ([run[name] for run in found["runs"]] for name in ("gathered", "whole"))
        told.append(
            f"- {database}: what the {found['rows']:,} contacts of a file were sent, {found['past']:,} "
            f"solicitations in all, is gathered for three `at_most` in {_seconds(gathered)}; with the "
            f"decisions written it takes {_seconds(whole)}.\n\n  ```"
        )
        told += [*(f"  {line}" for line in found["plan"]), "  ```\n"]
    return "### Deciding\n\n" + "\n".join(told).rstrip() if told else ""


def _seconds(some: Sequence[float]) -> str:
    return f"{statistics.median(some):.2f} s ({min(some):.2f}–{max(some):.2f})"


def _milliseconds(seconds: Sequence[float]) -> str:
    least, middle, most = (1000 * one for one in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.0f} ms ({least:.0f}–{most:.0f})"
