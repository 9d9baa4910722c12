"""Servers that misbehave on purpose: a scripted FTP server, a proxy that freezes, ports that never answer."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from tournee.demo.servers import HOST

DROP = "DROP"  # close the connection instead of answering
HANG = "HANG"  # say nothing until the server stops

Send = Callable[[socket.socket, bytes], None]


def send_all(connection: socket.socket, content: bytes) -> None:
    """The good way to send a file: whole, and with a goodbye where TLS has one."""
    connection.sendall(content)
    if isinstance(connection, ssl.SSLSocket):
        with contextlib.suppress(OSError):
            connection.unwrap()


class Threads:
    """A listener and the threads of its connections; all end with the block."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HOST, 0))
        self._open: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self.stopping = threading.Event()
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for sock in self._open:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in self._open:
            sock.close()

    def keep(self, sock: socket.socket) -> socket.socket:
        self._open.append(sock)
        return sock

    def _run(self, act: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=act, args=arguments, name="faults", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._run(self._serve_quietly, self.keep(connection))

    def _serve_quietly(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class Silent(Threads):
    """Accepts, sends `greeting` (slowly if asked) and then nothing, or hangs up."""

    def __init__(self, greeting: bytes = b"", *, pause: float = 0, hang_up: bool = False) -> None:
        super().__init__()
        self._greeting, self._pause, self._hang_up = greeting, pause, hang_up
        self.connected = threading.Event()

    def serve(self, connection: socket.socket) -> None:
        self.connected.set()
        for byte in self._greeting:
            if self.stopping.wait(self._pause):
                return
            connection.sendall(bytes([byte]))
        if self._hang_up:
            connection.close()
        else:
            self.stopping.wait()


@contextlib.contextmanager
def full_port() -> Iterator[int]:
    """A port whose queue is full: a connection to it neither comes about nor fails."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind((HOST, 0))
        listener.listen(0)
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


class Proxy(Threads):
    """In front of a server; from `freeze` or `cut` on nothing passes, after `limit` bytes of the server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._target = port
        self._limit: int | None = None
        self._cutting = False
        self.stopped = threading.Event()  # nothing passes any more

    def freeze(self, limit: int = 0) -> None:
        """Keep the connections and pass nothing on."""
        self._limit = limit

    def thaw(self) -> None:
        """Let new connections pass."""
        self._limit = None

    def cut(self, limit: int = 0) -> None:
        """Close the connections."""
        self._limit, self._cutting = limit, True

    def serve(self, connection: socket.socket) -> None:
        server = self.keep(socket.create_connection((HOST, self._target)))
        self._run(self._pass, connection, server, False)
        self._pass(server, connection, True)

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(16 * 1024):
                if counted and self._limit is not None:
                    self._limit -= len(block)
                if self._limit is not None and self._limit <= 0:
                    self._stop(source, target)
                    return
                target.sendall(block)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _stop(self, *ends: socket.socket) -> None:
        self.stopped.set()
        if self._cutting:
            for end in ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.stopping.wait()


@dataclass
class ScriptedFtp:
    """An FTP server by the book, but for what `replies` (verb or whole command -> reply) and `send` say.

    A reply may be `DROP` or `HANG`; that of a transfer is said instead of its `begin`. `final` ends it.
    With `context` TLS is spoken from the start (`implicit`) or from AUTH on; `data_context` is another one
    for data connections. What is uploaded is among the `files`, up to `room` bytes of it; where more comes,
    the data connection is closed. `commands` are those that came.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    replies: Mapping[str, str] = field(default_factory=dict)
    listings: Mapping[str, bytes] = field(default_factory=dict)
    features: tuple[str, ...] = ("MLST type*;size*;modify*;", "SIZE", "MDTM", "UTF8")
    send: Send = send_all
    begin: str = "150 here it comes"
    final: str = "226 Transfer complete."
    context: ssl.SSLContext | None = None
    data_context: ssl.SSLContext | None = None
    implicit: bool = False
    passive_host: str = HOST
    drip: float = 0  # seconds between the bytes of a reply in `replies`
    room: int = 1 << 30  # bytes of an upload that there is room for
    stranger: bytes = b""  # what somebody else sends on an active data connection, before the server
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> "ScriptedFtp":
        self._server = _FtpConnections(self)
        self._server.__enter__()
        self.port = self._server.port
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def verbs(self) -> list[str]:
        return [command.partition(" ")[0] for command in self.commands]


class _FtpConnections(Threads):
    def __init__(self, script: ScriptedFtp) -> None:
        super().__init__()
        self.script = script

    def serve(self, connection: socket.socket) -> None:
        _FtpConversation(self, connection).lead()


class _FtpConversation:
    def __init__(self, server: _FtpConnections, connection: socket.socket) -> None:
        self.server, self.script, self.connection = server, server.script, connection
        self.passive: socket.socket | None = None
        self.active: tuple[str, int] | None = None
        self.protected = False

    def lead(self) -> None:
        script = self.script
        if script.implicit and script.context:
            self._protect()
        if not self._say(script.replies.get("CONNECT", "220 ready")):
            return
        rest = b""
        while block := self.connection.recv(4096):
            *lines, rest = (rest + block).split(b"\r\n")
            for line in lines:
                if not self._obey(line.decode("latin-1")):
                    return

    def _protect(self) -> None:
        assert self.script.context
        self.connection = self.server.keep(self.script.context.wrap_socket(self.connection, server_side=True))

    def _say(self, reply: str, drip: float = 0) -> bool:
        if reply == DROP:
            self.connection.close()
            return False
        if reply == HANG:
            self.server.stopping.wait()
            return False
        line = (reply + "\r\n").encode("latin-1")
        if drip:
            dripping(drip, self.server.stopping)(self.connection, line)
        else:
            self.connection.sendall(line)
        return True

    def _obey(self, line: str) -> bool:
        self.script.commands.append(line)
        verb, _, argument = line.partition(" ")
        for told in (line, verb):
            if told in self.script.replies:
                return self._say(self.script.replies[told], self.script.drip)
        if verb in ("RETR", "MLSD", "NLST", "LIST", "STOR"):
            return self._transfer(verb, argument)
        if not self._say(self._answer(verb, argument)):
            return False
        if verb == "AUTH":
            self._protect()
        return verb != "QUIT"

    def _answer(self, verb: str, argument: str) -> str:
        simple = {
            "USER": "331 password?", "PASS": "230 welcome", "PWD": '257 "/"', "QUIT": "221 bye",
            "AUTH": "234 go", "RNFR": "350 to?",
        }  # fmt: skip
        if verb == "FEAT":
            return "\r\n".join(["211-Features", *(f" {name}" for name in self.script.features), "211 End"])
        if verb == "PROT":
            self.protected = True
            return "200 ok"
        if verb == "PASV":
            return self._listen()
        if verb == "PORT":
            *host, high, low = argument.split(",")
            self.active = ".".join(host), int(high) * 256 + int(low)
            return "200 ok"
        if verb in ("SIZE", "MDTM", "MLST"):
            return self._about(verb, argument)
        known = ("TYPE", "CWD", "OPTS", "PBSZ", "DELE", "RNTO", "MKD")
        return simple.get(verb, "250 ok" if verb in known else f"500 {verb} not understood")

    def _about(self, verb: str, name: str) -> str:
        if name not in self.script.files:
            return "550 no such file"
        size = len(self.script.files[name])
        answers = {
            "SIZE": f"213 {size}",
            "MDTM": "213 20261123093000",
            "MLST": f"250-listing\r\n type=file;size={size};modify=20261123093000; {name}\r\n250 end",
        }
        return answers[verb]

    def _listen(self) -> str:
        self.passive = self.server.keep(socket.create_server((HOST, 0)))
        port = self.passive.getsockname()[1]
        host = self.script.passive_host.replace(".", ",")
        return f"227 Entering Passive Mode ({host},{port // 256},{port % 256})"

    def _transfer(self, verb: str, argument: str) -> bool:
        if verb == "RETR" and argument not in self.script.files:
            return self._say("550 no such file")
        self._say(self.script.begin)
        data = self._data_connection()
        with contextlib.suppress(OSError):
            if verb == "STOR":
                self.script.files[argument] = self._received(data)
            else:
                content = self.script.files[argument] if verb == "RETR" else self._listing(verb)
                self.script.send(data, content)
        data.close()
        return self._say(self.script.final)

    def _received(self, data: socket.socket) -> bytes:
        content = b""
        while len(content) < self.script.room and (block := data.recv(self.script.room - len(content))):
            content += block
        return content

    def _data_connection(self) -> socket.socket:
        if self.active:
            if self.script.stranger:
                with socket.create_connection(self.active, source_address=("127.0.0.2", 0)) as stranger:
                    stranger.sendall(self.script.stranger)
            data = socket.create_connection(self.active)
        else:
            assert self.passive
            data, _ = self.passive.accept()
        data.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.protected:
            context = self.script.data_context or self.script.context
            assert context
            data = context.wrap_socket(data, server_side=True, suppress_ragged_eofs=False)
        return self.server.keep(data)

    def _listing(self, verb: str) -> bytes:
        if verb in self.script.listings:
            return self.script.listings[verb]
        forms = {
            "MLSD": "type=file;size={size};modify=20261123093000; {name}\r\n",
            "NLST": "{name}\r\n",
            "LIST": "-rw-r--r--    1 1000     1000   {size:>10} Nov 23 09:30 {name}\r\n",
        }
        files = self.script.files.items()
        lines = (forms[verb].format(size=len(body), name=name) for name, body in files)
        return "".join(lines).encode("latin-1")


def dripping(pause: float, stopping: threading.Event) -> Send:
    """A byte now and then."""

    def send(connection: socket.socket, content: bytes) -> None:
        for byte in content:
            if stopping.wait(pause):
                return
            connection.sendall(bytes([byte]))

    return send


def cut_after(count: int) -> Send:
    """Only so many bytes, and no goodbye."""

    def send(connection: socket.socket, content: bytes) -> None:
        connection.sendall(content[:count])
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    return send


def without_goodbye(connection: socket.socket, content: bytes) -> None:
    """Everything, and then the connection just ends: many TLS servers do."""
    connection.sendall(content)
    socket.socket.shutdown(connection, socket.SHUT_RDWR)
