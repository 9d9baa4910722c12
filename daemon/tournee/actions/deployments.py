"""What a person sees and decides of deployments: previews, releases, cancels, pauses.

A daemon, here or elsewhere, notices within a second or two. Every word is about rows of the database, so that
it also reaches a deployment that has left the configuration.
"""

import re
from dataclasses import replace
from datetime import datetime

from tournee.actions import App, conditions, unknown
from tournee.actions.letters import Composer
from tournee.core import sms
from tournee.core.errors import UnknownName
from tournee.core.facts import Claim, Contact, DeploymentTotals, Draft, Held, Message, Reason, Request
from tournee.core.settings import Deployment, SmsForm
from tournee.store import Transaction, contacts, decisions, imports, outbox

_HIDDEN = "…"
_OPEN_HEADERS = frozenset({"accept", "content-type", "user-agent", "webhook-id", "webhook-timestamp"})
_NAME_OF_SECRET = "(?:pass|pwd|secret|token|key|auth|login|sign)"  # noqa: S105 - what such names contain
_IN_PAIRS = re.compile(rf"((?:^|[?&])[^=&?#]*{_NAME_OF_SECRET}[^=&#]*=)[^&#]*", re.IGNORECASE)
_IN_JSON = re.compile(rf'("[^"]*{_NAME_OF_SECRET}[^"]*"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
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
            blocked=0, paused_at=_paused_at(pauses, key),
        )
        for key, each in app.settings.deployments.items()
        if key not in counted
    ]  # fmt: skip
    return sorted([*found, *new], key=lambda one: (one.deployment, one.channel))


def _paused_at(pauses: dict[str, datetime], deployment: str) -> datetime | None:
    return min((at for name, at in pauses.items() if name in ("", deployment)), default=None)


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
    with app.store.write() as tx:
        _require(app, tx, deployment, import_id)
        lists = conditions.held_lists(tx, deployment)
        number = outbox.release(tx, deployment, import_id, uncertain=uncertain, now=now)
        conditions.released(app, tx, lists, now)
    return number


def cancel(app: App, deployment: str, import_id: int | None = None, *, uncertain: bool = False) -> int:
    """Give up what is held or waits of a deployment (of one import, or all); how many that were.

    With `uncertain` what may have left is given up. What is being sent at this moment cannot be stopped.
    Raises UnknownName.
    """
    now = app.clock()
    with app.store.write() as tx:
        _require(app, tx, deployment, import_id)
        lists = conditions.held_lists(tx, deployment)
        number = outbox.cancel(tx, deployment, import_id, uncertain=uncertain)
        conditions.released(app, tx, lists, now)
    return number


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
    return replace(draft, to=contact.email or contact.phone, request=_shown(sent))


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


def _content_shown(content: bytes) -> bytes:
    """What a gateway is given, in JSON or as a form, without the values that are named like a secret."""
    pairs = _IN_PAIRS.sub(rf"\1{_HIDDEN}", content.decode())
    return _IN_JSON.sub(rf'\1"{_HIDDEN}"', pairs).encode()
