"""What only SFTP servers do: give less, tell less, speak otherwise, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from support import servers
from support.faults import Silent
from support.talking import fetched, meaning, trouble
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.settings import Protocol, Secret
from tournee.demo.servers import PASSWORD, Folder, Gate, NewFile, OpenFile, SftpServer
from tournee.remote import Remote, open_remote

CONTENT = bytes(range(256)) * 4000


@contextmanager
def visit(shared: Path, folder: type[Folder], **settings: object) -> Iterator[Remote]:
    with type("Serving", (SftpServer,), {"folder": folder})(shared) as server:
        trust = {"host_key": server.fingerprints, **settings}
        with open_remote(servers.repository(Protocol.SFTP, server.port, **trust)) as remote:
            yield remote


def serving(opened: type[OpenFile]) -> type[Folder]:
    class Serving(Folder):
        def open(self, path: str, flags: int, attr: object) -> paramiko.SFTPHandle:
            return opened(self._path(path))

    return Serving


class Miser(OpenFile):
    """Gives less at once than it is asked for."""

    def read(self, offset: int, length: int) -> bytes | int:
        return super().read(offset, min(length, 10_007))


class Untold(OpenFile):
    """Does not know the size of an open file."""

    def stat(self) -> int:  # type: ignore[override]
        return paramiko.sftp.SFTP_OP_UNSUPPORTED


class Broken(OpenFile):
    """Fails in the middle."""

    def read(self, offset: int, length: int) -> bytes | int:
        return super().read(offset, length) if offset < 500_000 else paramiko.sftp.SFTP_FAILURE


class Endless(OpenFile):
    """Has something to read wherever it is asked."""

    def read(self, offset: int, length: int) -> bytes | int:
        return b"x" * length


@pytest.mark.parametrize("opened", [Miser, Untold])
def test_a_server_that_gives_or_tells_less_still_gives_the_file(
    directory: Path, opened: type[OpenFile]
) -> None:
    (directory / "a.csv").write_bytes(CONTENT)
    with visit(directory, serving(opened)) as remote:
        assert fetched(remote, "a.csv", len(CONTENT)) == CONTENT


def test_a_read_that_fails_is_a_refusal_and_the_conversation_goes_on(directory: Path) -> None:
    (directory / "a.csv").write_bytes(CONTENT)
    with visit(directory, serving(Broken)) as remote:
        error = trouble(lambda: fetched(remote, "a.csv", len(CONTENT)))
        assert (error.kind, error.reason.code) == (Kind.REFUSED, "command_refused")
        assert len(remote.list("")) == 1


def test_a_file_that_never_ends_is_not_read_to_its_end(directory: Path) -> None:
    (directory / "a.csv").write_bytes(CONTENT)
    with visit(directory, serving(Endless)) as remote:
        assert trouble(lambda: fetched(remote, "a.csv", len(CONTENT))).kind is Kind.TRUNCATED


class Modeless(Folder):
    """Tells neither mode nor time, only a line for people."""

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        found = super().list_folder(path)
        assert isinstance(found, list)
        return [self._stripped(entry) for entry in found]

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        found = super().lstat(path)
        return found if isinstance(found, int) else self._stripped(found)

    def _stripped(self, attributes: paramiko.SFTPAttributes) -> paramiko.SFTPAttributes:
        told = str(attributes).encode()
        attributes.asbytes = lambda: told  # type: ignore[method-assign]
        attributes.st_mode = attributes.st_atime = attributes.st_mtime = None
        return attributes


def test_without_modes_the_lines_for_people_tell_what_is_a_file(directory: Path) -> None:
    (directory / "a.csv").write_bytes(b"12345")
    (directory / "folder.csv").mkdir()
    (directory / "link.csv").symlink_to(directory / "a.csv")
    with visit(directory, Modeless) as remote:
        [file] = remote.list("")
        assert (file.name, file.size, file.modified, file.modified_at) == ("a.csv", 5, "", None)
        assert remote.look("", "a.csv") == file


class Refusing(Folder):
    """Answers a rename with a code and a text that is no UTF-8."""

    code = paramiko.sftp.SFTP_FAILURE

    def rename(self, oldpath: str, newpath: str) -> int:
        return self.code

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        return self.code


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (2, "not_found directory_not_found"),
        (3, "refused permission_denied for good"),
        (4, "refused command_refused"),
        (8, "refused command_refused"),
        (10, "not_found directory_not_found"),
        (11, "refused target_exists"),
        (14, "refused server_full"),
    ],
)
def test_the_code_of_a_status_decides_what_it_is(
    directory: Path, monkeypatch: pytest.MonkeyPatch, code: int, meant: str
) -> None:
    texts = dict.fromkeys(range(20), b"probl\xe8me \x1b[2J" + b"x" * 300)
    monkeypatch.setattr("paramiko.sftp_server.SFTP_DESC", texts)
    with visit(directory, type("Answering", (Refusing,), {"code": code})) as remote:
        error = trouble(lambda: remote.list(""))
    assert meaning(error) == meant
    answer = str(error.reason.details["answer"])
    assert answer.isprintable()
    assert len(answer) <= 200


def test_names_have_the_encoding_of_the_repository(directory: Path) -> None:
    Path(str(directory) + "/caf\udce9.csv").write_bytes(b"1")
    with visit(directory, Folder, encoding="cp1252") as remote:
        assert [file.name for file in remote.list("")] == ["café.csv"]
        assert remote.look("", "café.csv") is not None
        assert trouble(lambda: remote.look("", "名.csv")).reason.code == "name_unaddressable"


@pytest.mark.parametrize(
    ("directory_of_url", "listed"), [("", "a"), ("/", "a"), ("/~/in", "b"), ("/in", "b")]
)
def test_the_repositorys_directory_is_the_logins_or_the_urls(
    directory: Path, directory_of_url: str, listed: str
) -> None:
    (directory / "a").touch()
    (directory / "in").mkdir()
    (directory / "in" / "b").touch()
    with visit(directory, Folder, directory=directory_of_url) as remote:
        assert [file.name for file in remote.list("")] == [listed]


class Overwriting(Folder):
    """Renames over what is there, as some servers do."""

    def rename(self, oldpath: str, newpath: str) -> int:
        self._path(oldpath).replace(self._path(newpath))
        return paramiko.sftp.SFTP_OK


def test_a_server_that_renames_over_files_is_not_asked_to(directory: Path) -> None:
    (directory / "a.csv").write_bytes(b"new")
    (directory / "b.csv").write_bytes(b"old")
    with visit(directory, Overwriting) as remote:
        assert trouble(lambda: remote.move("", "a.csv", "", "b.csv")).reason.code == "target_exists"
    assert (directory / "b.csv").read_bytes() == b"old"


def test_a_server_that_renames_over_files_is_not_asked_to_after_an_upload(directory: Path) -> None:
    (directory / "b.csv").write_bytes(b"old")
    with visit(directory, Overwriting) as remote:
        assert trouble(lambda: remote.put("", "b.csv", b"new")).reason.code == "target_exists"
    assert [path.read_bytes() for path in directory.iterdir()] == [b"old"]


# ---------------------------------------------------------------- uploads


class Short(NewFile):
    """Has no room for more than 50,000 bytes."""

    answer = paramiko.sftp.SFTP_FAILURE

    def write(self, offset: int, data: bytes) -> int:
        return super().write(offset, data) if offset < 50_000 else self.answer


class Liar(Short):
    """Nor has this one, and says that all is well."""

    answer = paramiko.sftp.SFTP_OK


def taking(opened: type[NewFile]) -> type[Folder]:
    class Taking(Folder):
        def open(self, path: str, flags: int, attr: object) -> paramiko.SFTPHandle:
            return opened(self._path(path), flags)

    return Taking


@pytest.mark.parametrize(
    ("opened", "meant"), [(Short, "refused command_refused"), (Liar, "truncated upload_cut")]
)
def test_an_upload_that_finds_no_room_leaves_nothing_and_the_conversation_goes_on(
    directory: Path, opened: type[NewFile], meant: str
) -> None:
    with visit(directory, taking(opened)) as remote:
        assert meaning(trouble(lambda: remote.put("", "a.csv", CONTENT))) == meant
        assert list(directory.iterdir()) == []
        remote.put("", "b.csv", b"small")
    assert [path.name for path in directory.iterdir()] == ["b.csv"]


class ReadOnly(Folder):
    """Lets nobody write."""

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        return super().open(path, flags, attr) if flags == 0 else paramiko.sftp.SFTP_PERMISSION_DENIED


def test_a_server_for_reading_only_refuses_for_good(directory: Path) -> None:
    with visit(directory, ReadOnly) as remote:
        error = trouble(lambda: remote.put("", "a.csv", b"new"))
    assert meaning(error) == "refused permission_denied for good"


# ---------------------------------------------------------------- how one logs in


class Asking(Gate):
    """Takes a password only as the answer to a question."""

    def get_allowed_auths(self, username: str) -> str:
        return "keyboard-interactive"

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery:
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return paramiko.common.AUTH_SUCCESSFUL if responses == [PASSWORD] else paramiko.common.AUTH_FAILED


class Careful(Gate):
    """Wants the key and then the password."""

    key_seen = False

    def get_allowed_auths(self, username: str) -> str:
        return "password" if self.key_seen else "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.key_seen = True
        return paramiko.common.AUTH_PARTIALLY_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        good = self.key_seen and password == PASSWORD
        return paramiko.common.AUTH_SUCCESSFUL if good else paramiko.common.AUTH_FAILED


@pytest.mark.parametrize(("gate", "login"), [(Asking, {}), (Careful, {"private_key": servers.private_key()})])
def test_a_login_in_more_than_one_step_succeeds(
    directory: Path, gate: type[Gate], login: dict[str, object]
) -> None:
    with type("Guarded", (SftpServer,), {"gate": gate})(directory) as server:
        repository = servers.repository(Protocol.SFTP, server.port, host_key=server.fingerprints, **login)
        with open_remote(repository) as remote:
            assert remote.list("") == []
        wrong = replace(repository, password=Secret("wrong"))
        assert trouble(open_remote(wrong).__enter__).reason.code == "login_refused"


# ---------------------------------------------------------------- what is no SFTP server


def test_a_server_that_hangs_up_before_its_greeting_may_have_too_many_connections() -> None:
    with Silent(hang_up=True) as port:
        error = trouble(open_remote(servers.repository(Protocol.SFTP, port.port)).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.REFUSED, "ssh_greeting_missing", False)


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"SSH-1.5-old\r\n", "ssh_not_spoken"),
        (b"SSH-2\r\n", "ssh_not_spoken"),
        (b"HTTP/1.1 400\r\n" * 100, "ssh_not_spoken"),
    ],
)
def test_another_protocol_on_the_port_is_told(greeting: bytes, code: str) -> None:
    with Silent(greeting) as port:
        error = trouble(open_remote(servers.repository(Protocol.SFTP, port.port)).__enter__)
    assert (error.kind, error.reason.code) == (Kind.PROTOCOL, code)


def test_a_packet_that_is_garbage_is_a_protocol_error() -> None:
    with Silent(b"SSH-2.0-broken\r\n" + b"\x00\x00\x00\x0c\x0a\x14" + b"\xff" * 40) as port:
        error = trouble(open_remote(servers.repository(Protocol.SFTP, port.port)).__enter__)
    assert error.kind is Kind.PROTOCOL


@pytest.mark.parametrize(
    ("options", "what", "offered"),
    [
        ({"_preferred_kex": ("rsa1024-sha1",)}, "kex", "rsa1024-sha1"),
        ({"_preferred_ciphers": ("arcfour",)}, "cipher", "arcfour"),
        ({"_preferred_macs": ("hmac-ripemd160",)}, "mac", "hmac-ripemd160"),
    ],
)
def test_algorithms_that_nobody_speaks_any_more_are_named(
    directory: Path, options: dict[str, object], what: str, offered: str
) -> None:
    class Appliance(SftpServer):
        transport = type("Old", (paramiko.Transport,), options)

    with Appliance(directory) as server:
        error = trouble(open_remote(servers.repository(Protocol.SFTP, server.port)).__enter__)
    assert (error.kind, error.reason.code, error.permanent) == (Kind.PROTOCOL, "no_common_algorithm", True)
    assert (error.reason.details["what"], error.reason.details["offered"]) == (what, [offered])
