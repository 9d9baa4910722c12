"""The shapes of `--json`: one function per fact, keys in the order in which they are documented.

Codes are for programs, messages for people: `say` puts a reason into the words of the reader's language.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from tournee.core.facts import (
    CONTACT_ROW,
    Contact,
    ContactRow,
    DecisionCounts,
    DecisionRecord,
    DeploymentTotals,
    Draft,
    FileReport,
    Held,
    Import,
    JsonValue,
    ListCheck,
    ListStatus,
    NearMiss,
    OptOutRecord,
    PollReport,
    PollState,
    Preview,
    Problem,
    Reason,
    RemoteErrorKind,
    RepositoryCheck,
    Request,
    RowError,
    Status,
    Story,
    Trouble,
    TrustOffer,
)

Say = Callable[[Reason], str]
Json = dict[str, JsonValue]


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def record(entry: Import, say: Say) -> Json:
    """An import."""
    counts = entry.counts
    return {
        "id": entry.id,
        "list": entry.list,
        "repository": entry.repository,
        "file": entry.file,
        "sha256": entry.sha256 or None,
        "size": entry.size,
        "modified_at": moment(entry.modified_at),
        "started_at": moment(entry.started_at),
        "finished_at": moment(entry.finished_at),
        "outcome": entry.outcome,
        "reason": entry.reason.code if entry.reason else None,
        "message": say(entry.reason) if entry.reason else None,
        "counts": {
            "read": counts.read,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "duplicate": counts.duplicate,
            "rejected": counts.rejected,
        },
        "removed": entry.removed,
        "warnings": [{"code": warning.code, "message": say(warning)} for warning in entry.warnings],
        "decisions": _decision_counts(entry.decisions or DecisionCounts()),
    }


def _decision_counts(counts: DecisionCounts) -> JsonValue:
    return {
        "planned": counts.planned,
        "waiting": counts.waiting,
        "held": counts.held,
        "blocked": dict(counts.blocked),
    }


def tried(preview: Preview, errors: Sequence[RowError], say: Say) -> Json:
    """What a dry run adds to its import: how each column was read, the first rows, the row errors."""
    return {
        "columns": [{"header": header, "field": field} for header, field in preview.columns],
        "rows": [_row(row) for row in preview.rows],
        "errors": [row_error(error, say) for error in errors],
    }


def _row(row: ContactRow) -> JsonValue:
    """A row as it would be stored; its declared fields apart, as a contact has them."""
    known: Json = dict(zip(CONTACT_ROW, row, strict=True))
    del known["identity"]
    return known | {"fields": fields_of(row)}


def fields_of(row: ContactRow) -> Json:
    """The declared fields of a row; null is a value that it clears."""
    fields: Json = json.loads(row[-1] or "{}")
    return fields


def row_error(error: RowError, say: Say) -> Json:
    """A row error."""
    line, column, code, details = error
    return {"line": line, "column": column, "code": code, "message": say(Reason(code, details or {}))}


def poll(report: PollReport, say: Say) -> Json:
    """One pass over one feed."""
    return {
        "list": report.list,
        "repository": report.repository,
        "ok": report.ok,
        "error": remote_error(report.error, report.reason, say),
        "files": [_file(file, say) for file in report.files],
    }


def _file(file: FileReport, say: Say) -> JsonValue:
    return {
        "name": file.name,
        "outcome": file.outcome,
        "import": file.import_id,
        "reason": file.reason.code if file.reason else None,
        "message": say(file.reason) if file.reason else None,
    }


def remote_error(kind: RemoteErrorKind | None, reason: Reason | None, say: Say) -> JsonValue:
    """`{kind, message}` of what a repository did wrong, or null."""
    if kind is None:
        return None
    return {"kind": kind, "message": say(reason or Reason(f"remote_{kind}"))}


def check(
    errors: Sequence[Problem],
    warnings: Sequence[Problem],
    repositories: Sequence[RepositoryCheck] | None,
    say: Say,
) -> Json:
    """The configuration and, where they were tried (not None), the repositories."""
    shape: Json = {
        "ok": not errors and all(repository.ok for repository in repositories or ()),
        "errors": [problem(error) for error in errors],
        "warnings": [problem(warning) for warning in warnings],
    }
    if repositories is not None:
        shape["repositories"] = [_repository(entry, say) for entry in repositories]
    return shape


def problem(entry: Problem) -> Json:
    """A mistake or a warning in the configuration."""
    return {"file": entry.file, "line": entry.line, "column": entry.column, "message": entry.message}


def _repository(entry: RepositoryCheck, say: Say) -> JsonValue:
    return {
        "repository": entry.repository,
        "ok": entry.ok,
        "error": remote_error(entry.error, entry.reason, say),
        "lists": [_list_check(part, say) for part in entry.lists],
    }


def _list_check(entry: ListCheck, say: Say) -> JsonValue:
    taken: list[JsonValue] = [
        {"name": name, "taken": True, "reason": None, "message": None} for name in entry.taken
    ]
    missed: list[JsonValue] = [
        {"name": miss.name, "taken": False, "reason": miss.reason.code, "message": say(miss.reason)}
        for miss in entry.near_misses
    ]
    return {"list": entry.list, "files": taken + missed, "again": entry.again}


def status(answer: Status, say: Say) -> Json:
    """Every list, and what is wrong now."""
    return {
        "version": answer.version,
        "ok": not answer.problems,
        "lists": [_list(entry, say) for entry in answer.lists],
        "problems": [_trouble(entry, say) for entry in answer.problems],
    }


def _list(entry: ListStatus, say: Say) -> JsonValue:
    return {
        "list": entry.list,
        "name": entry.name,
        "contacts": entry.contacts,
        "repository": entry.repository,
        "prefix": entry.prefix,
        "schedule": entry.schedule,
        "last_poll": _last_poll(entry.last_poll, say) if entry.last_poll else None,
        "next_poll": moment(entry.next_poll),
        "last_import": record(entry.last_import, say) if entry.last_import else None,
        "near_misses": [_near_miss(miss, say) for miss in entry.near_misses],
    }


def _last_poll(state: PollState, say: Say) -> JsonValue:
    return {"at": moment(state.at), "ok": state.ok, "error": remote_error(state.error, state.reason, say)}


def _near_miss(miss: NearMiss, say: Say) -> JsonValue:
    return {"name": miss.name, "reason": miss.reason.code, "message": say(miss.reason)}


def _trouble(entry: Trouble, say: Say) -> JsonValue:
    return {
        "kind": entry.kind,
        "subject": entry.subject,
        "since": moment(entry.since),
        "message": say(entry.reason),
    }


def contact(person: Contact) -> Json:
    """A contact."""
    return {
        "id": person.id,
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "gender": person.gender,
        "title": person.title,
        "country": person.country,
        "language": person.language,
        "fields": dict(person.fields),
        "lists": list(person.lists),
        "opt_outs": [
            {"channel": entry.channel, "at": moment(entry.at), "source": entry.source, "reason": entry.reason}
            for entry in person.opt_outs
        ],
        "created_at": moment(person.created_at),
        "updated_at": moment(person.updated_at),
    }


def decision(entry: DecisionRecord, say: Say) -> Json:
    """A solicitation decision about a contact."""
    return {
        "deployment": entry.deployment,
        "channel": entry.channel,
        "import": entry.import_id,
        "decided_at": moment(entry.decided_at),
        "decision": entry.verdict,
        "rule": entry.rule,
        "reason": entry.reason.code if entry.reason else None,
        "status": entry.status,
        "sent_at": moment(entry.sent_at),
        "message": say(entry.reason) if entry.reason else None,
        "list": entry.list,
        "file": entry.file,
        "reminder": entry.reminder,
        "due": moment(entry.next_attempt_at),
        "expires": moment(entry.expires_at),
        "attempts": entry.attempts,
        "answer": entry.answer,
        "answered_at": moment(entry.answered_at),
    }


def export(told: Story, say: Say) -> Json:
    """All that is stored about a contact."""
    return {
        "contact": contact(told.contact),
        "opt_outs": [_refusal(entry) for entry in told.opt_outs],
        "memberships": [{"list": key, "since": moment(at)} for key, at in told.memberships.items()],
        "bounced": {"at": moment(told.bounced.at), "answer": told.bounced.answer} if told.bounced else None,
        "decisions": [decision(entry, say) for entry in told.decisions if entry.reminds is None],
        "reminders": [decision(entry, say) for entry in told.decisions if entry.reminds is not None],
    }


def _refusal(entry: OptOutRecord) -> JsonValue:
    return {
        "channel": entry.channel,
        "at": moment(entry.at),
        "source": entry.source,
        "reason": entry.reason,
        "ended_at": moment(entry.ended_at),
        "end_reason": entry.end_reason,
    }


def deployment(entry: DeploymentTotals, held: Sequence[Held]) -> Json:
    """How many solicitations of a deployment are where, and what of it waits for a person."""
    return {
        "deployment": entry.deployment,
        "channel": entry.channel,
        "planned": entry.planned,
        "waiting": entry.waiting,
        "held": entry.held,
        "sent": entry.sent,
        "failed": entry.failed,
        "uncertain": entry.uncertain,
        "blocked": entry.blocked,
        "cancelled": entry.cancelled,
        "sending": entry.sending,
        "paused_at": moment(entry.paused_at),
        "imports": [_held(part) for part in held if part.deployment == entry.deployment],
    }


def draft(entry: Draft) -> Json:
    """A message that would be sent."""
    return {
        "deployment": entry.deployment,
        "channel": entry.channel,
        "contact": entry.contact_id,
        "reminder": entry.reminder,
        "from": entry.sender,
        "to": entry.to,
        "subject": entry.subject,
        "text": entry.text,
        "html": entry.html,
        "headers": dict(entry.headers),
        "encoding": entry.encoding,
        "characters": entry.characters,
        "parts": entry.parts,
        "request": _request(entry.request) if entry.request else None,
    }


def _request(entry: Request) -> JsonValue:
    return {
        "method": entry.method,
        "url": entry.url,
        "headers": dict(entry.headers),
        "body": entry.content.decode("utf-8", "replace"),
    }


def _held(entry: Held) -> JsonValue:
    return {
        "import": entry.import_id,
        "list": entry.list,
        "file": entry.file,
        "status": entry.status,
        "number": entry.number,
        "since": moment(entry.since),
    }


def trust(offer: TrustOffer) -> Json:
    """What a server shows of itself."""
    details: Mapping[str, JsonValue] = dict(offer.details)
    return {
        "repository": offer.repository,
        "host": offer.host,
        "port": offer.port,
        "kind": offer.kind,
        "fingerprints": list(offer.fingerprints),
        "details": dict(details),
    }


def failure(reason: Reason, say: Say) -> Json:
    """Why a command could not answer."""
    return {"error": {"code": reason.code, "message": say(reason)}}
