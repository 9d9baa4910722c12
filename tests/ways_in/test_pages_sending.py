"""Answers about people and what they are sent, as they look on a terminal of 80 columns."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from support import answers
from tournee.console import Console
from tournee.core.facts import AlertKind, SendStatus


@pytest.fixture
def console() -> Console:
    return Console(zone=ZoneInfo("Europe/Paris"))


def test_why_reads_as_a_story(console, capsys):
    console.why(answers.STORY)
    assert (
        capsys.readouterr().out
        == """\
2026-11-25 09:30  Accepted emails again: asked again
2026-11-24 09:30  Refused emails, by the link in a message
2026-11-23 09:30  satisfaction by email: not sent
  Import 12 asked for it: import_avis_20261123.csv into avis
  Said no: opt_out (the contact has opted out)
2026-11-23 09:30  accueil by email: waits until 2026-11-23 10:30
  Import 12 asked for it: import_avis_20261123.csv into avis
  Says to wait: at_most 1 per month (the contact has no address for this
  channel)
  Paused since 2026-11-23 09:35: nothing of accueil leaves
  Given up if it still has to wait at 2026-12-07 09:30
  Tried 2 times so far
  The server answered: 450 later
2026-11-23 09:30  satisfaction by email: sent 2026-11-23 09:31
  Import 12 asked for it: import_avis_20261123.csv into avis
  Every rule said yes
  The server answered: 250 OK
  Answered 2026-11-23 12:30
  Reminder 1: waits until 2026-11-30 09:30
"""
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("status", SendStatus)
def test_every_status_has_its_words_in_a_story(status, language, capsys):
    entry = replace(answers.SENT, status=status, reason=answers.TROUBLE)
    Console(language=language).why(replace(answers.STORY, decisions=(entry,), opt_outs=()))
    head, *_rest, answer = capsys.readouterr().out.splitlines()
    assert ("told_" in head, "?" in head, "250 OK" in answer) == (False, False, True)


def test_a_contact_about_whom_nothing_was_decided_has_a_story_all_the_same(console, capsys):
    console.why(replace(answers.STORY, decisions=()))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "2026-11-24 09:30  Refused emails, by the link in a message",
        "No decision: this contact came with no import that deploys.",
    ]


def test_deployments_show_what_a_person_has_to_decide_and_how(console, capsys):
    console.deployments([answers.TOTALS], [answers.HELD, answers.UNCERTAIN], {"satisfaction": answers.NOW})
    assert (
        capsys.readouterr().out
        == """\
Deployment            Planned  Waiting  Held   Sent  Failed  Uncertain  Blocked
satisfaction (email)   100000        1  5000  93000       1          2       12

satisfaction: 4 messages are being sent at this moment.
satisfaction: 3 messages cancelled by a person.
satisfaction is paused since 2026-11-23 09:30: `tournee resume satisfaction`
ends it.
satisfaction: 5,000 messages held since 2026-11-23 09:30, from import 12
(import_avis_20261123.csv into avis). `tournee release satisfaction --import 12`
sends them, `tournee cancel satisfaction --import 12` does away with them.
satisfaction: 2 messages may or may not have left, from import 12
(import_avis_20261123.csv into avis).
`tournee release satisfaction --import 12 --uncertain` sends them, maybe again;
`tournee cancel satisfaction --import 12 --uncertain` leaves them.
"""
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", AlertKind)
def test_status_has_words_for_everything_that_can_be_wrong(kind, language, capsys):
    trouble = replace(answers.STATUS.problems[0], kind=kind)
    Console(language=language).status(replace(answers.STATUS, problems=(trouble,)))
    assert "kind_" not in capsys.readouterr().out


def test_a_pause_of_everything_is_shown_as_one(console, capsys):
    console.deployments([replace(answers.TOTALS, cancelled=0, sending=0)], [], {"": answers.NOW})
    [_title, _row, _empty, line] = capsys.readouterr().out.splitlines()
    assert line == "Everything is paused since 2026-11-23 09:30: `tournee resume` ends it."


def test_an_email_is_previewed_as_its_receiver_reads_it(console, capsys):
    console.preview(answers.EMAIL, html=False)
    assert (
        capsys.readouterr().out
        == """\
From: Boutique <avis@boutique.example>
To: jean@example.com
Subject: Votre avis
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Bonjour Jean,

votre avis : https://survey.example/s/1
"""
    )


def test_the_html_of_an_email_is_previewed_as_it_is(console, capsys):
    console.preview(answers.EMAIL, html=True)
    assert capsys.readouterr().out == "<p>Bonjour Jean</p>"


def test_a_text_message_is_previewed_with_what_it_costs_and_its_request(console, capsys):
    console.preview(answers.TEXT, html=False)
    assert (
        capsys.readouterr().out
        == """\
To: +33612345678

Votre avis ?

2 parts, 170 characters, GSM alphabet

POST https://sms.example/send
authorization: …

{"to": ""}
"""
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("deployment", ["satisfaction", None])
def test_what_a_person_had_done_is_one_sentence(language, deployment, capsys):
    console = Console(language=language)
    console.contact_answered(answers.CONTACT, deployment, 2)
    console.erased(17)
    console.released("satisfaction", 5_000)
    console.cancelled("satisfaction", 1, 2)
    for paused, changed in ((True, True), (True, False), (False, True), (False, False)):
        console.paused(deployment, paused=paused, changed=changed)
    told = capsys.readouterr().out
    assert ("note_" in told, "?" in told, "  " in told, "None" in told) == (False,) * 4
    assert ("tournee resume satisfaction`" in told) == (deployment is not None)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_where_there_was_nothing_to_decide_it_is_said(language, capsys):
    Console(language=language).released("satisfaction", 0)
    Console(language=language).cancelled("satisfaction", 0, 0)
    for told in capsys.readouterr().out.splitlines():
        assert ("0" in told, "satisfaction" in told) == (False, True)


def test_quiet_leaves_out_what_was_done(capsys):
    console = Console(quiet=True)
    console.paused("satisfaction", paused=True, changed=True)
    console.released("satisfaction", 5_000)
    console.erased(17)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("language", ["en", "fr"])
def test_deployments_fit_in_both_languages(language, capsys):
    Console(language=language).deployments([answers.TOTALS], [answers.HELD, answers.UNCERTAIN], {})
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []
