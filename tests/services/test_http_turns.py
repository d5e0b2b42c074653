"""Turns of workers over web addresses: hanging ones delay nobody, what a dead one had is asked again, nothing counts
twice."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from environments.models import Environment, HealthSample
from environments.rules.http_answers import Answer
from environments.services import health, http_checks, http_writing
from environments.services.http_checks import check_due

from .asking import NOW, SECOND, UP, after, check
from .asking import only_this_machine as only_this_machine
from .asking import served as served

pytestmark = pytest.mark.django_db


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


def test_a_batch_is_written_with_as_many_queries_as_a_single_answer(django_assert_num_queries: Any) -> None:
    def batch(count: int, name: str) -> tuple[Any, list[Answer]]:
        rows = [check("http://127.0.0.1:9", f"{name} {number}", state="up") for number in range(count)]
        taken = http_checks._claim(NOW, 100)
        return taken, [Answer(row.pk, status=200, body='{"status": "UP"}', ms=3) for row in rows]

    for count in (1, 30):
        taken, answers = batch(count, f"of {count}")
        with django_assert_num_queries(10):
            assert http_writing.write(taken, answers, now=NOW) == count
