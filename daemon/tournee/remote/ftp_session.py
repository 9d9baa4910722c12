"""ftplib with bounds, with TLS as servers demand it, and with transfers whose end is known.

Names and replies are latin-1 here, one character for one byte both ways; `Names` makes text of them. What
goes wrong inside a transfer closes the conversation: the next command would get the previous answer.
"""

import ftplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.remote.dial import dial
from tournee.remote.tls import Protection, certificate_of
from tournee.remote.trouble import Edge

BLOCK = 64 * 1024  # bytes a read; measured the fastest for FTP and FTPS
_FAREWELL = 2.0  # seconds for the end of TLS on a data connection, which many servers skip

Take = Callable[[bytes], bool]  # given a block, says whether to go on


class Session(ftplib.FTP):
    """One control connection. `verb` is the last command, for those who explain what went wrong."""

    sock: socket.socket | None
    verb = "CONNECT"

    def __init__(self, edge: Edge, protection: Protection | None) -> None:
        super().__init__(timeout=edge.seconds, encoding="latin-1")
        self.passiveserver = edge.repository.passive
        self._edge = edge
        self._protection = protection
        self._type = ""

    # ---------------------------------------------------------------- control connection

    def begin(self, *, implicit: bool) -> None:
        """Connect and read the greeting; with a protection, speak TLS before it (implicit) or after."""
        sock = dial(self._edge, self._edge.repository.host, self._edge.repository.port)
        self.af = sock.family
        self._speak_on(self._protection.wrap(sock) if self._protection and implicit else sock)
        self.welcome = self.voidresp()
        if self._protection and not implicit:
            self.voidcmd("AUTH TLS")
            self._speak_on(self._protection.wrap(sock))

    def _speak_on(self, sock: socket.socket) -> None:
        """From now on on `sock`; what was read ahead in clear is forgotten with the old file."""
        self.sock = sock
        self.file = sock.makefile("r", encoding=self.encoding, newline="\n")

    def certificate(self) -> bytes:
        """What the server showed, in DER."""
        assert isinstance(self.sock, ssl.SSLSocket)
        return certificate_of(self.sock)

    def enter(self, user: str, password: str) -> None:
        """Log in, and protect the data connections as well."""
        self.login(user, password)
        if self._protection:
            self.voidcmd("PBSZ 0")
            self.voidcmd("PROT P")

    def putcmd(self, line: str) -> None:
        """Send a command; raises ConnectionAbortedError once the conversation was closed."""
        self.verb = line.partition(" ")[0]
        if self.sock is None:
            raise ConnectionAbortedError
        super().putcmd(line)

    def getresp(self) -> str:
        """Read a reply, within the timeout as a whole: a server may drip."""
        try:
            with self._edge.watchdog.within(self._edge.seconds):
                return super().getresp()
        except (ftplib.error_temp, ftplib.error_perm):
            raise
        except (OSError, EOFError, ftplib.Error):
            self.close()
            raise

    def features(self) -> frozenset[str] | None:
        """What the server says it can do, in capitals; None where it does not know the question."""
        try:
            reply = self.sendcmd("FEAT")
        except ftplib.error_perm:
            return None
        return frozenset(line.strip().partition(" ")[0].upper() for line in reply.splitlines()[1:-1])

    def representation(self, kind: str) -> None:
        """`A` for listings, `I` for contents and sizes; asked only where it changes."""
        if self._type != kind:
            self.voidcmd(f"TYPE {kind}")
            self._type = kind

    def quit(self) -> str:
        """Say goodbye where the server still listens, and close."""
        with suppress(OSError, EOFError, ftplib.Error):
            if self.sock:
                self.sock.settimeout(_FAREWELL)
                with self._edge.watchdog.within(_FAREWELL):
                    self.putcmd("QUIT")
                    self.getresp()
        self.close()
        return ""

    def close(self) -> None:
        """Close the control connection; every later command fails."""
        if self.sock:
            self._edge.watchdog.release(self.sock)
        super().close()

    # ---------------------------------------------------------------- data connections

    def receive(self, command: str, take: Take) -> str:
        """Run a command whose answer comes on a data connection; gives the final reply.

        Where `take` has enough before the end, the server is told by closing, and its complaint is the reply.
        """
        with self._whole():
            finished = self._transfer(command, take)
            return self.voidresp() if finished else self._complaint()

    def send(self, command: str, content: bytes) -> str:
        """Run a command whose content goes over a data connection; gives the final reply."""
        with self._whole():
            self._upload(command, content)
            return self.voidresp()

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """A transfer ends with its reply; whatever else ends it ends the conversation."""
        try:
            yield
        except (ftplib.error_temp, ftplib.error_perm):
            raise
        except BaseException:
            self.close()
            raise

    def _transfer(self, command: str, take: Take) -> bool:
        data = self._open_data(command)
        try:
            with self._edge.watchdog.moving() as moved:
                while block := data.recv(BLOCK):
                    moved(len(block))
                    if not take(block):
                        return False
            _end_tls(data)
        finally:
            self._edge.watchdog.release(data)
            data.close()
        return True

    def _upload(self, command: str, content: bytes) -> None:
        data = self._open_data(command)
        try:
            with self._edge.watchdog.moving() as moved:
                for begin in range(0, len(content), BLOCK):
                    data.sendall(content[begin : begin + BLOCK])
                    moved(BLOCK)
            _end_tls(data)
        except OSError:
            self._ask_why()
            raise
        finally:
            self._edge.watchdog.release(data)
            data.close()

    def _complaint(self) -> str:
        try:
            return self.getresp()
        except (ftplib.error_temp, ftplib.error_perm) as error:
            return str(error)

    def _open_data(self, command: str) -> socket.socket:
        sock = self._passive(command) if self.passiveserver else self._active(command)
        if not self._protection:
            return sock
        assert isinstance(self.sock, ssl.SSLSocket)
        try:
            return self._protection.wrap(sock, session=self.sock.session)
        except OSError:
            self._ask_why()
            raise

    def _ask_why(self) -> None:
        """A server that breaks off a data connection may say why; raises its answer."""
        control = self.sock
        if control is None:
            return
        control.settimeout(_FAREWELL)
        with suppress(OSError, EOFError):
            try:
                self.getresp()  # either raises or leaves nothing to go on with: the caller closes then
            finally:
                control.settimeout(self._edge.seconds)

    def _passive(self, command: str) -> socket.socket:
        sock = self._dial(*self.makepasv())
        try:
            self._announce(command)
        except BaseException:
            self._edge.watchdog.release(sock)
            sock.close()
            raise
        return sock

    def _dial(self, host: str, port: int) -> socket.socket:
        try:
            with self._edge.watchdog.within(self._edge.seconds):
                return dial(self._edge, host, port)
        except RemoteError as error:
            details = {"answer": error.reason.details.get("error", "?")}
            raise self._edge.error(Kind.UNREACHABLE, "data_connection_failed", details) from error

    def _active(self, command: str) -> socket.socket:
        with self.makeport() as listener:
            self._edge.watchdog.guard(listener)
            try:
                self._announce(command)
                sock = self._accept(listener)
            finally:
                self._edge.watchdog.release(listener)
        sock.settimeout(self._edge.seconds)
        self._edge.watchdog.guard(sock)
        return sock

    def _accept(self, listener: socket.socket) -> socket.socket:
        """The server's connection; a stranger who found the open port is turned away."""
        assert self.sock
        server = self.sock.getpeername()[0]
        with self._edge.watchdog.within(self._edge.seconds):
            while True:
                sock, (peer, *_) = listener.accept()
                if peer == server:
                    return sock
                sock.close()

    def _announce(self, command: str) -> None:
        """Send the command of a transfer and see it begin; some servers say 200 before their 150."""
        reply = self.sendcmd(command)
        if reply[0] == "2":
            reply = self.getresp()
        if reply[0] != "1":
            raise ftplib.error_reply(reply)  # noqa: S321 -- what the operator asked for


def _end_tls(sock: socket.socket) -> None:
    """Answer the server's end of TLS; one that just closed has said what it had to say in its reply."""
    if isinstance(sock, ssl.SSLSocket):
        sock.settimeout(_FAREWELL)
        with suppress(OSError, ValueError):
            sock.unwrap()
