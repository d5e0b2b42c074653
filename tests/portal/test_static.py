"""Static files: under hashed names once they are collected, under plain ones before."""

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from portal.static import HashedWhenCollected

FILE = "unfold/fonts/inter/styles.css"


@pytest.fixture
def static_root(tmp_path: Path, settings: Settings) -> Path:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {"staticfiles": {"BACKEND": "portal.static.HashedWhenCollected"}}
    return tmp_path


def test_what_was_not_collected_keeps_its_plain_name(static_root: Path) -> None:
    assert HashedWhenCollected().url(FILE) == f"/static/{FILE}"


def test_what_was_collected_has_its_hash_in_its_name(static_root: Path) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)

    url = HashedWhenCollected().url(FILE)

    assert url != f"/static/{FILE}"
    assert (static_root / url.removeprefix("/static/")).exists()
