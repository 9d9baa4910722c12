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


@pytest.fixture
def asked(small_house: House, sink: Sink) -> House:
    """A house with a round behind it: one file taken, four not; one person who does not want to be asked."""
    small_house.with_post(sink.port)
    small_house.here("contact", "add", "email=anne@example.com", "language=fr")
    small_house.here("contact", "opt-out", "anne@example.com")
    small_house.put("import_avis_1.csv", FILE)
    small_house.put("import_avis_2.csv", "Last name,Email,Language\nDoe,doe@example.com,en\n")
    for name in ("import_avis_bis.csv", "Import_avis.csv", "import_avis.csv.part"):
        small_house.put(name)
    small_house.here("poll")
    small_house.put("import_avis_3.csv", "Nom;Email;Langue\nDupont;jean@example.com;fr\n")
    small_house.here("poll")
    return small_house


def answer(house: House, words: str, language: str) -> str:
    """What a command says to a person, whatever the width of the terminal."""
    done = house.here(*words.split(), "--lang", language)
    assert (done.code, done.err) == (0, "")
    return " ".join(done.out.split())
