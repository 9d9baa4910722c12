"""A person's record: show, add, set, opt-out, opt-in."""

from collections.abc import Mapping, Sequence

from tournee.actions import App, unknown
from tournee.core import languages, normalise
from tournee.core.errors import InvalidValue
from tournee.core.facts import Contact, JsonValue, Reason
from tournee.core.languages import Layout
from tournee.store import Transaction, contacts


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
    """The contact, who agreed again; the reason is kept. Raises UnknownName, AmbiguousContact."""
    with app.store.write() as tx:
        contact = contacts.the_one(tx, *app.meant(who))
        contacts.opt_in(tx, contact.id, channel, reason, app.clock())
        return _stored(tx, contact.id)


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
