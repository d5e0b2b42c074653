"""What people do on the board: a dialog says what will happen, a POST does it, and only what reads anew is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from environments.models import DayException, Environment, Hold, Operation
from environments.services import schedules
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .overriding import MONDAY, TUESDAY, made, words
from .world import cast, furnish

pytestmark = pytest.mark.django_db

ASK = "/env/chat-dev/ask/{}/"


@pytest.fixture
def here(db: None) -> Environment:
    """It runs, as planned, until 18:00."""
    found = factories.chat_app()
    Environment.objects.filter(pk=found.pk).update(state="running", wish="running", judged_at=monday("09:00"))
    found.refresh_from_db()
    return found


def send(browser: Client, address: str, **form: Any) -> str:
    """As the board's own scripts send it; what they are answered."""
    answer = browser.post(address, form, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer
    return answer.content.decode()


def ask(browser: Client, verb: str) -> str:
    return browser.get(ASK.format(verb)).content.decode()


def said(html: str) -> str:
    return words(html.split("data-toast>")[1].split("</p>")[0])


def test_keeping_on_offers_what_is_later_than_planned_and_one_click_does_it(
    here: Environment, as_manager: Client
) -> None:
    html = ask(as_manager, "keep")
    offered = re.findall(r'name="choice" value="([^"]+)"', html)
    assert offered == ["+1", "+2", "at:2026-11-23T22:00", "at:2026-11-24T00:00", "released", "time"]
    assert "Running until 18:00: schedule Office hours Seoul" in words(html)
    assert "until 19:00" in html
    answer = send(as_manager, ASK.format("keep"), choice="at:2026-11-23T22:00", until_time="2026-11-23T20:00")
    assert Hold.objects.get().until == monday("22:00")
    assert said(answer) == "chat-dev is kept running until 22:00 (Asia/Seoul)."
    assert "Running, held" in answer.split(f'id="row-{here.pk}"')[1]
    assert "<dialog" not in answer


ENDS = {"+1": "19:00", "+2": "20:00", "time": "21:30"}


@pytest.mark.parametrize("choice", ENDS)
def test_each_choice_of_the_menu_ends_where_it_says(choice: str, here: Environment, as_manager: Client) -> None:
    send(as_manager, ASK.format("keep"), choice=choice, until_time="2026-11-23T21:30", reason="demo")
    hold = Hold.objects.get()
    assert (hold.until, hold.reason) == (monday(ENDS[choice]), "demo")


def test_stopping_says_what_it_was_to_do_and_is_undone_with_one_click(here: Environment, as_manager: Client) -> None:
    factories.hold(here, until=monday("22:00"), author=factories.operator(), reason="client demo")
    assert "client demo" in words(ask(as_manager, "stop"))
    answer = send(as_manager, ASK.format("stop"), until="next")
    assert said(answer) == "chat-dev stops now and stays stopped until 18:00 (Asia/Seoul)."
    assert Operation.objects.get().kind == "stop"
    hold = Hold.objects.open().get()
    assert f'name="hold" value="{hold.pk}"' in answer
    undone = said(send(as_manager, "/env/chat-dev/undo/", hold=str(hold.pk)))
    assert undone == "chat-dev is held as before: until 22:00, by operator: client demo (Asia/Seoul)."
    assert Hold.objects.open().get().reason == "client demo"
    assert said(send(as_manager, "/env/chat-dev/undo/", hold=str(hold.pk))) == "There was nothing to undo any more."


def test_what_others_need_is_not_stopped_and_the_dialog_says_who(here: Environment, as_manager: Client) -> None:
    other = factories.chat_app("chat-qa", "QaStack")
    Environment.objects.filter(pk=other.pk).update(state="running", wish="running")
    other.needs.add(here)
    assert "chat-qa" in words(ask(as_manager, "stop"))
    assert "chat-qa" in words(send(as_manager, ASK.format("stop"), until="next"))
    assert not Hold.objects.exists()


def test_a_day_off_is_one_click_with_what_was_planned_and_is_undone_with_another(
    here: Environment, as_manager: Client
) -> None:
    html = words(ask(as_manager, "off"))
    assert "Today Mon 23 Nov planned 09:00–18:00. It stops now" in html
    assert "Tomorrow Tue 24 Nov planned 09:00–18:00" in html
    answer = send(as_manager, ASK.format("off"), day=TUESDAY, date="2026-12-01", reason="not needed this day")
    row = DayException.objects.in_force().get()
    assert (f"{row.day}", row.kind, row.environment) == (TUESDAY, "off", here)
    assert said(answer).startswith("chat-dev, Tue 24 Nov: ")
    send(as_manager, "/env/chat-dev/undo/", batch=str(row.batch))
    assert not DayException.objects.in_force().exists()


def test_another_day_is_taken_from_its_field_and_today_stops_what_runs(here: Environment, as_manager: Client) -> None:
    send(as_manager, ASK.format("on"), day="another", date="2026-11-28", reason="release")
    answer = send(as_manager, ASK.format("off"), day=MONDAY, date="", reason="power cut")
    assert "It stops within seconds." in said(answer)
    kinds = DayException.objects.in_force().order_by("day").values_list("kind", flat=True)
    assert list(kinds) == ["off", "on"]


@pytest.fixture
def drifted(here: Environment) -> Environment:
    """Started outside on a day off: it is left alone until its plan next says something else."""
    made(here, "off", MONDAY)
    Environment.objects.filter(pk=here.pk).update(wish="stopped", drift_since=monday("09:40"))
    return here


@pytest.mark.parametrize("day", [MONDAY, TUESDAY])
def test_a_day_off_promises_no_stop_of_what_was_started_outside(
    day: str, drifted: Environment, as_manager: Client
) -> None:
    assert "It stops now" not in words(ask(as_manager, "off"))
    assert "within seconds" not in said(send(as_manager, ASK.format("off"), day=day, reason="outing"))
    several = send(as_manager, "/board/many/", do="off", env=[drifted.pk], day=day, reason="outing")
    assert "Done for 1 of 1" in several
    assert "within seconds" not in several
    schedules.enforce_due(now=monday("10:00"))
    assert not Operation.objects.exists(), "and so it is"


def test_a_day_off_promises_no_stop_of_what_others_need(here: Environment, as_manager: Client) -> None:
    other = factories.chat_app("chat-qa", "QaStack")
    Environment.objects.filter(pk=other.pk).update(state="running", wish="running")
    other.needs.add(here)
    assert "It stops now" not in words(ask(as_manager, "off"))
    assert "within seconds" not in said(send(as_manager, ASK.format("off"), day=MONDAY, reason="outing"))
    schedules.enforce_due(now=monday("10:00"))
    assert not Operation.objects.filter(environment=here).exists(), "and so it is"


def test_a_day_on_starts_what_its_plan_had_off_and_says_so(drifted: Environment, as_manager: Client) -> None:
    Environment.objects.filter(pk=drifted.pk).update(state="stopped", drift_since=None)
    assert "It starts now." in words(ask(as_manager, "on"))
    assert "It starts within seconds." in said(send(as_manager, ASK.format("on"), day=MONDAY, reason="demo"))
    schedules.enforce_due(now=monday("10:00"))
    assert Operation.objects.get().kind == "start"


REFUSED = {
    "keep": ({"choice": "time", "until_time": "2026-11-23T09:00"}, "This time has passed."),
    "stop": ({"until": "for ever"}, "is no answer to “until when”"),
    "off": ({"day": "2026-11-20", "reason": "late"}, "passed"),
    "on": ({"day": TUESDAY, "reason": " "}, "Say why"),
    "release": ({}, "There was nothing to release any more."),
    "retry": ({}, "There is nothing to try again any more."),
}


@pytest.mark.parametrize("verb", REFUSED)
def test_what_cannot_be_is_said_in_the_dialog_and_nothing_is_written(
    verb: str, here: Environment, as_manager: Client
) -> None:
    form, why = REFUSED[verb]
    answer = send(as_manager, ASK.format(verb), **form)
    assert why in words(answer.split('role="alert"')[1])
    assert "<dialog" in answer
    assert not Hold.objects.exists()
    assert not DayException.objects.exists()


def test_releasing_and_trying_again_are_done_on_the_board_too(here: Environment, as_manager: Client) -> None:
    factories.hold(here, until=None, author=factories.operator())
    assert "until released" in words(ask(as_manager, "release"))
    assert "decides again" in said(send(as_manager, ASK.format("release")))
    factories.operation(here, "start", "failed")
    Environment.objects.filter(pk=here.pk).update(state="failed_to_start", state_reason={"en": "No capacity."})
    assert "No capacity." in words(ask(as_manager, "retry"))
    assert "tried again" in said(send(as_manager, ASK.format("retry")))
    assert Operation.objects.unfinished().get().kind == "start"


@pytest.mark.parametrize(("who", "status"), [(factories.viewer, 403), (factories.outsider, 404)])
def test_who_may_not_switch_it_is_neither_asked_nor_heard(who: Any, status: int, enter: Enter, here: Any) -> None:
    person: User = who()
    for verb in ("start", "stop", "keep", "off", "on", "release", "retry"):
        assert enter(person).get(ASK.format(verb)).status_code == status, verb
        assert enter(person).post(ASK.format(verb), {"choice": "+1", "until": "next"}).status_code == status, verb
    assert enter(person).post("/env/chat-dev/undo/", {"hold": "1"}).status_code == status
    assert not Hold.objects.exists()


def test_several_at_once_are_confirmed_and_told_one_by_one(
    here: Environment, as_manager: Client, as_outsider: Client
) -> None:
    down = factories.chat_app("chat-qa", "QaStack")
    Environment.objects.filter(pk=down.pk).update(state="stopped")
    foreign = factories.chat_app("pay", "PayStack", team=factories.team("Payments"))
    chosen = f"/board/many/?do=stop&env={here.pk}&env={down.pk}&env={foreign.pk}&env=x"
    asked = as_manager.get(chosen).content.decode()
    assert "It stops now. By its plan: stops 18:00." in words(asked)
    assert "chat-qa left as it is: It is stopped or stops already." in words(asked)
    assert "pay" not in words(asked).split()
    assert not Hold.objects.exists()
    answer = send(as_manager, "/board/many/", do="stop", env=[here.pk, down.pk, foreign.pk], until="next")
    assert "Done for 1 of 2" in answer
    assert "chat-dev stops now and stays stopped until 18:00" in words(answer)
    assert "chat-qa was left as it is:" in words(answer)
    assert [hold.environment for hold in Hold.objects.all()] == [here]
    theirs = words(as_outsider.get(chosen).content.decode())
    assert "pay " in theirs
    assert "chat" not in theirs
    nothing = as_outsider.get(f"/board/many/?do=stop&env={here.pk}").content.decode()
    assert "Choose environments first." in nothing


MANY = {
    "start": {"until": "time"},
    "off": {"day": "", "reason": "x"},
    "on": {"day": TUESDAY, "reason": ""},
}


@pytest.mark.parametrize("verb", MANY)
def test_what_lacks_for_all_of_them_is_asked_for_before_anything_is_done(
    verb: str, here: Environment, as_manager: Client
) -> None:
    answer = send(as_manager, "/board/many/", do=verb, env=[here.pk], **MANY[verb])
    assert "Say" in words(answer.split('role="alert"')[1])
    assert not Hold.objects.exists()
    assert not DayException.objects.exists()


def test_a_day_off_for_several_is_one_exception_each(here: Environment, as_manager: Client) -> None:
    other = factories.chat_app("chat-qa", "QaStack")
    send(as_manager, "/board/many/", do="off", env=[here.pk, other.pk], day=TUESDAY, reason="holiday")
    assert {row.environment for row in DayException.objects.in_force()} == {here, other}


def _undo_of(answer: str) -> dict[str, list[str]]:
    """What the one button of the answer sends."""
    form = answer.split('hx-post="/board/many/undo/"')[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="([^"]+)" value="([^"]+)"', form):
        found.setdefault(name, []).append(value)
    return found


def test_what_was_done_for_several_is_taken_back_with_one_click_for_those_that_are_theirs(
    here: Environment, as_manager: Client, as_outsider: Client
) -> None:
    other = factories.chat_app("chat-qa", "QaStack")
    Environment.objects.filter(pk=other.pk).update(state="running")
    both = [here.pk, other.pk]
    stopped = _undo_of(send(as_manager, "/board/many/", do="stop", env=both, until="next"))
    off = _undo_of(send(as_manager, "/board/many/", do="off", env=both, day=TUESDAY, reason="holiday"))
    for undo in (stopped, off):
        assert "Taken back for 0 of 0" in send(as_outsider, "/board/many/undo/", **undo)
    assert Hold.objects.open().count() == DayException.objects.in_force().count() == 2

    answer = send(as_manager, "/board/many/undo/", **stopped)
    assert "Taken back for 2 of 2" in answer
    assert "chat-qa: Released: the schedule decides again." in words(answer)
    assert "/board/many/undo/" not in answer
    assert not Hold.objects.open().exists()
    assert "chat-dev, Tue 24 Nov" in words(send(as_manager, "/board/many/undo/", **off))
    assert not DayException.objects.in_force().exists()
    assert "Taken back for 0 of 2" in send(as_manager, "/board/many/undo/", **off)


def test_a_guarded_stop_is_reviewed_and_not_simply_tried_again(enter: Enter) -> None:
    people = cast()
    furnish()
    html = enter(people["manager"]).get("/").content.decode()
    assert "/ask/retry/" not in html
    assert "/env/zebra-dev/#guard" in html


def test_an_exception_that_is_about_to_end_needs_somebody(here: Environment, as_manager: Client) -> None:
    made(here, "stop", MONDAY, minute=10 * 60 + 45)
    Environment.objects.filter(pk=here.pk).update(next_transition_at=monday("10:45"))
    lines = as_manager.get("/").content.decode().split('id="board-lines"')[1].split("</section>")[0]
    assert "Ends soon" in lines
    assert "/env/chat-dev/ask/keep/" in lines
