# Run `make` for the list of targets. Each does its own set-up.

PYTHON ?= python3
ENGINE := $(or $(TARGET),duckdb)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LINT_PROFILES := .cache/lint
SDKS := .cache/sdks
METRICS := .cache/metrics-layer
DLT_ENVIRONMENT := .cache/dlt
PINS := .cache/pins

# Versions for every Python and system at once; those that are pinned already stay.
# From the index that pip is set to, which no file says.
RESOLVE = index=$$($(BIN)/pip config get global.index-url 2>/dev/null || printenv PIP_INDEX_URL || true); \
  $(BIN)/uv pip compile --quiet --system-certs $${index:+--default-index "$$index"} \
  --universal --python-version 3.11.0 --no-header --no-annotate pyproject.toml

# How many at a time says tests/conftest.py, and which stay together tests/support/workers.py.
WORKERS := --numprocesses logical --no-loadscope-reorder
# Suites that take long or need more than Python, each with a target of its own.
OWN_TARGETS := buffer deploy exactness interruption metrics_layer package report rollups sdks
# What few installations meet: extremes, odd zones, texts, settings, file names, roles and refusals. Of
# each a few, which are enough to see it break.
UNUSUAL := $(addprefix tests/,loader/test_handing_over.py metrics/test_extremes.py \
  metrics/test_refused_definitions.py metrics/test_seed_texts.py metrics/test_sessions.py metrics/test_time_zones.py \
  project/test_duckdb_files.py rollups/test_commands.py rollups/test_refused.py)
FEW := (of_no_events_or_some and postgres-incremental-empty) or (failed_can_be and duckdb-view) \
  or (a_copy_is_read and archive) or (dbt_retry and test_refused_definitions and postgres) \
  or (a_seed_that_is_refused and duckdb and not known) or (test_seed_texts and duckdb) \
  or (an_extreme and postgres and the_oldest)

# Where no PGHOST names a server, one runs for as long as the demo.
WITH_postgres := $(BIN)/python -m scripts.with_postgres --

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  TARGET=postgres runs the demo on PostgreSQL; for build and report it names a target of profiles.yml."
	@echo "  QUICK=1 leaves the unit tests out of build and demo: they do not depend on events."
	@echo "  PYTHON=python3.12 chooses the Python that makes $(VENV)."

.PHONY: setup
setup: $(INSTALLED) profiles.yml ## Create the virtual environment and profiles.yml

.PHONY: demo
demo: setup ## Load the example events, build the views, print the metrics
	@case "$(ENGINE)" in duckdb|postgres) ;; *) \
	  echo "TARGET=$(ENGINE) is unknown: use TARGET=duckdb or TARGET=postgres." >&2; exit 2 ;; esac
	@$(MAKE) --no-print-directory demo-$(ENGINE)

.PHONY: demo-duckdb demo-postgres
demo-duckdb demo-postgres: demo-%: setup
	@$(WITH_$*) $(BIN)/python -m scripts.demo --target $* $(if $(QUICK),--quick)

.PHONY: test
test: setup ## Run the tests, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) $(foreach suite,$(OWN_TARGETS),--ignore tests/$(suite)) \
	  $(foreach file,$(UNUSUAL),--ignore $(file))

.PHONY: test-unusual
test-unusual: setup ## Try extremes, odd zones, texts, file names, roles and commands (SMALL=1: a few)
	@$(BIN)/pytest $(WORKERS) $(UNUSUAL) $(if $(SMALL),-k '$(FEW)')

.PHONY: test-interruption
test-interruption: setup ## Kill, cut off and crowd appends, on DuckDB and PostgreSQL (as root)
	@$(BIN)/pytest tests/interruption

.PHONY: test-exactness
test-exactness: setup ## Compare all views with the reference for generated users (USERS=10000, ENGINE, SEED)
	@$(BIN)/python -m tests.exactness $(addprefix --users=,$(USERS)) $(addprefix --seed=,$(SEED)) \
	  $(if $(filter command line,$(origin ENGINE)),--engine=$(ENGINE))

.PHONY: test-buffer
test-buffer: setup ## Kill and stop what stands around the collector's stream in Redis (needs redis-server)
	@$(BIN)/pytest tests/buffer

.PHONY: test-deploy
test-deploy: setup ## Check alerts and dashboards against metrics and views (needs promtool)
	@$(BIN)/pytest tests/deploy

.PHONY: test-sdks
test-sdks: setup $(SDKS)/.installed ## Let the SDKs of Segment, RudderStack and PostHog deliver (needs npm and Chromium)
	@$(BIN)/pytest tests/sdks

.PHONY: test-rollups
test-rollups: setup ## Let deliveries, definitions and builds come in any order (SMALL=1: not all on DuckDB)
	@$(BIN)/pytest $(WORKERS) tests/rollups $(foreach file,$(UNUSUAL),--ignore $(file)) \
	  $(if $(SMALL),-k 'postgres or test_histories or test_reads or test_structure')

.PHONY: test-package
test-package: setup ## Let another dbt project use this one as a package, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) tests/package

.PHONY: test-report
test-report: setup ## Open the report in headless Chromium (needs Chromium)
	@$(BIN)/pytest tests/report

.PHONY: test-metrics-layer
test-metrics-layer: setup $(METRICS)/.installed ## Ask for metrics with mf query, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) tests/metrics_layer

.PHONY: test-quick
test-quick: setup ## Run the tests that take no more than seconds
	@$(BIN)/pytest $(WORKERS) -m "not slow" $(foreach suite,$(OWN_TARGETS),--ignore tests/$(suite)) \
	  $(foreach file,$(UNUSUAL),--ignore $(file))

.PHONY: lint
lint: lint-python lint-pins lint-sql lint-docs ## Check Python, SQL, the pinned requirements and the lists of views

.PHONY: lint-python
lint-python: setup
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@mkdir -p .cache
	@$(BIN)/lint-imports --no-cache >.cache/imports 2>&1 || { cat .cache/imports >&2; exit 1; }

.PHONY: lint-pins
lint-pins: setup
	@mkdir -p $(PINS)
	@cp requirements.txt requirements-metrics.txt $(PINS)
	@$(MAKE) --no-print-directory pins PINNED=$(PINS)/
	@diff requirements.txt $(PINS)/requirements.txt && diff requirements-metrics.txt $(PINS)/requirements-metrics.txt || { \
	  echo "The pinned requirements are not those of pyproject.toml: run make pins" >&2; exit 1; }

.PHONY: pins
pins: setup ## Pin what pyproject.toml asks for; what is pinned stays (UPGRADE=NAME)
	@$(RESOLVE) --extra dev $(addprefix --upgrade-package=,$(UPGRADE)) --output-file $(PINNED)requirements.txt >/dev/null
	@$(RESOLVE) --extra dbt --extra metrics $(addprefix --upgrade-package=,$(UPGRADE)) \
	  --constraint $(PINNED)requirements.txt --output-file $(PINNED)requirements-metrics.txt >/dev/null

.PHONY: lint-sql
lint-sql: setup $(LINT_PROFILES)/profiles.yml
	@# dbt's own locks, which it leaves to the end of the process, are nobody's concern here
	@PYTHONWARNINGS=ignore::UserWarning:multiprocessing.resource_tracker \
	  DBT_PROFILES_DIR=$(LINT_PROFILES) EVENTS_TARGET=duckdb \
	  EVENTS_DUCKDB_PATH=$(LINT_PROFILES)/lint.duckdb \
	  $(BIN)/sqlfluff lint --processes 2 --disable-progress-bar

.PHONY: lint-docs
lint-docs: setup
	@$(BIN)/python -m scripts.metrics_page --check

.PHONY: format
format: setup ## Format the Python files and mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: build
build: setup ## Build and test the views in the database that profiles.yml names
	@$(BIN)/loader init $(addprefix --target=,$(TARGET))
	@$(BIN)/loader build --default $(if $(QUICK),--quick) $(addprefix --target=,$(TARGET))

.PHONY: report
report: setup ## Draw what the views hold: one HTML page, target/report.html
	@$(BIN)/python -m report $(addprefix --target=,$(TARGET))

.PHONY: report-screenshot
report-screenshot: setup ## Take the README's picture of the demo's report anew (needs Chromium)
	@$(BIN)/python -m scripts.report_screenshot

.PHONY: lineage-screenshot
lineage-screenshot: docs ## Take CONTRIBUTING.md's picture of the lineage anew (needs Chromium)
	@$(BIN)/python -m scripts.lineage

.PHONY: docs
docs: setup ## Write the catalog of all views to target/static_index.html, and check it
	@$(BIN)/python -m scripts.catalog

.PHONY: metrics-page
metrics-page: setup ## Write docs/metrics.md and the tables of views from the models' YAML
	@$(BIN)/python -m scripts.metrics_page

.PHONY: bench-load
bench-load: setup $(if $(DLT),$(DLT_ENVIRONMENT)/.installed) ## Time loader append beside psql and DuckDB, with DLT=1 dlt (SIZE=100k, 1m, 5m or 10m, ROUNDS=5)
	@$(BIN)/python -m benchmarks.loading $(addprefix --size=,$(SIZE)) $(addprefix --rounds=,$(ROUNDS)) $(if $(DLT),--dlt $(DLT_ENVIRONMENT)/bin/python)

.PHONY: bench-collect
bench-collect: setup ## Measure collector serve: events per second, latency (ROUNDS=3), or memory (MINUTES=10)
	@$(BIN)/python -m benchmarks.collecting $(addprefix --rounds ,$(ROUNDS)) $(addprefix --minutes ,$(MINUTES))

.PHONY: bench
bench: setup ## Time the views beside hand-written queries, and refreshes beside rebuilds (SIZE, ENGINE)
	@$(BIN)/python -m benchmarks.views $(addprefix --size=,$(SIZE)) $(addprefix --rounds=,$(ROUNDS)) \
	  $(if $(filter command line,$(origin ENGINE)),--engine=$(ENGINE)) $(addprefix --part=,$(PART)) $(addprefix --batch=,$(BATCH))

.PHONY: bench-beside
bench-beside: setup ## Time this checkout beside another one (OTHER=directory, SIZE, ENGINE)
	@$(BIN)/python -m benchmarks.beside "$(OTHER)" $(addprefix --size=,$(SIZE)) $(addprefix --rounds=,$(ROUNDS)) \
	  $(if $(filter command line,$(origin ENGINE)),--engine=$(ENGINE))

.PHONY: clean
clean: ## Remove what the other targets wrote, except .venv, profiles.yml and events
	@rm -rf .cache build dist logs target *.egg-info
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

# The stamp makes a second run install nothing until the requirements change.
$(INSTALLED): requirements.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "$(PYTHON) was not found: install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$("$(PYTHON)" -V 2>&1), which is too old: name Python 3.11 or newer with make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "Installing the Python packages into $(VENV), which takes a minute or two the first time …"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The SDKs as they are published, apart from what the project itself needs.
$(SDKS)/.installed: tests/sdks/package.json tests/sdks/requirements.txt
	@command -v npm >/dev/null || { echo "npm was not found: install Node.js 20 or newer" >&2; exit 2; }
	@echo "Installing the SDKs into $(SDKS) …"
	@mkdir -p $(SDKS)/node
	@cp tests/sdks/package.json $(SDKS)/node/
	@npm install --no-package-lock --prefix $(SDKS)/node --cache $(CURDIR)/.cache/npm --ignore-scripts --no-audit --no-fund --loglevel error
	@test -x $(SDKS)/python/bin/python || "$(PYTHON)" -m venv $(SDKS)/python
	@$(SDKS)/python/bin/python -m pip install --quiet --requirement tests/sdks/requirements.txt
	@touch $@

# The extra `metrics` apart from .venv, whose tests so prove that nothing else needs it.
$(METRICS)/.installed: requirements-metrics.txt
	@echo "Installing the extra metrics into $(METRICS) …"
	@test -x $(METRICS)/bin/python || "$(PYTHON)" -m venv $(METRICS)
	@$(METRICS)/bin/python -m pip install --quiet --requirement requirements-metrics.txt
	@touch $@

# dlt for the benchmark alone, with the DuckDB that the loader has.
$(DLT_ENVIRONMENT)/.installed: requirements.txt benchmarks/requirements-dlt.txt
	@echo "Installing dlt into $(DLT_ENVIRONMENT) …"
	@test -x $(DLT_ENVIRONMENT)/bin/python || "$(PYTHON)" -m venv $(DLT_ENVIRONMENT)
	@$(DLT_ENVIRONMENT)/bin/python -m pip install --quiet --constraint requirements.txt --requirement benchmarks/requirements-dlt.txt 'dlt[duckdb,postgres]'
	@touch $@

# No prerequisite: settings that somebody edited are never overwritten.
profiles.yml:
	@cp profiles.example.yml $@
	@echo "Wrote profiles.yml: connection settings for loader and dbt, DuckDB unless you change them."

# The linter must not depend on anybody's own connection settings.
$(LINT_PROFILES)/profiles.yml: profiles.example.yml
	@mkdir -p $(@D)
	@cp $< $@
