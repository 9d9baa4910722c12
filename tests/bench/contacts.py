"""A French contact file of any length, the same bytes for the same arguments.

Who contact number i is depends on i alone, so that an update of a file of N rows has half its rows on those N
contacts and half on new ones, in no order. One row in a hundred is bad (an email, a date, or nobody to
reach) and three in a thousand repeat an earlier contact with the email in capitals.
"""

import argparse
import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


def words(*lines: str) -> list[str]:
    """The words of some lines."""
    return " ".join(lines).split(" ")


HEADER = "Email;Téléphone;Prénom;Nom;Sexe;Civilité;Pays;Langue;Date d'achat;Magasin;Montant"

WOMEN = words(
    "Léa Chloé Zoé Inès Élodie Amélie Céline Noémie Aurélie Hélène Françoise Geneviève Marie Camille Manon",
    "Sarah Julie Sophie Nathalie Isabelle Sylvie Martine Monique Anaïs Mélanie Gaëlle Maëlys Marie-Thérèse",
)
MEN = words(
    "Jean Pierre Michel André Philippe René Louis Alain Jacques Bernard Marcel Daniel Roger Robert Paul",
    "Claude Nicolas Théo Hugo Lucas Raphaël Léo Gaël Loïc Benoît Jérôme Cédric Stéphane Jean-François Maël",
)
SURNAMES = words(
    "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel",
    "Garcia David Bertrand Roux Vincent Fournier Morel Girard André Lefèvre Mercier Dupont Lambert Bonnet",
    "Legrand Garnier Faure Rousseau Blanc Guérin Müller Henry Roussel Perrin Morin Mathieu Gauthier Dumont",
    "Lopez Fontaine Chevalier Robin Masson Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier",
    "Roche Roy Noël Meyer Pérez Çelik Lévêque Bénard D'Hérouville L'Hôte",
)
DOMAINS = (
    ["gmail.com"] * 34 + ["orange.fr"] * 14 + ["hotmail.fr"] * 9 + ["free.fr"] * 8 + ["yahoo.fr"] * 7
    + ["wanadoo.fr"] * 6 + ["sfr.fr"] * 5 + ["laposte.net"] * 5 + ["outlook.fr"] * 4 + ["icloud.com"] * 3
    + ["skynet.be", "bluewin.ch"]
)  # fmt: skip
TOWNS = words(
    "Paris Lyon Marseille Lille Nantes Toulouse Nice Strasbourg Bordeaux Rennes Le\u00a0Havre Saint-Étienne"
)
PLACES = ["Centre", "Gare", "Les Halles", "Zone Nord", "Part-Dieu"]
STORES = [f"{town} {place}" for town in TOWNS for place in PLACES]
COUNTRIES = {
    "FR": ["France"] * 8 + ["FR", "FRANCE", "france"],
    "BE": ["Belgique", "BE"],
    "CH": ["Suisse", "CH"],
}
LANGUAGES = {
    "FR": ["fr"] * 8 + ["FR", "Français"],
    "BE": ["fr", "nl", "Néerlandais"],
    "CH": ["fr", "de", "Allemand"],
}
BAD_EMAILS = [
    "{}", "{}@", "@{}.fr", "{} @gmail.com", "{}@@gmail.com", "{}@gmail..com", "{}.gmail.com", "{}@gmail,com",
]  # fmt: skip
BAD_DATES = ["31/02/2023", "32/01/2024", "29/02/2023", "00/00/0000", "15/13/2022", "2024-31-12"]
FRENCH_MOBILES = words("60 61 62 64 65 66 67 68 73 74 75 76 77 78")
CALLING_CODES = {"BE": "32", "CH": "41"}


class Person(NamedTuple):
    """Contact number i; `phone` is the national number without its leading zero."""

    email: str
    phone: str
    country: str
    woman: bool
    first_name: str
    last_name: str


def hashed(number: int, salt: int) -> int:
    """64 bits that look random and are the same everywhere."""
    bits = (number * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 29
    bits = bits * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return bits ^ (bits >> 32)


def plain(name: str) -> str:
    """A name as it stands in an address."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")


ADDRESS_PARTS = {name: plain(name) for name in (*WOMEN, *MEN, *SURNAMES)}


def person(number: int) -> Person:
    """Who contact `number` is: one in twenty has no email, one in ten no phone, all have one of them."""
    bits, more = hashed(number, 1), hashed(number, 2)
    woman = bool(bits & 1)
    names = WOMEN if woman else MEN
    first, last = names[(bits >> 8) % len(names)], SURNAMES[(bits >> 20) % len(SURNAMES)]
    share = (bits >> 44) % 100
    country = "FR" if share < 93 else "BE" if share < 97 else "CH"
    has_email = more % 100 >= 5
    has_phone = not has_email or (more >> 10) % 100 >= 10
    mark, domain = ".-_"[(bits >> 56) % 3], DOMAINS[(bits >> 34) % len(DOMAINS)]
    email = f"{ADDRESS_PARTS[first]}{mark}{ADDRESS_PARTS[last]}{number}@{domain}" if has_email else ""
    return Person(email, mobile(number, country) if has_phone else "", country, woman, first, last)


def mobile(number: int, country: str) -> str:
    """A mobile number of that country that nobody else has (up to 29 million people)."""
    step = number * 611953
    if country == "FR":
        block, rest = divmod(step % 140_000_000, 10_000_000)
        return f"{FRENCH_MOBILES[block]}{rest:07}"
    return f"4{70_000_000 + step % 29_000_000}" if country == "BE" else f"7{60_000_000 + step % 30_000_000}"


def pairs(digits: str, mark: str = " ") -> str:
    """Digits by two, as the French write them."""
    return mark.join(digits[at : at + 2] for at in range(0, len(digits), 2))


def written_phone(someone: Person, chance: random.Random) -> str:
    """A phone in one of the ways in which people type it."""
    digits, share = someone.phone, chance.random()
    if not digits:
        return ""
    if someone.country != "FR":
        code = CALLING_CODES[someone.country]
        grouped = f"+{code} {digits[:3]} {pairs(digits[3:])}"
        return f"+{code}{digits}" if share < 0.5 else f"00{code}{digits}" if share < 0.7 else grouped
    ways = (
        (0.40, pairs("0" + digits)),
        (0.60, "0" + digits),
        (0.78, "+33" + digits),
        (0.86, "0033" + digits),
        (0.92, pairs("0" + digits, ".")),
        (0.97, f"+33 {digits[0]} {pairs(digits[1:])}"),
        (1.00, f"+33 (0){digits[0]} {pairs(digits[1:])}"),
    )
    return next(way for up_to, way in ways if share < up_to)


def written_email(email: str, chance: random.Random) -> str:
    """Three in a hundred come in capitals, half capitals or between spaces."""
    share = chance.random()
    if share >= 0.03:
        return email
    return email.upper() if share < 0.02 else email.title() if share < 0.025 else f" {email} "


def written_store(chance: random.Random) -> str:
    """A shop; two in a hundred need quoting: a delimiter, a new line, a quote."""
    store, share = chance.choice(STORES), chance.random()
    house = 1 + int(share * 10_000)
    if share < 0.010:
        return f'"{store}; {house} rue de la République"'
    if share < 0.015:
        return f'"{store}\n{house}, avenue Jean Jaurès"'
    return f'"Magasin ""{store}"""' if share < 0.020 else store


def written_amount(chance: random.Random) -> str:
    """Euros with a comma, and half of the large ones with a space after the thousands."""
    amount = f"{chance.random() ** 3 * 4000 + 1:.2f}".replace(".", ",")
    return f"{amount[0]} {amount[1:]}" if len(amount) > 6 and chance.random() < 0.5 else amount


def row(number: int, chance: random.Random, *, repeated: bool = False) -> str:
    """One line about contact `number`; `repeated` writes the email in capitals."""
    someone = person(number)
    email = someone.email.upper() if repeated else written_email(someone.email, chance)
    phone = written_phone(someone, chance)
    date = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(2015, 2025)}"
    trouble = chance.random()
    if trouble < 0.004:
        email, phone = chance.choice(BAD_EMAILS).format(someone.email.split("@")[0] or "x"), ""
    elif trouble < 0.007:
        date = chance.choice(BAD_DATES)
    elif trouble < 0.010:
        email = phone = ""
    elif trouble > 0.950:
        date = ""
    title = ("Mme", "Madame") if someone.woman else ("M.", "Monsieur")
    return ";".join(
        (
            email,
            phone,
            someone.first_name,
            someone.last_name.upper() if chance.random() < 0.3 else someone.last_name,
            ("F" if someone.woman else "M") if chance.random() < 0.9 else "",
            title[chance.random() < 0.15],
            chance.choice(COUNTRIES[someone.country]),
            chance.choice(LANGUAGES[someone.country]),
            date,
            written_store(chance),
            written_amount(chance),
        )
    )


def rows(numbers: Iterable[int], chance: random.Random) -> Iterator[str]:
    """A line for each contact; three in a thousand are about an earlier one instead."""
    earlier: list[int] = []
    for at, number in enumerate(numbers):
        if earlier and chance.random() < 0.003:
            yield row(chance.choice(earlier), chance, repeated=True)
            continue
        yield row(number, chance)
        if at % 997 == 0:
            earlier.append(number)


def numbers_of_update(count: int, known: int, chance: random.Random) -> Sequence[int]:
    """Half of them known contacts, half new, shuffled."""
    half = count // 2
    numbers = chance.sample(range(known), half) + list(range(known, known + count - half))
    chance.shuffle(numbers)
    return numbers


def write(path: Path, count: int, *, update_of: int = 0, first: int = 0) -> None:
    """Write a file of `count` rows from contact `first` on; with `update_of`, one that follows a file."""
    chance = random.Random(43 if update_of else 42)
    numbers = numbers_of_update(count, update_of, chance) if update_of else range(first, first + count)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        file.writelines(line + "\n" for line in rows(numbers, chance))


def main() -> None:
    """Write one file as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--update-of", type=int, default=0, metavar="ROWS")
    wanted = parser.parse_args()
    write(wanted.file, wanted.rows, update_of=wanted.update_of)


if __name__ == "__main__":
    main()
