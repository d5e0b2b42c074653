"""A newer image is pushed; a manager clicks; what runs is brought to it; Discord hears of it, once, in colour."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from environments.models import (
    Deployment,
    Environment,
    ImagePoll,
    Operation,
    OperationStep,
    State,
    TargetParameter,
    Ticket,
)
from environments.services import deployments
from environments.services.deployment_telling import tell
from environments.services.deployment_versions import Version
from environments.services.image_polls import look_due
from notifications.models import Channel
from tests import factories
from tests.notifications.discord_server import Discord
from tests.support.journey import Journey
from tests.support.times import monday
from tests.targets.test_redeploy import parameters_of, push, updates

from .test_from_a_click_to_a_message import AMBER, BLUE, GREEN, RED, _embeds, _send_what_is_owed, discord

pytestmark = pytest.mark.django_db
STACK = "ChatAppMasterStack"
SECRET = "correct-horse-battery"

__all__ = ["discord"]


def up(aws: Any, client: Client) -> tuple[Environment, Journey]:
    """The chat application, running since nine by its schedule, with nobody told so far."""
    chat = factories.chat_app(next_transition_at=monday("08:00"))
    client.force_login(factories.manager())
    channels = list(Channel.objects.values_list("pk", flat=True))
    Channel.objects.filter(pk__in=channels).update(enabled=False)
    day = Journey(aws, monday("08:59"))
    day.go_to(monday("09:05"))
    Channel.objects.filter(pk__in=channels).update(enabled=True)
    assert Environment.objects.get().state == State.RUNNING
    return chat, day


def click(client: Client, day: Journey, verb: str = "redeploy") -> str:
    with time_machine.travel(day.now, tick=False):
        return client.post(reverse(f"environments:{verb}", args=["chat-dev"]), follow=True).content.decode()


def page(client: Client, day: Journey) -> str:
    with time_machine.travel(day.now, tick=False):
        return client.get(reverse("environments:page", args=["chat-dev"])).content.decode()


def pushed(day: Journey, tag: str) -> None:
    push(day.aws, tag, "chat-chat-http")
    day.now = day.aws.now()


def test_from_the_click_to_the_message(chat_aws: Any, discord: Discord, client: Client) -> None:
    chat, day = up(chat_aws, client)
    pushed(day, "2.14.4")
    assert "chat-dev is redeployed now, where there is a newer image." in click(client, day)
    assert Environment.objects.get().state == State.REDEPLOYING
    day.settle()
    assert Environment.objects.get().state == State.RUNNING
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.4"
    assert [(one.repository, one.tag) for one in deployments.current(Environment.objects.get())] == [
        ("chat-chat-http", "2.14.4")
    ]
    html = page(client, day)
    assert "chat-chat-http 2.14.4, since" in html
    assert "chat-chat-http 2.14.3 → 2.14.4" in html
    _send_what_is_owed(day)
    assert _embeds(discord) == [("chat-dev is being redeployed", BLUE), ("chat-dev is redeployed", GREEN)]
    told = {field["name"]: field["value"] for field in discord.accepted[-1]["payload"]["embeds"][0]["fields"]}
    assert told["Images"] == "chat-chat-http 2.14.3 → 2.14.4"
    assert chat.name in discord.accepted[-1]["payload"]["embeds"][0]["title"]


def test_the_newest_already_is_said_on_the_page_and_nobody_is_bothered(
    chat_aws: Any, discord: Discord, client: Client
) -> None:
    _, day = up(chat_aws, client)
    click(client, day)
    day.settle()
    assert "ChatAppMasterStack runs the newest already: chat-chat-http 2.14.3" in page(client, day)
    _send_what_is_owed(day)
    assert _embeds(discord) == []
    assert updates(chat_aws) == 0


def test_a_failure_is_told_in_red_and_it_runs_on_with_the_old_image(
    chat_aws: Any, discord: Discord, client: Client
) -> None:
    _, day = up(chat_aws, client)
    pushed(day, "2.14.4")
    chat_aws.fail_resource(resource_type="AWS::ECS::TaskDefinition", operation="update", reason="The image is broken.")
    click(client, day)
    day.settle()
    assert Environment.objects.get().state == State.RUNNING
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.3"
    html = page(client, day)
    assert "The last redeploy failed" in html
    assert "chat-chat-http 2.14.3, since" in html
    _send_what_is_owed(day)
    told = "chat-dev could not be redeployed"
    ticket = Ticket.objects.get().pk
    assert _embeds(discord)[-2:] == [(told, RED), (f"Ticket #{ticket} opened: {told}", AMBER)]
    assert "The image is broken." in discord.accepted[-2]["payload"]["embeds"][0]["description"]
    click(client, day, "ask_retry")
    day.settle()
    _send_what_is_owed(day)
    assert (f"Ticket #{ticket} done: {told}", GREEN) in _embeds(discord)
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.4"
    assert "The last redeploy failed" not in page(client, day)


@pytest.mark.parametrize("times", [1, 4])
def test_an_update_whose_answers_are_lost_acts_once(chat_aws: Any, client: Client, times: int) -> None:
    _, day = up(chat_aws, client)
    pushed(day, "2.14.4")
    chat_aws.fault("lost", action="UpdateStack", times=times)
    click(client, day)
    day.settle()
    assert Operation.objects.get(kind="redeploy").status == "succeeded"
    events = chat_aws.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    begun = [e for e in events if e["LogicalResourceId"] == STACK and e["ResourceStatus"] == "UPDATE_IN_PROGRESS"]
    assert len(begun) == 1
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.4"


def test_a_stop_in_the_middle_is_followed_and_nothing_is_left(chat_aws: Any, client: Client) -> None:
    _, day = up(chat_aws, client)
    pushed(day, "2.14.4")
    click(client, day)
    day.work()
    with time_machine.travel(day.now, tick=False):
        client.post(reverse("environments:ask_stop", args=["chat-dev"]))
    day.settle()
    assert Environment.objects.get().state == State.STOPPED
    assert list(Operation.objects.order_by("pk").values_list("kind", "status")) == [
        ("start", "succeeded"),
        ("redeploy", "cancelled"),
        ("stop", "succeeded"),
    ]


def test_what_is_stopped_takes_the_newest_image_at_its_next_start(chat_aws: Any, client: Client) -> None:
    _, day = up(chat_aws, client)
    day.go_to(monday("18:10"))
    pushed(day, "2.14.4")
    assert "chat-dev does not run. It takes the newest image at its next start." in click(client, day)
    with time_machine.travel(day.now, tick=False):
        client.post(reverse("environments:ask_start", args=["chat-dev"]), {"until": "1"})
    day.settle()
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.4"


def test_an_older_image_that_was_asked_for_is_passed_over_and_the_team_hears_of_it(
    chat_aws: Any, discord: Discord, client: Client
) -> None:
    chat, day = up(chat_aws, client)
    Environment.objects.update(on_push="at_once")
    chat.refresh_from_db()
    version = Version(tag="2.14.2", repository="chat-chat-http")
    (row,) = tell(environment=chat, versions=[version], origin=Deployment.Origin.API, now=day.now)
    day.settle()
    row.refresh_from_db()
    assert row.status == "waiting", "only the next look at ECR tells whether it is still to come"
    look_due(now=day.now)
    ImagePoll.objects.update(next_at=day.now)
    look_due(now=day.now)
    row.refresh_from_db()
    assert (row.status, row.reason["en"][:70]) == (
        "failed",
        "Only the newest image is taken: 2.14.3 was pushed after 2.14.2. To go ",
    )
    _send_what_is_owed(day)
    assert _embeds(discord) == [("chat-dev: chat-chat-http 2.14.2 was not deployed", RED)]
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.3"


def test_a_target_that_takes_only_an_older_tag_is_brought_back_to_it(chat_aws: Any, client: Client) -> None:
    _chat, day = up(chat_aws, client)
    TargetParameter.objects.filter(source="ecr").update(pattern="2.14.2")
    click(client, day)
    day.settle()
    assert parameters_of(chat_aws, STACK)["ChatServerImageTag"] == "2.14.2"


def test_an_encrypted_parameter_is_nowhere_in_the_portal(chat_aws: Any, discord: Discord, client: Client) -> None:
    chat_aws.client("ssm").put_parameter(Name="/chat/secret", Value=SECRET, Type="SecureString")
    chat = factories.chat_app(schedule=None)
    parameter = TargetParameter.objects.filter(target__environment=chat).order_by("name").first()
    assert parameter is not None
    TargetParameter.objects.filter(pk=parameter.pk).update(source="ssm", value="/chat/secret")
    client.force_login(factories.manager())
    day = Journey(chat_aws, monday("10:00"))
    with time_machine.travel(day.now, tick=False):
        client.post(reverse("environments:ask_start", args=["chat-dev"]), {"until": "released"})
    day.settle()
    _send_what_is_owed(day)
    assert parameters_of(chat_aws, STACK)[parameter.name] == SECRET
    kept = [*OperationStep.objects.values(), *Operation.objects.values(), *Environment.objects.values()]
    assert SECRET not in f"{kept} {discord.accepted} {page(client, day)}"
