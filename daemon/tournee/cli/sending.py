"""Commands about what is sent: deployments, preview, release, cancel, pause, resume."""

from typing import Annotated

import typer

from tournee.cli.groups import Who, app
from tournee.cli.way import Way, command

Key = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The key of a deployment.")]
MaybeKey = Annotated[
    str | None, typer.Argument(metavar="DEPLOYMENT", help="Every deployment where none is named.")
]
OfImport = Annotated[
    int | None, typer.Option("--import", metavar="ID", help="Only what came with this import.")
]
Uncertain = Annotated[
    bool, typer.Option("--uncertain", help="Those that may or may not have left, and only those.")
]


@command(app, "deployments")
def show_deployments(way: Way) -> None:
    """Show the deployments: how many messages are where.

    And what waits for a person: held, uncertain, paused.
    """
    from tournee.actions import deployments, leftovers

    with way.app() as opened:
        leftovers.settle(opened)  # else what died in the middle is found nowhere until something is sent
        totals, held = deployments.totals(opened), deployments.held(opened)
        way.console.deployments(totals, held, deployments.pauses(opened))


@command(app, "preview")
def preview(
    way: Way,
    deployment: Key,
    who: Who,
    *,
    reminder: Annotated[
        int,
        typer.Option("--reminder", min=0, metavar="N", help="Its reminder N instead.", show_default=False),
    ] = 0,
    html: Annotated[bool, typer.Option("--html", help="Only the HTML, for a browser.")] = False,
) -> None:
    """Show the message that a contact would get; nothing is sent."""
    from tournee.actions import deployments

    if html and way.console.json:
        raise typer.BadParameter("--html and --json are two forms of the answer: ask for one of them.")
    with way.app() as opened:
        way.console.preview(deployments.preview(opened, deployment, who, reminder=reminder), html=html)


@command(app, "release")
def release(way: Way, deployment: Key, *, of_import: OfImport = None, uncertain: Uncertain = False) -> None:
    """Send what is held of a deployment.

    With --uncertain instead what may have left already: some receivers may get it twice.
    """
    from tournee.actions import deployments

    with way.app() as opened:
        number = deployments.release(opened, deployment, of_import, uncertain=uncertain)
        way.console.released(deployment, number)


@command(app, "cancel")
def cancel(way: Way, deployment: Key, *, of_import: OfImport = None, uncertain: Uncertain = False) -> None:
    """Do away with what is held or waits of a deployment.

    With --uncertain instead with what may have left already: it is not sent again.
    """
    from tournee.actions import deployments

    with way.app() as opened:
        given_up = deployments.cancel(opened, deployment, of_import, uncertain=uncertain)
        way.console.cancelled(deployment, given_up.number, given_up.too_late)


@command(app, "pause")
def pause(way: Way, deployment: MaybeKey = None) -> None:
    """Stop sending within a second, on every node, until `resume`."""
    from tournee.actions import deployments

    with way.app() as opened:
        way.console.paused(deployment, paused=True, changed=deployments.pause(opened, deployment))


@command(app, "resume")
def resume(way: Way, deployment: MaybeKey = None) -> None:
    """Go on sending after `pause`."""
    from tournee.actions import deployments

    with way.app() as opened:
        way.console.paused(deployment, paused=False, changed=deployments.resume(opened, deployment))
