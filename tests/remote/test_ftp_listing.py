"""How directories of FTP servers are read, whatever the server knows and however it writes."""

import pytest

from support.faults import ScriptedFtp
from support.talking import fetched, to, trouble, visit
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.remote import open_remote


def test_what_the_server_can_do_decides_how_directories_are_read() -> None:
    features = {("MLST", "SIZE"): "MLSD", ("SIZE", "MDTM"): "NLST", ("REST",): "LIST"}
    for offered, way in features.items():
        with ScriptedFtp(files={"a.csv": b"12345"}, features=offered) as server:
            with open_remote(to(server)) as remote:
                assert [(file.name, file.size) for file in remote.list("")] == [("a.csv", 5)]
            assert way in server.verbs()


def test_a_server_that_does_not_say_what_it_can_do_is_tried() -> None:
    with ScriptedFtp(files={"a.csv": b"12345"}, replies={"FEAT": "500 what?"}) as server:
        with open_remote(to(server)) as remote:
            assert [(file.name, file.size) for file in remote.list("")] == [("a.csv", 5)]
        assert [verb for verb in server.verbs() if verb in ("MLSD", "NLST", "SIZE", "MDTM")] == [
            "NLST",
            "SIZE",
            "MDTM",
        ]


def test_a_way_that_turns_out_to_be_unknown_is_given_up() -> None:
    unknown = {"MLSD": "500 unknown", "SIZE": "502 not implemented"}
    with ScriptedFtp(files={"a.csv": b"12345"}, replies=unknown) as server:
        with open_remote(to(server)) as remote:
            assert [(file.name, file.size) for file in remote.list("")] == [("a.csv", 5)]
            assert remote.look("", "a.csv") == remote.list("")[0]
        assert server.verbs().count("MLSD") == 1
        assert server.verbs().count("LIST") == 3


def test_sizes_and_times_are_asked_for_wanted_names_only() -> None:
    files = {"import_avis.csv": b"1", "stranger.csv": b"2", "other.csv": b"3"}
    with ScriptedFtp(files=files, features=("SIZE", "MDTM")) as server:
        with open_remote(to(server)) as remote:
            remote.list("", lambda name: name.startswith("import"))
        asked = [command for command in server.commands if command.startswith(("SIZE", "MDTM"))]
        assert asked == ["SIZE import_avis.csv", "MDTM import_avis.csv"]


def test_names_come_without_their_directory_and_dots_are_no_files() -> None:
    listing = b"./.\r\n./..\r\n/in/a.csv\r\n./b.csv\r\n/in/a.csv\r\nfolder\r\n"
    with (
        ScriptedFtp(
            files={"a.csv": b"1", "b.csv": b"22"}, features=("SIZE",), listings={"NLST": listing}
        ) as server,
        open_remote(to(server)) as remote,
    ):
        assert sorted((file.name, file.size) for file in remote.list("")) == [("a.csv", 1), ("b.csv", 2)]


@pytest.mark.parametrize(
    "reply", ["550 No files found.", "450 No files found", "550 No such file or directory."]
)
def test_some_servers_call_an_empty_directory_an_error(reply: str) -> None:
    with (
        ScriptedFtp(features=("SIZE",), replies={"NLST": reply}) as server,
        open_remote(to(server)) as remote,
    ):
        assert remote.list("") == []


def test_a_refused_listing_is_no_empty_one() -> None:
    with visit(ScriptedFtp(features=("SIZE",), replies={"NLST": "550 Permission denied."})) as remote:
        assert trouble(lambda: remote.list("")).reason.code == "permission_denied"


def test_a_listing_as_dos_writes_it_is_read() -> None:
    listing = (
        b"11-23-26  09:30AM       <DIR>          archive\r\n"
        b"11-23-26  02:05PM                12345  lead.csv\r\n"
        b"11-23-2026  14:05               7 import avis.csv\r\n"
    )
    with ScriptedFtp(features=(), listings={"LIST": listing}) as server, open_remote(to(server)) as remote:
        files = remote.list("")
    assert [(file.name, file.size) for file in files] == [(" lead.csv", 12345), ("import avis.csv", 7)]
    assert [f"{file.modified_at:%d %H:%M}" for file in files] == ["23 14:05", "23 14:05"]


def test_a_listing_as_unix_writes_it_has_files_only() -> None:
    listing = (
        b"total 12\r\n"
        b"drwxr-xr-x    2 0        0            4096 Nov 23 09:30 archive\r\n"
        b"lrwxrwxrwx    1 0        0              11 Nov 23 09:30 link.csv -> /etc/passwd\r\n"
        b"-rw-r--r--    1 0        0               5 Nov 23  2025 old.csv\r\n"
        b"-rw-r--r--+   1 ftp      5 Nov 23 09:30  lead.csv\r\n"
    )
    with ScriptedFtp(features=(), listings={"LIST": listing}) as server, open_remote(to(server)) as remote:
        assert [(file.name, file.modified) for file in remote.list("")] == [
            ("old.csv", "Nov 23 2025"),
            (" lead.csv", "Nov 23 09:30"),
        ]


def test_a_listing_that_nobody_understands_is_no_empty_one() -> None:
    with visit(ScriptedFtp(features=(), listings={"LIST": b"VMS$FILE.CSV;1  5/9\r\n"})) as remote:
        assert trouble(lambda: remote.list("")).kind is Kind.PROTOCOL


@pytest.mark.parametrize("features", [("MLST",), ("SIZE",), ()])
def test_a_listing_that_was_cut_short_is_a_fault(features: tuple[str, ...]) -> None:
    final = "226-Options: -a -l\r\n226 Output truncated to 10000 matches"
    with visit(ScriptedFtp(files={"a.csv": b"1"}, features=features, final=final)) as remote:
        error = trouble(lambda: remote.list(""))
    assert (error.kind, error.reason.code) == (Kind.TRUNCATED, "listing_truncated")
    assert error.reason.details["directory"] == "/"


def test_names_that_lead_elsewhere_are_not_listed() -> None:
    listing = b"type=file; ../a.csv\r\ntype=file; /etc/passwd\r\ntype=file; ..\r\ntype=file; b.csv\r\n"
    with ScriptedFtp(listings={"MLSD": listing}) as server, open_remote(to(server)) as remote:
        assert [file.name for file in remote.list("")] == ["b.csv"]


def test_names_have_the_encoding_of_the_repository() -> None:
    with ScriptedFtp(files={"caf\xe9.csv": b"1"}) as server:
        with open_remote(to(server, encoding="cp1252")) as remote:
            assert [file.name for file in remote.list("")] == ["café.csv"]
            assert fetched(remote, "café.csv", 1) == b"1"
            assert trouble(lambda: remote.look("", "名.csv")).reason.code == "name_unaddressable"
        assert "OPTS UTF8 ON" not in server.commands


def test_a_server_that_wants_to_be_asked_for_utf8_is_asked() -> None:
    with ScriptedFtp() as server:
        with open_remote(to(server)):
            pass
        assert "OPTS UTF8 ON" in server.commands


def test_the_directory_is_entered_before_each_listing() -> None:
    with ScriptedFtp() as server:
        with open_remote(to(server, directory="/exports")) as remote:
            remote.list("")
            remote.list("")
        assert server.commands.count("CWD /exports") == 2


def test_sizes_and_contents_are_asked_for_in_binary() -> None:
    with ScriptedFtp(files={"a.csv": b"1"}, features=("SIZE", "MDTM")) as server:
        with open_remote(to(server)) as remote:
            remote.list("")
            fetched(remote, "a.csv", 1)
        told = [
            command for command in server.commands if command.startswith(("TYPE", "NLST", "SIZE", "RETR"))
        ]
        assert told == ["TYPE A", "NLST", "TYPE I", "SIZE a.csv", "RETR a.csv"]


@pytest.mark.parametrize(
    ("directory", "entered"),
    [
        ("/", "/home/box"),
        ("", "/home/box"),
        ("/~/in", "/home/box/in"),
        ("/exports", "/exports"),
        ("//", "/home/box"),
    ],
)
def test_the_repositorys_directory_is_the_logins_or_the_urls(directory: str, entered: str) -> None:
    with ScriptedFtp(replies={"PWD": '257 "/home/box"'}) as server:
        with open_remote(to(server, directory=directory)) as remote:
            remote.list("")
        assert f"CWD {entered}" in server.commands
