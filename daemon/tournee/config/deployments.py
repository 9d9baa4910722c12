"""The keys of `deployments`: some are for one channel only."""

from collections.abc import Callable, Mapping

from tournee.config.groups import ByTag, Entries
from tournee.config.http import (
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_FILE,
    WEBHOOK_URL,
)
from tournee.config.kinds import SENDER, Text, clock_duration, existing_tag, member, reference
from tournee.config.measures import RATE, REMIND
from tournee.config.rules import RULES
from tournee.config.schema import FLAWED, Filled, JsonSchema, Key, Section, exclusive
from tournee.config.servers import CA_FILE
from tournee.config.templates import SMS_TEXT, SUBJECT, SURVEY_URL, TEMPLATE, names_in
from tournee.config.urls import in_clear
from tournee.core.settings import Channel, Deployment, EmailForm, SmsForm, WebhookForm

_EMAIL, _SMS, _WEBHOOK = Channel.EMAIL, Channel.SMS, Channel.WEBHOOK

#: Which channels a key is for; one that is not here is for all.
_CHANNELS: Mapping[str, tuple[Channel, ...]] = {
    "from": (_EMAIL, _SMS), "subject": (_EMAIL,), "template": (_EMAIL,),
    "gateway": (_SMS,), "text": (_SMS,),
    "url": (_WEBHOOK,), "secret": (_WEBHOOK,), "secret_file": (_WEBHOOK,), "timeout": (_WEBHOOK,),
    "ca_file": (_WEBHOOK,),
}  # fmt: skip

#: The keys without which nothing can be sent.
_NEEDED: Mapping[Channel, tuple[str, ...]] = {
    _EMAIL: ("from", "subject", "template", "survey_url"),
    _SMS: ("gateway", "text"),
    _WEBHOOK: ("url",),
}


# ---------------------------------------------------------------- what they make


def _deployment(filled: Filled) -> Deployment:
    return Deployment(
        key=filled.spot.path[-1],
        channel=filled["channel"],
        form=_FORMS[filled["channel"]](filled),
        survey_url=filled["survey_url"] or "",
        rules=filled["rules"] or (),
        rate=filled["rate"],
        remind=tuple(sorted(filled["remind"] or (), key=lambda after: after.longest)),
    )


def _email(filled: Filled) -> EmailForm:
    subject: dict[str, str] = filled["subject"]
    templates: dict[str, str] = filled["template"]
    tags = [tag for tag in (*subject, *templates) if tag in templates]
    return EmailForm(sender=filled["from"], subject=subject, templates={tag: templates[tag] for tag in tags})


def _sms(filled: Filled) -> SmsForm:
    return SmsForm(gateway=filled["gateway"], text=filled["text"], sender=filled["from"])


def _webhook(filled: Filled) -> WebhookForm:
    return WebhookForm(
        url=filled["url"],
        secret=filled["secret"] or filled["secret_file"],
        timeout=filled["timeout"],
        ca_file=filled["ca_file"],
    )


_FORMS: Mapping[Channel, Callable[[Filled], EmailForm | SmsForm | WebhookForm]] = {
    _EMAIL: _email,
    _SMS: _sms,
    _WEBHOOK: _webhook,
}


# ---------------------------------------------------------------- what must fit together


def _keys_of_the_channel(filled: Filled) -> None:
    """No key of another channel, and every key that this one needs."""
    channel: Channel | None = filled["channel"]
    if channel is None:
        return
    for key, channels in _CHANNELS.items():
        if filled.has(key) and channel not in channels:
            filled.wrong(f"`{key}` means nothing for `channel: {channel}`", filled.key_place(key))
    for key in _NEEDED[channel]:
        if filled.lacks(key):
            filled.wrong(f"`{key}` is missing: write {DEPLOYMENT.keys[key].kind.wants}")
        filled.sound = filled.sound and filled.has(key)
    if channel is _WEBHOOK and filled.lacks("secret") and filled.lacks("secret_file"):
        filled.wrong("`secret` or `secret_file` is missing: what the webhook is signed with, `whsec_…`")
    signed = bool(filled["secret"] or filled["secret_file"])
    filled.sound = filled.sound and (signed or channel is not _WEBHOOK)


def _an_address_to_write_from(filled: Filled) -> None:
    """A sender of emails has an address; one of text messages has what its gateway wants."""
    if filled["channel"] in (_EMAIL, None) and filled["from"]:
        spot = filled.spot.below("from", filled.entries["from"])
        filled.sound = SENDER.read(spot, filled.reading) is not FLAWED and filled.sound


def _the_same_languages(filled: Filled) -> None:
    """A subject and a template by language are by the same languages, so that no message is half in each."""
    subject, templates = filled["subject"] or {"*": ""}, filled["template"] or {"*": ""}
    if "*" in subject or "*" in templates:
        return
    for tag in templates.keys() - subject.keys():
        filled.wrong(f"there is a template in `{tag}`, but no subject", filled.key_place("subject"))
    for tag in subject.keys() - templates.keys():
        filled.wrong(f"there is a subject in `{tag}`, but no template", filled.key_place("template"))


def _tls_for_certificates(filled: Filled) -> None:
    if filled.has("ca_file") and str(filled["url"] or "").lower().startswith("http:"):
        filled.wrong("`ca_file` means nothing for `http://`", filled.key_place("ca_file"))


def _warn_of_an_empty_link(filled: Filled) -> None:
    texts: dict[str, str] = filled["text"] or {}
    if filled.lacks("survey_url") and any("survey_url" in names_in(text) for text in texts.values()):
        message = "there is no `survey_url`: where the text has it, nothing stands"
        filled.reading.mistakes.warn(filled.key_place("text"), message)


def _warn_of_clear_text(filled: Filled) -> None:
    if filled["url"] and in_clear(filled["url"]):
        message = "what is known of contacts travels in clear: use `https://` where the receiver can"
        filled.reading.mistakes.warn(filled.place("url"), message)


def _cases() -> tuple[JsonSchema, ...]:
    """For editors: what each channel needs."""
    return tuple(
        {"if": {"properties": {"channel": {"const": str(channel)}}}, "then": {"required": list(keys)}}
        for channel, keys in _NEEDED.items()
    )


# ---------------------------------------------------------------- keys

DEPLOYMENT = Section(
    about="A survey that is sent to the contacts of a file.",
    keys={
        "channel": Key(kind=member(Channel), about="How it is sent.", required=True),
        "from": Key(
            kind=Text(wants=SENDER.wants, parse=lambda said: said.text),
            about="The sender; of text messages only where the gateway asks for one.",
        ),
        "subject": Key(
            kind=ByTag(item=SUBJECT, tag=existing_tag, single=True),
            about="Email: the subject, or one for each language; a template with the names of `template`.",
        ),
        "template": Key(
            kind=TEMPLATE,
            about="Email: the message, as HTML with Jinja: the file `x.html`, or `x.fr.html`, `x.en.html` … "
            "beside it. It has `contact`, `survey_url`, `unsubscribe_url`, `deployment`, `list`, `reminder`.",
        ),
        "gateway": Key(kind=reference("gateways", "gateway"), about="SMS: a name of `gateways`."),
        "text": Key(
            kind=ByTag(item=SMS_TEXT, tag=existing_tag, single=True),
            about="SMS: the message, or one for each language; a template with the names of `template`.",
        ),
        "url": Key(kind=WEBHOOK_URL, about="Webhook: where each solicitation is posted to."),
        "secret": Key(
            kind=WEBHOOK_SECRET,
            about="Webhook: what signs it, `whsec_` and base64; better from the environment: `${NAME}`.",
        ),
        "secret_file": Key(
            kind=WEBHOOK_SECRET_FILE,
            about="A file that holds `secret`; a line end at its end is dropped.",
        ),
        "timeout": Key(
            kind=clock_duration(longest=3600, zero=False),
            about="Webhook: how long to wait for the receiver.",
            default="30 seconds",
        ),
        "ca_file": Key(kind=CA_FILE, about="Webhook: certificates (PEM) to trust instead of the system's."),
        "survey_url": Key(
            kind=SURVEY_URL,
            about="Where the survey is; a template with `contact`, `deployment`, `list` and `reminder`.",
        ),
        "rules": Key(kind=RULES, about="Rules of this deployment, besides those for all; all must allow."),
        "rate": Key(kind=RATE, about="How many of its messages may leave in a time: `20 per second`."),
        "remind": Key(
            kind=REMIND,
            about="When to ask again who has not answered: `after 7 days`, or several such times.",
        ),
    },
    make=_deployment,
    rules=(
        _keys_of_the_channel,
        exclusive("secret", "secret_file"),
        _an_address_to_write_from,
        _the_same_languages,
        _tls_for_certificates,
        _warn_of_an_empty_link,
        _warn_of_clear_text,
    ),
    decides="channel",
    cases=_cases(),
)

DEPLOYMENTS = Entries(about="The surveys, by names that you choose.", entry=DEPLOYMENT)
