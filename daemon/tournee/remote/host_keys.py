"""Which host keys of a server are trusted: the pinned ones, else what known_hosts says of that host."""

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tournee.core.facts import RemoteErrorKind
from tournee.core.settings import Repository
from tournee.remote.trouble import Edge

#: The types of host keys that can be checked; known_hosts may have others, which say nothing then
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_SSH_PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The trusted `fingerprints`; `kinds`, where they are known, are the types of those keys."""

    fingerprints: frozenset[str]
    kinds: tuple[str, ...] = ()


def trusted(edge: Edge) -> Trust:
    """What the repository's settings trust; raises RemoteError where its known_hosts cannot be read."""
    repository = edge.repository
    if repository.host_key:
        return Trust(fingerprints=frozenset(pin.rstrip("=") for pin in repository.host_key))
    found = tuple(_known(_lines(edge), _host_name(repository)))
    revoked = {key for marker, _, key in found if marker == "@revoked"}
    usable = [(kind, key) for marker, kind, key in found if not marker and kind in KINDS]
    known = [(kind, key) for kind, key in usable if key not in revoked]
    return Trust(
        fingerprints=frozenset(fingerprint(key) for _, key in known),
        kinds=tuple(dict.fromkeys(kind for kind, _ in known)),
    )


def fingerprint(key: bytes) -> str:
    """A public key, as it goes over the wire, in the way of `ssh-keygen -l`."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _host_name(repository: Repository) -> str:
    host, port = repository.host.lower(), repository.port
    return host if port == _SSH_PORT else f"[{host}]:{port}"


def _lines(edge: Edge) -> Iterable[str]:
    """A file that was asked for must be there; the user's own need not."""
    chosen = edge.repository.known_hosts
    path = Path(chosen) if chosen else Path("~/.ssh/known_hosts").expanduser()
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        if not chosen:
            return ()
        details = {"path": chosen, "error": error.strerror}
        raise edge.error(
            RemoteErrorKind.INTERNAL, "known_hosts_unreadable", details, permanent=True
        ) from error


def _known(lines: Iterable[str], host: str) -> Iterator[tuple[str, str, bytes]]:
    """The marker (mostly none), type and key of each line about `host`."""
    for line in lines:
        marker, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
        fields = rest.split()
        if len(fields) < 3 or line.startswith("#") or not _about(fields[0], host):
            continue
        try:
            yield marker, fields[1], base64.b64decode(fields[2], validate=True)
        except binascii.Error:
            continue


def _about(names: str, host: str) -> bool:
    """Whether a line's first field means `host`: names and patterns, `!` before those that are not meant."""
    if names.startswith("|1|"):
        return _hashed(names, host)
    patterns = names.lower().split(",")
    if any(_matches(pattern[1:], host) for pattern in patterns if pattern.startswith("!")):
        return False
    return any(_matches(pattern, host) for pattern in patterns)


def _matches(pattern: str, host: str) -> bool:
    return fnmatch.fnmatchcase(host, pattern.replace("[", "[[]"))


def _hashed(field: str, host: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in field[3:].split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, host.encode(), "sha1").digest(), digest)
