"""Emails, as email-validator judges and writes them."""

import re

from email_validator import EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES, EMAIL_MAX_LENGTH

from tournee.core.facts import Reason, RowErrorCode
from tournee.core.languages.words import trimmed
from tournee.core.normalise.cells import Word, refusal

_INVALID = refusal(RowErrorCode.EMAIL_INVALID)
_MAILBOXES = frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)

# Lower-case ASCII addresses that are certainly valid and in normal form: no Punycode, no domain that the
# library treats specially.
_ATOM = r"[a-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LABEL = r"(?![a-z0-9-]{64})[a-z0-9]+(?:-[a-z0-9]+)*"
_TOP = r"(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[a-z]{2,63}"
_plain = re.compile(
    rf"(?=.{{1,{EMAIL_MAX_LENGTH}}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}", re.ASCII
).fullmatch


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
    return _judged(address)


def _judged(address: str) -> str | Reason:
    if len(address) > EMAIL_MAX_LENGTH:
        return _INVALID
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return _INVALID
    # the test environment is for addresses such as a@shop.test, and lets a@test pass as well
    return found.normalized if "." in found.domain else _INVALID
