"""What operators and administrators fill in: what is offered, what is refused in which sentence, what follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from environments.models import Account, Environment, Period, Schedule
from tests import factories
from tests.support.times import monday

from .filling import refusal, rows

pytestmark = pytest.mark.django_db

SCHEDULE = "/environments/schedule/add/"
ACCOUNT = "/environments/account/add/"


class TestSchedules:
    FORM = {"name": "Office", "description": "", "timezone": "Asia/Seoul", "override": ""}

    def form(self, **period: str) -> dict[str, str]:
        return self.FORM | rows("periods", {"begin_time": "09:00", "end_time": "18:00", "weekdays": "mon-fri"} | period)

    def test_one_is_written_with_its_periods(self, as_operator: Client) -> None:
        assert as_operator.post(SCHEDULE, self.form()).status_code == 302
        assert str(Period.objects.get()) == "09:00–18:00 mon-fri"

    @pytest.mark.parametrize(
        ("field", "typed", "part"),
        [
            ("weekdays", "mon-fri, someday", "someday"),
            ("monthdays", "1-5,40", "40"),
            ("months", "jan-foo", "foo"),
            ("begin_time", "9 Uhr", "9 Uhr"),
            ("end_time", "25:00", "25:00"),
        ],
    )
    def test_what_cannot_be_read_is_refused_at_its_field_naming_the_part_in_both_languages(
        self, field: str, typed: str, part: str, as_operator: Client
    ) -> None:
        for language in ("en", "ko"):
            answer = as_operator.post(SCHEDULE, self.form(**{field: typed}), headers={"Accept-Language": language})
            told = refusal(answer)
            assert set(told) == {f"0.{field}"}
            assert part in told[f"0.{field}"]
            assert any("가" <= letter <= "힣" for letter in told[f"0.{field}"]) == (language == "ko")
        assert not Schedule.objects.exists()

    def test_a_zone_that_does_not_exist_is_refused(self, as_operator: Client) -> None:
        told = refusal(as_operator.post(SCHEDULE, self.form() | {"timezone": "Asia/Soul"}))
        assert told == {"timezone": "“Asia/Soul” is not a time zone, such as Asia/Seoul."}

    def test_saving_one_marks_the_plans_of_its_environments_as_due_and_no_others(self, as_operator: Client) -> None:
        chat = factories.environment()
        assert chat.schedule is not None
        other = factories.environment("other", schedule=factories.schedule("Other"))
        Environment.objects.update(next_transition_at=monday("18:00"))
        period = chat.schedule.periods.get()
        form = self.FORM | rows("periods", {"id": str(period.pk), "begin_time": "08:00", "end_time": "12:00"})
        as_operator.post(f"/environments/schedule/{chat.schedule.pk}/change/", form | {"periods-INITIAL_FORMS": "1"})
        chat.refresh_from_db()
        other.refresh_from_db()
        assert (chat.next_transition_at, other.next_transition_at) == (monday("10:00"), monday("18:00"))


class TestAccounts:
    def form(self, **values: str) -> dict[str, str]:
        return {
            "name": "development",
            "account_id": "123456789012",
            "role_arn": "arn:aws:iam::123456789012:role/DaybreakPortal",
            "external_id": "daybreak",
            "regions": "ap-northeast-2, us-east-1",
        } | values

    def test_regions_are_written_in_a_line(self, as_administrator: Client) -> None:
        as_administrator.post(ACCOUNT, self.form())
        assert Account.objects.get().regions == ["ap-northeast-2", "us-east-1"]
        html = as_administrator.get(f"/environments/account/{Account.objects.get().pk}/change/").content.decode()
        assert 'value="ap-northeast-2, us-east-1"' in html

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"regions": "ap-northeast-2 seoul"}, "regions", "“seoul” is not the name of an AWS region"),
            ({"regions": " "}, "regions", "required"),
            (
                {"role_arn": "arn:aws:iam::999999999999:role/X"},
                "role_arn",
                "The role belongs to another account than the account id says.",
            ),
            ({"role_arn": "DaybreakPortal"}, "role_arn", "This is not the ARN of a role"),
            ({"role_arn": ""}, "external_id", "only works together with a role"),
            ({"account_id": "1234"}, "account_id", "twelve digits"),
        ],
    )
    def test_what_cannot_work_is_refused_at_its_field(
        self, wrong: dict[str, str], field: str, sentence: str, as_administrator: Client
    ) -> None:
        assert sentence in refusal(as_administrator.post(ACCOUNT, self.form(**wrong)))[field]
        assert not Account.objects.exists()

    def test_an_operator_reads_the_regions_in_words(self, as_operator: Client) -> None:
        account = factories.account(regions=["ap-northeast-2", "us-east-1"])
        html = as_operator.get(f"/environments/account/{account.pk}/change/").content.decode()
        assert "ap-northeast-2, us-east-1" in html
        assert "[&#x27;" not in html


class TestEnvironments:
    ADD = "/environments/environment/add/"

    def form(self, **values: str) -> dict[str, str]:
        team, schedule = factories.team(), factories.schedule()
        form = {"name": "chat-qa", "slug": "chat-qa", "team": str(team.pk), "description": "", "timezone": ""}
        form |= {"schedule": str(schedule.pk), "start_early_cap": "60", "warn_minutes": "30", "on_push": "next_start"}
        return form | rows("targets") | rows("status_page") | values

    def test_a_new_one_is_due_at_once_and_its_page_leads_to_the_first_target(self, as_operator: Client) -> None:
        answer = as_operator.post(self.ADD, self.form(), follow=True)
        made = Environment.objects.get()
        assert made.next_transition_at == monday("10:00")
        assert answer.redirect_chain[-1][0] == "/env/chat-qa/"
        assert f"/environments/target/add/?environment={made.pk}" in answer.content.decode()

    def test_an_edited_one_is_due_at_once(
        self, as_operator: Client, published: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        chat = factories.environment("chat-qa", next_transition_at=monday("18:00"))
        with django_capture_on_commit_callbacks(execute=True):
            as_operator.post(f"/environments/environment/{chat.pk}/change/", self.form(timezone="Europe/Berlin"))
        chat.refresh_from_db()
        assert (chat.timezone, chat.next_transition_at) == ("Europe/Berlin", monday("10:00"))
        assert published == ["environments.tasks.tick"]

    def test_saving_keeps_what_a_worker_noted_while_somebody_wrote(
        self, as_operator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        chat = factories.environment("chat-qa")
        save = Environment.save

        def just_before(self: Environment, **kwargs: Any) -> None:
            Environment.objects.filter(pk=self.pk).update(state="running", wish="running")
            save(self, **kwargs)

        monkeypatch.setattr(Environment, "save", just_before)
        as_operator.post(f"/environments/environment/{chat.pk}/change/", self.form(description="For testers."))
        chat.refresh_from_db()
        assert (chat.description, chat.state, chat.wish) == ("For testers.", "running", "running")

    def test_one_with_a_history_is_deleted_after_a_question_that_says_what_aws_keeps(self, as_operator: Client) -> None:
        chat = factories.chat_app()
        for _ in range(3):
            factories.step(factories.operation(chat), "look")
        factories.hold(chat)
        address = f"/environments/environment/{chat.pk}/delete/"
        html = as_operator.get(address).content.decode()
        assert "ChatAppMasterStack stays as it is in AWS" in html
        as_operator.post(address, {"post": "yes"})
        assert not Environment.objects.exists()

    def test_one_with_an_operation_under_way_is_not_deleted(self, as_operator: Client) -> None:
        chat = factories.chat_app()
        factories.operation(chat, status="running")
        address = f"/environments/environment/{chat.pk}/delete/"
        assert "chat-dev: an operation is under way" in as_operator.get(address).content.decode()
        as_operator.post(address, {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [str(chat.pk)], "post": "yes"}
        as_operator.post("/environments/environment/", chosen)
        assert Environment.objects.exists()
