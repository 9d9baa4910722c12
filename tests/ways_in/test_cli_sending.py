"""The commands about what is sent and to whom, on a drop box, a database and a mail server of their own."""

import json

import pytest

from support.house import GOOD, House
from support.smtp import Sink
from tournee.actions import open_app
from tournee.store import outbox

CONTACT = "jean@example.com"


@pytest.fixture
def deploying(house: House, sink: Sink) -> House:
    """A house that sends through `sink`, and has not yet."""
    house.with_post(sink.port)
    return house


def totals(house: House) -> dict[str, object]:
    """The deployment's numbers that are not 0."""
    [entry] = house.here("deployments", "--json").json
    return {name: value for name, value in entry.items() if value and name not in ("deployment", "channel")}


def holding(house: House, *, poll: bool = True) -> None:
    """Let more than one message be held, and drop a file that brings two."""
    text = house.config.read_text("utf-8")
    house.configure(text.replace("      deploy:", "      hold_above: 1\n      deploy:"))
    if poll:
        house.put("import_avis.csv")
        house.here("poll")


def dying(house: House, *, poll: bool = True) -> None:
    """As a daemon does that is killed in the middle of an attempt."""
    with open_app(str(house.config)) as app, app.store.write() as tx:
        [claim] = outbox.claim(tx, app.clock(), deployments=["satisfaction"], limit=1)
        outbox.begin(tx, claim, app.clock())
    if poll:
        house.here("poll", "--quiet")  # which finds out


# ---------------------------------------------------------------- hold, release, cancel


def test_what_is_held_leaves_when_it_is_released(deploying, sink):
    holding(deploying)
    [held] = totals(deploying)["imports"]
    assert (held["import"], held["status"], held["number"]) == (1, "held", 2)
    assert [one.to for one in sink.received] == ["claire@example.com"]  # whom it alerts
    assert deploying.here("release", "satisfaction", "--import", "1").out == (
        "2 messages of satisfaction released; they leave as the rules allow.\n"
    )
    deploying.here("poll")
    assert totals(deploying) == {"planned": 2, "sent": 2}


def test_what_is_held_is_gone_when_it_is_cancelled(deploying):
    holding(deploying)
    done = deploying.here("cancel", "satisfaction", "--json")
    assert done.json == {"deployment": "satisfaction", "cancelled": 2, "too_late": 0}
    assert deploying.here("poll").code == 0
    assert totals(deploying) == {"planned": 2, "cancelled": 2}


def test_only_the_import_that_is_named_is_released(deploying):
    holding(deploying)
    assert deploying.here("release", "satisfaction", "--import", "1", "--json").json["released"] == 2
    assert deploying.here("cancel", "satisfaction", "--import", "2").code == 1  # there is none


@pytest.mark.parametrize(
    ("verb", "left"), [("release", {"sent": 2}), ("cancel", {"sent": 1, "cancelled": 1})]
)
def test_what_may_have_left_waits_for_a_person(deploying, verb, left):
    deploying.put("import_avis.csv")
    deploying.here("poll", "--no-send")
    dying(deploying)
    assert {name: totals(deploying).get(name) for name in ("sent", "uncertain")} == {
        "sent": 1,
        "uncertain": 1,
    }
    told = " ".join(deploying.here("deployments").out.split())
    assert "1 message may or may not have left, from import 1 (import_avis.csv into avis)" in told
    assert deploying.here(verb, "satisfaction").code == 0  # without --uncertain nothing of it
    deploying.here(verb, "satisfaction", "--uncertain")
    deploying.here("poll")
    assert totals(deploying) == {"planned": 2, **left}


def test_a_poll_says_what_it_planned_and_what_is_held(deploying):
    deploying.put("import_avis.csv")
    assert "import 1: 2 solicitations planned, 0 not yet sent" in deploying.here("poll").out
    assert "planned" not in deploying.here("poll").out
    holding(deploying, poll=False)
    deploying.put("import_avis_2.csv", GOOD.replace("@", "2@"))
    told = deploying.here("poll").out
    assert "2 messages are held until a person decides" in told


@pytest.mark.parametrize(("words", "waiting"), [((), 0), (("--no-send",), 2)])
def test_an_import_says_what_is_unsent_when_it_ends(deploying, words, waiting):
    file = deploying.root / "clients.csv"
    file.write_text(GOOD, "utf-8")
    done = deploying.here("import", "avis", str(file), "--json", *words)
    assert (done.json["decisions"]["planned"], done.json["decisions"]["waiting"]) == (2, waiting)


def test_what_was_being_sent_when_the_program_died_is_listed_before_the_next_poll(deploying):
    deploying.put("import_avis.csv")
    deploying.here("poll", "--no-send")
    dying(deploying, poll=False)
    assert totals(deploying)["uncertain"] == 1


# ---------------------------------------------------------------- pause, resume


@pytest.mark.parametrize("named", [(), ("satisfaction",)])
def test_nothing_leaves_while_it_is_paused(deploying, sink, named):
    deploying.here("pause", *named)
    deploying.put("import_avis.csv")
    deploying.here("poll")
    assert {name: totals(deploying)[name] for name in ("planned", "waiting")} == {"planned": 2, "waiting": 2}
    assert "paused since" in deploying.here("deployments").out
    assert "Paused since" in deploying.here("why", CONTACT).out
    assert deploying.here("resume", *named, "--json").json["changed"] is True
    deploying.here("poll")
    assert totals(deploying) == {"planned": 2, "sent": 2}


def test_pausing_twice_and_resuming_what_runs_are_no_mistakes(deploying):
    done = [deploying.here(verb, "--json") for verb in ("resume", "pause", "pause", "resume")]
    assert [(one.code, one.json["changed"]) for one in done] == [(0, False), (0, True), (0, False), (0, True)]


# ---------------------------------------------------------------- preview


def test_a_preview_shows_the_message_and_sends_nothing(deploying, sink):
    deploying.here("contact", "add", f"email={CONTACT}", "first_name=Jean", "language=fr")
    told = deploying.here("preview", "satisfaction", CONTACT).out
    assert ("Subject: Votre avis compte" in told, "Jean https://survey.example/s/1" in told) == (True, True)
    html = deploying.here("preview", "satisfaction", CONTACT, "--html").out
    assert html == "<p>Jean https://survey.example/s/1</p>"
    assert (deploying.here("preview", "satisfaction", CONTACT, "--json").json["to"], sink.received) == (
        CONTACT,
        [],
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("release satisfactoin", 2),
        ("cancel satisfactoin --uncertain", 2),
        ("pause satisfactoin", 2),
        ("resume satisfactoin", 2),
        ("preview satisfactoin jean@example.com", 2),
        ("preview satisfaction nobody@example.com", 1),
        ("release satisfaction --import 99", 1),
        ("contact answered nobody@example.com", 1),
        ("contact export nobody@example.com", 1),
        ("contact erase nobody@example.com --yes", 1),
        ("preview satisfaction 1 --html --json", 2),
    ],
)
def test_what_does_not_exist_has_its_exit_code_and_a_sentence(deploying, words, code):
    done = deploying.here(*words.split())
    assert (done.code, done.out, bool(done.err), "Traceback" in done.err) == (code, "", True, False)


# ---------------------------------------------------------------- a person's record


def test_who_has_answered_is_told_in_the_story_and_not_reminded(deploying):
    text = deploying.config.read_text("utf-8")
    deploying.configure(text.replace("    rules:", "    remind: after 7 days\n    rules:"))
    deploying.put("import_avis.csv")
    deploying.here("poll")
    assert "Reminder 1: waits until" in deploying.here("why", CONTACT).out
    done = deploying.here("contact", "answered", CONTACT, "--deployment", "satisfaction")
    assert done.out.endswith("has answered 1 message of satisfaction: no reminder follows.\n")
    assert "Answered 20" in deploying.here("why", CONTACT).out
    assert deploying.here("contact", "answered", CONTACT, "--deployment", "satisfactoin").code == 2
    assert deploying.here("contact", "answered", CONTACT, "--json").json["answered"] == 0  # it was noted


def test_all_that_is_stored_about_a_person_is_exported(deploying):
    deploying.put("import_avis.csv")
    deploying.here("poll")
    for words in ("opt-out", "opt-in"):
        deploying.here("contact", words, CONTACT, "--reason", "by phone")
    told = json.loads(deploying.here("contact", "export", CONTACT).out)
    assert (told["contact"]["email"], [one["list"] for one in told["memberships"]]) == (CONTACT, ["avis"])
    [refusal] = told["opt_outs"]
    assert (refusal["reason"], refusal["end_reason"], refusal["ended_at"] is None) == (
        "by phone",
        "by phone",
        False,
    )
    assert [(one["deployment"], one["status"]) for one in told["decisions"]] == [("satisfaction", "sent")]


def test_without_yes_nobody_is_erased_and_what_would_be_is_told(deploying):
    deploying.put("import_avis.csv")
    deploying.here("poll", "--no-send")
    asked = deploying.here("contact", "erase", CONTACT)
    assert (asked.code, asked.out) == (2, "")
    assert "1 membership of a list, 1 decision" in " ".join(asked.err.split())
    assert "1 message still to be sent" in " ".join(asked.err.split())
    assert deploying.here("contact", "show", CONTACT).code == 0


def test_who_was_erased_is_gone_and_does_not_come_back_opted_in(deploying, sink):
    deploying.put("import_avis.csv")
    deploying.here("poll", "--no-send")
    assert deploying.here("contact", "erase", CONTACT, "--yes").code == 0
    assert deploying.here("contact", "show", CONTACT).code == 1
    deploying.put("import_avis_2.csv", GOOD)
    deploying.here("poll")
    assert [one.to for one in sink.received] == ["anne@example.com"]
    [refusal] = deploying.here("contact", "show", CONTACT, "--json").json["opt_outs"]
    assert (refusal["channel"], refusal["source"]) == ("all", "erased")
