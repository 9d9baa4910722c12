"""Answers for people, as they look on a terminal of 80 columns."""

import io
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from support import answers
from tournee.console import Console
from tournee.console.terminal import Column, Paper
from tournee.core.facts import (
    ListCheck,
    Preview,
    Problem,
    RemoteErrorKind,
    RepositoryCheck,
    SendReport,
    TrustOffer,
)


@pytest.fixture
def console() -> Console:
    return Console(zone=ZoneInfo("Europe/Paris"))


def test_status_shows_lists_what_is_wrong_and_what_was_not_taken(console, capsys):
    console.status(answers.STATUS)
    assert (
        capsys.readouterr().out
        == """\
List      Contacts  Last poll                     Next poll         Last import
avis         12345  2026-11-23 09:30 ok           2026-11-23 09:45  12 partly
magasins         0  2026-11-23 09:30 unreachable  2026-11-24 09:30  13 rejected
vip              3  by hand                       –                 –

magasins: unreachable since 2026-11-23 09:30
  Stopped before the end; nothing of the unfinished step was written.

Not taken:
  avis  Import_avis.csv      capital and small letters differ from the prefix
                             `import_avis`
  avis  import_avis_bis.csv  `import_avis` is followed by something other than a
                             date or a number
"""
    )


def test_imports_are_one_line_each(console, capsys):
    console.imports([answers.IMPORTED, answers.REJECTED], more=True)
    assert (
        capsys.readouterr().out
        == """\
ID  When              List      File                        Outcome   Rows  Rej.
12  2026-11-23 09:30  avis      import_avis_20261123.csv    partly     100     2
13  2026-11-23 09:30  magasins  Liste des magasins du       rejected   100   100
                                centre-ville de
                                novembre.csv
Older imports: `tournee imports --limit 20`
"""
    )


def test_an_import_is_shown_with_its_consequences(console, capsys):
    console.record(answers.IMPORTED)
    assert (
        capsys.readouterr().out
        == """\
Import      12
List        avis
Repository  boutique
File        import_avis_20261123.csv
Size        12.1 KiB
SHA-256     abababababababababababababababababababababababababababababababab
Modified    –
When        2026-11-23 09:30
Outcome     partly
Rows        100 rows: 90 new, 5 changed, 3 unchanged, 2 rejected
  The column “Magasin” is not known and was ignored.
  90 solicitations planned, 90 not yet sent
  3 not solicited: opt_out
  2 not solicited: at_most 1 per 90 days
  `tournee errors 12` shows the rejected rows.
"""
    )


def test_a_rejected_import_says_why_and_what_to_do(console, capsys):
    console.imported(answers.REJECTED, [], None)
    assert (
        capsys.readouterr().out
        == """\
Liste des magasins du centre-ville de novembre.csv → magasins: rejected (import
13)
  100 rows: 100 rejected
  The file has no “Email” column. Ask for a file with the columns of the
  template.
"""
    )


def test_a_file_that_was_only_tried_shows_how_it_was_read(console, capsys):
    console.imported(answers.TRIED, answers.ROW_ERRORS, answers.PREVIEW)
    assert (
        capsys.readouterr().out
        == """\
par-la-poste.csv → avis: partly
  100 rows: 90 new, 5 changed, 3 unchanged, 2 rejected
  The column “Magasin” is not known and was ignored.

Column    Field
Courriel  email
Prénom    first_name
Magasin   ignored
Montant   amount

Line  As it would be stored
   2  email=jean@example.com, first_name=Jean, language=fr, amount=12.50
   3  email=zoe@example.com, first_name=Zoé, language=fr, amount=

Line  Column    Why
   7  Email     not an email address
   9  –         more cells than the header has columns
  12  =cmd()|x  not a number
This was a dry run: nothing was written.
"""
    )


def test_of_a_tried_file_whose_header_is_refused_there_is_no_more_to_show(console, capsys):
    console.imported(replace(answers.REJECTED, id=None, list="avis", file="x.csv"), (), Preview())
    assert capsys.readouterr().out.splitlines()[4:] == ["This was a dry run: nothing was written."]


def test_a_rejected_file_of_a_repository_says_how_to_take_it_again(console, capsys):
    console.record(replace(answers.REJECTED, repository="magasins"))
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "  Once the configuration is mended: `tournee retry 13`"


def test_who_left_the_list_is_told_with_the_rows(console, capsys):
    console.record(replace(answers.IMPORTED, removed=5))
    told = " ".join(capsys.readouterr().out.split())
    assert "5 changed, 3 unchanged, 2 rejected; 5 contacts left the list" in told


def test_row_errors_stand_in_line_order(console, capsys):
    console.row_errors(answers.ROW_ERRORS, as_csv=False)
    assert (
        capsys.readouterr().out
        == """\
Line  Column    Why
   7  Email     not an email address
   9  –         more cells than the header has columns
  12  =cmd()|x  not a number
"""
    )


def test_row_errors_as_csv_hold_no_formula(console, capsys):
    console.row_errors(answers.ROW_ERRORS, as_csv=True)
    assert (
        capsys.readouterr().out
        == """\
line,column,code,message
7,Email,email_invalid,not an email address
9,,row_too_long,more cells than the header has columns
12,'=cmd()|x,number_invalid,not a number
"""
    )


def test_a_poll_says_what_was_taken_what_waits_and_why(console, capsys):
    console.polled([answers.POLLED, answers.UNREACHABLE], {12: answers.IMPORTED})
    assert (
        capsys.readouterr().out
        == """\
avis (boutique)
  partly   import_avis_20261123.csv  import 12; 100 rows: 90 new, 5 changed, 3
                                     unchanged, 2 rejected
  known    import_avis_20261122.csv  imported before, as import 11
  waiting  import_avis_20261124.csv  still growing
  skipped  Import_avis.csv           capital and small letters differ from the
                                     prefix `import_avis`
magasins (magasins)
  unreachable: Stopped before the end; nothing of the unfinished step was
  written.
"""
    )


def test_a_quiet_poll_says_only_what_went_wrong(capsys):
    Console(quiet=True).polled([answers.POLLED, answers.UNREACHABLE], {12: answers.IMPORTED})
    assert (
        capsys.readouterr().out
        == """\
magasins (magasins)
  unreachable: Stopped before the end; nothing of the unfinished step was
  written.
"""
    )


def test_what_left_is_counted_and_what_could_not_is_told_on_stderr(console, capsys):
    console.sent(SendReport(sent=3, later=1, paused=True, reason=answers.TROUBLE))
    console.alerted(1, 0, None)
    assert capsys.readouterr() == (
        """\
Invitations: 3 sent, 1 to be tried again later
Some of it is paused: `tournee deployments`
Alerts: 1 sent
""",
        "Stopped before the end; nothing of the unfinished step was written.\n",
    )


def test_a_contact_is_shown_without_what_is_not_known(console, capsys):
    console.contact(answers.CONTACT)
    assert (
        capsys.readouterr().out
        == """\
id          17
email       jean@example.com
first_name  Jean
last_name   Dupont
gender      male
country     FR
language    fr
amount      12.50
lists       avis, vip
opted out   email 2026-11-23 09:30 asked
created     2026-11-23 09:30
updated     2026-11-23 09:30
"""
    )


def test_check_shows_what_would_be_taken_and_near_misses(console, capsys):
    problem = Problem(file="config/tournee.yaml", line=3, column=5, message="nobody subscribes")
    seen = ListCheck(list="avis", taken=("import_avis.csv",), near_misses=answers.NEAR_MISSES, again=2)
    console.checked(
        counted={"lists": 1, "repositories": 2, "deployments": 0},
        warnings=[problem],
        repositories=[
            RepositoryCheck(repository="boutique", ok=True, lists=(seen,)),
            RepositoryCheck(
                repository="magasins", ok=False, error=RemoteErrorKind.TIMEOUT, reason=answers.TROUBLE
            ),
        ],
    )
    assert (
        capsys.readouterr().out
        == """\
The configuration is right: 1 list, 2 repositories, 0 deployments.
config/tournee.yaml:3:5: nobody subscribes
boutique: ok
  avis: 1 file by name
    taken    import_avis.csv
    skipped  Import_avis.csv      capital and small letters differ from the
                                  prefix `import_avis`
    skipped  import_avis_bis.csv  `import_avis` is followed by something other
                                  than a date or a number
    2 files were imported before, from another repository or URL: keep them from
    being taken again with `backlog: skip`.
magasins: no answer in time
  Stopped before the end; nothing of the unfinished step was written.
"""
    )


def test_trust_shows_the_lines_to_paste(console, capsys):
    keys = ("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "SHA256:" + "b" * 43)
    offer = TrustOffer(
        repository="boutique", host="sftp.example", port=22, kind="host_key", fingerprints=keys
    )
    console.trust(offer)
    assert (
        capsys.readouterr().out
        == """\
sftp.example:22 shows these host keys:
  SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
  SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb

Ask whoever runs the server, by another way than this connection, to read you
the fingerprint; if it is the same, put this into the configuration:

repositories:
  boutique:
    host_key:
      - SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU
      - SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
"""
    )


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_fits_the_terminal(language, capsys):
    console = Console(language=language)
    console.status(answers.STATUS)
    console.imports([answers.IMPORTED, answers.REJECTED], more=True)
    console.record(answers.REJECTED)
    console.imported(answers.TRIED, answers.ROW_ERRORS, answers.PREVIEW)
    console.polled([answers.POLLED, answers.UNREACHABLE], {12: answers.IMPORTED})
    console.why(answers.STORY)
    console.preview(answers.TEXT, html=False)
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_a_program_that_reads_gets_whole_lines(console, capsys, monkeypatch):
    monkeypatch.delenv("COLUMNS")
    console.imports([answers.REJECTED], more=False)
    [_title, line] = capsys.readouterr().out.splitlines()
    assert answers.REJECTED.file in line


def test_control_characters_and_undecodable_bytes_are_escaped():
    sheet = Paper(stream=io.StringIO(), say=str)
    sheet.line(answers.UNDECODABLE_NAME)
    sheet.table([Column()], [[answers.UNDECODABLE_NAME]])
    assert sheet.stream.getvalue() == "import_avis_\\xe9\\x1b[2J\\u202e.csv\n" * 2


def test_a_language_is_spoken_in_every_word(capsys):
    Console(language="fr").imports([answers.IMPORTED], more=False)
    assert (
        capsys.readouterr().out
        == """\
N°  Quand             Liste     Fichier                   Résultat  Lignes  Rej.
12  2026-11-23 08:30  avis      import_avis_20261123.csv  partiel      100     2
"""
    )
