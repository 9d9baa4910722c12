"""What must hold of several sections together: mistakes of the configuration as a whole, and its warnings."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tournee.config.document import Scalar, Tree
from tournee.config.gateways import names_of_gateway
from tournee.config.mistakes import Mistakes, Place, listed, quoted
from tournee.config.schema import Filled
from tournee.core.settings import (
    AtMost,
    Between,
    Channel,
    Deployment,
    Gateway,
    OncePer,
    Rule,
    Settings,
    SmsForm,
)
from tournee.core.windows import opening

#: Windows come again every week: any instant will do, where clocks never change.
_SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)

Placed = Sequence[tuple[Rule, Place]]


# ---------------------------------------------------------------- mistakes


def a_list(filled: Filled) -> None:
    """There is something to do."""
    if filled.lacks("lists") or (filled.has("lists") and filled["lists"] == {}):
        filled.wrong("there is no list: write one below `lists:`", filled.nearest("lists"))


def mail_for_messages(filled: Filled) -> None:
    """Whoever is to get mail needs a server for it."""
    if not filled.lacks("mail"):
        return
    for key, user in (filled["users"] or {}).items():
        if user.alerts:
            filled.wrong("alerts need a mail server: write `mail:`", filled.nearest("users", key, "alerts"))
    for key in filled.reading.names["deployments"]:
        if _channel(key, filled) not in (Channel.SMS, Channel.WEBHOOK):
            filled.wrong("invitations need a mail server: write `mail:`", filled.nearest("deployments", key))


def _channel(key: str, filled: Filled) -> str:
    """The channel of a deployment as it is written, right or wrong."""
    node = filled.entries["deployments"].value
    for name in (key, "channel"):
        entry = node.entries.get(name) if isinstance(node, Tree) else None
        if entry is None:
            return ""
        node = entry.value
    return node.text if isinstance(node, Scalar) else ""


def one_once_per(filled: Filled) -> None:
    """A deployment keeps one value of each contact only."""
    for rules in _in_force(filled):
        places = [place for rule, place in rules if isinstance(rule, OncePer)]
        for place in places[1:]:
            filled.wrong(f"a deployment can have one `once_per` only; the other is at {places[0]}", place)


def windows_that_meet(filled: Filled) -> None:
    """The windows of all rules in force for a deployment are open together at some time."""
    for rules in _in_force(filled):
        found = [(rule.windows, place) for rule, place in rules if isinstance(rule, Between)]
        if len(found) > 1 and opening([windows for windows, _ in found], _SOME_DAY, ZoneInfo("UTC")) is None:
            others = ", ".join(str(place) for _, place in found[:-1])
            message = f"no message would ever leave: this is never open together with `between` at {others}"
            filled.wrong(message, found[-1][1])
            return


def _in_force(filled: Filled) -> Iterator[Placed]:
    """The rules for all, and those of each deployment that has its own, after those for all."""
    ruled = filled.reading.ruled
    shared = ruled.get("", [])
    yield shared
    for owner, own in ruled.items():
        if owner:
            yield [*shared, *own]


def senders_for_gateways(filled: Filled) -> None:
    """A sender that the gateway does not ask for would be ignored; one that it asks for was forgotten."""
    gateways: dict[str, Gateway] = filled["gateways"] or {}
    for key, deployment in (filled["deployments"] or {}).items():
        form = deployment.form
        if not isinstance(form, SmsForm) or form.gateway not in gateways:
            continue
        asks = "sender" in names_of_gateway(gateways[form.gateway])
        gateway = quoted(form.gateway)
        if form.sender and not asks:
            message = f"the gateway {gateway} has no `{{{{ sender }}}}`: write it there, or leave out `from`"
            filled.wrong(message, filled.nearest("deployments", key, "from"))
        elif asks and not form.sender:
            message = f"the gateway {gateway} asks for a sender: write `from`"
            filled.reading.mistakes.warn(filled.nearest("deployments", key, "gateway"), message)


# ---------------------------------------------------------------- warnings


def warn(settings: Settings, tree: Tree, mistakes: Mistakes) -> None:
    """Note what works and is probably not meant."""
    for key in _lists_nobody_watches(settings):
        message = f"nobody is told when something is wrong with {quoted(key)}: give a user `alerts: true`"
        mistakes.warn(tree.nearest("lists", key), message)
    for key, unlimited in _lists_without_limit(settings):
        message = (
            f"nothing limits how often {listed(unlimited, 'and')} may ask a person: "
            "write a rule such as `at_most: 1 per 90 days`"
        )
        mistakes.warn(tree.nearest("lists", key, "feed", "deploy"), message)
    if emails := _emails_without_a_way_out(settings):
        message = (
            f"nobody can unsubscribe from the emails of {listed(emails, 'and')}: write where people reach "
            "this service, such as `http: {public_url: https://avis.example.com}`"
        )
        mistakes.warn(tree.nearest("deployments", emails[0]), message)


def _lists_nobody_watches(settings: Settings) -> Iterator[str]:
    watchers = [user for user in settings.users.values() if user.alerts]
    for key, entry in settings.lists.items():
        if entry.feed and not any(user.lists is None or key in user.lists for user in watchers):
            yield key


def _lists_without_limit(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    for key, entry in settings.lists.items():
        deployed = entry.feed.deploy if entry.feed else ()
        if unlimited := [name for name in deployed if _has_no_limit(settings, settings.deployments[name])]:
            yield key, unlimited


def _has_no_limit(settings: Settings, deployment: Deployment) -> bool:
    rules = (*settings.solicitation_rules, *deployment.rules)
    return not any(isinstance(rule, AtMost | OncePer) for rule in rules)


def _emails_without_a_way_out(settings: Settings) -> list[str]:
    if settings.http and settings.http.public_url:
        return []
    return [key for key, one in settings.deployments.items() if one.channel is Channel.EMAIL]
