"""What became of versions when a start or a redeploy has ended: by the images that it found, told to those who hear."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from environments.models import Deployment, Environment, ImagePoll, ImagePush, Operation, State
from environments.services import deployment_sweeps, deployment_telling, operations, workflow
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from environments.targets.base import TargetError, Wait
from notifications.models import Event
from tests import factories
from tests.support.deploying import (
    NOW,
    REPOSITORY,
    SAID,
    chat,
    ecr_has,
    ecr_showed,
    redeploys,
    resolving,
    run,
    start,
    statuses,
    told,
)

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


# -- what an operation took --------------------------------------------------------------------------------------------


def test_a_redeploy_that_finds_the_version_has_deployed_it(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.ended_at, row.reason) == ("done", NOW, {})


def test_a_start_takes_what_waits(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    row = told(environment)
    ecr_has(scripted, ("2.15.0", PUSHED))
    start(environment)
    row.refresh_from_db()
    assert row.operation is not None
    assert (row.status, row.operation.kind, redeploys()) == ("done", "start", 0)


def test_what_fails_takes_its_versions_with_it_and_a_later_success_deploys_them(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    ecr_has(scripted, ("2.15.0", PUSHED), times=2)
    scripted.script["act"] = [TargetError(DENIED)]
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", DENIED)
    operations.request(environment=environment, kind="redeploy", trigger="hold", reason=SAID, now=LATER)
    run(environment, LATER)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("done", {})


def test_what_fails_before_it_looks_for_images_fails_the_version_that_it_was_for(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    scripted.script["look"] = [TargetError(DENIED)]
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("failed", DENIED)


def test_a_pipeline_that_tells_once_more_of_what_failed_has_it_tried_again(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    scripted.script["look"] = [TargetError(DENIED)]
    run(environment)
    again = told(environment, now=LATER)
    assert (again.pk, again.status, redeploys()) == (row.pk, "taken", 2)


def test_a_version_that_ecr_does_not_have_yet_waits_and_says_what_ecr_had(scripted: Any) -> None:
    environment = chat()
    row = told(environment, "2.16.0")
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.reason["en"]) == ("waiting", "ECR had 2.15.0 as the newest.")


def test_its_image_that_comes_to_ecr_then_has_it_redeployed(scripted: Any) -> None:
    environment = chat()
    row = told(environment, "2.16.0")
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    pushed = Version(tag="2.16.0", repository=REPOSITORY, digest="sha256:1", pushed_at=LATER)
    tell(environment=environment, versions=[pushed], origin=Deployment.Origin.PUSH, now=LATER)
    ecr_has(scripted, ("2.16.0", LATER))
    run(environment, LATER)
    row.refresh_from_db()
    assert (row.status, redeploys()) == ("done", 2)


def test_an_older_version_than_the_newest_that_ecr_had_is_passed_over_and_its_people_hear_of_it(scripted: Any) -> None:
    environment = chat()
    ecr_showed("2.14.3", NOW - timedelta(days=3))
    row = told(environment, "2.14.3")
    ecr_has(scripted, ("3.1.0", PUSHED))
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.ended_at) == ("failed", NOW)
    assert row.reason["en"].startswith("Only the newest image is taken: 3.1.0 was pushed after 2.14.3.")
    assert (events("deploy.done"), events("deploy.failed")) == (
        [],
        ["chat-dev: chat-chat-http 2.14.3 was not deployed"],
    )
    assert Event.objects.get(kind="deploy.failed").body == row.reason


def test_what_was_overtaken_by_a_push_after_it_was_told_is_replaced_and_no_failure(scripted: Any) -> None:
    environment = chat()
    ecr_showed("2.15.0", PUSHED)
    told(environment, "2.15.0")
    ecr_has(scripted, ("2.15.1", NOW + timedelta(seconds=5)))
    run(environment, NOW + timedelta(seconds=10))
    assert (statuses(), events("deploy.failed")) == ({"2.15.0": "replaced"}, [])


def test_ecr_is_looked_at_soon_for_what_it_did_not_have_as_the_newest(scripted: Any) -> None:
    environment = chat()
    poll = ImagePoll.objects.create(
        account=factories.account(), region=factories.REGION, repository=REPOSITORY, next_at=LATER
    )
    told(environment, "2.16.0")
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    poll.refresh_from_db()
    assert (statuses(), poll.next_at) == ({"2.16.0": "waiting"}, NOW)


def test_a_start_that_passes_over_what_was_told_meanwhile_is_followed_by_no_redeploy(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_showed("2.14.3", NOW - timedelta(days=3))
    operations.request(environment=environment, kind="start", trigger="schedule", reason=SAID, now=NOW)
    workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    told(Environment.objects.get(), "2.14.3")
    ecr_has(scripted, ("3.1.0", PUSHED))
    run(environment, NOW + timedelta(seconds=10))
    assert (statuses(), redeploys()) == ({"2.14.3": "failed"}, 0)


def test_a_newer_image_that_was_taken_replaces_what_waited_for_its_repository(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    row = told(environment, "2.15.0")
    ecr_has(scripted, ("2.16.0", NOW + timedelta(minutes=1)))
    start(environment, LATER)
    row.refresh_from_db()
    assert (row.status, row.reason["en"]) == ("replaced", "A newer version was taken: 2.16.0.")


def test_of_two_that_one_redeploy_was_for_the_newest_is_deployed(scripted: Any) -> None:
    environment = chat()
    told(environment, "2.15.0")
    told(environment, "2.15.1")
    ecr_has(scripted, ("2.15.1", PUSHED))
    run(environment)
    assert (statuses(), redeploys()) == ({"2.15.0": "replaced", "2.15.1": "done"}, 1)


def test_what_is_told_while_a_redeploy_has_looked_already_is_taken_by_the_one_that_follows(scripted: Any) -> None:
    environment = chat()
    told(environment, "2.15.0")
    ecr_has(scripted, ("2.15.0", PUSHED))
    scripted.script["act"] = [Wait(timedelta(seconds=8), SAID)]
    for _ in range(4):
        workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    later = told(environment, "2.15.1")
    ecr_has(scripted, ("2.15.1", NOW))
    run(environment)
    later.refresh_from_db()
    assert (statuses(), redeploys()) == ({"2.15.0": "done", "2.15.1": "done"}, 2)
    assert later.operation == Operation.objects.latest("pk")


@pytest.mark.parametrize(("tag", "found"), [("2.15.0", "2.15.0"), ("develop", "develop"), ("2.15.0", "2.15.1")])
def test_what_is_told_before_a_start_looks_for_images_is_taken_by_it_without_a_redeploy(
    scripted: Any, tag: str, found: str
) -> None:
    environment = chat(State.STOPPED)
    operations.request(environment=environment, kind="start", trigger="schedule", reason=SAID, now=NOW)
    workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    environment.refresh_from_db()
    row = told(environment, tag)
    assert Operation.objects.get().next_wish is not None
    ecr_has(scripted, (found, NOW + timedelta(seconds=5)))
    environment = run(environment, NOW + timedelta(seconds=10))
    row.refresh_from_db()
    assert (row.status, redeploys(), environment.state) == ("done" if tag == found else "replaced", 0, State.RUNNING)


def test_what_is_told_after_a_start_has_looked_for_images_is_redeployed(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    ecr_has(scripted, ("develop", PUSHED))
    ecr_has(scripted, ("develop", LATER))
    scripted.script["act"] = [Wait(timedelta(minutes=20), SAID)]
    operations.request(environment=environment, kind="start", trigger="schedule", reason=SAID, now=NOW)
    for _ in range(5):
        workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    environment.refresh_from_db()
    row = told(environment, "develop", now=LATER)
    run(environment, LATER)
    row.refresh_from_db()
    assert (row.status, redeploys()) == ("done", 1)


def test_a_redeploy_by_hand_follows_a_start_whatever_that_took(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    operations.request(environment=environment, kind="start", trigger="schedule", reason=SAID, now=NOW)
    workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    told(Environment.objects.get())
    operations.request(environment=environment, kind="redeploy", trigger="hold", reason=SAID, now=NOW)
    ecr_has(scripted, ("2.15.0", PUSHED), times=2)
    run(environment)
    assert redeploys() == 1


def test_what_names_no_images_is_redeployed_after_a_start_that_had_begun(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    environment.targets.get().parameters.all().delete()
    operations.request(environment=environment, kind="start", trigger="schedule", reason=SAID, now=NOW)
    workflow.advance(operation_id=Operation.objects.get().pk, now=NOW)
    told(Environment.objects.get(), "develop", repository="", now=NOW + timedelta(seconds=5))
    run(environment, NOW + timedelta(seconds=5))
    assert redeploys() == 1


def test_an_image_that_a_moving_tag_meant_before_is_not_the_version(scripted: Any) -> None:
    environment = chat(State.STOPPED)
    row = told(environment, "develop", digest="sha256:2")
    ImagePush.objects.create(
        account_id="123456789012", region=factories.REGION, repository=REPOSITORY, tag="develop", digest="sha256:2",
        pushed_at=NOW, received_at=NOW,
    )  # fmt: skip
    ecr_has(scripted, ("develop", PUSHED))
    ecr_has(scripted, ("develop", NOW))
    start(environment)
    row.refresh_from_db()
    assert row.status == "waiting"
    stop(environment)
    run(environment)
    start(environment, LATER)
    row.refresh_from_db()
    assert row.status == "done"


def test_an_image_that_is_found_under_another_of_its_tags_is_the_version(scripted: Any) -> None:
    environment = chat()
    for tag in ("latest", "2.15.0"):
        ImagePush.objects.create(
            account_id="123456789012", region=factories.REGION, repository=REPOSITORY, tag=tag, digest="sha256:1",
            pushed_at=PUSHED, received_at=NOW,
        )  # fmt: skip
    row = told(environment, "latest", digest="sha256:1")
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    row.refresh_from_db()
    assert (row.status, row.tag) == ("done", "2.15.0")


def test_what_names_no_images_takes_a_version_with_any_redeploy_that_begins_after_it(scripted: Any) -> None:
    environment = chat()
    environment.targets.get().parameters.all().delete()
    row = told(environment, "develop", repository="")
    run(environment)
    row.refresh_from_db()
    assert row.status == "done"


def test_a_stop_that_calls_a_redeploy_off_has_its_version_wait_for_the_start(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    stop(environment)
    assert deployment_sweeps.sweep(now=NOW) == 1
    row.refresh_from_db()
    assert (row.status, row.operation, row.reason["en"]) == ("waiting", None, "What was to take it was called off.")
    assert deployment_sweeps.sweep(now=NOW) == 0


def test_a_version_whose_operation_is_gone_waits_for_the_start(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    Operation.objects.all().delete()
    assert deployment_sweeps.sweep(now=NOW) == 1
    row.refresh_from_db()
    assert row.status == "waiting"


def test_what_an_ended_operation_left_as_being_taken_is_settled_by_the_sweep(scripted: Any) -> None:
    environment = chat()
    row = told(environment)
    ecr_has(scripted, ("2.15.0", PUSHED))
    run(environment)
    Deployment.objects.update(status="taken", ended_at=None)
    deployment_sweeps.sweep(now=LATER)
    row.refresh_from_db()
    assert row.status == "done"
    assert len(events("deploy.done")) == 1, "it was told once"


def test_an_environment_that_cannot_be_judged_holds_up_no_other(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = (told(chat(on_push="at_hour", name=name, push_hour=time(12, 30))) for name in ("chat-a", "chat-b"))
    real = deployment_telling.take_now

    def take_now(environment: Environment, *args: Any) -> None:
        if environment.pk == broken.environment_id:
            raise RuntimeError("a defect")
        real(environment, *args)

    monkeypatch.setattr(deployment_sweeps, "take_now", take_now)
    deployment_sweeps.sweep(now=NOW + timedelta(hours=3))
    assert statuses(Deployment.objects.filter(pk=well.pk)) == {"2.15.0": "taken"}
    assert "broke" in caplog.text
