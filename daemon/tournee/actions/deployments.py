"""What a person sees and decides of deployments: previews, releases, cancels, pauses.

A daemon, here or elsewhere, notices within a second or two. Every word is about rows of the database, so that
it also reaches a deployment that has left the configuration.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from tournee.actions import App, conditions, leftovers, unknown
from tournee.actions.letters import Composer
from tournee.core import sms
from tournee.core.errors import UnknownName
from tournee.core.facts import (
    Claim,
    Contact,
    DeploymentTotals,
    Draft,
    Held,
    JsonValue,
    Message,
    Reason,
    Request,
    paused_since,
)
from tournee.core.settings import Deployment, SmsForm
from tournee.store import Transaction, contacts, decisions, imports, outbox

_HIDDEN = "…"
_OPEN_HEADERS = frozenset({"accept", "content-type", "user-agent", "webhook-id", "webhook-timestamp"})
_NAME_OF_SECRET = "(?:pass|pwd|secret|token|key|auth|login|sign)"  # noqa: S105 - what such names contain
_IN_PAIRS = re.compile(rf"((?:^|[?&])[^=&?#]*{_NAME_OF_SECRET}[^=&#]*=)[^&#]*", re.IGNORECASE)
_SECRETLY_NAMED = re.compile(_NAME_OF_SECRET, re.IGNORECASE)
_USER = re.compile(r"(?<=//)[^/@]*(?=@)")


def totals(app: App) -> list[DeploymentTotals]:
    """How many solicitations of each deployment are where; those that were never sent to anybody, too."""
    with app.store.read() as tx:
        found = decisions.totals(tx)
        pauses = outbox.pauses(tx)
    counted = {one.deployment for one in found}
    new = [
        DeploymentTotals(
            deployment=key, channel=each.channel, planned=0, waiting=0, held=0, sent=0, failed=0, uncertain=0,
            blocked=0, paused_at=paused_since(pauses, key),
        )
        for key, each in app.settings.deployments.items()
        if key not in counted
    ]  # fmt: skip
    return sorted([*found, *new], key=lambda one: (one.deployment, one.channel))


def pauses(app: App) -> dict[str, datetime]:
    """Since when what is paused, by deployment; an empty name is everything."""
    with app.store.read() as tx:
        return outbox.pauses(tx)


def held(app: App) -> list[Held]:
    """What waits for a person's word, by deployment and import: held, or uncertain."""
    with app.store.read() as tx:
        return decisions.held(tx)


def release(app: App, deployment: str, import_id: int | None = None, *, uncertain: bool = False) -> int:
    """Let go what is held of a deployment (of one import, or all); how many that were.

    With `uncertain` what may have left goes again. Raises UnknownName.
    """
    now = app.clock()
    if uncertain:
        leftovers.settle(app)
    with app.store.write() as tx:
        _require(app, tx, deployment, import_id)
        lists = conditions.held_lists(tx, deployment)
        number = outbox.release(tx, deployment, import_id, uncertain=uncertain, now=now)
        conditions.released(app, tx, lists, now)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """How many messages were given up, and how many could not be: they were being sent at that moment."""

    number: int
    too_late: int = 0


def cancel(app: App, deployment: str, import_id: int | None = None, *, uncertain: bool = False) -> Cancelled:
    """Give up what is held or waits of a deployment (of one import, or all).

    With `uncertain` what may have left is given up. Raises UnknownName.
    """
    now = app.clock()
    leftovers.settle(app)  # what the dead have begun is not being sent
    with app.store.write() as tx:
        _require(app, tx, deployment, import_id)
        lists = conditions.held_lists(tx, deployment)
        number = outbox.cancel(tx, deployment, import_id, uncertain=uncertain)
        too_late = 0 if uncertain else outbox.too_late(tx, deployment, import_id)
        conditions.released(app, tx, lists, now)
    return Cancelled(number=number, too_late=too_late)


def pause(app: App, deployment: str | None = None) -> bool:
    """From now on nothing of the deployment (None: nothing at all) leaves, on any node.

    False where that was so before; raises UnknownName.
    """
    with app.store.write() as tx:
        if deployment is not None:
            _require(app, tx, deployment)
        return outbox.pause(tx, deployment, app.clock())


def resume(app: App, deployment: str | None = None) -> bool:
    """End the pause of the deployment (None: the one of everything); False where there was none.

    Raises UnknownName. A pause of everything stops each deployment, whatever is resumed.
    """
    with app.store.write() as tx:
        if deployment is not None:
            _require(app, tx, deployment)
        return outbox.resume(tx, deployment)


def _require(app: App, tx: Transaction, deployment: str, import_id: int | None = None) -> None:
    """Raises UnknownName for a deployment that neither the configuration nor the past knows."""
    if deployment not in app.settings.deployments:
        known = {*app.settings.deployments, *(one.deployment for one in decisions.totals(tx))}
        if deployment not in known:
            raise UnknownName(unknown("deployment", deployment, known))
    if import_id is not None and imports.get(tx, import_id) is None:
        raise UnknownName(Reason("unknown_import", {"id": import_id}))


# ---------------------------------------------------------------- what would be sent


def preview(app: App, deployment: str, who: str, *, reminder: int = 0) -> Draft:
    """What would be sent to a contact; raises UnknownName, AmbiguousContact, TemplateWrong.

    Whether the rules allow it is not asked, nothing is sent, and nothing is recorded.
    """
    entry = app.settings.deployments.get(deployment)
    if entry is None:
        raise UnknownName(unknown("deployment", deployment, app.settings.deployments))
    with app.store.read() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
    composer = Composer(app)
    claim = _claim(app, entry, contact, reminder)
    sent = composer.compose(claim)
    draft = Draft(deployment=deployment, channel=entry.channel, contact_id=contact.id, reminder=reminder)
    if isinstance(sent, Message):
        return _of_message(draft, sent)
    if isinstance(entry.form, SmsForm):
        return _of_text(draft, entry.form, composer.text(claim, entry, entry.form), contact, sent)
    shown = replace(_shown(sent), url=_server(sent.url))
    return replace(draft, to=contact.email or contact.phone, request=shown)


def _claim(app: App, deployment: Deployment, contact: Contact, reminder: int) -> Claim:
    """A solicitation as an import would plan it, of the first list that could have brought the contact."""
    feeding = [key for key, feed in app.feeds().items() if deployment.key in feed.deploy]
    own = [key for key in contact.lists if key in feeding]
    return Claim(
        id=0,
        deployment=deployment.key,
        list=next(iter([*own, *feeding, *contact.lists]), ""),
        message_id=f"<preview-{contact.id}@{app.domain}>",
        attempts=0,
        contact=contact,
        decided_at=app.clock(),
        reminder=reminder,
    )


def _of_message(draft: Draft, message: Message) -> Draft:
    return replace(
        draft,
        sender=message.sender,
        to=message.to or None,
        subject=message.subject,
        text=message.text,
        html=message.html,
        headers=message.headers,
    )


def _of_text(draft: Draft, form: SmsForm, text: str, contact: Contact, request: Request) -> Draft:
    cost = sms.parts(text)
    return replace(
        draft,
        sender=form.sender,
        to=contact.phone,
        text=text,
        request=replace(_shown(request), content=_content_shown(request.content)),
        encoding=cost.encoding,
        characters=cost.characters,
        parts=cost.parts,
    )


def _shown(request: Request) -> Request:
    """The request without what gives access: most headers, and whatever in its URL is named like a secret."""
    headers = {
        name: value if name.lower() in _OPEN_HEADERS else _HIDDEN for name, value in request.headers.items()
    }
    url = _IN_PAIRS.sub(rf"\1{_HIDDEN}", _USER.sub(_HIDDEN, request.url))
    return replace(request, url=url, headers=headers, secrets=())


def _server(url: str) -> str:
    """Whose a webhook is; what follows in its URL is often what gives access to it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{_HIDDEN}"


def _content_shown(content: bytes) -> bytes:
    """What a gateway is given, in JSON or as a form, without the values that are named like a secret."""
    text = content.decode()
    try:
        said = json.loads(text)
    except ValueError:
        return _IN_PAIRS.sub(rf"\1{_HIDDEN}", text).encode()
    return json.dumps(_without_secrets(said), ensure_ascii=False).encode()


def _without_secrets(said: JsonValue) -> JsonValue:
    if isinstance(said, dict):
        return {
            key: _HIDDEN if _SECRETLY_NAMED.search(key) else _without_secrets(value)
            for key, value in said.items()
        }
    return [_without_secrets(each) for each in said] if isinstance(said, list) else said
