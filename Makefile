# Vedette: build, test and run. `make` lists the targets.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN     := bin/vedette
CACHE   := .cache
TOOLS   := $(CURDIR)/$(CACHE)/bin
LDFLAGS := -s -w
# Tests link DuckDB; without symbols a link takes a third less time.
GOTEST  := go test -vet=off -ldflags='-s -w'
# The packages whose code runs concurrently: these run under the race detector.
RACE    := ./internal/store/... ./internal/ingest/... ./internal/connector/... ./internal/incident/... ./internal/syncback/... ./internal/ueba/... ./internal/msgraph/... ./internal/health/... ./internal/auth/...
GOLANGCI_VERSION := v2.15.0

# stage prints what happens and since when: $(call stage,text)
START := $(shell date +%s)
define stage
	@printf '\033[1m[%4ds]\033[0m %s\n' $$(( $$(date +%s) - $(START) )) "$(1)"
endef

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: demo
demo: build ## everything from a fresh checkout: build, then a simulated tenant and a connected workspace
	$(call stage,starting the demo; stop it with Ctrl-C)
	@exec $(BIN) demo $(ARGS)

.PHONY: build
build: ui ## bin/vedette with the web UI inside
	$(call stage,building $(BIN) (the first time takes some minutes))
	@mkdir -p bin && go build -trimpath -ldflags='$(LDFLAGS)' -o $(BIN) ./cmd/vedette

.PHONY: ui
ui: web/dist/index.html.gz ## build the web UI into web/dist

UI_SOURCES := $(shell find web/ui -path web/ui/node_modules -prune -o -type f -print 2>/dev/null)
web/dist/index.html.gz: $(UI_SOURCES)
	@$(MAKE) --no-print-directory npm-ui
	$(call stage,building the web UI)
	@npm --prefix web/ui run --silent build
	@touch $@

.PHONY: npm-ui
npm-ui: web/ui/node_modules/.stamp
web/ui/node_modules/.stamp: web/ui/package-lock.json
	$(call stage,installing the web UI's npm packages (about a minute))
	@npm --prefix web/ui ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: setup
setup: ## install what the tests need: a headless browser when root, Apache Kafka, Azurite
	$(call stage,checking what the tests need)
	@scripts/setup.sh

.PHONY: test
test: setup build test-ui ## everything from a fresh checkout: install, build, run every test
	$(call stage,testing: go vet)
	@go vet ./...
	$(call stage,testing: Go packages)
	@$(GOTEST) -timeout 40m ./...
	$(call stage,testing: race detector on the concurrent packages)
	@$(GOTEST) -race -timeout 40m $(RACE)
	$(call stage,all tests passed)

.PHONY: test-ui
test-ui: npm-ui ## type check and unit tests of the web UI
	$(call stage,testing: web UI)
	@npm --prefix web/ui run --silent typecheck
	@npm --prefix web/ui test --silent

.PHONY: soak
soak: build ## the slow ladder: kill loops and long runs
	@VEDETTE_SOAK=1 $(GOTEST) -timeout 180m ./internal/apptest/... ./internal/store/... ./internal/connector/... ./internal/engine/...
	$(call stage,fuzzing: FUZZ_SECONDS ($${FUZZ_SECONDS:-600}) of CPU time for each target)
	@nice -n 19 scripts/fuzz.sh

.PHONY: bench
bench: build ## measure: ratios against a named reference in the same run
	@scripts/bench.sh

.PHONY: lint
lint: $(TOOLS)/golangci-lint ui ## formatting, linters, architecture rules
	$(call stage,linting)
	@test -z "$$(gofmt -l cmd data internal web/*.go)" || { gofmt -l cmd data internal web/*.go; echo 'run: make fmt'; exit 1; }
	@$(TOOLS)/golangci-lint run ./...

$(TOOLS)/golangci-lint:
	$(call stage,installing golangci-lint $(GOLANGCI_VERSION))
	@mkdir -p $(TOOLS) && GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

.PHONY: fmt
fmt: ## format the Go code
	@gofmt -w cmd data internal web/*.go

.PHONY: clean
clean: ## remove what was built, keep caches
	@rm -rf bin web/dist/* artefacts bench && touch web/dist/.gitkeep
