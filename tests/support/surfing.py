"""A site that people reach by HTTP, over an installation that tests act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection

from support.rounds import Round
from tournee.actions import contacts
from tournee.core import tokens
from tournee.core.settings import Channel, Http
from tournee.web import Web

ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Site:
    """`rounds` is what it shows; it listens on `port`."""

    rounds: Round
    web: Web
    client: dict[str, str] = field(default_factory=dict)  # headers of every request

    @property
    def port(self) -> int:
        assert self.web.port
        return self.web.port

    def ask(self, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
        """One request, and its answer as it is: no redirect is followed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, self.client | (FORM if body else {}) | named)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, text)

    def unsubscribe(self, path: str) -> Answer:
        """As a mail program does with one click."""
        return self.ask(path, "POST", ONE_CLICK)

    def link(self, who: str = "zoe@example.com", channel: Channel = Channel.EMAIL) -> str:
        """The path of a contact's link."""
        app = self.rounds.app
        return f"/u/{tokens.token(app.key, contacts.show(app, who).id, channel)}"

    def refusals(self, who: str = "zoe@example.com") -> list[tuple[str, str]]:
        """Channel and source of what a contact refuses."""
        return [(one.channel, one.source) for one in contacts.show(self.rounds.app, who).opt_outs]


@contextmanager
def served(rounds: Round) -> Iterator[Site]:
    web = Web(lambda: rounds.app)
    web.serve(Http(host="127.0.0.1", port=0))
    try:
        yield Site(rounds, web)
    finally:
        web.stop()
