"""The database's own random key, and the hashes that are made with it.

A plain hash of a phone can be guessed by trying them all; one with the key cannot, where only the hash is
seen.
"""

import hmac
import secrets

import sqlalchemy as sa

from tournee.store import Transaction
from tournee.store.tables import keys

SECRET = "secret"  # noqa: S105 - the key's name
HASH_BYTES = 16
KEY_BYTES = 32

_KEPT = sa.select(keys.c.value).where(keys.c.name == SECRET)


def found(tx: Transaction) -> bytes | None:
    """The key, 32 bytes, where there is one."""
    kept = tx.connection.scalar(_KEPT)
    return None if kept is None else bytes.fromhex(kept)


def key(tx: Transaction) -> bytes:
    """The key; made where there is none yet, which needs a write transaction."""
    kept = found(tx)
    if kept is None:
        new = tx.dialect.insert(keys).values(name=SECRET, value=secrets.token_hex(KEY_BYTES))
        tx.connection.execute(new.on_conflict_do_nothing())
        kept = bytes.fromhex(tx.connection.execute(_KEPT).scalar_one())  # another's, where that was faster
    return kept


def hashed(key: bytes, value: str) -> str:
    """What is kept of a value by which it is known again: 32 hex digits, the same for the same value."""
    return hmac.digest(key, value.encode("utf-8", "surrogatepass"), "sha256")[:HASH_BYTES].hex()
