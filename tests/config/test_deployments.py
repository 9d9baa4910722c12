"""`deployments` by email and their templates: what they take, what they refuse, and in which words."""

import pytest

DEPLOYMENT = """\
mail: {url: 'smtp://localhost', from: a@b.example}
contact_fields: {order: {type: text}}
deployments:
  d:
    channel: email
    from: Boutique <avis@b.example>
    subject: SUBJECT
    template: t.html
    survey_url: https://s.example/1
"""


def deployment_with(*keys: str, subject: str = "Hello") -> str:
    return DEPLOYMENT.replace("SUBJECT", subject) + "".join(f"    {key}\n" for key in keys)


# ---------------------------------------------------------------- templates


def test_one_template_is_for_all_languages(configured, write, folder):
    write("t.html", "<p>{{ contact.first_name }} {{ contact['order'] }} {{ survey_url }}")
    d = configured(deployment_with()).settings.deployments["d"]
    assert (d.form.templates, d.form.subject) == ({"*": f"{folder}/t.html"}, {"*": "Hello"})


def test_a_template_by_language_stands_beside_in_the_order_of_the_subjects(configured, write, folder):
    for tag in ("en", "fr", "pt-BR"):
        write(f"t.{tag}.html", "{{ survey_url }}")
    write("t.old.html.bak", "{{")
    d = configured(deployment_with(subject="{pt-BR: a, fr: b, en: c}")).settings.deployments["d"]
    assert list(d.form.templates.items()) == [
        ("pt-BR", f"{folder}/t.pt-BR.html"),
        ("fr", f"{folder}/t.fr.html"),
        ("en", f"{folder}/t.en.html"),
    ]


def test_a_template_is_found_beside_the_file_that_names_it(write, folder):
    from tournee.config import load

    write("config/a.yaml", deployment_with().replace("t.html", "mail/t.html") + "lists: {a: }\n")
    write("config/mail/t.html", "{{ survey_url }}")
    form = load("config", {}).settings.deployments["d"].form
    assert form.templates == {"*": f"{folder}/config/mail/t.html"}


MISTAKES = {
    "{{ contact.first_name": "t.html:3:1: the template is wrong here: unexpected '/'",
    "{% if contact.email %}": "t.html:2:1: the template is wrong here: Unexpected end of template. "
    "Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. "
    "The innermost block that needs to be closed is 'if'.",
    "{{ contact.email | uper }}": "t.html:2:1: the template is wrong here: No filter named 'uper'.",
    "{{ contac.email }}": "t.html:2:1: the template has no `contac`; did you mean `contact`?",
    "{{ contact.firstname }}": "t.html:2:1: `contact` has no `firstname`; did you mean `first_name`?",
    "{{ contact['ordre'] }}": "t.html:2:1: `contact` has no `ordre`; did you mean `order`?",
    "{{ list.naem }}": "t.html:2:1: `list` has no `naem`; did you mean `name`?",
    "{{ unsubscribe_url }}": "t.html:2:1: `unsubscribe_url` leads to this service: write where people reach "
    "it, such as `http: {public_url: https://avis.example.com}`",
    "{% include 'x.html' %}": "t.html:2:1: a template that uses another one is not available in this version",
    "{% extends 'x.html' %}": "t.html:2:1: a template that uses another one is not available in this version",
}


@pytest.mark.parametrize(("line", "expected"), MISTAKES.items())
def test_what_is_wrong_in_a_template_is_told_at_its_line(mistakes, write, line, expected):
    write("t.html", f"<p>\n{line}\n</p>\n")
    assert mistakes(deployment_with()) == [expected]


def test_a_text_beside_the_html_is_read_for_mistakes_too(mistakes, write):
    write("t.html", "{{ survey_url }}")
    write("t.txt", "Hello\n{{ nobody }}\n")
    assert mistakes(deployment_with()) == ["t.txt:2:1: the template has no `nobody`"]


def test_loops_and_own_variables_of_a_template_are_fine(mistakes, write):
    write(
        "t.html",
        "{% set x = contact.email %}{% for n in range(3) %}{{ n }}{{ x }}{{ loop.index }}{% endfor %}",
    )
    assert mistakes(deployment_with()) == []


def test_a_template_that_is_not_there_is_told(mistakes):
    assert mistakes(deployment_with()) == [
        "8:15: there is no `t.html`, and none by language such as `t.fr.html`"
    ]


def test_a_directory_of_templates_that_is_not_there_is_told(mistakes):
    assert mistakes(deployment_with().replace("t.html", "mail/t.html")) == [
        "8:15: the directory of this template cannot be read: no such file or directory"
    ]


def test_a_template_for_all_and_one_by_language_is_told(mistakes, write):
    write("t.html", "a")
    write("t.fr.html", "a")
    assert mistakes(deployment_with()) == [
        "8:15: there are `t.html`, for all languages, and `t.fr.html`: keep one kind"
    ]


def test_a_template_that_is_no_html_is_told(mistakes, write):
    write("t.txt", "a")
    assert mistakes(deployment_with().replace("t.html", "t.txt")) == [
        "8:15: a template is HTML: its name ends in `.html` (a text may stand beside it, as `.txt`)"
    ]


def test_a_template_that_is_not_utf8_is_told(mistakes, folder):
    (folder / "t.html").write_bytes(b"<p>\n\xe9")
    assert mistakes(deployment_with()) == ["t.html:2:1: this byte is not UTF-8: save the file as UTF-8"]


def test_languages_of_subject_and_template_are_the_same(mistakes, write):
    write("t.fr.html", "a")
    write("t.en.html", "a")
    assert mistakes(deployment_with(subject="{fr: a, de: b}")) == [
        "7:5: there is a template in `en`, but no subject",
        "8:5: there is a subject in `de`, but no template",
    ]


# ---------------------------------------------------------------- keys

KEYS = {
    "channel: emial": "5:14: `emial` is not `email`, `sms` or `webhook`; did you mean `email`?",
    "from: Boutique": "6:11: `Boutique` is not an email address",
    "from: ''": "6:11: this is empty: write an address such as `Boutique <avis@example.com>`",
    "subject: ''": "7:14: this is empty: write a subject",
    "subject: {fr: }": "7:15: there is no value here: write a subject",
    "subject: {french: x}": "7:15: `french` is not a language tag such as `fr` or `pt-BR`",
    "subject: [x]": "7:14: this must be a subject, or a mapping of languages, "
    "such as `{fr: …, en: …}`, not a list",
    "subject: {}": "7:14: this must be a subject, or a mapping of languages, "
    "such as `{fr: …, en: …}`, not an empty mapping",
    "subject: '{{ contact.firstname }}'": "7:14: `contact` has no `firstname`; did you mean `first_name`?",
    "subject: '{{ x'": "7:14: the template is wrong here: unexpected end of template, "
    "expected 'end of print statement'.",
    "survey_url: survey.example": "9:17: this is not a web address such as `https://survey.example/s/1234`",
    "survey_url: 'https://s.example/{{ survey_url }}'": "9:17: the template has no `survey_url`",
}


@pytest.mark.parametrize(("key", "expected"), KEYS.items())
def test_what_is_wrong_with_a_key_of_a_deployment_is_told(mistakes, write, key, expected):
    write("t.html", "a")
    name = key.partition(":")[0]
    lines = [
        f"    {key}" if line.startswith(f"    {name}:") else line for line in deployment_with().splitlines()
    ]
    assert mistakes("\n".join(lines)) == [expected]


DEPLOYMENTS = {
    "{}": ["3:3: `channel` is missing: write `email`, `sms` or `webhook`"],
    "{channel: email, form: a@b.example}": [
        "3:3: `subject` is missing: write a subject, or a mapping of languages, such as `{fr: …, en: …}`",
        "3:3: `survey_url` is missing: write a web address such as `https://survey.example/s/1234`",
        "3:3: `template` is missing: write the path of a template such as `templates/satisfaction.html`",
        "3:23: unknown key `form`; did you mean `from`?",
    ],
}


@pytest.mark.parametrize(("written", "expected"), DEPLOYMENTS.items())
def test_only_what_a_channel_needs_is_asked_for(mistakes, written, expected):
    mail = "mail: {url: 'smtp://localhost', from: a@b.example}"
    assert mistakes(f"{mail}\ndeployments:\n  d: {written}") == expected


def test_invitations_need_a_mail_server(mistakes, write):
    write("t.html", "a")
    text = deployment_with()
    assert mistakes(text[text.index("\n") + 1 :]) == ["3:3: invitations need a mail server: write `mail:`"]


def test_a_link_to_unsubscribe_is_fine_where_people_can_reach_us(configured, write):
    write("t.html", "{{ survey_url }} {{ unsubscribe_url }} {% if reminder %}again{% endif %}")
    text = deployment_with(subject="'{{ reminder }}'") + "http: {public_url: 'https://a.example/x/'}\n"
    config = configured(text)
    assert (config.settings.http.public_url, config.warnings) == ("https://a.example/x", ())


ASKED = {
    "{% if unsubscribe_url %}<a href='{{ unsubscribe_url }}'>{% endif %}": [],
    "{% if contact.email and unsubscribe_url %}{{ unsubscribe_url }}{% else %}a{% endif %}": [],
    "{{ unsubscribe_url if unsubscribe_url else 'reply STOP' }}": [],
    "{% if not unsubscribe_url %}reply STOP{% endif %}": [],
    "{% if unsubscribe_url %}\n{{ unsubscribe_url }}{% else %}\n{{ unsubscribe_url }}{% endif %}": [
        "t.html:3:1"
    ],
    "{% if contact.email %}\n{{ unsubscribe_url }}{% endif %}": ["t.html:2:1"],
}


@pytest.mark.parametrize(("page", "places"), ASKED.items())
def test_a_link_that_a_template_asks_for_first_may_be_missing(mistakes, write, page, places):
    write("t.html", page)
    assert [message.partition(": ")[0] for message in mistakes(deployment_with())] == places


def test_emails_without_a_way_to_unsubscribe_are_warned_of(warnings, write):
    write("t.html", "a")
    assert warnings(deployment_with()) == [
        "4:3: nobody can unsubscribe from the emails of `d`: write where people reach this service, such as "
        "`http: {public_url: https://avis.example.com}`"
    ]


# ---------------------------------------------------------------- reminders and rates


def test_reminders_come_in_the_order_of_time(configured, write):
    write("t.html", "a")
    written = ("remind: [after 1 month, after 7 days]", "rate: 20  per second")
    d = configured(deployment_with(*written)).settings.deployments["d"]
    assert [str(after) for after in d.remind] == ["7 days", "1 month"]
    assert (d.rate.text, d.rate.pause) == ("20 per second", 0.05)


def test_one_reminder_stands_without_brackets(configured, write):
    write("t.html", "a")
    d = configured(deployment_with("remind: after 7 days")).settings.deployments["d"]
    assert [after.seconds for after in d.remind] == [7 * 86_400]


PACE = {
    "remind: 7 days": "10:13: `7 days` does not say after what time: write such as `after 7 days`",
    "remind: after 0": "10:13: `0` is no time at all: write some time after the invitation, "
    "such as `after 7 days`",
    "remind: after a while": "10:13: `a while` is not a duration: "
    "write a whole number and seconds, minutes, hours, days, weeks, months or years",
    "remind: [after 7 days, after 168 hours]": "10:28: this is in the list already, as `7 days`",
    "remind: {after: 7 days}": "10:13: this must be a time such as `after 7 days`, or a list of them, "
    "not a mapping",
    "rate: fast": "10:11: `fast` is not a rate: write such as `20 per second` or `1000 per hour`",
    "rate: 0 per second": "10:11: `0 per second` would never send anything: write at least `1 per day`",
    "hold_above: 5": "10:5: unknown key `hold_above`",
    "gateway: g": "10:14: there is no gateway `g`",
}


@pytest.mark.parametrize(("key", "expected"), PACE.items())
def test_what_is_wrong_with_reminders_and_rates_is_told(mistakes, write, key, expected):
    write("t.html", "a")
    assert expected in mistakes(deployment_with(key))
