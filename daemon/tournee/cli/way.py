"""The way in that every command shares: its common options, its one boundary for errors, its exit codes.

A command is a function whose first parameter is a `Way` and which returns an exit code (None is 0); what it
raises is told here. 0: fine. 1: something failed or was rejected. 2: the command line or the configuration is
wrong. 130 and 143: a person or the system ended it; what was unfinished is rolled back.
"""

import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from logging import ERROR, WARNING
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Concatenate, ParamSpec

import typer

from tournee import telemetry
from tournee.console import Console
from tournee.core.errors import ConfigurationError, TourneeError
from tournee.core.messages import LANGUAGES

if TYPE_CHECKING:  # the actions bring the whole program along: `--help` does without
    from tournee.actions import App
    from tournee.config import Config

FINE, FAILED, USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143

#: Names that were mistyped on the command line, as opposed to data that does not exist.
_USAGE_CODES = frozenset(
    {
        "unknown_list",
        "unknown_repository",
        "unknown_deployment",
        "unknown_field",
        "list_without_feed",
        "assignment_expected",
        "contact_unconfirmed",
    }
)

ConfigPath = Annotated[
    str | None,
    typer.Option(
        "--config", metavar="PATH", help="The configuration, a file or a directory.", show_default="config/"
    ),
]

_Rest = ParamSpec("_Rest")
Command = Callable[Concatenate["Way", _Rest], int | None]


@dataclass(slots=True, kw_only=True)
class Way:
    """Where a command finds its configuration and shows its answer."""

    config: str | None
    console: Console

    def load(self) -> "Config":
        """The configuration; raises ConfigurationError."""
        from tournee.config import load

        return load(self.config, os.environ)

    @contextmanager
    def app(self) -> "Iterator[App]":
        """The program, opened; people read times in its time zone."""
        from tournee.actions import open_app

        with open_app(self.config) as app:
            self.console.zone = app.timezone
            yield app


def command(group: typer.Typer, name: str) -> Callable[[Command[_Rest]], Command[_Rest]]:
    """Make a function a command of `group` that takes `--json`, `--lang`, `--quiet` and `--config` too."""

    def register(function: Command[_Rest]) -> Command[_Rest]:
        group.command(name)(_with_common_options(function))
        return function

    return register


def _with_common_options(function: Command[_Rest]) -> Callable[..., None]:
    """`function` as Typer sees it: without its `Way`, with the options from which that is made."""

    def run(context: typer.Context, **values: object) -> None:
        way = _way(context, {name: values.pop(name) for name in _COMMON})
        code = guarded(way.console, lambda: function(way, **values))  # type: ignore[call-arg, arg-type]
        if code:
            raise typer.Exit(code)

    own = list(inspect.signature(function).parameters.values())[1:]
    context = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters = [context, *own, *_COMMON.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = function.__doc__
    return run


def _language(tag: str | None) -> str:
    """The language asked for, else the environment's, else English."""
    asked = tag or next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), ""
    )
    base = asked.replace("_", "-").replace(".", "-").partition("-")[0].lower()
    if tag and base not in LANGUAGES:
        raise typer.BadParameter(f"{tag!r} is not spoken here; {' and '.join(LANGUAGES)} are.")
    return base if base in LANGUAGES else "en"


_COMMON = {
    name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("json", False, Annotated[bool, typer.Option("--json", help="Answer in JSON.")]),
        (
            "lang",
            None,
            Annotated[
                str | None,
                typer.Option(
                    "--lang",
                    metavar="LANG",
                    callback=_language,
                    help="The language of messages: en or fr.",
                    show_default="that of the environment",
                ),
            ],
        ),
        ("quiet", False, Annotated[bool, typer.Option("--quiet", "-q", help="Only what went wrong.")]),
        ("config", None, ConfigPath),
    )
}


def _way(context: typer.Context, common: Mapping[str, object]) -> Way:
    console = Console(language=str(common["lang"]), json=bool(common["json"]), quiet=bool(common["quiet"]))
    telemetry.setup(ERROR if console.quiet else WARNING)
    path = common["config"] or context.obj or os.environ.get("TOURNEE_CONFIG")
    return Way(config=str(path) if path else None, console=console)


def guarded(console: Console, work: Callable[[], int | None]) -> int:
    """The one boundary of the command line: whatever `work` raises becomes a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return work() or FINE
    except ConfigurationError as wrong:
        console.configuration(wrong.problems)
        return USAGE
    except TourneeError as trouble:
        console.trouble(trouble.reason)
        return USAGE if trouble.reason.code in _USAGE_CODES else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.BadParameter:  # Typer tells what is wrong with a command line
        raise
    except Exception as bug:  # the boundary: anything else is a bug, told without a value
        telemetry.log.bug(bug)
        told = telemetry.describe(bug)
        console.bug(str(told["type"]), telemetry.places(bug)[-1])
        return FAILED


def _terminated(_number: int, _frame: FrameType | None) -> None:
    """Unwind, so that every transaction is rolled back and every spool file removed."""
    sys.exit(TERMINATED)
