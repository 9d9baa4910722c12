"""What `make bench` says about memory."""

import sys

import pytest

from bench import measure

MIB = 1 << 20
FILL = (
    "import os, sys, time; from subprocess import run; "
    "block = bytearray(60 << 20); block[::4096] = bytes(len(block[::4096])); "
)
FORK = "child = os.fork(); "
# those who are measured hold what they have for some samples
REST = "time.sleep(0.3); child or os._exit(0); os.wait()"


def held(program, scratch):
    """MiB that a Python program held."""
    return measure.run([sys.executable, "-c", program], scratch).peak / MIB


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return held(FILL + "time.sleep(0.2)", tmp_path_factory.mktemp("alone"))


def test_what_one_process_holds_counts(alone):
    assert 60 < alone < 100


def test_what_is_held_for_a_moment_only_counts(tmp_path, alone):
    assert held(FILL + "more = b'y' * (40 << 20); del more, block; time.sleep(0.3)", tmp_path) > alone + 30


def test_a_child_process_counts(tmp_path, alone):
    child = "run([sys.executable, '-c', 'import time; block = b\"x\" * (40 << 20); time.sleep(0.3)'])"
    assert held(FILL + child, tmp_path) > alone + 40


def test_what_a_fork_shares_counts_once(tmp_path, alone):
    assert held(FILL + FORK + REST, tmp_path) < alone + 20


def test_what_a_fork_has_written_to_counts_again(tmp_path, alone):
    written = "child or block.__setitem__(slice(None, None, 4096), b'z' * len(block[::4096])); "
    assert held(FILL + FORK + written + REST, tmp_path) > alone + 50
