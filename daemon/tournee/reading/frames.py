"""What goes between the two processes: frames of bytes, each with its length before it.

Pieces and contacts are tuples and texts by the hundred thousand, for which `marshal` takes a third of the
time of `pickle`. Both processes run the same interpreter and program, and nobody else has the pipes.
"""

import marshal
import pickle
from typing import BinaryIO, cast

from tournee.core import normalise, read

_LENGTH = 8


def send(stream: BinaryIO, frame: bytes) -> None:
    """Write a frame; raises OSError where nobody reads any more."""
    stream.write(len(frame).to_bytes(_LENGTH))
    stream.write(frame)
    stream.flush()


def receive(stream: BinaryIO) -> bytes | None:
    """The next frame; None at the end, also in the middle of a frame."""
    length = stream.read(_LENGTH)
    if len(length) < _LENGTH:
        return None
    size = int.from_bytes(length)
    frame = stream.read(size)
    return frame if len(frame) == size else None


def from_piece(piece: read.Piece) -> bytes:
    """A piece as a frame."""
    return marshal.dumps(piece)


def to_piece(frame: bytes) -> read.Piece:
    """The piece in a frame."""
    return cast(read.Piece, marshal.loads(frame))  # noqa: S302 - our own process wrote it


def from_batch(batch: normalise.Batch, findings: normalise.Findings) -> bytes:
    """A batch, and all that was noticed so far, as a frame; refused rows are few."""
    return marshal.dumps((batch.good, pickle.dumps((batch.bad, findings))))


def to_batch(frame: bytes) -> tuple[normalise.Batch, normalise.Findings]:
    """The batch in a frame, and what was noticed so far."""
    good, rest = marshal.loads(frame)  # noqa: S302 - our own process wrote it
    bad, findings = pickle.loads(rest)  # noqa: S301
    return normalise.Batch(good=good, bad=bad), findings
