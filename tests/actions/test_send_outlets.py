"""Each outlet by itself: one that is dead, slow or paused delays no other, and is not hurried."""

import threading
from collections import Counter
from collections.abc import Callable
from time import monotonic

import pytest

from support.http import SILENCE, Answer
from support.outlets import Outlets
from tournee.actions import deployments, send
from tournee.actions.outlets import Paces
from tournee.actions.outlets import outlets as outlets_of
from tournee.actions.send import send_due
from tournee.core.facts import SendReport

EVERY_CHANNEL = "[satisfaction, sms, crm]"


def never() -> float:
    return 0.0


def drain(outlets: Outlets) -> SendReport:
    return send_due(outlets.app, chance=never)


def statuses(outlets: Outlets) -> Counter[tuple[str, str]]:
    """(deployment, status) of all solicitations."""
    return Counter((row.deployment, row.status) for row in outlets.rows())


def in_time(outlets: Outlets, meanwhile: Callable[[], None], paces: Paces | None = None) -> bool:
    """Whether a drain ends within ten seconds; if not, it is stopped."""
    draining = threading.Thread(target=send_due, args=(outlets.app,), kwargs={"paces": paces})
    draining.start()
    meanwhile()
    draining.join(10)
    ended = not draining.is_alive()
    outlets.app.stop.set()
    draining.join()
    outlets.app.stop.clear()
    return ended


# ---------------------------------------------------------------- together


def test_one_drain_sends_by_every_channel(outlets: Outlets) -> None:
    outlets.use(deploy=EVERY_CHANNEL)
    outlets.people(3)
    assert drain(outlets) == SendReport(sent=9)
    assert {message.to for message in outlets.sink.received} == {f"c{n}@example.com" for n in range(3)}
    assert {one.json["to"] for one in outlets.gateway.received} == {f"+336123400{n:02}" for n in range(3)}
    assert {one.json["data"]["contact"]["email"] for one in outlets.hook.received} == {
        f"c{n}@example.com" for n in range(3)
    }


def test_a_gateway_that_is_silent_delays_no_mail(small_outlets: Outlets) -> None:
    small_outlets.use(deploy=EVERY_CHANNEL, ovh="timeout: 20 seconds")
    small_outlets.people(5)
    small_outlets.gateway.usual = SILENCE
    draining = threading.Thread(target=drain, args=(small_outlets,))
    draining.start()
    small_outlets.sink.wait_for(5)
    assert len(small_outlets.gateway.received) <= 1
    small_outlets.app.stop.set()
    small_outlets.gateway.stop()
    draining.join()
    small_outlets.gateway.start()


def test_a_gateway_that_is_down_costs_one_attempt_and_keeps_its_messages(outlets: Outlets) -> None:
    outlets.use(deploy=EVERY_CHANNEL)
    outlets.people(5)
    outlets.gateway.usual = Answer(401)
    report = drain(outlets)
    assert (report.sent, report.later) == (10, 1)
    assert statuses(outlets)["sms", "waiting"] == 5
    assert Counter(row.attempts for row in outlets.rows() if row.deployment == "sms") == {0: 4, 1: 1}


def test_an_outlet_where_another_process_is_delays_no_other(outlets: Outlets) -> None:
    outlets.use(deploy=EVERY_CHANNEL)
    outlets.people(2)
    with outlets.store.exclusive("send:gateway ovh"):
        assert drain(outlets) == SendReport(sent=4, busy=True)
    assert drain(outlets) == SendReport(sent=2)


# ---------------------------------------------------------------- rates


def test_a_rate_spreads_the_messages_of_an_outlet(small_outlets: Outlets) -> None:
    small_outlets.use(mail=", rate: 20 per second")
    small_outlets.people(6)
    begun = monotonic()
    assert drain(small_outlets) == SendReport(sent=6)
    assert monotonic() - begun >= 5 * 0.05


@pytest.mark.parametrize("slow", [{"mail": ", rate: 1 per day"}, {"satisfaction": "rate: 1 per day"}])
def test_nobody_waits_for_a_rate_when_nothing_is_left_to_send(outlets: Outlets, slow: dict[str, str]) -> None:
    outlets.use(**slow)
    outlets.people(1)
    assert in_time(outlets, lambda: None)
    assert statuses(outlets) == {("satisfaction", "sent"): 1}


def test_nobody_waits_for_a_rate_when_the_rest_is_paused(outlets: Outlets) -> None:
    outlets.use(satisfaction="rate: 1 per day", deploy="[satisfaction, bienvenue]")
    outlets.people(2)
    deployments.pause(outlets.app, "bienvenue")

    def brake() -> None:
        outlets.sink.wait_for(1)
        deployments.pause(outlets.app, "satisfaction")

    assert in_time(outlets, brake)


def test_another_rate_holds_at_once(small_outlets: Outlets) -> None:
    paces = Paces()
    small_outlets.use(mail=", rate: 1 per day")
    small_outlets.people(1)
    assert in_time(small_outlets, lambda: None, paces)
    small_outlets.use(mail=", rate: 100 per second")
    small_outlets.people(1, first=1)
    assert in_time(small_outlets, lambda: None, paces)
    assert statuses(small_outlets) == {("satisfaction", "sent"): 2}


def test_a_drain_that_is_no_longer_wanted_ends_before_the_next_message(outlets: Outlets) -> None:
    outlets.people(5)
    (mail,) = [one for one in outlets_of(outlets.app.settings) if one.key == "mail"]
    report = send.drain(outlets.app, mail, paces=Paces(), wanted=lambda: not outlets.sink.received)
    assert report == SendReport(sent=1)
    assert statuses(outlets) == {("satisfaction", "sent"): 1, ("satisfaction", "waiting"): 4}


def test_a_deployments_own_rate_delays_no_other_of_its_outlet(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="[satisfaction, bienvenue]", satisfaction="rate: 10 per second")
    small_outlets.people(5)
    assert drain(small_outlets) == SendReport(sent=10)
    subjects = [str(message.mail["Subject"]) for message in small_outlets.sink.received]
    assert subjects[-3:] == ["Votre avis"] * 3


def test_a_rate_holds_from_one_drain_to_the_next(small_outlets: Outlets) -> None:
    small_outlets.use(mail=", rate: 5 per second")
    small_outlets.people(2)
    paces = Paces()
    send_due(small_outlets.app, paces=paces)
    small_outlets.people(1, first=2)
    begun = monotonic()
    assert send_due(small_outlets.app, paces=paces) == SendReport(sent=1)
    assert monotonic() - begun > 0.1


def test_asked_to_stop_nobody_waits_for_the_rate(small_outlets: Outlets) -> None:
    small_outlets.use(mail=", rate: 1 per hour")
    small_outlets.people(2)
    draining = threading.Thread(target=drain, args=(small_outlets,))
    draining.start()
    small_outlets.sink.wait_for(1)
    small_outlets.app.stop.set()
    draining.join(5)
    assert not draining.is_alive()
    assert statuses(small_outlets) == {("satisfaction", "sent"): 1, ("satisfaction", "waiting"): 1}


def test_a_rate_waits_with_nothing_claimed(small_outlets: Outlets) -> None:
    small_outlets.use(mail=", rate: 1 per hour")
    small_outlets.people(3)
    draining = threading.Thread(target=drain, args=(small_outlets,))
    draining.start()
    until = monotonic() + 20
    while statuses(small_outlets)["satisfaction", "sent"] == 0:
        assert monotonic() < until
    assert deployments.cancel(small_outlets.app, "satisfaction").number == 2
    small_outlets.app.stop.set()
    draining.join()


def test_who_asks_for_peace_has_it(small_outlets: Outlets) -> None:
    small_outlets.use(deploy="sms")
    small_outlets.people(2)
    small_outlets.gateway.answers.append(Answer(429, headers={"Retry-After": "1800"}))
    report = drain(small_outlets)
    assert (report.sent, report.later) == (0, 1)
    small_outlets.later(minutes=29)
    assert drain(small_outlets).sent == 1  # the other one, from a process that was not asked
    small_outlets.later(minutes=2)
    assert drain(small_outlets).sent == 1


# ---------------------------------------------------------------- the brake


def test_a_pause_in_the_middle_stops_before_the_next_message(outlets: Outlets) -> None:
    outlets.people(30)

    class Pausing(dict[str, str]):
        def get(self, address: str, usual: str) -> str:  # type: ignore[override]
            deployments.pause(outlets.app, "satisfaction")
            return usual

    outlets.sink.refuse = Pausing()
    assert drain(outlets) == SendReport(sent=1, paused=True)
    assert statuses(outlets) == {("satisfaction", "sent"): 1, ("satisfaction", "waiting"): 29}
    assert drain(outlets) == SendReport(paused=True)
    outlets.sink.refuse = {}
    deployments.resume(outlets.app, "satisfaction")
    assert drain(outlets) == SendReport(sent=29)


def test_a_pause_of_one_deployment_stops_no_other(outlets: Outlets) -> None:
    outlets.use(deploy="[satisfaction, bienvenue]")
    outlets.people(2)
    deployments.pause(outlets.app, "bienvenue")
    assert drain(outlets) == SendReport(sent=2, paused=True)
    assert statuses(outlets) == {("satisfaction", "sent"): 2, ("bienvenue", "waiting"): 2}


def test_a_pause_of_everything_stops_every_outlet(small_outlets: Outlets) -> None:
    small_outlets.use(deploy=EVERY_CHANNEL)
    small_outlets.people(2)
    deployments.pause(small_outlets.app)
    assert drain(small_outlets) == SendReport(paused=True)
    deployments.resume(small_outlets.app)
    assert drain(small_outlets) == SendReport(sent=6)


# ---------------------------------------------------------------- left over


@pytest.mark.parametrize("begun", [False, True])
def test_what_a_dead_process_had_claimed_waits_again_unless_it_had_begun(
    outlets: Outlets, begun: bool
) -> None:
    outlets.people(5)
    outlets.claim_some(3, begun=1 if begun else 0)
    assert drain(outlets) == SendReport(sent=5 - begun, uncertain=int(begun))


def test_what_becomes_due_while_another_deployment_waits_for_its_rate_does_not_wait(
    small_outlets: Outlets,
) -> None:
    small_outlets.use(deploy="satisfaction", satisfaction="rate: 1 per hour")
    small_outlets.people(2)
    draining = threading.Thread(target=drain, args=(small_outlets,))
    draining.start()
    small_outlets.sink.wait_for(1)
    stop = small_outlets.app.stop
    small_outlets.use(deploy="bienvenue")
    small_outlets.people(1)
    small_outlets.sink.wait_for(2)
    stop.set()
    draining.join()
    assert str(small_outlets.sink.received[1].mail["Subject"]) == "Bienvenue"
