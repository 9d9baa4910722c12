"""What a person says about deployments: release, cancel, pause, resume; and what there is to say it about."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from support.outlets import Outlets
from support.smtp import CUT
from tournee.actions import deployments, leftovers
from tournee.actions.send import send_due
from tournee.core.errors import UnknownName
from tournee.core.facts import Reason, SendReport, SendStatus

HELD = ", hold_above: 2"


def statuses(outlets: Outlets) -> Counter[str]:
    return Counter(row.status for row in outlets.rows())


def without_deployments(outlets: Outlets) -> None:
    """As if the deployments had left the configuration."""
    settings = replace(outlets.app.settings, deployments={})
    outlets.app = replace(outlets.app, config=replace(outlets.app.config, settings=settings))


def test_what_is_held_leaves_once_it_is_released_and_not_before(outlets: Outlets) -> None:
    outlets.use(feed=HELD)
    outlets.people(3)
    assert send_due(outlets.app) == SendReport()
    assert deployments.release(outlets.app, "satisfaction") == 3
    assert send_due(outlets.app) == SendReport(sent=3)


def test_one_import_is_released_and_the_other_cancelled(outlets: Outlets) -> None:
    outlets.use(feed=HELD)
    outlets.people(3)
    outlets.people(4, first=3)
    assert deployments.release(outlets.app, "satisfaction", 1) == 3
    assert deployments.cancel(outlets.app, "satisfaction", 2).number == 4
    assert send_due(outlets.app) == SendReport(sent=3)
    assert statuses(outlets) == {"sent": 3, "cancelled": 4}


def test_what_waits_is_cancelled_too(outlets: Outlets) -> None:
    outlets.people(2)
    assert deployments.cancel(outlets.app, "satisfaction").number == 2
    assert send_due(outlets.app) == SendReport()


def test_what_may_have_left_is_sent_again_only_on_a_persons_word(outlets: Outlets) -> None:
    outlets.people(1)
    outlets.sink.answers["CONTENT"].append(CUT)
    assert send_due(outlets.app) == SendReport(uncertain=1)
    assert deployments.release(outlets.app, "satisfaction") == 0
    assert send_due(outlets.app) == SendReport()
    assert deployments.release(outlets.app, "satisfaction", uncertain=True) == 1
    assert send_due(outlets.app) == SendReport(sent=1)
    ids = {str(message.mail["Message-ID"]) for message in outlets.sink.received}
    assert (len(ids), len(outlets.sink.received)) == (1, 2)


def test_who_cancels_hears_how_many_were_too_late(outlets: Outlets) -> None:
    outlets.people(3)
    outlets.claim_some(2, begun=1)
    with outlets.store.exclusive("send:mail"):  # as whoever sends them has
        found = deployments.cancel(outlets.app, "satisfaction")
    assert (found.number, found.too_late) == (2, 1)


def test_what_a_dead_process_left_of_a_deployment_that_is_gone_is_uncertain(outlets: Outlets) -> None:
    outlets.people(3)
    outlets.claim_some(2, begun=1)
    without_deployments(outlets)
    assert send_due(outlets.app).uncertain == 1
    assert statuses(outlets) == {"waiting": 2, "uncertain": 1}


def test_what_may_have_left_is_given_up_on_a_persons_word(outlets: Outlets) -> None:
    outlets.people(1)
    outlets.claim_one()
    send_due(outlets.app)
    assert deployments.cancel(outlets.app, "satisfaction", uncertain=True).number == 1
    assert statuses(outlets) == {"cancelled": 1}


def test_what_a_dead_process_left_is_told_before_anything_is_sent_again(outlets: Outlets) -> None:
    outlets.people(3)
    outlets.claim_some(2, begun=1)
    assert leftovers.settle(outlets.app) == 1
    totals = {one.deployment: one for one in deployments.totals(outlets.app)}["satisfaction"]
    assert (totals.planned, totals.waiting, totals.sending, totals.uncertain) == (3, 2, 0, 1)


def number_cancelled(*names: object, uncertain: bool) -> int:
    return deployments.cancel(*names, uncertain=uncertain).number  # type: ignore[arg-type]


@pytest.mark.parametrize("word", [deployments.release, number_cancelled])
@pytest.mark.parametrize("gone", [False, True])
def test_what_a_dead_process_left_is_decided_before_anything_is_sent_again(
    outlets: Outlets, word: Callable[..., int], *, gone: bool
) -> None:
    outlets.people(1)
    outlets.claim_one()
    if gone:
        without_deployments(outlets)
    assert word(outlets.app, "satisfaction", uncertain=True) == 1


def test_what_a_living_process_sends_is_left_to_it(outlets: Outlets) -> None:
    outlets.people(3)
    outlets.claim_one()
    with outlets.store.exclusive("send:mail"):
        assert deployments.cancel(outlets.app, "satisfaction", uncertain=True).number == 0
        totals = {one.deployment: one for one in deployments.totals(outlets.app)}["satisfaction"]
    assert (totals.planned, totals.waiting, totals.sending, totals.uncertain) == (3, 2, 1, 0)


def test_what_there_is_to_say_it_about(outlets: Outlets) -> None:
    outlets.use(feed=HELD)
    outlets.people(3)
    deployments.pause(outlets.app, "satisfaction")
    (found,) = deployments.held(outlets.app)
    assert (found.deployment, found.import_id, found.list, found.status, found.number) == (
        "satisfaction", 1, "avis", SendStatus.HELD, 3,
    )  # fmt: skip
    totals = {one.deployment: one for one in deployments.totals(outlets.app)}
    assert totals.keys() == {"satisfaction", "bienvenue", "sms", "crm"}
    assert (totals["satisfaction"].held, totals["satisfaction"].paused_at) == (3, outlets.now)
    assert (totals["crm"].planned, totals["crm"].channel, totals["crm"].paused_at) == (0, "webhook", None)


def test_a_pause_of_everything_shows_at_each_deployment(small_outlets: Outlets) -> None:
    small_outlets.people(1)
    deployments.pause(small_outlets.app)
    assert {one.paused_at for one in deployments.totals(small_outlets.app)} == {small_outlets.now}


def test_what_is_paused_already_or_not_paused_is_said(outlets: Outlets) -> None:
    paused = [deployments.pause(outlets.app, "sms"), deployments.pause(outlets.app, "sms")]
    resumed = [deployments.resume(outlets.app, "sms"), deployments.resume(outlets.app, "sms")]
    assert (paused, resumed) == ([True, False], [True, False])


@pytest.mark.parametrize(
    "word", [deployments.release, deployments.cancel, deployments.pause, deployments.resume]
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest(small_outlets: Outlets, word) -> None:
    with pytest.raises(UnknownName) as refused:
        word(small_outlets.app, "satisfactoin")
    details = {"name": "satisfactoin", "nearest": "satisfaction"}
    assert refused.value.reason == Reason("unknown_deployment", details)


def test_an_import_that_does_not_exist_is_refused(small_outlets: Outlets) -> None:
    with pytest.raises(UnknownName) as refused:
        deployments.release(small_outlets.app, "satisfaction", 99)
    assert refused.value.reason == Reason("unknown_import", {"id": 99})


def test_a_deployment_that_left_the_configuration_can_be_cancelled(outlets: Outlets) -> None:
    outlets.people(2)
    without_deployments(outlets)
    assert deployments.cancel(outlets.app, "satisfaction").number == 2
    with pytest.raises(UnknownName):
        deployments.cancel(outlets.app, "accueil")
