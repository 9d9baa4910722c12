"""Commands about the installation itself: db upgrade, demo."""

from tournee.cli.groups import app, db
from tournee.cli.way import Way, command


@command(db, "upgrade")
def db_upgrade(way: Way) -> None:
    """Bring the tables to this version."""
    from tournee.actions import database

    database.upgrade(way.config)
    way.console.upgraded()


@command(app, "demo")
def demo(_way: Way) -> int:
    """Show all of it in one minute."""
    from tournee import demo

    return demo.run()
