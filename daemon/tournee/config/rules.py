"""The keys of solicitation rules: each rule is a mapping with one of them."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tournee.config.conditions import Conditions
from tournee.config.document import Node, Scalar, Sequence
from tournee.config.groups import Many
from tournee.config.kinds import ENVIRONMENT, Said, Text, judged, member
from tournee.config.measures import some_time
from tournee.config.mistakes import Wrong, listed, meant, quoted
from tournee.config.schema import Filled, Key, Section, needs
from tournee.core.languages import STANDARD
from tournee.core.settings import (
    AtMost,
    Between,
    Counting,
    FieldType,
    OncePer,
    OnlyIf,
    Rule,
    Sample,
    WaitAfter,
)
from tournee.core.times import Duration
from tournee.core.windows import Window

_AT_MOST = re.compile(r"([0-9]{1,9})\s+per\s+(\S.*)")
_SAMPLE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_WAIT_AFTER = re.compile(r"(\S.*?)\s+after\s+(\S+)")
_WAIT_UP_TO = re.compile(r"wait\s+up\s+to\s+(\S.*)")
_PLAIN = re.compile(r"[^\s,\[\]{}#&*!|>'\"%@`?:-](?:[^,\[\]{}#:]|:(?=\S))*")

#: The types of which no two orders have the same value.
_OF_ITS_OWN = (FieldType.TEXT, FieldType.NUMBER)
_DATES = (FieldType.DATE, FieldType.DATETIME)


# ---------------------------------------------------------------- what is written


def _at_most(said: Said) -> AtMost:
    """`N per DURATION`; the number and the duration must be more than nothing."""
    example = "a number per duration, such as `1 per 90 days`"
    found = _AT_MOST.fullmatch(said.text)
    if not found:
        raise Wrong(f"{quoted(said.text)} is not {example}")
    try:
        per = Duration.parse(found[2])
    except ValueError as error:
        raise Wrong(str(error)) from None
    if not int(found[1]):
        raise Wrong("`at_most` takes 1 or more; to invite nobody, leave out `deploy`")
    if not per.seconds and not per.months:
        raise Wrong(f"`at_most` needs some time to count in, such as {quoted('1 per 90 days')}")
    text = f"at_most {int(found[1])} per {per.text}"
    return AtMost(text=text, limit=int(found[1]), per=per, counting=Counting.EVERYTHING)


def _otherwise(said: Said) -> Duration | None:
    if said.text == "drop":
        return None
    found = _WAIT_UP_TO.fullmatch(said.text)
    if not found:
        wants = "`drop`, or such as `wait up to 14 days`"
        raise Wrong(f"{quoted(said.text)} is not {wants}{meant(said.text, ('drop',))}")
    return some_time(found[1], "write some time, such as `wait up to 14 days`, or `drop`")


def _sample(said: Said) -> Sample:
    found = _SAMPLE.fullmatch(said.text)
    share = Decimal(found[1]) / 100 if found else Decimal(2)
    if found is None or share > 1:
        raise Wrong(f"{quoted(said.text)} is not a percentage up to `100%`, such as `50%`")
    if not share:
        raise Wrong("`sample` takes more than `0%`; to invite nobody, leave out `deploy`")
    return Sample(text=f"sample {found[1]}%", share=share)


def _declared(name: str, said: Said, types: tuple[FieldType, ...], why: str) -> FieldType:
    """The type of a declared field, which must be one of some; raises Wrong."""
    declared = said.reading.names.get("contact_fields", ())
    if name in STANDARD:
        raise Wrong(f"{quoted(name)} is not a declared contact field: name one of `contact_fields`")
    if name not in declared:
        raise Wrong(f"there is no contact field {quoted(name)}{meant(name, declared)}")
    kind = said.reading.types.get(name, types[0])  # what is wrong with its type has been told there
    if kind not in types:
        raise Wrong(f"{quoted(name)} is a {kind}, {why}: name a field of type {listed(types)}")
    return kind


def _once_per(said: Said) -> OncePer:
    kind = _declared(said.text, said, _OF_ITS_OWN, "which many contacts share")
    return OncePer(text=f"once_per {said.text}", field=said.text, type=kind)


def _wait(said: Said) -> WaitAfter:
    found = _WAIT_AFTER.fullmatch(said.text)
    if not found:
        raise Wrong(f"{quoted(said.text)} is not a time after a field, such as `3 days after purchase_date`")
    duration = some_time(found[1], "leave this rule out")
    kind = _declared(found[2], said, _DATES, "and no time to wait from")
    text = f"wait {duration.text} after {found[2]}"
    return WaitAfter(text=text, duration=duration, field=found[2], type=kind)


# ---------------------------------------------------------------- the name of a rule


def _written(node: Node, filled: Filled) -> str:
    """A value as it is written, in YAML's flow style."""
    if isinstance(node, Scalar):
        text = " ".join(node.value(filled.reading.environ).split())
        return text if _PLAIN.fullmatch(text) else f"'{text.replace(chr(39), chr(39) * 2)}'"
    if isinstance(node, Sequence):
        return f"[{', '.join(_written(item, filled) for item in node.items)}]"
    pairs = (f"{key}: {_written(entry.value, filled)}" for key, entry in node.entries.items())
    return f"{{{', '.join(pairs)}}}"


def _named(key: str, filled: Filled) -> str:
    return f"{key} {_written(filled.entries[key].value, filled)}"


# ---------------------------------------------------------------- a rule


def _rule(filled: Filled) -> Rule:
    key = _kinds_of(filled)[0]
    rule = _made(key, filled[key], filled)
    path = filled.spot.path
    owner = path[1] if path[0] == "deployments" else ""
    filled.reading.ruled.setdefault(owner, []).append((rule, filled.key_place(key)))
    return rule


def _made(key: str, value: Any, filled: Filled) -> Rule:
    """The rule that a key makes of its value."""
    if key == "between":
        return Between(text=_named(key, filled), windows=value)
    if key in ("only_if", "not_if"):
        return OnlyIf(text=_named(key, filled), tests=value, negated=key == "not_if")
    rule: Rule = value
    if isinstance(rule, AtMost):
        own = filled.spot.path[0] == "deployments"
        usual = Counting.DEPLOYMENT if own else Counting.EVERYTHING
        return replace(rule, counting=filled["counting"] or usual, wait_up_to=filled["otherwise"])
    return rule


def _kinds_of(filled: Filled) -> list[str]:
    """Which rules are written here, in the order written."""
    return [key for key in filled.entries if key in _RULES]


def _one_rule(filled: Filled) -> None:
    first, *others = _kinds_of(filled) or [""]
    for key in others:
        message = f"`{first}` and `{key}` are two rules: give each an entry of its own, `- {key}: …`"
        filled.wrong(message, filled.key_place(key))
    if not first:
        filled.sound = False
        if all(map(filled.lacks, RULE.keys)):
            filled.wrong("there is no rule here: write one such as `at_most: 1 per 90 days`")


WINDOW = judged("hours and days such as `09:00-20:00 mon-sat`", Window.parse)

_RULES = {
    "at_most": Key(
        kind=Text(wants="a number per duration, such as `1 per 90 days`", parse=_at_most),
        about="How many invitations a contact gets in a duration: `1 per 90 days`, `1 per month`.",
    ),
    "between": Key(
        kind=Many(item=WINDOW),
        about="When messages may leave, or several such times: `09:00-20:00 mon-sat`. Outside they wait.",
    ),
    "only_if": Key(
        kind=Conditions(all_hold=True),
        about="Contact fields and what they must be: all of it must hold.",
    ),
    "not_if": Key(
        kind=Conditions(all_hold=False),
        about="Contact fields and what they must not be: none of it may hold.",
    ),
    "sample": Key(
        kind=Text(
            wants="a percentage such as `50%`",
            parse=_sample,
            schema={"anyOf": [{"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})? ?%$"}, ENVIRONMENT]},
        ),
        about="The share of the contacts that is invited, always the same ones.",
    ),
    "once_per": Key(
        kind=Text(wants="a name of `contact_fields`", parse=_once_per),
        about="A declared field, of which no value is invited twice by one deployment.",
    ),
    "wait": Key(
        kind=Text(wants="a time after a field, such as `3 days after purchase_date`", parse=_wait),
        about="How long to wait after a date of the contact: `3 days after purchase_date`.",
    ),
}

RULE = Section(
    about="A limit on whom may be invited, and when: all rules must allow.",
    keys={
        **_RULES,
        "counting": Key(
            kind=member(Counting),
            about="With `at_most`: which invitations of the contact count. Default: all, in the rules of a "
            "deployment those of the deployment.",
        ),
        "otherwise": Key(
            kind=Text(wants="`drop`, or such as `wait up to 14 days`", parse=_otherwise),
            about="With `at_most`: whether whom it blocks is dropped, or waits for a turn.",
            default="drop",
        ),
    },
    make=_rule,
    rules=(_one_rule, needs("counting", "at_most"), needs("otherwise", "at_most")),
)

RULES = Many(item=RULE, single=False)
