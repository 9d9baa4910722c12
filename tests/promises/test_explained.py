"""Promise 7, everything can be explained: one command for each question, in the reader's language."""

import pytest

from support.house import House
from support.smtp import Sink

FILE = """\
Nom;Prénom;Email;Langue;Montant
Dupont;Jean;jean@example.com;fr;1,5
Martin;Anne;anne@example.com;fr;2
Petit;Luc;not-an-address;fr;3
Roy;Zoé;zoe@example.com;;4
Noël;Ute;ute@example.com;fr;1.5
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with a round behind it: files taken, rejected and not taken, a person who opted out."""
    house, sink = House(tmp_path_factory.mktemp("house")), Sink()
    sink.start()
    house.with_post(sink.port)
    text = house.config.read_text("utf-8")
    house.configure(text.replace("settle:", "reject_above: 60%\n      settle:"))
    house.here("contact", "add", "email=anne@example.com", "language=fr")
    house.here("contact", "opt-out", "anne@example.com")
    house.put("import_avis_1.csv", FILE)
    house.put("import_avis_2.csv", "Last name,Email,Language\nDoe,doe@example.com,en\n")
    for name in ("import_avis_bis.csv", "Import_avis.csv", "import_avis.csv.part"):
        house.put(name)
    house.here("poll")
    house.put("import_avis_3.csv", "Nom;Email;Langue\nDupont;jean@example.com;fr\n")
    house.here("poll")
    sink.stop()
    return house


def answer(house: House, words: str, language: str) -> str:
    """What a command says to a person, whatever the width of the terminal."""
    done = house.here(*words.split(), "--lang", language)
    assert (done.code, done.err) == (0, "")
    return " ".join(done.out.split())


@pytest.mark.parametrize(
    ("language", "reasons"),
    [
        (
            "en",
            [
                "import_avis_bis.csv `import_avis` is followed by something other than a date or a number",
                "Import_avis.csv capital and small letters differ from the prefix `import_avis`",
                "import_avis.csv.part the name of a file that is still being written",
            ],
        ),
        (
            "fr",
            [
                "import_avis_bis.csv `import_avis` est suivi d’autre chose qu’une date ou un numéro",
                "Import_avis.csv les majuscules et minuscules diffèrent du préfixe `import_avis`",
                "import_avis.csv.part le nom d’un fichier en cours d’écriture",
            ],
        ),
    ],
)
def test_status_says_why_a_file_was_not_taken(asked: House, language: str, reasons: list[str]) -> None:
    told = answer(asked, "status", language)
    assert [reason for reason in reasons if reason not in told] == []


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("en", "This looks like an English file; the feed says `language: fr`."),
        ("fr", "Ce fichier semble être en anglais ; le flux indique `language: fr`."),
    ],
)
def test_show_says_why_a_file_was_rejected(asked: House, language: str, reason: str) -> None:
    assert reason in answer(asked, "show 2", language)


@pytest.mark.parametrize(
    ("language", "table"),
    [
        (
            "en",
            "Line Column Why 4 Email not an email address 5 Langue the language is missing "
            "6 Montant the decimal mark must be a comma",
        ),
        (
            "fr",
            "Ligne Colonne Pourquoi 4 Email adresse email invalide 5 Langue langue manquante "
            "6 Montant le séparateur décimal doit être la virgule",
        ),
    ],
)
def test_errors_says_why_each_row_was_rejected(asked: House, language: str, table: str) -> None:
    assert answer(asked, "errors 1", language) == table


@pytest.mark.parametrize(
    ("language", "who", "story"),
    [
        (
            "en",
            "jean@example.com",
            [
                "satisfaction by email: sent",
                "Import 1 asked for it: import_avis_1.csv",
                "yes The server answered: 250",
            ],
        ),
        (
            "en",
            "jean@example.com",
            ["satisfaction by email: not sent", "Said no: at_most 1 per 90 days (the contact already has 1"],
        ),
        (
            "en",
            "anne@example.com",
            ["Refused messages, as the team noted", "Said no: opt_out (the contact has opted out)"],
        ),
        (
            "fr",
            "jean@example.com",
            [
                "satisfaction par email : envoyé le",
                "Demandé par l’import 1 : import_avis_1.csv",
                "oui Réponse du serveur : 250",
            ],
        ),
        (
            "fr",
            "jean@example.com",
            ["satisfaction par email : pas envoyé", "A dit non : at_most 1 per 90 days (le contact a déjà"],
        ),
        (
            "fr",
            "anne@example.com",
            ["A refusé tout message, noté par l’équipe", "A dit non : opt_out (le contact s’est désinscrit)"],
        ),
    ],
)
def test_why_says_why_a_contact_was_or_was_not_solicited(
    asked: House, language: str, who: str, story: list[str]
) -> None:
    told = answer(asked, f"why {who}", language)
    assert [part for part in story if part not in told] == []
