"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COUNT = sa.BigInteger()
TEXT = sa.Text()
BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FIELDS = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    number: sa.Column[int] = sa.Column("id", ID, sa.Identity(), primary_key=True)
    op.create_table(name, number, *parts, sqlite_autoincrement=True)


def _partial_index(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    _contacts()
    _files()
    _solicitations()
    _alerts()


def _contacts() -> None:
    _table(
        "lists",
        sa.Column("key", TEXT, nullable=False, unique=True),
    )
    _table(
        "contacts",
        sa.Column("identity", BYTES, nullable=False, unique=True),
        sa.Column("email", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("first_name", TEXT),
        sa.Column("last_name", TEXT),
        sa.Column("gender", TEXT),
        sa.Column("title", TEXT),
        sa.Column("country", TEXT),
        sa.Column("language", TEXT),
        sa.Column("fields", FIELDS, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
    )
    _partial_index("contacts_phone", "contacts", ["phone"], "phone IS NOT NULL")
    op.create_table(
        "memberships",
        sa.Column("list_id", ID, primary_key=True, autoincrement=False),
        sa.Column("contact_id", ID, primary_key=True, autoincrement=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("stamp", BYTES),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 50},
    )
    _table(
        "opt_outs",
        sa.Column("contact_id", ID, sa.ForeignKey("contacts.id"), nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("ended_at", TIME),
        sa.Column("end_reason", TEXT),
    )
    _partial_index("opt_outs_active", "opt_outs", ["contact_id", "channel"], "ended_at IS NULL", unique=True)
    op.create_index("opt_outs_contact", "opt_outs", ["contact_id"])


def _files() -> None:
    op.create_table(
        "sightings",
        sa.Column("repository", TEXT, primary_key=True),
        sa.Column("directory", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("size", COUNT),
        sa.Column("modified", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
    )
    _table(
        "imports",
        sa.Column("list", TEXT, nullable=False),
        sa.Column("repository", TEXT),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("path", TEXT),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", COUNT, nullable=False),
        sa.Column("modified_at", TIME),
        sa.Column("stamp", BYTES),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.Column("outcome", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("rows_read", COUNT),
        sa.Column("rows_created", COUNT),
        sa.Column("rows_updated", COUNT),
        sa.Column("rows_unchanged", COUNT),
        sa.Column("rows_duplicate", COUNT),
        sa.Column("rows_rejected", COUNT),
        sa.Column("error_total", COUNT),
        sa.Column("warnings", TEXT),
        sa.Column("planned", COUNT),
        sa.Column("blocked", TEXT),
    )
    op.create_index("imports_list_file", "imports", ["list", "file"])
    op.create_index("imports_list_stamp", "imports", ["list", "stamp"])
    _table(
        "deliveries",
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("follows", ID, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", COUNT, nullable=False),
        sa.Column("modified", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("import_id", ID, sa.ForeignKey("imports.id")),
        sa.UniqueConstraint("repository", "path", "follows", name="deliveries_once"),
    )
    _table(
        "row_errors",
        sa.Column("import_id", ID, sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("line", COUNT, nullable=False),
        sa.Column("column", TEXT),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("details", TEXT),
    )
    op.create_index("row_errors_import", "row_errors", ["import_id", "line"])
    op.create_table(
        "polls",
        sa.Column("list", TEXT, primary_key=True),
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("error", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("good_at", TIME),
        sa.Column("look_again_at", TIME),
        sa.Column("near_misses", TEXT, nullable=False),
    )
    _table(
        "chores",
        sa.Column("repository", TEXT, nullable=False),
        sa.Column("directory", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("target", TEXT),
        sa.Column("import_id", ID, sa.ForeignKey("imports.id"), nullable=False),
        sa.Column("size", COUNT, nullable=False),
        sa.Column("modified", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tried_at", TIME),
        sa.UniqueConstraint("repository", "directory", "name", name="chores_file"),
    )


def _solicitations() -> None:
    _table(
        "solicitations",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("deployment", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("rule", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("decided_at", TIME, nullable=False),
        sa.Column("status", TEXT),
        sa.Column("message_id", BYTES, unique=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME),
        sa.Column("counts_at", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("answer", TEXT),
    )
    _partial_index(
        "solicitations_due", "solicitations", ["next_attempt_at", "id"], "next_attempt_at IS NOT NULL"
    )
    op.create_index("solicitations_history", "solicitations", ["contact_id", "counts_at", "deployment"])
    _partial_index(
        "solicitations_pending",
        "solicitations",
        ["contact_id", "deployment"],
        "status IN ('waiting', 'held', 'sending')",
    )
    _partial_index(
        "solicitations_unsent",
        "solicitations",
        ["import_id", "status"],
        "status IN ('waiting', 'held', 'sending')",
    )


def _alerts() -> None:
    _table(
        "conditions",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("told_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("repository", TEXT),
        sa.Column("list", TEXT),
        sa.Column("file", TEXT),
        sa.Column("import_id", ID, sa.ForeignKey("imports.id")),
    )
    _partial_index("conditions_open", "conditions", ["kind", "subject"], "closed_at IS NULL", unique=True)
    _table(
        "alerts",
        sa.Column("user", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=False, unique=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("repository", TEXT),
        sa.Column("list", TEXT),
        sa.Column("condition_id", ID, sa.ForeignKey("conditions.id")),
        sa.Column("import_ids", TEXT, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("batch", TEXT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME),
        sa.Column("sent_at", TIME),
        sa.Column("answer", TEXT),
    )
    _partial_index("alerts_batch", "alerts", ["batch"], "batch IS NOT NULL")
    _partial_index("alerts_due", "alerts", ["next_attempt_at"], "next_attempt_at IS NOT NULL")
