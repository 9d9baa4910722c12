"""Row errors as a sheet that a spreadsheet opens: for `errors --csv`, and for whoever dropped the file."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from tournee.core.facts import Reason, RowError
from tournee.core.messages.grammar import plain
from tournee.core.messages.words import sentence

#: line, column, code, message
Cells = tuple[str, str, str, str]

HEADER = ("word_line", "word_column", "word_code", "word_message")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula, with its control characters escaped."""
    text = str(plain(cell))
    return f"'{text}" if text.startswith(_FORMULA) else text


def error_cells(errors: Iterable[RowError], language: str) -> Iterator[Cells]:
    """Each error with its message in `language`; the column is empty where it is about the whole row."""
    for line, column, code, details in errors:
        yield _cells(str(line), column or "", Reason(code, details or {}), language)


def _cells(line: str, column: str, reason: Reason, language: str) -> Cells:
    return line, harmless(column), harmless(reason.code), harmless(sentence(reason, language))


def report(
    reason: Reason | None, errors: Sequence[RowError], total: int, *, language: str, delimiter: str
) -> bytes:
    """The report about a file, as the spreadsheets of its language open it by a double click.

    `reason` is why the whole file was rejected; `errors` are those kept of `total`. UTF-8 with a byte-order
    mark, without which Excel takes it for a legacy page; words in `language`, else its base, else English.
    """
    text = io.StringIO()
    table = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    table.writerow(sentence(Reason(word), language) for word in HEADER)
    if reason:
        table.writerow(_cells("", "", reason, language))
    table.writerows(error_cells(errors, language))
    if left := total - len(errors):
        table.writerow(_cells("", "", Reason("errors_left_out", {"count": left}), language))
    return text.getvalue().encode("utf-8-sig")
