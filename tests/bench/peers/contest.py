"""What every peer script does around its load: take URL and FILE, print the seconds, libraries loaded."""

import sys
import time
from collections.abc import Callable

import limit

#: The staged rows into the table that `limit` made, as the limit merges them.
MERGE = (
    f"INSERT INTO contacts (contact_key, {limit.NAMES}) SELECT contact_key, {limit.NAMES} FROM stage "
    f"WHERE true {limit.CONFLICT}"
)


def run(load: Callable[[str, str], None]) -> None:
    """Load the file of the command line and say how long it took."""
    begun = time.perf_counter()
    load(*sys.argv[1:3])
    print(time.perf_counter() - begun)
