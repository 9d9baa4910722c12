"""The pages on which people unsubscribe, asked as browsers, mail programs, scanners and strangers ask."""

import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from time import monotonic

import pytest
import sqlalchemy as sa

from support.rounds import ZOE, Round, rounds, small_rounds
from support.surfing import Site, served
from tournee.actions import contacts
from tournee.core.errors import CannotListen
from tournee.core.settings import Channel, Http
from tournee.store import Transaction
from tournee.web import Web

__all__ = ["rounds", "small_rounds"]

HEADER = "Email;Prénom;Langue"
PROTECTION = {
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def brought(rounds: Round, language: str = "fr") -> None:
    """Zoé, to whom something was sent."""
    rounds.deploy("satisfaction")
    rounds.settings["deployments"]["satisfaction"]["from"] = "Boutique Zèbre <avis@boutique.example>"
    rounds.configure()
    rounds.bring(f"{ZOE};{language}", header=HEADER)
    rounds.send_all()


@pytest.fixture
def site(rounds: Round) -> Iterator[Site]:
    """On both databases."""
    brought(rounds)
    with served(rounds) as found:
        yield found


@pytest.fixture
def small_site(small_rounds: Round) -> Iterator[Site]:
    """On SQLite alone, for what the database has no part in."""
    brought(small_rounds)
    with served(small_rounds) as found:
        yield found


# ---------------------------------------------------------------- asking changes nothing


def test_a_link_shows_one_button_and_who_wrote_and_changes_nothing(site: Site):
    link = site.link()
    before = site.rounds.tables()
    shown = site.ask(link)
    assert (shown.status, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (shown.text.count("<button"), shown.text.count("<form")) == (1, 1)
    assert "ne plus recevoir d’e-mails de Boutique Zèbre (Avis)" in shown.text
    assert [word for word in ("zoe", "Zoé", "example.com") if word in shown.text] == []
    assert site.rounds.tables() == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_scanners_that_only_look_change_nothing(site: Site, method: str):
    link = site.link()
    before = site.rounds.tables()
    shown = site.ask(link, method)
    assert (shown.status in (200, 204), shown.text, site.rounds.tables() == before) == (True, "", True)


def test_a_head_tells_what_a_get_would(small_site: Site):
    link = small_site.link()
    asked, shown = small_site.ask(link, "HEAD"), small_site.ask(link)
    different = ("date",)
    assert {name: value for name, value in asked.headers.items() if name not in different} == {
        name: value for name, value in shown.headers.items() if name not in different
    }


# ---------------------------------------------------------------- unsubscribing


def test_one_click_opts_out_of_the_channel_at_once(site: Site):
    done = site.unsubscribe(site.link())
    assert (done.status, site.refusals()) == (200, [("email", "unsubscribe")])
    assert not {"location", "set-cookie"} & set(done.headers)
    assert ("Désabonnement enregistré" in done.text, "<button" in done.text) == (True, False)


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=One-Click", "anything", "a=b&c=d"])
def test_whatever_a_mail_program_posts_unsubscribes(small_site: Site, body: str):
    assert small_site.ask(small_site.link(), "POST", body).status == 200
    assert small_site.refusals() == [("email", "unsubscribe")]


def test_again_is_the_same_and_the_first_refusal_stays(site: Site):
    link = site.link()
    first = [site.unsubscribe(link).status, contacts.show(site.rounds.app, "zoe@example.com").opt_outs]
    site.rounds.later(days=1)
    again = [site.unsubscribe(link).status, contacts.show(site.rounds.app, "zoe@example.com").opt_outs]
    assert again == first


def test_nobody_is_planned_who_unsubscribed(site: Site):
    site.unsubscribe(site.link())
    site.rounds.later(days=200)
    assert site.rounds.bring(f"{ZOE};fr", header=HEADER).decisions.blocked == {"opt_out": 1}


def test_who_has_unsubscribed_is_told_so_and_shown_no_button(small_site: Site):
    small_site.unsubscribe(small_site.link())
    shown = small_site.ask(small_site.link())
    assert ("Désabonnement enregistré" in shown.text, "<button" in shown.text) == (True, False)


@pytest.mark.parametrize(("channel", "word"), [(Channel.SMS, "de SMS"), (Channel.WEBHOOK, "de messages")])
def test_a_link_is_for_its_channel(small_site: Site, channel: Channel, word: str):
    link = small_site.link(channel=channel)
    assert f"ne plus recevoir {word}." in small_site.ask(link).text
    small_site.unsubscribe(link)
    assert small_site.refusals() == [(channel, "unsubscribe")]


def test_an_erased_contact_is_told_that_all_is_well_and_nothing_is_written(site: Site):
    link = site.link()
    contacts.erase(site.rounds.app, "zoe@example.com", confirmed=True)
    before = site.rounds.tables()
    assert [site.ask(link).status, site.unsubscribe(link).status] == [200, 200]
    assert site.rounds.tables() == before


# ---------------------------------------------------------------- languages


@pytest.mark.parametrize(
    ("own", "asked", "spoken"),
    [
        ("fr", "en", "fr"), ("en-GB", "fr", "en"), ("de", "fr-CA,fr;q=0.9", "fr"),
        ("de", "de, en;q=0.5", "en"), ("de", "ja", "en"), ("de", "", "en"), ("de", ";;q=,*", "en"),
    ],
)  # fmt: skip
def test_a_page_is_in_the_persons_language_or_the_browsers(
    small_rounds: Round, own: str, asked: str, spoken: str
):
    brought(small_rounds, own)
    with served(small_rounds) as site:
        shown = site.ask(site.link(), Accept_Language=asked)
    assert (shown.headers["content-language"], f'<html lang="{spoken}">' in shown.text) == (spoken, True)
    assert ("Me désabonner" if spoken == "fr" else "Unsubscribe") in shown.text


# ---------------------------------------------------------------- links that are not good


def changed(link: str) -> list[str]:
    """What somebody may make of a link who has one."""
    one = link[:-1] + ("A" if link[-1] != "A" else "B")
    other = link[:4] + "AAAA" + link[8:]
    return [one, other, link[:-1], f"{link}A", f"{link}/", "/u/", "/u/x", "/u/" + "A" * 32, "/u/%00%ff"]


def test_a_link_that_is_not_good_says_nothing_about_anybody_and_does_nothing(site: Site):
    answers = [one for path in changed(site.link()) for one in (site.ask(path), site.unsubscribe(path))]
    assert {answer.status for answer in answers} == {404}
    assert [word for word in ("Boutique", "Avis", "zoe") for one in answers if word in one.text] == []
    assert site.refusals() == []


def test_who_tries_many_links_has_to_wait_and_good_links_go_on_working(small_site: Site):
    statuses = [small_site.ask(f"/u/{number:032}").status for number in range(40)]
    assert (statuses[0], statuses[-1]) == (404, 429)
    refused = small_site.ask("/u/x")
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert [small_site.ask(small_site.link()).status for _ in range(40)] == [200] * 40
    assert small_site.unsubscribe(small_site.link()).status == 200


def test_behind_a_proxy_each_client_is_counted_alone(small_site: Site):
    small_site.client = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    for number in range(40):
        small_site.ask(f"/u/{number:032}")
    assert small_site.ask("/u/x").status == 429
    small_site.client = {"X-Forwarded-For": "198.51.100.7, 198.51.100.8"}
    assert small_site.ask("/u/x").status == 404


# ---------------------------------------------------------------- how it is protected


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_answer_is_protected(small_site: Site, method: str):
    for path in (small_site.link(), "/u/x", "/", "/healthz"):
        headers = small_site.ask(path, method).headers
        assert {name: headers.get(name) for name in PROTECTION} == PROTECTION
        assert headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "server" not in headers


def test_the_page_may_use_its_own_style_and_nothing_else(small_site: Site):
    shown = small_site.ask(small_site.link())
    [style] = re.findall("<style>(.*?)</style>", shown.text, re.DOTALL)
    known = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{known}'" in shown.headers["content-security-policy"]
    assert re.findall("<(script|img|link|iframe)", shown.text) == []


def test_other_methods_are_refused_with_those_that_are_not(small_site: Site):
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        refused = small_site.ask(small_site.link(), method)
        assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert small_site.refusals() == []


def test_options_tells_the_methods(small_site: Site):
    assert small_site.ask(small_site.link(), "OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert small_site.ask("/healthz", "OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"


def test_bodies_and_headers_have_a_limit(small_site: Site):
    link = small_site.link()
    assert small_site.ask(link, "POST", "x" * 20_000).status == 413
    assert small_site.ask(link, "GET", Long="x" * 20_000).status == 431
    assert small_site.refusals() == []


def test_nobody_is_sent_elsewhere(small_site: Site):
    link = small_site.link()
    for path in (f"/{link}", f"{link}/", f"{link}?utm=1", f"/.{link}", "/healthz/"):
        answer = small_site.ask(path)
        assert (answer.status in (200, 404), "location" in answer.headers) == (True, False)


def test_a_proxy_may_keep_the_path_of_the_public_url(small_site: Site):
    small_site.rounds.configure(http={"listen": "127.0.0.1:8780", "public_url": "https://a.example/avis"})
    link = small_site.link()
    paths = (f"/avis{link}", link, f"/other{link}", f"/avis/avis{link}")
    assert [small_site.ask(path).status for path in paths] == [200, 200, 404, 404]


def test_a_database_that_is_away_is_told_and_asked_again(small_site: Site):
    link = small_site.link()
    with small_site.rounds.store.write() as tx:
        tx.connection.execute(sa.text("ALTER TABLE opt_outs RENAME TO gone"))
    answers = [small_site.ask(link), small_site.unsubscribe(link)]
    assert [(one.status, one.headers["retry-after"]) for one in answers] == [(503, "60")] * 2


def test_it_tells_that_it_is_alive(small_site: Site):
    assert [small_site.ask("/healthz", method).status for method in ("GET", "HEAD")] == [200, 200]


# ---------------------------------------------------------------- where it listens


def test_a_port_that_another_program_has_is_told_with_its_name(small_rounds: Round):
    web = Web(lambda: small_rounds.app)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListen) as caught:
            web.serve(Http(host="127.0.0.1", port=port))
    assert (caught.value.reason.code, caught.value.reason.details["port"]) == ("cannot_listen", port)


def test_it_moves_and_stays_where_it_was_when_it_cannot(small_site: Site):
    first = small_site.port
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CannotListen):
        small_site.web.serve(Http(host="127.0.0.1", port=other.getsockname()[1]))
    assert small_site.ask("/healthz").status == 200
    small_site.web.serve(Http(host="localhost", port=free_port()))
    assert (small_site.ask("/healthz").status, small_site.port == first) == (200, False)
    small_site.web.serve(None)
    assert small_site.web.port is None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def test_it_ends_at_once_whoever_keeps_a_connection(small_site: Site):
    with socket.create_connection(("127.0.0.1", small_site.port)) as idle:
        idle.sendall(b"POST /u/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nList")
        assert small_site.ask("/healthz").status == 200
        begun = monotonic()
        small_site.web.stop()
        assert monotonic() - begun < 1


def test_the_configuration_is_the_one_of_now_and_no_name_in_it_is_html(small_site: Site):
    small_site.rounds.settings["lists"]["avis"]["name"] = "<b>Nouveau & beau</b>"
    small_site.rounds.configure()
    assert "(&lt;b&gt;Nouveau &amp; beau&lt;/b&gt;)" in small_site.ask(small_site.link()).text


def test_a_page_is_shown_while_an_import_holds_the_lock(site: Site):
    link = site.link()
    site.rounds.configure()  # as after a start: nothing is remembered of the database
    with site.rounds.store.write() as tx:
        contacts_of(tx)
        assert [site.ask(path).status for path in (link, "/u/x")] == [200, 404]


def contacts_of(tx: Transaction) -> None:
    """Whatever writes takes the lock."""
    tx.connection.execute(sa.text("UPDATE contacts SET first_name = first_name"))
