from support.contact_rows import JOB, LATER, NOW, bring, many, merged, row
from tournee.core.facts import Contact, ContactRow
from tournee.store import Store, contacts


def find(store: Store, text: str) -> tuple[Contact, ...]:
    with store.read() as tx:
        return contacts.find(tx, text)


def one(store: Store, text: str) -> Contact:
    (found,) = find(store, text)
    return found


def test_new_rows_become_contacts_on_the_list(store: Store) -> None:
    rows = [row(2, "lea@example.com", "+33612345678", first_name="Léa", fields={"amount": "12.50"})]
    assert bring(store, rows) == merged(created=1)
    lea = one(store, "lea@example.com")
    assert (lea.phone, lea.first_name, lea.fields) == ("+33612345678", "Léa", {"amount": "12.50"})
    assert (lea.lists, lea.opt_outs, lea.created_at, lea.updated_at) == (("avis",), (), NOW, NOW)


def test_a_file_without_rows_changes_nothing(store: Store) -> None:
    assert bring(store, []) == merged()


def test_of_one_identity_the_last_line_wins_whole(store: Store) -> None:
    rows = [
        row(2, "lea@example.com", first_name="Léa", last_name="Martin"),
        row(3, "zoe@example.com"),
        row(4, "Lea@Example.com", first_name="Lea"),
    ]
    assert bring(store, rows) == merged(created=2, duplicate=1)
    lea = one(store, "lea@example.com")
    assert (lea.email, lea.first_name, lea.last_name) == ("Lea@Example.com", "Lea", None)


def test_an_empty_cell_leaves_what_is_stored_alone(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678", first_name="Léa")])
    assert bring(store, [row(2, "lea@example.com", last_name="Martin")], now=LATER) == merged(updated=1)
    lea = one(store, "lea@example.com")
    assert (lea.phone, lea.first_name, lea.last_name) == ("+33612345678", "Léa", "Martin")
    assert (lea.created_at, lea.updated_at) == (NOW, LATER)


def test_declared_fields_are_merged_key_by_key(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", fields={"amount": "1", "shop": "Été", "vip": True})])
    bring(store, [row(2, "lea@example.com", fields={"amount": "2", "date": "2026-01-02"})])
    expected = {"amount": "2", "date": "2026-01-02", "shop": "Été", "vip": True}
    assert one(store, "lea@example.com").fields == expected


def test_a_row_that_says_nothing_new_does_not_touch_the_contact(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", fields={"shop": "Été"})])
    bring(store, [row(2, "lea@example.com", fields={"amount": "1"})])
    again = row(2, "lea@example.com", fields={"amount": "1", "shop": "Été"})
    assert bring(store, [again], now=LATER) == merged(unchanged=1)
    assert one(store, "lea@example.com").updated_at == NOW


def test_an_email_in_other_letters_is_unchanged_and_keeps_its_spelling(store: Store) -> None:
    bring(store, [row(2, "Lea.Martin@example.com")])
    assert bring(store, [row(2, "LEA.MARTIN@example.com")], now=LATER) == merged(unchanged=1)
    assert one(store, "lea.martin@example.com").email == "Lea.Martin@example.com"


def test_a_file_adds_membership_and_takes_none_away(store: Store) -> None:
    bring(store, [row(2, "lea@example.com")], list="avis")
    bring(store, [row(2, "lea@example.com")], list="magasins")
    bring(store, [row(2, "zoe@example.com")], list="avis")
    assert one(store, "lea@example.com").lists == ("avis", "magasins")
    with store.read() as tx:
        assert contacts.member_counts(tx) == {"avis": 2, "magasins": 1}


def test_a_file_never_touches_an_opt_out(store: Store) -> None:
    bring(store, [row(2, "lea@example.com")])
    with store.write() as tx:
        contacts.opt_out(tx, one(store, "lea@example.com").id, "all", "command", None, NOW)
    before = one(store, "lea@example.com").opt_outs
    bring(store, [row(2, "lea@example.com", first_name="Léa")], now=LATER)
    assert one(store, "lea@example.com").opt_outs == before != ()


def import_file(store: Store, rows: list[ContactRow], stamp: tuple[int, ...]) -> contacts.Merged:
    """A stamped file, with the record of its import."""
    return bring(store, rows, stamp=stamp)


# ---------------------------------------------------------------- phones


def test_a_new_email_adopts_the_contact_that_had_only_its_phone(store: Store) -> None:
    bring(store, [row(2, phone="+33612345678", first_name="Léa")])
    before = one(store, "+33612345678")
    assert bring(store, [row(2, "lea@example.com", "+33612345678")], now=LATER) == merged(updated=1)
    adopted = one(store, "lea@example.com")
    assert (adopted.id, adopted.first_name, adopted.updated_at) == (before.id, "Léa", LATER)
    assert len(find(store, "+33612345678")) == 1


def test_the_first_line_that_brings_a_new_email_adopts(store: Store) -> None:
    bring(store, [row(2, phone="+33612345678")])
    before = one(store, "+33612345678")
    rows = [row(2, "zoe@example.com", "+33612345678"), row(3, "anna@example.com", "+33612345678")]
    assert bring(store, rows) == merged(created=1, updated=1)
    assert one(store, "zoe@example.com").id == before.id


def test_an_email_that_is_known_adopts_nobody_and_nobody_is_merged(store: Store) -> None:
    bring(store, [row(2, "lea@example.com"), row(3, phone="+33612345678")])
    assert bring(store, [row(2, "lea@example.com", "+33612345678")]) == merged(updated=1)
    emails = {contact.email for contact in find(store, "+33612345678")}
    assert emails == {"lea@example.com", None}


def test_a_row_with_only_a_phone_means_the_contact_that_has_only_it(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678"), row(3, "zoe@example.com", "+33612345678")])
    assert bring(store, [row(2, phone="+33612345678")]) == merged(created=1)
    assert bring(store, [row(2, phone="+33612345678", first_name="Ida")]) == merged(updated=1)
    assert [contact.first_name for contact in find(store, "+33612345678")] == [None, None, "Ida"]


def test_a_row_with_only_a_phone_means_the_only_contact_that_has_it(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678")])
    assert bring(store, [row(2, phone="+33612345678", first_name="Léa")]) == merged(updated=1)
    assert one(store, "lea@example.com").first_name == "Léa"


def test_a_phone_row_beside_the_email_row_of_the_same_person_is_a_duplicate(store: Store) -> None:
    rows = [row(2, phone="+33612345678", first_name="Ida"), row(3, "lea@example.com", "+33612345678")]
    assert bring(store, rows) == merged(created=1, duplicate=1)
    assert bring(store, rows) == merged(unchanged=1, duplicate=1)
    assert one(store, "+33612345678").first_name is None


def test_a_phone_row_beside_the_row_that_adopts_is_a_duplicate(store: Store) -> None:
    bring(store, [row(2, phone="+33612345678")])
    rows = [row(2, phone="+33612345678", first_name="Ida"), row(3, "lea@example.com", "+33612345678")]
    assert bring(store, rows) == merged(updated=1, duplicate=1)
    assert one(store, "+33612345678").email == "lea@example.com"


def test_the_phone_that_an_email_row_takes_away_is_free_for_a_phone_row(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678")])
    rows = [row(2, "lea@example.com", "+33687654321"), row(3, phone="+33612345678")]
    assert bring(store, rows) == merged(created=1, updated=1)
    assert one(store, "+33612345678").email is None


# ---------------------------------------------------------------- late files


def test_a_late_file_does_not_change_what_a_newer_one_brought(store: Store) -> None:
    import_file(store, [row(2, "lea@example.com", first_name="New")], (20261123,))
    late = [row(2, "lea@example.com", first_name="Old"), row(3, "zoe@example.com")]
    assert import_file(store, late, (20261122,)) == merged(created=1, unchanged=1)
    assert one(store, "lea@example.com").first_name == "New"
    assert one(store, "zoe@example.com").lists == ("avis",)


def test_a_late_file_changes_what_only_older_files_brought(store: Store) -> None:
    import_file(store, [row(2, "lea@example.com", first_name="Oldest")], (20261121,))
    import_file(store, [row(2, "zoe@example.com")], (20261123,))
    late = [row(2, "lea@example.com", first_name="Old")]
    assert import_file(store, late, (20261122,)) == merged(updated=1)


def test_a_newer_file_that_said_nothing_new_still_counts_as_newer(store: Store) -> None:
    import_file(store, [row(2, "lea@example.com", first_name="Léa")], (20261121,))
    import_file(store, [row(2, "lea@example.com", first_name="Léa")], (20261123,))
    late = [row(2, "lea@example.com", first_name="Old")]
    assert import_file(store, late, (20261122,)) == merged(unchanged=1)


def test_a_late_file_puts_a_contact_of_another_list_on_its_own(store: Store) -> None:
    import_file(store, [row(2, "zoe@example.com")], (20261123,))
    bring(store, [row(2, "lea@example.com")], list="magasins", stamp=(20261124,))
    assert import_file(store, [row(2, "lea@example.com", first_name="Léa")], (20261122,)) == merged(updated=1)
    assert one(store, "lea@example.com").lists == ("avis", "magasins")


def test_a_late_file_does_not_adopt_a_contact_that_a_newer_one_brought(store: Store) -> None:
    import_file(store, [row(2, phone="+33612345678")], (20261123,))
    late = [row(2, "lea@example.com", "+33612345678"), row(3, phone="+33612345678", first_name="Ida")]
    assert import_file(store, late, (20261122,)) == merged(unchanged=1, duplicate=1)
    assert (one(store, "+33612345678").email, find(store, "lea@example.com")) == (None, ())


def test_stamps_compare_as_numbers_group_by_group(store: Store) -> None:
    import_file(store, [row(2, "lea@example.com", first_name="Nine")], (9, 30))
    assert import_file(store, [row(2, "lea@example.com", first_name="Ten")], (10,)) == merged(updated=1)
    assert import_file(store, [row(2, "lea@example.com", first_name="No")], (9, 100)) == merged(unchanged=1)


# ---------------------------------------------------------------- whole or not at all


def test_an_exception_in_the_merge_leaves_nothing(store: Store) -> None:
    class DryRunOver(Exception):
        pass

    try:
        with contacts.stage(store, JOB) as stage:
            stage.add(many(range(10)))
            with stage.merge() as tx:
                contacts.upsert(tx, stage)
                raise DryRunOver
    except DryRunOver:
        pass
    with store.read() as tx:
        assert contacts.member_counts(tx) == {}
    assert find(store, "person1@example.com") == ()


def test_rows_may_come_in_portions_of_any_size(store: Store) -> None:
    with contacts.stage(store, JOB) as stage:
        for portion in (many(range(79)), many(range(79, 80)), [], many(range(80, 241))):
            stage.add(portion)
        with stage.merge() as tx:
            assert contacts.upsert(tx, stage) == merged(created=241)
    assert bring(store, many(range(0, 300, 2), "Other")) == merged(created=29, updated=121)
