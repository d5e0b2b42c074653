"""The history on pages: what people read there, and what they take back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from environments.models import Calendar, DayException, Environment, Hold, HttpCheck, Period, StatusPage, Wish
from environments.services import exceptions, holds, pauses
from environments.services.exceptions import Wanted
from portal import origin
from portal.history import changes_of
from tests import factories

from .asking import whole

pytestmark = pytest.mark.django_db
Enter = Callable[[User], Client]


def text(client: Client, address: str, **headers: str) -> str:
    """What a page says, from its list of changes on."""
    html_of_it = client.get(address, headers=headers).content.decode() if headers else whole(client, address)
    lines = html_of_it[html_of_it.index("chg-lines") :]
    said = re.sub(r"<dialog.*?</dialog>|<[^>]+>", " ", lines, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", said))


def off(chat: Environment, author: User, day: int = 1) -> list[DayException]:
    first = timezone.localdate() + timedelta(days=day)
    wanted = Wanted(kind="off", first=first, last=first, minute=None, reason="outing")
    return exceptions.place(scope=chat, wanted=wanted, author=author, now=timezone.now())


def undo(client: Client, kind: str, model: type[DayException] | type[Hold]) -> str:
    """Presses the button of the newest change; what is said then."""
    change = changes_of(model).order_by("history_id").last().history_id
    answer = client.post("/env/chat-dev/changes/undo/", {"kind": kind, "change": change}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def test_a_page_tells_who_changed_what_from_where_with_old_and_new(enter: Enter) -> None:
    chat, operator = factories.chat_app(), factories.operator()
    period = Period.objects.get()
    with origin.acting(operator, "bot"):
        period.end_time = "20:00"
        period.save()
        chat.schedule = factories.schedule("Long days")
        chat.save()
    off(chat, operator)
    shown = text(enter(factories.viewer()), "/env/chat-dev/")
    assert "operator · chat" in shown
    assert "Schedule: Office hours Seoul → Long days" in shown
    assert "Exception placed for chat-dev, Tue 24 Nov: Off all day" in shown
    assert "Stop moved from 18:00 to 20:00" in text(
        enter(operator), f"/environments/schedule/{period.schedule_id}/history/"
    )


def test_placing_is_taken_back_and_so_is_taking_back(as_manager: Client) -> None:
    chat = factories.chat_app()
    off(chat, factories.manager())
    for in_force in (False, True, False):
        assert undo(as_manager, "exception", DayException) == "Taken back."
        assert DayException.objects.in_force().exists() is in_force


def test_a_released_hold_comes_back_unless_its_time_is_over_or_another_stands_there(as_manager: Client) -> None:
    chat, manager, now = factories.chat_app(), factories.manager(), timezone.now()
    holds.place(environment=chat, desired=Wish.STOPPED, until=now + timedelta(hours=1), author=manager, now=now)
    assert undo(as_manager, "hold", Hold) == "Taken back."  # released
    assert not Hold.objects.open().exists()
    released = changes_of(Hold).order_by("history_id").last().history_id
    assert undo(as_manager, "hold", Hold) == "Taken back."  # placed again
    assert Hold.objects.open().get().desired == "stopped"
    answer = as_manager.post("/env/chat-dev/changes/undo/", {"kind": "hold", "change": released}, follow=True)
    assert "another hold has taken its place" in answer.content.decode()
    Hold.objects.update(ended_at=now, ended_by=manager)
    changes_of(Hold).update(until=now)
    answer = as_manager.post("/env/chat-dev/changes/undo/", {"kind": "hold", "change": released}, follow=True)
    assert "its time is over" in answer.content.decode()


@pytest.mark.parametrize(("kind", "model"), [("exception", DayException), ("hold", Hold)])
def test_who_may_only_look_has_no_button_and_takes_nothing_back(enter: Enter, kind: str, model: type) -> None:
    chat, manager, now = factories.chat_app(), factories.manager(), timezone.now()
    off(chat, manager)
    holds.place(environment=chat, desired=Wish.STOPPED, until=holds.Until.RELEASED, author=manager, now=now)
    viewer = enter(factories.viewer())
    assert "dialog-undo" not in whole(viewer)
    change = changes_of(model).get().history_id
    answer = viewer.post("/env/chat-dev/changes/undo/", {"kind": kind, "change": change})
    assert answer.status_code == 403
    assert model.objects.get().ended_at is None  # type: ignore[attr-defined]
    assert enter(manager).get("/env/chat-dev/changes/undo/").status_code == 405


def test_changes_of_another_environment_are_not_reached_through_ones_own(as_manager: Client) -> None:
    factories.chat_app()
    other = factories.environment("other", team=factories.team("Payments"))
    off(other, factories.outsider())
    assert undo(as_manager, "exception", DayException) == "There was nothing to undo any more."
    assert DayException.objects.in_force().exists()


def test_older_changes_are_loaded_below(as_manager: Client) -> None:
    chat, now = factories.chat_app(), timezone.now()
    changes_of(Environment).update(history_date=now - timedelta(days=60))
    for n in range(1, 20):
        chat.description = f"number {n}"
        chat.save()
        changes_of(Environment).filter(description=chat.description).update(history_date=now + timedelta(minutes=n))
    first = as_manager.get("/env/chat-dev/live/?later").context
    assert "number 19" in text(as_manager, "/env/chat-dev/")
    assert len(first["changes"]) == 15
    more = text(as_manager, first["older_changes"], **{"HX-Request": "true"})
    assert "number 4" in more
    assert "number 5" not in more.replace("number 4 → number 5", "")
    assert as_manager.get("/env/chat-dev/changes/?before=nonsense").status_code == 200


def test_parameters_are_told_without_their_values_to_those_who_may_not_read_them(enter: Enter) -> None:
    parameter = factories.chat_app().targets.get().parameters.first()
    assert parameter is not None
    parameter.value = "s3cret"
    parameter.save()
    assert "s3cret" not in whole(enter(factories.viewer()))
    assert "s3cret" in whole(enter(factories.operator()))


def test_the_history_of_a_row_is_for_those_who_may_look_at_it(enter: Enter) -> None:
    chat = factories.chat_app()
    address = Calendar.objects.create(name="Company", ics_url="https://calendar.example/first")
    address.ics_url = "https://calendar.example/secret"
    address.save()
    said = text(enter(factories.viewer()), f"/environments/calendar/{address.pk}/history/")
    assert "Address of an ICS calendar changed" in said
    assert "calendar.example" not in said
    outsider = enter(factories.outsider())
    assert outsider.get(f"/environments/environment/{chat.pk}/history/").status_code == 404
    assert outsider.get(f"/auth/user/{factories.operator().pk}/history/").status_code == 403


def test_administrators_read_everything_of_the_last_30_days_by_person(enter: Enter) -> None:
    chat, operator = factories.chat_app(), factories.operator()
    with origin.acting(operator):
        chat.description = "by the operator"
        chat.save()
    assert enter(operator).get("/changes/").status_code == 403
    shown = text(enter(factories.administrator()), f"/changes/?person={operator.pk}")
    assert "by the operator" in shown
    assert "added" not in shown


def test_the_page_of_everything_says_of_which_environment_a_hold_or_a_pause_is(enter: Enter) -> None:
    chat, now = factories.chat_app(), timezone.now()
    holds.place(
        environment=chat, desired=Wish.STOPPED, until=holds.Until.RELEASED, author=factories.operator(), now=now
    )
    pauses.place(environment=chat, until=now + timedelta(days=2), author=factories.operator(), now=now)
    everything = enter(factories.administrator())
    shown = text(everything, "/changes/")
    assert "chat-dev : Kept stopped until released" in shown
    assert "chat-dev : Schedule paused until" in shown
    assert everything.get("/changes/").content.decode().count('href="/env/chat-dev/">chat-dev</a>:') == 2
    assert "chat-dev : " not in text(everything, "/env/chat-dev/")


def test_roles_are_called_by_their_names_in_the_readers_language(enter: Enter) -> None:
    viewer, admin = factories.viewer(), factories.administrator()
    viewer.groups.add(Group.objects.get(name="Operator"))
    shown = text(enter(admin), f"/auth/user/{viewer.pk}/history/", accept_language="ko")
    assert "운영자" in shown
    assert "Operator" not in shown


def test_an_environments_changes_tell_of_its_checks_and_its_status_page(enter: Enter) -> None:
    chat, operator = factories.chat_app(), factories.operator()
    with origin.acting(operator):
        StatusPage.objects.create(environment=chat, title="Chat (test)", is_public=True)
        HttpCheck.objects.create(environment=chat, name="Front door", url="https://chat.example.com/")
    shown = text(enter(operator), "/env/chat-dev/")
    assert "Status page “Chat (test)” added" in shown
    assert "Web address check “Front door” added" in shown
