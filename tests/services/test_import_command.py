"""`manage.py import_schedules`: what it prints, and how it ends."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from environments.models import Schedule

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent / "data"


def run(*args: str) -> str:
    out = StringIO()
    call_command("import_schedules", *args, stdout=out)
    return out.getvalue()


def test_it_prints_what_was_taken_over_and_what_not() -> None:
    with translation.override("en"):
        said = run(str(DATA / "scan.json"))
    assert "uk-office-hours: added" in said
    assert "Europe/London · office-hours: 09:00–17:00 mon-fri · spares what ran before" in said
    assert "- hibernate: a schedule here only says when" in said
    assert said.endswith("4 added.\n")
    assert Schedule.objects.count() == 4


def test_a_dry_run_changes_nothing_and_says_so() -> None:
    assert "this was a dry run" in run(str(DATA / "scan.json"), "--dry-run")
    assert not Schedule.objects.exists()


def test_as_json_for_programs() -> None:
    said = json.loads(run(str(DATA / "schedules.json"), str(DATA / "periods.json"), "--json"))
    assert [one["outcome"] for one in said["schedules"]] == ["added", "added"]
    assert set(said["schedules"][1]["remarks"][0]) == {"en", "ko"}


@pytest.mark.parametrize("name", ["nowhere.json", "periods.json"])
def test_what_cannot_be_read_ends_with_an_error_that_names_the_file(name: str) -> None:
    with pytest.raises(CommandError, match=name):
        run(str(DATA / name))


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match="Asia/Soul"):
        run(str(DATA / "scan.json"), "--timezone", "Asia/Soul")
