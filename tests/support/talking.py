"""Short ways to talk with drop boxes in tests, and to hear what they say when it goes wrong."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from support import servers
from support.faults import ScriptedFtp
from tournee.core.errors import RemoteError
from tournee.core.settings import Protocol, Repository
from tournee.remote import Remote, open_remote


def trouble(act: Callable[[], object]) -> RemoteError:
    """The RemoteError that `act` ends with."""
    with pytest.raises(RemoteError) as caught:
        act()
    return caught.value


def meaning(error: RemoteError) -> str:
    """Its kind and its reason, and whether it lasts: `refused server_busy`, `… for good`."""
    return f"{error.kind} {error.reason.code}{' for good' if error.permanent else ''}"


def opens(repository: Repository) -> bool:
    """Whether the login succeeds, into an empty directory."""
    with open_remote(repository) as remote:
        return remote.list("") == []


def fetched(remote: Remote, name: str, size: int, directory: str = "") -> bytes:
    """The content of a file of that size."""
    sink = io.BytesIO()
    assert remote.fetch(directory, name, sink, size) == size
    return sink.getvalue()


def to(server: ScriptedFtp, protocol: Protocol = Protocol.FTP, **settings: object) -> Repository:
    """The repository of a scripted server."""
    return servers.repository(protocol, server.port, **settings)


@contextmanager
def visit(script: ScriptedFtp, protocol: Protocol = Protocol.FTP, **settings: object) -> Iterator[Remote]:
    """A conversation with a scripted server."""
    with script as server, open_remote(to(server, protocol, **settings)) as remote:
        yield remote
