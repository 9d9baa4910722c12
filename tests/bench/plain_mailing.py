"""The way to send that everybody would write first: Jinja, the `email` package, smtplib, one connection.

`plain_mailing.py PORT TEMPLATE NUMBER` prints the seconds that so many messages took.
"""

import smtplib
import sys
import time
from datetime import date
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from jinja2 import Environment


def main() -> None:
    """Send them all."""
    port, template, number = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    html = Environment(autoescape=True).from_string(template.read_text("utf-8"))
    text = Environment().from_string(template.with_suffix(".txt").read_text("utf-8"))
    with smtplib.SMTP("127.0.0.1", port, "localhost") as server:
        begun = time.perf_counter()
        for one in range(number):
            server.send_message(message(one, html.render, text.render))
        print(time.perf_counter() - begun)


def message(one: int, html, text) -> EmailMessage:
    """One of them."""
    contact = {
        "first_name": "Zoé",
        "last_name": f"Lefèvre {one}",
        "purchase_date": date(2026, 11, 23),
        "store": "Lyon",
        "amount": "89.90",
    }
    names = {"contact": contact, "survey_url": f"https://survey.example/s/1234?c={one}"}
    names["unsubscribe_url"] = f"https://avis.boutique.example/u/{one:032}"
    mail = EmailMessage()
    mail["From"], mail["To"] = "Boutique <avis@boutique.example>", f"zoe{one}@example.com"
    mail["Subject"] = "Zoé, votre avis compte"
    mail["Message-ID"], mail["Date"] = make_msgid(domain="boutique.example"), formatdate()
    mail.set_content(text(names))
    mail.add_alternative(html(names), subtype="html")
    return mail


if __name__ == "__main__":
    main()
