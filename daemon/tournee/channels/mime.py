"""A message as the bytes of an email.

Put together by hand: building and flattening an `EmailMessage` costs four times the rest of a mail, and it
encodes long header values (`List-Unsubscribe`) that mail programs then no longer understand. Only two shapes
exist, text alone and text beside HTML; the tests parse every variant back with the `email` package.
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from tournee.core.facts import Message

_CRLF = b"\r\n"
#: Neither quoted-printable (`=` is written `=3D`) nor base64 can produce this line.
_BOUNDARY = "=_tournee_alternative"
_NAMED = re.compile(r'\s*(?P<name>"(?:[^"\\]|\\.)*"|[^<>]*?)\s*<\s*(?P<address>[^<>\s]+)\s*>\s*')
_QUOTED = re.compile(r"\\(.)")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9.-]+|\[[0-9A-Za-z:.]+\])")
_NO_BREAK_SPACES = "\u00a0\u202f"  # of French typography
_WORD = 45  # bytes in an encoded word
_RAW_LIMIT = 900  # a header line may have 998 bytes with its name


class Mailbox(NamedTuple):
    """A name, which may be empty, and an address that is ASCII unless its local part cannot be."""

    name: str
    address: str


@lru_cache(maxsize=256)
def mailbox(text: str) -> Mailbox:
    """`Boutique <avis@boutique.example>` or a bare address; raises ValueError when it is neither."""
    found = _NAMED.fullmatch(text)
    name = found["name"] if found else ""
    if name.startswith('"'):
        name = _QUOTED.sub(r"\1", name[1:-1])
    address = found["address"] if found else text.strip()
    return Mailbox(one_line(name), wire_address(address))


def wire_address(address: str) -> str:
    """One bare address as it goes over the wire, its domain in ASCII; raises ValueError."""
    if _PLAIN_ADDRESS.fullmatch(address):
        return address
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise ValueError("not an address") from None
    return valid.ascii_email or valid.normalized


def as_bytes(message: Message, sender: Mailbox, to: str) -> bytes:
    """The whole message, CRLF line ends, every line within 998 bytes; what is not ASCII is encoded.

    Only an address whose local part is not ASCII goes out as UTF-8 (SMTPUTF8).
    """
    head = [
        f"From: {_written(sender)}",
        f"To: {to}",
        f"Subject: {_subject(message.subject)}",
        f"Message-ID: {one_line(message.message_id)}",
        *(f"{name}: {_raw(name, value)}" for name, value in message.headers.items()),
        "MIME-Version: 1.0",
    ]
    if message.html is None:
        alone = "\r\n".join(head).encode() + _CRLF + _part("plain", message.text)
        return alone if alone.endswith(_CRLF) else alone + _CRLF
    head += [f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"', "", ""]
    mark = f"--{_BOUNDARY}".encode()
    return b"".join(
        (
            "\r\n".join(head).encode(),
            mark, _CRLF, _part("plain", message.text), _CRLF,
            mark, _CRLF, _part("html", message.html), _CRLF,
            mark, b"--", _CRLF,
        )
    )  # fmt: skip


def one_line(text: str) -> str:
    """`text` without control characters or line ends, white space for them: no header can be added."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char in _NO_BREAK_SPACES else " " for char in text)
    return re.sub(" {2,}", " ", text).strip()


def _written(box: Mailbox) -> str:
    if not box.name:
        return box.address
    if _ATOMS.fullmatch(box.name) and "=?" not in box.name:
        return f"{box.name} <{box.address}>"
    if box.name.isascii() and "=?" not in box.name:
        quoted = re.sub(r'(["\\])', r"\\\1", box.name)
        return f'"{quoted}" <{box.address}>'
    return f"{_encoded_words('From', box.name)} <{box.address}>"


def _subject(text: str) -> str:
    text = one_line(text)
    if text.isascii() and "=?" not in text and len(text) <= _RAW_LIMIT:
        return text
    return _encoded_words("Subject", text)


def _raw(header: str, text: str) -> str:
    text = one_line(text)
    return text if text.isascii() else _encoded_words(header, text)


def _encoded_words(header: str, text: str) -> str:
    """As RFC 2047 wants it: words of at most 75 characters, none of which cuts a character, one a line.

    `email.header` takes fifty times as long.
    """
    words, room = [b""], _WORD - (len(header) + 1) // 4 * 3
    for char in text:
        letter = char.encode("utf-8", "replace")
        if len(words[-1]) + len(letter) > room:
            words.append(b"")
            room = _WORD
        words[-1] += letter
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in words)


def _part(subtype: str, text: str) -> bytes:
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    how, body = _transfer(data)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {how}\r\n\r\n"
    return head.encode() + body


def _transfer(data: bytes) -> tuple[str, bytes]:
    """Quoted-printable, which stays readable; base64 where most of the text would be escapes."""
    other = len(data) - len(data.decode().encode("ascii", "ignore"))
    if other * 6 <= len(data):
        return "quoted-printable", binascii.b2a_qp(data, istext=True).replace(b"\n", _CRLF)
    coded = binascii.b2a_base64(data.replace(b"\n", _CRLF), newline=False)
    return "base64", _CRLF.join(coded[start : start + 76] for start in range(0, len(coded), 76))
