"""The database's own care: upgrade its tables."""

import os

from tournee.config import load
from tournee.store import open_store


def upgrade(config_path: str | None = None) -> None:
    """Bring the tables to this version; raises ConfigurationError, StoreError."""
    store = open_store(load(config_path, os.environ).settings.database)
    try:
        store.upgrade()
    finally:
        store.close()
