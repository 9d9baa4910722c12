"""A language is a small data file; what it does not say, CLDR knows."""

import copy
from dataclasses import replace
from importlib.resources import files

import pytest
import yaml

from support.reading import layout, normalised, opened, shipped
from tournee.core import languages
from tournee.core.languages import STANDARD, cldr, language_from
from tournee.core.languages.words import column_key, folded, trimmed

TAGS = sorted(shipped())


def data(tag="fr"):
    return yaml.safe_load((files("tournee") / "languages" / f"{tag}.yaml").read_text("utf-8"))


HEADERS = {
    "fr": ["Nom", "Prénom", "Sexe", "Civilité", "Pays", "Email", "Téléphone", "Langue"],
    "en": ["Last name", "First name", "Gender", "Title", "Country", "Email", "Phone", "Language"],
    "en-GB": ["Last name", "First name", "Gender", "Title", "Country", "Email", "Phone", "Language"],
    "es": ["Apellidos", "Nombre", "Sexo", "Tratamiento", "País", "Email", "Teléfono", "Idioma"],
    "de": ["Nachname", "Vorname", "Geschlecht", "Anrede", "Land", "E-Mail", "Telefon", "Sprache"],
    "it": ["Cognome", "Nome", "Sesso", "Titolo", "Paese", "Email", "Telefono", "Lingua"],
    "pt": ["Apelido", "Nome", "Sexo", "Título", "País", "Email", "Telefone", "Idioma"],
    "pt-BR": ["Sobrenome", "Nome", "Sexo", "Título", "País", "Email", "Telefone", "Idioma"],
    "nl": ["Achternaam", "Voornaam", "Geslacht", "Aanhef", "Land", "E-mail", "Telefoon", "Taal"],
}


@pytest.mark.parametrize("tag", TAGS)
def test_the_template_has_the_standard_columns_of_its_language(tag):
    assert languages.template_header(layout(tag, fields={})) == HEADERS[tag]


@pytest.mark.parametrize("tag", TAGS)
def test_the_template_reads_back_without_an_error(tag):
    a_layout = layout(tag, required=frozenset({"email", "phone"}))
    assert normalised(languages.template(a_layout), a_layout) == []


@pytest.mark.parametrize("tag", TAGS)
def test_the_template_filled_in_with_the_words_of_its_language_reads_back(tag):
    a_layout = layout(tag, fields={}, required=frozenset({"email"}))
    language = a_layout.language
    words = [
        language.genders["female"][0],
        language.titles["mrs"][0],
        cldr.locale(tag).territories[language.country],
    ]
    cells = ["Martin", "Camille", *words, "camille@example.com", "", language.tag]
    filled = languages.template(a_layout) + language.delimiter.join(cells) + "\r\n"
    [contact] = normalised(filled, a_layout)
    assert (contact["gender"], contact["title"], contact["country"]) == ("female", "mrs", language.country)


@pytest.mark.parametrize("tag", TAGS)
def test_the_template_of_a_language_is_not_taken_for_another(tag):
    header = languages.template_header(layout(tag, fields={}))
    assert set(opened(";".join(header), layout(tag, fields={})).columns.values()) == set(STANDARD)


@pytest.mark.parametrize("tag", TAGS)
def test_no_column_name_of_a_language_means_two_fields(tag):
    names = [
        column_key(name) for forms in shipped()[tag].columns.values() for name in set(map(column_key, forms))
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("tag", TAGS)
def test_no_word_means_yes_and_no(tag):
    language = shipped()[tag]
    assert not set(map(folded, language.yes)) & set(map(folded, language.no))


def test_a_cell_of_a_template_is_quoted_where_it_must_be():
    declared = replace(layout().fields["amount"], columns={"fr": ('Prix; "TTC"',)})
    header = languages.template(layout(fields={"amount": declared})).split("\r\n")[0]
    assert header.endswith(';Langue;"Prix; ""TTC"""')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"columns": {}}, "columns.last_name: missing"),
        ({"columns": "Nom"}, "columns: write a mapping"),
        ({"country": "FRA"}, 'country: `FRA` is not a country code such as "FR"'),
        ({"country": False}, "country: `False` is not a country code"),
        ({"code_page": "windows-9999"}, "code_page: `windows-9999` is not a code page"),
        ({"no_words": [False]}, 'no_words: `False` is not a word; words such as "no" need quotes'),
        ({"yes_words": []}, "yes_words: write a word or a list of words"),
        (
            {"genders": {"female": "F", "male": "f", "other": "X"}},
            "genders: `f` stands for both female and male",
        ),
        ({"titles": {"king": ["Roi"]}}, "titles.king: not a key here"),
        ({"months": {13: ["Sol"]}}, "months.13: not a key here"),
        ({"months": {3: ["Mrz"], 5: ["MRZ"]}}, "months: `MRZ` stands for both 3 and 5"),
        ({"months": ["Mrz"]}, "months: write a mapping"),
        ({"countries": {"XX": ["Nowhere"]}}, "countries.XX: `XX` is not a country code"),
        ({"colour": "blue"}, "colour: not a key here; the keys are columns, yes_words"),
    ],
)
def test_a_mistake_in_a_language_file_is_told_with_its_key(change, told):
    with pytest.raises(ValueError) as wrong:
        language_from("fr", {**copy.deepcopy(data()), **change})
    assert told in str(wrong.value)


@pytest.mark.parametrize(
    "key", ["columns", "yes_words", "no_words", "genders", "titles", "code_page", "country"]
)
def test_a_language_file_without_a_key_is_told(key):
    with pytest.raises(ValueError, match=f"^{key}: missing$"):
        language_from("fr", {name: value for name, value in data().items() if name != key})


@pytest.mark.parametrize("tag", ["xx", "fr_FR", "not a tag", ""])
def test_a_language_that_cldr_does_not_know_is_refused(tag):
    with pytest.raises(ValueError, match="is not a language tag"):
        language_from(tag, data())


@pytest.mark.parametrize(
    ("tag", "order", "mark", "delimiter"),
    [("fr", "dmy", ",", ";"), ("en", "mdy", ".", ","), ("en-GB", "dmy", ".", ","), ("de", "dmy", ",", ";")],
)
def test_dates_and_numbers_are_those_of_cldr(tag, order, mark, delimiter):
    assert (cldr.date_order(tag), cldr.decimal_mark(tag)) == (order, mark)
    assert shipped()[tag].delimiter == delimiter


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("fr", "fr"), ("FR", "fr"), ("fr_FR", "fr-FR"), ("FR-be", "fr-BE"), ("fra", "fr"), ("ger", "de"),
        ("en-UK", "en-GB"), ("iw", "he"), ("zh-hans-cn", "zh-Hans-CN"), ("es-419", "es-419"),
        ("pt_br", "pt-BR"),
        ("fr-XX", None), ("xx", None), ("zh-Abcd", None), ("fr-FR-x", None), ("français", None), ("", None),
    ],
)  # fmt: skip
def test_language_tags_are_canonical(text, tag):
    assert cldr.language_tag(text) == tag


def test_every_country_is_known_by_its_codes_and_its_names():
    known = cldr.countries("fr")
    codes = {code for code in known.values() if code != "XK"}
    assert len(codes) == 249
    for code in codes:
        assert known[code.lower()] == code
        assert known[folded(cldr.locale("en").territories[code])] == code
        assert known[folded(cldr.locale("fr").territories[code])] == code
    assert len([word for word in known if len(word) == 3]) >= 249


@pytest.mark.parametrize(
    "text", ["\ufeff a ", "\u200ba\u200f", "\t\xa0\u202fa\u2003\r\n", "\x00a\x1f\x85\u00ad"]
)
def test_what_nobody_sees_is_trimmed(text):
    assert trimmed(text) == "a"


def test_words_are_compared_without_case_accents_and_punctuation():
    assert folded(" CÔTE-D’IVOIRE. ") == folded("cote d'ivoire") == "cote d ivoire"
    assert folded("Trinidad & Tobago") == folded("trinidad and tobago")
