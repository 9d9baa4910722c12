"""What is said to a contact by each channel."""

import base64
import hmac
import json
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from support.letters import PUBLIC, SECRET, claim, every_channel
from support.post import Post
from tournee.actions.letters import Composer, nearest
from tournee.channels.mime import as_bytes, mailbox
from tournee.core import tokens
from tournee.core.errors import TemplateWrong
from tournee.core.facts import Message, Request
from tournee.core.settings import Channel, ContactField, FieldType


def written(post: Post, deployment: str, **changes: object) -> Message | Request:
    return Composer(post.app).compose(claim(post, deployment, **changes))  # type: ignore[arg-type]


def mail(post: Post, deployment: str = "satisfaction", **changes: object) -> Message:
    found = written(post, deployment, **changes)
    assert isinstance(found, Message)
    return found


def request(post: Post, deployment: str) -> Request:
    found = written(post, deployment)
    assert isinstance(found, Request)
    return found


@pytest.fixture
def every(small_post: Post) -> Post:
    return every_channel(small_post)


# ---------------------------------------------------------------- email


def test_a_mail_is_in_the_contacts_language_with_its_own_message_id(every: Post) -> None:
    message = mail(every)
    assert (message.sender, message.to, message.subject, message.message_id) == (
        "Boutique <avis@boutique.example>", "zoe@example.com", "Votre avis, Zoé ?",
        "<0193a4b5c6d70000001.0123456789abcdef@example.com>",
    )  # fmt: skip
    assert message.html == '<p>Bonjour Zoé, <a href="https://survey.example/s/1">votre avis</a></p>'
    assert message.text == "Bonjour Zoé, votre avis <https://survey.example/s/1>\n"
    assert message.headers["Date"] == "Mon, 23 Nov 2026 12:00:00 +0100"


def test_a_mail_can_be_unsubscribed_from_with_one_click(every: Post) -> None:
    message = mail(every)
    link = message.headers["List-Unsubscribe"]
    contact_id = claim(every, "satisfaction").contact.id
    assert link.startswith(f"<{PUBLIC}/u/")
    assert tokens.read(every.app.key, link[len(PUBLIC) + 4 : -1]) == (contact_id, Channel.EMAIL)
    raw = as_bytes(message, mailbox(message.sender), message.to)
    assert f"\r\nList-Unsubscribe: {link}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_a_template_may_show_the_link_to_unsubscribe(every: Post) -> None:
    every.template("satisfaction.fr.html", '<a href="{{ unsubscribe_url }}">Stop</a>')
    message = mail(every)
    assert f'href="{message.headers["List-Unsubscribe"].strip("<>")}"' in (message.html or "")


def test_what_a_message_needs_of_the_database_was_taken_before_it_begins(every: Post) -> None:
    composer = Composer(every.app)
    with every.store.write() as tx:
        tx.connection.execute(sa.text("DROP TABLE keys"))
    for name in ("satisfaction", "rappel", "crm"):
        assert composer.compose(claim(every, name))


def test_without_a_public_address_there_is_no_link_to_unsubscribe(small_post: Post) -> None:
    post = every_channel(small_post, public=False)
    post.template("satisfaction.fr.html", "{% if unsubscribe_url %}Stop{% else %}Bonjour{% endif %}")
    message = mail(post)
    assert (list(message.headers), message.html) == (["Date"], "Bonjour")


def test_a_template_knows_that_it_is_a_reminder(every: Post) -> None:
    every.template(
        "satisfaction.fr.html", "{% if reminder %}Rappel {{ reminder }}{% else %}Bonjour{% endif %}"
    )
    assert [mail(every, reminder=number).html for number in (0, 1, 2)] == ["Bonjour", "Rappel 1", "Rappel 2"]


def test_values_are_typed_in_templates(every: Post) -> None:
    every.template("accueil.html", "{{ contact.amount + 1 }} {{ contact.bought.strftime('%d/%m') }}")
    assert mail(every, deployment="accueil", list="halles").html == "1235.50 23/11"


def test_a_moment_is_in_the_configured_zone(every: Post) -> None:
    seen = ContactField(key="seen", type=FieldType.DATETIME, columns={"fr": ("Vu",)})
    fields = every.app.settings.contact_fields | {"seen": seen}
    settings = replace(every.app.settings, contact_fields=fields)
    app = replace(every.app, config=replace(every.app.config, settings=settings))
    every.template("accueil.html", "{{ contact.seen.isoformat() }} {{ contact.seen > contact.seen }}")
    asked = claim(every, "accueil")
    asked = replace(asked, contact=replace(asked.contact, fields={"seen": "2026-11-23T08:30:00Z"}))
    message = Composer(app).compose(asked)
    assert isinstance(message, Message)
    moment = datetime(2026, 11, 23, 9, 30, tzinfo=ZoneInfo("Europe/Paris"))
    assert message.html == f"{moment.isoformat()} False"


def test_a_value_stored_under_another_type_stays_as_it_is(every: Post) -> None:
    every.template("accueil.html", "{{ contact.bought }}")
    asked = claim(every, "accueil")
    asked = replace(asked, contact=replace(asked.contact, fields={"bought": "last week"}))
    message = Composer(every.app).compose(asked)
    assert isinstance(message, Message)
    assert message.html == "last week"


def test_templates_are_read_once_and_by_the_next_composer_again(every: Post) -> None:
    composer = Composer(every.app)
    first = composer.compose(claim(every, "satisfaction"))
    every.template("satisfaction.fr.html", "Bonsoir")
    assert composer.compose(claim(every, "satisfaction")) == first
    assert mail(every).html == "Bonsoir"


def test_a_template_that_cannot_be_read_or_compiled_concerns_everybody(every: Post) -> None:
    composer = Composer(every.app)
    every.template("satisfaction.fr.html", "{% if %}")
    for _ in range(2):
        with pytest.raises(TemplateWrong) as caught:
            composer.compose(claim(every, "satisfaction"))
        assert (caught.value.reason.code, caught.value.for_everybody) == ("template_syntax", True)


def test_a_value_that_does_not_fit_concerns_one_contact(every: Post) -> None:
    every.template("satisfaction.fr.html", "{{ contact.last_name.upper() }}")
    with pytest.raises(TemplateWrong) as caught:
        mail(every)
    assert (caught.value.reason.code, caught.value.for_everybody) == ("template_failed", False)


@pytest.mark.parametrize(
    ("language", "choices", "chosen"),
    [
        ("fr", ["en", "fr"], "fr"), ("fr-CA", ["en", "fr"], "fr"), ("fr-ca", ["fr", "fr-CA"], "fr-CA"),
        ("de", ["en", "fr"], "en"), (None, ["fr", "en"], "fr"), ("de", ["*"], "*"),
    ],
)  # fmt: skip
def test_the_language_is_the_contacts_else_its_base_else_the_first(
    language: str | None, choices: list[str], chosen: str
) -> None:
    assert nearest(language, choices) == chosen


# ---------------------------------------------------------------- text messages


def test_a_text_message_is_the_request_that_its_gateway_wants(every: Post) -> None:
    asked = request(every, "rappel")
    contact_id = claim(every, "rappel").contact.id
    assert (asked.method, asked.url) == ("POST", "https://sms.example/send?api_key=s3cret&from=Boutique")
    assert asked.headers == {"Authorization": "Bearer t0ken", "Content-Type": "application/json"}
    assert json.loads(asked.content) == {
        "to": "+33612345678",
        "message": f"Votre avis, Zoé : https://survey.example/s/3?c={contact_id}",
        "id": "0193a4b5c6d70000001-0123456789abcdef",
        "password": "s3cret",
    }


def test_a_gateway_is_not_asked_twice_and_quoted_without_token_or_contact(every: Post) -> None:
    asked = request(every, "rappel")
    assert not asked.repeatable
    assert {"t0ken", "+33612345678", "zoe@example.com", "Zoé"} <= set(asked.secrets)


# ---------------------------------------------------------------- webhooks


def test_a_webhook_says_who_and_what_without_a_question(every: Post) -> None:
    asked = request(every, "crm")
    contact = claim(every, "crm").contact
    assert json.loads(asked.content) == {
        "type": "solicitation",
        "timestamp": "2026-11-23T09:30:00Z",
        "data": {
            "solicitation_id": "0193a4b5c6d70000001-0123456789abcdef", "deployment": "crm", "reminder": 0,
            "survey_url": None,
            "unsubscribe_url": f"{PUBLIC}/u/{tokens.token(every.app.key, contact.id, Channel.WEBHOOK)}",
            "contact": {
                "id": contact.id, "email": "zoe@example.com", "phone": "+33612345678", "first_name": "Zoé",
                "last_name": None, "gender": None, "title": None, "country": None, "language": "fr",
                "fields": {"amount": "1234.50", "bought": "2026-11-23"},
            },
        },
    }  # fmt: skip
    assert (asked.method, asked.url, asked.repeatable) == (
        "POST",
        "https://crm.example/hook?key=s3cret",
        True,
    )


def test_a_webhook_is_signed_as_the_standard_wants(every: Post) -> None:
    asked = request(every, "crm")
    name, at = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{name}.{at}.".encode() + asked.content, sha256)
    assert asked.headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"
    assert (at, asked.headers["content-type"]) == (str(int(every.now.timestamp())), "application/json")


def test_a_webhook_that_is_tried_again_has_its_id_and_body_and_a_new_time(every: Post) -> None:
    first = request(every, "crm")
    every.later(minutes=5)
    second = request(every, "crm")
    assert (second.content, second.headers["webhook-id"]) == (first.content, first.headers["webhook-id"])
    assert "." not in first.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert second.headers["webhook-signature"] != first.headers["webhook-signature"]
