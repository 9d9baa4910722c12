"""Answers about people: what is stored of them."""

from collections.abc import Sequence

from tournee.console.terminal import ODD, Cell, Column, Paper
from tournee.core.facts import Contact


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
