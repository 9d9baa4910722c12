"""How the tables became what they are: one file for each revision, run by Alembic."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", "tournee.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
