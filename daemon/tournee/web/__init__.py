"""What the world reaches by HTTP: the pages on which people unsubscribe.

Door: `Web`, which listens while the daemon runs. Waitress speaks HTTP in threads of its own; `site` answers.
A proxy in front of it does TLS and keeps the path.
"""

import logging
import socket
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from tournee import telemetry
from tournee.actions import App
from tournee.core.errors import CannotListen
from tournee.core.facts import Reason
from tournee.core.settings import Http
from tournee.web.site import Site

TICK = 0.2  # seconds that the end may be late
LAST_WORDS = 2.0  # seconds for answers under way when it ends

HTTP = {
    "threads": 8,
    "connection_limit": 500,
    "channel_timeout": 20,  # seconds of silence
    "cleanup_interval": 5,
    "max_request_header_size": 16_384,
    "max_request_body_size": 16_384,  # a form with one field
    "ident": "",  # says nothing of itself
    "asyncore_use_poll": True,  # which, unlike select, bears any number of connections
    "log_socket_errors": False,
    "clear_untrusted_proxy_headers": False,  # `site` knows whom to believe
}


class Web:
    """Where the daemon listens. `app` gives the program as it is configured now."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._site = Site(app)
        self._place: tuple[str, int] | None = None
        self._server: _Server | None = None
        logging.getLogger("waitress").setLevel(logging.CRITICAL)  # its lines would repeat paths

    @property
    def port(self) -> int | None:
        """The port that is listened on, chosen by the system where 0 was asked for; None where none is."""
        return self._server.port if self._server else None

    def serve(self, http: Http | None) -> None:
        """Listen there from now on, and nowhere else; raises CannotListen, and all stays as it was."""
        place = (http.host, http.port) if http else None
        if place == self._place:
            return
        before = self._place
        self.stop()
        try:
            self._listen(place)
        except CannotListen:
            self._listen(before)
            raise

    def stop(self) -> None:
        """Listen no longer; answers under way are given."""
        server, self._server, self._place = self._server, None, None
        if server:
            server.end()

    def _listen(self, place: tuple[str, int] | None) -> None:
        if place is None:
            return
        self._server, self._place = _Server(self._site, _bound(*place)), place
        self._server.start()
        telemetry.log.info("listening", host=place[0], port=self._server.port)


class _Server(Thread):
    """Waitress on its sockets, until it is told to end."""

    def __init__(self, site: Site, sockets: list[socket.socket]) -> None:
        super().__init__(name="web", daemon=True)
        self.port: int = sockets[0].getsockname()[1]
        self._map: dict[int, Any] = {}
        self._server = create_server(site, map=self._map, sockets=sockets, **HTTP)
        self._ending = Event()

    def run(self) -> None:
        """One round of the loop after the other."""
        while not self._ending.is_set():
            self._round()
        for one in tuple(self._map.values()):
            if one.accepting:
                one.close()
        until = monotonic() + LAST_WORDS
        while self._answering() and monotonic() < until:
            self._round()
        self._server.task_dispatcher.shutdown(timeout=TICK)
        wasyncore.close_all(self._map)

    def end(self) -> None:
        """Stop, and wait for it."""
        self._ending.set()
        self.join()

    def _round(self) -> None:
        wasyncore.loop(timeout=TICK, use_poll=True, map=self._map, count=1)

    def _answering(self) -> bool:
        channels = (one for one in tuple(self._map.values()) if isinstance(one, HTTPChannel))
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that the host's name has; raises CannotListen."""
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _kind, _protocol, _name, address in dict.fromkeys(found):
            sockets.append(_socket(family, address))
    except OSError as error:
        for one in sockets:
            one.close()
        problem = error.strerror or type(error).__name__
        raise CannotListen(
            Reason("cannot_listen", {"host": host, "port": port, "problem": problem})
        ) from None
    return sockets


def _socket(family: int, address: tuple[object, ...]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen(128)
    except OSError:
        one.close()
        raise
    return one
