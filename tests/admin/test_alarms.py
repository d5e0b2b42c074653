"""Checks of alarms as operators edit them, alarms as they are listed, and the page's word of a newer image."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from environments.models import Alarm, AlarmCheck, CheckState, Environment, ImagePush, State, Ticket
from environments.services import alarms, tickets
from tests import factories

from .conftest import Enter
from .test_redeploying import ran

pytestmark = pytest.mark.django_db
CHECKS, ALARMS = "/environments/alarmcheck/", "/environments/alarm/"


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app(state=State.RUNNING, wish="running")


def ring(name: str = "chat-dev-cpu", **fields: Any) -> Alarm:
    values = {"arn": f"arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:{name}", "name": name, "state": "ALARM"}
    values |= {"account_id": "123456789012", "region": factories.REGION, "reason": "91 > 80"}
    now = timezone.now()
    return Alarm.objects.create(**(values | {"changed_at": now, "received_at": now} | fields))


def send(browser: Client, address: str, chat: Environment, **fields: str) -> str:
    own = {"environment": str(chat.pk), "name": "alarms", "is_on": "on", "ticket_after": "5"}
    return unescape(browser.post(address, own | fields, follow=True).content.decode())


def test_a_new_check_takes_the_alarms_that_were_heard_of_before(enter: Enter, chat: Environment) -> None:
    alarm = ring()
    send(enter(factories.operator()), f"{CHECKS}add/", chat, pattern="chat-dev-*")

    alarm.refresh_from_db()
    check = AlarmCheck.objects.get()
    assert alarm.check_row_id == check.pk
    assert (check.state, check.reason["en"]) == (CheckState.DOWN, "Alarm chat-dev-cpu: 91 > 80")


def test_an_edited_check_lets_go_of_what_it_no_longer_wants(enter: Enter, chat: Environment) -> None:
    operator = enter(factories.operator())
    ring()
    send(operator, f"{CHECKS}add/", chat, pattern="chat-dev-*")
    send(operator, f"{CHECKS}{AlarmCheck.objects.get().pk}/change/", chat, pattern="other-*")

    assert Alarm.objects.get().check_row is None
    assert AlarmCheck.objects.get().state == CheckState.UNKNOWN


@pytest.mark.parametrize("several", [False, True])
def test_a_removed_check_leaves_no_incident_and_no_alarm_behind(several: bool, enter: Enter, chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="chat-*", state=CheckState.DOWN)
    ring(check_row=check)
    said, now = {"en": "rings", "ko": "울림"}, timezone.now()
    tickets.incident(environment=chat, cause=tickets.of_check(check.pk), title=said, description=said, now=now)
    listed = {"action": "delete_selected", "_selected_action": str(check.pk), "post": "yes"}
    address, sent = (CHECKS, listed) if several else (f"{CHECKS}{check.pk}/delete/", {"post": "yes"})
    enter(factories.operator()).post(address, sent)

    assert not AlarmCheck.objects.exists()
    assert Alarm.objects.get().check_row is None
    assert (Ticket.objects.get().progress, Ticket.objects.get().comments.get().text) == ("done", alarms.REMOVED)


def test_a_check_that_wants_no_alarms_is_refused(enter: Enter, chat: Environment) -> None:
    assert "Say which alarms belong to it" in send(enter(factories.operator()), f"{CHECKS}add/", chat)
    assert not AlarmCheck.objects.exists()


def test_an_alarm_of_nobody_leads_to_a_form_that_knows_its_name(enter: Enter, chat: Environment) -> None:
    ring("staging [old]*")
    operator = enter(factories.operator())
    page = unescape(operator.get(ALARMS).content.decode())
    assert "no check: add one" in page

    address = page.partition(f'href="{CHECKS}add/')[2].partition('"')[0]
    form = unescape(operator.get(f"{CHECKS}add/{address}").content.decode())
    assert 'value="staging ?old??"' in form


def test_managers_see_the_alarms_of_their_team_and_none_of_nobody(enter: Enter, chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="*")
    ring("chat-dev-cpu", check_row=check)
    ring("nobodys")
    page = enter(factories.manager()).get(ALARMS).content.decode()
    assert ("chat-dev-cpu" in page, "nobodys" in page) == (True, False)
    assert "chat-dev-cpu" not in enter(factories.outsider()).get(ALARMS).content.decode()


def test_an_alarm_that_is_no_more_can_be_deleted_and_its_check_is_well(enter: Enter, chat: Environment) -> None:
    check = AlarmCheck.objects.create(environment=chat, name="alarms", pattern="*", state=CheckState.DOWN)
    ring("old", check_row=check)
    ring("other", state="OK", check_row=check)
    operator = enter(factories.operator())
    operator.post(f"{ALARMS}{Alarm.objects.get(name='old').pk}/delete/", {"post": "yes"})
    check.refresh_from_db()
    assert check.state == CheckState.UP


def test_the_list_of_checks_costs_the_same_however_many(
    enter: Enter, chat: Environment, django_assert_max_num_queries: Any
) -> None:
    operator = enter(factories.operator())
    AlarmCheck.objects.create(environment=chat, name="0")
    with django_assert_max_num_queries(40) as one:
        operator.get(CHECKS)
    for n in range(1, 6):
        AlarmCheck.objects.create(environment=chat, name=f"{n}")
    with django_assert_max_num_queries(len(one)):
        operator.get(CHECKS)


def test_the_page_says_that_a_newer_image_waits(enter: Enter, chat: Environment) -> None:
    manager = enter(factories.manager())
    ran(chat, "start", "2.14.3", "09:00")
    assert "newer-image" not in manager.get("/env/chat-dev/").content.decode()

    now = timezone.now()
    ImagePush.objects.create(
        account_id="123456789012",
        region=factories.REGION,
        repository="chat-chat-http",
        tag="2.15.0",
        digest="sha256:1",
        pushed_at=now,
        received_at=now,
    )
    page = manager.get("/env/chat-dev/").content.decode()
    assert "A new image waits for the next start: chat-chat-http 2.15.0." in page
