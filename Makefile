# What a person may want to do here. Every line could be typed by hand; there is no logic.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup run test lint cases reference bench screenshots lock clean

help: ## list what can be done
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/complete ## make .venv with everything pinned, tests' tools too; instant when done before

run: .venv/runtime ## start window, worker and stub agencies with demo data (PORT=, DATA=)
	$(BIN)/python -m worker.run

test: lint ## check style, types and import contracts, then run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/complete ## check style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

cases: .venv/runtime ## run every regime's table of worked rule cases
	for table in single_window/regimes/*/cases.csv; do $(BIN)/single-window cases $$table || exit 1; done

reference: .venv/runtime ## write the rules as documents, in Chinese and English, into docs/reference
	$(BIN)/single-window reference --out docs/reference

bench: .venv/complete ## run the benchmarks, print ratios, write bench/results.json
	$(BIN)/python -m bench

screenshots: .venv/complete ## take a picture of every page, to be looked at, into screenshots/
	$(BIN)/python -m pytest tests/journeys/test_pictures.py tests/journeys/test_every_page.py --screenshots screenshots $(ARGS)
	cp screenshots/readme.png docs/pictures/declaration.png

lock: ## pin all packages anew, with hashes; needs uv on the path
	uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --no-header --upgrade --extra postgres --extra redis --extra build -o requirements.lock
	uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes --no-header --upgrade --all-extras -c requirements.lock -o requirements-test.lock

clean: ## remove what make made; the data folder stays
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage screenshots

# The files are stamps: as long as they are newer than what they stand for, nothing is installed again.
.venv/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed: make PYTHON=python3.12')"
	$(PYTHON) -m venv .venv
	touch $@

.venv/runtime: .venv/python requirements.lock setup.cfg pyproject.toml
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv/complete: .venv/runtime requirements-test.lock
	$(PIP) install --quiet --require-hashes -r requirements-test.lock
	touch $@
