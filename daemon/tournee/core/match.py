"""Which names a feed takes, in which order, and which it nearly takes.

A name is taken when it is exactly: the prefix, an optional stamp, a known extension. A stamp is a separator
and groups of ASCII digits, joined by one separator, `T` or `:`, with a final `Z` allowed. The prefix is
compared letter for letter, but an `é` is an `é` whether a Mac wrote it as one character or as two (NFC and
NFD of a name are the same letters to everybody who reads it).

Our own reports (`<taken name>.report.csv`) and what an upload left unfinished are strangers to every feed.

A near miss has the first of these reasons that holds: `hidden`, `other_prefix`, `case`, `partial`,
`extension`, `stamp`; so a person who puts it right does not meet the reason before it again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from unicodedata import normalize

from tournee.core.facts import NearMiss, NearMissReason, Reason, RemoteFile
from tournee.core.settings import StampRule

Stamp = tuple[int, ...]

_STAMP = r"[_\-. ][0-9]{1,64}(?:[_\-. T:][0-9]{1,64})*Z?"
_KNOWN = r"(?ai:\.(?:csv|txt|tsv)(?:\.gz|\.zip)?|\.zip)"
_WORD = r"(?:\.[^\W_]*[^\W\d_][^\W_]*)"
_TAKEN = re.compile(f"(?P<stamp>{_STAMP})?{_KNOWN}")
_KNOWN_END = re.compile(rf"{_KNOWN}\Z")
_BEYOND_KNOWN = re.compile(rf"(?:{_STAMP})?(?ai:\.(?:csv|txt|tsv|zip|gz))(?![A-Za-z0-9])")
_OTHER_EXTENSION = re.compile(rf"(?:{_STAMP})?{_WORD}*\.?")
_PARTIAL = re.compile(r"(?:(?ai:\.part|\.filepart|\.tmp|\.crdownload)|~)\Z")
_REPORT = re.compile(r"(?s:(?P<name>.+))\.report(?:\.[0-9]+){0,2}\.csv")
_TEMPORARY = re.compile(r"\.tournee-[0-9a-f]{16}\.part")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPattern:
    """What a feed takes from its directory; `marker` is what its writers add to a name that is complete."""

    list: str
    prefix: str
    stamp_rule: StampRule = StampRule.OPTIONAL
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A name that is taken; its stamp as numbers, group by group."""

    stamp: Stamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """A file that a feed takes."""

    file: RemoteFile
    stamp: Stamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a listing holds for one feed: `taken` in the order of import, `near_misses` by name."""

    taken: tuple[TakenFile, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()


# ---------------------------------------------------------------- one name


def judge(name: str, prefix: str, stamp_rule: StampRule) -> Taken | NearMissReason | None:
    """Whether a feed takes `name`: how, else why not, else None for a stranger."""
    verdict = _judge_name(name, prefix, stamp_rule)
    return None if isinstance(verdict, NearMissReason) and _ours(name, prefix) else verdict


def _judge_name(name: str, prefix: str, stamp_rule: StampRule) -> Taken | NearMissReason | None:
    rest, same_case = _after_prefix(_canonical(name), _canonical(prefix))
    if rest is None:
        hidden = (
            name.startswith(".") and _after_prefix(_canonical(name[1:]), _canonical(prefix))[0] is not None
        )
        return NearMissReason.HIDDEN if hidden else None
    verdict = _judge_rest(rest, stamp_rule)
    if same_case or verdict is NearMissReason.OTHER_PREFIX:
        return verdict
    return NearMissReason.CASE


def _ours(name: str, prefix: str) -> bool:
    """Whether we put that file there: the report about a taken one, or an upload that is not finished."""
    report = _REPORT.fullmatch(name)
    about = report and _judge_name(report["name"], prefix, StampRule.OPTIONAL)
    return isinstance(about, Taken) or _TEMPORARY.fullmatch(name) is not None


def _canonical(text: str) -> str:
    return text if text.isascii() else normalize("NFC", text)


def _after_prefix(name: str, prefix: str) -> tuple[str | None, bool]:
    """What follows the prefix (None: the name does not start with it) and whether its case is right."""
    if name.startswith(prefix):
        return name[len(prefix) :], True
    folded = prefix.casefold()
    if not name.casefold().startswith(folded):
        return None, False
    ends = (end for end in range(1, len(name) + 1) if len(name[:end].casefold()) >= len(folded))
    return name[next(ends) :], False


def _judge_rest(rest: str, stamp_rule: StampRule) -> Taken | NearMissReason:
    found = _TAKEN.fullmatch(rest)
    if found:
        return _judge_stamp(found["stamp"], stamp_rule)
    partial = _PARTIAL.search(rest)
    flaw = _flaw(rest[: partial.start()] if partial else rest)
    return NearMissReason.PARTIAL if partial and flaw is not NearMissReason.OTHER_PREFIX else flaw


def _judge_stamp(text: str | None, rule: StampRule) -> Taken | NearMissReason:
    if (text is None and rule is StampRule.REQUIRED) or (text is not None and rule is StampRule.FORBIDDEN):
        return NearMissReason.STAMP
    return Taken(tuple(map(int, re.findall("[0-9]+", text))) if text else None)


def _flaw(rest: str) -> NearMissReason:
    """What keeps a rest from being taken: its extension, something that is no stamp, or another prefix."""
    known = _KNOWN_END.search(rest)
    if _BEYOND_KNOWN.match(rest) or (_OTHER_EXTENSION.fullmatch(rest) and not known):
        return NearMissReason.EXTENSION
    middle = rest[: known.start()] if known else rest
    if middle[0] in "_-. " and not any(char.isalpha() for char in middle):
        return NearMissReason.STAMP
    return NearMissReason.OTHER_PREFIX


# ---------------------------------------------------------------- a listing


def match(files: Iterable[RemoteFile], feeds: Sequence[FeedPattern]) -> dict[str, Matched]:
    """Share out a directory's files among the feeds that look into it, by the feeds' list keys.

    A name that several feeds could take belongs to the longest prefix, and is no near miss of the others; a
    name that nobody takes is a near miss of the longest prefix that it starts with.
    """
    taken: dict[str, list[TakenFile]] = {feed.list: [] for feed in feeds}
    near_misses: dict[str, list[NearMiss]] = {feed.list: [] for feed in feeds}
    starts = tuple(dot + _canonical(feed.prefix).casefold() for feed in feeds for dot in ("", "."))
    for file in files:
        if not _canonical(file.name).casefold().startswith(starts):
            continue  # a stranger to all: most of a large directory
        for feed, verdict in _owners(file.name, feeds):
            if isinstance(verdict, Taken):
                taken[feed.list].append(TakenFile(file=file, stamp=verdict.stamp))
            else:
                near_misses[feed.list].append(NearMiss(name=file.name, reason=_reason(verdict, feed)))
    return {
        key: Matched(
            taken=tuple(sorted(taken[key], key=_age)),
            near_misses=tuple(sorted(near_misses[key], key=lambda near_miss: near_miss.name)),
        )
        for key in taken
    }


def _owners(name: str, feeds: Sequence[FeedPattern]) -> list[tuple[FeedPattern, Taken | NearMissReason]]:
    judged = [(feed, judge(name, feed.prefix, feed.stamp_rule)) for feed in feeds]
    takers = [(feed, verdict) for feed, verdict in judged if isinstance(verdict, Taken)]
    if takers:
        return [max(takers, key=lambda pair: len(pair[0].prefix))]
    if any(_is_marker(name, feed) or _ours(name, feed.prefix) for feed in feeds):
        return []
    missed = [(feed, verdict) for feed, verdict in judged if isinstance(verdict, NearMissReason)]
    longest = max((len(feed.prefix) for feed, _ in missed), default=0)
    return [(feed, verdict) for feed, verdict in missed if len(feed.prefix) == longest]


def _is_marker(name: str, feed: FeedPattern) -> bool:
    if not feed.marker or not name.endswith(feed.marker):
        return False
    return isinstance(judge(name[: -len(feed.marker)], feed.prefix, feed.stamp_rule), Taken)


def _reason(code: NearMissReason, feed: FeedPattern) -> Reason:
    details = {"prefix": feed.prefix}
    return Reason(
        code, {**details, "rule": feed.stamp_rule.value} if code is NearMissReason.STAMP else details
    )


def _age(taken: TakenFile) -> tuple[bool, Stamp, datetime, str]:
    """Oldest first: stamped names by stamp, then the others by their time (an unknown one first), then name.

    A name without a stamp is overwritten in place, so it is taken to be newer than any stamped one.
    """
    file = taken.file
    return taken.stamp is None, taken.stamp or (), file.modified_at or _LONG_AGO, file.name


def concerns(feeds: Sequence[FeedPattern], name: str) -> bool:
    """Whether any of the feeds takes `name`, nearly takes it, or reads it as a marker."""
    return any(judge(name, feed.prefix, feed.stamp_rule) is not None for feed in feeds)


def report_name(name: str) -> str:
    """What the report about a file is called, where that name is free (`free_names`)."""
    return f"{name}.report.csv"


def temporary_name(name: str) -> str:
    """What a file is called while it is uploaded: hidden, and the same at the next try, which removes it."""
    return f".tournee-{sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.part"


def free_names(name: str, import_id: int) -> Iterator[str]:
    """Names to put a file away under, in the order to try them: its own, then with its import's number."""
    yield name
    stem, extension = _parts(name)
    yield f"{stem}.{import_id}{extension}"
    for again in count(2):
        yield f"{stem}.{import_id}.{again}{extension}"


def may_be(name: str, other: str) -> bool:
    """Whether `other` is a name under which the file called `name` may have been put away (`free_names`)."""
    stem, extension = map(re.escape, _parts(name))
    return other == name or re.fullmatch(rf"{stem}(\.[0-9]+){{1,2}}{extension}", other) is not None


def _parts(name: str) -> tuple[str, str]:
    """A name without its known extension, and that."""
    end = _KNOWN_END.search(name)
    return (name[: end.start()], end[0]) if end else (name, "")
