"""What reading files as people send them needs to remember."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("sightings", sa.Column("cut", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("imports", sa.Column("removed", sa.BigInteger()))
    op.add_column("imports", sa.Column("header", sa.Text()))
    op.add_column("contacts", sa.Column("email_key", BYTES))
    known = sa.text("email_key IS NOT NULL")
    op.create_index(
        "contacts_email_key", "contacts", ["email_key"], sqlite_where=known, postgresql_where=known
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE contacts SET (fillfactor = 60)")
        op.alter_column("contacts", "phone", type_=BYTES)  # compared with identities, byte by byte
