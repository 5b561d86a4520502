# fivesteps: every task a contributor needs. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV ?= .venv
# The interpreter for a new environment. An existing one is kept unless PYTHON asks for another.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(firstword $(wildcard $(VENV)/bin/python) python3)
endif
# Parallel test processes.
JOBS ?= 2
# Extra arguments for pytest, e.g. PYTEST_ARGS="-k streams".
PYTEST_ARGS ?=
# Arguments for the measurement of growth, e.g. GROWTH_ARGS="--only units,lanes".
GROWTH_ARGS ?=
# Arguments for the benchmark, e.g. BENCH_ARGS="--rounds 1 --contenders numpy,mesa".
BENCH_ARGS ?=
FUZZ_EXAMPLES ?= 400
DEMO_OUT ?= results/demo
DEMO_OUTCOMES ?= days_to_recognition,members_arrested,victims_freed,unnecessary_disclosures,wrongly_pursued
DEMO_ARGS ?= organised-crime --policies bilateral,hub-and-spoke,full-pool --replications 60 \
	--outcomes $(DEMO_OUTCOMES)
VALIDATION_OUT ?= results/validation
AUDIT_OUT ?= results/audit
# Scenarios to audit, and further arguments, e.g. AUDIT_ARGS="--replications 100".
AUDITED ?= organised-crime cyber-outbreak forest-fire
AUDIT_ARGS ?=

# Hundreds of processes import the same files: without this each would compile them anew where the
# environment says that byte code is not to be kept.
export PYTHONDONTWRITEBYTECODE :=

BIN := $(VENV)/bin
PACKAGES := sim scenarios agents experiments fivesteps
PYVER := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUN_STAMP := $(VENV)/.installed-run-$(PYVER)
DEV_STAMP := $(VENV)/.installed-dev-$(PYVER)
BENCH_STAMP := $(VENV)/.installed-bench-$(PYVER)

# $(call install,EXTRA): make the environment if it is missing or of another Python, then install.
define install
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "error: fivesteps needs Python 3.11 or newer; '$(PYTHON)' is $(or $(PYVER),not usable). Try: make PYTHON=python3.12 ..." >&2; \
	exit 1; }
@have="$$("$(BIN)/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true)"; \
if [[ "$$have" != "$(PYVER)" ]]; then \
	echo "Creating $(VENV) with Python $(PYVER)"; \
	rm -rf "$(VENV)"; \
	"$(PYTHON)" -m venv "$(VENV)"; \
fi
@"$(BIN)/uv" --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.$(1)'
endef

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(RUN_STAMP): pyproject.toml constraints.txt
	$(call install)
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt
	$(call install,[dev])
	@touch $(RUN_STAMP) $@

$(BENCH_STAMP): pyproject.toml constraints.txt
	$(call install,[dev,bench])
	@touch $(RUN_STAMP) $(DEV_STAMP) $@

.PHONY: install
install: $(DEV_STAMP) ## Set up the environment with the development tools

.PHONY: demo
demo: $(RUN_STAMP) ## Answer a question in about two minutes: a hub or a pool, and at what price?
	@echo "Would a hub at Europol, or one common pool, see a network sooner and catch more of it than"
	@echo "today's practice (bilateral), and at what price in personal data and false alarms?"
	$(BIN)/fivesteps compare $(DEMO_ARGS) --out $(DEMO_OUT)
	$(BIN)/fivesteps plot $(DEMO_OUT) > /dev/null
	$(BIN)/fivesteps report $(DEMO_OUT) --no-tell > /dev/null
	@echo "Results are in $(DEMO_OUT): comparison.csv, outcomes.csv, and pictures in $(DEMO_OUT)/figures"
	@echo "Open $(DEMO_OUT)/report.html in any browser: the verdict, charts, and what they rest on"
	@echo "(without --no-tell, fivesteps report $(DEMO_OUT) tells one world as well)"

# Marks of tests that have a target of their own.
APART := whole or verify or bench or slow or fuzz or cluster or behave

.PHONY: test
test: $(DEV_STAMP) ## Run the tests without the other tiers; takes some five minutes on two cores
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not ($(APART) or long)" $(PYTEST_ARGS)

.PHONY: test-long
test-long: $(DEV_STAMP) ## Run the tests that go through all shipped files or many worlds; some ten minutes
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "long and not ($(APART))" $(PYTEST_ARGS)

.PHONY: test-whole
test-whole: $(DEV_STAMP) ## Run the tests of whole commands, some of them killed; some ten minutes
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "whole and not slow and not fuzz" $(PYTEST_ARGS)

# Where a dependency is used in a way that its versions may differ in.
VERSIONS_TESTS ?= tests/experiments/figures/test_sensitivity.py tests/experiments/figures/test_maps.py \
	tests/experiments/outcomes tests/experiments/store/test_query.py tests/experiments/terminal \
	tests/sim/kernel/test_jit.py \
	tests/sim/kernel/test_compiled.py::test_the_example_world_that_uses_every_rule_is_the_same

# $(call versions,NAME,RESOLUTION): the tests above, in an environment of its own with other versions.
define versions
$(BIN)/uv venv --quiet --clear --python $(PYTHON) .venv-$(1)
$(BIN)/uv pip compile --quiet --upgrade --resolution $(2) --extra fast --extra explore --extra cluster \
	--python .venv-$(1)/bin/python --output-file .venv-$(1)/versions.txt pyproject.toml
$(BIN)/uv pip install --quiet --python .venv-$(1)/bin/python --constraints .venv-$(1)/versions.txt -e '.[dev]'
.venv-$(1)/bin/python -m pytest -n $(JOBS) --dist worksteal -W default -p no:cacheprovider \
	-m "not ($(APART))" $(VERSIONS_TESTS)
endef

.PHONY: test-lowest
test-lowest: $(DEV_STAMP) ## Try the oldest versions of the dependencies that pyproject.toml allows
	$(call versions,lowest,lowest-direct)

.PHONY: test-newest
test-newest: $(DEV_STAMP) ## Try the newest versions of the dependencies, whatever constraints.txt says
	$(call versions,newest,highest)

.PHONY: verify
verify: $(DEV_STAMP) ## Check the engine against known results (tests/verification)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/verification $(PYTEST_ARGS)

.PHONY: behave
behave: $(DEV_STAMP) ## Look for the laws of the model in worlds of the shipped scenarios (tests/behaviour)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m behave $(PYTEST_ARGS) tests/behaviour

.PHONY: validate
validate: $(RUN_STAMP) ## Set the forest-fire scenario beside what happened in 2007
	$(BIN)/fivesteps history greece-2007 --out $(VALIDATION_OUT)

.PHONY: audit
audit: $(RUN_STAMP) ## Take every part of each scenario away, one at a time; takes hours
	for name in $(AUDITED); do \
		$(BIN)/fivesteps audit "$$name" --out "$(AUDIT_OUT)/$$name" $(AUDIT_ARGS); \
		$(BIN)/fivesteps plot "$(AUDIT_OUT)/$$name" > /dev/null; \
	done
	@echo "To commit one: cp $(AUDIT_OUT)/NAME/audit.json results/reference/audit/NAME.json"

.PHONY: test-slow
test-slow: $(DEV_STAMP) ## Run the slow tests
	$(BIN)/python -m pytest -n $(JOBS) -m slow $(PYTEST_ARGS)

.PHONY: test-cluster
test-cluster: $(DEV_STAMP) ## Run the tests on a private Slurm (as root; FIVESTEPS_INSTALL_SLURM=1 installs it)
	$(BIN)/python -m pytest -m cluster tests/cluster $(PYTEST_ARGS)

.PHONY: fuzz
fuzz: $(DEV_STAMP) ## Feed thousands of faulty files to the commands (FUZZ_EXAMPLES each test)
	FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -n $(JOBS) -m fuzz $(PYTEST_ARGS)

.PHONY: bench
bench: $(BENCH_STAMP) ## Measure beside others, and compare with the committed table
	$(BIN)/python -m pytest -m bench -s $(PYTEST_ARGS)
	$(BIN)/python -m tests.benchmarks.run $(BENCH_ARGS)

.PHONY: bench-growth
bench-growth: $(BENCH_STAMP) ## Measure how time and memory grow; takes half an hour
	$(BIN)/python -m tests.benchmarks.growth $(GROWTH_ARGS)

.PHONY: bench-executors
bench-executors: $(DEV_STAMP) ## Measure every way to run chunks; takes ten minutes
	$(BIN)/python -m tests.benchmarks.executors

.PHONY: bench-accelerator
bench-accelerator: $(DEV_STAMP) ## Measure spreading on a graphics processor (CUDA)
	$(BIN)/python -m tests.benchmarks.accelerator

.PHONY: lint
lint: $(DEV_STAMP) ## Check style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: format
format: $(DEV_STAMP) ## Rewrite the code in the project's format
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

.PHONY: notebooks
notebooks: $(DEV_STAMP) ## Run the code of the tutorial and the gallery and write what it gives beside it
	$(BIN)/python -m tests.pages

.PHONY: odd
odd: $(DEV_STAMP) ## Make the tables of docs/odd.md from the catalogue and the code
	$(BIN)/python -m experiments.odd docs/odd.md

SITE := build/docs
SPHINX = $(BIN)/python -m sphinx --fail-on-warning --keep-going --nitpicky --quiet -c docs

.PHONY: docs
docs: $(DEV_STAMP) ## Build the site of the documentation into build/docs/html, without the network
	$(BIN)/python -m docs.site $(SITE)/source
	$(SPHINX) -b html $(SITE)/source $(SITE)/html
	@echo "Open $(SITE)/html/index.html"

.PHONY: docs-links
docs-links: docs ## List and check the links that lead out of the documentation; needs the network
	$(SPHINX) -b linkcheck $(SITE)/source $(SITE)/links
	@cat $(SITE)/links/output.txt

.PHONY: wheel
wheel: $(DEV_STAMP) ## Build the sdist and, from it, the wheel into dist/
	rm -rf dist
	$(BIN)/python -m build

.PHONY: clean
clean: ## Remove the environment, builds and caches; results stay
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
