"""Pauses, last days, longest holds and early starts on the environment's page and in its form."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from environments.models import Environment, Pause
from environments.services import pauses
from notifications.models import Contact
from tests import factories
from tests.support.times import monday, on

from .filling import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    made = factories.chat_app()
    Environment.objects.update(state="running", wish="running")
    return made


def send(browser: Client, verb: str, **form: Any) -> str:
    answer = browser.post(f"/env/chat-dev/{verb}/", form)
    assert answer.status_code == 302
    return str(list(get_messages(answer.wsgi_request))[-1])


def page(browser: Client) -> str:
    return browser.get("/env/chat-dev/").content.decode()


def test_a_manager_pauses_until_the_beginning_of_a_day_and_everybody_reads_why(
    as_manager: Client, chat: Environment
) -> None:
    told = send(as_manager, "pause", until="2026-11-26", reason="load test")
    assert Pause.objects.get().until == on("thursday", "00:00")
    assert told == "The schedule of chat-dev is paused until Thu 00:00 (Asia/Seoul): it stays as it is."
    shown = page(as_manager)
    assert "/resume/" in shown
    assert "load test" in shown
    assert send(as_manager, "resume") == "The schedule decides again."
    assert "/resume/" not in page(as_manager)


@pytest.mark.parametrize(
    ("until", "said"),
    [("", "Say until when"), ("soon", "Choose a date"), ("2026-11-23", "This time has passed")],
)
def test_a_wrong_date_is_answered_in_words_and_pauses_nothing(
    as_manager: Client, chat: Environment, until: str, said: str
) -> None:
    assert said in send(as_manager, "pause", until=until)
    assert not Pause.objects.exists()


def test_where_holds_are_limited_managers_are_not_offered_the_pause_nor_allowed_it(
    as_manager: Client, as_operator: Client, chat: Environment
) -> None:
    Environment.objects.update(max_hold_hours=4)
    assert "dialog-pause" not in page(as_manager)
    assert "dialog-pause" in page(as_operator)
    assert as_manager.post("/env/chat-dev/pause/", {"until": "2026-11-26"}).status_code == 403
    assert not Pause.objects.exists()


def test_the_dialogs_offer_managers_no_more_than_they_may(
    as_manager: Client, as_operator: Client, chat: Environment
) -> None:
    Environment.objects.update(max_hold_hours=1)
    shown = as_manager.get("/env/chat-dev/ask/keep/").content.decode()
    assert "You may hold it until 19:00 at the latest" in shown
    assert 'value="+1"' in shown
    assert 'value="+2"' not in shown
    assert 'value="+2"' in as_operator.get("/env/chat-dev/ask/keep/").content.decode()


def test_a_last_day_that_comes_is_shown_with_what_happens_then(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(expires_on=date(2026, 11, 25))
    assert "in 2 days: at the end of it, it is stopped for good" in page(as_manager)
    Environment.objects.update(expires_on=date(2026, 11, 22))
    assert "It stays stopped until an operator moves that day" in page(as_manager)
    Environment.objects.update(expires_on=date(2027, 11, 22))
    assert "stopped for good" not in page(as_manager)


def test_the_early_start_says_from_what_it_was_learned(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(start_early=True)
    assert "learned after three starts (so far 0)" in page(as_manager)
    for _ in range(3):
        factories.step(factories.operation(chat), "announce")
    assert "1 min, so that it is ready in time: nine of ten of its last 3 starts" in page(as_manager)


def test_an_operator_sets_limits_and_a_last_day_and_its_warnings_begin_anew(
    as_operator: Client, chat: Environment
) -> None:
    Environment.objects.update(expires_on=date(2026, 11, 25), expiry_warned=7)
    address = f"/environments/environment/{chat.pk}/change/"
    form = filled(as_operator.get(address)) | {
        "expires_on": "2026-12-31", "max_hold_hours": "4", "start_early": "on", "start_early_cap": "30"
    }  # fmt: skip
    assert as_operator.post(address, form).status_code == 302
    chat.refresh_from_db()
    assert (chat.expires_on, chat.expiry_warned) == (date(2026, 12, 31), None)
    assert (chat.max_hold_hours, chat.start_early, chat.start_early_cap) == (4, True, 30)
    assert chat.next_transition_at == monday("10:00")


def test_a_last_day_that_has_passed_is_refused_in_words(as_operator: Client, chat: Environment) -> None:
    address = f"/environments/environment/{chat.pk}/change/"
    answer = as_operator.post(address, filled(as_operator.get(address)) | {"expires_on": "2026-11-22"})
    assert "This day has passed" in answer.content.decode()
    chat.refresh_from_db()
    assert chat.expires_on is None


def test_a_pause_of_somebody_else_is_shown_to_viewers_without_a_button(enter: Any, chat: Environment) -> None:
    pauses.place(environment=chat, until=on("friday", "00:00"), author=factories.manager(), now=monday("09:30"))
    shown = page(enter(factories.viewer()))
    assert "Schedule paused" in shown
    assert "/resume/" not in shown


def test_a_hold_released_in_a_pause_says_that_the_environment_stays_as_it_is(
    as_manager: Client, chat: Environment
) -> None:
    send(as_manager, "pause", until="2026-11-26")
    send(as_manager, "ask/start", until="2")
    assert send(as_manager, "ask/release") == "chat-dev: Released. It stays as it is: until Thu 00:00 · manager."


def test_an_hour_is_an_hour_where_an_hour_is_the_longest_hold(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(max_hold_hours=1, schedule=None, state="stopped")
    with time_machine.travel(monday("10:00") + timedelta(seconds=15), tick=False):
        assert "until 11:01" in send(as_manager, "ask/start", until="1")


def test_an_operator_says_who_is_asked_before_it_stops_and_the_page_says_it(
    as_operator: Client, chat: Environment
) -> None:
    minseo = Contact.objects.create(name="Minseo Kim")
    address = f"/environments/environment/{chat.pk}/change/"
    form = filled(as_operator.get(address)) | {"warn_minutes": "45", "contacts": [str(minseo.pk)]}
    assert as_operator.post(address, form).status_code == 302
    chat.refresh_from_db()
    assert (chat.warn_minutes, list(chat.contacts.all())) == (45, [minseo])
    assert "45 min before: Minseo Kim" in as_operator.get(f"/env/{chat.slug}/").content.decode()


def test_where_nobody_is_named_the_page_says_that_the_managers_are_asked_or_nobody_is(
    as_operator: Client, chat: Environment
) -> None:
    assert "30 min before: the managers of its team" in as_operator.get(f"/env/{chat.slug}/").content.decode()
    Environment.objects.update(warn_minutes=0)
    assert "nobody is asked" in as_operator.get(f"/env/{chat.slug}/").content.decode()


def test_more_than_four_hours_before_is_refused_in_words(as_operator: Client, chat: Environment) -> None:
    address = f"/environments/environment/{chat.pk}/change/"
    answer = as_operator.post(address, filled(as_operator.get(address)) | {"warn_minutes": "300"})
    assert "240" in answer.content.decode()
    assert Environment.objects.get().warn_minutes == 30
