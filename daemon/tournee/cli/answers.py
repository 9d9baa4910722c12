"""Commands that answer: template, status, imports, show, errors, why, trust."""

from typing import Annotated

import typer

from tournee.cli.groups import ImportId, ListKey, Who, app
from tournee.cli.way import Way, command

IMPORTS_SHOWN = 20


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


@command(app, "trust")
def trust(
    way: Way,
    repository: Annotated[str, typer.Argument(metavar="REPOSITORY", help="The key of a repository.")],
) -> None:
    """Show a server's host keys or certificate, to pin."""
    from tournee.actions import check

    way.console.trust(check.trust(way.config, repository))
