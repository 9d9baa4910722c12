"""Listings of FTP servers: lines in (as latin-1, a character for a byte), entries out. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_UNIX = re.compile(
    r"(?P<type>[-dlbcps])[-rwxsStTlL]{9}[+.@]?\s+\d+\s+\S+\s+(?:\S+\s+)?(?P<size>\d+)\s+"
    r"(?P<time>[A-Za-z]{3}\s+\d{1,2}\s+(?:\d{1,2}:\d\d|\d{4})) (?P<name>.+)"
)
_DOS = re.compile(
    r"(?P<time>\d\d-\d\d-\d\d(?:\d\d)?\s+\d\d:\d\d(?:[AP]M)?)\s+"
    r"(?:<(?P<type>[A-Z]+)>\s+|(?P<size>\d+) )(?P<name>.+)"
)
_DOS_TIMES = ("%m-%d-%y %I:%M%p", "%m-%d-%Y %I:%M%p", "%m-%d-%y %H:%M", "%m-%d-%Y %H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a listing; `time` is the server's text. `regular` is no directory, link or device."""

    name: str
    regular: bool
    size: int | None
    time: str
    at: datetime | None


def facts(line: str) -> Entry:
    """A line of MLSD or MLST: `type=file;size=5;modify=20261123093000; name`. Raises ValueError."""
    pairs, space, name = line.partition(" ")
    if not space or "=" not in pairs:
        raise ValueError(line)
    found = {key.lower(): value for key, _, value in (pair.partition("=") for pair in pairs.split(";"))}
    size, time = found.get("size", ""), found.get("modify", "")
    return Entry(
        name=name,
        regular=found.get("type", "").lower() == "file",
        size=int(size) if size.isdecimal() else None,
        time=time,
        at=stamp(time),
    )


def long_line(line: str) -> Entry | None:
    """A line of LIST, as Unix or DOS writes it; None where it is neither."""
    if unix := _UNIX.fullmatch(line):
        return _entry(unix, regular=unix["type"] == "-", formats=("%b %d %Y",))
    if dos := _DOS.fullmatch(line):
        return _entry(dos, regular=dos["type"] is None, formats=_DOS_TIMES)
    return None


def named(line: str) -> Entry:
    """A line of NLST; most servers put the directory before the name."""
    return Entry(name=line.rpartition("/")[2], regular=True, size=None, time="", at=None)


def stamp(time: str) -> datetime | None:
    """`20261123093000` or with a fraction, as MLSD and MDTM give times, in UTC."""
    try:
        return datetime.strptime(time[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _entry(match: re.Match[str], *, regular: bool, formats: Iterable[str]) -> Entry:
    time = " ".join(match["time"].split())
    size = match["size"]
    return Entry(
        name=match["name"],
        regular=regular,
        size=int(size) if size else None,
        time=time,
        at=_parsed(time, formats),
    )


def _parsed(time: str, formats: Iterable[str]) -> datetime | None:
    """For order and display only: LIST tells no zone, and often no year."""
    for form in formats:
        try:
            return datetime.strptime(time, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
