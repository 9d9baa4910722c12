"""Drop boxes for tests: each kind of repository on a server that runs, behind one face.

`running(kind, directory)` starts a server of that kind over a directory and gives a `Box`; the embedded ones
are those of the demo, the `system` ones are OpenSSH and vsftpd as packages install them. The latter run as
root and let their users in as `nobody` or `daemon`, so that a permission can be missing.
"""

import base64
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.dsa import generate_private_key as generate_dsa_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler

from tournee.core.settings import Protocol, Repository, Secret
from tournee.core.times import Duration
from tournee.demo.servers import HOST, PASSWORD, USER, Certificate, FtpServer, SftpServer, Tls

NOBODY = 65534
TIMEOUT = Duration("5 seconds", 5)

EMBEDDED = ("ftp", "ftp-names", "ftp-lines", "ftp-active", "ftps", "ftps+implicit", "sftp", "local")
SYSTEM = ("openssh", "vsftpd", "vsftpd-tls", "vsftpd-implicit")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A repository and the directory of this machine that it shows."""

    directory: Path
    repository: Repository
    path: str = "/"  # of the directory, as the server has it
    authorized: Path | None = None  # OpenSSH's file of the public keys that may log in
    wrong: Mapping[str, object] = field(default_factory=dict)  # settings with which no login succeeds

    def with_(self, **settings: object) -> Repository:
        """The repository with other settings."""
        return replace(self.repository, **_with_secrets(settings))

    def put(self, name: str | bytes, content: bytes = b"content", mode: int = 0o666) -> Path:
        """A file as a sender would leave it."""
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.directory), os.fsencode(name))))
        path.write_bytes(content)
        path.chmod(mode)
        return path


def repository(protocol: Protocol, port: int, **settings: object) -> Repository:
    """A repository on this machine with the login of the demo's servers."""
    values = {
        "key": "boutique",
        "url": f"{protocol}://{USER}@{HOST}:{port}/",
        "protocol": protocol,
        "host": HOST,
        "port": port,
        "user": USER,
        "password": PASSWORD,
        "directory": "/",
        "timeout": TIMEOUT,
    }
    return Repository(**_with_secrets({**values, **settings}))


def _with_secrets(values: Mapping[str, object]) -> dict[str, object]:
    """Settings with their secrets as such, which tests write as texts."""
    secret = ("password", "private_key", "passphrase")
    return {key: Secret(str(one)) if one and key in secret else one for key, one in values.items()}


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty directory that everybody may write, in one that nobody may: not below one of pytest's own."""
    parent = Path(tempfile.mkdtemp(prefix="tournee-box-"))
    parent.chmod(0o755)
    (parent / "in").mkdir()
    (parent / "in").chmod(0o777)
    try:
        yield parent / "in"
    finally:
        shutil.rmtree(parent)


@contextlib.contextmanager
def running(kind: str, directory: Path) -> Iterator[Box]:
    """A server of that kind over `directory`, until the block ends."""
    start = _EMBEDDED.get(kind) or _SYSTEM[kind]
    with start(directory) as box:
        yield box


@contextlib.contextmanager
def powerless() -> Iterator[None]:
    """As somebody who may be refused something: root, in whose name tests may run, never is."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


# ---------------------------------------------------------------- embedded

_PROTOCOLS = {Tls.NONE: Protocol.FTP, Tls.EXPLICIT: Protocol.FTPS, Tls.IMPLICIT: Protocol.FTPS_IMPLICIT}


@contextlib.contextmanager
def _sftp(directory: Path) -> Iterator[Box]:
    with SftpServer(directory) as server:
        yield Box(
            directory=directory,
            repository=repository(Protocol.SFTP, server.port, host_key=server.fingerprints),
            wrong={"password": "wrong"},
        )


@contextlib.contextmanager
def _local(directory: Path) -> Iterator[Box]:
    yield Box(
        directory=directory,
        repository=repository(Protocol.LOCAL, 0, directory=str(directory)),
        path=str(directory),
    )


def _without(handler: type[FTPHandler], *commands: str) -> dict[str, object]:
    """The settings of a server that does not know these commands."""
    return {"proto_cmds": {name: how for name, how in handler.proto_cmds.items() if name not in commands}}


def _ftp(
    tls: Tls = Tls.NONE, unknown: tuple[str, ...] = (), **settings: object
) -> Callable[[Path], contextlib.AbstractContextManager[Box]]:
    @contextlib.contextmanager
    def start(directory: Path) -> Iterator[Box]:
        handler = FTPHandler if tls is Tls.NONE else TLS_FTPHandler
        with FtpServer(directory, tls=tls, settings=_without(handler, *unknown)) as server:
            trust = {} if tls is Tls.NONE else {"certificate": server.certificate.fingerprint}
            yield Box(
                directory=directory,
                repository=repository(_PROTOCOLS[tls], server.port, **trust, **settings),
                wrong={"password": "wrong"},
            )

    return start


_EMBEDDED = {
    "ftp": _ftp(),
    "ftp-names": _ftp(unknown=("MLSD", "MLST")),
    "ftp-lines": _ftp(unknown=("MLSD", "MLST", "SIZE", "MDTM")),
    "ftp-active": _ftp(passive=False),
    "ftps": _ftp(Tls.EXPLICIT),
    "ftps+implicit": _ftp(Tls.IMPLICIT),
    "sftp": _sftp,
    "local": _local,
}


# ---------------------------------------------------------------- keys


def private_key(kind: str = "ed25519", *, style: str = "openssh", passphrase: str | None = None) -> str:
    """The text of a new key: `ed25519`, `rsa` or `ecdsa`, in `openssh`, `pkcs8` or `traditional` style."""
    makers = {
        "ed25519": Ed25519PrivateKey.generate,
        "rsa": lambda: generate_private_key(65537, 2048),
        "ecdsa": lambda: paramiko.ECDSAKey.generate().signing_key,
    }
    styles = {
        "openssh": PrivateFormat.OpenSSH,
        "pkcs8": PrivateFormat.PKCS8,
        "traditional": PrivateFormat.TraditionalOpenSSL,
    }
    protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return makers[kind]().private_bytes(Encoding.PEM, styles[style], protection).decode()


def public(text: str, passphrase: str | None) -> paramiko.PKey:
    """The public half of a private key, as a server knows it."""
    load = load_ssh_private_key if "OPENSSH" in text else load_pem_private_key
    key = load(text.encode(), passphrase.encode() if passphrase else None).public_key()
    kind, data, *_ = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()
    return paramiko.PKey.from_type_string(kind.decode(), base64.b64decode(data))


def dsa_key() -> str:
    """A key of a kind that nobody takes any more."""
    key = generate_dsa_key(1024)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


# ---------------------------------------------------------------- of the system


def missing() -> str | None:
    """What this machine lacks for the servers of the system; None where they can run."""
    if os.geteuid() != 0:
        return "OpenSSH and vsftpd are started as root"
    absent = [name for name in ("sshd", "vsftpd") if not _program(name)]
    return f"not installed: {', '.join(absent)}" if absent else None


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextlib.contextmanager
def sshd(
    directory: Path, *options: str, kinds: tuple[str, ...] = ("ed25519", "rsa", "ecdsa")
) -> Iterator[Box]:
    """OpenSSH with host keys of these kinds; the login of `nobody` with a key leads into `directory`."""
    Path("/run/sshd").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tournee-sshd-") as own:
        home, port, user_key = Path(own), free_port(), Ed25519PrivateKey.generate()
        home.chmod(0o755)
        (home / "authorized").write_bytes(
            user_key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        )
        prints = tuple(_host_key(home / f"host_{kind}", kind) for kind in kinds)
        (home / "conf").write_text(
            "\n".join(
                [
                    *options,
                    f"Port {port}", f"ListenAddress {HOST}", "UsePAM no", "StrictModes no", "PidFile none",
                    f"AuthorizedKeysFile {home}/authorized", "Subsystem sftp internal-sftp",
                    f"ForceCommand internal-sftp -d {directory}",
                    *(f"HostKey {home}/host_{kind}" for kind in kinds),
                ]
            )
        )  # fmt: skip
        text = user_key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        login = {"user": "nobody", "password": None, "private_key": text, "host_key": prints}
        with _process([_program("sshd") or "sshd", "-D", "-e", "-f", str(home / "conf")], port):
            yield Box(
                directory=directory,
                repository=repository(Protocol.SFTP, port, **login),
                path=str(directory),
                authorized=home / "authorized",
                wrong={"private_key": private_key()},
            )


def _host_key(path: Path, kind: str) -> str:
    path.write_text(private_key(kind))
    path.chmod(0o600)
    classes = {"ed25519": paramiko.Ed25519Key, "rsa": paramiko.RSAKey, "ecdsa": paramiko.ECDSAKey}
    return str(classes[kind].from_private_key_file(str(path)).fingerprint)


def vsftpd(tls: Tls = Tls.NONE, *options: str) -> Callable[[Path], contextlib.AbstractContextManager[Box]]:
    """vsftpd with the login of its one guest, who demands session reuse where TLS is spoken."""

    @contextlib.contextmanager
    def start(directory: Path) -> Iterator[Box]:
        with tempfile.TemporaryDirectory(prefix="tournee-vsftpd-") as own:
            home, port, certificate = Path(own), free_port(), Certificate.make()
            (home / "empty").mkdir()
            (home / "passwords").write_text(PASSWORD + "\n")
            (home / "certificate").write_bytes(certificate.pem + certificate.key_pem)
            (home / "conf").write_text("\n".join([*_vsftpd_conf(home, directory, port, tls), *options, ""]))
            trust = {} if tls is Tls.NONE else {"certificate": certificate.fingerprint}
            path = f"/{directory.name}"
            with _process([_program("vsftpd") or "vsftpd", str(home / "conf")], port):
                yield Box(
                    directory=directory,
                    repository=repository(_PROTOCOLS[tls], port, user="ftp", directory=path, **trust),
                    path=path,
                    wrong={"password": "wrong"},
                )

    return start


def _vsftpd_conf(home: Path, directory: Path, port: int, tls: Tls) -> list[str]:
    conf = [
        "listen=YES", f"listen_address={HOST}", f"listen_port={port}", "background=NO",
        "seccomp_sandbox=NO", "isolate_network=NO", f"secure_chroot_dir={home}/empty",
        "anonymous_enable=YES", "ftp_username=daemon", f"anon_root={directory.parent}",
        "anon_world_readable_only=NO",
        "secure_email_list_enable=YES", f"email_password_file={home}/passwords",
        "write_enable=YES", "anon_upload_enable=YES", "anon_mkdir_write_enable=YES",
        "anon_other_write_enable=YES", "anon_umask=022",
    ]  # fmt: skip
    if tls is Tls.NONE:
        return conf
    return [
        *conf,
        "ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_logins_ssl=YES", "force_anon_data_ssl=YES",
        "require_ssl_reuse=YES", "ssl_ciphers=HIGH", f"rsa_cert_file={home}/certificate",
        f"implicit_ssl={'YES' if tls is Tls.IMPLICIT else 'NO'}",
    ]  # fmt: skip


_SYSTEM = {
    "openssh": sshd,
    "vsftpd": vsftpd(),
    "vsftpd-tls": vsftpd(Tls.EXPLICIT),
    "vsftpd-implicit": vsftpd(Tls.IMPLICIT),
}


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _process(command: list[str], port: int) -> Iterator[None]:
    """A server as a process group of its own, listening when the block begins."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, start_new_session=True, restore_signals=False
        )  # as in this process, a file that is too large (`rounds.files_up_to`) is an error and kills nobody
        try:
            _wait_for(process, port, said.fileno())
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, said: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.02)
    raise RuntimeError(os.pread(said, 10_000, 0).decode(errors="replace"))
