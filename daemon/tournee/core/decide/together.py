"""Some candidates at once, none of whom is in the history of another yet."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tournee.core.decide import Rules, decide
from tournee.core.facts import Candidate, Decision, Verdict


def decide_together(candidates: Iterable[Candidate], rules: Rules) -> Iterator[Decision]:
    """The decision about each, in order: what the earlier ones get, a later one may not get as well.

    Of those with one address, or one value of the `once_per` field, the first whom all rules allow it is it.
    """
    addresses: set[str | None] = set()
    values: set[str | None] = set()
    for candidate in candidates:
        address = candidate.address and candidate.address.casefold()
        one = candidate
        if address in addresses:
            one = replace(one, pending=True)
        if one.once in values:
            one = replace(one, once_taken=True)
        decision = decide(one, rules)
        if decision.verdict is Verdict.PLANNED:
            addresses.add(address)
            if decision.once is not None:
                values.add(decision.once)
        yield decision
