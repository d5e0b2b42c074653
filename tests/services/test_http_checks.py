"""Web addresses are asked when they are due, and what they answer becomes state, statistics and warnings."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from typing import Any

import pytest

from environments import tasks
from environments.models import Check, HealthSample, HttpCheck, Operation
from environments.rules.http_answers import Answer
from environments.services import http_checks, http_edits, http_writing
from environments.services.http_checks import check_due
from notifications.models import Event
from tests import factories

from .asking import DOWN, NOW, SECOND, UP, after, check, near, running
from .asking import only_this_machine as only_this_machine
from .asking import served as served

pytestmark = pytest.mark.django_db


def test_a_good_answer_is_up_with_its_time_kept_and_asked_again_after_the_interval(served: Any) -> None:
    row = check(served[0])
    assert check_due(now=NOW) == 1
    row = after(row)
    assert (row.state, row.last_status, row.failures) == ("up", 200, 0)
    assert row.last_ms is not None
    assert near(row.seen_at, NOW)
    assert near(row.due_at, NOW + 30 * SECOND)
    assert "“status” is UP" in row.reason["en"]
    sample = HealthSample.objects.get()
    assert (sample.check_row_id, sample.is_up, sample.status, sample.ms) == (row.pk, True, 200, row.last_ms)


def test_it_is_down_after_three_tries_more_five_seconds_apart_and_up_again_with_the_next_good_answer(
    served: Any,
) -> None:
    address, answers = served
    answers["/actuator/health"] = DOWN
    row, at, states = check(address, state="up"), NOW, []
    for _try in range(4):
        check_due(now=at)
        row = after(row)
        states.append(row.state)
        assert row.due_at is not None
        at = row.due_at
    assert states == ["up", "up", "up", "down"]
    assert near(at, NOW + 45 * SECOND)
    assert row.reason["en"] == "It answered 503, expected was 200-299."
    assert row.reason["ko"] == "503 응답(기대값 200-299)."
    answers["/actuator/health"] = UP
    check_due(now=at)
    assert after(row).state == "up"
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == ["check.down", "check.up"]


def test_after_a_start_no_answer_is_coming_up_and_the_first_good_one_makes_it_ready(served: Any) -> None:
    address, answers = served
    answers["/actuator/health"] = DOWN
    environment = running(state_since=NOW - timedelta(minutes=1))
    operation = factories.operation(environment, at=NOW - timedelta(minutes=2))
    row, at = check(address, of=environment, state="starting", state_since=NOW - timedelta(minutes=2)), NOW
    for _try in range(6):
        check_due(now=at)
        at = after(row).due_at or NOW
    assert after(row).state == "starting"
    assert not HealthSample.objects.exists()
    answers["/actuator/health"] = UP
    check_due(now=at)
    assert after(row).state == "up"
    assert Operation.objects.get(pk=operation.pk).ready_at is not None
    assert not Event.objects.filter(kind="check.down").exists()


def test_bad_answers_count_in_the_statistics_only_once_it_was_judged(served: Any) -> None:
    address, answers = served
    answers["/actuator/health"] = DOWN
    row, at, counted = check(address, state="unknown", retries=1), NOW, []
    for _try in range(3):
        check_due(now=at)
        at = after(row).due_at or NOW
        counted.append((after(row).state, HealthSample.objects.count()))
    assert counted == [("unknown", 0), ("down", 1), ("down", 2)]


def looked_at(row: HttpCheck, answers: dict[str, Any], seconds: int, bad: range) -> list[tuple[bool, int | None]]:
    """Asked whenever it is due for so long, with bad answers within these seconds: the samples that leaves."""
    at = NOW
    while at < NOW + seconds * SECOND:
        answers["/actuator/health"] = DOWN if (at - NOW).total_seconds() in bad else UP
        check_due(now=at)
        # A turn adds the time that it took.
        at = (after(row).due_at or at + SECOND).replace(microsecond=0)
        Check.objects.update(due_at=at)
    return list(HealthSample.objects.order_by("at").values_list("is_up", "status"))


def test_a_round_of_tries_is_one_sample_so_that_seconds_of_failures_weigh_no_more_than_others(served: Any) -> None:
    samples = looked_at(check(served[0], state="up"), served[1], 6 * 60, range(60, 76))
    assert [is_up for is_up, _ in samples].count(False) == 1
    assert 12 <= len(samples) <= 13


def test_a_failed_try_whose_next_one_is_good_takes_nothing_from_the_share(served: Any) -> None:
    row = check(served[0], state="up")
    assert looked_at(row, served[1], 60, range(30, 34)) == [(True, 200), (True, 200)]


def test_while_it_is_down_each_look_is_a_sample(served: Any) -> None:
    row = check(served[0], state="up")
    assert [is_up for is_up, _ in looked_at(row, served[1], 120, range(120))] == [False] * 4


def test_what_sleeps_on_purpose_is_not_asked(served: Any) -> None:
    asked: list[str] = []
    served[1]["/actuator/health"] = lambda request: asked.append(request.path)
    row = check(served[0], of=running(state="stopped", wish="stopped"))
    assert check_due(now=NOW) == 0
    assert asked == []
    assert after(row).due_at is None


def test_a_hanging_one_is_down_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as silent:
        row = check(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=1, retries=0)
        check_due(now=NOW)
    row = after(row)
    assert (row.state, row.last_status, row.last_ms) == ("down", None, None)
    assert row.reason["en"] == "No answer within 1 s."
    assert HealthSample.objects.get().is_up is False


def shown(row: HttpCheck, until: datetime | None, at: datetime) -> int:
    """The check's server shows a certificate; of how many people have been warned by then."""
    Check.objects.update(due_at=at)
    good = Answer(row.pk, status=200, body='{"status": "UP"}', ms=3, certificate_until=until)
    http_writing.write(http_checks._claim(at, 10), [good], now=at)
    return Event.objects.filter(kind="check.certificate").count()


def test_the_end_of_a_certificate_is_told_once_for_each_certificate() -> None:
    row, first, day = check("https://127.0.0.1:9"), NOW + timedelta(days=10), timedelta(days=1)
    told = [shown(row, first, NOW), shown(row, first, NOW + 2 * day), shown(row, first + 90 * day, NOW + 3 * day)]
    assert told == [1, 1, 1]
    assert shown(row, first + day, NOW + 4 * day) == 2
    assert after(row).certificate_until == first + day


def test_another_address_has_none_of_what_the_one_before_it_showed() -> None:
    row = check("https://127.0.0.1:9", certificate_days=14)
    shown(row, NOW + timedelta(days=20), NOW)
    row = after(row)
    assert (row.last_status, row.last_ms) == (200, 3)
    row.url = "https://127.0.0.1:10"
    row.save(update_fields=["url"])
    http_edits.saved(check=row, changed=["url"], now=NOW)
    row = after(row)
    assert (row.certificate_until, row.certificate_warned, row.last_ms, row.last_status) == (None,) * 4


def test_an_answer_over_http_leaves_no_certificate_and_warns_of_none() -> None:
    row = check("http://127.0.0.1:9", certificate_until=NOW + timedelta(days=20))
    assert shown(row, None, NOW + timedelta(days=10)) == 0
    assert after(row).certificate_until is None


def test_what_does_not_answer_keeps_the_certificate_that_it_showed_before() -> None:
    row = check("https://127.0.0.1:9", certificate_until=NOW + timedelta(days=20))
    http_writing.write(http_checks._claim(NOW, 10), [Answer(row.pk, trouble="refused", details={})], now=NOW)
    assert after(row).certificate_until == NOW + timedelta(days=20)


def test_two_nodes_with_certificates_of_their_own_behind_one_name_warn_once_each_and_once_a_day() -> None:
    row, ends = check("https://127.0.0.1:9"), [NOW + timedelta(days=days) for days in (8, 9)]
    told = [shown(row, ends[look % 2], NOW + look * timedelta(hours=3)) for look in range(24)]
    assert told[:8] == [1] * 8
    assert told[-1] == 2


def test_settings_that_cannot_be_read_any_more_are_said_and_ask_nobody() -> None:
    row = check("http://127.0.0.1:9", expected_status="fine", retries=0)
    check_due(now=NOW)
    assert "“fine” is no status" in after(row).reason["en"]


def test_the_task_asks_what_is_due(served: Any) -> None:
    row = check(served[0], due_at=factories.LONG_AGO)
    tasks.check_addresses()
    assert after(row).state == "up"
