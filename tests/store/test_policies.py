"""What a feed may say of its files: who identifies contacts, what empty cells mean, who leaves the list."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from support.contact_rows import LATER, NOW, bring, client, many, merged, row
from tournee.core.errors import FileRejected
from tournee.core.facts import Contact, ContactRow, RejectReason
from tournee.store import Store, contacts, merge


def find(store: Store, text: str) -> tuple[Contact, ...]:
    with store.read() as tx:
        return contacts.find(tx, text)


def one(store: Store, text: str) -> Contact:
    (found,) = find(store, text)
    return found


def members(store: Store, list: str = "avis") -> int:
    with store.read() as tx:
        return contacts.member_counts(tx).get(list, 0)


# ---------------------------------------------------------------- identify_by


def of_field(store: Store, *rows: ContactRow, **rules: object) -> contacts.Merged:
    return bring(store, rows, identify_by="ext", **rules)  # type: ignore[arg-type]


def test_two_ids_with_one_email_are_two_contacts(store: Store) -> None:
    lea, leo = client(2, "1", "duo@example.com"), client(3, "2", "Duo@example.com")
    assert of_field(store, lea, leo) == merged(created=2)
    assert [contact.fields for contact in find(store, "duo@example.com")] == [{"ext": "1"}, {"ext": "2"}]


def test_an_id_keeps_its_contact_when_its_addresses_change(store: Store) -> None:
    of_field(store, client(2, "1", "lea@example.com", "+33612345678"))
    before = one(store, "ext=1")
    assert of_field(store, client(2, "1", "lea@example.org", "+33687654321")) == merged(updated=1)
    after = one(store, "lea@example.org")
    assert (after.id, after.phone, find(store, "lea@example.com")) == (before.id, "+33687654321", ())


def test_ids_that_differ_in_case_only_are_two_contacts(store: Store) -> None:
    assert of_field(store, client(2, "a", "a@example.com"), client(3, "A", "b@example.com")) == merged(
        created=2
    )


def test_of_one_id_the_last_line_wins(store: Store) -> None:
    rows = [client(2, "1", "lea@example.com", first_name="Léa"), client(3, "1", "zoe@example.com")]
    assert of_field(store, *rows) == merged(created=1, duplicate=1)
    assert (one(store, "ext=1").email, one(store, "ext=1").first_name) == ("zoe@example.com", None)


def test_the_same_email_in_other_letters_changes_nothing_about_an_id(store: Store) -> None:
    of_field(store, client(2, "1", "Lea@example.com"))
    assert of_field(store, client(2, "1", "LEA@example.com"), now=LATER) == merged(unchanged=1)
    assert one(store, "ext=1").email == "Lea@example.com"


def test_an_id_and_an_email_are_two_contacts_whichever_came_first(store: Store) -> None:
    bring(store, [row(2, "lea@example.com")])
    assert of_field(store, client(2, "1", "lea@example.com"), client(3, "2", "zoe@example.com")) == merged(
        created=2
    )
    assert bring(store, [row(2, "zoe@example.com"), row(3, "lea@example.com")]) == merged(
        created=1, unchanged=1
    )
    assert len(find(store, "lea@example.com")) == len(find(store, "zoe@example.com")) == 2


def test_nobody_with_an_id_is_adopted_by_a_new_email(store: Store) -> None:
    of_field(store, client(2, "1", phone="+33612345678"))
    assert bring(store, [row(2, "lea@example.com", "+33612345678")]) == merged(created=1)
    assert one(store, "ext=1").email is None


def test_a_row_with_only_a_phone_means_nobody_with_an_id(store: Store) -> None:
    of_field(store, client(2, "1", "lea@example.com", "+33612345678"))
    assert bring(store, [row(2, phone="+33612345678")]) == merged(created=1)
    bring(store, [row(2, "zoe@example.com", "+33687654321")])
    of_field(store, client(2, "2", phone="+33687654321"))
    assert bring(store, [row(2, phone="+33687654321", first_name="Zoé")]) == merged(updated=1)
    assert one(store, "zoe@example.com").first_name == "Zoé"


def test_a_late_file_leaves_the_email_of_an_id_alone(store: Store) -> None:
    of_field(store, client(2, "1", "new@example.com"), stamp=(2,))
    assert of_field(store, client(2, "1", "old@example.com"), stamp=(1,)) == merged(unchanged=1)
    assert one(store, "ext=1").email == "new@example.com"


# ---------------------------------------------------------------- empty cells that erase

EVERYTHING = ("email", "phone", "first_name", "last_name")
WHOLE = row(2, "lea@example.com", "+33612345678", first_name="Léa", last_name="Martin", language="fr")


def test_an_empty_cell_of_a_column_that_erases_clears_what_is_stored(store: Store) -> None:
    bring(store, [WHOLE])
    assert bring(store, [row(2, "lea@example.com")], clear=EVERYTHING, now=LATER) == merged(updated=1)
    lea = one(store, "lea@example.com")
    assert (lea.phone, lea.first_name, lea.last_name, lea.language) == (None, None, None, "fr")
    assert (find(store, "+33612345678"), lea.updated_at) == ((), LATER)


def test_erasing_what_is_not_there_touches_nothing(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", fields={"shop": "Lyon"})])
    nothing = row(2, "lea@example.com", fields={"amount": None, "shop": "Lyon"})
    assert bring(store, [nothing], clear=EVERYTHING, now=LATER) == merged(unchanged=1)
    assert one(store, "lea@example.com").updated_at == NOW


def test_a_null_erases_a_declared_field_and_no_other(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", fields={"amount": "1", "shop": "Lyon", "vip": False})])
    file = [row(2, "lea@example.com", fields={"amount": None, "shop": "Lille"})]
    assert bring(store, file, clear=EVERYTHING) == merged(updated=1)
    assert one(store, "lea@example.com").fields == {"shop": "Lille", "vip": False}


def test_a_new_contact_has_no_nulls(store: Store) -> None:
    file = [row(2, "lea@example.com", fields={"amount": None, "shop": "Lille"})]
    bring(store, file, clear=EVERYTHING)
    assert one(store, "lea@example.com").fields == {"shop": "Lille"}
    assert bring(store, file, clear=EVERYTHING, now=LATER) == merged(unchanged=1)


def test_a_row_with_only_a_phone_does_not_erase_the_email_of_who_has_it(store: Store) -> None:
    bring(store, [WHOLE])
    assert bring(store, [row(2, phone="+33612345678")], clear=EVERYTHING) == merged(updated=1)
    lea = one(store, "+33612345678")
    assert (lea.email, lea.first_name) == ("lea@example.com", None)


def test_the_phone_that_a_row_erases_is_free_for_a_row_with_only_it(store: Store) -> None:
    bring(store, [WHOLE])
    rows = [row(2, "lea@example.com"), row(3, phone="+33612345678")]
    assert bring(store, rows, clear=EVERYTHING) == merged(created=1, updated=1)
    assert one(store, "+33612345678").email is None


def test_with_an_id_the_email_is_erased_like_any_other_cell(store: Store) -> None:
    of_field(store, client(2, "1", "lea@example.com", "+33612345678"))
    assert of_field(store, client(2, "1", phone="+33612345678"), clear=EVERYTHING) == merged(updated=1)
    assert (one(store, "ext=1").email, find(store, "lea@example.com")) == (None, ())


def test_a_late_file_erases_nothing_of_a_newer_one(store: Store) -> None:
    bring(store, [WHOLE], stamp=(2,))
    late = [row(2, "lea@example.com")]
    assert bring(store, late, stamp=(1,), clear=EVERYTHING) == merged(unchanged=1)
    assert one(store, "lea@example.com").phone == "+33612345678"


# ---------------------------------------------------------------- the list that mirrors its files


def mirror(
    store: Store,
    rows: Sequence[ContactRow],
    *,
    limit: float | None = 0.2,
    kept: Sequence[str] = (),
    certain: bool = True,
    **rules: object,
) -> contacts.Merged:
    return bring(store, rows, mirror=merge.Mirror(limit=limit, kept=kept, certain=certain), **rules)  # type: ignore[arg-type]


def test_who_is_not_in_the_file_leaves_the_list_and_stays_a_contact(store: Store) -> None:
    bring(store, many(range(10)))
    bring(store, many(range(10)), list="magasins")
    assert mirror(store, many(range(2, 11))) == merged(created=1, unchanged=8, removed=2)
    assert (members(store), members(store, "magasins")) == (9, 10)
    assert one(store, "person0@example.com").lists == ("magasins",)


def test_who_comes_back_is_on_the_list_again_since_then(store: Store) -> None:
    bring(store, many(range(10)))
    mirror(store, many(range(9)))
    assert mirror(store, many(range(10)), now=LATER) == merged(unchanged=10)
    assert members(store) == 10


def test_more_than_the_limit_does_not_leave_at_once(store: Store) -> None:
    bring(store, many(range(10)))
    with pytest.raises(FileRejected) as refused:
        mirror(store, many(range(3, 60)))
    assert refused.value.code is RejectReason.MIRROR_LIMIT
    assert refused.value.reason.details == {"removed": 3, "contacts": 10, "limit": 0.2}
    assert (members(store), find(store, "person50@example.com")) == (10, ())


@pytest.mark.parametrize(("limit", "gone"), [(0.29, 29), (None, 100), (1.0, 100)])
def test_the_limit_is_a_share_that_may_leave(store: Store, limit: float | None, gone: int) -> None:
    bring(store, many(range(100)))
    assert mirror(store, many(range(gone, 100)), limit=limit).removed == gone


def test_who_a_rejected_row_may_mean_stays(store: Store) -> None:
    bring(store, many(range(6)))
    kept = ["person1@example.com", "+33600000002", "ext=4"]
    assert mirror(store, [], limit=None, kept=kept).removed == 4
    assert [one(store, f"person{n}@example.com").lists for n in (1, 2)] == [("avis",), ("avis",)]


def test_with_ids_who_a_rejected_row_may_mean_stays(store: Store) -> None:
    clients = [client(n, str(n), f"p{n}@example.com", f"+3360000000{n}") for n in range(2, 7)]
    of_field(store, *clients)
    kept = ["ext=2", "p3@example.com", "+33600000004"]
    assert mirror(store, [], limit=None, kept=kept, identify_by="ext").removed == 2
    assert [len(one(store, f"ext={n}").lists) for n in range(2, 7)] == [1, 1, 1, 0, 0]


def test_nobody_leaves_where_a_rejected_row_could_be_anybodys(store: Store) -> None:
    bring(store, many(range(5)))
    assert mirror(store, many(range(4)), limit=None, certain=False) == merged(unchanged=4)
    assert members(store) == 5


def test_nobody_leaves_for_a_late_file(store: Store) -> None:
    mirror(store, many(range(5)), stamp=(2,))
    assert mirror(store, many(range(4, 6)), limit=None, stamp=(1,)) == merged(created=1, unchanged=1)
    assert members(store) == 6


def test_whom_a_row_with_only_a_phone_means_stays(store: Store) -> None:
    bring(store, [row(2, "lea@example.com", "+33612345678"), row(3, phone="+33687654321")])
    file = [row(2, phone="+33612345678"), row(3, "zoe@example.com", "+33687654321")]
    assert mirror(store, file, limit=0.0) == merged(unchanged=1, updated=1)


def test_the_first_file_of_a_mirror_removes_nobody(store: Store) -> None:
    assert mirror(store, many(range(3)), now=NOW + timedelta(days=1), limit=0.0) == merged(created=3)
