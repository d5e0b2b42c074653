"""Repositories are asked for new images, as the safety net below pushes that nobody told of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from environments.models import Deployment, Environment, ImagePoll, ImagePush, Operation, State, TargetParameter
from environments.rules.alarm_messages import Push
from environments.services import deployment_telling, image_polls, image_pushes
from environments.services.deployment_versions import Version
from environments.services.image_polls import IMAGE_POLL, LONGEST_PAUSE, look_due
from environments.targets.client import forget_clients
from environments.targets.lanes import lanes
from notifications.models import Event
from tests import factories
from tests.support.times import monday
from tests.targets.test_redeploy import push

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
REPOSITORY = "chat-chat-http"


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()


def chat(name: str = "chat-dev", **fields: Any) -> Environment:
    given = {"schedule": None, "state": State.RUNNING, "on_push": "at_once"} | fields
    return factories.chat_app(name, stack_name=name, **given)


def look(at: Any = NOW) -> int:
    """Whatever is known is due."""
    image_polls.follow(now=at)
    ImagePoll.objects.update(next_at=at)
    return look_due(now=at)


def pushed(cloud: Any, tag: str, minutes: int = 20) -> Any:
    """An image is pushed so many minutes after ten; the moment."""
    at = NOW + timedelta(minutes=minutes)
    cloud.freeze(at - timedelta(minutes=1))
    push(cloud, tag, REPOSITORY)
    return at


def test_a_first_look_only_notes_what_is_there(cloud: Any) -> None:
    chat()
    assert look() == 1
    row = ImagePoll.objects.get()
    assert (row.polled_at, row.next_at, row.attempts, row.problem) == (NOW, NOW + IMAGE_POLL, 0, {})
    assert ImagePush.objects.get().repository == REPOSITORY
    assert not Operation.objects.exists()
    assert not Deployment.objects.exists()
    assert not Event.objects.exists()


def resolved(environment: Environment, tag: str, at: Any, status: str = "succeeded") -> None:
    """A start that found this image, pushed a minute before."""
    made = factories.operation(environment, "start", status, at=at)
    images = [[REPOSITORY, tag, (at - timedelta(minutes=1)).isoformat()]]
    factories.step(made, "resolve", finished_at=at, memo={"images": images})


@pytest.mark.parametrize(("state", "status"), [(State.RUNNING, "succeeded"), (State.STARTING, "running")])
def test_an_image_that_was_pushed_after_the_start_and_before_the_first_look_is_told(
    cloud: Any, state: State, status: str
) -> None:
    environment = chat(state=state)
    resolved(environment, "2.14.3", NOW, status)
    look(pushed(cloud, "2.15.0", 5))
    row = Deployment.objects.get()
    assert (row.tag, row.origin, row.status) == ("2.15.0", "poll", "taken")
    assert Event.objects.get(kind="image.pushed").title["en"] == "chat-dev: new image chat-chat-http 2.15.0"


def test_what_the_start_has_found_itself_is_no_news_at_the_first_look(cloud: Any) -> None:
    environment = chat()
    at = pushed(cloud, "2.15.0", 5)
    resolved(environment, "2.15.0", at + timedelta(minutes=2))
    look(at + timedelta(minutes=3))
    assert not Deployment.objects.exists()


def test_an_image_that_nobody_told_of_is_found_and_taken(cloud: Any) -> None:
    environment = chat()
    look()
    at = pushed(cloud, "2.15.0")
    look(at)
    row, operation = Deployment.objects.get(), Operation.objects.get()
    assert (row.environment, row.tag, row.origin, row.status) == (environment, "2.15.0", "poll", "taken")
    assert row.digest.startswith("sha256:")
    assert operation.reason["en"] == "A new image was found in ECR: chat-chat-http 2.15.0"
    assert Event.objects.get(kind="image.pushed").title["en"] == "chat-dev: new image chat-chat-http 2.15.0"
    look(at + IMAGE_POLL)
    assert (Deployment.objects.count(), Operation.objects.count()) == (1, 1)


def test_what_eventbridge_told_of_is_nobodys_news(cloud: Any) -> None:
    chat(on_push="next_start")
    look()
    at = pushed(cloud, "2.15.0")
    client = cloud.client("ecr")
    (image,) = client.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "2.15.0"}])["imageDetails"]
    told = Push("123456789012", factories.REGION, REPOSITORY, "2.15.0", image["imageDigest"], image["imagePushedAt"])
    image_pushes.take([told], now=at)
    look(at)
    assert (Deployment.objects.get().origin, Event.objects.filter(kind="image.pushed").count()) == ("push", 1)


def test_a_repository_is_asked_once_however_many_environments_take_from_it(cloud: Any) -> None:
    chat()
    chat("chat-qa", on_push="next_start")
    assert look() == 1
    look(pushed(cloud, "2.15.0"))
    found = dict(Deployment.objects.values_list("environment__name", "status"))
    assert found == {"chat-dev": "taken", "chat-qa": "waiting"}


def test_each_takes_the_newest_of_the_tags_that_it_wants(cloud: Any) -> None:
    chat(on_push="next_start")
    other = chat("chat-qa", on_push="next_start")
    TargetParameter.objects.filter(target__environment=other).update(pattern="rc-*")
    look()
    pushed(cloud, "rc-1", 15)
    look(pushed(cloud, "2.15.0"))
    found = set(Deployment.objects.values_list("environment__name", "tag"))
    assert found == {("chat-dev", "2.15.0"), ("chat-qa", "rc-1")}


@pytest.mark.parametrize(("state", "looks"), [(State.RUNNING, 1), (State.STARTING, 1), (State.STOPPED, 0)])
def test_only_what_runs_or_starts_is_asked_for(cloud: Any, state: State, looks: int) -> None:
    chat(state=state)
    assert look() == looks


def test_what_came_while_it_slept_is_told_as_running_when_its_start_took_it(cloud: Any) -> None:
    environment = chat()
    look()
    at = pushed(cloud, "2.15.0", 60)
    done = factories.operation(environment, at=at)
    factories.step(done, "resolve", finished_at=at, memo={"images": [[REPOSITORY, "2.15.0", (at).isoformat()]]})
    look(at + timedelta(hours=12))
    assert Deployment.objects.get().status == "done"
    assert not Event.objects.exists()


def test_repositories_come_into_use_spread_over_time_and_go_with_their_last_parameter(cloud: Any) -> None:
    environment = chat()
    for n in range(20):
        TargetParameter.objects.create(target=environment.targets.get(), name=f"P{n}", source="ecr", value=f"app-{n}")
    image_polls.follow(now=NOW)
    due = set(ImagePoll.objects.values_list("next_at", flat=True))
    assert len(due) > 15
    assert min(due) >= NOW
    assert max(due) < NOW + IMAGE_POLL
    image_polls.follow(now=NOW + IMAGE_POLL)
    assert set(ImagePoll.objects.values_list("next_at", flat=True)) == due
    TargetParameter.objects.exclude(value="app-1").delete()
    image_polls.follow(now=NOW)
    assert ImagePoll.objects.get().repository == "app-1"


def test_a_repository_that_is_not_there_is_asked_later_and_later_and_holds_up_no_other(cloud: Any) -> None:
    environment = chat()
    TargetParameter.objects.create(target=environment.targets.get(), name="Lost", source="ecr", value="aa-lost")
    assert look() == 2
    lost = ImagePoll.objects.get(repository="aa-lost")
    assert (lost.next_at, lost.attempts) == (NOW + 2 * IMAGE_POLL, 1)
    assert "does not exist" in lost.problem["en"]
    assert ImagePoll.objects.get(repository=REPOSITORY).problem == {}
    for _ in range(8):
        lost.refresh_from_db()
        at = lost.next_at
        look_due(now=at)
    lost.refresh_from_db()
    assert lost.next_at - at == LONGEST_PAUSE


def test_an_account_without_a_free_thread_is_asked_soon_and_that_is_no_failure(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat()
    monkeypatch.setattr(lanes, "threads", 1)
    with lanes.lane("123456789012"):
        look()
    row = ImagePoll.objects.get()
    assert (row.polled_at, row.attempts, row.next_at) == (None, 0, NOW + image_polls.BUSY_AGAIN)


def test_who_is_second_to_claim_a_look_leaves_it(cloud: Any) -> None:
    chat()
    image_polls.follow(now=NOW)
    ImagePoll.objects.update(next_at=NOW)
    (row,) = ImagePoll.objects.all()
    assert image_polls._claim(ImagePoll.objects.get(), NOW)
    assert not image_polls._claim(row, NOW)
    assert look_due(now=NOW) == 0, "the other has it until its lease is over"


# -- what pipelines told of --------------------------------------------------------------------------------------------


def tell(environment: Environment, tag: str, at: Any = NOW) -> Deployment:
    (row,) = deployment_telling.tell(
        environment=environment,
        versions=[Version(tag=tag, repository=REPOSITORY)],
        origin=Deployment.Origin.API,
        now=at,
    )
    return row


def test_what_waits_and_is_older_than_the_newest_is_passed_over_and_told_once(cloud: Any) -> None:
    environment = chat(on_push="next_start")
    row = tell(environment, "2.14.2")
    look()
    row.refresh_from_db()
    assert (row.status, row.ended_at) == ("failed", NOW)
    assert "2.14.3 was pushed after 2.14.2" in row.reason["en"]
    event = Event.objects.get()
    assert (event.kind, event.title["en"]) == ("deploy.failed", "chat-dev: chat-chat-http 2.14.2 was not deployed")
    look(NOW + IMAGE_POLL)
    assert Event.objects.count() == 1


def test_what_ecr_does_not_have_goes_on_waiting(cloud: Any) -> None:
    row = tell(chat(on_push="next_start"), "2.15.0")
    look()
    row.refresh_from_db()
    assert row.status == "waiting"
    assert not Event.objects.exists()


def test_what_was_overtaken_after_it_was_told_is_replaced_and_no_failure(cloud: Any) -> None:
    environment = chat(on_push="next_start")
    look()
    row = tell(environment, "2.15.0", pushed(cloud, "2.15.0", 20))
    look(pushed(cloud, "2.15.1", 30))
    row.refresh_from_db()
    assert (row.status, Deployment.objects.get(tag="2.15.1").status) == ("replaced", "waiting")
    assert set(Event.objects.values_list("kind", flat=True)) == {"image.pushed"}
    assert ImagePush.objects.filter(tag="2.15.0").exists(), "it came in between, and ECR has shown it"
