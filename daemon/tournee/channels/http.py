"""Requests by HTTP: text messages for a gateway, webhooks. One at a time, every answer classified.

What decides whether a request may have arrived is whether its last byte was handed to the network, as with
mail. After that and without an answer nobody knows: one that may be repeated is, any other is uncertain.
No redirect is followed, no cookie kept, no proxy of the environment used: a request goes where the
configuration says, or nowhere.
"""

import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from tournee.channels.answers import LENGTH, quoted
from tournee.core.errors import PermanentChannelError, TransientChannelError, UncertainChannelError
from tournee.core.facts import Message, Reason, Receipt, Request

_KEPT_OPEN = 5.0  # seconds without a request: longer, and a server may be closing the connection just now
_LONGEST_REST = 86_400.0  # seconds that a server can make a message wait
_ANSWER_READ = 65_536  # bytes
_TAG = re.compile(r"<[^<>]*>")
#: Answers that speak of the configuration or the account, never of one message: nothing is given up for them.
_NOT_ALLOWED = frozenset({401, 402, 403, 407})
_NOT_THERE = frozenset({404, 405, 410})
_LATER = frozenset({408, 421, 425, 429})
_GATEWAY_TIMEOUT = 504  # a proxy's own silence: what is behind it may have taken the request


class HttpChannel:
    """One HTTP receiver; `timeout` is in seconds, for connecting and for each wait after that."""

    def __init__(self, timeout: float, ca_file: str | None) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._client: httpx.Client | None = None

    def send(self, message: Message | Request) -> Receipt:
        """Make one request; a connection that went stale is replaced once, unnoticed."""
        assert isinstance(message, Request), "a mail is not for a web server"
        written = _written(message)
        try:
            return self._attempt(message, written)
        except _LinkLost as lost:
            if not lost.stale:
                raise lost.final() from None
        try:
            return self._attempt(message, written)
        except _LinkLost as lost:
            raise lost.final() from None

    def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _attempt(self, message: Request, written: httpx.Request) -> Receipt:
        exchange = _Exchange(message, written)
        client = self._opened(exchange)
        with exchange.watched():
            response = client.send(written, stream=True)
        try:
            return exchange.judged(response, self._words(response))
        finally:
            response.close()

    def _opened(self, exchange: "_Exchange") -> httpx.Client:
        if self._client is None:
            try:
                context = ssl.create_default_context(cafile=self._ca_file)
            except OSError as error:
                raise exchange.down("http_ca_unreadable", error=error.strerror or str(error)) from None
            self._client = httpx.Client(
                verify=context,
                timeout=self._timeout,
                trust_env=False,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEPT_OPEN),
            )
        return self._client

    def _words(self, response: httpx.Response) -> str:
        """The body as far as it is of use; where the link breaks in it, what came until then."""
        data, until = b"", time.monotonic() + self._timeout
        with suppress(httpx.HTTPError):
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > _ANSWER_READ or time.monotonic() > until:
                    break
        if response.headers.get("content-encoding", "identity") != "identity":
            return ""
        text = data[:_ANSWER_READ].decode("utf-8", "replace")
        return _TAG.sub(" ", text) if "html" in response.headers.get("content-type", "") else text


def _written(message: Request) -> httpx.Request:
    headers = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "Tournee"}
    headers |= {name.lower(): value for name, value in message.headers.items()}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    try:
        written = httpx.Request(message.method, message.url, headers=encoded, content=message.content)
    except (httpx.InvalidURL, ValueError):
        raise TransientChannelError(Reason("http_unusable")) from None
    if written.url.scheme not in ("http", "https") or not written.url.host:
        raise TransientChannelError(Reason("http_unusable"))
    return written


class _LinkLost(Exception):
    """No answer; `stale` when a new connection may do better at once, and may be used."""

    def __init__(self, reason: Reason, *, stale: bool) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.stale = stale

    def final(self) -> TransientChannelError:
        """The same for those outside."""
        return TransientChannelError(self.reason, channel_down=True)


class _Exchange:
    """One request and what becomes of it."""

    def __init__(self, message: Request, written: httpx.Request) -> None:
        self._message = message
        self._host = written.url.netloc.decode("ascii", "replace")
        self._handed_over = False
        written.extensions["trace"] = self._note

    def _note(self, event: str, _details: object) -> None:
        if event == "http11.send_request_body.complete":
            self._handed_over = True

    def down(self, code: str, **details: str) -> TransientChannelError:
        """The channel is away, whatever the message."""
        return TransientChannelError(Reason(code, {"host": self._host, **details}), channel_down=True)

    # ------------------------------------------------------------ no answer

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Whatever keeps an answer from coming becomes _LinkLost or a ChannelError."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, UnicodeError) as error:
            raise self._unreachable(error) from None
        except httpx.LocalProtocolError:
            raise TransientChannelError(Reason("http_unusable")) from None
        except httpx.TransportError as error:
            raise self._unanswered(silent=isinstance(error, httpx.TimeoutException)) from None

    def _unreachable(self, error: Exception) -> TransientChannelError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return self.down("http_untrusted", error=cause.verify_message)
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.ConnectTimeout):
            return self.down("http_unreachable", error="timed out")
        return self.down("http_unreachable", error=str(error))

    def _unanswered(self, *, silent: bool) -> Exception:
        reason = Reason("http_silent" if silent else "http_link_lost", {"host": self._host})
        if not self._handed_over or self._message.repeatable:
            return _LinkLost(reason, stale=not silent)
        return UncertainChannelError(Reason("http_uncertain", {"host": self._host}), channel_down=True)

    # ------------------------------------------------------------ an answer

    def judged(self, response: httpx.Response, words: str) -> Receipt:
        """The receipt, or the ChannelError that the answer means."""
        status = response.status_code
        said = quoted(words.strip() or response.reason_phrase, self._message.secrets)
        answer = f"{status} {said}".strip()[:LENGTH]
        details = {"host": self._host, "answer": answer}
        if 200 <= status < 300:
            return Receipt(answer=answer)
        if 300 <= status < 400:
            raise TransientChannelError(Reason("http_redirected", details), channel_down=True)
        if status in _NOT_ALLOWED:
            raise TransientChannelError(Reason("http_not_allowed", details), channel_down=True)
        if status in _NOT_THERE:
            raise TransientChannelError(Reason("http_not_there", details), channel_down=True)
        if 400 <= status < 500 and status not in _LATER:
            raise PermanentChannelError(Reason("http_refused", details))
        if status == _GATEWAY_TIMEOUT and not self._message.repeatable:
            raise UncertainChannelError(Reason("http_uncertain", {"host": self._host}), channel_down=True)
        raise TransientChannelError(Reason("http_later", details), retry_after=_rest(response.headers))


def _rest(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks for by `Retry-After`, in seconds or as a date by its own clock."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _LONGEST_REST)
    until, at = _moment(said), _moment(headers.get("date", ""))
    if until is None or at is None:
        return None
    return min(max((until - at).total_seconds(), 0.0), _LONGEST_REST)


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
