"""Promise 4 as stories that nobody wrote: files, refusals, time, sends and deaths in any order, and a model.

The model (`support.solicitation_model`) says of each contact and each letter what must become of it; what the
mail server took is held against the promise itself, whatever the model thinks. `STORIES=2000` tells more
stories, and other ones each time.
"""

import os
import signal
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from sys import exc_info
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from support.chances import DEPLOYS, SURVEYS, files, governments, lists, steps
from support.nursery import Nursery, nursery
from support.solicitation_model import (
    ERASED,
    GO,
    MAY_HAVE_LEFT,
    OVER,
    UNSENT,
    WAIT,
    AtMost,
    Between,
    Letter,
    Person,
    Survey,
    World,
)
from support.town import Row, Town, founded, number_of
from tournee.actions import contacts, deployments
from tournee.actions.attempt import REFUSED_IN_A_ROW
from tournee.core.settings import Database

__all__ = ["nursery"]

STORIES = int(os.environ.get("STORIES", "0"))
STEPS = 25
#: What must have happened in so many stories, or they prove little.
KINDS = {
    *("waiting", "held", "sent", "failed", "uncertain", "cancelled", "blocked", "reminded"),
    *("opt_out", "bounced", "duplicate", "answered", "at_most", "only_if", "sample", "once_per", "wait"),
    *("died", "unsubscribed"),
}


class Story(RuleBasedStateMachine):
    """A town and its model; `taken` is what the mail server took, with the letter and the time."""

    town: Town
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.world, self.taken = World(), list[tuple[Letter, Any]]()
        self.released: Counter[int] = Counter()
        self.town.begin()

    # ------------------------------------------------------------ what people do

    @initialize(how=governments, key=lists, file=files)
    def begins(self, how: dict[str, Any], key: str, file: list[Row]) -> None:
        self.operator_writes(how)
        self.a_file_comes(key, file, 0)

    @rule(what=steps)
    def happens(self, what: tuple[Any, ...]) -> None:
        getattr(self, what[0])(*what[1:])

    def operator_writes(self, how: dict[str, Any]) -> None:
        self.world.rules = tuple(how["rules"])
        for key, channel in SURVEYS.items():
            own = {"rules": tuple(how["own"][key]), "remind": how["remind"][key]}
            self.world.surveys[key] = Survey(key=key, channel=channel, **own)
        self.hold_above = how["hold_above"]
        self.town.govern(self.world, DEPLOYS, self.hold_above)

    def a_file_comes(self, key: str, file: list[Row], hours: int) -> None:
        self.town.later(hours=hours)
        record = self.town.bring(key, file)
        people = self.meets(file)
        found = [row for row in self.town.rows() if row.import_id == record.id]
        for survey in DEPLOYS[key]:
            decided = self.world.decide(people, self.world.surveys[survey], record.id, self.town.now)
            those = [row for row in found if row.deployment == survey]
            assert {row.contact_id: row.rule if row.status is None else GO for row in those} == decided
            planned = [row.id for row in those if row.status]
            letters = self.world.letters[len(self.world.letters) - len(planned) :]
            for letter, number in zip(letters, planned, strict=True):
                letter.id = number
                letter.status = "held" if self.hold_above and len(planned) > self.hold_above else "waiting"
                self.seen[letter.status] += 1

    def meets(self, file: list[Row]) -> list[Person]:
        """The people of a file, as they are after it: what it leaves empty is left alone."""
        numbers, world = self.town.ids(), self.world
        for row in file:
            if row.email not in world.people:
                refuses = {"all"} & ({"all"} if row.email in world.erased else set())
                world.people[row.email] = Person(email=row.email, id=numbers[row.email], refuses=refuses)
            person = world.people[row.email]
            person.country, person.order = row.country or person.country, row.order or person.order
            person.amount = person.amount if row.amount is None else row.amount
            person.bought = row.bought or person.bought
        return [world.people[row.email] for row in file]

    def somebody_says(self, name: str, what: str) -> None:
        if person := self.world.people.get(name):
            acts = {"agrees": self.agrees, "erased": self.erased, "answers": self.answers}
            acts["unsubscribes"] = self.unsubscribes
            acts.get(what, self.refuses)(name, person, what)

    def refuses(self, name: str, person: Person, channel: str) -> None:
        contacts.opt_out(self.town.app, name, channel)
        person.refuses.add(channel)

    def unsubscribes(self, name: str, person: Person, _what: str) -> None:
        mails = (one for one, _at in self.taken if one.person.email == name and one.channel == "email")
        if last := next(iter([*mails][::-1]), None):
            self.town.unsubscribe(name)
            last.person.refuses.add("email")
            self.seen["unsubscribed"] += 1

    def agrees(self, name: str, person: Person, _what: str) -> None:
        contacts.opt_in(self.town.app, name, "all", "she wrote")
        person.refuses.clear()
        self.world.bounced.discard(name)
        self.world.erased.discard(name)

    def erased(self, name: str, person: Person, _what: str) -> None:
        contacts.erase(self.town.app, name, confirmed=True)
        begun = {row.id for row in self.town.rows() if row.begun_at}
        self.world.erase(person, begun)

    def answers(self, name: str, person: Person, _what: str) -> None:
        contacts.answered(self.town.app, name)
        for letter in self.world.letters:
            letter.answered |= letter.person is person and letter.status in MAY_HAVE_LEFT | {"sending"}

    def operator_brakes(self, key: str | None, on: bool) -> None:
        (deployments.pause if on else deployments.resume)(self.town.app, key)
        (self.world.paused.add if on else self.world.paused.discard)(key or "")

    def operator_decides(self, key: str, go: bool, uncertain: bool) -> None:
        if uncertain or not go:
            self.settle_what_the_dead_left()
        (deployments.release if go else deployments.cancel)(self.town.app, key, uncertain=uncertain)
        rows = self.stored()
        for letter in self.of_status({"uncertain"} if uncertain else {"held"} if go else UNSENT, key):
            if letter.status != "sending" or not rows[letter.id].begun_at:
                letter.status = "waiting" if go else "cancelled"
                self.released[letter.id] += go and uncertain

    def of_status(self, statuses: Collection[str], key: str | None = None) -> list[Letter]:
        those = (one for one in self.world.letters if one.status in statuses)
        return [one for one in those if key is None or one.survey == key]

    # ------------------------------------------------------------ what the program does

    def it_sends(self, script: dict[str, str], hours: int) -> None:
        self.town.later(hours=hours)
        due = self.due()
        self.town.deliver(script)
        self.judge(due, script, usual=set())

    def it_dies_while_it_sends(self, script: dict[str, str], hours: int, place: int, stage: str) -> None:
        self.town.later(hours=hours)
        if self.of_status({"waiting", "sending"}):
            due = self.due()
            victims = [*due] or self.world.letters
            code = self.town.die(script, victims[place % len(victims)].person.email, stage)
            self.judge(due, script, usual={"sending", "waiting"} if code else set())
            self.seen["died"] += code == -signal.SIGKILL

    def due(self) -> dict[Letter, set[str]]:
        """The letters whose time has come, each with what is to become of it as things stand."""
        rows, now = self.stored(), self.town.now
        self.orphans = self.settle_what_the_dead_left()
        waiting = (one for one in self.world.letters if one.status == "waiting")
        due = (one for one in waiting if (rows[one.id].next_attempt_at or now) <= now)
        those = [one for one in due if not self.world.paused & {"", one.survey}]
        self.expiries = {one: self.world.expiry(one, now) for one in those}
        return {one: {self.world.look(one, now)} for one in those}

    def settle_what_the_dead_left(self) -> list[Letter]:
        rows, left = self.stored(), self.of_status({"sending"})
        for letter in left:
            self.world.end(letter, "uncertain" if rows[letter.id].begun_at else "waiting", self.town.now)
        return left

    def judge(self, due: dict[Letter, set[str]], script: dict[str, str], usual: set[str]) -> None:
        """Hold what became of the letters against what may have; `usual` is what else may be seen.

        Letters to one person that are due together may be looked at before, while or after others leave.
        """
        bounced, rows = set(self.world.bounced), self.stored()
        for letter in self.orphans:
            if usual and rows[letter.id].status == "sending":  # dead again before it looked after these
                letter.status = "sending"
        for letter in due:
            self.world.end(letter, rows[letter.id].status, self.town.now)
            mailed = letter.channel == "email" and script.get(letter.person.email) == "bounced"
            self.world.bounced |= {letter.person.email} if mailed and letter.status == "failed" else set()
        self.number_reminders(rows)
        for letter, looks in due.items():
            looks |= {self.world.look(letter, self.town.now), self.look_meanwhile(letter, due)}
            put_off = letter.status == "waiting" and rows[letter.id].next_attempt_at > self.town.now
            if put_off and GO not in looks:
                letter.expires = self.expiries[letter] or self.world.expiry(letter, self.town.now)
            untried = {"waiting"} if self.mail_stops(due, script) and letter.channel == "email" else set()
            assert letter.status in {self.outcome(letter, look, script) for look in looks} | usual | untried
            assert letter.status != "blocked" or rows[letter.id].rule in looks
        begun = [one.channel for one in due if one.status == "sending" and rows[one.id].begun_at]
        assert len(begun) == len(set(begun))
        self.postman_brought(due, bounced, rows)

    def mail_stops(self, due: dict[Letter, set[str]], script: dict[str, str]) -> bool:
        """Whether the mail server behaves so that nothing more may be left with it for now."""
        mails = (one for one in due if one.channel == "email" and due[one] & {GO})
        endings = Counter(script.get(one.person.email) for one in mails)
        return endings["uncertain"] > 0 or endings["bounced"] + endings["failed"] >= REFUSED_IN_A_ROW

    def outcome(self, letter: Letter, look: str, script: dict[str, str]) -> str:
        """What becomes of a letter that was looked at."""
        attempt = script.get(letter.person.email, "sent").replace("bounced", "failed")
        if letter.channel == "webhook":  # which may come twice: the receiver can tell
            attempt = attempt.replace("uncertain", "waiting")
        return {GO: attempt, WAIT: "waiting", ERASED: "cancelled"}.get(look, "blocked")

    def look_meanwhile(self, letter: Letter, due: dict[Letter, set[str]]) -> str:
        """The look at a letter while those of another channel are on their way."""
        others = (one for one in due if one.channel != letter.channel and GO in due[one])
        self.world.leaving = {one for one in others if one.status not in ("blocked", "cancelled")}
        look = self.world.look(letter, self.town.now)
        self.world.leaving = set()
        return look

    def number_reminders(self, rows: dict[int, Any]) -> None:
        """Reminders get their numbers when the invitation has left."""
        by_place = {(row.reminds, row.reminder): row.id for row in rows.values() if row.reminds}
        for letter in self.world.letters:
            if letter.of and not letter.id:
                letter.id = by_place[letter.of.id, letter.number]

    # ------------------------------------------------------------ what is promised, whatever the model thinks

    def postman_brought(self, due: dict[Letter, set[str]], bounced: set[str], rows: dict[int, Any]) -> None:
        """Hold what the servers took since the last time against the promise itself."""
        numbers = {number_of(rows[one.id].message_id): one for one in self.world.letters}
        for address, number in self.town.fate.brought[len(self.taken) :]:
            letter = numbers[number]
            self.taken.append((letter, self.town.now))
            assert letter in due
            assert address == letter.person.email
            assert self.world.people.get(address) is letter.person, "erased"
            assert not letter.person.refuses & {"all", letter.channel}
            assert letter.channel != "email" or address not in bounced
            assert sum(one is letter for one, _at in self.taken) <= 1 + self.released[letter.id]
            self.within_rules(letter)

    def within_rules(self, letter: Letter) -> None:
        now = self.town.now
        for one in self.world.rules_of(letter.survey):
            if isinstance(one, Between):
                assert one.answer(letter, self.world, now) == GO
            if isinstance(one, AtMost) and not letter.of:
                assert len(self.spent(letter, one)) <= one.limit

    def spent(self, letter: Letter, rule: AtMost) -> set[Letter]:
        """What the person was brought in the rule's time, with this one; younger ones of this hour apart."""
        since = self.town.now - timedelta(days=rule.days)
        return {
            one
            for one, at in self.taken
            if one.person is letter.person and not one.of and since < at
            and one.status in MAY_HAVE_LEFT | {"sending"}
            and (one.id <= letter.id or at < self.town.now)
            and (rule.counting != "deployment" or one.survey == letter.survey)
            and (rule.counting != "channel" or one.channel == letter.channel)
        }  # fmt: skip

    @invariant()
    def nothing_is_lost(self) -> None:
        rows = {number: row for number, row in self.stored().items() if row.status}
        assert {number: row.status for number, row in rows.items()} == {
            letter.id: letter.status for letter in self.world.letters
        }
        late = [row.id for row in rows.values() if (row.status == "waiting") != bool(row.next_attempt_at)]
        assert late == []

    @invariant()
    def numbers_add_up(self) -> None:
        claimed = {row.id for row in self.town.rows() if row.status == "sending" and not row.begun_at}
        for one in deployments.totals(self.town.app):
            those = self.of_status(UNSENT | OVER, one.deployment)
            letters = Counter(
                "waiting" if letter.id in claimed else letter.status
                for letter in those
                if not letter.of or letter.status == "uncertain"
            )
            assert one.planned == sum(not letter.of for letter in those)
            shown = ("waiting", "held", "sending", "sent", "failed", "uncertain", "cancelled")
            assert {name: getattr(one, name) for name in shown} == {name: letters[name] for name in shown}

    def stored(self) -> dict[int, Any]:
        return {row.id: row for row in self.town.rows()}

    # ------------------------------------------------------------ in the end

    def teardown(self) -> None:
        if exc_info()[0] is None:
            self.all_comes_to_an_end()

    def all_comes_to_an_end(self) -> None:
        """Nobody stops anything any more, and time goes on: each letter leaves, or a rule says no."""
        for key in (None, *SURVEYS):
            self.operator_brakes(key, on=False)
        for key in SURVEYS:
            self.operator_decides(key, go=True, uncertain=False)
        for _turn in range(100):
            self.it_sends({}, 0)
            due = [row.next_attempt_at for row in self.town.rows() if row.next_attempt_at]
            if not due:
                break
            self.town.now = max(self.town.now, min(due))
        self.nothing_is_lost()
        assert {letter.status for letter in self.world.letters} <= OVER
        self.seen.update(str(letter.status) for letter in self.world.letters)
        self.seen.update(row.rule.partition(" ")[0] for row in self.town.rows() if row.rule)
        self.seen["reminded"] += sum(bool(letter.of) for letter in self.world.letters)


# ---------------------------------------------------------------- on both databases


def tell(database: Database, root: Path, nursery: Nursery, stories: int) -> Counter[str]:
    """Many stories on one database; what happened in them."""
    many = settings(
        max_examples=STORIES or stories,
        stateful_step_count=STEPS,
        derandomize=not STORIES,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    with founded(root, database, nursery) as town:
        own = {"town": town, "seen": Counter[str]()}
        run_state_machine_as_test(type("OwnStory", (Story,), own), settings=many)
    return own["seen"]


def test_on_sqlite_no_story_ends_with_somebody_solicited_who_should_not_be(
    sqlite_database: Database, tmp_path: Path, nursery: Nursery
) -> None:
    seen = tell(sqlite_database, tmp_path, nursery, 32)
    assert set(seen) >= KINDS


def test_on_postgresql_no_story_ends_with_somebody_solicited_who_should_not_be(
    postgres_database: Database, tmp_path: Path, nursery: Nursery
) -> None:
    seen = tell(postgres_database, tmp_path, nursery, 8)
    assert set(seen) >= {"sent", "died", "opt_out", "at_most"}
