"""paramiko's SFTP client, with the things done otherwise that it does not do well.

Names need not be UTF-8, listings are read as they come, and a download has several reads under way, in flat
memory and in the calling thread. paramiko's own prefetch sends its requests from a thread, which dies with a
traceback when the connection does, and buffers the whole file where a server gives less than it is asked for.
"""

import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_LSTAT,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    CMD_WRITE,
    SFTP_EOF,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_READ,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTPError,
    int64,
)

READ = 32 * 1024  # bytes a request: what every server gives or takes at once
WINDOW = 48  # reads under way: 1.5 MiB; with as much as the SSH channel lets through the server has to wait
AHEAD = 8  # requests for more of a listing under way, of some hundred names each
_NO_SUCH_PATH = 10  # a code of later versions, which some servers use all the same
_ABSURD = 100_000  # names in one answer, extended attributes of one file: garbage, or an attack

Take = Callable[[bytes], bool]  # given a block, says whether to go on
Moved = Callable[[int], None]


class Status(OSError):
    """A server's refusal: its code of the SFTP protocol and its text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    @property
    def absent(self) -> bool:
        """Whether it says that nothing is there."""
        return self.code in (SFTP_NO_SUCH_FILE, _NO_SUCH_PATH)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server tells of a file; None is what it does not tell."""

    size: int | None
    mode: int | None
    modified: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a listing; `regular` is no directory, link or device."""

    name: bytes
    attributes: Attributes
    regular: bool


class Session(paramiko.SFTPClient):
    """One SFTP channel, used by one thread. Raises Status, SFTPError, SSHException, OSError."""

    if TYPE_CHECKING:  # paramiko's machinery, the same in 4 and 5, which its stubs leave out

        def _request(self, kind: int, *arguments: object) -> tuple[int, Message]: ...
        def _async_request(self, taker: object, kind: int, *arguments: object) -> int: ...
        def _read_response(self, waitfor: int | None = None) -> object: ...

    def _convert_status(self, message: Message) -> None:
        """Raise what a status says; paramiko's own fails on texts that are not UTF-8."""
        code, text = message.get_int(), message.get_string().decode("utf-8", "replace")
        if code == SFTP_EOF:
            raise EOFError
        if code != SFTP_OK:
            raise Status(code, text)

    def entries(self, path: bytes, moved: Moved) -> Iterator[Entry]:
        """The entries of a directory, in the server's order; tells `moved` how many bytes came."""
        handle = self._handle(CMD_OPENDIR, path)
        answers = _Answers(self)
        asked: deque[int] = deque()
        while True:
            while len(asked) < AHEAD:
                asked.append(answers.ask(CMD_READDIR, handle))
            try:
                message = answers.take(asked.popleft(), CMD_NAME)
            except EOFError:
                break
            moved(len(message.asbytes()))
            yield from _entries(message)
        self._request(CMD_CLOSE, handle)

    def attributes(self, path: bytes) -> Attributes:
        """Of the file itself, not of what a link points to."""
        return _attributes(_expected(CMD_ATTRS, self._request(CMD_LSTAT, path)))

    def download(self, path: bytes, size: int, take: Take) -> bool:
        """Give the file's blocks to `take`, until it has enough; whether the file stayed as it was meanwhile.

        A file of `size` bytes is read to its end; of a longer one a little more than that comes.
        """
        handle = self._handle(CMD_OPEN, path, SFTP_FLAG_READ, paramiko.SFTPAttributes())
        before = self._of_open_file(handle)
        for block in self._blocks(handle, size + 1):
            if not take(block):
                break
        after = self._of_open_file(handle)
        self._request(CMD_CLOSE, handle)
        return before == after

    def upload(self, path: bytes, content: bytes, moved: Moved) -> None:
        """Write a file, over what is there; tells `moved` how many bytes the server took."""
        flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC
        handle = self._handle(CMD_OPEN, path, flags, paramiko.SFTPAttributes())
        try:
            self._write(handle, content, moved)
        finally:
            self._request(CMD_CLOSE, handle)

    def _write(self, handle: bytes, content: bytes, moved: Moved) -> None:
        answers = _Answers(self)
        asked = [
            answers.ask(CMD_WRITE, handle, int64(begin), content[begin : begin + READ])
            for begin in range(0, len(content), READ)
        ]
        for number in asked:
            answers.take(number, CMD_STATUS)
            moved(READ)

    def _handle(self, kind: int, *arguments: object) -> bytes:
        return _expected(CMD_HANDLE, self._request(kind, *arguments)).get_string()

    def _of_open_file(self, handle: bytes) -> tuple[int | None, int | None] | None:
        """Size and time; None from a server that does not know the question."""
        try:
            told = _attributes(_expected(CMD_ATTRS, self._request(CMD_FSTAT, handle)))
        except Status:
            return None
        return told.size, told.modified

    def _blocks(self, handle: bytes, size: int) -> Iterator[bytes]:
        """In order, up to `size` or the end of the file. A server may give less at once than was asked."""
        answers = _Answers(self)
        asked: deque[tuple[int, int, int]] = deque()
        next_one = 0

        def ask(begin: int, length: int) -> tuple[int, int, int]:
            return answers.ask(CMD_READ, handle, int64(begin), length), begin, length

        while True:
            while next_one < size and len(asked) < WINDOW:
                asked.append(ask(next_one, min(READ, size - next_one)))
                next_one += READ
            if not asked:
                return
            number, begin, length = asked.popleft()
            try:
                block = answers.take(number, CMD_DATA).get_string()
            except EOFError:
                return
            yield block
            if len(block) < length:
                asked.appendleft(ask(begin + len(block), length - len(block)))


class _Answers:
    """Requests under way; their answers may come in any order."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._arrived: dict[int, tuple[int, Message]] = {}

    def ask(self, kind: int, *arguments: object) -> int:
        """Send a request; gives its number."""
        return self._session._async_request(self, kind, *arguments)

    def take(self, number: int, kind: int) -> Message:
        """The answer, which is to be of that kind; raises EOFError, Status, SFTPError."""
        while number not in self._arrived:
            self._session._read_response()
        return _expected(kind, self._judged(*self._arrived.pop(number)))

    def _judged(self, kind: int, message: Message) -> tuple[int, Message]:
        if kind == CMD_STATUS:
            self._session._convert_status(message)
        return kind, message

    def _async_response(self, kind: int, message: Message, number: int) -> None:
        """paramiko brings an answer here that it finds while it waits for another."""
        self._arrived[number] = (kind, message)


def _expected(kind: int, answer: tuple[int, Message]) -> Message:
    got, message = answer
    if got != kind:
        raise SFTPError(f"answer of type {got} instead of {kind}")
    return message


def _entries(message: Message) -> Iterator[Entry]:
    for _ in range(_sane(message.get_int())):
        name, long_name = message.get_string(), message.get_string()
        attributes = _attributes(message)
        yield Entry(name, attributes, _regular(attributes.mode, long_name))


def _regular(mode: int | None, long_name: bytes) -> bool:
    """By the mode, else by the line that is made for people; who tells neither has files only."""
    return (
        stat.S_ISREG(mode) if mode is not None else long_name[:1] not in (b"d", b"l", b"b", b"c", b"p", b"s")
    )


def _attributes(message: Message) -> Attributes:
    flags = message.get_int()
    size = message.get_int64() if flags & paramiko.SFTPAttributes.FLAG_SIZE else None
    if flags & paramiko.SFTPAttributes.FLAG_UIDGID:
        message.get_int64()
    mode = message.get_int() if flags & paramiko.SFTPAttributes.FLAG_PERMISSIONS else None
    times = message.get_int64() if flags & paramiko.SFTPAttributes.FLAG_AMTIME else None
    if flags & paramiko.SFTPAttributes.FLAG_EXTENDED:
        for _ in range(2 * _sane(message.get_int())):
            message.get_string()
    return Attributes(size, mode, None if times is None else times & 0xFFFFFFFF)


def _sane(count: int) -> int:
    if count > _ABSURD:
        raise SFTPError(f"{count} of something in one answer")
    return count
