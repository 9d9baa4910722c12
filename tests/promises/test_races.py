"""Promise 4 under concurrency: whatever happens at one instant, an allowance is spent once and a no is a no.

Two programs (threads with a store each, or processes) do two things at the same moment, hundreds of times.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.house import House
from support.nursery import Nursery, nurseries
from support.smtp import Sink
from tournee.actions import App, contacts, deployments, intake, open_app, send, utc_now
from tournee.store import tables

__all__ = ["nurseries"]

RACES = 30
MEETINGS = 25  # of two processes
#: Lists whose surveys share an allowance; one deploys nothing, of one all is held for a person's word.
CONFIGURATION = """\
database: "{database}"
timezone: Europe/Paris
mail: {{url: "smtp://127.0.0.1:{port}", from: tournee@example.com}}
repositories: {{depot: {{url: "file://{root}/depot"}}}}
lists:
  avis:
    name: Avis
    feed: &feed {{repository: depot, every: 1 hour, language: fr, deploy: satisfaction, backlog: import}}
  halles:
    name: Halles
    feed: {{<<: *feed, deploy: accueil}}
  known:
    name: Known
    feed: {{repository: depot, every: 1 hour, language: fr}}
  prudent:
    name: Prudent
    feed: {{<<: *feed, deploy: satisfaction, hold_above: 1}}
solicitation_rules: [{{at_most: 1 per month}}]
deployments:
  satisfaction: &survey
    channel: email
    from: avis@boutique.example
    subject: Votre avis
    template: satisfaction.html
    survey_url: https://survey.example/s/1
    remind: after 7 days
  accueil: {{<<: *survey}}
"""


@pytest.fixture
def town(house: House, sink: Sink) -> House:
    """A house with these lists."""
    (house.root / "satisfaction.html").write_text("<p>{{ survey_url }}</p>", "utf-8")
    [database] = [line for line in house.config.read_text("utf-8").splitlines() if "database:" in line]
    filled = {"database": database.split(" ", 1)[1].strip('"'), "port": sink.port, "root": house.root}
    house.configure(CONFIGURATION.format(**filled))
    return house


@pytest.fixture
def rivals(town: House) -> Iterator[tuple[App, App]]:
    """The program opened twice, as two nodes have it."""
    with ExitStack() as both:
        yield (
            both.enter_context(open_app(str(town.config))),
            both.enter_context(open_app(str(town.config))),
        )


@pytest.fixture
def pair() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def at_once(pair: ThreadPoolExecutor, *acts: Callable[[], Any]) -> list[Any]:
    """Do both at the same moment, and wait for both."""
    line = threading.Barrier(2)

    def run(act: Callable[[], Any]) -> Any:
        line.wait()
        return act()

    return [future.result(60) for future in [pair.submit(run, act) for act in acts]]


def names(race: int, number: int = 5) -> list[str]:
    return [f"c{race}-{each}@example.com" for each in range(number)]


def write(path: Path, people: Iterable[str]) -> str:
    path.write_text("Email;Langue\n" + "".join(f"{one};fr\n" for one in people), "utf-8")
    return str(path)


def bring(app: App, key: str, people: Iterable[str]) -> None:
    path = Path(app.settings.repositories["depot"].directory).parent / f"{key}.csv"
    intake.import_file(app, key, write(path, people))


def rows(app: App) -> list[Any]:
    """Every invitation, with the address of the contact if that is still there."""
    one = tables.solicitations.c
    query = sa.select(*one, tables.contacts.c.email).where(one.reminds.is_(None)).order_by(one.id)
    query = query.select_from(tables.solicitations).outerjoin(
        tables.contacts, tables.contacts.c.id == one.contact_id
    )
    with app.store.read() as tx:
        return list(tx.connection.execute(query))


def alive(app: App) -> Counter[str]:
    """How many invitations count for people who have any."""
    counting = ("waiting", "held", "sending", "sent", "uncertain")
    return Counter(row.email for row in rows(app) if row.status in counting)


def received(sink: Sink) -> Counter[str]:
    return Counter(message.to for message in sink.received)


# ---------------------------------------------------------------- an allowance is spent once


def test_of_two_imports_at_one_instant_one_spends_a_persons_allowance(
    rivals: tuple[App, App], pair: ThreadPoolExecutor
) -> None:
    one, other = rivals
    bring(one, "known", [name for race in range(RACES) for name in names(race, 20)[::2]])
    for race in range(RACES):
        these, those = names(race, 21), names(race, 20)[::-1]
        at_once(pair, lambda: bring(one, "avis", these), lambda: bring(other, "halles", those))  # noqa: B023
    assert set(alive(one).values()) == {1}
    assert len(alive(one)) == RACES * 21


def test_of_two_processes_that_import_at_one_instant_one_spends_a_persons_allowance(
    town: House, nurseries: tuple[Nursery, Nursery]
) -> None:
    for race in range(MEETINGS):
        for side in ("left", "right"):
            write(town.root / f"{side}-{race}.csv", names(race))
    town.here("status")  # makes the tables where there are none
    for nursery, key, side in zip(nurseries, ("avis", "halles"), ("left", "right"), strict=True):
        nursery.start(town.config, "imports", key, side, str(MEETINGS))
    assert [nursery.wait() for nursery in nurseries] == [0, 0]
    with open_app(str(town.config)) as app:
        assert set(alive(app).values()) == {1}
        assert Counter(row.status for row in rows(app)) == {"waiting": MEETINGS * 5, None: MEETINGS * 5}


@pytest.mark.parametrize("word", [deployments.release, deployments.cancel])
def test_an_import_beside_a_persons_word_spends_an_allowance_once(
    rivals: tuple[App, App], pair: ThreadPoolExecutor, sink: Sink, word: Callable[..., Any]
) -> None:
    one, other = rivals
    for race in range(RACES // 2):
        those = names(race)
        bring(one, "prudent", those)
        at_once(pair, lambda: word(one, "satisfaction"), lambda: bring(other, "halles", those))  # noqa: B023
        send.send_due(one)
        assert max(alive(one).values(), default=1) == 1
    assert set(received(sink).values()) <= {1}
    assert len(received(sink)) == sum(row.status == "sent" for row in rows(one))


# ---------------------------------------------------------------- no message goes twice


def test_what_two_nodes_send_at_one_instant_leaves_once(
    rivals: tuple[App, App], pair: ThreadPoolExecutor, sink: Sink
) -> None:
    one, other = rivals
    for race in range(RACES):
        bring(one, "avis", names(race))
        reports = at_once(pair, lambda: send.send_due(one), lambda: send.send_due(other))
        assert sum(report.sent for report in reports) == 5
    assert received(sink) == Counter(name for race in range(RACES) for name in names(race))


# ---------------------------------------------------------------- a no is a no


@pytest.fixture
def sending(rivals: tuple[App, App], pair: ThreadPoolExecutor) -> Callable[[], Any]:
    """Let the first of the rivals send what there is."""
    return lambda: pair.submit(send.send_due, rivals[0])


def test_who_opts_out_beside_the_sender_gets_nothing_that_was_not_begun(
    rivals: tuple[App, App], sending: Callable[[], Any], sink: Sink
) -> None:
    people = names(0, 300)
    bring(rivals[0], "avis", people)
    sender, refused = sending(), dict[str, datetime]()
    while not sender.done() and len(refused) < 100 and (at := len(sink.received)) < 290:
        who = people[at + len(refused) % 4]  # the one who is next, or nearly
        if who not in refused:
            contacts.opt_out(rivals[1], who)
            refused[who] = utc_now()
    sender.result(60)
    late = [row for row in rows(rivals[0]) if row.email in refused and row.status == "sent"]
    assert [row for row in late if row.tried_at >= refused[row.email]] == []
    assert received(sink) == {row.email: 1 for row in rows(rivals[0]) if row.status == "sent"}
    assert len(refused) > 10


def test_who_is_erased_beside_the_sender_is_sent_nothing_that_was_not_begun(
    rivals: tuple[App, App], sending: Callable[[], Any], sink: Sink
) -> None:
    people = names(0, 200)
    bring(rivals[0], "avis", people)
    sender, erased = sending(), set[str]()
    while not sender.done() and (at := len(sink.received)) < 190:
        who = people[at + len(erased) % 3]
        if who not in erased:
            contacts.erase(rivals[1], who, confirmed=True)
            erased.add(who)
    sender.result(60)
    statuses = Counter(row.status for row in rows(rivals[0]))
    assert (statuses["sent"], statuses["sent"] + statuses["cancelled"]) == (len(sink.received), 200)
    assert erased


@pytest.mark.parametrize("answer", ["250 ok", "550 5.1.1 nobody of that name", "450 4.3.0 not now"])
def test_of_who_is_erased_while_a_message_is_on_its_way_nothing_comes_back(
    rivals: tuple[App, App], sink: Sink, answer: str
) -> None:
    sink.refuse = Erasing(rivals[1], answer)
    bring(rivals[0], "avis", names(0, 3))
    send.send_due(rivals[0])
    assert contents(rivals[0], tables.contacts) == []
    assert contents(rivals[0], tables.bounces) == []
    later = [row for row in contents(rivals[0], tables.solicitations) if row.reminds or row.answer]
    assert later == []


class Erasing(dict[str, str]):
    """Answers to recipients: each is erased just before."""

    def __init__(self, app: App, answer: str) -> None:
        super().__init__()
        self.app, self.answer = app, answer

    def get(self, address: str, _usual: str) -> str:  # type: ignore[override]
        contacts.erase(self.app, address, confirmed=True)
        return self.answer


def contents(app: App, table: sa.Table) -> list[Any]:
    with app.store.read() as tx:
        return list(tx.connection.execute(sa.select(table)))


def test_nothing_leaves_once_a_pause_was_pulled_but_what_was_on_its_way(
    rivals: tuple[App, App], sending: Callable[[], Any], sink: Sink
) -> None:
    people = names(0, RACES * 6)
    bring(rivals[0], "avis", people)
    stopped = 0
    for race in range(RACES):
        deployment = (None, "satisfaction")[race % 2]
        sender = sending()
        sink.wait_for(len(sink.received) + race % 3)
        deployments.pause(rivals[1], deployment)
        left = len(sink.received)
        stopped += sender.result(60).paused
        assert len(sink.received) <= left + 1
        deployments.resume(rivals[1], deployment)
    send.send_due(rivals[0])
    assert received(sink) == dict.fromkeys(people, 1)
    assert stopped > RACES / 2


def test_what_is_cancelled_beside_the_sender_has_left_or_never_does(
    rivals: tuple[App, App], sending: Callable[[], Any], sink: Sink
) -> None:
    for race in range(RACES):
        bring(rivals[0], "avis", names(race, 6))
        sender = sending()
        sink.wait_for(len(sink.received) + race % 4)
        deployments.cancel(rivals[1], "satisfaction")
        sender.result(60)
    found = rows(rivals[0])
    assert received(sink) == {row.email: 1 for row in found if row.status == "sent"}
    assert {row.status for row in found} == {"sent", "cancelled"}
