"""Schedules of AWS Instance Scheduler: what is read, taken over and left out, and what is said about it."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from environments import rules
from environments.models import Environment, Period, Schedule
from environments.services import schedule_import
from environments.services.instance_scheduler_files import MAX_BYTES, File, UnreadableFileError
from environments.services.schedule_import import Outcome, Report, Row, import_schedules
from environments.services.specs import schedule_rules
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent / "data"
NOW = monday("10:00")


def sample(name: str) -> File:
    return File(name, (DATA / name).read_bytes())


def as_file(*values: Any, name: str = "table.json") -> File:
    """Values as a file, one a line."""
    return File(name, "\n".join(json.dumps(value) for value in values).encode())


def taken(*files: File, **options: Any) -> Report:
    return import_schedules(files=files, now=NOW, **options)


def period(name: str = "office", **fields: Any) -> dict[str, Any]:
    return {"type": "period", "name": name} | (
        fields or {"begintime": "09:00", "endtime": "18:00", "weekdays": "mon-fri"}
    )


def schedule(name: str = "seoul", **fields: Any) -> dict[str, Any]:
    return {"type": "schedule", "name": name, "timezone": "Asia/Seoul", "periods": ["office"]} | fields


def row(report: Report, name: str) -> Row:
    return next(row for row in report.rows if row.name == name)


def told(texts: Any) -> str:
    return "\n".join(text["en"] for text in texts)


def periods(name: str) -> list[str]:
    return [str(period) for period in Schedule.objects.get(name=name).periods.all()]


class TestWhatIsRead:
    def test_a_scan_of_the_table_with_types(self) -> None:
        report = taken(sample("scan.json"))
        assert report.names(Outcome.ADDED) == ["running", "scale-up-down", "seoul-office-hours", "uk-office-hours"]
        assert periods("seoul-office-hours") == ["office-hours: 09:00–17:00 mon-fri"]
        assert periods("scale-up-down") == ["weekends: all day sat-sun", "working-days: all day mon,tue,wed,thu,fri"]
        uk = Schedule.objects.get(name="uk-office-hours")
        assert (uk.timezone, uk.description, uk.enforced, uk.retain_running) == (
            *("Europe/London", "Office hours in UK"),
            *(False, True),
        )
        assert Schedule.objects.get(name="running").override == "running"
        assert Schedule.objects.get(name="seoul-office-hours").enforced

    def test_an_export_with_one_item_a_line_compressed_or_not(self) -> None:
        plain = sample("export.json")
        assert taken(plain).names(Outcome.ADDED) == ["closing"]
        assert periods("closing") == ["month-end: 20:00–23:59 15W,28,L"]
        assert taken(File("x.json.gz", gzip.compress(plain.content))).names(Outcome.UNCHANGED) == ["closing"]

    def test_the_command_lines_two_outputs_together_whichever_way_their_keys_are_written(self) -> None:
        report = taken(sample("schedules.json"), sample("periods.json"))
        assert report.names(Outcome.ADDED) == ["mon-9am-fri-5pm", "stopped"]
        assert periods("mon-9am-fri-5pm") == [
            "fri-stop-5pm: 00:00–17:00 fri",
            "mon-start-9am: 09:00–23:59 mon",
            "tue-thu-full-day: all day tue-thu",
        ]
        assert Schedule.objects.get(name="mon-9am-fri-5pm").retain_running
        assert Schedule.objects.get(name="stopped").override == "stopped"

    @pytest.mark.parametrize(
        "files",
        [
            [as_file([period(), schedule()])],
            [as_file(period(), schedule())],
            [as_file(period(), name="a.json"), as_file(schedule(), name="b.json")],
            [as_file({"Periods": [period()], "Schedules": [schedule(periods="office")]})],
            [as_file({"Item": period()}, {"PutRequest": {"Item": schedule()}})],
            [File("windows.json", json.dumps([period(), schedule()]).encode("utf-16"))],
            [File("bom.json", json.dumps([period(), schedule()]).encode("utf-8-sig"))],
        ],
        ids=["list", "lines", "two files", "command line", "wrapped items", "utf-16", "byte order mark"],
    )
    def test_the_same_schedule_however_it_is_wrapped(self, files: list[File]) -> None:
        taken(*files)
        assert periods("seoul") == ["office: 09:00–18:00 mon-fri"]

    @pytest.mark.parametrize(
        ("written", "yes"), [(True, True), ("True", True), ("true", True), ("running", True), (1, True), (False, False),
                             ("False", False), ("", False), (None, False), (0, False)],
    )  # fmt: skip
    def test_switches_as_the_table_the_command_line_and_cloudformation_write_them(
        self, written: Any, yes: bool
    ) -> None:
        taken(as_file(period(), schedule(retain_running=written, enforced=written)))
        made = Schedule.objects.get()
        assert (made.enforced, made.retain_running) == (yes, yes)


def test_what_was_taken_over_runs_when_instance_scheduler_itself_says_so() -> None:
    """Its own answers, for schedules of every kind (docs/rules.md says what is different on purpose)."""
    known = json.loads((DATA.parent.parent / "rules" / "data" / "schedules.json").read_text())
    items: list[dict[str, Any]] = []
    for name, one in known["schedules"].items():
        named = [f"{name} {number}" for number in range(len(one["periods"]))]
        items += [{"type": "period", "name": own} | fields for own, fields in zip(named, one["periods"], strict=True)]
        override = {"override_status": one.get("override_status")}
        items.append(schedule(name, timezone=one["timezone"], periods=named) | override)
    report = taken(as_file({"Items": items}))
    assert set(report.names(Outcome.ADDED)) == set(known["schedules"])
    made = {one.name: schedule_rules(one) for one in Schedule.objects.prefetch_related("periods")}
    asked: dict[str, list[dict[str, str]]] = defaultdict(list)
    for vector in known["vectors"]:
        asked[vector["schedule"]].append(vector)
    for name, vectors in asked.items():
        spec = rules.EnvironmentSpec(made[name], made[name].timezone)
        instants = [datetime.fromisoformat(vector["at"]) for vector in vectors]
        answers = [found.desired.value for found in rules.explain_many(spec, instants)]
        assert answers == [vector["desired"] for vector in vectors], name


class TestTimeZones:
    def test_without_one_it_is_that_of_the_configuration(self) -> None:
        report = taken(sample("scan.json"))
        assert Schedule.objects.get(name="seoul-office-hours").timezone == "Asia/Seoul"
        assert "Asia/Seoul, the default of Instance" in told(row(report, "seoul-office-hours").remarks)

    def test_without_a_configuration_it_is_utc_and_that_is_said(self) -> None:
        report = taken(as_file(period(), schedule(timezone=None)))
        assert Schedule.objects.get().timezone == "UTC"
        assert "UTC is taken, as Instance Scheduler does" in told(report.rows[0].remarks)

    def test_or_the_one_that_was_chosen(self) -> None:
        taken(as_file(period(), schedule(timezone="")), default_zone="Europe/Berlin")
        assert Schedule.objects.get().timezone == "Europe/Berlin"

    def test_one_that_does_not_exist_is_refused_with_the_right_way_to_write_it(self) -> None:
        report = taken(as_file(period(), schedule(timezone="asia/seoul")))
        assert told(report.rows[0].refusals) == "timezone: there is no time zone 'asia/seoul'; it is written Asia/Seoul"


class TestWhatIsNotTakenOver:
    @pytest.mark.parametrize(
        "part",
        [
            "hibernate:",
            "use_maintenance_window:",
            "use_metrics:",
            "ssm_maintenance_window (patch-sunday, patch-tuesday)",
            "stop_new_instances=False",
            "configured_in_stack (arn:aws:cloudformation",
            "period office-hours: its description",
        ],
    )
    def test_is_named_with_the_reason(self, part: str) -> None:
        assert part in told(row(taken(sample("scan.json")), "uk-office-hours").left_out)

    def test_what_is_switched_off_is_not_worth_a_word(self) -> None:
        left_out = told(row(taken(sample("scan.json")), "seoul-office-hours").left_out)
        assert "hibernate" not in left_out
        assert "use_metrics" not in told(row(taken(sample("scan.json")), "running").left_out)

    def test_instance_types_of_periods(self) -> None:
        left_out = told(row(taken(sample("scan.json")), "scale-up-down").left_out)
        assert "weekends@t2.nano: the period is taken over without the instance type" in left_out

    def test_a_period_named_for_two_instance_types_is_one_period(self) -> None:
        taken(as_file(period(), schedule(periods=["office@t2.large", "office@t2.nano"])))
        assert periods("seoul") == ["office: 09:00–18:00 mon-fri"]

    def test_the_configuration_and_periods_that_nobody_uses(self) -> None:
        said = told(taken(sample("scan.json")).left_out)
        for part in ("no schedule uses: first-monday-in-quarter", "regions:", "crossaccountroles:", "startedtags:"):
            assert part in said
        assert "defaulttimezone" not in said

    def test_fields_that_nobody_knows(self) -> None:
        assert "color" in told(taken(as_file(period(), schedule(color="red"))).rows[0].left_out)

    def test_a_scan_that_was_cut_off_says_so(self) -> None:
        report = taken(as_file({"Items": [period(), schedule()], "NextToken": "abc"}))
        assert "table.json: it holds only part of the table" in told(report.left_out)

    def test_everything_is_said_in_korean_too(self) -> None:
        report = taken(sample("scan.json"), as_file(schedule("broken", periods=["nowhere"], timezone="X")))
        texts = [
            *report.left_out,
            *(text for one in report.rows for text in (*one.left_out, *one.remarks, *one.refusals)),
        ]
        texts += [one.words for one in report.rows]
        assert row(report, "running").summary == {"en": "Asia/Seoul · always running", "ko": "Asia/Seoul · 항상 실행"}
        assert [text for text in texts if not any("가" <= letter <= "힣" for letter in text["ko"])] == []


class TestRefusedSchedules:
    @pytest.mark.parametrize(
        ("items", "why"),
        [
            (
                [period(weekdays="mon,someday"), schedule()],
                "period office, weekdays: 'someday' is not a day of the week",
            ),
            ([period(begintime="25:00"), schedule()], "period office, begintime: '25:00' is not a time"),
            ([period(begintime="09:00", endtime="09:00"), schedule()], "begins and ends at 09:00"),
            ([period(description="nothing else"), schedule()], "period office has neither times nor days"),
            ([schedule()], "period office is in none of the files"),
            ([period("Office"), schedule()], "there is Office, written differently"),
            ([schedule(periods=[])], "neither periods nor an override"),
            (
                [schedule(override_status="paused"), period()],
                "override_status: 'paused' is neither running nor stopped",
            ),
            ([schedule(enforced="perhaps"), period()], "enforced: 'perhaps' is neither true nor false"),
            ([schedule(), schedule(timezone="UTC"), period()], "defined more than once"),
            ([schedule(), period(), period(weekdays="sat")], "period office is defined more than once"),
            ([schedule("x" * 81), period()], "name: longer than 80 characters"),
            ([schedule(description={"a": 1}), period()], "is not a text"),
            ([schedule(description="a\x00b"), period()], "is not a text"),
        ],
    )
    def test_one_is_not_taken_over_says_why_and_keeps_no_other_from_it(self, items: list[Any], why: str) -> None:
        report = taken(as_file(*items, schedule("other", periods=[], override_status="stopped")))
        assert report.names(Outcome.ADDED) == ["other"]
        assert why in told(report.rows[0].refusals)
        assert [one.name for one in Schedule.objects.all()] == ["other"]

    def test_a_bad_file_keeps_the_good_ones_beside_it_from_being_taken_over(self) -> None:
        with pytest.raises(UnreadableFileError):
            taken(as_file(period(), schedule()), File("bad.json", b"{"))
        assert not Schedule.objects.exists()

    def test_every_wrong_field_of_a_period_is_named_at_once(self) -> None:
        wrong = period(begintime="9 Uhr", weekdays="someday", months="foo")
        said = told(taken(as_file(wrong, schedule())).rows[0].refusals)
        assert [part for part in ("begintime", "weekdays", "months") if f"office, {part}" in said] == [
            *("begintime", "weekdays", "months")
        ]

    def test_the_same_item_in_two_files_counts_once(self) -> None:
        again = as_file(period(), schedule(), name="again.json")
        assert taken(as_file(period(), schedule()), again).names(Outcome.ADDED) == ["seoul"]


class TestFilesThatAreRefused:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "is empty"),
            (b'{"Items": [\n  {"type": }\n]}', "is not JSON: line 2, column 12"),
            (b"Not found: schedule x does not exist", "is not JSON: line 1, column 1"),
            (b"\x80abc", "is not UTF-8 text (byte 0)"),
            (b"\x1f\x8bxx", "is a damaged gzip file"),
            (b"[]", "has no entries at all"),
            (b"[1, 2]", "entry 1 is 1: not an item"),
            (b'{"a": 1, "b": 2}', "entry 1 has the keys a, b: not an item"),
            (b'[{"name": "x"}]', "does not say whether it is a schedule or a period"),
            (b'{"Schedule": "x", "Usage": {}}', "is the output of describe-schedule-usage"),
            (b'{"type": "period", "name": "a", "name": "b"}', "an object gives 'name' twice"),
            (b'{"Periods": [{"Name": "a", "Begintime": "09:00"}]}', "no schedule in it (1 periods)"),
            (b"[" * 100_000, "is nested too deeply"),
            (b'{"items":[' * 400 + b"]}" * 400, "is nested too deeply"),
            (
                b'{"type":"period","name":"a","x":' + b'{"M":{"x":' * 60 + b"1" + b"}}" * 60 + b"}",
                "is nested too deeply",
            ),
            (b'{"type":"period","name":"a","begintime":' + b"1" * 5000 + b"}", "has a number that is too long"),
            (b'{"\\ud800": 1}', "has characters that are no text"),
            (b'[{"type": "schedule", "name": "x", "description": "\\udfff"}]', "has characters that are no text"),
            (gzip.compress(b'{"type": "period"}' * 99)[:-20] + b"x" * 30, "is a damaged gzip file"),
            (gzip.compress(b"x" * 99)[:10] + b"\xff" * 40, "is a damaged gzip file"),
            (b'"' + b"x" * MAX_BYTES + b'"', "is larger than 5 MB"),
            (gzip.compress(b" " * (MAX_BYTES + 1)), "is larger than 5 MB"),
        ],
        ids=lambda value: value[:24] if isinstance(value, str) else "",
    )
    def test_a_bad_file_changes_nothing_and_says_what_was_wrong_and_where(self, content: bytes, why: str) -> None:
        with pytest.raises(UnreadableFileError) as refused:
            taken(File("bad.json", content))
        assert refused.value.text["en"].startswith("bad.json: ")
        assert why in refused.value.text["en"]
        assert refused.value.text["ko"] != refused.value.text["en"]
        assert not Schedule.objects.exists()


class TestWhatExists:
    def test_a_second_import_writes_nothing_and_says_unchanged(
        self, django_assert_num_queries: DjangoAssertNumQueries, published: list[str]
    ) -> None:
        taken(sample("scan.json"))
        factories.environment(schedule=Schedule.objects.get(name="running"), next_transition_at=monday("18:00"))
        before = list(Period.objects.values())
        with django_assert_num_queries(5) as queries:  # a savepoint and its end, schedules, periods, who uses them
            report = taken(sample("scan.json"), update=True)
        assert not [
            query for query in queries.captured_queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
        ]
        assert {row.outcome for row in report.rows} == {Outcome.UNCHANGED}
        assert list(Period.objects.values()) == before
        assert Environment.objects.get().next_transition_at == monday("18:00")
        assert published == []

    def test_the_same_days_in_other_words_are_unchanged(self) -> None:
        taken(as_file(period(), schedule()))
        said = taken(as_file(period(weekdays="0-4", begintime="9:00", endtime="18:00"), schedule()))
        assert said.names(Outcome.UNCHANGED) == ["seoul"]

    def test_a_different_one_of_the_same_name_is_left_alone_and_the_differences_are_listed(self) -> None:
        factories.schedule("seoul", begin_time="10:00", end_time="19:00", weekdays="mon-fri")
        report = taken(as_file(period(), schedule(timezone="UTC", enforced=True)))
        assert report.names(Outcome.EXISTS) == ["seoul"]
        assert told(report.rows[0].differences).splitlines() == [
            "time zone: “Asia/Seoul” here, “UTC” in the file",
            "enforced: no here, yes in the file",
            "periods: “10:00–19:00 mon-fri” here, “office: 09:00–18:00 mon-fri” in the file",
        ]
        assert periods("seoul") == ["10:00–19:00 mon-fri"]

    def test_differences_are_named_as_the_form_names_the_fields_in_korean_too(self) -> None:
        factories.schedule("seoul")
        Schedule.objects.update(description="Ours")
        file = as_file(period(), schedule(enforced=True, retain_running=True, override_status="running"))
        assert [text["ko"] for text in taken(file).rows[0].differences] == [
            "설명: 여기는 “Ours”, 파일은 없음",
            "일정 무시: 여기는 없음, 파일은 “항상 실행”",
            "강제 적용: 여기는 아니요, 파일은 예",
            "먼저 실행 중이던 것은 유지: 여기는 아니요, 파일은 예",
            "시간 구간: 여기는 “09:00–18:00 mon-fri”, 파일은 “office: 09:00–18:00 mon-fri”",
        ]

    def test_asked_to_update_it_overwrites_and_exactly_its_environments_are_due(self) -> None:
        chat = factories.environment(schedule=factories.schedule("seoul"), next_transition_at=monday("18:00"))
        other = factories.environment("other", next_transition_at=monday("18:00"))
        report = taken(as_file(period(endtime="20:00", begintime="08:00"), schedule()), update=True)
        assert (report.names(Outcome.UPDATED), report.rows[0].environments) == (["seoul"], 1)
        assert periods("seoul") == ["office: 08:00–20:00"]
        chat.refresh_from_db()
        other.refresh_from_db()
        assert (chat.next_transition_at, other.next_transition_at) == (NOW, monday("18:00"))

    def test_a_dry_run_says_the_same_and_writes_nothing(self) -> None:
        chat = factories.environment(schedule=factories.schedule("seoul"), next_transition_at=monday("18:00"))
        files = [as_file(period(endtime="20:00"), schedule(), schedule("new"))]
        dry = taken(*files, update=True, dry_run=True)
        assert (dry.names(Outcome.UPDATED), dry.names(Outcome.ADDED)) == (["seoul"], ["new"])
        assert periods("seoul") == ["09:00–18:00 mon-fri"]
        chat.refresh_from_db()
        assert chat.next_transition_at == monday("18:00")
        assert taken(*files, update=True).rows == dry.rows

    def test_where_somebody_else_adds_one_of_the_same_name_meanwhile_nothing_is_taken_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(schedule_import, "_values", lambda one: {"description": factories.schedule(one.name).name})
        with pytest.raises(UnreadableFileError, match="Somebody else added a schedule of the same name"):
            taken(as_file(period(), schedule()))
        assert not Schedule.objects.exists()

    def test_taking_many_over_takes_as_many_queries_as_taking_one(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        many = [schedule(f"s{number}") for number in range(100)]
        with django_assert_max_num_queries(9):
            taken(as_file(period(), *many))
        assert Period.objects.count() == 100
