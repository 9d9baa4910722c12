"""What only FTP servers do: their ways to list, to refuse, and to end a transfer."""

import io

import pytest

from support import faults, servers
from support.faults import DROP, ScriptedFtp
from support.talking import fetched, meaning, to, trouble, visit
from tournee.core.errors import LocalFileError
from tournee.core.facts import RemoteErrorKind as Kind
from tournee.core.match import temporary_name
from tournee.core.settings import Protocol, Repository
from tournee.demo.servers import Certificate, FtpServer, Tls
from tournee.remote import open_remote

# ---------------------------------------------------------------- transfers


def test_the_address_of_a_passive_server_is_not_followed() -> None:
    with visit(ScriptedFtp(files={"a.csv": b"12345"}, passive_host="10.9.8.7")) as remote:
        assert fetched(remote, "a.csv", 5) == b"12345"


def test_a_passive_port_that_is_closed_is_told_as_such() -> None:
    port = servers.free_port()
    reply = f"227 Entering Passive Mode (127,0,0,1,{port // 256},{port % 256})"
    with visit(ScriptedFtp(files={"a.csv": b"1"}, replies={"PASV": reply})) as remote:
        error = trouble(lambda: fetched(remote, "a.csv", 1))
    assert (error.kind, error.reason.code) == (Kind.UNREACHABLE, "data_connection_failed")


def test_a_stranger_on_an_active_data_connection_is_turned_away() -> None:
    with visit(ScriptedFtp(files={"a.csv": b"12345"}, stranger=b"forged"), passive=False) as remote:
        assert fetched(remote, "a.csv", 5) == b"12345"


def test_a_server_that_says_200_before_its_150_is_heard_out() -> None:
    with visit(ScriptedFtp(files={"a.csv": b"12345"}, begin="200 soon\r\n150 now")) as remote:
        assert fetched(remote, "a.csv", 5) == b"12345"


def trusting(server: ScriptedFtp, certificate: Certificate) -> Repository:
    return to(server, Protocol.FTPS_IMPLICIT, certificate=certificate.fingerprint)


def test_a_server_that_ends_tls_without_a_goodbye_has_sent_its_file() -> None:
    certificate = Certificate.make()
    script = ScriptedFtp(
        files={"a.csv": b"x" * 1000, "b.csv": b"12"},
        context=certificate.context(),
        implicit=True,
        send=faults.without_goodbye,
    )
    with script as server, open_remote(trusting(server, certificate)) as remote:
        assert fetched(remote, "a.csv", 1000) == b"x" * 1000
        assert fetched(remote, "b.csv", 2) == b"12"
        assert len(remote.list("")) == 2


@pytest.mark.parametrize("size", [0, 500, 999])
def test_a_tls_transfer_that_is_cut_is_no_file_though_the_server_says_so(size: int) -> None:
    certificate = Certificate.make()
    script = ScriptedFtp(
        files={"a.csv": b"x" * 1000},
        context=certificate.context(),
        implicit=True,
        send=faults.cut_after(size),
    )
    with script as server, open_remote(trusting(server, certificate)) as remote:
        error = trouble(lambda: fetched(remote, "a.csv", 1000))
    assert (error.kind, error.reason.code) == (Kind.TRUNCATED, "file_truncated")
    assert error.reason.details["received"] == size


def test_a_transfer_that_the_server_calls_failed_has_failed() -> None:
    with visit(ScriptedFtp(files={"a.csv": b"12345"}, final="426 Connection closed; aborted.")) as remote:
        error = trouble(lambda: fetched(remote, "a.csv", 5))
    assert (error.kind, error.reason.code) == (Kind.TRUNCATED, "transfer_cut")
    assert error.reason.details["file"] == "a.csv"


def test_a_conversation_that_broke_inside_a_transfer_is_over() -> None:
    """Else the next command would get the answer to this one."""
    with ScriptedFtp(files={"a.csv": b"12345"}, final=DROP) as server, open_remote(to(server)) as remote:
        assert trouble(lambda: fetched(remote, "a.csv", 5)).reason.code == "connection_lost"
        assert trouble(lambda: remote.list("")).reason.code == "connection_lost"


def test_a_conversation_whose_file_could_not_be_written_is_over() -> None:
    """Else the next command would get the answer to this transfer."""
    with (
        visit(ScriptedFtp(files={"a.csv": b"x" * 100_000})) as remote,
        open("/dev/full", "wb", buffering=0) as full,
    ):
        with pytest.raises(LocalFileError):
            remote.fetch("", "a.csv", full, 100_000)
        assert trouble(lambda: remote.list("")).reason.code == "connection_lost"


def test_data_connections_resume_the_session_of_the_control_connection() -> None:
    """Asked of the server: vsftpd and others refuse what is not resumed."""
    certificate = Certificate.make()
    resumed: list[bool] = []

    def send(connection: object, body: bytes) -> None:
        resumed.append(connection.session_reused)  # type: ignore[attr-defined]
        faults.send_all(connection, body)  # type: ignore[arg-type]

    script = ScriptedFtp(files={"a.csv": b"1"}, context=certificate.context(), implicit=True, send=send)
    with script as server, open_remote(trusting(server, certificate)) as remote:
        for _ in range(5):
            fetched(remote, "a.csv", 1)
            remote.list("")
    assert resumed == [True] * 10


def test_a_data_connection_with_another_certificate_is_not_read() -> None:
    certificate = Certificate.make()
    script = ScriptedFtp(
        files={"a.csv": b"forged"},
        context=certificate.context(),
        data_context=Certificate.make().context(),
        implicit=True,
    )
    sink = io.BytesIO()
    with script as server, open_remote(trusting(server, certificate)) as remote:
        error = trouble(lambda: remote.fetch("", "a.csv", sink, 6))
    assert (error.kind, error.reason.code) == (Kind.UNTRUSTED, "certificate_changed")
    assert sink.getvalue() == b""


# ---------------------------------------------------------------- uploads

SPARE = temporary_name("b.csv")


def test_a_server_that_runs_full_says_so_and_the_conversation_goes_on() -> None:
    script = ScriptedFtp(room=100_000, final="552 Quota exceeded")
    with script as server, open_remote(to(server)) as remote:
        error = trouble(lambda: remote.put("", "b.csv", b"x" * 30_000_000))
        assert meaning(error) == "refused server_full"
        assert server.commands[-1] == f"DELE {SPARE}"
        assert remote.look("", "b.csv") is None


def test_a_file_that_is_shorter_on_the_server_than_it_says_gets_no_name() -> None:
    with ScriptedFtp(room=10) as server, open_remote(to(server)) as remote:
        error = trouble(lambda: remote.put("", "b.csv", b"x" * 20))
        assert meaning(error) == "truncated upload_cut"
        assert (error.reason.details["received"], error.reason.details["expected"]) == (10, 20)
        assert server.commands[-1] == f"DELE {SPARE}"
        assert "RNTO" not in server.verbs()


def test_an_upload_whose_connection_breaks_leaves_a_hidden_file_for_the_next_try() -> None:
    with ScriptedFtp(final=DROP) as server, open_remote(to(server)) as remote:
        assert trouble(lambda: remote.put("", "b.csv", b"12345")).reason.code == "connection_lost"
        assert list(server.files) == [SPARE]
        assert trouble(lambda: remote.list("")).reason.code == "connection_lost"


def test_a_rename_that_is_refused_is_told_and_the_upload_taken_back() -> None:
    reply = "553 Rename failed: file exists"
    with ScriptedFtp(replies={"RNTO": reply}) as server, open_remote(to(server)) as remote:
        error = trouble(lambda: remote.put("", "b.csv", b"1"))
        assert (meaning(error), error.reason.details["answer"]) == ("refused target_exists", reply)
        assert server.verbs()[-2:] == ["RNTO", "DELE"]


def test_a_name_that_was_taken_during_the_upload_is_not_renamed_over() -> None:
    class Rival(dict[str, bytes]):
        def __setitem__(self, name: str, content: bytes) -> None:
            super().update({name: content, "b.csv": b"theirs"})

    with ScriptedFtp(files=Rival()) as server, open_remote(to(server)) as remote:
        assert trouble(lambda: remote.put("", "b.csv", b"ours")).reason.code == "target_exists"
        assert "RNTO" not in server.verbs()


def test_an_upload_over_tls_ends_with_a_goodbye() -> None:
    """Else vsftpd and others call it cut."""
    certificate = Certificate.make()
    script = ScriptedFtp(context=certificate.context(), implicit=True)
    with script as server, open_remote(trusting(server, certificate)) as remote:
        remote.put("", "b.csv", b"x" * 300_000)
        assert server.files[SPARE] == b"x" * 300_000


# ---------------------------------------------------------------- TLS that is not there


def test_data_never_travels_in_clear_where_tls_was_asked_for() -> None:
    certificate = Certificate.make()
    script = ScriptedFtp(context=certificate.context(), implicit=True, replies={"PROT": "536 no"})
    with script as server:
        error = trouble(open_remote(trusting(server, certificate)).__enter__)
        assert "PASV" not in server.verbs()
    assert error.reason.code == "tls_not_offered"


@pytest.mark.parametrize("reply", ["500 AUTH?", "502 no", "504 no", "530 Please login with USER and PASS."])
def test_a_server_without_tls_gets_no_password(reply: str) -> None:
    with ScriptedFtp(replies={"AUTH": reply}) as server:
        error = trouble(open_remote(to(server, Protocol.FTPS)).__enter__)
        assert set(server.verbs()) == {"AUTH"} | set(server.verbs()) & {"QUIT"}
    assert (error.kind, error.reason.code, error.permanent) == (Kind.REFUSED, "tls_not_offered", True)


def test_implicit_tls_on_a_port_that_speaks_in_clear_is_told_as_such() -> None:
    with ScriptedFtp() as server:
        error = trouble(open_remote(to(server, Protocol.FTPS_IMPLICIT)).__enter__)
    assert (error.reason.code, error.permanent) == ("tls_not_offered", True)


def test_a_server_that_wants_tls_says_what_to_write() -> None:
    with servers.folder() as directory, FtpServer(directory, tls=Tls.EXPLICIT) as server:
        error = trouble(open_remote(servers.repository(Protocol.FTP, server.port)).__enter__)
    assert (error.reason.code, error.permanent) == ("encryption_required", True)


# ---------------------------------------------------------------- refusals

REFUSALS = [
    ("CONNECT", "421 There are too many connections from your internet address.", "refused server_busy"),
    ("CONNECT", "530 Sorry, the maximum number of clients (2) are already connected", "refused server_busy"),
    ("CONNECT", "500 no", "refused server_busy"),
    ("USER", "530 Non-anonymous sessions must use encryption.", "refused encryption_required for good"),
    ("USER", "421 Sorry, cleartext sessions are not accepted.", "refused encryption_required for good"),
    ("PASS", "530 Login incorrect.", "authentication login_refused for good"),
    ("PASS", "430 Invalid username or password", "authentication login_refused for good"),
    ("PASS", "530 Too many users", "refused server_busy"),
    ("PASS", "500 OOPS: cannot change directory:/home/box", "protocol server_broken"),
    ("CWD", "550 Failed to change directory.", "not_found directory_not_found"),
    ("CWD", "450 /in: No such file or directory", "not_found directory_not_found"),
    ("CWD", "550 /in: Permission denied", "refused permission_denied for good"),
    ("MLSD", "522 SSL connection failed: session reuse required",
     "refused tls_session_reuse_required for good"),
    ("MLSD", "425 Unable to build data connection: Operation not permitted",
     "refused tls_session_reuse_required for good"),
    ("MLSD", "425 Can't open data connection.", "unreachable data_connection_failed"),
    ("MLSD", "421 Timeout.", "refused server_busy"),
    ("RETR", "550 Permission denied.", "refused permission_denied for good"),
    ("RETR", "550 Failed to open file.", "refused permission_denied for good"),
    ("RETR", "451 Local error in processing.", "truncated transfer_cut"),
    ("RNTO", "553 Rename failed: file exists", "refused target_exists"),
    ("RNTO", "552 Quota exceeded", "refused server_full"),
    ("RNTO", "451 Rename failure: No such file or directory", "refused command_refused"),
    ("MKD", "550 Create directory operation failed.", "refused command_refused for good"),
    ("DELE", "550 Delete operation failed.", "refused permission_denied for good"),
    ("DELE", "500 not here", "refused command_refused for good"),
    ("STOR", "550 Permission denied.", "refused permission_denied for good"),
    ("STOR", "553 Could not create file.", "refused permission_denied for good"),
    ("STOR", "550 No space left on device", "refused server_full"),
    ("STOR", "452 Insufficient storage space", "refused server_full"),
    ("STOR", "552 Quota exceeded", "refused server_full"),
    ("STOR", "451 Failure writing to local file.", "truncated transfer_cut"),
    ("STOR", "425 Can't open data connection.", "unreachable data_connection_failed"),
    ("STOR", "522 SSL connection failed: session reuse required",
     "refused tls_session_reuse_required for good"),
    ("STOR", DROP, "unreachable connection_lost"),
    ("CWD", "999 hello", "protocol answer_not_understood"),
    ("CWD", "hello", "protocol answer_not_understood"),
    ("PASV", "227 hello", "protocol answer_not_understood"),
    ("CWD", DROP, "unreachable connection_lost"),
    ("CONNECT", DROP, "unreachable connection_lost"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "reply", "meant"), REFUSALS)
def test_command_code_and_text_decide_what_a_refusal_is(verb: str, reply: str, meant: str) -> None:
    def talk() -> None:
        with open_remote(to(server)) as remote:
            remote.list("")
            fetched(remote, "a.csv", 1)
            remote.move("", "a.csv", "archive", "b.csv")
            remote.delete("", "a.csv")
            remote.put("", "b.csv", b"1")

    missing = {"CWD archive": "550 not there", "CWD /archive": "550 not there"} if verb == "MKD" else {}
    with ScriptedFtp(files={"a.csv": b"1"}, replies={verb: reply, **missing}) as server:
        error = trouble(talk)
    assert meaning(error) == meant


def test_a_look_into_a_directory_that_may_not_be_entered_is_refused() -> None:
    with visit(ScriptedFtp(replies={"CWD": "550 /: Permission denied"})) as remote:
        assert trouble(lambda: remote.look("", "a.csv")).reason.code == "permission_denied"


def test_a_server_of_tls_that_wants_more_is_not_told_to_want_tls() -> None:
    certificate = Certificate.make()
    script = ScriptedFtp(
        context=certificate.context(), implicit=True, replies={"PASS": "530 TLS client certificate missing"}
    )
    with script as server:
        error = trouble(open_remote(trusting(server, certificate)).__enter__)
    assert error.reason.code == "login_refused"


def test_what_a_server_says_is_cut_and_escaped() -> None:
    reply = "550 \x1b[2J\u00ff" + "x" * 500
    with ScriptedFtp(replies={"CWD": reply}) as server, open_remote(to(server)) as remote:
        answer = str(trouble(lambda: remote.list("")).reason.details["answer"])
    assert answer.isprintable()
    assert len(answer) <= 200


def test_a_password_is_never_told() -> None:
    with ScriptedFtp(replies={"PASS": "530 no"}) as server:
        error = trouble(open_remote(to(server, password="s3cr3t")).__enter__)
    assert "s3cr3t" not in repr((error, error.reason, error.__cause__))


def test_a_login_beyond_ascii_goes_in_the_repositorys_encoding() -> None:
    with ScriptedFtp() as server:
        with open_remote(to(server, user="zoé", password="p€")):
            pass
        assert "USER zo\xc3\xa9" in server.commands
        assert "PASS p\xe2\x82\xac" in server.commands
