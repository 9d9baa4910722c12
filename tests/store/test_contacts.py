import pytest

from support.contact_rows import LATER, NOW, bring, row
from tournee.core.errors import InvalidValue
from tournee.core.facts import Contact, OptOut
from tournee.store import Store, Transaction, contacts


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
