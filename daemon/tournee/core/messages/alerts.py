"""What an alert says: the whole story in its subject; then what happened, what was done, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from tournee.core.facts import AlertEvent, AlertKind, Import, Outcome, Reason, RowError
from tournee.core.messages.grammar import plain, texts
from tournee.core.messages.words import sentence, spoken

ROW_ERRORS = 20  # of one file
OF_SOLICITATIONS = (AlertKind.HELD, AlertKind.SEND_FAILURES)
ROW_ERRORS_IN_ALL = 200  # of one message, when many files share it
_SUBJECT_NAME = 80  # characters of a file's name in a subject


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFile:
    """A file that was rejected or had bad rows; `errors` are its first row errors in line order."""

    record: Import
    errors: tuple[RowError, ...] = ()
    moved_to: str | None = None  # where a rejected file goes; None where it stays


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """All that an alert tells. `lists` are keys and names of the lists concerned, `now` is when it is told.

    For imports `files` is filled. For a repository's trouble `reason` has the `RemoteErrorKind` as its detail
    `kind`, and `list` is the list whose directory alone is concerned, None where it is the whole repository.
    For a list's solicitations `reason` has the `deployment`, or of what is held all `deployments`.
    """

    kind: AlertKind
    event: AlertEvent
    reason: Reason
    opened_at: datetime
    now: datetime
    timezone: ZoneInfo
    repository: str | None
    list: str | None
    lists: Mapping[str, str]
    files: tuple[AlertFile, ...] = ()


def alert_text(view: AlertView, language: str) -> tuple[str, str]:
    """Subject and text, for people in a hurry; no contact's value, nothing that could move a cursor."""
    speaker = _Speaker(view, spoken(language))
    if view.files:
        subject, text = speaker.files()
    elif view.kind in OF_SOLICITATIONS:
        subject, text = speaker.solicitations()
    else:
        subject, text = speaker.condition()
    return f"[Tournée] {subject}", text


@dataclass(frozen=True, slots=True)
class _Speaker:
    view: AlertView
    language: str

    def say(self, code: str, **details: object) -> str:
        return sentence(Reason(f"alert_{code}", details), self.language)

    # ------------------------------------------------------------ files

    def files(self) -> tuple[str, str]:
        """One message about every file of a poll that was rejected or had bad rows."""
        parts = [self._file(file) for file in self.view.files]
        if len(parts) == 1:
            return self._file_subject(self.view.files[0]), parts[0]
        rejected = sum(file.record.outcome is Outcome.REJECTED for file in self.view.files)
        counts = {"files": len(parts), "rejected": rejected}
        names = list(dict.fromkeys(self._list_name(file.record) for file in self.view.files))
        line = "\n" + "-" * 60 + "\n\n"
        return self.say("files_subject", names=names, **counts), line.join(
            [self.say("files", **counts) + ".\n", *parts]
        )

    def _file_subject(self, file: AlertFile) -> str:
        record = file.record
        details = {"file": _short(record.file), "list": self._list_name(record)}
        if record.outcome is Outcome.REJECTED:
            return self.say("rejected_subject", **details)
        return self.say("errors_subject", rejected=record.counts.rejected, **details)

    def _file(self, file: AlertFile) -> str:
        record, counts = file.record, file.record.counts
        numbers: dict[str, object] = {
            "id": record.id, "read": counts.read, "created": counts.created, "updated": counts.updated,
            "unchanged": counts.unchanged, "duplicate": counts.duplicate, "rejected": counts.rejected,
        }  # fmt: skip
        if record.outcome is Outcome.REJECTED:
            headline = self.say("rejected", file=record.file)
            happened = sentence(record.reason, self.language) if record.reason else headline
            did = self.say("rejected_did", moved_to=file.moved_to)
            do = self.say("rejected_do_rows" if file.errors else "rejected_do", **numbers)
        else:
            headline = self.say("errors", file=record.file, **numbers)
            happened = self.say("errors_happened", **numbers)
            did, do = self.say("errors_did", **numbers), self.say("errors_do", **numbers)
        place = self._place(self._file_place(record))
        story = self._story(happened, did, do)
        return (
            "\n\n".join(
                filter(None, [f"{headline}.", place, story, self._rows(file), self._warnings(record)])
            )
            + "\n"
        )

    def _file_place(self, record: Import) -> list[tuple[str, str]]:
        name = self._list_name(record)
        return [
            ("list", name if name == record.list else f"{name} ({record.list})"),
            ("repository", record.repository or ""),
            ("file", record.file),
            ("when", self._time(record.finished_at)),
            ("import", str(record.id)),
        ]

    def _rows(self, file: AlertFile) -> str:
        share = max(1, min(ROW_ERRORS, ROW_ERRORS_IN_ALL // len(self.view.files)))
        shown = [self._row(error) for error in file.errors[:share]]
        return "\n".join([self.say("errors_first", count=len(shown)), *shown]) if shown else ""

    def _row(self, error: RowError) -> str:
        line, column, code, details = error
        why = sentence(Reason(code, details or {}), self.language)
        return self.say("row_whole" if column is None else "row", line=line, column=column, why=why)

    def _warnings(self, record: Import) -> str:
        told = [f"  {sentence(warning, self.language)}" for warning in record.warnings]
        return "\n".join([self.say("warnings"), *told]) if told else ""

    def _list_name(self, record: Import) -> str:
        return self.view.lists.get(record.list, record.list)

    # ------------------------------------------------------------ conditions that last

    def condition(self) -> tuple[str, str]:
        """A repository, or a list's directory in it, that cannot be polled, or can again."""
        view = self.view
        if view.list is None:
            place = self.say("place_repository", name=view.repository)
            where = self.say("lists_of", names=list(view.lists.values()))
        else:
            place = self.say("place_list", name=view.lists.get(view.list, view.list))
            where = self.say("place_repository", name=view.repository)
        if view.event is AlertEvent.CLOSED:
            return self._over(place, where)
        headline = self.say(view.kind, place=place, trouble=self._trouble())
        subject = f"{headline} ({where})"
        if view.event is AlertEvent.REMINDER:
            since = self._time(view.opened_at, zone=False)
            subject = self.say("reminder_subject", since=since, headline=headline, where=where)
        happened = sentence(view.reason, self.language)
        did, do = self.say(f"{view.kind}_did"), self.say(f"{view.kind}_do", repository=view.repository)
        return _capital(subject), self._body(headline, self._story(happened, did, do))

    def _over(self, place: str, where: str) -> tuple[str, str]:
        view = self.view
        lasted = self.say("duration", seconds=int((view.now - view.opened_at).total_seconds()))
        subject = self.say("closed_subject", place=place, duration=lasted, where=where)
        was = sentence(view.reason, self.language)
        happened = self.say("closed_was", since=self._time(view.opened_at), was=was)
        did, do = self.say("closed_did", at=self._time(view.now)), self.say("closed_do")
        return subject, self._body(self.say("closed", place=place), self._story(happened, did, do))

    def _body(self, headline: str, story: str) -> str:
        names, details = list(self.view.lists.values()), self.view.reason.details
        concerned = texts(details.get("deployments") or details.get("deployment"))
        place = [
            ("repository", self.view.repository or ""),
            ("list" if len(names) == 1 else "lists", ", ".join(names)),
            ("deployment" if len(concerned) == 1 else "deployments", ", ".join(concerned)),
            ("since", self._time(self.view.opened_at)),
        ]
        return f"{_capital(headline)}.\n\n{self._place(place)}\n\n{story}\n"

    def _trouble(self) -> str:
        kind = str(self.view.reason.details.get("kind", self.view.kind))
        return sentence(Reason(f"kind_{kind}"), self.language)

    # ------------------------------------------------------------ solicitations

    def solicitations(self) -> tuple[str, str]:
        """What is held, or does not leave, or is let go or leaves again."""
        view, details = self.view, dict(self.view.reason.details)
        where = self.say("lists_of", names=list(view.lists.values()))
        over = view.event is AlertEvent.CLOSED
        kind = f"{view.kind}_over" if over else str(view.kind)
        headline = self.say(kind, where=where, **details)
        happened = sentence(view.reason, self.language)
        subject = headline
        if over:
            lasted = self.say("duration", seconds=int((view.now - view.opened_at).total_seconds()))
            subject = self.say("over_subject", headline=headline, duration=lasted)
            happened = self.say("over_was", since=self._time(view.opened_at), was=happened)
        elif view.event is AlertEvent.REMINDER:
            since = self._time(view.opened_at, zone=False)
            subject = self.say("still_subject", since=since, headline=headline)
        did, do = self.say(f"{kind}_did", **details), self.say(f"{kind}_do", **details)
        return _capital(subject), self._body(headline, self._story(happened, did, do))

    # ------------------------------------------------------------ parts

    def _place(self, facts: Sequence[tuple[str, str]]) -> str:
        named = [(self.say(code), value) for code, value in facts if value]
        width = max(len(name) for name, _ in named)
        return "\n".join(f"  {name:<{width}}  {plain(value)}" for name, value in named)

    def _story(self, happened: str, did: str, do: str) -> str:
        parts = (("happened", happened), ("did", did), ("do", do))
        lines = ((code, text.replace("\n", "\n  ")) for code, text in parts)
        return "\n\n".join(f"{self.say(code)}\n  {text}" for code, text in lines)

    def _time(self, at: datetime, *, zone: bool = True) -> str:
        local = at.astimezone(self.view.timezone)
        text = format_datetime(local, self.say("date"), locale=self.language)
        return f"{text} ({self.view.timezone.key})" if zone else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _short(name: str) -> str:
    return name if len(name) <= _SUBJECT_NAME else f"{name[: _SUBJECT_NAME - 1]}…"
