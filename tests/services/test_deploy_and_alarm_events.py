"""New images are told with their environments; alarms that no check tells of are told by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from environments import alarms as door
from environments.models import Alarm, AlarmCheck, Environment, State
from environments.services import alarms
from notifications import intake
from notifications.models import Event
from tests import factories
from tests.rules.test_alarm_messages import DETAIL, PUSH
from tests.support.sns import alarm

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 1, 0, 5, tzinfo=UTC)
FIRST, SECOND, THIRD = (f"2026-11-23T01:0{minute}:00.000+0000" for minute in (0, 1, 2))


def hear(*texts: str) -> None:
    for text in texts:
        assert intake.accept(door=door.DOOR, payload={"Message": text}, now=NOW)
    intake.judge_due(now=NOW)


def push(tag: str = "2.15.0", repository: str = "chat-chat-http", digest: str = "sha256:1") -> str:
    detail = {**DETAIL, "image-tag": tag, "repository-name": repository, "image-digest": digest}
    return json.dumps(PUSH | {"detail": detail})


def chat(**fields: Any) -> Environment:
    return factories.chat_app(**({"schedule": None, "state": State.RUNNING, "on_push": "at_once"} | fields))


def told(kind: str) -> list[tuple[str, str]]:
    return [(event.title["en"], event.body.get("en", "")) for event in Event.objects.filter(kind=kind).order_by("pk")]


def test_a_new_image_is_told_to_each_environment_that_takes_it_and_whether_it_does_so_now() -> None:
    chat()
    chat(name="chat-qa", stack_name="qa", on_push="next_start")
    hear(push())
    assert told("image.pushed") == [
        ("chat-dev: new image chat-chat-http 2.15.0", "It is redeployed with it now."),
        ("chat-qa: new image chat-chat-http 2.15.0", "It takes it at its next start."),
    ]
    event = Event.objects.filter(kind="image.pushed").order_by("pk").first()
    assert event is not None
    assert (event.severity, event.labels) == ("info", {"environment": "chat-dev", "team": "Chat"})


def test_a_push_that_is_told_again_is_one_event() -> None:
    chat()
    hear(push(), push())
    hear(push())
    assert len(told("image.pushed")) == 1


def test_several_tags_of_the_same_moment_are_one_event() -> None:
    chat()
    hear(push("2.15.0"), push("2.15.1", digest="sha256:2"))
    assert told("image.pushed")[0][0] == "chat-dev: new image chat-chat-http 2.15.0, chat-chat-http 2.15.1"
    assert len(told("image.pushed")) == 1


def test_an_image_that_no_environment_takes_is_nobodys_news() -> None:
    chat()
    hear(push(repository="other"))
    assert told("image.pushed") == []


def test_an_alarm_without_a_check_is_told_when_it_rings_and_when_it_is_quiet_again() -> None:
    hear(alarm())
    hear(alarm("OK", at=SECOND))
    assert [title for title, _ in told("alarm.rings")] == ["Alarm chat-dev-cpu rings"]
    assert told("alarm.rings")[0][1].startswith("Threshold Crossed")
    assert [title for title, _ in told("alarm.quiet")] == ["Alarm chat-dev-cpu is quiet again"]
    rings, quiet = Event.objects.order_by("pk")
    assert rings.thread == quiet.thread == f"alarm-{Alarm.objects.get().pk}"
    assert (rings.ends_thread, quiet.ends_thread) == (False, True)
    assert (rings.severity, quiet.severity) == ("warning", "success")
    assert rings.link == f"/environments/alarm/{Alarm.objects.get().pk}/change/"


def test_what_only_says_again_that_it_rings_or_that_all_is_well_is_no_event() -> None:
    hear(alarm("OK", at=FIRST))
    assert not Event.objects.exists()
    hear(alarm(at=SECOND))
    hear(alarm(at=THIRD), alarm(at=THIRD))
    assert len(told("alarm.rings")) == 1


def test_an_alarm_of_a_check_is_told_by_the_check_alone() -> None:
    environment = factories.environment(schedule=None, state=State.RUNNING, state_since=factories.LONG_AGO)
    AlarmCheck.objects.create(environment=environment, name="alarms", own_targets=False, pattern="chat-dev-*")
    hear(alarm())
    assert told("alarm.rings") == []
    assert told("check.down")


def test_an_alarm_whose_tags_may_make_it_a_checks_waits_for_them() -> None:
    factories.account()
    environment = factories.environment(schedule=None, state=State.RUNNING, state_since=factories.LONG_AGO)
    AlarmCheck.objects.create(
        environment=environment, name="alarms", own_targets=False, tag_key="Environment", tag_value="chat-dev"
    )
    hear(alarm())
    assert told("alarm.rings") == []
    Alarm.objects.update(tags={"": "2026-11-24T00:00:00+00:00"})
    alarms.match_all(now=NOW)
    hear(alarm("OK", at=SECOND))
    hear(alarm(at=THIRD))
    assert len(told("alarm.rings")) == 1, "they have been asked for, and are no check's"
