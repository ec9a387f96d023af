# `make benchmark` and `make test` work on a fresh clone: they install into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: benchmark test soak bench lint clean mdf-base mdf-small

benchmark: $(VENV)/installed
	$(BIN)/mdf benchmark

# a process that dies ends the run with an error: xdist would go on, and wait for its files for ever
test: $(VENV)/installed-dev lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder --durations 40

# `mdf watch` for a long time, with everything going wrong around it; docs/explanation/reliability.md says what it found
MINUTES ?= 45
soak: $(VENV)/installed-dev
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/run.py --minutes $(MINUTES)

# mdf beside what one would use instead; benchmarks/README.md keeps the last numbers
bench: $(VENV)/installed-dev
	cd benchmarks && set -e; for race in startup training inference watch data metrics verdict study; do ../$(BIN)/python $$race.py --out $$race.json; done

# the networks that come with mdf; recipes/README.md says how they are trained
mdf-base: $(VENV)/installed
	$(BIN)/mdf train --config recipes/mdf-base-start.toml --runs runs/recipes --name mdf-base-start
	$(BIN)/mdf train --config recipes/mdf-base-middle.toml --runs runs/recipes --name mdf-base-middle \
		--init $$(dirname runs/recipes/mdf-base-start/*/weights.safetensors)
	$(BIN)/mdf train --config recipes/mdf-base.toml --runs runs/recipes --name mdf-base \
		--init $$(dirname runs/recipes/mdf-base-middle/*/weights.safetensors)

mdf-small: $(VENV)/installed
	$(BIN)/mdf train --config recipes/mdf-small.toml --runs runs/recipes --name mdf-small

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("mdf needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
