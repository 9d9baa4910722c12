"""`lists` and their `feed`: what they take, what they refuse, and in which words."""

import pytest

from tournee.core.settings import AfterImport, Backlog, EmptyCells, Membership, StampRule, Truncated

FEED = """\
repositories: {{box: {{url: 'file:///srv/in'}}}}
lists:
  avis:
    feed:
      repository: box
      every: 15 minutes
      language: fr
{}"""


def feed_with(*keys: str) -> str:
    return FEED.format("".join(f"      {key}\n" for key in keys))


def feed(configured, *keys: str):
    return configured(feed_with(*keys)).settings.lists["avis"].feed


# ---------------------------------------------------------------- what is taken


def test_a_feed_says_little_and_means_much(configured):
    plain = feed(configured)
    assert (plain.prefix, plain.schedule.text, plain.settle.seconds, plain.reject_above) == (
        "import_avis",
        "15 minutes",
        30,
        0.5,
    )
    assert (plain.stamp, plain.after_import, plain.backlog, plain.archive_to, plain.deploy, plain.path) == (
        StampRule.OPTIONAL,
        AfterImport.KEEP,
        Backlog.IMPORT,
        "archive",
        (),
        None,
    )


def test_every_key_of_a_feed_arrives(configured):
    full = feed(
        configured,
        "path: ./in//avis/", "prefix: import-2026", "marker: .ok", "country: NO", "default_language: pt_br",
        "stamp: required", "after_import: archive", "archive_to: done/", "rejected_to: bad",
        "reject_above: 0%", "backlog: skip",
    )  # fmt: skip
    assert (full.path, full.prefix, full.marker, full.country, full.default_language) == (
        "in/avis",
        "import-2026",
        ".ok",
        "NO",
        "pt-BR",
    )
    assert (
        full.stamp,
        full.after_import,
        full.archive_to,
        full.rejected_to,
        full.reject_above,
        full.backlog,
    ) == (
        StampRule.REQUIRED,
        AfterImport.ARCHIVE,
        "done",
        "bad",
        0.0,
        Backlog.SKIP,
    )


def test_what_a_file_means_is_little_unless_it_is_said(configured):
    plain = feed(configured)
    assert (plain.identify_by, plain.empty_cells, plain.membership, plain.mirror_limit) == (
        None,
        EmptyCells.KEEP,
        Membership.ADD,
        0.2,
    )
    assert (plain.truncated, plain.report) == (Truncated.WAIT, False)


def test_what_a_file_means_can_be_said(configured):
    full = configured(
        "contact_fields: {external_id: {type: text}}\n"
        + feed_with(
            "identify_by: external_id", "empty_cells: clear", "membership: mirror", "mirror_limit: 5%",
            "truncated: wait", "report: yes",
        )
    ).settings.lists["avis"].feed  # fmt: skip
    assert (full.identify_by, full.empty_cells, full.membership, full.mirror_limit, full.report) == (
        "external_id",
        EmptyCells.CLEAR,
        Membership.MIRROR,
        0.05,
        True,
    )


def test_a_list_without_a_feed_is_filled_by_hand(configured):
    lists = configured("lists:\n  by_hand:\n  other: {name: Autre}\n").settings.lists
    assert [(key, entry.name, entry.feed) for key, entry in lists.items()] == [
        ("by_hand", "by_hand", None),
        ("other", "Autre", None),
    ]


def test_texts_are_not_guessed_to_be_something_else(configured):
    text = (
        "repositories: {box: {url: 'file:///srv/in'}}\n"
        "lists:\n  no:\n    name: 2026-11-23\n"
        "    feed: {repository: box, cron: 30 6 * * mon, language: fr, prefix: 0123}\n"
    )
    entry = configured(text).settings.lists["no"]
    assert (entry.key, entry.name, entry.feed.prefix, entry.feed.schedule.text) == (
        "no",
        "2026-11-23",
        "0123",
        "30 6 * * mon",
    )


@pytest.mark.parametrize("text", ["0", "0 seconds", "90 min"])
def test_settle_may_be_nothing(configured, text):
    assert feed(configured, f"settle: {text}").settle.text == text


def test_a_feed_may_hold_what_is_more_than_usual(configured):
    number, usual = (feed(configured, f"hold_above: {text}").hold_above for text in ("5000", "2.5 x usual"))
    assert (number.number, number.times_usual, number.text) == (5000, None, "5000")
    assert (usual.number, str(usual.times_usual), usual.text) == (None, "2.5", "2.5 x usual")


def test_a_bound_for_a_feed_that_invites_nobody_warns(warnings):
    assert (
        "8:7: `hold_above` means nothing without `deploy`: the files of this feed invite nobody"
        in warnings(feed_with("hold_above: 5000"))
    )


# ---------------------------------------------------------------- what is refused

NOT_YET = "is not available in this version"
FEEDS = {
    "prefix: import_": "8:15: `import_` would take nothing that has a date: leave out the `_` at its end",
    "prefix: 'import '": "8:15: `import ` would take nothing that has a date: leave out the ` ` at its end",
    "prefix: import.csv": "8:15: `import.csv` would take nothing: leave out the extension",
    "prefix: import.CSV.gz": "8:15: `import.CSV.gz` would take nothing: leave out the extension",
    "prefix: in/import": (
        "8:15: `in/import` is not a prefix: it is taken letter by letter, without `/`, `\\`, `*` and `?`"
    ),
    "prefix: import_*": (
        "8:15: `import_*` is not a prefix: it is taken letter by letter, without `/`, `\\`, `*` and `?`"
    ),
    "prefix: .import": (
        "8:15: `.import` would take nothing: hidden files are left alone; begin with a letter or a digit"
    ),
    'prefix: "a\\tb"': "8:15: `a\\tb` is not a prefix: it holds a control character",
    "prefix: ''": "8:15: this is empty: write the beginning of a file name",
    "prefix:": "8:7: there is no value here: write the beginning of a file name",
    "path: /in": "8:13: this is below another directory: leave out the `/` at the beginning",
    "path: a/../../b": "8:13: this must stay below the directory: `..` leaves it",
    "settle: 5 m": (
        "8:15: `5 m` is not a duration: "
        "write a whole number and seconds, minutes, hours, days, weeks, months or years"
    ),
    "settle: 2 days": "8:15: `2 days` is too long: write at most `24 hours`",
    "settle: 1 month": "8:15: `1 month` has no fixed length: write days or less",
    "marker: .csv": "8:15: `.csv` is not an ending that marks a file as complete, such as `.ok`",
    "marker: a/b": "8:15: `a/b` is not an ending that marks a file as complete, such as `.ok`",
    "country: UK": "8:16: `UK` is not a country code of ISO 3166, such as `FR`; did you mean `GB`?",
    "country: fr": "8:16: `fr` is not a country code of ISO 3166, such as `FR`; did you mean `FR`?",
    "country: Utopia": "8:16: `Utopia` is not a country code of ISO 3166, such as `FR`",
    "default_language: klingon": "8:25: `klingon` is not a language tag such as `fr` or `pt-BR`",
    "stamp: requir": "8:14: `requir` is not `optional`, `required` or `forbidden`; did you mean `required`?",
    "after_import: move": "8:21: `move` is not `keep`, `archive` or `delete`",
    "backlog: maybe": "8:16: `maybe` is not `import` or `skip`",
    "archive_to: done": "8:7: `archive_to` means nothing without `after_import: archive`",
    "rejected_to: ./": "8:20: a file moved to where it is would be taken again: write another directory",
    "reject_above: 0.5": "8:21: `0.5` is not a percentage from `0%` to `100%`",
    "reject_above: 101%": "8:21: `101%` is not a percentage from `0%` to `100%`",
    "deploy: satisfaction": "8:15: there is no deployment `satisfaction`",
    "deploy: {a: b}": "8:15: this must be a name of `deployments`, or a list of them, not a mapping",
    "prefix: x.csv.report": "8:15: `x.csv.report` would take our own reports: choose another beginning",
    "empty_cells: erase": "8:20: `erase` is not `keep` or `clear`",
    "membership: miror": "8:19: `miror` is not `add` or `mirror`; did you mean `mirror`?",
    "mirror_limit: 20%": "8:7: `mirror_limit` means nothing without `membership: mirror`",
    "mirror_limt: 20%": "8:7: unknown key `mirror_limt`; did you mean `mirror_limit`?",
    "truncated: accepted": "8:18: `accepted` is not `wait` or `accept`; did you mean `accept`?",
    "report: maybe": "8:15: `maybe` is not `true` or `false`",
    "report: errors.csv": "8:15: `errors.csv` is not `true` or `false`",
    "identify_by: external_id": "8:20: there is no contact field `external_id`",
    "identify_by: [a]": "8:20: this must be a name of `contact_fields`, not a list",
    "identify_by: email": (
        "8:20: this is the name of a declared contact field: without it, the email identifies, else the phone"
    ),
    "expect: daily by 07:00": f"8:7: `expect` {NOT_YET}",
    "hold_above: 0": "8:19: `hold_above` takes 1 or more; to invite nobody, leave out `deploy`",
    "hold_above: 1x usual": "8:19: `1x usual` would hold what is usual: write more than once, "
    "such as `3x usual`",
    "hold_above: many": "8:19: `many` is not a number such as `5000`, nor such as `3x usual`",
    "hold_above: 0.5": "8:19: `0.5` is not a number such as `5000`, nor such as `3x usual`",
    "langauge: fr": "8:7: unknown key `langauge`; did you mean `language`?",
    "zzz: 1": "8:7: unknown key `zzz`",
}


@pytest.mark.parametrize(("key", "expected"), FEEDS.items())
def test_what_is_wrong_with_a_key_of_a_feed_is_told(mistakes, key, expected):
    assert mistakes(feed_with(key)) == [expected]


def test_a_mirror_limit_is_a_percentage(mistakes):
    found = mistakes(feed_with("membership: mirror", "mirror_limit: 20"))
    assert found == ["9:21: `20` is not a percentage from `0%` to `100%`"]


def test_a_limit_of_a_misspelt_mirror_is_no_second_mistake(mistakes):
    found = mistakes(feed_with("membershp: mirror", "mirror_limit: 10%"))
    assert found == ["8:7: unknown key `membershp`; did you mean `membership`?"]


@pytest.mark.parametrize("kind", ["text", "number"])
def test_a_text_or_a_number_can_identify(mistakes, kind):
    fields = f"contact_fields: {{ref: {{type: {kind}}}}}\n"
    assert mistakes(fields + feed_with("identify_by: ref")) == []


@pytest.mark.parametrize("kind", ["date", "datetime", "boolean", "choice, choices: [a]"])
def test_what_many_contacts_share_cannot_identify(mistakes, kind):
    fields = f"contact_fields: {{ref: {{type: {kind}}}}}\n"
    assert mistakes(fields + feed_with("identify_by: ref")) == [
        f"9:20: `ref` is a {kind.partition(',')[0]}, which many contacts share: "
        "name a field of type `text` or `number`"
    ]


def test_what_identifies_may_be_declared_in_a_file_that_is_read_later(write, folder):
    from tournee.config import load

    write("conf/a.yaml", feed_with("identify_by: ref"))
    write("conf/b.yaml", "contact_fields: {ref: {type: text}}\n")
    assert load("conf", {}).settings.lists["avis"].feed.identify_by == "ref"


def test_a_contact_field_that_is_nearly_there_is_named(mistakes):
    fields = "contact_fields: {external_id: {type: text}}\n"
    assert mistakes(fields + feed_with("identify_by: external-id")) == [
        "9:20: there is no contact field `external-id`; did you mean `external_id`?"
    ]


def test_a_wrong_field_is_still_known_to_what_names_it(mistakes):
    fields = "contact_fields: {ref: {type: date, max_length: 3}}\n"
    assert [message.partition(": ")[0] for message in mistakes(fields + feed_with("identify_by: ref"))] == [
        "1:36",
        "9:20",
    ]


def test_a_mirror_that_takes_cut_files_warns(warnings):
    told = "nobody is removed from the list: leave out `truncated: accept`"
    found = warnings(feed_with("membership: mirror", "truncated: accept"))
    assert [message for message in found if told in message] == [
        f"9:7: a file that was cut names only some of its contacts, so that {told}"
    ]
    assert not [one for one in warnings(feed_with("truncated: accept")) if told in one]


LISTS = {
    "timezone: UTC\nlists:\n": ["2:1: there is no list: write one below `lists:`"],
    "lists: {}\n": ["1:1: there is no list: write one below `lists:`"],
    "lists: [avis]\n": ["1:8: this must be a mapping of names that you choose, not a list"],
    "lists: {a: b}\n": ["1:12: this must be a mapping with keys such as `name:`, not a text"],
    "lists: {a: {prefix: x}}\n": ["1:13: unknown key `prefix`; it belongs below `feed`"],
    "lists:\n  a:\n    feed:\n": [
        "3:5: `every` or `cron` is missing: write one, such as `every: 15 minutes`",
        "3:5: `language` is missing: write a file language such as `fr`",
        "3:5: `repository` is missing: write a name of `repositories`",
    ],
    "lists: {a: {feed: {repository: x, every: 0, cron: 0 6 * * 1, language: xx, settle: 1, marker: .a}}}\n": [
        "1:32: there is no repository `x`",
        "1:42: `every: 0` would never rest: write at least `1 second`",
        "1:45: `every` and `cron` exclude each other: keep one",
        "1:51: days of the week are written by name, not by number: write `0 6 * * mon`",
        "1:72: there is no file language `xx`; there are {languages}",
        "1:84: `1` is not a duration: write a whole number and seconds, minutes, hours, days, weeks, "
        "months or years, such as `1 minutes`",
        "1:87: `settle` and `marker` exclude each other: keep one",
    ],
    "repositories: {boutique: {url: 'file:///x'}}\n"
    "lists: {a: {feed: {repositry: boutique, evry: 1 day, language: fr}}}\n": [
        "2:20: unknown key `repositry`; did you mean `repository`?",
        "2:41: unknown key `evry`; did you mean `every`?",
    ],
    "repositories: {boutique: {url: 'file:///x'}}\n"
    "lists: {a: {feed: {repository: boutiqe, every: 1 day, language: fra}}}\n": [
        "2:32: there is no repository `boutiqe`; did you mean `boutique`?",
        "2:65: there is no file language `fra`; there are {languages}; did you mean `fr`?",
    ],
}


@pytest.mark.parametrize(("text", "expected"), LISTS.items())
def test_what_is_wrong_with_a_list_is_told(mistakes, configured, text, expected):
    known = [f"`{tag}`" for tag in sorted(configured("timezone: UTC").languages)]
    languages = f"{', '.join(known[:-1])} and {known[-1]}"
    assert mistakes(text) == [message.replace("{languages}", languages) for message in expected]


def test_no_list_at_all_is_a_mistake(folder, write):
    from tournee.config import load
    from tournee.core.errors import ConfigurationError

    write("empty.yaml", "# nothing\ntimezone: UTC\n")
    with pytest.raises(ConfigurationError) as caught:
        load("empty.yaml", {})
    assert [str(problem) for problem in caught.value.problems] == [
        "empty.yaml:2:1: there is no list: write one below `lists:`"
    ]


# ---------------------------------------------------------------- one prefix, one list

TWO = """\
repositories: {{box: {{url: 'file:///srv/in'}}, other: {{url: 'file:///srv/in'}}}}
lists:
  a: {{feed: {{every: 1 day, language: fr, repository: box, {}}}}}
  b: {{feed: {{every: 1 day, language: fr, repository: {}, {}}}}}
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("prefix: import", "prefix: import"),
        ("prefix: import, path: in", "prefix: import, path: ./in/"),
        ("prefix: import_b", "stamp: required"),
        ("prefix: été", "prefix: e\u0301te\u0301"),
    ],
)
def test_a_prefix_twice_in_one_directory_is_a_mistake(mistakes, first, second):
    problem = mistakes(TWO.format(first, "box", second))
    assert len(problem) == 1
    assert problem[0].startswith("4:")
    assert problem[0].endswith("in this directory fills the list `a` already")


@pytest.mark.parametrize(
    ("first", "repository", "second"),
    [
        ("prefix: import", "box", "prefix: import_avis"),
        ("prefix: import", "box", "prefix: Import"),
        ("prefix: import", "box", "prefix: import, path: in"),
        ("prefix: import", "other", "prefix: import"),
    ],
)
def test_prefixes_that_can_be_told_apart_are_fine(mistakes, first, repository, second):
    assert mistakes(TWO.format(first, repository, second)) == []
