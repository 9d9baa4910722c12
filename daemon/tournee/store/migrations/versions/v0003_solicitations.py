"""What solicitation rules, reminders, pauses, bounces and erasure need to remember."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    for name, kind in (
        ("tried_at", TIME),
        ("begun_at", TIME),
        ("expires_at", TIME),
        ("once", BYTES),
        ("reminds", NUMBER),
        ("reminder", sa.Integer()),
        ("answered_at", TIME),
    ):
        op.add_column("solicitations", sa.Column(name, kind))
    op.add_column("imports", sa.Column("deployed", sa.Text()))
    # Until now, what was `sending` had been begun: it may have left.
    op.execute("UPDATE solicitations SET begun_at = decided_at WHERE status = 'sending'")
    known = sa.text("once IS NOT NULL")
    op.create_index(
        "solicitations_once", "solicitations", ["deployment", "once"],
        sqlite_where=known, postgresql_where=known,
    )  # fmt: skip
    op.execute(
        "UPDATE solicitations SET counts_at = '9999-12-31T00:00:00.000000Z' "
        "WHERE status IN ('waiting', 'held', 'sending')"
    )
    op.drop_index("solicitations_pending", "solicitations")
    op.drop_index("solicitations_history", "solicitations")
    op.create_index(
        "solicitations_history", "solicitations", ["contact_id", "counts_at", "deployment", "channel"]
    )
    op.drop_index("solicitations_due", "solicitations")
    due = sa.text("next_attempt_at IS NOT NULL")
    op.create_index(
        "solicitations_due", "solicitations", ["deployment", "next_attempt_at", "id"],
        sqlite_where=due, postgresql_where=due,
    )  # fmt: skip
    unclear = sa.text("status IN ('sending', 'uncertain')")
    op.create_index(
        "solicitations_unclear", "solicitations", ["status", "deployment"],
        sqlite_where=unclear, postgresql_where=unclear,
    )  # fmt: skip
    op.create_table(
        "pauses",
        sa.Column("deployment", sa.Text(), primary_key=True),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_table(
        "bounces",
        sa.Column("address", BYTES, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("answer", sa.Text()),
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("hash", BYTES, primary_key=True),
        sa.Column("at", TIME, nullable=False),
    )
