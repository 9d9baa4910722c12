"""English about people: what they were sent and why not, what a person did about it, the web pages."""

# ruff: noqa: E501 -- a sentence stays on its line

from collections.abc import Callable

from tournee.core.messages.en import count
from tournee.core.messages.grammar import Details, Words, whole

_MESSAGES = {"all": "messages", "email": "emails", "sms": "text messages", "webhook": "messages"}

_ALPHABETS = {"gsm": "GSM alphabet", "unicode": "Unicode"}


def _opted_out(details: Details) -> str:
    source = {
        "command": "as the team noted",
        "unsubscribe": "by the link in a message",
        "erased": "erased before",
    }.get(str(details.get("source")), str(details.get("source")))
    reason = f": {details['reason']}" if details.get("reason") else ""
    return f"Refused {_messages(details)}, {source}{reason}"


def _opted_in(details: Details) -> str:
    reason = f": {details['reason']}" if details.get("reason") else ""
    return f"Accepted {_messages(details)} again{reason}"


def _messages(details: Details) -> str:
    channel = str(details.get("channel"))
    return _MESSAGES.get(channel, channel)


def _waits(details: Details) -> str:
    return f"waits until {details['at']}" if details.get("at") else "waits to be sent"


def _confirm(details: Details) -> str:
    parts = (
        ("lists", "membership of a list", "memberships of lists"),
        ("opt_outs", "refusal", "refusals"),
        ("decisions", "decision (which stays, naming nobody)", "decisions (which stay, naming nobody)"),
        (
            "unsent",
            "message still to be sent (which is cancelled)",
            "messages still to be sent (which are cancelled)",
        ),
    )
    told = [count(details[name], *words) for name, *words in parts if details.get(name)]
    along = f", and what belongs to it: {', '.join(told)}" if told else ""
    return f"This would erase contact {details.get('id', '?')} for ever{along}. Nothing was erased: say it again with --yes."


def _of(details: Details) -> str:
    return f" of {details['deployment']}" if details.get("deployment") else ""


def _too_late(details: Details) -> str:
    number = whole(details.get("too_late"))
    return f" {count(number, 'is', 'are')} being sent at this moment: too late." if number else ""


def _named(details: Details) -> str:
    return f" {details['deployment']}" if details.get("deployment") else ""


def _held(details: Details) -> str:
    command = f"{details.get('deployment')} --import {details.get('id')}"
    return (
        f"{details.get('deployment')}: {count(details.get('count'), 'message', 'messages')} held since {details.get('since')}, from import {details.get('id')} ({details.get('file')} into {details.get('list')}). "
        f"`tournee release {command}` sends them, `tournee cancel {command}` does away with them."
    )


def _uncertain(details: Details) -> str:
    command = f"{details.get('deployment')} --import {details.get('id')} --uncertain"
    return (
        f"{details.get('deployment')}: {count(details.get('count'), 'message', 'messages')} may or may not have left, from import {details.get('id')} ({details.get('file')} into {details.get('list')}). "
        f"`tournee release {command}` sends them, maybe again; `tournee cancel {command}` leaves them."
    )


def _from(details: Details) -> str:
    sender = f" from {details['sender']}" if details.get("sender") else ""
    return f"{sender} ({details['list']})" if details.get("list") else sender


def _ask(what: str) -> Callable[[Details], str]:
    return lambda details: f"Press the button to receive no more {what}{_from(details)}."


def _done(what: str) -> Callable[[Details], str]:
    return lambda details: f"You will receive no more {what}{_from(details)}. You can close this page."


WORDS: Words = {
    "cannot_listen": "`http: listen`: {host}:{port} cannot be listened on ({problem}). Another program may have it: stop that one, or choose another port.",
    "contact_unconfirmed": _confirm,
    "unknown_token": "This link is not one of ours.",
    # ---- the story of a contact
    "note_answer": "The server answered: {answer}",
    "note_answered": "Answered {at}",
    "note_asked_by": "Import {id} asked for it: {file} into {list}",
    "note_attempts": lambda d: f"Tried {count(d.get('count'), 'time', 'times')} so far",
    "note_decision": "{deployment} by {channel}: {told}",
    "note_expires": "Given up if it still has to wait at {at}",
    "note_opt_in": _opted_in,
    "note_opt_out": _opted_out,
    "note_paused_since": "Paused since {at}: nothing of {deployment} leaves",
    "note_reminder": "Reminder {number}: {told}",
    "note_rule_no": "Said no: {rule} ({reason})",
    "note_rule_wait": "Says to wait: {rule} ({reason})",
    "note_rules_yes": "Every rule said yes",
    "told_blocked": "not sent",
    "told_cancelled": "cancelled by a person",
    "told_failed": "given up",
    "told_held": "held until a person releases it",
    "told_sending": "being sent now",
    "told_sent": "sent {at}",
    "told_stopped": "not sent after all",
    "told_uncertain": "may or may not have been sent; not sent again by itself",
    "told_waiting": _waits,
    # ---- what a person did, and has to do
    "kind_held": "held",
    "kind_send_failures": "invitations do not leave",
    "note_all_paused": "Everything is paused since {at}: `tournee resume` ends it.",
    "note_cancelled": lambda d: (
        f"{count(d.get('count'), 'message', 'messages')}{_of(d)} cancelled.{_too_late(d)}"
        if d.get("count") != 0
        else f"There was nothing{_of(d)} to cancel.{_too_late(d)}"
    ),
    "note_cancelled_before": lambda d: (
        f"{d.get('deployment')}: {count(d.get('count'), 'message', 'messages')} cancelled by a person."
    ),
    "note_contact_answered": lambda d: (
        f"Contact {d.get('id')} has answered {count(d.get('count'), 'message', 'messages')}{_of(d)}: no reminder follows."
    ),
    "note_erased": "Contact {id} was erased. Nobody with its addresses comes back as opted in.",
    "note_held": _held,
    "note_no_address": "nobody: the contact has no address for this channel",
    "note_part_paused": "Some of it is paused: `tournee deployments`",
    "note_parts": lambda d: (
        f"{count(d.get('count'), 'part', 'parts')}, {count(d.get('characters'), 'character', 'characters')}, {_ALPHABETS.get(str(d.get('encoding')), '?')}"
    ),
    "note_paused": lambda d: f"Paused: nothing{_of(d)} leaves until `tournee resume{_named(d)}`.",
    "note_paused_already": lambda d: f"It is paused already, until `tournee resume{_named(d)}`.",
    "note_held_of_import": lambda d: (
        f"{count(d.get('count'), 'message is', 'messages are')} held until a person decides: `tournee deployments`"
    ),
    "note_is_paused": "{deployment} is paused since {at}: `tournee resume {deployment}` ends it.",
    "note_released": lambda d: (
        f"{count(d.get('count'), 'message', 'messages')}{_of(d)} released; they leave as the rules allow."
        if d.get("count") != 0
        else f"There was nothing{_of(d)} to release."
    ),
    "note_resumed": lambda d: f"No longer paused: what is due{_of(d)} leaves.",
    "note_resumed_already": "It was not paused.",
    "note_sending": lambda d: (
        f"{d.get('deployment')}: {count(d.get('count'), 'message is', 'messages are')} being sent at this moment."
    ),
    "note_uncertain": _uncertain,
    "word_from": "From",
    "word_subject": "Subject",
    "word_to": "To",
    # ---- the web pages
    "web_ask_email": _ask("emails"),
    "web_ask_sms": _ask("text messages"),
    "web_ask_webhook": _ask("messages"),
    "web_button": "Unsubscribe",
    "web_done_email": _done("emails"),
    "web_done_sms": _done("text messages"),
    "web_done_webhook": _done("messages"),
    "web_text_away": "Please try again in a minute. Nothing was changed.",
    "web_text_no_method": "This page is for browsers.",
    "web_text_too_many": "Too many links that are not valid were tried. Please wait a minute.",
    "web_text_unknown": "The link may have been cut: please open it from the message again, or answer the message.",
    "web_title_ask": "Unsubscribe",
    "web_title_away": "Not possible at the moment",
    "web_title_done": "You are unsubscribed",
    "web_title_no_method": "Not possible",
    "web_title_too_many": "Please wait",
    "web_title_unknown": "This link is not valid",
}
