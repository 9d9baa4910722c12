"""Where messages leave. Door: `Channel`, and `open_channel` (email) or `open_http` (requests) to get one."""

from typing import Protocol

from tournee.core.facts import Message, Receipt, Request
from tournee.core.settings import Mail


class Channel(Protocol):
    """A way to hand over messages, one at a time, from one thread.

    `send` raises TransientChannelError (it did not leave; try later), PermanentChannelError (it never will)
    or UncertainChannelError (it may have left). Nothing connects before the first message.
    """

    def send(self, message: Message | Request) -> Receipt:
        """Hand over one message; returns once the other side has taken responsibility for it."""
        ...

    def close(self) -> None:
        """End the conversation; harmless when there is none."""
        ...


def open_channel(mail: Mail) -> Channel:
    """The channel that hands messages to the mail server."""
    from tournee.channels.email import EmailChannel

    return EmailChannel(mail)


def open_http(timeout: float, ca_file: str | None = None) -> Channel:
    """A channel that makes requests; `timeout` is in seconds, for connecting and for each wait after that."""
    from tournee.channels.http import HttpChannel

    return HttpChannel(timeout, ca_file)
