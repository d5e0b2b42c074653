"""From a stop that fails because a nested stack's resource is in use, to the operator's click that leaves it behind."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from environments.models import Environment, Operation, State
from environments.services import operations
from notifications.models import Event
from tests import factories
from tests.support.journey import Journey
from tests.support.times import monday

pytestmark = pytest.mark.django_db
WHY = {"en": "because", "ko": "이유"}


def switch(chat: Environment, kind: str, day: Journey) -> Operation:
    operation = operations.request(environment=chat, kind=kind, trigger="hold", reason=WHY, now=day.now)
    day.settle()
    return Operation.objects.get(pk=operation.pk)


def leave_behind(client: Client, why: str) -> list[str]:
    """What an operator reads and clicks; the resources of the form."""
    client.force_login(factories.operator())
    page = unescape(client.get(reverse("environments:page", args=["chat-dev"])).content.decode())
    assert "These keep the stack from being deleted" in page
    assert why in page
    keys = [part.split('"')[0] for part in page.split('name="resource" value="')[1:]]
    assert keys
    client.post(reverse("environments:leave_behind", args=["chat-dev"]), {"resource": keys})
    return keys


def test_a_security_group_in_use_is_named_and_left_behind_by_an_operator(chat_aws: Any, client: Client) -> None:
    chat = factories.chat_app(schedule=None)
    day = Journey(chat_aws, monday("10:00"))
    switch(chat, "start", day)
    kind, why = "AWS::EC2::SecurityGroup", "resource sg-1 has a dependent object"
    chat_aws.fail_resource(resource_type=kind, operation="delete", reason=why, stack="ChatAppMasterStack", times=None)
    assert switch(chat, "stop", day).status == "failed"
    cfn = chat_aws.client("cloudformation")

    keys: list[str] = []
    chat_aws.forget_requests()
    # What one of them needs could not be tried before that was left behind: it is on the next list.
    for _ in range(3):
        with time_machine.travel(day.now, tick=False):
            keys += leave_behind(client, why)
        day.settle()

    chat.refresh_from_db()
    assert chat.state == State.STOPPED
    assert cfn.describe_stacks()["Stacks"] == []
    calls = [call["parameters"] for call in chat_aws.requests(action="DeleteStack")]
    assert [sorted(call.get("RetainResources", [])) for call in calls] == [
        ["DatabaseSecurityGroup"],
        ["DatabaseSecurityGroup", "ServerSecurityGroup"],
        ["DatabaseSecurityGroup", "LoadBalancerSecurityGroup", "ServerSecurityGroup"],
        [],
    ]
    assert len(keys) == 3
    told = Event.objects.filter(kind="environment.stopped").order_by("pk").last()
    assert told is not None
    assert "which stay in AWS and cost on: accepted by operator" in told.body["en"]
