"""`hold_above`: whether so many solicitations at once are for a person to look at first."""

from decimal import Decimal

from tournee.core.settings import HoldAbove


def far_more(planned: int, limit: HoldAbove | None, usual: float | None) -> bool:
    """Whether an import plans more of a deployment than its feed lets go; `usual` is None where unknown."""
    if limit is None:
        return False
    if limit.times_usual is not None:
        return usual is not None and planned > limit.times_usual * Decimal(usual)
    return limit.number is not None and planned > limit.number
