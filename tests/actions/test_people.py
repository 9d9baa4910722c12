"""What a contact answered, what is stored about it, that it is forgotten, and its link to unsubscribe."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from support.installation import NOON
from support.rounds import JO, ZOE, Round
from tournee.actions import contacts, explain
from tournee.core import tokens
from tournee.core.errors import InvalidValue, UnknownName
from tournee.core.facts import Bounce, Reason
from tournee.core.settings import Channel
from tournee.store import bounces, outbox
from tournee.store.tables import opt_outs, solicitations

WHO = "zoe@example.com"


def sent(rounds: Round, *names: str) -> None:
    """Zoé and Jo were each sent one message of each deployment."""
    rounds.deploy(*(names or ("satisfaction",)))
    rounds.bring(ZOE, JO)
    rounds.send_all()


def token(rounds: Round, channel: Channel = Channel.EMAIL, who: str = WHO) -> str:
    return tokens.token(rounds.app.key, contacts.show(rounds.app, who).id, channel)


def channels(rounds: Round, who: str = WHO) -> list[str]:
    return [one.channel for one in contacts.show(rounds.app, who).opt_outs]


# ---------------------------------------------------------------- answered


def test_an_answer_is_noted_of_one_deployment_or_of_all(rounds: Round):
    sent(rounds, "accueil", "satisfaction")
    assert contacts.answered(rounds.app, WHO, "accueil")[1] == 1
    rounds.later(days=1)
    assert contacts.answered(rounds.app, WHO)[1] == 1  # the other one
    noted = {one.deployment: one.answered_at for one in explain.why(rounds.app, WHO).decisions}
    assert noted == {"accueil": NOON, "satisfaction": NOON + timedelta(days=1)}
    assert [one.answered_at for one in explain.why(rounds.app, "jo@example.com").decisions] == [None, None]


def test_what_was_not_sent_yet_cannot_be_answered(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(ZOE)
    assert contacts.answered(rounds.app, WHO)[1] == 0


def test_an_answer_may_be_to_a_deployment_that_left_the_configuration_but_not_to_a_mistake(rounds: Round):
    sent(rounds, "accueil")
    rounds.deploy("satisfaction")
    assert contacts.answered(rounds.app, WHO, "accueil")[1] == 1
    with pytest.raises(UnknownName) as caught:
        contacts.answered(rounds.app, WHO, "acueil")
    assert caught.value.reason == Reason("unknown_deployment", {"name": "acueil", "nearest": "accueil"})


# ---------------------------------------------------------------- export


def test_an_export_has_every_refusal_ever_with_its_end(rounds: Round):
    sent(rounds)
    contacts.opt_out(rounds.app, WHO, "email", "by phone")
    rounds.later(days=1)
    contacts.opt_in(rounds.app, WHO, "email", "asked again")
    rounds.later(days=1)
    contacts.opt_out(rounds.app, WHO)
    told = contacts.export(rounds.app, WHO)
    assert [(one.channel, one.at, one.ended_at, one.end_reason) for one in told.opt_outs] == [
        ("email", NOON, NOON + timedelta(days=1), "asked again"),
        ("all", NOON + timedelta(days=2), None, None),
    ]
    assert (told.memberships, [one.status for one in told.decisions]) == ({"avis": NOON}, ["sent"])
    assert told.contact == contacts.show(rounds.app, WHO)


def test_an_export_has_the_bounce_of_the_address_in_any_case_until_the_contact_agrees_again(rounds: Round):
    sent(rounds)
    contacts.change(rounds.app, WHO, ["email=Zoe@example.com"])
    with rounds.store.write() as tx:
        bounces.add(tx, WHO, "550 unknown", rounds.now)
    assert contacts.export(rounds.app, WHO).bounced == Bounce(at=NOON, answer="550 unknown")
    assert contacts.export(rounds.app, "jo@example.com").bounced is None
    contacts.opt_in(rounds.app, WHO, "email", "wrote to us")
    assert contacts.export(rounds.app, WHO).bounced is None


# ---------------------------------------------------------------- erase


def test_nobody_is_erased_without_a_persons_word(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(ZOE)
    contacts.opt_out(rounds.app, WHO, "sms")
    before = rounds.tables()
    with pytest.raises(InvalidValue) as caught:
        contacts.erase(rounds.app, WHO, confirmed=False)
    assert caught.value.reason.code == "contact_unconfirmed"
    counted = {"lists": 1, "opt_outs": 1, "decisions": 1, "unsent": 1}
    assert {name: caught.value.reason.details[name] for name in counted} == counted
    assert rounds.tables() == before


def test_nothing_of_who_was_erased_stays_and_others_stay_as_they_are(rounds: Round):
    sent(rounds)
    before = contacts.show(rounds.app, "jo@example.com")
    contacts.erase(rounds.app, WHO, confirmed=True)
    assert [word for word in ("zoe", "Zoé") if word in str(rounds.tables())] == []
    assert contacts.show(rounds.app, "jo@example.com") == before
    with rounds.store.read() as tx:
        assert tx.connection.scalar(sa.select(sa.func.count()).select_from(solicitations)) == 2


@pytest.mark.parametrize("back", ["added", "changed", "imported"])
def test_whoever_comes_back_with_an_erased_address_is_opted_out(rounds: Round, back: str):
    sent(rounds)
    contacts.erase(rounds.app, WHO, confirmed=True)
    if back == "added":
        contacts.add(rounds.app, [f"email={WHO}"], [])
    elif back == "changed":
        contacts.change(rounds.app, "jo@example.com", [f"email={WHO}"])
    else:
        rounds.bring(ZOE)
    [refusal] = contacts.show(rounds.app, WHO).opt_outs
    assert (refusal.channel, refusal.source) == ("all", "erased")
    assert contacts.opt_in(rounds.app, WHO, "all", "wrote to us").opt_outs == ()


# ---------------------------------------------------------------- opting in again


@pytest.mark.parametrize(("channel", "left"), [("email", []), ("all", []), ("sms", [WHO])])
def test_who_agrees_again_has_an_address_that_may_be_tried(rounds: Round, channel: str, left: list[str]):
    sent(rounds)
    with rounds.store.write() as tx:
        bounces.add(tx, WHO, "550 unknown", rounds.now)
    contacts.opt_in(rounds.app, WHO, channel, "wrote to us")
    assert [row[0] for row in rounds.tables()["bounces"]] == left


# ---------------------------------------------------------------- a link


def test_a_link_tells_whom_it_is_about_and_changes_nothing(rounds: Round):
    sent(rounds)
    mine = token(rounds)
    before = rounds.tables()
    about = contacts.subscription(rounds.app, mine)
    assert (about.channel, about.sender, about.list) == ("email", "boutique.example", "Avis")
    assert not about.refused
    assert about.contact == contacts.show(rounds.app, WHO)
    assert rounds.tables() == before


def test_a_link_unsubscribes_its_contact_from_its_channel_and_nobody_else(rounds: Round):
    sent(rounds)
    assert contacts.unsubscribe(rounds.app, token(rounds)).refused
    assert (channels(rounds), channels(rounds, "jo@example.com")) == (["email"], [])
    contacts.unsubscribe(rounds.app, token(rounds, Channel.SMS))
    assert sorted(channels(rounds)) == ["email", "sms"]


def test_a_refusal_by_the_link_is_noted_beside_a_wider_one(rounds: Round):
    sent(rounds)
    contacts.opt_out(rounds.app, WHO)
    assert contacts.subscription(rounds.app, token(rounds)).refused
    contacts.unsubscribe(rounds.app, token(rounds))
    with rounds.store.read() as tx:
        assert sorted(tx.connection.scalars(sa.select(opt_outs.c.source))) == ["command", "unsubscribe"]


def test_a_link_of_who_was_erased_does_nothing(rounds: Round):
    sent(rounds)
    mine = token(rounds)
    contacts.erase(rounds.app, WHO, confirmed=True)
    before = rounds.tables()
    asked = [ask(rounds.app, mine) for ask in (contacts.subscription, contacts.unsubscribe)]
    assert [about.contact for about in asked] == [None, None]
    assert rounds.tables() == before


@pytest.mark.parametrize("ask", [contacts.subscription, contacts.unsubscribe])
def test_what_is_no_link_of_ours_is_refused_and_nothing_is_written(rounds: Round, ask):
    sent(rounds)
    assert token(rounds)
    before = rounds.tables()
    other = tokens.token(b"x" * 32, contacts.show(rounds.app, WHO).id, Channel.EMAIL)
    for text in (other, "", "x", "A" * 32):
        with pytest.raises(UnknownName) as caught:
            ask(rounds.app, text)
        assert caught.value.reason == Reason("unknown_token")
    assert rounds.tables() == before


def test_what_is_about_to_leave_stays_when_its_contact_unsubscribes(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring(ZOE)
    with rounds.store.write() as tx:
        [claim] = outbox.claim(tx, rounds.now, deployments=["satisfaction"])
    contacts.unsubscribe(rounds.app, token(rounds))
    with rounds.store.write() as tx:
        assert outbox.begin(tx, claim, rounds.now) == "opted_out"
