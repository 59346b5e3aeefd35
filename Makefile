# Each target sets up what it needs. `make help` lists them.
PY := .venv/bin/python
BIN := .venv/bin
export TABIJI_HOME ?= $(CURDIR)/var

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.uv: requirements/uv.txt
	test -x $(PY) || python3 -m venv .venv
	$(PY) -m pip install -q --require-hashes -r requirements/uv.txt
	touch $@

.venv/.runtime: .venv/.uv requirements/runtime.txt requirements/build.txt pyproject.toml
	$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(BIN)/uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	touch $@

.venv/.dev: .venv/.runtime requirements/dev.txt
	$(BIN)/uv pip install -q --python $(PY) --require-hashes -r requirements/dev.txt
	touch $@

lock: .venv/.uv ## recompute the locked requirements
	cd requirements && for set in uv runtime build dev; do ../$(BIN)/uv pip compile -q --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header $$set.in -o $$set.txt || exit 1; done

.PHONY: help lock
