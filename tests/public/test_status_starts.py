"""“Start now” on a status page, for those who may; and how operators set the page up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Environment, Hold, Operation, StatusPage
from environments.services import public_status
from tests import factories
from tests.admin.filling import filled, refusal
from tests.support.times import MONDAY, monday, on

pytestmark = pytest.mark.django_db

NOW = monday("07:30")
PAGE = "/status/chat-dev/"


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    """Before office hours; and what was kept for another test is forgotten."""
    public_status.forget("chat-dev")
    with time_machine.travel(NOW, tick=False):
        yield
    public_status.forget("chat-dev")


@pytest.fixture
def environment() -> Environment:
    """Asleep, of office hours, and its page is switched on."""
    asleep = factories.environment(state="stopped", wish="stopped", state_since=NOW - timedelta(hours=1))
    StatusPage.objects.create(environment=asleep, is_public=True, title="Chat (test)")
    return asleep


def enter(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


class TestStartNow:
    def test_who_may_switch_it_is_told_until_when_it_would_stay_on(self, environment: Environment) -> None:
        html = enter(factories.manager()).get(PAGE).content.decode()
        assert "Start now" in html
        assert "Chat (test) is started and stays on until 6:00 PM (Asia/Seoul)." in html, "its plan goes on from 9:00"
        assert "csrfmiddlewaretoken" in html

    def test_in_the_evening_it_stays_on_until_the_next_planned_change(self, environment: Environment) -> None:
        with time_machine.travel(on("friday", "19:00"), tick=False):
            browser = enter(factories.manager())
            environment.max_hold_hours = 4
            environment.save()
            html = browser.get(PAGE).content.decode()
        assert "stays on until 11:00 PM (Asia/Seoul)." in html, "no longer than a manager may"

    def test_they_start_it_and_read_until_when_it_stays_on(self, environment: Environment) -> None:
        manager = factories.manager()
        answer = enter(manager).post(f"{PAGE}start/", follow=True)
        hold = Hold.objects.get()
        assert (hold.desired, hold.author, hold.origin) == ("running", manager, "web")
        assert Operation.objects.get().kind == "start"
        html = answer.content.decode()
        assert "Chat (test) starts now and stays on until 6:00 PM (Asia/Seoul)." in html
        assert "Coming up" in html
        assert "Start now" not in html

    @pytest.mark.parametrize("person", [factories.viewer, factories.outsider])
    def test_others_neither_see_it_nor_can_they(self, environment: Environment, person: Any) -> None:
        browser = enter(person())
        assert "<form" not in browser.get(PAGE).content.decode()
        assert browser.post(f"{PAGE}start/").status_code == 403
        assert not Hold.objects.exists()

    def test_who_has_not_signed_in_is_led_to_the_sign_in_and_back(self, environment: Environment) -> None:
        answer = Client().post(f"{PAGE}start/")
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={PAGE}")
        assert not Hold.objects.exists()

    def test_a_form_of_another_page_starts_nothing(self, environment: Environment) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(factories.manager())
        assert browser.post(f"{PAGE}start/").status_code == 403
        assert not Hold.objects.exists()

    def test_what_is_on_already_is_not_offered(self, environment: Environment) -> None:
        Environment.objects.update(state="running", wish="running")
        assert "Start now" not in enter(factories.manager()).get(PAGE).content.decode()

    def test_what_may_not_be_started_says_why(self, environment: Environment) -> None:
        Environment.objects.update(expires_on=MONDAY.date() - timedelta(days=3))
        answer = enter(factories.manager()).post(f"{PAGE}start/", follow=True)
        assert "has expired" in answer.content.decode()
        assert not Hold.objects.exists()

    def test_a_page_that_is_not_switched_on_starts_nothing(self, environment: Environment) -> None:
        StatusPage.objects.update(is_public=False)
        assert enter(factories.manager()).post(f"{PAGE}start/").status_code == 403
        assert not Hold.objects.exists()


class TestSettingItUp:
    def test_operators_see_it_before_it_is_switched_on_and_others_do_not(self) -> None:
        factories.environment(state="stopped", wish="stopped")
        html = enter(factories.operator()).get(PAGE).content.decode()
        assert "Resumes at 9:00 AM" in html
        assert "nobody else sees this page" in html
        assert enter(factories.manager()).get(PAGE).status_code == 404

    def test_operators_switch_it_on_with_the_environment(self) -> None:
        chat = factories.environment()
        browser = enter(factories.operator())
        address = f"/environments/environment/{chat.pk}/change/"
        form = filled(browser.get(address)) | {"status_page-0-is_public": "on", "status_page-0-title": "Chat (test)"}
        answer = browser.post(address, form)
        assert answer.status_code == 302, refusal(answer)
        made = StatusPage.objects.get()
        assert (made.environment, made.is_public, made.title) == (chat, True, "Chat (test)")
        assert Client().get(PAGE).status_code == 200

    def test_its_address_and_the_tag_stand_on_the_environments_page_for_operators_alone(
        self, environment: Environment, settings: Any
    ) -> None:
        settings.BASE_URL = "https://portal.example"
        html = enter(factories.operator()).get("/env/chat-dev/").content.decode()
        assert 'value="https://portal.example/status/chat-dev/"' in html
        tag = "&lt;script src=&quot;https://portal.example/status.js&quot; data-environment=&quot;chat-dev&quot;"
        assert tag in html
        assert "status-address" not in enter(factories.manager()).get("/env/chat-dev/").content.decode()
