"""Tokens of links to unsubscribe: who is meant, and a proof that we wrote it; valid for ever.

24 bytes in base64url, so that the header with the link stays short: the channel, the contact's id in seven
bytes, and 16 bytes of HMAC-SHA256 with the database's key. Nothing personal is in it.
"""

import base64
import hmac
import re

from tournee.core.settings import Channel

_NUMBERS = {Channel.EMAIL: 1, Channel.SMS: 2, Channel.WEBHOOK: 3}
_CHANNELS = {number: channel for channel, number in _NUMBERS.items()}
_ID_BYTES, _MAC_BYTES = 7, 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
_PURPOSE = b"unsubscribe\0"  # what else is signed with the same key is no token


def token(key: bytes, contact_id: int, channel: Channel) -> str:
    """The 32 characters that stand for a contact and a channel."""
    said = bytes([_NUMBERS[channel]]) + contact_id.to_bytes(_ID_BYTES, "big")
    return base64.urlsafe_b64encode(said + _mac(key, said)).decode()


def read(key: bytes, text: str) -> tuple[int, Channel] | None:
    """The contact's id and the channel of a token; None for whatever was not written with this key."""
    if not _TOKEN.fullmatch(text):
        return None
    decoded = base64.urlsafe_b64decode(text)
    said, mac = decoded[:-_MAC_BYTES], decoded[-_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, said)):
        return None
    channel = _CHANNELS.get(said[0])
    return (int.from_bytes(said[1:], "big"), channel) if channel else None


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + said, "sha256")[:_MAC_BYTES]
