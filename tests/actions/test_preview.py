"""What would be sent to a contact, without sending it."""

import json

import pytest

from support.letters import PUBLIC, every_channel
from support.post import Post
from tournee.actions import contacts, deployments
from tournee.core.errors import TemplateWrong, UnknownName


@pytest.fixture
def every(small_post: Post) -> Post:
    return every_channel(small_post)


def test_a_mail_is_shown_as_it_would_be_sent(every: Post) -> None:
    draft = deployments.preview(every.app, "satisfaction", "zoe@example.com")
    assert (draft.channel, draft.sender, draft.to, draft.subject) == (
        "email", "Boutique <avis@boutique.example>", "zoe@example.com", "Votre avis, Zoé ?",
    )  # fmt: skip
    assert draft.text == "Bonjour Zoé, votre avis <https://survey.example/s/1>\n"
    assert draft.html == '<p>Bonjour Zoé, <a href="https://survey.example/s/1">votre avis</a></p>'
    assert draft.headers["List-Unsubscribe"].startswith(f"<{PUBLIC}/u/")


def test_a_text_message_is_shown_with_what_it_costs(every: Post) -> None:
    draft = deployments.preview(every.app, "rappel", "zoe@example.com")
    text = f"Votre avis, Zoé : https://survey.example/s/3?c={draft.contact_id}"
    assert (draft.sender, draft.to, draft.text) == ("Boutique", "+33612345678", text)
    assert (draft.encoding, draft.characters, draft.parts) == ("gsm", len(text), 1)


def test_a_request_is_shown_without_what_gives_access(every: Post) -> None:
    request = deployments.preview(every.app, "rappel", "zoe@example.com").request
    assert request
    assert request.url == "https://sms.example/send?api_key=…&from=Boutique"
    assert request.headers == {"Authorization": "…", "Content-Type": "application/json"}
    said = json.loads(request.content)
    assert (said["to"], said["password"]) == ("+33612345678", "…")
    assert "s3cret" not in repr(request)
    assert "t0ken" not in repr(request)


def test_what_a_text_message_says_is_shown_whole(every: Post) -> None:
    every.more = every.more.replace("https://survey.example/s/3?c=", "https://survey.example/s/3?sign=1&key=")
    every.configure()
    request = deployments.preview(every.app, "rappel", "zoe@example.com").request
    assert request
    assert "/s/3?sign=1&key=" in json.dumps(json.loads(request.content))


def test_a_form_is_shown_without_what_gives_access(every: Post) -> None:
    every.more = every.more.replace("    json: {", "    form: {")
    every.configure()
    request = deployments.preview(every.app, "rappel", "zoe@example.com").request
    assert request
    pairs = request.content.decode().split("&")
    assert {"to=%2B33612345678", "password=…"} <= set(pairs)


def test_a_webhook_is_shown_without_its_secrets(every: Post) -> None:
    draft = deployments.preview(every.app, "crm", "zoe@example.com")
    assert draft.request
    assert (draft.to, draft.request.url) == ("zoe@example.com", "https://crm.example/…")
    assert draft.request.headers["webhook-signature"] == "…"
    assert json.loads(draft.request.content)["data"]["contact"]["first_name"] == "Zoé"


def test_nothing_is_sent_and_nothing_recorded(every: Post) -> None:
    before = every.rows()
    for deployment in ("satisfaction", "rappel", "crm"):
        deployments.preview(every.app, deployment, "zoe@example.com")
    assert (every.rows(), every.sink.connections) == (before, 0)


def test_a_reminder_can_be_looked_at(every: Post) -> None:
    every.template("satisfaction.fr.html", "{{ reminder }}")
    assert deployments.preview(every.app, "satisfaction", "zoe@example.com", reminder=2).html == "2"


def test_the_list_is_one_that_deploys_it(every: Post) -> None:
    every.template("satisfaction.fr.html", "{{ list }}")
    every.template("accueil.html", "{{ list }}")
    shown = [
        deployments.preview(every.app, name, "zoe@example.com").html for name in ("satisfaction", "accueil")
    ]
    assert shown == ["Avis après achat", "Halles"]


def test_a_contact_without_the_address_is_shown_what_it_would_say(every: Post) -> None:
    contact = contacts.add(every.app, ["phone=+33698765432", "first_name=Jo", "language=fr"], ["avis"])
    draft = deployments.preview(every.app, "satisfaction", str(contact.id))
    assert (draft.to, draft.subject) == (None, "Votre avis, Jo ?")


@pytest.mark.parametrize(
    ("deployment", "who", "code"),
    [("satisfation", "zoe@example.com", "unknown_deployment"), ("rappel", "jo@x.example", "unknown_contact")],
)
def test_what_does_not_exist_is_said(every: Post, deployment: str, who: str, code: str) -> None:
    with pytest.raises(UnknownName) as caught:
        deployments.preview(every.app, deployment, who)
    assert caught.value.reason.code == code


def test_a_mistake_in_a_template_is_said(every: Post) -> None:
    every.template("satisfaction.fr.html", "{% if %}")
    with pytest.raises(TemplateWrong):
        deployments.preview(every.app, "satisfaction", "zoe@example.com")
