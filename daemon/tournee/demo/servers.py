"""Drop boxes and a mail server inside this process: what the demo and the tests talk to.

Each server binds 127.0.0.1 on a free port, serves one directory (or keeps the mail it is given) and is a
context manager; leaving it ends its threads. They are real servers that speak the real protocols, but kind
ones: nothing here is fit to face a network.
"""

# ruff: noqa: ARG002 -- paramiko calls these with more than they need

import logging
import os
import posixpath
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import paramiko
from OpenSSL import SSL
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.message import Message
from paramiko.sftp import SFTP_FAILURE, SFTP_OK
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from tournee.demo.embedded import HOST, PASSWORD, USER, Certificate, Embedded, Tls
from tournee.demo.mail_sink import Fault, Mail, SmtpSink

__all__ = [
    "HOST", "PASSWORD", "USER",
    "Certificate", "Fault", "FtpServer", "Mail", "SftpServer", "SmtpSink", "Tls",
]  # fmt: skip

logging.getLogger("tournee.demo.ssh").setLevel(logging.CRITICAL)  # what goes wrong is told by the client
logging.getLogger("pyftpdlib").propagate = False
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # without one it writes to stderr


class Gate(paramiko.ServerInterface):
    """Who may come in, and only for SFTP."""

    def __init__(self, authorized_key: paramiko.PKey | None) -> None:
        self.authorized_key = authorized_key

    def get_allowed_auths(self, username: str) -> str:
        return "publickey" if self.authorized_key else "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return _verdict(not self.authorized_key and (username, password) == (USER, PASSWORD))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return _verdict(username == USER and key == self.authorized_key)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def _verdict(good: bool) -> int:
    return AUTH_SUCCESSFUL if good else AUTH_FAILED


class _TolerantMessage(Message):
    """A request whose texts need not be UTF-8: a file name is bytes."""

    def get_text(self) -> str:
        return self.get_string().decode("utf-8", "surrogateescape")


class _SftpSession(paramiko.SFTPServer):
    def _process(self, kind: int, number: int, message: Message) -> None:
        super()._process(kind, number, _TolerantMessage(message.get_remainder()))  # type: ignore[misc]


class OpenFile(paramiko.SFTPHandle):
    """A file that is being read."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.readfile = path.open("rb")

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class NewFile(paramiko.SFTPHandle):
    """A file that is being written."""

    def __init__(self, path: Path, flags: int) -> None:
        super().__init__()
        self.writefile = os.fdopen(os.open(path, flags, 0o666), "wb")


T = TypeVar("T")


def _answer(act: Callable[[], T]) -> T | int:
    """What `act` gives (nothing is OK), or the SFTP code of its OSError."""
    try:
        given = act()
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno or 0)
    return SFTP_OK if given is None else given


class Folder(paramiko.SFTPServerInterface):
    """One directory as the whole world: read, write, rename, remove, make directories."""

    def __init__(self, server: paramiko.ServerInterface, directory: Path) -> None:
        super().__init__(server)
        self._directory = directory

    def _path(self, path: str) -> Path:
        return self._directory / posixpath.normpath("/" + path).lstrip("/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        return _answer(lambda: [_attributes(entry) for entry in os.scandir(self._path(path))])

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return _answer(lambda: paramiko.SFTPAttributes.from_stat(self._path(path).stat()))

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        return _answer(lambda: paramiko.SFTPAttributes.from_stat(self._path(path).lstat()))

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        if flags == os.O_RDONLY:
            return _answer(lambda: OpenFile(self._path(path)))
        return _answer(lambda: NewFile(self._path(path), flags))

    def remove(self, path: str) -> int:
        return _answer(self._path(path).unlink) or SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        return _answer(lambda: _rename(self._path(oldpath), self._path(newpath)))

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return _answer(self._path(path).mkdir) or SFTP_OK


def _attributes(entry: os.DirEntry[str]) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False))
    attributes.filename = os.fsencode(entry.name)  # type: ignore[assignment]
    return attributes


def _rename(old: Path, new: Path) -> int:
    if os.path.lexists(new):
        return SFTP_FAILURE  # as every SFTP server answers: plain RENAME never overwrites
    old.rename(new)
    return SFTP_OK


class SftpServer(Embedded):
    """SFTP on paramiko's server side: one user, with a password or a public key."""

    transport: type[paramiko.Transport] = paramiko.Transport
    gate: type[Gate] = Gate
    folder: type[Folder] = Folder

    def __init__(
        self,
        directory: Path,
        *,
        host_keys: Sequence[paramiko.PKey] = (),
        authorized_key: paramiko.PKey | None = None,
    ) -> None:
        self.directory = directory
        self.host_keys = tuple(host_keys) or (paramiko.ECDSAKey.generate(),)
        self.authorized_key = authorized_key
        self._listener: socket.socket
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, name="demo-sftp", daemon=True)

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The host keys as `host_key:` takes them."""
        return tuple(key.fingerprint for key in self.host_keys)

    def start(self) -> Self:
        """Listen; `port` is known afterwards."""
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and end the threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for transport in self._transports:
            _hang_up(transport)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._transports = [each for each in self._transports if each.is_active()]
            self._transports.append(self._serve(connection))

    def _serve(self, connection: socket.socket) -> paramiko.Transport:
        transport = self.transport(connection)
        transport.set_log_channel("tournee.demo.ssh")
        for key in self.host_keys:
            transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", _SftpSession, self.folder, self.directory)
        transport.start_server(threading.Event(), self.gate(self.authorized_key))
        return transport


def _hang_up(transport: paramiko.Transport) -> None:
    """Close a connection and wait for its thread; the timer of a handshake would outlive both."""
    transport.packetizer.complete_handshake()
    with suppress(OSError):
        transport.sock.shutdown(socket.SHUT_RDWR)
    transport.close()
    transport.join()


class FtpServer(Embedded):
    """FTP or FTPS on pyftpdlib. `settings` are attributes of its handler (`{"passive_ports": …}`)."""

    def __init__(
        self,
        directory: Path,
        *,
        tls: Tls = Tls.NONE,
        certificate: Certificate | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.directory = directory
        self.tls = tls
        self.certificate = certificate or Certificate.make()
        self._settings = dict(settings or {})
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="demo-ftp", daemon=True)
        self._loop = IOLoop()

    def start(self) -> Self:
        """Listen; `port` is known afterwards."""
        self._server = FTPServer((HOST, 0), self._handler(), ioloop=self._loop)
        self.port = self._server.address[1]
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        self._stopping.set()
        with suppress(OSError):  # it may have ended by itself
            socket.create_connection((HOST, self.port)).close()  # wakes the loop
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._loop.loop(timeout=1, blocking=False)
        self._server.close_all()

    def _handler(self) -> type[FTPHandler]:
        """A handler class of our own, since pyftpdlib takes its settings from class attributes."""
        authorizer = DummyAuthorizer()
        authorizer.add_user(USER, PASSWORD, str(self.directory), perm="elradfmwMT")
        base = {Tls.NONE: FTPHandler, Tls.EXPLICIT: TLS_FTPHandler, Tls.IMPLICIT: _ImplicitHandler}[self.tls]
        attributes = {
            "authorizer": authorizer,
            "auth_failed_timeout": 0,
            "unicode_errors": "surrogateescape",
            "push": _push,
            "ssl_context": self._context(),
            "tls_control_required": True,
            "tls_data_required": True,
        }
        return type("Handler", (base,), attributes | self._settings)

    def _context(self) -> SSL.Context:
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate(self.certificate.certificate)
        context.use_privatekey(self.certificate.key)
        return context


def _push(handler: FTPHandler, line: str) -> None:
    """pyftpdlib reads names that are not UTF-8, and stumbles over them in its answers."""
    super(FTPHandler, handler).push(line.encode("utf-8", "surrogateescape"))


class _ImplicitHandler(TLS_FTPHandler):  # type: ignore[misc]
    """TLS first, the greeting afterwards."""

    def handle(self) -> None:
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        super().handle()
