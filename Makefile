# `make run` and `make test` are all it takes, on a machine with Python 3.11 or newer and make.

VENV := .venv
PY := $(VENV)/bin/python
# The first of these that is new enough makes the virtual environment. PYTHON=… chooses another.
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11
# The pip that comes with Python 3.11 takes twice as long to read the packages' indexes.
PIP_VERSION := pip==26.3
PIP := $(PY) -m pip install --quiet --no-deps --no-compile --disable-pip-version-check
WORKERS ?= auto

# Installed without compiling (it halves the first `make run`), so Python must be allowed to keep what it compiles.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install install-dev run test test-browser test-journeys test-simulator test-torture lint lint-style lint-types lint-imports lint-migrations format bench screenshots look fonts web worker beat
.DEFAULT_GOAL := help

help:
	@echo "make run      install, migrate, fill in the sample and serve at http://127.0.0.1:8000/"
	@echo "make test     the test suite (ARGS='-k name' narrows it)"
	@echo "make test-journeys  from a click to AWS to a message, killed workers, every page for every role"
	@echo "make test-browser  what people click, in Chromium (Debian's package chromium)"
	@echo "make test-simulator | test-torture   the simulated AWS by itself; faults in many places, for minutes"
	@echo "make lint     style, types, import directions, migrations"
	@echo "make format   put the style right where that can be done by machine"
	@echo "make screenshots  the pictures of the user's guide, in both languages (needs Chromium)"
	@echo "make look     every page, both languages, light and dark, wide and phone, into var/look to be looked through"
	@echo "make fonts    Unfold's fonts cut down to what pages show; after its upgrade, or for a new icon"
	@echo "make bench    measure; ONLY=prefix narrows it"
	@echo "make install  the virtual environment alone"
	@echo "make web | worker | beat   one process each, for bigger installations (docs/operations.md)"

install: $(PY)
	$(call pip_install,requirements.txt)

install-dev: install
	$(call pip_install,requirements-dev.txt)

# Nothing to do when the file is, word for word, the one that was installed: modification times lie after a checkout.
define pip_install
	@cmp -s $(1) $(VENV)/$(1) || { \
	  echo "Installing $(1) (the first time takes about half a minute) ..."; \
	  $(PY) -m pip install --quiet --no-deps --no-compile --disable-pip-version-check -r $(1) \
	    && cp $(1) $(VENV)/$(1); }
endef

# Made anew when it is missing or its Python is gone (an upgrade of the system, a copied directory).
$(PY): check-venv
.PHONY: check-venv
check-venv:
	@$(PY) -c 'import pip' 2>/dev/null || { \
	  for python in $(PYTHONS); do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$python && break; \
	  done; \
	  [ -n "$$found" ] || { \
	    echo "Daybreak needs Python 3.11 or newer; found: $$(python3 --version 2>&1). PYTHON=/path/to/python make run" >&2; \
	    exit 1; }; \
	  echo "Making a virtual environment in $(VENV) with $$($$found --version) ..."; \
	  rm -rf $(VENV); \
	  $$found -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python's venv module is missing or incomplete. On Debian and Ubuntu: apt install python3-venv" >&2; \
	    exit 1; }; }

run: install
	@$(PY) manage.py serve --prepare

test: install-dev
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

# From a click to AWS to a message, by real processes; every page for every role.
test-journeys: install-dev
	@$(PY) -m pytest -m 'journey and not torture' -n $(WORKERS) --dist worksteal $(ARGS)

# The edit paths in a real browser: Debian's package chromium. Each worker has a portal of its own, for whole files.
test-browser: install-dev
	@$(PY) -m pytest -m browser -n $(WORKERS) --dist loadfile tests/browser $(ARGS)

# The simulated AWS by itself: run it when portal/simulator was changed.
test-simulator: install-dev
	@$(PY) -m pytest -m simulator -n $(WORKERS) --dist worksteal tests/simulator $(ARGS)

# Faults wherever hypothesis thinks of them, and many more examples of what it thinks of in the usual run, for minutes.
EXAMPLES_TIMES ?= 10
test-torture: install-dev
	@EXAMPLES_TIMES=$(EXAMPLES_TIMES) $(PY) -m pytest -m 'torture or hypothesis and not simulator' -n $(WORKERS) --dist worksteal tests $(ARGS)

# Targets of their own, so that `make --keep-going lint` tells all at once.
lint: lint-style lint-types lint-imports lint-migrations

lint-style: install-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

lint-types: install-dev
	$(PY) -m mypy

lint-imports: install-dev
	$(VENV)/bin/lint-imports

lint-migrations: install-dev
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) manage.py check

format: install-dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: install-dev
	@$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

# The pictures of docs/guide; ONLY='board keep' takes these.
screenshots: install-dev
	@$(PY) -m docs.screenshots $(ONLY)

# Every page in every way that it can look, and sheets of them; FOLDER= and ONLY= ('admin:index several') choose.
look: install-dev
	@$(PY) -m docs.screenshots --matrix $(or $(FOLDER),var/look) $(ONLY)

# What is in portal/static/unfold/fonts, made anew from Unfold's own.
fonts: install-dev
	@$(PY) -m docs.fonts

# One process each; any number of web and worker processes, on one machine or many.
web: install
	$(PY) manage.py collectstatic --noinput --verbosity 0
	$(VENV)/bin/granian --interface wsgi --host $${HOST:-127.0.0.1} --port $${PORT:-8000} \
	  --workers $${WEB_WORKERS:-$$(getconf _NPROCESSORS_ONLN)} --blocking-threads 2 \
	  --static-path-mount staticfiles --static-path-route /static portal.wsgi:application

worker: install
	$(VENV)/bin/celery -A portal worker --pool threads --concurrency $${WORKER_THREADS:-16} --loglevel INFO

beat: install
	$(VENV)/bin/celery -A portal beat --loglevel INFO
