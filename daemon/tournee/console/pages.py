"""Answers about files and servers: one function per fact, printed on a `Paper`."""

from collections.abc import Iterable, Mapping, Sequence

from tournee.console import shapes
from tournee.console.terminal import BAD, FAINT, GOOD, ODD, Cell, Column, Paper
from tournee.core.facts import (
    CONTACT_ROW,
    ContactRow,
    DecisionCounts,
    FileOutcome,
    FileReport,
    Import,
    ListCheck,
    ListStatus,
    NearMiss,
    PollReport,
    Preview,
    Problem,
    Reason,
    RejectReason,
    RepositoryCheck,
    RowError,
    SendReport,
    Status,
    TrustOffer,
)

STYLES = {
    "imported": GOOD,
    "imported_with_errors": ODD,
    "rejected": BAD,
    "waiting": FAINT,
    "known": FAINT,
    "skipped": ODD,
    "busy": ODD,
    "failed": BAD,
}

ROW_ERRORS_SHOWN = 20


def status(paper: Paper, answer: Status) -> None:
    """Every list, what is wrong now, what was not taken."""
    columns = [
        Column(title=paper.word("word_list"), fold=True),
        Column(title=paper.word("word_contacts"), right=True),
        Column(title=paper.word("word_last_poll"), fold=True),
        Column(title=paper.word("word_next_poll")),
        Column(title=paper.word("word_last_import"), fold=True),
    ]
    paper.table(columns, [_list(paper, entry) for entry in answer.lists])
    paper.line()
    if not answer.problems:
        paper.line(paper.word("note_all_well"), GOOD)
    for trouble in answer.problems:
        since = paper.word("note_since", at=paper.time(trouble.since))
        paper.line(paper.about(trouble.subject, f"{paper.word(f'kind_{trouble.kind}')} {since}"), BAD)
        paper.line(paper.say(trouble.reason), indent=2)
    missed = [(entry.list, miss) for entry in answer.lists for miss in entry.near_misses]
    if missed:
        paper.line()
        paper.line(paper.word("note_not_taken"), ODD)
        near_misses(paper, missed)


def _list(paper: Paper, entry: ListStatus) -> list[Cell]:
    last = entry.last_poll
    if entry.repository is None:
        polled: Cell = paper.word("word_by_hand")
    elif last is None:
        polled = paper.word("word_never")
    else:
        kind = paper.word(f"kind_{last.error}") if last.error else paper.word("word_ok")
        polled = (f"{paper.time(last.at)} {kind}", "" if last.ok else BAD)
    return [
        entry.list,
        str(entry.contacts),
        polled,
        paper.time(entry.next_poll),
        _brief(paper, entry.last_import),
    ]


def _brief(paper: Paper, entry: Import | None) -> Cell:
    if entry is None:
        return "–"
    return (f"{entry.id} {_outcome(paper, entry.outcome)}", STYLES[entry.outcome])


def _outcome(paper: Paper, outcome: str) -> str:
    return paper.word(f"outcome_{outcome}")


def near_misses(paper: Paper, missed: Iterable[tuple[str, NearMiss]]) -> None:
    """Names that start like a prefix, with the reason why they are not taken."""
    rows = [(key, miss.name, paper.say(miss.reason)) for key, miss in missed]
    paper.table([Column(), Column(fold=True), Column(fold=True)], rows, indent=2)


# ---------------------------------------------------------------- imports


def imports(paper: Paper, entries: Sequence[Import]) -> None:
    """History, one line an import."""
    if not entries:
        paper.line(paper.word("note_no_imports"))
        return
    columns = [
        Column(title=paper.word("word_id"), right=True),
        Column(title=paper.word("word_when")),
        Column(title=paper.word("word_list"), fold=True),
        Column(title=paper.word("word_file"), fold=True),
        Column(title=paper.word("word_outcome"), fold=True),
        Column(title=paper.word("word_rows"), right=True),
        Column(title=paper.word("word_wrong"), right=True),
    ]
    paper.table(columns, [_import_row(paper, entry) for entry in entries])


def _import_row(paper: Paper, entry: Import) -> list[Cell]:
    return [
        str(entry.id),
        paper.time(entry.started_at),
        entry.list,
        entry.file,
        (_outcome(paper, entry.outcome), STYLES[entry.outcome]),
        str(entry.counts.read),
        str(entry.counts.rejected),
    ]


def record(paper: Paper, entry: Import) -> None:
    """One import in full."""
    origin = entry.repository or paper.word("word_by_hand")
    rows: list[tuple[str, Cell]] = [
        ("word_import", "–" if entry.id is None else str(entry.id)),
        ("word_list", entry.list),
        ("word_repository", origin),
        ("word_file", entry.file),
        ("word_size", paper.word("note_size", size=entry.size)),
        ("word_sha256", entry.sha256 or "–"),
        ("word_modified", paper.time(entry.modified_at)),
        ("word_when", paper.time(entry.started_at)),
        ("word_outcome", (_outcome(paper, entry.outcome), STYLES[entry.outcome])),
        ("word_rows", counts(paper, entry)),
    ]
    paper.table([Column(), Column(fold=True)], [(paper.word(code), cell) for code, cell in rows])
    _consequences(paper, entry)


def imported(paper: Paper, entry: Import, *, decided: bool) -> None:
    """What became of a file that a person had imported; `decided`: and what was decided of its contacts."""
    outcome, style = _outcome(paper, entry.outcome), STYLES[entry.outcome]
    number = "" if entry.id is None else f" ({paper.word('note_import', id=entry.id)})"
    paper.line(paper.about(f"{entry.file} → {entry.list}", f"{outcome}{number}"), style)
    paper.line(counts(paper, entry), indent=2)
    _consequences(paper, entry, decided=decided)


def decided(paper: Paper, entries: Sequence[Import]) -> None:
    """What was decided of each import that asked for solicitations."""
    for entry in entries:
        if entry.decisions and (entry.decisions.planned or entry.decisions.blocked):
            paper.line(paper.about(paper.word("note_import", id=entry.id), _planned(paper, entry.decisions)))
            _held_or_blocked(paper, entry.decisions)


def tried(paper: Paper, preview: Preview, errors: Sequence[RowError]) -> None:
    """How a file was read that was only tried: no command can show it later."""
    if preview.columns:  # of a file whose header is refused there is nothing to show
        paper.line()
        columns = [Column(title=paper.word("word_column"), fold=True), Column(title=paper.word("word_field"))]
        paper.table(columns, [_read_as(paper, *pair) for pair in preview.columns])
    if preview.rows:
        paper.line()
        columns = [
            Column(title=paper.word("word_line"), right=True),
            Column(title=paper.word("word_as_stored"), fold=True),
        ]
        paper.table(columns, [(str(row[0]), _as_stored(row)) for row in preview.rows])
    if preview.columns:
        paper.line()
        row_errors(paper, errors[:ROW_ERRORS_SHOWN])
    paper.line(paper.word("note_dry_run"))


def _read_as(paper: Paper, header: str, field: str | None) -> tuple[Cell, Cell]:
    return (header, field) if field else (header, (paper.word("word_ignored"), ODD))


def _as_stored(row: ContactRow) -> str:
    """`email=zoe@example.com, first_name=Zoé`; what a row clears has nothing behind the sign."""
    known = dict(zip(CONTACT_ROW[2:-1], row[2:-1], strict=True))
    filled = {name: value for name, value in known.items() if value is not None} | shapes.fields_of(row)
    return ", ".join(f"{name}={'' if value is None else value}" for name, value in filled.items())


def _consequences(paper: Paper, entry: Import, *, decided: bool = True) -> None:
    """Why it was rejected, its warnings, what was decided, where its errors are."""
    if entry.reason:
        paper.line(paper.say(entry.reason), BAD, indent=2)
        if entry.repository and entry.id is not None:
            paper.line(paper.word("note_retry", id=entry.id), indent=2)
    for warning in entry.warnings:
        paper.line(paper.say(warning), ODD, indent=2)
    if entry.decisions and decided:
        paper.line(_planned(paper, entry.decisions), indent=2)
        _held_or_blocked(paper, entry.decisions)
    if entry.counts.rejected and entry.id is not None and _has_row_errors(entry):
        paper.line(paper.word("note_see_errors", id=entry.id), indent=2)


def _planned(paper: Paper, decisions: DecisionCounts) -> str:
    return paper.word("note_planned", count=decisions.planned, unsent=decisions.waiting + decisions.held)


def _held_or_blocked(paper: Paper, decisions: DecisionCounts) -> None:
    if decisions.held:
        paper.line(paper.word("note_held_of_import", count=decisions.held), ODD, indent=2)
    for rule, number in decisions.blocked.items():
        paper.line(paper.word("note_blocked", count=number, rule=rule), indent=2)


def _has_row_errors(entry: Import) -> bool:
    """A file that could not be read has none; one with too many does."""
    return entry.reason is None or entry.reason.code == RejectReason.TOO_MANY_ERRORS


def counts(paper: Paper, entry: Import) -> str:
    """`100 rows: 90 new, 8 unchanged, 2 rejected; 5 contacts left the list`."""
    parts = {
        "created": entry.counts.created,
        "updated": entry.counts.updated,
        "unchanged": entry.counts.unchanged,
        "duplicate": entry.counts.duplicate,
        "rejected": entry.counts.rejected,
    }
    told = [paper.word(f"count_{name}", count=number) for name, number in parts.items() if number]
    read = paper.word("note_rows", count=entry.counts.read)
    rows = paper.about(read, ", ".join(told)) if told else read
    return f"{rows}; {paper.word('note_removed', count=entry.removed)}" if entry.removed else rows


def row_errors(paper: Paper, errors: Sequence[RowError]) -> None:
    """Row errors as a table."""
    if not errors:
        paper.line(paper.word("note_no_errors"))
        return
    columns = [
        Column(title=paper.word("word_line"), right=True),
        Column(title=paper.word("word_column"), fold=True),
        Column(title=paper.word("word_why"), fold=True),
    ]
    rows = [
        (str(line), column or "–", paper.say(Reason(code, details or {})))
        for line, column, code, details in errors
    ]
    paper.table(columns, rows)


# ---------------------------------------------------------------- polls


def poll(paper: Paper, report: PollReport, records: dict[int, Import]) -> None:
    """What one pass over one list took, left and why; `records` has the imports that it made."""
    paper.line(f"{report.list} ({report.repository})", "bold")
    if report.error:
        kind = paper.word(f"kind_{report.error}")
        told = paper.say(report.reason or Reason(f"remote_{report.error}"))
        paper.line(paper.about(kind, told), BAD, indent=2)
    elif not report.files:
        paper.line(paper.word("note_nothing_there"), FAINT, indent=2)
    rows = [_file(paper, file, records) for file in report.files]
    if rows:
        paper.table([Column(), Column(fold=True), Column(fold=True)], rows, indent=2)


def _file(paper: Paper, file: FileReport, records: dict[int, Import]) -> list[Cell]:
    return [(_outcome(paper, file.outcome), STYLES[file.outcome]), file.name, _told(paper, file, records)]


def _told(paper: Paper, file: FileReport, records: dict[int, Import]) -> str:
    """Why, or how many rows, and under which number it is found."""
    number = file.import_id
    if number is None:
        return paper.say(file.reason) if file.reason else ""
    if file.outcome is FileOutcome.KNOWN:
        return paper.word("note_known", id=number)
    told = paper.say(file.reason) if file.reason else counts(paper, records[number])
    return f"{paper.word('note_import', id=number)}; {told}"


def sent(paper: Paper, report: SendReport) -> None:
    """How many invitations left, and what became of the others."""
    numbers = {
        "sent": report.sent,
        "later": report.later,
        "blocked": report.blocked,
        "failed": report.failed,
        "uncertain": report.uncertain,
    }
    _tally(paper, "word_invitations", numbers)
    if report.paused:
        paper.line(paper.word("note_part_paused"), ODD)


def alerted(paper: Paper, sent: int, later: int) -> None:
    """How many alerts left."""
    _tally(paper, "word_alerts", {"sent": sent, "later": later})


def _tally(paper: Paper, title: str, numbers: Mapping[str, int]) -> None:
    told = [paper.word(f"count_{name}", count=number) for name, number in numbers.items() if number]
    if told:
        paper.line(paper.about(paper.word(title), ", ".join(told)))


# ---------------------------------------------------------------- check


def check(paper: Paper, warnings: Sequence[Problem], repositories: Sequence[RepositoryCheck] | None) -> None:
    """What is right, and what is doubtful."""
    for warning in warnings:
        paper.line(paper.word("note_warning", place=str(warning)), ODD)
    for entry in repositories or ():
        _repository(paper, entry)


def _repository(paper: Paper, entry: RepositoryCheck) -> None:
    if not entry.ok:
        kind = paper.word(f"kind_{entry.error}")
        paper.line(paper.about(entry.repository, kind), BAD)
        paper.line(paper.say(entry.reason or Reason(f"remote_{entry.error}")), indent=2)
    else:
        paper.line(paper.about(entry.repository, paper.word("word_ok")), GOOD)
    for part in entry.lists:
        _list_check(paper, part)


def _list_check(paper: Paper, entry: ListCheck) -> None:
    paper.line(paper.word("note_would_take", list=entry.list, count=len(entry.taken)), indent=2)
    taken: list[Sequence[Cell]] = [((paper.word("word_taken"), GOOD), name, "") for name in entry.taken]
    missed: list[Sequence[Cell]] = [
        ((paper.word("outcome_skipped"), ODD), miss.name, paper.say(miss.reason))
        for miss in entry.near_misses
    ]
    if taken or missed:
        paper.table([Column(), Column(fold=True), Column(fold=True)], taken + missed, indent=4)
    if entry.again:
        paper.line(paper.word("note_again", count=entry.again), ODD, indent=4)


NEXT_ITEM = "\n      - "


def trust(paper: Paper, offer: TrustOffer) -> None:
    """The fingerprints, how to compare them, and what to write into the configuration."""
    paper.line(paper.word(f"note_{offer.kind}", host=offer.host, port=offer.port), "bold")
    for fingerprint in offer.fingerprints:
        paper.line(f"{fingerprint}  {offer.details.get(fingerprint, '')}", indent=2)
    rows = [(f"{name}:", text) for name, text in offer.details.items() if name not in offer.fingerprints]
    if rows:
        paper.table([Column(), Column(fold=True)], rows, indent=2)
    paper.line()
    paper.line(paper.word("note_compare"))
    paper.line()
    several = len(offer.fingerprints) > 1
    pin = "".join(f"{NEXT_ITEM if several else ' '}{fingerprint}" for fingerprint in offer.fingerprints)
    paper.write(f"repositories:\n  {offer.repository}:\n    {offer.kind}:{pin}\n")
