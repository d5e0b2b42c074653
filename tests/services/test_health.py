"""What was found out about checks becomes states and messages; silence in sleep is no trouble."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments import check_events
from environments.models import Check, CheckState, Heartbeat
from environments.services import health
from notifications import kinds
from notifications.models import Event

from .judging import BAD, EARLIER, FINE, NOW, a_check, an_environment, events, settle

pytestmark = pytest.mark.django_db


def test_a_check_that_goes_down_is_told_and_gets_a_ticket_later() -> None:
    check = a_check(an_environment(), ticket_after=5)
    assert settle(check) == 1
    check.refresh_from_db()
    assert (check.state, check.reason, check.state_since, check.seen_at) == ("down", BAD, NOW, NOW)
    assert check.ticket_due_at == NOW + timedelta(minutes=5)
    event = Event.objects.get()
    assert (event.kind, event.severity, event.title["ko"]) == ("check.down", "error", "chat-dev: API 응답 없음")
    assert (event.body, event.link) == (BAD, "/env/chat-dev/")
    assert event.labels == {"environment": "chat-dev", "team": "Chat"}


def test_what_is_told_again_changes_nothing_but_when_it_was_heard_of() -> None:
    check = a_check(an_environment(), state="down", reason=BAD)
    assert settle(check) == 0
    check.refresh_from_db()
    assert (check.state_since, check.seen_at) == (EARLIER, NOW)
    assert events() == []


def test_an_older_answer_does_not_turn_back_when_it_was_last_heard_of() -> None:
    check = a_check(an_environment(), seen_at=NOW)
    settle(check, state="up", now=EARLIER)
    check.refresh_from_db()
    assert check.seen_at == NOW


def test_many_checks_of_one_environment_are_one_message_that_names_them() -> None:
    chat = an_environment()
    checks = [a_check(chat, f"API {n:02}") for n in range(12)]
    assert settle(*checks) == 12
    event = Event.objects.get()
    assert event.title["en"] == "chat-dev: 12 checks are down"
    assert event.body["en"].splitlines()[0] == "API 00: answers 503"
    assert event.body["en"].splitlines()[-1] == "(+2)"


def test_trouble_that_is_over_is_told_and_what_was_not_in_trouble_is_not() -> None:
    chat = an_environment()
    settle(a_check(chat, "down", "down"), a_check(chat, "late", "late"), a_check(chat, "new", "unknown"), state="up")
    assert events() == [("check.up", "chat-dev: 2 checks are up again")]


def _queries(*checks: Check, state: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        settle(*checks, state=state)
    return len(caught)


def test_settling_one_check_and_two_hundred_takes_the_same_number_of_queries() -> None:
    chat, shop = an_environment(), an_environment(name="shop-dev")
    one, many = a_check(chat), [a_check(shop, f"API {n:03}") for n in range(200)]
    for state in ("down", "down", "up", "up"):
        assert _queries(one, state=state) == _queries(*many, state=state)
    assert set(Check.objects.values_list("state", flat=True)) == {"up"}


def test_settling_what_stays_as_it_is_takes_three_queries_and_nothing_none() -> None:
    check = a_check(an_environment())
    assert _queries(check, state="up") == 3
    assert health.settle([], now=NOW) == 0


def test_an_answer_of_an_environment_that_sleeps_is_never_trouble() -> None:
    check = a_check(an_environment("stopped", "stopped"), state="asleep", reason=health.SLEEPS)
    assert settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.reason, check.seen_at) == ("asleep", health.SLEEPS, NOW)


def test_no_answer_while_an_environment_starts_is_coming_up() -> None:
    check = a_check(an_environment("starting"), state="starting")
    assert settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.reason) == ("starting", BAD)
    assert settle(check, state="up") == 1


def test_of_a_check_that_is_switched_off_nothing_is_taken() -> None:
    check = a_check(an_environment(), is_on=False)
    assert settle(check) == 0
    check.refresh_from_db()
    assert (check.state, check.seen_at) == ("up", None)


def test_the_worst_check_speaks_for_its_environment_in_one_query(django_assert_num_queries: Any) -> None:
    chat, quiet = an_environment(), an_environment(name="quiet")
    a_check(chat, "API", "down", reason=BAD)
    a_check(chat, "web", "down", reason=FINE)
    a_check(chat, "job", "late")
    a_check(chat, "fine", "up")
    a_check(chat, "off", "down", is_on=False)
    with django_assert_num_queries(1):
        found = health.of_environments([chat.pk, quiet.pk])
    assert set(found) == {chat.pk}
    one = found[chat.pk]
    assert (one.state, one.since, one.checks, one.in_trouble, one.late) == (CheckState.DOWN, EARLIER, 4, 2, 1)
    assert one.reason == {"en": "API: answers 503 (+1)", "ko": "API: 503 응답 (+1)"}


def test_times_of_the_day_that_do_not_parse_are_refused_at_entry() -> None:
    job = Heartbeat(environment=an_environment(), name="job", rhythm="windows", windows="06:00-10:00, sat 8:00-9:00")
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
    check = a_check(an_environment())
    for left in (timedelta(days=13, hours=5), timedelta(hours=20), timedelta(hours=-1)):
        check_events.certificate(check, NOW + left, NOW)
    assert [title for _, title in events()] == [
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
