PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
DATASET ?= $(DEMO)/dataset
WORKERS ?= 2
SEED ?= 1

.PHONY: help install demo test check lint types contracts unit bench browser clean
.DEFAULT_GOAL := help

help:  ## say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.all  ## make the environment with everything that the commands need

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.all: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.all

$(VENV)/.bench: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@

demo: install $(DEMO)/report  ## from nothing to a report: dataset, stimuli, site, 40 simulated participants
	@echo
	@echo "The report lies in $(DEMO)/report/index.html"
	@echo "Open the site:    $(BIN)/experiment-server run $(DEMO)/study"

# Each step is kept: delete a folder of the demo to make it, and what follows from it, again.
$(DEMO)/dataset: | install
	$(BIN)/models demo-data $@ --seed $(SEED) --workers $(WORKERS)

$(DEMO)/stimuli: | $(DEMO)/dataset
	$(BIN)/stimuli build --dataset $(DEMO)/dataset --out $@ --models all --clips-per-video 12 \
	  --seed $(SEED) --workers $(WORKERS) --cache $(DEMO)/cache

$(DEMO)/study: | $(DEMO)/stimuli
	$(BIN)/experiment-server init $@ --stimuli $(DEMO)/stimuli
	$(BIN)/experiment-server simulate $@ --participants 40 --seed $(SEED)

$(DEMO)/report: | $(DEMO)/study
	$(BIN)/analysis report --study $(DEMO)/study --out $@

test: $(VENV)/.dev browser check  ## everything the tests need, then lint, types, contracts and all tests

browser:
	@command -v chromium >/dev/null || tests/install_chromium.sh

check: lint types contracts unit  ## lint, types, import contracts and tests, in the environment as it is

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

unit:
	$(BIN)/pytest

bench: $(VENV)/.bench | $(DATASET)  ## the tables of docs/benchmarks.md; DATASET=folder for real videos
	$(BIN)/python benchmarks/cochleagram.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/onsets.py $(DATASET)
	$(BIN)/python benchmarks/build.py $(DATASET)

clean:  ## remove the environment and the demo
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
