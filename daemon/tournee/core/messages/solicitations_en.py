"""English about solicitations: why a rule says no, or not yet. Phrases, which stand behind the rule's name."""

# ruff: noqa: E501 -- a sentence stays on its line

from tournee.core.messages.en import count
from tournee.core.messages.grammar import Details, Words, minute, texts

_SCOPES = {"deployment": "of this survey", "channel": "by this channel", "everything": "of any survey"}


def _at_most(details: Details) -> str:
    scope = _SCOPES.get(str(details.get("counting")), _SCOPES["everything"])
    since = f" since {str(details['since'])[:10]}" if details.get("since") else ""
    latest = f", the last one of {str(details['latest'])[:10]}" if details.get("latest") else ""
    asked = f"{count(details.get('count'), 'message', 'messages')} {scope}{since}{latest}"
    return f"the contact already has {asked}; the rule allows {details.get('limit')} per {details.get('per')}"


def _at_most_waits(details: Details) -> str:
    ends = f", for the last time at {minute(details['expires'])}" if details.get("expires") else ""
    return f"{_at_most(details)}; looked at again at {minute(details.get('until'))}{ends}"


def _test(details: Details) -> str:
    """`amount is more than 100`."""
    wanted = texts(details.get("wanted")) or ["?"]
    since = f" (since {details['since']})" if details.get("since") else ""
    test = {
        "is": f"is {_either(wanted)}",
        "is_set": "is empty" if wanted == ["false"] else "is not empty",
        "more_than": f"is more than {wanted[0]}",
        "less_than": f"is less than {wanted[0]}",
        "before": f"is before {wanted[0]}",
        "after": f"is after {wanted[0]}",
        "within": f"lies within the last {wanted[0]}{since}",
    }
    return f"{details.get('field', '?')} {test.get(str(details.get('test')), '?')}"


def _either(values: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


def _only_if(details: Details) -> str:
    return f"only where {_test(details)}, and it is {'empty' if details.get('empty') else 'not so'}"


WORDS: Words = {
    "answered": "the contact has answered already",
    "at_most": _at_most,
    "at_most_waits": _at_most_waits,
    "between": lambda d: (
        f"no message leaves at these hours, by the clocks of {d.get('timezone', '?')}; this one leaves from {minute(d.get('until'))}"
    ),
    "between_never": "the windows of the rules are never open at the same time: nothing can be sent before the rules are corrected",
    "bounced": "the mail server of the contact said that the address does not exist",
    "duplicate": "this survey is still to be sent to the contact",
    "missing_address": "the contact has no address for this channel",
    "not_if": lambda d: f"not where {_test(d)}, and it is so",
    "once_empty": "{field} of the contact is empty, so that nobody can tell whether this survey was sent for it before",
    "once_taken": "this survey was already sent, or is to be, for the same {field}",
    "only_if": _only_if,
    "opt_out": "the contact has opted out",
    "sample": "the contact is not in the {share}% of all that this survey is for",
    "wait_after": lambda d: (
        f"not before {d.get('duration', '?')} after {d.get('field', '?')} of the contact are over; it leaves from {minute(d.get('until'))}"
    ),
    "wait_empty": "{field} of the contact is empty or no date, so that there is nothing to count from",
    "wait_far": "{duration} after {field} of the contact is more than a century from now",
}
