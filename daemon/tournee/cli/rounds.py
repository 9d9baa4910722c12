"""Commands that go the round: run, check, poll, import, retry."""

import signal
import sys
from logging import INFO, WARNING
from typing import TYPE_CHECKING, Annotated

import typer

from tournee.cli.groups import ImportId, ListKey, app
from tournee.cli.way import FAILED, FINE, USAGE, Way, command
from tournee.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tournee.actions import App
    from tournee.core.facts import Import, PollReport, SendReport

Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 also when rows were rejected.")]
Force = Annotated[bool, typer.Option("--force", help="Overrule `reject_above` and `mirror_limit`.")]
NoSend = Annotated[bool, typer.Option("--no-send", help="Leave solicitations that are due in the outbox.")]


@command(app, "run")
def run(way: Way) -> int:
    """Run the daemon until it is told to stop.

    It logs to stderr: pretty on a terminal, JSON elsewhere or with --json; warnings only with --quiet.
    """
    for number in (signal.SIGTERM, signal.SIGINT):  # until the daemon listens itself
        signal.signal(number, lambda _number, _frame: sys.exit(FINE))
    from tournee import daemon, telemetry

    telemetry.setup(WARNING if way.console.quiet else INFO, json=way.console.json or None)
    with way.app() as opened:
        return daemon.run(opened, way.load)


@command(app, "check")
def check_configuration(
    way: Way,
    *,
    connect: Annotated[bool, typer.Option("--connect", help="Try every repository, too.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the configuration.")
    ] = False,
) -> int:
    """Check the configuration, and repositories too.

    Exit 2 if the configuration is wrong, 1 if a repository cannot be reached.
    """
    from tournee.actions import check
    from tournee.config import json_schema

    if schema:
        way.console.schema(json_schema())
        return FINE
    try:
        config = way.load()
    except ConfigurationError as wrong:
        way.console.misconfigured(wrong.problems)
        return USAGE
    repositories = None
    if connect:
        with way.app() as opened:
            repositories = check.connect(opened)
    settings = config.settings
    way.console.checked(
        counted={
            "lists": len(settings.lists),
            "repositories": len(settings.repositories),
            "deployments": len(settings.deployments),
        },
        warnings=config.warnings,
        repositories=repositories,
    )
    return FINE if all(entry.ok for entry in repositories or ()) else FAILED


@command(app, "poll")
def poll_lists(
    way: Way,
    lists: Annotated[list[str] | None, typer.Argument(metavar="LIST", help="All lists by default.")] = None,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until what was seen has settled.")] = False,
    strict: Strict = False,
    no_send: NoSend = False,
) -> int:
    """Make one pass now, send what is due, and exit.

    Exit 1 if a repository failed or a file was rejected.
    """
    from tournee.actions import explain, poll, quiet
    from tournee.console import went_wrong

    with way.app() as opened:
        with way.console.progress() as progress:
            reports = poll.poll_lists(opened, lists or [], wait=wait, progress=progress or quiet)
        named = [file.import_id for report in reports for file in report.files if file.import_id is not None]
        records = {number: explain.show(opened, number) for number in named}
        way.console.polled(reports, records)
        failed = _afterwards(opened, way, _made(reports, records), send=not no_send)
    wrong = failed or any(went_wrong(report, strict=strict) for report in reports)
    return FAILED if wrong else FINE


@command(app, "import")
def import_file(
    way: Way,
    key: ListKey,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file of this machine.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do; write nothing.")] = False,
    force: Force = False,
    strict: Strict = False,
    no_send: NoSend = False,
) -> int:
    """Import a file of this machine into a list.

    It is imported whatever was imported before. Exit 1 if the file is rejected.
    """
    from tournee.actions import intake, quiet

    with way.app() as opened:
        with way.console.progress() as progress:
            taken = intake.import_file(
                opened, key, file, dry_run=dry_run, force=force, progress=progress or quiet
            )
        way.console.imported(taken.record, taken.errors, taken.preview)
        failed = False if dry_run else _afterwards(opened, way, [taken.record], send=not no_send)
    return FAILED if failed or _refused(taken.record, strict=strict) else FINE


@command(app, "retry")
def retry_import(
    way: Way, import_id: ImportId, *, force: Force = False, strict: Strict = False, no_send: NoSend = False
) -> int:
    """Fetch the file of an import and import it again.

    For a file that was rejected because of the configuration. Exit 1 if it is gone, changed or rejected.
    """
    from tournee.actions import quiet, retry

    with way.app() as opened:
        with way.console.progress() as progress:
            taken = retry.retry(opened, import_id, force=force, progress=progress or quiet)
        way.console.imported(taken.record, taken.errors, taken.preview)
        failed = _afterwards(opened, way, [taken.record], send=not no_send)
    return FAILED if failed or _refused(taken.record, strict=strict) else FINE


def _refused(record: "Import", *, strict: bool) -> bool:
    """Whether the file was rejected or, where that is strict, a row of it."""
    return record.reason is not None or (strict and record.counts.rejected > 0)


def _made(reports: "Sequence[PollReport]", records: "Mapping[int, Import]") -> "list[Import]":
    """The imports that this pass made, not those that it met again."""
    from tournee.core.facts import FileOutcome

    files = (file for report in reports for file in report.files if file.outcome is not FileOutcome.KNOWN)
    return [records[file.import_id] for file in files if file.import_id is not None]


def _afterwards(opened: "App", way: Way, made: "Sequence[Import]", *, send: bool) -> bool:
    """Send what is due and deliver alerts; whether a message was given up or may have been lost.

    `made` are the imports of this command: what was decided of them is told as it is in the end.
    """
    try:
        report = _sent(opened, way, made, send=send)
    except Exception:  # whatever keeps invitations back keeps no alert back
        _alert(opened, way)
        raise
    way.console.sent(report)
    _alert(opened, way)
    return report.failed > 0 or report.uncertain > 0


def _alert(opened: "App", way: Way) -> None:
    from tournee.actions import alert

    delivered = alert.deliver(opened)
    way.console.alerted(delivered.sent, delivered.later, delivered.reason)


def _sent(opened: "App", way: Way, made: "Sequence[Import]", *, send: bool) -> "SendReport":
    from tournee.actions import explain
    from tournee.actions import send as outbox
    from tournee.core.facts import SendReport

    records = made
    try:
        report = outbox.send_due(opened) if send else SendReport()
        records = [explain.show(opened, record.id) for record in made if record.id is not None]
        return report
    finally:  # what was imported is told whatever becomes of the sending
        way.console.decided(records)
