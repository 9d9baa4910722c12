"""What only directories of this machine do."""

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import servers
from support.talking import trouble
from tournee.core.errors import RemoteError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.match import temporary_name
from tournee.core.settings import Protocol
from tournee.remote import Remote, open_remote


@pytest.fixture
def remote(directory: Path) -> Iterator[Remote]:
    with open_remote(servers.repository(Protocol.LOCAL, 0, directory=str(directory))) as remote:
        yield remote


def test_a_link_is_neither_read_nor_moved_nor_deleted(
    remote: Remote, directory: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (directory / "a.csv").symlink_to(secret)
    sink = io.BytesIO()
    acts: list[Callable[[], object]] = [
        lambda: remote.fetch("", "a.csv", sink, 6),
        lambda: remote.move("", "a.csv", "archive", "a.csv"),
        lambda: remote.delete("", "a.csv"),
    ]
    assert {trouble(act).reason.code for act in acts} == {"file_missing"}
    assert remote.list("") == []
    assert remote.look("", "a.csv") is None
    assert (sink.getvalue(), secret.read_bytes()) == (b"", b"secret")
    assert (directory / "a.csv").is_symlink()


def test_a_pipe_is_not_waited_for(remote: Remote, directory: Path) -> None:
    os.mkfifo(directory / "a.csv")
    assert trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 1)).reason.code == "file_missing"
    assert remote.list("") == []


def test_times_are_told_to_the_nanosecond(remote: Remote, directory: Path) -> None:
    path = directory / "a.csv"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    assert [file.modified for file in remote.list("")] == ["1700000000123456789"]


def test_the_same_size_in_the_same_second_is_seen_as_a_change(remote: Remote, directory: Path) -> None:
    path = directory / "a.csv"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 1_700_000_000_000_000_000))
    [before] = remote.list("")
    path.write_bytes(b"54321")
    os.utime(path, ns=(1, 1_700_000_000_000_000_001))
    assert remote.look("", "a.csv") != before


def test_a_directory_that_is_a_file_is_not_found(directory: Path) -> None:
    (directory / "a.csv").touch()
    repository = servers.repository(Protocol.LOCAL, 0, directory=str(directory / "a.csv"))
    with open_remote(repository) as remote:
        error = trouble(lambda: remote.list(""))
    assert (error.kind, error.reason.code) == (Kind.NOT_FOUND, "directory_not_found")


def test_a_target_that_is_a_link_is_not_written_through(
    remote: Remote, directory: Path, tmp_path: Path
) -> None:
    (directory / "a.csv").write_bytes(b"new")
    (directory / "archive").mkdir()
    (directory / "archive" / "a.csv").symlink_to(tmp_path / "elsewhere")
    assert trouble(lambda: remote.move("", "a.csv", "archive", "a.csv")).reason.code == "target_exists"
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_of_another_person_is_moved_though_it_cannot_be_linked(directory: Path) -> None:
    """Where links to others' files are forbidden, as Linux does by default; the directory is ours."""
    (directory / "a.csv").write_bytes(b"1")
    (directory / "a.csv").chmod(0o600)
    repository = servers.repository(Protocol.LOCAL, 0, directory=str(directory))
    with servers.powerless(), open_remote(repository) as remote:
        remote.move("", "a.csv", "archive", "b.csv")
        (directory / "a.csv").write_bytes(b"2")
        assert trouble(lambda: remote.move("", "a.csv", "archive", "b.csv")).reason.code == "target_exists"
    assert [path.name for path in (directory / "archive").iterdir()] == ["b.csv"]


def test_a_directory_that_may_not_be_read_is_refused(directory: Path) -> None:
    directory.chmod(0o700)
    repository = servers.repository(Protocol.LOCAL, 0, directory=str(directory))
    with servers.powerless(), open_remote(repository) as remote:
        if os.geteuid() != directory.stat().st_uid:
            error = trouble(lambda: remote.list(""))
            assert (error.kind, error.reason.code) == (Kind.REFUSED, "permission_denied")


# ---------------------------------------------------------------- putting


def test_a_file_that_is_put_can_be_read_by_whoever_may_enter(remote: Remote, directory: Path) -> None:
    before = os.umask(0o077)
    try:
        remote.put("", "a.csv", b"report")
    finally:
        os.umask(before)
    assert (directory / "a.csv").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["a.csv", temporary_name("a.csv")])
def test_a_link_in_the_place_of_what_is_put_is_not_written_through(
    remote: Remote, directory: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (directory / name).symlink_to(tmp_path / "elsewhere")
    with contextlib.suppress(RemoteError):
        remote.put("", "a.csv", b"ours")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"


def test_a_link_that_has_the_name_is_something_that_exists(remote: Remote, directory: Path) -> None:
    (directory / "a.csv").symlink_to(directory / "nowhere")
    assert trouble(lambda: remote.put("", "a.csv", b"ours")).reason.code == "target_exists"
    assert [path.name for path in directory.iterdir()] == ["a.csv"]
