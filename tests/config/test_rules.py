"""`solicitation_rules` and the `rules` of a deployment: what they take, what they refuse, in which words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tournee.core.settings import FieldType

FIELDS = """\
timezone: Europe/Paris
contact_fields:
  amount: {type: number}
  card: {type: choice, choices: {fr: [or, argent], en: [gold, silver]}}
  order_number: {type: text}
  purchase_date: {type: date}
  vip: {type: boolean}
  visit: {type: datetime}
"""
FEED = """\
repositories: {r: {url: 'file:///x'}}
lists: {l: {feed: {repository: r, every: 1 day, language: fr}}}
"""
DEPLOYMENT = """\
http: {public_url: 'https://a.example'}
deployments:
  d:
    channel: webhook
    url: https://crm.example/hook
    secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
"""


def rules_of(configured, *rules: str):
    text = f"{FIELDS}solicitation_rules:\n" + "".join(f"  - {rule}\n" for rule in rules)
    return configured(text).settings.solicitation_rules


def asked(configured, condition: str) -> list[tuple]:
    """The questions of one `only_if`, as field, test and value."""
    (rule,) = rules_of(configured, f"only_if: {condition}")
    return [(test.field, test.test, test.value) for test in rule.tests]


# ---------------------------------------------------------------- caps


def test_a_rule_is_kept_as_it_is_written(configured):
    rules = rules_of(configured, "at_most: 1  per 90  days", "{at_most: 03 per month}")
    assert [(rule.text, rule.limit, rule.per.seconds, rule.per.months) for rule in rules] == [
        ("at_most 1 per 90 days", 1, 90 * 86_400, 0),
        ("at_most 3 per month", 3, 0, 1),
    ]


def test_a_cap_counts_everything_and_one_of_a_deployment_the_deployment(configured):
    text = f"{DEPLOYMENT}    rules: [{{at_most: 1 per day}}, {{at_most: 2 per day, counting: channel}}]\n"
    settings = configured(f"{text}solicitation_rules: [{{at_most: 1 per month}}]\n").settings
    assert [rule.counting for rule in settings.solicitation_rules] == ["everything"]
    assert [rule.counting for rule in settings.deployments["d"].rules] == ["deployment", "channel"]


def test_whom_a_cap_blocks_may_wait(configured):
    dropped, usual, waiting = rules_of(
        configured,
        "{at_most: 1 per day, otherwise: drop}",
        "{at_most: 2 per day}",
        "{at_most: 3 per day, otherwise: wait up to 14 days}",
    )
    assert (dropped.wait_up_to, usual.wait_up_to, waiting.wait_up_to.text) == (None, None, "14 days")


# ---------------------------------------------------------------- the other rules


def test_windows_are_one_or_several_and_named_as_written(configured):
    one, many = rules_of(configured, "between: 09:00-20:00  mon-sat", "between: [10:00-12:00 mon, tue]")
    assert (one.text, [(window.start, window.end) for window in one.windows]) == (
        "between 09:00-20:00 mon-sat",
        [(540, 1200)],
    )
    assert (many.text, len(many.windows)) == ("between [10:00-12:00 mon, tue]", 2)


def test_a_sample_is_a_share_that_is_exact(configured):
    rules = rules_of(configured, "sample: 50%", "sample: 12.5 %", "sample: 100%")
    assert [(rule.text, rule.share) for rule in rules] == [
        ("sample 50%", Decimal("0.5")),
        ("sample 12.5%", Decimal("0.125")),
        ("sample 100%", Decimal(1)),
    ]


def test_once_per_and_wait_name_a_declared_field(configured):
    once, wait = rules_of(configured, "once_per: order_number", "wait: 3  days after  purchase_date")
    assert (once.text, once.field) == ("once_per order_number", "order_number")
    assert (wait.text, wait.duration.text, wait.field, wait.type) == (
        "wait 3 days after purchase_date", "3 days", "purchase_date", FieldType.DATE,
    )  # fmt: skip


def test_conditions_are_named_as_they_are_written(configured):
    written = "{country: [FR, BE], amount: {more_than: 100}, order_number: {one_of: ['a, b', \"it's\"]}}"
    only, never = rules_of(configured, f"only_if: {written}", "not_if:\n      vip: yes\n      title: Mme")
    assert (only.text, only.negated) == (
        "only_if {country: [FR, BE], amount: {more_than: 100}, order_number: {one_of: ['a, b', it's]}}",
        False,
    )
    assert (never.text, never.negated) == ("not_if {vip: yes, title: Mme}", True)


def test_a_value_of_the_environment_stands_in_the_name_of_its_rule(configured):
    text = "solicitation_rules: [{only_if: {country: '${WHERE}'}}]\n"
    (rule,) = configured(text, WHERE="FR").settings.solicitation_rules
    assert rule.text == "only_if {country: FR}"


# ---------------------------------------------------------------- conditions

IS = {
    "{country: [France, be, DEU, Royaume-Uni]}": ("country", ("FR", "BE", "DE", "GB")),
    "{country: NO}": ("country", ("NO",)),
    "{language: [French, pt_br, deu]}": ("language", ("fr", "pt-BR", "de")),
    "{language: espagnol}": ("language", ("es",)),
    "{gender: [F, male]}": ("gender", ("female", "male")),
    "{title: [Mme, Herr, dr]}": ("title", ("mrs", "mr", "dr")),
    "{email: Ann@B.example}": ("email", ("Ann@b.example",)),
    "{phone: +33 6 12 34 56 78}": ("phone", ("+33612345678",)),
    "{last_name: {is: Dupont}}": ("last_name", ("Dupont",)),
    "{card: [silver, ÓR]}": ("card", ("argent", "or")),
    "{vip: yes}": ("vip", (True,)),
    "{vip: {is: false}}": ("vip", (False,)),
    "{amount: [12.50, 7]}": ("amount", ("12.50", "7")),
    "{order_number: 007}": ("order_number", ("007",)),
    "{purchase_date: 2026-11-23}": ("purchase_date", ("2026-11-23",)),
}


@pytest.mark.parametrize(("condition", "expected"), IS.items())
def test_values_are_kept_as_those_of_contacts_are_stored(configured, condition, expected):
    config = configured(f"{FIELDS}{FEED}solicitation_rules: [{{only_if: {condition}}}]\n")
    (test,) = config.settings.solicitation_rules[0].tests
    assert (test.field, test.test, test.value) == (expected[0], "is", expected[1])


def test_numbers_are_compared_exactly(configured):
    assert asked(configured, "{amount: {more_than: 0.1, less_than: 100}}") == [
        ("amount", "more_than", Decimal("0.1")),
        ("amount", "less_than", Decimal(100)),
    ]


def test_dates_are_days_and_moments_are_local_to_the_time_zone(configured):
    written = '{purchase_date: {after: 2026-01-01, within: 30 days}, visit: {before: "2026-07-01T10:00"}}'
    after, within, before = asked(configured, written)
    assert after == ("purchase_date", "after", date(2026, 1, 1))
    assert (within[1], within[2].text) == ("within", "30 days")
    assert before == ("visit", "before", datetime(2026, 7, 1, 8, tzinfo=UTC))
    assert asked(configured, "{visit: {after: 2026-07-01}}") == [("visit", "after", date(2026, 7, 1))]


def test_a_field_may_have_to_be_filled(configured):
    written = "{order_number: {is_set: true}, phone: {is_set: no}}"
    assert asked(configured, written) == [("order_number", "is_set", True), ("phone", "is_set", False)]


# ---------------------------------------------------------------- mistakes

RULES = {
    "{at_most: 0 per day}": "14: `at_most` takes 1 or more; to invite nobody, leave out `deploy`",
    "{at_most: 1 per 0}": "14: `at_most` needs some time to count in, such as `1 per 90 days`",
    "{at_most: 1 a day}": "14: `1 a day` is not a number per duration, such as `1 per 90 days`",
    "{at_most: one per day}": "14: `one per day` is not a number per duration, such as `1 per 90 days`",
    "{at_most: -1 per day}": "14: `-1 per day` is not a number per duration, such as `1 per 90 days`",
    "{at_most: 1 per fortnight}": "14: `fortnight` is not a duration: "
    "write a whole number and seconds, minutes, hours, days, weeks, months or years",
    "{at_mots: 1 per day}": "5: unknown key `at_mots`; did you mean `at_most`?",
    "{}": "4: there is no rule here: write one such as `at_most: 1 per 90 days`",
    "at_most 1 per day": "4: this must be a mapping with keys such as `at_most:`, not a text",
    "{at_most: 1 per day, sample: 50%}": "25: `at_most` and `sample` are two rules: "
    "give each an entry of its own, `- sample: …`",
    "{counting: channel}": "5: `counting` means nothing without `at_most`",
    "{sample: 50%, otherwise: drop}": "18: `otherwise` means nothing without `at_most`",
    "{at_most: 1 per day, counting: all}": "35: `all` is not `everything`, `channel` or `deployment`",
    "{at_most: 1 per day, otherwise: wait}": "36: `wait` is not `drop`, or such as `wait up to 14 days`",
    "{at_most: 1 per day, otherwise: wait up to 0}": "36: `0` is no time at all: "
    "write some time, such as `wait up to 14 days`, or `drop`",
    "{between: 20:00-20:00}": "14: `20:00-20:00` is never open: for a whole day, write the day alone, "
    "such as `mon`",
    "{between: []}": "5: this list is empty: leave the key out",
    "{sample: 0%}": "13: `sample` takes more than `0%`; to invite nobody, leave out `deploy`",
    "{sample: 101%}": "13: `101%` is not a percentage up to `100%`, such as `50%`",
    "{sample: 0.5}": "13: `0.5` is not a percentage up to `100%`, such as `50%`",
    "{once_per: order_no}": "15: there is no contact field `order_no`; did you mean `order_number`?",
    "{once_per: email}": "15: `email` is not a declared contact field: name one of `contact_fields`",
    "{once_per: vip}": "15: `vip` is a boolean, which many contacts share: "
    "name a field of type `text` or `number`",
    "{wait: 3 days}": "11: `3 days` is not a time after a field, such as `3 days after purchase_date`",
    "{wait: 0 after purchase_date}": "11: `0` is no time at all: leave this rule out",
    "{wait: 3 days after amount}": "11: `amount` is a number, and no time to wait from: "
    "name a field of type `date` or `datetime`",
    "{only_if: [country]}": "14: this must be a mapping of contact fields such as `{country: [FR, BE]}`, "
    "not a list",
    "{only_if: {contry: FR}}": "15: there is no contact field `contry`; did you mean `country`?",
    "{only_if: {country: Frankistan}}": "24: `Frankistan` is not a country: write its code, such as `FR`",
    "{only_if: {language: Klingonish}}": "25: `Klingonish` is not a language: write its tag, such as `fr`",
    "{only_if: {gender: elf}}": "23: `elf` is not `female`, `male` or `other`",
    "{only_if: {card: gld}}": "21: `gld` is not `or` or `argent`; did you mean `gold`?",
    "{only_if: {vip: maybe}}": "20: `maybe` is not `true` or `false`",
    "{only_if: {phone: 06 12 34 56 78}}": "22: `06 12 34 56 78` is not a phone with its country, "
    "such as `+33 6 12 34 56 78`",
    "{only_if: {amount: {more_than: '1,5'}}}": "35: `1,5` is not a number such as `12.5`; "
    "did you mean `1.5`?",
    "{only_if: {amount: {before: 3}}}": "24: `before` means nothing for `amount`, a number: "
    "write `is`, `one_of`, `is_set`, `more_than` or `less_than`",
    "{only_if: {country: {more_than: 3}}}": "25: `more_than` means nothing for `country`: "
    "write `is`, `one_of` or `is_set`",
    "{only_if: {amount: {more_then: 3}}}": "24: `more_then` means nothing for `amount`, a number: "
    "write `is`, `one_of`, `is_set`, `more_than` or `less_than`; did you mean `more_than`?",
    "{only_if: {visit: 2026-01-01}}": "22: this must be what is asked about `visit`, "
    "such as `{within: 30 days}`, not a text",
    "{only_if: {purchase_date: {before: 31/12/2026}}}": "39: `31/12/2026` is not a date such as `2026-11-23`",
    "{only_if: {purchase_date: {before: 2026-02-30}}}": "39: there is no day `2026-02-30`",
    "{only_if: {purchase_date: {within: 0}}}": "39: `0` is no time at all: write some time, "
    "such as `30 days`",
    "{only_if: {visit: {before: '2026-03-29T02:30'}}}": "31: the clocks of `Europe/Paris` skip "
    "`2026-03-29T02:30`",
    "{only_if: {amount: {}}}": "23: this must be what is asked about `amount`, such as `{is_set: true}`, "
    "not an empty mapping",
    "{only_if: {amount: {more_than: 5, less_than: 5}}}": "15: nobody passes this: "
    "no `amount` is between `more_than` and `less_than` here",
    "{only_if: {card: {is_set: false, is: or}}}": "15: nobody passes this: "
    "`card` cannot be empty and have a value",
}


@pytest.mark.parametrize(("rule", "expected"), RULES.items())
def test_what_is_wrong_with_a_rule_is_told(mistakes, rule, expected):
    assert mistakes(f"{FIELDS}solicitation_rules:\n - {rule}") == [f"10:{expected}"]


def test_rules_are_a_list(mistakes):
    message = "1:21: this must be a list, each a mapping with keys such as `at_most:`, not a mapping"
    assert mistakes("solicitation_rules: {at_most: 1 per day}") == [message]


def test_the_same_rule_twice_is_told(mistakes):
    text = "solicitation_rules:\n  - at_most: 1 per day\n  - {at_most: 1 per day}\n"
    assert mistakes(text) == ["3:5: this is in the list already"]


def test_what_may_not_be_can_be_apart(mistakes):
    """No contact can be both, but neither is wanted."""
    text = f"{FIELDS}solicitation_rules: [{{not_if: {{amount: {{more_than: 100, less_than: 50}}}}}}]"
    assert mistakes(text) == []


def test_a_field_that_is_wrong_is_told_once(mistakes):
    text = "contact_fields: {n: {type: numbr}}\nsolicitation_rules: [{only_if: {n: 5}}, {once_per: n}]\n"
    assert [message.partition(" ")[0] for message in mistakes(text)] == ["1:28:"]


# ---------------------------------------------------------------- rules that must agree


def test_a_deployment_has_one_field_that_is_invited_once(mistakes):
    text = f"{FIELDS}{DEPLOYMENT}    rules: [{{once_per: amount}}]\n"
    assert mistakes(f"{text}solicitation_rules: [{{once_per: order_number}}]\n") == [
        "15:14: a deployment can have one `once_per` only; the other is at tournee.yaml:16:23"
    ]


def test_windows_that_never_meet_are_told(mistakes):
    text = f"{DEPLOYMENT}    rules: [{{between: 20:00-08:00}}]\nsolicitation_rules: [{{between: WINDOW}}]\n"
    assert mistakes(text.replace("WINDOW", "[09:00-20:00 mon-sat, sun]")) == []
    assert mistakes(text.replace("WINDOW", "09:00-20:00 mon-sat")) == [
        "7:14: no message would ever leave: this is never open together with `between` at tournee.yaml:8:23"
    ]
