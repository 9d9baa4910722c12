"""Ends conversations that last too long, by closing their sockets under whoever waits on them.

A timeout on a socket bounds one wait; a server that drips a byte a second satisfies it for ever. So each
exchange has a deadline as a whole, and a transfer must keep a pace; a thread of its own watches both. The
same way leads out of a blocked call when another thread says `abort`.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum


class Cut(StrEnum):
    """Why a conversation was ended from this side."""

    DEADLINE = "deadline"  # an exchange took too long as a whole
    SLOW = "slow"  # a transfer crawled
    ABORTED = "aborted"  # another thread asked for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A transfer moves at least `rate` bytes a second, on average over each `window` seconds."""

    rate: int = 1024
    window: float = 60.0


PACE = Pace()
_AGAIN = 0.2  # seconds; a socket that was just about to connect when it was shut is shut again


class Watchdog:
    """Watches one conversation, which one thread leads. `cut` says why it was ended, if it was."""

    def __init__(self, pace: Pace = PACE) -> None:
        self.cut: Cut | None = None
        self._pace = pace
        self._changed = threading.Condition()
        self._sockets: set[socket.socket] = set()
        self._deadline: float | None = None
        self._moved = 0
        self._window: tuple[float, int] | None = None  # when it ends, how much must have moved by then
        self._due: float | None = None  # what the thread sleeps until
        self._stopped = False
        self._thread = threading.Thread(target=self._watch, name="remote-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """The conversation is over; may be called more than once."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def abort(self) -> None:
        """End the conversation now; from any thread."""
        with self._changed:
            self._end(Cut.ABORTED)

    def guard(self, sock: socket.socket) -> None:
        """Shut `sock` too when the conversation is ended; raises ConnectionAbortedError if it was."""
        with self._changed:
            if self.cut:
                raise ConnectionAbortedError
            self._sockets.add(sock)

    def release(self, sock: socket.socket) -> None:
        """`sock` is about to be closed by its owner."""
        with self._changed:
            self._sockets.discard(sock)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the conversation unless the block is left within `seconds`; an earlier outer deadline holds."""
        outer = self._deadline
        inner = time.monotonic() + seconds
        with self._changed:
            self._deadline = inner if outer is None else min(inner, outer)
            self._wake_by(self._deadline)
        try:
            yield
        finally:
            self._deadline = outer

    def left(self) -> float:
        """Seconds until the deadline of the block that one is in; never less than a moment."""
        assert self._deadline is not None
        return max(self._deadline - time.monotonic(), 0.01)

    @contextmanager
    def moving(self) -> Iterator[Callable[[int], None]]:
        """A transfer: the block tells how many bytes each read brought; the first ones start the pace."""
        try:
            yield self._move
        finally:
            with self._changed:
                self._window = None

    def _move(self, count: int) -> None:
        self._moved += count
        if self._window is None:
            with self._changed:
                self._window = self._next_window(time.monotonic())
                self._wake_by(self._window[0])

    def _next_window(self, begin: float) -> tuple[float, int]:
        return begin + self._pace.window, self._moved + int(self._pace.rate * self._pace.window)

    def _wake_by(self, due: float) -> None:
        """Wake the thread only where it would sleep past `due`: most exchanges end long before."""
        if self._due is None or due < self._due:
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._stopped:
                self._due = self._judge(time.monotonic())
                self._changed.wait(None if self._due is None else max(self._due - time.monotonic(), 0))

    def _judge(self, now: float) -> float | None:
        """End what is overdue; when to look again."""
        if self.cut:
            self._shut_all()
            return now + _AGAIN
        deadline, window = self._deadline, self._window
        if deadline is not None and now >= deadline:
            self._end(Cut.DEADLINE)
        if window is not None and now >= window[0]:
            if self._moved < window[1]:
                self._end(Cut.SLOW)
            self._window = window = self._next_window(now)
        dues = [due for due in (deadline, window and window[0]) if due is not None]
        return min(dues, default=None)

    def _end(self, cut: Cut) -> None:
        self.cut = self.cut or cut
        self._shut_all()
        self._changed.notify()

    def _shut_all(self) -> None:
        for sock in self._sockets:
            _shut(sock)


def _shut(sock: socket.socket) -> None:
    """Wake whoever waits on `sock`; not by a TLS socket's own method, which trips its reader."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
