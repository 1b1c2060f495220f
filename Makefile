# ndissim: what can be done here. Every target does its own set-up; `make help` lists them.

BUILD ?= .build
SWIFT ?= swift

.DEFAULT_GOAL := help
.PHONY: help setup build release demo test test-swift test-python lint format imports golden varlink varlink-check manuals manuals-check config mutants bench benchmarks ci clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## check for, and as root install, what the build needs
	@.ci/setup

build: setup ## build everything, debug
	$(SWIFT) build --scratch-path $(BUILD)

release: setup ## build the daemon and the command, optimised
	$(SWIFT) build -c release --product ndissimd --scratch-path $(BUILD)
	$(SWIFT) build -c release --product ndisctl --scratch-path $(BUILD)

demo: setup ## processes carry out shared-memory allocation and a receive queue's walk, told as a story
	@$(SWIFT) build --scratch-path $(BUILD) --quiet
	@Examples/demo $(BUILD)/debug

test: test-swift test-python ## all tests

test-swift: setup ## the Swift tests
	$(SWIFT) build --build-tests --scratch-path $(BUILD)
	$(SWIFT) test --skip-build --scratch-path $(BUILD)

test-python: setup ## the Python tests against the real daemon and the real command
	$(SWIFT) build --scratch-path $(BUILD) --quiet
	NDISSIMD=$(abspath $(BUILD))/debug/ndissimd python3 -m pytest -q -p no:cacheprovider Tests/python

lint: ## formatting, imports, generated code, golden documents
	$(SWIFT) format lint --strict -r -p Sources Tests Examples Package.swift
	.ci/check-imports
	BUILD=$(BUILD) .ci/varlink --check
	python3 .ci/annotate-golden.py --check
	@$(MAKE) --no-print-directory manuals-check

format: ## format all Swift sources in place
	$(SWIFT) format -i -r -p Sources Tests Examples Package.swift

golden: ## write the hexdumps of docs/protocol.md anew from the golden bytes
	python3 .ci/annotate-golden.py

varlink: ## write the Swift of the Varlink interfaces anew from their descriptions
	BUILD=$(BUILD) .ci/varlink

varlink-check: ## is the Swift of the Varlink interfaces what their descriptions say?
	BUILD=$(BUILD) .ci/varlink --check

manuals: setup ## write the manual pages of ndisctl and of the driver plane anew
	$(SWIFT) build --product ndisctl --scratch-path $(BUILD)
	.ci/manuals --ndisctl $(BUILD)/debug/ndisctl

manuals-check: ## do the manual pages say what ndisctl and docs/protocol.md say?
	$(SWIFT) build --product ndisctl --scratch-path $(BUILD) --quiet
	.ci/manuals --ndisctl $(BUILD)/debug/ndisctl --check

config: setup ## write the shipped configuration and the daemon's manual pages anew
	$(SWIFT) build --product ndissimd --scratch-path $(BUILD)
	mkdir -p config docs/man
	$(BUILD)/debug/ndissimd --print-default-configuration >config/ndissimd.toml
	$(BUILD)/debug/ndissimd --print-manual toml >docs/man/ndissimd.toml.5
	$(BUILD)/debug/ndissimd --print-manual ndissimd >docs/man/ndissimd.8

mutants: setup ## flip each row of the tables and each check, one at a time; no survivors allowed
	.ci/mutants

bench: setup ## build for release and measure against the floor in C, about two minutes (ARGS="--quick")
	@for product in ndissimd ndissim-floor ndisctl; do \
	  $(SWIFT) build -c release --product $$product --scratch-path $(BUILD) --quiet || exit; done
	@$(BUILD)/release/ndisctl bench $(ARGS)

benchmarks: setup ## hold instructions and allocations of the hot rooms against Benchmarks/thresholds.json
	Benchmarks/check

ci: ## everything CI does
	.ci/run

clean: ## remove what was built
	rm -rf $(BUILD)
