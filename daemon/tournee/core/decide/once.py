"""`once_per`: never two of a deployment for one value of a field (an order number)."""

from decimal import Decimal, InvalidOperation

from tournee.core.decide.answers import Answer, Check, No
from tournee.core.facts import Candidate, JsonValue, Reason
from tournee.core.settings import OncePer


def plain(number: JsonValue) -> JsonValue:
    """A number in the one way in which all that equal it are written: `100` for `100.00`."""
    try:
        text = format(Decimal(str(number)), "f")
    except InvalidOperation:
        return number
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def check(rule: OncePer) -> Check:
    """The check of a rule; without a value nobody can tell whether it is the first one."""
    second = No(rule.text, Reason("once_taken", {"field": rule.field}))
    empty = No(rule.text, Reason("once_empty", {"field": rule.field}))

    def first(candidate: Candidate) -> Answer:
        if candidate.once is None:
            return empty
        return second if candidate.once_taken else None

    return first
