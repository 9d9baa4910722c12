"""Nouns: what the operator wrote, typed and checked. Frozen Pydantic models; `config` fills them from YAML.

A field of type `FilePath` is a path that `config` has made absolute (relative paths are relative to the file
in which they are written). A `Secret` never shows its value in a repr, a log or JSON. `key` is the name under
which an entry stands in the configuration; `config` puts it there.
"""

from enum import StrEnum
from posixpath import normpath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr

from tournee.core.times import Duration, Schedule

FilePath = Annotated[str, "path"]
Secret = SecretStr
Key = str


class Model(BaseModel):
    """The base of every setting: frozen, no unknown keys, no coercion surprises."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Database(Model):
    """Where the state lives: `sqlite:///path` (absolute by now) or `postgresql://user@host/db`."""

    url: str
    password: Secret | None = None


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    OPPORTUNISTIC = "smtp"  # STARTTLS where offered
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


class Mail(Model):
    """The mail server and the sender of alerts."""

    url: str
    sender: str  # written `from:`
    username: str | None = None
    password: Secret | None = None
    ca_file: FilePath | None = None
    security: MailSecurity
    host: str
    port: int


class Protocol(StrEnum):
    """How a repository is spoken to."""

    SFTP = "sftp"
    FTP = "ftp"
    FTPS = "ftps"
    FTPS_IMPLICIT = "ftps+implicit"
    LOCAL = "file"


class Repository(Model):
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
    BOOLEAN = "boolean"


class ContactField(Model):
    """A declared contact field; `columns` has its names by language tag, the first being the template's."""

    key: Key
    type: FieldType
    columns: dict[str, tuple[str, ...]]


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


class Feed(Model):
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

    @property
    def directory(self) -> str:
        """The directory below the repository's, normalised; empty for the repository's own."""
        path = normpath(self.path or "")
        return "" if path == "." else path


class SendingList(Model):
    """A named group of contacts, and the feed that fills it (None: only by hand)."""

    key: Key
    name: str
    feed: Feed | None = None


class AtMost(Model):
    """`at_most: N per DURATION`. `text` is the rule as written (`at_most 1 per 90 days`)."""

    text: str
    limit: int
    per: Duration


class Channel(StrEnum):
    """How a survey reaches a contact."""

    EMAIL = "email"


class Deployment(Model):
    """A survey sent to contacts. `templates` and `subject` are by language tag, `*` for all languages."""

    key: Key
    channel: Channel
    sender: str  # written `from:`
    subject: dict[str, str]
    templates: dict[str, FilePath]  # found by config from `template:`
    survey_url: str
    rules: tuple[AtMost, ...] = ()


class User(Model):
    """A person of the team. `alerts` is the kinds subscribed to; `lists` is None for all lists."""

    key: Key
    email: str
    language: str = "en"
    alerts: frozenset[str] = frozenset()
    lists: tuple[str, ...] | None = None


class Settings(Model):
    """The whole configuration."""

    database: Database
    timezone: str = "UTC"
    mail: Mail | None = None
    spool: FilePath
    repositories: dict[str, Repository] = {}
    contact_fields: dict[str, ContactField] = {}
    lists: dict[str, SendingList] = {}
    deployments: dict[str, Deployment] = {}
    solicitation_rules: tuple[AtMost, ...] = ()
    users: dict[str, User] = {}
