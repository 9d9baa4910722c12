"""Who tries bad links: let through so often, and then now and then."""

from tournee.web.turnstile import BURST, CLIENTS, REFILL, Turnstile


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tries(turnstile: Turnstile, client: str, number: int) -> int:
    """How many of so many were let through."""
    return sum(turnstile.lets_through(client) for _ in range(number))


def test_a_client_has_so_many_tries_and_another_its_own():
    turnstile = Turnstile(Clock())
    assert [tries(turnstile, client, 2 * BURST) for client in ("a", "b", "a")] == [BURST, BURST, 0]


def test_a_try_comes_back_with_time_but_never_more_than_at_first():
    clock = Clock()
    turnstile = Turnstile(clock)
    tries(turnstile, "a", 2 * BURST)
    clock.now += 2 * REFILL
    assert tries(turnstile, "a", BURST) == 2
    clock.now += 1000 * BURST * REFILL
    assert tries(turnstile, "a", 2 * BURST) == BURST


def test_whoever_knocks_all_the_time_is_not_let_through_more_often():
    clock = Clock()
    turnstile = Turnstile(clock)
    tries(turnstile, "a", BURST)
    let = 0
    for _ in range(100):
        clock.now += REFILL / 10
        let += turnstile.lets_through("a")
    assert let in (9, 10)


def test_it_remembers_no_more_than_so_many():
    turnstile = Turnstile(Clock())
    tries(turnstile, "first", BURST)
    for number in range(CLIENTS):
        turnstile.lets_through(str(number))
    assert (tries(turnstile, "first", 2 * BURST), len(turnstile._tries)) == (BURST, CLIENTS)
