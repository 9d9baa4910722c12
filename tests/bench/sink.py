"""A mail server that takes everything and keeps nothing, in a process of its own: faster than any sender.

Prints its port; when its input ends, what it took as JSON: messages, different recipients and Message-IDs,
bytes. It understands just what a client says that sends one message after the other.
"""

import json
import re
import socket
import sys
import threading

MESSAGE_ID = re.compile(rb"\nMessage-ID: (\S+)", re.IGNORECASE)


class Taken:
    """What came from everybody."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.messages = self.bytes = 0
        self.recipients: set[bytes] = set()
        self.ids: set[bytes] = set()

    def add(self, recipient: bytes, content: bytes) -> None:
        """One more message."""
        found = MESSAGE_ID.search(content, 0, 4096)
        with self.lock:
            self.messages += 1
            self.bytes += len(content)
            self.recipients.add(recipient)
            self.ids.add(found[1] if found else b"")


def converse(link: socket.socket, taken: Taken) -> None:
    """One connection, to its end."""
    pending, recipient = b"", b""
    link.sendall(b"220 sink\r\n")
    while True:
        line, pending = until(link, pending, b"\r\n")
        verb = line[:4].upper()
        if verb == b"DATA":
            link.sendall(b"354 go on\r\n")
            content, pending = until(link, pending, b"\r\n.\r\n")
            taken.add(recipient, content)
        elif verb == b"RCPT":
            recipient = line
        if not line or verb == b"QUIT":
            link.close()
            return
        link.sendall(b"250-sink\r\n250 8BITMIME\r\n" if verb == b"EHLO" else b"250 ok\r\n")


def until(link: socket.socket, pending: bytes, mark: bytes) -> tuple[bytes, bytes]:
    """What comes before the mark, and after it; nothing where the other side went away."""
    parts, last = [pending], pending
    while mark not in last:
        more = link.recv(1 << 16)
        if not more:
            return b"", b""
        parts.append(more)
        last = last[-len(mark) :] + more
    before, _, after = b"".join(parts).partition(mark)
    return before, after


def main() -> None:
    """Serve until the input ends."""
    taken = Taken()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            link, _ = listener.accept()
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=converse, args=(link, taken), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    found = {"recipients": len(taken.recipients), "ids": len(taken.ids)}
    print(json.dumps({"messages": taken.messages, "bytes": taken.bytes, **found}))


if __name__ == "__main__":
    main()
