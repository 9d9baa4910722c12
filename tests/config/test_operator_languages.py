"""`languages`: what an operator adds to a file language or takes from it, and languages of their own."""

import pytest

from support.reading import normalised, opened
from tournee.config import load
from tournee.config.shipped import shipped_languages
from tournee.core.errors import FileRejected
from tournee.core.languages import Layout

POLISH = """\
languages:
  pl:
    columns:
      last_name: Nazwisko
      first_name: Imię
      gender: Płeć
      title: Tytuł
      country: Kraj
      email: [E-mail, Email]
      phone: [Telefon, Komórka]
      language: Język
    yes_words: [Tak, T]
    no_words: Nie
    genders: {female: [K, Kobieta], male: [M, Mężczyzna], other: Inna}
    code_page: windows-1250
    country: PL
"""


def language(configured, tag: str, keys: str):
    return configured(f"languages:\n  {tag}: {{{keys}}}\n").languages[tag]


# ---------------------------------------------------------------- what is taken


def test_without_the_key_the_languages_are_those_that_come_with_the_program(configured):
    assert configured("timezone: UTC").languages == shipped_languages()


def test_names_of_columns_come_behind_those_that_are_there(configured):
    shipped = shipped_languages()["fr"]
    changed = language(configured, "fr", "columns: {phone: [N° client tél, Mobile], email: Courriel pro}")
    assert changed.columns["phone"] == (*shipped.columns["phone"], "N° client tél")
    assert changed.columns["email"] == (*shipped.columns["email"], "Courriel pro")
    assert changed.columns["last_name"] == shipped.columns["last_name"]


def test_a_name_that_differs_by_an_accent_can_be_added(configured):
    assert language(configured, "es", "columns: {gender: Gênero}").columns["gender"][-1] == "Gênero"


def test_words_of_every_kind_can_be_added(configured):
    changed = language(
        configured,
        "de",
        "yes_words: [Jawohl, Jo], no_words: Nö, genders: {male: Kerl}, titles: {mr: Hochwürden, ms: Ms}, "
        "countries: {GB: Insel}, language_names: {nl: Flachländisch}, months: {1: Jänner, 2: [Feber]}, "
        "other_columns: [Firma]",
    )
    assert (changed.yes[-2:], changed.no[-1], changed.genders["male"][-1]) == (("Jawohl", "Jo"), "Nö", "Kerl")
    assert (changed.titles["mr"][-1], changed.titles["ms"]) == ("Hochwürden", ("Ms",))
    assert (changed.countries["GB"][-1], changed.months[2]) == ("Insel", ("Feber",))
    assert (changed.language_names["nl"][-1], changed.other_columns) == ("Flachländisch", ("Firma",))


def test_the_code_page_and_the_country_are_replaced(configured):
    changed = language(configured, "fr", "code_page: cp850, country: BE")
    assert (changed.code_page, changed.country) == ("cp850", "BE")


def test_a_word_that_is_taken_away_can_mean_something_else(configured):
    taken = "without: [portable, Monsieur], genders: {other: Monsieur}"
    changed = configured(
        f"languages: {{fr: {{{taken}}}}}\n"
        "contact_fields: {mobile: {type: text, columns: {fr: Portable}}}\n"
    )
    french = changed.languages["fr"]
    assert ("Portable" in french.columns["phone"], "Monsieur" in french.titles["mr"]) == (False, False)
    assert (french.genders["other"][-1], "Monsieur" in french.genders["male"]) == ("Monsieur", False)
    assert changed.settings.contact_fields["mobile"].columns == {"fr": ("Portable",)}


def test_a_region_starts_from_its_language(configured):
    austrian, german = language(configured, "de-AT", "country: AT"), shipped_languages()["de"]
    assert (austrian.tag, austrian.country, austrian.columns) == ("de-AT", "AT", german.columns)


def test_a_new_language_is_a_file_language_like_others(configured):
    config = configured(
        POLISH + "repositories: {r: {url: 'file:///x'}}\n"
        "contact_fields: {amount: {type: number, columns: {pl: Kwota}}}\n"
        "lists: {l: {feed: {repository: r, every: 1 day, language: pl}}}\n"
    )
    polish = config.languages["pl"]
    assert (config.settings.lists["l"].feed.language, polish.yes, polish.no) == ("pl", ("Tak", "T"), ("Nie",))
    assert (polish.titles, polish.countries, polish.code_page) == ({}, {}, "windows-1250")
    assert list(polish.columns) == list(shipped_languages()["fr"].columns)


def test_a_file_in_a_new_language_is_read(configured):
    languages = configured(POLISH).languages
    file = "Nazwisko;Imię;Płeć;Kraj;E-mail;Język\nŁukasik;Żaneta;k;Niemcy;zaneta@example.pl;polski\n"
    [contact] = normalised(
        file.encode("windows-1250"), Layout(language=languages["pl"], languages=languages, fields={})
    )
    assert [contact[key] for key in ("last_name", "first_name", "gender", "country", "language")] == [
        "Łukasik", "Żaneta", "female", "DE", "pl",
    ]  # fmt: skip


def test_a_file_in_a_new_language_is_the_wrong_one_for_another(configured):
    languages = configured(POLISH).languages
    french = Layout(language=languages["fr"], languages=languages, fields={})
    with pytest.raises(FileRejected) as rejected:
        opened("Nazwisko;Imię;E-mail;Język\n", french)
    assert rejected.value.reason.details == {"looks_like": "pl", "language": "fr"}


def test_languages_may_stand_in_several_files(write):
    write("conf/a.yaml", "languages: {fr: {code_page: cp850}}\nlists: {a: }\n")
    write("conf/b.yaml", "languages: {de: {code_page: cp850}}\n")
    languages = load("conf", {}).languages
    assert (languages["fr"].code_page, languages["de"].code_page) == ("cp850", "cp850")


def test_what_one_configuration_adds_is_not_in_the_next(configured):
    language(configured, "fr", "code_page: cp850")
    assert configured("timezone: UTC").languages["fr"].code_page == "windows-1252"


# ---------------------------------------------------------------- what is refused

LANGUAGES = {
    "fr: {colums: {}}": ["2:8: unknown key `colums`; did you mean `columns`?"],
    "fr: {phone: GSM}": ["2:8: unknown key `phone`; it belongs below `columns`"],
    "fr: {columns: {fone: x}}": ["2:18: unknown key `fone`; did you mean `phone`?"],
    "fr: {columns: [GSM]}": ["2:17: this must be a mapping with keys such as `last_name:`, not a list"],
    "fr: {columns: {phone: {a: b}}}": ["2:25: this must be a word, or a list of them, not a mapping"],
    "fr: {columns: {phone: [A, A]}}": ["2:29: this is in the list already"],
    "fr: {columns: {phone: [Fixe, Pays]}}": ["2:32: this word stands for `country` already"],
    "fr: {columns: {phone: Fixe, email: FIXE}}": ["2:25: this word stands for `email` already"],
    "fr: {columns: {email: PRENOM}}": ["2:25: this word stands for `first_name` already"],
    "fr: {other_columns: Portable}": ["2:23: this word stands for `phone` already"],
    "fr: {yes_words: Non}": ["2:19: this word stands for `no_words` already"],
    "fr: {yes_words: '--'}": ["2:19: this is not a word: it has neither letter nor digit"],
    "fr: {genders: {male: [f]}}": ["2:25: this word stands for `female` already"],
    "fr: {genders: {femal: x}}": ["2:18: unknown key `femal`; did you mean `female`?"],
    "fr: {titles: {mr: Madame}}": ["2:21: this word stands for `mrs` already"],
    "fr: {countries: {UK: Albion}}": [
        "2:20: `UK` is not a country code of ISO 3166, such as `FR`; did you mean `GB`?"
    ],
    "fr: {countries: Albion}": [
        "2:19: this must be a mapping of country codes, such as `{GB: …, US: …}`, not a text"
    ],
    "fr: {language_names: {pt_br: x}}": ["2:25: this tag is written `pt-BR`"],
    "fr: {language_names: {xx: x}}": ["2:25: `xx` is not a language tag such as `fr` or `pt-BR`"],
    "fr: {months: {13: x}}": ["2:17: `13` is not the number of a month, from 1 to 12"],
    "fr: {code_page: cp85}": ["2:19: `cp85` is not a code page such as `windows-1252`"],
    "fr: {code_page: utf-16}": ["2:19: `utf-16` is not a code page such as `windows-1252`"],
    "fr: {code_page: utf-7}": ["2:19: `utf-7` is not a code page such as `windows-1252`"],
    "fr: {country: France}": [
        "2:17: `France` is not a country code of ISO 3166, such as `FR`; did you mean `FR`?"
    ],
    "fr: {without: [Portabel]}": ["2:18: the language has no such word; did you mean `Portable`?"],
    "fr: {without: Sexe, columns: {email: x}}": [],
    "it: {without: [Cognome, Cognome cliente, Cognome del cliente]}": [
        "2:8: no word is left for `last_name`"
    ],
    "fr: [a]": ["2:7: this must be a mapping with keys such as `columns:`, not a list"],
    "pt_br: {country: BR}": ["2:3: this tag is written `pt-BR`"],
    "english: {country: GB}": ["2:3: `english` is not a language tag such as `fr` or `pt-BR`"],
    "xx: {}": ["2:3: `xx` is not a language tag such as `fr` or `pt-BR`"],
    "grc: {}": ["2:3: CLDR, which knows how dates and numbers are written, has no `grc`"],
}


@pytest.mark.parametrize(("written", "expected"), LANGUAGES.items())
def test_what_is_wrong_with_a_language_is_told(mistakes, written, expected):
    assert mistakes(f"languages:\n  {written}\n") == expected


MISSING = "is missing: `pl` does not come with Tournée, and so needs it"


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        ("      language: Język\n", "3:5: there is no word for `language`: a new language needs them all"),
        (", other: Inna", "14:5: there is no word for `other`: a new language needs them all"),
        ("    yes_words: [Tak, T]\n", f"2:3: `yes_words` {MISSING}"),
        ("    code_page: windows-1250\n", f"2:3: `code_page` {MISSING}"),
        ("    country: PL\n", f"2:3: `country` {MISSING}"),
    ],
)
def test_a_new_language_says_all_that_a_language_needs(mistakes, without, expected):
    assert mistakes(POLISH) == []
    assert mistakes(POLISH.replace(without, "")) == [expected]


def test_a_new_language_that_says_nothing_is_told_all_that_it_needs(mistakes):
    needed = ("code_page", "columns", "country", "genders", "no_words", "yes_words")
    assert mistakes("languages: {pl: }") == [f"1:13: `{key}` {MISSING}" for key in needed]


def test_a_language_with_a_mistake_is_no_mistake_of_the_feed_that_names_it(mistakes):
    text = (
        "languages: {pl: {country: PO}}\n"
        "repositories: {r: {url: 'file:///x'}}\n"
        "lists: {l: {feed: {repository: r, every: 1 day, language: pl}}}\n"
    )
    assert {message.partition(":")[0] for message in mistakes(text)} == {"1"}


def test_a_column_of_the_operator_is_one_that_no_declared_field_can_have(mistakes):
    text = (
        "languages: {fr: {columns: {phone: Joignable au}}}\n"
        "contact_fields: {a: {type: text, columns: {fr: joignable au}}}\n"
    )
    assert mistakes(text) == ["2:44: `joignable au` is a column of `phone` already, in files in `fr`"]


def test_no_word_from_the_environment_is_repeated(mistakes):
    found = mistakes("languages: {fr: {without: '${PW}', yes_words: '${PW}'}}", PW="hunter2")
    assert found
    assert "hunter2" not in str(found)
