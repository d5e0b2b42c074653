"""The door of SNS: what AWS has signed, of topics that are let in, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from notifications import intake
from notifications.inbound import sns, sns_signature
from notifications.models import Arrival, Topic
from tests.support.sns import CERTIFICATE, HOST, SUBSCRIBE, TOPIC, Server, certificate, message, serving

pytestmark = pytest.mark.django_db
PATH = CERTIFICATE.removeprefix(HOST)
ELSEWHERE = "arn:aws:sns:ap-northeast-2:999999999999:daybreak"


@pytest.fixture(autouse=True)
def aws(settings: Settings) -> Iterator[Server]:
    sns_signature.forget_certificates()
    with serving() as (server, address):
        settings.AWS_ENDPOINT_URL = address
        yield server
    sns_signature.forget_certificates()


@pytest.fixture(autouse=True)
def topic(db: None) -> Topic:
    return Topic.objects.create(name="alarms", arn=TOPIC)


def post(said: Any, **headers: str) -> HttpResponse:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    content_type = "text/plain; charset=utf-8"
    found: Any = Client(enforce_csrf_checks=True).post("/hooks/sns/", body, content_type=content_type, headers=headers)
    return found  # type: ignore[no-any-return]


def error() -> str:
    return str(Topic.objects.get(arn=TOPIC).last_error.get("en", ""))


# -- who is let in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "ALARM: chat-dev-cpu"])
def test_a_message_that_aws_signed_is_written_and_waits(version: str, subject: str | None, aws: Server) -> None:
    said = message(version=version, Subject=subject)

    assert post(said).status_code == 200

    row = Arrival.objects.get()
    assert (row.door, row.key, row.outcome) == ("alarm", said["MessageId"], "")
    assert row.payload["Message"] == "hello"
    assert aws.asked == [("sns.ap-northeast-2.amazonaws.com", PATH)]


def test_what_is_sent_again_is_written_once_and_answered_alike() -> None:
    said = message()

    assert [post(said).status_code, post(said).status_code] == [200, 200]
    assert Arrival.objects.count() == 1


def test_a_known_certificate_is_not_asked_for_again(
    aws: Server, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    post(message())
    with django_assert_num_queries(4):  # the topic, and one INSERT between the marks of its savepoint
        post(message(MessageId="another"))

    assert len(aws.asked) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"Message": "other"},
        {"MessageId": "other"},
        {"Timestamp": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()},
        {"Subject": "added"},
        {"SignatureVersion": "2"},
        {"SignatureVersion": "3"},
        {"Signature": "AAAA"},
        {"Signature": "no base64!"},
        {"Signature": None},
    ],
)
def test_what_was_changed_on_the_way_is_refused(change: dict[str, Any]) -> None:
    assert post(message() | change).status_code == 403
    assert not Arrival.objects.exists()
    assert "refused" in error()


def test_what_somebody_else_signed_is_refused() -> None:
    assert post(message(signed_by="somebody else")).status_code == 403


def test_a_message_of_a_topic_that_is_not_ours_is_refused_and_nobody_is_asked(aws: Server) -> None:
    assert post(message(TopicArn=ELSEWHERE)).status_code == 403
    assert aws.asked == []


def test_a_topic_that_is_switched_off_lets_nothing_in(topic: Topic) -> None:
    Topic.objects.update(is_on=False)
    assert post(message()).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.ap-northeast-2.amazonaws.com/x.pem",
        "https://sns.ap-northeast-2.amazonaws.com@evil.example/x.pem",
        "https://user@sns.ap-northeast-2.amazonaws.com/x.pem",
        "https://sns.ap-northeast-2.amazonaws.com.evil.example/x.pem",
        "https://sns.ap-northeast-2.amazonaws.com:444/x.pem",
        "https://evil.example/sns.ap-northeast-2.amazonaws.com/x.pem",
        "https://evil.example?https://sns.ap-northeast-2.amazonaws.com/x.pem",
        "https://snsx.ap-northeast-2.amazonaws.com/x.pem",
        "https://sns.ap-northeast-2.amazonaws.com/../x.pem",
        "https://sns.ap-northeast-2.amazonaws.com/x.pem\n",
        "https://sns.ap-northeast-2.amazonaws.com/x.pem?y",
        "https://sns.evil.amazonaws.com/x.pem",
        "https://sns.ap-northeast-2.amazonaws.com.cn.evil.example/x.pem",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_never_asked_for(url: str, aws: Server) -> None:
    assert post(message(SigningCertURL=url)).status_code == 403
    assert aws.asked == []


def test_regions_of_china_have_a_host_of_their_own(aws: Server) -> None:
    aws.pages["/x.pem"] = (200, certificate())
    assert post(message(SigningCertURL="https://sns.cn-north-1.amazonaws.com.cn/x.pem")).status_code == 200


def test_a_certificate_that_has_moved_is_not_followed(aws: Server) -> None:
    aws.pages[PATH] = (302, b"/elsewhere.pem")
    aws.pages["/elsewhere.pem"] = (200, certificate())

    assert post(message()).status_code == 403
    assert [path for _, path in aws.asked] == [PATH]


def test_a_certificate_that_is_over_is_refused(aws: Server) -> None:
    aws.pages[PATH] = (200, certificate(days=-1))
    assert post(message()).status_code == 403


@pytest.mark.parametrize("content", [b"", b"<html>", b"x" * 100_000])
def test_what_is_no_certificate_is_refused(content: bytes, aws: Server) -> None:
    aws.pages[PATH] = (200, content)
    assert post(message()).status_code == 403


def test_while_the_certificate_cannot_be_had_aws_is_asked_to_send_it_again(aws: Server) -> None:
    aws.pages[PATH] = (500, b"")
    assert post(message()).status_code == 503

    aws.pages[PATH] = (200, certificate())
    assert post(message()).status_code == 200


def test_strangers_cannot_make_it_ask_for_ever_new_certificates(aws: Server) -> None:
    answers = {post(message(SigningCertURL=f"{HOST}/{n}.pem")).status_code for n in range(20)}

    assert answers == {403, 503}
    assert len(aws.asked) == sns_signature.FETCHES_A_MINUTE


@pytest.mark.parametrize("minutes", [-61, 61])
def test_what_is_an_hour_old_or_from_the_future_is_refused(minutes: int) -> None:
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    assert post(message(Timestamp=at)).status_code == 403


@pytest.mark.parametrize("timestamp", ["yesterday", "2026-11-23T09:00:00", ""])
def test_a_time_without_a_zone_or_sense_is_refused(timestamp: str) -> None:
    assert post(message(Timestamp=timestamp)).status_code == 403


def test_raw_delivery_is_refused() -> None:
    assert post(message(), **{"x-amz-sns-rawdelivery": "true"}).status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"{}", b'{"Type": ["Notification"]}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    assert post(body).status_code == 403


def test_what_is_longer_than_a_message_can_be_is_refused_unread() -> None:
    assert post(b"x" * (sns.LARGEST + 1)).status_code == 413


def test_only_posts_are_answered() -> None:
    assert Client().get("/hooks/sns/").status_code == 405


# -- subscriptions ---------------------------------------------------------------------------------------------------


def work(seconds: float = 0) -> None:
    now = datetime.now(UTC) + timedelta(seconds=seconds)
    intake.judge_due(now=now)
    sns.confirm_due(now)


def test_a_subscription_to_a_topic_of_ours_is_confirmed_in_the_background(aws: Server) -> None:
    assert post(message("SubscriptionConfirmation")).status_code == 200
    assert aws.visits == []

    work()
    work()

    assert aws.visits == [SUBSCRIBE.removeprefix(HOST)]
    assert Arrival.objects.get().outcome == "confirmed"
    assert Topic.objects.get().confirmed_at is not None


def test_a_subscription_to_any_other_topic_is_not(aws: Server) -> None:
    assert post(message("SubscriptionConfirmation", TopicArn=ELSEWHERE)).status_code == 403
    work()
    assert aws.asked == []


@pytest.mark.parametrize(
    "url",
    [
        SUBSCRIBE.replace("https://", "https://user@"),
        SUBSCRIBE.replace(".com/", ".com.evil.example/"),
        SUBSCRIBE.replace(TOPIC, ELSEWHERE),
        SUBSCRIBE.replace("ConfirmSubscription", "Unsubscribe"),
        "https://evil.example/",
    ],
)
def test_only_the_address_that_confirms_this_very_topic_is_visited(url: str, aws: Server) -> None:
    assert post(message("SubscriptionConfirmation", SubscribeURL=url)).status_code == 403
    work()
    assert aws.visits == []


def test_a_confirmation_that_fails_is_tried_again_later(aws: Server) -> None:
    aws.pages["/"] = (500, b"")
    post(message("SubscriptionConfirmation"))
    work()
    assert "could not be confirmed" in error()

    aws.pages["/"] = (200, b"")
    work(0.5)
    assert len(aws.visits) == 1
    work(10)
    assert (Arrival.objects.get().outcome, error()) == ("confirmed", "")


def test_confirmations_that_fail_hold_up_none_that_is_due(aws: Server) -> None:
    aws.pages["/"] = (500, b"")
    for number in range(sns.CONFIRMED_AT_ONCE):
        post(message("SubscriptionConfirmation", MessageId=f"fails {number}"))
    work()

    aws.pages["/"] = (200, b"")
    post(message("SubscriptionConfirmation", MessageId="good"))
    work()

    assert Arrival.objects.get(key="good").outcome == "confirmed"


def test_a_confirmation_that_aws_refuses_is_not_tried_again(aws: Server) -> None:
    aws.pages["/"] = (400, b"")
    post(message("SubscriptionConfirmation"))
    work()
    work(3600)

    assert len(aws.visits) == 1
    assert Arrival.objects.get().outcome == "failed"
    assert Topic.objects.get().confirmed_at is None


def test_a_subscription_that_ends_is_noted(topic: Topic, aws: Server) -> None:
    Topic.objects.update(confirmed_at=datetime.now(UTC))
    post(message("UnsubscribeConfirmation"))
    work()

    assert Topic.objects.get().confirmed_at is None
    assert "ended" in error()
    assert aws.visits == []
