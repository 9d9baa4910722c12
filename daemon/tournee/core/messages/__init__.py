"""Reasons and alerts in words: the only place where a code becomes a sentence.

One `Reason` feeds the alert, the tables, `--json` and the log; its words are here, in English and French.
Row errors, near misses and waits are phrases (`not an email address`), because they stand behind a line, a
column or a name; everything else is one or two sentences: what happened, where, what was done, what to do.
"""

from tournee.core.messages.alerts import AlertFile, AlertView, alert_text
from tournee.core.messages.sheet import error_cells, report
from tournee.core.messages.words import LANGUAGES, sentence, spoken

__all__ = [
    "LANGUAGES",
    "AlertFile",
    "AlertView",
    "alert_text",
    "error_cells",
    "report",
    "sentence",
    "spoken",
]
