"""The shapes of `--json`: what programs were promised, key by key and in that order."""

import io
import json
import sys
from dataclasses import replace

import pytest

from support import answers
from tournee.console import Console
from tournee.core.facts import ListCheck, NearMiss, Problem, Reason, RemoteErrorKind, RepositoryCheck

STOPPED = "Stopped before the end; nothing of the unfinished step was written."
AT = "2026-11-23T08:30:12.345678Z"


@pytest.fixture
def shown(capsys):
    """What a verb of the console prints with `--json`, parsed."""

    def show(verb: str, *arguments: object, **named: object) -> object:
        getattr(Console(json=True), verb)(*arguments, **named)
        return json.loads(capsys.readouterr().out)

    return show


def test_an_import(shown):
    shape = shown("record", answers.IMPORTED)
    assert " ".join(shape) == (
        "id list repository file sha256 size modified_at started_at finished_at "
        "outcome reason message counts removed warnings decisions"
    )
    assert list(shape["counts"]) == ["read", "created", "updated", "unchanged", "duplicate", "rejected"]
    assert (shape["started_at"], shape["modified_at"], shape["outcome"]) == (AT, None, "imported_with_errors")
    assert shape["warnings"] == [
        {"code": "unknown_column", "message": "The column “Magasin” is not known and was ignored."}
    ]
    blocked = {"opt_out": 3, "at_most 1 per 90 days": 2}
    assert shape["decisions"] == {"planned": 90, "waiting": 90, "held": 0, "blocked": blocked}


def test_a_rejected_import_has_its_reason_as_a_code_and_as_a_message(shown):
    shape = shown("record", answers.REJECTED)
    nobody = {"planned": 0, "waiting": 0, "held": 0, "blocked": {}}
    assert (shape["reason"], shape["repository"], shape["decisions"]) == ("missing_column", None, nobody)
    assert shape["message"].startswith("The file has no “Email” column.")


def test_a_dry_run_brings_its_columns_its_first_rows_and_its_errors_along(shown):
    shape = shown("imported", answers.TRIED, answers.ROW_ERRORS, answers.PREVIEW)
    assert [*shape][-3:] == ["columns", "rows", "errors"]
    assert shape["columns"] == [
        {"header": "Courriel", "field": "email"}, {"header": "Prénom", "field": "first_name"},
        {"header": "Magasin", "field": None}, {"header": "Montant", "field": "amount"},
    ]  # fmt: skip
    assert shape["rows"][0] == {
        "line": 2, "email": "jean@example.com", "phone": None, "first_name": "Jean", "last_name": None,
        "gender": None, "title": None, "country": None, "language": "fr", "fields": {"amount": "12.50"},
    }  # fmt: skip
    assert (shape["rows"][1]["fields"], [error["line"] for error in shape["errors"]]) == (
        {"amount": None}, [7, 9, 12],
    )  # fmt: skip


def test_an_import_that_was_not_tried_brings_none_of_them(shown):
    assert not {"columns", "rows", "errors"} & set(shown("decided", [answers.IMPORTED]))


def test_who_left_a_list_that_mirrors_its_files_is_counted(shown):
    assert [shown("record", replace(answers.IMPORTED, removed=left))["removed"] for left in (None, 0, 5)] == [
        None, 0, 5,
    ]  # fmt: skip


def test_a_file_that_was_never_read_has_no_sha256(shown):
    assert shown("record", replace(answers.REJECTED, sha256=""))["sha256"] is None


def test_row_errors(shown):
    [first, second, _third] = shown("row_errors", answers.ROW_ERRORS, as_csv=False)
    assert first == {
        "line": 7,
        "column": "Email",
        "code": "email_invalid",
        "message": "not an email address",
    }
    assert second["column"] is None


def test_a_poll(shown):
    good, bad = shown("polled", [answers.POLLED, answers.UNREACHABLE], {})
    assert list(good) == ["list", "repository", "ok", "error", "files"]
    assert good["files"][0] == {
        "name": "import_avis_20261123.csv",
        "outcome": "imported_with_errors",
        "import": 12,
        "reason": None,
        "message": None,
    }
    assert [(file["outcome"], file["reason"]) for file in good["files"][2:]] == [
        ("waiting", "growing"),
        ("skipped", "case"),
    ]
    assert bad["error"] == {"kind": "unreachable", "message": STOPPED}


def test_status(shown):
    shape = shown("status", answers.STATUS)
    assert list(shape) == ["version", "ok", "lists", "problems"]
    first, second, third = shape["lists"]
    assert " ".join(first) == (
        "list name contacts repository prefix schedule last_poll next_poll last_import near_misses"
    )
    assert first["last_poll"] == {"at": AT, "ok": True, "error": None}
    assert second["last_poll"]["error"]["kind"] == "unreachable"
    assert (first["last_import"]["id"], third["last_poll"], third["last_import"]) == (12, None, None)
    assert [(miss["name"], miss["reason"]) for miss in first["near_misses"]] == [
        ("Import_avis.csv", "case"),
        ("import_avis_bis.csv", "other_prefix"),
    ]
    message = STOPPED
    problem = {"kind": "unreachable", "subject": "magasins", "since": AT, "message": message}
    assert (shape["ok"], shape["problems"]) == (False, [problem])


def test_check_with_repositories(shown):
    miss = NearMiss(name="Import_avis.csv", reason=Reason("case", {"prefix": "import_avis"}))
    seen = ListCheck(list="avis", taken=("import_avis.csv",), near_misses=(miss,))
    repositories = [
        RepositoryCheck(repository="boutique", ok=True, lists=(seen,)),
        RepositoryCheck(repository="magasins", ok=False, error=RemoteErrorKind.TIMEOUT),
    ]
    shape = shown("checked", counted={}, warnings=[], repositories=repositories)
    assert list(shape) == ["ok", "errors", "warnings", "repositories"]
    good, bad = shape["repositories"]
    assert [list(good), good["error"]] == [["repository", "ok", "error", "lists"], None]
    [taken, skipped] = good["lists"][0]["files"]
    assert taken == {"name": "import_avis.csv", "taken": True, "reason": None, "message": None}
    assert (skipped["taken"], skipped["reason"]) == (False, "case")
    assert (shape["ok"], bad["ok"], bad["error"]["kind"]) == (False, False, "timeout")


def test_check_without_repositories_has_no_such_key(shown):
    warning = Problem(file="a.yaml", line=1, column=2, message="nobody subscribes")
    shape = shown("checked", counted={}, warnings=[warning], repositories=None)
    expected = {"file": "a.yaml", "line": 1, "column": 2, "message": "nobody subscribes"}
    assert shape == {"ok": True, "errors": [], "warnings": [expected]}


def test_check_of_a_wrong_configuration(shown):
    shape = shown("misconfigured", [Problem(file="a.yaml", line=1, column=2, message="unknown key")])
    assert (shape["ok"], [error["message"] for error in shape["errors"]]) == (False, ["unknown key"])


def test_a_contact(shown):
    shape = shown("contact", answers.CONTACT)
    assert " ".join(shape) == (
        "id email phone first_name last_name gender title country "
        "language fields lists opt_outs created_at updated_at"
    )
    assert (shape["fields"], shape["lists"], shape["phone"]) == ({"amount": "12.50"}, ["avis", "vip"], None)
    assert shape["opt_outs"] == [{"channel": "email", "at": AT, "source": "command", "reason": "asked"}]


def test_decisions(shown):
    reminder, blocked, retried, sent = shown("why", answers.STORY)
    assert " ".join(sent) == (
        "deployment channel import decided_at decision rule reason status sent_at message "
        "list file reminder due expires attempts answer answered_at"
    )
    assert (sent["decision"], sent["status"], sent["sent_at"]) == (
        "planned",
        "sent",
        "2026-11-23T08:31:12.345678Z",
    )
    assert (blocked["rule"], blocked["reason"], blocked["status"]) == ("opt_out", "opt_out", None)
    assert (sent["reminder"], sent["attempts"], sent["answer"]) == (None, 1, "250 OK")
    assert (reminder["reminder"], reminder["due"]) == (1, "2026-11-30T08:30:12.345678Z")
    assert (retried["due"], retried["expires"]) == (
        "2026-11-23T09:30:12.345678Z", "2026-12-07T08:30:12.345678Z",
    )  # fmt: skip
    assert (sent["list"], sent["file"], sent["answered_at"]) == (
        "avis", "import_avis_20261123.csv", "2026-11-23T11:30:12.345678Z",
    )  # fmt: skip


def test_all_that_is_stored_about_a_contact(shown):
    shape = shown("export", answers.STORY)
    assert list(shape) == ["contact", "opt_outs", "memberships", "bounced", "decisions", "reminders"]
    assert shape["opt_outs"] == [
        {
            "channel": "email", "at": "2026-11-24T08:30:12.345678Z", "source": "unsubscribe", "reason": None,
            "ended_at": "2026-11-25T08:30:12.345678Z", "end_reason": "asked again",
        }
    ]  # fmt: skip
    assert shape["memberships"] == [{"list": "avis", "since": AT}]
    assert shape["bounced"] == {"at": AT, "answer": "550 5.1.1 unknown"}
    assert [len(shape[name]) for name in ("decisions", "reminders")] == [3, 1]


def test_deployments(shown):
    [shape] = shown("deployments", [answers.TOTALS], [answers.HELD], {})
    assert " ".join(shape) == (
        "deployment channel planned waiting held sent failed uncertain blocked cancelled sending "
        "paused_at imports"
    )
    assert (shape["held"], shape["cancelled"], shape["sending"], shape["paused_at"]) == (5_000, 3, 4, AT)
    assert shape["imports"] == [
        {
            "import": 12, "list": "avis", "file": "import_avis_20261123.csv", "status": "held",
            "number": 5_000, "since": AT,
        }
    ]  # fmt: skip


def test_a_preview(shown):
    email, text = (shown("preview", draft, html=False) for draft in (answers.EMAIL, answers.TEXT))
    assert " ".join(email) == (
        "deployment channel contact reminder from to subject text html headers "
        "encoding characters parts request"
    )
    assert (email["contact"], email["html"], email["request"]) == (17, "<p>Bonjour Jean</p>", None)
    assert (text["parts"], text["request"]) == (
        2,
        {
            "method": "POST", "url": "https://sms.example/send", "headers": {"authorization": "…"},
            "body": '{"to": ""}',
        },
    )  # fmt: skip


def test_what_a_person_had_done(shown):
    assert shown("contact_answered", answers.CONTACT, "satisfaction", 2) == {
        "id": 17, "deployment": "satisfaction", "answered": 2,
    }  # fmt: skip
    assert shown("erased", 17) == {"id": 17, "erased": True}
    assert shown("released", "satisfaction", 3) == {"deployment": "satisfaction", "released": 3}
    assert shown("paused", None, paused=True, changed=False) == {
        "deployment": None, "paused": True, "changed": False,
    }  # fmt: skip


def test_trouble_is_an_object_on_stdout_and_a_sentence_on_stderr(capsys):
    Console(json=True).trouble(answers.TROUBLE)
    out, err = capsys.readouterr()
    message = STOPPED
    assert json.loads(out) == {"error": {"code": "stopped", "message": message}}
    assert err == f"{message}\n"


def test_trouble_after_the_answer_leaves_stdout_parseable(capsys):
    console = Console(json=True)
    console.polled([answers.POLLED], {})
    console.trouble(answers.TROUBLE)
    out, err = capsys.readouterr()
    assert (len(json.loads(out)), err) == (1, f"{STOPPED}\n")


def test_messages_are_in_the_language_asked_for(capsys):
    Console(json=True, language="fr").record(answers.REJECTED)
    assert "colonne" in json.loads(capsys.readouterr().out)["message"]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_any_name_survives_any_encoding_of_the_terminal(encoding, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    Console(json=True).template("été", answers.UNDECODABLE_NAME)
    text = raw.getvalue().decode(encoding)
    assert json.loads(text) == {"list": "été", "csv": answers.UNDECODABLE_NAME}
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
