"""A TCP connection, within bounds that the system does not keep by itself."""

import socket
import threading

from tournee.remote.trouble import Edge

_PART = 0.9  # of the time left: who cannot be reached is told apart from who is reached and silent

Address = tuple[socket.AddressFamily, tuple[object, ...]]


def dial(edge: Edge, host: str, port: int) -> socket.socket:
    """Connect before the deadline that the caller is under; each wait on the socket is bounded afterwards.

    Every address of the host has its share of the time, IPv4 first (what drop boxes and their firewalls are
    used to). Raises RemoteError: unreachable.
    """
    try:
        addresses = _addresses(edge, host, port)
        for shares, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return _connect(edge, address, shares)
            except OSError:
                if shares == 1:
                    raise
        raise socket.gaierror  # the resolver knows the name and no address of it
    except OSError as error:
        raise edge.unreachable(error) from error


def _connect(edge: Edge, address: Address, shares: int) -> socket.socket:
    family, destination = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        edge.watchdog.guard(sock)
        sock.settimeout(edge.watchdog.left() * _PART / shares)
        sock.connect(destination)
        sock.settimeout(edge.seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        edge.watchdog.release(sock)
        sock.close()
        raise
    return sock


def _addresses(edge: Edge, host: str, port: int) -> list[Address]:
    """Asked in a thread of its own: the system's resolver knows no deadline."""
    found: list[Address] = []
    failed: list[OSError] = []
    done = threading.Event()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend((family, destination) for family, _, _, _, destination in answers)
        except OSError as error:
            failed.append(error)
        except UnicodeError:  # no host can have that name
            failed.append(socket.gaierror())
        done.set()

    threading.Thread(target=ask, name="remote-resolver", daemon=True).start()
    reserve = edge.watchdog.left() * (1 - _PART)
    while not done.wait(0.05):
        if edge.watchdog.cut or edge.watchdog.left() < reserve:
            raise TimeoutError
    if failed:
        raise failed[0]
    return sorted(found, key=lambda address: address[0] != socket.AF_INET)
