"""What lies in a directory of an FTP server, by the best way that the server knows."""

import ftplib
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.facts import RemoteFile
from tournee.remote import ftp_listing
from tournee.remote.ftp_listing import Entry
from tournee.remote.ftp_session import Session
from tournee.remote.names import Files, Names, Wanted
from tournee.remote.trouble import Edge, printable

_UNKNOWN = ("500", "501", "502", "504")  # the codes for a command that a server does not know
_MISSING = ("450", "550")
_LONGEST_LINE = 64 * 1024  # bytes; names are a few hundred at most


class Way(StrEnum):
    """How directories are read, from the best way to the one that always works."""

    FACTS = "MLSD"  # exact sizes and times, what is a file
    NAMES = "NLST"  # names, then SIZE and MDTM for the wanted ones
    LONG = "LIST"  # lines made for people


class Catalogue:
    """Answers about the directory that the session is in."""

    def __init__(self, session: Session, edge: Edge, names: Names) -> None:
        self._session = session
        self._edge = edge
        self._names = names
        self._way = Way.FACTS
        self._times = True  # whether MDTM is known

    def learn(self) -> None:
        """Ask what the server can do; one that does not say is tried."""
        features = self._session.features()
        if features is None:
            self._way = Way.NAMES
            return
        self._way = Way.FACTS if "MLST" in features else Way.NAMES if "SIZE" in features else Way.LONG
        self._times = "MDTM" in features
        if "UTF8" in features and self._names.encoding.lower() in ("utf-8", "utf8"):
            with suppress(ftplib.error_perm):
                self._session.voidcmd("OPTS UTF8 ON")

    def files(self, wanted: Wanted | None) -> Files:
        """The regular files whose names are wanted. Raises RemoteError: truncated; what ftplib raises."""
        while True:
            try:
                return self._files(wanted)
            except ftplib.error_perm as error:
                if self._way is Way.LONG or not str(error).startswith(_UNKNOWN):
                    raise
                self._way = Way.NAMES if self._way is Way.FACTS else Way.LONG

    def file(self, name: str) -> RemoteFile | None:
        """One file as `files` would give it; None where it is gone or is no regular file."""
        entry = self._entry(name)
        return self._file(entry) if entry else None

    def exists(self, name: str) -> bool:
        """Whether anything has that name, a directory or a link too as far as the server tells."""
        return self._entry(name) is not None

    def _files(self, wanted: Wanted | None) -> Files:
        entries: list[Entry] = []

        def keep(entry: Entry) -> None:
            name = self._text(entry)
            if name is not None and (wanted is None or wanted(name)):
                entries.append(entry)

        self._read(keep)
        if self._way is Way.NAMES:
            once = dict.fromkeys(entry.name for entry in entries)
            entries = [seen for name in once if (seen := self._size_and_time(name))]
        return [file for entry in entries if (file := self._file(entry))]

    def _file(self, entry: Entry) -> RemoteFile | None:
        name = self._text(entry)
        if name is None or not entry.regular:
            return None
        return RemoteFile(name=name, size=entry.size, modified=entry.time, modified_at=entry.at)

    def _text(self, entry: Entry) -> str | None:
        return self._names.text(entry.name.encode("latin-1"))

    # ---------------------------------------------------------------- one entry

    def _entry(self, name: str) -> Entry | None:
        wire = self._names.wire(name).decode("latin-1")
        if self._way is Way.LONG:
            found: list[Entry] = []
            self._read(lambda entry: found.append(entry) if entry.name == wire else None)
            return found[0] if found else None
        return self._facts_of(wire) if self._way is Way.FACTS else self._size_and_time(wire)

    def _facts_of(self, wire: str) -> Entry | None:
        reply = self._ask(f"MLST {wire}")
        if reply is None:
            return None
        line = next((line for line in reply.split("\n") if line.startswith(" ")), "")
        told = ftp_listing.facts(line[1:])
        return Entry(name=wire, regular=told.regular, size=told.size, time=told.time, at=told.at)

    def _size_and_time(self, wire: str) -> Entry | None:
        """By SIZE, which is refused for a directory, and MDTM."""
        self._session.representation("I")
        size = self._ask(f"SIZE {wire}")
        if size is None:
            return None
        time = (self._ask(f"MDTM {wire}") or "")[4:].strip() if self._times else ""
        return Entry(name=wire, regular=True, size=int(size[4:]), time=time, at=ftp_listing.stamp(time))

    def _ask(self, command: str) -> str | None:
        """A reply about a file; None where it is not there."""
        try:
            return self._session.voidcmd(command)
        except (ftplib.error_temp, ftplib.error_perm) as error:
            if str(error).startswith(_MISSING):
                return None
            raise

    # ---------------------------------------------------------------- a whole directory

    def _read(self, use: Callable[[Entry], None]) -> None:
        way = self._way
        if way is Way.FACTS:
            self._lines(way, lambda line: use(ftp_listing.facts(line)))
        elif way is Way.NAMES:
            self._lines(way, lambda line: use(ftp_listing.named(line)))
        else:
            self._read_long(use)

    def _read_long(self, use: Callable[[Entry], None]) -> None:
        """Raises ValueError where there are lines and none is understood."""
        strange: list[str] = []
        understood = 0

        def each(line: str) -> None:
            nonlocal understood
            if entry := ftp_listing.long_line(line):
                understood += 1
                use(entry)
            elif not line.startswith("total ") and not strange:
                strange.append(line)

        self._lines(Way.LONG, each)
        if strange and not understood:
            raise ValueError(strange[0])

    def _lines(self, way: Way, use: Callable[[str], None]) -> None:
        """Run the command of that way; raises RemoteError where the server says that it cut it short."""
        self._session.representation("A")
        lines = _Lines(use)
        try:
            reply = self._session.receive(way, lines.take)
        except (ftplib.error_temp, ftplib.error_perm) as error:
            if way is Way.NAMES and _says_empty(str(error)):
                return  # the directory is there (CWD): some servers call an empty one an error
            raise
        lines.end()
        if "truncated" in reply.lower():
            raise self._edge.error(Kind.TRUNCATED, "listing_truncated", {"answer": printable(reply)})


class _Lines:
    """Blocks in, lines out."""

    def __init__(self, use: Callable[[str], None]) -> None:
        self._use = use
        self._rest = b""

    def take(self, block: bytes) -> bool:
        *lines, self._rest = (self._rest + block).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            raise ValueError("endless line")
        for line in lines:
            self._give(line)
        return True

    def end(self) -> None:
        self._give(self._rest)

    def _give(self, line: bytes) -> None:
        text = line.rstrip(b"\r").decode("latin-1")
        if text:
            self._use(text)


def _says_empty(reply: str) -> bool:
    text = reply.lower()
    return reply.startswith(_MISSING) and (
        "no files" in text or "no such file" in text or "not found" in text
    )
