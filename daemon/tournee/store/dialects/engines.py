"""What both kinds of database do in the same way."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

#: How long anything waits for a lock of the database before it gives up, in seconds.
PATIENCE = 30.0


def engines(url: URL, connect: Mapping[str, Any], *, connected: Callable[..., None]) -> tuple[Engine, Engine]:
    """One that keeps connections and one that does not; a server that was restarted costs a reconnect."""
    options: dict[str, Any] = {"connect_args": dict(connect), "hide_parameters": True}
    pooled = sa.create_engine(url, max_overflow=-1, pool_pre_ping=True, **options)
    unpooled = sa.create_engine(url, poolclass=NullPool, **options)
    for engine in (pooled, unpooled):
        event.listen(engine, "connect", connected)
    return pooled, unpooled


def digest(name: str) -> bytes:
    """A lock's name as bytes of one length."""
    return hashlib.sha256(f"tournee {name}".encode()).digest()


def quoted(columns: Sequence[str]) -> str:
    """The names of columns, as SQL lists them."""
    return ",".join(f'"{column}"' for column in columns)
