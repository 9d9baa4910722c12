"""Values from the environment and secrets from files; none of them is ever shown."""

from dataclasses import asdict

import pytest

from tournee.core.errors import ConfigurationError

SECRET = "hunter2-é"
BOX = "repositories:\n  box: {{url: 'sftp://u@h/in', {}}}\n"


def box(config):
    return config.settings.repositories["box"]


def test_a_variable_is_replaced_inside_a_text(configured):
    config = configured('timezone: "${AREA}/${CITY}"', AREA="Europe", CITY="Paris")
    assert config.settings.timezone == "Europe/Paris"


def test_what_a_variable_holds_is_not_read_again(configured):
    config = configured(BOX.format('password: "${PW}"'), PW="a ${X} $${ # {b}: c")
    assert box(config).password.reveal() == "a ${X} $${ # {b}: c"


def test_a_doubled_dollar_is_a_literal_brace(configured):
    config = configured(BOX.format('password: "$${PW} $5 $$ {x}"'))
    assert box(config).password.reveal() == "${PW} $5 $$ {x}"


def test_a_variable_that_is_not_set_is_told_at_its_place(mistakes):
    assert mistakes("timezone: ${TZ_NAME}\nspool: a/${SPOOL}") == [
        "1:11: `TZ_NAME` is not set in the environment",
        "2:8: `SPOOL` is not set in the environment",
    ]


@pytest.mark.parametrize("text", ["${", "${}", "${1A}", "${A-B}", "${A", "${ A }"])
def test_a_brace_that_is_no_variable_is_told(mistakes, text):
    assert mistakes(f"spool: 'a {text}'") == [
        "1:8: `${` begins a name of the environment, such as `${NAME}`; a literal one is written `$${`"
    ]


def test_a_variable_that_is_empty_is_no_value(mistakes):
    assert mistakes("timezone: ${TZ_NAME}", TZ_NAME="") == [
        "1:11: this is empty: write a time zone such as `Europe/Paris`"
    ]


def test_bytes_of_the_environment_that_are_not_text_are_told(mistakes):
    assert mistakes("spool: ${DIR}", DIR="a\udcff") == [
        "1:8: the environment's `DIR` holds a control character, or bytes that are not UTF-8"
    ]


def test_numbers_and_switches_may_come_from_the_environment(configured):
    text = 'repositories:\n  box: {url: \'ftp://h/\', passive: "${P}", max_connections: "${N}"}\n'
    assert (
        box(configured(text, P="false", N="3")).passive,
        box(configured(text, P="no", N="3")).max_connections,
    ) == (
        False,
        3,
    )


def test_a_secret_of_two_lines_is_none(mistakes):
    message = "2:41: this must be a single line"
    assert mistakes(BOX.format('password: "${PW}"'), PW="a\nSITE CHMOD") == [message]
    assert mistakes(BOX.format('password: "a\\n"')) == [message]


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("content", ["s3cret", "s3cret\n", "s3cret\r\n", "\ufeffs3cret\n\n"])
def test_a_secret_from_a_file_loses_its_line_end(configured, write, content):
    write("pw", content)
    assert box(configured(BOX.format("password_file: pw"))).password.reveal() == "s3cret"


def test_spaces_of_a_secret_are_part_of_it(configured, write):
    write("pw", "  s3cret \n")
    assert box(configured(BOX.format("password_file: pw"))).password.reveal() == "  s3cret "
    assert box(configured(BOX.format("password: '  s3cret '"))).password.reveal() == "  s3cret "


def test_a_secret_file_may_be_named_by_the_environment(configured, write):
    write("run/credentials/pw", "s3cret\n")
    config = configured(
        BOX.format('password_file: "${CREDENTIALS_DIRECTORY}/pw"'), CREDENTIALS_DIRECTORY="run/credentials"
    )
    assert box(config).password.reveal() == "s3cret"


def test_a_private_key_keeps_its_lines(configured, write):
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1\n-----END OPENSSH PRIVATE KEY-----\n"
    write("keys/id", key)
    config = configured(BOX.format("private_key_file: keys/id, passphrase: p"))
    assert box(config).private_key.reveal() == key


def test_a_home_is_known(configured, write, folder):
    write("home/.ssh/hosts", "h ssh-ed25519 AAAA\n")
    config = configured(BOX.format("password: x, known_hosts: ~/.ssh/hosts"), HOME=str(folder / "home"))
    assert box(config).known_hosts == f"{folder}/home/.ssh/hosts"


FILES = {
    "missing": (
        "gone",
        "this file cannot be read: no such file or directory (a relative path starts at `{folder}`)",
    ),
    "a directory": (".", "this is not a file"),
    "empty": ("empty", "this file is empty"),
    "two lines": ("lines", "this file holds more than one line"),
    "binary": ("binary", "this file is not UTF-8 text"),
    "control characters": ("nul", "this file holds control characters"),
}


@pytest.mark.parametrize(("name", "expected"), FILES.values(), ids=FILES)
def test_a_secret_file_that_cannot_be_used_is_told_at_its_place(mistakes, write, folder, name, expected):
    for file, content in (("empty", "\n"), ("lines", "a\nb\n"), ("nul", "a\x00b")):
        write(file, content)
    (folder / "binary").write_bytes(b"\xff\xfe")
    assert mistakes(BOX.format(f"password_file: {name}")) == [f"2:46: {expected.format(folder=folder)}"]


KEYS = {
    "PuTTY": (
        "PuTTY-User-Key-File-3: ssh-ed25519\n",
        "this is a key of PuTTY: convert it with `puttygen KEY -O private-openssh -o NEW`",
    ),
    "public": ("ssh-ed25519 AAAA me\n", "this is a public key: the private one is the file without `.pub`"),
    "something else": ("s3cret\n", "this file is not a private key"),
}


@pytest.mark.parametrize(("content", "expected"), KEYS.values(), ids=KEYS)
def test_a_file_that_is_no_private_key_is_told(mistakes, write, content, expected):
    write("id", content)
    assert mistakes(BOX.format("private_key_file: id")) == [f"2:49: {expected}"]


def test_a_secret_and_its_file_exclude_each_other(mistakes, write):
    write("pw", "x")
    assert mistakes(BOX.format("password: x, password_file: pw")) == [
        "2:44: `password` and `password_file` exclude each other: keep one"
    ]


# ---------------------------------------------------------------- never shown

LEAKS = {
    "in a repository's URL": f"repositories: {{r: {{url: 'sftp://u:{SECRET}@h/'}}}}",
    "in a database's URL": f"database: postgresql://u:{SECRET}@h/db",
    "in a database's parameters": f"database: 'postgresql://u@h/db?password={SECRET}'",
    "in a mail server's URL": f"mail: {{url: 'smtp://u:{SECRET}@h', from: a@b.example}}",
    "with signs that break a URL": f"repositories: {{r: {{url: 'sftp://u:a#{SECRET}/?@h/'}}}}",
    "as the name of a file": f"repositories: {{r: {{url: 'sftp://u@h/', password_file: '{SECRET}'}}}}",
    "as a key file": f"repositories: {{r: {{url: 'sftp://u@h/', private_key_file: '{SECRET}'}}}}",
    "as a mapping": f"repositories: {{r: {{url: 'sftp://u@h/', password: {{a: {SECRET}}}}}}}",
    "with a mark of YAML": f"spool: !{SECRET}!x y",
    "as an alias": f"spool: *{SECRET}",
    "with an @": f"spool: @{SECRET}",
    "as a fingerprint": f"repositories: {{r: {{url: 'sftp://u@h/', password: x, host_key: {SECRET}}}}}",
    "as a certificate": f"repositories: {{r: {{url: 'ftps://u@h/', password: x, certificate: {SECRET}}}}}",
    "by the environment, as a time zone": "timezone: ${PW}",
    "by the environment, as a URL": "mail: {url: '${PW}', from: '${PW}'}",
    "by the environment, as times": "lists: {a: {feed: {every: '${PW}', settle: '${PW}', cron: '${PW}'}}}",
    "by the environment, as words": "lists: {a: {feed: {stamp: '${PW}', prefix: '${PW}*', path: '/${PW}'}}}",
    "by the environment, as names": (
        "lists: {a: {feed: {repository: '${PW}', language: '${PW}', deploy: '${PW}', marker: '${PW}/'}}}"
    ),
    "by the environment, as numbers": (
        "repositories: {r: {url: 'ftp://h', max_connections: '${PW}', passive: '${PW}', encoding: '${PW}'}}"
    ),
    "by the environment, as a rule": "solicitation_rules: [{at_most: '${PW}'}, {at_most: '1 per ${PW}'}]",
    "by the environment, as an address": "users: {u: {email: '${PW}', language: '${PW}', alerts: '${PW}'}}",
    "by the environment, as a template": (
        "deployments: {d: {channel: email, subject: '{{ ${PW} }}', template: '${PW}', survey_url: '${PW}'}}"
    ),
    "by the environment, as languages": "contact_fields: {f: {type: '${PW}', columns: {fr: '${PW}\n'}}}",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_no_message_shows_a_secret(mistakes, text):
    found = mistakes(text, PW=SECRET)
    assert found
    assert [message for message in found if SECRET in message or "hunter2" in message] == []


def test_no_way_to_print_a_configuration_shows_a_secret(configured):
    config = configured(BOX.format(f"password: {SECRET}"))
    shown = (repr(config), str(config.settings), str(asdict(config.settings)))
    assert [text for text in shown if "hunter2" in text] == []


def test_the_exception_itself_shows_no_secret(configured):
    with pytest.raises(ConfigurationError) as caught:
        configured(LEAKS["in a repository's URL"])
    assert "hunter2" not in repr(caught.value) + str(caught.value) + str(caught.value.__context__)
