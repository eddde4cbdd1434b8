# interlace: every command in one place. `make help` lists them.
# The environment lives in .venv/ and holds exactly what requirements/*.txt pin.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Two processes, each file in one of them.
TWO := -n 2 --dist loadfile
# `uv` is needed by maintainers only, and only here.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' --quiet --group build

.PHONY: help setup demo examples test test-slow test-all check static format lint types contracts docs bench
.PHONY: soak third-party lock clean
.PHONY: setup-run setup-test setup-dev

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: setup-run ## make .venv/ with all that a run needs, `interlace` among it
	@mkdir -p demo

demo: setup-run ## set up, run the examples, write demo/report.html
	@scripts/demo.sh

examples: setup-run ## run three programs over three machines: MaxCut, a magnet, a molecule
	@for program in examples/*.py; do echo "== $$program"; $(BIN)/python "$$program"; echo; done

test: setup-test ## set up and run the tests, but for the slow ones
	$(PYTEST) $(TWO) -m "not slow" $(ARGS)

test-slow: setup-test ## run the slow tests alone
	$(PYTEST) -m slow $(ARGS)

test-all: setup-test ## run every test
	$(PYTEST) $(ARGS)

check: static test docs ## everything that must hold before a change lands

static: setup-dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

format: setup-dev ## put the code into shape
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

docs: setup-dev ## build the documentation into site/
	$(BIN)/zensical build --clean --strict

bench: setup-test ## measure: start-up, compile and run times, the whole list of circuits
	$(BIN)/python -m bench $(ARGS)

soak: setup-test ## prove that each key is delivered once: a million deliveries, kills, a check
	$(BIN)/python -m soak $(ARGS)

third-party: setup-run ## fetch keys with the client of the LIP6, in an environment of its own
	@scripts/lip6.sh

lock: ## compile requirements/*.txt anew (needs uv)
	$(LOCK) -o requirements/run.txt
	$(LOCK) --group test -c requirements/run.txt -o requirements/test.txt
	$(LOCK) --group dev -c requirements/test.txt -o requirements/dev.txt

clean: ## remove everything that the commands above made
	rm -rf .venv demo site bench/results .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

setup-run setup-test setup-dev: setup-%:
	@scripts/setup.sh $*
