"""The rows of a large file are shared out between two processes, and nobody can tell."""

import io
import os
import signal
import threading
from contextlib import contextmanager, suppress

import pytest

from support.reading import layout
from tournee.core import normalise, read
from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason, WarningCode
from tournee.core.settings import Limits
from tournee.reading import Reading, open_reading
from tournee.reading.second import SecondReader
from tournee.reading.sharing import Shared
from tournee.reading.work import Work

HEADER = "Email;Téléphone;Langue;Nom;Date d'achat;Magasin;Montant\n"
ROWS = 20_000
PATIENCE = 0.3


def row(number):
    """Some are bad, quoted or blank; only the last one has a name, and a date that shows what dates mean."""
    odd = {
        3: f"nobody{number};;fr;;01/02/2026;x;1\n",
        4: f'b{number}@example.com;;fr;;03/04/2026;"two\nlines; {number}";2,50\n',
        5: f"{number};a;row;that;is;far;too;long\n",
        6: ";;;;;;\n",
        7: f'c{number}@example.com;;fr;;05/06/2026;"never closed;1\n',
    }
    usual = f"a{number}@example.com;06{number:08};fr;;03/04/2026;Lyon;1 234,50\n"
    return odd.get(number // 10 % 10, usual) if number % 10 == 0 else usual


TEXT = HEADER + "".join(map(row, range(ROWS))) + "last@example.com;;fr;Martin;31/12/2026;x"
CONTENT = TEXT.encode()


def told(reading, batches):
    """All that is known of a file when its batches were consumed."""
    good = [contact for batch in batches for contact in batch.good]
    bad = [(list(errors), errors.identities) for batch in batches for errors in batch.bad]
    return good, bad, sorted(map(str, reading.warnings)), reading.cut


def opened(content=CONTENT, **limits):
    return open_reading(io.BytesIO(content), name="i.csv", layout=layout(), limits=Limits(**limits))


@pytest.fixture(autouse=True)
def _large_enough(monkeypatch):
    """A file of more than a megabyte is large here, so that the tests are quick."""
    monkeypatch.setattr("tournee.reading.LARGE", 1 << 20)


@pytest.fixture(scope="module")
def alone():
    """What one process makes of the file."""
    reading = Reading(read.open_table(io.BytesIO(CONTENT), name="i.csv", layout=layout()), layout(), None)
    return told(reading, list(reading.batches()))


def test_the_file_of_these_tests_has_everything_that_can_be_told(alone):
    good, bad, warnings, cut = alone
    assert (len(good), len(bad)) == (ROWS - 800 + 1, 600)
    assert sum(bool(identities) for _errors, identities in bad) == 0
    assert (warnings, cut.code) == ([], RejectReason.CUT)


def test_a_large_file_says_the_same_when_two_processes_read_it(alone):
    with opened() as reading:
        assert reading._second is not None
        assert told(reading, list(reading.batches())) == alone


def test_what_only_one_of_the_two_has_seen_counts(alone):
    rest = CONTENT.replace(b"Martin", b"").replace(b"31/12/2026", b"01/12/2026")
    with opened(rest) as reading:
        told(reading, list(reading.batches()))
        codes = [warning.code for warning in reading.warnings]
    assert codes == [WarningCode.EMPTY_COLUMN, WarningCode.AMBIGUOUS_DATES]


class Started(SecondReader):
    """A second process that had started before anything was read."""

    def is_ready(self):
        return True


@contextmanager
def shared(patience=PATIENCE, kind=SecondReader):
    """The file being read, and the process that helps."""
    table = read.open_table(io.BytesIO(CONTENT), name="i.csv", layout=layout())
    work = Work(layout=layout(), header=table.header, columns=table.columns, delimiter=table.delimiter)
    with kind() as second:
        second.begin(work)
        assert kind is SecondReader or super(Started, second).is_ready()
        yield table, Shared(table.pieces(), work.begun(), second, patience=patience), second


def told_of(table, sharing, batches):
    """The same as `told`, before there is a Reading."""
    table.warnings += normalise.warnings(table, sharing.findings)
    return told(table, batches)


def helped(sharing, batches):
    """Batches, until the second process has made some of them."""
    made = []
    for batch in batches:
        made.append(batch)
        if sharing._found:
            return made
    pytest.fail("the second process made no batch")


def readable(outcome):
    """How many rows have cells, be they good or bad."""
    good, bad, _warnings, _cut = outcome
    return len(good) + sum(errors[0][1] is not None for errors, _identities in bad)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_nothing_is_lost_when_the_second_process_stops_in_the_middle(sign, alone):
    with shared(kind=Started) as (table, sharing, second):
        batches = sharing.batches()
        made = helped(sharing, batches)
        os.kill(second._process.pid, sign)
        assert told_of(table, sharing, [*made, *batches]) == alone
        assert sharing.findings.rows == readable(alone)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_nothing_is_lost_when_the_second_process_never_answers(sign, alone):
    with shared() as (table, sharing, second):
        os.kill(second._process.pid, sign)
        assert told_of(table, sharing, list(sharing.batches())) == alone


def test_a_line_that_is_too_long_rejects_the_file_in_whichever_thread_it_is_read():
    content = CONTENT + b"\n" + b"x" * 2_000
    with opened(content, line=1_000) as reading, pytest.raises(FileRejected) as rejected:
        list(reading.batches())
    assert rejected.value.reason.details["line"] == TEXT.count("\n") + 2


class Breaking(io.BytesIO):
    """A stream of a disk that may fail."""

    broken = False

    def read(self, size=-1):
        if self.broken:
            raise OSError(5, "the disk is broken")
        return super().read(size)


def test_what_breaks_while_reading_is_told_in_whichever_thread_it_happens():
    stream = Breaking(CONTENT)
    with open_reading(stream, name="i.csv", layout=layout(), limits=Limits()) as reading:
        stream.broken = True
        with pytest.raises(OSError, match="broken"):
            list(reading.batches())


def test_no_process_and_no_thread_is_left_when_nobody_wants_more_batches():
    before = threading.active_count()
    with shared() as (_table, sharing, second):
        batches = sharing.batches()
        next(batches)
        batches.close()
    assert threading.active_count() == before
    assert second._process.returncode == -signal.SIGKILL


def test_a_small_file_is_read_by_one_process():
    with opened((HEADER + row(1)).encode()) as reading:
        [batch] = reading.batches()
        assert (len(batch.good), reading._second) == (1, None)


def test_the_second_process_ends_with_the_pipe_and_says_nothing():
    with SecondReader() as second:
        with suppress(OSError):
            second._pieces.close()
        assert second.answer() is None
        assert second._process.wait(10) == 0


def test_a_machine_that_starts_no_more_processes_reads_with_one(alone, monkeypatch):
    monkeypatch.setattr("tournee.reading.second.sys.executable", "/nowhere/python")
    with opened() as reading:
        assert told(reading, list(reading.batches())) == alone


def test_whoever_stops_in_the_middle_leaves_no_thread_behind():
    before = threading.active_count()
    with opened() as reading:
        next(reading.batches())
    assert threading.active_count() == before
