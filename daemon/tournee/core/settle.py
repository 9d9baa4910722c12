"""Is a file complete, as far as our own polls saw it.

Only our own clock counts: a server's times are compared for equality, never with now. What is remembered
between polls is a `Sighting`; what is learned now is the next one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from tournee.core.facts import Reason, RemoteFile, Sighting, WaitReason
from tournee.core.times import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The sighting to remember, and why the file waits; `wait` is None where it is complete.

    `ready_at` is when the file will be complete if it stays as it is; None where it is, or never will be
    because the server does not tell its size.
    """

    sighting: Sighting
    wait: WaitReason | None
    ready_at: datetime | None

    @property
    def reason(self) -> Reason | None:
        """Why the file waits, with `since` (seen as it is now) and `ready_at` in ISO 8601, and its `size`."""
        if self.wait is None:
            return None
        ready_at = self.ready_at and _iso(self.ready_at)
        details = {"since": _iso(self.sighting.since), "ready_at": ready_at, "size": self.sighting.size}
        return Reason(self.wait, details)


def settle(file: RemoteFile, sighting: Sighting | None, now: datetime, settle: Duration) -> Settled:
    """Whether `file` has stayed the same for `settle`, given its last `sighting` (None: never seen).

    A clock that was put back begins the wait again: it makes no file ready early, and none waits for ever.
    """
    seen = _look(file, sighting, now)
    wait = WaitReason.GROWING if seen.changed else WaitReason.NEW
    if file.size is None:
        return Settled(sighting=seen, wait=wait, ready_at=None)
    ready_at = seen.since + settle.longest
    if now >= ready_at:
        return Settled(sighting=seen, wait=None, ready_at=None)
    return Settled(sighting=seen, wait=wait, ready_at=ready_at)


def _look(file: RemoteFile, before: Sighting | None, now: datetime) -> Sighting:
    same = before is not None and (before.size, before.modified) == (file.size, file.modified)
    return Sighting(
        name=file.name,
        size=file.size,
        modified=file.modified,
        since=min(before.since, now) if before and same else now,
        changed=before is not None and (before.changed or not same),
    )


def marked(file: RemoteFile, names: Collection[str], marker: str) -> WaitReason | None:
    """Why a file of a feed with a `marker` waits: None where `names`, the listing, hold `<name><marker>`.

    A file whose size the server does not tell cannot be checked after the download, and stays `new`.
    """
    if file.name + marker not in names:
        return WaitReason.NO_MARKER
    return None if file.size is not None else WaitReason.NEW


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
