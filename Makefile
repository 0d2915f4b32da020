PYTHON ?= python3
VENV ?= .venv
DEMO ?= demo
DATASET ?= $(DEMO)/dataset
WORKERS ?= 2
SEED ?= 1
MINUTES ?= 60

# How large the demo is: options of `models demo-data`, epochs, and robots.
VIDEOS ?=
EPOCHS ?= 20
PARTICIPANTS ?= 100

# `make demo BIN=/some/environment/bin` takes the commands from there, and installs nothing.
ifeq ($(origin BIN),undefined)
BIN := $(VENV)/bin
INSTALLED := install
endif

.PHONY: help install demo test check lint types contracts unit soak crowd bench dist dist-check browser clean
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

demo: $(INSTALLED) $(DEMO)/study.made  ## from nothing to a report: videos, trained networks, 100 simulated participants
	$(BIN)/analysis report --study $(DEMO)/study --evaluation $(DEMO)/evaluation/evaluation.json \
	  --out $(DEMO)/report
	@echo
	@echo "Look at the report:  $(BIN)/python -m webbrowser -t $(DEMO)/report/index.html"
	@echo "Take part yourself:  $(BIN)/experiment-server run $(DEMO)/study"

# A step that was interrupted leaves no .made file and is taken again; remove one to redo what follows.
$(DEMO)/dataset.made: | $(INSTALLED)
	rm -rf $(DEMO)/dataset
	$(BIN)/models demo-data $(DEMO)/dataset --seed $(SEED) --workers $(WORKERS) $(VIDEOS)
	@touch $@

# Small pictures, a narrow scratch network and few epochs, so that two cores train all in minutes.
$(DEMO)/networks.made: $(DEMO)/dataset.made
	$(BIN)/models train --variant all --dataset $(DEMO)/dataset --out $(DEMO)/networks --resume \
	  --image-size 96 --cache $(DEMO)/cache --workers $(WORKERS) --seed $(SEED) --epochs $(EPOCHS) \
	  --optimizer adam --epsilon 3 --input-noise 0.7 \
	  --scratch-side 96 --scratch-width 0.125 --scratch-features 128
	@touch $@

$(DEMO)/evaluation.made: $(DEMO)/networks.made
	$(BIN)/models evaluate --dataset $(DEMO)/dataset --checkpoints $(DEMO)/networks \
	  --out $(DEMO)/evaluation --image-size 96 --cache $(DEMO)/cache --workers $(WORKERS)
	@touch $@

$(DEMO)/stimuli.made: $(DEMO)/dataset.made $(DEMO)/networks.made $(DEMO)/evaluation.made
	rm -rf $(DEMO)/stimuli
	$(BIN)/stimuli build --dataset $(DEMO)/dataset --out $(DEMO)/stimuli --models all \
	  --clips-per-video 12 --seed $(SEED) --workers $(WORKERS) --cache $(DEMO)/cache \
	  --image-size 96 --checkpoints $(DEMO)/networks
	@touch $@

$(DEMO)/study.made: $(DEMO)/stimuli.made
	rm -rf $(DEMO)/study
	$(BIN)/experiment-server init $(DEMO)/study --stimuli $(DEMO)/stimuli
	$(BIN)/experiment-server simulate $(DEMO)/study --participants $(PARTICIPANTS) --seed $(SEED)
	@touch $@

test: $(VENV)/.dev browser check  ## everything the tests need, then lint, types, contracts and all tests

browser:  ## Chromium for the tests, where there is none
	@command -v chromium >/dev/null || tests/install_chromium.sh

check: lint types contracts unit  ## lint, types, import contracts and tests, in the environment as it is

lint:  ## ruff: style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:  ## mypy, strict
	$(BIN)/mypy

contracts:  ## what may import what
	$(BIN)/lint-imports

unit:  ## all tests, in WORKERS processes
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile

soak: $(VENV)/.dev  ## an hour of studies with faults; fails if anything grows or is lost; MINUTES=60
	PYTHONPATH=. $(BIN)/python tests/soak.py --minutes $(MINUTES) --out soak

crowd: $(VENV)/.dev  ## the crowd test with 1,000 participants and ten trials each
	CROWD=1000 CROWD_TRIALS=10 $(BIN)/pytest tests/test_experiment_server_crowd.py

bench: $(VENV)/.bench $(DEMO)/dataset.made  ## the tables of docs/benchmarks.md; DATASET=folder for real videos
	$(BIN)/python benchmarks/cochleagram.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/onsets.py $(DATASET)
	$(BIN)/python benchmarks/build.py $(DATASET)
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/synthesis.py $(DATASET)
	PYTHONPATH=tests $(BIN)/python benchmarks/server.py

dist: $(VENV)/.dev  ## build the source distribution and the wheel into dist/
	rm -rf dist build *.egg-info
	$(BIN)/python -m build
	rm -rf *.egg-info  # of the source distribution; it would stand before the installed one

dist-check: dist  ## install the wheel alone, with each extra, and run the commands and a small demo from it
	$(PYTHON) tests/dist_check.py dist/*.whl

clean:  ## remove the environment and the demo
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
