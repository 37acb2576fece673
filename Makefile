# One verb, one target. `make` lists them; `make test` is the whole gate.
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
CODE := ledger_core importers plugins tollbook
TYPED := $(CODE) tests $(wildcard bench)
DEMO_SITE ?= build/demo
# Test processes; each that needs PostgreSQL starts one server of its own.
WORKERS ?= 2

.DEFAULT_GOAL := help
.NOTPARALLEL: # the tests come last, so that the last line counts them
.PHONY: help setup test lint types imports pytest format demo bench stress lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: ## make .venv with the locked packages and .venv/bin/tollbook; quick when nothing changed
	@sh tools/setup.sh

test: lint types imports pytest ## the gate: format, lint, types, import contracts, tests

lint: setup ## formatting and lint rules
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

types: setup ## mypy --strict
	$(VENV)/bin/mypy $(TYPED)

imports: setup ## the floors and doors of the architecture
	$(VENV)/bin/lint-imports --no-logo

pytest: setup ## the tests alone
	$(PY) -m pytest -n $(WORKERS) --dist worksteal

format: setup ## rewrite the code as `make lint` wants it
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

demo: setup ## a synthetic city and a month over it, in build/demo
	$(VENV)/bin/tollbook demo $(DEMO_SITE)

bench: setup ## measure; prints rows and seconds, judges nothing
	$(PY) -m bench

stress: setup ## the long tests that `make test` leaves out
	$(PY) -m pytest -m stress

lock: ## resolve the requirements anew (needs uv on the PATH)
	sh tools/lock.sh

clean: ## remove everything that the other targets made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
