"""An SSH connection to a server that proved who it is, and a login."""

import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import paramiko

from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.remote import host_keys, private_key
from tournee.remote.dial import dial
from tournee.remote.host_keys import KINDS, Trust
from tournee.remote.trouble import Edge

_LOG = "tournee.remote.paramiko"
logging.getLogger(_LOG).setLevel(logging.CRITICAL)  # paramiko logs, with tracebacks, what it also raises

#: The algorithms by which a server can prove that it has a key of that type, best first
_ALGORITHMS = {kind: (kind,) for kind in KINDS} | {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}

#: What paramiko's IncompatiblePeer names, and where the server's offer is
_OFFERS = {
    "kex": "kex_algo_list",
    "host key": "server_key_algo_list",
    "cipher": "server_encrypt_algo_list",
    "mac": "server_mac_algo_list",
}

#: Seconds that paramiko's own timers wait longer than the watchdog, which knows better what to say
_GRACE = 5.0

#: The type of the key that was trusted last time, by host, port and trusted keys: where to begin, no more.
#: Without it each poll of a server whose pinned key is not its first one would take two connections.
_proven: dict[tuple[str, int, frozenset[str]], str] = {}


class Transport(paramiko.Transport):
    """paramiko's, which remembers what the server offered and never raises what nobody can foresee."""

    if TYPE_CHECKING:  # what the stubs leave out
        server_extensions: dict[str, bytes]

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.offered: dict[str, list[str]] = {}

    def _really_parse_kex_init(self, message: Any, ignore_first_byte: bool = False) -> dict[str, Any]:
        parsed = super()._really_parse_kex_init(message, ignore_first_byte)  # type: ignore[misc]
        self.offered = self.offered or parsed
        return dict(parsed)

    def get_exception(self) -> Exception | None:
        """What ended the thread; whatever a broken packet led to is a broken packet."""
        error = super().get_exception()
        if error is None or isinstance(error, paramiko.SSHException | OSError | EOFError):
            return error
        return paramiko.SSHException(f"broken packet: {type(error).__name__}")

    def kinds(self) -> list[str]:
        """The types of the server's keys that we can check."""
        offered = set(self.offered.get("server_key_algo_list", ()))
        usable = offered & set(self.get_security_options().key_types)
        return [kind for kind, algorithms in _ALGORITHMS.items() if usable & set(algorithms)]


Login = Callable[[], list[str]]  # gives what the server wants in addition; raises AuthenticationException


def connect(edge: Edge) -> Transport:
    """A connection to a server that proved that it has a trusted key, logged in. Raises RemoteError."""
    transport = _meet(edge, host_keys.trusted(edge))
    try:
        _log_in(edge, transport)
    except BaseException:
        hang_up(edge, transport)
        raise
    return transport


def shown(edge: Edge) -> dict[str, str]:
    """Every host key of the server: fingerprint -> type. One connection each; nobody logs in."""
    found: dict[str, str] = {}
    kinds: Sequence[str] = KINDS
    while kinds:
        transport = _shake(edge, kinds)
        key = transport.get_remote_server_key()
        found[host_keys.fingerprint(key.asbytes())] = key.get_name()
        kinds = [kind for kind in transport.kinds() if kind not in found.values()]
        hang_up(edge, transport)
    return found


def hang_up(edge: Edge, transport: Transport) -> None:
    """Close the connection and wait for its thread: a failed one stays alive else, and so does its timer."""
    sock = transport.sock
    assert isinstance(sock, socket.socket)
    edge.watchdog.release(sock)
    transport.packetizer.complete_handshake()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread
    transport.close()
    sock.close()
    if transport.is_alive():
        transport.join(_GRACE)


# ---------------------------------------------------------------- whom we talk to


def _meet(edge: Edge, trust: Trust) -> Transport:
    """Any of the server's keys may be the trusted one; a server shows one a connection."""
    place = (edge.repository.host, edge.repository.port, trust.fingerprints)
    first = trust.kinds or ((_proven[place],) if place in _proven else ())
    kinds: Sequence[str] = (*first, *(kind for kind in KINDS if kind not in first))
    seen: dict[str, str] = {}
    while kinds:
        transport = _shake(edge, kinds)
        key = transport.get_remote_server_key()
        fingerprint = host_keys.fingerprint(key.asbytes())
        if fingerprint in trust.fingerprints:
            _proven[place] = key.get_name()
            return transport
        seen[key.get_name()] = fingerprint
        kinds = [kind for kind in transport.kinds() if kind not in seen] if trust.fingerprints else ()
        hang_up(edge, transport)
    raise _untrusted(edge, trust, tuple(seen.values()))


def _untrusted(edge: Edge, trust: Trust, fingerprints: tuple[str, ...]) -> RemoteError:
    code = "host_key_changed" if trust.fingerprints else "host_key_unknown"
    details = {"fingerprint": fingerprints[0], "fingerprints": list(fingerprints)}
    return edge.error(Kind.UNTRUSTED, code, details, permanent=True)


def _shake(edge: Edge, kinds: Iterable[str]) -> Transport:
    """Connect and agree on keys; the server is to show one of these types, the first ones rather."""
    transport = Transport(dial(edge, edge.repository.host, edge.repository.port))
    try:
        _set_up(transport, edge.seconds + _GRACE, kinds)
        transport.start_client(timeout=edge.seconds + _GRACE)
    except paramiko.ssh_exception.IncompatiblePeer as error:
        hang_up(edge, transport)
        raise _nothing_in_common(edge, transport, error) from error
    except BaseException:
        hang_up(edge, transport)
        raise
    return transport


def _set_up(transport: Transport, seconds: float, kinds: Iterable[str]) -> None:
    transport.set_log_channel(_LOG)
    transport.banner_timeout = transport.handshake_timeout = seconds
    transport.auth_timeout = transport.channel_timeout = seconds
    options = transport.get_security_options()
    known = set(options.key_types)
    options.key_types = tuple(name for kind in kinds for name in _ALGORITHMS[kind] if name in known)
    options.ciphers = tuple(sorted(options.ciphers, key=lambda name: "gcm" not in name))  # the fastest first


def _nothing_in_common(edge: Edge, transport: Transport, error: Exception) -> RemoteError:
    """Old appliances offer nothing but SHA-1: name it, for whoever has to renew them."""
    for what, offer in _OFFERS.items():
        if what in str(error):
            details = {"what": what, "offered": [str(name) for name in transport.offered.get(offer, ())][:10]}
            return edge.error(Kind.PROTOCOL, "no_common_algorithm", details, permanent=True)
    return edge.error(Kind.PROTOCOL, "ssh_not_spoken", permanent=True)  # SSH 1, of the last century


# ---------------------------------------------------------------- who we are


def _log_in(edge: Edge, transport: Transport) -> None:
    """By the key, then by the password; a server may want both."""
    wanted: list[str] = []
    for login in _logins(edge, transport):
        try:
            wanted = login()
        except paramiko.BadAuthenticationType as error:
            wanted = list(error.allowed_types)
        except paramiko.AuthenticationException as error:
            _unless_lost(edge, transport, error)
        if transport.is_authenticated():
            return
    details = {"user": edge.repository.user, "methods": wanted}
    raise edge.error(Kind.AUTHENTICATION, "login_refused", details, permanent=True)


def _logins(edge: Edge, transport: Transport) -> Iterator[Login]:
    repository = edge.repository
    user = repository.user or ""
    key, password, passphrase = (
        secret.reveal() if secret else None
        for secret in (repository.private_key, repository.password, repository.passphrase)
    )
    if key:
        loaded = private_key.load(edge, key, passphrase)
        yield lambda: transport.auth_publickey(user, loaded)
    if password:
        yield lambda: transport.auth_password(user, password)
    if not key and not password:
        yield lambda: transport.auth_none(user)


def _unless_lost(edge: Edge, transport: Transport, error: paramiko.AuthenticationException) -> None:
    """A refusal leaves the connection open; what ends it was something else."""
    if "agree on a pubkey" in str(error):
        algorithms = (
            transport.server_extensions.get("server-sig-algs", b"").decode("ascii", "replace").split(",")
        )
        details = {"what": "signature", "offered": algorithms[:10]}
        raise edge.error(Kind.PROTOCOL, "no_common_algorithm", details, permanent=True) from error
    if not transport.is_active():
        raise EOFError from error
