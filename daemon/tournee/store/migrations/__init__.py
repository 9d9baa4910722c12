"""How the tables became what they are: a file for each revision, run by Alembic."""

from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

_one_at_a_time = Lock()  # what Alembic works on is known to its scripts through global names


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", "tournee.store:migrations")
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")
