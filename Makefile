# What there is to do: `make` alone says it.

PYTHON ?= python3
VENV := .venv
INKLING := $(VENV)/bin/inkling
# The types of MicroPython's own modules, for `make lint`; apart, because they would shadow CPython's.
STUBS := micropython-esp32-stubs~=1.29.0
TYPINGS := $(VENV)/typings
READY := $(VENV)/ready
PORT_OPTION = $(if $(PORT),--port $(PORT))

.DEFAULT_GOAL := help
.PHONY: help setup demo flash monitor doctor pull devkit replay study test soak fuzz bench lint clean

help: ## this list
	@echo "Inkling: Kraken order books on an ESP32, and the same files on your PC"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## install everything into .venv, and build the board model
	@$(INKLING) model

demo: $(READY) ## a local Kraken, a virtual board, the live view (SECONDS=20 ends by itself)
	@$(INKLING) demo $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

flash: $(READY) ## MicroPython and Inkling onto the board (PORT=/dev/ttyUSB0 FIRMWARE=file.bin UPLOADER=ampy)
	@$(INKLING) flash $(PORT_OPTION) $(if $(FIRMWARE),--firmware $(FIRMWARE)) $(if $(UPLOADER),--uploader $(UPLOADER)) $(if $(CONFIG),--config $(CONFIG)) $(ARGS)

monitor: $(READY) ## what the board says, live (PORT=/dev/ttyUSB0)
	@$(INKLING) monitor $(PORT_OPTION) $(ARGS)

doctor: $(READY) ## one page of truth about this PC and the board (PORT=/dev/ttyUSB0)
	@$(INKLING) doctor $(PORT_OPTION) $(ARGS)

pull: $(READY) ## the events of the board's black box (PORT=/dev/ttyUSB0 OUT=events.ndj)
	@$(INKLING) pull $(PORT_OPTION) $(if $(OUT),--out $(OUT)) $(ARGS)

devkit: $(READY) ## a virtual board to flash and watch, with a local Kraken beside it
	@$(INKLING) devkit $(ARGS)

replay: $(READY) ## recorded feeds through the firmware's kernels (FILES="a.jsonl b.zst")
	@test -n "$(FILES)" || { echo 'make replay: say which: make replay FILES="feed.jsonl"' >&2; exit 2; }
	@$(INKLING) replay $(FILES) $(ARGS)

study: $(READY) ## whether the signals in recorded feeds came true (FILES="a.jsonl b.zst")
	@test -n "$(FILES)" || { echo 'make study: say which: make study FILES="feed.jsonl"' >&2; exit 2; }
	@$(INKLING) study $(FILES) $(if $(HTML),--html $(HTML)) $(ARGS)

test: lint ## everything that proves it works
	@$(VENV)/bin/python -m pytest $(ARGS)

soak: $(READY) ## every fault 100 times, then a day in minutes (FAULTS=3; HOURS=1: random faults instead)
	@$(if $(HOURS),$(INKLING) soak --hours $(HOURS) $(ARGS),$(INKLING) soak --faults $(or $(FAULTS),100) --dialect all $(ARGS) && $(INKLING) soak --day)

fuzz: $(READY) ## millions of wrong messages to the kernels, in nets that catch (EXECUTIONS=10000000 MINUTES=90)
	@$(INKLING) fuzz $(if $(EXECUTIONS),--executions $(EXECUTIONS)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

bench: $(READY) ## speed, each beside a reference measured in the same run
	@$(INKLING) bench $(ARGS)

lint: $(READY) ## style, types against the ESP32 stubs, the kernel language
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --check --quiet .
	@$(VENV)/bin/mypy
	@$(INKLING) lint

clean: ## remove .venv and what the tools left (not the board model in ~/.cache)
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is missing; install Python 3.11 or newer" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is too old; Python 3.11 or newer is needed (PYTHON=python3.12 make ...)" >&2; exit 2; }
	@echo "Installing what Inkling needs into $(VENV); a minute or two, once."
	@$(PYTHON) -m venv $(VENV) || { echo "make: no venv module; try: sudo apt-get install python3-venv" >&2; exit 2; }
	@$(VENV)/bin/pip install -qq --disable-pip-version-check --editable '.[dev]'
	@$(VENV)/bin/pip install -qq --disable-pip-version-check --upgrade --target $(TYPINGS) '$(STUBS)'
	@touch $@
