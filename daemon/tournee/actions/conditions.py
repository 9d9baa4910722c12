"""What is wrong with a list's solicitations and lasts: opened, reminded, closed; and how people come to know.

`held`: something waits for a person's word. `send_failures`: something did not leave that should have. Their
subject is the list. What is told is queued in the transaction of its cause; `alert` delivers it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from tournee.actions import App
from tournee.core import watch
from tournee.core.facts import AlertEvent, AlertKind, Condition, Held, Reason
from tournee.store import Transaction, alerts, decisions

NAMED = 20  # of what is held of a list, in one sentence


def queue(
    app: App,
    tx: Transaction,
    condition: Condition,
    *,
    event: AlertEvent,
    reason: Reason,
    lists: Collection[str],
    now: datetime,
    import_ids: tuple[int, ...] = (),
    batch: str | None = None,
    not_before: datetime | None = None,
) -> None:
    """One message to each subscriber of the condition's kind and of one of `lists`; it leaves by itself."""
    users = watch.subscribers(app.settings.users.values(), condition.kind, lists)
    told = [
        alerts.NewAlert(
            user=user.key,
            address=user.email,
            language=user.language,
            kind=condition.kind,
            event=event,
            subject=condition.subject,
            message_id=f"<{uuid4().hex}@{app.domain}>",
            reason=reason,
            repository=condition.repository,
            list=condition.list,
            condition_id=condition.id,
            import_ids=import_ids,
            opened_at=condition.opened_at,
            batch=batch,
            not_before=not_before or now,
        )
        for user in users
    ]
    alerts.queue(tx, told, now)


def observe(
    app: App,
    tx: Transaction,
    kind: AlertKind,
    list: str,
    trouble: Reason | None,
    now: datetime,
    *,
    import_id: int | None = None,
) -> None:
    """Open, remind of or close what is wrong with a list; nobody is told twice."""
    condition = alerts.find_open(tx, kind, list)
    turn = watch.observe(condition, trouble, now)
    if turn is None:
        return
    if condition is None:
        condition = alerts.open_condition(
            tx, kind=kind, subject=list, reason=turn.reason, now=now, list=list, import_id=import_id
        )
    elif turn.event is AlertEvent.CLOSED:
        alerts.close(tx, condition.id, now)
    else:
        alerts.told(tx, condition.id, now, turn.reason if kind is AlertKind.HELD else None)
    queue(app, tx, condition, event=turn.event, reason=turn.reason, lists=[list], now=now)


# ---------------------------------------------------------------- held


def held(app: App, tx: Transaction, list: str, import_id: int, now: datetime) -> None:
    """An import is held that nobody waits for: people are told at once of all that is held of the list.

    Also where they were told of an earlier one: it does not hide this one.
    """
    reason = held_now(tx, list)
    assert reason is not None, "the import was just held"
    if condition := alerts.find_open(tx, AlertKind.HELD, list):
        alerts.told(tx, condition.id, now, reason)
        queue(app, tx, condition, event=AlertEvent.OPENED, reason=reason, lists=[list], now=now)
    else:
        observe(app, tx, AlertKind.HELD, list, reason, now, import_id=import_id)


def released(app: App, tx: Transaction, lists: Collection[str], now: datetime) -> None:
    """A person let go, or gave up, what was held; where nothing of a list is held any more, that is over."""
    for key in lists:
        if not decisions.held_of(tx, key):
            observe(app, tx, AlertKind.HELD, key, None, now)


def held_lists(tx: Transaction, deployment: str) -> set[str]:
    """The lists of which something of a deployment is held."""
    return {one.list for one in decisions.held_of(tx) if one.deployment == deployment}


def held_now(tx: Transaction, list: str) -> Reason | None:
    """What is held of a list by now, whoever imported it; None for nothing."""
    parts = decisions.held_of(tx, list)
    return held_reason(parts) if parts else None


def held_reason(parts: Sequence[Held], code: str = "held") -> Reason:
    """What is held of a list, in words: all of it counted, and named from the newest import on."""
    newest = sorted(parts, key=lambda one: (-one.import_id, one.deployment))
    named = [
        {"deployment": one.deployment, "import": one.import_id, "number": one.number, "file": one.file}
        for one in newest[:NAMED]
    ]
    return Reason(
        code,
        {
            "number": sum(one.number for one in parts),
            "deployments": sorted({one.deployment for one in parts}),
            "parts": named,
            "more": len(newest) - len(named),
        },
    )


# ---------------------------------------------------------------- what does not leave


def on_sending(app: App, outlet: str, *, failing: Mapping[str, Reason], well: Collection[str]) -> None:
    """A drain of an outlet is over: `failing` lists had trouble and nothing good after it, `well` ones not.

    A list may leave by several outlets: what went wrong at one is not over because another one works.
    """
    if not failing and not well:
        return
    now = app.clock()
    with app.store.write() as tx:
        for key, trouble in failing.items():
            reason = Reason(trouble.code, {**trouble.details, "outlet": outlet})
            observe(app, tx, AlertKind.SEND_FAILURES, key, reason, now)
        for key in well:
            condition = alerts.find_open(tx, AlertKind.SEND_FAILURES, key)
            if condition and condition.reason.details.get("outlet") == outlet:
                observe(app, tx, AlertKind.SEND_FAILURES, key, None, now)


# ---------------------------------------------------------------- reminders


def remind(app: App) -> None:
    """Once a day, of what is held and of what does not leave; the caller has the lock for alerts.

    What is held may also come to an end without a word to us: its contacts were erased.
    """
    now = app.clock()
    with app.store.read() as tx:
        due = [one for one in alerts.open_conditions(tx) if _is_due(one, now)]
    if not due:
        return
    with app.store.write() as tx:
        for condition in due:
            if condition.list is not None:
                observe(app, tx, condition.kind, condition.list, _by_now(tx, condition), now)


def _is_due(condition: Condition, now: datetime) -> bool:
    if condition.kind not in (AlertKind.HELD, AlertKind.SEND_FAILURES):
        return False
    return watch.observe(condition, condition.reason, now) is not None


def _by_now(tx: Transaction, condition: Condition) -> Reason | None:
    """What is wrong by now: all that is held; the same as ever where something does not leave."""
    if condition.kind is not AlertKind.HELD or condition.list is None:
        return condition.reason
    return held_now(tx, condition.list)
