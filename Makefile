# GNU Make 3.81 and newer. Every target installs what it needs; `make help` lists them.

PYTHON ?= python3
# A .venv of an older Python must not be asked to make itself anew.
export PATH_BEFORE := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(CURDIR)/tests/node_modules/.bin:$(PATH)
# With these in a shell npm leaves the tools out, pip refuses a virtual environment, and scripts miss their neighbours.
unexport NODE_ENV PIP_USER PYTHONSAFEPATH
# No test and no build may find the machine's accounts, or call home.
export NETLIFY_TELEMETRY_DISABLED := 1
# A company's proxy has its certificate in the machine's store, which uv alone does not read.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help dev test check format bundle bench lab audit lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

dev: setup-dev ## the site on http://localhost:8888 (PORT=), with stand-ins; RESET=1 empties its store, REAL=1 spends money
	@.venv/bin/python scripts/dev.py $(or $(PORT),8888)

test: setup-test ## every test; can spend no money
	@.venv/bin/python scripts/run_tests.py

check: setup-check ## formatter, linter and types
	ruff format --check .
	ruff check .
	mypy
	biome ci --error-on-warnings .
	tsc

format: setup-check ## put every file into its format
	ruff check --fix-only --quiet .
	ruff format .
	biome check --write .

bundle: setup-bundle ## build the zips that Netlify runs, and start each once
	@PYTHONPATH=netlify/emulator:netlify/plugin .venv/bin/python scripts/zip_report.py $(if $(filter no,$(COPY)),--no-copy)

bench: setup-bench ## the benchmarks, from the built zips, beside a Node twin; writes bench/results.json
	@PYTHONPATH=netlify/emulator:netlify/plugin:src .venv/bin/python bench/run.py

lab: setup-lab ## the long searches: simulation, fuzzing, every browser state; SEED= and MINUTES= choose
	@PYTHONPATH=scripts:tests .venv/bin/python tests/programs/lab.py

audit: setup-audit ## known vulnerabilities in what ships
	@.venv/bin/python scripts/audit.py

lock: setup-lock ## resolve the dependencies of pyproject.toml anew
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -o requirements.txt
	uv pip compile -q pyproject.toml --extra cli --group local --universal --python-version 3.11 --generate-hashes --no-header -o locks/local.txt
	uv pip compile -q pyproject.toml --extra cli --group dev --universal --python-version 3.11 --generate-hashes --no-header -o locks/dev.txt
	uv pip compile -q pyproject.toml --extra cli -c locks/dev.txt --universal --python-version 3.11 --generate-hashes --no-header -o locks/cli.txt
	uv pip compile -q --group node --universal --python-version 3.11 --generate-hashes --no-header -o locks/node.txt
	uv pip compile -q --group bundle --universal --python-version 3.11 --generate-hashes --no-header -o locks/bundle.txt
	uv pip compile -q --group audit -c locks/dev.txt --universal --python-version 3.11 --generate-hashes --no-header -o locks/audit.txt
	uv pip compile -q --group lab --universal --python-version 3.11 --generate-hashes --no-header -o locks/lab.txt

setup-%:
	@PATH="$$PATH_BEFORE" $(PYTHON) scripts/setup.py $*
