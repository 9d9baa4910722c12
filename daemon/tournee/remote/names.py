"""Names of remote files, between bytes on the wire and text.

A name becomes text by the repository's encoding, with surrogates for what is no text, and goes back the same
way. What names no single file of its directory, or would not come back as it was, is not taken up.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tournee.core.facts import RemoteFile

Files = list[RemoteFile]  # a name for classes whose method `list` hides the type
Wanted = Callable[[str], bool]  # given a name

_NOWHERE = (b"", b".", b"..")


@dataclass(frozen=True, slots=True)
class Names:
    """`forbidden` are the bytes that cannot be part of a name in that protocol."""

    encoding: str
    forbidden: frozenset[int] = frozenset(b"/\0")

    def text(self, wire: bytes) -> str | None:
        """A listed name as text; None where it could not be asked for."""
        if wire in _NOWHERE or set(wire) & self.forbidden:
            return None
        try:
            text = wire.decode(self.encoding, "surrogateescape")
            return text if text.encode(self.encoding, "surrogateescape") == wire else None
        except UnicodeError:  # of the few encodings in which surrogates have no place
            return None

    def wire(self, name: str) -> bytes:
        """A name as bytes; raises UnicodeError where it names no single file or has no bytes."""
        wire = name.encode(self.encoding, "surrogateescape")
        if self.text(wire) != name:
            raise UnicodeError
        return wire

    def path(self, directory: str) -> bytes:
        """A path as bytes; raises UnicodeError where it has none."""
        wire = directory.encode(self.encoding, "surrogateescape")
        if set(wire) & (self.forbidden - set(b"/")):
            raise UnicodeError
        return wire
