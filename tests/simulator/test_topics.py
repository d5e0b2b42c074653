"""SNS by HTTP as AWS does it: confirmation first, then signed messages with AWS's headers."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pytest_django import Settings

from notifications.inbound import sns_signature
from tests.support.simulator import Simulator
from tests.support.waiting import wait_until

Got = list[tuple[dict[str, str], str]]


@pytest.fixture
def subscriber() -> Iterator[tuple[str, Got]]:
    """An address, and what was posted there: headers in small letters, and the body."""
    got: Got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/hook", got
    server.shutdown()
    server.server_close()


@pytest.fixture
def topic(aws: Simulator, subscriber: tuple[str, Got], settings: Settings) -> str:
    settings.AWS_ENDPOINT_URL = aws.url
    sns_signature.forget_certificates()
    arn = str(aws.client("sns").create_topic(Name="daybreak")["TopicArn"])
    aws.client("sns").subscribe(TopicArn=arn, Protocol="http", Endpoint=subscriber[0])
    return arn


def confirm(aws: Simulator, got: Got) -> None:
    wait_until(lambda: got)
    url = json.loads(got[0][1])["SubscribeURL"]
    host, _, query = url.removeprefix("https://").partition("/")
    assert requests.get(f"{aws.url}/{query}", headers={"Host": host}, timeout=10).status_code == 200


def test_a_new_subscriber_is_asked_first_and_hears_nothing_before(
    aws: Simulator, topic: str, subscriber: tuple[str, Got]
) -> None:
    got = subscriber[1]
    aws.client("sns").publish(TopicArn=topic, Message="too early")
    confirm(aws, got)
    aws.client("sns").publish(TopicArn=topic, Message="heard")
    wait_until(lambda: len(got) == 2)

    headers = [(head["x-amz-sns-message-type"], head["x-amz-sns-topic-arn"]) for head, _ in got]
    assert headers == [("SubscriptionConfirmation", topic), ("Notification", topic)]
    assert json.loads(got[1][1])["Message"] == "heard"
    assert got[1][0]["content-type"].startswith("text/plain")


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "ALARM"])
def test_what_it_sends_is_signed_so_that_the_portal_takes_it(
    version: str, subject: str | None, aws: Simulator, topic: str, subscriber: tuple[str, Got]
) -> None:
    got, client = subscriber[1], aws.client("sns")
    client.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version)
    confirm(aws, got)
    client.publish(TopicArn=topic, Message="heard", **({"Subject": subject} if subject else {}))
    wait_until(lambda: len(got) == 2)

    said = json.loads(got[1][1])
    assert said["SignatureVersion"] == version
    for _, body in got:
        sns_signature.verify(json.loads(body), datetime.now(UTC))
    with pytest.raises(sns_signature.Refused):
        sns_signature.verify(said | {"Message": "other"}, datetime.now(UTC))


def test_a_token_that_was_never_given_confirms_nothing(aws: Simulator, topic: str) -> None:
    url = f"{aws.url}/?Action=ConfirmSubscription&TopicArn={topic}&Token=made-up"
    answer = requests.get(url, headers={"Host": "sns.ap-northeast-2.amazonaws.com"}, timeout=10)
    assert answer.status_code == 400


def test_an_alarm_tells_its_topics_when_its_state_changes_and_only_then(
    aws: Simulator, topic: str, subscriber: tuple[str, Got]
) -> None:
    got, cloudwatch = subscriber[1], aws.client("cloudwatch")
    confirm(aws, got)
    cloudwatch.put_metric_alarm(
        AlarmName="cpu", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        Dimensions=[{"Name": "InstanceId", "Value": "i-1"}], EvaluationPeriods=1, Threshold=80,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    for state in ("ALARM", "ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="cpu", StateValue=state, StateReason="91 > 80")
    aws.control("POST", "alarm", name="cpu", reason="by hand")
    wait_until(lambda: len(got) == 3)

    said = [json.loads(json.loads(body)["Message"]) for _, body in got[1:]]
    told = sorted(said, key=lambda one: str(one["NewStateReason"]))
    assert [(one["NewStateValue"], one["NewStateReason"]) for one in told] == [
        ("ALARM", "91 > 80"),
        ("ALARM", "by hand"),
    ]
    assert told[0]["Trigger"]["Dimensions"] == [{"value": "i-1", "name": "InstanceId"}]
