"""What the tests of the ways in share: a terminal of 80 columns, English unless asked otherwise."""

from collections.abc import Iterator

import pytest

from support.house import House
from support.smtp import Sink
from support.terminal import eighty_columns, own_log

__all__ = ["eighty_columns", "own_log"]


@pytest.fixture
def house(tmp_path) -> House:
    """A configuration, a drop box and a database of their own."""
    return House(tmp_path)


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server."""
    server = Sink()
    server.start()
    yield server
    server.stop()
