"""Requests -> answers: `/u/TOKEN` (GET shows a page and changes nothing, POST unsubscribes), `/healthz`.

A link says who unsubscribes and from which channel, signed, and is good for as long as the database's key is.
One that is not good gets a page that says nothing about anybody; whoever tries many is told to wait, while
good links always work. No path is ever logged: whoever knows a link can use it.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib.resources import files
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from tournee import telemetry
from tournee.actions import App, contacts
from tournee.core.errors import StoreError, UnknownName
from tournee.core.facts import Reason, Subscription
from tournee.core.messages import LANGUAGES, sentence, spoken
from tournee.web.turnstile import Turnstile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROUTES = Map(
    [
        Rule("/u/<token>", endpoint="ask", methods=["GET", "OPTIONS"]),
        Rule("/u/<token>", endpoint="unsubscribe", methods=["POST"]),
        Rule("/healthz", endpoint="health", methods=["GET", "OPTIONS"]),
    ]
)


def _shipped(name: str) -> str:
    return files("tournee.web").joinpath(name).read_text("utf-8")


STYLE = _shipped("page.css")
PAGE = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
).from_string(_shipped("page.html"))

_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_MAY = {
    "default-src": "'none'",
    "style-src": f"'sha256-{_HASH}'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

#: Nobody keeps, indexes, frames or extends these pages, and nobody learns from where they were left.
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {source}" for what, source in _MAY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
AGAIN = 60  # seconds after which to try again


class Site:
    """The WSGI application. `app` gives the program as it is configured now."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._app = app
        self._turnstile = Turnstile(monotonic)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """One request; whatever happens becomes an answer."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except StoreError as trouble:
            telemetry.log.error("failed", reason=trouble.reason)
            response = _page(request, 503, "away")
            response.headers["Retry-After"] = str(AGAIN)
        except Exception as bug:  # the boundary of the web: a bug is logged without the request
            telemetry.log.bug(bug)
            response = _page(request, 500, "away")
        response.headers.update(HEADERS)
        return response(environ, start)

    def _answer(self, request: Request) -> Response:
        app = self._app()
        routes = ROUTES.bind("localhost", path_info=_path(app, request.path), default_method=request.method)
        try:
            endpoint, arguments = routes.match()
        except MethodNotAllowed as refused:
            return _with_methods(_page(request, 405, "no_method"), refused.valid_methods or ())
        except HTTPException:  # unknown, or known under another path: nobody is sent elsewhere
            return _page(request, 404, "unknown")
        if request.method == "OPTIONS":
            return _with_methods(Response(status=204), routes.allowed_methods())
        if endpoint == "health":
            return Response("ok\n", mimetype="text/plain")
        return self._unsubscribing(app, request, arguments["token"], act=endpoint == "unsubscribe")

    def _unsubscribing(self, app: App, request: Request, token: str, *, act: bool) -> Response:
        try:
            about = contacts.unsubscribe(app, token) if act else contacts.subscription(app, token)
        except UnknownName:
            if self._turnstile.lets_through(_client(request)):
                return _page(request, 404, "unknown")
            response = _page(request, 429, "too_many")
            response.headers["Retry-After"] = str(AGAIN)
            return response
        return _page(request, 200, "done" if act or about.refused else "ask", about)


def _path(app: App, path: str) -> str:
    """The path below `public_url`, for a proxy that keeps what stands there."""
    http = app.settings.http
    below = urlsplit(http.public_url or "").path.rstrip("/") if http else ""
    return path.removeprefix(below) if below and path.startswith(f"{below}/") else path


def _client(request: Request) -> str:
    """Who asks: for a proxy on this machine, whom it names last."""
    peer = request.remote_addr or ""
    if peer in ("127.0.0.1", "::1") and request.access_route:
        return request.access_route[-1]
    return peer


def _with_methods(response: Response, methods: Iterable[str]) -> Response:
    response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _page(request: Request, status: int, told: str, about: Subscription | None = None) -> Response:
    """A page in the person's language, else in one that the browser asks for, else in English."""
    language = _language(request.accept_languages, about)

    def say(code: str, **details: object) -> str:
        return sentence(Reason(f"web_{code}", details), language)

    details = {"sender": about.sender, "list": about.list} if about else {}
    channel = about.channel if about else ""
    page = PAGE.render(say=say, told=told, channel=channel, language=language, style=STYLE, details=details)
    response = Response(page, status=status, mimetype="text/html")
    response.headers["Content-Language"] = language
    return response


def _language(asked: LanguageAccept, about: Subscription | None) -> str:
    own = about.contact.language if about and about.contact else None
    if own and own.partition("-")[0].lower() in LANGUAGES:
        return spoken(own)
    return asked.best_match([*sorted(LANGUAGES)], "en") or "en"
