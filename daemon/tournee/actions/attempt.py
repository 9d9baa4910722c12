"""One attempt at one solicitation: its message is written and handed to a channel; how that ended."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from tournee.actions import App
from tournee.actions.letters import Composer
from tournee.actions.outlets import REST_AT_MOST, Pace
from tournee.channels import Channel
from tournee.core.errors import (
    ChannelError,
    PermanentChannelError,
    TemplateWrong,
    TransientChannelError,
    UncertainChannelError,
)
from tournee.core.facts import Claim, Reason, SendStatus
from tournee.core.retry import LATER_DELAY, Chance, next_attempt

#: So many of a list in a row to come back later in one drain, and somebody is told.
LATER_IN_A_ROW = 10
#: So many recipients refused in a row, and it is no longer they whom the server refuses.
REFUSED_IN_A_ROW = 5
#: What concerns one recipient alone alerts nobody.
OF_ONE_ADDRESS = frozenset({"mail_address_refused", "mail_address_unusable", "mail_address_not_ascii"})
#: What makes a message wait because of what the operator wrote.
OF_THE_SENDER = frozenset({"mail_sender_refused", "mail_sender_unusable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended.

    `attempted`: something was offered to the other side. `trouble`: people who look after the list should
    know. `rest` is how many seconds of peace the other side asked for.
    """

    status: SendStatus
    answer: str | None = None
    reason: Reason | None = None
    later: timedelta | None = None  # until the next attempt
    attempted: bool = True
    channel_down: bool = False
    bounced: bool = False
    trouble: bool = False
    rest: float = 0.0


@dataclass(slots=True, kw_only=True)
class Attempts:
    """Attempts at the messages of one outlet, one after the other; nothing is written to the database."""

    app: App
    channel: Channel
    composer: Composer
    chance: Chance
    pace: Pace
    _later: Counter[str] = field(default_factory=Counter)  # by list, in a row

    def make(self, claim: Claim) -> Ending:
        """One attempt."""
        try:
            message = self.composer.compose(claim)
        except TemplateWrong as mistake:
            return _wrong(mistake)
        try:
            answer = self.channel.send(message).answer
        except TransientChannelError as error:
            return self._again_or_never(claim, error)
        except UncertainChannelError as error:
            return _ended(SendStatus.UNCERTAIN, error, trouble=error.channel_down)
        except PermanentChannelError as error:
            return self._refused(claim, error)
        self._later[claim.list] = self.pace.refused = 0
        return Ending(status=SendStatus.SENT, answer=answer)

    def _refused(self, claim: Claim, error: PermanentChannelError) -> Ending:
        """One recipient, or the message, is refused for good; or everybody is: then nothing is given up."""
        if error.reason.code == "mail_address_refused":
            self.pace.refused += 1
            if self.pace.refused >= REFUSED_IN_A_ROW:
                reason = Reason("mail_everybody_refused", error.reason.details)
                return self._again_or_never(claim, TransientChannelError(reason, channel_down=True))
        return _ended(SendStatus.FAILED, error, trouble=error.reason.code not in OF_ONE_ADDRESS)

    def _again_or_never(self, claim: Claim, error: TransientChannelError) -> Ending:
        now = self.app.clock()
        again = next_attempt(claim.attempts + 1, claim.tried_at or now, now, self.chance)
        if again is None:
            return _ended(SendStatus.FAILED, error, trouble=True)
        self._later[claim.list] += 1
        told = error.channel_down or error.reason.code in OF_THE_SENDER
        rest = error.retry_after or 0.0
        return _ended(
            SendStatus.WAITING,
            error,
            later=max(again - now, timedelta(seconds=rest)),
            trouble=told or rest > REST_AT_MOST or self._later[claim.list] >= LATER_IN_A_ROW,
            rest=rest,
        )


def _wrong(mistake: TemplateWrong) -> Ending:
    """Nothing can leave before a person has put the template right; or this contact does not fit it."""
    if mistake.for_everybody:
        status, later = SendStatus.WAITING, LATER_DELAY
    else:
        status, later = SendStatus.FAILED, None
    return Ending(status=status, reason=mistake.reason, later=later, attempted=False, trouble=True)


def _ended(
    status: SendStatus,
    error: ChannelError,
    *,
    trouble: bool,
    later: timedelta | None = None,
    rest: float = 0.0,
) -> Ending:
    answer = error.reason.details.get("answer")
    return Ending(
        status=status,
        answer=None if answer is None else str(answer),
        reason=error.reason,
        later=later,
        channel_down=error.channel_down,
        bounced=isinstance(error, PermanentChannelError) and error.bounced,
        trouble=trouble,
        rest=rest,
    )
