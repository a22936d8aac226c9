# The two commands are `make release` and `make test`; `make help` lists the rest.
#
# Make only sets up: it makes .venv from the lock (tools/setup.sh) and hands over to invoke, where each
# verb lives once (tasks.py).  It does not know what a gate does: the `-check` targets come from the
# files in gates/.  A new gate file is a new target; nothing is added here.

.DEFAULT_GOAL := help
SHELL := /bin/sh
export PYTHONHASHSEED := 0

VENV   := $(if $(ZERO_VENV),$(ZERO_VENV),.venv)
INVOKE := $(VENV)/bin/python -m invoke
GATES  := $(patsubst gates/%.yaml,%,$(wildcard gates/*.yaml))
CHECKS := $(addsuffix -check,$(GATES))

.PHONY: help setup build release test lint gates drill report bless lock $(CHECKS) ml-heuristics-research-check

help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12
	@echo
	@echo 'One target for every gate:'
	@for gate in $(CHECKS); do echo "  make $$gate"; done

setup: ## make .venv from the lock; nothing is done twice
	@tools/setup.sh

build: setup ## build the C runtime, and compile bytecode once
	@$(INVOKE) build

release: build ## measure, judge, report: the main job
	@$(INVOKE) gate release $(FLAGS)

test: build ## static checks and all tests
	@$(INVOKE) test

lint: setup ## ruff, mypy --strict, import contracts
	@$(INVOKE) lint

gates: setup ## list the gates with their verdicts
	@$(INVOKE) gates

drill: build ## break the product on purpose: every check must turn red
	@$(INVOKE) drill

report: build ## render the report from the evidence at hand
	@$(INVOKE) report

bless: build ## rewrite golden files; read the diff before you commit
	@$(INVOKE) bless

lock: setup ## rewrite the hash-pinned lock from requirements.in
	@$(INVOKE) lock

# A bounded gate builds nothing; what a heavy one needs, its collectors build.
$(CHECKS): %-check: setup
	@$(INVOKE) gate $* $(FLAGS)

ml-heuristics-research-check: ml-heuristics-check

%-check:
	@echo "Makefile:1:1: error[GATE_UNKNOWN]: there is no gate named '$*'" >&2
	@echo "help: make help lists one target for every file in gates/" >&2
	@exit 2
