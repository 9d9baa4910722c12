"""How a header differs from the one before it, told without the names that may be a person's data."""

from collections.abc import Iterator, Sequence

from tournee.core.facts import Reason, WarningCode
from tournee.core.languages.words import column_key

#: What is kept in place of a name that must not be shown.
UNSHOWN = ""


def quotable(name: str) -> bool:
    """Whether a column name may stand in a message: in a file without a header it is a person's data."""
    return bool(name) and "@" not in name and sum(map(str.isdigit, name)) < 5


def kept(header: Sequence[str]) -> tuple[str, ...]:
    """What is remembered of a header: its names in their order, `UNSHOWN` for those that must not be."""
    return tuple(name if quotable(name) else UNSHOWN for name in header)


def header_changed(before: Sequence[str], now: Sequence[str]) -> Reason | None:
    """The warning that a header is another one than `before`; None where it is the same. Both are `kept`.

    The details have the columns that are `new` and those that are `gone`, each by its name, or by its place
    (from 1) where that is not shown; both are empty where only the order is another. Names are compared as a
    file's columns are known: without regard to case, spacing and Unicode form.
    """
    if [*map(column_key, before)] == [*map(column_key, now)]:
        return None
    details = {"new": list(_missing(now, before)), "gone": list(_missing(before, now))}
    return Reason(WarningCode.HEADER_CHANGED, details)


def _missing(names: Sequence[str], others: Sequence[str]) -> Iterator[str | int]:
    """The names that are not among `others`, or not so often."""
    left = [column_key(name) for name in others]
    for place, name in enumerate(names, start=1):
        key = column_key(name)
        if key in left:
            left.remove(key)
        else:
            yield name or place
