"""Web addresses are asked when they are due, and what they answer becomes state: never lost, never twice."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from environments import tasks
from environments.models import Check, Environment, HealthSample, HttpCheck, Operation
from environments.rules.http_answers import Answer
from environments.services import health, http_checks, http_writing
from environments.services.http_checks import check_due, check_now, try_out
from notifications.models import Event
from tests import factories
from tests.support.ics import Answer as Served
from tests.support.ics import content, serving
from tests.support.times import monday

pytestmark = pytest.mark.django_db

NOW = monday("10:00")
SECOND = timedelta(seconds=1)
UP = content(b'{"status": "UP"}')
DOWN = content(b'{"status": "DOWN"}', 503)


@pytest.fixture(autouse=True)
def only_this_machine(settings: Settings) -> None:
    settings.HEALTH_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, Served]]]:
    answers: dict[str, Served] = {"/actuator/health": UP}
    with serving(answers) as address:
        yield address, answers


def check(address: str, name: str = "API", *, of: Environment | None = None, **fields: Any) -> HttpCheck:
    """Due now, of an environment that has been running for long."""
    of = of or Environment.objects.filter(name="chat-dev").first() or running()
    values = {"url": f"{address}/actuator/health", "due_at": NOW, "timeout_s": 2} | fields
    return HttpCheck.objects.create(environment=of, name=name, **values)


def running(name: str = "chat-dev", **fields: Any) -> Environment:
    return factories.environment(name, **({"state": "running", "state_since": NOW - timedelta(days=1)} | fields))


def after(row: HttpCheck) -> HttpCheck:
    return HttpCheck.objects.get(pk=row.pk)


def near(moment: datetime | None, wanted: datetime) -> bool:
    """A turn adds the time that it took."""
    return moment is not None and timedelta(0) <= moment - wanted < timedelta(seconds=10)


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


def test_what_sleeps_on_purpose_is_not_asked(served: Any) -> None:
    asked: list[str] = []
    served[1]["/actuator/health"] = lambda request: asked.append(request.path)
    row = check(served[0], of=running(state="stopped", wish="stopped"))
    assert check_due(now=NOW) == 0
    assert asked == []
    assert after(row).due_at is None


def test_an_answer_for_what_fell_asleep_meanwhile_is_dropped() -> None:
    row = check("http://127.0.0.1:9", state="up")
    taken = http_checks._claim(NOW, 10)
    Environment.objects.update(state="stopped", wish="stopped")
    health.environments_moved([row.environment_id], now=NOW)
    assert http_writing.write(taken, [Answer(row.pk, trouble="refused", details={})], now=NOW) == 0
    assert (after(row).state, after(row).failures) == ("asleep", 0)


def test_a_turn_that_dies_loses_nothing_and_its_late_answer_counts_for_nothing(served: Any) -> None:
    row = check(served[0], state="up")
    dead = http_checks._claim(NOW, 10)
    assert check_due(now=NOW + 20 * SECOND) == 0, "another turn has it"
    assert check_due(now=NOW + 40 * SECOND) == 1, "its lease is over"
    assert http_writing.write(dead, [Answer(row.pk, trouble="refused", details={})], now=NOW + 41 * SECOND) == 0
    assert HealthSample.objects.count() == 1
    assert after(row).failures == 0


def test_hanging_addresses_delay_no_verdict_of_others(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[int]] = []
    write = http_writing.write

    def told(taken: Any, answers: list[Answer], **at: Any) -> int:
        written.append([answer.key for answer in answers])
        return write(taken, answers, **at)

    monkeypatch.setattr(http_writing, "write", told)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        for number in range(10):
            check(f"http://127.0.0.1:{silent.getsockname()[1]}", f"hanging {number}")
        good = check(served[0])
        assert check_due(now=NOW) == 11
    assert written[0] == [good.pk]


def test_those_that_were_silent_before_leave_places_for_those_that_answered(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_checks, "ROOM", 9)
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for number in range(20):
            check(address, f"hanging {number}", failures=4, due_at=NOW - 60 * SECOND)
        taken = http_checks._claim(NOW, 9)
        assert len(taken) == 3
        late = check(served[0], "due while they hang", failures=2, last_status=503)
        assert list(http_checks._claim(NOW, 6, beside=taken)) == [late.pk]


def test_the_verdicts_of_good_ones_wait_for_no_time_out_of_more_hanging_ones_than_there_are_places(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_checks, "ROOM", 9)
    written, write = list[int](), http_writing.write
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        for number in range(20):
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            check(address, f"hanging {number}", failures=4, due_at=NOW - 60 * SECOND, timeout_s=20)
        good = {check(served[0], f"good {number}", last_status=200, timeout_s=20).pk for number in range(20)}

        def told(taken: Any, answers: list[Answer], **at: Any) -> int:
            written.extend(answer.key for answer in answers)
            if good <= set(written):
                silent.close()  # whose clients need not wait any longer, then
            return write(taken, answers, **at)

        monkeypatch.setattr(http_writing, "write", told)
        assert check_due(now=NOW) == 40
    assert set(written[:20]) == good


def test_one_whose_lease_ends_while_it_is_asked_is_not_asked_twice_at_once(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def slow(request: Any) -> None:
        asked.append(request.path)
        time.sleep(1.2)
        UP(request)

    served[1]["/actuator/health"] = slow
    monkeypatch.setattr(http_checks, "MARGIN", -2 * SECOND)
    row = check(served[0], state="down")
    assert check_due(now=NOW) == 1
    assert len(asked) == 1
    assert after(row).state == "up"


def test_answers_that_cannot_be_written_cost_their_batch_only(
    served: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, broken = http_writing.write, check("http://127.0.0.1:9", "broken")

    def failing(taken: Any, answers: list[Answer], **at: Any) -> int:
        if broken.pk in taken:
            raise ValueError("no such state")
        return write(taken, answers, **at)

    monkeypatch.setattr(http_checks, "AT_ONCE", 1)
    monkeypatch.setattr(http_writing, "write", failing)
    good = check(served[0], "good")
    assert check_due(now=NOW) == 1
    assert (after(good).state, after(broken).state) == ("up", "unknown")
    assert "could not be written" in caplog.text


def test_a_hanging_one_is_down_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=5) as silent:
        row = check(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=1, retries=0)
        check_due(now=NOW)
    row = after(row)
    assert (row.state, row.last_status, row.last_ms) == ("down", None, None)
    assert row.reason["en"] == "No answer within 1 s."
    assert HealthSample.objects.get().is_up is False


def shown(row: HttpCheck, until: datetime, at: datetime) -> int:
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


def test_two_nodes_with_certificates_of_their_own_behind_one_name_warn_once_each_and_once_a_day() -> None:
    row, ends = check("https://127.0.0.1:9"), [NOW + timedelta(days=days) for days in (8, 9)]
    told = [shown(row, ends[look % 2], NOW + look * timedelta(hours=3)) for look in range(24)]
    assert told[:8] == [1] * 8
    assert told[-1] == 2


def test_a_batch_is_written_with_as_many_queries_as_a_single_answer(django_assert_num_queries: Any) -> None:
    def batch(count: int, name: str) -> tuple[Any, list[Answer]]:
        rows = [check("http://127.0.0.1:9", f"{name} {number}", state="up") for number in range(count)]
        taken = http_checks._claim(NOW, 100)
        return taken, [Answer(row.pk, status=200, body='{"status": "UP"}', ms=3) for row in rows]

    for count in (1, 30):
        taken, answers = batch(count, f"of {count}")
        with django_assert_num_queries(10):
            assert http_writing.write(taken, answers, now=NOW) == count


def test_one_is_asked_at_once_though_it_is_not_due_unless_it_sleeps(served: Any) -> None:
    row = check(served[0], due_at=NOW + timedelta(hours=1))
    verdict = check_now(check=row, now=NOW)
    assert verdict is not None
    assert verdict.is_good
    assert after(row).state == "up"
    Environment.objects.update(state="stopped", wish="stopped")
    assert check_now(check=row, now=NOW) is None


def test_trying_it_out_writes_nothing(served: Any) -> None:
    draft = HttpCheck(url=f"{served[0]}/actuator/health", expected_status="401", timeout_s=2)
    answer, verdict = try_out(draft)
    assert (answer.status, verdict.is_good) == (200, False)
    assert not HttpCheck.objects.exists()


def test_settings_that_cannot_be_read_any_more_are_said_and_ask_nobody() -> None:
    row = check("http://127.0.0.1:9", expected_status="fine", retries=0)
    check_due(now=NOW)
    assert "“fine” is no status" in after(row).reason["en"]


def test_the_task_asks_what_is_due(served: Any) -> None:
    row = check(served[0], due_at=factories.LONG_AGO)
    tasks.check_addresses()
    assert after(row).state == "up"
