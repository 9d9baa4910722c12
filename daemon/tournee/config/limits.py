"""The keys of `limits`: how much a file may hold."""

import re
from decimal import Decimal

from tournee.config.kinds import ENVIRONMENT, Said, Text, whole
from tournee.config.mistakes import Wrong, listed, quoted
from tournee.config.schema import Filled, JsonSchema, Key, Section
from tournee.core.settings import Limits

#: Bytes of each unit, as people write it; without regard to case.
_UNITS = {
    "B": 1, "kB": 10**3, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30,
}  # fmt: skip
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{1,3})")


def size(least: str, most: str) -> Text:
    """A number of bytes, written with its unit: `2 GiB`, `1.5 MB`."""

    def parse(said: Said) -> int:
        bytes_ = _bytes(said.text)
        if bytes_ is None:
            raise Wrong(f"{quoted(said.text)} is not a size: write a number and {listed(_UNITS)}")
        if not _at(least) <= bytes_ <= _at(most):
            raise Wrong(f"{quoted(said.text)} is not a size from `{least}` to `{most}`")
        return bytes_

    written: JsonSchema = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*([kKmMgG][iI]?)?[bB]$"}
    return Text(wants="a size such as `1 MiB`", parse=parse, schema={"anyOf": [written, ENVIRONMENT]})


def _bytes(text: str) -> int | None:
    found = _SIZE.fullmatch(text)
    units = {unit.lower(): factor for unit, factor in _UNITS.items()}
    factor = units.get(found[2].lower()) if found else None
    return int(Decimal(found[1]) * factor) if found and factor else None


def _at(text: str) -> int:
    return _bytes(text) or 0


def _limits(filled: Filled) -> Limits:
    return Limits(size=filled["size"], ratio=filled["ratio"], columns=filled["columns"], line=filled["line"])


LIMITS = Section(
    about="How much a file may hold; one that holds more is rejected.",
    keys={
        "size": Key(
            kind=size("1 kB", "1024 GiB"),
            about="The most bytes, unpacked where it is an archive.",
            default="2 GiB",
        ),
        "ratio": Key(
            kind=whole(2, 10_000),
            about="The most unpacked bytes for each packed one, of `.gz` and `.zip`.",
            default="200",
        ),
        "columns": Key(kind=whole(1, 16_384), about="The most columns.", default="1000"),
        "line": Key(
            kind=size("1 kB", "64 MiB"),
            about="The most of a line, and of a row that goes on over several.",
            default="1 MiB",
        ),
    },
    make=_limits,
)
