"""Bad input and bad luck: each ends in a clear sentence on the environment's page, and in a next try or a failed
operation."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from environments.models import Environment, GuardAcceptance, Operation, State
from environments.services import operations, workflow
from environments.targets.client import forget_clients
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db
WHY = {"en": "because", "ko": "이유"}


def _switch(chat: Environment, kind: str, day: Journey) -> Operation:
    operation = operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=day.now)
    day.settle()
    return Operation.objects.get(pk=operation.pk)


def _page(client: Client, user: Any = None) -> str:
    client.force_login(user or factories.operator())
    return unescape(client.get(reverse("environments:page", args=["chat-dev"])).content.decode())


def test_a_stack_that_does_not_exist_is_said_to_need_no_stop(chat_aws: Any, client: Client) -> None:
    chat = factories.chat_app(schedule=None)
    operation = _switch(chat, "stop", Journey(chat_aws, monday("10:00")))
    assert operation.status == "succeeded"
    assert "ChatAppMasterStack does not exist: nothing to stop" in _page(client)


def test_a_template_that_is_not_there_or_does_not_validate(chat_aws: Any, client: Client) -> None:
    chat = factories.environment(schedule=None)
    factories.stack(chat, parameters={}, template_url=factories.TEMPLATE_URL.replace("master", "nobody"))
    operation = _switch(chat, "start", Journey(chat_aws, monday("10:00")))
    assert operation.status == "failed"
    assert "AWS refused CreateStack" in _page(client)
    assert chat_aws.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_parameter_the_template_does_not_know(chat_aws: Any, client: Client) -> None:
    chat = factories.environment(schedule=None)
    factories.stack(chat, parameters={"Nonsense": ("fixed", "1")})
    assert _switch(chat, "start", Journey(chat_aws, monday("10:00"))).status == "failed"
    assert "Nonsense" in _page(client)


def test_a_role_that_cannot_be_assumed(chat_aws: Any, client: Client) -> None:
    chat = factories.chat_app(schedule=None)
    account = factories.account()
    account.external_id = "something-else"
    account.save()
    assert _switch(chat, "start", Journey(chat_aws, monday("10:00"))).status == "failed"
    assert "role/DaybreakPortal of account development (123456789012) cannot be assumed" in _page(client)
    assert Environment.objects.get().state == State.FAILED_TO_START


def test_an_aws_that_cannot_be_reached_is_tried_again_and_says_so_meanwhile(
    chat_aws: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = factories.chat_app(schedule=None)
    day = Journey(chat_aws, monday("10:00"))
    operation = operations.request(environment=chat, kind="start", trigger="hold", reason=WHY, now=day.now)
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        forget_clients()
        day.work()
        operation.refresh_from_db()
        assert operation.is_unfinished
        assert operation.not_before > day.now
        assert "cannot be reached at the moment" in _page(client)
    forget_clients()
    day.settle()
    assert Operation.objects.get().status == "succeeded"


@pytest.mark.parametrize(
    ("repository", "sentence"),
    [
        ("chat-empty", "The image repository “chat-empty” is empty."),
        ("chat-untagged", "in “chat-untagged” has a tag."),
        ("chat-nobody", "The image repository “chat-nobody” does not exist"),
    ],
)
def test_a_repository_without_a_tag_to_take(chat_aws: Any, client: Client, repository: str, sentence: str) -> None:
    chat = factories.environment(schedule=None)
    factories.stack(chat, parameters=dict.fromkeys(factories.TAGS, ("ecr", repository)))
    assert _switch(chat, "start", Journey(chat_aws, monday("10:00"))).status == "failed"
    assert sentence in _page(client)
    assert chat_aws.requests(action="CreateStack") == []


def test_what_was_asked_while_the_broker_was_away_is_done_by_the_next_sweep(
    chat_aws: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, client: Client
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionRefusedError("no broker")

    chat = factories.chat_app(schedule=None)
    day = Journey(chat_aws, monday("10:00"))
    monkeypatch.setattr("environments.services.wakeups.current_app.send_task", away)
    client.force_login(factories.manager())
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("environments:ask_start", args=["chat-dev"]), {"until": "released"})
    assert answer.status_code == 302
    assert "A worker takes it up in a moment." in _page(client)
    assert workflow.sweep(now=Operation.objects.get().not_before) == 1
    Operation.objects.update(not_before=day.now, deadline_at=day.now + operations.DEADLINE)
    day.settle()
    assert Environment.objects.get(pk=chat.pk).state == State.RUNNING


def test_a_failed_start_is_tried_again_from_the_page_and_then_works(chat_aws: Any, client: Client) -> None:
    chat = factories.chat_app(schedule=None)
    day = Journey(chat_aws, monday("10:00"))
    chat_aws.fail_resource("Redis", reason="No capacity.", stack="ChatAppMasterStack")
    _switch(chat, "start", day)
    assert "Redis (AWS::ElastiCache::CacheCluster): No capacity." in _page(client)
    client.force_login(factories.manager())
    client.post(reverse("environments:ask_retry", args=["chat-dev"]))
    Operation.objects.unfinished().update(not_before=day.now, deadline_at=day.now + operations.DEADLINE)
    day.settle()
    assert Environment.objects.get(pk=chat.pk).state == State.RUNNING
    assert len(chat_aws.requests(action="CreateStack")) == 2


def test_a_stop_that_would_lose_data_waits_for_an_operator_who_accepts_the_list(chat_aws: Any, client: Client) -> None:
    s3 = chat_aws.client("s3")
    where = {"Bucket": "chat-app-templates", "Key": "chat-app/database.yaml"}
    body = s3.get_object(**where)["Body"].read().decode()
    s3.put_object(**where, Body=body.replace("DeletionPolicy: Snapshot", "DeletionPolicy: Delete").encode())
    chat = factories.chat_app(schedule=None)
    day = Journey(chat_aws, monday("10:00"))
    _switch(chat, "start", day)
    assert _switch(chat, "stop", day).status == "failed"
    assert chat_aws.requests(action="DeleteStack") == []
    page = _page(client)
    assert "Stopping deletes these for good" in page
    assert "AWS::DocDB::DBCluster" in page

    fingerprint = page.split('name="fingerprint" value="')[1].split('"')[0]
    url = reverse("environments:accept", args=["chat-dev"])
    client.force_login(factories.manager())
    assert client.post(url, {"fingerprint": fingerprint}).status_code == 403
    client.force_login(factories.operator())
    client.post(url, {"fingerprint": "of another template"})
    assert not GuardAcceptance.objects.exists()
    client.post(url, {"fingerprint": fingerprint})
    assert GuardAcceptance.objects.get().accepted_by == factories.operator()
    Operation.objects.unfinished().update(not_before=day.now, deadline_at=day.now + operations.DEADLINE)
    day.settle()
    assert Environment.objects.get(pk=chat.pk).state == State.STOPPED
