"""Channels that programs read: the signed webhook, topics of SNS, and whatever Apprise knows."""

import email.charset
import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError

from notifications import dispatch
from notifications.models import Channel, Delivery
from notifications.senders import aws, sns
from notifications.senders.apprise import OF_THIS_MACHINE, check_url, mask_service
from notifications.senders.base import Message, MessageAction, MessageEvent, MessageField, TransportError
from notifications.senders.http import post_json
from notifications.senders.webhook import Webhook as Sender
from notifications.senders.webhook import payload, signature

from .conftest import MONDAY, later, say
from .receivers.aws import Aws, refuse_query
from .receivers.webhook import SECRET, AnyJson, Webhook

READY = Message(
    kind="environment.ready",
    severity="success",
    title="chat-dev가 켜졌어요",
    body="18:00까지",
    fields=(MessageField("Team", "Chat"),),
    link="https://daybreak.example/environments/chat-dev/",
    actor="mina",
    at=MONDAY,
    language="ko",
    key="17",
    actions=(MessageAction("Keep on 2 h", "https://daybreak.example/m/2/", "$0.40"),),
    until=MONDAY + timedelta(hours=9),
)


@pytest.fixture
def program() -> Iterator[Webhook]:
    with Webhook() as there:
        yield there


def test_the_webhook_says_all_there_is(program: Webhook) -> None:
    Sender().send(READY, {"url": program.url, "secret": SECRET})
    assert program.taken == [
        {
            "id": "17",
            "kind": "environment.ready",
            "severity": "success",
            "title": "chat-dev가 켜졌어요",
            "body": "18:00까지",
            "fields": [{"name": "Team", "value": "Chat"}],
            "link": "https://daybreak.example/environments/chat-dev/",
            "actions": [{"label": "Keep on 2 h", "url": "https://daybreak.example/m/2/", "note": "$0.40"}],
            "acknowledge": "",
            "actor": "mina",
            "at": "2026-11-23T09:00:00+00:00",
            "until": "2026-11-23T18:00:00+00:00",
            "language": "ko",
            "events": [],
        }
    ]


def told(channel: Channel, at: datetime) -> None:
    """All that the channel is owed by then, as one message where it gathers."""
    for delivery in Delivery.objects.filter(channel=channel).order_by("pk"):
        dispatch.deliver(delivery.pk, at)


@pytest.mark.django_db
def test_each_event_of_a_message_is_there_to_act_on_whether_it_comes_alone_or_with_others(program: Webhook) -> None:
    config = {"url": program.url, "secret": SECRET}
    alone = Channel.objects.create(name="one by one", kind="webhook", config=config)
    gathers = Channel.objects.create(name="gathers", kind="webhook", config=config, gather_seconds=10)
    say("chat-dev is ready", kind="environment.ready", severity="success", link="/env/chat-dev/", body="until 18:00")
    say("#7 is done", kind="ticket.done", severity="success", link="/tickets/7/", actor="minseo", now=later(seconds=1))
    told(alone, later(seconds=1))
    told(gathers, later(seconds=10))
    ready, done, both = program.taken
    assert (both["kind"], both["title"]) == ("environment.ready", "chat-dev: 2 messages")
    assert ready["events"] + done["events"] == both["events"]
    assert [event["kind"] for event in both["events"]] == ["environment.ready", "ticket.done"]
    (event,) = done["events"]
    assert event == {
        "kind": "ticket.done",
        "severity": "success",
        "title": "#7 is done",
        "body": "",
        "fields": [],
        "link": "https://daybreak.example/tickets/7/",
        "at": later(seconds=1).isoformat(),
        "actor": "minseo",
        "environment": "chat-dev",
        "team": "chat",
    }


def test_the_guide_shows_a_payload_as_it_is() -> None:
    guide = (settings.BASE_DIR / "docs" / "channels.md").read_text()
    (shown,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    names = {field.name for field in fields(MessageEvent)}
    example = json.loads(shown)
    assert list(example) == list(payload(READY))
    assert [set(event) for event in example["events"]] == [names, names]


def test_a_receiver_that_keeps_the_key_takes_a_repeated_message_once(program: Webhook) -> None:
    for _ in range(2):
        Sender().send(READY, {"url": program.url, "secret": SECRET})
    assert [headers["idempotency-key"] for _path, headers, _body in program.requests] == ["17", "17"]
    assert len(program.taken) == 1


def test_who_does_not_know_the_secret_is_not_believed_and_the_channel_closes(program: Webhook) -> None:
    with pytest.raises(TransportError) as caught:
        Sender().send(READY, {"url": program.url, "secret": "another-another-another"})
    assert caught.value.closes_channel
    assert not program.taken


def test_the_signature_is_that_of_the_documentation() -> None:
    """Worked out with openssl: printf '1764000000.{"id":"17"}' | openssl dgst -sha256 -hmac 0123456789abcdef."""
    assert (
        signature("0123456789abcdef", "1764000000", b'{"id":"17"}')
        == "sha256=54cb91cbddd7b79a3b8acb8ae3206add7b420413a796ec53333f8300e231d929"
    )


def test_a_password_of_somebodys_netrc_does_not_replace_our_own(
    program: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr("notifications.senders.http._is_loopback", lambda host: False)
    monkeypatch.setattr("notifications.senders.http._is_allowed", lambda url: True)
    post_json(program.url, {}, headers={"Authorization": "Bearer ours", "X-Daybreak-Timestamp": "0"})
    assert program.requests[0][1]["authorization"] == "Bearer ours"


class TestTopics:
    def test_subscribers_can_filter_by_kind_and_severity(self) -> None:
        attributes: Any = sns.parameters(READY, "arn:aws:sns:eu-west-1:123456789012:daybreak")["MessageAttributes"]
        assert {name: said["StringValue"] for name, said in attributes.items()} == {
            "kind": "environment.ready",
            "severity": "success",
            "language": "ko",
        }

    def test_a_subject_has_one_line_and_less_than_a_hundred_letters(self) -> None:
        found = sns.parameters(replace(READY, title="가\n" * 200), "arn:aws:sns:eu-west-1:123456789012:daybreak")
        assert len(str(found["Subject"])) <= 99
        assert str(found["Subject"]).isprintable()

    def test_a_fifo_topic_knows_a_repeated_message(self) -> None:
        first, again = (sns.parameters(READY, "arn:aws:sns:eu-west-1:123456789012:daybreak.fifo") for _ in range(2))
        assert first["MessageDeduplicationId"] == again["MessageDeduplicationId"] == "daybreak-17"
        assert first["MessageGroupId"]

    def test_half_a_key_is_no_key(self) -> None:
        with pytest.raises(TransportError) as caught:
            aws.client("sns", {"region": "eu-west-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE"})
        assert caught.value.closes_channel

    def test_credentials_that_come_later_are_found_by_the_next_try(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Aws("http://127.0.0.1:9") as there:
            there.next.append(refuse_query(400, "InvalidParameter", "reached"))
            settings.AWS_ENDPOINT_URL = there.url
            aws.forget_clients()
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.delenv(name)
            with pytest.raises(TransportError, match="no credentials") as caught:
                aws.ask("sns", "publish", {"region": "eu-west-1"}, {"Message": "x"})
            assert not caught.value.permanent
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTEST")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            with pytest.raises(TransportError, match="reached"):
                aws.ask("sns", "publish", {"region": "eu-west-1"}, {"Message": "x"})
            aws.forget_clients()


class TestApprise:
    @pytest.mark.parametrize("url", [f"{scheme}://" for scheme in sorted(OF_THIS_MACHINE)])
    def test_nothing_is_done_on_the_server_itself(self, url: str) -> None:
        with pytest.raises(ValidationError):
            check_url(url)

    @pytest.mark.parametrize(
        ("url", "allowed"),
        [
            ("tgram://123456789:abcdefghij/12315544", True),
            ("jsons://example.com/hook", True),
            ("json://example.com/hook", False),
            ("json://169.254.169.254/latest", False),
            ("json://127.0.0.1:9000/hook", True),
            ("file:///etc/passwd", False),
            ("https://example.com/", False),
            ("", False),
        ],
    )
    def test_only_services_elsewhere_are_addresses_and_only_encrypted_ones(self, url: str, allowed: bool) -> None:
        if allowed:
            check_url(url)
        else:
            with pytest.raises(ValidationError):
                check_url(url)

    def test_plain_json_to_this_machine_needs_the_setting(self, settings: Any) -> None:
        settings.NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = False
        with pytest.raises(ValidationError):
            check_url("json://127.0.0.1:9000/hook")

    def test_of_an_address_only_the_service_is_shown(self) -> None:
        assert mask_service("tgram://123456789:abcdefghij/12315544") == "tgram://…"
        assert mask_service("nonsense") == "…"

    def test_mails_are_written_as_before_it_was_there(self) -> None:
        before = email.charset.CHARSETS["utf-8"]
        check_url("jsons://example.com/hook")
        assert email.charset.CHARSETS["utf-8"] == before == (email.charset.SHORTEST, email.charset.BASE64, "utf-8")

    def test_braces_in_a_message_are_no_template(self) -> None:
        from notifications.senders.apprise import Apprise

        with AnyJson() as there:
            Apprise().send(replace(READY, body="{{ app_id }} \\n"), {"url": there.url.replace("http", "json")})
            assert "{{ app_id }} \\n" in there.taken[0]["message"]
