"""The keys of `lists` and of their `feed`."""

import posixpath
import re
from unicodedata import normalize

from tournee.config.groups import Entries, Many
from tournee.config.kinds import (
    ANY_TEXT,
    COUNTRY,
    FILE_LANGUAGE,
    FLAG,
    LANGUAGE_TAG,
    LINE,
    PERCENTAGE,
    Said,
    Text,
    clock_duration,
    judged,
    member,
    parse_with,
    reference,
)
from tournee.config.measures import HOLD_ABOVE
from tournee.config.mistakes import Wrong, listed, meant, quoted
from tournee.config.schema import Filled, Key, Section, exclusive, one_needed
from tournee.core.languages import STANDARD
from tournee.core.settings import (
    AfterImport,
    Backlog,
    EmptyCells,
    Feed,
    FieldType,
    Membership,
    SendingList,
    StampRule,
    Truncated,
)
from tournee.core.times import Schedule

_DAY = 86_400
_SEPARATORS = "_-. "
_KNOWN_EXTENSION = re.compile(r"\.(csv|txt|tsv|gz|zip)\Z", re.IGNORECASE)
_REPORT = re.compile(r"\.(csv|txt|tsv|gz|zip)\.report\Z", re.IGNORECASE)

#: The types of which no two contacts have the same value.
_IDENTIFYING = (FieldType.TEXT, FieldType.NUMBER)


# ---------------------------------------------------------------- names on a server


def prefix(text: str) -> str:
    """A prefix that can take files by the rules of names; raises ValueError, for a person."""
    if any(char in text for char in "/\\*?"):
        raise ValueError(
            f"{quoted(text)} is not a prefix: it is taken letter by letter, without `/`, `\\`, `*` and `?`"
        )
    if text.startswith((".", " ")):
        raise ValueError(
            f"{quoted(text)} would take nothing: hidden files are left alone; begin with a letter or a digit"
        )
    if _KNOWN_EXTENSION.search(text):
        raise ValueError(f"{quoted(text)} would take nothing: leave out the extension")
    if _REPORT.search(text):
        raise ValueError(f"{quoted(text)} would take our own reports: choose another beginning")
    if not text.isprintable():
        raise ValueError(f"{quoted(text)} is not a prefix: it holds a control character")
    if text[-1] in _SEPARATORS:
        raise ValueError(
            f"{quoted(text)} would take nothing that has a date: leave out the {quoted(text[-1])} at its end"
        )
    return text


def _below(said: Said) -> str:
    """A directory below another, normalised."""
    parts = posixpath.normpath(said.text).split("/")
    if said.text.startswith("/"):
        raise Wrong("this is below another directory: leave out the `/` at the beginning")
    if ".." in parts:
        raise Wrong("this must stay below the directory: `..` leaves it")
    return "/".join(parts)


def _marker(text: str) -> str:
    if "/" in text or _KNOWN_EXTENSION.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not an ending that marks a file as complete, such as `.ok`")
    return text


PREFIX = Text(wants="the beginning of a file name", parse=parse_with(prefix), schema=ANY_TEXT, exact=True)


def _identity(said: Said) -> str:
    """A declared field that can tell contacts apart."""
    if said.text in STANDARD:
        raise Wrong(
            "this is the name of a declared contact field: without it, the email identifies, else the phone"
        )
    if said.text not in said.reading.names["contact_fields"]:
        hint = meant(said.text, said.reading.names["contact_fields"])
        raise Wrong(f"there is no contact field {quoted(said.text)}{hint}")
    kind = said.reading.types.get(said.text)
    if kind and kind not in _IDENTIFYING:
        message = f"{quoted(said.text)} is a {kind}, which many contacts share: name a field of type"
        raise Wrong(f"{message} {listed(_IDENTIFYING)}")
    return said.text


BELOW = Text(wants="a directory such as `archive/`", parse=_below, quotes=False)
IDENTITY = Text(wants="a name of `contact_fields`", parse=_identity)
MARKER = judged("an ending such as `.ok`", _marker)


# ---------------------------------------------------------------- feed


def _feed(filled: Filled) -> Feed:
    return Feed(
        repository=filled["repository"], path=filled["path"], prefix=_prefix(filled),
        schedule=filled["every"] or filled["cron"], language=filled["language"],
        deploy=filled["deploy"] or (), settle=filled["settle"], marker=filled["marker"],
        country=filled["country"], default_language=filled["default_language"], stamp=filled["stamp"],
        after_import=filled["after_import"], archive_to=filled["archive_to"] or "archive",
        rejected_to=filled["rejected_to"], reject_above=filled["reject_above"], backlog=filled["backlog"],
        identify_by=filled["identify_by"], empty_cells=filled["empty_cells"],
        membership=filled["membership"], mirror_limit=filled["mirror_limit"], truncated=filled["truncated"],
        report=filled["report"], hold_above=filled["hold_above"],
    )  # fmt: skip


def _prefix(filled: Filled) -> str:
    """The prefix as written, else `import_<list key>`."""
    return filled["prefix"] or f"import_{filled.spot.path[-2]}"


def _archive_only_when_archiving(filled: Filled) -> None:
    if filled.has("archive_to") and filled["after_import"] in (AfterImport.KEEP, AfterImport.DELETE):
        message = "`archive_to` means nothing without `after_import: archive`"
        filled.wrong(message, filled.key_place("archive_to"))


def _limit_only_when_mirroring(filled: Filled) -> None:
    adds = filled["membership"] is Membership.ADD and "membership" not in filled.misspelt
    if adds and filled.has("mirror_limit"):
        message = "`mirror_limit` means nothing without `membership: mirror`"
        filled.wrong(message, filled.key_place("mirror_limit"))


def _moved_elsewhere(filled: Filled) -> None:
    for key in ("archive_to", "rejected_to"):
        if filled[key] == ".":
            filled.wrong(
                "a file moved to where it is would be taken again: write another directory", filled.place(key)
            )


def _a_prefix_of_its_own(filled: Filled) -> None:
    """One prefix of a directory fills one list only."""
    if (
        not filled["repository"]
        or (filled.has("path") and not filled["path"])
        or (filled.has("prefix") and not filled["prefix"])
    ):
        return
    directory = filled["path"] or "."
    claim = ("prefix", filled["repository"], directory, normalize("NFC", _prefix(filled)))
    owner = filled.reading.owners.setdefault(claim, filled.spot.path[-2])
    if owner != filled.spot.path[-2]:
        message = f"{quoted(_prefix(filled))} in this directory fills the list {quoted(owner)} already"
        filled.wrong(message, filled.nearest("prefix"))


def _warn_of_a_silent_backlog(filled: Filled) -> None:
    if filled.has("deploy") and not filled.has("backlog"):
        message = (
            "files that already lie there will send invitations at the first poll: "
            "write `backlog: skip`, or `backlog: import` to say that they should"
        )
        filled.reading.mistakes.warn(filled.key_place("deploy"), message)


def _warn_of_a_bound_on_nothing(filled: Filled) -> None:
    if filled.has("hold_above") and filled.lacks("deploy"):
        message = "`hold_above` means nothing without `deploy`: the files of this feed invite nobody"
        filled.reading.mistakes.warn(filled.key_place("hold_above"), message)


def _warn_of_a_mirror_of_cut_files(filled: Filled) -> None:
    if filled["membership"] is Membership.MIRROR and filled["truncated"] is Truncated.ACCEPT:
        message = (
            "a file that was cut names only some of its contacts, so that nobody is removed from the list: "
            "leave out `truncated: accept`"
        )
        filled.reading.mistakes.warn(filled.key_place("truncated"), message)


FEED = Section(
    about="What fills the list from a repository. A list without one is filled by `tournee import` alone.",
    keys={
        "repository": Key(
            kind=reference("repositories", "repository"), about="A name of `repositories`.", required=True
        ),
        "path": Key(kind=BELOW, about="A directory below the repository's own."),
        "prefix": Key(
            kind=PREFIX,
            about="What the names of the files begin with; a date or number and the extension follow. "
            "Default: `import_` and the list's name.",
        ),
        "every": Key(
            kind=judged("a duration such as `15 minutes`", Schedule.parse_every),
            about="How often to poll. Either this or `cron`.",
        ),
        "cron": Key(
            kind=judged("five fields such as `0 6 * * mon-sat`", Schedule.parse_cron),
            about="When to poll, as minute, hour, day, month and day of the week (by name), in `timezone`.",
        ),
        "language": Key(
            kind=FILE_LANGUAGE,
            about="The language of the files: columns, dates, numbers, words.",
            required=True,
        ),
        "deploy": Key(
            kind=Many(item=reference("deployments", "deployment")),
            about="A name of `deployments`, or several: sent to the contacts of each file. Default: none.",
        ),
        "settle": Key(
            kind=clock_duration(longest=_DAY, zero=True),
            about="How long a file must not change before it is taken; `0` where writers rename into place.",
            default="30 seconds",
        ),
        "marker": Key(
            kind=MARKER,
            about="Instead of `settle`: a file is complete when a file of its name and this ending exists.",
        ),
        "country": Key(
            kind=COUNTRY,
            about="Where phones without an international prefix are from, unless the row has a country. "
            "Default: the usual one of the language.",
        ),
        "default_language": Key(
            kind=LANGUAGE_TAG,
            about="The language of contacts whose row names none. Default: every row must name one.",
        ),
        "stamp": Key(
            kind=member(StampRule),
            about="Whether names carry a date or number behind the prefix.",
            default="optional",
        ),
        "after_import": Key(
            kind=member(AfterImport),
            about="What becomes of a file on the server; `keep` needs no right to write.",
            default="keep",
        ),
        "archive_to": Key(
            kind=BELOW,
            about="With `after_import: archive`: where to, below the feed's directory. Default: `archive/`.",
        ),
        "rejected_to": Key(
            kind=BELOW,
            about="Where rejected files are moved to, below the feed's directory. Default: they stay.",
        ),
        "reject_above": Key(
            kind=PERCENTAGE,
            about="A file with a larger share of bad rows is rejected as a whole.",
            default="50%",
        ),
        "backlog": Key(
            kind=member(Backlog),
            about="Whether files that lie there at the first poll are imported, or only recorded as known.",
            default="import",
        ),
        "hold_above": Key(
            kind=HOLD_ABOVE,
            about="More invitations of one deployment than this, planned by one import, are held until "
            "`tournee release`: a number, or such as `3x usual`.",
        ),
        "identify_by": Key(
            kind=IDENTITY,
            about="A name of `contact_fields`, text or number, whose value tells contacts apart; every row "
            "must fill it. Default: the email does, else the phone.",
        ),
        "empty_cells": Key(
            kind=member(EmptyCells),
            about="Whether an empty cell leaves alone what is stored, or clears it.",
            default="keep",
        ),
        "membership": Key(
            kind=member(Membership),
            about="Whether a file adds its contacts to the list, or the list becomes equal to the file.",
            default="add",
        ),
        "mirror_limit": Key(
            kind=PERCENTAGE,
            about="With `membership: mirror`: a file that would remove a larger share of the list's contacts "
            "is rejected.",
            default="20%",
        ),
        "truncated": Key(
            kind=member(Truncated),
            about="Whether a file whose last line is cut waits for the rest, or is taken as it is.",
            default="wait",
        ),
        "report": Key(
            kind=FLAG,
            about="Whether a file with rejected rows, or rejected as a whole, gets a report beside it, "
            "`<name>.report.csv`; needs the right to write.",
            default="false",
        ),
    },
    make=_feed,
    rules=(
        one_needed("every", "cron", "every: 15 minutes"),
        exclusive("settle", "marker"),
        _archive_only_when_archiving,
        _limit_only_when_mirroring,
        _moved_elsewhere,
        _a_prefix_of_its_own,
        _warn_of_a_silent_backlog,
        _warn_of_a_bound_on_nothing,
        _warn_of_a_mirror_of_cut_files,
    ),
    not_yet=("expect",),
)


# ---------------------------------------------------------------- lists


def _list(filled: Filled) -> SendingList:
    key = filled.spot.path[-1]
    return SendingList(key=key, name=filled["name"] or key, feed=filled["feed"])


LIST = Section(
    about="A sending list: a named group of contacts.",
    keys={
        "name": Key(kind=LINE, about="How people call it. Default: its key."),
        "feed": Key(kind=FEED, about=FEED.about),
    },
    make=_list,
)

LISTS = Entries(about="The sending lists, by names that you choose.", entry=LIST)
