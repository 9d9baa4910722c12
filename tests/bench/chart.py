"""Two charts in one drawing: everyone's time as a multiple of the limit, and Tournée's time per row by size.

`chart.py RESULTS DRAWING` draws what an earlier run has kept in build/bench/results.json.
"""

import math
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from contestants import LIMIT, TOURNEE
from report import NAMES, micros
from shapes import FIRST, UPDATE, Results, saved
from targets import DATABASES

WIDTH, MARGIN, LABELS = 860, 28, 190
INK, FAINT, GRID, GREY, PALE = "#1f2933", "#6b7785", "#e4e8ec", "#98a3ae", "#cfd6dc"
COLOURS = {"SQLite": ("#c2410c", "#f2b48f"), "PostgreSQL": ("#1d4e89", "#9dbbdb")}
BAR, ROW, HEAD = 10, 34, 26  # heights
PLOT = 250  # height of the second chart


def write(results: Results, path: Path) -> None:
    """Draw what there is of both."""
    parts, height = [], MARGIN
    for draw in (_ratios, _sizes):
        drawn, taken = draw(results, height)
        parts += drawn
        height += taken
    style = "font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 13px"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" style="{style}">\n'
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n",
        encoding="utf-8",
    )


# ---------------------------------------------------------------- multiples of the limit


def _ratios(results: Results, top: int) -> tuple[list[str], int]:
    """Bars: the first load, and below it the update, of the largest contest."""
    sizes = [one.rows for one in results.entries if one.step == UPDATE]
    if not sizes:
        return [], 0
    rows = max(sizes)
    found = {database: list(_multiples(results, database, rows)) for database in DATABASES}
    most = max((max(first, update) for ours in found.values() for _, first, update in ours), default=1.0)
    scale = (WIDTH - MARGIN - LABELS - MARGIN - 60) / most
    left, at = MARGIN + LABELS, top + 44
    parts = [
        _title(top + 14, f"{rows:,} rows: how many times as long as the database's own load of the file"),
        _text(
            MARGIN,
            top + 34,
            "Dark: first load. Light: a file of which half the contacts are known. Only Tournée validates.",
            FAINT,
        ),
    ]
    begin = at
    bars = []
    for database, ours in found.items():
        if ours:
            bars.append(_text(MARGIN, at + 17, database, INK, weight=600))
            at += HEAD
        for name, *multiples in ours:
            bars += _bars(database, name, multiples, left, at, scale)
            at += ROW
    parts += [_line(left + step * scale, begin + 6, left + step * scale, at, GRID) for step in _steps(most)]
    parts += [_text(left + step * scale, at + 15, f"{step:g} ×", FAINT, "middle") for step in _steps(most)]
    parts += [*bars, _line(left + scale, begin + 6, left + scale, at, INK, dash="3 3")]
    return parts, at + 15 + 34 - top


def _multiples(results: Results, database: str, rows: int) -> Iterator[tuple[str, float, float]]:
    """Everyone but the limit itself, the fastest first."""
    kinds = [[results.find(database, name, rows, step) for step in (FIRST, UPDATE)] for name in NAMES]
    least = kinds[0]
    told = [
        (name, *(one.seconds / limit.seconds for one, limit in zip(loads, least, strict=True)))
        for name, loads in zip(NAMES, kinds, strict=True)
        if name != LIMIT and all(loads) and all(least)
    ]
    yield from sorted(told, key=lambda one: one[1])


def _bars(
    database: str, name: str, multiples: Sequence[float], left: float, at: float, scale: float
) -> Iterator[str]:
    colours = COLOURS[database] if name == TOURNEE else (GREY, PALE)
    yield _text(left - 12, at + 16, NAMES[name].strip("*"), INK, "end", 600 if name == TOURNEE else 400)
    for number, (multiple, colour) in enumerate(zip(multiples, colours, strict=True)):
        top = at + 2 + number * (BAR + 2)
        wide = multiple * scale
        yield f'<rect x="{left}" y="{top}" width="{wide:.1f}" height="{BAR}" rx="1.5" fill="{colour}"/>'
        yield _text(
            left + wide + 6, top + BAR - 0.5, f"{multiple:.2f}", INK if name == TOURNEE else FAINT, size=11
        )


def _steps(most: float) -> list[float]:
    """Where a scale from 0 has its marks: some six of them, at round numbers."""
    rough = most / 6
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [step * number for number in range(int(most / step) + 1)]


# ---------------------------------------------------------------- time per row


def _sizes(results: Results, top: int) -> tuple[list[str], int]:
    """Lines: microseconds a row, by the number of rows on a logarithmic scale; the limit's in grey."""
    lines = {
        (database, name): [
            (one.rows, micros(one))
            for one in sorted(results.entries, key=lambda one: one.rows)
            if (one.database, one.contestant, one.step) == (database, name, FIRST)
        ]
        for database in DATABASES
        for name in (LIMIT, TOURNEE)
    }
    points = [point for line in lines.values() for point in line]
    sizes = sorted({rows for rows, _ in points})
    if len(sizes) < 2:
        return [], 0
    most = max(value for _, value in points) * 1.1
    left, right, low = MARGIN + 44, WIDTH - MARGIN - 150, top + 34 + PLOT

    def across(rows: int) -> float:
        return left + (right - left) * math.log(rows / sizes[0]) / math.log(sizes[-1] / sizes[0])

    def up(value: float) -> float:
        return low - PLOT * value / most

    parts = [
        _title(
            top + 14,
            "First load, microseconds a row: where it is flat, a file twice as long takes twice the time",
        )
    ]
    for step in _steps(most):
        parts += [
            _line(left, up(step), right, up(step), GRID),
            _text(left - 8, up(step) + 4, f"{step:g}", FAINT, "end"),
        ]
    for rows in sizes:
        parts += [
            _text(across(rows), low + 20, _short(rows), FAINT, "middle"),
            _line(across(rows), low, across(rows), low + 5, GREY),
        ]
    labels = []
    for (database, name), line in lines.items():
        if line:
            colour, wide = (COLOURS[database][0], 2.5) if name == TOURNEE else (COLOURS[database][1], 1.5)
            path = " ".join(f"{across(rows):.1f},{up(value):.1f}" for rows, value in line)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{wide}"/>')
            parts += [
                f'<circle cx="{across(rows):.1f}" cy="{up(value):.1f}" r="{wide + 0.5}" fill="{colour}"/>'
                for rows, value in line
            ]
            word = f"{'Tournée' if name == TOURNEE else 'limit'}, {database}"
            labels.append((up(line[-1][1]), word, colour if name == TOURNEE else FAINT, name == TOURNEE))
    parts += _apart(labels, right + 10)
    return parts, 34 + PLOT + 20 + MARGIN


def _apart(labels: Sequence[tuple[float, str, str, bool]], left: float) -> Iterator[str]:
    """Labels at the ends of their lines, none over another."""
    last = -math.inf
    for at, word, colour, strong in sorted(labels):
        last = max(at, last + 16)
        yield _text(left, last + 4, word, colour, weight=600 if strong else 400, size=12)


def _short(rows: int) -> str:
    return f"{rows / 1_000_000:g} M" if rows >= 1_000_000 else f"{rows / 1000:g} k"


# ---------------------------------------------------------------- pieces


def _title(y: float, words: str) -> str:
    return _text(MARGIN, y, words, INK, weight=600, size=15)


def _text(
    x: float, y: float, words: str, colour: str, anchor: str = "start", weight: int = 400, size: float = 13
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}" '
        f'font-size="{size}">{escape(words)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashed}/>'


if __name__ == "__main__":
    write(saved(Path(sys.argv[1])), Path(sys.argv[2]))
