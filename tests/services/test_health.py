"""How checks move from state to state, and what follows: silence in sleep, events, incidents, readiness."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments import check_events
from environments.models import (
    Alarm,
    AlarmCheck,
    Check,
    CheckState,
    Device,
    Environment,
    Heartbeat,
    HttpCheck,
    Operation,
    Ticket,
    TicketComment,
)
from environments.rules.health import Expectation
from environments.services import health, health_sweep, operations
from environments.services.health import Move
from notifications import kinds
from notifications.models import Event
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
EARLIER = monday("09:00")
FINE = {"en": "answers 200", "ko": "200 응답"}
BAD = {"en": "answers 503", "ko": "503 응답"}


def _environment(state: str = "running", wish: str = "running", name: str = "chat-dev") -> Environment:
    return factories.environment(name, state=state, wish=wish, state_since=EARLIER)


def _check(of: Environment, name: str = "API", state: str = "up", **fields: Any) -> HttpCheck:
    fields.setdefault("due_at", None if state == "asleep" else NOW)
    url = f"https://{name}.example.com".lower()
    return HttpCheck.objects.create(environment=of, name=name, url=url, state=state, state_since=EARLIER, **fields)


def _settle(*checks: Check, state: str = "down", now: datetime = NOW) -> int:
    reason = FINE if state == "up" else BAD
    return health.settle([Move(check.pk, state, reason, now) for check in checks], now=now)


def _events() -> list[tuple[str, str]]:
    return [(event.kind, event.title["en"]) for event in Event.objects.order_by("pk")]


def test_a_check_that_goes_down_is_told_and_gets_a_ticket_later() -> None:
    check = _check(_environment(), ticket_after=5)
    assert _settle(check) == 1
    check.refresh_from_db()
    assert (check.state, check.reason, check.state_since, check.seen_at) == ("down", BAD, NOW, NOW)
    assert check.ticket_due_at == NOW + timedelta(minutes=5)
    event = Event.objects.get()
    assert (event.kind, event.severity, event.title["ko"]) == ("check.down", "error", "chat-dev: API 응답 없음")
    assert (event.body, event.link) == (BAD, "/env/chat-dev/")
    assert event.labels == {"environment": "chat-dev", "team": "Chat"}


def test_what_is_told_again_changes_nothing_but_when_it_was_heard_of() -> None:
    check = _check(_environment(), state="down", reason=BAD)
    assert _settle(check) == 0
    check.refresh_from_db()
    assert (check.state_since, check.seen_at) == (EARLIER, NOW)
    assert _events() == []


def test_an_older_answer_does_not_turn_back_when_it_was_last_heard_of() -> None:
    check = _check(_environment(), seen_at=NOW)
    _settle(check, state="up", now=EARLIER)
    check.refresh_from_db()
    assert check.seen_at == NOW


def test_many_checks_of_one_environment_are_one_message_that_names_them() -> None:
    chat = _environment()
    checks = [_check(chat, f"API {n:02}") for n in range(12)]
    assert _settle(*checks) == 12
    event = Event.objects.get()
    assert event.title["en"] == "chat-dev: 12 checks are down"
    assert event.body["en"].splitlines()[0] == "API 00: answers 503"
    assert event.body["en"].splitlines()[-1] == "(+2)"


def test_trouble_that_is_over_is_told_and_what_was_not_in_trouble_is_not() -> None:
    chat = _environment()
    _settle(_check(chat, "down", "down"), _check(chat, "late", "late"), _check(chat, "new", "unknown"), state="up")
    assert _events() == [("check.up", "chat-dev: 2 checks are up again")]


def _queries(*checks: Check, state: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        _settle(*checks, state=state)
    return len(caught)


def test_settling_one_check_and_two_hundred_takes_the_same_number_of_queries() -> None:
    chat, shop = _environment(), _environment(name="shop-dev")
    one, many = _check(chat), [_check(shop, f"API {n:03}") for n in range(200)]
    for state in ("down", "down", "up", "up"):
        assert _queries(one, state=state) == _queries(*many, state=state)
    assert set(Check.objects.values_list("state", flat=True)) == {"up"}


def test_settling_what_stays_as_it_is_takes_three_queries_and_nothing_none() -> None:
    check = _check(_environment())
    assert _queries(check, state="up") == 3
    assert health.settle([], now=NOW) == 0


def test_an_answer_of_an_environment_that_sleeps_is_never_trouble() -> None:
    check = _check(_environment("stopped", "stopped"), state="asleep", reason=health.SLEEPS)
    assert _settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.reason, check.seen_at) == ("asleep", health.SLEEPS, NOW)


def test_no_answer_while_an_environment_starts_is_coming_up() -> None:
    check = _check(_environment("starting"), state="starting")
    assert _settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.reason) == ("starting", BAD)
    assert _settle(check, state="up") == 1


def test_of_a_check_that_is_switched_off_nothing_is_taken() -> None:
    check = _check(_environment(), is_on=False)
    assert _settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.seen_at) == ("up", None)


def test_a_start_brings_checks_to_starting_and_due_a_stop_to_sleep_and_due_never() -> None:
    chat = _environment("stopped", "stopped")
    factories.stack(chat)
    api = _check(chat, state="asleep")
    ask: dict[str, Any] = {"environment": chat, "trigger": "hold", "reason": FINE}
    operations.request(kind="start", now=NOW, **ask)
    api.refresh_from_db()
    assert (api.state, api.due_at, api.state_since) == ("starting", NOW, NOW)
    operations.request(kind="stop", now=NOW, **ask)
    api.refresh_from_db()
    assert (api.state, api.due_at, api.reason) == ("asleep", None, health.SLEEPS)
    assert "check.down" not in {kind for kind, _ in _events()}


def test_what_runs_again_after_being_started_outside_comes_up_first() -> None:
    chat = _environment("running", "stopped")
    api, job = _check(chat, state="asleep"), Heartbeat.objects.create(environment=chat, name="job", state="asleep")
    assert health.environments_moved([chat.pk], now=NOW) == 2
    for check in (api, job):
        check.refresh_from_db()
        assert (check.state, check.due_at) == ("starting", NOW)


def test_what_somebody_stopped_outside_is_still_asked() -> None:
    chat = _environment("stopped", "running")
    api = _check(chat)
    assert health.environments_moved([chat.pk], now=NOW) == 0
    assert health.expected(chat, api) is Expectation.EXPECTED
    assert _settle(api) == 1


def test_a_device_that_depends_on_no_schedule_is_left_alone_by_it() -> None:
    chat = _environment("stopped", "stopped")
    device = Device.objects.create(environment=chat, name="d", number=1042, always=True, state="up", due_at=NOW)
    assert health.environments_moved([chat.pk], now=NOW) == 0
    device.refresh_from_db()
    assert device.state == "up"


def test_alarms_that_ring_when_an_environment_wakes_are_not_forgotten() -> None:
    chat = _environment()
    check = AlarmCheck.objects.create(environment=chat, name="alarms", state="asleep")
    values = {"account_id": "1", "region": "r", "changed_at": EARLIER, "received_at": EARLIER, "check_row": check}
    Alarm.objects.create(arn="a", name="cpu", state="OK", **values)
    Alarm.objects.create(arn="b", name="disk", state="ALARM", **values)
    health.environments_moved([chat.pk], now=NOW)
    check.refresh_from_db()
    assert (check.state, check.reason) == ("down", health.IN_ALARM)


def test_a_move_of_environments_without_checks_takes_one_query() -> None:
    ids = [_environment(name=f"e{n}").pk for n in range(3)]
    with CaptureQueriesContext(connection) as caught:
        assert health.environments_moved(ids, now=NOW) == 0
    assert [query["sql"].split()[0] for query in caught] == ["SELECT"]


def test_an_incident_opens_when_its_time_has_come_and_closes_when_it_is_over() -> None:
    check = _check(_environment(), ticket_after=5)
    _settle(check)
    assert health_sweep.sweep(now=NOW + timedelta(minutes=4)) == 0
    assert health_sweep.sweep(now=NOW + timedelta(minutes=5)) == 1
    ticket = Ticket.objects.get()
    assert (ticket.cause, ticket.title["en"]) == (f"check:{check.pk}", "chat-dev: API is down")
    assert ticket.description == BAD
    assert health_sweep.sweep(now=NOW + timedelta(minutes=6)) == 0
    _settle(check, state="up", now=NOW + timedelta(minutes=7))
    ticket.refresh_from_db()
    assert ticket.progress == "done"
    assert TicketComment.objects.get().text == FINE


def test_no_incident_opens_for_what_is_well_again_in_time() -> None:
    check = _check(_environment(), ticket_after=5)
    _settle(check)
    _settle(check, state="up", now=NOW + timedelta(minutes=1))
    assert health_sweep.sweep(now=NOW + timedelta(hours=1)) == 0
    assert not Ticket.objects.exists()


def test_an_incident_is_over_when_its_environment_goes_to_sleep() -> None:
    chat = _environment()
    check = _check(chat, ticket_after=0)
    _settle(check)
    health_sweep.sweep(now=NOW)
    Environment.objects.update(state="stopping", wish="stopped")
    health.environments_moved([chat.pk], now=NOW)
    assert Ticket.objects.get().progress == "done"
    check.refresh_from_db()
    assert (check.state, check.ticket_due_at) == ("asleep", None)


@pytest.mark.parametrize("goes", ["removed", "moved"])
def test_an_incident_ends_when_its_check_is_there_no_more_however_it_went(goes: str) -> None:
    chat = _environment()
    check, other = _check(chat, ticket_after=0), _check(chat, "shop", ticket_after=0)
    _settle(check, other)
    assert health_sweep.sweep(now=NOW) == 2
    if goes == "removed":
        check.delete()
    else:
        Check.objects.filter(pk=check.pk).update(environment=_environment(name="shop-dev"))
    assert health_sweep.sweep(now=NOW) == 1
    over = Ticket.objects.get(progress="done")
    assert (over.title["en"], over.comments.get().text) == ("chat-dev: API is down", health_sweep.GONE)
    assert health_sweep.sweep(now=NOW) == 0


def test_the_sweep_finds_what_a_move_has_missed() -> None:
    sleeping, awake = _environment("stopped", "stopped", "a"), _environment(name="b")
    _check(sleeping, "should sleep", "down")
    _check(awake, "should be asked", "asleep")
    _check(awake, "never asked", "unknown", due_at=None)
    _check(awake, "off", "down", is_on=False)
    assert health_sweep.sweep(now=NOW) == 3
    states = dict(Check.objects.values_list("name", "state"))
    assert states == {
        "should sleep": "asleep",
        "should be asked": "starting",
        "never asked": "unknown",
        "off": "unknown",
    }
    assert Check.objects.get(name="never asked").due_at == NOW
    assert health_sweep.sweep(now=NOW) == 0


def test_where_nothing_was_missed_the_sweep_takes_three_queries() -> None:
    for n in range(5):
        _check(_environment(name=f"e{n}"))
    with CaptureQueriesContext(connection) as caught:
        health_sweep.sweep(now=NOW)
    assert len(caught) == 3


def test_what_started_without_answering_is_ready_when_its_last_check_is_up() -> None:
    chat = _environment()
    api, web = _check(chat, "API", "starting"), _check(chat, "web", "starting")
    _check(chat, "metrics", "down", gates_start=False)
    past = {"created_at": EARLIER, "deadline_at": NOW, "not_before": EARLIER, "finished_at": EARLIER}
    start = Operation.objects.create(environment=chat, kind="start", trigger="hold", status="succeeded", **past)
    _settle(api, state="up")
    start.refresh_from_db()
    assert start.ready_at is None
    _settle(web, state="up", now=NOW + timedelta(minutes=1))
    start.refresh_from_db()
    assert start.ready_at == NOW + timedelta(minutes=1)


def test_the_time_to_come_up_of_what_no_start_waits_for_begins_when_it_runs() -> None:
    chat = _environment()
    check = _check(chat, state="starting", gates_start=False, start_grace_min=10)
    Environment.objects.update(state_since=NOW)
    chat.refresh_from_db()
    assert health.coming_up(check, chat, NOW + timedelta(minutes=9))
    assert not health.coming_up(check, chat, NOW + timedelta(minutes=10))
    assert not health.coming_up(_check(chat, "up"), chat, NOW)


def test_the_worst_check_speaks_for_its_environment_in_one_query(django_assert_num_queries: Any) -> None:
    chat, quiet = _environment(), _environment(name="quiet")
    _check(chat, "API", "down", reason=BAD)
    _check(chat, "web", "down", reason=FINE)
    _check(chat, "job", "late")
    _check(chat, "fine", "up")
    _check(chat, "off", "down", is_on=False)
    with django_assert_num_queries(1):
        found = health.of_environments([chat.pk, quiet.pk])
    assert set(found) == {chat.pk}
    one = found[chat.pk]
    assert (one.state, one.since, one.checks, one.in_trouble, one.late) == (CheckState.DOWN, EARLIER, 4, 2, 1)
    assert one.reason == {"en": "API: answers 503 (+1)", "ko": "API: 503 응답 (+1)"}


def test_times_of_the_day_that_do_not_parse_are_refused_at_entry() -> None:
    job = Heartbeat(environment=_environment(), name="job", rhythm="windows", windows="06:00-10:00, sat 8:00-9:00")
    with pytest.raises(ValidationError) as refused:
        job.clean()
    assert "'sat 8:00-9:00'" in refused.value.message_dict["windows"][0]
    job.windows = ""
    with pytest.raises(ValidationError):
        job.clean()
    job.windows = "06:00-10:00; sat 8:00-9:00"
    job.clean()
    assert len(job.expected("Asia/Seoul").windows) == 2


def test_the_end_of_a_certificate_is_told_in_days_of_its_environments_zone() -> None:
    check = _check(_environment())
    for left in (timedelta(days=13, hours=5), timedelta(hours=20), timedelta(hours=-1)):
        check_events.certificate(check, NOW + left, NOW)
    assert [title for _, title in _events()] == [
        "chat-dev: the certificate of API ends in 13 d",
        "chat-dev: the certificate of API ends within a day",
        "chat-dev: the certificate of API has ended",
    ]
    told = Event.objects.order_by("pk").first()
    assert told is not None
    assert (told.kind, told.severity) == ("check.certificate", "warning")
    assert told.body["en"].startswith("It is valid until 2026-12-06 (Asia/Seoul).")


def test_people_can_choose_to_hear_of_checks() -> None:
    assert set(check_events.KINDS) <= set(kinds.catalogue())
