"""Tasks as workers run them: acknowledged late, expired ones dropped, failing ones logged."""

from collections.abc import Iterator

import pytest

from portal.celery import app
from tests.support.waiting import wait_until
from tests.support.working import working


@pytest.fixture
def ran() -> Iterator[list[str]]:
    """Two tasks, `tests.note` and `tests.fail`, registered for one test; the list of what `note` was told."""
    told: list[str] = []
    # The first worker of a process sets Django up once more, and its logging with it, which would end `caplog`.
    app.loader.init_worker()

    @app.task(name="tests.note")
    def note(text: str) -> None:
        told.append(text)

    @app.task(name="tests.fail")
    def fail() -> None:
        raise RuntimeError("the reason it failed")

    yield told
    for name in ("tests.note", "tests.fail"):
        app.tasks.pop(name, None)


def test_the_broker_settings_are_those_measured() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert (conf.task_ignore_result, conf.result_expires) == (True, None)
    assert conf.task_always_eager is False


@pytest.mark.django_db(transaction=True)
def test_a_failing_task_is_logged_and_the_worker_goes_on(ran: list[str], caplog: pytest.LogCaptureFixture) -> None:
    with working():
        app.send_task("tests.fail")
        app.send_task("tests.note", ["after"])
        wait_until(lambda: ran == ["after"])

    assert "Task tests.fail[" in caplog.text
    assert "RuntimeError: the reason it failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_message_that_came_too_late_is_dropped(ran: list[str]) -> None:
    app.send_task("tests.note", ["too late"], expires=-1)
    app.send_task("tests.note", ["in time"], expires=60)

    with working():
        wait_until(lambda: "in time" in ran)

    assert ran == ["in time"]
