# The verbs of work on this project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup check fix test test-all docs demo journey vectors hammer outage release-check lock
SHELL := /bin/bash
PYTEST := .venv/bin/python -m pytest --numprocesses 2 --dist loadgroup --quiet

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | while IFS=$$'\t' read -r verb what; do printf '%-15s %s\n' "$$verb" "$$what"; done

setup: ## have everything that work here needs
	@script/setup

check: ## form, lint, house rules, sizes, types, floors
	@script/check

fix: ## mend what ruff can mend, then check
	@script/check --fix

test: ## unit, property and flow tests
	@script/postgres $(PYTEST) -m "not slow and not hammer" $(wildcard tests/unit tests/property tests/flows)

test-all: ## every test but the hammer
	@script/postgres $(PYTEST) -m "not hammer" tests

docs: ## everything written down that can be wrong
	@$(PYTEST) tests/docs

demo: ## the story of one house, on made-up people
	@script/demo

journey: ## a year of real shop transactions through a house, some of it taken away again, and verified; takes long
	@script/complete-journey --all

vectors: ## make the test vectors again; fails if they changed
	@script/vectors
	@git diff --exit-code --stat -- tests/vectors

hammer: ## rounds of kill -9 under load
	@.venv/bin/python -m pytest --numprocesses 0 -m "hammer and not outage" tests

outage: ## a store, the root or the writer away for ten minutes each; OUTAGE_S says for how many seconds
	@.venv/bin/python -m pytest --numprocesses 0 --capture no -m outage tests

release-check: ## build the wheel twice and compare
	@script/release-check

lock: ## write the locks again with the newest versions that are seven days old
	@script/lock --upgrade
