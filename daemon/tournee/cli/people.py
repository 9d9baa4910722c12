"""Commands about a person's record: contact show, add, set, opt-out, opt-in, answered, export, erase."""

from typing import Annotated, Literal

import typer

from tournee.cli.groups import Who, contact
from tournee.cli.way import Way, command

Assignments = Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="email=…, first_name=…")]
OptChannel = Annotated[Literal["all", "email", "sms", "webhook"], typer.Option("--channel")]
OptReason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for whoever asks.")]


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
def contact_opt_in(
    way: Way,
    who: Who,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="How you know; kept for ever.")],
    channel: OptChannel = "all",
) -> None:
    """Record that a contact accepts messages again."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.changed(contacts.opt_in(opened, who, channel, reason), "note_opted_in", channel=channel)


@command(contact, "answered")
def contact_answered(
    way: Way,
    who: Who,
    *,
    deployment: Annotated[
        str | None,
        typer.Option("--deployment", metavar="DEPLOYMENT", help="What was answered; all by default."),
    ] = None,
) -> None:
    """Record that a contact has answered: no reminder follows."""
    from tournee.actions import contacts

    with way.app() as opened:
        person, number = contacts.answered(opened, who, deployment)
        way.console.contact_answered(person, deployment, number)


@command(contact, "export")
def contact_export(way: Way, who: Who) -> None:
    """Print all that is stored about a contact, as JSON."""
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.export(contacts.export(opened, who))


@command(contact, "erase")
def contact_erase(
    way: Way,
    who: Who,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; it cannot be undone.")] = False,
) -> None:
    """Erase a contact for ever; nobody with its addresses comes back as opted in.

    Without --yes it says what would be erased, and exits 2.
    """
    from tournee.actions import contacts

    with way.app() as opened:
        way.console.erased(contacts.erase(opened, who, confirmed=yes))
