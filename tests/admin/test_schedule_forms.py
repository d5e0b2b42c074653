"""A schedule's form says what it would do before it is saved; and schedules of AWS Instance Scheduler are imported."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from environments.admin import schedule_import
from environments.models import Environment, Period, Schedule
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .filling import refusal, rows
from .walking import contents

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent.parent / "services" / "data"
NEW = "/environments/schedule/preview/"
IMPORT = "/environments/schedule/import/"
FIELDS = {"name": "Office", "description": "", "timezone": "Asia/Seoul", "override": ""}
OFFICE = {"begin_time": "09:00", "end_time": "18:00", "weekdays": "mon-fri"}


@pytest.fixture
def office() -> Schedule:
    return factories.schedule()


def of(schedule: Schedule) -> str:
    return f"/environments/schedule/{schedule.pk}/preview/"


def saved(schedule: Schedule, **changed: str) -> dict[str, str]:
    """Its period as the form sends it, with what was changed."""
    return {"id": str(schedule.periods.get().pk), **OFFICE, **changed}


def said(answer: Any) -> str:
    """The page's words, without its markup."""
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


class TestThePreview:
    def test_shows_next_week_and_the_hours_of_a_month_old_and_new(self, as_operator: Client, office: Schedule) -> None:
        answer = as_operator.post(of(office), FIELDS | rows("periods", saved(office, end_time="20:00")))
        words = said(answer)
        assert "Running in December 2026 207 h → 253 h 46 h more (+22 %)" in words
        assert answer.content.count(b'class="db-bar"') == 14
        assert "Mon, 30 Nov" in words
        assert "09:00–18:00" in words
        assert "09:00–20:00" in words
        assert "off all day" in words

    def test_of_what_was_not_changed_shows_the_plan_once(self, as_operator: Client, office: Schedule) -> None:
        answer = as_operator.post(of(office), FIELDS | rows("periods", saved(office)))
        assert "as it is saved" in said(answer)
        assert answer.content.count(b'class="db-bar"') == 7

    def test_of_a_new_schedule_shows_the_new_plan_only(self, as_operator: Client) -> None:
        answer = as_operator.post(NEW, FIELDS | {"name": ""} | rows("periods", OFFICE))
        assert "Running in December 2026 207 h" in said(answer)
        assert answer.content.count(b'class="db-bar"') == 7

    def test_names_the_environments_and_what_would_start_at_once(self, as_operator: Client, office: Schedule) -> None:
        factories.environment("chat-dev", schedule=office, state="stopped", wish="stopped", judged_at=monday("09:00"))
        answer = as_operator.post(of(office), FIELDS | {"override": "running"} | rows("periods", saved(office)))
        assert "Concerns 1 environment chat-dev" in said(answer)
        assert 'href="/env/chat-dev/"' in answer.content.decode()
        office.periods.update(begin_time="11:00")
        answer = as_operator.post(of(office), FIELDS | rows("periods", saved(office)))
        assert "Would start at once chat-dev Would stop at once none" in said(answer)

    def test_leaves_out_rows_to_be_deleted_and_empty_new_ones(self, as_operator: Client, office: Schedule) -> None:
        form = FIELDS | rows(
            "periods", saved(office) | {"DELETE": "on"}, {"begin_time": " "}, OFFICE | {"weekdays": "sat"}
        )
        assert "207 h → 36 h" in said(as_operator.post(of(office), form))

    def test_an_emptied_saved_row_runs_all_day_as_it_will_once_saved(
        self, as_operator: Client, office: Schedule
    ) -> None:
        emptied = saved(office, begin_time="", end_time="", weekdays="")
        assert "207 h → 744 h" in said(as_operator.post(of(office), FIELDS | rows("periods", emptied)))

    def test_says_all_that_is_wrong_at_once_each_at_its_field(self, as_operator: Client, office: Schedule) -> None:
        wrong = saved(office, begin_time="9 Uhr", weekdays="someday", months="foo")
        form = FIELDS | {"timezone": "Asia/Soul"} | rows("periods", wrong, OFFICE | {"end_time": "9:00"})
        html = as_operator.post(of(office), form).content.decode()
        assert re.findall(r'data-wrong="([^"]+)"', html) == [
            "timezone",
            *(f"periods-0-{field}" for field in ("begin_time", "weekdays", "months")),
            "periods-1-end_time",
        ]
        assert "5 things to put right first" in html
        assert "db-bar" not in html

    def test_of_a_repair_shows_the_new_plan_and_says_that_the_old_one_is_not_known(
        self, as_operator: Client, office: Schedule
    ) -> None:
        office.periods.update(begin_time="nine")
        factories.environment("chat-dev", schedule=office, state="stopped", wish="stopped", judged_at=monday("09:00"))
        answer = as_operator.post(of(office), FIELDS | rows("periods", saved(office)))
        words = said(answer)
        assert "Its schedule cannot be read:" in words
        assert "So only the new schedule is shown" in words
        assert "Running in December 2026 207 h" in words
        assert "Would start at once chat-dev Would stop at once none" in words
        assert "as it is saved" not in words
        assert answer.content.count(b'class="db-bar"') == 7

    def test_changes_nothing(self, as_operator: Client, office: Schedule) -> None:
        factories.environment(schedule=office, next_transition_at=monday("18:00"))
        before = contents()
        for form in (saved(office, end_time="20:00"), saved(office) | {"DELETE": "on"}, saved(office, weekdays="x")):
            as_operator.post(of(office), FIELDS | rows("periods", form))
        as_operator.post(NEW, FIELDS | rows("periods", OFFICE))
        assert contents() == before

    def test_takes_the_same_queries_for_one_period_and_environment_as_for_many(
        self, as_operator: Client, office: Schedule, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(30):
            factories.environment(f"e{number}", schedule=office)
            Period.objects.create(schedule=office, begin_time="20:00", end_time=f"20:{number + 10}", weekdays="sat")
        many = [OFFICE | {"end_time": f"19:{number:02}"} for number in range(60)]
        with django_assert_max_num_queries(34):
            as_operator.post(of(office), FIELDS | rows("periods", *many))

    @pytest.mark.parametrize("person", [factories.manager, factories.outsider], ids=["manager", "outsider"])
    def test_is_for_those_who_may_change_schedules(self, person: Any, enter: Enter, office: Schedule) -> None:
        browser = enter(person())
        assert browser.post(of(office), FIELDS).status_code == 403
        assert browser.post(NEW, FIELDS).status_code == 403
        assert "data-what-if" not in browser.get(of(office).replace("preview", "change")).content.decode()

    def test_takes_a_post_with_the_forms_token_only(self, as_operator: Client, office: Schedule) -> None:
        assert as_operator.get(of(office)).status_code == 405
        assert as_operator.post("/environments/schedule/999/preview/", FIELDS).status_code == 404
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(factories.operator())
        assert strict.post(of(office), FIELDS).status_code == 403

    @pytest.mark.parametrize("total", ["", "x", "-3", "99999999"])
    def test_stands_a_form_that_was_tampered_with(self, total: str, as_operator: Client, office: Schedule) -> None:
        assert as_operator.post(of(office), FIELDS | {"periods-TOTAL_FORMS": total}).status_code == 200

    def test_the_form_leads_to_it(self, as_operator: Client, office: Schedule) -> None:
        change = as_operator.get(of(office).replace("preview", "change")).content.decode()
        assert f'data-what-if="{of(office)}"' in change
        assert f'data-what-if="{NEW}"' in as_operator.get("/environments/schedule/add/").content.decode()


def test_a_refused_form_names_every_wrong_field_of_a_period(as_operator: Client) -> None:
    wrong = OFFICE | {"begin_time": "9 Uhr", "weekdays": "someday", "monthdays": "40"}
    told = refusal(as_operator.post("/environments/schedule/add/", FIELDS | rows("periods", wrong)))
    assert set(told) == {"0.begin_time", "0.weekdays", "0.monthdays"}


class TestTheImport:
    def files(self, *names: str) -> list[SimpleUploadedFile]:
        return [SimpleUploadedFile(name, (DATA / name).read_bytes()) for name in names]

    def look(self, browser: Client, *names: str, **fields: str) -> Any:
        return browser.post(IMPORT, {"chosen": self.files(*names), "timezone": ""} | fields)

    def carried(self, answer: Any) -> str:
        assert answer.status_code == 200
        found = re.search(r'name="carried" value="([^"]+)"', answer.content.decode())
        assert found is not None
        return found[1]

    def test_reports_first_and_takes_over_what_was_reported_on_when_it_is_confirmed(self, as_operator: Client) -> None:
        answer = self.look(as_operator, "scan.json")
        words = said(answer)
        assert "What would be taken over nothing is changed yet" in words
        assert "hibernate: a schedule here only says when" in words
        assert not Schedule.objects.exists()
        done = said(as_operator.post(IMPORT, {"carried": self.carried(answer)}))
        assert "Done" in done
        assert "seoul-office-hours added" in done
        assert Schedule.objects.count() == 4
        assert sorted(LogEntry.objects.values_list("object_repr", flat=True)) == sorted(
            Schedule.objects.values_list("name", flat=True)
        )

    def test_confirmed_twice_it_changes_nothing_more(self, as_operator: Client) -> None:
        carried = self.carried(self.look(as_operator, "scan.json"))
        as_operator.post(IMPORT, {"carried": carried})
        before = contents()
        assert "uk-office-hours unchanged" in said(as_operator.post(IMPORT, {"carried": carried}))
        assert contents() == before

    def test_reads_several_files_together(self, as_operator: Client) -> None:
        words = said(self.look(as_operator, "schedules.json", "periods.json"))
        assert "mon-9am-fri-5pm new" in words

    def test_of_very_many_lists_the_first_and_counts_all(self, as_operator: Client) -> None:
        items = [{"type": "schedule", "name": f"s{n:04}", "override_status": "stopped"} for n in range(1500)]
        file = SimpleUploadedFile("many.json", json.dumps(items).encode())
        answer = as_operator.post(IMPORT, {"chosen": [file], "timezone": ""})
        words = said(answer)
        assert "1500 new" in words
        assert "and 1300 more schedules" in words
        assert ("s0199" in words, "s0200" in words) == (True, False)

    def test_counts_in_the_word_order_of_the_language(self, as_operator: Client) -> None:
        file = SimpleUploadedFile("one.json", b'[{"type": "schedule", "name": "s", "override_status": "stopped"}]')
        answer = as_operator.post(IMPORT, {"chosen": [file], "timezone": ""}, headers={"Accept-Language": "ko"})
        assert "추가 1" in said(answer)

    def test_overwrites_only_where_that_was_ticked(self, as_operator: Client) -> None:
        chat = factories.environment(schedule=factories.schedule("closing"), next_transition_at=monday("18:00"))
        words = said(self.look(as_operator, "export.json"))
        assert "there already, and different" in words
        assert "time zone: “Asia/Seoul” here, “America/New_York” in the file" in words
        assert "There is nothing to take over." in words
        answer = self.look(as_operator, "export.json", update="on")
        assert "1 environment follows it" in said(answer)
        as_operator.post(IMPORT, {"carried": self.carried(answer)})
        assert Schedule.objects.get(name="closing").timezone == "America/New_York"
        assert Environment.objects.get(pk=chat.pk).next_transition_at == monday("10:00")

    def test_a_zone_for_schedules_without_one_is_kept_until_it_is_confirmed(self, as_operator: Client) -> None:
        answer = self.look(as_operator, "schedules.json", "periods.json", timezone="Europe/Berlin")
        as_operator.post(IMPORT, {"carried": self.carried(answer)})
        assert Schedule.objects.get(name="stopped").timezone == "Europe/Berlin"

    @pytest.mark.parametrize(
        ("content", "why"),
        [(b"{oops", "bad.json: is not JSON: line 1, column 2"), (b"[]", "no entries"), (b"", "is empty")],
    )
    def test_a_bad_file_says_what_is_wrong_and_changes_nothing(
        self, content: bytes, why: str, as_operator: Client
    ) -> None:
        before = contents()
        file = SimpleUploadedFile("bad.json", content or b" ")
        words = said(as_operator.post(IMPORT, {"chosen": [file], "timezone": ""}))
        assert "Nothing was taken over." in words
        assert why in words
        assert contents() == before

    def test_one_that_is_too_large_or_none_at_all_is_refused_at_its_field(
        self, as_operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "This field is required." in said(as_operator.post(IMPORT, {"timezone": ""}))
        monkeypatch.setattr(schedule_import, "MAX_BYTES", 100)
        assert "scan.json is larger than 5 MB." in said(self.look(as_operator, "scan.json"))

    def test_files_that_a_form_cannot_carry_lead_to_the_command(
        self, as_operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(schedule_import, "MAX_CARRIED", 100)
        answer = self.look(as_operator, "scan.json")
        assert "manage.py import_schedules" in said(answer)
        assert 'name="carried"' not in answer.content.decode()

    def test_what_somebody_else_looked_at_or_made_up_is_not_taken_over(
        self, as_operator: Client, as_administrator: Client
    ) -> None:
        carried = self.carried(self.look(as_administrator, "scan.json"))
        for value in (carried, carried[:-3] + "abc", "x", ""):
            assert "Choose the files again." in said(as_operator.post(IMPORT, {"carried": value}))
        assert not Schedule.objects.exists()

    def test_is_for_those_who_may_add_schedules(self, as_manager: Client, as_operator: Client) -> None:
        assert as_manager.get(IMPORT).status_code == 403
        assert self.look(as_manager, "scan.json").status_code == 403
        assert as_manager.post(IMPORT, {"carried": "x"}).status_code == 403
        assert IMPORT not in as_manager.get("/environments/schedule/").content.decode()
        assert f'href="{IMPORT}"' in as_operator.get("/environments/schedule/").content.decode()

    def test_speaks_korean(self, as_operator: Client) -> None:
        answer = as_operator.post(
            IMPORT, {"chosen": self.files("scan.json"), "timezone": ""}, headers={"Accept-Language": "ko"}
        )
        assert "인스턴스 유형 없이 시간 구간만 가져와요" in said(answer)
