"""`manage.py evaluate`: what it answers, what it refuses, and that it needs no database."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from environments.rules.evaluation import RefusedDocumentError, evaluate

VECTORS = Path(__file__).parent / "data" / "schedules.json"
ROOT = Path(__file__).parents[2]
OFFICE = {"timezone": "Asia/Seoul", "periods": [{"begintime": "09:00", "endtime": "18:00", "weekdays": "mon-fri"}]}
VECTOR = {"schedule": "office", "at": "2026-11-23T10:00:00+09:00"}


def document(schedule: Any = OFFICE, *vectors: Any) -> dict[str, Any]:
    return {"schedules": {"office": schedule}, "vectors": list(vectors or [VECTOR])}


def test_every_vector_of_aws_instance_scheduler_agrees() -> None:
    sample = json.loads(VECTORS.read_text())
    answers = evaluate(sample)
    assert len(answers) == len(sample["vectors"]) == 1405
    differing = [a for a, v in zip(answers, sample["vectors"], strict=True) if a["desired"] != v["desired"]]
    assert differing == []
    assert [(a["schedule"], a["at"]) for a in answers] == [(v["schedule"], v["at"]) for v in sample["vectors"]]


def test_an_answer_has_schedule_instant_wish_and_reason() -> None:
    assert evaluate(document()) == [VECTOR | {"desired": "running", "reason": "Running until 18:00: schedule office"}]


@pytest.mark.parametrize(
    ("promise", "schedule", "desired"),
    [
        ("weekdays may be a list", {"timezone": "UTC", "periods": [{"weekdays": ["mon", "TUE"]}]}, "running"),
        ("numbers of days are text", {"timezone": "UTC", "periods": [{"weekdays": "0"}]}, "running"),
        ("null is not given", {"timezone": "UTC", "periods": [{"begintime": None, "weekdays": None}]}, "running"),
        ("override_status running", OFFICE | {"override_status": "running"}, "running"),
        ("override_status stopped", OFFICE | {"override_status": "stopped"}, "stopped"),
        ("override_status null", OFFICE | {"override_status": None}, "running"),
        ("override_status alone", {"timezone": "UTC", "override_status": "running"}, "running"),
        ("a name and a description do no harm", OFFICE | {"name": "x", "description": "y"}, "running"),
    ],
)
def test_what_is_accepted(promise: str, schedule: dict[str, Any], desired: str) -> None:
    assert evaluate(document(schedule))[0]["desired"] == desired, promise


def period(**fields: Any) -> dict[str, Any]:
    return {"timezone": "Asia/Seoul", "periods": [{"begintime": "09:00", "endtime": "18:00"}, fields]}


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        (period(weekdays="mon,funday"), "schedule 'office', period 2, weekdays: 'funday' is not a day of the week"),
        (period(weekdays=5), "schedule 'office', period 2, weekdays: 5 must be text or a list of texts"),
        (period(weekdays=[5]), "schedule 'office', period 2, weekdays: [5] must be text or a list of texts"),
        (period(monthdays="32"), "schedule 'office', period 2, monthdays: '32': numbers go from 1-31"),
        (period(months="foo"), "schedule 'office', period 2, months: 'foo' is not a month"),
        (
            period(begintime="25:00"),
            "schedule 'office', period 2, begintime: '25:00' is not a time from 00:00 to 23:59",
        ),
        (period(begintime=9), "schedule 'office', period 2, begintime: 9 must be text like '09:00'"),
        (
            period(begintime="09:00", endtime="09:00"),
            "schedule 'office', period 2, endtime: begins and ends at 09:00; leave both out for the whole day",
        ),
        (
            period(weekday="mon"),
            "schedule 'office', period 2, weekday: is not a field; "
            "there are begintime, description, endtime, monthdays, months, name, weekdays",
        ),
        ({"timezone": "Asia/Seoul", "periods": ["mon"]}, "schedule 'office', period 1: must be an object"),
        ({"timezone": "Asia/Seoul", "periods": {}}, "schedule 'office', periods: must be a list"),
        (
            OFFICE | {"timezone": "Seoul"},
            "schedule 'office', timezone: 'Seoul' is not a time zone; write one like 'Asia/Seoul'",
        ),
        (
            OFFICE | {"timezone": None},
            "schedule 'office', timezone: None is not a time zone; write one like 'Asia/Seoul'",
        ),
        ({"periods": []}, "schedule 'office', timezone: '' is not a time zone; write one like 'Asia/Seoul'"),
        (
            OFFICE | {"override_status": "on"},
            "schedule 'office', override_status: 'on' is neither 'running' nor 'stopped'",
        ),
        (OFFICE | {"override_status": ""}, "schedule 'office', override_status: '' is neither 'running' nor 'stopped'"),
        (
            OFFICE | {"override_status": True},
            "schedule 'office', override_status: True is neither 'running' nor 'stopped'",
        ),
        (
            OFFICE | {"overide_status": "running"},
            "schedule 'office', overide_status: is not a field; "
            "there are description, name, override_status, periods, timezone",
        ),
        ("mon-fri", "schedule 'office': must be an object"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused_by_name_field_and_part(schedule: Any, problem: str) -> None:
    with pytest.raises(RefusedDocumentError) as refused:
        evaluate(document(schedule))
    assert refused.value.problems == [problem]


@pytest.mark.parametrize(
    ("vector", "problem"),
    [
        ({"schedule": "offise", "at": VECTOR["at"]}, "vector 1, schedule: there is no schedule 'offise'"),
        ({"at": VECTOR["at"]}, "vector 1, schedule: there is no schedule None"),
        (
            {"schedule": "office", "at": "2026-11-23T10:00:00"},
            "vector 1 of schedule 'office', at: '2026-11-23T10:00:00' has no UTC offset, "
            "so it is not known when it is; add one, like '+09:00' or 'Z'",
        ),
        (
            {"schedule": "office", "at": "tomorrow"},
            "vector 1 of schedule 'office', at: 'tomorrow' is not an instant like '2026-11-21T09:00:00+09:00'",
        ),
        (
            {"schedule": "office", "at": 1_700_000_000},
            "vector 1 of schedule 'office', at: 1700000000 must be text like '2026-11-21T09:00:00+09:00'",
        ),
        (
            {"schedule": "office", "at": "9999-12-31T23:59:59Z"},
            "vector 1 of schedule 'office', at: '9999-12-31T23:59:59Z' lies outside of the years 1970-2199",
        ),
        ("office", "vector 1: must be an object"),
    ],
)
def test_a_vector_that_cannot_be_read_is_refused(vector: Any, problem: str) -> None:
    with pytest.raises(RefusedDocumentError) as refused:
        evaluate(document(OFFICE, vector))
    assert refused.value.problems == [problem]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "the document must be an object with 'schedules' and 'vectors'"),
        ({"vectors": []}, "'schedules' must be an object of schedules by name"),
        ({"schedules": {}}, "'vectors' must be a list"),
        ({"schedules": {}, "vectors": {}}, "'vectors' must be a list"),
    ],
)
def test_a_document_of_another_shape_is_refused(given: Any, problem: str) -> None:
    with pytest.raises(RefusedDocumentError) as refused:
        evaluate(given)
    assert refused.value.problems == [problem]


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {
        "schedules": {
            "a": period(weekdays="x", months="y"),
            "b": OFFICE | {"timezone": "nowhere"},
        },
        "vectors": [{"schedule": "c", "at": VECTOR["at"]}, {"schedule": "a", "at": "now"}],
    }
    with pytest.raises(RefusedDocumentError) as refused:
        evaluate(wrong)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "schedule 'a', period 2, weekdays",
        "schedule 'b', timezone",
        "vector 1, schedule",
        "vector 2 of schedule 'a', at",
    ]


# -- the command; pytest-django lets no test without a mark touch the database


def run(path: Path) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("evaluate", str(path), stdout=out)
    found: list[dict[str, str]] = json.loads(out.getvalue())
    return found


def test_the_command_prints_a_json_list_without_touching_the_database(tmp_path: Path) -> None:
    path = tmp_path / "한글.json"
    path.write_text(json.dumps({"schedules": {"업무 시간": OFFICE}, "vectors": [VECTOR | {"schedule": "업무 시간"}]}))
    assert run(path) == [
        {
            "schedule": "업무 시간",
            "at": VECTOR["at"],
            "desired": "running",
            "reason": "Running until 18:00: schedule 업무 시간",
        }
    ]


def test_the_command_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(document())))
    assert run(Path("-"))[0]["desired"] == "running"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not valid JSON: Expecting property name"),
        ("", "is not valid JSON: Expecting value"),
        ('{"schedules": {"a": 1, "a": 2}}', "is not valid JSON: 'a' is given twice"),
        (json.dumps(document(period(weekdays="funday"))), "schedule 'office', period 2, weekdays: 'funday'"),
        ("[" * 100_000, "is not a UTF-8 JSON file"),
    ],
)
def test_the_command_refuses_and_prints_nothing(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "schedules.json"
    path.write_text(text)
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", str(path), stdout=out)
    assert words in str(refused.value)
    assert refused.value.returncode == 1
    assert out.getvalue() == ""


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run(tmp_path / "missing.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="is not a UTF-8 JSON file"):
        run(tmp_path / "binary")


def test_it_runs_with_no_database_at_all(tmp_path: Path) -> None:
    """In a process of its own, with a database address at which nobody listens."""
    path = tmp_path / "schedules.json"
    path.write_text(json.dumps(document(period(weekdays="funday"))))
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody:x@127.0.0.1:9/none",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    command = [sys.executable, "manage.py", "evaluate"]
    good = subprocess.run(
        [*command, str(VECTORS)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert good.returncode == 0, good.stderr
    assert len(json.loads(good.stdout)) == 1405
    bad = subprocess.run([*command, str(path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "schedule 'office', period 2, weekdays: 'funday' is not a day of the week" in bad.stderr
