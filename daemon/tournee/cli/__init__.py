"""Commands: arguments -> one action -> console. What each shares with the others is in `way`."""

import gc
import os
import signal
import sys
from io import TextIOWrapper
from logging import INFO, WARNING
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tournee.cli.way import FAILED, FINE, USAGE, ConfigPath, Way, command
from tournee.core.errors import ConfigurationError

if TYPE_CHECKING:
    from tournee.actions import App
    from tournee.core.facts import Import

IMPORTS_SHOWN = 20

_OPTIONS = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    name="tournee",
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show the values of variables
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings=_OPTIONS,
)
contact = typer.Typer(no_args_is_help=True, context_settings=_OPTIONS, rich_markup_mode=None)
db = typer.Typer(no_args_is_help=True, context_settings=_OPTIONS, rich_markup_mode=None)
app.add_typer(contact, name="contact", help="A person's record: show, add, set, opt-out, opt-in.")
app.add_typer(db, name="db", help="The database: upgrade.")

Who = Annotated[str, typer.Argument(metavar="CONTACT", help="An email address, a phone number or an id.")]
ListKey = Annotated[str, typer.Argument(metavar="LIST", help="The key of a list.")]
ImportId = Annotated[int, typer.Argument(metavar="ID", help="The number of an import.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 also when rows were rejected.")]
Force = Annotated[bool, typer.Option("--force", help="Overrule `reject_above` and `mirror_limit`.")]
NoSend = Annotated[bool, typer.Option("--no-send", help="Leave solicitations that are due in the outbox.")]
Assignments = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="email=…, first_name=…")]
OptChannel = Annotated[Literal["all", "email", "sms", "webhook"], typer.Option("--channel")]
OptReason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for whoever asks.")]


def main() -> None:
    """The entry point; the process ends with the exit code of the command."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed by whoever started us
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="tournee")
    finally:
        gc.freeze()  # nothing is left to be collected, and the interpreter would look at everything twice


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tournee {version('tournee')}")
        raise typer.Exit


@app.callback()
def tournee(
    context: typer.Context,
    config: ConfigPath = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The postman's round: files dropped on FTP, FTPS and SFTP servers become contacts and invitations."""
    context.obj = config


# ---------------------------------------------------------------- the round


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
        made = [file.import_id for report in reports for file in report.files if file.import_id is not None]
        way.console.polled(reports, {number: explain.show(opened, number) for number in made})
        failed = _afterwards(opened, way, send=not no_send)
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
        failed = False if dry_run else _afterwards(opened, way, send=not no_send)
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
        failed = _afterwards(opened, way, send=not no_send)
    return FAILED if failed or _refused(taken.record, strict=strict) else FINE


def _refused(record: "Import", *, strict: bool) -> bool:
    """Whether the file was rejected or, where that is strict, a row of it."""
    return record.reason is not None or (strict and record.counts.rejected > 0)


def _afterwards(opened: "App", way: Way, *, send: bool) -> bool:
    """Send what is due and deliver alerts; whether a message was given up or may have been lost."""
    from tournee.actions import alert
    from tournee.actions import send as outbox

    failed = False
    if send:
        report = outbox.send_due(opened)
        way.console.sent(report)
        failed = report.failed > 0 or report.uncertain > 0
    delivered = alert.deliver(opened)
    way.console.alerted(delivered.sent, delivered.later, delivered.reason)
    return failed


# ---------------------------------------------------------------- answers


@command(app, "template")
def template(way: Way, key: ListKey) -> None:
    """Print the CSV template of a list."""
    from tournee.actions import check

    with way.app() as opened:
        way.console.template(key, check.template(opened, key))


@command(app, "status")
def status(way: Way) -> None:
    """Show the lists and what is wrong now."""
    from tournee.actions import explain

    with way.app() as opened:
        way.console.status(explain.status(opened))


@command(app, "imports")
def imports(
    way: Way,
    *,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, metavar="N", show_default=f"{IMPORTS_SHOWN}; all with --json"),
    ] = None,
) -> None:
    """Show the history of imports, newest first."""
    from tournee.actions import explain

    shown = limit or (None if way.console.json else IMPORTS_SHOWN)
    with way.app() as opened:
        entries = explain.history(opened, None if shown is None else shown + 1)
        way.console.imports(entries[:shown], more=len(entries[:shown]) < len(entries))


@command(app, "show")
def show(way: Way, import_id: ImportId) -> None:
    """Show one import: counts, warnings, decisions."""
    from tournee.actions import explain

    with way.app() as opened:
        way.console.record(explain.show(opened, import_id))


@command(app, "errors")
def errors(
    way: Way,
    import_id: ImportId,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")] = False,
) -> None:
    """Show the rejected rows of an import: line, column, reason."""
    from tournee.actions import explain

    if as_csv and way.console.json:
        raise typer.BadParameter("--csv and --json are two forms of the answer: ask for one of them.")
    with way.app() as opened:
        way.console.row_errors(explain.errors(opened, import_id), as_csv=as_csv)


@command(app, "why")
def why(way: Way, who: Who) -> None:
    """Show why a contact was solicited, or was not."""
    from tournee.actions import explain

    with way.app() as opened:
        way.console.why(explain.why(opened, who))


@command(app, "deployments")
def deployments(way: Way) -> None:
    """Show the deployments and their counts."""
    from tournee.actions import explain

    with way.app() as opened:
        way.console.deployments(explain.deployments(opened))


@command(app, "trust")
def trust(
    way: Way,
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="The key of a repository.")],
) -> None:
    """Show a server's host keys or certificate, to pin."""
    from tournee.actions import check

    way.console.trust(check.trust(way.config, repository))


# ---------------------------------------------------------------- people


@command(contact, "show")
def contact_show(way: Way, who: Who) -> None:
    """Show a contact."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.contact(contacts.show(opened, who))


@command(contact, "add")
def contact_add(
    way: Way,
    assignments: Assignments,
    *,
    lists: Annotated[
        list[str] | None, typer.Option("--list", metavar="LIST", help="A list to join; may be given again.")
    ] = None,
) -> None:
    """Add a contact by hand."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.changed(contacts.add(opened, assignments, lists or []))


@command(contact, "set")
def contact_set(way: Way, who: Who, assignments: Assignments) -> None:
    """Change fields of a contact; `FIELD=` clears one."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.changed(contacts.change(opened, who, assignments))


@command(contact, "opt-out")
def contact_opt_out(way: Way, who: Who, *, channel: OptChannel = "all", reason: OptReason = None) -> None:
    """Record that a contact wants no more messages.

    No import undoes it.
    """
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.changed(contacts.opt_out(opened, who, channel, reason), "note_opted_out", channel=channel)


@command(contact, "opt-in")
def contact_opt_in(way: Way, who: Who, *, channel: OptChannel = "all", reason: OptReason = None) -> None:
    """Record that a contact accepts messages again."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.changed(
            contacts.opt_in(opened, who, channel, reason or ""), "note_opted_in", channel=channel
        )


# ---------------------------------------------------------------- the rest


@command(db, "upgrade")
def db_upgrade(way: Way) -> None:
    """Bring the tables to this version."""
    from tournee.actions import database

    database.upgrade(way.config)
    way.console.upgraded()


@command(app, "demo")
def demo(_way: Way) -> int:
    """Show all of it in one minute."""
    from tournee import demo

    return demo.run()
