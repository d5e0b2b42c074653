"""The status page of an environment: what everybody reads of it, and what nobody does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from environments.models import Account, DayException, Environment, Pause, Schedule, StatusPage, Target
from environments.services import public_status
from tests import factories
from tests.support.times import monday, on

from .published import DATA, NOW, PAGE, TODAY, published
from .published import monday_morning as monday_morning

pytestmark = pytest.mark.django_db

KOREAN = {"accept-language": "ko-KR,ko;q=0.9"}


def data(now: datetime = NOW) -> dict[str, Any]:
    public_status.forget("chat-dev")
    with time_machine.travel(now, tick=False):
        answer = Client().get(DATA)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def resumes(now: datetime = NOW) -> tuple[str | None, str, str]:
    found = data(now)
    return found["resumes_at"], found["texts"]["en"]["resumes"], found["texts"]["ko"]["resumes"]


class TestWhatIsSaid:
    def test_asleep_it_says_when_it_resumes_and_whom_to_write_to(self) -> None:
        published()
        found = data()
        assert (found["name"], found["state"], found["time_zone"]) == ("Chat (test)", "asleep", "Asia/Seoul")
        assert (found["contact"], found["contact_link"]) == ("dev-team@example.com", "mailto:dev-team@example.com")
        assert found["resumes_at"] == "2026-11-23T09:00:00+09:00"
        assert found["since"] == "2026-11-23T06:30:00+09:00"
        assert found["texts"]["ko"]["resumes"] == "오전 9시에 재개해요 (Asia/Seoul)."

    def test_after_work_it_resumes_tomorrow_and_on_friday_evening_on_monday(self) -> None:
        published()
        assert resumes(monday("19:00"))[1] == "Resumes tomorrow at 9:00 AM (Asia/Seoul)."
        assert resumes(on("friday", "19:00"))[2] == "월요일 오전 9시에 재개해요 (Asia/Seoul)."

    def test_without_a_schedule_it_comes_back_when_somebody_starts_it(self) -> None:
        published(schedule=None)
        assert resumes() == (None, "It comes back when somebody starts it.", "누군가 시작하면 재개해요.")

    def test_past_its_last_day_nothing_is_promised(self) -> None:
        published(expires_on=TODAY - timedelta(days=3))
        assert resumes()[1] == "It is not planned to come back."

    def test_a_day_off_and_a_hold_move_it(self) -> None:
        chat = published()
        DayException.objects.create(
            environment=chat, day=TODAY + timedelta(days=1), kind="off", reason="a day off", created_at=NOW
        )
        factories.hold(chat, "stopped", starts_at=NOW, until=monday("20:00"))
        assert resumes()[0] == "2026-11-25T09:00:00+09:00"

    def test_where_nothing_is_planned_until_a_start_that_start_counts(self) -> None:
        starts_only = factories.schedule("Starts", begin_time="09:00", weekdays="tue")
        published(wish="any", schedule=starts_only)
        assert resumes()[0] == "2026-11-24T09:00:00+09:00"

    def test_in_the_moments_before_the_portal_has_begun_the_start_it_is_not_said_to_resume_tomorrow(self) -> None:
        published()
        assert resumes(monday("09:00") + timedelta(seconds=20))[1] == "Ready in a few minutes."

    def test_over_a_change_of_the_clocks_it_resumes_at_the_wall_time(self) -> None:
        new_york = factories.schedule("NY", timezone="America/New_York", begin_time="09:00", end_time="18:00")
        published(schedule=new_york, timezone="America/New_York")
        saturday = on("sunday", "10:00") - timedelta(days=28)  # 20:00 on the evening before the clocks go back
        assert resumes(saturday)[:2] == (
            "2026-11-01T09:00:00-05:00",
            "Resumes tomorrow at 9:00 AM (America/New_York).",
        )

    def test_coming_up_it_says_about_how_long(self) -> None:
        published("starting", wish="running", since=NOW - timedelta(minutes=2), start_lead=7)
        found = data()
        assert (found["state"], found["texts"]["en"]["resumes"]) == ("starting", "Ready in about 5 minutes.")
        assert found["resumes_at"] == "2026-11-23T07:35:00+09:00"

    def test_started_early_it_is_back_at_the_time_of_its_plan(self) -> None:
        published(
            "starting", wish="running", since=monday("08:48"), start_lead=12, start_early=True, start_early_cap=30
        )
        assert resumes(monday("08:50"))[1] == "Resumes at 9:00 AM (Asia/Seoul)."

    def test_asleep_before_an_early_start_it_resumes_at_the_time_of_its_plan_too(self) -> None:
        published(start_lead=12, start_early=True)
        assert resumes()[0] == "2026-11-23T09:00:00+09:00"

    def test_what_does_not_answer_is_down_since_the_first_check_said_so(self) -> None:
        chat = published("running", wish="running")
        for name, ago in (("API", 20), ("Chat", 10)):
            factories.http_check(chat, name, state="down", state_since=NOW - timedelta(minutes=ago))
        found = data()
        assert (found["state"], found["resumes_at"], found["since"]) == ("down", None, "2026-11-23T07:10:00+09:00")

    def test_a_check_that_is_switched_off_says_nothing(self) -> None:
        factories.http_check(published("running", wish="running"), state="down", is_on=False)
        assert data()["state"] == "up"

    def test_a_name_of_its_own_is_not_needed(self) -> None:
        published()
        StatusPage.objects.update(title="", contact="Ask at the desk")
        found = data()
        assert (found["name"], found["contact_link"]) == ("chat-dev", "")

    @pytest.mark.parametrize("contact", ["javascript:alert(1)//@x", "data:text/html,x", "//elsewhere.example"])
    def test_a_contact_that_is_no_address_leads_nowhere(self, contact: str) -> None:
        published()
        StatusPage.objects.update(contact=contact)
        assert data()["contact_link"] == ""
        assert 'href="javascript' not in Client().get(PAGE).content.decode()


MARK = "Xyzzy"


def marked() -> Environment:
    """Everything of an environment that only its people may read carries the mark; it is down, and its start failed."""
    team = factories.team(f"{MARK} team")
    person = factories.person(f"{MARK}-person", "Manager", team)
    schedule = factories.schedule(f"{MARK} schedule")
    chat = factories.environment(
        team=team,
        schedule=schedule,
        description=f"{MARK} description",
        state="failed_to_start",
        wish="running",
        state_since=NOW,
        state_reason={"en": f"{MARK} reason", "ko": f"{MARK} 이유"},
    )
    account = factories.account(name=f"{MARK} account", role_arn=f"arn:aws:iam::123456789012:role/{MARK}")
    factories.stack(chat, f"{MARK}Stack", account=account)
    failed = factories.operation(
        chat, "start", "failed", actor=person, reason={"en": MARK}, error={"en": MARK}, error_detail=MARK
    )
    factories.step(failed, "create", "failed", detail={"en": MARK}, error={"en": MARK}, target_label=MARK)
    factories.http_check(
        chat, f"{MARK} check", state="down", url=f"https://{MARK}.example/", reason={"en": MARK, "ko": MARK}
    )
    factories.hold(chat, "running", reason=f"{MARK} hold", author=person)
    Pause.objects.create(
        environment=chat, reason=MARK, author=person, starts_at=NOW, until=NOW + timedelta(days=9), created_at=NOW
    )
    day = {"day": TODAY, "kind": "off", "reason": MARK, "author": person, "created_at": NOW}
    DayException.objects.create(environment=chat, **day)
    StatusPage.objects.create(environment=chat, is_public=True)
    return chat


@pytest.mark.parametrize("state", ["failed_to_start", "stopped", "starting", "stopping", "running", "unknown"])
def test_nothing_internal_is_read_by_anybody(state: str) -> None:
    marked()
    Environment.objects.update(state=state)
    assert Target.objects.filter(identifier__contains=MARK).exists()
    assert Schedule.objects.filter(name__contains=MARK).exists()
    assert Account.objects.filter(name__contains=MARK).exists()
    for answer in (Client().get(PAGE), Client().get(DATA), Client().get(PAGE, headers=KOREAN)):
        assert answer.status_code == 200
        told = answer.content.decode() + str(answer.headers)
        assert MARK.lower() not in told.lower()
        assert not re.search(r"aws|arn:|stack\b|hold\b|ap-northeast", told, re.IGNORECASE)


def test_a_page_that_is_not_switched_on_is_told_from_none_by_nothing() -> None:
    published()
    StatusPage.objects.update(is_public=False)
    factories.environment("chat-other")
    for suffix in ("/", ".json"):
        answers = [Client().get(f"/status/{slug}{suffix}") for slug in ("chat-dev", "chat-other", "chat-none")]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({answer.content for answer in answers}) == 1
        assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


class TestAsAPage:
    def test_it_is_korean_or_english_by_the_browser_and_by_the_switch(self) -> None:
        published()
        assert "오전 9시에 재개해요" in Client().get(PAGE, headers=KOREAN).content.decode()
        switched = Client().get(f"{PAGE}?lang=en", headers=KOREAN).content.decode()
        assert '<html lang="en">' in switched
        assert "Resumes at 9:00 AM (Asia/Seoul)." in switched
        assert '<html lang="ko">' in Client().get(f"{PAGE}?lang=ko").content.decode()

    def test_who_has_not_signed_in_is_given_no_cookie_and_is_not_found_by_searching(self) -> None:
        published()
        for address in (PAGE, DATA, "/status.js"):
            answer = Client().get(address)
            assert not answer.cookies
            assert answer["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in Client().get(PAGE).content.decode()

    def test_it_shows_itself_anew_without_scripts_too(self) -> None:
        published()
        assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in Client().get(PAGE).content.decode()

    def test_it_offers_nothing_to_start_to_who_has_not_signed_in(self) -> None:
        published()
        html = Client().get(PAGE).content.decode()
        assert "<form" not in html
        assert f"/login/?next={PAGE}" in html
