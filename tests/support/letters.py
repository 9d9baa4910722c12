"""An installation with a deployment of each channel, and claims of its solicitations."""

import base64
from datetime import datetime

from support.post import Post
from tournee.actions import contacts
from tournee.core.facts import Claim

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
PUBLIC = "https://avis.example.com"
EVERY_CHANNEL = f"""\
  rappel:
    channel: sms
    gateway: ovh
    from: Boutique
    text: {{fr: "Votre avis, {{{{ contact.first_name }}}} : {{{{ survey_url }}}}", en: "How was it?"}}
    survey_url: https://survey.example/s/3?c={{{{ contact.id }}}}
  crm: {{channel: webhook, url: "https://crm.example/hook?key=s3cret", secret: {SECRET}}}
gateways:
  ovh:
    url: https://sms.example/send?api_key=s3cret&from={{{{ sender }}}}
    headers: {{Authorization: Bearer t0ken}}
    json: {{to: "{{{{ phone }}}}", message: "{{{{ text }}}}", id: "{{{{ solicitation_id }}}}",
           password: s3cret}}
"""


def every_channel(post: Post, *, public: bool = True) -> Post:
    """The installation with every channel, and one contact."""
    post.more = EVERY_CHANNEL + (f"http: {{public_url: '{PUBLIC}'}}\n" if public else "")
    post.configure()
    post.bring(
        "zoe@example.com;Zoé;fr;+33612345678;1 234,50;23/11/2026",
        header="Email;Prénom;Langue;Téléphone;Montant;Date d'achat",
    )
    return post


def claim(
    post: Post, deployment: str, *, who: str = "zoe@example.com", list: str = "avis", reminder: int = 0
) -> Claim:
    """A solicitation as the outbox hands it out."""
    return Claim(
        id=7,
        deployment=deployment,
        list=list,
        message_id="<0193a4b5c6d70000001.0123456789abcdef@example.com>",
        attempts=0,
        contact=contacts.show(post.app, who),
        decided_at=datetime.fromisoformat("2026-11-23T09:30:00Z"),
        reminder=reminder,
    )
