"""Static files: under hashed names once they are collected, under plain ones before."""

import gzip
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from portal.static import HashedWhenCollected

FILE = "unfold/fonts/inter/styles.css"


@pytest.fixture(autouse=True)
def listed_as_in_an_installation(settings: Settings) -> None:
    settings.WHITENOISE_AUTOREFRESH = False


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


def test_a_style_sheet_is_sent_compressed(client: Client) -> None:
    answer = client.get("/static/unfold/css/styles.css", headers={"accept-encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"
    assert b"{" in gzip.decompress(b"".join(answer))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("unfold/fonts/inter/Inter-Regular.woff2", {"accept-encoding": "gzip"}),
        ("unfold/css/styles.css", {"accept-encoding": "gzip", "range": "bytes=0-999"}),
        ("unfold/css/styles.css", {}),
    ],
    ids=["font", "part", "not asked for"],
)
def test_what_gains_nothing_or_was_not_asked_for_is_sent_as_it_is(
    client: Client, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(f"/static/{path}", headers=headers)

    assert answer.status_code == (206 if "range" in headers else 200)
    assert "Content-Encoding" not in answer
