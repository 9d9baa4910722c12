"""The keys of `deployments`."""

from tournee.config.groups import ByTag, Entries
from tournee.config.kinds import SENDER, existing_tag, member
from tournee.config.rules import RULES
from tournee.config.schema import Filled, Key, Section
from tournee.config.templates import SUBJECT, SURVEY_URL, TEMPLATE
from tournee.core.settings import Channel, Deployment


def _deployment(filled: Filled) -> Deployment:
    subject: dict[str, str] = filled["subject"]
    templates: dict[str, str] = filled["template"]
    return Deployment(
        key=filled.spot.path[-1],
        channel=filled["channel"],
        sender=filled["from"],
        subject=subject,
        templates={tag: templates[tag] for tag in (*subject, *templates) if tag in templates},
        survey_url=filled["survey_url"],
        rules=filled["rules"] or (),
    )


def _the_same_languages(filled: Filled) -> None:
    """A subject and a template by language are by the same languages, so that no message is half in each."""
    subject, templates = filled["subject"] or {"*": ""}, filled["template"] or {"*": ""}
    if "*" in subject or "*" in templates:
        return
    for tag in templates.keys() - subject.keys():
        filled.wrong(f"there is a template in `{tag}`, but no subject", filled.key_place("subject"))
    for tag in subject.keys() - templates.keys():
        filled.wrong(f"there is a subject in `{tag}`, but no template", filled.key_place("template"))


DEPLOYMENT = Section(
    about="A survey that is sent to the contacts of a file.",
    keys={
        "channel": Key(
            kind=member(Channel, not_yet=("sms", "webhook")), about="How it is sent.", required=True
        ),
        "from": Key(kind=SENDER, about="The sender.", required=True),
        "subject": Key(
            kind=ByTag(item=SUBJECT, tag=existing_tag, single=True),
            about="The subject, or one for each language; a template with the names of `template`.",
            required=True,
        ),
        "template": Key(
            kind=TEMPLATE,
            about="The message, as HTML with Jinja: the file `x.html`, or `x.fr.html`, `x.en.html` … beside "
            "it. It has `contact`, `survey_url`, `deployment` and `list`.",
            required=True,
        ),
        "survey_url": Key(
            kind=SURVEY_URL,
            about="Where the survey is; a template with `contact`, `deployment` and `list`.",
            required=True,
        ),
        "rules": Key(kind=RULES, about="Limits that count this deployment only; all must allow."),
    },
    make=_deployment,
    rules=(_the_same_languages,),
    not_yet=("gateway", "text", "url", "secret", "secret_file", "rate", "remind", "hold_above"),
    decides="channel",
)

DEPLOYMENTS = Entries(about="The surveys, by names that you choose.", entry=DEPLOYMENT)
