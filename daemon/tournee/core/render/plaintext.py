"""HTML -> plain text that a person reads with pleasure: paragraphs, lists and every link kept."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_TOKEN = re.compile(
    r"""<!--.*?--> | <(?P<dropped>script|style|head|title|template)\b.*?</(?P=dropped)\s*>
      | <(?P<close>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:[^'">]|"[^"]*"|'[^']*')*)> | <[!?][^>]*>""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""(href|alt|style)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LINK = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_PARAGRAPHS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "hr", "pre")
_LINES = (
    "br",
    "div",
    "tr",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "center",
    "dt",
    "dd",
    "address",
)
#: Marks that white space in the page cannot be: a new line begins here, a new paragraph begins here.
_LINE, _PARAGRAPH = "\x1d", "\x1e"
#: What an opening or closing tag becomes; others vanish.
_CLOSES = dict.fromkeys(_PARAGRAPHS, _PARAGRAPH) | dict.fromkeys(_LINES, _LINE) | {"li": _LINE}
_OPENS = _CLOSES | {"br": "\n", "li": f"{_LINE}- ", "td": " ", "th": " "}
_BREAKS = re.compile(f"[ \n{_LINE}{_PARAGRAPH}]*[\n{_LINE}{_PARAGRAPH}][ \n{_LINE}{_PARAGRAPH}]*")


def plain_text(source: str) -> str:
    """The text of an HTML page without head, scripts and hidden parts; links stand behind their words."""
    page, place = _Page(), 0
    for token in _TOKEN.finditer(source):
        page.text(source[place : token.start()])
        place = token.end()
        if token["name"]:
            page.tag(token["name"].lower(), token["attributes"], closing=bool(token["close"]))
    page.text(source[place:])
    return _tidy("".join(page.out))


@dataclass(slots=True)
class _Page:
    out: list[str] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)  # target, where its words begin in `out`
    hidden: str = ""  # the tag that hides what is inside it
    depth: int = 0  # how many of that tag are open

    def text(self, source: str) -> None:
        if source and not self.hidden:
            self.out.append(_words(source))

    def tag(self, name: str, source: str, *, closing: bool) -> None:
        if self.hidden:
            self._hidden_tag(name, closing)
        elif closing:
            self._close(name)
        else:
            self._open(name, _attributes(source))

    def _hidden_tag(self, name: str, closing: bool) -> None:
        if name == self.hidden:
            self.depth += -1 if closing else 1
            if self.depth == 0:
                self.hidden = ""

    def _open(self, name: str, attributes: Mapping[str, str]) -> None:
        if name not in _VOID and _HIDDEN.search(attributes.get("style", "")):
            self.hidden, self.depth = name, 1
            return
        self.out.append(_OPENS.get(name, ""))
        if name == "a":
            self.links.append((attributes.get("href", "").strip(), len(self.out)))
        if name == "img":
            self.out.append(attributes.get("alt", ""))

    def _close(self, name: str) -> None:
        if name == "a" and self.links:
            target, begin = self.links.pop()
            words = "".join(self.out[begin:]).strip()
            if _LINK.match(target) and target != words and target != f"mailto:{words}":
                self.out.append(f" <{target}>" if words else target)
        self.out.append(_CLOSES.get(name, ""))


# Most of a page is the same in every message of a deployment: what was read once is not read again.


@lru_cache(maxsize=1024)
def _words(source: str) -> str:
    return _SPACE.sub(" ", html.unescape(source))


@lru_cache(maxsize=1024)
def _attributes(source: str) -> Mapping[str, str]:
    return {key.lower(): html.unescape(value.strip("\"'")) for key, value in _ATTRIBUTE.findall(source)}


def _tidy(text: str) -> str:
    return re.sub(r" {2,}", " ", _BREAKS.sub(_break, text)).strip() + "\n"


def _break(found: re.Match[str]) -> str:
    """One break for a run of them, as a browser does; at most one blank line."""
    marks = found[0]
    return "\n\n" if _PARAGRAPH in marks or marks.count("\n") > 1 else "\n"
