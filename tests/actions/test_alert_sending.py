"""People hear of what is held and of what does not leave: once, daily, and when it is over."""

from dataclasses import replace

from support.outlets import Outlets
from support.smtp import CUT
from tournee.actions import deployments
from tournee.actions.send import send_due
from tournee.core.facts import SendReport
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


def test_what_is_uncertain_is_no_trouble_of_its_server(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    small_outlets.sink.answers["CONTENT"].append(CUT)
    assert drain(small_outlets) == SendReport(uncertain=1)
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


def test_what_is_held_by_two_imports_is_over_when_both_are_decided(outlets: Outlets) -> None:
    outlets.use(feed=", hold_above: 2")
    outlets.drop(3)
    outlets.drop(4, first=3)
    assert len(told(outlets)) == 1
    assert deployments.release(outlets.app, "satisfaction", 1) == 3
    assert problems(outlets) == [("held", "avis")]
    outlets.later(days=1)
    assert told(outlets)[1].endswith("4 invitations of satisfaction held (list Avis après achat)")
    assert deployments.cancel(outlets.app, "satisfaction", 2) == 4
    assert problems(outlets) == []


def test_who_imports_by_hand_sees_what_is_held_and_others_hear_of_it_a_day_later(
    small_outlets: Outlets,
) -> None:
    small_outlets.use(feed=", hold_above: 2")
    small_outlets.people(3)
    assert told(small_outlets) == []
    assert problems(small_outlets) == [("held", "avis")]
    small_outlets.later(days=1)
    assert len(told(small_outlets)) == 1
