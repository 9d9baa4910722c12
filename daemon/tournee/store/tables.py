"""The tables, as both databases have them.

What exists by the million (`memberships`, `solicitations`) has no foreign keys: checking each row would make
an import half as long again, and the rows are made from those they refer to, in the same transaction.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    false,
)

from tournee.store.columns import (
    BigId,
    ByteText,
    FieldsJson,
    JsonText,
    ReasonText,
    RemoteText,
    StampText,
    UtcTime,
)

#: The revisions of the tables, oldest first; `migrations/versions` has a file for each.
REVISIONS = ("0001", "0002", "0003")

metadata = MetaData()


def _table(name: str, *parts: Any, **options: Any) -> Table:
    """A table with a number of its own for each row, never given twice, also after a row was deleted."""
    number: Column[int] = Column("id", BigId, Identity(), primary_key=True)
    return Table(name, metadata, number, *parts, sqlite_autoincrement=True, **options)


def _partial(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


# ---------------------------------------------------------------- contacts

lists = _table("lists", Column("key", Text, nullable=False, unique=True))

contacts = _table(
    "contacts",
    # the case-folded email, else the phone; or `field=value` where a feed says what identifies its contacts
    Column("identity", ByteText, nullable=False, unique=True),
    Column("email", Text),
    Column("phone", ByteText),  # which may be an identity
    Column("first_name", Text),
    Column("last_name", Text),
    Column("gender", Text),
    Column("title", Text),
    Column("country", Text),
    Column("language", Text),
    Column("fields", FieldsJson, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("email_key", ByteText),  # the case-folded email of who is identified by a field
    postgresql_with={"fillfactor": 60},  # updates stay in their page and write no index, where there is room
)
_partial("contacts_email_key", contacts.c.email_key, where=contacts.c.email_key.is_not(None))
contacts_phone = _partial("contacts_phone", contacts.c.phone, where=contacts.c.phone.is_not(None))

memberships = Table(
    "memberships",
    metadata,
    Column("list_id", BigId, primary_key=True, autoincrement=False),
    Column("contact_id", BigId, primary_key=True, autoincrement=False),
    Column("added_at", UtcTime, nullable=False),
    Column("stamp", StampText),  # of the newest file of the list that brought the contact
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 50},  # each stamped file rewrites its rows: in place, where there is room
)

opt_outs = _table(
    "opt_outs",
    Column("contact_id", BigId, ForeignKey("contacts.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text),
    Column("ended_at", UtcTime),  # None while it holds
    Column("end_reason", Text),
)
Index("opt_outs_contact", opt_outs.c.contact_id)
_partial(
    "opt_outs_active",
    opt_outs.c.contact_id,
    opt_outs.c.channel,
    where=opt_outs.c.ended_at.is_(None),
    unique=True,
)

# ---------------------------------------------------------------- files

sightings = Table(
    "sightings",
    metadata,
    Column("repository", Text, primary_key=True),
    Column("directory", RemoteText, primary_key=True),
    Column("name", RemoteText, primary_key=True),
    Column("size", BigInteger),
    Column("modified", RemoteText, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("changed", Boolean, nullable=False),
    Column("cut", Boolean, nullable=False, server_default=false()),
    Column("seen_at", UtcTime, nullable=False),  # to the day: rewriting it at every poll would cost more
)

imports = _table(
    "imports",
    Column("list", Text, nullable=False),
    Column("repository", Text),
    Column("file", RemoteText, nullable=False),
    Column("path", RemoteText),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified_at", UtcTime),
    Column("stamp", StampText),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", Text),
    Column("reason", ReasonText),
    Column("rows_read", BigInteger),
    Column("rows_created", BigInteger),
    Column("rows_updated", BigInteger),
    Column("rows_unchanged", BigInteger),
    Column("rows_duplicate", BigInteger),
    Column("rows_rejected", BigInteger),
    Column("error_total", BigInteger),  # row errors found; the first 10,000 are kept
    Column("warnings", JsonText),
    Column("planned", BigInteger),  # None where nothing was decided
    Column("blocked", JsonText),  # rule -> contacts
    Column("removed", BigInteger),  # contacts that left the list; None where it mirrors no file
    Column("header", JsonText),  # the names of the columns as the file writes them
    Column("deployed", JsonText),  # deployment -> contacts for whom it was planned
)
Index("imports_list_file", imports.c.list, imports.c.file)
Index("imports_list_stamp", imports.c.list, imports.c.stamp)

deliveries = _table(
    "deliveries",
    Column("repository", Text, nullable=False),
    Column("path", RemoteText, nullable=False),
    Column("follows", BigId, nullable=False),  # the path's delivery before this one, 0 at first
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified", RemoteText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("import_id", BigId, ForeignKey("imports.id")),  # None where the backlog was skipped
    UniqueConstraint("repository", "path", "follows", name="deliveries_once"),
)

row_errors = _table(
    "row_errors",
    Column("import_id", BigId, ForeignKey("imports.id"), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("column", Text),
    Column("code", Text, nullable=False),
    Column("details", JsonText),
)
Index("row_errors_import", row_errors.c.import_id, row_errors.c.line)

polls = Table(
    "polls",
    metadata,
    Column("list", Text, primary_key=True),
    Column("repository", Text, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("error", Text),
    Column("reason", ReasonText),
    Column("good_at", UtcTime),
    Column("look_again_at", UtcTime),  # when a file that waits may have settled
    Column("near_misses", JsonText, nullable=False),
)

chores = _table(
    "chores",
    Column("repository", Text, nullable=False),
    Column("directory", RemoteText, nullable=False),
    Column("name", RemoteText, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", RemoteText),
    Column("import_id", BigId, ForeignKey("imports.id"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("modified", RemoteText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", UtcTime),
    UniqueConstraint("repository", "directory", "name", name="chores_file"),
)

# ---------------------------------------------------------------- solicitations

#: `counts_at` of what is still to be sent: it counts, however long ago it was decided.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)

solicitations = _table(
    "solicitations",
    Column("contact_id", BigId, nullable=False),
    Column("import_id", BigId, nullable=False),
    Column("list_id", BigId, nullable=False),
    Column("deployment", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("rule", Text),
    Column("reason", ReasonText),
    Column("decided_at", UtcTime, nullable=False),
    Column("status", Text),  # None where the decision was to block
    Column("message_id", ByteText, unique=True),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcTime),  # None unless it waits
    Column(
        "counts_at", UtcTime
    ),  # when it (maybe) left, for caps; FOREVER until then; None: it does not count
    Column("sent_at", UtcTime),
    Column("answer", Text),
    Column("tried_at", UtcTime),  # the first attempt
    Column("begun_at", UtcTime),  # the attempt that is being made; None while it is only claimed
    Column("expires_at", UtcTime),  # until when it waits for a cap
    Column("once", ByteText),  # the value that no other of the deployment may have; a keyed hash
    Column("reminds", BigId),  # the solicitation that this is a reminder of
    Column("reminder", Integer),  # the how manieth
    Column("answered_at", UtcTime),  # when the contact answered what it was sent
)


def unsent(rows: FromClause) -> ColumnElement[bool]:
    """Still to be sent, or being sent; written out, so that SQLite finds the partial indexes by it."""
    statuses: BindParameter[str] = bindparam(
        "unsent", ("waiting", "held", "sending"), expanding=True, literal_execute=True
    )
    return rows.c.status.in_(statuses)


def unclear(rows: FromClause) -> ColumnElement[bool]:
    """Being sent, or nobody knows whether it left; written out for the same reason."""
    statuses: BindParameter[str] = bindparam(
        "unclear", ("sending", "uncertain"), expanding=True, literal_execute=True
    )
    return rows.c.status.in_(statuses)


Index(  # everything that rules ask about the past, without a look at the rows
    "solicitations_history",
    solicitations.c.contact_id,
    solicitations.c.counts_at,
    solicitations.c.deployment,
    solicitations.c.channel,
)
_partial(  # by deployment, so that what waits for a channel that is away is in no other's way
    "solicitations_due",
    solicitations.c.deployment,
    solicitations.c.next_attempt_at,
    solicitations.c.id,
    where=solicitations.c.next_attempt_at.is_not(None),
)
_partial(
    "solicitations_unsent", solicitations.c.import_id, solicitations.c.status, where=unsent(solicitations)
)

_partial(
    "solicitations_unclear",
    solicitations.c.status,
    solicitations.c.deployment,
    where=unclear(solicitations),
)

_partial(
    "solicitations_once",
    solicitations.c.deployment,
    solicitations.c.once,
    where=solicitations.c.once.is_not(None),
)

pauses = Table(
    "pauses",
    metadata,
    Column("deployment", Text, primary_key=True),  # empty: every one
    Column("at", UtcTime, nullable=False),
)

bounces = Table(  # addresses that do not exist, as their server said
    "bounces",
    metadata,
    Column("address", ByteText, primary_key=True),  # the case-folded email, or the phone
    Column("at", UtcTime, nullable=False),
    Column("answer", Text),
)

keys = Table(  # random, made once
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

erasures = Table(  # who was erased and must not come back as opted in
    "erasures",
    metadata,
    Column("hash", ByteText, primary_key=True),  # of an address, with the key
    Column("at", UtcTime, nullable=False),
)

# ---------------------------------------------------------------- alerts

conditions = _table(
    "conditions",
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("reason", ReasonText, nullable=False),
    Column("repository", Text),
    Column("list", Text),
    Column("file", RemoteText),
    Column("import_id", BigId, ForeignKey("imports.id")),
)
_partial(
    "conditions_open",
    conditions.c.kind,
    conditions.c.subject,
    where=conditions.c.closed_at.is_(None),
    unique=True,
)

alerts = _table(
    "alerts",
    Column("user", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("reason", ReasonText, nullable=False),
    Column("repository", Text),
    Column("list", Text),
    Column("condition_id", BigId, ForeignKey("conditions.id")),
    Column("import_ids", JsonText, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("batch", Text),  # while more of the same poll may be added
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcTime),  # None once it was sent or given up
    Column("sent_at", UtcTime),
    Column("answer", Text),
)
_partial("alerts_due", alerts.c.next_attempt_at, where=alerts.c.next_attempt_at.is_not(None))
_partial("alerts_batch", alerts.c.batch, where=alerts.c.batch.is_not(None))
