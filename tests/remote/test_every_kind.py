"""One behaviour, whatever is at the other end: the same tests against every kind of repository."""

import io
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from support import servers
from support.rounds import files_up_to
from support.servers import Box
from support.talking import fetched, trouble
from tournee.core.errors import LocalFileError, RemoteError
from tournee.core.facts import RemoteErrorKind
from tournee.core.match import temporary_name
from tournee.core.messages import sentence
from tournee.core.times import Duration
from tournee.remote import open_remote

NAMES = [
    "import_avis_20261123.csv", " leading space.csv", "two  spaces.csv", "[brackets].csv", "50%.csv",
    "-rf.csv",
    "été.csv", "名簿.csv", "semi;colon.csv", "quo'te.csv", '"double".csv', "#.csv", "~tilde.csv",
    "a=b;c=d; e.csv", "back\\slash.csv",
]  # fmt: skip


# ---------------------------------------------------------------- listing


def test_a_listing_has_the_regular_files_with_their_sizes(box: Box) -> None:
    box.put("a.csv", b"12345")
    box.put("empty.csv", b"")
    (box.directory / "folder.csv").mkdir()
    with open_remote(box.repository) as remote:
        assert {file.name: file.size for file in remote.list("")} == {"a.csv": 5, "empty.csv": 0}


def test_an_empty_directory_has_no_files(box: Box) -> None:
    with open_remote(box.repository) as remote:
        assert remote.list("") == []


def test_only_wanted_names_are_listed(box: Box) -> None:
    for name in ("import_avis.csv", "import_avis.ok", "stranger.csv"):
        box.put(name)
    with open_remote(box.repository) as remote:
        files = remote.list("", lambda name: name.startswith("import"))
    assert {file.name for file in files} == {"import_avis.csv", "import_avis.ok"}


def test_a_directory_below_the_repositorys_is_listed(box: Box) -> None:
    (box.directory / "in" / "avis").mkdir(parents=True)
    (box.directory / "in" / "avis" / "a.csv").write_bytes(b"1")
    with open_remote(box.repository) as remote:
        assert [file.name for file in remote.list("in/avis")] == ["a.csv"]
        assert [file.name for file in remote.list("/in/avis/")] == ["a.csv"]
        assert remote.list("in") == []


def test_the_repositorys_directory_may_lie_below_the_servers(box: Box) -> None:
    (box.directory / "in").mkdir()
    (box.directory / "in" / "a.csv").write_bytes(b"1")
    below = box.with_(directory=os.path.join(box.path, "in"))
    with open_remote(below) as remote:
        assert [file.name for file in remote.list("")] == ["a.csv"]


def test_a_listing_of_many_files_is_complete(box: Box) -> None:
    names = {f"import_avis_{number:04}.csv" for number in range(400)}
    for name in names:
        (box.directory / name).touch()
    with open_remote(box.repository) as remote:
        assert {file.name for file in remote.list("")} == names


def test_a_missing_directory_is_a_fault_and_no_empty_listing(box: Box) -> None:
    with open_remote(box.repository) as remote:
        error = trouble(lambda: remote.list("renamed"))
    assert (error.kind, error.reason.code) == (RemoteErrorKind.NOT_FOUND, "directory_not_found")
    assert str(error.reason.details["directory"]).endswith("/renamed")


def test_a_directory_that_goes_away_meanwhile_is_a_fault(box: Box) -> None:
    (box.directory / "in").mkdir()
    with open_remote(box.repository) as remote:
        assert remote.list("in") == []
        (box.directory / "in").rmdir()
        assert trouble(lambda: remote.list("in")).kind is RemoteErrorKind.NOT_FOUND


# ---------------------------------------------------------------- names


def test_an_odd_name_is_listed_fetched_and_moved_as_it_is(box: Box) -> None:
    for name in NAMES:
        box.put(name, name.encode())
    with open_remote(box.repository) as remote:
        assert {file.name for file in remote.list("")} == set(NAMES)
        assert [fetched(remote, name, len(name.encode())).decode() for name in NAMES] == NAMES
        for name in NAMES:
            remote.move("", name, "archive", name)
    assert {path.name for path in (box.directory / "archive").iterdir()} == set(NAMES)


def test_a_name_that_is_no_text_is_a_name_all_the_same(box: Box) -> None:
    path = box.put(b"caf\xe9.csv", b"latin")
    with open_remote(box.repository) as remote:
        [file] = remote.list("")
        assert file.name == path.name == "caf\udce9.csv"
        assert remote.look("", file.name) == file
        assert fetched(remote, file.name, 5) == b"latin"
        remote.move("", file.name, "archive", file.name)
        remote.delete("archive", file.name)
    assert [entry.name for entry in box.directory.iterdir()] == ["archive"]


def test_a_name_that_leads_elsewhere_is_refused(box: Box) -> None:
    (box.directory / "in").mkdir()
    (box.directory / "in" / "secret.csv").write_bytes(b"1")
    (box.directory.parent / "secret.csv").write_bytes(b"1")
    with open_remote(box.repository) as remote:
        for name in ("../secret.csv", "in/secret.csv", "..", ".", "", "nul\0.csv"):
            acts: list[Callable[[], object]] = [
                partial(remote.fetch, "", name, io.BytesIO(), 1),
                partial(remote.look, "", name),
                partial(remote.delete, "", name),
                partial(remote.move, "", name, "archive", "a.csv"),
                partial(remote.put, "", name, b"1"),
            ]
            assert {trouble(act).reason.code for act in acts} == {"name_unaddressable"}


def test_a_target_name_that_leads_elsewhere_is_refused(box: Box) -> None:
    box.put("a.csv")
    with open_remote(box.repository) as remote:
        error = trouble(lambda: remote.move("", "a.csv", "archive", "../a.csv"))
    assert error.reason.code == "name_unaddressable"
    assert (box.directory / "a.csv").exists()


# ---------------------------------------------------------------- the second look


def test_a_look_gives_what_the_listing_gave(box: Box) -> None:
    box.put("a.csv", b"12345")
    (box.directory / "in").mkdir()
    (box.directory / "in" / "b.csv").write_bytes(b"1")
    with open_remote(box.repository) as remote:
        [file], [below] = remote.list(""), remote.list("in")
        assert (remote.look("", "a.csv"), remote.look("in", "b.csv")) == (file, below)


def test_a_look_sees_a_new_size_and_a_new_time(box: Box) -> None:
    path = box.put("a.csv", b"12345")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    with open_remote(box.repository) as remote:
        [before] = remote.list("")
        path.write_bytes(b"123456")
        grown = remote.look("", "a.csv")
        os.utime(path, (1_600_000_000, 1_600_000_000))
        touched = remote.look("", "a.csv")
    assert grown is not None
    assert touched is not None
    assert grown.size == 6
    assert len({before.modified, grown.modified, touched.modified}) == 3


def test_a_time_is_also_given_as_a_time(box: Box) -> None:
    path = box.put("a.csv")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    with open_remote(box.repository) as remote:
        [file] = remote.list("")
    assert file.modified_at is not None
    assert f"{file.modified_at:%Y-%m-%d}" == "2023-11-14"


def test_a_look_at_what_is_no_file_gives_nothing(box: Box) -> None:
    (box.directory / "folder.csv").mkdir()
    with open_remote(box.repository) as remote:
        assert remote.look("", "gone.csv") is None
        assert remote.look("nowhere", "gone.csv") is None
        assert remote.look("", "folder.csv") is None


# ---------------------------------------------------------------- fetching


def test_many_files_are_fetched_whole_in_one_conversation(box: Box) -> None:
    sizes = (0, 1, 32_767, 32_768, 65_536, 1_000_003, *(number * 999 for number in range(20)))
    contents = {f"{number}.csv": os.urandom(size) for number, size in enumerate(sizes)}
    for name, content in contents.items():
        box.put(name, content)
    with open_remote(box.repository) as remote:
        got = {file.name: fetched(remote, file.name, file.size or 0) for file in remote.list("")}
    assert got == contents


def test_a_file_of_another_size_than_listed_is_cut(box: Box) -> None:
    box.put("a.csv", os.urandom(1_000_000))
    with open_remote(box.repository) as remote:
        for expected in (99, 1_000_001):
            error = trouble(partial(remote.fetch, "", "a.csv", io.BytesIO(), expected))
            assert (error.kind, error.reason.code) == (RemoteErrorKind.TRUNCATED, "file_truncated")
            assert error.reason.details["file"] == "a.csv"
            assert error.reason.details["expected"] == expected


def test_the_sink_of_a_file_that_grew_holds_no_more_than_was_listed(box: Box) -> None:
    box.put("a.csv", os.urandom(1_000_000))
    sink = io.BytesIO()
    with open_remote(box.repository) as remote:
        trouble(lambda: remote.fetch("", "a.csv", sink, 500_000))
    assert len(sink.getvalue()) <= 500_000


class Meddling(io.BytesIO):
    """A sink that changes the file once the first bytes have come."""

    def __init__(self, meddle: Callable[[], object]) -> None:
        super().__init__()
        self.meddle = meddle

    def write(self, block: object) -> int:
        if not self.tell():
            self.meddle()
        return super().write(block)  # type: ignore[arg-type]


def fate(box: Box, meddle: Callable[[], object]) -> str:
    """What becomes of a file that changes while it is fetched; some servers send what they opened."""
    with open_remote(box.repository) as remote:
        [file] = remote.list("")
        try:
            remote.fetch("", file.name, Meddling(meddle), file.size or 0)
        except RemoteError as error:
            return str(error.kind)
        return "taken" if remote.look("", file.name) == file else "seen to change"


def test_a_file_that_shrinks_while_it_is_read_is_not_taken(box: Box) -> None:
    path = box.put("a.csv", b"x" * 16_000_000)
    assert fate(box, lambda: os.truncate(path, 2_000_000)) in ("truncated", "seen to change")


def test_a_file_that_grows_while_it_is_read_is_not_taken(box: Box) -> None:
    path = box.put("a.csv", b"x" * 16_000_000)
    assert fate(box, lambda: os.truncate(path, 17_000_000)) in ("truncated", "seen to change")


@pytest.mark.parametrize("kind", ["sftp", "local"])
def test_a_file_that_is_written_anew_while_it_is_read_is_cut(directory: Path, kind: str) -> None:
    with servers.running(kind, directory) as box:
        path = box.put("a.csv", b"x" * 3_000_000)
        assert fate(box, lambda: os.utime(path, (1, 1))) == "truncated"


def test_the_next_file_is_fetched_after_one_that_was_cut(box: Box) -> None:
    box.put("a.csv", os.urandom(300_000))
    box.put("b.csv", b"next")
    with open_remote(box.repository) as remote:
        for wrong in (10, 299_999, 300_001):
            trouble(partial(remote.fetch, "", "a.csv", io.BytesIO(), wrong))
        assert fetched(remote, "b.csv", 4) == b"next"
        assert len(remote.list("")) == 2


def test_a_file_that_is_gone_is_not_found(box: Box) -> None:
    with open_remote(box.repository) as remote:
        acts: list[Callable[[], object]] = [
            lambda: remote.fetch("", "gone.csv", io.BytesIO(), 1),
            lambda: remote.delete("", "gone.csv"),
            lambda: remote.move("", "gone.csv", "archive", "a.csv"),
        ]
        errors = [trouble(act) for act in acts]
    assert {(error.kind, error.reason.code) for error in errors} == {
        (RemoteErrorKind.NOT_FOUND, "file_missing")
    }


def test_a_full_disk_is_this_machines_trouble(box: Box) -> None:
    box.put("a.csv", os.urandom(200_000))
    with (
        open("/dev/full", "wb", buffering=0) as sink,
        open_remote(box.repository) as remote,
        pytest.raises(LocalFileError) as caught,
    ):
        remote.fetch("", "a.csv", sink, 200_000)
    assert caught.value.reason.code == "disk_full"
    assert caught.value.reason.details["file"] == "a.csv"


def test_a_file_that_may_not_be_read_is_refused_for_good(box: Box) -> None:
    box.put("a.csv", b"secret", mode=0)
    with servers.powerless(), open_remote(box.repository) as remote:
        error = trouble(lambda: remote.fetch("", "a.csv", io.BytesIO(), 6))
    assert (error.kind, error.reason.code) == (RemoteErrorKind.REFUSED, "permission_denied")
    assert error.permanent


# ---------------------------------------------------------------- moving, deleting


def test_a_file_is_moved_into_a_directory_that_is_made(box: Box) -> None:
    with open_remote(box.repository) as remote:
        for target in ("archive", "done/", "2026/11/23/"):
            box.put("a.csv", b"moved")
            remote.move("", "a.csv", target, "a_12.csv")
            assert (box.directory / target / "a_12.csv").read_bytes() == b"moved"
            assert not (box.directory / "a.csv").exists()


def test_a_target_directory_is_relative_to_the_files_own(box: Box) -> None:
    (box.directory / "in").mkdir(mode=0o777)
    (box.directory / "in").chmod(0o777)
    (box.directory / "in" / "a.csv").write_bytes(b"1")
    (box.directory / "in" / "b.csv").write_bytes(b"2")
    with open_remote(box.repository) as remote:
        remote.move("in", "a.csv", "archive", "a.csv")
        remote.move("in", "b.csv", "../archive", "b.csv")
    assert (box.directory / "in" / "archive" / "a.csv").exists()
    assert (box.directory / "archive" / "b.csv").exists()


def test_a_target_directory_may_be_absolute(box: Box) -> None:
    (box.directory / "in").mkdir()
    (box.directory / "in").chmod(0o777)
    (box.directory / "in" / "a.csv").write_bytes(b"1")
    with open_remote(box.repository) as remote:
        remote.move("in", "a.csv", os.path.join(box.path, "archive"), "a.csv")
    assert (box.directory / "archive" / "a.csv").exists()


def test_a_move_never_overwrites(box: Box) -> None:
    box.put("a.csv", b"new")
    (box.directory / "archive").mkdir()
    (box.directory / "archive").chmod(0o777)
    (box.directory / "archive" / "a.csv").write_bytes(b"old")
    with open_remote(box.repository) as remote:
        error = trouble(lambda: remote.move("", "a.csv", "archive", "a.csv"))
    assert (error.kind, error.reason.code) == (RemoteErrorKind.REFUSED, "target_exists")
    assert error.reason.details["target"] == "a.csv"
    assert (box.directory / "archive" / "a.csv").read_bytes() == b"old"
    assert (box.directory / "a.csv").read_bytes() == b"new"


def test_a_file_is_deleted(box: Box) -> None:
    box.put("a.csv")
    kept = box.put("b.csv")
    with open_remote(box.repository) as remote:
        remote.delete("", "a.csv")
    assert list(box.directory.iterdir()) == [kept]


# ---------------------------------------------------------------- putting


def left(box: Box) -> dict[str, bytes]:
    """Everything in the box's directory."""
    return {path.name: path.read_bytes() for path in box.directory.iterdir()}


def test_files_of_any_size_are_put_whole_in_one_conversation(box: Box) -> None:
    sizes = (0, 1, 32_767, 32_768, 65_536, 65_537, 1_000_003)
    contents = {f"{number}.report.csv": os.urandom(size) for number, size in enumerate(sizes)}
    with open_remote(box.repository) as remote:
        for name, content in contents.items():
            remote.put("", name, content)
        assert {file.name: file.size for file in remote.list("")} == {
            name: len(content) for name, content in contents.items()
        }
    assert left(box) == contents


def test_a_file_is_put_into_the_directory_asked_for(box: Box) -> None:
    (box.directory / "in").mkdir()
    (box.directory / "in").chmod(0o777)
    with open_remote(box.repository) as remote:
        remote.put("in", "a.csv", b"report")
        remote.put("", "b.csv", b"other")
    assert (box.directory / "in" / "a.csv").read_bytes() == b"report"
    assert (box.directory / "b.csv").read_bytes() == b"other"


def test_a_file_is_put_under_an_odd_name_as_it_is(box: Box) -> None:
    names = [*NAMES, "caf\udce9.csv"]
    with open_remote(box.repository) as remote:
        for name in names:
            remote.put("", name, name.encode("utf-8", "surrogateescape"))
    assert left(box) == {name: name.encode("utf-8", "surrogateescape") for name in names}


def test_a_put_never_overwrites_and_leaves_nothing_else(box: Box) -> None:
    box.put("a.csv", b"old")
    box.put(temporary_name("a.csv"), b"from a try before")
    with open_remote(box.repository) as remote:
        error = trouble(lambda: remote.put("", "a.csv", b"new"))
        assert (error.kind, error.reason.code) == (RemoteErrorKind.REFUSED, "target_exists")
        assert "a.csv" in sentence(error.reason, "en")
        remote.put("", "b.csv", b"next")
    assert left(box) == {"a.csv": b"old", "b.csv": b"next"}


def test_what_a_try_before_left_is_gone_once_the_file_is_there(box: Box) -> None:
    box.put(temporary_name("a.csv"), b"half of something that was longer")
    with open_remote(box.repository) as remote:
        remote.put("", "a.csv", b"new")
    assert left(box) == {"a.csv": b"new"}


def test_a_file_for_a_directory_that_is_missing_is_a_fault_of_the_directory(box: Box) -> None:
    with open_remote(box.repository) as remote:
        error = trouble(lambda: remote.put("gone", "a.csv", b"new"))
    assert (error.kind, error.reason.code) == (RemoteErrorKind.NOT_FOUND, "directory_not_found")


def test_a_server_that_lets_nobody_write_says_what_to_do(box: Box) -> None:
    box.directory.chmod(0o555)
    with servers.powerless(), open_remote(box.repository) as remote:
        error = trouble(lambda: remote.put("", "a.csv", b"new"))
        assert remote.list("") == []
    assert (error.kind, error.reason.code) == (RemoteErrorKind.REFUSED, "permission_denied")
    assert error.permanent
    told = sentence(error.reason, "en")
    assert "may not write a.csv" in told
    assert "`report: true`" in told


def test_a_full_server_keeps_nothing_and_takes_the_file_later(embedded: Box) -> None:
    patient = embedded.with_(timeout=Duration("1 second", 1))  # pyftpdlib with TLS says nothing any more
    with open_remote(patient) as remote, files_up_to(50_000):
        trouble(lambda: remote.put("", "a.csv", b"x" * 200_000))
    assert set(left(embedded)) <= {temporary_name("a.csv")}
    with open_remote(embedded.repository) as remote:
        remote.put("", "a.csv", b"x" * 200_000)
    assert left(embedded) == {"a.csv": b"x" * 200_000}


# ---------------------------------------------------------------- the conversation


def test_a_conversation_may_be_closed_twice(box: Box) -> None:
    remote = open_remote(box.repository)
    with remote:
        remote.close()
    remote.close()


def test_nothing_can_be_asked_once_it_was_aborted(box: Box) -> None:
    box.put("a.csv")
    with open_remote(box.repository) as remote:
        remote.abort()
        acts: list[Callable[[], object]] = [
            lambda: remote.list(""),
            lambda: remote.fetch("", "a.csv", io.BytesIO(), 7),
            lambda: remote.put("", "b.csv", b"new"),
        ]
        assert {trouble(act).reason.code for act in acts} == {"remote_aborted"}


def test_an_opening_that_was_aborted_before_ends_at_once(server: Box) -> None:
    remote = open_remote(server.repository)
    remote.abort()
    assert trouble(remote.__enter__).reason.code == "remote_aborted"


def test_a_wrong_login_is_refused_for_good(server: Box) -> None:
    error = trouble(open_remote(server.with_(**server.wrong)).__enter__)
    assert (error.kind, error.reason.code) == (RemoteErrorKind.AUTHENTICATION, "login_refused")
    assert error.permanent
    assert "wrong" not in repr(error.reason)


def test_a_closed_port_is_unreachable(server: Box) -> None:
    error = trouble(open_remote(server.with_(port=servers.free_port())).__enter__)
    assert (error.kind, error.reason.code) == (RemoteErrorKind.UNREACHABLE, "remote_unreachable")
    assert not error.permanent


def test_an_error_tells_repository_host_and_port(server: Box) -> None:
    error = trouble(open_remote(server.with_(host="no-such-host.invalid")).__enter__)
    assert (error.kind, error.reason.code) == (RemoteErrorKind.UNREACHABLE, "host_unknown")
    assert error.reason.details["repository"] == "boutique"
    assert error.reason.details["host"] == "no-such-host.invalid"
