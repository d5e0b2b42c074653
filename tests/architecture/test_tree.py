"""What the tree promises of itself: documented variables, complete migrations, files of one subject, pure rules."""

import re
import sys

import pytest
from django.core.management import call_command

from portal import env
from portal.env import BASE_DIR
from tests.architecture.sources import PRODUCT, SOURCES, imports, name


def test_env_example_documents_every_variable_as_it_is() -> None:
    written = (BASE_DIR / ".env.example").read_text()

    assert written == env.example(), "python manage.py env_example > .env.example"


@pytest.mark.parametrize("variable", env.REGISTRY.values(), ids=lambda variable: str(variable.name))
def test_a_variable_says_what_it_is_for(variable: env.Variable) -> None:
    assert variable.help.endswith((".", "//", "name", "Asia/Seoul"))
    assert variable.section


def test_only_env_py_reads_the_environment() -> None:
    allowed = {
        "portal/env.py",
        "portal/celery.py",
        "portal/wsgi.py",
        "portal/serve.py",
        "environments/targets/client.py",
    }
    simulator = "portal/simulator/"  # a program of its own
    found = {
        name(path)
        for path in SOURCES
        if name(path).startswith(PRODUCT) and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    }

    assert {file for file in found if not file.startswith(simulator)} <= allowed


def test_no_file_is_named_for_nothing() -> None:
    assert [name(path) for path in SOURCES if path.stem in {"utils", "util", "helpers", "managers", "misc"}] == []


def test_a_file_keeps_to_one_subject() -> None:
    """Past 300 lines there are two things in a file; cases of one subject may run to 400."""
    lists = {"portal/borrowed_texts.py"}  # one list of texts, and nothing to read in between
    lengths = {name(path): len(path.read_text().splitlines()) for path in SOURCES if "migrations" not in path.parts}
    limits = {file: 400 if file.startswith("tests/") else 300 for file in lengths.keys() - lists}

    assert {file: lengths[file] for file, limit in limits.items() if lengths[file] > limit} == {}


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_rules_use_the_standard_library_only() -> None:
    foreign = {
        name(path): extra
        for path in (BASE_DIR / "environments" / "rules").rglob("*.py")
        if (extra := imports(path) - sys.stdlib_module_names - {"environments"})
    }

    assert foreign == {}
