# Everything here needs Node (any version from 18 on) and npm: the project's own Node comes with `npm ci`.
SHELL := bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
DOCKER ?= docker
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
IMAGE ?= chatbot:$(VERSION)
sources := $(shell find src commands daemon models drizzle -name '*.ts' -o -name '*.tsx' 2>/dev/null) package.json tsconfig.build.json

.PHONY: run test build install lint docs eval bench ingest-bench load pairs reference documents faults doors pictures image image-test compose-test clean

## run: install, build, start the daemon, ingest the examples and open the chat
run: build
	@bash examples/run.sh

## test: install, start real services, check everything
test: install
	@bash test/run.sh

install: node_modules/.installed
build: install dist/.built

# `npm ci` needs nothing but npm: .npmrc turns off the only install script that would download something.
node_modules/.installed: package-lock.json .npmrc
	@echo 'Installing…' >&2
	@npm ci --no-progress --loglevel=error
	@touch $@

dist/.built: $(sources) node_modules/.installed
	@echo 'Building…' >&2
	@npm run --silent build
	@touch $@

## lint: types, style, architecture, unused code, regexes
lint: install
	@npm run --silent typecheck && npm run --silent lint && npm run --silent architecture && npm run --silent unused && npm run --silent regexes

## docs: write the reference pages from the schemas
docs: install
	@node docs/reference.ts

## eval: search, answers and conversations on XQuAD, ClapNQ, MTRAG and docsqa (all of it where ../shared has it), and test/data/cases (docs/QUALITY.md)
eval: build
	@node bench/eval.ts
	@node bench/cases.ts
	@! [ -d ../shared/data/docsqa ] || node bench/searches.ts

## bench: speed against references in the same run
bench: build
	@for bench in startup embedding generate event-loop tui hostile; do node bench/$$bench.ts || exit 1; done

## reference: models of ../shared/models against what Python computes from the same files; MODELS=folder takes others
reference: install
	@node bench/reference.ts $(MODELS)

## load: thousands of sockets on PostgreSQL and Redis against bare ws, and what it costs that answers survive; eval "$(test/services/up)" first
load: install
	@node bench/load.ts
	@node bench/resume.ts

## pairs: cached answers and first tokens of this checkout and of OTHER=checkout by turns; eval "$(test/services/up)" first
pairs: install
	@node bench/pairs.ts $(OTHER) $(PAIRS)

## ingest-bench: an ingest through the daemon against a bare loop; CHUNKS=2000 of the corpus (bench/corpus.ts)
ingest-bench: install
	@node bench/ingest.ts $${CHUNKS:-2000}

## documents: real files of every format; DOCUMENTS=folder takes another folder with an expected.json
documents: install
	@folder="$${DOCUMENTS:-$$(ls -d ../shared/data/docs 2>/dev/null || true)}"; \
	if [ -z "$$folder" ]; then \
		echo 'There is no ../shared/data/docs here: only the files that the repository owns are tried.' >&2; \
		vitest run test/integration/documents.test.ts; \
	elif [ ! -f "$$folder/expected.json" ]; then \
		echo "$$folder has no expected.json, which says how each file must end." >&2; exit 2; \
	else DOCUMENTS="$$folder" vitest run test/integration/documents.test.ts; fi

## faults: histories of three daemons whose parts fail, their fences taken away, kill -9 at random moments, questions and ingests that end their daemon, full disks, broken files and databases, cut downloads, 10,000 odd inputs
faults: build
	@vitest run --config test/faults/vitest.config.ts
	@node bench/pull.ts $(MODELS)

## doors: MCP's conformance suite on a real daemon
doors: build
	@node test/doors/mcp-conformance.ts

## pictures: record the terminal sessions shown in the README
pictures: build
	@node docs/pictures/record.ts

## image: build the container image; IMAGE=name:tag, DOCKER=podman, IMAGE_OPTIONS='--platform …'
image: build
	@$(DOCKER) build -f deploy/docker/Dockerfile -t $(IMAGE) --build-arg VERSION=$(VERSION) \
		--build-arg REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) $(IMAGE_OPTIONS) .
	@$(DOCKER) image inspect --format '$(IMAGE): {{.Size}} bytes' $(IMAGE)

## image-test: the image answers a question as a plain user on a read-only root file system
image-test: image
	@DOCKER=$(DOCKER) bash test/deploy/image $(IMAGE)

## compose-test: two replicas on PostgreSQL and Redis answer, also when one is killed
compose-test: image
	@DOCKER=$(DOCKER) bash test/deploy/compose $(IMAGE)

clean:
	rm -rf dist node_modules
