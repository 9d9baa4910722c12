"""Email by SMTP: one recipient a message, one connection for many messages, every answer classified.

What decides whether a message left is where the conversation broke: before the last byte of the content was
handed to the network, it did not; after that and without an answer, nobody knows.
"""

import base64
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from tournee.channels.answers import LENGTH, quoted
from tournee.channels.mime import Mailbox, as_bytes, mailbox, wire_address
from tournee.core.errors import (
    ChannelError,
    PermanentChannelError,
    TransientChannelError,
    UncertainChannelError,
)
from tournee.core.facts import Message, Reason, Receipt, Request
from tournee.core.settings import Mail, MailSecurity

_TIMEOUT = 30.0  # seconds for connecting and for each answer
_TIMEOUT_TAKING = 120.0  # seconds for the answer to the content: filters look at it first
_MESSAGES_PER_CONNECTION = 100
_SECONDS_PER_CONNECTION = 60.0
_CLOSING = 421  # the server is closing the connection
_LOGIN_FIRST = frozenset({530, 535, 538})
_NO_SUCH_ADDRESS = frozenset({"550", "551", "553"})
_ENHANCED = re.compile(r"\d{3} 5\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3})(?![\w.])")
_SENDER_WRONG = frozenset({(1, 7), (1, 8)})  # said of the sender's address and of its domain
_DISABLED = (2, 1)  # a mailbox that takes nothing any more
#: The enhanced code apart: with the words after it, it could be taken for a phone.
_ENHANCED_FIRST = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\w.])")


#: The server's answer and the details of the reason -> what it means that it said no for good.
_Refusal = Callable[[str, Mapping[str, str]], ChannelError]


class _LinkLost(Exception):
    """It ended before the message could have left; `stale` when a new connection may do better at once."""

    def __init__(self, reason: Reason, *, stale: bool) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.stale = stale


class EmailChannel:
    """The mail server of the configuration."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._link: _Link | None = None

    def send(self, message: Message | Request) -> Receipt:
        """Hand over one message; a connection that went stale is replaced once, unnoticed."""
        assert isinstance(message, Message), "a request is not for a mail server"
        sender, to = _addresses(message)
        try:
            return self._attempt(message, sender, to)
        except _LinkLost as lost:
            if not lost.stale:
                raise TransientChannelError(lost.reason, channel_down=True) from None
        try:
            return self._attempt(message, sender, to)
        except _LinkLost as lost:
            raise TransientChannelError(lost.reason, channel_down=True) from None

    def close(self) -> None:
        """Say goodbye to the server."""
        if self._link is not None:
            self._link.quit()
            self._link = None

    def _attempt(self, message: Message, sender: Mailbox, to: str) -> Receipt:
        link = self._link
        if link is None or link.gone or link.worn:
            self.close()
            self._link = link = _Link(self._mail)
        return link.transact(message, sender, to)


def _addresses(message: Message) -> tuple[Mailbox, str]:
    try:
        sender = mailbox(message.sender)
    except ValueError:
        raise TransientChannelError(Reason("mail_sender_unusable")) from None
    try:
        return sender, wire_address(message.to)
    except ValueError:
        raise PermanentChannelError(Reason("mail_address_unusable")) from None


class _Link:
    """One connection: greeted, encrypted and logged in by the time it exists."""

    def __init__(self, mail: Mail) -> None:
        self._host = mail.host
        self._opened = time.monotonic()
        self._messages = 0
        self._accepted = False  # any recipient
        with _opening(mail):
            self._smtp = _connected(mail)
            try:
                _introduce(self._smtp, mail)
            except BaseException:
                self._smtp.close()
                raise

    @property
    def gone(self) -> bool:
        """The connection has ended."""
        return self._smtp.sock is None

    @property
    def worn(self) -> bool:
        """Servers cut what lasts too long; better to come back."""
        age = time.monotonic() - self._opened
        return self._messages >= _MESSAGES_PER_CONNECTION or age >= _SECONDS_PER_CONNECTION

    def quit(self) -> None:
        """End politely; a server that is gone already is fine."""
        with suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()
        self._smtp.close()

    def transact(self, message: Message, sender: Mailbox, to: str) -> Receipt:
        """Envelope, then content; raises _LinkLost or a ChannelError."""
        self._messages += 1
        content = as_bytes(message, sender, to)
        try:
            with self._not_left():
                self._envelope(sender.address, to, message)
                self._hand_over(content)
            return Receipt(answer=self._taken(message))
        except (TransientChannelError, PermanentChannelError):
            self._forget_envelope()
            raise
        except (_LinkLost, UncertainChannelError):
            self._smtp.close()
            raise

    @contextmanager
    def _not_left(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            silent = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            code = "mail_silent" if silent else "mail_link_lost"
            raise _LinkLost(Reason(code, {"host": self._host}), stale=not silent) from None

    def _envelope(self, sender: str, to: str, message: Message) -> None:
        options = self._options(sender, to)
        # Where there is nothing to say besides, smtplib would only take both addresses apart once more.
        begun = self._smtp.mail(sender, options) if options else self._smtp.docmd("MAIL", f"FROM:<{sender}>")
        self._expect(begun, 250, message, _sender_refused)
        there = self._smtp.rcpt(to) if options else self._smtp.docmd("RCPT", f"TO:<{to}>")
        self._expect(there, 250, message, self._address_refused)
        self._accepted = True
        self._expect(self._smtp.docmd("DATA"), 354, message, _content_refused)

    def _address_refused(self, answer: str, details: Mapping[str, str]) -> ChannelError:
        """Many servers say only here what they have against the sender, or against us.

        So a bare refusal means the address only where others are accepted.
        """
        enhanced = _enhanced(answer)
        if enhanced in _SENDER_WRONG:
            return _sender_refused(answer, details)
        bounced = (
            _no_such_address(enhanced) if enhanced else self._accepted and answer[:3] in _NO_SUCH_ADDRESS
        )
        return PermanentChannelError(Reason("mail_address_refused", details), bounced=bounced)

    def _options(self, sender: str, to: str) -> tuple[str, ...]:
        if sender.isascii() and to.isascii():
            return ()
        if not self._smtp.has_extn("smtputf8"):
            raise PermanentChannelError(Reason("mail_address_not_ascii", {"host": self._host}))
        return ("SMTPUTF8", "BODY=8BITMIME")

    def _hand_over(self, content: bytes) -> None:
        """Every byte. Where this fails the closing dot has not left, and the server cannot have taken it."""
        self._smtp.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")  # it begins with a header

    def _taken(self, message: Message) -> str:
        """The server's word on the content: only 2xx means that it answers for the message."""
        try:
            self._wait_at_most(_TIMEOUT_TAKING)
            code, text = self._smtp.getreply()
            self._wait_at_most(_TIMEOUT)
        except (smtplib.SMTPException, OSError):
            raise self._uncertain() from None
        answer = _answer(code, text, _personal(message))
        if 200 <= code < 300:
            return answer
        if 400 <= code < 500:
            raise TransientChannelError(Reason("mail_later", {"host": self._host, "answer": answer}))
        if 500 <= code < 600:
            raise _content_refused(answer, {"host": self._host, "answer": answer})
        raise self._uncertain()

    def _uncertain(self) -> UncertainChannelError:
        """What does this to one message may do it to all of them: nothing else is to leave after it."""
        return UncertainChannelError(Reason("mail_uncertain", {"host": self._host}), channel_down=True)

    def _wait_at_most(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _forget_envelope(self) -> None:
        try:
            code, _text = self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            code = -1
        if code != 250:
            self._smtp.close()

    def _expect(self, reply: tuple[int, bytes], wanted: int, message: Message, refusal: _Refusal) -> None:
        """Nothing when the server goes along; else _LinkLost, a transient error, or `refusal` for 5xx."""
        code, text = reply
        if code == wanted or (wanted == 250 and 200 <= code < 300):
            return
        answer = _answer(code, text, _personal(message))
        details = {"host": self._host, "answer": answer}
        if code == _CLOSING or not 400 <= code < 600:
            raise _LinkLost(Reason("mail_link_lost", details), stale=True)
        if code in _LOGIN_FIRST:
            raise TransientChannelError(Reason("mail_login_refused", details), channel_down=True)
        if code < 500:
            raise TransientChannelError(Reason("mail_later", details))
        raise refusal(answer, details)


# ---------------------------------------------------------------- a refusal for good


def _sender_refused(_answer: str, details: Mapping[str, str]) -> ChannelError:
    """A sender that is refused is the operator's to repair: no message is given up for it."""
    return TransientChannelError(Reason("mail_sender_refused", details))


def _content_refused(_answer: str, details: Mapping[str, str]) -> ChannelError:
    return PermanentChannelError(Reason("mail_content_refused", details))


def _no_such_address(enhanced: tuple[int, int]) -> bool:
    """Whether a refused address does not exist (any more).

    A full mailbox (5.2.2) may be emptied, and a policy (5.7) concerns the message or us.
    """
    return enhanced[0] == 1 or enhanced == _DISABLED


def _enhanced(answer: str) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code (RFC 3463) of a refusal, where the server gives one."""
    found = _ENHANCED.match(answer)
    return (int(found["subject"]), int(found["detail"])) if found else None


# ---------------------------------------------------------------- opening a connection


@contextmanager
def _opening(mail: Mail) -> Iterator[None]:
    """Whatever keeps the conversation from starting concerns the channel, never the message."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _down("mail_untrusted", mail, error=error.verify_message) from None
    except smtplib.SMTPResponseException as error:
        raise _down("mail_not_ready", mail, answer=_answer(error.smtp_code, error.smtp_error)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise _down("mail_unreachable", mail, error=_cause(error)) from None


def _down(code: str, mail: Mail, **details: str) -> TransientChannelError:
    reason = Reason(code, {"host": mail.host, "port": mail.port, **details})
    return TransientChannelError(reason, channel_down=True)


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _connected(mail: Mail) -> smtplib.SMTP:
    # A local host name is given so that none is looked up: that can block. `_introduce` puts a better one.
    if mail.security is MailSecurity.TLS:
        context = _verified(mail)
        return smtplib.SMTP_SSL(mail.host, mail.port, "localhost", timeout=_TIMEOUT, context=context)
    return smtplib.SMTP(mail.host, mail.port, "localhost", timeout=_TIMEOUT)


def _introduce(smtp: smtplib.SMTP, mail: Mail) -> None:
    smtp.local_hostname = _own_name(smtp)
    smtp.ehlo_or_helo_if_needed()
    offered = smtp.has_extn("starttls")
    if mail.security is MailSecurity.STARTTLS and not offered:
        raise _down("mail_not_encrypted", mail)
    if mail.security is not MailSecurity.TLS and offered:
        code, text = smtp.starttls(context=_verified(mail))
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        smtp.ehlo_or_helo_if_needed()
    if mail.username is not None:
        _log_in(smtp, mail, mail.username)


def _verified(mail: Mail) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=mail.ca_file)
    except OSError as error:
        raise _down("mail_ca_unreadable", mail, error=_cause(error)) from None


def _own_name(smtp: smtplib.SMTP) -> str:
    """This machine's full name if it knows one, else the address literal that RFC 5321 asks for instead."""
    name = socket.gethostname()
    if "." in name and name.isascii():
        return name
    assert smtp.sock is not None
    address = str(smtp.sock.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _log_in(smtp: smtplib.SMTP, mail: Mail, username: str) -> None:
    password = mail.password.reveal() if mail.password else ""
    try:
        if username.isascii() and password.isascii():
            smtp.login(username, password)
        else:  # smtplib only knows ASCII
            _plain(smtp, username, password)
    except smtplib.SMTPResponseException as error:
        answer = _answer(error.smtp_code, error.smtp_error, _with_local(username))
        raise _down("mail_login_refused", mail, answer=answer) from None
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException:
        raise _down("mail_login_unknown", mail) from None


def _plain(smtp: smtplib.SMTP, username: str, password: str) -> None:
    secret = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
    code, text = smtp.docmd("AUTH", f"PLAIN {secret}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


# ---------------------------------------------------------------- what the server said


def _personal(message: Message) -> tuple[str, ...]:
    return (*message.secrets, *_with_local(message.to))


def _with_local(address: str) -> tuple[str, ...]:
    """An address, and its local part, which a server may name alone."""
    return address, address.rpartition("@")[0]


def _answer(code: int, text: bytes | str, secrets: Iterable[str] = ()) -> str:
    """The server's answer on one line: its codes, and what may be quoted of its words."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found = _ENHANCED_FIRST.match(words)
    enhanced, rest = (found[1], words[found.end() :]) if found else ("", words)
    return " ".join(f"{code} {enhanced} {quoted(rest, secrets)}".split())[:LENGTH]
