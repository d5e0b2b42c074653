"""Starting, stopping, keeping, releasing, trying again, accepting: what a click does, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client

from environments.models import Environment, GuardAcceptance, Hold, Operation
from tests import factories
from tests.support.times import monday, on

from .conftest import Enter
from .walking import contents

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    """The chat application, stopped, though the plan of this Monday morning says running."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(state="stopped", wish="running")
    return made


def send(browser: Client, verb: str, **form: Any) -> str:
    """Send a form without any script; what people are told then."""
    answer = browser.post(f"/env/chat-dev/{verb}/", form)
    assert answer.status_code == 302
    assert answer["Location"] == ("/" if verb.startswith("ask/") else "/env/chat-dev/")
    return str(list(get_messages(answer.wsgi_request))[-1])


def test_a_start_is_asked_for_with_a_hold_that_names_who_and_why(as_manager: Client, chat: Environment) -> None:
    told = send(as_manager, "ask/start", until="next", reason="client demo")
    hold = Hold.objects.get()
    operation = Operation.objects.get()
    assert (hold.desired, hold.reason, hold.author.username) == ("running", "client demo", "manager")  # type: ignore[union-attr]
    assert (operation.kind, operation.trigger, operation.actor) == ("start", "hold", hold.author)
    assert told == "chat-dev starts now and is kept running until 18:00 (Asia/Seoul)."


def test_a_stop_is_asked_for_and_stays_until_the_plan_changes(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(state="running")
    told = send(as_manager, "ask/stop")
    assert Hold.objects.get().until == monday("18:00")
    assert Operation.objects.get().kind == "stop"
    assert told == "chat-dev stops now and stays stopped until 18:00 (Asia/Seoul)."


def test_what_runs_is_kept_on_without_an_operation(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(state="running")
    told = send(as_manager, "ask/start", until="+2")
    assert Hold.objects.get().until == monday("20:00")
    assert not Operation.objects.exists()
    assert told == "chat-dev is kept running until 20:00 (Asia/Seoul)."


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ({"until": "next"}, monday("18:00")),
        ({}, monday("18:00")),
        ({"until": "1"}, monday("11:00")),
        ({"until": "2"}, monday("12:00")),
        ({"until": "+1"}, monday("19:00")),
        ({"until": "+2"}, monday("20:00")),
        ({"until": "time", "until_time": "2026-11-23T21:30"}, monday("21:30")),
        ({"until": "time", "until_time": "2026-11-25T00:00"}, on("wednesday", "00:00")),
        ({"until": "released"}, None),
    ],
)
def test_a_hold_ends_when_it_was_asked_to(
    until: dict[str, str], end: datetime | None, as_manager: Client, chat: Environment
) -> None:
    send(as_manager, "ask/start", **until)
    assert Hold.objects.get().until == end


def test_an_hour_is_never_a_few_seconds_short_and_ends_on_a_minute(as_manager: Client, chat: Environment) -> None:
    with time_machine.travel(monday("10:00") + timedelta(seconds=42), tick=False):
        send(as_manager, "ask/start", until="1")
    assert Hold.objects.get().until == monday("11:01")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-28T12:00", datetime(2026, 11, 28, 17, tzinfo=UTC)),
        # The clocks of New York go from 02:00 to 03:00 on 14 March 2027: the first instant after the gap.
        ("2027-03-14T02:30", datetime(2027, 3, 14, 7, tzinfo=UTC)),
        # And from 02:00 back to 01:00 on 7 November 2027: the first of the two.
        ("2027-11-07T01:30", datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_typed_time_is_wall_time_where_the_environment_lives(
    typed: str, meant: datetime, as_manager: Client, chat: Environment
) -> None:
    Environment.objects.update(timezone="America/New_York")
    send(as_manager, "ask/start", until="time", until_time=typed)
    assert Hold.objects.get().until == meant


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"until": "time", "until_time": "2026-11-23T09:59"}, "This time has passed. Choose one in the future."),
        ({"until": "time", "until_time": "2026-11-23T10:00"}, "This time has passed. Choose one in the future."),
        ({"until": "time", "until_time": ""}, "Say until when."),
        ({"until": "time", "until_time": "tonight"}, "“tonight” is not a date with a time."),
        ({"until": "time", "until_time": "2026-11-24"}, "“2026-11-24” is not a date with a time."),
        ({"until": "a while"}, "“a while” is no answer to “until when”."),
        ({"until": "next", "reason": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence_and_nothing_is_written(
    form: dict[str, str], sentence: str, as_manager: Client, chat: Environment
) -> None:
    before = contents()
    assert sentence in send(as_manager, "ask/start", **form)
    assert contents() == before


def test_a_schedule_that_cannot_be_read_refuses_the_switch_with_the_reason(
    as_manager: Client, chat: Environment
) -> None:
    assert chat.schedule is not None
    chat.schedule.periods.update(weekdays="someday")
    before = contents()
    assert "Its schedule cannot be read" in send(as_manager, "ask/start")
    assert contents() == before


def test_a_hold_is_released_and_the_plan_decides_again(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(wish="stopped")
    factories.hold(chat, "stopped", until=None)
    assert send(as_manager, "ask/release") == "chat-dev: Released: the schedule decides again."
    assert Hold.objects.get().ended_by.username == "manager"  # type: ignore[union-attr]
    assert Operation.objects.get().kind == "start"
    assert send(as_manager, "ask/release") == "There was nothing to release any more."


def test_a_hold_is_released_from_the_list_of_holds_after_a_question(as_manager: Client, chat: Environment) -> None:
    hold = factories.hold(chat, until=None)
    address = f"/environments/hold/{hold.pk}/release/"
    assert address in as_manager.get(f"/environments/hold/{hold.pk}/change/").content.decode()
    assert "Release this hold?" in as_manager.get(address).content.decode()
    assert Hold.objects.get().ended_at is None
    answer = as_manager.post(address, {"_form_submitted": "on"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/env/chat-dev/"
    assert Hold.objects.get().ended_at == monday("10:00")
    assert address not in as_manager.get(f"/environments/hold/{hold.pk}/change/").content.decode()


def test_what_failed_is_tried_again_in_the_name_of_who_asks(as_manager: Client, chat: Environment) -> None:
    assert send(as_manager, "ask/retry") == "There is nothing to try again any more."
    factories.operation(chat, "stop", "failed")
    assert send(as_manager, "ask/retry") == "chat-dev: it is tried again."
    again = Operation.objects.get(status="pending")
    assert (again.kind, again.actor.username) == ("stop", "manager")  # type: ignore[union-attr]


@pytest.fixture
def guarded(chat: Environment) -> Environment:
    """Its stop waits for somebody to accept that a table is lost."""
    Environment.objects.update(state="failed_to_stop")
    failed = factories.operation(chat, "stop", "failed")
    found = [{"logical_id": "Files", "type": "AWS::S3::Bucket", "path": ""}]
    factories.step(failed, "guard", "failed", memo={"fingerprint": "f1", "findings": found})
    return chat


def test_an_operator_accepts_the_listed_loss_and_the_stop_is_tried_again(
    as_operator: Client, guarded: Environment
) -> None:
    html = as_operator.get("/env/chat-dev/").content.decode()
    assert "Files" in html
    assert 'name="fingerprint" value="f1"' in html
    assert send(as_operator, "accept", fingerprint="f1") == "Accepted. The stop is tried again."
    accepted = GuardAcceptance.objects.get()
    assert (accepted.accepted_by.username, accepted.findings[0]["logical_id"]) == ("operator", "Files")
    assert Operation.objects.filter(kind="stop", status="pending").count() == 1


def test_nothing_is_accepted_while_others_need_what_would_be_stopped(as_operator: Client, guarded: Environment) -> None:
    factories.environment("app", state="running", wish="running").needs.add(guarded)
    before = contents()
    told = send(as_operator, "accept", fingerprint="f1")
    assert "chat-dev is not stopped, because others still need it: app" in told
    assert contents() == before


def test_a_template_that_changed_since_they_looked_is_not_accepted(as_operator: Client, guarded: Environment) -> None:
    before = contents()
    assert "has changed since you looked" in send(as_operator, "accept", fingerprint="f0")
    assert "has changed since you looked" in send(as_operator, "accept")
    assert contents() == before


def test_a_manager_sees_the_question_and_may_not_answer_it(as_manager: Client, guarded: Environment) -> None:
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert "An operator decides on it." in html
    assert "/accept/" not in html
    answer = as_manager.post("/env/chat-dev/accept/", {"fingerprint": "f1"})
    assert answer.status_code == 403
    assert "Only an operator may accept that data is lost." in answer.content.decode()


@pytest.mark.parametrize("verb", ["redeploy", "accept"])
def test_who_may_look_and_not_switch_is_told_who_can(verb: str, enter: Enter, guarded: Environment) -> None:
    browser = enter(factories.viewer())
    before = contents()
    answer = browser.post(f"/env/chat-dev/{verb}/", {"fingerprint": "f1"})
    assert answer.status_code == 403
    assert ("A manager of its team can." if verb != "accept" else "Only an operator") in answer.content.decode()
    assert contents() == before


@pytest.mark.parametrize("verb", ["redeploy", "accept"])
def test_for_somebody_of_another_team_it_does_not_exist(verb: str, as_outsider: Client, guarded: Environment) -> None:
    before = contents()
    assert as_outsider.post(f"/env/chat-dev/{verb}/", {"fingerprint": "f1"}).status_code == 404
    assert contents() == before


def test_a_form_from_elsewhere_is_refused_with_what_to_do(chat: Environment) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(factories.manager())
    before = contents()
    answer = browser.post("/env/chat-dev/ask/start/", {"until": "next"})
    assert answer.status_code == 403
    assert "This form was out of date" in answer.content.decode()
    assert contents() == before
