"""`contact_fields`: what they take, what they refuse, and in which words."""

import pytest

from tournee.core.settings import FieldType


def field(configured, keys: str):
    return configured(f"contact_fields:\n  a: {{{keys}}}\n").settings.contact_fields["a"]


def test_columns_are_by_language_one_or_several(configured):
    fields = configured(
        "contact_fields:\n"
        '  bought: {type: date, columns: {fr: "Date d\'achat", en: [Purchase date, Bought]}}\n'
        "  vip: {type: boolean}\n"
    ).settings.contact_fields
    assert [(key, entry.type, entry.columns) for key, entry in fields.items()] == [
        ("bought", FieldType.DATE, {"fr": ("Date d'achat",), "en": ("Purchase date", "Bought")}),
        ("vip", FieldType.BOOLEAN, {}),
    ]


@pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.CHOICE])
def test_every_type_is_there(configured, kind):
    assert field(configured, f"type: {kind}").type is kind


def test_choices_are_for_every_language_or_by_language_in_the_order_written(configured):
    assert field(configured, "type: choice, choices: [gold, silver]").choices == {"*": ("gold", "silver")}
    by_language = field(configured, "type: choice, choices: {fr: [or, argent], en: [gold, silver]}").choices
    assert list(by_language.items()) == [("fr", ("or", "argent")), ("en", ("gold", "silver"))]


def test_choices_are_texts_whatever_yaml_takes_them_for(configured):
    assert field(configured, "type: choice, choices: [yes, no, 1, 007, ~a, A+, A-]").choices == {
        "*": ("yes", "no", "1", "007", "~a", "A+", "A-")
    }


def test_a_text_has_a_length(configured):
    assert (
        field(configured, "type: text").max_length,
        field(configured, "type: text, max_length: 20").max_length,
    ) == (10_000, 20)


WHOLE = "is not a whole number from 1 to 10000"
FIELDS = {
    "email: {type: text}": "2:3: every contact has `email` already: it is not declared",
    "id: {type: text}": "2:3: `id` has a meaning of its own: choose another name",
    "lists: {type: text}": "2:3: `lists` has a meaning of its own: choose another name",
    "Amount: {type: text}": (
        "2:3: `Amount` cannot be a name here: write small letters, digits and `_`, beginning with a letter"
    ),
    "1st: {type: text}": (
        "2:3: `1st` cannot be a name here: write small letters, digits and `_`, beginning with a letter"
    ),
    "a: ": ("2:3: `type` is missing: write `text`, `number`, `date`, `datetime`, `boolean` or `choice`"),
    "a: {type: txt}": (
        "2:13: `txt` is not `text`, `number`, `date`, `datetime`, `boolean` or `choice`; did you mean `text`?"
    ),
    "a: {type: text, max_lenght: 9}": "2:19: unknown key `max_lenght`; did you mean `max_length`?",
    "a: {type: text, max_length: 0}": f"2:31: `0` {WHOLE}",
    "a: {type: text, max_length: 1.5}": f"2:31: `1.5` {WHOLE}",
    "a: {type: text, max_length: 10001}": (
        "2:31: a cell of more than 10000 characters is refused: write that or less"
    ),
    "a: {type: number, max_length: 9}": "2:21: `max_length` means nothing for `type: number`",
    "a: {type: choice}": (
        "2:3: `choices` is missing: write the words of its cells, such as `[gold, silver]`"
    ),
    "a: {type: text, choices: [a]}": "2:19: `choices` means nothing for `type: text`",
    "a: {type: choice, choices: []}": "2:21: this list is empty: leave the key out",
    "a: {type: choice, choices: gold}": (
        "2:30: this must be a list, each a word, or a mapping of languages, such as `{fr: …, en: …}`, "
        "not a text"
    ),
    "a: {type: choice, choices: {fr: or}}": "2:35: this must be a list, each a word, not a text",
    "a: {type: choice, choices: {fr: [or, argent], en: [gold]}}": (
        "2:49: `fr` has 2 choices, `en` has 1: write the same ones in the same order"
    ),
    "a: {type: choice, choices: [or, or]}": "2:35: this is in the list already",
    "a: {type: choice, choices: {fr: [été, Or, ETE]}}": (
        "2:45: this is in the list already: case and accents make no difference"
    ),
    'a: {type: choice, choices: [a, "\\u200b"]}': "2:34: this is not a word: nothing of it can be seen",
    "a: {type: text, columns: Montant}": (
        "2:28: this must be a mapping of languages, such as `{fr: …, en: …}`, not a text"
    ),
    "a: {type: text, columns: {fr: }}": "2:29: there is no value here: write a text, or a list of them",
    "a: {type: text, columns: {fr: [a, a]}}": "2:37: this is in the list already",
    "a: {type: text, columns: {fr: Courriel}}": (
        "2:29: `Courriel` is a column of `email` already, in files in `fr`"
    ),
    "a: {type: text, columns: {fr: [x, ' PRENOM ', ' prénom ']}}": (
        "2:29: `prénom` is a column of `first_name` already, in files in `fr`"
    ),
}


@pytest.mark.parametrize(("field", "expected"), FIELDS.items())
def test_what_is_wrong_with_a_contact_field_is_told(mistakes, field, expected):
    assert expected in mistakes(f"contact_fields:\n  {field}")


@pytest.mark.parametrize("key", ["columns: {xx: A}", "columns: {fr: B}, choices: {xx: [a]}"])
def test_a_language_that_does_not_exist_has_no_columns_and_no_choices(mistakes, key):
    found = mistakes(f"contact_fields:\n  a: {{type: choice, {key}}}")
    assert any("there is no file language `xx`; there are" in message for message in found)


def test_two_fields_cannot_have_one_column(mistakes):
    found = mistakes(
        "contact_fields:\n"
        "  amount: {type: number, columns: {fr: Montant}}\n"
        "  total: {type: number, columns: {fr: [Total, ' MONTANT']}}\n"
    )
    assert found == ["3:35: `MONTANT` is a column of `amount` already, in files in `fr`"]


FEED = (
    "repositories: {r: {url: 'file:///x'}}\nlists: {l: {feed: {repository: r, every: 1 day, language: en}}}\n"
)


def test_a_field_without_a_column_in_a_language_has_its_own_name_there(mistakes):
    text = (
        "contact_fields:\n  a: {type: text, columns: {fr: A1}}\n  b: {type: text, columns: {fr: B1, en: A}}\n"
    )
    assert mistakes(text + FEED) == ["3:37: `A` is a column of `a` already, in files in `en`"]


def test_its_own_name_is_no_trouble_in_a_language_that_no_feed_speaks(mistakes):
    text = "contact_fields:\n  mobile: {type: text, columns: {de: Zweitgerät}}\n"
    assert mistakes(text) == []
    assert mistakes(text + FEED) == ["2:24: `mobile` is a column of `phone` already, in files in `en`"]


def test_many_choices_cost_no_more_than_their_number(configured):
    words = ", ".join(f"magasin {number}" for number in range(5000))
    assert len(field(configured, f"type: choice, choices: [{words}]").choices["*"]) == 5000
