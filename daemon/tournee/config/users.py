"""The keys of `users`."""

from dataclasses import dataclass
from typing import Any

from tournee.config.document import Scalar
from tournee.config.groups import Entries, Many
from tournee.config.kinds import ADDRESS, FLAG, Said, Text, member, reference
from tournee.config.mistakes import Wrong, listed, quoted
from tournee.config.schema import (
    FLAWED,
    Filled,
    JsonSchema,
    Key,
    Reading,
    Section,
    Spot,
    needs,
)
from tournee.core.facts import AlertKind
from tournee.core.languages.cldr import language_tag
from tournee.core.messages import LANGUAGES
from tournee.core.settings import User

_NOT_YET = ("overdue", "silence", "configuration", "internal_error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """`true` for every kind of alert, `false` for none, or the kinds."""

    kinds: Many
    wants: str = "`true`, `false` or a list of kinds such as `[import_errors, unreachable]`"

    def read(self, spot: Spot, reading: Reading) -> Any:
        """The set of kinds."""
        every = frozenset(AlertKind)
        if isinstance(spot.node, Scalar) and spot.node.text.lower() in (
            "true",
            "yes",
            "on",
            "false",
            "no",
            "off",
        ):
            return every if FLAG.read(spot, reading) else frozenset()
        kinds = self.kinds.read(spot, reading)
        return FLAWED if kinds is FLAWED else frozenset(kinds)

    def json_schema(self) -> JsonSchema:
        """A switch, a kind or kinds."""
        return {"anyOf": [{"type": "boolean"}, self.kinds.json_schema()]}


def _alert_language(said: Said) -> str:
    tag = language_tag(said.text)
    if tag is None or tag.split("-")[0] not in LANGUAGES:
        raise Wrong(f"alerts are written in {listed(LANGUAGES)}, not in {quoted(said.text)}")
    return tag


def _user(filled: Filled) -> User:
    return User(
        key=filled.spot.path[-1],
        email=filled["email"],
        language=filled["language"],
        alerts=filled["alerts"] or frozenset(),
        lists=filled["lists"],
    )


USER = Section(
    about="A person of the team.",
    keys={
        "email": Key(kind=ADDRESS, about="Where alerts are sent.", required=True),
        "language": Key(
            kind=Text(wants="`en` or `fr`", parse=_alert_language),
            about="The language of alerts.",
            default="en",
        ),
        "alerts": Key(
            kind=Alerts(kinds=Many(item=member(AlertKind, not_yet=_NOT_YET))),
            about="`true` for every kind of alert, or a list of kinds. Default: none.",
        ),
        "lists": Key(
            kind=Many(item=reference("lists", "list")),
            about="The names of `lists` whose alerts are wanted. Default: all.",
        ),
    },
    make=_user,
    rules=(needs("lists", "alerts"),),
    not_yet=("notify",),
)

USERS = Entries(about="The people of the team, by names that you choose.", entry=USER)
