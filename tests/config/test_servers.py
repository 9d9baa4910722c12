"""`database`, `mail`, `repositories`: what they take, what they refuse, and in which words."""

from pathlib import Path

import pytest

from tournee.core.settings import MailSecurity, Protocol

PEM = """\
-----BEGIN CERTIFICATE-----
MIIBhDCCASmgAwIBAgIUDUeOlQGgHF6seOVVp6mHKezEQMQwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZnRwLmV4YW1wbGUwIBcNMjYxMTI0MDg1MDEzWhgPMjEyNjEw
MzEwODUwMTNaMBYxFDASBgNVBAMMC2Z0cC5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEiut7OC0gaVTjc07XoVcvO7H54FYPJmLiwui2Ku17KOpKBNyD
J1SVU6jLTK5RCNXNMxfVRKGz1L/ry+9rT8VnaKNTMFEwHQYDVR0OBBYEFCpGRbQB
EZzasg8/eDzHO2ZEx8wiMB8GA1UdIwQYMBaAFCpGRbQBEZzasg8/eDzHO2ZEx8wi
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANAhVJ2LxzjcI9bF
dzqIJiZBDTFOQOnxSWYYjpW0q1exAiEA1WT9f9Zrfxgz5OaIGPjTIIhOznOdR8of
wADeCVgjj2U=
-----END CERTIFICATE-----
"""
FINGERPRINT = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def repository(configured, keys: str):
    return configured(f"repositories:\n  box: {{{keys}}}\n").settings.repositories["box"]


# ---------------------------------------------------------------- URLs of repositories

URLS = {
    "sftp://u@h/exports": (Protocol.SFTP, "h", 22, "u", "/exports"),
    "sftp://u@h": (Protocol.SFTP, "h", 22, "u", ""),
    "sftp://u@h/": (Protocol.SFTP, "h", 22, "u", ""),
    "sftp://u@h/~/in/": (Protocol.SFTP, "h", 22, "u", "/~/in"),
    "sftp://u@h/./in": (Protocol.SFTP, "h", 22, "u", "/~/in"),
    "sftp://u@h/~": (Protocol.SFTP, "h", 22, "u", ""),
    "sftp://u@h//a//b/": (Protocol.SFTP, "h", 22, "u", "/a/b"),
    "sftp://u%40corp@Host.Example:2222/a%20b%2F%C3%A9": (
        Protocol.SFTP, "host.example", 2222, "u@corp", "/a b/é",
    ),
    "sftp://u@corp@h/": (Protocol.SFTP, "h", 22, "u@corp", ""),
    "sftp://u@[2001:db8::1]:2222/x": (Protocol.SFTP, "2001:db8::1", 2222, "u", "/x"),
    "sftp://u@serveur-é/x": (Protocol.SFTP, "serveur-é", 22, "u", "/x"),
    "ftp://h/x": (Protocol.FTP, "h", 21, None, "/x"),
    "ftps://u@h/x": (Protocol.FTPS, "h", 21, "u", "/x"),
    "ftps+implicit://u@h/x": (Protocol.FTPS_IMPLICIT, "h", 990, "u", "/x"),
    "file:///srv/in box/": (Protocol.LOCAL, "", 0, None, "/srv/in box"),
    "file:////srv/../in": (Protocol.LOCAL, "", 0, None, "/in"),
    "file://localhost/srv": (Protocol.LOCAL, "", 0, None, "/srv"),
}  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), URLS.items())
def test_a_url_is_taken_apart(configured, url, expected):
    login = "" if expected[3] is None else ", password: x"
    box = repository(configured, f"url: '{url}'{login}")
    assert (box.protocol, box.host, box.port, box.user, box.directory) == expected


NO_URLS = {
    "box.example": "this is not a URL: write one such as `sftp://user@host/directory`",
    "htp://u@h/x": "a URL begins with `sftp://`, `ftp://`, `ftps://`, `ftps+implicit://` or `file://` here; "
    "did you mean `ftp://`?",
    "sftp://u:p@h/x": "a password has no place in a URL: write it as `password:` or `password_file:`",
    "sftp://u:@h/x": "a password has no place in a URL: write it as `password:` or `password_file:`",
    "sftp://h/x": "this URL has no user: write one such as `sftp://user@host/directory`",
    "sftp://u@/x": "this URL has no host",
    "sftp:///x": "this URL has no host",
    "sftp://u@h:ssh/x": "the port of this URL is not a number from 1 to 65535",
    "sftp://u@h:70000/x": "the port of this URL is not a number from 1 to 65535",
    "sftp://u@h:0/x": "the port of this URL is not a number from 1 to 65535",
    "sftp://u@::1/x": "the port of this URL is not a number from 1 to 65535",
    "sftp://u@[::1/x": "the host of this URL is not readable: an IPv6 address stands in brackets",
    "sftp://u@a b/x": (
        "the host of this URL is not a name; special characters of a user are written `%40` for `@`"
    ),
    "sftp://u@h/a#b": "in a URL `?` is written `%3F` and `#` is written `%23`",
    "sftp://u@h/a?": "in a URL `?` is written `%3F` and `#` is written `%23`",
    "sftp://u@h/%ff": "a `%…` of this URL is not UTF-8",
    "sftp://u@h/a%0Ab": "this URL holds a control character",
    "sftp://u@h/a\tb": "this URL holds a control character",
    "file://srv/in": "a local directory is absolute: write three slashes, such as `file:///srv/inbox`",
    "file://": "a local directory is absolute: write three slashes, such as `file:///srv/inbox`",
}


@pytest.mark.parametrize(("url", "expected"), NO_URLS.items())
def test_a_url_that_leads_nowhere_is_told(mistakes, url, expected):
    assert mistakes(f"repositories:\n  box: {{url: '{url}', password: x}}") == [f"2:14: {expected}"]


# ---------------------------------------------------------------- keys of repositories


def test_one_host_key_or_several_are_pinned(configured):
    sftp = "url: 'sftp://u@h/', password: x, host_key"
    assert repository(configured, f"{sftp}: {FINGERPRINT}").host_key == (FINGERPRINT,)
    assert repository(configured, f"{sftp}: [{FINGERPRINT}=, SHA256:{'A' * 43}]").host_key == (
        FINGERPRINT,
        f"SHA256:{'A' * 43}",
    )


def test_a_certificate_is_pinned_with_colons_or_without(configured):
    ftps = "url: 'ftps://u@h/', password: x, certificate"
    colons = ":".join(HEX[at : at + 2].upper() for at in range(0, 64, 2))
    assert {repository(configured, f"{ftps}: '{text}'").certificate for text in (HEX, colons)} == {HEX}


def test_certificates_to_trust_are_a_file(configured, write, folder: Path):
    write("ca.pem", PEM)
    box = repository(configured, "url: 'ftps://u@h/', password: x, ca_file: ca.pem")
    assert box.ca_file == f"{folder}/ca.pem"


def test_what_a_repository_is_not_told_has_a_default(configured):
    box = repository(configured, "url: 'ftp://h/'")
    assert (box.passive, box.encoding, box.timeout.seconds, box.max_connections) == (True, "utf-8", 30, 1)


REPOSITORIES = {
    "{url: 'sftp://u@h/'}": [
        "2:3: there is no way to log in: write `private_key_file`, `password` or `password_file`"
    ],
    "{url: 'ftps://u@h/'}": ["2:3: there is no way to log in: write `password` or `password_file`"],
    "{url: 'ftp://h/', password: x}": [
        "2:26: `password` means nothing without a user: write it in the URL, `ftp://user@host/`"
    ],
    "{url: 'file:///x', password: p, timeout: 1 hour, encoding: utf-8, max_connections: 1}": [
        "2:27: `password` means nothing for `file://`",
        "2:40: `timeout` means nothing for `file://`",
        "2:57: `encoding` means nothing for `file://`",
        "2:74: `max_connections` means nothing for `file://`",
    ],
    "{url: 'sftp://u@h/', password: x, passive: false, certificate: x}": [
        "2:42: `passive` means nothing for `sftp://`",
        "2:58: `certificate` means nothing for `sftp://`",
        "2:71: this is not the SHA-256 of a certificate such as `tournee trust` prints: 64 hex digits",
    ],
    "{url: 'ftp://u@h/', password: x, private_key_file: nope, ca_file: nope}": [
        "2:41: `private_key_file` means nothing for `ftp://`",
        "2:59: this file cannot be read: no such file or directory (a relative path starts at `{folder}`)",
        "2:65: `ca_file` means nothing for `ftp://`",
        "2:74: this file cannot be read: no such file or directory (a relative path starts at `{folder}`)",
    ],
    "{url: 'sftp://u@h/', password: x, passphrase: y}": [
        "2:42: `passphrase` means nothing without `private_key_file`"
    ],
    "{url: 'sftp://u@h/', password: x, host_key: 'MD5:aa:bb'}": [
        "2:52: this is not a fingerprint such as `tournee trust` prints: `SHA256:` and 43 characters; "
        "MD5 is not accepted"
    ],
    "{url: 'sftp://u@h/', password: x, host_key: []}": ["2:42: this list is empty: leave the key out"],
    f"{{url: 'sftp://u@h/', password: x, host_key: [{FINGERPRINT}, {FINGERPRINT}]}}": [
        "2:105: this is in the list already"
    ],
    f"{{url: 'sftp://u@h/', password: x, host_key: {FINGERPRINT}, known_hosts: tournee.yaml}}": [
        "2:104: `host_key` and `known_hosts` exclude each other: keep one"
    ],
    "{url: 'ftps://u@h/', password: x, ca_file: tournee.yaml}": [
        "2:51: this file holds no certificates in PEM form"
    ],
    "{url: 'ftp://h/', passive: maybe, encoding: klingon, timeout: 0, max_connections: 99}": [
        "2:35: `maybe` is not `true` or `false`",
        "2:52: `klingon` is not an encoding of names, such as `utf-8` or `cp1252`",
        "2:70: `0` is no time at all: write at least `1 second`",
        "2:90: `99` is not a whole number from 1 to 20",
    ],
    "{url: 'ftp://h/', timeout: 1 month, encoding: utf-16, max_connections: 1.5}": [
        "2:35: `1 month` has no fixed length: write days or less",
        "2:54: `utf-16` is not an encoding of names, such as `utf-8` or `cp1252`",
        "2:79: `1.5` is not a whole number from 1 to 20",
    ],
    "{url: 'ftp://h/', timeout: 2 hours}": ["2:35: `2 hours` is too long: write at most `1 hour`"],
    "{url: 'sftp://u@h/', passwrd: x}": ["2:29: unknown key `passwrd`; did you mean `password`?"],
    "{url: 'sftp://u@h/', password: }": [
        "2:29: there is no value here: write a text (in quotes, if it holds `#` or `: `)"
    ],
    "{url: 'sftp://u@h/', password: [x]}": [
        "2:39: this must be a text (in quotes, if it holds `#` or `: `), not a list"
    ],
    "": ["2:3: `url` is missing: write a URL such as `sftp://user@host/directory`"],
    "sftp://u@h/": ["2:8: this must be a mapping with keys such as `url:`, not a text"],
}


@pytest.mark.parametrize(("keys", "expected"), REPOSITORIES.items())
def test_what_is_wrong_with_a_repository_is_told(mistakes, folder, keys, expected):
    assert mistakes(f"repositories:\n  box: {keys}") == [
        message.replace("{folder}", str(folder)) for message in expected
    ]


@pytest.mark.parametrize("name", ["é", "a b", "-a", "a.", "", "a/b", "x" * 65])
def test_a_name_that_would_not_fit_everywhere_is_told(mistakes, name):
    assert mistakes(f"repositories:\n  '{name}': {{url: 'file:///x'}}") == [
        f"2:3: `{name if len(name) < 60 else name[:59] + '…'}` cannot be a name here: "
        "write unaccented letters and digits, and between them `-`, `_` and `.`"
    ]


# ---------------------------------------------------------------- database


DATABASES = {
    "sqlite:///t.db": "sqlite:///{folder}/t.db",
    "sqlite:///../t.db": "sqlite:///{parent}/t.db",
    "sqlite:////srv/t.db": "sqlite:////srv/t.db",
    "postgresql://user@host/db": "postgresql://user@host/db",
    "postgresql:///db?host=/run/postgresql&sslmode=verify-full": (
        "postgresql:///db?host=/run/postgresql&sslmode=verify-full"
    ),
}


@pytest.mark.parametrize(("url", "expected"), DATABASES.items())
def test_a_database_is_a_url(configured, folder: Path, url, expected):
    expected = expected.format(folder=folder, parent=folder.parent)
    assert configured(f"database: {url}").settings.database.url == expected


def test_a_database_may_have_its_password_in_a_file(configured, write):
    write("pw", "s3cret\n")
    database = configured("database: {url: 'postgresql://u@h/db', password_file: pw}").settings.database
    assert (database.url, database.password.reveal()) == ("postgresql://u@h/db", "s3cret")


NO_DATABASES = {
    "mysql://u@h/db": ["1:11: a URL begins with `sqlite://` or `postgresql://` here"],
    "postgres://u@h/db": [
        "1:11: a URL begins with `sqlite://` or `postgresql://` here; did you mean `postgresql://`?"
    ],
    "postgresql://u:x@h/db": [
        "1:11: a password has no place in a URL: write it as `password:` or `password_file:`"
    ],
    "postgresql://u@h/": [
        "1:11: this URL names no database: write one such as `postgresql://user@host/database`"
    ],
    "sqlite://t.db": [
        "1:11: write `sqlite:///` and a path; an absolute one makes it four slashes: `sqlite:////srv/tournee.db`"
    ],
    "'sqlite:///:memory:'": [
        "1:11: this URL names no file; a database in memory would forget what was imported"
    ],
    "'sqlite:///'": ["1:11: this URL names no file; a database in memory would forget what was imported"],
    "{url: sqlite:///t.db, password: x}": ["1:33: an SQLite file has no password"],
    "{password: x}": [
        "1:1: `url` is missing: "
        "write a URL such as `sqlite:///tournee.db` or `postgresql://user@host/database`"
    ],
    "[sqlite:///t.db]": ["1:11: this must be a mapping with keys such as `url:`, not a list"],
}


@pytest.mark.parametrize(("written", "expected"), NO_DATABASES.items())
def test_what_is_wrong_with_a_database_is_told(mistakes, written, expected):
    assert mistakes(f"database: {written}") == expected


# ---------------------------------------------------------------- mail

MAILS = {
    "smtp://h": (MailSecurity.OPPORTUNISTIC, "h", 25),
    "smtp://h:2525/": (MailSecurity.OPPORTUNISTIC, "h", 2525),
    "smtp+starttls://h": (MailSecurity.STARTTLS, "h", 587),
    "smtps://[::1]": (MailSecurity.TLS, "::1", 465),
}


@pytest.mark.parametrize(("url", "expected"), MAILS.items())
def test_a_mail_server_is_a_url(configured, url, expected):
    mail = configured(f"mail: {{url: '{url}', from: a@b.example}}").settings.mail
    assert (mail.security, mail.host, mail.port) == expected


@pytest.mark.parametrize(
    "sender",
    [
        "a@b.example",
        "root@localhost",
        "Boutique, Paris <a@b.example>",
        '"B." <a@b.example>',
        "Été <a@bé.example>",
    ],
)
def test_a_sender_is_an_address_with_a_name_or_without(configured, sender):
    config = configured(f"mail: {{url: 'smtp://h', from: '{sender}', username: u, password: p}}")
    assert config.settings.mail.sender == sender


NO_MAILS = {
    "{url: 'smtp://u@h', from: 'a@b'}": ["1:13: a user has no place in this URL: write it as `username:`"],
    "{url: 'smtp://h/x', from: 'a@b'}": ["1:13: this URL ends with the port"],
    "{url: 'smpt://h', from: 'a@b'}": [
        "1:13: a URL begins with `smtp://`, `smtp+starttls://` or `smtps://` here; did you mean `smtp://`?"
    ],
    "{url: 'smtp://h', from: x, rate: 20}": [
        "1:31: `x` is not an email address",
        "1:40: `20` is not a rate: write such as `20 per second` or `1000 per hour`",
    ],
    "{url: 'smtp://h', from: 'A <x>'}": ["1:31: `x` is not an email address"],
    "{url: 'smtp://h', from: 'a@b', username: u}": [
        "1:38: `username` means nothing without `password` or `password_file`"
    ],
    "{url: 'smtp://h', from: 'a@b', password: u}": ["1:38: `password` means nothing without `username`"],
    "smtp://h": ["1:7: this must be a mapping with keys such as `url:`, not a text"],
    "": [
        "1:1: `from` is missing: write an address such as `Boutique <avis@example.com>`",
        "1:1: `url` is missing: write a URL such as `smtp://localhost:25`",
    ],
}


@pytest.mark.parametrize(("written", "expected"), NO_MAILS.items())
def test_what_is_wrong_with_mail_is_told(mistakes, written, expected):
    assert mistakes(f"mail: {written}") == expected


# ---------------------------------------------------------------- warnings


def test_plain_ftp_warns(warnings):
    ftp = "repositories:\n  a: {url: 'ftp://u@h/', password: x}\n  b: {url: 'ftp://h/'}\n  c: {url: 'ftps://h/'}\n"
    assert warnings(ftp) == [
        "2:12: the password and the files travel in clear with plain FTP: "
        "use `ftps://` or `sftp://` where the server can",
        "3:12: the files travel in clear with plain FTP: use `ftps://` or `sftp://` where the server can",
    ]


def test_a_mail_password_that_may_travel_in_clear_warns(warnings):
    login = "from: a@b.example, username: u, password: p"
    message = (
        "1:13: the password may travel in clear where the server offers no TLS: "
        "demand it with `smtp+starttls://`"
    )
    assert warnings(f"mail: {{url: 'smtp://h', {login}}}") == [message]
    assert warnings(f"mail: {{url: 'smtp+starttls://h', {login}}}") == []
    assert warnings(f"mail: {{url: 'smtp://localhost', {login}}}") == []
