"""What the history keeps: who changed what, when and from where; and what never gets a row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from environments.models import (
    Calendar,
    CalendarDay,
    DayException,
    Environment,
    Hold,
    Pause,
    Period,
    PlanFeed,
    Tag,
    Target,
    Team,
    Wish,
)
from environments.services import calendar_import, exceptions, feeds, history, holds, pauses, schedules
from environments.services.exceptions import Wanted
from notifications.models import Channel
from portal import origin
from portal.history import Changes, changes_of
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
TOMORROW = NOW.date() + timedelta(days=1)


def off(reason: str = "demo") -> Wanted:
    return Wanted(kind="off", first=TOMORROW, last=TOMORROW, minute=None, reason=reason)


def fates(model: Any) -> list[tuple[str, bool]]:
    """The rows of a model's history, oldest first: what happened, and whether it had ended then."""
    rows = changes_of(model).order_by("history_id")
    return [(row.history_type, row.ended_at is not None) for row in rows]


def told(model: Any) -> dict[str, tuple[Any, Any]]:
    """The fields of the newest change, with what they held before and after."""
    page = history.read([(model, Q())])
    return {one.field: (one.old, one.new) for one in page.moments[0][-1].differences()}


def test_exceptions_placed_replaced_removed_and_restored_are_all_in_it() -> None:
    chat, manager = factories.environment(), factories.manager()
    old = exceptions.place(scope=chat, wanted=off(), author=manager, now=NOW)
    new = exceptions.place(scope=chat, wanted=off("other"), author=manager, now=NOW)
    exceptions.remove(exceptions=new, author=manager, now=NOW)
    exceptions.restore(exceptions=old, author=manager, now=NOW)
    assert fates(DayException) == [("+", False), ("~", True), ("+", False), ("~", True), ("~", False)]
    assert {row.history_user_id for row in changes_of(DayException).all()} == {manager.pk}


def test_holds_and_pauses_leave_their_beginning_and_their_end() -> None:
    chat, manager = factories.environment(), factories.manager()
    holds.place(environment=chat, desired=Wish.RUNNING, until=NOW + timedelta(hours=1), author=manager, now=NOW)
    holds.release(environment=chat, author=manager, now=NOW)
    pauses.place(environment=chat, until=NOW + timedelta(hours=1), author=manager, origin="api", now=NOW)
    pauses.end_spent(now=NOW + timedelta(hours=2))
    assert fates(Hold) == fates(Pause) == [("+", False), ("~", True)]
    by = changes_of(Pause).order_by("history_id").values_list("history_user_id", "history_origin")
    assert list(by) == [(manager.pk, "api"), (None, "portal")]


def test_a_hold_whose_time_is_over_is_ended_by_the_portal_itself() -> None:
    chat = factories.environment()
    factories.hold(chat, starts_at=NOW, until=NOW + timedelta(hours=1))
    Environment.objects.update(next_transition_at=NOW)
    schedules.enforce_due(now=NOW + timedelta(hours=2))
    row = changes_of(Hold).first()
    assert (row.history_type, row.history_user_id, row.history_origin) == ("~", None, "portal")
    assert row.ended_at is not None


def test_what_the_portal_notes_for_itself_leaves_no_row() -> None:
    chat = factories.chat_app()
    before = {model: changes_of(model).count() for model in (Environment, Target)}
    schedules.plan_changed(now=NOW)
    schedules.enforce_due(now=NOW)
    chat.state, chat.drift_since = "running", NOW
    chat.save()
    chat.targets.get().save(update_fields=["seen", "memory"])
    assert before == {model: changes_of(model).count() for model in (Environment, Target)}


def test_saving_what_nobody_changed_leaves_no_row_and_a_change_tells_old_and_new() -> None:
    period = Period.objects.get(schedule=factories.schedule())
    period.save()
    period.end_time = "20:00"
    period.save()
    assert changes_of(Period).count() == 2
    assert told(Period) == {"end_time": ("18:00", "20:00")}


@pytest.mark.parametrize(
    ("model", "field", "change"),
    [
        (Team, "members", lambda chat, user, tag: user.teams.set([])),
        (Environment, "tags", lambda chat, user, tag: chat.tags.set([])),
        (Environment, "tags", lambda chat, user, tag: tag.environments.clear()),
        (Environment, "tags", lambda chat, user, tag: tag.delete()),
        (User, "groups", lambda chat, user, tag: user.groups.clear()),
    ],
)
def test_lists_are_kept_with_names_from_whichever_side_they_change(
    model: Any, field: str, change: Callable[..., Any]
) -> None:
    chat, user, tag = factories.environment(), factories.manager(), Tag.objects.create(name="demo")
    chat.tags.add(tag)
    change(chat, user, tag)
    gone = {"members": ["manager"], "tags": ["demo"], "groups": ["Manager"]}[field]
    assert told(model) == {field: (gone, [])}


def test_of_secrets_is_kept_only_that_they_changed() -> None:
    channel = Channel.objects.create(name="ops", config={"webhook_url": "https://discord.com/api/webhooks/1/secret"})
    channel.config = {"webhook_url": "https://discord.com/api/webhooks/1/other"}
    channel.save()
    channel.save(update_fields=["config"])  # sealed anew with another key
    user = factories.manager()
    user.set_password("another secret")
    user.save()
    feeds.make(scope=factories.team(), author=factories.operator(), language="en", now=NOW)
    assert changes_of(Channel).count() == 2
    assert changes_of(Channel).first().history_beside == {"secrets": ["config"]}
    assert changes_of(User).filter(id=user.pk).first().history_beside["secrets"] == ["password"]
    for model in (Channel, User, PlanFeed):
        columns = {field.name for field in changes_of(model).model._meta.fields}
        assert not columns & {"config", "password", "digest"}


def test_an_import_of_many_days_is_one_line() -> None:
    calendar, operator = Calendar.objects.create(name="Company"), factories.operator()
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;VALUE=DATE:202611{n:02}\r\nSUMMARY:Day {n}\r\nEND:VEVENT\r\n"
        for n in range(1, 29)
    )
    content = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n".encode()
    calendar_import.import_file(calendar=calendar, content=content, user=operator, now=NOW)
    calendar_import.remove_imported(calendar=calendar, user=operator, now=NOW)
    kept = list(changes_of(Calendar).order_by("history_id").values_list("history_beside__imported", flat=True))
    assert kept[1:] == [{"new": 28, "changed": 0, "removed": 0}, {"removed": 28}]
    assert not changes_of(CalendarDay).exists()


def test_what_one_request_changes_twice_is_one_change_and_names_its_door_and_address() -> None:
    chat, manager, tag = factories.environment(), factories.manager(), Tag.objects.create(name="demo")
    before = changes_of(Environment).count()

    def edit(request: Any) -> Any:
        chat.description = "for the demo"
        chat.save()
        chat.tags.add(tag)

    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
    request.user = manager
    origin.RequestMiddleware(edit)(request)
    rows = changes_of(Environment).all()
    assert len(rows) == before + 1
    assert (rows[0].history_origin, rows[0].history_address, rows[0].history_user_id) == (
        "web",
        "192.0.2.7",
        manager.pk,
    )
    assert told(Environment) == {"description": ("", "for the demo"), "tags": ([], ["demo"])}


@pytest.mark.parametrize(
    ("behind", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.7"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (True, "no address", None),
        (True, "", "192.0.2.7"),
    ],
)
def test_the_address_is_the_one_that_our_own_proxy_saw(
    settings: Settings, behind: bool, forwarded: str, address: str | None
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if behind else None
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers={"X-Forwarded-For": forwarded})
    assert origin.client_address(request) == address


def test_what_is_rolled_back_was_never_changed() -> None:
    chat = factories.environment()
    with transaction.atomic():
        chat.description = "x"
        chat.save()
        transaction.set_rollback(True)
    assert changes_of(Environment).count() == 1


def test_names_of_what_is_gone_are_told_as_they_were_last() -> None:
    chat, person = factories.environment(), factories.person("leaver", "Operator")
    other = factories.schedule("Long days")
    with origin.acting(person):
        chat.schedule = other
        chat.save()
    chat.schedule = None
    chat.save()
    other.delete()
    leaver = person.pk
    person.delete()
    page = history.read(history.of_environment(chat), count=50)
    assert page.name(type(other), changes_of(Environment).all()[1].schedule_id) == "Long days"
    assert page.name(User, leaver) == "leaver"


def test_it_is_read_in_a_fixed_number_of_queries_page_by_page() -> None:
    chat, manager = factories.chat_app(), factories.manager()

    def change(times: int) -> None:
        for n in range(times):
            exceptions.place(scope=chat, wanted=off(f"{n}"), author=manager, now=NOW + timedelta(minutes=n))

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            history.read(history.of_environment(chat), count=3)
        return len(queries)

    change(2)
    few = count()
    change(20)
    assert count() <= few
    seen, before = [], None
    while True:
        page = history.read(history.of_environment(chat), before=before, count=7)
        seen += [change.row for moment in page.moments for change in moment]
        if (before := page.older) is None:
            break
    assert len({(type(row), row.history_id) for row in seen}) == len(seen)
    assert sum(isinstance(row, changes_of(DayException).model) for row in seen) == changes_of(DayException).count()


def test_every_model_that_people_edit_is_tracked() -> None:
    from django.apps import apps

    tracked = {model.__name__ for model in apps.get_models() if isinstance(getattr(model, "_changes", None), Changes)}
    assert tracked == {
        *("Environment", "Target", "TargetParameter", "Schedule", "Period", "Calendar", "CalendarDay", "Tag"),
        *("DayException", "Hold", "Pause", "Account", "Team", "PlanFeed", "User", "Group", "Channel"),
        *("Rate", "RateTemplate", "RateTemplateLine", "Budget"),
        *("HttpCheck", "Heartbeat", "AlarmCheck", "Device", "StatusPage", "Ticket", "TicketRule", "Topic", "Gateway"),
        *("Contact", "ContactGroup", "GroupMember", "Rule", "Wording"),
        *("ChatApp", "ChatPerson", "ApiToken"),
    }
