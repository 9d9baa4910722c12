"""Imports that deploy, and solicitations of the past, put into a database as tests need them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from support.contact_rows import JOB, NOW, draft, record
from tournee.core.decide import Rules, rules
from tournee.core.decide.together import decide_together
from tournee.core.facts import Candidate, ContactRow, SendStatus
from tournee.core.settings import AtMost, Channel, Counting, Deployment, EmailForm, Rule
from tournee.core.times import Duration
from tournee.store import Store, Transaction, contacts, history, imports, merge, planning
from tournee.store.tables import FOREVER, solicitations

UNSENT = (SendStatus.WAITING, SendStatus.HELD, SendStatus.SENDING)
_numbers = count(1)


def at_most(limit: int = 1, days: int = 30, counting: Counting = Counting.EVERYTHING) -> AtMost:
    per = Duration.parse(f"{days} days")
    return AtMost(text=f"at_most {limit} per {per}", limit=limit, per=per, counting=counting)


def rules_of(
    *written: Rule,
    deployment: str = "satisfaction",
    channel: Channel = Channel.EMAIL,
    now: datetime = NOW,
) -> Rules:
    """What holds for a deployment; only its rules and its channel matter."""
    form = EmailForm(sender="a@example.com", subject={}, templates={})
    return rules(written, Deployment(key=deployment, channel=channel, form=form), now, ZoneInfo("UTC"))


@contextmanager
def importing(
    store: Store, rows: Sequence[ContactRow], job: merge.Job = JOB
) -> Iterator[tuple[Transaction, contacts.Stage, int]]:
    """An import of rows, merged and not yet committed."""
    with contacts.stage(store, job) as stage:
        stage.add(rows)
        with stage.merge() as tx:
            import_id = imports.begin(tx, draft(list=job.list), None)
            contacts.upsert(tx, stage)
            yield tx, stage, import_id
            imports.finish(tx, record(import_id, list=job.list), 0)


def decided(
    store: Store, rows: Sequence[ContactRow], rules: Rules | None = None, job: merge.Job = JOB
) -> tuple[int, list[Candidate]]:
    """An import that deploys: its id, and the candidates as they were seen."""
    rules = rules or rules_of()
    seen = []
    with importing(store, rows, job) as (tx, stage, import_id):
        planner = planner_of(tx, import_id, rules, job.list)
        for portion in history.candidates(tx, stage, rules):
            seen += portion
            planner.write(decide_together(portion, rules))
        planner.finish()
    return import_id, seen


def planner_of(tx: Transaction, import_id: int, rules: Rules, list: str = "avis") -> planning.Planner:
    return planning.Planner(
        tx,
        import_id=import_id,
        list=list,
        deployment=rules.deployment,
        channel=rules.channel,
        domain="example.com",
        now=rules.now,
    )


def seen(
    store: Store, rows: Sequence[ContactRow], rules: Rules | None = None, job: merge.Job = JOB
) -> list[Candidate]:
    """How the contacts of a file would be seen if it were imported now."""
    with importing(store, rows, job) as (tx, stage, _import_id):
        portions = history.candidates(tx, stage, rules or rules_of())
        return [candidate for portion in portions for candidate in portion]


def contact_id(store: Store, who: str) -> int:
    with store.read() as tx:
        return contacts.the_one(tx, who).id


def past(
    store: Store,
    who: str,
    status: SendStatus = SendStatus.SENT,
    *,
    ago: timedelta = timedelta(days=10),
    **values: object,
) -> int:
    """A solicitation of somebody, so long ago, of the usual deployment; its id."""
    at = NOW - ago
    counts_at = {SendStatus.SENT: at, SendStatus.UNCERTAIN: at, **dict.fromkeys(UNSENT, FOREVER)}.get(status)
    usual: dict[str, object] = {
        "contact_id": contact_id(store, who), "import_id": 1, "list_id": 1, "deployment": "satisfaction",
        "channel": "email", "decision": "planned", "decided_at": at, "status": status, "attempts": 0,
        "message_id": f"<{next(_numbers)}@past>", "counts_at": counts_at,
    }  # fmt: skip
    new = sa.insert(solicitations).values(**{**usual, **values}).returning(solicitations.c.id)
    with store.write() as tx:
        return int(tx.connection.execute(new).scalar_one())
