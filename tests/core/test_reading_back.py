"""What we write we read back, in every language, encoding, delimiter and line end.

`ORACLE_CELLS` asks for other files at each run, and for more of them (`make oracles`).
"""

import os
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from support.corpus import fields, found_in, languages, stored
from support.reading import shipped
from support.writing import Author, Style, file_of
from tournee.core.languages import Layout
from tournee.core.settings import Limits

TAGS = sorted(shipped())
ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "windows-1252")
ROUNDS = 1 + int(os.environ.get("ORACLE_CELLS", 0)) // 20_000
SEED = int.from_bytes(os.urandom(4)) if "ORACLE_CELLS" in os.environ else 0


def layout(tag: str) -> Layout:
    return Layout(language=shipped()[tag], languages=languages(), fields=fields(), timezone="Europe/Paris")


def styles(chance: Random) -> Iterator[Style]:
    for encoding, delimiter, end in product(ENCODINGS, ";,\t|", ENDS):
        yield Style(
            encoding=encoding,
            delimiter=delimiter,
            end=end,
            quotes=chance.choice([0, 0.5, 1]),
            blank_lines=chance.random() < 0.3,
            short_rows=chance.random() < 0.3,
            sep_line=chance.random() < 0.1,
        )


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("tag", TAGS)
def test_what_we_write_we_read_back(tag: str, number: int) -> None:
    chance, a_layout = Random(f"{SEED} {tag} {number}"), layout(tag)
    for style in styles(chance):
        people = [
            {key: style.fitting(cell) for key, cell in person.items()}
            for person in Author(a_layout, chance).people(3)
        ]
        found = found_in(file_of(people, a_layout, style, chance), "import.csv", a_layout, Limits())
        expected = [{key: value for key, (_text, value) in person.items()} for person in people]
        contacts = [{key: stored(row).get(key) for key in expected[0]} for row in found.contacts]
        assert (found.refused, found.errors, contacts) == (None, [], expected), f"{style}, seed {SEED}"
