"""Nouns: what happened. Frozen values that steps give to each other and that answers are made of.

Times are aware datetimes in UTC. Words for people live in `core.messages`; a fact carries a `Reason`.
What exists by the million (a row of a file) stays a tuple: `ContactRow`, `RowError`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code for programs and the details that its sentence needs; never a contact's value."""

    code: str
    details: Mapping[str, object] = field(default_factory=dict)


# ---------------------------------------------------------------- configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A mistake or a warning in the configuration, at its place."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


# ---------------------------------------------------------------- repositories


class RemoteErrorKind(StrEnum):
    """What kept a repository from answering."""

    UNREACHABLE = "unreachable"  # no connection: name, network, port
    TIMEOUT = "timeout"  # connected, then silent or too slow
    AUTHENTICATION = "authentication"  # the login was refused
    UNTRUSTED = "untrusted"  # unknown or changed host key, bad certificate
    NOT_FOUND = "not_found"  # the directory or file is not there
    REFUSED = "refused"  # the server says no (permission, too many connections)
    TRUNCATED = "truncated"  # a listing or a file that was cut short
    PROTOCOL = "protocol"  # the server answers what we do not understand
    INTERNAL = "internal"  # our own fault, or this machine's (disk full)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A regular file as a server lists it.

    `name` may hold surrogates where the server's bytes are not text. `modified` is the server's own text,
    compared for equality only; `modified_at` is the same as a time where it could be read, used for order
    and display, never to decide that a file is complete or new.
    """

    name: str
    size: int | None
    modified: str
    modified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustOffer:
    """What a server shows of itself, for a person to pin: host keys or a certificate."""

    repository: str
    host: str
    port: int
    kind: str  # "host_key" | "certificate"
    fingerprints: tuple[str, ...]  # as `host_key:` or `certificate:` take them
    details: Mapping[str, str] = field(default_factory=dict)  # key type; subject, issuer, expires


# ---------------------------------------------------------------- files


class FileOutcome(StrEnum):
    """What one pass did with one file."""

    IMPORTED = "imported"
    IMPORTED_WITH_ERRORS = "imported_with_errors"
    REJECTED = "rejected"
    WAITING = "waiting"  # not settled, or no marker yet
    KNOWN = "known"  # this delivery was imported before
    SKIPPED = "skipped"  # a near miss
    BUSY = "busy"  # another process is polling
    FAILED = "failed"  # to be tried again


class NearMissReason(StrEnum):
    """Why a name that starts like the prefix is not taken."""

    OTHER_PREFIX = "other_prefix"
    CASE = "case"
    PARTIAL = "partial"
    EXTENSION = "extension"
    HIDDEN = "hidden"
    STAMP = "stamp"


class WaitReason(StrEnum):
    """Why a taken file is not imported yet."""

    NEW = "new"
    GROWING = "growing"
    CUT = "cut"
    NO_MARKER = "no_marker"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A name that starts with the prefix, ignoring case, and is not taken."""

    name: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A file as our own polls saw it: `since` is when size and time were first seen as they are now."""

    name: str
    size: int | None
    modified: str
    since: datetime
    changed: bool = False  # its size or time changed between two sightings of ours
    cut: bool = False  # it was read as it is now, and its last line is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The last delivery known at a path; `import_id` is None where the backlog was skipped.

    `size` and `modified` are as the server listed them at `at`, when its content was last read.
    """

    id: int
    sha256: str
    size: int
    modified: str
    at: datetime
    import_id: int | None


# ---------------------------------------------------------------- reading

#: (line where the row starts, its cells, one for each column of the header, or why it cannot be read)
FileRow = tuple[int, list[str] | Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRows:
    """Some rows that follow each other, a column at a time: in `columns`, row n starts on line `lines[n]`.

    `refused` has the rows that cannot be read. To iterate gives every row, in order.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    refused: Sequence[tuple[int, Reason]] = ()

    def __len__(self) -> int:
        return len(self.lines) + len(self.refused)

    def __iter__(self) -> Iterator[FileRow]:
        rows = map(list, zip(*self.columns, strict=True))
        readable: Iterable[FileRow] = zip(self.lines, rows, strict=True)
        return iter(sorted([*readable, *self.refused], key=itemgetter(0)))


#: (line, identity, email, phone, first_name, last_name, gender, title, country, language, fields_json);
#: absent is None; `line` is where the row starts; `identity` is the case-folded email, else the E.164 phone;
#: `fields_json` is canonical JSON of the declared fields that are filled, keys sorted, or None.
ContactRow = tuple[
    int,
    str,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
]
CONTACT_ROW = (
    "line", "identity", "email", "phone", "first_name", "last_name",
    "gender", "title", "country", "language", "fields",
)  # fmt: skip

#: (line, column as the file's header writes it or None for the whole row, code, details or None)
RowError = tuple[int, str | None, str, Mapping[str, object] | None]


class RowErrorCode(StrEnum):
    """Why a row was rejected."""

    EMAIL_INVALID = "email_invalid"
    EMAIL_MISSING = "email_missing"
    PHONE_INVALID = "phone_invalid"
    PHONE_MISSING = "phone_missing"
    IDENTITY_MISSING = "identity_missing"
    LANGUAGE_MISSING = "language_missing"
    LANGUAGE_UNKNOWN = "language_unknown"
    COUNTRY_UNKNOWN = "country_unknown"
    GENDER_UNKNOWN = "gender_unknown"
    TITLE_UNKNOWN = "title_unknown"
    DATE_INVALID = "date_invalid"
    NUMBER_INVALID = "number_invalid"
    BOOLEAN_INVALID = "boolean_invalid"
    CHOICE_UNKNOWN = "choice_unknown"
    TEXT_TOO_LONG = "text_too_long"
    ROW_TOO_LONG = "row_too_long"
    QUOTE_UNCLOSED = "quote_unclosed"


class WarningCode(StrEnum):
    """What an import says although it went in."""

    UNKNOWN_COLUMN = "unknown_column"
    LEGACY_ENCODING = "legacy_encoding"
    LATE_FILE = "late_file"
    AMBIGUOUS_DATES = "ambiguous_dates"
    EMPTY_COLUMN = "empty_column"
    HEADER_CHANGED = "header_changed"
    NOBODY_REMOVED = "nobody_removed"


class RejectReason(StrEnum):
    """Why a whole file was rejected."""

    EMPTY = "empty"
    UNDECODABLE = "undecodable"
    NO_HEADER = "no_header"
    MISSING_COLUMN = "missing_column"
    DUPLICATE_COLUMN = "duplicate_column"
    WRONG_LANGUAGE = "wrong_language"
    TOO_MANY_ERRORS = "too_many_errors"
    TOO_LARGE = "too_large"
    BAD_ARCHIVE = "bad_archive"
    MIRROR_LIMIT = "mirror_limit"
    CUT = "cut"


# ---------------------------------------------------------------- imports


class Outcome(StrEnum):
    """What became of an imported file."""

    IMPORTED = "imported"
    IMPORTED_WITH_ERRORS = "imported_with_errors"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows of a file; it refuses to exist unless it adds up (every row accounted for)."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        parts = self.created + self.updated + self.unchanged + self.duplicate + self.rejected
        if self.read != parts or min(self.created, self.updated, self.unchanged, self.duplicate) < 0:
            raise ValueError(f"rows read {self.read} != {parts} accounted for")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCounts:
    """How the contacts of an import were decided: `planned` counts all, `waiting` and `held` those unsent."""

    planned: int = 0
    waiting: int = 0
    held: int = 0
    blocked: Mapping[str, int] = field(default_factory=dict)  # rule as written -> contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file taken into one list.

    `id` is None for a dry run; `repository`, and the `path` there, are None for a manual import. `removed` is
    how many contacts left the list because the file does not name them; None where the list mirrors no file.
    """

    id: int | None
    list: str
    repository: str | None
    file: str
    sha256: str
    size: int
    modified_at: datetime | None
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    reason: Reason | None
    counts: Counts
    warnings: tuple[Reason, ...] = ()
    decisions: DecisionCounts | None = None  # None where the feed deploys nothing
    path: str | None = None
    stamp: tuple[int, ...] | None = None  # of the file's name
    removed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a dry run shows of a file: each column as written with its field (None: ignored), the first rows.

    Nothing of either is known of a file whose header was not accepted.
    """

    columns: tuple[tuple[str, str | None], ...] = ()
    rows: tuple[ContactRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file of one pass."""

    name: str
    outcome: FileOutcome
    import_id: int | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """One pass over one feed. `look_again_at` is when a file that waits may have settled."""

    list: str
    repository: str
    ok: bool
    error: RemoteErrorKind | None = None
    reason: Reason | None = None  # the error, or why another process has the list
    files: tuple[FileReport, ...] = ()
    look_again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """What is remembered of a list's last pass."""

    list: str
    repository: str
    first_at: datetime
    at: datetime
    ok: bool
    error: RemoteErrorKind | None
    reason: Reason | None
    good_at: datetime | None
    look_again_at: datetime | None = None
    near_misses: tuple[NearMiss, ...] = ()


# ---------------------------------------------------------------- contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A contact's refusal: `channel` is `all`, `email`, `sms` or `webhook`."""

    channel: str
    at: datetime
    source: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutRecord:
    """A refusal as remembered; `ended_at` is None while it holds, `end_reason` why it does no longer."""

    channel: str
    at: datetime
    source: str
    reason: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """An email address does not exist: when its server said so, and in which words."""

    at: datetime
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person as stored."""

    id: int
    email: str | None
    phone: str | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    title: str | None
    country: str | None
    language: str | None
    fields: Mapping[str, JsonValue]
    lists: tuple[str, ...]
    opt_outs: tuple[OptOut, ...]
    created_at: datetime
    updated_at: datetime


# ---------------------------------------------------------------- solicitations


class Verdict(StrEnum):
    """What was decided for one contact and one deployment."""

    PLANNED = "planned"
    BLOCKED = "blocked"


class SendStatus(StrEnum):
    """Where a planned solicitation is."""

    WAITING = "waiting"  # to be sent when due
    HELD = "held"  # waits for a person
    SENDING = "sending"  # claimed; the attempt is being made
    SENT = "sent"  # the channel took it
    FAILED = "failed"  # given up
    UNCERTAIN = "uncertain"  # the process died, or the link broke, in the attempt
    CANCELLED = "cancelled"  # by a person
    BLOCKED = "blocked"  # by the second look at sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A contact about to be decided for one deployment, with what its rules need to know.

    `cap_counts` and `cap_latest` run parallel to the caps asked for: how many solicitations count within
    the window, and when the newest of them was (now, where one is still to be sent). `values` has
    the contact's fields that rules look at, standard and declared, by key; an empty one is absent.
    """

    contact_id: int
    address: str | None  # for the deployment's channel
    opted_out: bool
    pending: bool  # the same deployment is still to be sent to this contact
    bounced: bool = False  # the address does not exist, as its server said
    answered: bool = False  # since the invitation that this is a reminder of was decided
    once: str | None = None  # its `once_per` field, hashed; None where that is empty
    once_taken: bool = False  # another solicitation of the deployment has the same
    cap_counts: tuple[int, ...] = ()
    cap_latest: tuple[datetime | None, ...] = ()
    values: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision for one contact: planned, or blocked by `rule` (as written) with its reason.

    A planned one may have to wait: until `due_at`, for the reason (and the rule) that it then carries. Where
    a cap makes it wait, it is given up at `expires_at`. `once` is the value that its `once_per` rule takes.
    """

    contact_id: int
    verdict: Verdict
    rule: str | None = None
    reason: Reason | None = None
    due_at: datetime | None = None  # None: now
    expires_at: datetime | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A decision as remembered, for `why`.

    `reminds` is the decision of which this one is a reminder. Of one that waits, `rule` and `reason` say
    what for, if for anything but its turn, and `next_attempt_at` until when.
    """

    id: int
    contact_id: int
    deployment: str
    channel: str
    import_id: int
    list: str
    file: str
    decided_at: datetime
    verdict: Verdict
    rule: str | None
    reason: Reason | None
    status: SendStatus | None
    sent_at: datetime | None
    attempts: int
    answer: str | None  # the server's last answer, without a contact's value
    next_attempt_at: datetime | None = None
    expires_at: datetime | None = None
    answered_at: datetime | None = None
    reminds: int | None = None
    reminder: int | None = None  # the how manieth reminder it is


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentTotals:
    """How many solicitations of a deployment are where. `paused_at`: since when nothing of it leaves."""

    deployment: str
    channel: str
    planned: int
    waiting: int
    held: int
    sent: int
    failed: int
    uncertain: int
    blocked: int
    cancelled: int = 0
    sending: int = 0  # begun, and not ended yet
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Solicitations of one import that wait for a person, or are uncertain; for `deployments`."""

    deployment: str
    import_id: int
    list: str
    file: str
    status: SendStatus  # HELD or UNCERTAIN
    number: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A solicitation taken out of the outbox for one attempt, with all that its message needs."""

    id: int
    deployment: str
    list: str
    message_id: str
    attempts: int  # earlier ones
    contact: Contact
    decided_at: datetime
    tried_at: datetime | None = None  # the first attempt
    expires_at: datetime | None = None
    reminder: int = 0  # the how manieth reminder it is; 0: the invitation itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An email ready for a channel. `secrets` are texts that an answer must not be quoted with (a name)."""

    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request ready for a channel.

    `repeatable`: the receiver tells by its id that it came twice, so that one that may have arrived is simply
    sent again. `secrets` are texts that an answer must not be quoted with (a token, a phone).
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes
    repeatable: bool = False
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What would be sent to a contact now; nothing of it is recorded, and its request shows no secret.

    An email has `sender`, `to`, `subject`, `text`, `html` and `headers` of its own; a text message its `text`
    and `request`, and what it costs: `encoding` (`gsm` or `unicode`), `characters` as counted, `parts`; a
    webhook has only its `request`. `to` is None where the contact has no address for the channel.
    """

    deployment: str
    channel: str
    contact_id: int
    reminder: int = 0
    sender: str | None = None
    to: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request: Request | None = None
    encoding: str | None = None
    characters: int | None = None
    parts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A channel took a message; `answer` is what the server said."""

    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What one drain of the outbox did."""

    sent: int = 0
    failed: int = 0
    later: int = 0
    blocked: int = 0
    uncertain: int = 0
    busy: bool = False  # another process is sending
    paused: bool = False  # a person stopped some of it
    reason: Reason | None = None  # why a channel is away


def paused_since(pauses: Mapping[str, datetime], deployment: str) -> datetime | None:
    """Since when nothing of a deployment leaves: the earliest of the pauses by deployment, or of all ("")."""
    return min((at for name, at in pauses.items() if name in ("", deployment)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What was decided about a contact, newest first, and every refusal of it ever, oldest first.

    `pauses` says since when nothing of a deployment leaves (of none: an empty name), for `why`; `memberships`
    since when it is on which list and `bounced` whether its email address exists, for `export`.
    """

    contact: Contact
    opt_outs: tuple[OptOutRecord, ...]
    decisions: tuple[DecisionRecord, ...]
    memberships: Mapping[str, datetime] = field(default_factory=dict)
    bounced: Bounce | None = None
    pauses: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What an unsubscribe link is about.

    `contact` is None where the person was erased meanwhile; `sender` is the name under which the last message
    came, `list` the name of its list; `refused`: nothing more comes by this channel.
    """

    channel: str
    contact: Contact | None = None
    sender: str | None = None
    list: str | None = None
    refused: bool = False


# ---------------------------------------------------------------- alerts


class AlertKind(StrEnum):
    """What a user can be told about."""

    IMPORT_REJECTED = "import_rejected"
    IMPORT_ERRORS = "import_errors"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    HELD = "held"
    SEND_FAILURES = "send_failures"


class AlertEvent(StrEnum):
    """Which turn of the condition the alert tells."""

    OPENED = "opened"
    REMINDER = "reminder"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is wrong and lasts. `subject` is a repository's or a list's key."""

    id: int
    kind: AlertKind
    subject: str
    opened_at: datetime
    told_at: datetime  # the last alert or reminder
    closed_at: datetime | None
    reason: Reason
    repository: str | None = None
    list: str | None = None
    file: str | None = None
    import_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to one user, queued with its cause."""

    id: int
    user: str
    address: str
    language: str
    kind: AlertKind
    event: AlertEvent
    subject: str
    message_id: str
    created_at: datetime
    opened_at: datetime
    reason: Reason
    repository: str | None
    list: str | None
    import_ids: tuple[int, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A problem as `status` shows it."""

    kind: str
    subject: str
    since: datetime
    reason: Reason


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStatus:
    """A list as `status` shows it."""

    list: str
    name: str
    contacts: int
    repository: str | None
    prefix: str | None
    schedule: str | None
    last_poll: PollState | None
    next_poll: datetime | None
    last_import: Import | None
    near_misses: tuple[NearMiss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The answer of `status`."""

    version: str
    lists: tuple[ListStatus, ...]
    problems: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCheck:
    """What `check --connect` saw for one list: every taken name and every near miss."""

    list: str
    taken: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    again: int = 0  # taken names that were imported before from another repository or URL


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCheck:
    """What `check --connect` saw of one repository."""

    repository: str
    ok: bool
    error: RemoteErrorKind | None = None
    reason: Reason | None = None
    lists: tuple[ListCheck, ...] = ()
