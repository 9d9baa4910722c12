"""The groups that commands stand in, and the arguments that several of them take."""

from typing import Annotated

import typer

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
app.add_typer(contact, name="contact", help="A person's record: show, add, set, opt-out, erase …")
app.add_typer(db, name="db", help="The database: upgrade.")

Who = Annotated[str, typer.Argument(metavar="CONTACT", help="An email address, a phone number or an id.")]
ListKey = Annotated[str, typer.Argument(metavar="LIST", help="The key of a list.")]
ImportId = Annotated[int, typer.Argument(metavar="ID", help="The number of an import.")]
