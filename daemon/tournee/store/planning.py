"""What was decided about the contacts of an import, as decisions and as messages to be sent.

A decision and its message are one row. `counts_at` is the instant at which it counts for `at_most`: when it
was sent (or may have left), until then for ever; none for what was blocked, failed or cancelled, and for
reminders.
"""

import secrets
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count, islice

import sqlalchemy as sa

from tournee.core.facts import Decision, SendStatus, Verdict
from tournee.store import Transaction
from tournee.store.columns import reason_text, utc_text
from tournee.store.merge import list_id
from tournee.store.tables import FOREVER, imports, solicitations, unsent

COLUMNS = (
    "contact_id", "import_id", "list_id", "deployment", "channel", "decided_at", "decision", "attempts",
    "rule", "reason", "status", "message_id", "next_attempt_at", "counts_at", "expires_at", "once",
)  # fmt: skip

#: What is usual is told by the last imports, if there are enough of them.
USUAL_OF, USUAL_FROM = 10, 3
#: So far back they are looked for; who deploys so seldom has no habit.
USUAL_AMONG = 1_000


class Planner:
    """Writes the decisions of one import for one deployment, the planned ones as messages.

    `domain` is where their Message-IDs say that they were made.
    """

    def __init__(
        self,
        tx: Transaction,
        *,
        import_id: int,
        list: str,
        deployment: str,
        channel: str,
        domain: str,
        now: datetime,
    ) -> None:
        self._tx = tx
        self._import_id = import_id
        self._deployment = deployment
        self._now = utc_text(now)
        self._common = (import_id, list_id(tx, list), deployment, channel, self._now)
        self._unsent = utc_text(FOREVER)
        self._message_ids = message_ids(now, domain)
        self._planned = 0
        self._blocked: Counter[str] = Counter()

    def write(self, decisions: Iterable[Decision]) -> None:
        """Some of the decisions."""
        rows = map(self._row, decisions)
        self._tx.dialect.load(self._tx.connection, solicitations, COLUMNS, rows)

    def finish(self) -> int:
        """How many were planned, once all are written; they are counted with the import."""
        of_import = imports.c.id == self._import_id
        columns = (imports.c.planned, imports.c.blocked, imports.c.deployed)
        before = self._tx.connection.execute(sa.select(*columns).where(of_import)).one()
        values = {
            "planned": (before.planned or 0) + self._planned,
            "blocked": dict(Counter(before.blocked or {}) + self._blocked),
            "deployed": {**(before.deployed or {}), self._deployment: self._planned},
        }
        self._tx.connection.execute(sa.update(imports).where(of_import).values(values))
        return self._planned

    def _row(self, decision: Decision) -> tuple[object, ...]:
        start = (decision.contact_id, *self._common, decision.verdict, 0)
        why = (decision.rule, reason_text(decision.reason))
        if decision.verdict is Verdict.BLOCKED:
            self._blocked[decision.rule or ""] += 1
            return (*start, *why, None, None, None, None, None, None)
        self._planned += 1
        due = utc_text(decision.due_at) if decision.due_at else self._now
        expires = utc_text(decision.expires_at) if decision.expires_at else None
        message_id = next(self._message_ids)
        return (*start, *why, SendStatus.WAITING, message_id, due, self._unsent, expires, decision.once)


def message_ids(now: datetime, domain: str) -> Iterator[str]:
    """Not to be guessed, and in ascending order, so that their index grows at its end."""
    instant = int(now.timestamp() * 1000)
    for number in count():
        yield f"<{instant:012x}{number:07x}.{secrets.token_hex(8)}@{domain}>"


def usual(tx: Transaction, list: str, deployment: str) -> float | None:
    """How many an import of the list usually plans for a deployment: the median of the last that planned any.

    None where too few of the last thousand have. An import that is being made belongs to them once its
    planning is finished.
    """
    query = sa.select(imports.c.deployed).where(imports.c.list == list, imports.c.planned > 0)
    deployed = tx.connection.scalars(query.order_by(imports.c.id.desc()).limit(USUAL_AMONG))
    numbers = ((of_import or {}).get(deployment) for of_import in deployed)
    planned = [*islice(filter(None, numbers), USUAL_OF)]
    return statistics.median(planned) if len(planned) >= USUAL_FROM else None


def hold(tx: Transaction, import_id: int, deployment: str) -> int:
    """What the import has planned for a deployment waits for a person; how many messages these are."""
    one = solicitations
    planned = sa.and_(one.c.import_id == import_id, unsent(one), one.c.status == SendStatus.WAITING)
    held = sa.update(one).where(planned, one.c.deployment == deployment)
    values = {"status": SendStatus.HELD, "next_attempt_at": None}
    return tx.connection.execute(held.values(values)).rowcount
