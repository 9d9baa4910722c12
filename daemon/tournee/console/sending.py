"""Answers about what is sent: the deployments, what waits for a person, a message that would be sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tournee.console.terminal import FAINT, ODD, Column, Paper
from tournee.core.facts import DeploymentTotals, Draft, Held, Request

NUMBERS = ("planned", "waiting", "held", "sent", "failed", "uncertain", "blocked")


def deployments(
    paper: Paper, entries: Sequence[DeploymentTotals], held: Sequence[Held], pauses: Mapping[str, datetime]
) -> None:
    """How many messages of each are where; below, what is in no column, is paused, and waits for a person."""
    if not entries:
        paper.line(paper.word("note_no_deployments"))
        return
    columns = [
        Column(title=paper.word("word_deployment"), fold=True),
        *[Column(title=paper.word(f"word_{name}"), right=True) for name in NUMBERS],
    ]
    rows = [
        [f"{entry.deployment} ({entry.channel})", *[str(getattr(entry, name)) for name in NUMBERS]]
        for entry in entries
    ]
    paper.table(columns, rows)
    below = [*_asides(paper, entries, pauses), *(_waits(paper, entry) for entry in held)]
    if below:
        paper.line()
    for line in below:
        paper.line(line, ODD)


def _asides(paper: Paper, entries: Sequence[DeploymentTotals], pauses: Mapping[str, datetime]) -> list[str]:
    elsewhere = [
        paper.word(code, deployment=entry.deployment, count=number)
        for entry in entries
        for code, number in (("note_sending", entry.sending), ("note_cancelled_before", entry.cancelled))
        if number
    ]
    paused = [
        paper.word("note_is_paused" if key else "note_all_paused", deployment=key, at=paper.time(at))
        for key, at in sorted(pauses.items())
    ]
    return elsewhere + paused


def _waits(paper: Paper, entry: Held) -> str:
    """What a person has to decide, and by which commands."""
    return paper.word(
        f"note_{entry.status}",
        deployment=entry.deployment,
        count=entry.number,
        since=paper.time(entry.since),
        id=entry.import_id,
        file=entry.file,
        list=entry.list,
    )


# ---------------------------------------------------------------- what would be sent


def preview(paper: Paper, draft: Draft) -> None:
    """The message as its receiver reads it, or the request that carries it."""
    head = {
        "word_from": draft.sender,
        "word_to": draft.to or paper.word("note_no_address"),
        "word_subject": draft.subject,
    }
    for code, value in head.items():
        if value:
            paper.line(paper.about(paper.word(code), value))
    for name, value in draft.headers.items():
        paper.line(f"{name}: {value}", FAINT)
    if draft.text is not None:
        paper.line()
        _text(paper, draft.text)
    if draft.parts is not None:
        paper.line()
        numbers = {"count": draft.parts, "characters": draft.characters, "encoding": draft.encoding}
        paper.line(paper.word("note_parts", **numbers), ODD if draft.parts > 1 else "")
    if draft.request:
        paper.line()
        _request(paper, draft.request)


def _request(paper: Paper, request: Request) -> None:
    paper.line(f"{request.method} {request.url}")
    for name, value in request.headers.items():
        paper.line(f"{name}: {value}", FAINT)
    paper.line()
    _text(paper, request.content.decode("utf-8", "replace"))


def _text(paper: Paper, text: str) -> None:
    for line in text.splitlines():
        paper.line(line)
