"""No bytes make anything of a file but rows, all accounted for, or a rejection: soon, and in little memory.

`FUZZ_SECONDS=30` looks for that time among files that nobody has seen before (`make fuzz`).
"""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from support.corpus import Case, cases
from support.fuzzing import Fuzzer, Input
from support.judging import Wrong, judge, shortest, shown

SECONDS = float(os.environ.get("FUZZ_SECONDS", 0))
FILES = 700  # without FUZZ_SECONDS, always the same


def files(fuzzer: Fuzzer) -> Iterator[tuple[int, Input]]:
    until = time.monotonic() + SECONDS
    number = 0
    while time.monotonic() < until if SECONDS else number < FILES:
        yield number, fuzzer.next()
        number += 1


def test_no_bytes_make_anything_but_rows_or_a_rejection() -> None:
    seed = int.from_bytes(os.urandom(4)) if SECONDS else 0
    fuzzer = Fuzzer(seed)
    read: Counter[str] = Counter()
    for number, file in files(fuzzer):
        try:
            outcome = judge(file, weigh=number % 20 == 0, in_pieces=number % 3 == 0)
        except Wrong as wrong:
            pytest.fail(shown(shortest(file, str(wrong)), str(wrong), seed), pytrace=False)
        fuzzer.learn(file, outcome.said)
        read[outcome.refused.code if outcome.refused else "read"] += 1
    print(f"\nseed {seed}: {read.total()} files, {dict(read.most_common())}")
    assert read["read"] > read.total() / 10


@pytest.mark.parametrize("case", cases(), ids=str)
def test_what_is_true_of_any_file_is_true_of_the_corpus(case: Case) -> None:
    judge(Input(case.path.name, case.content, case.layout, case.limits), in_pieces=True)
