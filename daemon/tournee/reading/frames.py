"""What goes between the two processes: frames of bytes, each with its length before it.

They hold pickled pieces and contacts: both processes run the same program, and nobody else has the pipes.
"""

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
    return pickle.dumps(piece)


def to_piece(frame: bytes) -> read.Piece:
    """The piece in a frame."""
    return cast(read.Piece, pickle.loads(frame))  # noqa: S301 - our own process wrote it


def from_batch(batch: normalise.Batch, findings: normalise.Findings) -> bytes:
    """A batch, and all that was noticed so far, as a frame."""
    return pickle.dumps((batch, findings))


def to_batch(frame: bytes) -> tuple[normalise.Batch, normalise.Findings]:
    """The batch in a frame, and what was noticed so far."""
    return cast(
        tuple[normalise.Batch, normalise.Findings],
        pickle.loads(frame),  # noqa: S301 - our own process wrote it
    )
