# Stillwell: every command a newcomer needs. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-home
.DEFAULT_GOAL := help
.PHONY: help catalogue demo clean-demo test lint types contracts check bandit audit sbom bench faults evaluate screenshots lock python-ready servers clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/run-ready ## three invented councils, 60 homes, 28 days, then live (PORT=8010 moves it)
	@exec $(BIN)/stillwell demo --port $(PORT) --folder $(DEMO)

clean-demo: ## remove everything that the demo made
	rm -rf $(DEMO)

test: $(VENV)/dev-ready servers ## run the test suite (installs broker, stores and browser where it may)
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

check: lint types contracts bandit ## lint, types, import contracts, unsafe patterns

lint: $(VENV)/dev-ready ## ruff, format included
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev-ready ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/dev-ready ## folders import downwards only, pure files do no I/O
	$(BIN)/lint-imports

bandit: $(VENV)/dev-ready ## patterns that are known to be unsafe (those that ruff knows too are explained line by line)
	$(BIN)/bandit -q -r config ingest alerts sensors_sim api --severity-level medium --skip B310,B608,B704

audit: $(VENV)/dev-ready ## known vulnerabilities of what we install; asks PyPI, and fails where it cannot
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock

sbom: $(VENV)/dev-ready ## the list of what we are made of (CycloneDX), as sbom.json
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json

bench: $(VENV)/dev-ready servers ## measure, print the table, write bench.json
	$(BIN)/python -m tests.bench

faults: $(VENV)/dev-ready servers ## inject faults, print what was lost, write faults.json (KILLS=10 is quick)
	$(BIN)/python -m tests.faults $(FAULTS)

evaluate: $(VENV)/run-ready ## judge the detectors on recorded homes (DATA=FILE), write evaluation.json
	@[ -n "$(DATA)" ] || { echo "say which homes: make evaluate DATA=tihm_activity.csv.gz"; exit 2; }
	@$(BIN)/stillwell evaluate --data "$(DATA)"

screenshots: $(VENV)/dev-ready servers ## renew the pictures of the README from a running demo
	$(BIN)/python -m tests.e2e.screenshots

catalogue: $(VENV)/dev-ready ## bring the Welsh catalogue up to the texts of the pages; new ones are empty
	@$(BIN)/python -m tests.policy.catalogue

lock: $(VENV)/dev-ready ## renew both requirement files, with hashes and without addresses
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	  pyproject.toml --group install --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --python-version 3.11 \
	  pyproject.toml --group install --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

# A stock Debian or Ubuntu lacks venv, and says so only half way through: look first.
python-ready:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "Stillwell needs Python 3.11 or newer: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Stillwell needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Install one and name it: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/bin/python: | python-ready
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run-ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what Stillwell needs (about half a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev-ready: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run-ready

# Real servers for the tests: installed as root or with a password-free sudo, else named.
servers:
	@missing=""; \
	command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ] || missing="$$missing mosquitto"; \
	command -v mosquitto_pub >/dev/null 2>&1 || missing="$$missing mosquitto-clients"; \
	command -v chromium >/dev/null 2>&1 || missing="$$missing chromium"; \
	command -v influxd >/dev/null 2>&1 || missing="$$missing influxdb"; \
	command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$$missing nginx-light"; \
	command -v victoria-metrics >/dev/null 2>&1 || missing="$$missing victoria-metrics"; \
	[ -z "$$missing" ] && exit 0; \
	if ! command -v apt-get >/dev/null 2>&1; then echo "missing:$$missing; their tests will be skipped"; exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then run=""; elif sudo -n true 2>/dev/null; then run="sudo"; else \
	  echo "missing:$$missing; their tests will be skipped. To run them: sudo apt-get install$$missing"; exit 0; fi; \
	echo "installing:$$missing"; \
	$$run apt-get update -qq && $$run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null
