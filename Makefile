# Everything a person types. `make help` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help

# The detector that `make run` fetches, a 145 MB download; the other, ssdlite-mobilenetv2, is 17 MB, misses more and
# does not see the parked car of the demo.
MODEL ?= nanodet-g
# What masks faces and plates in what is shown.
MASKING := centerface plate-corners
# What `make run` watches instead of the demo: a file or an rtsp:// address.
VIDEO ?=
# The Python pipelines that `make bench` compares with; they live beside this repository.
PEERS ?= ../shared/peers
# What `make fuzz` runs, one of fuzz/fuzz_targets, and for how long.
TARGET ?=
SECONDS ?= 60

PAGE := dashboard/ui
PAGE_SOURCES := $(shell find $(PAGE)/src $(PAGE)/public $(PAGE)/*.html $(PAGE)/*.json $(PAGE)/*.ts -type f 2>/dev/null)

# A machine that builds once gains nothing from incremental compilation.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: setup ui ## the demo; or VIDEO=file|rtsp://...; MODEL=ssdlite-mobilenetv2 for a small download
	@python3 models/fetch.py --only $(MODEL) $(MASKING)
	cargo run --release --locked -- serve --model $(MODEL) $(if $(VIDEO),--video "$(VIDEO)",--config demo/demo.toml)

.PHONY: test
test: setup-test models ui ## every test and lint, then one line of counts
	@setup/test.sh

.PHONY: check
check: ui ## formatting, lints, and licences and advisories if cargo-deny is there
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; else echo "check: cargo-deny is not installed, skipping it"; fi

.PHONY: bench
bench: setup models ui ## measures the whole road; beside the Python pipeline when PEERS has it
	cargo build --release --locked -p xunjian -p detector -p rules --bin xunjian --example agree --example bare --example follow --example followed --example matching
	@if [ -d "$(PEERS)" ]; then \
	    venv=$$(setup/peers.sh) && best=$$(setup/peers.sh openvino) && \
	    benches/road.py --peers "$(PEERS)" --peer-python "$$venv/bin/python" --best-python "$$best/bin/python"; \
	    benches/fences.py --peers "$(PEERS)" --peer-python "$$venv/bin/python"; \
	else \
	    echo "bench: no Python pipelines in $(PEERS), skipping the row that compares with them (set PEERS=DIR)"; \
	    benches/road.py; \
	    benches/fences.py; \
	fi
	target/release/examples/followed
	benches/observations.py
	benches/observations.py --each 1 --sources 500

.PHONY: fuzz
fuzz: ## hostile bytes for the parsers: TARGET=srt SECONDS=60; without TARGET a list
	@fuzz/run.sh "$(TARGET)" "$(SECONDS)"

.PHONY: setup
setup: ## installs the Debian packages that are missing
	@setup/debian.sh

.PHONY: setup-test
setup-test: ## installs those for the tests as well
	@setup/debian.sh test

.PHONY: models
models: ## fetches and converts every model, and ONNX Runtime
	@python3 models/fetch.py

.PHONY: train
train: ## trains a model of ours on the CPU, in hours: MODEL=aerial or change
	@models/train/train.sh "$(MODEL)"

.PHONY: ui
ui: $(PAGE)/dist/index.html ## builds the web page

$(PAGE)/dist/index.html: $(PAGE)/node_modules/.package-lock.json $(PAGE_SOURCES)
	npm --prefix $(PAGE) run build

# npm writes this file last, so it doubles as the stamp.
$(PAGE)/node_modules/.package-lock.json: $(PAGE)/package-lock.json
	npm --prefix $(PAGE) ci --no-audit --no-fund

.PHONY: clean-cache
clean-cache: ## removes what was fetched: models, and the Python of the comparison
	rm -rf models/cache target/peers-venv
