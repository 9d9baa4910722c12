"""Where messages leave. Door: `Channel`, and `open_channel` to get one."""

from typing import Protocol

from tournee.core.facts import Message, Receipt
from tournee.core.settings import Mail


class Channel(Protocol):
    """A way to hand over messages, one at a time, from one thread.

    `send` raises TransientChannelError (it did not leave; try later), PermanentChannelError (it never will)
    or UncertainChannelError (it may have left). Nothing connects before the first message.
    """

    def send(self, message: Message) -> Receipt:
        """Hand over one message; returns once the other side has taken responsibility for it."""
        ...

    def close(self) -> None:
        """End the conversation; harmless when there is none."""
        ...


def open_channel(mail: Mail) -> Channel:
    """The channel that hands messages to the mail server."""
    from tournee.channels.email import EmailChannel

    return EmailChannel(mail)
