"""`users` and the keys at the top: what they take, what they refuse, and in which words."""

import pytest

from tournee.core.facts import AlertKind

# ---------------------------------------------------------------- users

MAIL = "mail: {url: 'smtp://localhost', from: a@b.example}\n"


def user(configured, keys: str):
    return configured(f"{MAIL}users:\n  c: {{email: c@b.example, {keys}}}\n").settings.users["c"]


def test_a_user_may_be_told_everything_nothing_or_some(configured):
    every = frozenset(AlertKind)
    assert {
        written: user(configured, f"alerts: {written}").alerts for written in ("true", "yes", "False")
    } == {
        "true": every,
        "yes": every,
        "False": frozenset(),
    }
    assert user(configured, "alerts: [import_errors, untrusted]").alerts == {"import_errors", "untrusted"}
    assert user(configured, "alerts: unreachable, lists: anybody").alerts == {"unreachable"}


def test_a_user_has_a_language_and_lists(configured):
    claire = user(configured, "alerts: true, language: fr-CA, lists: [anybody]")
    assert (claire.email, claire.language, claire.lists) == ("c@b.example", "fr-CA", ("anybody",))
    assert (user(configured, "").language, user(configured, "").lists) == ("en", None)


KINDS = "`import_rejected`, `import_errors`, `unreachable`, `untrusted`, `held` or `send_failures`"
USERS = {
    "{email: claire}": ["3:14: `claire` is not an email address"],
    "{email: Claire <c@b.example>}": ["3:14: `Claire <c@b.example>` is not an email address"],
    "{language: fr}": ["3:3: `email` is missing: write an email address such as `claire@example.com`"],
    "{email: c@b.example, language: de}": ["3:37: alerts are written in `en` or `fr`, not in `de`"],
    "{email: c@b.example, language: French}": ["3:37: alerts are written in `en` or `fr`, not in `French`"],
    "{email: c@b.example, lists: [anybody]}": ["3:27: `lists` means nothing without `alerts`"],
    "{email: c@b.example, alerts: true, lists: [anybdy]}": [
        "3:49: there is no list `anybdy`; did you mean `anybody`?"
    ],
    "{email: c@b.example, notify: x}": ["3:27: `notify` is not available in this version"],
    "{email: c@b.example, alerts: maybe}": [f"3:35: `maybe` is not {KINDS}"],
    "{email: c@b.example, alerts: []}": ["3:27: this list is empty: leave the key out"],
    "{email: c@b.example, alerts: {a: b}}": [f"3:35: this must be {KINDS}, or a list of them, not a mapping"],
    "{email: c@b.example, alerts: [import_error]}": [
        f"3:36: `import_error` is not {KINDS}; did you mean `import_errors`?"
    ],
    **{
        f"{{email: c@b.example, alerts: [{kind}]}}": [f"3:36: `{kind}` is not available in this version"]
        for kind in ("overdue", "silence", "configuration", "internal_error")
    },
}


@pytest.mark.parametrize(("written", "expected"), USERS.items())
def test_what_is_wrong_with_a_user_is_told(mistakes, written, expected):
    assert mistakes(f"{MAIL}users:\n  c: {written}") == expected


def test_alerts_need_a_mail_server(mistakes):
    text = "users:\n  a: {email: a@b.example}\n  b: {email: b@b.example, alerts: true}\n"
    assert mistakes(text) == ["3:27: alerts need a mail server: write `mail:`"]


# ---------------------------------------------------------------- the top

TOP = {
    "timezone: Europe/Pari": "1:11: there is no time zone `Europe/Pari`; did you mean `Europe/Paris`?",
    "timezone: ../../etc/passwd": "1:11: there is no time zone `../../etc/passwd`",
    "timezone: Europe": "1:11: there is no time zone `Europe`; did you mean `Europe/Rome`?",
    "timezone: [UTC]": "1:11: this must be a time zone such as `Europe/Paris`, not a list",
    "timezone: {}": "1:11: this must be a time zone such as `Europe/Paris`, not an empty mapping",
    "timezone: |\n  Europe\n  Paris\n": "1:11: this must be a single line",
    'timezone: "Europe\\u2028Paris"': "1:11: this must be a single line",
    "timezone:": "1:1: there is no value here: write a time zone such as `Europe/Paris`",
    "timezone: null": "1:1: there is no value here: write a time zone such as `Europe/Paris`",
    "repositry: {}": "1:1: unknown key `repositry`; did you mean `repositories`?",
    "repository: {}": "1:1: unknown key `repository`; did you mean `repositories`?",
    "? [a]\n: b": "1:3: a key must be a text of printable characters",
    '"a\\nb": c': "1:1: unknown key `a\\nb`",
    '"a\\eb": c': "1:1: a key must be a text of printable characters",
    f"{'x' * 99}: y": f"1:1: unknown key `{'x' * 59}…`",
    "<<: x": "1:5: `<<` takes a mapping, or a list of them",
}


@pytest.mark.parametrize(("text", "expected"), TOP.items())
def test_what_is_wrong_at_the_top_is_told(mistakes, text, expected):
    assert mistakes(text)[:1] == [expected]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(mistakes):
    text = (
        "timezone: Mars\n"
        "repositories:\n"
        "  a: {url: 'sftp://u:p@h/'}\n"
        "lists:\n"
        "  l: {feed: {repository: b, every: never, language: fr}}\n"
        "users:\n"
        "  u: {email: nobody, alerts: [overdue]}\n"
    )
    assert [message.partition(": ")[0] for message in mistakes(text)] == [
        "1:11", "3:12", "5:26", "5:36", "7:14", "7:31",
    ]  # fmt: skip


# ---------------------------------------------------------------- warnings

DEPLOYS = """\
http: {public_url: 'https://avis.example.com'}
mail: {url: 'smtp://localhost', from: a@b.example}
repositories: {r: {url: 'file:///srv/in'}}
deployments:
  d: &d {channel: email, from: a@b.example, subject: s, template: t.html, survey_url: 'https://s.example'}
  e: {<<: *d, rules: [{at_most: 1 per day}]}
users: {u: {email: u@b.example, alerts: true}}
lists:
  l:
    feed:
      {repository: r, every: 1 day, language: fr, backlog: skip, deploy: [d, e]}
"""


def test_a_deployment_that_nothing_limits_warns(warnings, write):
    write("t.html", "a")
    limit = "nothing limits how often `d` may ask a person: write a rule such as `at_most: 1 per 90 days`"
    assert warnings(DEPLOYS) == [f"11:66: {limit}"]
    assert warnings(DEPLOYS.replace("[d, e]", "e")) == []
    assert warnings(DEPLOYS.replace("at_most: 1 per day", "sample: 50%")) == [
        f"11:66: {limit.replace('`d`', '`d` and `e`')}"
    ]
    assert warnings(f"{DEPLOYS}solicitation_rules: [{{at_most: 1 per month}}]\n") == []


def test_a_deployment_that_asks_once_per_order_is_limited(warnings, write):
    write("t.html", "a")
    order = "contact_fields: {order: {type: text}}\n"
    assert warnings(f"{DEPLOYS}{order}solicitation_rules: [{{once_per: order}}]\n") == []


def test_a_deployment_whose_backlog_is_not_said_warns(warnings, write):
    write("t.html", "a")
    assert warnings(DEPLOYS.replace("backlog: skip, deploy: [d, e]", "deploy: e")) == [
        "11:51: files that already lie there will send invitations at the first poll: "
        "write `backlog: skip`, or `backlog: import` to say that they should"
    ]


def test_a_list_that_nobody_watches_warns(warnings):
    text = (
        "mail: {url: 'smtp://localhost', from: a@b.example}\n"
        "repositories: {r: {url: 'file:///srv/in'}}\n"
        "users: {u: {email: u@b.example, alerts: true, lists: a}}\n"
        "lists:\n"
        "  a: {feed: {repository: r, every: 1 day, language: fr}}\n"
        "  b: {feed: {repository: r, every: 1 day, language: fr}}\n"
        "  by_hand:\n"
    )
    message = "nobody is told when something is wrong with `b`: give a user `alerts: true`"
    assert warnings(text) == [f"6:3: {message}"]
    assert warnings(text.replace(", lists: a", "")) == []
