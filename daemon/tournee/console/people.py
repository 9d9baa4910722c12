"""Answers about people: what is stored of them, and what was decided and sent."""

from collections.abc import Sequence

from tournee.console.terminal import GOOD, ODD, Cell, Column, Paper
from tournee.core.facts import Contact, DecisionRecord, DeploymentTotals, Verdict


def contact(paper: Paper, person: Contact) -> None:
    """A contact as stored; what is not known is left out."""
    known = {
        "email": person.email,
        "phone": person.phone,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "gender": person.gender,
        "title": person.title,
        "country": person.country,
        "language": person.language,
        **{name: None if value is None else str(value) for name, value in person.fields.items()},
    }
    rows: list[Sequence[Cell]] = [(name, value) for name, value in known.items() if value is not None]
    refusals = [
        (paper.word("word_opt_out"), f"{entry.channel} {paper.time(entry.at)} {entry.reason or ''}".rstrip())
        for entry in person.opt_outs
    ]
    rows = [
        ("id", str(person.id)),
        *rows,
        (paper.word("word_lists"), ", ".join(person.lists) or "–"),
        *[(title, (text, ODD)) for title, text in refusals],
        (paper.word("word_created"), paper.time(person.created_at)),
        (paper.word("word_updated"), paper.time(person.updated_at)),
    ]
    paper.table([Column(), Column(fold=True)], rows)


def why(paper: Paper, decisions: Sequence[DecisionRecord]) -> None:
    """Each decision about a contact as a story, newest first."""
    if not decisions:
        paper.line(paper.word("note_no_decisions"))
    for entry in decisions:
        paper.line(f"{paper.time(entry.decided_at)}  {_decided(paper, entry)}", _decision_style(entry))
        paper.line(
            paper.word("note_decided_by", id=entry.import_id, file=entry.file, list=entry.list), indent=2
        )
        if entry.reason:
            paper.line(paper.say(entry.reason), indent=2)
        if entry.status:
            at = paper.time(entry.sent_at)
            paper.line(paper.word(f"send_{entry.status}", at=at, attempts=entry.attempts), indent=2)
        if entry.answer:
            paper.line(paper.word("note_answer", answer=entry.answer), indent=2)


def _decided(paper: Paper, entry: DecisionRecord) -> str:
    return paper.word(
        f"note_decided_{entry.verdict}", deployment=entry.deployment, channel=entry.channel, rule=entry.rule
    )


def _decision_style(entry: DecisionRecord) -> str:
    return ODD if entry.verdict is Verdict.BLOCKED or entry.status in ("failed", "uncertain") else GOOD


def deployments(paper: Paper, entries: Sequence[DeploymentTotals]) -> None:
    """How many solicitations of each deployment are where."""
    if not entries:
        paper.line(paper.word("note_no_deployments"))
        return
    numbers = ("planned", "waiting", "held", "sent", "failed", "uncertain", "blocked")
    columns = [
        Column(title=paper.word("word_deployment"), fold=True),
        *[Column(title=paper.word(f"word_{name}"), right=True) for name in numbers],
    ]
    rows = [
        [f"{entry.deployment} ({entry.channel})", *[str(getattr(entry, name)) for name in numbers]]
        for entry in entries
    ]
    paper.table(columns, rows)
