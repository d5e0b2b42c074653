"""What operators see of arrivals, and administrators of topics."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from environments.models import Heartbeat
from notifications import intake
from notifications.models import Arrival, Topic
from tests import factories
from tests.support.gateways import gateway

from .conftest import Enter

pytestmark = pytest.mark.django_db
ARN = "arn:aws:sns:ap-northeast-2:123456789012:daybreak"
LIST = "/notifications/arrival/"
TOPICS = "/notifications/topic/"


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, address
    return unescape(answer.content.decode())


def test_operators_see_what_came_in_and_what_became_of_it_without_its_secrets(enter: Enter) -> None:
    payload = {"Message": "hello", "Token": "very-secret", "SubscribeURL": "https://x/?Token=very-secret"}
    row = intake.accept(door="sns", subject=7, key="m1", payload=payload, now=timezone.now())
    assert row is not None
    operator = enter(factories.operator())

    assert "SNS subscription" in text(operator, LIST)
    page = text(operator, f"{LIST}{row.pk}/change/")
    assert "hello" in page
    assert "very-secret" not in page


def test_whose_an_arrival_is_stands_there_by_name_with_a_link_for_who_may_follow_it(enter: Enter) -> None:
    topic, to = Topic.objects.create(name="alarms of development", arn=ARN), gateway(name="SMS Seoul")
    job = Heartbeat.objects.create(environment=factories.environment("chat-dev"), name="backup", digest="d")
    for door, subject in (("alarm", topic.pk), ("sms", to.pk), ("ping", job.pk), ("ping", 4711), ("sns", None)):
        row = intake.accept(door=door, subject=subject, payload={"said": "success"}, now=timezone.now())
    assert row is not None
    operator, administrator = enter(factories.operator()), enter(factories.administrator())

    listed = text(operator, LIST)
    assert f'href="/environments/heartbeat/{job.pk}/change/">chat-dev: backup</a>' in listed
    assert "no longer there (4711)" in listed
    assert "alarms of development" in listed
    assert f'href="/notifications/gateway/{to.pk}/change/">SMS Seoul</a>' in text(administrator, LIST)
    assert "SMS Seoul" in text(operator, f"{LIST}{Arrival.objects.get(door='sms').pk}/change/")


def test_many_arrivals_are_named_with_a_query_for_each_door(enter: Enter) -> None:
    operator = enter(factories.operator())
    job = Heartbeat.objects.create(environment=factories.environment("chat-dev"), name="backup", digest="d")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(operator, LIST)
        return len(seen)

    def come_in(count: int) -> None:
        for _ in range(count):
            intake.accept(door="ping", subject=job.pk, payload={}, now=timezone.now())

    come_in(1)
    cost()
    few = cost()
    come_in(20)
    assert cost() == few


def test_managers_do_not(enter: Enter) -> None:
    assert enter(factories.manager()).get(LIST).status_code == 403


@pytest.mark.parametrize(("seconds", "warned"), [(30, False), (90, True)])
def test_a_warning_stands_over_the_list_while_arrivals_wait_for_more_than_a_minute(
    seconds: int, warned: bool, enter: Enter
) -> None:
    intake.accept(door="sns", payload={}, now=timezone.now() - timedelta(seconds=seconds))
    assert ("has waited for more than a minute" in text(enter(factories.operator()), LIST)) == warned


def test_what_waits_and_what_was_put_aside_can_be_found(enter: Enter) -> None:
    row = intake.accept(door="sns", payload={}, now=timezone.now())
    assert row is not None
    operator, page = enter(factories.operator()), f"{LIST}{row.pk}/change/"
    assert page in text(operator, f"{LIST}?condition=waiting")
    assert page not in text(operator, f"{LIST}?condition=broken")


def test_a_topic_says_how_to_subscribe_and_how_it_is_doing(enter: Enter, settings: Settings) -> None:
    settings.BASE_URL = "https://daybreak.example"
    topic = Topic.objects.create(name="alarms", arn=ARN, last_error={"en": "A message was refused: no.", "ko": "거부"})
    page = text(enter(factories.administrator()), f"{TOPICS}{topic.pk}/change/")

    assert f"aws sns subscribe --topic-arn {ARN} --protocol https" in page
    assert "--notification-endpoint https://daybreak.example/hooks/sns/ --region ap-northeast-2" in page
    assert "not subscribed yet" in page
    assert "A message was refused: no." in page


@pytest.mark.parametrize("arn", ["daybreak", "arn:aws:sqs:ap-northeast-2:123456789012:daybreak", f"{ARN}.fifo"])
def test_only_the_arn_of_a_standard_topic_is_taken(arn: str, enter: Enter) -> None:
    answer = enter(factories.administrator()).post(f"{TOPICS}add/", {"name": "x", "arn": arn, "is_on": "on"})
    assert "This is no ARN of a topic" in unescape(answer.content.decode())
    assert not Topic.objects.exists()


def test_another_arn_is_another_topic_of_which_nothing_is_known(enter: Enter) -> None:
    topic = Topic.objects.create(name="alarms", arn=ARN, confirmed_at=timezone.now(), last_at=timezone.now())
    fields = {"name": "alarms", "arn": f"{ARN}2", "is_on": "on"}
    enter(factories.administrator()).post(f"{TOPICS}{topic.pk}/change/", fields)
    topic.refresh_from_db()
    assert (topic.arn, topic.confirmed_at, topic.last_at) == (f"{ARN}2", None, None)


def test_operators_do_not_decide_who_is_let_in(enter: Enter) -> None:
    assert enter(factories.operator()).get(TOPICS).status_code == 403
