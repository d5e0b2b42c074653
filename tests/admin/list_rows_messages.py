"""A row of each list of messages, chats and people who hear of things, by its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from environments import roles
from notifications import intake
from notifications.inbound import sns
from notifications.models import (
    Arrival,
    Channel,
    ChatApp,
    ChatPerson,
    ChatRequest,
    Contact,
    ContactGroup,
    Delivery,
    Escalation,
    Event,
    Gateway,
    Rule,
    Topic,
    Wording,
)
from portal.models import ApiToken
from tests import factories

from .list_rows import environment, heartbeat


def channel(n: int) -> Channel:
    return Channel.objects.create(
        name=f"ops {n}", kind="discord", config={"webhook_url": "https://discord.com/api/webhooks/1/a"}
    )


def event(n: int) -> Event:
    labels = {"environment": environment(n).slug, "team": f"team {n}"}
    return Event.objects.create(
        kind="environment.failed", severity="error", labels=labels, title={"en": f"failed {n}"}, at=timezone.now()
    )


def delivery(n: int) -> Delivery:
    now = timezone.now()
    made = Delivery.objects.create(
        event=event(n), channel=channel(n), why="everything", not_before=now, deadline_at=now + timedelta(hours=1)
    )
    made.attempt_log.create(at=now)
    return made


def contact(n: int) -> Contact:
    made = Contact(name=f"person {n}", user=factories.person(f"person {n}", roles.VIEWER), channel=channel(n))
    made.set_addresses({"email": f"p{n}@example.com"})
    made.save()
    return made


def on_call(n: int) -> ContactGroup:
    made = ContactGroup.objects.create(name=f"group {n}")
    who = contact(n)
    made.places.create(contact=who, channel=who.channel)
    return made


def told_by_rule(n: int) -> Rule:
    made = Rule.objects.create(name=f"rule {n}")
    group = on_call(n)
    made.groups.add(group)
    made.contacts.add(*group.members.all())
    made.channels.add(*Channel.objects.filter(name=f"ops {n}"))
    return made


def escalation(n: int) -> Escalation:
    return Escalation.objects.create(event=event(n), group=on_call(n), began_at=timezone.now())


def wording(n: int) -> Wording:
    return Wording.objects.create(kind=f"kind {n}", language="en", title="{title}")


def topic(n: int) -> Topic:
    return Topic.objects.create(name=f"topic {n}", arn=f"arn:aws:sns:us-east-1:123456789012:t{n}")


def arrival(n: int) -> Arrival:
    door, subject = (("heartbeat", heartbeat(n).pk), (sns.ALARM_DOOR, topic(n).pk))[n % 2]
    intake.accept(door=door, subject=subject, key=str(n), payload={"Message": "m"}, now=timezone.now())
    return Arrival.objects.latest("pk")


def gateway(n: int) -> Gateway:
    return Gateway.objects.create(name=f"SMS {n}", digest=f"digest {n}", config={})


def chat_app(n: int) -> ChatApp:
    return ChatApp.objects.create(name=f"chat {n}", kind="slack", digest=f"{n:064}")


def chat_person(n: int) -> ChatPerson:
    user = factories.person(f"talker {n}", roles.VIEWER, factories.team(f"talkers {n}"))
    return ChatPerson.objects.create(
        app=chat_app(n), external_id=f"T1/U{n}", name=f"talker {n}", user=user, how="code", linked_at=timezone.now()
    )


def chat_request(n: int) -> ChatRequest:
    who = chat_person(n)
    return ChatRequest.objects.create(
        app=who.app,
        key=str(n),
        external_id=who.external_id,
        name=who.name,
        user=who.user,
        text="status",
        language="en",
        received_at=timezone.now(),
        state="answered",
    )


def token(n: int) -> ApiToken:
    user = factories.person(f"program {n}", roles.VIEWER, factories.team(f"programs {n}"))
    return ApiToken.objects.create(
        user=user, name=f"pipeline {n}", scopes=["read"], digest=f"{n:064}", start="dbk_1234", created_at=timezone.now()
    )


MAKES: Mapping[type[Model], Callable[[int], Any]] = {
    ApiToken: token,
    Arrival: arrival,
    Channel: channel,
    ChatApp: chat_app,
    ChatPerson: chat_person,
    ChatRequest: chat_request,
    Contact: contact,
    ContactGroup: on_call,
    Delivery: delivery,
    Escalation: escalation,
    Event: event,
    Gateway: gateway,
    Rule: told_by_rule,
    Topic: topic,
    Wording: wording,
}
