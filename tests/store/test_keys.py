"""The database's own random key."""

from concurrent.futures import ThreadPoolExecutor

from tournee.store import Store, keys


def test_the_key_is_made_once_and_stays(store: Store) -> None:
    with store.write() as tx:
        assert keys.found(tx) is None
        made = keys.key(tx)
    with store.read() as tx:
        assert (keys.found(tx), keys.key(tx)) == (made, made)
    assert len(made) == 32


def test_two_that_make_it_at_once_have_the_same(store: Store) -> None:
    def make(_number: int) -> bytes:
        with store.write() as tx:
            return keys.key(tx)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


def test_a_hash_tells_a_value_again_and_nothing_without_the_key() -> None:
    one, other = bytes(32), bytes([1] * 32)
    assert keys.hashed(one, "+33612345678") == keys.hashed(one, "+33612345678")
    assert len(keys.hashed(one, "é")) == 32
    assert len({keys.hashed(one, "a"), keys.hashed(one, "b"), keys.hashed(other, "a")}) == 3
