# Everything a developer of tracehook runs. `make` alone is `make check`.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

GO ?= go
FUZZTIME ?= 10s
BENCH ?= .
BENCHTIME ?= 1s
COUNT ?= 6
ROUNDS ?= 7
PEERS ?=
VULNDB ?=
TOOLS := $(CURDIR)/.tools/bin

# The rules name folders, and match the path of a checkout, too: results of another one don't count here.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.tools/lint-cache

# Pinned: an upgrade is a commit of its own. Nothing here enters go.mod.
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
BENCHSTAT := $(TOOLS)/benchstat
GOVULNCHECK := $(TOOLS)/govulncheck-v1.8.0
GOTESTSUM := $(TOOLS)/gotestsum-v1.13.0

# The modules of the repository: the library, and below it what the library doesn't need. Those
# take it from their parent folder by a replace directive.
MODULES := . $(patsubst %/go.mod,%,$(shell git ls-files '*/go.mod'))
# Programs without tests: the benchmarks, and the Collector that the end-to-end tests build.
TESTED := $(filter-out bench test/e2e/collector,$(MODULES))
PLATFORMS := windows/amd64 darwin/arm64 linux/arm64 linux/386

.PHONY: check
check: fmt-check tidy-check vet lint test examples ## Everything that CI runs: format, tidiness, vet, lint, tests, examples

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.PHONY: test
test: test-unprivileged $(GOTESTSUM) ## All tests of all modules, without and with the race detector; names what was skipped
	@for tool in jq gzip curl; do \
	  command -v $$tool > /dev/null || echo "== SKIPPED: there is no $$tool here to read what was written"; \
	done
	@for m in $(TESTED); do \
	  echo "== go test ($$m)"; (cd $$m && $(GOTESTSUM) --format pkgname -- ./...); \
	done
	@if why=$$($(GO) list -race errors 2>&1 >/dev/null); then \
	  for m in $(TESTED); do echo "== go test -race ($$m)"; (cd $$m && $(GOTESTSUM) --format pkgname -- -race ./...); done; \
	else \
	  echo "== go test -race: left out, because $$why (on most systems it needs a C compiler, such as gcc)"; \
	fi

# Root may read and write everything, and is the only one who can mount a small disk to fill.
UNPRIVILEGED := setpriv --reuid=65534 --regid=65534 --clear-groups

.PHONY: test-unprivileged
test-unprivileged: ## As root, the tests that root skips, as nobody
	@if [ "$$(id -u)" != 0 ]; then \
	  echo "== SKIPPED: only root tests on a disk that is really full"; \
	else \
	  bin=$$(mktemp -d); trap 'rm -rf "$$bin"' EXIT; chmod 755 "$$bin"; \
	  for p in spool file; do $(GO) test -c -o "$$bin/$$p" ./exporter/$$p; done; \
	  cd /; export TMPDIR=/tmp; \
	  if ! $(UNPRIVILEGED) test -w /tmp || ! $(UNPRIVILEGED) "$$bin/file" -test.run '^$$' > /dev/null; then \
	    echo "== SKIPPED: root can't test what needs a user with fewer rights, and can't become one"; \
	    exit; \
	  fi; \
	  for p in spool file; do \
	    $(UNPRIVILEGED) "$$bin/$$p" -test.v \
	      -test.run '^(TestAFileThatCanNeverBeReadIsBuried|TestCheckFindsWhatCantBeWritten|TestDriverRefusesUnwritablePlaces)$$' \
	      | grep -E '^(---|FAIL|  )'; \
	  done; \
	fi

.PHONY: dynalite
dynalite: .tools/dynalite/installed ## A DynamoDB for the tests of exporter/dynamodb, into .tools/; needs npm and node

.tools/dynalite/installed: exporter/dynamodb/testdata/dynalite/package-lock.json
	@mkdir -p .tools/dynalite
	cp exporter/dynamodb/testdata/dynalite/package*.json .tools/dynalite/
	cd .tools/dynalite && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# In a copy of go.mod, which stays as it is.
.PHONY: test-otel-newest
test-otel-newest: ## The tests with the newest release of OpenTelemetry's SDK, which go.mod need not have yet
	@mod=$$(mktemp -d); trap 'rm -rf "$$mod"' EXIT; cp go.mod go.sum "$$mod"/; \
	newest=$$(sed -n 's/^\t\(go.opentelemetry.io\/otel[^ ]*\) v.*/\1@latest/p' go.mod | sort -u); \
	$(GO) get -modfile="$$mod/go.mod" $$newest; \
	$(GO) list -modfile="$$mod/go.mod" -m go.opentelemetry.io/otel/sdk; \
	$(GO) test -modfile="$$mod/go.mod" ./...

.PHONY: race-hammer
race-hammer: ## The tests named ConcurrentSafe, 100 times with the race detector
	$(GO) test -race -run ConcurrentSafe -count=100 ./...

.PHONY: soak
soak: ## The long versions of the fault, crash and statistics suites (several minutes)
	TRACEHOOK_SOAK=1 $(GO) test -race -timeout 30m ./...

.PHONY: fuzz
fuzz: ## Every fuzz target for FUZZTIME (10s)
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: bench
bench: ## Every benchmark beside the code, each for BENCHTIME (1s); the figures of docs/benchmarks.md: make bench-all
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime '$(BENCHTIME)' -benchmem ./...

.PHONY: bench-all
bench-all: ## Every figure of docs/benchmarks.md, in one run of 15 minutes; with other libraries: PEERS=FOLDER
	cd bench && $(GO) run . -rounds '$(ROUNDS)' -peers '$(abspath $(PEERS))' -write ../docs/figures/benchmarks.json
	cd docs && $(GO) run ./draw

.PHONY: benchcmp
benchcmp: $(BENCHSTAT) ## Compare the working tree with BASE (main): make benchcmp BASE=HEAD~1 BENCH=OnEnd
	@base=$$(mktemp -d); trap 'git worktree remove --force "$$base"' EXIT; \
	git worktree add -q --detach "$$base" $(or $(value BASE),main); \
	(cd "$$base" && $(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... > "$$base/old.out" || true); \
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... > new.out; \
	$(BENCHSTAT) "$$base/old.out" new.out

# A package is also tested by the tests of others, of other modules too: their profiles are merged.
.PHONY: coverage
coverage: ## Statement coverage by all tests of all modules, merged; fails below 92 %
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; n=0; \
	for m in $(TESTED); do \
	  n=$$((n + 1)); echo "== go test ($$m)"; \
	  (cd $$m && $(GO) test -coverpkg=./...,github.com/tracehook/tracehook/... -coverprofile="$$out/$$n" ./... \
	    | sed "s/\tcoverage:.*//"); \
	done; \
	awk -v least=92 -f test/coverage.awk "$$out"/*

.PHONY: examples
examples: ## Run the examples as a reader would
	$(GO) run ./examples/quickstart > /dev/null
	$(GO) run ./examples/existing-otel > /dev/null
	$(GO) run ./examples/readback > /dev/null
	$(GO) run ./examples/greptime > /dev/null
	cd examples/http-chain && $(GO) run . > /dev/null
	cd examples/queue && $(GO) run . > /dev/null

.PHONY: golden
golden: ## Rewrite golden files and generated documents; look at the difference before you commit it
	@for d in $$(grep -rlE 'flag\.Bool\("update"|\.AssertTree\(' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  (cd $$d && $(GO) test . -update); \
	done

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code
	$(GOLANGCI_LINT) fmt ./...

.PHONY: fmt-check
fmt-check: $(GOLANGCI_LINT)
	$(GOLANGCI_LINT) fmt --diff ./...

.PHONY: tidy-check
tidy-check: ## go.mod and go.sum hold what is needed and nothing else
	@for m in $(MODULES); do (cd $$m && $(GO) mod tidy -diff); done

.PHONY: vet
vet:
	@for m in $(MODULES); do (cd $$m && $(GO) vet ./...); done

.PHONY: vet-all
vet-all: ## Vet, which compiles the tests as well, for the platforms that the tests don't run on
	@for m in $(filter-out test/%,$(MODULES)); do for p in $(PLATFORMS); do \
	  echo "== go vet ($$m, $$p)"; (cd $$m && CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./...); \
	done; done

.PHONY: lint
lint: $(GOLANGCI_LINT) ## golangci-lint with the house rules
	@for m in $(MODULES); do (cd $$m && $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: vuln
vuln: $(GOVULNCHECK) ## Known vulnerabilities in what we depend on; another database: make vuln VULNDB=https://...
	@errors=$$(mktemp); trap 'rm -f "$$errors"' EXIT; code=0; \
	$(GOVULNCHECK) $(if $(VULNDB),-db '$(VULNDB)') ./... 2> "$$errors" || code=$$?; \
	cat "$$errors" >&2; \
	if [ $$code = 1 ] && grep -q '^govulncheck: fetching vulnerabilities: Get "' "$$errors"; then \
	  echo "== SKIPPED: NOT CHECKED for known vulnerabilities, because the database can't be reached"; \
	  exit 0; \
	fi; \
	exit $$code

# Anything that depends on where or when it was built would make the two differ.
.PHONY: reproducible
reproducible: ## Build the command twice, from two folders and with two caches, and compare the bytes
	@two=$$(mktemp -d); trap 'chmod -R u+w "$$two"; rm -rf "$$two"' EXIT; \
	for side in a a/longer/path; do \
	  mkdir -p "$$two/$$side/src"; git ls-files -z | xargs -0 cp --parents -t "$$two/$$side/src"; \
	  (cd "$$two/$$side/src" && GOCACHE="$$two/$$side/cache" CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -o "$$two/$$side/tracehook" ./cmd/tracehook); \
	done; \
	sha256sum "$$two/a/tracehook" "$$two/a/longer/path/tracehook"; \
	cmp "$$two/a/tracehook" "$$two/a/longer/path/tracehook" && echo "the two are the same"

.PHONY: tools
tools: $(GOLANGCI_LINT) $(BENCHSTAT) ## Install the pinned tools into .tools/

$(TOOLS)/golangci-lint-v%:
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$*
	@mv $(TOOLS)/golangci-lint $@

$(TOOLS)/gotestsum-v%:
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install gotest.tools/gotestsum@v$*
	@mv $(TOOLS)/gotestsum $@

$(TOOLS)/govulncheck-v%:
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install golang.org/x/vuln/cmd/govulncheck@v$*
	@mv $(TOOLS)/govulncheck $@

$(BENCHSTAT):
	@mkdir -p $(TOOLS)
	GOBIN=$(TOOLS) $(GO) install golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
