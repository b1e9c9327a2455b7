# Frugal's commands. `make help` lists them.
VENV   := .venv
PY     := $(VENV)/bin/python
STAMP  := $(VENV)/.requirements
DEV    := $(VENV)/.requirements-dev
PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
PIP    := $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run check test spark bench facts setup chromium clean

help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(STAMP) ## start the screen on 127.0.0.1:7860 (creates the environment once)
	$(PY) -m app

setup: $(STAMP) ## create the environment only

# torch goes in alone and first: its CPU build must be there before another package asks for torch.
$(STAMP): requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 with venv is needed. On Debian: apt-get install python3.11-venv, or say: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing Frugal's libraries (once, a few minutes) ..."
	$(PIP) torch==2.13.0
	$(PIP) --requirement requirements.txt
	@touch $@

$(DEV): $(STAMP) requirements-dev.txt
	$(PIP) --requirement requirements-dev.txt
	@touch $@

check: $(DEV) ## format, lint, types, import contracts, facts
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) -m knowledge.check

test: $(DEV) chromium ## every test, the real-browser ones included
	$(PY) -m pytest -n $(WORKERS)

spark: $(DEV) requirements-spark.txt ## the audit on a real local Spark session (needs Java 17 or newer)
	$(PIP) --requirement requirements-spark.txt
	$(PY) -m pytest -m spark tests/tools/audit/test_audit_spark.py

chromium: $(DEV) ## install a browser for the tests where possible
	@sh tests/ui/install_chromium.sh

bench: $(DEV) ## speed table of the product on this machine
	$(PY) -m tests.bench

facts: $(STAMP) ## validate the fact base
	$(PY) -m knowledge.check

clean: ## remove the environment and caches
	rm -rf $(VENV) .build .mypy_cache .ruff_cache .pytest_cache
