"""Is a file complete, as far as our own polls saw it, and small enough to be fetched.

Only our own clock counts: a server's times are compared for equality, never with now. What is remembered
between polls is a `Sighting`; what is learned now is the next one.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tournee.core.facts import Reason, RejectReason, RemoteFile, Sighting, WaitReason
from tournee.core.settings import Limits
from tournee.core.times import Duration

#: How many times `settle` a file whose last line is cut may take to become whole, and the least that it gets.
PATIENCE = 10
LEAST_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The sighting to remember, and why the file waits; `wait` is None where it is complete.

    `ready_at` is when the file will be complete if it stays as it is; None where it is, or never will be
    because the server does not tell its size. A cut file is then to be rejected instead.
    """

    sighting: Sighting
    wait: WaitReason | None
    ready_at: datetime | None

    @property
    def reason(self) -> Reason | None:
        """Why the file waits, with `since` (seen as it is now) and `ready_at` in ISO 8601, and its `size`.

        For a cut file, `until` takes the place of `ready_at`.
        """
        if self.wait is None:
            return None
        end = "until" if self.wait is WaitReason.CUT else "ready_at"
        details = {"since": _iso(self.sighting.since), end: self.ready_at and _iso(self.ready_at)}
        return Reason(self.wait, details | {"size": self.sighting.size})


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
        cut=before is not None and same and before.cut,
    )


def cut(sighting: Sighting, now: datetime, settle: Duration) -> Settled:
    """What becomes of a complete file that was read as `sighting` has it, and whose last line is cut.

    It waits as if it were still being written, and its new sighting remembers why, so that it need not be
    read again meanwhile. Where `wait` is None it has had its time, and is to be rejected.
    """
    seen = replace(sighting, cut=True)
    until = sighting.since + max(PATIENCE * settle.longest, LEAST_PATIENCE)
    if now >= until:
        return Settled(sighting=seen, wait=None, ready_at=None)
    return Settled(sighting=seen, wait=WaitReason.CUT, ready_at=until)


def too_large(file: RemoteFile, limits: Limits) -> Reason | None:
    """Why a file need not be fetched: it is larger, packed, than it may be unpacked."""
    if file.size is None or file.size <= limits.size:
        return None
    return Reason(RejectReason.TOO_LARGE, {"limit": "size", "most": limits.size})


def marked(file: RemoteFile, names: Collection[str], marker: str) -> WaitReason | None:
    """Why a file of a feed with a `marker` waits: None where `names`, the listing, hold `<name><marker>`.

    A file whose size the server does not tell cannot be checked after the download, and stays `new`.
    """
    if file.name + marker not in names:
        return WaitReason.NO_MARKER
    return None if file.size is not None else WaitReason.NEW


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
