# ndissim: what can be done here. Every target does its own set-up; `make help` lists them.

BUILD ?= .build
SWIFT ?= swift
# One set of flags for all that is measured, tested as a service and packaged, so that it is built once. The Swift
# runtime is inside: where it is installed nothing of the toolchain is needed. Sources are named from the checkout on,
# so that the same sources are the same bytes wherever they were built, and a crash says Sources/Daemon/Server.swift.
RELEASE = -c release --static-swift-stdlib --scratch-path $(BUILD) \
  -Xswiftc -file-prefix-map -Xswiftc $(CURDIR)/= -Xswiftc -file-compilation-dir -Xswiftc . \
  -Xcc -ffile-prefix-map=$(CURDIR)/= -Xcc -ffile-compilation-dir=. \
  -Xcxx -ffile-prefix-map=$(CURDIR)/= -Xcxx -ffile-compilation-dir=.

.DEFAULT_GOAL := help
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help setup build release demo test test-swift test-python lint format imports golden varlink varlink-check manuals manuals-check config mutants bench benchmarks templates units release-tests system-test crash-test install uninstall install-check deb package ci clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## check for, and as root install, what the build needs
	@.ci/setup

build: setup ## build everything, debug
	$(SWIFT) build --scratch-path $(BUILD)

release: setup ## build the daemon and the command, optimised
	$(SWIFT) build $(RELEASE) --product ndissimd
	$(SWIFT) build $(RELEASE) --product ndisctl
	.ci/backtracer "$(SWIFT)" $(BUILD)/release/swift-backtrace

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
	.ci/templates --check
	@$(MAKE) --no-print-directory manuals-check

format: ## format all Swift sources in place
	$(SWIFT) format -i -r -p Sources Tests Examples Package.swift

golden: ## write the hexdumps of docs/protocol.md anew from the golden bytes
	python3 .ci/annotate-golden.py

varlink: ## write the Swift of the Varlink interfaces anew from their descriptions
	BUILD=$(BUILD) .ci/varlink

varlink-check: ## is the Swift of the Varlink interfaces what their descriptions say?
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

mutants: setup ## flip each row of the tables and each check, one at a time; no survivors allowed
	BUILD=$(BUILD) .ci/mutants

bench: setup ## build for release and measure against the floor in C, about two minutes (ARGS="--quick")
	@for product in ndissimd ndissim-floor ndisctl; do \
	  $(SWIFT) build $(RELEASE) --product $$product --quiet || exit; done
	@$(BUILD)/release/ndisctl bench $(ARGS)

benchmarks: setup ## hold instructions and allocations of the hot rooms against Benchmarks/thresholds.json
	Benchmarks/check

templates: ## write the units of the test beds anew from the plain ones
	.ci/templates

units: setup ## are the units right for this machine's systemd, and the service's exposure at most 0.4?
	.ci/units

deb: release ## build the Debian package, $(BUILD)/ndissim_VERSION_ARCH.deb, for this machine's release of Debian
	.ci/deb $(BUILD)

package: deb install-check ## build the Debian package and let lintian judge it
	.ci/lint-deb $(BUILD)/ndissim_*.deb

system-test: deb release-tests ## boot a real systemd with a real journald, install the package and test it there (as root)
	Tests/system/run $(BUILD)

# The programs with which an installed daemon is tried.
release-tests: setup
	@for product in ndissim-restart-client ndissim-faulty-provider; do \
	  $(SWIFT) build $(RELEASE) --product $$product --quiet || exit; done

crash-test: release-tests ## kill the daemon 100 times under load and count what that costs its clients; again with a provider
	Tests/restart/run --build $(BUILD)/release $(ARGS)
	Tests/restart/run --build $(BUILD)/release --provider --kills 30 $(ARGS)
	Tests/restart/run --build $(BUILD)/release --dry --clients 4 --blocks 250000 --kills 3 $(ARGS)

# Where the units and the programs they name go; what is configured stays where it is read, in /etc.
lib = $(DESTDIR)$(PREFIX)/lib
unitdir = $(lib)/systemd/system
share = $(DESTDIR)$(PREFIX)/share
mandir = $(share)/man
configuration = $(DESTDIR)/etc/ndissim
# Debian has a directory of its own for what packages bring.
zsh = $(share)/zsh/site-functions
completions = $(share)/bash-completion/completions $(zsh) $(share)/fish/vendor_completions.d
# The systemd that the units are for. 0: none is here, and what is right for 252 is right for all.
SYSTEMD ?= $(or $(shell systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p'),0)
dropins = ndissimd.service.d ndissimd@.service.d

install: ## put programs, units, manuals and completions under DESTDIR and PREFIX; after `make release`
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

uninstall: ## remove what install has put there, but a configuration that was changed
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

install-check: release ## does install put the drop-in where it belongs, and uninstall leave nothing?
	.ci/install-check $(BUILD)

ci: ## everything CI does
	.ci/run

clean: ## remove what was built
	rm -rf $(BUILD)
