"""Nouns: what the operator wrote. `config` fills them from YAML and has checked every value.

A field of type `FilePath` is a path that `config` has made absolute (relative paths are relative to the file
in which they are written). `key` is the name under which an entry stands in the configuration; `config` puts
it there.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from posixpath import normpath
from typing import Annotated

from tournee.core.times import Duration, Rate, Schedule
from tournee.core.windows import Window

FilePath = Annotated[str, "path"]
Key = str
#: JSON whose texts are templates.
JsonTemplate = str | int | float | bool | None | list["JsonTemplate"] | dict[str, "JsonTemplate"]


class Secret:
    """A text that no repr, log line or JSON shows; no dataclass, which `asdict` would open."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        """The text itself, for the one who asks for it."""
        return self._text


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where the state lives: `sqlite:///path` (absolute by now) or `postgresql://user@host/db`."""

    url: str
    password: Secret | None = None


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    OPPORTUNISTIC = "smtp"  # STARTTLS where offered
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The mail server and the sender of alerts."""

    url: str
    sender: str  # written `from:`
    username: str | None = None
    password: Secret | None = None
    ca_file: FilePath | None = None
    security: MailSecurity
    host: str
    port: int
    rate: Rate | None = None


class Protocol(StrEnum):
    """How a repository is spoken to."""

    SFTP = "sftp"
    FTP = "ftp"
    FTPS = "ftps"
    FTPS_IMPLICIT = "ftps+implicit"
    LOCAL = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A drop box with its credentials.

    `directory` is the decoded path of the URL: "" is the directory after login, `/exports` is absolute on the
    server, `/~/exports` starts at the directory after login. A local one is absolute.
    """

    key: Key
    url: str
    protocol: Protocol
    host: str
    port: int
    user: str | None
    directory: str
    password: Secret | None = None
    private_key: Secret | None = None  # its text, read from `private_key_file` by config
    passphrase: Secret | None = None
    host_key: tuple[str, ...] = ()
    known_hosts: FilePath | None = None  # None: ~/.ssh/known_hosts
    ca_file: FilePath | None = None
    certificate: str | None = None  # SHA-256, 64 lower-case hex digits
    passive: bool = True
    encoding: str = "utf-8"
    timeout: Duration
    max_connections: int = 1


class FieldType(StrEnum):
    """What a declared contact field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """A declared contact field; `columns` has its names by language tag, the first being the template's.

    `choices` has the words of a choice by language tag (`*` for every language), in the same order; those of
    the first are what is stored. A text is at most `max_length` characters long.
    """

    key: Key
    type: FieldType
    columns: dict[str, tuple[str, ...]]
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    max_length: int = 10_000


class StampRule(StrEnum):
    """Whether a name must carry a stamp."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    FORBIDDEN = "forbidden"


class AfterImport(StrEnum):
    """What becomes of a file once it is imported."""

    KEEP = "keep"
    ARCHIVE = "archive"
    DELETE = "delete"


class Backlog(StrEnum):
    """What happens to files that lie there at a feed's first poll."""

    IMPORT = "import"
    SKIP = "skip"


class Membership(StrEnum):
    """What a file means for who is on the list."""

    ADD = "add"  # its contacts join
    MIRROR = "mirror"  # the list becomes equal to the file


class EmptyCells(StrEnum):
    """What an empty cell says about a value that is stored."""

    KEEP = "keep"  # unknown: it stays
    CLEAR = "clear"  # it is erased


class Truncated(StrEnum):
    """What becomes of a file whose last line is cut."""

    WAIT = "wait"  # as if it were still being written; in the end it is rejected
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a file may hold; what goes beyond is rejected."""

    size: int = 2 << 30  # bytes, unpacked
    ratio: int = 200  # unpacked bytes for each packed one
    columns: int = 1_000
    line: int = 1 << 20  # characters of a line, and of a row that goes on over several


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAbove:
    """`hold_above: 5000` (solicitations of one deployment in one import) or `3x usual`."""

    text: str
    number: int | None = None
    times_usual: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What fills a list from a repository."""

    repository: str
    path: str | None = None  # below the repository's directory
    prefix: str
    schedule: Schedule  # written `every:` or `cron:`
    language: str
    deploy: tuple[str, ...] = ()
    settle: Duration
    marker: str | None = None
    country: str | None = None
    default_language: str | None = None
    stamp: StampRule = StampRule.OPTIONAL
    after_import: AfterImport = AfterImport.KEEP
    archive_to: str = "archive"
    rejected_to: str | None = None
    reject_above: float = 0.5  # a share of the rows
    backlog: Backlog = Backlog.IMPORT
    identify_by: str | None = None  # a declared contact field; None: the email, else the phone
    empty_cells: EmptyCells = EmptyCells.KEEP
    membership: Membership = Membership.ADD
    mirror_limit: float = 0.2  # a share of the list's contacts that one file may remove
    truncated: Truncated = Truncated.WAIT
    report: bool = False
    hold_above: HoldAbove | None = None

    @property
    def directory(self) -> str:
        """The directory below the repository's, normalised; empty for the repository's own."""
        path = normpath(self.path or "")
        return "" if path == "." else path


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingList:
    """A named group of contacts, and the feed that fills it (None: only by hand)."""

    key: Key
    name: str
    feed: Feed | None = None


class Counting(StrEnum):
    """Which solicitations of a contact a cap counts."""

    EVERYTHING = "everything"
    CHANNEL = "channel"  # those by the same channel
    DEPLOYMENT = "deployment"  # those of the same deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """`at_most: N per DURATION`, and for whom it blocks, how long the invitation waits for its turn."""

    text: str  # as written, which is its name: `at_most 1 per 90 days`
    limit: int
    per: Duration
    counting: Counting
    wait_up_to: Duration | None = None  # `otherwise: wait up to 14 days`; None: `otherwise: drop`


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """`between: 09:00-20:00 mon-sat`, or a list of such: outside of them, a message waits."""

    text: str
    windows: tuple[Window, ...]


class Test(StrEnum):
    """What can be asked about a contact field."""

    IS = "is"  # one of the values; also `one_of`
    IS_SET = "is_set"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BEFORE = "before"
    AFTER = "after"
    WITHIN = "within"  # not longer ago than a duration, nor yet to come


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTest:
    """One question about one contact field; `type` is None for a standard field.

    `value` is, by `test`: the values as they are stored, in a tuple; a bool; a Decimal; a date or an aware
    datetime; a Duration.
    """

    field: str
    test: Test
    value: tuple[str | bool, ...] | bool | Decimal | date | datetime | Duration
    type: FieldType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlyIf:
    """`only_if:` (all its tests must hold) or, with `negated`, `not_if:` (none of them may)."""

    text: str
    tests: tuple[FieldTest, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`sample: 50%`: always the same part of the contacts of a deployment."""

    text: str
    share: Decimal  # more than 0, at most 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OncePer:
    """`once_per: order_number`: never two of a deployment for one value of a declared field of that type."""

    text: str
    field: str
    type: FieldType = FieldType.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitAfter:
    """`wait: 3 days after purchase_date`; a contact without that date is blocked."""

    text: str
    duration: Duration
    field: str  # a declared date or datetime
    type: FieldType


Rule = AtMost | Between | OnlyIf | Sample | OncePer | WaitAfter


class Channel(StrEnum):
    """How a survey reaches a contact."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An SMS provider, as a request that is described: every text in it is a template.

    `body` is what `json:` or `form:` says (None: a request without a body, for GET). The templates have
    `phone`, `text`, `solicitation_id`, `sender` and `deployment`.
    """

    key: Key
    url: str
    method: str = "POST"
    headers: dict[str, Secret] = field(default_factory=dict)  # a token may be in any of them
    json: JsonTemplate = None
    form: dict[str, str] = field(default_factory=dict)
    rate: Rate | None = None
    timeout: Duration
    ca_file: FilePath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailForm:
    """What an email looks like; `subject` and `templates` are by language tag, `*` for all languages."""

    sender: str  # written `from:`
    subject: dict[str, str]
    templates: dict[str, FilePath]  # found by config from `template:`


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsForm:
    """What a text message says, by language tag, and the gateway that takes it."""

    gateway: Key
    text: dict[str, str]
    sender: str | None = None  # written `from:`, for gateways that ask for one


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookForm:
    """Who is told about a solicitation, and the secret that signs it (`whsec_…`)."""

    url: str
    secret: Secret
    timeout: Duration
    ca_file: FilePath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A survey sent to contacts. `form` goes with `channel`; `survey_url` is a template, maybe empty."""

    key: Key
    channel: Channel
    form: EmailForm | SmsForm | WebhookForm
    survey_url: str = ""
    rules: tuple[Rule, ...] = ()
    rate: Rate | None = None
    remind: tuple[Duration, ...] = ()  # after the invitation was sent, ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Where the daemon listens, and how the world reaches it (None: no links to it are written)."""

    host: str
    port: int
    public_url: str | None = None  # without a slash at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of the team. `alerts` is the kinds subscribed to; `lists` is None for all lists."""

    key: Key
    email: str
    language: str = "en"
    alerts: frozenset[str] = frozenset()
    lists: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    database: Database
    timezone: str = "UTC"
    mail: Mail | None = None
    spool: FilePath
    repositories: dict[str, Repository] = field(default_factory=dict)
    contact_fields: dict[str, ContactField] = field(default_factory=dict)
    lists: dict[str, SendingList] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    solicitation_rules: tuple[Rule, ...] = ()
    http: Http | None = None
    users: dict[str, User] = field(default_factory=dict)
    limits: Limits = Limits()
