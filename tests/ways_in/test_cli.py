"""The commands, as processes, on a drop box and a database of their own."""

import json
import sys

import pytest

from support.house import FOREIGN, GOOD, PARTLY


def test_a_dropped_file_is_polled_shown_and_explained(house):
    house.put("import_avis_20261123.csv")
    [report] = house.run("poll", "--json").json
    assert [(file["name"], file["outcome"]) for file in report["files"]] == [
        ("import_avis_20261123.csv", "imported")
    ]
    shown = house.run("show", str(report["files"][0]["import"]), "--json").json
    assert {name: count for name, count in shown["counts"].items() if count} == {"read": 2, "created": 2}
    assert house.run("imports", "--json").json == [shown]
    [entry] = house.run("status", "--json").json["lists"]
    assert (entry["contacts"], entry["last_import"]) == (2, shown)
    assert house.run("contact", "show", "jean@example.com", "--json").json["lists"] == ["avis"]


def test_the_second_poll_knows_the_file(house):
    house.put("import_avis.csv")
    house.here("poll")
    [report] = house.here("poll", "--json").json
    assert [file["outcome"] for file in report["files"]] == ["known"]


def test_rejected_rows_leave_0_and_strict_makes_them_1(house):
    file = house.root / "by-hand.csv"
    file.write_text(PARTLY, "utf-8")
    lenient = house.here("import", "avis", str(file))
    strict = house.here("import", "avis", str(file), "--strict")
    assert (lenient.code, strict.code) == (0, 1)


def test_a_strict_poll_that_rejects_rows_is_1_once(house):
    house.put("import_avis.csv", PARTLY)
    assert [house.here("poll", "--strict").code for _ in range(2)] == [1, 0]


def test_the_rejected_rows_of_an_import_are_listed(house):
    house.put("import_avis.csv", PARTLY)
    house.here("poll")
    [error] = house.here("errors", "1", "--json").json
    assert (error["line"], error["column"], error["code"]) == (4, "Email", "email_invalid")
    [title, row] = house.here("errors", "1", "--csv").out.splitlines()
    assert (title, row.split(",")[:3]) == ("line,column,code,message", ["4", "Email", "email_invalid"])


def test_a_rejected_file_is_1(house):
    house.put("import_avis.csv", FOREIGN)
    done = house.here("poll", "--json")
    assert (done.code, done.json[0]["files"][0]["reason"]) == (1, "wrong_language")


def by_hand(house, content):
    file = house.root / "by-hand.csv"
    file.write_text(content, "utf-8")
    return str(file)


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(house):
    tried = house.here("import", "avis", by_hand(house, PARTLY), "--dry-run", "--json").json
    assert (tried["id"], tried["counts"]["created"], len(tried["errors"])) == (None, 2, 1)
    assert [column["field"] for column in tried["columns"]] == [
        "last_name",
        "first_name",
        "email",
        "language",
    ]
    assert [(row["line"], row["first_name"], row["fields"]) for row in tried["rows"]] == [
        (2, "Jean", {}), (3, "Anne", {}),
    ]  # fmt: skip
    assert house.here("imports", "--json").json == []
    assert house.here("contact", "show", "jean@example.com").code == 1


def test_a_dry_run_shows_how_the_file_is_read(house):
    done = house.here(
        "import", "avis", by_hand(house, "Courriel;Langue;Montnt\nzoe@example.com;fr;3\n"), "--dry-run"
    )
    assert (
        done.out
        == """\
by-hand.csv → avis: imported
  1 row: 1 new
  The column “Montnt” is not known and was ignored. Was “Montant” meant?

Column    Field
Courriel  email
Langue    language
Montnt    ignored

Line  As it would be stored
   2  email=zoe@example.com, language=fr

No row errors.
This was a dry run: nothing was written.
"""
    )


def test_a_dry_run_leaves_nothing_locked(house):
    file = by_hand(house, GOOD)
    codes = [house.here("import", "avis", file, *words).code for words in (["--dry-run"], [], ["--dry-run"])]
    assert (codes, len(house.here("imports", "--json").json)) == ([0, 0, 0], 1)


def test_of_a_file_that_is_not_accepted_a_dry_run_says_why(house):
    tried = house.here("import", "avis", by_hand(house, FOREIGN), "--dry-run", "--json")
    assert (tried.code, tried.json["reason"], tried.json["columns"], tried.json["rows"]) == (
        1, "wrong_language", [], [],
    )  # fmt: skip


def test_a_rejected_file_is_taken_again_once_the_configuration_is_mended(house):
    house.put("import_avis.csv", FOREIGN)
    house.here("poll")
    told = house.here("show", "1").out
    house.configure(house.config.read_text("utf-8").replace("language: fr", "language: en"))
    done = house.here("retry", "1", "--json")
    assert "`tournee retry 1`" in told
    assert (done.code, done.json["id"], done.json["outcome"], done.json["repository"]) == (
        0, 2, "imported", "depot",
    )  # fmt: skip
    assert [entry["id"] for entry in house.here("imports", "--json").json] == [2, 1]


def test_a_retry_in_vain_is_1_and_says_where_the_file_was(house):
    house.put("import_avis.csv", FOREIGN)
    house.here("poll")
    refused = house.here("retry", "1")
    (house.drop / "import_avis.csv").unlink()
    gone = house.here("retry", "1", "--lang", "fr")
    assert (refused.code, gone.code, gone.out) == (1, 1, "")
    assert f"n’est plus à {house.drop}/import_avis.csv" in " ".join(gone.err.split())


def test_force_overrules_reject_above(house):
    bad = "Email;Langue\nx;fr\ny;fr\nzoe@example.com;fr\n"
    file = by_hand(house, bad)
    assert [house.here("import", "avis", file, *words).code for words in ((), ("--force",))] == [1, 0]
    house.put("import_avis.csv", bad)
    house.here("poll")
    assert [house.here("retry", "3", *words).code for words in ((), ("--force",))] == [1, 0]


def test_a_retry_sends_what_is_due_as_an_import_does(house, sink):
    house.with_post(sink.port)
    house.put("import_avis.csv", FOREIGN)
    house.here("poll")
    house.configure(house.config.read_text("utf-8").replace("language: fr", "language: en", 1))
    assert house.here("retry", "1", "--no-send").code == 0
    assert [one.to for one in sink.received] == ["claire@example.com"]
    house.here("retry", "2")
    assert [one.to for one in sink.received][1:] == ["jean@example.com"]


def test_two_forms_of_one_answer_are_refused(house):
    done = house.here("errors", "1", "--csv", "--json")
    assert (done.code, done.out, "--csv and --json" in done.err) == (2, "", True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("poll", "avsi"), 2),
        (("import", "avsi", "x.csv"), 2),
        (("template", "avsi"), 2),
        (("trust", "depto"), 2),
        (("import", "avis", "no-such-file.csv"), 1),
        (("show", "99"), 1),
        (("errors", "99"), 1),
        (("retry", "99"), 1),
        (("retry", "one"), 2),
        (("why", "nobody@example.com"), 1),
        (("contact", "show", "nobody@example.com"), 1),
        (("contact", "add", "email"), 2),
        (("contact", "add", "emial=a@example.com"), 2),
        (("contact", "add", "email=nonsense"), 1),
        (("status", "--lang", "de"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_does_not_exist_has_its_exit_code_and_a_sentence(house, words, code):
    done = house.here(*words)
    assert (done.code, done.out, bool(done.err)) == (code, "", True)
    assert "Traceback" not in done.err


def test_trouble_with_json_keeps_stdout_parseable(house):
    done = house.here("show", "99", "--json")
    assert (done.json["error"]["code"], done.json["error"]["message"]) == ("unknown_import", done.err.strip())


def test_a_wrong_configuration_is_named_by_its_place(house):
    house.configure(house.config.read_text().replace("lists:", "lsts:"))
    done = house.run("status")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{house.config}:7:1: ")
    assert "`lists`" in done.err


def test_check_answers_in_json_also_when_the_configuration_is_wrong(house):
    house.configure(house.config.read_text().replace("lists:", "lsts:"))
    done = house.here("check", "--json")
    assert (done.code, done.json["ok"], done.json["errors"][0]["line"]) == (2, False, 7)


def test_check_connects_and_shows_what_would_be_taken(house):
    house.put("import_avis_1.csv")
    house.put("Import_avis.csv")
    done = house.here("check", "--connect", "--json")
    [repository] = done.json["repositories"]
    files = {file["name"]: (file["taken"], file["reason"]) for file in repository["lists"][0]["files"]}
    assert (done.code, files) == (0, {"import_avis_1.csv": (True, None), "Import_avis.csv": (False, "case")})


def test_check_is_1_when_a_repository_cannot_be_reached(house):
    house.drop.rmdir()
    done = house.here("check", "--connect", "--json")
    assert (done.code, done.json["repositories"][0]["error"]["kind"]) == (1, "not_found")


def test_the_configuration_may_be_named_before_or_after_the_command(house):
    house.environment["TOURNEE_CONFIG"] = "/nowhere"
    path = str(house.config)
    codes = [
        house.here(*words).code for words in (["--config", path, "status"], ["status", "--config", path])
    ]
    assert (codes, house.here("status").code) == ([0, 0], 2)


@pytest.mark.parametrize(
    ("environment", "words", "title"),
    [
        ({}, (), "List"),
        ({"LANG": "fr_FR.UTF-8"}, (), "Liste"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr_CA.UTF-8"}, (), "Liste"),
        ({"LANG": "fr_FR.UTF-8"}, ("--lang", "en"), "List"),
        ({"LANG": "C.UTF-8"}, ("--lang", "fr-CA"), "Liste"),
        ({"LANG": "ja_JP.UTF-8"}, (), "List"),
    ],
)
def test_people_are_answered_in_their_language(house, environment, words, title):
    house.environment.update(environment)
    assert house.here("status", *words).out.split()[0] == title


def test_a_quiet_poll_that_went_well_says_nothing(house):
    house.put("import_avis.csv")
    done = house.here("poll", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    "words",
    [
        "alerts",
        "doctor",
        "db backup",
    ],
)
def test_a_command_that_is_not_built_does_not_exist(house, words):
    done = house.here(*words.split())
    assert (done.code, "No such command" in done.err) == (2, True)


def test_a_contact_is_added_changed_and_kept_opted_out(house):
    added = house.here(
        "contact", "add", "email=zoe@example.com", "language=fr", "amount=12.50", "--list", "avis", "--json"
    ).json
    assert (added["email"], added["fields"], added["lists"]) == (
        "zoe@example.com",
        {"amount": "12.50"},
        ["avis"],
    )
    changed = house.here("contact", "set", str(added["id"]), "first_name=Zoé", "amount=", "--json").json
    assert (changed["first_name"], changed["fields"]) == ("Zoé", {})
    house.here("contact", "opt-out", "zoe@example.com", "--reason", "asked by phone")
    house.put("import_avis.csv", GOOD + "Petit;Zoé;zoe@example.com;fr\n")
    house.here("poll")
    [refusal] = house.here("contact", "show", "zoe@example.com", "--json").json["opt_outs"]
    assert (refusal["channel"], refusal["reason"]) == ("all", "asked by phone")
    agreed = house.here("contact", "opt-in", "zoe@example.com", "--reason", "wrote to us", "--json")
    assert agreed.json["opt_outs"] == []


def test_nobody_is_opted_in_again_without_a_reason(house):
    house.here("contact", "add", "email=zoe@example.com", "language=fr")
    house.here("contact", "opt-out", "zoe@example.com")
    refused = house.here("contact", "opt-in", "zoe@example.com")
    assert (refused.code, refused.out, "--reason" in refused.err) == (2, "", True)
    assert len(house.here("contact", "show", "zoe@example.com", "--json").json["opt_outs"]) == 1


def test_a_template_can_be_filled_in_and_imported(house):
    header = house.here("template", "avis").out.lstrip("\ufeff").strip()
    assert "Email" in header
    house.put("import_avis.csv", header + "\n")
    assert house.here("poll", "--json").json[0]["files"][0]["outcome"] == "imported"


def test_a_name_that_is_not_text_is_shown_escaped(house):
    (house.drop / "import_avis_\udce9\x1b[2J.csv").write_text(GOOD, "utf-8")
    assert r"import_avis_\xe9\x1b[2J.csv" in house.run("poll").out
    [report] = house.run("poll", "--json").json
    assert report["files"][0]["outcome"] == "skipped"


def test_the_schema_is_json(house):
    assert json.loads(house.here("check", "--schema").out)["type"] == "object"


def test_status_loads_nothing_that_it_does_not_need(house):
    heavy = {"paramiko", "apscheduler", "structlog", "rich", "alembic.command"}
    script = (
        "import sys, atexit; from tournee.cli import main; "
        f"atexit.register(lambda: print({heavy} & set(sys.modules), file=sys.stderr)); "
        "sys.argv = ['tournee', 'status', '--json']; main()"
    )
    house.run("status")
    house.arguments = lambda *words: [sys.executable, "-c", script]
    assert house.run().err == "set()\n"
