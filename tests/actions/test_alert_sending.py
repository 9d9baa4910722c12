"""People hear of what is held and of what does not leave: once, daily, and when it is over."""

import threading
from dataclasses import replace
from time import monotonic

import pytest

from support.http import Answer
from support.outlets import Outlets
from support.smtp import CUT
from tournee.actions import deployments, explain, lane
from tournee.actions.outlets import Paces
from tournee.actions.send import send_due
from tournee.core.facts import SendReport
from tournee.core.messages import sentence
from tournee.store import alerts


def never() -> float:
    return 0.0


def drain(outlets: Outlets) -> SendReport:
    return send_due(outlets.app, chance=never)


def told(outlets: Outlets, user: str = "john") -> list[str]:
    outlets.tell()
    return outlets.subjects(user)


def problems(outlets: Outlets) -> list[tuple[str, str]]:
    with outlets.store.read() as tx:
        return [(one.kind, one.subject) for one in alerts.open_conditions(tx)]


def wrong(outlets: Outlets) -> list[str]:
    """What `status` says about it."""
    return [sentence(one.reason, "en") for one in explain.status(outlets.app).problems]


# ---------------------------------------------------------------- what does not leave


def test_a_gateway_that_is_down_is_told_once_reminded_once_a_day_and_told_to_be_over(
    outlets: Outlets,
) -> None:
    outlets.use(deploy="sms")
    outlets.people(3)
    outlets.gateway.stop()
    for _ in range(25):
        drain(outlets)
        outlets.tell()
        outlets.later(hours=1)
    assert told(outlets) == [
        "[Tournée] Invitations do not leave (list Avis après achat)",
        "[Tournée] Since 23 November 2026, 12:00: invitations do not leave (list Avis après achat)",
    ]
    outlets.gateway.start()
    outlets.later(hours=1)
    assert drain(outlets).sent == 3
    assert told(outlets)[2:] == [
        "[Tournée] Over: invitations leave again (list Avis après achat), after 1 day 2 h"
    ]
    assert problems(outlets) == []


def test_what_to_do_about_it_is_said_in_the_readers_language(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="sms")
    small_outlets.people(1)
    small_outlets.gateway.stop()
    drain(small_outlets)
    small_outlets.gateway.start()
    small_outlets.tell()
    text = small_outlets.sink.received[0].mail.get_content()
    assert "les invitations ne partent pas" in text.lower()
    assert "`tournee pause sms`" in text
    assert "Déploiement  sms" in text
    assert "06123400" not in text


def test_one_address_that_is_refused_is_nobodys_trouble(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    small_outlets.sink.refuse["c0@example.com"] = "550 5.1.1 unknown"
    assert drain(small_outlets).failed == 1
    assert told(small_outlets) == []


def test_trouble_after_which_something_left_is_not_told(small_outlets: Outlets) -> None:
    small_outlets.people(2)
    small_outlets.sink.answers["CONTENT"].append("554 5.6.0 not this")
    assert drain(small_outlets) == SendReport(sent=1, failed=1)
    assert told(small_outlets) == []


def test_content_that_is_refused_is_told(small_outlets: Outlets) -> None:
    small_outlets.people(2)
    small_outlets.sink.answers["CONTENT"].extend(["554 5.6.0 spam"] * 2)
    assert drain(small_outlets) == SendReport(failed=2)
    assert told(small_outlets) == ["[Tournée] Invitations do not leave (list Avis après achat)"]


def test_a_broken_template_is_told(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    small_outlets.template("avis.html", "{% if %}")
    assert drain(small_outlets).later == 1
    assert told(small_outlets) == ["[Tournée] Invitations do not leave (list Avis après achat)"]


def test_a_server_that_only_asks_to_come_back_is_told_when_it_asks_everybody(small_outlets: Outlets) -> None:
    small_outlets.people(9)
    small_outlets.sink.answers["RCPT"].extend(["450 4.2.0 later"] * 19)
    drain(small_outlets)
    assert told(small_outlets) == []
    small_outlets.people(10, first=9)
    drain(small_outlets)
    assert len(told(small_outlets)) == 1


def test_a_mail_server_that_takes_and_says_nothing_makes_one_uncertain_a_drain_and_is_told(
    small_outlets: Outlets,
) -> None:
    small_outlets.people(10)
    small_outlets.sink.answers["CONTENT"].extend([CUT] * 2)
    assert drain(small_outlets) == SendReport(uncertain=1)
    assert drain(small_outlets) == SendReport(uncertain=1)
    assert told(small_outlets) == ["[Tournée] Invitations do not leave (list Avis après achat)"]
    assert drain(small_outlets) == SendReport(sent=8)
    assert problems(small_outlets) == []


@pytest.mark.parametrize("answer", ["550 relay not permitted", "550 5.1.1 unknown"])
def test_a_mail_server_that_refuses_everybody_is_told_and_nobody_is_given_up_for_it(
    small_outlets: Outlets, answer: str
) -> None:
    small_outlets.people(12)
    small_outlets.sink.answers["RCPT"].extend([answer] * 7)
    paces = Paces()
    reports = [send_due(small_outlets.app, chance=never, paces=paces) for _ in range(3)]
    assert [(one.failed, one.later) for one in reports] == [(4, 1), (0, 1), (0, 1)]
    assert told(small_outlets) == ["[Tournée] Invitations do not leave (list Avis après achat)"]
    small_outlets.later(hours=1)
    assert send_due(small_outlets.app, paces=paces) == SendReport(sent=8)
    assert problems(small_outlets) == []


def test_trouble_is_told_while_a_long_drain_goes_on(
    small_outlets: Outlets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "TELL_AFTER", 0.0)
    small_outlets.use(mail=", rate: 1 per day")
    small_outlets.people(2)
    small_outlets.sink.answers["CONTENT"].append("554 5.6.0 spam")
    draining = threading.Thread(target=drain, args=(small_outlets,))
    draining.start()
    until = monotonic() + 20
    while not (found := problems(small_outlets)) and monotonic() < until:
        pass
    small_outlets.app.stop.set()
    draining.join()
    assert found == [("send_failures", "avis")]


def test_a_gateway_that_asks_everybody_for_a_long_rest_is_told(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="sms")
    small_outlets.people(5)
    small_outlets.gateway.usual = Answer(503, headers={"Retry-After": "1800"})
    drain(small_outlets)
    assert len(small_outlets.gateway.received) == 1
    assert told(small_outlets) == ["[Tournée] Invitations do not leave (list Avis après achat)"]


def test_a_gateway_that_asks_for_a_breath_is_no_trouble(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="sms")
    small_outlets.people(1)
    small_outlets.gateway.answers.append(Answer(503, headers={"Retry-After": "30"}))
    assert drain(small_outlets).later == 1
    assert told(small_outlets) == []


def test_another_outlet_that_works_does_not_end_the_trouble(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="[satisfaction, sms]")
    small_outlets.people(1)
    small_outlets.gateway.stop()
    for _ in range(3):
        drain(small_outlets)
        small_outlets.later(hours=1)
        small_outlets.people(1)
    small_outlets.gateway.start()
    assert len(told(small_outlets)) == 1


def test_trouble_of_an_outlet_that_left_the_configuration_is_over(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="sms")
    small_outlets.people(1)
    small_outlets.gateway.stop()
    drain(small_outlets)
    small_outlets.gateway.start()
    settings = small_outlets.app.settings
    left = {key: each for key, each in settings.deployments.items() if key != "sms"}
    config = replace(small_outlets.app.config, settings=replace(settings, deployments=left))
    small_outlets.app = replace(small_outlets.app, config=config)
    small_outlets.tell()
    assert problems(small_outlets) == []


# ---------------------------------------------------------------- what is held


def test_what_is_held_is_told_once_reminded_once_a_day_and_told_to_be_over(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2")
    outlets.drop(3)
    assert drain(outlets) == SendReport()
    assert told(outlets) == ["[Tournée] 3 invitations of satisfaction held (list Avis après achat)"]
    for _ in range(25):
        outlets.later(hours=1)
        outlets.tell()
    assert told(outlets)[1:] == [
        "[Tournée] Since 23 November 2026, 12:00: 3 invitations of satisfaction held (list Avis après achat)"
    ]
    assert deployments.release(outlets.app, "satisfaction") == 3
    assert told(outlets)[2:] == [
        "[Tournée] Over: nothing is held any more (list Avis après achat), after 1 day 1 h"
    ]
    assert drain(outlets) == SendReport(sent=3)


def test_what_to_say_about_what_is_held_is_in_the_message(small_outlets: Outlets) -> None:
    small_outlets.use(feed=", hold_above: 2")
    small_outlets.drop(3)
    small_outlets.tell()
    texts = {one.to: one.mail.get_content() for one in small_outlets.sink.received}
    assert "tournee release satisfaction --import 1`" in texts["john@team.example"]
    assert "tournee cancel satisfaction --import 1`" in texts["claire@team.example"]
    assert "import_avis_001.csv" in texts["john@team.example"]


def test_what_is_held_by_two_imports_is_told_at_once_and_over_when_both_are_decided(
    outlets: Outlets,
) -> None:
    outlets.use(feed=", hold_above: 2")
    outlets.drop(3)
    outlets.drop(4, first=3)
    assert [words.split(" held")[0] for words in told(outlets)] == [
        "[Tournée] 3 invitations of satisfaction",
        "[Tournée] 7 invitations of satisfaction",
    ]
    assert deployments.release(outlets.app, "satisfaction", 1) == 3
    outlets.later(days=1)
    assert told(outlets)[2].endswith("4 invitations of satisfaction held (list Avis après achat)")
    assert deployments.cancel(outlets.app, "satisfaction", 2).number == 4
    assert told(outlets)[3].startswith("[Tournée] Over: nothing is held any more")
    assert problems(outlets) == []


def test_all_deployments_of_one_import_are_told_in_one_message(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2", deploy="[satisfaction, sms, crm]")
    outlets.drop(3)
    assert told(outlets) == ["[Tournée] 9 invitations of crm, satisfaction, sms held (list Avis après achat)"]
    (text,) = {one.mail.get_content() for one in outlets.sink.received if one.to == "john@team.example"}
    for key in ("crm", "satisfaction", "sms"):
        assert f"`tournee release {key} --import 1`" in text
        assert f"`tournee cancel {key} --import 1`" in text


def test_status_says_what_is_held_now_and_by_which_commands_it_goes(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2", deploy="[satisfaction, sms]")
    outlets.drop(3)
    outlets.drop(4, first=3)
    deployments.release(outlets.app, "satisfaction")
    deployments.cancel(outlets.app, "sms", 1)
    assert wrong(outlets) == [
        "Import 2 (import_avis_002.csv) would have sent sms to 4 people, far more than usual (`hold_above`)."
        " `tournee release sms --import 2` sends them, `tournee cancel sms --import 2` gives them up."
    ]
    deployments.release(outlets.app, "sms", 2)
    assert wrong(outlets) == []


def test_who_imports_by_hand_is_the_only_one_to_hear_of_what_is_held(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2")
    outlets.people(3)
    outlets.later(days=1)
    assert told(outlets) == []
    assert "satisfaction --import 1" in wrong(outlets)[0]
    deployments.cancel(outlets.app, "satisfaction")
    assert (told(outlets), wrong(outlets)) == ([], [])


def test_what_a_person_has_imported_hides_nothing_that_a_poll_holds(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2")
    outlets.people(3)
    outlets.drop(4, first=3)
    assert len(told(outlets)) == 1
    assert [number in wrong(outlets)[0] for number in ("Import 1 ", "Import 2 ")] == [True, True]
