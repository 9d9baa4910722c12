"""What senders left behind when they died: settled by whoever comes next, also where nothing is sent.

A drain settles what it finds at its outlet. A person who asks or decides between two drains is told the same.
"""

from collections.abc import Collection
from contextlib import AbstractContextManager, ExitStack

from tournee.actions import App
from tournee.actions.outlets import MAIL, outlets
from tournee.store import outbox


def at(app: App, outlet: str) -> AbstractContextManager[bool]:
    """The lock of whoever is at an outlet; False where another process has it."""
    return app.store.exclusive(f"send:{outlet}")


def settle(app: App) -> int:
    """Whatever is left of no living sender, of any deployment; how much of it is uncertain for it.

    Costs a look where there is nothing, which is nearly always. Raises StoreError.
    """
    with app.store.read() as tx:
        begun = outbox.under_way(tx)
    number = 0
    for outlet in outlets(app.settings):
        if mine := begun.intersection(each.key for each in outlet.deployments):
            number += _settle(app, [outlet.key], mine)
            begun -= mine
    return number + settle_gone(app, begun)


def settle_gone(app: App, deployments: Collection[str]) -> int:
    """What is left of deployments that have no outlet any more; how many are uncertain for it.

    No drain sees them, and a person's word reaches only what is settled. A living process that goes by the
    old configuration has one of the locks, and then nothing is touched.
    """
    gateways = {f"gateway {key}" for key in app.settings.gateways}
    return _settle(app, {MAIL, *gateways, *(f"webhook {key}" for key in deployments)}, deployments)


def _settle(app: App, outlets: Collection[str], deployments: Collection[str]) -> int:
    if not deployments:
        return 0
    with ExitStack() as locks:
        if not all(locks.enter_context(at(app, key)) for key in sorted(outlets)):
            return 0
        with app.store.write() as tx:
            return outbox.orphans(tx, deployments, app.clock())
