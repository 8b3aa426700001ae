# make help tells what there is. `make PROFILE=ci …` is what .ci/run uses.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The stages share Cargo's lock and the machine: one after another.
.NOTPARALLEL:

# One set of features for everything that is compiled here, or Cargo builds the tree once for each.
FEATURES := --features ownline-bridge/simulated-network,ownline/simulated-network
PROFILE ?= default
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/ownline
TOOLS := $(CACHE)/tools
TARGET = $(eval TARGET := $(shell source scripts/lib.sh && target_dir))$(TARGET)
export OWNLINE_BIN = $(TARGET)/debug

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 14

## Building

# Not `npm ci`: it insists on the other platforms' optional packages, which not every registry serves.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm install --no-save --no-audit --no-fund && touch node_modules/.package-lock.json

ui/dist/index.html: ui/node_modules/.package-lock.json $(shell find ui/src ui/public ui/index.html ui/vite.config.ts -type f 2>/dev/null)
	cd ui && npm run build && touch dist/index.html

.PHONY: screen
screen: ui/dist/index.html ## the screen alone, for a release build of the programs

.PHONY: build
build: ui/dist/index.html ## the screen and every program, for development
	cargo build --workspace --bins $(FEATURES)

.PHONY: demo
demo: ## the whole product on this machine, WhatsApp simulated (HEADLESS=1: in a browser)
	@scripts/demo

## Checking

.PHONY: check
check: check-rust check-walls check-release check-contract check-ui check-words ## everything that reads the code

.PHONY: check-rust
check-rust: ui/dist/index.html
	cargo fmt --all --check
	cargo clippy --workspace --all-targets $(FEATURES) -- -D warnings

.PHONY: check-walls
check-walls: # who may depend on whom, licences, sources
	scripts/tools cargo-deny
	$(TOOLS)/bin/cargo-deny --locked check --allow unused-wrapper --hide-inclusion-graph bans licenses sources

.PHONY: check-release
check-release: # no false server can be trusted by what is shipped
	scripts/check-release

.PHONY: check-contract
check-contract: build # the screen's client is the one that the programs publish
	scripts/contract --check

.PHONY: check-ui
check-ui: ui/node_modules/.package-lock.json tests/e2e/node_modules/.package-lock.json
	cd ui && npm run --silent check
	cd tests/e2e && npm run --silent check

.PHONY: check-words
check-words:
	scripts/tools typos
	$(TOOLS)/python/bin/typos

.PHONY: advisories
advisories: ## known holes in dependencies (needs the network)
	scripts/tools cargo-deny
	$(TOOLS)/bin/cargo-deny --locked check advisories

.PHONY: fmt
fmt: ui/node_modules/.package-lock.json ## formats everything
	cargo fmt --all
	cd ui && npm run --silent format

.PHONY: contract
contract: build ## publishes the OpenAPI documents and makes the screen's client from them
	scripts/contract

## Testing

.PHONY: test
test: test-rust test-ui test-interop test-e2e test-desktop ## every test

.PHONY: test-rust
test-rust: build # unit tests, and stories across real programs
	scripts/tools cargo-nextest
	scripts/private-session cargo nextest run --workspace $(FEATURES) --profile $(PROFILE)

.PHONY: test-ui
test-ui: ui/node_modules/.package-lock.json
	cd ui && npm test --silent

.PHONY: test-interop
test-interop: build simulator/interop/node_modules/.package-lock.json # the simulator against another WhatsApp client
	cd simulator/interop && npm test --silent

.PHONY: test-e2e
test-e2e: build tests/e2e/node_modules/.package-lock.json # the path in a browser
	cd tests/e2e && npm test --silent

.PHONY: test-desktop
test-desktop: build # the path in the real window
	cd tests/desktop && ../../scripts/private-session --screen node --test --test-concurrency=1 --test-timeout=300000

.PHONY: crash
crash: build ## programs killed at random moments, everything counted (TRIALS=10000 SEED=7; RESTLESS=1: right after their start)
	$(OWNLINE_BIN)/ownline-crash --trials $(or $(TRIALS),1000) --seed $(or $(SEED),7) $(if $(RESTLESS),--restless)

.PHONY: bench
bench: ui/dist/index.html ## measures, on optimised programs (ONLY="path intake history ceiling ingest", FAST=1 for a try)
	cargo build --release --workspace $(FEATURES) --bin ownline-server --bin ownline-simulator --bin ownline-bridge --bin ownline-bench --example ceiling
	$(TARGET)/release/ownline-bench $(if $(FAST),--fast) $(ONLY)
