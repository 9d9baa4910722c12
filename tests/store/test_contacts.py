import pytest
import sqlalchemy as sa

from support.contact_rows import LATER, NOW, bring, row
from tournee.core.errors import InvalidValue
from tournee.core.facts import Contact, OptOut, OptOutRecord
from tournee.store import Store, Transaction, consent, contacts, tables
from tournee.store.columns import values_of


def add(tx: Transaction, lists: tuple[str, ...] = (), **values: str) -> int:
    return contacts.add(tx, values, lists, NOW)


def stored(tx: Transaction, contact_id: int) -> Contact:
    contact = contacts.get(tx, contact_id)
    assert contact is not None
    return contact


def test_a_contact_is_found_by_email_phone_or_id(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="Léa.Martin@example.com", phone="+33612345678")
        for words in (" léa.martin@EXAMPLE.com ", "+33612345678", str(lea)):
            assert [found.id for found in contacts.find(tx, words)] == [lea]


@pytest.mark.parametrize("words", ["nobody@example.com", "+33600000000", "42", "9" * 40, "Léa", "", "²"])
def test_nobody_is_found_by_other_words(store: Store, words: str) -> None:
    with store.write() as tx:
        add(tx, email="lea@example.com")
        assert contacts.find(tx, words) == ()


def test_a_phone_may_mean_several_contacts(store: Store) -> None:
    with store.write() as tx:
        both = [add(tx, email=f"{name}@example.com", phone="+33612345678") for name in ("lea", "zoe")]
        assert [found.id for found in contacts.find(tx, "+33612345678")] == both


def test_a_contact_is_added_whole_and_put_on_lists(store: Store) -> None:
    with store.write() as tx:
        lea = stored(
            tx, add(tx, ("magasins", "avis", "avis"), email="lea@example.com", title="mrs", amount="1.5")
        )
    assert lea == Contact(
        id=lea.id, email="lea@example.com", phone=None, first_name=None, last_name=None, gender=None,
        title="mrs", country=None, language=None, fields={"amount": "1.5"}, lists=("avis", "magasins"),
        opt_outs=(), created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def test_nobody_is_added_twice(store: Store) -> None:
    with store.write() as tx:
        add(tx, email="lea@example.com")
        with pytest.raises(InvalidValue, match="contact_exists"):
            add(tx, email="LEA@example.com")


def test_who_has_only_a_phone_is_not_added_again_with_an_email(store: Store) -> None:
    with store.write() as tx:
        add(tx, phone="+33612345678")
        with pytest.raises(InvalidValue, match="contact_exists"):
            add(tx, email="lea@example.com", phone="+33612345678")


def test_a_contact_needs_an_email_or_a_phone(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com")
        with pytest.raises(InvalidValue, match="identity_missing"):
            add(tx, first_name="Léa")
        with pytest.raises(InvalidValue, match="identity_missing"):
            contacts.change(tx, lea, {"email": None}, NOW)


def test_new_values_are_put_over_old_ones_and_none_clears(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com", first_name="Léa", shop="Lyon", amount="1")
        assert contacts.change(tx, lea, {"first_name": None, "shop": None, "amount": "2"}, LATER)
        after = stored(tx, lea)
    assert (after.first_name, after.fields, after.updated_at) == (None, {"amount": "2"}, LATER)


def test_a_change_to_the_same_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com", shop="Évry")
        assert not contacts.change(tx, lea, {"shop": "Évry", "first_name": None}, LATER)
        assert stored(tx, lea).updated_at == NOW


def test_a_contact_that_gets_another_email_is_found_by_it(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, phone="+33612345678")
        contacts.change(tx, lea, {"email": "Lea@example.com"}, LATER)
        assert [found.id for found in contacts.find(tx, "lea@example.com")] == [lea]
    bring(store, [row(2, "lea@example.com", first_name="Léa")])
    with store.read() as tx:
        assert stored(tx, lea).first_name == "Léa"


def test_nobody_takes_the_email_of_another(store: Store) -> None:
    with store.write() as tx:
        add(tx, email="lea@example.com")
        zoe = add(tx, email="zoe@example.com")
        with pytest.raises(InvalidValue, match="contact_exists"):
            contacts.change(tx, zoe, {"email": "LEA@example.com"}, NOW)


def test_fields_written_by_hand_are_the_same_to_a_file(store: Store) -> None:
    with store.write() as tx:
        add(tx, email="lea@example.com", shop="Évry", amount="1")
    same = row(2, "lea@example.com", fields={"amount": "1", "shop": "Évry"})
    assert bring(store, [same]).unchanged == 1


# ---------------------------------------------------------------- consent


def refusals(store: Store, contact_id: int) -> tuple[OptOut, ...]:
    with store.read() as tx:
        return stored(tx, contact_id).opt_outs


def test_an_opt_out_is_kept_with_when_how_and_why(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com")
        contacts.opt_out(tx, lea, "email", "command", "asked by phone", NOW)
        contacts.opt_out(tx, lea, "email", "link", None, LATER)
        contacts.opt_out(tx, lea, "all", "link", None, LATER)
    assert refusals(store, lea) == (
        OptOut(channel="email", at=NOW, source="command", reason="asked by phone"),
        OptOut(channel="all", at=LATER, source="link"),
    )


def test_opting_in_to_a_channel_leaves_the_refusal_of_all(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com")
        for channel in ("email", "all"):
            contacts.opt_out(tx, lea, channel, "command", None, NOW)
        contacts.opt_in(tx, lea, "email", "asked", LATER)
    assert [refusal.channel for refusal in refusals(store, lea)] == ["all"]


def test_who_opted_in_to_all_may_opt_out_again(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com")
        contacts.opt_out(tx, lea, "email", "command", None, NOW)
        contacts.opt_in(tx, lea, "all", "asked", NOW)
        contacts.opt_out(tx, lea, "email", "link", None, LATER)
    assert refusals(store, lea) == (OptOut(channel="email", at=LATER, source="link"),)


def test_everything_that_a_contact_refused_is_remembered_with_how_it_ended(store: Store) -> None:
    with store.write() as tx:
        lea = add(tx, email="lea@example.com")
        contacts.opt_out(tx, lea, "email", "command", "asked by phone", NOW)
        contacts.opt_in(tx, lea, "email", "asked again", LATER)
        contacts.opt_out(tx, lea, "all", "unsubscribe", None, LATER)
        kept = consent.history(tx, lea)
    first = OptOut(channel="email", at=NOW, source="command", reason="asked by phone")
    assert kept == [
        OptOutRecord(**values_of(first), ended_at=LATER, end_reason="asked again"),
        OptOutRecord(channel="all", at=LATER, source="unsubscribe"),
    ]


# ---------------------------------------------------------------- one phone, several contacts


@pytest.fixture
def family(store: Store) -> tuple[int, int]:
    """Two with one phone."""
    with store.write() as tx:
        lea, zoe = (add(tx, email=f"{name}@example.com", phone="+33612345678") for name in ("lea", "zoe"))
    return lea, zoe


def refuse(store: Store, contact_id: int, *channels: str) -> None:
    with store.write() as tx:
        for channel in channels:
            contacts.opt_out(tx, contact_id, channel, "command", None, NOW)


def channels(store: Store, contact_id: int) -> list[str]:
    return [refusal.channel for refusal in refusals(store, contact_id)]


@pytest.mark.parametrize(
    ("refused", "shown"), [("all", ["sms"]), ("sms", ["sms"]), ("email", []), ("webhook", [])]
)
def test_a_contact_shows_that_its_phone_refuses_text_messages(
    store: Store, family: tuple[int, int], refused: str, shown: list[str]
) -> None:
    lea, zoe = family
    refuse(store, lea, refused)
    assert (channels(store, lea), channels(store, zoe)) == ([refused], shown)


@pytest.mark.parametrize("agreed", ["sms", "all"])
def test_who_agrees_to_text_messages_agrees_for_the_phone(
    store: Store, family: tuple[int, int], agreed: str
) -> None:
    lea, zoe = family
    refuse(store, lea, "sms", "email")
    with store.write() as tx:
        contacts.opt_in(tx, zoe, agreed, "asked", LATER)
    assert (channels(store, lea), channels(store, zoe)) == (["email"], [])


def test_who_refused_everything_is_not_agreed_for_by_who_has_its_phone(
    store: Store, family: tuple[int, int]
) -> None:
    lea, zoe = family
    refuse(store, lea, "all")
    with store.write() as tx:
        contacts.opt_in(tx, zoe, "all", "asked", LATER)
    assert (channels(store, lea), channels(store, zoe)) == (["all"], ["sms"])


def test_who_agrees_to_mail_agrees_to_nothing_for_the_phone(store: Store, family: tuple[int, int]) -> None:
    lea, zoe = family
    refuse(store, lea, "sms")
    with store.write() as tx:
        contacts.opt_in(tx, zoe, "email", "asked", LATER)
    assert (channels(store, lea), channels(store, zoe)) == (["sms"], ["sms"])


# ---------------------------------------------------------------- a phone that a contact loses


LEA = ("lea@example.com", "+33612345678")


def of_phone(store: Store, phone: str = LEA[1]) -> list[tuple[str | None, list[str]]]:
    """Who has a phone, and what it refuses."""
    with store.read() as tx:
        found = contacts.find(tx, phone)
    return [(one.email, [refusal.channel for refusal in one.opt_outs]) for one in found]


@pytest.mark.parametrize(("refused", "kept"), [("all", ["sms"]), ("sms", ["sms"])])
def test_a_phone_that_a_file_takes_from_who_refused_goes_on_refusing_text_messages(
    store: Store, refused: str, kept: list[str]
) -> None:
    bring(store, [row(2, *LEA)])
    refuse(store, 1, refused)
    bring(store, [row(2, LEA[0], "+33600000000")])
    assert of_phone(store) == [(None, kept)]
    bring(store, [row(2, "zoe@example.com", LEA[1])])
    assert of_phone(store) == [("zoe@example.com", kept)]
    assert channels(store, 1) == [refused]


def test_a_phone_that_a_person_takes_from_who_refused_goes_on_refusing(store: Store) -> None:
    bring(store, [row(2, *LEA)])
    refuse(store, 1, "sms")
    with store.write() as tx:
        contacts.change(tx, 1, {"phone": None}, LATER)
    assert of_phone(store) == [(None, ["sms"])]


def test_who_has_the_phone_besides_goes_on_refusing(store: Store) -> None:
    bring(store, [row(2, *LEA), row(3, "zoe@example.com", LEA[1])])
    refuse(store, 1, "all")
    bring(store, [row(2, LEA[0], "+33600000000")])
    assert of_phone(store) == [("zoe@example.com", ["sms"])]


@pytest.mark.parametrize("number", [1, 2])
def test_who_loses_the_phone_at_the_same_time_keeps_nothing_for_it(store: Store, number: int) -> None:
    bring(store, [row(2, *LEA), row(3, "zoe@example.com", LEA[1])])
    refuse(store, number, "sms")
    bring(store, [row(2, LEA[0], "+33600000000"), row(3, "zoe@example.com", "+33611111111")])
    assert of_phone(store) == [(None, ["sms"])]
    assert [channels(store, one) for one in (1, 2)] == [["sms"] if one == number else [] for one in (1, 2)]
    bring(store, [row(2, "noe@example.com", LEA[1])])
    assert of_phone(store) == [("noe@example.com", ["sms"])]


def test_of_very_many_who_lose_phones_each_phone_goes_on_refusing(store: Store) -> None:
    bring(store, pairs := [row(n, f"p{n}@example.com", f"+336{n % 2_500:08}") for n in range(5_000)])
    with store.write() as tx:
        refusals = [{"contact_id": n, "channel": "sms", "at": NOW, "source": "link"} for n in range(1, 2_501)]
        tx.connection.execute(sa.insert(tables.opt_outs), refusals)
    bring(store, [row(line, email, f"+337{line:08}") for line, _identity, email, *_ in pairs])
    assert [of_phone(store, f"+336{n:08}") for n in (0, 1_999, 2_499)] == [[(None, ["sms"])]] * 3


@pytest.mark.parametrize("refused", ["email", None])
def test_of_who_takes_text_messages_no_phone_is_kept(store: Store, refused: str | None) -> None:
    bring(store, [row(2, *LEA), row(3, "zoe@example.com", "+33611111111")])
    refuse(store, 1, *([refused] if refused else []))
    refuse(store, 2, "sms")
    bring(store, [row(2, LEA[0], "+33600000000"), row(3, "zoe@example.com", "+33611111111")])
    assert of_phone(store) == []


def test_a_late_file_takes_no_phone(store: Store) -> None:
    bring(store, [row(2, *LEA)], stamp=(2,))
    refuse(store, 1, "sms")
    bring(store, [row(2, LEA[0], "+33600000000")], stamp=(1,))
    assert of_phone(store) == [(LEA[0], ["sms"])]
