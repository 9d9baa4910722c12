"""Emails, as email-validator judges and writes them."""

import re
from collections.abc import Sequence

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES, EMAIL_MAX_LENGTH

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages.words import UNSEEN, trimmed
from tournee.core.normalise.cells import Cell, Word, refusal

_INVALID = refusal(RowErrorCode.EMAIL_INVALID)
_MAILBOXES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)

# Lower-case ASCII addresses that are certainly valid and in normal form: no Punycode, no domain that the
# library treats specially.
_ATOM = r"[a-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"(?![a-z0-9-]{64})[a-z0-9]+(?:-[a-z0-9]+)*"
_TOP = r"(?!(?:arpa|invalid|local|localhost|onion|test)$)[a-z]{2,63}"
_plain = re.compile(
    rf"(?=.{{1,{EMAIL_MAX_LENGTH}}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}", re.ASCII
).fullmatch
_every_plain = re.compile(
    rf"^({_ATOM}(?:\.{_ATOM})*+@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)+{_TOP})$|^.*$", re.ASCII | re.MULTILINE
).findall
#: In an address that is no longer no part can be too long.
_SHORT = 64


class Emails:
    """The emails of a column; `empty` stands for an empty cell."""

    def __init__(self, empty: Reason | None) -> None:
        self._empty = empty

    def read(self, cells: Sequence[str]) -> tuple[list[Cell], list[Cell], list[int]]:
        """The values, what contacts are known by, and the places of the cells that are not plain.

        Among the latter are all that are empty or refused; plain ones are known by what they are.
        """
        found = _plain_ones(cells)
        known = list(found)
        special = [at for at, address in enumerate(found) if not address]
        for at in special:
            value = email(cells[at])
            found[at] = self._empty if value is None else value
            known[at] = value.casefold() if isinstance(value, str) else None
        return found, known, special


def _plain_ones(cells: Sequence[str]) -> list[Cell]:
    """The cells that hold plain addresses as they are, for others an empty text."""
    if max(map(len, cells)) > _SHORT:
        cells = [cell if len(cell) <= _SHORT else "" for cell in cells]
    found = _every_plain("\n".join(cells))
    # where a cell has lines of its own, there are more of them
    return found if len(found) == len(cells) else [cell if _plain(cell) else "" for cell in cells]


def email(text: str) -> Word:
    """An address with its domain in lower case; None for an empty cell."""
    if _plain(text):
        return text
    address = trimmed(text)
    if not address:
        return None
    lowered = address.lower()
    if address.isascii() and _plain(lowered):
        local, _at, domain = address.rpartition("@")
        return f"{local.lower() if local.lower() in _MAILBOXES else local}@{domain.lower()}"
    # an ASCII address of other characters is none; the library takes a hundred times as long to say so
    return _INVALID if address.isascii() and not _perhaps(lowered) else _judged(address)


_perhaps = re.compile(r"[a-z0-9_!#$%&'*+\-/=?^`{|}~.]+@[a-z0-9.-]+").fullmatch
_invisible = re.compile(f"[{re.escape(UNSEEN)}\ufe00-\ufe0f\U000e0100-\U000e01ef]").search


def _judged(address: str) -> str | Reason:
    # the library drops some invisible characters from a domain, and keeps some in what stands before it
    if len(address) > EMAIL_MAX_LENGTH or _invisible(address):
        return _INVALID
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return _INVALID
    # the test environment is for addresses such as a@shop.test, and lets a@test pass as well
    return found.normalized if "." in found.domain else _INVALID
