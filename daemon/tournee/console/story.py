"""The story of a contact: what was decided about it and why, what became of it, what it refused."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter

from tournee.console.terminal import BAD, GOOD, ODD, Paper
from tournee.core.facts import DecisionRecord, OptOutRecord, SendStatus, Story, Verdict, paused_since

#: When something happened, and how to tell it.
Event = tuple[datetime, Callable[[], None]]

STYLES = {
    None: ODD,
    SendStatus.BLOCKED: ODD,
    SendStatus.CANCELLED: ODD,
    SendStatus.UNCERTAIN: BAD,
    SendStatus.FAILED: BAD,
}
UNSENT = (SendStatus.WAITING, SendStatus.HELD)


def why(paper: Paper, told: Story) -> None:
    """Everything that happened, newest first; reminders stand below their invitation."""
    events = [*_refusals(paper, told.opt_outs), *_invitations(paper, told)]
    for _at, tell in sorted(events, key=itemgetter(0), reverse=True):
        tell()
    if not told.decisions:
        paper.line(paper.word("note_no_decisions"))


def _refusals(paper: Paper, opt_outs: Sequence[OptOutRecord]) -> Iterator[Event]:
    for entry in opt_outs:
        details = {"channel": entry.channel, "source": entry.source, "reason": entry.reason}
        yield entry.at, _event(paper, entry.at, paper.word("note_opt_out", **details), ODD)
        if entry.ended_at:
            details = {"channel": entry.channel, "reason": entry.end_reason}
            yield entry.ended_at, _event(paper, entry.ended_at, paper.word("note_opt_in", **details), GOOD)


def _event(paper: Paper, at: datetime, told: str, style: str) -> Callable[[], None]:
    return lambda: paper.line(f"{paper.time(at)}  {told}", style)


def _invitations(paper: Paper, told: Story) -> Iterator[Event]:
    known = {entry.id for entry in told.decisions}
    reminders: dict[int, list[DecisionRecord]] = {}
    for entry in told.decisions:
        if entry.reminds in known:
            reminders.setdefault(entry.reminds or 0, []).insert(0, entry)
    for entry in told.decisions:
        if entry.reminds not in known:
            yield entry.decided_at, _invitation(paper, told, entry, reminders.get(entry.id, ()))


def _invitation(
    paper: Paper, told: Story, entry: DecisionRecord, reminders: Sequence[DecisionRecord]
) -> Callable[[], None]:
    def tell() -> None:
        about = {"deployment": entry.deployment, "channel": entry.channel, "told": _stands(paper, entry)}
        head = f"{paper.time(entry.decided_at)}  {paper.word('note_decision', **about)}"
        paper.line(head, STYLES.get(entry.status, GOOD))
        asked = {"id": entry.import_id, "file": entry.file, "list": entry.list}
        for line in (paper.word("note_asked_by", **asked), *_because(paper, told, entry)):
            paper.line(line, indent=2)
        for reminder in reminders:
            head = paper.word("note_reminder", number=reminder.reminder, told=_stands(paper, reminder))
            paper.line(head, STYLES.get(reminder.status, GOOD), indent=2)
            for line in _because(paper, told, reminder):
                paper.line(line, indent=4)

    return tell


def _stands(paper: Paper, entry: DecisionRecord) -> str:
    """Where the message is, in a few words."""
    if entry.status is None:
        return paper.word("told_blocked")
    if entry.status is SendStatus.BLOCKED:
        return paper.word("told_stopped")
    due = entry.next_attempt_at
    later = due if due and due > entry.decided_at else None
    at = entry.sent_at if entry.status is SendStatus.SENT else later
    return paper.word(f"told_{entry.status}", at=paper.time(at) if at else None)


def _because(paper: Paper, told: Story, entry: DecisionRecord) -> Iterator[str]:
    """Which rule said what, what the server answered, what it waits for, whether the contact answered."""
    yield from _rule(paper, entry)
    waits = entry.status in UNSENT
    paused_at = paused_since(told.pauses, entry.deployment)
    if waits and paused_at:
        yield paper.word("note_paused_since", at=paper.time(paused_at), deployment=entry.deployment)
    if waits and entry.expires_at:
        yield paper.word("note_expires", at=paper.time(entry.expires_at))
    if entry.attempts and entry.status in (SendStatus.WAITING, SendStatus.FAILED):
        yield paper.word("note_attempts", count=entry.attempts)
    if entry.answer:
        yield paper.word("note_answer", answer=entry.answer)
    if entry.answered_at:
        yield paper.word("note_answered", at=paper.time(entry.answered_at))


def _rule(paper: Paper, entry: DecisionRecord) -> Iterator[str]:
    no = entry.verdict is Verdict.BLOCKED or entry.status is SendStatus.BLOCKED
    if entry.rule and entry.reason:
        code = "note_rule_no" if no else "note_rule_wait"
        yield paper.word(code, rule=entry.rule, reason=paper.say(entry.reason))
    elif entry.reason:
        yield paper.say(entry.reason)
    elif entry.reminds is None and not no:
        yield paper.word("note_rules_yes")
