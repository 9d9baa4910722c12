"""The conversation with a mail server, every way it can end."""

import socket
import time
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from support.smtp import CUT, CUT_EARLY, SILENCE, Sink
from tournee.channels import email as module
from tournee.channels.email import EmailChannel
from tournee.core.errors import (
    ChannelError,
    PermanentChannelError,
    TransientChannelError,
    UncertainChannelError,
)
from tournee.core.facts import Message
from tournee.core.messages import LANGUAGES
from tournee.core.settings import MailSecurity, Secret
from tournee.demo.embedded import Certificate
from tournee.demo.mail_sink import SmtpSink

Reach = Callable[..., EmailChannel]
Serve = Callable[..., Sink]


def letter(number: int = 1, to: str = "claire.martin@example.com", **changes: object) -> Message:
    parts = {
        "message_id": f"<{number}@example.com>", "sender": "Boutique <avis@boutique.example>", "to": to,
        "subject": "Votre avis compte", "text": "Bonjour", "html": "<p>Bonjour</p>",
    } | changes  # fmt: skip
    return Message(**parts)  # type: ignore[arg-type]


def refused(channel: EmailChannel, message: Message) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        channel.send(message)
    assert caught.value.reason.code in LANGUAGES["en"]
    return caught.value


def test_a_message_arrives_whole(reach: Reach, sink: Sink) -> None:
    receipt = reach(sink).send(letter(text=".dot\n..\nend"))
    (received,) = sink.received
    assert (receipt.answer, received.sender, received.to) == (
        "250 taken", "avis@boutique.example", "claire.martin@example.com",
    )  # fmt: skip
    plain = received.mail.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    assert plain.get_content().split() == [".dot", "..", "end"]


def test_a_server_that_was_not_written_here_takes_it_too(reach: Reach) -> None:
    with SmtpSink() as other:
        reach(other).send(letter(text="...\n.\nÀ bientôt", html="<p>À bientôt</p>"))
    assert [mail.recipients for mail in other.messages] == [("claire.martin@example.com",)]


# ---------------------------------------------------------------- one connection for many


def test_a_connection_is_used_for_a_hundred_messages(reach: Reach, sink: Sink) -> None:
    channel = reach(sink)
    for number in range(101):
        channel.send(letter(number))
    assert [sink.received[99].connection, sink.received[100].connection] == [1, 2]


def test_a_connection_is_not_kept_for_longer_than_a_minute(
    reach: Reach, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = reach(sink)
    channel.send(letter(1))
    monkeypatch.setattr(module, "_SECONDS_PER_CONNECTION", 0.0)
    channel.send(letter(2))
    assert [received.connection for received in sink.received] == [1, 2]


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", [CUT, "421 4.4.2 idle for too long", "nonsense"])
def test_a_stale_connection_is_replaced_unnoticed(reach: Reach, sink: Sink, stage: str, answer: str) -> None:
    channel = reach(sink)
    channel.send(letter(1))
    sink.answers[stage].append(answer)
    channel.send(letter(2))
    assert [received.mail["Message-ID"] for received in sink.received] == [
        "<1@example.com>",
        "<2@example.com>",
    ]
    assert sink.connections == 2


def test_a_server_that_cuts_every_connection_is_down(reach: Reach, sink: Sink) -> None:
    sink.answers["RCPT"].extend([CUT, CUT])
    error = refused(reach(sink), letter())
    assert (type(error), error.reason.code) == (TransientChannelError, "mail_link_lost")
    assert isinstance(error, TransientChannelError)
    assert error.channel_down


def test_a_link_that_breaks_inside_the_content_is_tried_again(reach: Reach, sink: Sink) -> None:
    sink.answers["CONTENT"].append(CUT_EARLY)
    reach(sink).send(letter(text="x" * 40_000_000))
    assert [len(sink.received), sink.connections] == [1, 2]


def test_the_next_message_goes_after_any_refusal(reach: Reach, sink: Sink) -> None:
    channel = reach(sink)
    sink.refuse["nobody@example.com"] = "550 5.1.1 unknown"
    refused(channel, letter(1, to="nobody@example.com"))
    channel.send(letter(2))
    assert [received.connection for received in sink.received] == [1]


# ---------------------------------------------------------------- what an answer means


@pytest.mark.parametrize(
    ("stage", "answer", "kind", "code"),
    [
        ("MAIL", "451 4.3.0 later", TransientChannelError, "mail_later"),
        ("MAIL", "553 5.7.1 not your address", TransientChannelError, "mail_sender_refused"),
        ("RCPT", "450 4.2.0 greylisted", TransientChannelError, "mail_later"),
        ("RCPT", "550 5.1.1 no such user", PermanentChannelError, "mail_address_refused"),
        ("RCPT", "530 5.7.0 authenticate first", TransientChannelError, "mail_login_refused"),
        ("DATA", "451 4.3.0 later", TransientChannelError, "mail_later"),
        ("DATA", "554 5.5.1 no", PermanentChannelError, "mail_content_refused"),
        ("CONTENT", "452 4.3.1 disk full", TransientChannelError, "mail_later"),
        ("CONTENT", "421 4.3.2 shutting down", TransientChannelError, "mail_later"),
        ("CONTENT", "552 5.3.4 too big", PermanentChannelError, "mail_content_refused"),
        ("CONTENT", "nonsense", UncertainChannelError, "mail_uncertain"),
        ("CONTENT", CUT, UncertainChannelError, "mail_uncertain"),
    ],
)
def test_an_answer_decides_what_happens_next(
    reach: Reach, sink: Sink, stage: str, answer: str, kind: type[ChannelError], code: str
) -> None:
    sink.answers[stage].append(answer)
    error = refused(reach(sink), letter())
    assert (type(error), error.reason.code) == (kind, code)


def test_a_link_lost_after_the_content_is_never_tried_again(reach: Reach, sink: Sink) -> None:
    channel = reach(sink)
    sink.answers["CONTENT"].append(CUT)
    refused(channel, letter(1))
    channel.send(letter(2))
    assert [received.mail["Message-ID"] for received in sink.received] == [
        "<1@example.com>",
        "<2@example.com>",
    ]


@pytest.mark.parametrize(("stage", "code"), [("RCPT", "mail_silent"), ("CONTENT", "mail_uncertain")])
def test_a_server_that_falls_silent_is_left(
    reach: Reach, sink: Sink, stage: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", 0.2)
    monkeypatch.setattr(module, "_TIMEOUT_TAKING", 0.2)
    sink.answers[stage].append(SILENCE)
    began = time.monotonic()
    error = refused(reach(sink), letter())
    assert error.reason.code == code
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("fault", [CUT, "nonsense"])
def test_after_what_is_uncertain_nothing_else_is_to_leave(reach: Reach, sink: Sink, fault: str) -> None:
    sink.answers["CONTENT"].append(fault)
    assert refused(reach(sink), letter()).channel_down


def test_an_answer_repeats_nothing_of_the_contact(reach: Reach, sink: Sink) -> None:
    sink.answers["CONTENT"].append("554 5.7.10 rejected: 'ZENOBIE, ORD-77, 06 12 34 56 78' 5.7.10 spam")
    error = refused(reach(sink), letter(secrets=("Zénobie Zenobie", "ORD-77")))
    assert error.reason.details["answer"] == "554 5.7.10 rejected: '…, …, …' 5.7.10 spam"


def test_an_answer_never_repeats_the_address(reach: Reach, sink: Sink) -> None:
    sink.answers["RCPT"].append(
        "550-5.1.1 <Claire.Martin@example.com>: mailbox claire.martin\r\n550 is unknown"
    )
    error = refused(reach(sink), letter())
    assert error.reason.details["answer"] == "550 5.1.1 <…>: mailbox … is unknown"


@pytest.mark.parametrize(
    ("answer", "bounced"),
    [
        ("550 5.1.1 no such user", True), ("550 5.1.2 no such domain", True), ("556 5.1.10 null MX", True),
        ("550-5.1.1 no such\r\n550 5.1.1 user", True), ("550 5.2.1 disabled", True),
        ("550 no such user", True), ("551 moved away", True), ("553 no such name", True),
        ("552 5.2.2 mailbox full", False), ("550 5.7.1 blocked", False), ("554 5.7.1 spam", False),
        ("550 5.4.1 no route", False), ("554 no", False), ("550 5.1.1.1 odd", True),
        ("550 5.2.10 odd", False),
    ],
)  # fmt: skip
def test_an_address_that_does_not_exist_is_told_from_one_that_says_no(
    reach: Reach, sink: Sink, answer: str, bounced: bool
) -> None:
    channel = reach(sink)
    channel.send(letter(1, to="zoe@example.com"))
    sink.refuse["claire.martin@example.com"] = answer
    error = refused(channel, letter())
    assert isinstance(error, PermanentChannelError)
    assert error.bounced == bounced


@pytest.mark.parametrize(("answer", "bounced"), [("550 relay not permitted", False), ("550 5.1.1 no", True)])
def test_a_server_that_has_accepted_nobody_must_say_that_it_is_the_address(
    reach: Reach, sink: Sink, answer: str, bounced: bool
) -> None:
    sink.refuse["claire.martin@example.com"] = answer
    error = refused(reach(sink), letter())
    assert isinstance(error, PermanentChannelError)
    assert error.bounced == bounced


@pytest.mark.parametrize("stage", ["DATA", "CONTENT"])
def test_a_refusal_of_the_content_says_nothing_about_the_address(
    reach: Reach, sink: Sink, stage: str
) -> None:
    sink.answers[stage].append("550 5.1.1 no")
    error = refused(reach(sink), letter())
    assert isinstance(error, PermanentChannelError)
    assert not error.bounced


@pytest.mark.parametrize("answer", ["550 5.1.8 sender's domain not found", "553 5.1.7 bad sender"])
def test_a_sender_that_is_refused_only_with_the_address_gives_up_nothing(
    reach: Reach, sink: Sink, answer: str
) -> None:
    sink.answers["RCPT"].append(answer)
    error = refused(reach(sink), letter())
    assert (type(error), error.reason.code) == (TransientChannelError, "mail_sender_refused")


# ---------------------------------------------------------------- getting through


def closed_port() -> Sink:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return Sink(port=free.getsockname()[1])


def down(channel: EmailChannel) -> str:
    error = refused(channel, letter())
    assert isinstance(error, TransientChannelError)
    assert error.channel_down
    return error.reason.code


def test_a_server_that_is_away_is_down(reach: Reach) -> None:
    assert down(reach(closed_port())) == "mail_unreachable"


def test_a_server_that_is_not_ready_is_down(reach: Reach, sink: Sink) -> None:
    sink.answers["CONNECT"].append("554 no service")
    assert down(reach(sink)) == "mail_not_ready"


def test_encryption_is_used_where_it_is_offered(
    reach: Reach, serve: Serve, shown: Certificate, ca_file: str
) -> None:
    sink = serve(tls=shown.context())
    reach(sink, ca_file=ca_file).send(letter())
    assert [received.encrypted for received in sink.received] == [True]


def test_encryption_that_is_demanded_and_not_offered_ends_the_conversation(reach: Reach, sink: Sink) -> None:
    assert down(reach(sink, MailSecurity.STARTTLS)) == "mail_not_encrypted"


def test_encryption_from_the_first_byte(reach: Reach, serve: Serve, shown: Certificate, ca_file: str) -> None:
    sink = serve(tls=shown.context(), implicit=True)
    reach(sink, MailSecurity.TLS, ca_file=ca_file).send(letter())
    assert [received.encrypted for received in sink.received] == [True]


@pytest.mark.parametrize("security", list(MailSecurity))
def test_a_certificate_that_nobody_vouches_for_is_refused(
    reach: Reach, serve: Serve, shown: Certificate, security: MailSecurity
) -> None:
    sink = serve(tls=shown.context(), implicit=security is MailSecurity.TLS)
    assert down(reach(sink, security)) == "mail_untrusted"
    assert sink.received == []


def test_a_certificate_file_that_is_missing_is_said(reach: Reach, serve: Serve, shown: Certificate) -> None:
    sink = serve(tls=shown.context())
    assert down(reach(sink, ca_file="/nowhere/ca.pem")) == "mail_ca_unreadable"


@pytest.mark.parametrize("password", ["secret", "clé à part"])
def test_a_login_is_given(reach: Reach, serve: Serve, password: str) -> None:
    sink = serve(login=("tournee", password))
    reach(sink, username="tournee", password=Secret(password)).send(letter())
    assert len(sink.received) == 1


@pytest.mark.parametrize("password", ["secret", "clé à part"])
def test_a_login_that_is_refused_loses_no_message(reach: Reach, serve: Serve, password: str) -> None:
    sink = serve(login=("tournee", "another"))
    error = refused(reach(sink, username="tournee", password=Secret(password)), letter())
    assert (type(error), error.reason.code) == (TransientChannelError, "mail_login_refused")
    assert password not in str(error.reason)


def test_a_server_without_logins_is_said(reach: Reach, sink: Sink) -> None:
    assert down(reach(sink, username="tournee", password=Secret("secret"))) == "mail_login_unknown"


def test_the_server_is_told_a_name_without_a_lookup(reach: Reach, sink: Sink) -> None:
    reach(sink).send(letter())
    assert sink.names[0] == "[127.0.0.1]" or "." in sink.names[0]


# ---------------------------------------------------------------- addresses


def test_an_international_address_goes_out_where_the_server_offers_it(reach: Reach, sink: Sink) -> None:
    channel = reach(sink)
    channel.send(letter(1, to="hélène@example.com"))
    channel.send(letter(2))
    assert [received.to for received in sink.received] == ["hélène@example.com", "claire.martin@example.com"]
    assert "To: hélène@example.com".encode() in sink.received[0].content


def test_an_international_address_is_given_up_where_the_server_does_not(reach: Reach, serve: Serve) -> None:
    sink = serve(features=("8BITMIME",))
    error = refused(reach(sink), letter(to="hélène@example.com"))
    assert (type(error), error.reason.code) == (PermanentChannelError, "mail_address_not_ascii")


def test_a_domain_that_is_not_ascii_needs_nothing_of_the_server(reach: Reach, serve: Serve) -> None:
    sink = serve(features=())
    reach(sink).send(letter(to="claire@café.example"))
    assert [received.to for received in sink.received] == ["claire@xn--caf-dma.example"]


def test_what_is_no_address_is_given_up_without_a_connection(reach: Reach, sink: Sink) -> None:
    error = refused(reach(sink), letter(to="claire\r\nRCPT TO:<all@example.com>"))
    assert (type(error), sink.connections) == (PermanentChannelError, 0)


def test_a_wrong_sender_gives_up_nothing(reach: Reach, sink: Sink) -> None:
    error = refused(reach(sink), letter(sender="la boutique"))
    assert (type(error), error.reason.code) == (TransientChannelError, "mail_sender_unusable")


def test_nothing_connects_before_the_first_message_and_closing_twice_is_harmless(
    reach: Reach, sink: Sink
) -> None:
    channel = reach(sink)
    channel.close()
    channel.close()
    assert sink.connections == 0
