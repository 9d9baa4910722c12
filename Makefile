# Tournée: what a developer types. Each target sets up what it needs in .venv, once.

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
SOURCES := daemon tests

# PYTHON=python3.13 chooses one; otherwise the machine's own python3 where it is new enough, else the newest beside it.
PYTHON ?=
FIND_PYTHON := for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; python=; \
	done

.PHONY: help demo test test-system fuzz oracles lint format bench picture lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: .venv/ready ## the whole product on embedded servers, in one minute
	@$(BIN)/tournee demo

test: .venv/ready ## every test that needs no server of the system
	@$(BIN)/pytest -q -n logical --maxprocesses 8 --dist worksteal -m "not system"

test-system: .venv/ready ## the tests against OpenSSH, vsftpd and Chromium, which have to be installed
	@$(BIN)/pytest -q -m system

fuzz: .venv/ready ## files that nobody has seen, for FUZZ_SECONDS (30)
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),30) $(BIN)/pytest -q -s tests/core/test_fuzz_reading.py -k no_bytes

oracles: .venv/ready ## reading beside phonenumbers, email-validator and Babel: ORACLE_CELLS (100000) of each kind
	@ORACLE_CELLS=$(or $(ORACLE_CELLS),100000) $(BIN)/pytest -q tests/core/test_normalise_oracles.py tests/core/test_reading_back.py

lint: .venv/ready ## style, types, the rules of the house
	@$(BIN)/ruff check -q $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/hadolint docker/Dockerfile

format: .venv/ready ## put the sources into the house's form
	@$(BIN)/ruff check -q --fix $(SOURCES)
	@$(BIN)/ruff format -q $(SOURCES)

bench: .venv/ready .venv/peers/ready ## an import beside the databases' own limit and others; BENCH_FULL=1 for all of docs/performance.md
	@$(BIN)/python -W ignore:XDG_RUNTIME_DIR tests/bench/bench.py

picture: .venv/ready ## docs/round.svg, from what the demo shows
	@$(BIN)/python tests/docs/picture.py

lock: .venv/ready ## pin the newest versions that pyproject.toml allows, for Python 3.11 and later
	@$(PIP) install uv
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --upgrade --no-header --no-emit-index-url \
	  --extra demo --group dev pyproject.toml -o .requirements/dev.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --upgrade --no-header --no-emit-index-url \
	  --group bench -c .requirements/dev.txt -o .requirements/bench.txt

clean: ## take away everything that was made here
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	@find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: .requirements/dev.txt pyproject.toml
	@$(PIP) --version >/dev/null 2>&1 || { $(FIND_PYTHON); \
	  test -n "$$python" || { echo 'Tournée needs Python 3.11 or newer and finds none here; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { echo "$$python cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
	  echo "Setting up .venv ($$("$$python" --version)) ..." >&2; "$$python" -m venv --clear .venv; }
	@$(PIP) install -r .requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What imports are compared with. Without it `make bench` goes on, and says whom it leaves out.
.venv/peers/ready: .venv/ready .requirements/bench.txt
	@$(BIN)/python -m venv --clear .venv/peers
	@.venv/peers/bin/python -m pip -qq --disable-pip-version-check install -r .requirements/bench.txt && touch $@ \
	  || echo 'The programs to compare with could not be installed.' >&2
