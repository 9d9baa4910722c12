"""Webhooks are signed so that every library of the Standard Webhooks specification verifies them."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.signing import secret_key, webhook_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)


def test_the_published_example_has_the_published_signature() -> None:
    assert webhook_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", SENT, b'{"test": 2432232314}', SECRET) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=100))
def test_who_has_the_secret_can_check_every_body(key: bytes, body: bytes) -> None:
    headers = webhook_headers("msg_1", SENT, body, "whsec_" + base64.b64encode(key).decode())
    mac = hmac.new(key, b"msg_1." + headers["webhook-timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac.digest()).decode()


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin with `whsec_`"),
        ("whsec_not base64!", "is not base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "is not base64"),
        ("whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw", "is not base64"),
        ("whsec_ééé", "is not base64"),
        ("whsec_c2hvcnQ=", "has 5"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "has 65"),
    ],
)
def test_a_bad_secret_is_refused_without_being_repeated(secret: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refused:
        secret_key(secret)
    assert secret.removeprefix("whsec_") not in str(refused.value)
