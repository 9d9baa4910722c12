"""A problem reaches a person, once: queued with its cause, told, reminded, and told to be over."""

import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from support.installation import NOON
from support.post import Post
from support.smtp import CUT, SILENCE
from tournee.actions import alert
from tournee.core.errors import RemoteError
from tournee.core.facts import Counts, Import, Outcome, Reason, RemoteErrorKind, RowError
from tournee.store import alerts, imports
from tournee.store.imports import Draft

ERRORS: list[RowError] = [(3, "Email", "email_invalid", None), (7, "Langue", "language_missing", None)]
DOWN = RemoteError(RemoteErrorKind.UNREACHABLE)
REFUSED = RemoteError(RemoteErrorKind.REFUSED)
MISSING = RemoteError(RemoteErrorKind.NOT_FOUND)
CHANGED = RemoteError(RemoteErrorKind.UNTRUSTED)


def taken(post: Post, outcome: Outcome, *, list: str = "avis", name: str = "import_avis_1.csv",
          batch: str | None = "a poll", by_hand: bool = False) -> None:  # fmt: skip
    """An import and what it means for people, as intake writes them down: in one transaction."""
    repository = None if by_hand else "boutique"
    draft = Draft(
        list=list, repository=repository, file=name, path=name, sha256="0" * 64, size=1, modified_at=None,
        started_at=post.now, stamp=None, header=None,
    )  # fmt: skip
    with post.store.write() as tx:
        record = Import(
            id=imports.begin(tx, draft, None), list=list, repository=repository, file=name,
            sha256=draft.sha256, size=1, modified_at=None, started_at=post.now, finished_at=post.now,
            outcome=outcome, reason=Reason("empty") if outcome is Outcome.REJECTED else None, counts=Counts(),
        )  # fmt: skip
        if outcome is Outcome.IMPORTED_WITH_ERRORS:
            record = replace(record, counts=Counts(read=9, created=7, rejected=2))
            imports.add_row_errors(tx, record.id or 0, ERRORS)
        imports.finish(tx, record, len(ERRORS))
        alert.on_import(post.app, tx, record, batch=batch, now=post.now)


def over(post: Post, batch: str = "a poll") -> None:
    with post.store.write() as tx:
        alert.release(tx, batch, post.now)


def polled(post: Post, error: RemoteError | None = None, *, list: str = "avis") -> None:
    """What a poll of a list found, and delivery of what there is to tell."""
    repository = post.app.feed(list).repository
    with post.store.write() as tx:
        alert.on_repository(post.app, tx, repository=repository, list=list, error=error, now=post.now)
    post.tell()


def problems(post: Post) -> list[tuple[str, str]]:
    with post.store.read() as tx:
        return [(one.kind, one.subject) for one in alerts.open_conditions(tx)]


# ---------------------------------------------------------------- imports


def test_a_rejected_file_is_told_to_each_subscriber_in_his_language(post: Post) -> None:
    taken(post, Outcome.REJECTED)
    over(post)
    assert post.tell() == alert.Delivered(sent=2)
    assert post.subjects("claire") == ["[Tournée] Rejeté\u00a0: import_avis_1.csv (liste Avis après achat)"]
    assert post.subjects("john") == ["[Tournée] Rejected: import_avis_1.csv (list Avis après achat)"]
    assert post.subjects("paul") == []


def test_a_file_with_bad_rows_is_told_with_line_column_and_reason(small_post: Post) -> None:
    taken(small_post, Outcome.IMPORTED_WITH_ERRORS)
    over(small_post)
    small_post.tell()
    (received,) = small_post.sink.received
    text = received.mail.get_content()
    assert received.to == "claire@team.example"
    assert "ligne 3, Email\u00a0: " in text
    assert "ligne 7, Langue\u00a0: " in text


def test_the_files_of_one_poll_share_one_message(post: Post) -> None:
    taken(post, Outcome.IMPORTED_WITH_ERRORS, name="import_avis_1.csv")
    taken(post, Outcome.REJECTED, name="import_avis_2.csv")
    taken(post, Outcome.REJECTED, name="import_avis_3.csv")
    assert post.tell() == alert.Delivered()
    over(post)
    post.tell()
    assert post.subjects("claire") == [
        "[Tournée] 3 fichiers avec des problèmes, dont 2 rejetés (liste Avis après achat)"
    ]
    assert post.subjects("john") == ["[Tournée] 2 files with problems, 2 rejected (list Avis après achat)"]


def test_every_such_file_is_told_also_when_the_last_one_was_bad_too(post: Post) -> None:
    for poll in ("first", "second"):
        taken(post, Outcome.REJECTED, batch=poll)
        over(post, poll)
        post.tell()
    assert len(post.subjects("claire")) == 2
    assert problems(post) == [("import_rejected", "avis")]


def test_a_clean_import_ends_the_lists_conditions_without_a_word(post: Post) -> None:
    taken(post, Outcome.REJECTED)
    taken(post, Outcome.IMPORTED_WITH_ERRORS)
    taken(post, Outcome.REJECTED, list="halles")
    over(post)
    post.tell()
    told = len(post.sink.received)
    taken(post, Outcome.IMPORTED)
    over(post)
    assert post.tell() == alert.Delivered()
    assert problems(post) == [("import_rejected", "halles")]
    assert len(post.sink.received) == told


def test_an_import_by_hand_alerts_nobody(small_post: Post) -> None:
    taken(small_post, Outcome.REJECTED, by_hand=True, batch=None)
    assert small_post.tell() == alert.Delivered()
    assert problems(small_post) == []


def test_the_message_of_a_poll_that_died_leaves_all_the_same(post: Post) -> None:
    taken(post, Outcome.REJECTED)
    post.later(minutes=10)
    assert post.tell() == alert.Delivered(sent=2)


def test_where_rejected_files_are_moved_is_said(small_post: Post) -> None:
    taken(small_post, Outcome.REJECTED, list="salons")
    over(small_post)
    small_post.tell()
    assert "Il est déplacé vers `refused`." in small_post.sink.received[0].mail.get_content()


def test_an_alert_goes_out_as_mail_that_nobody_answers(small_post: Post) -> None:
    taken(small_post, Outcome.REJECTED)
    over(small_post)
    small_post.tell()
    mail = small_post.sink.received[0].mail
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOON
    assert str(mail["Message-ID"]).endswith("@example.com>")
    assert str(mail["From"]) == "Tournée <tournee@example.com>"


# ---------------------------------------------------------------- repositories


def test_an_outage_is_told_once_reminded_once_a_day_and_told_to_be_over(post: Post) -> None:
    for _ in range(4 * 25):  # a day and an hour
        polled(post, DOWN)
        post.later(minutes=15)
    polled(post)
    polled(post)
    assert post.subjects("john") == [
        "[Tournée] Repository boutique cannot be polled: unreachable (2 lists)",
        "[Tournée] Since 23 November 2026, 12:00: repository boutique cannot be polled: unreachable"
        " (2 lists)",
        "[Tournée] Over: repository boutique is polled again, after 1 day 1 h (2 lists)",
    ]
    assert problems(post) == []


def test_a_new_outage_is_a_new_alert(small_post: Post) -> None:
    for error in (DOWN, None, DOWN):
        polled(small_post, error)
    assert len(small_post.subjects("claire")) == 3


def test_a_changed_key_is_its_own_kind(small_post: Post) -> None:
    polled(small_post, CHANGED)
    assert problems(small_post) == [("untrusted", "boutique")]
    assert small_post.subjects("claire") == [
        "[Tournée] Dépôt boutique\u00a0: serveur non reconnu, relève arrêtée (2 listes)"
    ]
    assert small_post.subjects("john") == []
    assert "tournee trust boutique" in small_post.sink.received[0].mail.get_content()


def test_one_alert_for_all_the_lists_of_a_repository(small_post: Post) -> None:
    polled(small_post, DOWN, list="avis")
    polled(small_post, DOWN, list="salons")
    polled(small_post, list="avis")
    polled(small_post, list="salons")
    assert len(small_post.subjects("claire")) == 2


@pytest.mark.parametrize("error", [MISSING, REFUSED, RemoteError(RemoteErrorKind.TRUNCATED)])
def test_trouble_in_a_lists_own_directory_is_the_lists(small_post: Post, error: RemoteError) -> None:
    polled(small_post, error, list="salons")
    assert problems(small_post) == [("unreachable", "salons")]
    assert small_post.subjects("john") == []
    polled(small_post, list="avis")
    assert problems(small_post) == [("unreachable", "salons")]
    polled(small_post, list="salons")
    assert problems(small_post) == []
    assert len(small_post.subjects("claire")) == 2


def test_an_outage_is_over_when_only_a_directory_is_missing(small_post: Post) -> None:
    polled(small_post, DOWN, list="salons")
    polled(small_post, MISSING, list="salons")
    assert problems(small_post) == [("unreachable", "salons")]


def test_lists_of_one_repository_do_not_open_and_close_its_condition_in_turn(small_post: Post) -> None:
    for _ in range(3):
        polled(small_post, REFUSED, list="avis")
        polled(small_post, list="salons")
    assert len(small_post.subjects("claire")) == 1


@pytest.mark.parametrize(
    ("list", "error", "left"),
    [
        ("halles", DOWN, {"halles", "halle"}),  # the repository and its only list
        ("salons", MISSING, {"salons"}),  # the list whose directory was missing
        ("avis", REFUSED, {"avis"}),  # the only list that looks into the repository's own directory
    ],
)
def test_trouble_of_what_left_the_configuration_is_over(
    small_post: Post, list: str, error: RemoteError, left: set[str]
) -> None:
    polled(small_post, error, list=list)
    settings = small_post.app.settings
    lists = {key: entry for key, entry in settings.lists.items() if key not in left}
    changed = replace(settings, lists=lists)
    small_post.app = replace(small_post.app, config=replace(small_post.app.config, settings=changed))
    small_post.tell()
    assert problems(small_post) == []


def test_a_list_named_like_its_repository_has_its_own_trouble_told(small_post: Post) -> None:
    text = small_post.config.read_text().replace("  salons:\n", "  boutique:\n")
    small_post.configure(text.replace("{", "{{").replace("}", "}}"))
    for _ in range(3):
        polled(small_post, MISSING, list="boutique")
        polled(small_post, list="avis")
    assert small_post.subjects("claire") == [
        "[Tournée] Liste Salons\u00a0: relève impossible, introuvable (dépôt boutique)"
    ]


# ---------------------------------------------------------------- delivery


def ids(post: Post) -> Counter[str]:
    return Counter(str(message.mail["Message-ID"]) for message in post.sink.received)


def test_a_mail_server_that_is_away_delays_alerts_and_loses_none(post: Post) -> None:
    post.sink.stop()
    polled(post, DOWN)
    report = post.tell()
    assert (report.sent, report.later, report.reason and report.reason.code) == (0, 1, "mail_unreachable")
    for _ in range(24 * 5):
        post.later(hours=2)
        assert post.tell().sent == 0
    post.sink.start()
    post.later(hours=2)
    assert post.tell() == alert.Delivered(sent=2)


def test_an_alert_that_was_cut_goes_again_with_the_same_message_id(post: Post) -> None:
    post.sink.answers["CONTENT"].append(CUT)
    polled(post, CHANGED)
    assert post.tell().sent == 0
    post.later(minutes=2)
    assert post.tell() == alert.Delivered(sent=1)
    assert list(ids(post).values()) == [2]


def test_an_address_that_is_refused_for_good_is_given_up(post: Post) -> None:
    post.sink.refuse["claire@team.example"] = "550 5.1.1 unknown"
    polled(post, DOWN)
    post.later(days=1)
    assert post.tell() == alert.Delivered()
    assert (len(post.subjects("claire")), len(post.subjects("john"))) == (0, 1)


def test_an_address_that_is_refused_for_now_delays_no_other(post: Post) -> None:
    post.sink.refuse["claire@team.example"] = "450 4.2.0 later"
    polled(post, DOWN)
    assert len(post.subjects("john")) == 1
    post.sink.refuse.clear()
    post.later(minutes=2)
    assert post.tell() == alert.Delivered(sent=1)


def test_without_a_mail_server_alerts_stay_queued(small_post: Post) -> None:
    with_mail = small_post.app
    small_post.without_mail()
    polled(small_post, DOWN)
    small_post.app = with_mail
    assert small_post.tell() == alert.Delivered(sent=2)


DELIVER = """
import sys
from tournee.actions import alert, open_app
with open_app(sys.argv[1]) as app:
    alert.deliver(app)
"""


def test_killed_while_an_alert_is_sent_it_goes_again_with_the_same_message_id(post: Post) -> None:
    with post.store.write() as tx:
        alert.on_repository(post.app, tx, repository="boutique", list="avis", error=CHANGED, now=post.now)
    post.sink.answers["CONTENT"].append(SILENCE)
    process = subprocess.Popen([sys.executable, "-c", DELIVER, str(post.config)])
    post.sink.wait_for(1)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    while post.tell() != alert.Delivered(sent=1):  # until the server has noticed that the other is dead
        pass
    assert list(ids(post).values()) == [2]
