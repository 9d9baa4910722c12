"""A person's record by hand: what is accepted, what is refused, and that no value is ever quoted."""

from collections.abc import Callable

import pytest

from support.contact_rows import bring
from support.rounds import Round
from tournee.actions import App, contacts, explain
from tournee.core.errors import AmbiguousContact, InvalidValue, TourneeError, UnknownName
from tournee.core.facts import Contact, DecisionCounts, Reason

ZOE = ("email=Zoe@Example.com", "first_name=Zoé")
PHONE = "+33612345678"


def added(rounds: Round, *words: str, lists: tuple[str, ...] = ()) -> Contact:
    return contacts.add(rounds.app, words or ZOE, lists)


def refused(kind: type[TourneeError], act: Callable[..., object], *arguments: object) -> Reason:
    """Why an action was refused, having written nothing."""
    app = arguments[0]
    assert isinstance(app, App)
    with pytest.raises(kind) as caught:
        act(*arguments)
    return caught.value.reason


# ---------------------------------------------------------------- add


def test_a_contact_is_added_normalised_and_put_on_lists(rounds: Round):
    contact = added(rounds, *ZOE, "phone=+33 6 12 34 56 78", "country=Germany", "title=Mrs", lists=("avis",))
    assert (contact.email, contact.phone, contact.first_name) == ("Zoe@example.com", PHONE, "Zoé")
    assert (contact.country, contact.title, contact.lists) == ("DE", "mrs", ("avis",))
    assert (contact.created_at, contact.updated_at, contact.opt_outs) == (rounds.now, rounds.now, ())
    assert contacts.show(rounds.app, "zoe@example.com") == contact


def test_a_time_without_a_zone_is_local_to_the_configured_one(small_rounds: Round):
    small_rounds.settings["contact_fields"]["opened"] = {"type": "datetime"}
    small_rounds.configure()
    contact = added(small_rounds, *ZOE, "opened=2026-07-01 12:00")
    assert contact.fields == {"opened": "2026-07-01T10:00:00Z"}


def test_of_two_contacts_with_one_address_one_is_named_by_its_id(rounds: Round):
    rounds.settings["contact_fields"]["number"] = {"type": "text", "columns": {"fr": "Numéro"}}
    rounds.feed(identify_by="number")
    rounds.bring("home@example.com;Zoé;1", "home@example.com;Jo;2", header="Email;Prénom;Numéro")
    reason = refused(AmbiguousContact, contacts.show, rounds.app, "home@example.com")
    ids = reason.details["ids"]
    assert isinstance(ids, list)
    assert {contacts.show(rounds.app, str(one)).first_name for one in ids} == {"Zoé", "Jo"}
    assert contacts.show(rounds.app, "number=2").first_name == "Jo"


def test_declared_fields_are_typed_as_an_english_file_writes_them(rounds: Round):
    contact = added(rounds, *ZOE, "amount=1,234.50", "loyal=yes")
    assert contact.fields == {"amount": "1234.50", "loyal": True}


def test_a_contact_may_have_a_phone_only(small_rounds: Round):
    assert added(small_rounds, f"phone={PHONE}").email is None


def test_an_equals_sign_may_be_part_of_a_value(small_rounds: Round):
    assert added(small_rounds, "email=a@example.com", "last_name=a=b").last_name == "a=b"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["email"], Reason("assignment_expected", {"word": "email"})),
        (["emial=a@example.com"], Reason("unknown_field", {"name": "emial", "nearest": "email"})),
        (["email=a@b.fr", "amuont=1"], Reason("unknown_field", {"name": "amuont", "nearest": "amount"})),
        (["first_name=Zoé"], Reason("identity_missing")),
        (["email="], Reason("identity_missing")),
    ],
)  # fmt: skip
def test_words_that_make_no_contact_are_refused(rounds: Round, words: list[str], reason: Reason):
    before = rounds.tables()
    assert refused(InvalidValue, contacts.add, rounds.app, words, []) == reason
    assert rounds.tables() == before


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "nonsense", "email_invalid"), ("phone", "12", "phone_invalid"),
        ("country", "Nowhereland", "country_unknown"), ("gender", "Z", "gender_unknown"),
        ("title", "Xyz", "title_unknown"), ("language", "Klingonish", "language_unknown"),
        ("amount", "12,5,0", "number_invalid"), ("loyal", "perhaps", "boolean_invalid"),
    ],
)  # fmt: skip
def test_a_value_that_is_no_such_thing_is_refused_by_field_and_never_quoted(
    small_rounds: Round, field: str, value: str, code: str
):
    words = [*[word for word in ZOE if not word.startswith(f"{field}=")], f"{field}={value}"]
    reason = refused(InvalidValue, contacts.add, small_rounds.app, words, [])
    assert (reason.code, reason.details["field"], reason.details["why"]) == ("value_refused", field, code)
    assert value not in repr(reason)


@pytest.mark.parametrize("words", [["email=ZOE@example.COM"], ["email=new@example.com", f"phone={PHONE}"],
                                   [f"phone={PHONE}"]])  # fmt: skip
def test_somebody_who_is_there_already_is_not_added_again(rounds: Round, words: list[str]):
    added(rounds)
    added(rounds, f"phone={PHONE}")
    before = rounds.tables()
    assert refused(InvalidValue, contacts.add, rounds.app, words, []) == Reason("contact_exists")
    assert rounds.tables() == before


def test_a_phone_alone_that_somebody_has_beside_an_email_is_not_added(rounds: Round):
    added(rounds, *ZOE, f"phone={PHONE}")
    assert refused(InvalidValue, contacts.add, rounds.app, [f"phone={PHONE}"], []) == Reason("contact_exists")


def test_a_list_that_does_not_exist_is_told_and_nobody_is_added(small_rounds: Round):
    reason = refused(UnknownName, contacts.add, small_rounds.app, ZOE, ["avis", "avsi"])
    assert (reason.code, reason.details["nearest"]) == ("unknown_list", "avis")
    assert small_rounds.names() == {}


# ---------------------------------------------------------------- show


def test_a_contact_is_found_by_email_by_phone_and_by_id(rounds: Round):
    contact = added(rounds, *ZOE, f"phone={PHONE}")
    for who in ("ZOE@EXAMPLE.COM", f" {PHONE} ", "+33 6 12 34 56 78", str(contact.id)):
        assert contacts.show(rounds.app, who) == contact


def test_a_contact_is_found_by_its_phone_and_address_as_the_files_write_them(small_rounds: Round):
    contact = added(small_rounds, "email=zoe@exämple.com", f"phone={PHONE}")
    for who in ("06 12 34 56 78", "0612345678", "0033612345678", "+33 (0)6 12 34 56 78"):
        assert contacts.show(small_rounds.app, who) == contact
    for who in ("zoe@xn--exmple-cua.com", "ZOE@EXÄMPLE.com"):
        assert contacts.show(small_rounds.app, who) == contact
    assert explain.why(small_rounds.app, "06.12.34.56.78").decisions == ()


def test_a_contact_is_found_by_the_field_that_identifies_it_whatever_its_value_looks_like(
    small_rounds: Round,
):
    values = ("42", "0612345678", "zoe@example.com")
    clients = [(n, f"amount={value}", f"z{n}@example.com", *[None] * 8) for n, value in enumerate(values)]
    bring(small_rounds.app.store, clients, identify_by="amount")
    found = [contacts.show(small_rounds.app, f"amount={value}").email for value in values]
    assert found == ["z0@example.com", "z1@example.com", "z2@example.com"]


def test_a_phone_without_a_country_is_from_where_those_of_the_files_are(small_rounds: Round):
    assert added(small_rounds, "phone=06 12 34 56 78", lists=("avis",)).phone == PHONE
    changed = contacts.change(small_rounds.app, PHONE, ["phone=06 99 99 99 99"])
    assert changed.phone == "+33699999999"


@pytest.mark.parametrize("who", ["nobody@example.com", "+33699999999", "99", "Zoé", "", "9" * 30])
def test_a_contact_that_does_not_exist_is_told_without_its_name(rounds: Round, who: str):
    added(rounds)
    assert refused(UnknownName, contacts.show, rounds.app, who) == Reason("unknown_contact")


def test_a_phone_that_several_have_is_told_with_their_ids(rounds: Round):
    ids = [added(rounds, f"email={name}@example.com", f"phone={PHONE}").id for name in ("ann", "bob")]
    for act in (contacts.show, contacts.opt_out):
        reason = refused(AmbiguousContact, act, rounds.app, PHONE)
        assert reason == Reason("ambiguous_contact", {"ids": ids})
    assert contacts.show(rounds.app, str(ids[0])).opt_outs == ()


# ---------------------------------------------------------------- set


def test_fields_are_set_and_cleared_and_the_others_stay(rounds: Round):
    added(rounds, *ZOE, "last_name=Durand", "amount=1", "loyal=no", lists=("avis",))
    rounds.later(hours=1)
    contact = contacts.change(rounds.app, "zoe@example.com", ["last_name=", "amount=", "country=France"])
    assert (contact.first_name, contact.last_name, contact.country) == ("Zoé", None, "FR")
    assert (contact.fields, contact.lists, contact.updated_at) == ({"loyal": False}, ("avis",), rounds.now)


def test_an_address_that_somebody_who_opted_out_no_longer_has_goes_on_refusing(rounds: Round):
    rounds.deploy("satisfaction")
    rounds.bring("zoe@example.com;Zoé")
    contacts.opt_out(rounds.app, "zoe@example.com")
    contacts.change(rounds.app, "zoe@example.com", ["email=new@example.com"])
    assert rounds.bring("zoe@example.com;Zoé", "new@example.com;Zoé").decisions == DecisionCounts(
        blocked={"opt_out": 2}
    )


def test_setting_what_is_set_already_leaves_the_time_of_the_last_change(rounds: Round):
    before = added(rounds)
    rounds.later(hours=1)
    assert contacts.change(rounds.app, "zoe@example.com", ["first_name=Zoé"]) == before


def test_an_address_can_be_set_and_is_then_what_the_contact_is_known_by(rounds: Round):
    contact = added(rounds)
    contacts.change(rounds.app, "zoe@example.com", ["email=new@example.com"])
    assert contacts.show(rounds.app, "new@example.com").id == contact.id
    assert refused(UnknownName, contacts.show, rounds.app, "zoe@example.com") == Reason("unknown_contact")


def test_a_contact_keeps_an_address_or_a_phone(rounds: Round):
    added(rounds)
    reason = refused(InvalidValue, contacts.change, rounds.app, "zoe@example.com", ["email="])
    assert reason == Reason("identity_missing")
    contacts.change(rounds.app, "zoe@example.com", ["email=", f"phone={PHONE}"])
    assert contacts.show(rounds.app, PHONE).email is None


def test_the_address_of_another_is_refused(rounds: Round):
    added(rounds)
    added(rounds, "email=jo@example.com")
    reason = refused(InvalidValue, contacts.change, rounds.app, "jo@example.com", ["email=ZOE@example.com"])
    assert reason == Reason("contact_exists")
    assert set(rounds.names()) == {"Zoe@example.com", "jo@example.com"}


@pytest.mark.parametrize(("word", "code"), [("amount=x", "value_refused"), ("amuont=1", "unknown_field"),
                                            ("amount", "assignment_expected")])  # fmt: skip
def test_a_field_that_cannot_be_set_changes_nothing(small_rounds: Round, word: str, code: str):
    contact = added(small_rounds)
    words = ["first_name=Other", word]
    assert refused(InvalidValue, contacts.change, small_rounds.app, "zoe@example.com", words).code == code
    assert contacts.show(small_rounds.app, "zoe@example.com") == contact


# ---------------------------------------------------------------- opting out and in


def test_an_opt_out_tells_its_channel_when_and_where_it_came_from(rounds: Round):
    added(rounds)
    (refusal,) = contacts.opt_out(rounds.app, "zoe@example.com", "email", "asked by phone").opt_outs
    assert (refusal.channel, refusal.at, refusal.source, refusal.reason) == (
        "email", rounds.now, "command", "asked by phone",
    )  # fmt: skip


def test_who_opted_out_already_keeps_the_first_refusal(rounds: Round):
    added(rounds)
    first = contacts.opt_out(rounds.app, "zoe@example.com").opt_outs
    rounds.later(hours=1)
    assert contacts.opt_out(rounds.app, "zoe@example.com").opt_outs == first


def test_opting_in_to_one_channel_leaves_the_other_refusals(rounds: Round):
    added(rounds)
    for channel in ("email", "sms"):
        contacts.opt_out(rounds.app, "zoe@example.com", channel)
    contact = contacts.opt_in(rounds.app, "zoe@example.com", "email", "asked again")
    assert [refusal.channel for refusal in contact.opt_outs] == ["sms"]


def test_opting_in_to_all_ends_every_refusal_and_they_can_begin_again(rounds: Round):
    added(rounds)
    for channel in ("all", "email"):
        contacts.opt_out(rounds.app, "zoe@example.com", channel)
    assert contacts.opt_in(rounds.app, "zoe@example.com", "all", "asked again").opt_outs == ()
    assert len(contacts.opt_out(rounds.app, "zoe@example.com").opt_outs) == 1


def test_who_refused_everything_is_not_opted_in_by_one_channel(small_rounds: Round):
    added(small_rounds)
    contacts.opt_out(small_rounds.app, "zoe@example.com")
    contact = contacts.opt_in(small_rounds.app, "zoe@example.com", "email", "asked again")
    assert [refusal.channel for refusal in contact.opt_outs] == ["all"]


@pytest.mark.parametrize(
    ("act", "more"),
    [(contacts.change, [["first_name=A"]]), (contacts.opt_out, []), (contacts.opt_in, ["all", "why"])],
)
def test_nobody_is_changed_or_opted_who_does_not_exist(small_rounds: Round, act, more: list[object]):
    reason = refused(UnknownName, act, small_rounds.app, "nobody@example.com", *more)
    assert reason == Reason("unknown_contact")
