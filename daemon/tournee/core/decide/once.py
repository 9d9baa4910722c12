"""`once_per`: never two of a deployment for one value of a field (an order number)."""

from tournee.core.decide.answers import Answer, Check, No
from tournee.core.facts import Candidate, Reason
from tournee.core.settings import OncePer


def taken(rule: OncePer) -> No:
    """What is said to the second one."""
    return No(rule.text, Reason("once_taken", {"field": rule.field}))


def check(rule: OncePer) -> Check:
    """The check of a rule; without a value nobody can tell whether it is the first one."""
    second = taken(rule)
    empty = No(rule.text, Reason("once_empty", {"field": rule.field}))

    def first(candidate: Candidate) -> Answer:
        if candidate.once is None:
            return empty
        return second if candidate.once_taken else None

    return first
