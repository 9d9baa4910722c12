"""The pieces of one file shared out between two processes.

One thread feeds the second process once that has started, one gathers its answers, and whoever asks for the
batches works on pieces too whenever there is none to hand out. Batches are handed out in the order of pieces.
"""

import threading
from collections import deque
from collections.abc import Iterator
from queue import Empty, Queue

from tournee.core import normalise, read
from tournee.reading import frames
from tournee.reading.second import SecondReader
from tournee.reading.work import Reader

#: How many batches are made here ahead of the one to be handed out next.
AHEAD = 4
#: How many answers wait, while whoever asks for batches is busy with the last one: some three megabytes.
ANSWERS = 16
#: A piece takes some hundredths of a second: who does not answer for so many seconds never will.
PATIENCE = 60.0

Numbered = tuple[int, read.Piece]


class Shared:
    """The batches of one file, by `own` and by the `second` reader; `findings` are complete at the end."""

    def __init__(
        self,
        pieces: Iterator[read.Piece],
        own: Reader,
        second: SecondReader,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._pieces = _Pieces(pieces)
        self._own = own
        self._second = second
        self._patience = patience
        self._answers: Queue[bytes | None] = Queue(ANSWERS)
        self._ready: dict[int, normalise.Batch] = {}
        self._listening = True  # answers may still come
        self._found: normalise.Findings | None = None  # by the second process

    @property
    def findings(self) -> normalise.Findings:
        """What was noticed in both processes."""
        return self._own.findings + self._found if self._found else self._own.findings

    def batches(self) -> Iterator[normalise.Batch]:
        """Every batch, in order; raises FileRejected, or what else kept a piece from being read."""
        thread = threading.Thread(target=self._help, daemon=True)
        thread.start()
        try:
            number = 0
            while self._made(number):
                yield self._ready.pop(number)
                number += 1
        finally:
            self._second.kill()
            self._see_off(thread)
        if self._pieces.error:
            raise self._pieces.error

    def _made(self, number: int) -> bool:
        """Work until there is the batch of that number; False where there is no such piece."""
        while number not in self._ready:
            if self._listening and self._answered(wait=False):
                continue
            numbered = self._pieces.next() if len(self._ready) < AHEAD else None
            if numbered:
                self._make(numbered)
            elif self._pieces.are_given:
                self._answered(wait=True)
            else:
                return False
        return True

    def _make(self, numbered: Numbered) -> None:
        number, piece = numbered
        self._ready[number] = self._own.batch(piece)

    def _answered(self, *, wait: bool) -> bool:
        """Note an answer of the second process; False where there is none yet."""
        try:
            frame = self._answers.get(block=wait, timeout=self._patience)
        except Empty:
            if wait:
                self._give_up()
            return False
        done = self._pieces.done() if frame is not None else None
        if frame is None or done is None:
            self._give_up()
        else:
            self._ready[done[0]], self._found = frames.to_batch(frame)
        return True

    def _give_up(self) -> None:
        """The second process has ended, or does not answer: what it was given and did not do is done here."""
        self._listening = False
        self._second.kill()
        for numbered in self._pieces.take_back():
            self._make(numbered)

    def _help(self) -> None:
        """Let the second process work, from when it has started."""
        if self._second.is_ready():
            feeding = threading.Thread(target=self._feed, daemon=True)
            feeding.start()
            self._gather()
            feeding.join()

    def _feed(self) -> None:
        while numbered := self._pieces.give():
            if not self._second.take(numbered[1]):
                return
        self._second.no_more()

    def _gather(self) -> None:
        frame: bytes | None = b""
        while frame is not None:
            frame = self._second.answer()
            self._answers.put(frame)

    def _see_off(self, thread: threading.Thread) -> None:
        """The process is dead: the thread comes to its end, where no full queue keeps it."""
        while thread.is_alive():
            try:
                self._answers.get(timeout=0.01)
            except Empty:
                continue


class _Pieces:
    """The pieces with their numbers, for two threads, and which of them the second process has.

    What reading them raises is kept, and there are no more then.
    """

    def __init__(self, pieces: Iterator[read.Piece]) -> None:
        self._lock = threading.Lock()
        self._numbered = enumerate(pieces)
        self._given: deque[Numbered] | None = deque()  # None: nothing is given any more
        self.error: Exception | None = None

    def next(self) -> Numbered | None:
        """One to be done here; None where there is no more."""
        with self._lock:
            return self._next()

    def give(self) -> Numbered | None:
        """One to be done by the second process; None where there is no more, or nothing is given any more."""
        with self._lock:
            numbered = self._next() if self._given is not None else None
            if numbered and self._given is not None:
                self._given.append(numbered)
            return numbered

    @property
    def are_given(self) -> bool:
        """Whether some were given and are not done."""
        with self._lock:
            return bool(self._given)

    def done(self) -> Numbered | None:
        """The one that was given first, and is done now; None where all are."""
        with self._lock:
            return self._given.popleft() if self._given else None

    def take_back(self) -> list[Numbered]:
        """Those that were given and are not done; nothing is given from now on."""
        with self._lock:
            given, self._given = self._given, None
            return list(given or ())

    def _next(self) -> Numbered | None:
        try:
            return next(self._numbered, None)
        except Exception as error:  # in whichever thread it is met: `batches` raises it
            self.error = error
            return None
