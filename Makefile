# Each target sets up what it needs on a fresh machine (Python >= 3.11, make, git), once, into .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first of these that is new enough; `make PYTHON=...` names another one.
PYTHON ?= $(firstword $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p; done) python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BEGUN := $(VENV)/.begun
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
# One BLAS thread a process: the work is spread over processes, and results do not depend on the number of cores.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

# The steps of `make test` use all cores as it is, and share caches.
.NOTPARALLEL:

.PHONY: help
help: ## Show this list
	@echo "jalur: is an official adoption path reachable, how likely, and what would it take?"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# A set-up that was interrupted is begun anew: what it left may be half of a package.
$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "jalur needs Python 3.11 or later, and there is no $(PYTHON) here. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "jalur needs Python 3.11 or later; $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 ...")'
	@echo "Setting up $(VENV) from requirements.lock (once; about two minutes)"
	@if test -e $(BEGUN); then echo "An earlier set-up was interrupted; starting again"; rm -rf $(VENV); fi
	@test -x $(BIN)/python || { mkdir -p $(VENV) && touch $(BEGUN) && $(PYTHON) -m venv $(VENV) >$(VENV)/install.log 2>&1; } \
		|| { tail -3 $(VENV)/install.log; echo "$(PYTHON) cannot make an environment; on Debian and Ubuntu install the package python3-venv"; exit 1; }
	@touch $(BEGUN)
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock 2>&1 \
		| tee $(VENV)/install.log \
		| awk '/^Collecting/ {printf "\r  %d packages collected", ++n; fflush()} /^Installing collected/ {printf "\n  installing them\n"} /^ERROR/ {print}'
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src  # for those whose environment keeps Python from doing it
	@rm $(BEGUN)
	@touch $@
	@echo "Set-up done"

.PHONY: report
report: $(READY) ## Main job: execute the notebooks and write both briefs into reports/
	@$(BIN)/jalur report

.PHONY: check
check: $(READY) ## Validate the data
	@$(BIN)/jalur check

.PHONY: lab
lab: $(READY) ## Open JupyterLab on the notebooks
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" $(BIN)/jupyter lab --notebook-dir=notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: test
test: lint unit slow nbval ## Everything: linters, types, fast, slow and browser tests, notebooks

.PHONY: lint
lint: $(READY) ## Linters, types, directions of imports
	@echo "Linting"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "Types"; $(BIN)/mypy
	@echo "Directions of imports"; $(BIN)/lint-imports --no-logo --no-cache

.PHONY: quick
quick: $(READY) ## Only the fast unit tests
	@$(BIN)/python -m pytest tests -q -m "not slow and not browser" -n 2 --durations=15

.PHONY: unit
unit: $(READY)
	@echo "Examples in docstrings"; $(BIN)/python -m pytest src --doctest-modules -q
	@echo "Fast tests"
	@$(BIN)/python -m pytest tests -q -n 2 --dist loadscope -m "not slow and not browser" --durations=15

.PHONY: coverage
coverage: $(READY) ## Share of the code that the fast tests run
	@$(BIN)/python -m pytest tests -q -n 2 --dist loadscope -m "not slow and not browser" --cov --cov-report=term:skip-covered

.PHONY: slow
slow: $(READY) browser ## The slow tests and those in a real Chromium
	@echo "Slow tests, and those in a real Chromium"
	@$(BIN)/python -m pytest tests -q -rs -n 2 --dist worksteal -m "slow or browser" --durations=15

SECONDS ?= 600
.PHONY: fuzz
fuzz: $(READY) ## Inputs that nobody thought of, for ten minutes (SECONDS=...)
	@JALUR_FUZZ=$(SECONDS) $(BIN)/python -m pytest tests/fuzz -q -s -p no:cacheprovider --timeout 0

.PHONY: nbval
nbval: $(READY)
	@echo "Notebooks: executed again and compared with their stored outputs"
	@$(BIN)/python -m pytest --nbval --nbval-sanitize-with tests/nbval_sanitize.cfg $(NOTEBOOKS) -q -p no:cacheprovider -n 2 --dist loadscope

.PHONY: browser
browser: ## Install Chromium where that is possible (Debian, as root)
	@if command -v chromium chromium-browser google-chrome google-chrome-stable >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then echo "Installing Chromium"; apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	else echo "No Chromium or Chrome here, and it cannot be installed by this user: the tests marked 'browser' will not run."; fi

.PHONY: notebooks
notebooks: $(READY) ## Execute the committed notebooks again in place
	@$(BIN)/python tools/refresh.py $(NOTEBOOKS)

.PHONY: lock
lock: $(READY) ## Refresh requirements.lock (no index address in it)
	@$(BIN)/uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-header --extra notebooks --extra lab --extra cluster --extra office --group test --group bench --group build --quiet --output-file requirements.lock

.PHONY: api
api: $(READY) ## API reference from the docstrings, into docs/api (works offline)
	@$(BIN)/pdoc -o docs/api jalur helpers

.PHONY: pictures
pictures: $(READY) ## Draw the fan charts of the README again
	@cd docs && for lang in en id; do \
		../$(BIN)/python -c "import helpers; helpers.open_study(lang='$$lang').reach.fan().save('fan.$$lang.png')"; done

.PHONY: screenshots
screenshots: $(READY) browser ## Take the pictures of the briefs and of the explorer again, in a real Chromium
	@$(BIN)/python tests/browser/screenshots.py
	@JALUR_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/browser/test_lab.py -q -k sliders

.PHONY: audit
audit: $(READY) ## Known vulnerabilities among the locked packages (needs the network)
	@JALUR_AUDIT=1 $(BIN)/python -m pytest tests/house/test_audit.py -q -rs -m slow

.PHONY: bench
bench: $(READY) ## Measure speed as ratios in one run, into benchmarks/README.md (ten minutes)
	@$(BIN)/python benchmarks/run.py

.PHONY: clean
clean: ## Remove what the targets made, but not .venv
	@rm -rf reports .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov build docs/api
