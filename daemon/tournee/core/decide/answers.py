"""What a rule says about a candidate: nothing (it allows), no, or not yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tournee.core.facts import Candidate, Reason


@dataclass(frozen=True, slots=True)
class No:
    """The rule (as written) forbids it."""

    rule: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Later:
    """The rule forbids it now; look again at `until`.

    Of a cap, `expires` is when a decision of now is given up, and `refusal` what then forbids it. The reason
    is `code` with its details and the instant at which the message is due in the end.
    """

    rule: str
    code: str
    details: Mapping[str, object]
    until: datetime
    expires: datetime | None = None
    refusal: No | None = None


Answer = No | Later | None
#: One rule, with all that is the same for every candidate worked out.
Check = Callable[[Candidate], Answer]
