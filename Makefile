# Run `make` for the list of targets. Each does its own set-up.

PYTHON ?= python3
ENGINE := $(or $(TARGET),duckdb)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LINT_PROFILES := .cache/lint
SDKS := .cache/sdks
S3 := .cache/s3
METRICS := .cache/metrics-layer
ENGINES := .cache/engines
FORECAST := .cache/forecast
IN_ENGINES := $(ENGINES)/bin
DLT_ENVIRONMENT := .cache/dlt
PINS := .cache/pins
SUPERSET := .cache/superset
OIDC := .cache/oidc

# Versions for every Python and system at once; those that are pinned already stay.
# From the index that pip is set to, which no file says.
RESOLVE = index=$$($(BIN)/pip config get global.index-url 2>/dev/null || printenv PIP_INDEX_URL || true); \
  $(BIN)/uv pip compile --quiet --system-certs $${index:+--default-index "$$index"} \
  --universal --python-version 3.11.0 --no-header --no-annotate pyproject.toml
# An environment apart, installed by uv, which takes a minute where pip takes five.
IN_SUPERSET = index=$$($(BIN)/pip config get global.index-url 2>/dev/null || printenv PIP_INDEX_URL || true); \
  $(BIN)/uv pip install --quiet --system-certs $${index:+--default-index "$$index"} --python
PINNED_FILES := requirements.txt requirements-metrics.txt requirements-engines.txt \
  requirements-forecast.txt

# How many at a time says tests/conftest.py, and which stay together tests/support/workers.py.
WORKERS := --numprocesses logical --no-loadscope-reorder
# Suites that take long or need more than Python, each with a target of its own.
OWN_TARGETS := alerts buffer clickhouse dashboards deploy engines exactness forecast interruption lake \
  metrics_layer package query report rollups s3 sdks spark
# Of roll-ups on PostgreSQL, where they are hardest, and one history on DuckDB.
FEW_ROLLUPS := (postgres and not as_if and (test_reads or nothing_of_an_erased or without_new_events \
  or overtaken or new_ones_can_reach or data_tests_hold or changed_definition or of_a_part_is)) \
  or (test_histories and duckdb) or test_structure
# Of another project's own builds those that are not built in whole, and the hardest on PostgreSQL.
FEW_PACKAGE := (duckdb and not (definitions_of_the or exposures or a_time_of or roll_ups)) \
  or (postgres and another_table_too)
# Of all that is marked as unusual a few, which are enough to see it break.
FEW := (of_no_events_or_some and postgres-incremental-empty) or (failed_can_be and duckdb-view) \
  or (a_copy_is_read and archive) or (dbt_retry and test_refused_definitions and postgres) \
  or (a_seed_that_is_refused and duckdb and not known) or (test_seed_texts and duckdb) \
  or (an_extreme and postgres and the_oldest) or (too_many and duckdb) \
  or (one_command_builds and postgres)

# Which environment has the adapter for the target that profiles.yml, or TARGET, names.
CHOSEN = $(or $(shell $(BIN)/python -m scripts.environment $(TARGET) 2>/dev/null),$(VENV))
WITH_ADAPTER = $(MAKE) --quiet --no-print-directory $(CHOSEN)/.installed
# Where no PGHOST or CLICKHOUSE_HOST names a server, one runs for as long as the demo.
WITH_postgres := $(BIN)/python -m scripts.with_postgres --
WITH_clickhouse := $(IN_ENGINES)/python -m scripts.with_clickhouse --
# Whose adapters for dbt are in an environment apart.
DEMO_BIN_clickhouse := $(IN_ENGINES)
DEMO_BIN_spark := $(IN_ENGINES)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  TARGET=postgres, lake, clickhouse or spark runs the demo there; for build and report it names a target"
	@echo "  of profiles.yml."
	@echo "  QUICK=1 leaves the unit tests out of build and demo: they do not depend on events."
	@echo "  PYTHON=python3.12 chooses the Python that makes $(VENV)."

.PHONY: setup
setup: $(INSTALLED) profiles.yml ## Create the virtual environment and profiles.yml

.PHONY: demo
demo: setup ## Load the example events, build the views, print the metrics
	@case "$(ENGINE)" in duckdb|postgres|lake|clickhouse|spark) ;; *) \
	  echo "TARGET=$(ENGINE) is unknown: use TARGET=duckdb, postgres, lake, clickhouse or spark." >&2; exit 2 ;; esac
	@$(MAKE) --no-print-directory demo-$(ENGINE)

.PHONY: demo-duckdb demo-postgres demo-lake demo-clickhouse demo-spark
demo-clickhouse: $(ENGINES)/.installed
demo-spark: $(ENGINES)/.installed java
demo-duckdb demo-postgres demo-lake demo-clickhouse demo-spark: demo-%: setup
	@$(WITH_$*) $(or $(DEMO_BIN_$*),$(BIN))/python -m scripts.demo --target $* $(if $(QUICK),--quick)

.PHONY: java
java:
	@command -v java >/dev/null || test -x "$${JAVA_HOME:-/nowhere}/bin/java" || { \
	  echo "java was not found: install OpenJDK 17, such as Debian's openjdk-17-jre-headless" >&2; exit 2; }

.PHONY: test
test: setup ## Run the tests, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) -m "not unusual" $(foreach suite,$(OWN_TARGETS),--ignore tests/$(suite))

.PHONY: test-unusual
test-unusual: setup ## Try extremes, odd zones, texts, file names, roles and commands (SMALL=1: a few)
	@$(BIN)/pytest $(WORKERS) -m unusual $(if $(SMALL),-k '$(FEW)') \
	  $(foreach suite,$(filter-out rollups,$(OWN_TARGETS)),--ignore tests/$(suite))

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

.PHONY: test-dashboards
test-dashboards: setup $(if $(SMALL),,$(SUPERSET)/.installed $(OIDC)/.installed) ## Set a real Superset up, log in, look at its dashboards (needs Chromium; SMALL=1: without Superset)
	@$(BIN)/pytest tests/dashboards$(if $(SMALL),/test_bundle.py)

.PHONY: test-sdks
test-sdks: setup $(SDKS)/.installed ## Let the SDKs of Segment, RudderStack and PostHog deliver (needs npm and Chromium)
	@$(BIN)/pytest tests/sdks

.PHONY: test-s3
test-s3: setup $(S3)/.installed ## Read files from an S3-compatible server, which it installs
	@$(BIN)/pytest tests/s3

.PHONY: test-rollups
test-rollups: setup ## Let deliveries, definitions and builds come in any order (SMALL=1: a part)
	@$(BIN)/pytest $(WORKERS) -m "not unusual" tests/rollups $(if $(SMALL),-k '$(FEW_ROLLUPS)')

.PHONY: test-package
test-package: setup ## Let another dbt project use this one as a package (SMALL=1: a part)
	@$(BIN)/pytest $(WORKERS) tests/package $(if $(SMALL),-k '$(FEW_PACKAGE)')

.PHONY: test-report
test-report: setup ## Open the report in headless Chromium (needs Chromium)
	@$(BIN)/pytest tests/report

.PHONY: test-query
test-query: setup $(METRICS)/.installed ## Ask the API what the views say, and what nobody would ask, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) tests/query

.PHONY: test-alerts
test-alerts: setup ## Let alerts be told, also to a real Alertmanager, and kill what tells them (needs Alertmanager)
	@$(BIN)/pytest $(WORKERS) tests/alerts

.PHONY: test-forecast
test-forecast: setup $(FORECAST)/.installed ## Judge anomalies by forecasts of statsforecast, on DuckDB and PostgreSQL
	@$(FORECAST)/bin/pytest tests/forecast

.PHONY: test-metrics-layer
test-metrics-layer: setup $(METRICS)/.installed ## Ask for metrics with mf query, on DuckDB and PostgreSQL
	@$(BIN)/pytest $(WORKERS) tests/metrics_layer

.PHONY: test-lake
test-lake: setup ## Keep events as Parquet on disk, and build over them (SMALL=1: without the views; on S3: test-s3)
	@$(BIN)/pytest tests/lake $(if $(SMALL),--ignore tests/lake/test_views.py)

.PHONY: test-clickhouse
test-clickhouse: setup $(ENGINES)/.installed ## Load and build on ClickHouse, in a process or where CLICKHOUSE_HOST is (SMALL=1)
	@$(IN_ENGINES)/pytest tests/clickhouse $(if $(SMALL),-m "not slow")

.PHONY: test-spark
test-spark: setup $(ENGINES)/.installed java ## Build on Spark, in a process and distributed (needs Java 17)
	@$(IN_ENGINES)/pytest tests/spark

.PHONY: test-engines
test-engines: setup $(ENGINES)/.installed java ## Compare all views row for row on every engine (ON=duckdb,spark; SMALL=1)
	@$(IN_ENGINES)/pytest tests/engines
	@$(IN_ENGINES)/python -m tests.engines $(addprefix --engines=,$(ON)) $(if $(SMALL),--small)

.PHONY: test-quick
test-quick: setup ## Run the tests that take no more than seconds
	@$(BIN)/pytest $(WORKERS) -m "not slow and not unusual" $(foreach suite,$(OWN_TARGETS),--ignore tests/$(suite))

.PHONY: lint
lint: lint-python lint-pins lint-sql lint-docs lint-dialects ## Check Python, SQL, pinned requirements, lists of views, macros of engines

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
	@cp $(PINNED_FILES) $(PINS)
	@$(MAKE) --no-print-directory pins PINNED=$(PINS)/
	@for file in $(PINNED_FILES); do diff $$file $(PINS)/$$file || { \
	  echo "The pinned requirements are not those of pyproject.toml: run make pins" >&2; exit 1; }; done

.PHONY: pins
pins: setup ## Pin what pyproject.toml asks for; what is pinned stays (UPGRADE=NAME)
	@$(RESOLVE) --extra dev $(addprefix --upgrade-package=,$(UPGRADE)) --output-file $(PINNED)requirements.txt >/dev/null
	@$(RESOLVE) --extra dbt --extra metrics $(addprefix --upgrade-package=,$(UPGRADE)) \
	  --constraint $(PINNED)requirements.txt --output-file $(PINNED)requirements-metrics.txt >/dev/null
	@$(RESOLVE) --extra engines $(addprefix --upgrade-package=,$(UPGRADE)) \
	  --constraint $(PINNED)requirements.txt --output-file $(PINNED)requirements-engines.txt >/dev/null
	@$(RESOLVE) --extra dev --extra forecast $(addprefix --upgrade-package=,$(UPGRADE)) \
	  --constraint $(PINNED)requirements.txt --output-file $(PINNED)requirements-forecast.txt >/dev/null

.PHONY: pins-superset
pins-superset: setup ## Pin what Superset needs anew (deploy/superset/requirements.in)
	@$(subst pyproject.toml,deploy/superset/requirements.in,$(RESOLVE)) \
	  --output-file deploy/superset/requirements.txt >/dev/null

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

.PHONY: lint-dialects
lint-dialects: setup
	@$(BIN)/python -m scripts.dialects --check

.PHONY: format
format: setup ## Format the Python files and mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: build
build: setup ## Build and test the views in the database that profiles.yml names, and tell alerts (alerting.yml)
	@$(WITH_ADAPTER)
	@$(CHOSEN)/bin/loader init $(addprefix --target=,$(TARGET))
	@$(CHOSEN)/bin/loader build --default $(if $(QUICK),--quick) $(addprefix --target=,$(TARGET))
	@test ! -e alerting.yml || $(CHOSEN)/bin/query alerts run --default $(addprefix --target=,$(TARGET))

.PHONY: serve
serve: setup ## Serve the demo's report and the API over its views, on 127.0.0.1 (PORT=8001, KEY)
	@$(WITH_$(ENGINE)) $(BIN)/python -m scripts.serve --target $(ENGINE) $(addprefix --port=,$(PORT)) $(addprefix --key=,$(KEY))

.PHONY: report
report: setup ## Draw what the views hold: one HTML page, target/report.html (USERS=1 names users)
	@$(WITH_ADAPTER)
	@$(CHOSEN)/bin/python -m report $(addprefix --target=,$(TARGET)) $(if $(USERS),--with-users)

.PHONY: dashboards
dashboards: setup $(SUPERSET)/.installed ## Serve the demo's dashboards in Superset, which it installs (PORT=8088)
	@$(BIN)/python -m scripts.dashboards $(addprefix --port=,$(PORT))

.PHONY: report-screenshot
report-screenshot: setup ## Take the pictures of the demo's report anew (needs Chromium)
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

.PHONY: bench-query
bench-query: setup ## Time the API beside the same SQL, asked directly (SIZE=100k, 1m or 10m, ENGINE)
	@$(BIN)/python -m benchmarks.query $(addprefix --size=,$(SIZE)) $(addprefix --rounds=,$(ROUNDS)) \
	  $(if $(filter command line,$(origin ENGINE)),--engine=$(ENGINE))

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

$(S3)/.installed: tests/s3/requirements.txt
	@rm -rf $(S3)
	@$(BIN)/pip install --quiet --target $(S3) --requirement tests/s3/requirements.txt
	@touch $@

$(SUPERSET)/.installed: deploy/superset/requirements.txt
	@echo "Installing Superset into $(SUPERSET), 750 MB …"
	@test -x $(SUPERSET)/bin/python || "$(PYTHON)" -m venv $(SUPERSET)
	@$(IN_SUPERSET) $(SUPERSET)/bin/python --requirement deploy/superset/requirements.txt
	@touch $@

# The identity provider of the tests, whose Flask is not Superset's.
$(OIDC)/.installed: tests/dashboards/requirements.txt
	@test -x $(OIDC)/bin/python || "$(PYTHON)" -m venv $(OIDC)
	@$(IN_SUPERSET) $(OIDC)/bin/python --requirement tests/dashboards/requirements.txt
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

# The extras `clickhouse` and `spark`, and the extra `forecast`, each with all that the tests need, apart
# from .venv, which so proves that nothing else needs them.
$(ENGINES)/.installed $(FORECAST)/.installed: .cache/%/.installed: requirements-%.txt pyproject.toml
	@echo "Installing requirements-$*.txt into $(@D), which takes a few minutes …"
	@test -x $(@D)/bin/python || "$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --requirement requirements-$*.txt
	@$(@D)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
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
