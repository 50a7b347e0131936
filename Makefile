# Everything that a fresh machine needs: python3 (3.11 or newer) and make.
#   make demo   install, then find the reposts among the demo articles and write the reports
#   make test   install what development needs, too, then lint, types and tests
#   make serve  install the server, too, and start it with the demo articles: http://127.0.0.1:8000/
#   make docs   build the documentation as a site in build/site
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo serve test lint types tests check fix docs pictures bench results fuzz extreme soak audit clean
.DEFAULT_GOAL := test

# The package with its archive: no torch, a minute on most machines.
$(VENV)/.base: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mtpipe needs Python 3.11 or newer; try: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=25.1'  # the first with --group
	$(PIP) --constraint constraints.txt --editable '.[archive]'
	touch $@

# With the server.
$(VENV)/.web: $(VENV)/.base
	$(PIP) --constraint constraints.txt --editable '.[archive,web]'
	touch $@

# With all extras and the tools of development.
$(VENV)/.dev: $(VENV)/.base
	$(PIP) --constraint constraints.txt --editable '.[all]' --group dev
	touch $@

$(VENV)/.docs: $(VENV)/.dev
	$(PIP) --constraint constraints.txt --group docs
	touch $@

demo: $(VENV)/.base
	$(BIN)/mtpipe archive add build/demo/originals data/demo/archive
	$(BIN)/mtpipe detect data/demo/candidates --archive build/demo/originals --report build/demo

# Pages and API in the browser, with the demo articles as its archive; Ctrl-C ends it.
PORT ?= 8000
serve: $(VENV)/.web
	$(BIN)/mtpipe archive add build/demo/originals data/demo/archive
	$(BIN)/mtpipe serve --archive build/demo/originals --home build/demo/serve --port $(PORT)

test: lint types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

tests: $(VENV)/.dev
	$(BIN)/pytest --numprocesses auto

# One file in seconds: make check FILE=mtpipe/config.py
check: $(VENV)/.dev
	@test -f "$(FILE)" || { echo "which file? make check FILE=mtpipe/config.py" >&2; exit 2; }
	$(if $(filter %.py,$(FILE)),$(BIN)/ruff check $(FILE) && $(BIN)/ruff format --check $(FILE))
	$(if $(filter mtpipe/%.py,$(FILE)),$(BIN)/mypy --follow-imports=silent $(FILE))
	@tests="$$($(BIN)/python tests/mirrors.py $(FILE))"; \
	    if [ -n "$$tests" ]; then echo "pytest" $$tests && $(BIN)/pytest --quiet $$tests; \
	    else echo "no tests belong to $(FILE)"; fi

fix: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The site needs nothing from elsewhere, and is read from its folder.
docs: $(VENV)/.docs
	$(BIN)/python docs/cli_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The pictures in docs/assets; needs Chromium.
pictures: $(VENV)/.dev demo
	$(BIN)/python docs/pictures.py

bench: $(VENV)/.dev
	$(BIN)/python data/benchmarks/translate_lines.py --lines-file $(LINES_FILE)

# Damaged files through reading and the rules, ten minutes or MINUTES.
MINUTES ?= 10
fuzz: $(VENV)/.dev
	$(BIN)/python data/benchmarks/fuzz.py tests/ingest/pages tests/detection/pages data/demo --minutes $(MINUTES) --keep build/fuzz

# Pages that take one thing to its extreme, without limits and then with them; about ten minutes.
extreme: $(VENV)/.dev
	$(BIN)/python data/benchmarks/fuzz.py --extreme --keep build/fuzz
	$(BIN)/python data/benchmarks/fuzz.py --extreme --limits --keep build/fuzz

# The same work over and over in one process, which mustn't grow; ten minutes or MINUTES.
soak: $(VENV)/.dev
	$(BIN)/python data/benchmarks/soak.py --minutes $(MINUTES)

# Known vulnerabilities of the pinned versions and of the lowest ones that are allowed, and the
# licences of what is installed; needs the network, and fails where it gets no answer.
audit: $(VENV)/.dev
	$(PIP) pip-audit pip-licenses uv
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict
	mkdir -p build
	$(BIN)/uv pip compile --quiet --resolution lowest-direct --extra all --output-file build/lowest.txt pyproject.toml
	$(BIN)/pip-audit --requirement build/lowest.txt --no-deps --disable-pip --strict
	$(BIN)/pip-licenses --from=mixed --order=license

# The figures in data/results; only what is missing is measured, so it can be interrupted.
results: $(VENV)/.dev
	$(BIN)/mtpipe bench starter --testset $(TESTSET) --no-speed --output data/results/starter
	$(BIN)/mtpipe bench starter --testset $(TESTSET) --engine ctranslate2 --engine transformers \
	    --quantization int8 --quantization float32 --output data/results/bench $(BENCH_OPTIONS)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
