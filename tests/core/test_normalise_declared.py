"""Declared fields: choices, limits of texts, what identifies contacts, empty cells that erase."""

import pytest

from support.reading import layout, normalised, opened
from tournee.core import normalise
from tournee.core.errors import FileRejected
from tournee.core.facts import RejectReason
from tournee.core.settings import ContactField, EmptyCells, FieldType


def field(key, kind=FieldType.TEXT, **more):
    return ContactField(key=key, type=kind, columns={}, **more)


def value(declared, text, tag="fr"):
    found = normalise.one(layout(tag, fields={declared.key: declared}), {declared.key: text})
    return found[declared.key] if isinstance(found, dict) else found[0][2:]


# ---------------------------------------------------------------- choices

LEVEL = {"fr": ("or", "Argent massif"), "en": ("gold", "silver")}


@pytest.mark.parametrize(
    ("choices", "tag", "text", "stored"),
    [
        (LEVEL, "fr", " OR ", "or"), (LEVEL, "fr", "argent \u00a0Massif", "Argent massif"),
        (LEVEL, "en", "Gold", "or"), (LEVEL, "en", "silver", "Argent massif"), (LEVEL, "en", "or", "or"),
        (LEVEL, "en-GB", "gold", "or"), (LEVEL, "de", "or", "or"),
        ({"*": ("gold", "silver")}, "fr", "GOLD", "gold"),
        ({"en": ("gold", "silver"), "*": ("au", "ag")}, "fr", "ag", "silver"),
        ({"en": ("gold", "silver"), "*": ("au", "ag")}, "fr", "silver", "silver"),
        ({"*": ("Été", "Hiver")}, "fr", "ete", "Été"), ({"*": ("côte", "cote")}, "fr", "COTE", "cote"),
        ({"*": ("côte", "cote")}, "fr", "Côte", "côte"),
        ({"*": ("A", "A+", "A-")}, "fr", "a+", "A+"), ({"*": ("A", "A+", "A-")}, "fr", "A-", "A-"),
        ({"*": ("+", "-")}, "fr", "-", "-"),
        ({"fr": ("oui", "non"), "en": ("non", "oui")}, "en", "non", "oui"),
        (LEVEL, "fr", "  ", None),
    ],
)  # fmt: skip
def test_a_choice_is_stored_as_the_first_language_writes_it(choices, tag, text, stored):
    assert value(field("level", FieldType.CHOICE, choices=choices), text, tag) == stored


@pytest.mark.parametrize(
    ("choices", "text"),
    [
        (LEVEL, "gold"),
        (LEVEL, "bronze"),
        ({"*": ("A+", "A-")}, "A"),
        ({"*": ("côte", "coté")}, "cote"),
        ({"fr": ("or", "argent")}, "o r"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_words_to_write(choices, text):
    words = list(next(iter(choices.values())))
    assert value(field("level", FieldType.CHOICE, choices=choices), text) == (
        "choice_unknown", {"words": words},
    )  # fmt: skip


def test_the_words_to_write_are_those_of_the_files_language():
    declared = field("level", FieldType.CHOICE, choices=LEVEL)
    assert value(declared, "x", "en") == ("choice_unknown", {"words": ["gold", "silver"]})


# ---------------------------------------------------------------- the length of texts


def test_a_text_may_be_as_long_as_its_field_says():
    code = field("code", max_length=5)
    assert value(code, " éé\u0301abc ") == ("text_too_long", {"most": 5})
    assert value(code, " e\u0301abcd ") == "éabcd"


def test_the_limit_of_a_field_is_not_that_of_names():
    a_layout = layout(fields={"code": field("code", max_length=5)})
    [row] = normalised(f"Email;Langue;Nom;code\na@b.fr;fr;{'x' * 9_000};x\n", a_layout)
    assert len(row["last_name"]) == 9_000


# ---------------------------------------------------------------- what identifies contacts

BY_ID = {"fields": {"id_erp": field("id_erp"), "note": field("note")}, "identify_by": "id_erp"}


def test_a_contact_is_known_by_the_declared_field():
    first, second = normalised(
        "id_erp;Email;Téléphone;Langue;note\nA-7;a@b.fr;;fr;x\nB\u0301;;0612345678;fr;\n", layout(**BY_ID)
    )
    assert (first["identity"], first["email"]) == ("id_erp=A-7", "a@b.fr")
    assert first["fields"] == '{"id_erp":"A-7","note":"x"}'
    assert (second["identity"], second["phone"]) == ("id_erp=B\u0301", "+33612345678")


def test_a_number_identifies_by_its_value():
    by_number = {"fields": {"no": field("no", FieldType.NUMBER)}, "identify_by": "no"}
    found = normalised("no;Email;Langue\n007;a@b.fr;fr\n1 000;c@d.fr;fr\n", layout(**by_number))
    assert [row["identity"] for row in found] == ["no=7", "no=1000"]


@pytest.mark.parametrize(
    ("row", "errors", "identities"),
    [
        (";a@b.fr;;fr", [("id_erp", "identity_missing")], ()),
        ("A;;;fr", [(None, "identity_missing")], ("id_erp=A",)),
        (" ;;;fr", [("id_erp", "identity_missing"), (None, "identity_missing")], ()),
        ("A;x;0612345678;fr", [("Email", "email_invalid")], ("id_erp=A", "+33612345678")),
        ("x@Y.fr;A@B.fr;1;fr", [("Téléphone", "phone_invalid")], ("id_erp=x@Y.fr", "a@b.fr")),
        ("A" * 256 + ";a@b.fr;;fr", [("id_erp", "text_too_long")], ()),
    ],
)
def test_a_row_needs_what_identifies_it_and_an_email_or_a_phone(row, errors, identities):
    [found] = normalised(f"id_erp;Email;Téléphone;Langue\n{row}\n", layout(**BY_ID))
    assert [(column, code) for _line, column, code, _details in found] == errors
    assert found.identities == identities


def test_the_identifying_column_must_be_in_the_file():
    with pytest.raises(FileRejected) as rejected:
        opened("Email;Langue\n", layout(**BY_ID))
    assert rejected.value.code == RejectReason.MISSING_COLUMN
    assert rejected.value.reason.details["columns"] == ["id_erp"]


def test_a_contact_given_by_hand_is_known_by_the_declared_field_too():
    given = {"id_erp": "A", "email": "a@b.fr"}
    assert normalise.one(layout(**BY_ID), given)["identity"] == "id_erp=A"
    assert normalise.one(layout(**BY_ID), {"email": "a@b.fr"})["identity"] == "a@b.fr"


# ---------------------------------------------------------------- whose row was refused


@pytest.mark.parametrize(
    ("row", "identities"),
    [
        ("A@B.fr;0612345678;xx", ("a@b.fr", "+33612345678")),
        ("A@B;0612345678;fr", ()),
        ("A@B.fr;1;fr", ("a@b.fr",)),
        (";;fr", ()),
        ("x;1;fr", ()),
        ("a@b.fr;;fr;more", ()),
        ('a@b.fr;;"fr', ()),
    ],
)
def test_a_refused_row_tells_whose_it_was_where_that_can_be_read(row, identities):
    [found] = normalised(f"Email;Téléphone;Langue\n{row}\nc@d.fr;;fr\n")[:1]
    assert found.identities == identities


# ---------------------------------------------------------------- empty cells


def test_an_empty_cell_erases_where_the_feed_says_so():
    fields = {"note": field("note"), "level": field("level"), "absent": field("absent")}
    text = "Email;Langue;note;level\na@b.fr;fr;; \nc@d.fr;fr;x;\n"
    rows = normalised(text, layout(fields=fields, empty_cells=EmptyCells.CLEAR))
    assert [row["fields"] for row in rows] == ['{"level":null,"note":null}', '{"level":null,"note":"x"}']
    rows = normalised(text, layout(fields=fields))
    assert [row["fields"] for row in rows] == [None, '{"note":"x"}']
