"""The second process: pieces of a file come in, contacts go out, until the pipe is closed."""

import fcntl
import pickle
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO, Self, cast

from tournee.core import read
from tournee.reading import frames
from tournee.reading.work import Work

#: Room for some pieces, so that neither process has to wait for the other's attention.
PIPE = 1 << 20
PROGRAM = "from tournee.reading.second import serve; import sys; serve(sys.stdin.buffer, sys.stdout.buffer)"


class SecondReader:
    """A process that makes contacts of pieces. Entering starts it, leaving ends it, whatever it does.

    It reads nothing but what it is sent, and dies with the pipe: nothing is lost but time when it is killed.
    """

    def __enter__(self) -> Self:
        """Start; it is ready when its first answer comes."""
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own program
            [sys.executable, "-P", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback might hold a contact's value
            start_new_session=True,  # Ctrl-C is for the first process
        )
        for pipe in (self._pieces, self._batches):
            with suppress(AttributeError, OSError):  # not Linux, or not allowed: pipes are smaller then
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE)
        return self

    def __exit__(self, *_error: object) -> None:
        """End."""
        self.kill()
        for pipe in (self._pieces, self._batches):
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    @property
    def _pieces(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    @property
    def _batches(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdout)

    def begin(self, work: Work) -> None:
        """Say what the work is."""
        self._send(pickle.dumps(work))

    def is_ready(self) -> bool:
        """Wait until it is; False where it has died. It takes a tenth of a second to start."""
        return self.answer() is not None

    def take(self, piece: read.Piece) -> bool:
        """Give a piece away, waiting while there are some before it; False where the process has died."""
        return self._send(frames.from_piece(piece))

    def no_more(self) -> None:
        """There are no more pieces: it ends after their batches."""
        self._send(b"")

    def _send(self, frame: bytes) -> bool:
        try:
            frames.send(self._pieces, frame)
        except OSError:  # it has died: its answer will not come either
            return False
        return True

    def answer(self) -> bytes | None:
        """The batch of the next piece that was sent, as a frame; None where it has ended, or has died."""
        return frames.receive(self._batches)

    def kill(self) -> None:
        """Let it do no more."""
        self._process.kill()


def serve(pieces: BinaryIO, batches: BinaryIO) -> None:
    """What the process does; returns when there are no more pieces, or nobody who sends any."""
    job = frames.receive(pieces)
    if job is None:
        return
    work: Work = pickle.loads(job)  # noqa: S301 - our own process wrote it
    reader = work.begun()
    frames.send(batches, b"")
    while frame := frames.receive(pieces):
        batch = reader.batch(frames.to_piece(frame))
        frames.send(batches, frames.from_batch(batch, reader.findings))
