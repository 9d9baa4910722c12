"""Templates and contacts become messages; a mistake names template and line, never a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tournee.core.errors import TemplateWrong
from tournee.core.render import Letter, Record, Rendered, Source, TextForm, variables
from tournee.core.render.plaintext import plain_text

CONTACT = {"first_name": "Zoé", "email": "zoe@example.com", "items": 3, "amount": None}


def letter(html: str = "", **others: str) -> Letter:
    sources = {"subject": "Votre avis", "survey_url": "https://survey.example/s"} | others
    text = Source(name="s.fr.txt", text=sources["text"]) if "text" in sources else None
    return Letter(
        subject=Source(name="subject", text=sources["subject"]),
        survey_url=Source(name="survey_url", text=sources["survey_url"]),
        html=Source(name="s.fr.html", text=html),
        text=text,
    )


def render(compiled: Letter, **contact: object) -> Rendered:
    return compiled.render(
        contact=Record(CONTACT | contact),
        deployment=Record({"key": "satisfaction"}, "satisfaction"),
        list=Record({"key": "avis", "name": "Avis après achat"}, "Avis après achat"),
    )


def test_everything_that_is_promised_can_be_used() -> None:
    made = render(
        letter(
            '<p>{{ contact.first_name }}, <a href="{{ survey_url }}">votre avis</a> sur {{ list.name }}</p>',
            subject="{{ contact.first_name }} : {{ list }}",
            survey_url="https://survey.example/{{ deployment }}?a={{ contact.email|urlencode }}&b=1",
        )
    )
    assert made.subject == "Zoé : Avis après achat"
    assert 'href="https://survey.example/satisfaction?a=zoe%40example.com&amp;b=1"' in made.html
    assert "votre avis <https://survey.example/satisfaction?a=zoe%40example.com&b=1>" in made.text


def test_a_reminder_and_the_way_out_can_be_told() -> None:
    compiled = letter(
        "{{ unsubscribe_url }}",
        text="{% if unsubscribe_url %}{{ unsubscribe_url }}{% endif %}",
        subject="{% if reminder %}Rappel {{ reminder }} : {% endif %}Votre avis",
    )
    names = {"contact": Record({}), "deployment": Record({}), "list": Record({})}
    made = compiled.render(**names, unsubscribe_url="https://a.example/u/x_-", reminder=2)
    assert made == Rendered(
        subject="Rappel 2 : Votre avis", text="https://a.example/u/x_-", html="https://a.example/u/x_-"
    )
    assert compiled.render(**names) == Rendered(subject="Votre avis", text="", html="")


def test_a_text_message_is_rendered_plain_and_trimmed() -> None:
    source = " {{ contact.first_name }} & co : {{ survey_url }}{% if reminder %} !{% endif %}"
    source += " {{ unsubscribe_url }}\n"
    form = TextForm(
        text=Source(name="text", text=source),
        survey_url=Source(name="survey_url", text="https://s.example/{{ deployment }}?a=1&b=2"),
    )
    names = {"contact": Record(CONTACT), "deployment": Record({}, "avis"), "list": Record({})}
    assert form.render(**names) == "Zoé & co : https://s.example/avis?a=1&b=2"
    assert form.render(**names, reminder=1, unsubscribe_url="u").endswith("b=2 ! u")


def test_a_text_message_may_be_without_a_survey() -> None:
    form = TextForm(text=Source(name="text", text="Merci"), survey_url=Source(name="survey_url", text=""))
    assert form.render(contact=Record({}), deployment=Record({}), list=Record({})) == "Merci"


def test_a_template_can_be_asked_what_it_needs() -> None:
    source = Source(
        name="a", text="{% if unsubscribe_url %}{{ contact.email }}{% endif %}{% set x = 1 %}{{ x }}"
    )
    assert variables(source) == {"unsubscribe_url", "contact"}
    with pytest.raises(TemplateWrong):
        variables(Source(name="a", text="{% if %}"))


def test_html_is_escaped_and_text_is_not() -> None:
    made = render(
        letter("<p>{{ contact.first_name }}</p>", text="{{ contact.first_name }}"), first_name="<b>&"
    )
    assert (made.html, made.text) == ("<p>&lt;b&gt;&amp;</p>", "<b>&")


def test_an_empty_field_prints_nothing() -> None:
    assert render(letter("[{{ contact.amount }}]")).html == "[]"


def test_a_field_named_like_a_method_is_still_the_field() -> None:
    assert render(letter("{{ contact.items }}")).html == "3"


@pytest.mark.parametrize(
    "mistake",
    [
        "{{ contact.fist_name }}", "{{ customer }}", "{{ contact }}", "{{ contact[contact.email] }}",
        "{{ contact.first_name + 1 }}", "{{ 1 / 0 }}", "{% include 'other.html' %}",
        "{{ contact.first_name.__class__ }}", "{{ contact._values }}", "{{ solicitation_id }}",
    ],
)  # fmt: skip
def test_a_mistake_in_use_names_template_and_line_and_no_value(mistake: str) -> None:
    with pytest.raises(TemplateWrong) as caught:
        render(letter(f"<p>\n\n{mistake}</p>"))
    assert caught.value.reason.code == "template_failed"
    assert caught.value.reason.details == {"template": "s.fr.html", "line": 3}


def test_a_mistake_in_writing_is_found_before_any_contact() -> None:
    with pytest.raises(TemplateWrong) as caught:
        letter("<p>\n{% if %}</p>")
    assert caught.value.reason.code == "template_syntax"
    assert (caught.value.reason.details["template"], caught.value.reason.details["line"]) == ("s.fr.html", 2)


def test_a_mistake_in_the_subject_is_told_as_the_subjects() -> None:
    with pytest.raises(TemplateWrong) as caught:
        render(letter(subject="{{ nobody }}"))
    assert caught.value.reason.details == {"template": "subject", "line": 1}


# ---------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree\n"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b\n"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc\n"),
        ("<a href='https://x.example/?a=1&amp;b=2'>here</a>", "here <https://x.example/?a=1&b=2>\n"),
        ('<a href="https://x.example/"><img src="l.png" alt="Logo"></a>', "Logo <https://x.example/>\n"),
        ('<a href="https://x.example/"><img src="l.png"></a>', "https://x.example/\n"),
        ("<a href=https://x.example/>https://x.example/</a>", "https://x.example/\n"),
        ('<a href="mailto:a@b.example">a@b.example</a> <a href="#top">up</a>', "a@b.example up\n"),
        ("<head><title>T</title><style>p{}</style></head><body>B<script>1<2</script></body>", "B\n"),
        ('<div style="display: none"><div>pre</div>header</div>Shown', "Shown\n"),
        ("a &lt; b &amp;&nbsp;c <!-- <p>no</p> -->d", "a < b & c d\n"),
        ('<p title="a > b">x</p>', "x\n"),
        ("  many \n\n  spaces\t here ", "many spaces here\n"),
    ],
)
def test_html_becomes_text_that_is_pleasant_to_read(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(st.sampled_from("<>/a pbr\"'=-!&;\n"), max_size=300))
def test_no_html_however_broken_stops_it(html: str) -> None:
    assert plain_text(html).endswith("\n")


@given(st.text(st.characters(exclude_characters="<>&", exclude_categories=["C", "Z"]), min_size=1))
def test_words_are_kept(words: str) -> None:
    assert plain_text(f"<p>{words}</p>") == f"{words}\n"
