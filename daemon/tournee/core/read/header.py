"""The header: which delimiter, which language, which column is which field."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tournee.core.errors import FileRejected
from tournee.core.facts import Reason, RejectReason, WarningCode
from tournee.core.languages import Layout
from tournee.core.languages.words import UNSEEN, column_key, trimmed
from tournee.core.read.changes import quotable
from tournee.core.read.lines import Lines, Rows

DELIMITERS = (";", ",", "\t", "|")
_BLANK = UNSEEN + "".join(DELIMITERS)
_SEP = re.compile(r'"?sep=([^\w"\r\n])"?[\r\n]*', re.IGNORECASE)
_LIKENESS = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The names of the columns as the file writes them, the fields that are known among them, what is odd."""

    delimiter: str
    names: tuple[str, ...]
    columns: Mapping[int, str]
    warnings: tuple[Reason, ...]


def read_header(lines: Lines, layout: Layout, most_columns: int) -> Header:
    """Read up to and with the header, whatever separates its names.

    Raises FileRejected: `empty`, `no_header`, `too_large` (columns), and what is wrong with the names.
    """
    first = _first_line(lines)
    delimiters: Sequence[str] = DELIMITERS
    if sep := _SEP.fullmatch(first):
        delimiters = (sep[1],)
        first = _first_line(lines)
    known = {tag: layout.columns(language) for tag, language in layout.languages.items()}
    known[layout.language.tag] = _familiar(layout)
    trials = [_Trial(delimiter, _names(lines, first, delimiter), known) for delimiter in delimiters]
    best = max(trials, key=lambda trial: (max(trial.scores.values()), trial.scores[layout.language.tag]))
    Rows(lines, best.delimiter).cells(first)  # so that the lines of the header are behind us
    if len(best.names) > most_columns:
        raise FileRejected(RejectReason.TOO_LARGE, {"limit": "columns", "most": most_columns})
    return _accepted(best, layout)


def _familiar(layout: Layout) -> dict[str, str]:
    """What tells the feed's own language: its columns, and those whose names are a field's elsewhere."""
    others = map(column_key, layout.language.other_columns)
    return {**{key: key for key in others}, **layout.columns()}


def _first_line(lines: Lines) -> str:
    for line in lines:
        if line.strip(_BLANK):
            return line
    raise FileRejected(RejectReason.EMPTY)


def _names(lines: Lines, first: str, delimiter: str) -> list[str]:
    """The names in the header, without unnamed columns at the end; the lines that it took are put back."""
    rows = Rows(lines, delimiter)
    cells = rows.cells(first)
    if cells is None:
        return []
    lines.put_back(rows.taken)
    names = [" ".join(trimmed(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


class _Trial:
    """What a delimiter makes of the header: its names and how many fields of each language are among them."""

    def __init__(self, delimiter: str, names: list[str], known: Mapping[str, Mapping[str, str]]) -> None:
        self.delimiter = delimiter
        self.names = names
        keys = set(map(column_key, names))
        self.scores = {
            tag: len({columns[key] for key in keys if key in columns}) for tag, columns in known.items()
        }


def _accepted(trial: _Trial, layout: Layout) -> Header:
    known = layout.columns()
    _refuse_other_language(trial.scores, layout)
    columns = {at: known[key] for at, key in enumerate(map(column_key, trial.names)) if key and key in known}
    _refuse_twice(trial.names, columns, layout)
    _refuse_missing(columns, layout)
    return Header(
        delimiter=trial.delimiter,
        names=tuple(trial.names),
        columns=columns,
        warnings=tuple(_unknown(trial.names, columns, layout)),
    )


def _refuse_other_language(scores: Mapping[str, int], layout: Layout) -> None:
    own = layout.language.tag
    likely = min(scores, key=lambda tag: (-scores[tag], tag != own, len(tag), tag))
    if not scores[likely]:
        raise FileRejected(RejectReason.NO_HEADER)
    if likely != own:
        raise FileRejected(RejectReason.WRONG_LANGUAGE, {"looks_like": likely, "language": own})


def _refuse_twice(names: Sequence[str], columns: Mapping[int, str], layout: Layout) -> None:
    for field_key, times in Counter(columns.values()).items():
        if times > 1:
            written = [
                layout.name_of(names[at], field_key) for at, other in columns.items() if other == field_key
            ]
            details = {"column": layout.names(field_key)[0], "written": written}
            raise FileRejected(RejectReason.DUPLICATE_COLUMN, details)


def _refuse_missing(columns: Mapping[int, str], layout: Layout) -> None:
    there = set(columns.values())
    needed = [key for key in (layout.identify_by,) if key] + ([] if layout.default_language else ["language"])
    missing = [key for key in (*sorted(layout.required), *needed) if key not in there]
    either = [] if there & {"email", "phone"} or layout.required & {"email", "phone"} else ["email", "phone"]
    if missing or either:
        details = {
            "columns": [layout.names(key)[0] for key in missing],
            "either": [layout.names(key)[0] for key in either],
        }
        raise FileRejected(RejectReason.MISSING_COLUMN, details)


def _unknown(names: Sequence[str], columns: Mapping[int, str], layout: Layout) -> list[Reason]:
    there = set(columns.values())
    free = {key: field_key for key, field_key in layout.columns().items() if field_key not in there}
    return [
        Reason(WarningCode.UNKNOWN_COLUMN, _unknown_column(at, name, free, layout))
        for at, name in enumerate(names)
        if at not in columns
    ]


def _unknown_column(at: int, name: str, free: Mapping[str, str], layout: Layout) -> dict[str, object]:
    """Where the column is, what it is called unless that may be a person's data, and what it may mean."""
    if not quotable(name):
        return {"column": None, "position": at + 1, "nearest": None}
    near = difflib.get_close_matches(column_key(name), free, n=1, cutoff=_LIKENESS)
    nearest = layout.names(free[near[0]])[0] if near else None
    return {"column": name, "position": at + 1, "nearest": nearest}
