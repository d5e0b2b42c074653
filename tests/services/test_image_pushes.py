"""Pushes to ECR: noted once, and taken at once where that is wanted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from environments import alarms as door
from environments.models import Environment, ImagePush, Operation, OperationStep, State, TargetParameter
from environments.services import image_pushes
from notifications import intake
from notifications.models import Arrival
from tests import factories
from tests.rules.test_alarm_messages import DETAIL, PUSH

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


def chat(state: State = State.RUNNING, on_push: str = "at_once", **fields: Any) -> Environment:
    return factories.chat_app(schedule=None, state=state, on_push=on_push, **fields)


def push(tag: str = "2.15.0", repository: str = "chat-chat-http", digest: str = "sha256:1", **more: Any) -> Arrival:
    detail = {**DETAIL, "image-tag": tag, "repository-name": repository, "image-digest": digest}
    text = json.dumps(PUSH | {"detail": detail} | more)
    row = intake.accept(door=door.DOOR, payload={"Message": text}, now=NOW)
    assert row is not None
    return row


def judged(*rows: Arrival) -> list[str]:
    intake.judge_due(now=NOW)
    return [Arrival.objects.get(pk=row.pk).outcome for row in rows]


def test_what_runs_and_wants_new_images_at_once_is_redeployed_and_says_why() -> None:
    environment = chat()

    assert judged(push()) == ["redeploy"]

    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger, operation.environment) == ("redeploy", "deploy", environment)
    assert operation.reason == {
        "en": "A new image was pushed: chat-chat-http 2.15.0",
        "ko": "새 이미지 푸시: chat-chat-http 2.15.0",
    }


def test_the_same_push_told_twice_is_one_row_and_one_redeploy() -> None:
    chat()
    assert judged(push(), push()) == ["redeploy", "known image"]
    assert judged(push()) == ["known image"]
    assert (ImagePush.objects.count(), Operation.objects.count()) == (1, 1)


def at(minutes: int) -> dict[str, str]:
    return {"time": (datetime.fromisoformat(str(PUSH["time"])) + timedelta(minutes=minutes)).isoformat()}


def test_a_tag_that_is_set_back_to_an_image_that_it_had_before_is_a_new_push() -> None:
    chat()
    told = [push("latest", digest=f"sha256:{digest}", **at(minute)) for minute, digest in enumerate("aba")]
    for row in told:
        assert judged(row) == ["redeploy"]
    assert ImagePush.objects.count() == 2
    assert judged(push("latest", digest="sha256:a", **at(2))) == ["known image"]


def test_what_is_told_late_of_an_earlier_push_redeploys_nothing() -> None:
    chat()
    judged(push("latest", digest="sha256:b", **at(5)))
    assert judged(push("latest", digest="sha256:a", **at(0))) == ["known image"]
    assert judged(push("latest", digest="sha256:a", **at(4))) == ["known image"]
    assert Operation.objects.count() == 1


def test_pushes_are_kept_for_days(settings: Settings) -> None:
    settings.ARRIVAL_DAYS = 30
    judged(push())
    assert image_pushes.prune(now=NOW + timedelta(days=30)) == 0
    assert image_pushes.prune(now=NOW + timedelta(days=30, seconds=1)) == 1


def test_two_tags_of_a_moment_are_one_redeploy() -> None:
    chat()
    judged(push("2.15.0"), push("latest"))
    assert "chat-chat-http 2.15.0, chat-chat-http latest" in Operation.objects.get().reason["en"]


def test_what_takes_new_images_at_its_next_start_is_left_alone() -> None:
    chat(on_push="next_start")
    row = push()
    assert judged(row) == ["new image"]
    assert Arrival.objects.get().note["en"] == "At the next start: chat-dev."
    assert not Operation.objects.exists()


@pytest.mark.parametrize("state", [State.STOPPED, State.STOPPING, State.FAILED_TO_START, State.UNKNOWN])
def test_what_does_not_run_is_left_alone(state: State) -> None:
    chat(state)
    assert judged(push()) == ["new image"]
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    "other",
    [
        {"repository": "another"},
        {"account": "999999999999"},
        {"region": "us-east-1"},
        {"tag": f"sha256-{'a' * 64}.sig"},
    ],
)
def test_an_image_that_none_of_its_targets_takes_changes_nothing(other: dict[str, str]) -> None:
    chat()
    row = push(**other)
    assert judged(row) == ["new image"]
    assert Arrival.objects.get().note["en"] == "No environment takes it."


def test_only_tags_that_the_target_takes_count() -> None:
    chat()
    TargetParameter.objects.update(pattern="2.*", excluded="*-debug")
    assert judged(push("3.0"), push("2.9-debug", digest="sha256:2"), push("2.9", digest="sha256:3")) == [
        *("new image", "new image"),
        "redeploy",
    ]


def test_a_page_says_that_a_newer_image_waits_until_it_runs() -> None:
    environment = chat(on_push="next_start")
    done = Operation.objects.create(
        environment=environment, kind="start", trigger="hold", status="succeeded", reason={},
        created_at=NOW - timedelta(hours=2), finished_at=NOW - timedelta(hours=1), not_before=NOW, deadline_at=NOW,
    )  # fmt: skip
    pushed = (NOW - timedelta(days=1)).isoformat()
    OperationStep.objects.create(
        operation=done, target=environment.targets.get(), position=0, name="resolve", status="done",
        memo={"images": [["chat-chat-http", "2.14.3", pushed]]},
    )  # fmt: skip
    assert image_pushes.waiting(environment) is None

    judged(push("2.15.0"))

    said = image_pushes.waiting(environment)
    assert said is not None
    assert said["en"] == "A new image waits for the next start: chat-chat-http 2.15.0."
    OperationStep.objects.update(memo={"images": [["chat-chat-http", "2.15.0", PUSH["time"]]]})
    assert image_pushes.waiting(environment) is None
