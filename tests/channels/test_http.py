"""The conversation with a gateway or a webhook's receiver, every way it can end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from support.http import CUT, CUT_EARLY, DRIP, NONSENSE, RESET, SILENCE, Answer, Web
from tournee.channels.http import HttpChannel
from tournee.core.errors import (
    ChannelError,
    PermanentChannelError,
    TransientChannelError,
    UncertainChannelError,
)
from tournee.core.facts import Request
from tournee.core.messages import LANGUAGES
from tournee.demo.embedded import Certificate

Reach = Callable[..., HttpChannel]
Serve = Callable[..., Web]


@pytest.fixture
def serve_web() -> Iterator[Serve]:
    running: list[Web] = []

    def start(**options: object) -> Web:
        web = Web(**options)  # type: ignore[arg-type]
        web.start()
        running.append(web)
        return web

    yield start
    for web in running:
        web.stop()


@pytest.fixture
def web(serve_web: Serve) -> Web:
    return serve_web()


@pytest.fixture
def channel() -> Iterator[HttpChannel]:
    opened = HttpChannel(5.0, None)
    yield opened
    opened.close()


@pytest.fixture
def hasty() -> Iterator[HttpChannel]:
    opened = HttpChannel(0.2, None)
    yield opened
    opened.close()


def request(web: Web, **changes: object) -> Request:
    parts = {"method": "POST", "url": f"{web.url}/send", "headers": {}, "content": b'{"to":"1"}'} | changes
    return Request(**parts)  # type: ignore[arg-type]


def refused(channel: HttpChannel, asked: Request) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        channel.send(asked)
    assert caught.value.reason.code in LANGUAGES["en"]
    return caught.value


def test_a_request_arrives_as_it_was_written(web: Web, channel: HttpChannel) -> None:
    headers = {"Authorization": "Bearer é", "Content-Type": "application/json"}
    receipt = channel.send(request(web, url=f"{web.url}/send?to=%2B336", headers=headers))
    (asked,) = web.received
    assert (receipt.answer, asked.method, asked.path) == ("200 taken", "POST", "/send?to=%2B336")
    assert (asked.content, asked.headers["content-type"]) == (b'{"to":"1"}', "application/json")
    assert asked.headers["authorization"].encode("latin-1").decode() == "Bearer é"


def test_a_get_has_no_body(web: Web, channel: HttpChannel) -> None:
    channel.send(request(web, method="GET", content=b""))
    assert [(asked.method, asked.content) for asked in web.received] == [("GET", b"")]


# ---------------------------------------------------------------- the connection


def test_one_connection_serves_many_requests(web: Web, channel: HttpChannel) -> None:
    for _ in range(20):
        channel.send(request(web))
    assert (len(web.received), web.connections) == (20, 1)


def test_a_refusal_does_not_cost_the_connection(web: Web, channel: HttpChannel) -> None:
    web.answers.append(Answer(422, "x" * 10_000))
    refused(channel, request(web))
    channel.send(request(web))
    assert web.connections == 1


def test_nothing_connects_before_the_first_request_and_closing_twice_is_harmless(web: Web) -> None:
    channel = HttpChannel(5.0, None)
    channel.close()
    channel.send(request(web))
    channel.close()
    channel.close()
    assert web.connections == 1


def test_a_proxy_of_the_environment_is_not_used(
    web: Web, channel: HttpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert channel.send(request(web)).answer == "200 taken"


def test_no_cookie_is_kept(web: Web, channel: HttpChannel) -> None:
    web.answers.append(Answer(headers={"Set-Cookie": "who=zoe; Path=/"}))
    channel.send(request(web))
    channel.send(request(web))
    assert "cookie" not in web.received[1].headers


def test_nobody_listening_means_that_the_channel_is_down(web: Web, channel: HttpChannel) -> None:
    web.stop()
    asked = request(web)
    error = refused(channel, asked)
    web.start()
    assert (type(error), error.reason.code) == (TransientChannelError, "http_unreachable")
    assert error.channel_down


@pytest.mark.parametrize("url", ["http://nowhere.invalid/", f"http://{'x' * 64}.example/"])
def test_a_host_that_does_not_exist_means_that_the_channel_is_down(
    web: Web, channel: HttpChannel, url: str
) -> None:
    error = refused(channel, request(web, url=url))
    assert (type(error), error.reason.code) == (TransientChannelError, "http_unreachable")


@pytest.mark.parametrize(
    "changes",
    [{"url": "http://"}, {"url": "ftp://a.example/"}, {"url": "x"}, {"headers": {"X-To": "a\r\nX-B: c"}}],
)
def test_a_request_that_cannot_be_written_is_never_sent(
    web: Web, channel: HttpChannel, changes: dict[str, object]
) -> None:
    error = refused(channel, request(web, **changes))
    assert (type(error), error.reason.code, web.received) == (TransientChannelError, "http_unusable", [])


# ---------------------------------------------------------------- what an answer means


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_good_answer_means_that_it_was_taken(web: Web, channel: HttpChannel, status: int) -> None:
    web.answers.append(Answer(status, headers={"Connection": "close"}))
    assert channel.send(request(web)).answer.startswith(f"{status} ")


@pytest.mark.parametrize(
    ("status", "kind", "code", "down"),
    [
        (301, TransientChannelError, "http_redirected", True),
        (307, TransientChannelError, "http_redirected", True),
        (400, PermanentChannelError, "http_refused", False),
        (401, TransientChannelError, "http_not_allowed", True),
        (402, TransientChannelError, "http_not_allowed", True),
        (403, TransientChannelError, "http_not_allowed", True),
        (404, TransientChannelError, "http_not_there", True),
        (405, TransientChannelError, "http_not_there", True),
        (408, TransientChannelError, "http_later", False),
        (410, TransientChannelError, "http_not_there", True),
        (413, PermanentChannelError, "http_refused", False),
        (422, PermanentChannelError, "http_refused", False),
        (425, TransientChannelError, "http_later", False),
        (429, TransientChannelError, "http_later", False),
        (500, TransientChannelError, "http_later", False),
        (502, TransientChannelError, "http_later", False),
        (503, TransientChannelError, "http_later", False),
        (504, UncertainChannelError, "http_uncertain", True),
    ],
)
def test_an_answer_decides_what_happens_next(
    web: Web, channel: HttpChannel, status: int, kind: type[ChannelError], code: str, down: bool
) -> None:
    web.answers.append(Answer(status, headers={"Location": f"{web.url}/elsewhere"}))
    error = refused(channel, request(web))
    assert (type(error), error.reason.code, error.channel_down) == (kind, code, down)
    assert len(web.received) == 1


def test_a_proxys_silence_is_no_harm_where_the_request_may_be_repeated(
    web: Web, channel: HttpChannel
) -> None:
    web.answers.append(Answer(504))
    assert type(refused(channel, request(web, repeatable=True))) is TransientChannelError


AT = "Mon, 23 Nov 2026 11:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), ("999999999", 86_400.0), ("-5", None), ("soon", None), ("", None),
        ("Mon, 23 Nov 2026 11:02:00 GMT", 120.0), ("Mon, 23 Nov 2026 10:00:00 GMT", 0.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_may_say_when_to_come_back(
    web: Web, channel: HttpChannel, monkeypatch: pytest.MonkeyPatch, status: int, said: str, seconds: float
) -> None:
    monkeypatch.setattr("support.http._Conversation.date_time_string", lambda *_: AT)
    web.answers.append(Answer(status, headers={"Retry-After": said}))
    error = refused(channel, request(web))
    assert isinstance(error, TransientChannelError)
    assert error.retry_after == seconds


# ---------------------------------------------------------------- no answer


@pytest.mark.parametrize("fault", [CUT, RESET, NONSENSE])
def test_a_link_that_breaks_after_the_request_leaves_it_uncertain(
    web: Web, channel: HttpChannel, fault: str
) -> None:
    web.answers.append(fault)
    error = refused(channel, request(web))
    assert (type(error), error.reason.code) == (UncertainChannelError, "http_uncertain")
    assert len(web.received) == 1


@pytest.mark.parametrize("fault", [CUT, RESET, NONSENSE])
def test_a_request_that_may_be_repeated_is_repeated_once_at_once(
    web: Web, channel: HttpChannel, fault: str
) -> None:
    web.answers.extend([fault, Answer(), fault, fault])
    channel.send(request(web, repeatable=True))
    error = refused(channel, request(web, repeatable=True))
    assert (type(error), error.reason.code) == (TransientChannelError, "http_link_lost")
    assert (error.channel_down, len(web.received)) == (True, 4)


def test_a_link_that_breaks_inside_the_request_is_tried_again(web: Web, channel: HttpChannel) -> None:
    web.answers.append(CUT_EARLY)
    channel.send(request(web, content=b"x" * 40_000_000))
    assert [len(web.received), web.connections] == [1, 2]


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_unnoticed(
    web: Web, channel: HttpChannel
) -> None:
    web.answers.append(Answer(headers={"Keep-Alive": "timeout=0"}))
    channel.send(request(web))
    assert web._server
    web._server.close_all()
    assert channel.send(request(web)).answer == "200 taken"
    assert web.connections == 2


@pytest.mark.parametrize(
    ("repeatable", "kind", "code"),
    [(False, UncertainChannelError, "http_uncertain"), (True, TransientChannelError, "http_silent")],
)
def test_a_server_that_never_answers_is_not_waited_for(
    web: Web, hasty: HttpChannel, repeatable: bool, kind: type[ChannelError], code: str
) -> None:
    web.answers.append(SILENCE)
    begun = time.monotonic()
    error = refused(hasty, request(web, repeatable=repeatable))
    assert (type(error), error.reason.code, error.channel_down) == (kind, code, True)
    assert (time.monotonic() - begun < 2, len(web.received)) == (True, 1)


def test_an_answer_that_is_slow_is_waited_for(web: Web, channel: HttpChannel) -> None:
    web.answers.append(Answer(delay=0.3))
    assert channel.send(request(web)).answer.startswith("200")


def test_a_good_status_counts_though_its_body_never_ends(web: Web, hasty: HttpChannel) -> None:
    web.answers.append(DRIP)
    begun = time.monotonic()
    assert hasty.send(request(web)).answer.startswith("200 x")
    assert time.monotonic() - begun < 2


# ---------------------------------------------------------------- TLS


def test_a_receiver_with_its_own_authority_is_trusted_by_that(
    serve_web: Serve, shown: Certificate, ca_file: str
) -> None:
    web = serve_web(tls=shown.context())
    channel = HttpChannel(5.0, ca_file)
    channel.send(request(web))
    channel.close()
    assert len(web.received) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(
    serve_web: Serve, shown: Certificate, channel: HttpChannel
) -> None:
    web = serve_web(tls=shown.context())
    error = refused(channel, request(web))
    assert (error.reason.code, error.channel_down, web.received) == ("http_untrusted", True, [])


def test_a_certificate_file_that_is_missing_is_said(web: Web) -> None:
    error = refused(HttpChannel(5.0, "/nowhere/ca.pem"), request(web))
    assert (error.reason.code, error.channel_down) == ("http_ca_unreadable", True)


# ---------------------------------------------------------------- what is kept of an answer


def test_an_answer_is_quoted_without_what_is_personal_or_secret(web: Web, channel: HttpChannel) -> None:
    body = '{"to": "+33 6 12 34 56 78", "for": "zoe@example.com", "name": "Zo\\u00e9", "key": "s3cret"}'
    web.answers.append(Answer(422, body))
    asked = request(web, secrets=("Zoé", "s3cret", "+33612345678"))
    assert refused(channel, asked).reason.details["answer"] == (
        '422 {"to": "…", "for": "…", "name": "…", "key": "…"}'
    )


def test_an_answer_is_kept_short_and_on_one_line(web: Web, channel: HttpChannel) -> None:
    web.answers.append(Answer(200, "a\r\n\tb\x1b[31m " + "x" * 100_000))
    answer = channel.send(request(web)).answer
    assert (len(answer), answer[:12]) == (200, "200 a b [31m")


def test_a_page_is_quoted_without_its_tags(web: Web, channel: HttpChannel) -> None:
    page = Answer(502, "<html><body><h1>Bad gateway</h1></body></html>", {"Content-Type": "text/html"})
    web.answers.append(page)
    assert refused(channel, request(web)).reason.details["answer"] == "502 Bad gateway"


def test_a_secret_of_the_request_is_in_no_error(web: Web, channel: HttpChannel) -> None:
    web.stop()
    asked = replace(request(web), url=f"{web.url}/?key=s3cret", headers={"Authorization": "Bearer s3cret"})
    error = refused(channel, asked)
    web.start()
    assert "s3cret" not in str(error.reason)
