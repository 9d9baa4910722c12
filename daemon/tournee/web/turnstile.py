"""Who tries links that are not good is let through now and then, and otherwise told to wait."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

BURST = 20  # bad links of one client at once
REFILL = 3.0  # seconds for one more
CLIENTS = 10_000  # remembered; those that were away longest are forgotten first


class Turnstile:
    """A bucket of tries for each client; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tries: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client -> tries left, as of when
        self._lock = Lock()

    def lets_through(self, client: str) -> bool:
        """Whether one more bad link of the client is answered."""
        with self._lock:
            now = self._clock()
            left, since = self._tries.pop(client, (float(BURST), now))
            left = min(float(BURST), left + (now - since) / REFILL)
            good = left >= 1
            self._tries[client] = (left - 1 if good else left, now)
            if len(self._tries) > CLIENTS:
                self._tries.popitem(last=False)
            return good
