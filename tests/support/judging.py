"""What must be true of whatever reading makes of a file."""

import gzip
import io
import json
import re
import signal
import time
import tracemalloc
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import FrameType

from support.fuzzing import Input
from support.plain_reading import PlainReader, Row
from tournee.core.errors import FileRejected
from tournee.core.facts import ContactRow, Reason, RowErrorCode
from tournee.core.messages import LANGUAGES, sentence
from tournee.core.normalise import Normaliser, Rejected
from tournee.core.read import Table, open_table, pieces, unpack

#: What one file may take: seconds of the processor; bytes of memory (16,000 bad rows fit into the largest).
SECONDS = 3.0
MEMORY = 16 << 20

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ROW_ERRORS = frozenset(RowErrorCode)


class Wrong(AssertionError):
    """Reading did with a file what it must never do."""


class _TooLong(BaseException):
    """Not an Exception, so that nobody takes it for trouble with the file."""


@dataclass
class _Watched:
    """A table that remembers the rows it gave."""

    table: Table
    rows: list[Row] = field(default_factory=list)

    @property
    def header(self) -> Sequence[str]:
        return self.table.header

    @property
    def columns(self) -> Mapping[int, str]:
        return self.table.columns

    @property
    def warnings(self) -> list[Reason]:
        return self.table.warnings

    def batches(self) -> Iterator[list[Row]]:
        for batch in self.table.batches():
            self.rows += batch
            yield batch


@dataclass(frozen=True)
class Outcome:
    """What reading made of a file: why it is refused or cut, its warnings, its rows as read and as judged."""

    refused: Reason | None
    encoding: str | None = None
    delimiter: str | None = None
    header: tuple[str, ...] = ()
    warnings: tuple[Reason, ...] = ()
    rows: tuple[Row, ...] = ()
    good: tuple[ContactRow, ...] = ()
    bad: tuple[Rejected, ...] = ()

    @property
    def said(self) -> frozenset[str]:
        """All codes: what tells one kind of outcome from another."""
        reasons = [*self.warnings, *([self.refused] if self.refused else [])]
        return frozenset(
            [*(reason.code for reason in reasons), *(error[2] for row in self.bad for error in row)]
        )


def outcome_of(an_input: Input) -> Outcome:
    """Read a file to its end."""
    stream = io.BytesIO(an_input.content)
    try:
        table = open_table(stream, name=an_input.name, layout=an_input.layout, limits=an_input.limits)
        watched = _Watched(table)
        batches = list(Normaliser(an_input.layout, watched).batches())
    except FileRejected as rejected:
        return Outcome(rejected.reason)
    return Outcome(
        table.cut,
        table.encoding,
        table.delimiter,
        table.header,
        tuple(table.warnings),
        tuple(watched.rows),
        tuple(row for batch in batches for row in batch.good),
        tuple(row for batch in batches for row in batch.bad),
    )


def _read_through(an_input: Input) -> None:
    """Read a file to its end and keep nothing of it, as an import does: what it weighs is the reading's."""
    try:
        table = open_table(
            io.BytesIO(an_input.content), name=an_input.name, layout=an_input.layout, limits=an_input.limits
        )
        for _batch in Normaliser(an_input.layout, table).batches():
            pass
    except FileRejected:
        pass


def judge(an_input: Input, *, weigh: bool = False, in_pieces: bool = False) -> Outcome:
    """What reading makes of a file; raises Wrong with what is wrong about it.

    `weigh` looks at the memory too; `in_pieces` at whether the same comes of it in many small pieces.
    """
    with _watched(weigh=False):
        outcome = outcome_of(an_input)
    if weigh:
        with _watched(weigh=True):
            _read_through(an_input)
    for reason in (*outcome.warnings, *([outcome.refused] if outcome.refused else [])):
        _check_reason(reason)
    _check_rows(outcome)
    if outcome.encoding:
        text = an_input.unpacked.decode(outcome.encoding, "ignore").removeprefix("\ufeff")
        _check_text(text, an_input, outcome)
    if in_pieces:
        with _watched(weigh=False), small_pieces():
            _require(
                _comparable(outcome_of(an_input)) == _comparable(outcome), "in pieces it is another file"
            )
    return outcome


def _comparable(outcome: Outcome) -> Outcome:
    """Where several things are wrong with a file, it depends on the pieces which of them is found first."""
    return outcome if outcome.encoding else Outcome(Reason("refused"))


@contextmanager
def small_pieces() -> Iterator[None]:
    """Read and share out files a few characters at a time, so that every border is met."""
    usual = unpack.BLOCK, pieces.PIECE
    unpack.BLOCK, pieces.PIECE = 6, 40
    try:
        yield
    finally:
        unpack.BLOCK, pieces.PIECE = usual


@contextmanager
def _watched(weigh: bool) -> Iterator[None]:
    """Look at the time, and at the memory if asked; anything but a rejection is a bug."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS * (5 if weigh else 1))
    if weigh:
        tracemalloc.start()
    try:
        yield
        _require(not weigh or tracemalloc.get_traced_memory()[1] < MEMORY, "it takes too much memory")
    except _TooLong:
        raise Wrong("it takes too long") from None
    except Wrong:
        raise
    except Exception as bug:
        raise Wrong(f"{type(bug).__name__}: {bug}") from bug
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        tracemalloc.stop()


def _require(holds: object, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


def _check_reason(reason: Reason) -> None:
    """A reason can be kept and told."""
    _check_told(reason.code, json.dumps(dict(reason.details)))


@lru_cache(maxsize=10_000)
def _check_told(code: str, details: str) -> None:
    for language in LANGUAGES:
        told = sentence(Reason(code, json.loads(details)), language)
        _require(told.encode() and not CONTROLS.search(told), "a sentence that cannot be shown")


def _check_rows(outcome: Outcome) -> None:
    """Every row that was read is one contact or one list of errors, each of them as it should be."""
    judged = [*(row[0] for row in outcome.good), *(errors[0][0] for errors in outcome.bad)]
    _require(sorted(judged) == [line for line, _cells in outcome.rows], "rows were lost or made up")
    for row in outcome.good:
        _check_contact(row)
    for errors in outcome.bad:
        _check_errors(errors, outcome.header)


def _check_contact(row: ContactRow) -> None:
    _line, identity, email, phone, *others, declared = row
    texts = [text for text in (identity, email, phone, *others, declared) if text is not None]
    _require(all(texts) and identity and (email or phone), "a contact has an empty value or no identity")
    _require("\0" not in "".join(texts).encode().decode(), "a contact holds what no database keeps")
    if declared:
        values = json.loads(declared)
        canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        _require(values and declared == canonical, "the declared fields are not canonical JSON")


def _check_errors(errors: Rejected, header: Sequence[str]) -> None:
    for line, column, code, details in errors:
        _require(line == errors[0][0] and code in ROW_ERRORS, "an error of another row or kind")
        _require(column is None or column in header, "an error of a column that is not there")
        _check_reason(Reason(code, details or {}))


def _check_text(text: str, an_input: Input, outcome: Outcome) -> None:
    """The header and every row are those of the text."""
    assert outcome.delimiter is not None
    plain = PlainReader(text, outcome.delimiter, an_input.limits.line)
    _require(plain.header() == outcome.header, "the header is another one")
    _require(tuple(plain.rows(len(outcome.header))) == outcome.rows, "rows are not what the text says")


# ---------------------------------------------------------------- what was found


def shortest(an_input: Input, wrong: str, seconds: float = 10.0) -> Input:
    """A shorter file with which the same is wrong, as short as can be found in that time."""
    until = time.monotonic() + seconds
    part = len(an_input.content) // 2
    while part and time.monotonic() < until:
        shorter = _without_a_part(an_input, wrong, part, until)
        an_input, part = (shorter, part) if shorter else (an_input, part // 2)
    return an_input


def _without_a_part(an_input: Input, wrong: str, part: int, until: float) -> Input | None:
    for start in range(0, len(an_input.content), part):
        content = an_input.content[:start] + an_input.content[start + part :]
        shorter = replace(an_input, content=content)
        if time.monotonic() < until and _what_is_wrong(shorter) == wrong:
            return shorter
    return None


def _what_is_wrong(an_input: Input) -> str | None:
    try:
        judge(an_input, in_pieces=True)
    except Wrong as wrong:
        return str(wrong)
    return None


def shown(an_input: Input, wrong: str, seed: int) -> str:
    """What a person needs to see it again: the bytes as a file, and where the file belongs."""
    layout = an_input.layout
    packed = gzip.compress(an_input.content, mtime=0)
    feed = {
        "language": layout.language.tag,
        "required": sorted(layout.required),
        "identify_by": layout.identify_by,
    }
    return (
        f"{wrong}\nseed {seed}; {len(an_input.content)} bytes; feed: {feed}\n{an_input.content[:500]!r}\n"
        f"Put it into the corpus, with what ought to become of it (tests/corpus/README.md):\n"
        f"echo {b64encode(packed).decode()} | base64 -d | gunzip > tests/corpus/found/{an_input.name}"
    )
