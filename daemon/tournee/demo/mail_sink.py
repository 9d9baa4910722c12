"""A mail server that keeps what it is given."""

# ruff: noqa: ARG001, ARG002, N802 -- aiosmtpd names its hooks and calls them with more than they need

import asyncio
import logging
import ssl
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult

from tournee.demo.embedded import HOST, PASSWORD, USER, Certificate, Embedded, Tls

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # what goes wrong is told by the client


class Fault(StrEnum):
    """What a mail server does instead of answering."""

    HANG = "hang"  # says nothing until the server stops
    DROP = "drop"  # closes the connection; after the content, the message is kept all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class SmtpSink(Embedded):
    """A mail server that keeps what it is given and can be told to misbehave.

    `answers` maps a command (`EHLO`, `MAIL`, `RCPT`, `DATA`; the last one after the content) or a
    recipient's address to an answer (`"450 4.2.0 Try later"`) or a `Fault`, until it is taken out again.
    With a certificate STARTTLS is offered (`tls` EXPLICIT) or TLS is spoken from the start (IMPLICIT); with
    `login` the user and password of this module are demanded.
    """

    def __init__(
        self, *, tls: Tls = Tls.NONE, certificate: Certificate | None = None, login: bool = False
    ) -> None:
        self.messages: list[Mail] = []
        self.answers: dict[str, str | Fault] = {}
        self.connections = 0
        self.tls = tls
        self.certificate = certificate or Certificate.make()
        self._login = login
        self._sessions: set[_Session] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-smtp", daemon=True)

    def start(self) -> Self:
        """Listen; `port` is known afterwards."""
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        context = self.certificate.context() if self.tls is not Tls.NONE else None
        server = await self._loop.create_server(
            lambda: self._session(context), HOST, 0, ssl=context if self.tls is Tls.IMPLICIT else None
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for session in tuple(self._sessions):
            session.hang_up()
        await asyncio.sleep(0)  # their transports close in the next turn of the loop

    def _session(self, context: ssl.SSLContext | None) -> "_Session":
        self.connections += 1
        return _Session(
            self._sessions,
            _Hooks(self),
            hostname="sink.example",
            enable_SMTPUTF8=True,
            tls_context=context if self.tls is Tls.EXPLICIT else None,
            auth_required=self._login,
            auth_require_tls=self.tls is Tls.EXPLICIT,
            authenticator=_authenticated,
            loop=self._loop,
        )

    async def told(self, *keys: str) -> str | Fault | None:
        """What to do about a command: the answer that was set for it; a server that hangs waits here."""
        told = next((self.answers[key] for key in keys if key in self.answers), None)
        if told is Fault.HANG:
            await self._stopping.wait()
        return told


class _Session(SMTP):
    def __init__(self, sessions: "set[_Session]", *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions.discard(self)
        super().connection_lost(error)

    def hang_up(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Hooks:
    """What aiosmtpd asks at each command."""

    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_EHLO(
        self, server: _Session, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        answer = await self._answer(server, "EHLO")
        return responses if answer == "250 OK" else [answer]

    async def handle_MAIL(
        self, server: _Session, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._answer(server, "MAIL")

    async def handle_RCPT(
        self, server: _Session, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = await self._answer(server, "RCPT", address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: _Session, session: Any, envelope: Any) -> str:
        if self._sink.answers.get("DATA") in (None, Fault.DROP):
            mail = Mail(
                sender=envelope.mail_from, recipients=tuple(envelope.rcpt_tos), content=envelope.content
            )
            self._sink.messages.append(mail)
        return await self._answer(server, "DATA")

    async def _answer(self, server: _Session, *keys: str) -> str:
        told = await self._sink.told(*keys)
        if told is Fault.DROP:
            server.hang_up()
        return "421 4.3.2 Gone" if isinstance(told, Fault) else told or "250 OK"


def _authenticated(server: SMTP, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    """Only the user and password of this demo are let in."""
    good = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)
