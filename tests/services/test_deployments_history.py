"""What was deployed is told to those who hear of it, and what ran when is known afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Deployment, Environment, Operation, State
from environments.services import deployment_history, operations
from environments.services.deployment_changes import changes
from environments.services.deployment_takers import takers
from environments.targets.base import TargetError
from notifications.models import Event
from tests import factories
from tests.support.deploying import NOW, REPOSITORY, chat, ecr_has, ecr_showed, resolving, run, start, takes, told

pytestmark = pytest.mark.django_db
PUSHED, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=10)
DENIED = {"en": "Access denied.", "ko": "권한이 없어요."}


@pytest.fixture(autouse=True)
def kind(scripted: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return resolving(scripted, monkeypatch)


def events(kind: str) -> list[str]:
    return [event.title["en"] for event in Event.objects.filter(kind=kind).order_by("pk")]


def stop(environment: Environment, now: datetime = NOW) -> None:
    why = {"en": "by hand", "ko": "수동"}
    operations.request(environment=environment, kind="stop", trigger="hold", reason=why, now=now)


# -- told --------------------------------------------------------------------------------------------------------------


def test_what_was_deployed_is_told_with_who_made_it_and_what_is_new(scripted: Any) -> None:
    environment = chat()
    link = "https://github.com/acme/chat/commit/3f2a9c1d"
    told(environment, commit="3f2a9c1d77", author="Mina Jung", link=link, note="Login by passkey")
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    event = Event.objects.get(kind="deploy.done")
    assert event.title == {
        "en": "chat-dev runs chat-chat-http 2.15.0",
        "ko": "chat-dev: chat-chat-http 2.15.0 배포 완료",
    }
    fields = {one["name"]["en"]: one["value"]["en"] for one in event.fields}
    assert fields == {"Team": "Chat", "Version": "2.15.0", "Commit": "3f2a9c1", "Author": "Mina Jung", "Link": link}
    assert (event.body["en"], event.severity) == ("Login by passkey", "success")
    assert event.labels == {"environment": "chat-dev", "team": "Chat"}


def deployed(scripted: Any, environment: Environment, tag: str, minutes: int) -> Environment:
    """The version comes to ECR, and is taken."""
    at = NOW + timedelta(minutes=minutes)
    told(environment, tag, now=at)
    ecr_has(scripted, (tag, at))
    return run(environment, at)


def test_what_came_between_two_versions_is_told_with_the_one_that_took_it_along(scripted: Any) -> None:
    environment = deployed(scripted, chat(), "2.14.3", 0)
    Environment.objects.update(on_push="next_start")
    for n, (author, note) in enumerate((("Jin Park", "Fix login\n\nfor all"), ("", ""))):
        at = NOW + timedelta(minutes=1 + n)
        ecr_showed(f"2.15.{n}", at)
        told(environment, f"2.15.{n}", now=at, commit="3f2a9c1d77", author=author, note=note)
    Environment.objects.update(on_push="at_once")
    deployed(scripted, environment, "2.15.3", 5)
    deployed(scripted, environment, "2.16.0", 9)
    _first, second, third = Event.objects.filter(kind="deploy.done").order_by("pk")
    version = [one["value"]["en"] for one in second.fields if one["name"]["en"] == "Version"]
    assert version == ["2.14.3 → 2.15.3"]
    assert second.body["en"] == "Also new with it:\n- 2.15.1 · 3f2a9c1\n- 2.15.0 · 3f2a9c1 · Jin Park · Fix login"
    assert second.body["ko"].startswith("함께 반영된 버전:\n- 2.15.1")
    assert third.body["en"] == "", "they have been told of with the one before"


def test_a_version_that_failed_is_new_with_the_next_that_works(scripted: Any) -> None:
    environment = deployed(scripted, chat(), "2.14.3", 0)
    scripted.script["look"] = [TargetError(DENIED)]
    ecr_showed("2.15.0", LATER)
    told(environment, "2.15.0", now=LATER)
    run(environment, LATER)
    environment.refresh_from_db()
    deployed(scripted, environment, "2.15.1", 20)
    assert Event.objects.filter(kind="deploy.done").latest("pk").body["en"] == "Also new with it:\n- 2.15.0"


def test_only_images_that_ecr_has_shown_between_the_two_are_told_as_new(scripted: Any) -> None:
    environment = deployed(scripted, chat(), "2.14.3", 0)
    Environment.objects.update(on_push="next_start")
    ecr_showed("2.13.9", NOW - timedelta(days=9))
    ecr_showed("3.0.0", NOW + timedelta(minutes=2))
    for n, tag in enumerate(("5.0.0", "2.13.9", "3.0.0", "2.99.0")):
        told(environment, tag, now=NOW + timedelta(minutes=1 + n))
    Environment.objects.update(on_push="at_once")
    deployed(scripted, environment, "3.1.0", 9)
    assert Event.objects.filter(kind="deploy.done").latest("pk").body["en"] == "Also new with it:\n- 3.0.0"


def test_what_a_start_took_of_which_nobody_told_is_where_the_news_begins(scripted: Any) -> None:
    environment = deployed(scripted, chat(), "2.14.3", 0)
    Environment.objects.update(on_push="next_start", state=State.STOPPED)
    for n, tag in ((1, "2.15.0"), (5, "2.16.0")):
        ecr_showed(tag, NOW + timedelta(minutes=n))
        told(environment, tag, now=NOW + timedelta(minutes=n))
    Deployment.objects.exclude(tag="2.14.3").update(status="replaced")
    Environment.objects.update(on_push="at_once")
    ecr_has(scripted, ("2.15.5", NOW + timedelta(minutes=3)))
    environment = start(Environment.objects.get(), NOW + timedelta(minutes=6))
    deployed(scripted, environment, "2.17.0", 9)
    assert Event.objects.filter(kind="deploy.done").latest("pk").body["en"] == "Also new with it:\n- 2.16.0"


def test_of_many_that_came_between_ten_are_named_and_the_rest_counted(scripted: Any) -> None:
    environment = chat(on_push="next_start")
    for n in range(13):
        ecr_showed(f"2.{n}", NOW + timedelta(minutes=n))
        told(environment, f"2.{n}", now=NOW + timedelta(minutes=n))
    Environment.objects.update(on_push="at_once")
    deployed(scripted, environment, "3.0", 20)
    lines = Event.objects.get(kind="deploy.done").body["en"].splitlines()
    assert (len(lines), lines[1], lines[-1]) == (12, "- 2.12", "… and 3 more")


def test_a_version_that_goes_back_brings_nothing_with_it(scripted: Any) -> None:
    environment = deployed(scripted, deployed(scripted, chat(), "2.14.0", 0), "2.15.0", 5)
    back = told(environment, "2.14.0", now=NOW + timedelta(minutes=9), digest="sha256:9")
    Deployment.objects.filter(pk=back.pk).update(status="taken", operation=None)
    back.refresh_from_db()
    (change,) = changes([back], takers(environment.pk))
    assert (change.version, change.brought) == ("2.15.0 → 2.14.0", ())


def test_what_other_targets_take_of_the_repository_is_neither_before_nor_with_it(scripted: Any) -> None:
    environment = factories.environment(schedule=None, state=State.RUNNING, on_push="next_start")
    for pattern in ("api-*", "web-*"):
        takes(environment, pattern=pattern)
    for n, tag in enumerate(("api-1", "web-1", "web-2")):
        ecr_showed(tag, NOW + timedelta(minutes=n))
    rows = [told(environment, tag, now=NOW + timedelta(minutes=n)) for n, tag in enumerate(("api-1", "web-1", "web-2"))]
    Deployment.objects.filter(tag="api-1").update(status="done", ended_at=NOW)
    (change,) = changes(rows[2:], takers(environment.pk))
    assert (change.version, [row.tag for row in change.brought]) == ("web-2", ["web-1"])


def test_several_services_of_one_redeploy_are_one_event(scripted: Any) -> None:
    environment = chat()
    takes(environment, "chat-web")
    told(environment, commit="3f2a9c1d")
    told(environment, "9.0", repository="chat-web", author="Jin Park")
    for repository, tag in ((REPOSITORY, "2.15.0"), ("chat-web", "9.0")):
        ecr_has(scripted, (tag, PUSHED), repository=repository)
    run(environment)
    assert events("deploy.done") == ["chat-dev runs chat-chat-http 2.15.0, chat-web 9.0"]
    fields = {one["name"]["en"]: one["value"]["en"] for one in Event.objects.get(kind="deploy.done").fields}
    assert (fields["chat-chat-http"], fields["chat-web"]) == ("2.15.0 · 3f2a9c1", "9.0 · Jin Park")


def test_a_failure_is_told_with_why_and_is_over_with_the_next_that_works(scripted: Any) -> None:
    environment = chat()
    told(environment)
    ecr_has(scripted, ("2.15.0", PUSHED), times=2)
    scripted.script["act"] = [TargetError(DENIED)]
    run(environment)
    told(environment, now=LATER)
    run(environment, LATER)
    failed, done = Event.objects.filter(kind__startswith="deploy.").order_by("pk")
    assert (failed.kind, failed.severity, failed.body["en"]) == ("deploy.failed", "error", "Access denied.")
    assert failed.title["en"] == "chat-dev: chat-chat-http 2.15.0 was not deployed"
    assert (done.kind, done.thread, done.ends_thread) == ("deploy.done", failed.thread, True)


def test_a_start_that_takes_nothing_new_tells_of_no_deployment(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_has(scripted, ("2.15.0", PUSHED))
    start(environment)
    assert events("deploy.done") == []


# -- what ran when -----------------------------------------------------------------------------------------------------


def test_what_ran_when_is_told_by_version_from_when_it_was_taken_until_another_was(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_has(scripted, ("2.14.0", PUSHED))
    start(environment)
    environment.refresh_from_db()
    row = told(environment, now=LATER)
    ecr_has(scripted, ("2.15.0", LATER))
    run(environment, LATER)
    environment.refresh_from_db()
    newest, oldest = deployment_history.of_environment(environment).ran
    assert (newest.tag, newest.since, newest.until, newest.deployment) == ("2.15.0", LATER, None, row)
    assert (oldest.tag, oldest.since, oldest.until, oldest.deployment) == ("2.14.0", NOW, LATER, None)
    assert newest.operation_id == Operation.objects.get(kind="redeploy").pk


def test_nights_in_which_it_slept_do_not_cut_a_version_in_two_and_a_stop_ends_the_last(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_has(scripted, ("2.15.0", PUSHED), times=2)
    for day in range(2):
        environment = start(environment, NOW + timedelta(days=day))
        stop(environment, NOW + timedelta(days=day, hours=8))
        environment = run(environment, NOW + timedelta(days=day, hours=8))
    (only,) = deployment_history.of_environment(environment).ran
    assert (only.since, only.until) == (NOW, NOW + timedelta(days=1, hours=8))
    environment.state, environment.state_since = State.STARTING, NOW + timedelta(days=3)
    (only,) = deployment_history.of_environment(environment).ran
    assert only.until == NOW + timedelta(days=1, hours=8), "until it was stopped, not until it began to start again"


def test_a_moving_tag_that_was_deployed_anew_is_another_version(scripted: Any) -> None:
    environment = chat()
    for minutes, digest in ((0, "1"), (10, "2")):
        at = NOW + timedelta(minutes=minutes)
        told(environment, "develop", now=at, digest=f"sha256:{digest}")
        ecr_has(scripted, ("develop", at))
        run(environment, at)
    ran = deployment_history.of_environment(environment).ran
    assert [one.deployment and one.deployment.digest for one in ran] == ["sha256:2", "sha256:1"]


def test_the_history_is_two_queries_however_long(scripted: Any) -> None:
    environment = chat()
    for n in range(5):
        at = NOW + timedelta(minutes=n)
        told(environment, f"2.{n}.0", now=at)
        ecr_has(scripted, (f"2.{n}.0", at))
        run(environment, at)
    with CaptureQueriesContext(connection) as queries:
        history = deployment_history.of_environment(environment)
    assert (len(history.ran), len(queries)) == (5, 2)


def test_versions_of_which_no_operation_is_known_ran_one_after_the_other() -> None:
    environment = chat(on_push="next_start")
    for n in range(3):
        at = NOW + timedelta(days=n)
        row = told(environment, f"2.{n}.0", now=at)
        Deployment.objects.filter(pk=row.pk).update(status="done", ended_at=at)
    ran = deployment_history.of_environment(environment).ran
    days = [NOW + timedelta(days=n) for n in range(3)]
    assert [(one.tag, one.since, one.until) for one in ran] == [
        ("2.2.0", days[2], None),
        ("2.1.0", days[1], days[2]),
        ("2.0.0", days[0], days[1]),
    ]


def test_what_is_told_late_of_what_runs_is_the_version_that_its_start_took(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    takes(environment)
    ecr_has(scripted, ("2.15.0", PUSHED), ("2.14.0", PUSHED), times=2)
    environment = start(environment)
    row = told(environment, now=LATER)
    ran = {one.tag: one for one in deployment_history.of_environment(environment).ran}
    assert (ran["2.15.0"].deployment, ran["2.15.0"].operation_id) == (row, Operation.objects.get().pk)
    assert ran["2.14.0"].since == NOW, "it is in the same operation, not before or after it"


def test_what_waits_and_what_failed_is_known_apart_from_what_ran(scripted: Any) -> None:
    environment = chat()
    failed = told(environment)
    scripted.script["look"] = [TargetError(DENIED)]
    run(environment)
    Environment.objects.update(on_push="next_start")
    waits = told(environment, "2.16.0")
    history = deployment_history.of_environment(environment)
    assert (history.ran, history.open, history.failed) == ((), (waits,), (failed,))
