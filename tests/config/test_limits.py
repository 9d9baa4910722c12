"""`limits`: sizes as people write them."""

import pytest

from tournee.core.settings import Limits


def limits(configured, keys: str) -> Limits:
    return configured(f"limits: {{{keys}}}").settings.limits


def test_without_the_key_the_limits_are_those_of_the_section_without_keys(configured):
    usual = Limits(size=2 * 1024**3, ratio=200, columns=1000, line=1024**2)
    assert configured("timezone: UTC").settings.limits == limits(configured, "") == Limits() == usual


def test_every_limit_arrives(configured):
    written = limits(configured, "size: 10 GB, ratio: 50, columns: 300, line: 64 KiB")
    assert written == Limits(size=10**10, ratio=50, columns=300, line=65536)


@pytest.mark.parametrize(
    ("written", "bytes_"),
    [
        ("5000 B", 5000), ("5 kB", 5000), ("5 KB", 5000), ("5KB", 5000), ("5 KiB", 5120), ("2 mb", 2_000_000),
        ("2MiB", 2_097_152), ("1.5 GB", 1_500_000_000), ("0.5 GiB", 536_870_912), ("\'1  kB\'", 1000),
        ("1024 GiB", 2**40),
    ],
)  # fmt: skip
def test_a_size_is_written_as_people_do(configured, written, bytes_):
    assert limits(configured, f"size: {written}").size == bytes_


UNITS = "write a number and `B`, `kB`, `KiB`, `MB`, `MiB`, `GB` or `GiB`"
WRONG = {
    "size: 0": f"1:16: `0` is not a size: {UNITS}",
    "size: 0 MB": "1:16: `0 MB` is not a size from `1 kB` to `1024 GiB`",
    "size: 999 B": "1:16: `999 B` is not a size from `1 kB` to `1024 GiB`",
    "size: 1025 GiB": "1:16: `1025 GiB` is not a size from `1 kB` to `1024 GiB`",
    "size: 2000000": f"1:16: `2000000` is not a size: {UNITS}",
    "size: -1 MB": f"1:16: `-1 MB` is not a size: {UNITS}",
    "size: 2 Go": f"1:16: `2 Go` is not a size: {UNITS}",
    "size: 2,5 GB": "1:18: unknown key `5 GB`",
    "size: big": f"1:16: `big` is not a size: {UNITS}",
    "size: [1 MB]": "1:16: this must be a size such as `1 MiB`, not a list",
    "line: 65 MiB": "1:16: `65 MiB` is not a size from `1 kB` to `64 MiB`",
    "ratio: 0": "1:17: `0` is not a whole number from 2 to 10000",
    "ratio: 200:1": "1:17: `200:1` is not a whole number from 2 to 10000",
    "columns: 0": "1:19: `0` is not a whole number from 1 to 16384",
    "colums: 20": "1:10: unknown key `colums`; did you mean `columns`?",
    "rows: 20": "1:10: unknown key `rows`",
}


@pytest.mark.parametrize(("keys", "expected"), WRONG.items())
def test_what_is_wrong_with_a_limit_is_told(mistakes, keys, expected):
    assert expected in mistakes(f"limits: {{{keys}}}")


def test_a_size_may_come_from_the_environment(configured):
    assert configured("limits: {size: '${MOST}'}", MOST="3 MB").settings.limits.size == 3_000_000
