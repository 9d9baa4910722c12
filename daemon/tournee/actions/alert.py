"""Conditions opened, reminded, closed -> alerts -> users.

What happens is queued with its cause, in the same transaction; `deliver` hands it to the mail server later,
as often as it takes. An alert that was cut while being sent goes again with the same Message-ID.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from tournee import telemetry
from tournee.actions import App, conditions
from tournee.actions.outlets import outlets
from tournee.channels import Channel, open_channel
from tournee.core import watch
from tournee.core.errors import ChannelError, PermanentChannelError, RemoteError, TransientChannelError
from tournee.core.facts import (
    Alert,
    AlertEvent,
    AlertKind,
    Condition,
    Import,
    Message,
    Outcome,
    Reason,
    RemoteErrorKind,
)
from tournee.core.messages import AlertFile, AlertView, alert_text
from tournee.core.messages.alerts import ROW_ERRORS
from tournee.core.retry import Chance, delay
from tournee.core.settings import Feed, Mail
from tournee.store import Transaction, alerts, imports

#: The message about a poll's files leaves when the poll ends; had its process died, then after this.
A_POLL_AT_MOST = timedelta(minutes=10)
OF_IMPORTS = (AlertKind.IMPORT_REJECTED, AlertKind.IMPORT_ERRORS)
OF_REPOSITORIES = (AlertKind.UNREACHABLE, AlertKind.UNTRUSTED)
#: What can be wrong with one directory while the repository itself is well.
OF_DIRECTORIES = frozenset({RemoteErrorKind.NOT_FOUND, RemoteErrorKind.TRUNCATED, RemoteErrorKind.REFUSED})


# ---------------------------------------------------------------- imports


def on_import(app: App, tx: Transaction, record: Import, *, batch: str | None, now: datetime) -> None:
    """Queue what an import means for people; a clean one ends the list's open conditions without a word.

    `batch` names the poll whose files share one message. None: a person asked for the import and sees what
    becomes of it, so that nobody else is told.
    """
    if record.outcome is Outcome.IMPORTED:
        for kind in OF_IMPORTS:
            if condition := alerts.find_open(tx, kind, record.list):
                alerts.close(tx, condition.id, now)
    elif batch is not None:
        _tell_of_file(app, tx, record, batch, now)


def _tell_of_file(app: App, tx: Transaction, record: Import, batch: str, now: datetime) -> None:
    rejected = record.outcome is Outcome.REJECTED
    condition = alerts.open_condition(
        tx,
        kind=AlertKind.IMPORT_REJECTED if rejected else AlertKind.IMPORT_ERRORS,
        subject=record.list,
        reason=record.reason or _rows_rejected(record),
        now=now,
        repository=record.repository,
        list=record.list,
        file=record.file,
        import_id=record.id,
    )
    assert record.id is not None, "an import that is recorded has a number"
    conditions.queue(
        app,
        tx,
        condition,
        event=AlertEvent.OPENED,
        reason=record.reason or _rows_rejected(record),
        lists=[record.list],
        now=now,
        import_ids=(record.id,),
        batch=batch,
        not_before=now + A_POLL_AT_MOST,
    )


def _rows_rejected(record: Import) -> Reason:
    counts = record.counts
    return Reason("rows_rejected", {"file": record.file, "rejected": counts.rejected, "read": counts.read})


def on_held(app: App, tx: Transaction, record: Import, *, batch: str | None, now: datetime) -> None:
    """An import would have reached far more people than usual: of one or more deployments it is held.

    Where a person asked for the import (`batch` is None), that person sees it, and nobody else is told.
    """
    assert record.id is not None, "an import that is recorded has a number"
    if batch is not None:
        conditions.held(app, tx, record.list, record.id, now)


def release(tx: Transaction, batch: str, now: datetime) -> None:
    """The poll is over: the message about its files may leave."""
    alerts.release_batch(tx, batch, now)


# ---------------------------------------------------------------- repositories


def on_repository(
    app: App, tx: Transaction, *, repository: str, list: str, error: RemoteError | None, now: datetime
) -> None:
    """Open, remind of or close what a poll of `list` says about its repository.

    The subject is the repository, except where only the list's own directory in it is in trouble.
    """
    scene = _Scene(app=app, tx=tx, repository=repository, list=list, feed=app.feed(list), now=now)
    if error is None:
        scene.well(repository, of_list=None)
        scene.well(list, of_list=list)
    elif scene.feed.directory and error.kind in OF_DIRECTORIES:
        scene.well(repository, of_list=None)
        scene.trouble(list, error, of_list=list)
    else:
        scene.trouble(repository, error, of_list=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """One poll of one list, as the conditions of its repository see it."""

    app: App
    tx: Transaction
    repository: str
    list: str
    feed: Feed
    now: datetime

    def trouble(self, subject: str, error: RemoteError, *, of_list: str | None) -> None:
        """Something is wrong with `subject`: it opens, or a day later is reminded of."""
        kind = watch.condition_of(error.kind)
        reason = Reason(error.reason.code, {**error.reason.details, "kind": str(error.kind)})
        condition = alerts.find_open(self.tx, kind, subject)
        turn = watch.observe(condition, reason, self.now)
        if turn is None:
            return
        if condition is None:
            condition = alerts.open_condition(
                self.tx, kind=kind, subject=subject, reason=reason, now=self.now,
                repository=self.repository, list=of_list,
            )  # fmt: skip
        else:
            alerts.told(self.tx, condition.id, self.now)
        self._tell(condition, turn)

    def well(self, subject: str, *, of_list: str | None) -> None:
        """Whatever was wrong with `subject` is over, as far as this poll can tell."""
        for kind in OF_REPOSITORIES:
            condition = alerts.find_open(self.tx, kind, subject)
            turn = watch.observe(condition, None, self.now)
            if condition and turn and condition.list == of_list and self._can_tell(condition):
                alerts.close(self.tx, condition.id, self.now)
                self._tell(condition, turn)

    def _can_tell(self, condition: Condition) -> bool:
        """A list with a directory of its own says nothing about the repository's.

        Otherwise two lists could open and close a condition in turn, and people would hear of each poll.
        """
        return not (_of_root(condition) and self.feed.directory)

    def _tell(self, condition: Condition, turn: watch.Turn) -> None:
        concerned = [condition.list] if condition.list else [*_fed_by(self.app, self.repository)]
        conditions.queue(
            self.app, self.tx, condition, event=turn.event, reason=turn.reason, lists=concerned, now=self.now
        )


def _fed_by(app: App, repository: str) -> dict[str, str]:
    """Key and name of every list that a repository feeds."""
    fed = {key for key, feed in app.feeds().items() if feed.repository == repository}
    return {key: entry.name for key, entry in app.settings.lists.items() if key in fed}


def _close_what_left(app: App) -> None:
    """Trouble that no poll can end any more, because its list or repository left the configuration, is over.

    Nobody is told: whoever changed the configuration knows.
    """
    with app.store.read() as tx:
        left = [one for one in alerts.open_conditions(tx) if not _can_end(app, one)]
    if left:
        with app.store.write() as tx:
            for condition in left:
                alerts.close(tx, condition.id, app.clock())


def _can_end(app: App, condition: Condition) -> bool:
    """Whether a list is polled that can tell that the trouble is over; of solicitations, sending tells."""
    if condition.kind is AlertKind.HELD:
        return True  # whatever left the configuration can be released and cancelled still
    if condition.kind is AlertKind.SEND_FAILURES:
        outlets_used = {outlet.key for outlet in outlets(app.settings)}
        return condition.list in app.settings.lists and condition.reason.details.get("outlet") in outlets_used
    feeds = app.feeds()
    if condition.list is not None:
        return condition.list in feeds
    return any(
        feed.repository == condition.repository and not (_of_root(condition) and feed.directory)
        for feed in feeds.values()
    )


def _of_root(condition: Condition) -> bool:
    """It is about a repository's own directory, of which a list with another directory knows nothing."""
    return condition.list is None and condition.reason.details.get("kind") in OF_DIRECTORIES


# ---------------------------------------------------------------- delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one delivery did; `reason` is why the rest is tried again later."""

    sent: int = 0
    later: int = 0
    reason: Reason | None = None


def deliver(app: App, *, chance: Chance = random.random) -> Delivered:
    """Send every alert that is due, unless another process is at it; raises StoreError.

    None is given up unless its address is refused for good. Without `mail:` they stay queued.
    """
    _close_what_left(app)
    with app.store.exclusive("alert") as mine:
        if not mine:
            return Delivered()
        conditions.remind(app)
        if app.settings.mail is None:
            return Delivered()
        delivery = _Delivery(
            app=app, mail=app.settings.mail, chance=chance, channel=open_channel(app.settings.mail)
        )
        delivery.run()
        return Delivered(sent=delivery.sent, later=delivery.later, reason=delivery.trouble)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How the attempt at one alert ended; it is tried again where it was neither sent nor given up."""

    sent: bool = False
    given_up: bool = False
    answer: str | None = None
    reason: Reason | None = None
    channel_down: bool = False


@dataclass(slots=True, kw_only=True)
class _Delivery:
    app: App
    mail: Mail
    chance: Chance
    channel: Channel
    sent: int = 0
    later: int = 0
    trouble: Reason | None = None
    down: bool = False

    def run(self) -> None:
        """Every alert that is due, one after the other; each result is recorded before the next attempt."""
        try:
            turn = self._next()
            while turn is not None:
                alert, message = turn
                turn = self._next(alert, self._attempt(message))
        finally:
            self.channel.close()

    def _next(
        self, alert: Alert | None = None, ending: _Ending | None = None
    ) -> tuple[Alert, Message] | None:
        now = self.app.clock()
        with self.app.store.write() as tx:
            if alert and ending:
                self._record(tx, alert, ending, now)
            if self.down or self.app.stop.is_set():
                return None
            claimed = alerts.claim(tx, now, 1)
            return (claimed[0], self._message(tx, claimed[0], now)) if claimed else None

    def _record(self, tx: Transaction, alert: Alert, ending: _Ending, now: datetime) -> None:
        final = ending.sent or ending.given_up
        again = None if final else now + delay(alert.attempts + 1, self.chance)
        alerts.settle(
            tx, alert.id, sent=ending.sent, now=now, answer=ending.answer, next_attempt_at=again,
            given_up=ending.given_up,
        )  # fmt: skip
        self.sent += ending.sent
        self.later += not final
        self.down = self.down or ending.channel_down
        if not final:
            self.trouble = self.trouble or ending.reason
        if ending.given_up:
            telemetry.log.error("alert_given_up", user=alert.user, kind=alert.kind, reason=ending.reason)

    def _attempt(self, message: Message) -> _Ending:
        try:
            return _Ending(sent=True, answer=self.channel.send(message).answer)
        except PermanentChannelError as error:
            return _Ending(given_up=True, answer=_answer(error), reason=error.reason)
        except TransientChannelError as error:
            return _Ending(answer=_answer(error), reason=error.reason, channel_down=error.channel_down)
        except ChannelError as error:  # it may have left: better twice, with one Message-ID, than never
            return _Ending(answer=_answer(error), reason=error.reason, channel_down=error.channel_down)

    def _message(self, tx: Transaction, alert: Alert, now: datetime) -> Message:
        subject, text = alert_text(self._view(tx, alert), alert.language)
        return Message(
            message_id=alert.message_id,
            sender=self.mail.sender,
            to=alert.address,
            subject=subject,
            text=text,
            headers={
                "Date": format_datetime(now.astimezone(self.app.timezone)),
                "Auto-Submitted": "auto-generated",
            },
        )

    def _view(self, tx: Transaction, alert: Alert) -> AlertView:
        return AlertView(
            kind=alert.kind,
            event=alert.event,
            reason=alert.reason,
            opened_at=alert.opened_at,
            now=alert.created_at,
            timezone=self.app.timezone,
            repository=alert.repository,
            list=alert.list,
            lists=self._lists(alert),
            files=tuple(self._file(tx, import_id) for import_id in alert.import_ids),
        )

    def _lists(self, alert: Alert) -> Mapping[str, str]:
        if alert.list is None:
            return _fed_by(self.app, alert.repository or "")
        entry = self.app.settings.lists.get(alert.list)
        return {alert.list: entry.name if entry else alert.list}

    def _file(self, tx: Transaction, import_id: int) -> AlertFile:
        record = imports.get(tx, import_id)
        assert record is not None, "imports are kept for ever"
        entry = self.app.settings.lists.get(record.list)
        return AlertFile(
            record=record,
            errors=tuple(imports.row_errors(tx, import_id, ROW_ERRORS)),
            moved_to=entry.feed.rejected_to if entry and entry.feed else None,
        )


def _answer(error: ChannelError) -> str | None:
    answer = error.reason.details.get("answer")
    return None if answer is None else str(answer)
