"""Commands: arguments -> one action -> console. What each shares with the others is in `way` and `groups`."""

import gc
import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

# in the order in which `--help` lists them
# isort: off
from tournee.cli import rounds, answers, sending, people, upkeep  # noqa: F401 - each registers its commands

# isort: on
from tournee.cli.groups import app
from tournee.cli.way import ConfigPath

__all__ = ["app", "main"]


def main() -> None:
    """The entry point; the process ends with the exit code of the command."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - closed by whoever started us
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115 - likewise
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
