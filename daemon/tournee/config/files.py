"""Reading from disk: the files of a configuration, and what its keys point at."""

import codecs
import os
import stat

from tournee.config.mistakes import Place, Wrong

MAX_BYTES = 4 * 1024 * 1024
_ENDINGS = (".yaml", ".yml")
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def configuration_files(path: str) -> list[str]:
    """`path`, or where it is a directory its *.yaml and *.yml (not hidden, not below) in order of name.

    Raises Wrong where there is none.
    """
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return [path]
        with os.scandir(path) as entries:
            found = sorted(entry.path for entry in entries if _belongs(entry))
    except (OSError, ValueError) as error:
        raise Wrong(f"the configuration cannot be read: {why(error)}", Place(path)) from None
    if not found:
        raise Wrong("there is no *.yaml or *.yml in this directory", Place(path))
    return found


def _belongs(entry: "os.DirEntry[str]") -> bool:
    if not entry.name.endswith(_ENDINGS) or entry.name.startswith("."):
        return False
    return entry.is_file() or not os.path.exists(entry.path)  # a dangling link is a mistake, not nothing


def read_text(path: str, shown: str) -> str:
    """The text of a file that people know as `shown`, without a byte-order mark.

    Raises Wrong where it cannot be read or is not UTF-8.
    """
    content = read_bytes(path)
    if content.startswith(_OTHER_MARKS):
        raise Wrong("this file is UTF-16 or UTF-32: save it as UTF-8", Place(shown))
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise Wrong(
            "this byte is not UTF-8: save the file as UTF-8", _place_of(content, error.start, shown)
        ) from None


def read_bytes(path: str) -> bytes:
    """The content of a file of at most 4 MiB; raises Wrong, not naming it, where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Wrong(f"this file cannot be read: {why(error)}") from None
    if len(content) > MAX_BYTES:
        raise Wrong(f"this file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return content


def why(error: OSError | ValueError) -> str:
    """What the system says, without the path, which may be a secret in the wrong place."""
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or "not a path").lower()


def _place_of(content: bytes, offset: int, shown: str) -> Place:
    before = (
        content[:offset]
        .removeprefix(codecs.BOM_UTF8)
        .replace(b"\r\n", b"\n")
        .replace(b"\r", b"\n")
        .split(b"\n")
    )
    return Place(shown, len(before), len(before[-1].decode(errors="replace")) + 1)
