"""The keys of `http`, and what webhooks are signed with."""

import re

from tournee.config.kinds import SECRET_FILE, Said, Text
from tournee.config.mistakes import Wrong, quoted
from tournee.config.schema import Filled, Key, Section
from tournee.config.urls import web_address
from tournee.core import signing
from tournee.core.settings import Http, Secret

_LISTEN = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})")
_PUBLIC = "https://avis.example.com"


# ---------------------------------------------------------------- http


def _listen(said: Said) -> tuple[str, int]:
    found = _LISTEN.fullmatch(said.text)
    if not found or not 1 <= int(found[3]) <= 65535:
        raise Wrong(f"{quoted(said.text)} is not a host and a port, such as `127.0.0.1:8780`")
    return found[1] or found[2], int(found[3])


def _public_url(said: Said) -> str:
    parts = web_address(said.text, _PUBLIC)
    if "?" in said.text or "#" in said.text:
        raise Wrong(f"this URL ends with a host, or with a path below it: write one such as `{_PUBLIC}`")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _http(filled: Filled) -> Http:
    host, port = filled["listen"]
    return Http(host=host, port=port, public_url=filled["public_url"])


def _warn_of_a_public_url_in_clear(filled: Filled) -> None:
    if str(filled["public_url"] or "").startswith("http:"):
        message = "mail programs offer one click to unsubscribe for `https://` only: put a proxy before this"
        filled.reading.mistakes.warn(filled.place("public_url"), message)


HTTP = Section(
    about="Where the daemon answers people and programs by HTTP.",
    keys={
        "listen": Key(
            kind=Text(wants="a host and a port, such as `127.0.0.1:8780`", parse=_listen),
            about="The address and the port to listen on.",
            default="127.0.0.1:8780",
        ),
        "public_url": Key(
            kind=Text(wants=f"a web address such as `{_PUBLIC}`", parse=_public_url),
            about="How people reach it, through a proxy with TLS: links to unsubscribe begin so.",
        ),
    },
    make=_http,
    rules=(_warn_of_a_public_url_in_clear,),
)


# ---------------------------------------------------------------- webhooks


def _hook(said: Said) -> str:
    web_address(said.text, "https://crm.example/hook")
    return said.text


def _signing_secret(text: str) -> Secret:
    try:
        signing.secret_key(text)
    except ValueError as error:
        raise Wrong(f"{error}; make one with `echo whsec_$(openssl rand -base64 32)`") from None
    return Secret(text)


WEBHOOK_URL = Text(wants="a web address such as `https://crm.example/hook`", parse=_hook, quotes=False)
WEBHOOK_SECRET = Text(
    wants="a secret such as `whsec_…`", parse=lambda said: _signing_secret(said.text), quotes=False
)
WEBHOOK_SECRET_FILE = Text(
    wants=SECRET_FILE.wants,
    parse=lambda said: _signing_secret(SECRET_FILE.parse(said).reveal()),
    quotes=False,
)
