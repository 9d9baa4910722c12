"""The log: structured lines on stderr, pretty on a terminal and JSON elsewhere, with nothing private in them.

`setup` is called once by a way in; until then nothing is written. `log` is what actions use; `bound` ties the
lines of a block to a list, a repository, a file, an import. Whatever paramiko, APScheduler or SQLAlchemy have
to say goes through the same chain, from WARNING on.

Redaction is the last step before a line is rendered: fields that name a secret or a person's data lose their
value, and in every text that remains whatever looks like an email address, a phone number or a password is
masked. An exception is shown as its type, its reason code and the places in the code, never its message.
"""

import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from traceback import walk_tb
from typing import TYPE_CHECKING, TextIO

from tournee.core.errors import TourneeError
from tournee.core.facts import Import, PollReport, Reason, SendReport
from tournee.core.messages.grammar import plain

if TYPE_CHECKING:  # structlog takes a tenth of a second to load: commands that log nothing do without
    from structlog.stdlib import BoundLogger
    from structlog.typing import EventDict, Processor

FOREIGN = ("apscheduler", "paramiko", "sqlalchemy", "alembic", "httpcore", "httpx", "py.warnings")

HIDDEN = "[hidden]"
_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|private_?key|authorization|credential", re.IGNORECASE
)
_PERSONAL = frozenset(
    {
        "email",
        "phone",
        "address",
        "recipient",
        "to",
        "first_name",
        "last_name",
        "cell",
        "cells",
        "row",
        "value",
    }
)
_ASSIGNED_SECRET = re.compile(
    r"(?i)\b(pass(?:word|wd|phrase)?|pwd|secret|token)(['\"]?\s*[=:]\s*|\s+)(?!\[)\S+", re.IGNORECASE
)
_EMAIL = re.compile(r"[^\s@<>\"'(),;:\[\]/]+@[^\s@<>\"'(),;:\[\]/]+")
_DIGITS = re.compile(r"(?<![0-9A-Fa-f])\+?\(?[0-9](?:[ \u00a0\u202f.\-/()]{0,2}[0-9]){6,16}(?![0-9A-Fa-f])")
_STAMP = re.compile(r"(19|20)\d\d-?(0\d|1[0-2])-?([0-2]\d|3[01])([ ]?([01]\d|2[0-3])([0-5]\d([0-5]\d)?)?)?")


class Log:
    """Events are short constants (`polled`); what varies goes into fields."""

    def info(self, event: str, **fields: object) -> None:
        """Something happened that an operator may want to follow."""
        _logger().info(event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something is wrong outside; it is handled."""
        _logger().warning(event, **fields)

    def error(self, event: str, **fields: object) -> None:
        """Something is wrong and a person is needed."""
        _logger().error(event, **fields)

    def bug(self, error: BaseException, **fields: object) -> None:
        """Something happened that nobody thought of: its type and its places in the code."""
        _logger().error("bug", exc_info=error, **fields)


log = Log()


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Every line that this thread logs within the block carries `fields`."""
    from structlog.contextvars import bound_contextvars

    with bound_contextvars(**fields):
        yield


def import_facts(record: Import) -> dict[str, object]:
    """What a line says of an import: its number, how it ended and its counts."""
    counts = {name: getattr(record.counts, name) for name in record.counts.__slots__}
    return {"import": record.id, "outcome": record.outcome, "reason": record.reason, **counts}


def poll_facts(report: PollReport) -> dict[str, object]:
    """What a line says of a pass: how it went and how many files had which outcome."""
    outcomes = Counter(str(file.outcome) for file in report.files)
    return {
        "list": report.list,
        "repository": report.repository,
        "ok": report.ok,
        "error": report.error,
        "reason": report.reason,
        "files": dict(outcomes),
    }


def send_facts(report: SendReport) -> dict[str, object]:
    """What a line says of a drain of the outbox."""
    return {
        "sent": report.sent,
        "failed": report.failed,
        "later": report.later,
        "blocked": report.blocked,
        "uncertain": report.uncertain,
        "paused": report.paused,
        "reason": report.reason,
    }


def setup(level: int = logging.WARNING, *, json: bool | None = None, stream: TextIO | None = None) -> None:
    """Write our lines from `level` on, and others' from WARNING on, to `stream` (stderr).

    `json` is decided by whether `stream` is a terminal where it is not given.
    """
    stream = stream or sys.stderr
    handler = _Handler(stream)
    handler.setFormatter(_LazyFormatter(json=not stream.isatty() if json is None else json))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("tournee").setLevel(level)
    for name in FOREIGN:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    threading.excepthook = _thread_died
    sys.unraisablehook = _unraisable


# ---------------------------------------------------------------- what a line looks like


@lru_cache(maxsize=1)
def _logger() -> "BoundLogger":
    import structlog

    structlog.configure(
        processors=[*_context(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logger: BoundLogger = structlog.stdlib.get_logger("tournee")
    return logger


def _context() -> "list[Processor]":
    import structlog

    return [structlog.contextvars.merge_contextvars, structlog.stdlib.add_log_level]


class _LazyFormatter(logging.Formatter):
    """Structlog's formatter, made when the first line is written."""

    def __init__(self, *, json: bool) -> None:
        super().__init__()
        self._json = json
        self._inner: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._inner is None:
            self._inner = _formatter(json=self._json)
        return self._inner.format(record)


def _formatter(*, json: bool) -> logging.Formatter:
    import structlog

    renderer: Processor = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=True)
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _exception,
            redact,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        foreign_pre_chain=[*_context(), _foreign],
    )


class _Handler(logging.StreamHandler[TextIO]):
    """A handler that never shows the record it could not write: its arguments may be private."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Leave out the line; a log that cannot be written must not stop the work."""


def _foreign(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """Say whose line it is."""
    event["logger"] = event["_record"].name
    return event


def _exception(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """Replace an exception by its type, its reason and the places in the code."""
    event.pop("stack_info", None)
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def describe(error: BaseException) -> dict[str, object]:
    """`{type, code, at, cause}` of an exception, without its message."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {
        "type": f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins."),
        **({"code": error.reason.code} if isinstance(error, TourneeError) else {}),
        "at": places(error),
        **({"cause": describe(cause)} if cause is not None else {}),
    }


def places(error: BaseException) -> list[str]:
    """`poll.py:120 poll`, outermost first; the innermost twenty are enough."""
    return [
        f"{PurePath(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ][-20:]


# ---------------------------------------------------------------- redaction


def redact(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """The line without secrets and without anybody's data."""
    return {key: _field(key, value) for key, value in event.items()}


def _field(key: str, value: object) -> object:
    if _SECRET.search(key) or (key.lower() in _PERSONAL and not isinstance(value, int | None)):
        return HIDDEN
    return _value(value)


def _value(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _value(value.value)
        case Reason():
            return {"code": value.code, **{key: _field(key, part) for key, part in value.details.items()}}
        case str():
            return mask(value)
        case datetime():
            return value.isoformat()
        case BaseException():
            return describe(value)
        case Mapping():
            return {mask(str(key)): _field(str(key), part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_value(part) for part in value]
        case _:
            return type(value).__name__


def mask(text: str) -> str:
    """`text` with addresses, phone numbers and passwords masked and control characters escaped."""
    text = _ASSIGNED_SECRET.sub(rf"\1\2{HIDDEN}", text)
    text = _EMAIL.sub("[email]", text)
    return str(plain(_DIGITS.sub(_phone, text)))


def _phone(found: re.Match[str]) -> str:
    """A run of digits is left when it is too short for a phone number, a date with its time, or an IPv4."""
    run = found.group()
    digits = sum(char.isdigit() for char in run)
    parts = run.split(".")
    address = len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)
    marked = run.startswith(("+", "00", "0", "("))
    if (digits < 9 and not marked) or _STAMP.fullmatch(run) or address:
        return run
    return "[phone]"


# ---------------------------------------------------------------- what nobody caught


def _thread_died(died: threading.ExceptHookArgs) -> None:
    """A thread ended by an exception: Python would print its message."""
    if died.exc_value is not None:
        log.bug(died.exc_value, thread=died.thread.name if died.thread else None)


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """An exception in a destructor: Python would print its message and the object."""
    if lost.exc_value is not None:
        log.bug(lost.exc_value)


logging.getLogger("tournee").addHandler(logging.NullHandler())
