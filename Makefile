# The targets are the manual: `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
SOURCES ?= sample
ENGINE ?= embedded
DATA ?= var/$(SOURCES)$(if $(filter distributed,$(ENGINE)),-distributed)
AROUND := $(if $(filter distributed,$(ENGINE)),$(BIN)/python -m sample.servers with $(DATA)/servers)
LOCK := requirements$(if $(TORCH),-$(TORCH),).lock

.PHONY: help install run test quick console bench elasticsearch postgres secrets lock clean

help: ## this list
	@grep -E '^[a-z ]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## everything that is needed, into .venv; quick when nothing changed. TORCH=cpu takes the small CPU build of torch

# The stamp depends on the lock alone: a changed lock is synced, an unchanged one costs nothing.
$(VENV)/.installed: $(LOCK) pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
ifeq ($(TORCH),cpu)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend=cpu "$$(grep -oE '^torch==[^ ;]+' requirements.lock)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r $(LOCK)
else
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCK)
endif
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: install ## one whole daily run over the sample newsroom (SOURCES=live: over the real catalogue; ENGINE=distributed: on PostgreSQL and Elasticsearch, started where none is configured)
	$(AROUND) $(BIN)/beatwatch run --sources $(SOURCES) --data $(DATA)

console: install ## the read-only web page on http://127.0.0.1:8765
	$(AROUND) $(BIN)/beatwatch console --data $(DATA)

quick: install ## lint, types, import rules and unit tests: under two minutes
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -n 2 --dist loadfile -m "not server and not model"

test: quick ## everything: also real crawls, models, servers
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "server or model"

bench: install ## measurements, as ratios against a peer or a floor in the same run
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

elasticsearch postgres: install ## a real server on loopback for tests, until Ctrl-C (needs maven and JDK 17)
	$(BIN)/python -m sample.servers $@

secrets: ## passwords and certificates for docker-compose.yml, into secrets/; what is there stays (needs openssl, no installation)
	@$(PYTHON) -m deploy.secret_files secrets

lock: ## resolve pyproject.toml anew into requirements.lock and requirements-cpu.lock (hashes, no host names)
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet "uv==$(UV_VERSION)"; }
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --generate-hashes --group dev pyproject.toml -o requirements.lock
	$(PYTHON) -c "import re,pathlib; t=pathlib.Path('requirements.lock').read_text(); \
	parts=re.split(r'(?m)^(?=[a-z0-9])', t); \
	pathlib.Path('requirements-cpu.lock').write_text(''.join(p for p in parts if not re.match(r'(torch|nvidia-|triton|cuda-)', p)))"

clean: ## the data of earlier sample runs
	rm -rf var/sample var/sample-distributed
