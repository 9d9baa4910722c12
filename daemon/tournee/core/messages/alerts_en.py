"""The words of alerts, in English."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.en import count
from tournee.core.messages.grammar import Details, Words, held_as, held_parts, texts, whole


def _duration(details: Details) -> str:
    minutes = max(1, whole(details["seconds"]) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{count(days, 'day', 'days')} {hours} h" if hours else count(days, "day", "days")
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def _lists(details: Details) -> str:
    names = texts(details["names"])
    return f"list {names[0]}" if len(names) == 1 else count(len(names), "list", "lists")


def _some_rows(details: Details) -> str:
    return f"{whole(details['rejected']):,} of {count(details['read'], 'row', 'rows')} could not be imported."


def _rest(details: Details) -> str:
    rest = whole(details["read"]) - whole(details["rejected"])
    verb = "row was" if rest == 1 else "rows were"
    return (
        f"The other {rest:,} {verb} imported: {whole(details['created']):,} new, {whole(details['updated']):,} changed, "
        f"{whole(details['unchanged']):,} unchanged, {whole(details['duplicate']):,} duplicate."
    )


def _files(details: Details) -> str:
    return f"{count(details['files'], 'file', 'files')} with problems, {details['rejected']} rejected"


def _kept(details: Details) -> str:
    where = f"It is moved to `{details['moved_to']}`." if details.get("moved_to") else "It stays where it is."
    return f"Nothing of the file was imported: the list is as it was. {where}"


def _held(details: Details) -> str:
    names = texts(details.get("deployments"))
    which = ", ".join(names) if len(names) <= 3 else count(len(names), "deployment", "deployments")
    return f"{count(details.get('number', 0), 'invitation', 'invitations')} of {which or '?'} held ({details['where']})"


def _held_reason(details: Details) -> str:
    return " ".join([*map(_held_part, held_parts(details)), *_more(details)])


def _held_part(part: Details) -> str:
    return (
        f"Import {part['import']} ({part['file']}) would have sent {part['deployment']} to "
        f"{count(part['number'], 'person', 'people')}, far more than usual (`hold_above`)."
    )


def _more(details: Details) -> list[str]:
    return [f"And {whole(details['more']):,} more: `tournee deployments`."] if details.get("more") else []


def _held_now(details: Details) -> str:
    told = [
        f"{_held_part(part)} `tournee release {held_as(part)}` sends them, `tournee cancel {held_as(part)}` gives them up."
        for part in held_parts(details)
    ]
    return " ".join([*told, *_more(details)])


def _held_do(details: Details) -> str:
    ways = [
        f"`tournee release {held_as(part)}` lets them go; if not, `tournee cancel {held_as(part)}` gives them up."
        for part in held_parts(details)
    ]
    listed = f"If it is right, {ways[0]}" if len(ways) == 1 else "\n".join(["If it is right:", *ways])
    rest = "`tournee deployments` shows everything that is held. You are reminded once a day while it lasts."
    return f"{listed}{' ' if len(ways) == 1 else chr(10)}{rest}"


WORDS: Words = {
    "alert_closed": "{place} is polled again",
    "alert_closed_did": "It was polled again without trouble on {at}. What lies there is taken now.",
    "alert_closed_do": "Nothing.",
    "alert_closed_subject": "Over: {place} is polled again, after {duration} ({where})",
    "alert_closed_was": "Since {since} it could not be polled: {was}",
    "alert_date": "d MMMM y, HH:mm",
    "alert_deployment": "Deployment",
    "alert_deployments": "Deployments",
    "alert_did": "What was done",
    "alert_do": "What to do",
    "alert_duration": _duration,
    "alert_errors": lambda d: f"{count(d['rejected'], 'row', 'rows')} of {d['file']} rejected",
    "alert_errors_did": _rest,
    "alert_errors_do": "Correct these rows where the file comes from, and drop it again under the same name or another: what is in the list already is not doubled. All of them: `tournee errors {id}`",
    "alert_errors_first": lambda d: (
        "The row error:" if d["count"] == 1 else f"The first {d['count']} row errors:"
    ),
    "alert_errors_happened": _some_rows,
    "alert_errors_subject": lambda d: (
        f"{count(d['rejected'], 'row', 'rows')} rejected in {d['file']} (list {d['list']})"
    ),
    "alert_file": "File",
    "alert_files": _files,
    "alert_files_subject": lambda d: f"{_files(d)} ({_lists(d)})",
    "alert_happened": "What happened",
    "alert_held": _held,
    "alert_held_did": "The file was imported. None of these invitations leaves before a person says so; everything else goes on.",
    "alert_held_do": _held_do,
    "alert_held_over": "nothing is held any more ({where})",
    "alert_held_over_did": "It was released or cancelled; `tournee deployments` shows how many were sent.",
    "alert_held_over_do": "Nothing.",
    "alert_import": "Import",
    "alert_list": "List",
    "alert_place_list": "list {name}",
    "alert_lists": "Lists",
    "alert_lists_of": _lists,
    "alert_over_subject": "Over: {headline}, after {duration}",
    "alert_over_was": "Since {since}: {was}",
    "alert_place_repository": "repository {name}",
    "alert_rejected": "{file} was rejected",
    "alert_rejected_did": _kept,
    "alert_rejected_do": "Drop a corrected file, under the same name or another: it is taken by itself. If it is the configuration that is wrong, mend it and say `tournee retry {id}`.",
    "alert_rejected_do_rows": "Drop a corrected file, under the same name or another: it is taken by itself. If it is the configuration that is wrong, mend it and say `tournee retry {id}`. Every row error: `tournee errors {id}`",
    "alert_rejected_subject": "Rejected: {file} (list {list})",
    "alert_reminder_subject": "Since {since}: {headline} ({where})",
    "alert_repository": "Repository",
    "alert_row": "  line {line}, {column}: {why}",
    "alert_row_whole": "  line {line}: {why}",
    "alert_send_failures": "invitations do not leave ({where})",
    "alert_send_failures_did": "What was put off is tried again by itself, for up to three days; what was refused for good is given up. Nothing is sent twice.",
    "alert_send_failures_do": "Put right what is said above: what waits then leaves by itself. `tournee deployments` shows how much waits and how much was given up; `tournee pause {deployment}` stops it meanwhile. You are reminded once a day while it lasts, and told when it is over.",
    "alert_send_failures_over": "invitations leave again ({where})",
    "alert_send_failures_over_did": "An invitation was sent without trouble. What waited leaves now.",
    "alert_send_failures_over_do": "Nothing. What was given up meanwhile is shown by `tournee deployments`.",
    "alert_since": "Since",
    "alert_still_subject": "Since {since}: {headline}",
    "alert_unreachable": "{place} cannot be polled: {trouble}",
    "alert_unreachable_did": "Nothing was taken since. It is tried again at every poll, and what lies there is taken at the first that succeeds. Other repositories go on.",
    "alert_unreachable_do": "Once it is put right, `tournee check --connect` tries it at once. You are reminded once a day while it lasts, and told when it is over.",
    "alert_untrusted": "{place} is not trusted: polling has stopped",
    "alert_untrusted_did": "The connection was ended before a password was given or a file taken. It is tried again at every poll. Other repositories go on.",
    "alert_untrusted_do": "Ask whoever runs the server, by another way than this connection, whether its key or certificate was changed. If so, `tournee trust {repository}` shows what to put into the configuration; if not, somebody may be listening in. You are reminded once a day while it lasts, and told when it is over.",
    "alert_warnings": "Also:",
    "alert_when": "When",
    "held": _held_reason,
    "held_now": _held_now,
}
