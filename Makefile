# So What? in plain commands. `make` on its own lists them.
# The folder .venv is made here and nowhere else is touched; installing happens again only when a requirements file changes.

PY   := .venv/bin/python
PIP  := $(PY) -m pip install --quiet --disable-pip-version-check
PORT ?= 8501
OUT  ?= data/backups/so-what-$(shell date +%Y%m%d-%H%M%S)

# The first Python on this machine that is 3.11 or newer and really runs.
define FIND_PYTHON
for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python=$$p; break; fi; \
done; \
if [ -z "$$python" ]; then \
  echo "So What? needs Python 3.11 or newer, and there is none here (python3 says: $$(python3 --version 2>&1))."; \
  echo "Install one from your system's packages, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; \
fi
endef

# What Python compiles is kept: each test worker and every program a test starts would otherwise compile all of it anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check fix docs bench backup restore rebuild clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: .venv/.installed  ## open the app on this machine (PORT=8501), with made-up data to explore
	@echo "So What? is at http://127.0.0.1:$(PORT) and can be reached from this machine only. Ctrl+C stops it."
	@$(PY) -m streamlit run app.py --server.port $(PORT)

test: .venv/.installed-dev  ## run every test (those in a browser too, when a Chromium is installed), as CI does
	$(PY) -m pytest -n 2 --dist worksteal

test-fast: .venv/.installed-dev  ## run all but those in a browser and the slow ones (kills, spoiled files, long draws)
	$(PY) -m pytest -n 2 --dist worksteal -m "not browser and not slow"

check: .venv/.installed-dev  ## style, floors, types, and whether the generated pages of docs/ are current
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) -m mypy
	$(PY) -m commands.docs --check

fix: .venv/.installed-dev  ## mend style and layout
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: .venv/.installed  ## write the generated pages of docs/ again
	$(PY) -m commands.docs

bench: .venv/.installed-dev  ## measure what must stay fast, each beside something to compare it with
	$(PY) -m benchmarks

backup: .venv/.installed  ## copy the database and its ledger into a new folder (OUT=...)
	@mkdir -p "$(dir $(OUT))"
	@$(PY) so_what.py backup "$(OUT)"

restore: .venv/.installed  ## put a backup in place of the present database (IN=...)
	@if [ -z "$(IN)" ]; then echo "Say which backup: make restore IN=data/backups/so-what-…"; exit 1; fi
	@$(PY) so_what.py restore "$(IN)"

rebuild: .venv/.installed  ## make the database again from its ledger
	@$(PY) so_what.py rebuild

clean:  ## remove .venv and the tools' caches; data stay where they are
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

$(PY):
	@$(FIND_PYTHON); \
	echo "Making .venv with $$($$python --version)."; \
	$$python -m venv --clear .venv || { rm -rf .venv; echo "If your system keeps it apart, install the package python3-venv and try again."; exit 1; }

.venv/.installed: requirements.txt | $(PY)
	@echo "Installing what the app needs (once; a minute or two)."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing what the tests need."
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.installed
