"""`tournee demo`: the whole product on embedded servers, in one minute.

Door: `run`. It needs the extra `tournee[demo]` for the servers.
"""

from tournee.core.errors import MissingExtra
from tournee.core.facts import Reason


def run() -> int:
    """Tell the story; 0 only if everything that it shows is true. Raises MissingExtra."""
    try:
        from tournee.demo.story import Story
    except ModuleNotFoundError as error:
        raise MissingExtra(Reason("demo_extra_missing", {"module": error.name or ""})) from error
    return Story().tell()
