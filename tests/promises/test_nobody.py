"""Promise 4, nobody is solicited who should not be: a no holds while others send, a death doubles nothing.

Caps and races of all kinds: test_races.py; everything in any order, beside a model: test_solicitations.py.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from support.house import House
from support.nursery import Nursery, nursery
from support.smtp import Sink
from tournee.actions import App, open_app
from tournee.store import tables

__all__ = ["nursery"]

MAILS = 500
KILLS = 32
FEW = 12
TITLE = "Email;Langue\n"


class Held(dict[str, str]):
    """Answers to recipients: the first one waits until the test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = threading.Event(), threading.Event()

    def get(self, _address: str, usual: str) -> str:  # type: ignore[override]
        self.reached.set()
        assert self.go.wait(30)
        return usual


@pytest.fixture
def post(house: House, sink: Sink) -> House:
    """A house that sends, with a file in its drop box."""
    house.with_post(sink.port)
    house.put("import_avis.csv", people(range(FEW)))
    return house


def people(numbers: Iterable[int]) -> str:
    return TITLE + "".join(f"c{number}@example.com;fr\n" for number in numbers)


def start(house: House, *words: str) -> subprocess.Popen[str]:
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        house.arguments(*words), env=house.environ(), cwd=house.root, stdout=quiet, stderr=quiet, text=True
    )


def addresses(sink: Sink) -> list[str]:
    return [message.to for message in sink.received]


def totals(house: House) -> dict[str, int]:
    return house.here("deployments", "--json").json[0]


# ---------------------------------------------------------------- consent


def test_who_opts_out_before_the_message_leaves_gets_none(post: House, sink: Sink) -> None:
    post.here("poll", "--no-send")
    post.here("contact", "opt-out", "c7@example.com")
    post.here("poll")
    assert sorted(addresses(sink)) == sorted(f"c{n}@example.com" for n in range(FEW) if n != 7)
    [decision] = post.here("why", "c7@example.com", "--json").json
    assert (decision["status"], decision["rule"]) == ("blocked", "opt_out")


def test_who_opts_out_while_another_process_sends_gets_none(post: House, sink: Sink) -> None:
    held = sink.refuse = Held()
    sender = start(post, "poll")
    assert held.reached.wait(30)
    leaving = {f"c{number}@example.com" for number in (1, 5, FEW - 1)}
    done = [post.here("contact", "opt-out", address).code for address in leaving]
    held.go.set()
    assert (done, sender.wait(30)) == ([0, 0, 0], 0)
    assert (leaving & set(addresses(sink)), totals(post)["blocked"]) == (set(), 3)
    assert len(sink.received) == FEW - 3


def test_no_later_file_and_no_other_list_brings_back_who_opted_out(post: House, sink: Sink) -> None:
    post.here("poll", "--no-send")
    post.here("contact", "opt-out", "c7@example.com")
    for name in ("import_avis_2.csv", "import_avis_3.csv"):
        post.put(name, TITLE + "C7@EXAMPLE.com;en\n")
        post.here("poll", "--no-send")
    post.here("poll")
    assert "c7@example.com" not in [address.lower() for address in addresses(sink)]


# ---------------------------------------------------------------- crashes


def test_killed_at_any_moment_nobody_gets_two_and_the_next_run_sends_the_rest(
    post: House, sink: Sink, nursery: Nursery
) -> None:
    post.put("import_avis.csv", people(range(MAILS)))
    post.here("poll", "--no-send")
    with open_app(str(post.config)) as app:
        for kill in range(KILLS):
            nursery.start(post.config, "send")
            if kill % 4:  # else before the first one leaves, or soon after
                sink.wait_for(len(sink.received) + kill % 9)
            time.sleep(moment(kill))
            nursery.kill()
            assert nursery.wait() == -signal.SIGKILL
            assert under_way(app) <= 1
    codes = [nursery.run(post.config, "poll") for _ in range(2)]
    assert (len(set(ids(sink))), len(set(addresses(sink)))) == (len(sink.received),) * 2
    counts = totals(post)
    assert (counts["planned"], counts["sent"] + counts["uncertain"]) == (MAILS, MAILS)
    assert 1 <= counts["uncertain"] <= KILLS
    assert counts["sent"] <= len(sink.received) <= MAILS
    assert codes[1] == 0


def moment(kill: int) -> float:
    """Seconds, as long as a message's way or a start: the moment is what the test is about."""
    return (kill * 0.37) % 3 / 1000 if kill % 4 else 0.02 + (kill * 0.0037) % 0.05


def ids(sink: Sink) -> list[str]:
    return [str(message.mail["Message-ID"]) for message in sink.received]


def under_way(app: App) -> int:
    """Of how many messages an attempt was begun that is not over."""
    one = tables.solicitations.c
    query = sa.select(sa.func.count()).where(one.status == "sending", one.begun_at.is_not(None))
    with app.store.read() as tx:
        return tx.connection.scalar(query) or 0
