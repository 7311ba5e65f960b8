# Everything a fresh machine needs is Python 3.10 or newer, make and a package index:
# `make demo` shows the main job, `make test` runs the tests. Both make their own `.venv`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
MULTITOOL := .work/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

.DEFAULT_GOAL := help
.PHONY: help demo test lint sarif browser hooks slow parity parity-apps pitfalls bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "apilint needs Python 3.10 or newer; say which with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.package: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.package

demo: $(VENV)/.package ## routes and findings of the example shops
	@APILINT=$(abspath $(BIN)/apilint) sh examples/demo.sh

test: $(VENV)/.dev ## the tests
	$(BIN)/python -m pytest -n auto

lint: $(VENV)/.dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

parity: $(VENV)/.dev ## only the tests that ask the real frameworks
	$(BIN)/python -m pytest tests/parity

parity-apps: $(VENV)/.dev ## the same for real applications, each in an environment of its own (downloads from PyPI)
	$(BIN)/python -m benchmarks.parity --write

pitfalls: $(VENV)/.dev ## the mistakes that people repeat, under old and new frameworks (makes environments from PyPI)
	$(BIN)/python -m pytest -n auto -m slow tests/pitfalls

slow: $(VENV)/.dev ## wheel, sdist and editable installs; oldest dependencies; pitfalls
	$(BIN)/python -m pytest -m slow

hooks: $(VENV)/.dev ## the hooks under the real pre-commit
	$(BIN)/python -m pytest -m slow tests/test_pre_commit.py

browser: $(VENV)/.dev ## the HTML report in a real Chromium (Debian's; installs it where it is missing)
	command -v chromium > /dev/null || (apt-get update -q && apt-get install -y -q --no-install-recommends chromium)
	$(PIP) install --editable '.[browser]'
	$(BIN)/python -m pytest -n0 -s -m browser tests/browser

$(MULTITOOL):
	npm install --silent --no-audit --no-fund --no-save --prefix .work @microsoft/sarif-multitool-linux@5.7.0
	chmod u+x $@

sarif: export SARIF_MULTITOOL := $(abspath $(MULTITOOL))
sarif: $(VENV)/.dev $(MULTITOOL) ## SARIF, of real applications too, under its schema and Microsoft's multitool
	$(BIN)/python -m pytest -m "multitool or not slow" tests/report/test_sarif.py
	$(BIN)/python -m benchmarks.sarif

bench: $(VENV)/.package ## speed and memory beside bandit and ruff (downloads from PyPI)
	$(PIP) install --editable '.[bench]'
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.known_holes

clean: ## forget everything that was installed or built
	rm -rf $(VENV) .work build dist .mypy_cache .ruff_cache .pytest_cache
