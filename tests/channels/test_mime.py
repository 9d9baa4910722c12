"""Every variant is parsed back by the standard library's `email` package, which did not build it."""

import base64
import re
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tournee.channels.mime import as_bytes, mailbox, wire_address
from tournee.core.facts import Message

ANY_TEXT = st.text(max_size=400)
LONG_LINES = st.text(st.sampled_from("aé \u4e2d=.\r\n\t"), max_size=3000)


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


def build(**changes: object) -> bytes:
    parts = {
        "message_id": "<1@example.com>", "sender": "Boutique <avis@boutique.example>",
        "to": "claire@example.com", "subject": "Bonjour", "text": "Bonjour\n",
    } | changes  # fmt: skip
    message = Message(**parts)  # type: ignore[arg-type]
    return as_bytes(message, mailbox(message.sender), wire_address(message.to))


def as_sent(text: str) -> str:
    """What survives of any text: line ends become one kind, lone surrogates a question mark."""
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode().replace("\r\n", "\n")


@given(ANY_TEXT | LONG_LINES, ANY_TEXT | LONG_LINES)
def test_text_and_html_come_back_as_they_were(text: str, html: str) -> None:
    message = parsed(build(text=text, html=html))
    assert message.get_content_type() == "multipart/alternative"
    assert body(message, "plain").removesuffix("\n") == as_sent(text).removesuffix("\n")
    assert body(message, "html").removesuffix("\n") == as_sent(html).removesuffix("\n")


@given(ANY_TEXT | LONG_LINES, ANY_TEXT, ANY_TEXT)
def test_no_line_is_too_long_and_no_line_end_is_bare(text: str, subject: str, name: str) -> None:
    raw = build(text=text, html=text, subject=subject, sender=f'"{name}" <a@b.example>')
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert raw.isascii()


@given(ANY_TEXT)
def test_a_subject_comes_back_on_one_line(subject: str) -> None:
    kept = "".join(c if c.isprintable() or c in "\u00a0\u202f" else " " for c in as_sent(subject))
    found = str(parsed(build(subject=subject))["Subject"])
    assert re.sub(" +", " ", found).strip() == re.sub(" +", " ", kept).strip()


@given(
    st.text(st.characters(exclude_characters='"\\<>', exclude_categories=["C", "Z"]), min_size=1, max_size=90)
)
def test_a_senders_name_comes_back(name: str) -> None:
    header = message_from_bytes(build(sender=f"{name} <avis@boutique.example>"), policy=compat32)["From"]
    written, address = parseaddr(str(header))
    assert (str(make_header(decode_header(written))), address) == (name, "avis@boutique.example")


@given(ANY_TEXT, st.text(st.characters(exclude_characters='"\\')), ANY_TEXT)
def test_nothing_that_comes_from_outside_adds_a_header(subject: str, name: str, value: str) -> None:
    injected = "\r\nBcc: all@example.com\r\n\r\nBody"
    raw = build(
        subject=subject + injected, sender=f'"{name}{injected}" <a@b.example>', headers={"X-Note": value}
    )
    names = [key for key, _ in parsed(raw).raw_items()]
    assert names == ["From", "To", "Subject", "Message-ID", "X-Note", "MIME-Version", "Content-Type",
                     "Content-Transfer-Encoding"]  # fmt: skip


UNSUBSCRIBE = {
    "List-Unsubscribe": "<https://avis.example.com/u/AQAAAAAAAAcGHJkLrVvS0nKc8YbTz0xq>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


@pytest.mark.parametrize("length", [60, 78, 79, 300, 998 - len("List-Unsubscribe: ")])
def test_a_long_header_value_is_neither_folded_nor_encoded(length: int) -> None:
    link = "<https://avis.example.com/u/".ljust(length - 1, "t") + ">"
    raw = build(headers=UNSUBSCRIBE | {"List-Unsubscribe": link}, subject="Ça va ?", html="<p>Ça va</p>")
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_a_mail_server_can_sign_the_headers_of_one_click_unsubscribing() -> None:
    own = rsa.generate_private_key(65537, 2048)
    private = own.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = [b"From", b"To", b"Subject", b"List-Unsubscribe", b"List-Unsubscribe-Post"]
    raw = build(headers=UNSUBSCRIBE, html="<p>Ça va ?</p>")
    signature = dkim.sign(raw, b"test", b"boutique.example", private, include_headers=names)
    signed = re.search(rb"h=([^;]+);", signature)
    assert signed
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(re.split(rb"[\s:]+", signed[1]))
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    assert dkim.verify(signature + raw, dnsfunc=lambda name, timeout=5: record)
    changed = raw.replace(b"https://avis.example.com/u/", b"https://else.example.com/u/")
    assert not dkim.verify(signature + changed, dnsfunc=lambda name, timeout=5: record)


def test_a_name_with_a_comma_is_quoted() -> None:
    assert b'\r\nFrom: "Boutique, Paris" <a@b.example>\r\n' in b"\r\n" + build(
        sender="Boutique, Paris <a@b.example>"
    )


def test_a_domain_that_is_not_ascii_goes_out_encoded() -> None:
    assert b"\r\nTo: jean@xn--caf-dma.example\r\n" in build(to="jean@café.example")


def test_ascii_text_stays_readable_and_greek_is_shorter_in_base64() -> None:
    assert b"\r\n\r\nHow did we do? https://survey.example/s/1\r\n" in build(
        text="How did we do? https://survey.example/s/1"
    )
    assert b"Content-Transfer-Encoding: base64" in build(text="Καλημέρα κόσμε")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "claire",
        "a b@example.com",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "@",
        "a@",
    ],
)
def test_what_is_not_one_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        mailbox(text)
