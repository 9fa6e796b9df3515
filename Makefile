# The commands of this checkout. `make run` and `make test` set the machine up first; both are safe to repeat.
#   PYTHON=python3.12 make test     another interpreter (3.11, 3.12 or 3.13)
#   make test TESTS="-k transfer"   arguments for pytest

SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
TESTS ?=
BIN := .venv/bin
SOURCES = $(wildcard appliance drivers tests image)

# pytest over those of $(2) that hold tests, with the arguments $(3); $(1) names the layer.
layer = @image/setup/timed.sh "$(1)" image/setup/pytest.sh $(BIN)/pytest $(3) $(TESTS) -- $(2)

# Layers of the tests, cheapest first.
PURE := tests/core
SYSTEM := tests/system
ADAPTERS = $(filter-out $(PURE) $(SYSTEM) tests/bench tests/data tests/image,$(patsubst %/,%,$(wildcard tests/*/)))

.PHONY: help setup setup-dev run demo-call test check bench soak lock format clean lint types contracts
.PHONY: test-pure test-adapters test-image test-system
.DEFAULT_GOAL := help

help:
	@echo "make run         set up and start the whole box in the foreground, in demo mode (Ctrl-C ends it)"
	@echo "make demo-call   let a simulated caller ring the box that 'make run' started"
	@echo "make test        set up and run every check: format, lint, types, import contracts, all tests"
	@echo "make check       the fast part of it: no system and browser tests"
	@echo "make bench       measure the whole stack and print a table"
	@echo "make soak        calls for an hour, looking for leaks"
	@echo "make setup       only set this machine up"
	@echo "make format      bring the sources into the common format"
	@echo "make clean       remove what setting up and testing left in this directory"

setup:
	@$(PYTHON) image/setup

setup-dev:
	@$(PYTHON) image/setup --dev

run: setup
	@exec $(BIN)/switchroom run --demo

demo-call: setup
	@exec $(BIN)/switchroom demo-call

test: setup-dev lint types contracts test-pure test-adapters test-image test-system

check: setup-dev lint types contracts test-pure
	$(call layer,Adapter tests without a browser,$(ADAPTERS),-m "not browser")

lint:
	@image/setup/timed.sh "Format" $(BIN)/ruff format --check --quiet $(SOURCES) || { echo "Run: make format"; exit 1; }
	@image/setup/timed.sh "Lint" $(BIN)/ruff check --quiet $(SOURCES)

types:
	@image/setup/timed.sh "Types" $(BIN)/mypy $(SOURCES)

contracts:
	@image/setup/timed.sh "Import contracts" $(BIN)/lint-imports --no-logo

test-pure:
	$(call layer,Pure tests,$(PURE))

test-adapters:
	$(call layer,Adapter tests,$(ADAPTERS))

test-image:
	$(call layer,Image and engine tests,tests/image)

test-system:
	$(call layer,System tests,$(SYSTEM))

bench: setup-dev
	@exec $(BIN)/python -m tests.bench

soak: setup-dev
	@exec $(BIN)/python -m tests.bench soak

lock:
	@$(PYTHON) image/setup --lock

format: setup-dev
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix $(SOURCES)

clean:
	@rm -rf .venv .venv-3.* node_modules appliance/web/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@rm -rf .import_linter_cache dist
	@find appliance drivers tests image -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "Removed. The pjsua2 wheel stays in the cache directory of this user."
