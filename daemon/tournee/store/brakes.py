"""The brakes: what a person releases, cancels and pauses."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tournee.core.facts import SendStatus
from tournee.store import Transaction
from tournee.store.columns import UtcTime
from tournee.store.tables import FOREVER, solicitations, unclear, unsent
from tournee.store.tables import pauses as pause_rows

EVERY_ONE = ""  # the name under which everything is paused

one = solicitations.c

#: Claimed and not begun: it certainly has not left.
NOT_BEGUN = sa.and_(one.status == SendStatus.SENDING, one.begun_at.is_(None))
#: What is given up before it leaves; it counts for no cap.
CANCELLED: dict[str, Any] = {
    "status": SendStatus.CANCELLED,
    **dict.fromkeys(("next_attempt_at", "counts_at", "begun_at", "rule", "reason")),
}


def counting_from(at: sa.ColumnElement[datetime]) -> sa.ColumnElement[Any]:
    """The instant at which a message counts for caps; a reminder never does."""
    return sa.case((one.reminds.is_(None), at))


def in_order(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Those messages, locked by their ids in ascending order, as senders do: none waits for the other."""
    return one.id.in_(sa.select(one.id).where(*which).order_by(one.id).with_for_update())


def release(
    tx: Transaction, deployment: str, import_id: int | None, *, uncertain: bool, now: datetime
) -> int:
    """Let go what is held of a deployment (of one import, or all), due now; how many.

    With `uncertain` instead what may have left already: it goes again, with three new days to arrive.
    """
    status = SendStatus.UNCERTAIN if uncertain else SendStatus.HELD
    which = sa.and_(unclear(solicitations) if uncertain else unsent(solicitations), one.status == status)
    values: dict[str, Any] = {"status": SendStatus.WAITING, "next_attempt_at": now, "begun_at": None}
    values |= {"rule": None, "reason": None, "counts_at": counting_from(sa.literal(FOREVER, UtcTime()))}
    if uncertain:
        values["tried_at"] = None
    return _change(tx, deployment, import_id, which, values)


def cancel(tx: Transaction, deployment: str, import_id: int | None, *, uncertain: bool) -> int:
    """Give up what is held or waits of a deployment (of one import, or all); how many that were.

    With `uncertain` instead what may have left already. What was begun cannot be stopped: see `too_late`.
    """
    stays = sa.and_(unsent(solicitations), one.status.in_((SendStatus.WAITING, SendStatus.HELD)))
    lost = sa.and_(unclear(solicitations), one.status == SendStatus.UNCERTAIN)
    which = lost if uncertain else sa.or_(stays, sa.and_(unsent(solicitations), NOT_BEGUN))
    return _change(tx, deployment, import_id, which, CANCELLED)


def too_late(tx: Transaction, deployment: str, import_id: int | None) -> int:
    """How many messages of a deployment are being sent at this moment: nobody can cancel them."""
    begun = sa.and_(unclear(solicitations), one.status == SendStatus.SENDING, one.begun_at.is_not(None))
    query = sa.select(sa.func.count()).where(begun, *_of(deployment, import_id))
    return tx.connection.scalar(query) or 0


def _change(
    tx: Transaction,
    deployment: str,
    import_id: int | None,
    which: sa.ColumnElement[bool],
    values: dict[str, Any],
) -> int:
    changed = sa.update(solicitations).where(in_order(which, *_of(deployment, import_id))).values(values)
    return tx.connection.execute(changed).rowcount


def _of(deployment: str, import_id: int | None) -> list[sa.ColumnElement[bool]]:
    return [one.deployment == deployment, *([] if import_id is None else [one.import_id == import_id])]


def pause(tx: Transaction, deployment: str | None, now: datetime) -> bool:
    """Nothing of the deployment (None: nothing at all) is begun from now on; False where that was so."""
    new = tx.dialect.insert(pause_rows).values(deployment=deployment or EVERY_ONE, at=now)
    quiet = new.on_conflict_do_nothing().returning(pause_rows.c.deployment)
    return tx.connection.execute(quiet).first() is not None


def resume(tx: Transaction, deployment: str | None) -> bool:
    """End the pause of a deployment (None: that of everything); False where there was none."""
    over = sa.delete(pause_rows).where(pause_rows.c.deployment == (deployment or EVERY_ONE))
    return tx.connection.execute(over).rowcount > 0


def pauses(tx: Transaction) -> dict[str, datetime]:
    """What is paused since when, by deployment; an empty name is everything."""
    rows = tx.connection.execute(sa.select(pause_rows.c.deployment, pause_rows.c.at))
    return {row.deployment: row.at for row in rows}
