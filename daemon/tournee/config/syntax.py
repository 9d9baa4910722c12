"""What the YAML parser complains about, in words and at the place where a person would look.

The parser is libyaml, which comes with PyYAML's wheels; its own words are for programmers.
"""

import re

import yaml

from tournee.config.mistakes import Place, Wrong

_QUOTES = "put it in quotes"
_FLOW = "check brackets and commas, and put texts in quotes (`${NAME}` needs them)"
_AT_PROBLEM, _AT_CONTEXT = "problem_mark", "context_mark"

#: (what the parser says, in which context, which of its marks a person looks at, our words)
_WORDS = (
    (r"end of stream|document indicator", "quoted scalar", _AT_CONTEXT, "this quote is never closed"),
    (
        r"escape",
        "scalar",
        _AT_PROBLEM,
        "this `\\` escapes nothing that YAML knows: write `\\\\`, or use single quotes",
    ),
    (
        r"mapping values are not allowed",
        "",
        _AT_PROBLEM,
        "no key can stand here: check the indentation and the line before; "
        f"if the `:` is part of a text, {_QUOTES}",
    ),
    (r"could not find expected ':'", "", _AT_CONTEXT, "this is not a `key: value`: a `:` is missing"),
    (r"expected ',' or", "", _AT_CONTEXT, f"in these brackets something is not closed: {_FLOW}"),
    (r"expected node content", "flow", _AT_PROBLEM, f"in brackets a value is missing here: {_FLOW}"),
    (
        r"expected ('-' ind|key)",
        "",
        _AT_PROBLEM,
        f"check the indentation; if this is a text, {_QUOTES}",
    ),
    (r"tag", "", _AT_PROBLEM, f"if this text begins with `!`, {_QUOTES}"),
    (r"alphabetic or numeric", "", _AT_PROBLEM, f"if this text begins with `&` or `*`, {_QUOTES}"),
    (r"comment or line break", "block", _AT_PROBLEM, f"if this text begins with `|` or `>`, {_QUOTES}"),
)


def explain(error: yaml.YAMLError, text: str, file: str) -> Wrong:
    """The complaint `error` about the `text` of `file`, as something to tell a person."""
    problem, context = str(getattr(error, "problem", "")), str(getattr(error, "context", ""))
    if "cannot start any token" in problem:
        return _no_beginning(error, text, file)
    for said, where, mark, words in _WORDS:
        if re.search(said, problem) and where in context:
            return Wrong(words, _place(error, mark, file))
    return Wrong("this is not YAML: check quotes, brackets and indentation", _place(error, _AT_PROBLEM, file))


def _no_beginning(error: yaml.YAMLError, text: str, file: str) -> Wrong:
    place = _place(error, _AT_PROBLEM, file)
    if text.splitlines()[place.line - 1][place.column - 1 :].startswith("\t"):
        return Wrong("a tab cannot indent YAML: use spaces", place)
    return Wrong(f"a text cannot begin with `@`, `%` or a back quote: {_QUOTES}", place)


def _place(error: yaml.YAMLError, which: str, file: str) -> Place:
    mark = getattr(error, which, None) or getattr(error, _AT_PROBLEM, None)
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
