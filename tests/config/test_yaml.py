"""YAML itself: what cannot be read is told in one line, at its place, in words of our own."""

from pathlib import Path

import pytest

from tournee.config import load
from tournee.core.errors import ConfigurationError

BROKEN = {
    "a tab": ("lists:\n\tavis:\n", "2:1: a tab cannot indent YAML: use spaces"),
    "a second colon": (
        "timezone: a: b\n",
        "1:12: no key can stand here: check the indentation and the line before; "
        "if the `:` is part of a text, put it in quotes",
    ),
    "an open quote": ("timezone: 'Europe\nlists:\n", "1:11: this quote is never closed"),
    "an open bracket": (
        "mail: {url: x\nlists: {}\n",
        "1:7: in these brackets something is not closed: "
        "check brackets and commas, and put texts in quotes (`${NAME}` needs them)",
    ),
    "a variable in brackets": (
        "mail: {url: ${URL}, from: x}\n",
        "1:7: in these brackets something is not closed: "
        "check brackets and commas, and put texts in quotes (`${NAME}` needs them)",
    ),
    "a text with @": (
        "spool: @x\n",
        "1:8: a text cannot begin with `@`, `%` or a back quote: put it in quotes",
    ),
    "a missing colon": ("lists: {a: }\ntimezone\n", "2:1: this is not a `key: value`: a `:` is missing"),
    "an odd indentation": (
        "lists:\n  - a\n b: 1\n",
        "3:2: check the indentation; if this is a text, put it in quotes",
    ),
    "a bad escape": (
        'spool: "C:\\data"\n',
        "1:11: this `\\` escapes nothing that YAML knows: write `\\\\`, or use single quotes",
    ),
    "a tag": (
        "spool: !var x\n",
        "1:8: tags have no meaning here: if this text begins with `!`, put it in quotes",
    ),
    "a tag's handle": ("spool: !a!b x\n", "1:8: if this text begins with `!`, put it in quotes"),
    "an alias of nothing": (
        "spool: *var\n",
        "1:8: nothing before this has that name: if this text begins with `*`, put it in quotes",
    ),
    "an alias of itself": (
        "spool: &a [*a]\n",
        "1:12: nothing before this has that name: if this text begins with `*`, put it in quotes",
    ),
    "two documents": (
        "timezone: UTC\n---\nlists: {}\n",
        "2:1: a second document (`---`) begins here: a file holds one",
    ),
    "a list": ("- lists\n", "1:1: the top level must be a mapping of keys such as `lists:`"),
    "a text": ("hunter2\n", "1:1: the top level must be a mapping of keys such as `lists:`"),
    "nothing": (
        "",
        "1:1: there is nothing in this file: remove it, or give it another ending than .yaml and .yml",
    ),
    "comments only": (
        "# lists:\n",
        "1:1: there is nothing in this file: remove it, or give it another ending than .yaml and .yml",
    ),
    "a control character": (
        "timezone: UTC\nspool: a\x00b\n",
        "2:9: a control character has no place in YAML",
    ),
    "half a character": (
        'spool: "\\ud800"\nlists: {a: }\n',
        "1:11: this `\\` escapes nothing that YAML knows: write `\\\\`, or use single quotes",
    ),
    "a block of text": ("spool: |x\n", "1:9: if this text begins with `|` or `>`, put it in quotes"),
    "a sign of YAML's": ("spool: & x\n", "1:9: if this text begins with `&` or `*`, put it in quotes"),
    "a comma too many": (
        "spool: [,]\n",
        "1:9: in brackets a value is missing here: "
        "check brackets and commas, and put texts in quotes (`${NAME}` needs them)",
    ),
    "a directive": (
        "%YAML 3\n---\na: 1",
        "1:8: this is not YAML: check quotes, brackets and indentation",
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_yaml_is_told_at_its_place(write, text, expected):
    write("broken.yaml", text)
    with pytest.raises(ConfigurationError) as caught:
        load("broken.yaml", {})
    assert [str(problem) for problem in caught.value.problems] == [f"broken.yaml:{expected}"]


def test_a_file_that_is_not_utf8_is_told_at_the_first_byte(folder: Path):
    (folder / "latin.yaml").write_bytes("timezone: UTC\nspool: é: à".encode("latin-1"))
    assert problems("latin.yaml") == ["latin.yaml:2:8: this byte is not UTF-8: save the file as UTF-8"]


def test_a_utf16_file_is_told_as_such(folder: Path):
    (folder / "wide.yaml").write_bytes("lists: {a: }".encode("utf-16"))
    assert problems("wide.yaml") == ["wide.yaml:1:1: this file is UTF-16 or UTF-32: save it as UTF-8"]


def test_a_byte_order_mark_does_no_harm(folder: Path):
    (folder / "marked.yaml").write_bytes(b"\xef\xbb\xbflists: {a: }\r\n")
    assert list(load("marked.yaml", {}).settings.lists) == ["a"]
    (folder / "marked.yaml").write_bytes(b"\xef\xbb\xbfa\x00")
    assert problems("marked.yaml") == ["marked.yaml:1:2: a control character has no place in YAML"]


def test_a_file_of_gigabytes_is_not_read(folder: Path):
    with (folder / "huge.yaml").open("wb") as stream:
        stream.truncate(10 * 1024**3)
    assert problems("huge.yaml") == ["huge.yaml:1:1: this file is larger than 4 MiB"]


def test_aliases_that_explode_are_refused_before_they_do(write):
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 20))
    write("bomb.yaml", f"a0: &a0 x\n{levels}")
    assert problems("bomb.yaml") == ["bomb.yaml:7:5: more than 200,000 values, counting what aliases repeat"]


def test_merges_that_explode_are_refused_before_they_do(write):
    base = ", ".join(f"k{n}: x" for n in range(20_000))
    uses = "".join(f"u{n}: {{<<: *base}}\n" for n in range(20_000))
    write("bomb.yaml", f"base: &base {{{base}}}\n{uses}")
    assert problems("bomb.yaml") == ["bomb.yaml:1:7: more than 200,000 values, counting what aliases repeat"]


def test_a_deep_nesting_is_no_way_to_crash(write):
    write("deep.yaml", "lists: {a: }\nspool: " + "[" * 900 + "]" * 900)
    assert problems("deep.yaml") == ["deep.yaml:2:8: this must be a path, not a list"]


def test_anchors_and_merge_keys_save_repetition(configured):
    feed = "{repository: r, every: 1 day, language: fr}"
    config = configured(
        f"repositories: {{r: {{url: 'file:///srv/in'}}}}\n"
        f"lists:\n  a: {{feed: &base {feed}}}\n  b: {{feed: {{<<: *base, language: en}}}}\n"
    )
    feeds = {key: entry.feed for key, entry in config.settings.lists.items()}
    assert [(key, feed.language, feed.prefix) for key, feed in feeds.items()] == [
        ("a", "fr", "import_a"),
        ("b", "en", "import_b"),
    ]


def test_a_mistake_behind_an_alias_is_told_once(mistakes):
    text = "lists:\n  a: {feed: &f {repositry: r}}\n  b: {feed: *f}\n"
    assert mistakes(text).count("2:17: unknown key `repositry`; did you mean `repository`?") == 1


def problems(path: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(path, {})
    return [str(problem) for problem in caught.value.problems]
