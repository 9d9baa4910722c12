"""A real SMTP server on a free port that does as it is told: takes mail, refuses, hangs, cuts the line.

It speaks the protocol by itself, blocking and in threads, because the servers that exist are too kind, and
because it must not be slower than what it measures.
"""

import base64
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

CUT = "cut"  # close the connection instead of answering
SILENCE = "silence"  # never answer
CUT_EARLY = "cut early"  # CONTENT only: close after the first bytes


@dataclass(frozen=True)
class Received:
    """A message that the server took."""

    sender: str
    to: str
    content: bytes
    connection: int
    encrypted: bool

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Sink:
    """`answers["RCPT"]` holds answers to give instead of the usual ones, each once, in order."""

    features: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    login: tuple[str, str] | None = None
    refuse: dict[str, str] = field(default_factory=dict)  # address -> answer to its RCPT
    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    names: list[str] = field(default_factory=list)  # what clients called themselves
    answers: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    took: threading.Condition = field(default_factory=threading.Condition)
    _listener: socket.socket | None = None
    _open: set[socket.socket] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._run(self._accept, self._listener)

    def stop(self) -> None:
        """Close everything; the port answers nobody any more."""
        assert self._listener is not None
        for each in (self._listener, *self._open):
            with _gone():
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10)

    def wait_for(self, messages: int, seconds: float = 20) -> None:
        with self.took:
            assert self.took.wait_for(lambda: len(self.received) >= messages, seconds)

    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with _gone():
            while True:
                link, _ = listener.accept()
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                self._open.add(link)
                self._run(self._serve, link, self.connections)

    def _serve(self, link: socket.socket, number: int) -> None:
        with _gone():
            if self.implicit and self.tls:
                link = self.tls.wrap_socket(link, server_side=True)
                self._open.add(link)
            _Conversation(self, link, number, encrypted=self.implicit).run()
        with _gone():
            link.close()

    def take(self, message: Received) -> None:
        with self.took:
            self.received.append(message)
            self.took.notify_all()


class _Over(Exception):
    pass


def _gone() -> suppress:
    return suppress(OSError, ValueError, _Over)


class _Conversation:
    def __init__(self, sink: Sink, link: socket.socket, number: int, *, encrypted: bool) -> None:
        self.sink, self.link, self.number, self.encrypted = sink, link, number, encrypted
        self.file = link.makefile("rb")
        self.sender = self.to = ""
        self.begun = False  # a MAIL that was neither finished nor reset

    def run(self) -> None:
        self.say("CONNECT", "220 sink ESMTP")
        while True:
            line = self.file.readline().decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb, _, rest = line.partition(" ")
            if not verb:
                return
            getattr(self, f"do_{verb.lower()}", self.do_unknown)(rest)

    def say(self, stage: str, usual: str) -> bool:
        """Answer; True when it was the usual answer."""
        planned = self.sink.answers[stage]
        text = planned.popleft() if planned else usual
        if text == SILENCE:
            while self.link.recv(4096):
                pass
        if text in (CUT, SILENCE):
            raise _Over
        self.link.sendall(text.encode() + b"\r\n")
        return text == usual

    def do_unknown(self, rest: str) -> None:
        self.say("UNKNOWN", "502 not known")

    def do_ehlo(self, rest: str) -> None:
        self.sink.names.append(rest)
        features = list(self.sink.features)
        if self.sink.tls and not self.encrypted:
            features.append("STARTTLS")
        if self.sink.login:
            features.append("AUTH PLAIN")
        lines = ["sink", *features]
        self.say(
            "EHLO", "\r\n".join(f"250{'-' if n + 1 < len(lines) else ' '}{x}" for n, x in enumerate(lines))
        )

    def do_starttls(self, rest: str) -> None:
        if self.say("STARTTLS", "220 go ahead"):
            assert self.sink.tls
            self.link = self.sink.tls.wrap_socket(self.link, server_side=True)
            self.sink._open.add(self.link)
            self.file, self.encrypted = self.link.makefile("rb"), True

    def do_auth(self, rest: str) -> None:
        assert self.sink.login
        given = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")[1:]
        good = tuple(given) == self.sink.login
        self.say("AUTH", "235 welcome" if good else f"535 5.7.8 no such login {given[0]}")

    def do_mail(self, rest: str) -> None:
        if self.begun:
            self.say("NESTED", "503 5.5.1 nested MAIL")
            return
        self.sender = rest.partition("<")[2].partition(">")[0]
        self.begun = self.say("MAIL", "250 ok")

    def do_rcpt(self, rest: str) -> None:
        self.to = rest.partition("<")[2].partition(">")[0]
        self.say("RCPT", self.sink.refuse.get(self.to, "250 ok"))

    def do_data(self, rest: str) -> None:
        if not self.say("DATA", "354 go on"):
            return
        if self.sink.answers["CONTENT"] and self.sink.answers["CONTENT"][0] == CUT_EARLY:
            self.sink.answers["CONTENT"].popleft()
            self.file.readline()
            raise _Over
        content, self.begun = b"".join(self._content()), False
        planned = self.sink.answers["CONTENT"]
        if not planned or planned[0].startswith("2") or planned[0] in (CUT, SILENCE):
            self.sink.take(Received(self.sender, self.to, content, self.number, self.encrypted))
        self.say("CONTENT", "250 taken")

    def _content(self) -> Iterator[bytes]:
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise _Over
            yield line[1:] if line.startswith(b".") else line

    def do_rset(self, rest: str) -> None:
        self.begun = False
        self.say("RSET", "250 ok")

    def do_quit(self, rest: str) -> None:
        self.say("QUIT", "221 bye")
        raise _Over
