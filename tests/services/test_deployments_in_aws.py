"""From a pipeline's call to the stack that runs the new image, through the simulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from environments.models import Deployment, Environment, ImagePoll, State
from environments.services import deployment_history, image_polls
from environments.targets.client import forget_clients
from notifications.models import Event
from tests import factories
from tests.support.calling import Caller
from tests.support.journey import Journey
from tests.support.times import monday
from tests.targets.test_redeploy import parameters_of, push

pytestmark = pytest.mark.django_db
STACK = "ChatAppMasterStack"


@pytest.fixture
def day(aws: Any) -> Iterator[Journey]:
    """The chat application, running since nine by its schedule with image 2.14.3; it takes new ones at once."""
    forget_clients()
    aws.seed_reference()
    aws.set_seconds(20)
    factories.chat_app(next_transition_at=monday("08:00"), on_push="at_once")
    made = Journey(aws, monday("08:59"))
    made.go_to(monday("09:05"))
    assert Environment.objects.get().state == State.RUNNING
    yield made
    forget_clients()


def deploy(day: Journey, tag: str, **more: str) -> Deployment:
    with time_machine.travel(day.now, tick=False):
        answer = Caller(factories.manager()).post("/environments/chat-dev/deploy", {"tag": tag, **more})
    assert answer.status_code == 202, answer.content
    return Deployment.objects.get(pk=answer.json()["deployment"]["id"])


def pushed(day: Journey, tag: str) -> None:
    push(day.aws, tag, "chat-chat-http")
    day.now = day.aws.now()


def look(day: Journey) -> None:
    image_polls.follow(now=day.now)
    ImagePoll.objects.update(next_at=day.now)
    image_polls.look_due(now=day.now)


def test_a_version_that_a_pipeline_tells_of_runs_and_the_team_hears_of_it(day: Journey) -> None:
    pushed(day, "2.14.4")
    row = deploy(day, "2.14.4", commit="3f2a9c1d", author="Mina Jung")
    day.settle()
    row.refresh_from_db()
    assert (row.status, row.reason) == ("done", {})
    assert parameters_of(day.aws, STACK)["APIServerImageTag"] == "2.14.4"
    event = Event.objects.get(kind="deploy.done")
    assert event.title["en"] == "chat-dev runs chat-chat-http 2.14.4"
    ran = deployment_history.of_environment(Environment.objects.get()).ran
    assert [(one.tag, one.deployment) for one in ran] == [("2.14.4", row), ("2.14.3", None)]


def test_a_version_that_is_not_in_ecr_yet_waits_until_a_look_finds_it_there(day: Journey) -> None:
    look(day)
    row = deploy(day, "2.15.0")
    day.settle()
    row.refresh_from_db()
    assert (row.status, row.reason["en"]) == ("waiting", "ECR had 2.14.3 as the newest.")
    pushed(day, "2.15.0")
    look(day)
    day.settle()
    row.refresh_from_db()
    assert (row.status, row.origin) == ("done", "api")
    assert row.digest.startswith("sha256:")
    assert parameters_of(day.aws, STACK)["ChatServerImageTag"] == "2.15.0"


def test_what_was_told_at_night_is_taken_by_the_start_in_the_morning(day: Journey) -> None:
    day.go_to(monday("18:10"))
    pushed(day, "2.14.4")
    row = deploy(day, "2.14.4")
    assert row.status == "waiting"
    day.go_to(monday("09:05") + timedelta(days=1))
    row.refresh_from_db()
    assert row.operation is not None
    assert (row.status, row.operation.kind) == ("done", "start")
    assert Event.objects.filter(kind="deploy.done").count() == 1
