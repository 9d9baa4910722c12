"""Every exception that Tournée raises on purpose, as one tree.

::

    TourneeError                 trouble with a Reason that a person can be told
    ├── ConfigurationError       what the operator wrote is wrong (every problem at once)
    ├── UnknownName              a list, repository, import or contact that does not exist
    ├── AmbiguousContact         several contacts have that phone
    ├── InvalidValue             a value that a person gave for a contact is refused
    ├── FileRejected             the file as a whole cannot be imported
    ├── CannotRetry              the file of an import cannot be taken again: it is gone, changed …
    ├── RemoteError              a repository: unreachable, refused, untrusted …
    ├── LocalFileError           a file of this machine cannot be read or written (a full disk …)
    ├── CannotListen             the address of `http: listen` is taken, or not this machine's
    ├── MissingExtra             an optional part of the package is not installed
    ├── Stopped                  asked to stop in the middle; nothing of it was written
    ├── StoreError               the database
    │   ├── StoreUnavailable     away, locked, full, broken
    │   ├── StoreOutdated        its tables are older than the program: `tournee db upgrade`
    │   └── AlreadyRunning       another daemon has this SQLite file
    ├── TemplateWrong            a template has a mistake, or cannot be rendered for a contact
    └── ChannelError             a message could not be handed over
        ├── TransientChannelError    try again later
        ├── PermanentChannelError    never try again
        └── UncertainChannelError    it may or may not have left

Verdicts about data are values (`facts.RowError`, `facts.Decision`), not exceptions; `FileRejected` is the
one exception to that, because a stream may turn out to be unreadable at its last byte. Anything that is
not in this tree is a bug.
"""

from collections.abc import Mapping, Sequence

from tournee.core.facts import Problem, Reason, RejectReason, RemoteErrorKind


class TourneeError(Exception):
    """Trouble outside, with a `reason` that `core.messages` can put into words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


class ConfigurationError(TourneeError):
    """The configuration is wrong; `problems` has every mistake with its place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(Reason("configuration_wrong", {"count": len(problems)}))
        self.problems = tuple(problems)


class UnknownName(TourneeError):
    """A list, repository, import or contact that does not exist."""


class AmbiguousContact(TourneeError):
    """Several contacts have that phone; the details hold their ids."""


class InvalidValue(TourneeError):
    """A value that a person gave for a contact is refused; the reason names the field, never the value."""


class FileRejected(TourneeError):
    """The file as a whole cannot be imported; `reason.code` is a `RejectReason`."""

    def __init__(self, code: RejectReason, details: Mapping[str, object] | None = None) -> None:
        super().__init__(Reason(code, dict(details or {})))
        self.code = code


class CannotRetry(TourneeError):
    """The file of an import cannot be taken again; the reason says where it was, and what to do instead."""


class RemoteError(TourneeError):
    """A repository could not do what was asked.

    `kind` is the word that `poll`, `check` and the alerts show; `permanent` says that trying again
    without a person's help is pointless (a wrong password, an unknown host key).
    """

    def __init__(
        self, kind: RemoteErrorKind, reason: Reason | None = None, *, permanent: bool = False
    ) -> None:
        super().__init__(reason or Reason(f"remote_{kind}"))
        self.kind = kind
        self.permanent = permanent


class LocalFileError(TourneeError):
    """A file or directory of this machine cannot be read or written."""


class CannotListen(TourneeError):
    """The address of `http: listen` is taken, or is not this machine's."""


class MissingExtra(TourneeError):
    """An optional part of the package is not installed; the reason names it."""


class Stopped(TourneeError):
    """The process was asked to stop in the middle of a step; nothing of that step was written."""

    def __init__(self) -> None:
        super().__init__(Reason("stopped"))


class StoreError(TourneeError):
    """The database could not do what was asked."""


class StoreUnavailable(StoreError):
    """The database is away, locked for too long, full or broken."""


class StoreOutdated(StoreError):
    """The tables are older (or newer) than the program."""


class AlreadyRunning(StoreError):
    """Another daemon works on this SQLite file."""


class TemplateWrong(TourneeError):
    """A template has a mistake, or cannot be rendered for a contact; the details name it and its line."""

    @property
    def for_everybody(self) -> bool:
        """No message of the deployment can be written before a person has repaired it."""
        return self.reason.code != "template_failed"


class ChannelError(TourneeError):
    """A message could not be handed over. `channel_down`: the whole channel is away, not this one alone."""

    def __init__(self, reason: Reason, *, channel_down: bool = False) -> None:
        super().__init__(reason)
        self.channel_down = channel_down


class TransientChannelError(ChannelError):
    """It did not leave, or may leave again; try later, and not before `retry_after` seconds if it says so."""

    def __init__(
        self, reason: Reason, *, channel_down: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(reason, channel_down=channel_down)
        self.retry_after = retry_after


class PermanentChannelError(ChannelError):
    """It did not leave and never will; `bounced` because the address does not exist, as its server says."""

    def __init__(self, reason: Reason, *, bounced: bool = False) -> None:
        super().__init__(reason)
        self.bounced = bounced


class UncertainChannelError(ChannelError):
    """It may or may not have left: the connection broke after the content was handed over."""
