"""What both languages need to make sentences: escaping, plurals, lists, sizes."""

from collections.abc import Callable, Mapping, Sequence

Details = Mapping[str, object]
Words = dict[str, str | Callable[[Details], str]]


def plain(value: object) -> object:
    """`value` with its control, format and undecodable characters escaped, in lists and mappings too."""
    if isinstance(value, str):
        return "".join(char if char.isprintable() else _escaped(char) for char in value)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    return value


def _escaped(char: str) -> str:
    code = ord(char)
    if code == 0xA0 or code == 0x202F:  # the spaces of French typography
        return char
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not text (surrogateescape)
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def texts(value: object) -> list[str]:
    """A detail that may be one text, several or absent, as a list of texts."""
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [str(value)]
    return [str(part) for part in value]


def held_parts(details: Details) -> list[Details]:
    """What is held, one deployment of one import after the other."""
    parts = details.get("parts")
    unknown: Details = {"deployment": "?", "import": "?", "file": "?", "number": 0}
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, Sequence) else [unknown]


def held_as(part: Details) -> str:
    """How a command names what is held: one deployment of one import."""
    return f"{part['deployment']} --import {part['import']}"


def whole(value: object) -> int:
    """A detail that counts something; 0 where it was not given."""
    return int(value) if isinstance(value, int | float) else 0


def percent(share: object) -> str:
    """`20` for 0.2, `57.5` for 0.575."""
    return f"{100 * share:.10g}" if isinstance(share, int | float) else "?"


def minute(value: object) -> str:
    """`2026-11-23 12:05 UTC` for an instant in ISO 8601 (`2026-11-23T12:05:00Z`)."""
    return f"{str(value)[:16].replace('T', ' ')} UTC"


def scale(amount: float, units: Sequence[str]) -> tuple[float, str]:
    """`amount` bytes in the largest of `units` (each 1024 of the one before) that leaves at least one."""
    for unit in units[:-1]:
        if amount < 1024:
            return amount, unit
        amount /= 1024
    return amount, units[-1]
