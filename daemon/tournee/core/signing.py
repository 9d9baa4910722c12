"""Webhooks are signed by the Standard Webhooks specification, so that the receiver knows who calls.

What is signed is `<id>.<timestamp>.<body>`, with HMAC-SHA256 and the secret that both sides have.
"""

import base64
import binascii
import hmac
from datetime import datetime

PREFIX = "whsec_"
_BYTES = range(24, 65)  # as the specification asks for


def secret_key(secret: str) -> bytes:
    """The bytes of a secret as it is written: `whsec_` and 24 to 64 bytes in base64.

    Raises ValueError, for a person and without the secret, for anything else.
    """
    wanted = f"a webhook's secret is `{PREFIX}` and {_BYTES[0]} to {_BYTES[-1]} random bytes in base64"
    if not secret.startswith(PREFIX):
        raise ValueError(f"{wanted}: this one does not begin with `{PREFIX}`")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{wanted}: what follows `{PREFIX}` is not base64") from None
    if len(key) not in _BYTES:
        raise ValueError(f"{wanted}: this one has {len(key)}")
    return key


def webhook_headers(message_id: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """The headers that identify and sign `body`, sent at `at`; raises ValueError for a bad secret."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(secret_key(secret), signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }
