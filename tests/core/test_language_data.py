"""The languages that come with Tournée, as those who make the files write them."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.reading import layout, opened, shipped
from tournee.core import languages
from tournee.core.errors import FileRejected
from tournee.core.facts import Reason, RejectReason
from tournee.core.languages import STANDARD
from tournee.core.languages.words import column_key, spellings
from tournee.core.normalise import words

TAGS = sorted(shipped())

COLUMNS = {
    "fr": {
        "last_name": "Nom|NOM DE FAMILLE|Nom du client|Nom client",
        "first_name": "Prénom|PRENOM|Prénom(s)",
        "gender": "Sexe|Genre",
        "title": "Civilité|CIVILITE|Civ.",
        "country": "Pays|Code pays|Pays/Région",
        "email": "Email|E-mail|e-Mail|Mail|Courriel|Mél.|Adresse email|Adresse e-mail|Adresse de messagerie",
        "phone": "Téléphone|TELEPHONE|Tél.|Tel|Mobile|Portable|GSM|Tél. portable|N° de téléphone|N° tél.",
        "language": "Langue|Code langue|Langue de correspondance",
    },
    "en": {
        "last_name": "Last name|LastName|last_name|Surname|Family name",
        "first_name": "First Name|firstname|first_name|Given name|Forename",
        "gender": "Gender|Sex",
        "title": "Title|Salutation",
        "country": "Country|Country code|Country/Region",
        "email": "Email|E-mail|Email address|E-mail Address|Mail",
        "phone": "Phone|Phone number|Telephone|Tel.|Mobile|Mobile phone|Cell|Cell phone",
        "language": "Language|Preferred language",
    },
    "de": {
        "last_name": "Nachname|Name|Familienname",
        "first_name": "Vorname|Vorname(n)",
        "gender": "Geschlecht",
        "title": "Anrede",
        "country": "Land|Ländercode|Land/Region",
        "email": "E-Mail|Email|Mail|E-Mail-Adresse|Emailadresse",
        "phone": "Telefon|Telefonnummer|Tel.|Tel.-Nr.|Handy|Handynummer|Mobil|Mobiltelefon|Rufnummer",
        "language": "Sprache|Korrespondenzsprache",
    },
    "es": {
        "last_name": "Apellidos|Apellido|Primer apellido",
        "first_name": "Nombre",
        "gender": "Sexo|Género|GENERO",
        "title": "Tratamiento",
        "country": "País|PAIS|Código de país",
        "email": "Email|E-mail|Correo|Correo electrónico|CORREO ELECTRONICO|Dirección de correo",
        "phone": "Teléfono|Telefono|Tel.|Tfno.|Móvil|Movil|Celular|Nº de teléfono",
        "language": "Idioma|Lengua",
    },
    "it": {
        "last_name": "Cognome",
        "first_name": "Nome",
        "gender": "Sesso|Genere",
        "title": "Titolo|Appellativo",
        "country": "Paese|Nazione",
        "email": "Email|E-mail|Mail|Indirizzo email|Posta elettronica",
        "phone": "Telefono|Tel.|Cellulare|Cell.|Numero di telefono|N. cellulare",
        "language": "Lingua",
    },
    "pt": {
        "last_name": "Apelido|Apelidos|Sobrenome|Nome de família",
        "first_name": "Nome|Primeiro nome|Nome próprio",
        "gender": "Sexo|Género",
        "title": "Título|Tratamento",
        "country": "País|Código do país",
        "email": "Email|E-mail|Correio eletrónico|Correio electrónico|Endereço de email",
        "phone": "Telefone|Tel.|Telemóvel|TELEMOVEL|Tlm.|N.º de telefone",
        "language": "Idioma|Língua",
    },
    "pt-BR": {
        "last_name": "Sobrenome|Último nome",
        "first_name": "Nome|Primeiro nome",
        "gender": "Sexo|Gênero",
        "title": "Título|Tratamento",
        "country": "País|Pais",
        "email": "Email|E-mail|Correio eletrônico|Endereço de e-mail",
        "phone": "Telefone|Fone|Celular|Tel. celular|Número do celular",
        "language": "Idioma|Língua",
    },
    "nl": {
        "last_name": "Achternaam|Naam|Familienaam",
        "first_name": "Voornaam|Roepnaam",
        "gender": "Geslacht",
        "title": "Aanhef|Aanspreektitel",
        "country": "Land|Landcode",
        "email": "E-mail|Email|E-mailadres|Emailadres|Mailadres",
        "phone": "Telefoon|Telefoonnummer|Tel.|Mobiel|Mobiele telefoon|Gsm|06-nummer",
        "language": "Taal|Voorkeurstaal",
    },
}

#: How Excel and people say yes and no.
ANSWERS = {
    "fr": ("VRAI|Oui|oui|O|1|TRUE|x", "FAUX|Non|N|0|FALSE"),
    "en": ("TRUE|Yes|Y|T|1|x", "FALSE|No|N|F|0"),
    "de": ("WAHR|Ja|J|1|TRUE|x", "FALSCH|Nein|N|0|FALSE"),
    "es": ("VERDADERO|Sí|Si|S|1|x", "FALSO|No|N|0"),
    "it": ("VERO|Sì|Si|S|1|x", "FALSO|No|N|0"),
    "pt": ("VERDADEIRO|Sim|S|1|x", "FALSO|Não|Nao|N|0"),
    "nl": ("WAAR|Ja|J|1|x", "ONWAAR|Nee|Neen|N|0"),
}
TITLES = {
    "fr": {
        "mr": "M.|M|Monsieur|Mr", "mrs": "Mme|MME|Madame", "miss": "Mlle|Melle|Mademoiselle",
        "dr": "Dr|Docteur", "prof": "Pr|Professeur",
    },
    "en": {"mr": "Mr|Mr.|MR", "mrs": "Mrs", "ms": "Ms|Ms.", "miss": "Miss", "dr": "Dr.", "prof": "Prof."},
    "de": {
        "mr": "Herr|Herrn|Hr.", "mrs": "Frau|Fr.", "dr": "Dr.|Herr Dr.|Frau Dr.",
        "prof": "Prof.|Prof. Dr.|Frau Prof. Dr.",
    },
    "es": {"mr": "Sr.|D.|Don|Sr. D.", "mrs": "Sra.|Dña.|D.ª|Sra. Dña.", "miss": "Srta.", "dr": "Dr.|Dra."},
    "it": {
        "mr": "Sig.|Signor|Egr. Sig.", "mrs": "Sig.ra|Signora|Gent.ma Sig.ra", "miss": "Sig.na",
        "dr": "Dott.|Dott.ssa|Dr.", "prof": "Prof.|Prof.ssa",
    },
    "pt": {"mr": "Sr.|Senhor|Exmo. Sr.", "mrs": "Sra.|Sr.ª|D.", "miss": "Srta.|Senhorita", "dr": "Dr.|Dr.ª"},
    "nl": {"mr": "Dhr.|De heer|Hr.", "mrs": "Mevr.|Mevrouw|Mw.", "dr": "Dr.|Dhr. dr.", "prof": "Prof. dr."},
}  # fmt: skip
GENDERS = {
    "fr": {"female": "F|Femme|Féminin|Mme", "male": "H|M|Homme|Masculin|M."},
    "en": {"female": "F|Female|Woman", "male": "M|Male|Man", "other": "X|Non-binary"},
    "de": {"female": "W|F|weiblich|Frau", "male": "M|männlich|maennlich|Herr", "other": "D|divers"},
    "es": {"female": "F|Mujer|Femenino", "male": "H|Hombre|Masculino|Varón"},
    "it": {"female": "F|Femmina|Donna", "male": "M|Maschio|Uomo"},
    "pt": {"female": "F|Feminino|Mulher", "male": "M|Masculino|Homem"},
    "nl": {"female": "V|Vrouw|vrouwelijk", "male": "M|Man|mannelijk"},
}
REGIONS = {"en-GB": "en", "pt-BR": "pt"}


def said(table):
    """Every word of a table by language, with what it means; a region says what its language says."""
    everything = {**table, **{tag: table[base] for tag, base in REGIONS.items() if tag not in table}}
    return [
        (tag, word, meaning)
        for tag, meanings in everything.items()
        for meaning, forms in meanings.items()
        for word in forms.split("|")
    ]


@pytest.mark.parametrize(("tag", "column", "field"), said(COLUMNS))
def test_a_column_is_known_by_the_names_that_people_use(tag, column, field):
    assert layout(tag).columns().get(column_key(column)) == field


@pytest.mark.parametrize(
    ("tag", "word", "expected"),
    said({tag: {"yes": yes, "no": no} for tag, (yes, no) in ANSWERS.items()}),
)
def test_yes_and_no_are_as_spreadsheets_and_people_write_them(tag, word, expected):
    assert words.boolean(shipped()[tag])(word) is (expected == "yes")


@pytest.mark.parametrize(("tag", "word", "expected"), said(TITLES))
def test_a_title_is_one_in_every_usual_form(tag, word, expected):
    assert words.title(shipped()[tag])(word) == expected


@pytest.mark.parametrize(("tag", "word", "expected"), said(GENDERS))
def test_a_gender_is_one_in_every_usual_form(tag, word, expected):
    assert words.gender(shipped()[tag])(word) == expected


def test_a_letter_that_may_mean_two_genders_is_refused():
    assert isinstance(words.gender(shipped()["es"])("M"), Reason)


@pytest.mark.parametrize(
    ("tag", "name", "code"),
    [
        ("de", "Weißrussland", "BY"), ("de", "Elfenbeinküste", "CI"), ("fr", "RD Congo", "CD"),
        ("es", "EE.UU.", "US"), ("it", "Scozia", "GB"), ("pt", "Irão", "IR"), ("pt", "Vietname", "VN"),
        ("pt", "Vietnã", "VN"), ("pt-BR", "Vietnã", "VN"), ("nl", "Wit-Rusland", "BY"), ("nl", "VK", "GB"),
    ],
)  # fmt: skip
def test_a_country_has_the_name_that_people_give_it(tag, name, code):
    assert words.country(shipped()[tag], shipped()["en"])(name) == code


@pytest.mark.parametrize(
    ("tag", "name", "code"),
    [
        ("es", "Castellano", "es"), ("es", "Español", "es"), ("pt", "Checo", "cs"), ("pt", "Polaco", "pl"),
        ("pt-BR", "Tcheco", "cs"), ("nl", "Vlaams", "nl-BE"), ("de", "Holländisch", "nl"),
        ("fr", "Flamand", "nl-BE"),
    ],
)  # fmt: skip
def test_a_language_has_the_name_that_people_give_it(tag, name, code):
    assert words.spoken(shipped()[tag])(name) == code


# ---------------------------------------------------------------- no language looks like another


@pytest.mark.parametrize("tag", TAGS)
def test_a_name_of_a_column_means_one_field_also_without_its_accents(tag):
    names = [(spellings(name)[1], field) for field, forms in shipped()[tag].columns.items() for name in forms]
    assert len({name for name, _field in set(names)}) == len(set(names))


@pytest.mark.parametrize("tag", TAGS)
def test_a_column_that_holds_no_field_is_none(tag):
    language = shipped()[tag]
    ours = {column_key(name) for forms in language.columns.values() for name in forms}
    assert ours.isdisjoint(map(column_key, language.other_columns))


#: Feeds whose language has all the names of the other's template, too.
ALSO_THEIRS = {("en", "en-GB"), ("en-GB", "en"), ("pt", "pt-BR")}


@pytest.mark.parametrize(("feed", "file"), list(permutations(TAGS, 2)))
def test_the_template_of_another_language_is_recognised(feed, file):
    header = ";".join(languages.template_header(layout(file, fields={})))
    if (feed, file) in ALSO_THEIRS:
        assert set(opened(header, layout(feed, fields={})).columns.values()) == set(STANDARD)
        return
    with pytest.raises(FileRejected) as rejected:
        opened(header, layout(feed, fields={}))
    assert rejected.value.reason.code == RejectReason.WRONG_LANGUAGE
    assert rejected.value.reason.details["looks_like"] in (file, REGIONS.get(file))


@st.composite
def headers(draw):
    """A language, and a header with any of the names that it has for some fields, and its other columns."""
    tag = draw(st.sampled_from(TAGS))
    language = shipped()[tag]
    fields = draw(st.permutations(STANDARD).map(lambda some: some[: draw(st.integers(0, len(STANDARD)))]))
    names = [draw(st.sampled_from(language.columns[field])) for field in {*fields, "email"}]
    others = draw(st.sets(st.sampled_from(language.other_columns))) if language.other_columns else set()
    return tag, draw(st.permutations([*names, *others]))


@given(headers())
def test_a_header_in_the_words_of_its_language_is_never_taken_for_another(drawn):
    tag, names = drawn
    table = opened("\t".join(names), layout(tag, fields={}, default_language=tag))
    assert len(table.columns) == len(names) - len(set(names) & set(shipped()[tag].other_columns))


@pytest.mark.parametrize(
    ("tag", "header"),
    [
        ("en", "Email,Name,Order"), ("en-GB", "E-mail;Name;City"), ("fr", "Mail;Nombre;Total"),
        ("es", "Correo;País;Título"),
    ],
)  # fmt: skip
def test_a_name_that_is_a_field_elsewhere_does_not_make_it_the_wrong_language(tag, header):
    assert "email" in opened(header, layout(tag, fields={}, default_language=tag)).columns.values()
