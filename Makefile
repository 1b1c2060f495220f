# ndissim: what can be done here. Every target does its own set-up; `make help` lists them.

BUILD ?= .build
SWIFT ?= swift

.DEFAULT_GOAL := help
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help setup build release demo test test-swift test-python lint format imports golden varlink varlink-check manuals manuals-check config mutants bench benchmarks units system-test install uninstall ci clean

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
	.ci/swift-test $(SWIFT) test --skip-build --scratch-path $(BUILD)

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

units: setup ## are the units right for this machine's systemd, and the service's exposure at most 0.4?
	.ci/units

system-test: release ## boot a real systemd with a real journald and test the installed units there (as root)
	Tests/system/run $(BUILD)

# Where the units and the programs they name go; what is configured stays where it is read, in /etc.
unitdir = $(DESTDIR)$(PREFIX)/lib/systemd/system
mandir = $(DESTDIR)$(PREFIX)/share/man
completions = $(DESTDIR)$(PREFIX)/share

install: ## put programs, units, manuals and completions under DESTDIR and PREFIX; after `make release`
	@test -x $(BUILD)/release/ndissimd -a -x $(BUILD)/release/ndisctl || \
	  { echo "install: run make release first" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/bin $(unitdir) $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 755 $(BUILD)/release/ndissimd $(BUILD)/release/ndisctl $(DESTDIR)$(PREFIX)/bin
	for unit in systemd/*.service systemd/*.socket; do \
	  sed 's#/usr/bin/#$(PREFIX)/bin/#' $$unit >$(unitdir)/$${unit##*/} || exit; done
	install -m 644 systemd/sysusers.d/ndissim.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -D -m 644 systemd/ndissim.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/ndissim.catalog
	for page in docs/man/*; do \
	  install -D -m 644 $$page $(mandir)/man$${page##*.}/$${page##*/} || exit; done
	install -d $(completions)/bash-completion/completions $(completions)/zsh/site-functions \
	  $(completions)/fish/vendor_completions.d
	$(BUILD)/release/ndisctl completion bash >$(completions)/bash-completion/completions/ndisctl
	$(BUILD)/release/ndisctl completion zsh >$(completions)/zsh/site-functions/_ndisctl
	$(BUILD)/release/ndisctl completion fish >$(completions)/fish/vendor_completions.d/ndisctl.fish

uninstall: ## remove what install has put there
	rm -f $(DESTDIR)$(PREFIX)/bin/ndissimd $(DESTDIR)$(PREFIX)/bin/ndisctl
	for unit in systemd/*.service systemd/*.socket; do rm -f $(unitdir)/$${unit##*/}; done
	rm -f $(DESTDIR)$(PREFIX)/lib/sysusers.d/ndissim.conf $(DESTDIR)$(PREFIX)/lib/systemd/catalog/ndissim.catalog
	for page in docs/man/*; do rm -f $(mandir)/man$${page##*.}/$${page##*/}; done
	rm -f $(completions)/bash-completion/completions/ndisctl \
	  $(completions)/zsh/site-functions/_ndisctl $(completions)/fish/vendor_completions.d/ndisctl.fish

ci: ## everything CI does
	.ci/run

clean: ## remove what was built
	rm -rf $(BUILD)
