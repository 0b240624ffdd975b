# `make demo` and `make test` need Python 3.11 or later, make and a package index; nothing else.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench live wheel clean

demo: $(READY)
	@$(BIN)/monitor demo

# one process more than there are cores, since many tests wait for another process
test: check
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print(1 + (os.cpu_count() or 1))') -q

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)
	@for each in benchmarks/bench_*.py; do $(BIN)/python $$each || exit 1; done

# asks the real sources, with the keys that are in the environment; needs a network, and X costs up to $$0.50
live: $(READY)
	$(BIN)/python -m tests.live.prove

wheel: $(READY)
	$(BIN)/python -m build --wheel

$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV); the first time this takes a minute or two"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "brand-monitor needs Python 3.11 or later, this is " + sys.version.split()[0])'
	@python3 -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
