"""`gateways`, deployments by SMS and webhook, and `http`: what they take and refuse, in which words."""

import pytest

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GATEWAY = """\
gateways:
  ovh:
    url: https://sms.example/send
    headers: {Authorization: "Bearer ${TOKEN}"}
    json: {to: "{{ phone }}", message: "{{ text }}", n: 1, half: 0.5, id: "1", sure: true, none: , more: [no]}
"""
SMS = """\
deployments:
  d: {channel: sms, gateway: ovh, text: 'Avis: {{ survey_url }}', survey_url: 'https://s.example'}
"""


def gateway_with(*keys: str) -> str:
    lines = "".join(f"    {key}\n" for key in keys)
    return f"gateways:\n  g:\n{lines}"


# ---------------------------------------------------------------- gateways


def test_the_body_of_a_gateway_keeps_numbers_and_switches(configured):
    gateway = configured(GATEWAY, TOKEN="t0ken").settings.gateways["ovh"]
    assert gateway.json == {
        "to": "{{ phone }}", "message": "{{ text }}", "n": 1, "half": 0.5, "id": "1", "sure": True,
        "none": None, "more": ["no"],
    }  # fmt: skip
    assert (gateway.method, gateway.timeout.text, gateway.form) == ("POST", "30 seconds", {})


def test_the_headers_of_a_gateway_are_secret(configured):
    gateway = configured(GATEWAY, TOKEN="t0ken").settings.gateways["ovh"]
    assert gateway.headers["Authorization"].reveal() == "Bearer t0ken"
    assert "t0ken" not in repr(gateway)


def test_a_gateway_may_take_a_form_or_nothing_but_its_url(configured):
    text = (
        "gateways:\n"
        "  a: {url: 'https://s.example', form: {to: '{{ phone }}', text: '{{ text }}'}, rate: 5 per hour}\n"
        "  b: {url: 'http://localhost/?to={{ phone }}&text={{ text }}', method: GET, timeout: 5 seconds}\n"
    )
    found = configured(text).settings.gateways
    assert (found["a"].form, found["a"].rate.number) == ({"to": "{{ phone }}", "text": "{{ text }}"}, 5)
    assert (found["b"].method, found["b"].json, found["b"].timeout.seconds) == ("GET", None, 5)


WHOLE = "json: {to: '{{ phone }}', text: '{{ text }}'}"
GATEWAYS = {
    "url: sms.example": "3:10: this is not a web address: write one such as `https://sms.example/send`",
    "url: 'https://'": "3:10: this URL has no host",
    "url: 'https://u:p@sms.example/'": "3:10: neither user nor password has a place in this URL",
    "url: 'https://é.example/'": "3:10: a web address is ASCII: a host is written `xn--…`, "
    "other characters `%C3%A9`",
    "url: 'https://sms.example/{{ fone }}'": "3:10: the template has no `fone`; did you mean `phone`?",
    "url: 'https://sms.example/{{ deployment.key }}'": "3:10: `deployment` has no `key`",
    "method: SEND": "4:13: `SEND` is not `POST`, `PUT`, `PATCH` or `GET`",
    "method: GET": "5:5: `json` means nothing for `method: GET`: write it into the URL, behind a `?`",
    "form: {a: b}": "5:5: `json` and `form` exclude each other: keep one",
    "form: {}": '4:11: this must be a mapping of texts such as `{to: "{{ phone }}", '
    'message: "{{ text }}"}`, not an empty mapping',
    "headers: {Host: a}": "4:15: `Host` is written by the connection itself: leave it out",
    "headers: {a b: c}": "4:15: `a b` cannot be the name of a header",
    "headers: {A: b, a: c}": "4:21: this header is there already, as `A`",
    "headers: {A: é}": "4:18: a header is ASCII",
    "headers: {A: '{{ contact.email }}'}": "4:18: the template has no `contact`",
    "timeout: 0": "4:14: `0` is no time at all: write at least `1 second`",
    "rate: 0 per day": "4:11: `0 per day` would never send anything: write at least `1 per day`",
    "ca_file: no.pem": "4:14: this file cannot be read: no such file or directory (a relative path starts at",
    "rat: 5": "4:5: unknown key `rat`; did you mean `rate`?",
}


@pytest.mark.parametrize(("key", "expected"), GATEWAYS.items())
def test_what_is_wrong_with_a_gateway_is_told(mistakes, key, expected):
    keys = (key, WHOLE) if key.startswith("url") else ("url: https://sms.example", key, WHOLE)
    assert [message for message in mistakes(gateway_with(*keys)) if message.startswith(expected)]


BODIES = {
    "json: '{{ phone }}'": ["4:11: this must be a mapping such as "
    '`{to: "{{ phone }}", message: "{{ text }}"}`, not a text'],
    "json: {to: '{{ phone }}'}": ["2:3: this request says nowhere `{{ text }}`: "
    "write it in `json`, `form` or `url`"],
    "json: {to: '{{ phone }}', text: ['{{ txt }}']}": ["4:38: the template has no `txt`; "
    "did you mean `text`?"],
    "json: {a: '{{ phone'}": ["4:15: the template is wrong here: unexpected end of template, "
    "expected 'end of print statement'."],
    f"json: {'[' * 21}{']' * 21}": ["4:31: this is nested more than 20 deep"],
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), BODIES.items())
def test_what_is_wrong_in_the_body_of_a_gateway_is_told(mistakes, body, expected):
    assert mistakes(gateway_with("url: https://sms.example", body)) == expected


def test_a_gateway_in_clear_is_warned_of_beyond_this_machine(warnings):
    assert warnings(gateway_with("url: http://sms.example", WHOLE)) == [
        "3:10: phones and texts travel in clear: use `https://` where the provider can"
    ]
    assert warnings(gateway_with("url: http://127.0.0.1:8000/", WHOLE)) == []


def test_a_mistake_in_a_secret_header_does_not_tell_it(mistakes):
    text = gateway_with("url: https://sms.example", "headers: {A: '${TOKEN}'}", WHOLE)
    assert mistakes(text, TOKEN="hush{{") == ["4:18: `${TOKEN}` does not give the text of a header"]


# ---------------------------------------------------------------- by SMS


def test_a_text_message_has_a_gateway_and_a_text(configured):
    d = configured(f"{GATEWAY}{SMS}", TOKEN="x").settings.deployments["d"]
    assert (d.channel, d.form.gateway, d.form.text, d.form.sender) == (
        "sms", "ovh", {"*": "Avis: {{ survey_url }}"}, None,
    )  # fmt: skip


def test_a_text_message_may_have_languages_lines_and_a_sender(configured):
    text = GATEWAY.replace("n: 1", "from: '{{ sender }}'")
    text += "deployments:\n  d:\n    channel: sms\n    gateway: ovh\n    from: Boutique\n    text:\n"
    text += "      fr: |\n        Bonjour\n        {{ contact.first_name }}\n      en: Hello\n"
    form = configured(text, TOKEN="x").settings.deployments["d"].form
    assert (form.text, form.sender) == (
        {"fr": "Bonjour\n{{ contact.first_name }}", "en": "Hello"},
        "Boutique",
    )


def test_a_text_that_has_the_url_of_no_survey_is_warned_of(warnings):
    text = f"{GATEWAY}{SMS}".replace(", survey_url: 'https://s.example'", "")
    assert warnings(text, TOKEN="x") == [
        "7:35: there is no `survey_url`: where the text has it, nothing stands"
    ]


def test_a_sender_goes_with_a_gateway_that_asks_for_one(mistakes, warnings):
    text = f"{GATEWAY}{SMS}"
    assert mistakes(text.replace("sms,", "sms, from: B,"), TOKEN="x") == [
        "7:21: the gateway `ovh` has no `{{ sender }}`: write it there, or leave out `from`"
    ]
    assert warnings(text.replace("n: 1", "n: '{{ sender }}'"), TOKEN="x") == [
        "7:21: the gateway `ovh` asks for a sender: write `from`"
    ]


DEPLOYMENTS = {
    "{channel: sms}": [
        "2:3: `gateway` is missing: write a name of `gateways`",
        "2:3: `text` is missing: write a text such as `Your opinion: {{ survey_url }}`, "
        "or a mapping of languages, such as `{fr: …, en: …}`",
    ],
    "{channel: webhook}": [
        "2:3: `secret` or `secret_file` is missing: what the webhook is signed with, `whsec_…`",
        "2:3: `url` is missing: write a web address such as `https://crm.example/hook`",
    ],
}


@pytest.mark.parametrize(("written", "expected"), DEPLOYMENTS.items())
def test_each_channel_asks_for_its_own_keys(mistakes, written, expected):
    assert mistakes(f"deployments:\n  d: {written}\n") == expected


def test_keys_of_another_channel_are_refused(mistakes):
    other = "{channel: webhook, url: 'https://a.example', secret: SECRET, text: a, from: b, gateway: ovh}"
    found = mistakes(f"{GATEWAY}deployments:\n  d: {other.replace('SECRET', SECRET)}\n", TOKEN="x")
    assert [message.partition(" ")[2] for message in found] == [
        f"`{key}` means nothing for `channel: webhook`" for key in ("text", "from", "gateway")
    ]


def test_deployments_without_emails_need_no_mail_server(configured):
    assert configured(f"{GATEWAY}{SMS}", TOKEN="x").settings.mail is None


# ---------------------------------------------------------------- by webhook


def webhook(*keys: str) -> str:
    return f"deployments:\n  d: {{channel: webhook, url: 'https://crm.example/hook', {', '.join(keys)}}}\n"


def test_a_webhook_is_signed_with_a_secret_or_one_of_a_file(configured, write):
    write("crm.key", f"{SECRET}\n")
    for key in (f"secret: {SECRET}", "secret: '${S}'", "secret_file: crm.key"):
        form = configured(webhook(key), S=SECRET).settings.deployments["d"].form
        assert (form.url, form.secret.reveal()) == ("https://crm.example/hook", SECRET)
        assert (form.timeout.text, SECRET in repr(form)) == ("30 seconds", False)


SECRETS = {
    "secret: hush": "this one does not begin with `whsec_`",
    "secret: whsec_hush!": "what follows `whsec_` is not base64",
    "secret: whsec_aHVzaA==": "this one has 4",
}


@pytest.mark.parametrize(("key", "expected"), SECRETS.items())
def test_a_secret_that_cannot_sign_is_told_and_not_shown(mistakes, key, expected):
    (message,) = mistakes(webhook(key))
    assert message.startswith("2:66: a webhook's secret is `whsec_` and 24 to 64 random bytes in base64")
    assert (expected in message, "hush" in message, "openssl rand" in message) == (True, False, True)


def test_a_webhook_has_one_secret(mistakes, write):
    write("crm.key", SECRET)
    assert mistakes(webhook(f"secret: {SECRET}", "secret_file: crm.key")) == [
        "2:106: `secret` and `secret_file` exclude each other: keep one"
    ]


def test_a_webhook_in_clear_is_warned_of(warnings):
    text = webhook(f"secret: {SECRET}").replace("https:", "http:")
    assert warnings(text) == [
        "2:30: what is known of contacts travels in clear: use `https://` where the receiver can"
    ]


# ---------------------------------------------------------------- http


def test_http_listens_on_this_machine_unless_it_is_told(configured):
    there = configured("http: {listen: '[::1]:80', public_url: https://a.example/b/}").settings.http
    usual = configured("http:").settings.http
    assert (there.host, there.port, there.public_url) == ("::1", 80, "https://a.example/b")
    assert (usual.host, usual.port, usual.public_url) == ("127.0.0.1", 8780, None)
    assert configured("timezone: UTC").settings.http is None


HTTP = {
    "{listen: 8780}": "1:16: `8780` is not a host and a port, such as `127.0.0.1:8780`",
    "{listen: 'h:0'}": "1:16: `h:0` is not a host and a port, such as `127.0.0.1:8780`",
    "{listen: 'h:70000'}": "1:16: `h:70000` is not a host and a port, such as `127.0.0.1:8780`",
    "{public_url: avis.example}": "1:20: this is not a web address: write one such as "
    "`https://avis.example.com`",
    "{public_url: 'https://a.example/?x'}": "1:20: this URL ends with a host, or with a path below it: "
    "write one such as `https://avis.example.com`",
    "{public_url: 'https://'}": "1:20: this URL has no host",
    "{publik_url: x}": "1:8: unknown key `publik_url`; did you mean `public_url`?",
    "127.0.0.1": "1:7: this must be a mapping with keys such as `listen:`, not a text",
}


@pytest.mark.parametrize(("written", "expected"), HTTP.items())
def test_what_is_wrong_with_http_is_told(mistakes, written, expected):
    assert mistakes(f"http: {written}") == [expected]


def test_links_without_tls_are_warned_of(warnings):
    assert warnings("http: {public_url: 'http://a.example'}") == [
        "1:20: mail programs offer one click to unsubscribe for `https://` only: put a proxy before this"
    ]
