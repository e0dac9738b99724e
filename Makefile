# For a newcomer: `make up` runs everything, `make test` tries everything; each sets itself up first.
PYTHON ?= python3
BIN := .venv/bin
PACKAGES := adapters analytics api dev domain schema tests workers

.PHONY: up reset test check documents conformance lock

.venv/.installed: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cuore needs Python 3.11 or later; set PYTHON=/path/to/it."; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { echo "Python cannot make an environment here; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

up: .venv/.installed
	@exec $(BIN)/cuore up

reset: .venv/.installed
	@$(BIN)/cuore reset

conformance: .venv/.installed
	$(BIN)/python -m dev.conformance

test: .venv/.installed
	$(BIN)/python -m pytest

check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dev.documents --check

documents: .venv/.installed
	$(BIN)/python -m dev.documents

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 --custom-compile-command "make lock" pyproject.toml --extra dev -c requirements.txt -o requirements-dev.txt
