"""What may happen in a town, for Hypothesis to choose from."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from support.solicitation_model import AtMost, Between, OncePer, OnlyIf, Sample, WaitAfter
from support.town import Row

NAMES = tuple(f"{name}@example.com" for name in ("ann", "bob", "cid"))
SURVEYS = {"survey": "email", "welcome": "email", "club": "webhook"}
DEPLOYS = {"avis": ("survey", "welcome"), "halles": ("welcome", "club")}


def cap(number: int, days: int, counting: str, wait: int = 0) -> AtMost:
    written = ("at_most", f"{number} per {days} days")
    return AtMost(written=written, limit=number, days=days, counting=counting, wait=wait)


OFFICE_HOURS = Between(written=("between", "09:00-20:00 mon-sat"), start=9, end=20)
FOR_ALL = (
    cap(1, 30, "everything"),
    cap(2, 7, "everything"),
    cap(1, 7, "everything", wait=14),
    cap(2, 30, "channel"),
    OFFICE_HOURS,
)
OWN = (
    cap(1, 90, "deployment"),
    cap(1, 7, "deployment", wait=10),
    cap(3, 10, "everything", wait=3),
    cap(1, 8, "channel", wait=20),
    OnlyIf(written=("only_if", "{amount: {more_than: 100}}"), more_than=100),
    Sample(written=("sample", "50%"), share=0.5),
    OncePer(written=("once_per", "order_number")),
    WaitAfter(written=("wait", "3 days after bought"), days=3),
    OFFICE_HOURS,
)
governments = st.fixed_dictionaries(
    {
        "rules": st.lists(st.sampled_from(FOR_ALL), max_size=2, unique_by=lambda one: one.text),
        "own": st.fixed_dictionaries(
            {
                key: st.lists(st.sampled_from(OWN), max_size=3, unique_by=lambda one: one.text)
                for key in SURVEYS
            }
        ),
        "remind": st.fixed_dictionaries(dict.fromkeys(SURVEYS, st.sampled_from([(1,), (1, 5), ()]))),
        "hold_above": st.sampled_from([None, None, 2]),
    }
)
names, lists = st.sampled_from(NAMES), st.sampled_from([*DEPLOYS])
rows = st.builds(
    Row,
    email=names,
    country=st.sampled_from(["", "FR", "JP", "US"]),
    amount=st.sampled_from([150, 50, None]),
    order=st.sampled_from(["A1", "B2", ""]),
    bought=st.sampled_from([None, date(2026, 11, 22), date(2026, 11, 27), date(2026, 12, 5)]),
)
files = st.lists(rows, min_size=2, max_size=len(NAMES), unique_by=lambda row: row.email)
endings = st.sampled_from(["sent", "sent", "sent", "sent", "waiting", "failed", "bounced", "uncertain"])
scripts = st.fixed_dictionaries(dict.fromkeys(NAMES, endings))
spans = st.sampled_from([0, 0, 0, 1, 9, 26, 6 * 24, 31 * 24])  # hours
people_say = st.sampled_from(
    ["answers", "unsubscribes", "erased", "agrees", "all", "email", "webhook", "answers", "unsubscribes"]
)


def step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *arguments)


file_comes = step("a_file_comes", lists, files, spans)
it_sends = step("it_sends", scripts, spans)
somebody_says = step("somebody_says", names, people_say)
#: The name of what happens, and its arguments; what is here twice happens twice as often.
steps = st.one_of(
    file_comes,
    file_comes,
    it_sends,
    it_sends,
    step("it_dies_while_it_sends", scripts, spans, st.integers(0, 5), st.sampled_from(["after", "before"])),
    somebody_says,
    somebody_says,
    step("operator_writes", governments),
    step("operator_brakes", st.sampled_from([None, "club"]), st.sampled_from([False, False, False, True])),
    step("operator_decides", st.sampled_from([*SURVEYS]), st.booleans(), st.booleans()),
)
