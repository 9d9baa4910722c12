"""A file's rows into contacts and a list: staged, merged, and told what became of them.

Door: `stage`, `upsert`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import Table

from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason
from tournee.store import Transaction
from tournee.store.merging import Job, Merging, list_id, phone_only, wrote
from tournee.store.staging import Stage, stage
from tournee.store.tables import contacts, memberships
from tournee.store.temporary import doubtful, hits, kept, of_mirrors, spared

__all__ = ["Job", "Merged", "Mirror", "Stage", "list_id", "stage", "upsert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Who is not in the file leaves the list.

    `kept` are the identities, emails and phones that could be read in rejected rows: whoever they may mean
    stays; where not all rejected rows could be read (not `certain`), nobody leaves. An email in `doubtful`,
    whose row has a phone that could not be read, may be that of anybody who has only a phone, unless somebody
    has it: these stay too. More than the share `limit` of the list never leaves at once; None is a person's
    word for that.
    """

    limit: float | None
    kept: Sequence[str]
    certain: bool
    doubtful: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the staged rows, together all of them; and how many contacts left the list."""

    created: int
    updated: int
    unchanged: int
    duplicate: int
    removed: int


def upsert(tx: Transaction, stage: Stage, mirror: Mirror | None = None) -> Merged:
    """Make and change contacts from the staged rows, and put them on the list; belongs into `stage.merge()`.

    What the job does not clear stays where a cell is empty; declared fields are merged key by key. What a
    newer file of this list (by its stamp) has brought stays as it is. Opt-outs are not touched. Raises
    FileRejected (`mirror_limit`), and then the transaction is to be rolled back.
    """
    merging = stage.merging
    assert merging is not None, "belongs into stage.merge()"
    merging.run(rows=stage.count, phones=stage.phones)
    of_file = tx.connection.scalar(sa.select(sa.func.count()).select_from(hits)) or 0
    return Merged(
        created=merging.created,
        updated=merging.updated,
        unchanged=of_file - merging.created - merging.updated,
        duplicate=stage.count - of_file,
        removed=_leave(tx, merging, mirror) if mirror else 0,
    )


def _leave(tx: Transaction, merging: Merging, mirror: Mirror) -> int:
    """Take off the list who is not in the file; how many that were."""
    if merging.late or not mirror.certain:
        return 0
    stay = [hits, *_spared(tx, mirror)]
    gone = [~sa.exists().where(some.c.contact_id == memberships.c.contact_id) for some in stay]
    removed = wrote(tx, sa.delete(memberships).where(merging.on_list, *gone))
    members = sa.select(sa.func.count()).select_from(memberships).where(merging.on_list)
    before = removed + (tx.connection.scalar(members) or 0) - merging.joined
    if mirror.limit is not None and removed > Decimal(str(mirror.limit)) * before:
        details = {"removed": removed, "contacts": before, "limit": mirror.limit}
        raise FileRejected(RejectReason.MIRROR_LIMIT, details)
    return removed


def _spared(tx: Transaction, mirror: Mirror) -> Iterator[Table]:
    """Whoever is known by one of the identities, has it as phone, or as email; or may have a doubtful one."""
    if not mirror.kept:
        return
    of_mirrors.create_all(tx.connection, checkfirst=False)
    for table, identities in ((kept, mirror.kept), (doubtful, mirror.doubtful)):
        tx.dialect.load(tx.connection, table, ("identity",), [(one,) for one in identities])
    known_by = (contacts.c.identity, contacts.c.phone, contacts.c.email_key)
    whom = [sa.select(contacts.c.id).join(kept, kept.c.identity == one) for one in known_by]
    somebody = sa.exists().where(contacts.c.identity == doubtful.c.identity)
    if tx.connection.execute(sa.select(doubtful).where(~somebody).limit(1)).first():
        whom.append(phone_only().with_only_columns(contacts.c.id))
    wrote(tx, sa.insert(spared).from_select(("contact_id",), sa.union(*whom)))
    yield spared
