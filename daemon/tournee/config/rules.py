"""The keys of solicitation rules."""

import re

from tournee.config.groups import Many
from tournee.config.kinds import Said, Text
from tournee.config.mistakes import Wrong, quoted
from tournee.config.schema import Filled, Key, Section
from tournee.core.settings import AtMost
from tournee.core.times import Duration

_NOT_YET = ("between", "only_if", "not_if", "sample", "once_per", "wait", "counting", "otherwise")
_AT_MOST = re.compile(r"([0-9]{1,9})\s+per\s+(\S.*)")


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
    return AtMost(text=f"at_most {int(found[1])} per {per.text}", limit=int(found[1]), per=per)


def _rule(filled: Filled) -> AtMost:
    at_most: AtMost = filled["at_most"]
    return at_most


def _at_most_is_there(filled: Filled) -> None:
    if filled.lacks("at_most") and not any(filled.has(key) for key in _NOT_YET):
        filled.wrong("`at_most` is missing: write one such as `at_most: 1 per 90 days`")
    filled.sound = filled.sound and filled.has("at_most")


RULE = Section(
    about="A limit on whom may be invited: all rules must allow.",
    keys={
        "at_most": Key(
            kind=Text(wants="a number per duration, such as `1 per 90 days`", parse=_at_most),
            about="How many invitations a contact gets in a duration: `1 per 90 days`, `1 per month`.",
        )
    },
    make=_rule,
    rules=(_at_most_is_there,),
    not_yet=_NOT_YET,
)

RULES = Many(item=RULE, single=False)
