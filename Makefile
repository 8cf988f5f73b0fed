# Holdfast: everything a developer does. `make` alone shows the list.

# bash, because make then runs every line through the shell and so honours the PATH below.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# npm itself runs on the machine's own Node: the one below lies in the folder that npm replaces.
MACHINE_PATH := $(subst $(CURDIR)/node_modules/.bin:,,$(PATH))
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Sources are compiled once for all the processes that run them, which is a sixth of what a test file costs.
export NODE_COMPILE_CACHE := $(CURDIR)/node_modules/.cache/compiled

INSTALLED := node_modules/.package-lock.json
THIRD_PARTY := third_party/buf/validate/validate.proto

# Test files lie beside their source; *.full.test.ts are the slower set.
TEST_FOLDERS := $(wildcard services tools client e2e examples bench)
# What tests start is joined into few files, which is up in a quarter of the time: they start services by the hundred.
SERVICES_BUNDLED := .data/bundled/core.mjs
SERVICE_SOURCES = $(shell find services gen -path services/admin/dashboard -prune -o -name '*.ts' ! -name '*.test.ts' -print)
test test-full simulate: export BUNDLED_SERVICES := $(CURDIR)/$(dir $(SERVICES_BUNDLED))

# Left out, and said so, where there is no Chromium and none can be installed.
BROWSER_TESTS := e2e/dashboard/(journeys|commerce-actions|screens|third-party)
WITH_BROWSER := { if node tools/local/fetch-chromium.ts >/dev/null; then cat; \
  else echo "Without a browser these are left out: $(BROWSER_TESTS)" >&2; grep -Ev '$(BROWSER_TESTS)'; fi; }
find_tests = find $(TEST_FOLDERS) -name node_modules -prune -o -name dist -prune -o $(1) -print

# The dashboard is built when its sources are newer than the last build.
DASHBOARD := services/admin/dashboard
DASHBOARD_BUILT := $(if $(wildcard $(DASHBOARD)/vite.config.ts),$(DASHBOARD)/dist/index.html)
DASHBOARD_SOURCES := $(shell find $(DASHBOARD) gen services/money -name dist -prune -o -type f -print 2>/dev/null)

.PHONY: help
help: ## Show this list
	@echo "Holdfast: prepaid balances and real-time usage billing"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "First time: make dev   (PORT_OFFSET=1000 make dev shifts all ports)"

.PHONY: dev
dev: install $(DASHBOARD_BUILT) ## Start Redis and the five services here, restart on change, stop with Ctrl-C
	@exec node tools/local/dev.ts

.PHONY: demo
demo: install ## Play the main job: credit, price, reserve, commit, and why it cost what it cost
	@exec node examples/demo/main.ts

.PHONY: gateway
gateway: install ## Start the example of an LLM gateway beside make dev
	@exec node examples/llm-gateway/try-out.ts

.PHONY: third-party
third-party: install ## Start the example of somebody else's page, which calls the services from its own origin
	@exec node examples/third-party-dashboard/try-out.ts

# On the command line as in: make -s token ACCOUNT=acme SCOPES=core.read,core.charge TTL=15m
.PHONY: token
token: install ## Print a development token (ACCOUNT=, SCOPES=, TTL=)
	@exec node tools/local/token.ts

# On the command line as in: make audit COMMAND="archive 2026-01-01 audit-2025.jsonl"
.PHONY: audit
audit: install ## Verify the audit log of the running local stack (COMMAND= for more)
	@exec node tools/local/audit.ts $(or $(COMMAND),verify)

.PHONY: doctor
doctor: install ## Check what this machine has and say what is missing
	@exec node tools/local/doctor.ts

.PHONY: up
up: install $(DASHBOARD_BUILT) ## Start the stack in containers (needs Docker)
	@node tools/local/docker.ts
	@node tools/local/secrets.ts
	docker compose up --build --detach --wait

.PHONY: down
down: install ## Stop the containers; their data stay
	@node tools/local/docker.ts
	docker compose down

.PHONY: logs
logs: install ## Follow the logs of the containers
	@node tools/local/docker.ts
	docker compose logs --follow --tail=100

.PHONY: reset
reset: install ## Delete the local stack's data (not while it runs)
	@exec node tools/local/reset.ts

# REDIS_URL and DATA_DIR name another stack than that of make dev.
.PHONY: backup
backup: install ## Copy Redis and the archive of a running stack to a new folder (BACKUP=)
	@exec node tools/backup/backup.ts "$(BACKUP)"

.PHONY: restore
restore: install ## Lay a backup down for make dev, after make reset (BACKUP=)
	@exec node tools/backup/restore.ts "$(BACKUP)" .data/stack/redis .data/stack/services

.PHONY: test
test: check redis $(DASHBOARD_BUILT) $(SERVICES_BUNDLED) ## Check, then run the tests
	@$(call find_tests,-name '*.test.ts' ! -name '*.full.test.ts') | $(WITH_BROWSER) | sort | \
	  xargs node --test --test-concurrency=3 --test-timeout=300000

.PHONY: test-full
test-full: install redis $(DASHBOARD_BUILT) $(SERVICES_BUNDLED) ## Run the slower tests
	@files=$$($(call find_tests,-name '*.full.test.ts') | $(WITH_BROWSER) | sort); \
	  if [ -z "$$files" ]; then echo "No *.full.test.ts here."; exit 0; fi; \
	  node --test --test-concurrency=2 --test-timeout=1800000 $$files

# Five runs of several hundred tests: up to an hour on two cores. Where the servers can't be fetched this says
# why, and the tests that need them fail by themselves.
.PHONY: test-servers
test-servers: install redis ## Run the ledger's tests on Redis 8, Valkey 8 and clusters of them
	-@node tools/local/fetch-test-servers.ts
	@node --test --test-timeout=1800000 e2e/servers/ledger-servers.ts

# Every pair, where the tests try one in twelve: many minutes for each of the two doors.
.PHONY: test-security
test-security: install redis ## Try every credential and every hostile text on every method and route
	@node --test --test-concurrency=1 --test-timeout=3600000 e2e/security/every-credential.ts e2e/security/every-hostile-text.ts

# The overlay for trying out wants a file with secrets; a copy gets an empty one. The first run compiles Go for minutes.
.PHONY: check-kubernetes
check-kubernetes: ## Check deploy/kubernetes against the official types (needs kubectl and Go)
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && cp -r deploy/kubernetes "$$copy" && \
	  touch "$$copy/kubernetes/overlays/try-out/secrets.env" && \
	  (cd e2e/deployment/kubernetes-schema && go build -o "$$copy/check" .) && \
	  for overlay in production try-out; do \
	    kubectl kustomize "$$copy/kubernetes/overlays/$$overlay" | "$$copy/check"; done

# On the command line as in: make simulate SEED=7 OPS=100000
.PHONY: simulate
simulate: install redis $(SERVICES_BUNDLED) ## Send operations while everything fails, and check that nothing is lost (SEED=, OPS=)
	@exec node e2e/simulator/main.ts --seed "$(SEED)" --ops "$(OPS)"

.PHONY: check
check: lint types fresh ## Lint, format, types, protos, generated code

.PHONY: lint
lint: install $(THIRD_PARTY) ## Lint and check the format of code and protos
	biome check --error-on-warnings
	buf lint
	buf format --diff --exit-code proto

.PHONY: types
types: install
	tsc
	tsc --project $(DASHBOARD)
	tsc --project examples/third-party-dashboard

# Compared with a fresh generation instead of with git, so that uncommitted work passes once it is generated.
.PHONY: fresh
fresh: install $(THIRD_PARTY)
	@rm -rf .data/generated && mkdir -p .data/generated
	@buf generate --output .data/generated
	@diff -rq gen .data/generated/gen || { echo "gen/ is stale: run make generate" >&2; exit 1; }
	@rm -rf .data/generated

.PHONY: generate
generate: install ## Generate gen/ from the protos, and the pages of docs/ that follow from the code
	node tools/generate/third-party.ts
	buf generate
	node tools/generate/write-documents.ts

.PHONY: bench
bench: install redis ## Measure throughput and latency (PARTS="calls pricing"; bench/main.ts --help)
	@exec node bench/main.ts $(PARTS)

.PHONY: install
install: $(INSTALLED) ## Install the locked packages, Node 24 among them

.PHONY: redis
redis: install
	@node tools/local/fetch-redis.ts >/dev/null

.PHONY: client
client: install ## Pack the typed client for other projects
	@cd client && rm -f *.tgz && npm pack --silent && ls -l "$$PWD"/*.tgz

.PHONY: clean
clean: ## Delete installed packages and built files (not the data)
	rm -rf node_modules third_party dist client/dist client/*.tgz $(DASHBOARD)/dist .data/generated

# Progress goes to stderr: the output of `make token` is the token alone.
$(INSTALLED): package-lock.json
	@echo "Installing packages" >&2
	@PATH="$(MACHINE_PATH)" npm ci --loglevel=error >&2
	@node --eval 'if (parseInt(process.versions.node) < 24) { console.error("Node >= 24 is needed and is not in the lock for this system: install it, then run make again"); process.exit(1); }'
	@touch $@

$(THIRD_PARTY): $(INSTALLED) $(wildcard tools/generate/*.ts)
	@node tools/generate/third-party.ts

$(SERVICES_BUNDLED): $(INSTALLED) tools/local/bundle-services.ts $(SERVICE_SOURCES)
	@node tools/local/bundle-services.ts "$(@D)"

$(DASHBOARD)/dist/index.html: $(INSTALLED) $(DASHBOARD_SOURCES)
	vite build $(DASHBOARD)
