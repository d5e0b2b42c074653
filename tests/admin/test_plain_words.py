"""Lists and forms say in words what else were a dash, an empty table, a name for the sign-in or the end of the way."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from environments.models import Schedule, TicketRule
from notifications import intake
from notifications.models import Channel, Delivery, Event
from tests import factories
from tests.support.times import monday

from .conftest import Enter

pytestmark = pytest.mark.django_db


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def happened() -> Event:
    title = {"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"}
    return Event.objects.create(kind="ready", severity="success", title=title, at=monday("09:00"))


def owed(event: Event) -> Delivery:
    due = {"not_before": monday("09:00"), "deadline_at": monday("10:00")}
    channel = Channel.objects.create(name="ops", kind="discord")
    return Delivery.objects.create(event=event, channel=channel, why="everything", **due)


def test_who_ended_a_hold_is_said_by_name(enter: Enter) -> None:
    kim = factories.manager()
    kim.first_name, kim.last_name = "Mina", "Kim"
    kim.save()
    hold = factories.hold(factories.chat_app(), author=factories.operator(), ended_at=timezone.now(), ended_by=kim)
    assert "Mina Kim" in text(enter(factories.operator()), f"/environments/hold/{hold.pk}/change/")


def test_what_a_rule_leaves_open_is_said(as_administrator: Client) -> None:
    TicketRule.objects.create(reader=factories.manager())
    listed = text(as_administrator, "/environments/ticketrule/")
    assert "All teams" in listed
    assert "Incidents and tasks" in listed


def test_a_list_of_schedules_names_only_what_sets_one_aside(as_operator: Client) -> None:
    factories.schedule("Office")
    assert "the periods decide" not in text(as_operator, "/environments/schedule/")
    Schedule.objects.update(override="stopped")
    assert "always stopped" in text(as_operator, "/environments/schedule/")


def test_a_list_of_schedules_names_plain_weekdays_in_the_readers_language(as_operator: Client) -> None:
    factories.schedule("Office", begin_time="09:00", end_time="18:00", weekdays="mon-fri")
    factories.schedule("Firsts", begin_time="09:00", end_time="18:00", weekdays="mon#1")
    assert "09:00–18:00 Mon–Fri" in text(as_operator, "/environments/schedule/")
    korean = as_operator.get("/environments/schedule/", headers={"Accept-Language": "ko"}).content.decode()
    assert "09:00–18:00 월–금" in korean
    assert "09:00–18:00 mon#1" in korean


def test_an_event_that_nobody_was_to_hear_of_says_so(enter: Enter) -> None:
    event, operator = happened(), enter(factories.operator())
    page = f"/notifications/event/{event.pk}/change/"
    assert "nobody asked to hear of it" in text(operator, page)
    owed(event)
    shown = text(operator, page)
    assert "nobody asked to hear of it" not in shown
    assert "deliveries-TOTAL_FORMS" in shown


def test_a_delivery_that_was_never_tried_has_no_empty_table(enter: Enter) -> None:
    delivery, operator = owed(happened()), enter(factories.operator())
    page = f"/notifications/delivery/{delivery.pk}/change/"
    assert "attempt_log-TOTAL_FORMS" not in text(operator, page)
    delivery.attempt_log.create(at=monday("09:01"), outcome="failed")
    assert "attempt_log-TOTAL_FORMS" in text(operator, page)


def test_an_arrival_is_called_by_its_door_and_the_clock(enter: Enter) -> None:
    row = intake.accept(door="sns", payload={}, now=timezone.now())
    assert row is not None
    page = text(enter(factories.operator()), f"/notifications/arrival/{row.pk}/change/")
    assert '<span class="db-crumb-last">SNS subscription, ' in page
    assert "sns 20" not in page


def test_a_kind_without_options_of_its_own_has_no_empty_section(as_operator: Client) -> None:
    assert text(as_operator, "/environments/target/add/?kind=app_runner").count('<fieldset class="module') == 1


def test_a_history_belongs_to_its_list_in_the_menu_and_not_to_the_board(as_operator: Client) -> None:
    chat = factories.environment()
    page = as_operator.get(f"/environments/environment/{chat.pk}/history/")
    groups = page.context["sidebar_navigation"]
    marked = [str(item["title"]) for group in groups for item in group["items"] if item.get("active")]
    assert marked == ["Environments"]


def test_a_changed_password_leads_to_the_board(as_manager: Client) -> None:
    assert 'href="/">To the board</a>' in text(as_manager, "/password_change/done/")


def test_the_button_that_deletes_says_what(as_administrator: Client) -> None:
    page = text(as_administrator, f"/environments/team/{factories.team('Billing').pk}/delete/")
    assert "Delete team" in page
    assert "I’m sure" not in page
