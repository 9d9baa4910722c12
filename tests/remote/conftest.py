"""Drop boxes for the tests of this room: a box of each kind, embedded or of the system."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import servers
from support.servers import EMBEDDED, SYSTEM, Box

KINDS = [*EMBEDDED, *(pytest.param(kind, marks=pytest.mark.system) for kind in SYSTEM)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without OpenSSH, vsftpd or root their tests are left out, except where CI promises them."""
    here = Path(__file__).parent
    if os.environ.get("CI") == "true" or servers.missing() is None:
        return
    out = [item for item in items if here in item.path.parents and item.get_closest_marker("system")]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


@pytest.fixture
def directory() -> Iterator[Path]:
    with servers.folder() as path:
        yield path


@pytest.fixture(params=KINDS)
def box(request: pytest.FixtureRequest, directory: Path) -> Iterator[Box]:
    """A repository of each kind."""
    with servers.running(request.param, directory) as box:
        yield box


@pytest.fixture(params=EMBEDDED)
def embedded(request: pytest.FixtureRequest, directory: Path) -> Iterator[Box]:
    """A repository of each kind that this process serves itself."""
    with servers.running(request.param, directory) as box:
        yield box


@pytest.fixture(params=[kind for kind in KINDS if kind != "local"])
def server(request: pytest.FixtureRequest, directory: Path) -> Iterator[Box]:
    """A repository of each kind that has a server."""
    with servers.running(request.param, directory) as box:
        yield box
