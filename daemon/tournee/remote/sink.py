"""Where a fetched file goes: a file of this machine, which has troubles of its own."""

import errno
from typing import BinaryIO

from tournee.core.errors import LocalFileError
from tournee.core.facts import Reason
from tournee.remote.trouble import printable, system_text

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Sink:
    """Takes `size` bytes of the file `name`.

    `got` counts what came; one byte more than `size` shows that the file is another by now.
    """

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self.got = 0
        self.size = size
        self._file = file
        self._name = name

    def take(self, block: bytes) -> bool:
        """Write a block; False where more came than was expected. Raises LocalFileError."""
        self.got += len(block)
        if self.got > self.size:
            return False
        try:
            self._file.write(block)
        except OSError as error:
            code = "disk_full" if error.errno in FULL else "file_unreadable"
            details = {"file": printable(self._name), "problem": system_text(error)}
            raise LocalFileError(Reason(code, details)) from error
        return True
