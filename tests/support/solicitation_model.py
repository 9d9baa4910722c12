"""Who may be solicited and what becomes of a message: the contract, written person by person.

Nothing here is clever: no SQL, no batches, no indexes. `World.look` is the whole of it: may this letter go
now (`GO`), later (`WAIT`), or which rule says no. The first look decides, the same look again comes before
each attempt; a letter that is looked at for the first time is simply the newest.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

GO, WAIT, ERASED = "go", "wait", "erased"
UNSENT = frozenset({"waiting", "held", "sending"})
MAY_HAVE_LEFT = frozenset({"sent", "uncertain"})
OVER = frozenset({"sent", "failed", "uncertain", "cancelled", "blocked"})

PARIS = ZoneInfo("Europe/Paris")
#: Where contacts live. The United States have several zones: then the configured one holds.
ZONES = {"FR": PARIS, "JP": ZoneInfo("Asia/Tokyo"), "US": PARIS, "": PARIS}


@dataclass(eq=False, kw_only=True)
class Person:
    """Somebody that files bring; after erasing, another one with the same address."""

    email: str
    id: int = 0
    country: str = ""
    amount: int | None = None
    order: str = ""
    bought: date | None = None
    refuses: set[str] = field(default_factory=set)


@dataclass(eq=False, kw_only=True)
class Survey:
    """A deployment with its own rules. `remind` is in days."""

    key: str
    channel: str
    rules: tuple["Rule", ...] = ()
    remind: tuple[int, ...] = ()


@dataclass(eq=False, kw_only=True)
class Letter:
    """A solicitation that was planned, or may be. `of` is the invitation that it is a reminder of."""

    person: Person
    survey: str
    channel: str
    id: int = 0
    import_id: int = 0
    status: str = "waiting"
    at: datetime | None = None  # that caps look at
    expires: datetime | None = None  # when it stops waiting for a cap
    once: str = ""
    of: "Letter | None" = None
    number: int = 0  # of the reminder
    answered: bool = False


@dataclass(kw_only=True)
class World:
    """Everything that ever mattered."""

    rules: tuple["Rule", ...] = ()  # of every survey
    surveys: dict[str, Survey] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)  # oldest first
    bounced: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)  # "" is everything
    leaving: set[Letter] = field(default_factory=set)  # by another channel at this very moment

    def look(self, letter: Letter, now: datetime) -> str:
        """May it leave now: GO, WAIT, or the first rule that says no."""
        person = letter.person
        if self.people.get(person.email) is not person:
            return ERASED
        if person.refuses & {"all", letter.channel}:
            return "opt_out"
        if letter.of and letter.of.answered:
            return "answered"
        if letter.channel == "email" and person.email in self.bounced:
            return "bounced"
        if any(one.survey == letter.survey and one.status in UNSENT for one in self.to_same(letter)):
            return "duplicate"
        answers = [(rule, rule.answer(letter, self, now)) for rule in self.rules_of(letter.survey)]
        refusals = (rule.text for rule, answer in answers if answer not in (GO, WAIT))
        return next(refusals, WAIT if any(answer == WAIT for _rule, answer in answers) else GO)

    def rules_of(self, survey: str) -> tuple["Rule", ...]:
        """In the order in which they are asked."""
        return (*self.rules, *self.surveys[survey].rules)

    def beside(self, letter: Letter) -> Iterator[Letter]:
        """What counts beside a letter: older ones that may still leave, and all that may have left.

        Reminders count for nobody, nor does its own invitation count for a reminder.
        """
        older = True
        for one in self.letters:
            older = older and one is not letter
            if one is letter or one is letter.of or one.of:
                continue
            if one.status in MAY_HAVE_LEFT or one in self.leaving or (older and one.status in UNSENT):
                yield one

    def to_same(self, letter: Letter) -> list[Letter]:
        """Of these, those to the same person."""
        return [one for one in self.beside(letter) if one.person is letter.person]

    def decide(
        self, people: Iterable[Person], survey: Survey, import_id: int, now: datetime
    ) -> dict[int, str]:
        """The decisions of an import, by contact: GO (planned, maybe to wait) or the rule that says no."""
        decided = {}
        for person in sorted(people, key=lambda one: one.id):
            letter = Letter(person=person, survey=survey.key, channel=survey.channel, import_id=import_id)
            once = any(isinstance(one, OncePer) for one in self.rules_of(survey.key))
            letter.once = person.order if once else ""
            letter.at, answer = now, self.look(letter, now)
            decided[person.id] = GO if answer in (GO, WAIT) else answer
            if answer in (GO, WAIT):
                letter.expires = self.expiry(letter, now)
                self.letters.append(letter)
        return decided

    def expiry(self, letter: Letter, now: datetime) -> datetime | None:
        """When it is given up, if it waits for a cap: that is said once, when it begins to wait."""
        ends = [rule.until(letter, self, now) for rule in self.rules_of(letter.survey)]
        return letter.expires or min(filter(None, ends), default=None)

    def end(self, letter: Letter, status: str, now: datetime) -> None:
        """What became of an attempt, or of a person's word. The first good one asks for reminders."""
        letter.status = status
        if status in MAY_HAVE_LEFT:
            letter.at = now
        remind = self.surveys[letter.survey].remind if status == "sent" and not letter.of else ()
        for number in range(1, len(remind) + 1):
            beside = {"person": letter.person, "survey": letter.survey, "channel": letter.channel}
            again = Letter(**beside, import_id=letter.import_id, of=letter, number=number)
            self.letters.append(again)

    def erase(self, person: Person, begun: Collection[int]) -> None:
        """Forget somebody; what is on its way (`begun`) goes on."""
        del self.people[person.email]
        self.erased.add(person.email)
        self.bounced.discard(person.email)
        for letter in self.letters:
            if letter.person is person and letter.status in UNSENT and letter.id not in begun:
                letter.status = "cancelled"


# ---------------------------------------------------------------- rules


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`written` is the key and the value of the configuration; `answer` is GO, WAIT or anything else: no."""

    written: tuple[str, Any]

    @property
    def text(self) -> str:
        """Its name in decisions."""
        return f"{self.written[0]} {self.written[1]}"

    @property
    def entry(self) -> dict[str, Any]:
        """As it stands in the configuration."""
        return dict([self.written])

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        raise NotImplementedError

    def until(self, letter: Letter, world: World, now: datetime) -> datetime | None:
        """Until when a new letter waits for this rule's permission, if it does."""
        return None


@dataclass(frozen=True, kw_only=True)
class AtMost(Rule):
    limit: int
    days: int
    counting: str
    wait: int = 0  # days

    @property
    def entry(self) -> dict[str, Any]:
        otherwise = f"wait up to {self.wait} days" if self.wait else "drop"
        return {**super().entry, "counting": self.counting, "otherwise": otherwise}

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        if not self.full(letter, world, now):
            return GO
        return WAIT if self.wait and (letter.expires is None or now < letter.expires) else "no"

    def full(self, letter: Letter, world: World, now: datetime) -> bool:
        since = now - timedelta(days=self.days)
        same = {"everything": "", "channel": "channel", "deployment": "survey"}[self.counting]
        counted = [
            one
            for one in world.to_same(letter)
            if (one.status not in MAY_HAVE_LEFT or (one.at and one.at > since))
            and (not same or getattr(one, same) == getattr(letter, same))
        ]
        return len(counted) >= self.limit

    def until(self, letter: Letter, world: World, now: datetime) -> datetime | None:
        return now + timedelta(days=self.wait) if self.wait and self.full(letter, world, now) else None


@dataclass(frozen=True, kw_only=True)
class Between(Rule):
    """Office hours, Monday to Saturday, where the contact lives."""

    start: int
    end: int

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        there = now.astimezone(ZONES[letter.person.country])
        return GO if self.start <= there.hour < self.end and there.weekday() < 6 else WAIT


@dataclass(frozen=True, kw_only=True)
class OnlyIf(Rule):
    """`only_if: {amount: {more_than: 100}}`; an unknown amount is not more."""

    more_than: int

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        amount = letter.person.amount
        return GO if amount is not None and amount > self.more_than else "no"

    @property
    def entry(self) -> dict[str, Any]:
        return {"only_if": {"amount": {"more_than": self.more_than}}}


@dataclass(frozen=True, kw_only=True)
class Sample(Rule):
    share: float

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        return GO if place(letter.survey, letter.person.id) < self.share else "no"


def place(survey: str, contact_id: int) -> float:
    """Where a contact stands in a deployment's sample, from 0 to 1."""
    digest = sha256(f"{survey}\0{contact_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True, kw_only=True)
class OncePer(Rule):
    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        if letter.of:
            return GO
        value = letter.once or letter.person.order
        taken = {one.once for one in world.beside(letter) if one.survey == letter.survey}
        return GO if value and value not in taken else "no"


@dataclass(frozen=True, kw_only=True)
class WaitAfter(Rule):
    days: int

    def answer(self, letter: Letter, world: World, now: datetime) -> str:
        bought = letter.person.bought
        if letter.of:
            return GO
        if bought is None:
            return "no"
        return GO if now.astimezone(PARIS).date() >= bought + timedelta(days=self.days) else WAIT
