"""The only place that prints.

Door: `Console`, which has one verb for each answer. An answer is JSON with `--json` and a page for people
without; what went wrong goes to stderr, and with `--json` to stdout as well (`{error: {code, message}}`), so
that stdout always parses. `--quiet` leaves out what went well.
"""

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from tournee.console import pages, people, sending, shapes, story
from tournee.console.terminal import GOOD, Paper, Say, progress, watched
from tournee.core.facts import (
    Contact,
    DeploymentTotals,
    Draft,
    Held,
    Import,
    JsonValue,
    PollReport,
    Preview,
    Problem,
    Reason,
    RepositoryCheck,
    RowError,
    SendReport,
    Status,
    Story,
    TrustOffer,
)
from tournee.core.messages import error_cells, sentence
from tournee.core.messages.grammar import plain

__all__ = ["Console", "Paper", "went_wrong"]

#: What JSON may hold and a terminal must not be shown: controls, marks that turn the text, half characters.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@dataclass(slots=True, kw_only=True)
class Console:
    """Where answers go: `language` of the sentences, `zone` of the times that people read."""

    language: str = "en"
    json: bool = False
    quiet: bool = False
    zone: tzinfo = UTC
    _answered: bool = field(default=False, init=False)  # stdout has its one JSON value

    # ---------------------------------------------------------------- answers

    def status(self, answer: Status) -> None:
        """Lists and what is wrong now."""
        self._answer(lambda: shapes.status(answer, self._say), lambda paper: pages.status(paper, answer))

    def imports(self, entries: Sequence[Import], *, more: bool) -> None:
        """History, newest first; `more` says that there are older ones."""

        def page(paper: Paper) -> None:
            pages.imports(paper, entries)
            if more:
                paper.line(paper.word("note_older", limit=10 * len(entries)))

        self._answer(lambda: [shapes.record(entry, self._say) for entry in entries], page)

    def record(self, entry: Import) -> None:
        """One import."""
        self._answer(lambda: shapes.record(entry, self._say), lambda paper: pages.record(paper, entry))

    def imported(self, entry: Import, errors: Sequence[RowError], preview: Preview | None) -> None:
        """What a person had imported; where it was only tried, also how the file was read, and its errors.

        Where it was not only tried, `decided` follows, with which the answer in JSON waits.
        """
        if self.json and preview:
            tried = shapes.tried(preview, errors, self._say)
            self._write_json(shapes.record(entry, self._say) | tried)
        elif not self.json and (entry.reason or not self.quiet):
            pages.imported(self._paper(), entry, decided=preview is not None)
            if preview:
                pages.tried(self._paper(), preview, errors)

    def decided(self, entries: Sequence[Import]) -> None:
        """What was decided of the imports of a command and how much of it is unsent when all was sent."""
        if self.json:
            for entry in entries:
                self._write_json(shapes.record(entry, self._say))
        elif not self.quiet:
            pages.decided(self._paper(), entries)

    def row_errors(self, errors: Sequence[RowError], *, as_csv: bool) -> None:
        """The row errors of an import."""
        if as_csv:
            self._paper().write(self._csv(errors))
            return
        self._answer(
            lambda: [shapes.row_error(error, self._say) for error in errors],
            lambda paper: pages.row_errors(paper, errors),
        )

    def _csv(self, errors: Sequence[RowError]) -> str:
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("line", "column", "code", "message"))
        table.writerows(error_cells(errors, self.language))
        return text.getvalue()

    def polled(self, reports: Sequence[PollReport], records: dict[int, Import]) -> None:
        """What each pass did; with `--quiet`, those that went wrong."""

        def page(paper: Paper) -> None:
            for report in reports:
                if not self.quiet or went_wrong(report):
                    pages.poll(paper, report, records)

        self._answer(lambda: [shapes.poll(report, self._say) for report in reports], page)

    def sent(self, report: SendReport) -> None:
        """What left the outbox; what could not is told on stderr."""
        if not (self.json or self.quiet):
            pages.sent(self._paper(), report)
        if report.reason:
            self._complain(self._say(report.reason))

    def alerted(self, sent: int, later: int, reason: Reason | None) -> None:
        """What alerts left; what could not is told on stderr."""
        if not (self.json or self.quiet):
            pages.alerted(self._paper(), sent, later)
        if reason:
            self._complain(self._say(reason))

    def checked(
        self,
        *,
        counted: Mapping[str, int],
        warnings: Sequence[Problem],
        repositories: Sequence[RepositoryCheck] | None,
    ) -> None:
        """A configuration that is right; `repositories` is None where they were not tried."""

        def page(paper: Paper) -> None:
            if not self.quiet:
                paper.line(paper.word("note_configured", **counted), GOOD)
            pages.check(paper, warnings, repositories)

        self._answer(lambda: shapes.check((), warnings, repositories, self._say), page)

    def misconfigured(self, problems: Sequence[Problem]) -> None:
        """Every mistake of the configuration, for `check`."""
        if self.json:
            self._write_json(shapes.check(problems, (), None, self._say))
        self._list_problems(problems)

    def trust(self, offer: TrustOffer) -> None:
        """What a server shows of itself, to be pinned."""
        self._answer(lambda: shapes.trust(offer), lambda paper: pages.trust(paper, offer))

    def contact(self, person: Contact) -> None:
        """A contact."""
        self._answer(lambda: shapes.contact(person), lambda paper: people.contact(paper, person))

    def changed(self, person: Contact, code: str | None = None, **details: object) -> None:
        """A contact that a person changed: as it is now, or the one sentence of `code`."""
        if self.json:
            self._write_json(shapes.contact(person))
        elif code and not self.quiet:
            self._note(code, id=person.id, **details)
        elif not self.quiet:
            people.contact(self._paper(), person)

    def contact_answered(self, person: Contact, deployment: str | None, number: int) -> None:
        """A contact that answered: `number` messages, of one deployment or all."""
        self._did(
            {"id": person.id, "deployment": deployment, "answered": number},
            Reason("note_contact_answered", {"id": person.id, "deployment": deployment, "count": number}),
        )

    def export(self, told: Story) -> None:
        """All that is stored about a contact; it has one form, JSON."""
        self._write_json(shapes.export(told, self._say))

    def erased(self, number: int) -> None:
        """The contact that had this number is gone."""
        self._did({"id": number, "erased": True}, Reason("note_erased", {"id": number}))

    def why(self, told: Story) -> None:
        """Each solicitation decision about a contact."""
        self._answer(
            lambda: [shapes.decision(entry, self._say) for entry in told.decisions],
            lambda paper: story.why(paper, told),
        )

    def deployments(
        self, entries: Sequence[DeploymentTotals], held: Sequence[Held], pauses: Mapping[str, datetime]
    ) -> None:
        """How many solicitations of each deployment are where, what waits for a person, what is paused."""
        self._answer(
            lambda: [shapes.deployment(entry, held) for entry in entries],
            lambda paper: sending.deployments(paper, entries, held, pauses),
        )

    def preview(self, draft: Draft, *, html: bool) -> None:
        """A message that would be sent; or, for a browser, its HTML alone."""
        if html:
            self._paper().write(draft.html or "")
            return
        self._answer(lambda: shapes.draft(draft), lambda paper: sending.preview(paper, draft))

    def released(self, deployment: str, number: int) -> None:
        """So many messages of a deployment were let go by a person."""
        about = {"deployment": deployment, "count": number}
        self._did({"deployment": deployment, "released": number}, Reason("note_released", about))

    def cancelled(self, deployment: str, number: int, too_late: int) -> None:
        """So many messages of a deployment were given up by a person; `too_late` ones just left."""
        about = {"deployment": deployment, "count": number, "too_late": too_late}
        shape: JsonValue = {"deployment": deployment, "cancelled": number, "too_late": too_late}
        self._did(shape, Reason("note_cancelled", about))

    def paused(self, deployment: str | None, *, paused: bool, changed: bool) -> None:
        """A deployment, or everything, is paused or no longer; `changed` where it was not so before."""
        code = f"note_{'paused' if paused else 'resumed'}{'' if changed else '_already'}"
        shape: JsonValue = {"deployment": deployment, "paused": paused, "changed": changed}
        self._did(shape, Reason(code, {"deployment": deployment}))

    def template(self, key: str, text: str) -> None:
        """A CSV template, to be put into a file: with the mark without which Excel misreads its accents."""
        if self.json:
            self._write_json({"list": key, "csv": text})
        else:
            into_a_file = self._speaks_unicode and not sys.stdout.isatty()
            self._paper().write(("\ufeff" if into_a_file else "") + text)

    def schema(self, schema: Mapping[str, JsonValue]) -> None:
        """The JSON Schema of the configuration."""
        self._write_json(dict(schema))

    def upgraded(self) -> None:
        """The tables are those of this version."""
        if self.json:
            self._write_json({"ok": True})
        elif not self.quiet:
            self._note("note_upgraded")

    # ---------------------------------------------------------------- what went wrong

    def trouble(self, reason: Reason) -> None:
        """Why a command could not do what was asked."""
        if self.json:
            self._write_json(shapes.failure(reason, self._say))
        self._complain(self._say(reason))

    def configuration(self, problems: Sequence[Problem]) -> None:
        """Every mistake of a configuration that another command than `check` cannot work with."""
        reason = Reason("configuration_wrong", {"count": len(problems)})
        if self.json:
            self._write_json(
                {**shapes.failure(reason, self._say), "errors": [shapes.problem(entry) for entry in problems]}
            )
        self._list_problems(problems)

    def bug(self, name: str, place: str) -> None:
        """Something that nobody thought of: `name` of the exception and `place` in the code."""
        self.trouble(Reason("bug", {"type": name, "place": place}))

    # ---------------------------------------------------------------- how

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None] | None]:
        """Bars on stderr where a person watches; None where not."""
        if self.json or self.quiet or not watched(sys.stderr):
            yield None
            return
        with progress(sys.stderr) as tell:
            yield tell

    @property
    def _say(self) -> Say:
        return lambda reason: sentence(reason, self.language)

    def _paper(self) -> Paper:
        return Paper(stream=sys.stdout, say=self._say, zone=self.zone)

    def _answer(self, shape: Callable[[], JsonValue], page: Callable[[Paper], None]) -> None:
        if self.json:
            self._write_json(shape())
        else:
            page(self._paper())

    def _write_json(self, value: JsonValue) -> None:
        """The one value of stdout; what goes wrong after it is told on stderr only."""
        if self._answered:
            return
        self._answered = True
        text = json.dumps(value, indent=2, ensure_ascii=not self._speaks_unicode)
        self._paper().write(_UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n")

    @property
    def _speaks_unicode(self) -> bool:
        return "utf" in (sys.stdout.encoding or "").lower()

    def _did(self, shape: JsonValue, told: Reason) -> None:
        """What a person had done: its shape, or its one sentence."""
        if self.json:
            self._write_json(shape)
        elif not self.quiet:
            self._paper().line(self._say(told))

    def _note(self, code: str, **details: object) -> None:
        paper = self._paper()
        paper.line(paper.word(code, **details))

    def _complain(self, text: str) -> None:
        Paper(stream=sys.stderr, say=self._say).line(text)

    def _list_problems(self, problems: Sequence[Problem]) -> None:
        paper = Paper(stream=sys.stderr, say=self._say)
        for problem in problems:
            paper.write(f"{plain(str(problem))}\n")


def went_wrong(report: PollReport, *, strict: bool = False) -> bool:
    """Whether a pass failed, or rejected or failed a file; where it is strict, or rejected rows."""
    wrong = {"rejected", "failed"} | ({"imported_with_errors"} if strict else set())
    return not report.ok or any(file.outcome in wrong for file in report.files)
