# Two commands do everything on a fresh Debian/Ubuntu with Python >= 3.11: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
# Tests wait more than they work: one more than there are cores on a small machine.
JOBS ?= 3
STAMP := .venv/.installed
# Compiled modules are kept: tests start the service hundreds of times, and half of a start is compiling.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run test lint bench clean

demo: $(STAMP)  ## both incidents on this machine
	$(BIN)/mailguard demo $(ARGS)

run: $(STAMP)  ## the service on its defaults, or with CONFIG=file
	$(BIN)/mailguard serve $(if $(CONFIG),--config $(CONFIG))

test: $(STAMP) lint system  ## everything CI runs
	$(BIN)/mailguard rules check
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(STAMP)  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## seeded figures of this machine; bench_detection.py takes --data DIR and is run by hand
	$(BIN)/python benchmarks/bench_scan.py
	$(BIN)/python benchmarks/bench_proxy.py --quick $(ARGS)

.PHONY: bench-peers soak
bench-peers:  ## HAProxy, Postfix, amavisd, rspamd (apt, as root) and Haraka (npm), for benchmarks/bench_proxy.py to compare with
	sh benchmarks/peers.sh

soak: $(STAMP)  ## 100,000 mails while relay, database and processes break; ARGS="--messages 5000" for less
	$(BIN)/python benchmarks/soak.py $(ARGS)

.PHONY: system
system:  ## Chromium, Postfix, swaks, lhasa, unar …, where apt lets us; tests that miss one say so loudly
	sh tests/system.sh

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("mailguard needs Python 3.11 or newer: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv || { sh tests/system.sh python3-venv && $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $@

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
