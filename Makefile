# Every target sets up what it needs: a virtual environment in .venv with the pinned requirements and mixedfer itself.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test test-slow test-backends bench bench-peers bench-scale lock clean

demo: $(READY)  ## the main job on the embedded data set
	@$(BIN)/mixedfer run experiments/quickstart.py

test: $(READY)  ## style, layers and all quick tests
	@$(BIN)/ruff check mixedfer experiments tests
	@$(BIN)/lint-imports --no-cache --verbose > .venv/layers.log 2>&1 || { cat .venv/layers.log; exit 1; }
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

test-slow: $(READY)  ## fifty kills and long simulations
	@$(BIN)/pytest -m slow

test-backends: $(READY)  ## the same under JAX and PyTorch, in an environment of its own (some gigabytes)
	@test -x .venv-backends/bin/python || $(PYTHON) -m venv .venv-backends
	@$(BIN)/uv pip install -q --compile-bytecode --python .venv-backends/bin/python -r requirements.txt -e ".[jax,torch]"
	@.venv-backends/bin/python -m pytest tests/test_backends.py

bench: $(READY)  ## ratios measured in one run; MIXEDFER_TEST_DATA names a folder with fer2013.csv
	@$(BIN)/python -m tests.benchmarks.ratios

bench-peers: $(READY)  ## the same job written by hand, beside mixedfer; MIXEDFER_TEST_DATA as above
	@$(BIN)/python -m tests.benchmarks.peers

bench-scale: $(READY)  ## how it grows, as numbers and a figure in reports/scale; MIXEDFER_TEST_DATA as above
	@$(BIN)/python -m tests.benchmarks.scale

lock: $(READY)  ## resolve requirements.txt anew from pyproject.toml
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --extra cpu --extra dev --no-header --no-annotate \
		pyproject.toml -o requirements.txt

clean:
	rm -rf .venv .venv-backends .mixedfer

# uv is fetched into the environment first: it installs several times faster than pip. Compiled at once, because where
# PYTHONDONTWRITEBYTECODE is set every process would compile TensorFlow's and Keras' Python again, which takes longer than all else.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else \
		"mixedfer needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check "uv>=0.8"
	@echo "Installing the pinned requirements into .venv ..."
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -r requirements.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e .
	@touch $(READY)
