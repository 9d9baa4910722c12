"""How many and how fast: `rate`, `remind` and `hold_above`."""

import re
from decimal import Decimal

from tournee.config.groups import Many
from tournee.config.kinds import ENVIRONMENT, Said, Text, judged
from tournee.config.mistakes import Wrong, quoted
from tournee.core.settings import HoldAbove
from tournee.core.times import Duration, Rate

_TIMES_USUAL = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?) ?[x×] ?usual", re.IGNORECASE)
_AFTER = re.compile(r"after\s+(\S.*)", re.IGNORECASE)


def some_time(text: str, otherwise: str) -> Duration:
    """A duration that is not nothing, for which `otherwise` says what to do; raises Wrong."""
    try:
        duration = Duration.parse(text)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if not duration.seconds and not duration.months:
        raise Wrong(f"{quoted(duration.text)} is no time at all: {otherwise}")
    return duration


def _after(said: Said) -> Duration:
    found = _AFTER.fullmatch(said.text)
    if not found:
        raise Wrong(f"{quoted(said.text)} does not say after what time: write such as `after 7 days`")
    return some_time(found[1], "write some time after the invitation, such as `after 7 days`")


def _length(duration: Duration) -> tuple[int, int]:
    return duration.months, duration.seconds


def _hold_above(said: Said) -> HoldAbove:
    text = " ".join(said.text.split())
    if re.fullmatch("[0-9]{1,9}", text):
        if not int(text):
            raise Wrong("`hold_above` takes 1 or more; to invite nobody, leave out `deploy`")
        return HoldAbove(text=text, number=int(text))
    found = _TIMES_USUAL.fullmatch(text)
    if not found:
        raise Wrong(f"{quoted(text)} is not a number such as `5000`, nor such as `3x usual`")
    if Decimal(found[1]) <= 1:
        raise Wrong(f"{quoted(text)} would hold what is usual: write more than once, such as `3x usual`")
    return HoldAbove(text=text, times_usual=Decimal(found[1]))


RATE = judged("a rate such as `20 per second`", Rate.parse)
REMIND = Many(item=Text(wants="a time such as `after 7 days`", parse=_after), alike=_length)
HOLD_ABOVE = Text(
    wants="a number such as `5000`, or such as `3x usual`",
    parse=_hold_above,
    schema={
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?[xX×] ?[uU]sual$"},
            ENVIRONMENT,
        ]
    },
)
