"""A person's record: show, add, set, opt-out, opt-in, answered, export, erase; unsubscribing by a link."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parseaddr

from tournee import telemetry
from tournee.actions import App, unknown
from tournee.core import languages, normalise, tokens
from tournee.core.errors import InvalidValue, UnknownName
from tournee.core.facts import Contact, DecisionRecord, JsonValue, Reason, SendStatus, Story, Subscription
from tournee.core.languages import Layout
from tournee.core.settings import Channel, EmailForm, SmsForm
from tournee.store import Transaction, bounces, consent, contacts, decisions, erasure, outbox


def show(app: App, who: str) -> Contact:
    """The contact; raises UnknownName, AmbiguousContact."""
    with app.store.read() as tx:
        return contacts.the_one(tx, *app.meant(who))


def add(app: App, assignments: Sequence[str], lists: Sequence[str]) -> Contact:
    """A new contact from `field=value` words, put on the lists; raises InvalidValue, UnknownName."""
    for key in lists:
        app.list(key)
    values = _values(app, assignments, lists)
    if "identity" not in values:
        raise InvalidValue(Reason("identity_missing"))
    with app.store.write() as tx:
        if contacts.find(tx, str(values.pop("identity"))):
            raise InvalidValue(Reason("contact_exists"))
        contact_id = contacts.add(tx, values, lists, app.clock())
        return _stored(tx, contact_id)


def change(app: App, who: str, assignments: Sequence[str]) -> Contact:
    """The contact with some fields set (`field=` clears); raises InvalidValue, UnknownName …"""
    values = _values(app, assignments, ())
    values.pop("identity", None)
    with app.store.write() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        contacts.change(tx, contact.id, values, app.clock())
        return _stored(tx, contact.id)


def opt_out(app: App, who: str, channel: str = "all", reason: str | None = None) -> Contact:
    """The contact, who is not to be solicited any more; raises UnknownName, AmbiguousContact."""
    with app.store.write() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        contacts.opt_out(tx, contact.id, channel, "command", reason, app.clock())
        return _stored(tx, contact.id)


def opt_in(app: App, who: str, channel: str, reason: str) -> Contact:
    """The contact, who agreed again; the reason is kept. Raises UnknownName, AmbiguousContact.

    That its address did not exist is forgotten, too: whoever agrees has said that it does.
    """
    with app.store.write() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        contacts.opt_in(tx, contact.id, channel, reason, app.clock())
        if channel in ("all", Channel.EMAIL):
            bounces.forget(tx, contact)
        return _stored(tx, contact.id)


def answered(app: App, who: str, deployment: str | None = None) -> tuple[Contact, int]:
    """The contact, who answered what it was sent, and how many messages of it that was.

    Of one deployment, or of all: no reminder of it leaves any more. A deployment that left the configuration
    may be named as long as something of it was sent. Raises UnknownName, AmbiguousContact.
    """
    with app.store.write() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        known = {entry.deployment for entry in decisions.decisions_of(tx, contact.id)}
        known |= app.settings.deployments.keys()
        if deployment is not None and deployment not in known:
            raise UnknownName(unknown("deployment", deployment, known))
        return contact, outbox.answered(tx, contact.id, deployment, app.clock())


def export(app: App, who: str) -> Story:
    """Everything that is stored about a contact; raises UnknownName, AmbiguousContact."""
    with app.store.read() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        return Story(
            contact=contact,
            opt_outs=tuple(consent.history(tx, contact.id)),
            decisions=tuple(decisions.decisions_of(tx, contact.id)),
            memberships=contacts.since(tx, contact.id),
            bounced=bounces.of(tx, contact),
        )


def erase(app: App, who: str, *, confirmed: bool) -> int:
    """Forget a contact for ever, and return the number that it had; raises UnknownName, AmbiguousContact.

    What was to be sent to it is cancelled, and nobody with its addresses comes back as opted in. Without a
    person's word it raises InvalidValue (`contact_unconfirmed`), which says what would be erased.
    """
    told = export(app, who)
    if not confirmed:
        raise InvalidValue(Reason("contact_unconfirmed", _counted(told)))
    with app.store.write() as tx:
        erasure.erase(tx, told.contact.id, app.clock())
    return told.contact.id


def _counted(told: Story) -> dict[str, object]:
    """What erasing would take along."""
    unsent = {SendStatus.WAITING, SendStatus.HELD}
    return {
        "id": told.contact.id,
        "lists": len(told.memberships),
        "opt_outs": len(told.opt_outs),
        "decisions": len(told.decisions),
        "unsent": sum(entry.status in unsent for entry in told.decisions),
    }


# ---------------------------------------------------------------- unsubscribing by a link


def subscription(app: App, token: str) -> Subscription:
    """What a link is about; changes nothing. Raises UnknownName for what is no token of ours."""
    meant = _meant_by(app, token)
    with app.store.read() as tx:
        return _subscription(app, tx, *meant)


def unsubscribe(app: App, token: str) -> Subscription:
    """No more of the link's channel for its contact, as of now; again and again does the same.

    Raises UnknownName for what is no token of ours, StoreError.
    """
    contact_id, channel = _meant_by(app, token)
    with app.store.write() as tx:
        about = _subscription(app, tx, contact_id, channel)
        if about.contact is None:
            return about
        contacts.opt_out(tx, contact_id, channel, "unsubscribe", None, app.clock())
    if not about.refused:
        telemetry.log.info("unsubscribed", contact=contact_id, channel=channel)
    return replace(about, refused=True)


def _meant_by(app: App, token: str) -> tuple[int, Channel]:
    meant = tokens.read(app.key, token)
    if meant is None:
        raise UnknownName(Reason("unknown_token"))
    return meant


def _subscription(app: App, tx: Transaction, contact_id: int, channel: Channel) -> Subscription:
    contact = contacts.get(tx, contact_id)
    if contact is None:
        return Subscription(channel=channel)
    sent = (entry for entry in decisions.decisions_of(tx, contact_id) if entry.channel == channel)
    last = next((entry for entry in sent if entry.sent_at), None)
    entry = app.settings.lists.get(last.list) if last else None
    return Subscription(
        channel=channel,
        contact=contact,
        sender=_sender(app, last) if last else None,
        list=entry.name if entry else None,
        refused=any(refusal.channel in ("all", channel) for refusal in contact.opt_outs),
    )


def _sender(app: App, sent: DecisionRecord) -> str | None:
    """The name under which the receiver knows who wrote."""
    deployment = app.settings.deployments.get(sent.deployment)
    if deployment and isinstance(deployment.form, EmailForm):
        name, address = parseaddr(deployment.form.sender)
        return name or address.rpartition("@")[2]
    return deployment.form.sender if deployment and isinstance(deployment.form, SmsForm) else None


def _stored(tx: Transaction, contact_id: int) -> Contact:
    contact = contacts.get(tx, contact_id)
    assert contact is not None
    return contact


def _values(app: App, assignments: Sequence[str], lists: Sequence[str]) -> dict[str, JsonValue]:
    """`field=value` words as stored values: fields by their keys, values as an English file writes them.

    A phone that does not say its country is from where those of the lists are, or of all lists.
    """
    countries = app.phone_countries(lists) or app.phone_countries()
    layout = Layout(
        language=app.config.languages["en"],
        languages=app.config.languages,
        fields=app.settings.contact_fields,
        country=countries[0] if len(countries) == 1 else None,
        timezone=app.settings.timezone,
    )
    pairs: dict[str, str] = {}
    for word in assignments:
        name, equals, value = word.partition("=")
        if not equals:
            raise InvalidValue(Reason("assignment_expected", {"word": name}))
        name = name.strip()
        if name not in (known := (*languages.STANDARD, *layout.fields)):
            raise InvalidValue(unknown("field", name, known))
        pairs[name] = value
    return _checked(layout, pairs)


def _checked(layout: Layout, pairs: Mapping[str, str]) -> dict[str, JsonValue]:
    values = normalise.one(layout, pairs)
    if isinstance(values, list):
        _line, column, code, details = values[0]
        raise InvalidValue(Reason("value_refused", {"field": column, "why": code, **(details or {})}))
    return values
