"""The keys of `database`, `mail` and `repositories`."""

import re
import ssl
from typing import Any

from tournee.config.groups import Entries, Many
from tournee.config.kinds import (
    ENCODING,
    FILE,
    FLAG,
    LINE,
    PRIVATE_KEY_FILE,
    SECRET,
    SECRET_FILE,
    SENDER,
    Said,
    Text,
    clock_duration,
    whole,
)
from tournee.config.measures import RATE
from tournee.config.mistakes import Wrong
from tournee.config.schema import Filled, Key, Section, exclusive, needs
from tournee.config.urls import DATABASE_URL, HERE, MAIL_URL, REMOTE_URL, MailUrl, RemoteUrl
from tournee.core.settings import Database, Mail, MailSecurity, Protocol, Repository

_FTP = frozenset({Protocol.FTP, Protocol.FTPS, Protocol.FTPS_IMPLICIT})
_TLS = _FTP - {Protocol.FTP}
_SFTP = frozenset({Protocol.SFTP})
_REMOTE = _FTP | _SFTP

#: Which protocols a key of a repository is for.
_PROTOCOLS = {
    "password": _REMOTE, "password_file": _REMOTE, "timeout": _REMOTE, "max_connections": _REMOTE,
    "encoding": _REMOTE, "passive": _FTP, "ca_file": _TLS, "certificate": _TLS, "private_key_file": _SFTP,
    "passphrase": _SFTP, "passphrase_file": _SFTP, "host_key": _SFTP, "known_hosts": _SFTP,
}  # fmt: skip


def secret_keys(name: str, about: str) -> dict[str, Key]:
    """`password` and `password_file`, or their kin."""
    return {
        name: Key(kind=SECRET, about=f"{about}; better from the environment: `${{NAME}}`."),
        f"{name}_file": Key(
            kind=SECRET_FILE, about=f"A file that holds `{name}`; a line end at its end is dropped."
        ),
    }


def _secret(filled: Filled, name: str) -> Any:
    return filled[name] or filled[f"{name}_file"]


def _certificates(said: Said) -> str:
    path: str = FILE.parse(said)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (ssl.SSLError, OSError):
        raise Wrong("this file holds no certificates in PEM form") from None
    return path


CA_FILE = Text(wants="the path of a file of certificates", parse=_certificates, quotes=False)


# ---------------------------------------------------------------- database


def _database(filled: Filled) -> Database:
    return Database(url=filled["url"], password=_secret(filled, "password"))


def _no_password_for_a_file(filled: Filled) -> None:
    if str(filled["url"] or "").startswith("sqlite:"):
        for key in ("password", "password_file"):
            if filled.has(key):
                filled.wrong("an SQLite file has no password", filled.key_place(key))


DATABASE = Section(
    about="Where the state is kept: `sqlite:///PATH` (four slashes for an absolute path) or `postgresql://USER@HOST/NAME`.",
    keys={
        "url": Key(kind=DATABASE_URL, about="The URL, without a password.", required=True),
        **secret_keys("password", "The password of the database"),
    },
    make=_database,
    rules=(exclusive("password", "password_file"), _no_password_for_a_file),
    short="url",
)


# ---------------------------------------------------------------- mail


def _mail(filled: Filled) -> Mail:
    url: MailUrl = filled["url"]
    return Mail(
        url=url.url, sender=filled["from"], username=filled["username"], password=_secret(filled, "password"),
        ca_file=filled["ca_file"], security=url.security, host=url.host, port=url.port, rate=filled["rate"],
    )  # fmt: skip


def _warn_of_a_readable_password(filled: Filled) -> None:
    url: MailUrl | None = filled["url"]
    if url and filled.has("username") and url.security is MailSecurity.OPPORTUNISTIC and url.host not in HERE:
        message = "the password may travel in clear where the server offers no TLS: demand it with `smtp+starttls://`"
        filled.reading.mistakes.warn(filled.place("url"), message)


MAIL = Section(
    about="The mail server, and the sender of alerts.",
    keys={
        "url": Key(
            kind=MAIL_URL,
            about="`smtp://HOST:PORT` uses STARTTLS where offered, `smtp+starttls://` demands it, `smtps://` "
            "is TLS.",
            required=True,
        ),
        "from": Key(kind=SENDER, about="The sender of alerts.", required=True),
        "username": Key(kind=LINE, about="Who logs in to the server; leave out where nobody does."),
        **secret_keys("password", "The password of `username`"),
        "ca_file": Key(kind=CA_FILE, about="Certificates (PEM) to trust instead of the system's."),
        "rate": Key(kind=RATE, about="How many emails may leave in a time: `20 per second`."),
    },
    make=_mail,
    rules=(
        exclusive("password", "password_file"),
        needs("username", "password", "password_file"),
        needs("password", "username"),
        needs("password_file", "username"),
        _warn_of_a_readable_password,
    ),
)


# ---------------------------------------------------------------- repositories


def _fingerprint(said: Said) -> str:
    found = re.fullmatch(r"SHA256:([A-Za-z0-9+/]{43})=?", said.text)
    if not found:
        hint = "; MD5 is not accepted" if said.text.upper().startswith("MD5:") else ""
        raise Wrong(
            f"this is not a fingerprint such as `tournee trust` prints: `SHA256:` and 43 characters{hint}"
        )
    return f"SHA256:{found[1]}"


def _pinned_certificate(said: Said) -> str:
    digits = said.text.removeprefix("SHA256:").removeprefix("sha256:").replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise Wrong("this is not the SHA-256 of a certificate such as `tournee trust` prints: 64 hex digits")
    return digits


HOST_KEY = Text(wants="a fingerprint such as `SHA256:…`", parse=_fingerprint, quotes=False)
CERTIFICATE = Text(wants="the SHA-256 of a certificate, in hex", parse=_pinned_certificate, quotes=False)


def _repository(filled: Filled) -> Repository:
    at: RemoteUrl = filled["url"]
    return Repository(
        key=filled.spot.path[-1], url=at.url, protocol=at.protocol, host=at.host, port=at.port, user=at.user,
        directory=at.directory, password=_secret(filled, "password"), private_key=filled["private_key_file"],
        passphrase=_secret(filled, "passphrase"), host_key=filled["host_key"] or (),
        known_hosts=filled["known_hosts"], ca_file=filled["ca_file"], certificate=filled["certificate"],
        passive=filled["passive"], encoding=filled["encoding"], timeout=filled["timeout"],
        max_connections=filled["max_connections"],
    )  # fmt: skip


def _only_keys_of_the_protocol(filled: Filled) -> None:
    at: RemoteUrl | None = filled["url"]
    if at is None:
        return
    for key, protocols in _PROTOCOLS.items():
        if filled.has(key) and at.protocol not in protocols:
            filled.wrong(f"`{key}` means nothing for `{at.protocol}://`", filled.key_place(key))


def _a_way_to_log_in(filled: Filled) -> None:
    at: RemoteUrl | None = filled["url"]
    if at is None or at.user is None or not (filled.lacks("password") and filled.lacks("password_file")):
        return
    if at.protocol is Protocol.SFTP and filled.lacks("private_key_file"):
        filled.wrong("there is no way to log in: write `private_key_file`, `password` or `password_file`")
    elif at.protocol in _FTP:
        filled.wrong("there is no way to log in: write `password` or `password_file`")


def _a_user_for_the_password(filled: Filled) -> None:
    at: RemoteUrl | None = filled["url"]
    for key in ("password", "password_file"):
        if at and at.protocol in _FTP and at.user is None and filled.has(key):
            filled.wrong(
                f"`{key}` means nothing without a user: write it in the URL, `ftp://user@host/`",
                filled.key_place(key),
            )


def _warn_of_plain_ftp(filled: Filled) -> None:
    at: RemoteUrl | None = filled["url"]
    if at and at.protocol is Protocol.FTP:
        what = "the password and the files travel" if at.user else "the files travel"
        message = f"{what} in clear with plain FTP: use `ftps://` or `sftp://` where the server can"
        filled.reading.mistakes.warn(filled.place("url"), message)


REPOSITORY = Section(
    about="A drop box: where it is, and how to log in.",
    keys={
        "url": Key(
            kind=REMOTE_URL,
            about="`sftp://USER@HOST/DIRECTORY`, `ftp://`, `ftps://` (explicit TLS), `ftps+implicit://`, or "
            "`file:///DIRECTORY` of this machine; without a password.",
            required=True,
        ),
        **secret_keys("password", "The password of the URL's user"),
        "private_key_file": Key(kind=PRIVATE_KEY_FILE, about="SFTP: a private key to log in with."),
        **secret_keys("passphrase", "What `private_key_file` is encrypted with"),
        "host_key": Key(
            kind=Many(item=HOST_KEY),
            about="SFTP: the server's fingerprint (`SHA256:…`), or several; `tournee trust` shows it.",
        ),
        "known_hosts": Key(kind=FILE, about="SFTP: a known_hosts file instead of ~/.ssh/known_hosts."),
        "ca_file": Key(kind=CA_FILE, about="FTPS: certificates (PEM) to trust instead of the system's."),
        "certificate": Key(
            kind=CERTIFICATE,
            about="FTPS: the SHA-256 of the server's certificate; pinned, its signer, name and date do "
            "not matter.",
        ),
        "passive": Key(kind=FLAG, about="FTP: whether we open the data connections.", default="true"),
        "encoding": Key(kind=ENCODING, about="The encoding of the server's file names.", default="utf-8"),
        "timeout": Key(
            kind=clock_duration(longest=3600, zero=False),
            about="How long to wait for the server each time, and for connecting with login as a whole.",
            default="30 seconds",
        ),
        "max_connections": Key(kind=whole(1, 20), about="How many connections at once.", default="1"),
    },
    make=_repository,
    rules=(
        exclusive("password", "password_file"),
        exclusive("passphrase", "passphrase_file"),
        exclusive("host_key", "known_hosts"),
        exclusive("ca_file", "certificate"),
        needs("passphrase", "private_key_file"),
        needs("passphrase_file", "private_key_file"),
        _only_keys_of_the_protocol,
        _a_way_to_log_in,
        _a_user_for_the_password,
        _warn_of_plain_ftp,
    ),
)  # fmt: skip

REPOSITORIES = Entries(about="The drop boxes, by names that you choose.", entry=REPOSITORY)
