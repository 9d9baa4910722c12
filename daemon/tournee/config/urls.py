"""The URLs of repositories, mail servers and databases, taken apart.

No message quotes one: it may hold a password.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from tournee.config.kinds import Said, Text
from tournee.config.mistakes import Wrong, listed, nearest
from tournee.core.settings import MailSecurity, Protocol

_PORTS = {Protocol.SFTP: 22, Protocol.FTP: 21, Protocol.FTPS: 21, Protocol.FTPS_IMPLICIT: 990}
_MAIL_PORTS = {MailSecurity.OPPORTUNISTIC: 25, MailSecurity.STARTTLS: 587, MailSecurity.TLS: 465}
_SECRET_PARAMETERS = frozenset({"password", "sslpassword"})
#: Names of this machine, between which and us nobody listens.
HERE = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[^\s/?#@\[\]%\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteUrl:
    """Where a repository is: the attributes of `settings.Repository` that its URL gives."""

    url: str
    protocol: Protocol
    host: str
    port: int
    user: str | None
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUrl:
    """Where the mail server is."""

    url: str
    security: MailSecurity
    host: str
    port: int


# ---------------------------------------------------------------- parts


def _split(text: str, schemes: Mapping[str, object], example: str) -> SplitResult:
    """The parts of a URL with a known scheme and without a password."""
    scheme, separator, _ = text.partition("://")
    if not separator:
        raise Wrong(f"this is not a URL: write one such as `{example}`")
    if scheme.lower() not in schemes:
        near = nearest(scheme, schemes)
        hint = f"; did you mean `{near}://`?" if near else ""
        raise Wrong(f"a URL begins with {listed(f'{name}://' for name in schemes)} here{hint}")
    if not text.isprintable():
        raise Wrong("this URL holds a control character")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Wrong("the host of this URL is not readable: an IPv6 address stands in brackets") from None
    if parts.password is not None:
        raise Wrong("a password has no place in a URL: write it as `password:` or `password_file:`")
    return parts


def _host_and_port(parts: SplitResult, usual: int) -> tuple[str, int]:
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Wrong("the port of this URL is not a number from 1 to 65535") from None
    if not host:
        raise Wrong("this URL has no host")
    if "[" not in parts.netloc and not _HOST.fullmatch(host):
        raise Wrong(
            "the host of this URL is not a name; special characters of a user are written `%40` for `@`"
        )
    if port == 0:
        raise Wrong("the port of this URL is not a number from 1 to 65535")
    return host, port or usual


def _decoded(text: str) -> str:
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Wrong("a `%…` of this URL is not UTF-8") from None
    if not plain.isprintable():
        raise Wrong("this URL holds a control character")
    return plain


def _without_extras(text: str) -> None:
    if "?" in text or "#" in text:
        raise Wrong("in a URL `?` is written `%3F` and `#` is written `%23`")


# ---------------------------------------------------------------- repositories


def _remote(said: Said) -> RemoteUrl:
    parts = _split(
        said.text, {protocol.value: protocol for protocol in Protocol}, "sftp://user@host/directory"
    )
    _without_extras(said.text)
    protocol = Protocol(parts.scheme)
    if protocol is Protocol.LOCAL:
        return _local(said.text, parts)
    host, port = _host_and_port(parts, _PORTS[protocol])
    user = _decoded(parts.username) if parts.username else None
    if user is None and protocol is Protocol.SFTP:
        raise Wrong("this URL has no user: write one such as `sftp://user@host/directory`")
    return RemoteUrl(
        url=said.text,
        protocol=protocol,
        host=host,
        port=port,
        user=user,
        directory=_directory(_decoded(parts.path)),
    )


def _local(text: str, parts: SplitResult) -> RemoteUrl:
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise Wrong("a local directory is absolute: write three slashes, such as `file:///srv/inbox`")
    directory = os.path.normpath("/" + _decoded(parts.path).lstrip("/"))
    return RemoteUrl(url=text, protocol=Protocol.LOCAL, host="", port=0, user=None, directory=directory)


def _directory(path: str) -> str:
    """`/x` is absolute on the server; nothing, `/` and `/~/x` (or `/./x`) start where the login leads."""
    path = re.sub("/{2,}", "/", path).rstrip("/")
    first, _, rest = path.removeprefix("/").partition("/")
    if first not in ("~", "."):
        return path
    return f"/~/{rest}" if rest else ""


# ---------------------------------------------------------------- mail


def _mail(said: Said) -> MailUrl:
    parts = _split(said.text, {security.value: security for security in MailSecurity}, "smtp://localhost:25")
    security = MailSecurity(parts.scheme)
    if parts.username is not None:
        raise Wrong("a user has no place in this URL: write it as `username:`")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Wrong("this URL ends with the port")
    host, port = _host_and_port(parts, _MAIL_PORTS[security])
    return MailUrl(url=said.text, security=security, host=host, port=port)


# ---------------------------------------------------------------- the web


def web_address(text: str, example: str) -> SplitResult:
    """The parts of an `http://` or `https://` URL as it travels; raises Wrong for another text."""
    if text.partition("://")[0].lower() not in ("http", "https"):
        raise Wrong(f"this is not a web address: write one such as `{example}`")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Wrong("a web address is ASCII: a host is written `xn--…`, other characters `%C3%A9`")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Wrong("the host of this URL is not readable: an IPv6 address stands in brackets") from None
    if "@" in parts.netloc:
        raise Wrong("neither user nor password has a place in this URL")
    _host_and_port(parts, 443)
    return parts


def in_clear(url: str) -> bool:
    """Whether what is sent to a web address travels in clear beyond this machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in HERE


# ---------------------------------------------------------------- databases


def _database(said: Said) -> str:
    parts = _split(said.text, {"sqlite": None, "postgresql": None}, "postgresql://user@host/database")
    if parts.scheme == "sqlite":
        return _sqlite(said, parts)
    if any(name in _SECRET_PARAMETERS for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise Wrong("a password has no place in a URL: write it as `password:` or `password_file:`")
    if not parts.path.strip("/"):
        raise Wrong("this URL names no database: write one such as `postgresql://user@host/database`")
    return said.text


def _sqlite(said: Said, parts: SplitResult) -> str:
    path = said.text.partition("://")[2]
    if parts.netloc or not path.startswith("/") or "?" in path:
        raise Wrong(
            "write `sqlite:///` and a path; an absolute one makes it four slashes: `sqlite:////srv/tournee.db`"
        )
    path = path[1:]
    if path in ("", ":memory:") or path.endswith("/"):
        raise Wrong("this URL names no file; a database in memory would forget what was imported")
    return sqlite_url(os.path.normpath(os.path.join(said.folder, path)))


def sqlite_url(path: str) -> str:
    """The URL of the SQLite file at an absolute path."""
    return f"sqlite:///{path}"


REMOTE_URL = Text(wants="a URL such as `sftp://user@host/directory`", parse=_remote, quotes=False)
MAIL_URL = Text(wants="a URL such as `smtp://localhost:25`", parse=_mail, quotes=False)
DATABASE_URL = Text(
    wants="a URL such as `sqlite:///tournee.db` or `postgresql://user@host/database`",
    parse=_database,
    quotes=False,
)
