"""What is said to one contact: a solicitation -> the email or the request that carries it.

Templates are compiled once for each deployment and language, and kept as long as their composer.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from tournee.actions import App
from tournee.core import signing, tokens
from tournee.core.errors import TemplateWrong
from tournee.core.facts import Claim, Contact, JsonValue, Message, Reason, Request
from tournee.core.render import Letter, Record, RequestForm, Source, TextForm
from tournee.core.settings import Channel, Deployment, EmailForm, FieldType, SmsForm, WebhookForm

SHOWN = ("id", "email", "phone", "first_name", "last_name", "gender", "title", "country", "language")

Form = TypeVar("Form", Letter, TextForm, RequestForm)


@dataclass(slots=True)
class Composer:
    """Writes the messages of an installation; for as long as its templates may be kept.

    What it writes depends on the configuration, the contact and, for dates and signatures, the clock alone:
    what it needs of the database it takes when it is made, which raises StoreError and is not to be done
    inside a transaction.
    """

    app: App
    _key: bytes = field(init=False, default=b"")
    _letters: "_Kept[Letter]" = field(default_factory=lambda: _Kept())
    _texts: "_Kept[TextForm]" = field(default_factory=lambda: _Kept())
    _gateways: "_Kept[RequestForm]" = field(default_factory=lambda: _Kept())

    def __post_init__(self) -> None:
        if self._public_url:
            self._key = self.app.key

    @property
    def _public_url(self) -> str | None:
        http = self.app.settings.http
        return http.public_url if http else None

    def compose(self, claim: Claim) -> Message | Request:
        """The message of a claim whose deployment is configured and whose contact has the address for it.

        Raises TemplateWrong.
        """
        deployment = self.app.settings.deployments[claim.deployment]
        match deployment.form:
            case EmailForm() as form:
                return self._email(claim, deployment, form)
            case SmsForm() as form:
                return self._sms(claim, deployment, form)
            case WebhookForm() as form:
                return self._webhook(claim, deployment, form)

    # ------------------------------------------------------------ the three channels

    def _email(self, claim: Claim, deployment: Deployment, form: EmailForm) -> Message:
        link = self._unsubscribe_url(claim, deployment.channel)
        letter = self._letter(deployment, form, claim.contact.language)
        rendered = letter.render(**self._names(claim, deployment, link))
        headers = {"Date": format_datetime(self.app.clock().astimezone(self.app.timezone))}
        if link:  # as RFC 8058 wants it: one POST, without a question
            headers |= {
                "List-Unsubscribe": f"<{link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            }
        return Message(
            message_id=claim.message_id,
            sender=form.sender,
            to=claim.contact.email or "",
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            headers=headers,
            secrets=_personal(claim.contact),
        )

    def _sms(self, claim: Claim, deployment: Deployment, form: SmsForm) -> Request:
        request = self._gateway(form.gateway).render(
            phone=claim.contact.phone or "",
            text=self.text(claim, deployment, form),
            solicitation_id=solicitation_id(claim),
            sender=form.sender or "",
            deployment=deployment.key,
        )
        headers = self.app.settings.gateways[form.gateway].headers
        tokens_in_headers = {part for value in headers.values() for part in value.reveal().split()}
        return replace(request, secrets=(*_personal(claim.contact), *sorted(tokens_in_headers)))

    def text(self, claim: Claim, deployment: Deployment, form: SmsForm) -> str:
        """What the text message says."""
        link = self._unsubscribe_url(claim, deployment.channel)
        tag = nearest(claim.contact.language, form.text)
        return self._text_form(deployment, tag, form.text[tag]).render(**self._names(claim, deployment, link))

    def _webhook(self, claim: Claim, deployment: Deployment, form: WebhookForm) -> Request:
        link = self._unsubscribe_url(claim, deployment.channel)
        only_url = self._text_form(deployment, "", "{{ survey_url }}")
        survey_url = only_url.render(**self._names(claim, deployment, link))
        said: dict[str, JsonValue] = {
            "type": "solicitation",
            "timestamp": f"{claim.decided_at.replace(tzinfo=None).isoformat(timespec='seconds')}Z",
            "data": {
                "solicitation_id": solicitation_id(claim),
                "deployment": deployment.key,
                "reminder": claim.reminder,
                "survey_url": survey_url or None,
                "unsubscribe_url": link,
                "contact": _as_json(claim.contact),
            },
        }
        content = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        secret = form.secret.reveal()
        signed = signing.webhook_headers(solicitation_id(claim), self.app.clock(), content, secret)
        return Request(
            method="POST",
            url=form.url,
            headers={"content-type": "application/json", **signed},
            content=content,
            repeatable=True,
            secrets=(*_personal(claim.contact), secret),
        )

    # ------------------------------------------------------------ what templates know

    def _names(self, claim: Claim, deployment: Deployment, link: str | None) -> dict[str, Any]:
        entry = self.app.settings.lists.get(claim.list)
        name = entry.name if entry else claim.list
        return {
            "contact": self._record_of(claim.contact),
            "deployment": Record({"key": deployment.key}, deployment.key),
            "list": Record({"key": claim.list, "name": name}, name),
            "unsubscribe_url": link,
            "reminder": claim.reminder,
        }

    def _record_of(self, contact: Contact) -> Record:
        declared = self.app.settings.contact_fields
        zone = self.app.timezone
        values = {key: _typed(contact.fields.get(key), entry.type, zone) for key, entry in declared.items()}
        return Record(values | {name: getattr(contact, name) for name in SHOWN})

    def _unsubscribe_url(self, claim: Claim, channel: Channel) -> str | None:
        if not self._public_url:
            return None
        return f"{self._public_url}/u/{tokens.token(self._key, claim.contact.id, channel)}"

    # ------------------------------------------------------------ templates, compiled once

    def _letter(self, deployment: Deployment, form: EmailForm, language: str | None) -> Letter:
        subject, page = nearest(language, form.subject), nearest(language, form.templates)

        def compiled() -> Letter:
            html = Path(form.templates[page])
            text = html.with_suffix(".txt")
            return Letter(
                subject=Source(name=f"deployments.{deployment.key}.subject", text=form.subject[subject]),
                survey_url=_survey_url(deployment),
                html=_source(html),
                text=_source(text) if text.exists() else None,
            )

        return self._letters.get((deployment.key, subject, page), compiled)

    def _text_form(self, deployment: Deployment, tag: str, text: str) -> TextForm:
        def compiled() -> TextForm:
            source = Source(name=f"deployments.{deployment.key}.text", text=text)
            return TextForm(text=source, survey_url=_survey_url(deployment))

        return self._texts.get((deployment.key, tag), compiled)

    def _gateway(self, key: str) -> RequestForm:
        gateway = self.app.settings.gateways[key]
        return self._gateways.get((key,), lambda: RequestForm(gateway))


class _Kept(Generic[Form]):
    """Forms, each compiled when it is first asked for; one that cannot be is not tried again."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, ...], Form | Reason] = {}

    def get(self, key: tuple[str, ...], compiled: Callable[[], Form]) -> Form:
        """The form of that key; raises TemplateWrong."""
        if key not in self._forms:
            try:
                self._forms[key] = compiled()
            except TemplateWrong as mistake:
                self._forms[key] = mistake.reason
        form = self._forms[key]
        if isinstance(form, Reason):
            raise TemplateWrong(form)
        return form


def nearest(language: str | None, choices: Iterable[str]) -> str:
    """The one of `choices` (language tags, or `*`) for a contact: its language, its base, else the first."""
    by_tag = {tag.lower(): tag for tag in choices}
    asked = (language or "").lower()
    return by_tag.get(asked) or by_tag.get(asked.partition("-")[0]) or next(iter(by_tag.values()))


def solicitation_id(claim: Claim) -> str:
    """What tells a solicitation from every other one, of other installations too; the same at each attempt.

    A receiver knows by it that something came twice. It has no full stop, as the Standard Webhooks want it.
    """
    return claim.message_id.strip("<>").partition("@")[0].replace(".", "-")


def _survey_url(deployment: Deployment) -> Source:
    return Source(name=f"deployments.{deployment.key}.survey_url", text=deployment.survey_url)


def _source(path: Path) -> Source:
    try:
        return Source(name=path.name, text=path.read_text("utf-8"))
    except UnicodeDecodeError:
        details = {"template": path.name, "error": "not UTF-8"}
    except OSError as error:
        details = {"template": path.name, "error": error.strerror or str(error)}
    raise TemplateWrong(Reason("template_unreadable", details))


def _typed(value: JsonValue, kind: FieldType, timezone: ZoneInfo) -> object:
    """A declared field as templates can work with it: dates format themselves, numbers compare."""
    if value is None:
        return None
    try:
        if kind is FieldType.DATE:
            return date.fromisoformat(str(value))
        if kind is FieldType.DATETIME:
            return datetime.fromisoformat(str(value)).astimezone(timezone)
        if kind is FieldType.NUMBER:
            return Decimal(str(value))
    except (ValueError, ArithmeticError):  # stored while the field was declared otherwise
        return value
    return value


def _as_json(contact: Contact) -> dict[str, JsonValue]:
    """A contact as `contact show --json` has it, without what concerns nobody outside."""
    return {**{name: getattr(contact, name) for name in SHOWN}, "fields": dict(contact.fields)}


def _personal(contact: Contact) -> tuple[str, ...]:
    """The contact's values, which an answer may repeat."""
    own = (contact.email, contact.phone, contact.first_name, contact.last_name, *contact.fields.values())
    return tuple(value for value in own if isinstance(value, str) and value)
