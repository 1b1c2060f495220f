# ndissim: build, test, install, package. Every target checks its own prerequisites; `make help` lists them.

BUILD ?= .build
SWIFT ?= swift
# One set of flags for all that is measured, tested as a service and packaged, so that it is built once. The Swift
# runtime is linked statically: an installation needs nothing of the toolchain. Source paths are relative to the
# checkout, so that builds are reproducible, and a backtrace names Sources/Daemon/Server.swift.
RELEASE = -c release --static-swift-stdlib --scratch-path $(BUILD) \
  -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)/= -Xswiftc -file-compilation-dir -Xswiftc . \
  -Xcc -ffile-prefix-map=$(CURDIR)/= -Xcc -ffile-compilation-dir=. \
  -Xcxx -ffile-prefix-map=$(CURDIR)/= -Xcxx -ffile-compilation-dir=.

.DEFAULT_GOAL := help
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help setup build release demo test test-swift test-python lint format golden rules varlink varlink-check manuals manuals-check config mutants bench benchmarks hooks templates units release-tests system-test crash-test nightly install uninstall install-check deb package ci clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## check for, and as root install, what the build needs
	@.ci/setup

build: setup ## build everything, debug
	$(SWIFT) build --scratch-path $(BUILD)

release: setup ## build the daemon and the command, optimised
	$(SWIFT) build $(RELEASE) --product ndissimd
	$(SWIFT) build $(RELEASE) --product ndisctl
	.ci/backtracer "$(SWIFT)" $(BUILD)/release/swift-backtrace

demo: setup ## allocate shared memory and use a receive queue across processes, step by step
	@$(SWIFT) build --scratch-path $(BUILD) --quiet
	@Examples/demo $(BUILD)/debug

test: test-swift test-python ## run all tests

test-swift: setup ## run the Swift tests
	$(SWIFT) build --build-tests --scratch-path $(BUILD)
	.ci/swift-test $(SWIFT) test --skip-build --scratch-path $(BUILD)

test-python: setup ## run the Python tests against the real daemon and the real command
	$(SWIFT) build --scratch-path $(BUILD) --quiet
	NDISSIMD=$(abspath $(BUILD))/debug/ndissimd python3 -m pytest -q -p no:cacheprovider Tests/python

lint: ## check formatting, imports, tables, functions, terms, generated code and documents
	$(SWIFT) format lint --strict -r -p Sources Tests Examples Benchmarks/Sources Package.swift
	.ci/check-imports
	.ci/check-tables
	.ci/check-sources
	.ci/check-names
	.ci/check-terms
	.ci/rules --check
	BUILD=$(BUILD) .ci/varlink --check
	python3 .ci/annotate-golden.py --check
	.ci/templates --check
	@$(MAKE) --no-print-directory manuals-check

format: ## format all Swift sources in place
	$(SWIFT) format -i -r -p Sources Tests Examples Benchmarks/Sources Package.swift

golden: ## regenerate the dumps and tables of docs/protocol.md from the golden messages, headers and OID tables
	python3 .ci/annotate-golden.py

rules: ## regenerate the table of "must" statements in docs/contract.md
	.ci/rules

varlink: ## regenerate the Swift of the Varlink interfaces from their descriptions
	BUILD=$(BUILD) .ci/varlink

varlink-check: ## check that the Swift of the Varlink interfaces is up to date
	BUILD=$(BUILD) .ci/varlink --check

manuals: setup ## generate the manual pages
	$(SWIFT) build --product ndisctl --scratch-path $(BUILD)
	$(SWIFT) build --product ndissimd --scratch-path $(BUILD)
	.ci/manuals --build $(BUILD)/debug

manuals-check: ## check that the manual pages are up to date and well-formed
	$(SWIFT) build --product ndisctl --scratch-path $(BUILD) --quiet
	$(SWIFT) build --product ndissimd --scratch-path $(BUILD) --quiet
	.ci/manuals --build $(BUILD)/debug --check

config: manuals ## generate the shipped configuration and the manual pages
	mkdir -p config
	$(BUILD)/debug/ndissimd --print-default-configuration >config/ndissimd.toml

mutants: setup ## mutation test: change each row of the tables and each check, one at a time; a test must detect it
	BUILD=$(BUILD) .ci/mutants

bench: setup ## build for release and measure against the floor in C, about two minutes (ARGS="--quick")
	@for product in ndissimd ndissim-floor ndisctl; do \
	  $(SWIFT) build $(RELEASE) --product $$product --quiet || exit; done
	@$(BUILD)/release/ndisctl bench $(ARGS)

benchmarks: setup ## compare instructions and allocations of the hot paths with Benchmarks/thresholds.json
	Benchmarks/check

hooks: ## have git check the subject of each commit in this clone (.ci/hooks)
	git config core.hooksPath .ci/hooks

templates: ## regenerate the template units (ndissimd@) from the plain ones
	.ci/templates

units: setup ## verify the units for this machine's systemd; the service's exposure must be at most 0.4
	.ci/units

deb: release ## build the Debian package, $(BUILD)/ndissim_VERSION_ARCH.deb, for this machine's release of Debian
	.ci/deb $(BUILD)

package: deb install-check ## build the Debian package and check it with lintian
	.ci/lint-deb $(BUILD)/ndissim_*.deb

system-test: deb release-tests ## boot systemd and journald, install the package and test it there (as root)
	Tests/system/run $(BUILD)

# The clients that test an installed daemon.
release-tests: setup
	@for product in ndissim-restart-client ndissim-faulty-provider; do \
	  $(SWIFT) build $(RELEASE) --product $$product --quiet || exit; done

crash-test: release release-tests ## kill the daemon 100 times under load and count lost blocks and errors; again with a provider
	Tests/restart/run --build $(BUILD)/release $(ARGS)
	Tests/restart/run --build $(BUILD)/release --provider --kills 30 $(ARGS)
	Tests/restart/run --build $(BUILD)/release --dry --clients 4 --blocks 250000 --kills 3 $(ARGS)

NIGHTLY_SEEDS ?= $(shell seq 9 40)

nightly: release release-tests ## run the long tests: more seeds, steps and damage, all benchmarks, 1000 kills
	$(SWIFT) build --build-tests --scratch-path $(BUILD)
	for seed in $(NIGHTLY_SEEDS); do \
	  NDISSIM_SEED=$$seed NDISSIM_STEPS=6000 NDISSIM_CASES=400 .ci/swift-test $(SWIFT) test --skip-build \
	    --scratch-path $(BUILD) --filter '^SimulatorTests\..*(GeneratedTests|DamageTests)' || exit; done
	Benchmarks/check
	Tests/restart/run --build $(BUILD)/release --kills 1000
	Tests/restart/run --build $(BUILD)/release --provider --kills 300
	Tests/restart/run --build $(BUILD)/release --dry --clients 4 --blocks 250000 --kills 20

# Where units and programs are installed; the configuration is always in /etc.
lib = $(DESTDIR)$(PREFIX)/lib
unitdir = $(lib)/systemd/system
share = $(DESTDIR)$(PREFIX)/share
mandir = $(share)/man
configuration = $(DESTDIR)/etc/ndissim
# Debian's directory for the completions of packages.
zsh = $(share)/zsh/site-functions
completions = $(share)/bash-completion/completions $(zsh) $(share)/fish/vendor_completions.d
# The version of systemd that the units are for. 0: none is installed, and units for 252 work with all.
SYSTEMD ?= $(or $(shell systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'),0)
dropins = ndissimd.service.d ndissimd@.service.d

install: ## install programs, units, manuals and completions under DESTDIR and PREFIX; after `make release`
	@test -x $(BUILD)/release/ndissimd -a -x $(BUILD)/release/ndisctl -a -x $(BUILD)/release/swift-backtrace || \
	  { echo "install: run make release first" >&2; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/bin $(unitdir) $(lib)/sysusers.d $(lib)/ndissim $(configuration) $(completions)
	install -m 755 $(BUILD)/release/ndissimd $(BUILD)/release/ndisctl $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/release/swift-backtrace $(lib)/ndissim
	for unit in systemd/*.service systemd/*.socket; do \
	  sed -E 's#/usr/(bin|lib/ndissim)/#$(PREFIX)/\1/#' $$unit >$(unitdir)/$${unit##*/} || exit; done
	if [ $(SYSTEMD) -ge 254 ]; then for folder in $(dropins); do \
	  install -D -m 644 -t $(unitdir)/$$folder systemd/ndissimd.service.d/*.conf || exit; done; fi
	install -m 644 systemd/sysusers.d/ndissim.conf $(lib)/sysusers.d
	for catalog in $(wildcard systemd/*.catalog); do \
	  install -D -m 644 -t $(lib)/systemd/catalog $$catalog || exit; done
	test -e $(configuration)/ndissimd.toml || install -m 644 config/ndissimd.toml $(configuration)
	for page in docs/man/*; do \
	  install -D -m 644 $$page $(mandir)/man$${page##*.}/$${page##*/} || exit; done
	$(BUILD)/release/ndisctl completion bash | sed '1{/^#!/d}' >$(share)/bash-completion/completions/ndisctl
	$(BUILD)/release/ndisctl completion zsh >$(zsh)/_ndisctl
	$(BUILD)/release/ndisctl completion fish >$(share)/fish/vendor_completions.d/ndisctl.fish

uninstall: ## remove what install has installed, except a changed configuration
	rm -f $(DESTDIR)$(PREFIX)/bin/ndissimd $(DESTDIR)$(PREFIX)/bin/ndisctl $(lib)/ndissim/swift-backtrace
	for unit in systemd/*.service systemd/*.socket; do rm -f $(unitdir)/$${unit##*/}; done
	for folder in $(dropins); do for file in systemd/ndissimd.service.d/*.conf; do \
	  rm -f $(unitdir)/$$folder/$${file##*/}; done; done
	rm -f $(lib)/sysusers.d/ndissim.conf $(patsubst systemd/%,$(lib)/systemd/catalog/%,$(wildcard systemd/*.catalog))
	! cmp -s config/ndissimd.toml $(configuration)/ndissimd.toml || rm -f $(configuration)/ndissimd.toml
	for page in docs/man/*; do rm -f $(mandir)/man$${page##*.}/$${page##*/}; done
	rm -f $(share)/bash-completion/completions/ndisctl $(zsh)/_ndisctl \
	  $(share)/fish/vendor_completions.d/ndisctl.fish
	for folder in $(lib)/ndissim $(configuration) $(addprefix $(unitdir)/,$(dropins)); do \
	  [ ! -d $$folder ] || rmdir --ignore-fail-on-non-empty $$folder; done

install-check: release ## check what install installs, and that uninstall leaves nothing
	.ci/install-check $(BUILD)

ci: ## run everything CI runs
	.ci/run

clean: ## remove all build directories
	rm -rf $(BUILD) $(BUILD)-mutants Benchmarks/.build
