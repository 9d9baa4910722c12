"""The outbox is drained: each message leaves once, and only if its rules still allow it."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest

from support.installation import NOON
from support.post import CONFIGURATION, Post
from support.smtp import CUT, SILENCE
from tournee.actions import contacts
from tournee.actions.outlets import AT_ONCE
from tournee.actions.send import send_due
from tournee.core.facts import Reason, SendReport, SendStatus


def never() -> float:
    return 0.0


def drain(post: Post) -> SendReport:
    return send_due(post.app, chance=never)


def received(post: Post) -> list[str]:
    return [message.to for message in post.sink.received]


# ---------------------------------------------------------------- what leaves


def test_an_invitation_arrives_in_the_contacts_language_as_text_and_html(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr-CA", "jo@example.com;Jo;en", "ute@example.com;Ute;de")
    assert drain(small_post) == SendReport(sent=3)
    mails = {message.to: message.mail for message in small_post.sink.received}
    assert {to: str(mail["Subject"]) for to, mail in mails.items()} == {
        "zoe@example.com": "Votre avis, Zoé ?", "jo@example.com": "How did we do?",
        "ute@example.com": "Votre avis, Ute ?",
    }  # fmt: skip
    text, page = (mails["zoe@example.com"].get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    assert text.get_content().strip() == "Bonjour Zoé, votre avis <https://survey.example/s/1>"
    assert '<a href="https://survey.example/s/1">votre avis</a>' in page.get_content()


def test_an_invitation_says_who_sends_it_and_when(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr")
    drain(small_post)
    mail = small_post.sink.received[0].mail
    assert (mail["From"], mail["To"]) == ("Boutique <avis@boutique.example>", "zoe@example.com")
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] is None


def test_the_text_is_the_one_beside_the_page_where_there_is_one(small_post: Post) -> None:
    small_post.template("satisfaction.fr.txt", "Cher {{ contact.first_name }} & Cie")
    small_post.bring("zoe@example.com;Zoé;fr")
    drain(small_post)
    text = small_post.sink.received[0].mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().strip() == "Cher Zoé & Cie"


def test_a_template_has_the_list_the_deployment_and_the_declared_fields(small_post: Post) -> None:
    small_post.template(
        "accueil.html",
        "{{ list }}|{{ deployment }}|{{ contact.amount + 1 }}|{{ contact.bought.strftime('%d/%m') }}",
    )
    small_post.bring(
        "zoe@example.com;fr;1 234,50;23/11/2026", list="halles", header="Email;Langue;Montant;Date d'achat"
    )
    drain(small_post)
    page = small_post.sink.received[0].mail.get_body(("html",))
    assert page is not None
    assert page.get_content().strip() == "Halles|accueil|1235.50|23/11"


# ---------------------------------------------------------------- once


def test_a_second_drain_sends_nothing(post: Post) -> None:
    post.bring_many(5)
    assert [drain(post), drain(post)] == [SendReport(sent=5), SendReport()]
    assert len(set(received(post))) == len(post.sink.received) == 5


def test_many_messages_share_a_connection(small_post: Post) -> None:
    small_post.bring_many(50)
    drain(small_post)
    assert (len(small_post.sink.received), small_post.sink.connections) == (50, 1)


def test_what_a_dead_process_left_is_uncertain_and_not_sent_again(post: Post) -> None:
    post.bring_many(3)
    message_id = post.claim_one()
    assert drain(post) == SendReport(sent=2, uncertain=1)
    assert Counter(post.statuses().values()) == {"sent": 2, "uncertain": 1}
    assert message_id not in [str(message.mail["Message-ID"]) for message in post.sink.received]


def test_a_link_that_breaks_after_the_content_leaves_it_uncertain(post: Post) -> None:
    post.bring("zoe@example.com;Zoé;fr", "jo@example.com;Jo;en")
    post.sink.answers["CONTENT"].append(CUT)
    assert [drain(post), drain(post)] == [SendReport(uncertain=1), SendReport(sent=1)]
    post.later(days=2)
    assert drain(post) == SendReport()
    assert Counter(received(post)) == {"zoe@example.com": 1, "jo@example.com": 1}


def test_two_drains_at_once_do_not_meet(post: Post) -> None:
    post.bring_many(1)
    post.sink.answers["RCPT"].append(SILENCE)
    first = threading.Thread(target=drain, args=(post,))
    first.start()
    while post.statuses() != {"c0@example.com": "sending"}:
        pass
    assert drain(post) == SendReport(busy=True)
    post.sink.stop()
    first.join()


# ---------------------------------------------------------------- the second look


def test_an_opt_out_after_the_decision_holds(post: Post) -> None:
    post.bring("zoe@example.com;Zoé;fr", "jo@example.com;Jo;en")
    contacts.opt_out(post.app, "zoe@example.com")
    assert drain(post) == SendReport(sent=1, blocked=1)
    assert received(post) == ["jo@example.com"]
    row = post.row("zoe@example.com")
    assert (row.status, row.rule, row.reason) == ("blocked", "opt_out", Reason("opt_out"))


def test_an_opt_out_while_another_message_is_sent_holds(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr", "jo@example.com;Jo;en")

    class Refusing(dict[str, str]):
        def get(self, address: str, usual: str) -> str:  # type: ignore[override]
            contacts.opt_out(small_post.app, "zoe@example.com")
            return usual

    small_post.sink.refuse = Refusing()
    assert drain(small_post) == SendReport(sent=1, blocked=1)
    assert received(small_post) == ["jo@example.com"]


def test_a_rule_that_came_after_the_decision_holds(post: Post) -> None:
    post.bring("zoe@example.com;Zoé;fr")
    post.bring("zoe@example.com;Zoé;fr", list="halles")
    post.more = "solicitation_rules: [{at_most: 1 per month}]"
    post.configure()
    assert drain(post) == SendReport(sent=1, blocked=1)
    assert [(row.status, row.rule) for row in post.rows()] == [
        ("sent", None), ("blocked", "at_most 1 per month"),
    ]  # fmt: skip


# ---------------------------------------------------------------- what does not leave at once


def test_a_server_that_asks_to_come_back_is_asked_again_after_1_5_15_60_minutes(post: Post) -> None:
    post.bring("zoe@example.com;Zoé;fr")
    post.sink.answers["RCPT"].extend(["450 4.2.0 greylisted"] * 5)
    for minutes in (1, 5, 15, 60, 60):
        report = drain(post)
        assert (report.later, report.reason and report.reason.code) == (1, "mail_later")
        post.later(minutes=minutes, seconds=-1)
        assert drain(post) == SendReport()
        post.later(seconds=1)
    assert drain(post) == SendReport(sent=1)


def test_after_three_days_a_message_is_given_up(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr")
    small_post.sink.refuse["zoe@example.com"] = "450 4.2.2 mailbox full"
    while drain(small_post).later:
        small_post.later(hours=1)
    assert timedelta(days=3) <= small_post.now - NOON < timedelta(days=3, hours=2)
    (row,) = small_post.rows()
    assert (row.status, row.answer) == ("failed", "450 4.2.2 mailbox full")


def test_an_address_that_is_refused_is_given_up_and_its_answer_kept_without_it(post: Post) -> None:
    post.bring("zoe.durand@example.com;Zoé;fr", "jo@example.com;Jo;en")
    post.sink.refuse["zoe.durand@example.com"] = "550 5.1.1 <zoe.durand@example.com> unknown"
    assert drain(post) == SendReport(sent=1, failed=1)
    row = post.row("zoe.durand@example.com")
    assert (row.status, row.answer) == ("failed", "550 5.1.1 <…> unknown")
    assert "zoe" not in str(row.reason).lower()


def test_a_mail_server_that_is_away_costs_one_attempt_in_all(post: Post) -> None:
    post.bring_many(30)
    post.sink.stop()
    report = drain(post)
    assert (report.later, report.reason and report.reason.code) == (1, "mail_unreachable")
    assert Counter(row.attempts for row in post.rows()) == {0: 29, 1: 1}
    assert Counter(post.statuses().values()) == {"waiting": 30}


def test_everything_leaves_once_the_mail_server_is_back(small_post: Post) -> None:
    small_post.bring_many(30)
    small_post.sink.stop()
    drain(small_post)
    small_post.later(minutes=2)
    small_post.sink.start()
    assert drain(small_post) == SendReport(sent=30)


def test_a_value_that_does_not_fit_a_template_fails_that_message_alone(small_post: Post) -> None:
    small_post.template("satisfaction.fr.html", "\n{{ contact.first_name.upper() }}")
    small_post.bring("zoe@example.com;;fr", "leo@example.com;Léo;fr")
    assert drain(small_post) == SendReport(sent=1, failed=1)
    details = {"template": "satisfaction.fr.html", "line": 2}
    assert small_post.row("zoe@example.com").reason == Reason("template_failed", details)


@pytest.mark.parametrize(("text", "code"), [("{% if %}", "template_syntax"), (None, "template_unreadable")])
def test_a_broken_template_keeps_its_messages_waiting(small_post: Post, text: str | None, code: str) -> None:
    small_post.bring("zoe@example.com;Zoé;fr", "jo@example.com;Jo;en")
    if text is None:
        (small_post.root / "satisfaction.fr.html").unlink()
    else:
        small_post.template("satisfaction.fr.html", text)
    report = drain(small_post)
    assert (report.sent, report.later, report.reason and report.reason.code) == (1, 1, code)
    small_post.template("satisfaction.fr.html", "Bonjour")
    small_post.later(hours=1)
    assert drain(small_post) == SendReport(sent=1)


def test_a_message_that_waited_long_for_its_template_has_all_its_attempts(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr")
    small_post.template("satisfaction.fr.html", "{% if %}")
    for _ in range(4):
        drain(small_post)
        small_post.later(days=1)
    small_post.template("satisfaction.fr.html", "Bonjour")
    small_post.sink.answers["RCPT"].append("451 come back later")
    assert drain(small_post).later == 1
    small_post.later(minutes=1)
    assert drain(small_post) == SendReport(sent=1)
    assert small_post.row("zoe@example.com").attempts == 2


def test_a_deployment_that_left_the_configuration_keeps_its_messages_waiting(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr")
    without = CONFIGURATION.replace("  satisfaction:\n", "  other:\n").replace("deploy: satisfaction,", "")
    small_post.configure(without)
    report = drain(small_post)
    assert report == SendReport(reason=Reason("deployment_gone", {"deployment": "satisfaction"}))
    small_post.configure()
    assert drain(small_post) == SendReport(sent=1)


def test_without_a_mail_server_messages_wait_and_it_is_said(small_post: Post) -> None:
    small_post.bring("zoe@example.com;Zoé;fr")
    small_post.without_mail()
    assert drain(small_post) == SendReport(reason=Reason("mail_not_configured"))
    assert small_post.statuses() == {"zoe@example.com": "waiting"}


def test_asked_to_stop_it_finishes_the_message_in_hand(small_post: Post) -> None:
    small_post.bring_many(10)

    class Stopping(dict[str, str]):
        def get(self, address: str, usual: str) -> str:  # type: ignore[override]
            if address == "c2@example.com":
                small_post.app.stop.set()
            return usual

    small_post.sink.refuse = Stopping()
    assert drain(small_post) == SendReport(sent=3)
    assert Counter(row.status for row in small_post.rows()) == {"sent": 3, "waiting": 7}
    assert {row.attempts for row in small_post.rows() if row.status == "waiting"} == {0}


# ---------------------------------------------------------------- killed


DRAIN = """
import sys
from tournee.actions import open_app
from tournee.actions.send import send_due
with open_app(sys.argv[1]) as app:
    send_due(app)
"""


def killed_after(post: Post, messages: int) -> None:
    """A process that drains the outbox, killed once so many messages have arrived."""
    process = subprocess.Popen([sys.executable, "-c", DRAIN, str(post.config)])
    post.sink.wait_for(messages)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_killed_at_many_moments_no_message_leaves_twice_and_none_is_lost(post: Post) -> None:
    post.bring_many(200)
    for messages in (1, 20, 61, 100, 163):
        killed_after(post, messages)
        assert post.count(SendStatus.SENDING) <= AT_ONCE
    while drain(post).busy:  # until the server has noticed that the last one is dead
        pass
    ids = Counter(str(message.mail["Message-ID"]) for message in post.sink.received)
    assert set(ids.values()) == {1}
    counts = Counter(post.statuses().values())
    assert counts["sent"] + counts["uncertain"] == 200
    assert counts["uncertain"] <= 5
    assert counts["sent"] <= len(post.sink.received) <= 200
    sent = {email for email, status in post.statuses().items() if status == "sent"}
    assert sent <= set(received(post))
