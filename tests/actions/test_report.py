"""`report: true`: what was wrong with a file lies beside it, for whoever dropped it."""

from typing import Any

import paramiko
import pytest

from support.rounds import BAD, JO, ZOE, A, Round, told
from support.servers import EMBEDDED, repository, running
from tournee.core.match import temporary_name
from tournee.core.settings import Protocol
from tournee.demo.servers import Folder, SftpServer
from tournee.remote.local import LocalRemote

REPORT = f"{A}.report.csv"
HEADER = "Ligne;Colonne;Code;Message"
WRONG = f"{HEADER}\r\n3;Email;email_invalid;adresse email invalide\r\n"


def read(rounds: Round, name: str = REPORT) -> str:
    return (rounds.drop / name).read_bytes().decode("utf-8-sig")


@pytest.fixture
def reporting(small_rounds: Round) -> Round:
    small_rounds.feed(report=True)
    return small_rounds


# ---------------------------------------------------------------- when there is one


def test_rows_that_were_rejected_are_reported_beside_the_file(rounds: Round):
    rounds.feed(report=True)
    rounds.put(A, ZOE, BAD)
    assert rounds.outcomes() == {A: "imported_with_errors"}
    assert (rounds.files(), read(rounds)) == ([A, REPORT], WRONG)
    assert rounds.tables()["chores"] == []


def test_a_file_that_was_rejected_is_reported_in_one_line(reporting: Round):
    reporting.put(A, text="")
    reporting.poll()
    [header, rejected, _] = read(reporting).split("\r\n")
    assert (header, rejected[:9]) == (HEADER, ";;empty;L")


def test_a_file_that_was_not_even_fetched_is_reported(reporting: Round):
    reporting.limit(size=10)
    reporting.put(A)
    assert reporting.outcomes() == {A: "rejected too_large"}
    assert ";;too_large;" in read(reporting)


def test_a_clean_file_and_a_feed_that_does_not_ask_get_no_report(small_rounds: Round):
    small_rounds.put(A, ZOE, BAD)
    small_rounds.poll()
    small_rounds.feed(report=True)
    small_rounds.put("import_avis_2.csv", JO)
    small_rounds.next_outcomes()
    assert small_rounds.files() == [A, "import_avis_2.csv"]


def test_a_report_never_holds_a_value(reporting: Round):
    reporting.put(A, ZOE, "zoé@@secret;Secret")
    reporting.poll()
    assert "secret" not in read(reporting).lower()


def test_a_report_is_in_the_language_of_the_file_or_in_english(small_rounds: Round):
    small_rounds.feed(report=True, language="de", default_language="de")
    small_rounds.put(A, text="E-Mail;Vorname\nzoe@example.com;Zoé\nwrong;Luc\n")
    small_rounds.poll()
    assert read(small_rounds).startswith("Line;Column;Code;Message\r\n3;E-Mail;email_invalid;not an email")


def test_what_is_more_than_is_kept_is_counted_in_the_last_line(reporting: Round):
    reporting.feed(reject_above="100%")
    reporting.put(A, *[BAD] * 10_003)
    reporting.poll()
    told = read(reporting).splitlines()
    assert (len(told), told[-1]) == (10_002, ";;errors_left_out;3 autres erreurs ne figurent pas ici.")


# ---------------------------------------------------------------- where it goes


@pytest.mark.parametrize(
    ("after", "left"),
    [("archive", [f"archive/{A}", REPORT]), ("delete", [REPORT]), ("keep", [A, REPORT])],
)
def test_a_report_stays_where_the_file_was_dropped(rounds: Round, after: str, left: list[str]):
    rounds.feed(report=True, after_import=after)
    rounds.put(A, ZOE, BAD)
    rounds.poll()
    assert (rounds.files(), rounds.tables()["chores"]) == (left, [])


def test_a_rejected_file_goes_and_its_report_stays(reporting: Round):
    reporting.feed(rejected_to="refused")
    reporting.put(A, text="")
    reporting.poll()
    assert reporting.files() == [REPORT, f"refused/{A}"]


def test_a_report_lies_in_the_directory_of_the_feed(reporting: Round):
    reporting.feed(path="in/avis")
    (reporting.drop / "in").mkdir()
    reporting.put(f"in/avis/{A}", ZOE, BAD)
    reporting.poll()
    assert reporting.files() == [f"in/avis/{A}", f"in/avis/{REPORT}"]


def test_a_report_is_put_over_none_and_gets_the_number_of_its_import(reporting: Round):
    for row in (ZOE, JO):
        reporting.put(A, row, BAD)
        reporting.next_outcomes()
    assert reporting.files() == [A, f"{A}.report.2.csv", REPORT]


def test_a_report_is_no_file_of_a_feed_and_no_near_miss(reporting: Round):
    reporting.put(A, ZOE, BAD)
    reporting.poll()
    reporting.put(temporary_name("another"), text="left behind")
    assert reporting.next_outcomes() == {A: "known"}


@pytest.mark.parametrize("kind", EMBEDDED)
def test_a_report_is_put_into_every_kind_of_repository(small_rounds: Round, kind: str):
    small_rounds.feed(report=True, after_import="archive")
    with running(kind, small_rounds.drop) as box:
        small_rounds.served_by(box.with_(key="depot"))
        small_rounds.put(A, ZOE, BAD)
        small_rounds.put("import_avis_2.csv", JO)
        small_rounds.poll()
    assert small_rounds.files() == [f"archive/{A}", "archive/import_avis_2.csv", REPORT]
    assert read(small_rounds) == WRONG


# ---------------------------------------------------------------- once, and in the end


class Guarded(Folder):
    """Lets nobody write, at first."""

    writable = False

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        if flags and not self.writable:
            return paramiko.sftp.SFTP_PERMISSION_DENIED
        return super().open(path, flags, attr)


def test_a_report_that_may_not_be_put_is_told_and_put_at_a_later_pass(rounds: Round):
    rounds.feed(report=True)
    rounds.put(A, ZOE, BAD)
    folder = type("Other", (Guarded,), {})
    with type("Serving", (SftpServer,), {"folder": folder})(rounds.drop) as server:
        trust = {"key": "depot", "host_key": server.fingerprints}
        rounds.served_by(repository(Protocol.SFTP, server.port, **trust))
        refused = rounds.poll()
        assert [told(file) for file in refused.files] == ["imported_with_errors"]
        assert (refused.error, refused.reason and refused.reason.code) == ("refused", "permission_denied")
        folder.writable = True
        assert (rounds.next_outcomes(), rounds.problems()) == (
            {A: "known"},
            [("import_errors", "rows_rejected")],
        )
    assert (rounds.files(), read(rounds)) == ([A, REPORT], WRONG)


@pytest.mark.parametrize("after_import", ["keep", "archive", "delete"])
def test_a_pass_that_ends_before_its_report_leaves_it_to_the_next(reporting: Round, after_import: str):
    reporting.feed(after_import=after_import)
    reporting.put(A, ZOE, BAD)
    poll_that_dies(reporting, before=True)
    reporting.next_outcomes()
    assert REPORT in reporting.files()
    assert reporting.tables()["chores"] == []


def test_a_report_that_was_put_by_a_pass_that_then_died_is_not_put_again(reporting: Round):
    reporting.put(A, ZOE, BAD)
    poll_that_dies(reporting, before=False)
    reporting.next_outcomes()
    assert (reporting.files(), reporting.tables()["chores"]) == ([A, REPORT], [])


def test_what_has_the_name_and_is_no_report_keeps_it_whatever_was_tried(reporting: Round):
    reporting.put(A, ZOE, BAD)
    poll_that_dies(reporting, before=True)
    reporting.put(REPORT, text="x" * len(WRONG.encode("utf-8-sig")))
    reporting.next_outcomes()
    assert reporting.files() == [A, f"{A}.report.1.csv", REPORT]
    assert read(reporting, f"{A}.report.1.csv") == WRONG


def test_a_report_that_was_taken_away_does_not_come_back(reporting: Round):
    reporting.put(A, text="", at=1)
    reporting.poll()
    (reporting.drop / REPORT).unlink()
    reporting.next_outcomes()
    reporting.put(A, text="", at=2)
    assert reporting.next_outcomes() == {A: "known"}
    assert reporting.files() == [A]


def test_a_report_is_left_to_the_polls_of_its_own_list(reporting: Round):
    reporting.feed("magasins", after_import="archive")
    reporting.put(A, ZOE, BAD)
    poll_that_dies(reporting, before=True)
    reporting.poll("magasins")
    assert reporting.files() == [A]
    reporting.poll()
    assert reporting.files() == [A, REPORT]


@pytest.mark.parametrize("moved", [None, "elsewhere"])
def test_a_report_of_a_list_that_is_gone_is_put_by_another_of_the_directory(
    reporting: Round, moved: str | None
):
    reporting.put(A, ZOE, BAD)
    poll_that_dies(reporting, before=True)
    del reporting.settings["lists"]["avis"]
    if moved:
        reporting.feed(path=moved)
    reporting.feed("magasins")
    reporting.poll("magasins")
    assert reporting.files() == [A, REPORT]


class Died(Exception):
    """The process is gone."""


def poll_that_dies(rounds: Round, *, before: bool) -> None:
    """A pass that dies when it puts a report, or right after."""
    act = LocalRemote.put

    def die(*words: Any) -> None:
        if not before:
            act(*words)
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalRemote, "put", die)
        with pytest.raises(Died):
            rounds.poll()
