"""The answers: status, imports, show, errors, why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.metadata import version

from tournee.actions import App, conditions
from tournee.core.errors import UnknownName
from tournee.core.facts import (
    AlertKind,
    Condition,
    Held,
    Import,
    ListStatus,
    PollState,
    Reason,
    RowError,
    Status,
    Story,
    Trouble,
)
from tournee.core.settings import SendingList
from tournee.store import alerts, consent, contacts, decisions, imports, outbox, rounds


def status(app: App) -> Status:
    """Every list with its last and next poll, its last import, and what is wrong now."""
    with app.store.read() as tx:
        polls = rounds.poll_states(tx)
        last = imports.last_of_lists(tx)
        members = contacts.member_counts(tx)
        open_ = alerts.open_conditions(tx)
        held = decisions.held_of(tx)
    lists = (
        _list_status(app, entry, polls.get(key), last.get(key), members.get(key, 0))
        for key, entry in app.settings.lists.items()
    )
    problems = (*(_trouble(one) for one in open_ if one.kind is not AlertKind.HELD), *_held(held))
    return Status(version=version("tournee"), lists=tuple(lists), problems=problems)


def _list_status(
    app: App, entry: SendingList, state: PollState | None, last: Import | None, members: int
) -> ListStatus:
    feed = entry.feed
    return ListStatus(
        list=entry.key,
        name=entry.name,
        contacts=members,
        repository=feed.repository if feed else None,
        prefix=feed.prefix if feed else None,
        schedule=feed.schedule.text if feed else None,
        last_poll=state,
        next_poll=_due(app, entry, state),
        last_import=last,
        near_misses=state.near_misses if state else (),
    )


def _trouble(condition: Condition) -> Trouble:
    return Trouble(
        kind=condition.kind,
        subject=condition.subject,
        since=condition.opened_at,
        reason=condition.reason,
    )


def _held(parts: Sequence[Held]) -> Iterator[Trouble]:
    """What is held by now of each list, whether people were told of it or somebody imported it by hand."""
    by_list: dict[str, list[Held]] = {}
    for one in parts:
        by_list.setdefault(one.list, []).append(one)
    for key, those in sorted(by_list.items()):
        since = min(one.since for one in those)
        reason = conditions.held_reason(those, "held_now")
        yield Trouble(kind=AlertKind.HELD, subject=key, since=since, reason=reason)


def _due(app: App, entry: SendingList, state: PollState | None) -> datetime | None:
    """When the list is due next: now if it never was polled, in the past if a due time was missed.

    Its last poll is later than now where the clock was wrong then: nothing follows from that for the next.
    """
    if entry.feed is None:
        return None
    if state is None or state.at > app.clock():
        return app.clock()
    regular = entry.feed.schedule.next_after(state.at, app.timezone)
    return min(regular, state.look_again_at or regular)


def next_polls(app: App) -> dict[str, datetime]:
    """When each list that has a feed is due next; a time in the past was missed while nothing ran."""
    with app.store.read() as tx:
        polls = rounds.poll_states(tx)
    due = {key: _due(app, entry, polls.get(key)) for key, entry in app.settings.lists.items()}
    return {key: at for key, at in due.items() if at is not None}


def history(app: App, limit: int | None = None, *, list: str | None = None) -> list[Import]:
    """Imports, newest first."""
    with app.store.read() as tx:
        return imports.recent(tx, limit, list)


def show(app: App, import_id: int) -> Import:
    """One import; raises UnknownName."""
    with app.store.read() as tx:
        record = imports.get(tx, import_id)
    if record is None:
        raise UnknownName(Reason("unknown_import", {"id": import_id}))
    return record


def errors(app: App, import_id: int) -> list[RowError]:
    """The row errors of an import in line order (the first 10,000); raises UnknownName."""
    show(app, import_id)
    with app.store.read() as tx:
        return imports.row_errors(tx, import_id)


def why(app: App, who: str) -> Story:
    """What was decided about a contact, and what it refused; raises UnknownName, AmbiguousContact."""
    with app.store.read() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        return Story(
            contact=contact,
            opt_outs=tuple(consent.history(tx, contact.id)),
            decisions=tuple(decisions.decisions_of(tx, contact.id)),
            pauses=outbox.pauses(tx),
        )
