"""An import that would reach far more people than usual waits for a person."""

import pytest

from support.rounds import Round
from tournee.actions import explain
from tournee.core.facts import DecisionCounts


def people(number: int, first: int = 0) -> list[str]:
    return [f"person{n}@example.com;Zoé" for n in range(first, first + number)]


def test_more_than_the_number_of_the_feed_are_held_all_of_them(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.feed(hold_above=3)
    assert rounds.bring(*people(3)).decisions == DecisionCounts(planned=3, waiting=3)
    assert rounds.bring(*people(4, 10)).decisions == DecisionCounts(planned=4, held=4)
    assert rounds.imports()[-1].decisions == DecisionCounts(planned=4, held=4)
    assert ("held", "held") in [(kind, code[:4]) for kind, code in rounds.problems()]


def test_blocked_ones_are_not_reached_and_do_not_hold_the_others(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.feed(hold_above=3)
    rounds.bring(*people(3))
    decisions = rounds.bring(*people(6)).decisions
    assert decisions == DecisionCounts(planned=3, waiting=3, blocked={"duplicate": 3})


def test_each_deployment_is_weighed_by_itself(rounds: Round):
    rounds.deploy("accueil", "satisfaction", accueil=["1 per 90 days"])
    rounds.feed(hold_above=3)
    rounds.bring(*people(2))
    rounds.send_all()
    decisions = rounds.bring(*people(4)).decisions
    assert decisions == DecisionCounts(planned=6, waiting=2, held=4, blocked={"at_most 1 per 90 days": 2})


@pytest.mark.parametrize(("number", "held"), [(6, 0), (7, 7)])
def test_what_is_usual_is_learned_from_three_imports(rounds: Round, number: int, held: int):
    rounds.deploy("satisfaction")
    rounds.feed(hold_above="3x usual")
    for day, usual in enumerate((1, 50, 2)):
        assert rounds.bring(*people(usual, 100 * day)).decisions == DecisionCounts(
            planned=usual, waiting=usual
        )
    decisions = rounds.bring(*people(number, 1000)).decisions
    assert decisions == DecisionCounts(planned=number, waiting=number - held, held=held)


def test_a_feed_without_a_limit_holds_nothing(small_rounds: Round):
    small_rounds.deploy("satisfaction")
    for number in (1, 1, 1, 50):
        small_rounds.bring(*people(number))
    assert [record.decisions.held for record in small_rounds.imports() if record.decisions] == [0] * 4


def test_a_dry_run_shows_what_would_be_held_and_tells_nobody(small_rounds: Round):
    small_rounds.deploy("satisfaction")
    small_rounds.feed(hold_above=1)
    taken = small_rounds.by_hand(*people(2), dry_run=True)
    assert taken.record.decisions == DecisionCounts(planned=2, held=2)
    assert (small_rounds.imports(), small_rounds.problems()) == ([], [])


def test_where_a_text_message_is_to_be_sent_a_row_without_phone_is_rejected(small_rounds: Round):
    small_rounds.deploy("satisfaction")
    small_rounds.settings["gateways"] = {
        "ovh": {"url": "https://sms.example/send", "json": {"to": "{{ phone }}", "text": "{{ text }}"}}
    }
    small_rounds.settings["deployments"] = {
        "satisfaction": {"channel": "sms", "gateway": "ovh", "text": {"fr": "Votre avis"}}
    }
    small_rounds.feed()
    rows = ("+33612345678;Léa;", ";Zoé;zoe@example.com")
    taken = small_rounds.by_hand(*rows, header="Téléphone;Prénom;Email")
    assert [error[:3] for error in taken.errors] == [(3, "Téléphone", "phone_missing")]
    assert taken.record.decisions == DecisionCounts(planned=1, waiting=1)
    assert explain.why(small_rounds.app, "+33612345678").decisions[0].channel == "sms"
