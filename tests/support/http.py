"""A real HTTP server on a free port that does as it is told: answers, delays, stays silent, cuts the line."""

import json
import socket
import ssl
import struct
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SILENCE = "silence"  # take the request and never answer
CUT = "cut"  # take the request and close instead of answering
RESET = "reset"  # the same, with a reset
CUT_EARLY = "cut early"  # reset before the request has been read
NONSENSE = "nonsense"  # answer what is not HTTP
DRIP = "drip"  # a good status, then a body that never ends, a byte at a time
_FAULTS = frozenset({SILENCE, CUT, RESET, CUT_EARLY, NONSENSE, DRIP})


@dataclass(frozen=True)
class Asked:
    """A request that the server took."""

    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    content: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds


@dataclass
class Web:
    """`answers` holds answers or faults to give instead of the usual 200, each once, in order."""

    tls: ssl.SSLContext | None = None
    port: int = 0
    usual: Answer | str = field(default_factory=lambda: Answer(body="taken"))
    answers: deque[Answer | str] = field(default_factory=deque)
    received: list[Asked] = field(default_factory=list)
    connections: int = 0
    took: threading.Condition = field(default_factory=threading.Condition)
    over: threading.Event = field(default_factory=threading.Event)
    _server: "_Server | None" = None
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://localhost:{self.port}"

    def start(self) -> None:
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close everything; the port answers nobody any more."""
        assert self._server
        assert self._thread
        self.over.set()
        self._server.shutdown()
        self._server.close_all()
        self._server.server_close()
        self._thread.join(10)

    def wait_for(self, requests: int, seconds: float = 20) -> None:
        with self.took:
            assert self.took.wait_for(lambda: len(self.received) >= requests, seconds)

    def take(self, asked: Asked) -> None:
        with self.took:
            self.received.append(asked)
            self.took.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end
    block_on_close = True

    def __init__(self, web: Web) -> None:
        self.web = web
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", web.port), _Conversation)

    def close_all(self) -> None:
        for link in tuple(self.open):
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side is gone: no news."""

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        # In the thread of the connection: a handshake that hangs must not keep others out.
        try:
            request.settimeout(20)
            link = self.web.tls.wrap_socket(request, server_side=True) if self.web.tls else request
        except OSError:
            request.close()
            return
        self.open.add(link)
        super().process_request_thread(link, client_address)
        self.open.discard(link)


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.web.connections += 1
        self.number = self.server.web.connections

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def answer(self) -> None:
        web = self.server.web
        told = web.answers.popleft() if web.answers else web.usual
        if told == CUT_EARLY:
            return self._reset()
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        web.take(Asked(self.command, self.path, headers, content, self.number))
        return self._fault(told) if isinstance(told, str) else self._say(told)

    do_GET = do_POST = do_PUT = answer

    def _say(self, told: Answer) -> None:
        if told.delay and self.server.web.over.wait(told.delay):
            return
        body = told.body.encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fault(self, told: str) -> None:
        assert told in _FAULTS, told
        self.close_connection = True
        if told == RESET:
            self._reset()
        elif told == NONSENSE:
            self.wfile.write(b"220 sink ESMTP\r\n")
        elif told == SILENCE:
            self.server.web.over.wait(20)
        elif told == DRIP:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not self.server.web.over.wait(0.05):
                self.wfile.write(b"1\r\nx\r\n")

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
