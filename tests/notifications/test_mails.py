"""Mails: what people see, and what mail programs file and stop them by."""

import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest

from notifications.senders.base import Message, MessageAction, MessageField, TransportError
from notifications.senders.email import Email
from notifications.senders.mail_message import compose
from tests.support.mail_server import MailServer, mail_server

from .conftest import MONDAY

STOPPING = Message(
    kind="environment.stopping",
    severity="warning",
    title="chat-dev stops at 18:00",
    body="It was planned so.\nSomebody may need it.",
    fields=(MessageField("Team", "Chat <b>"), MessageField("Costs", "$0.20 an hour")),
    link="https://daybreak.example/environments/chat-dev/?a=1&b=2",
    actor="mina",
    at=MONDAY,
    language="en",
    key="17",
    to="mina@example.com",
    to_name="김민서",
    actions=(
        MessageAction("Keep on 1 h", "https://daybreak.example/m/1/", "$0.20"),
        MessageAction("Keep on 2 h", "https://daybreak.example/m/2/", "$0.40"),
    ),
    acknowledge="https://daybreak.example/m/ack/",
    unsubscribe="https://daybreak.example/m/leave/",
)
FROM = "Daybreak <daybreak@example.com>"


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with mail_server() as there:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_FROM = "127.0.0.1", there.port, FROM
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield there


def sent(post: MailServer, message: Message = STOPPING, **config: str) -> EmailMessage:
    Email().send(message, config)
    return post.taken[-1]


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_says_all_in_text_and_in_html(post: MailServer) -> None:
    mail = sent(post)
    assert mail["Subject"] == "chat-dev stops at 18:00"
    assert (mail["From"], mail["To"]) == (FROM, "김민서 <mina@example.com>")
    text, html = part(mail, "plain"), part(mail, "html")
    for said in (
        "chat-dev stops at 18:00",
        "It was planned so.",
        "Keep on 1 h",
        "$0.40",
        "Open in Daybreak",
        "By mina",
    ):
        assert said in text
        assert said in html
    assert "Team: Chat <b>" in text
    assert "Chat &lt;b&gt;" in html
    assert "https://daybreak.example/environments/chat-dev/?a=1&b=2" in text
    assert 'href="https://daybreak.example/environments/chat-dev/?a=1&amp;b=2"' in html


def test_each_thing_to_do_is_one_button(post: MailServer) -> None:
    html = part(sent(post), "html")
    buttons = re.findall(r'<a href="([^"]+)" style="display:inline-block[^"]*">([^<]+)</a>', html)
    assert [label for _address, label in buttons] == [
        *("Keep on 1 h", "Keep on 2 h", "I look after it", "Open in Daybreak")
    ]


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(post: MailServer) -> None:
    html = part(sent(post), "html")
    assert not re.search(r"<(img|script|link|style|iframe)|url\(|@import", html)


def test_the_id_is_that_of_the_delivery_at_each_try(post: MailServer) -> None:
    assert sent(post)["Message-ID"] == sent(post)["Message-ID"] == "<delivery-17@example.com>"
    assert Email().send(STOPPING, {}).external_id == "<delivery-17@example.com>"


def test_mail_programs_can_stop_them_and_do_not_answer_them(post: MailServer) -> None:
    mail = sent(post)
    assert mail["List-Unsubscribe"] == "<https://daybreak.example/m/leave/>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert sent(post, replace(STOPPING, unsubscribe=""))["List-Unsubscribe"] is None


def test_answers_go_where_the_channel_says(post: MailServer) -> None:
    assert sent(post)["Reply-To"] is None
    assert sent(post, reply_to="it-team@example.com")["Reply-To"] == "it-team@example.com"


def test_a_mail_is_in_its_readers_language(post: MailServer) -> None:
    mail = sent(post, replace(STOPPING, language="ko", title="chat-dev가 18:00에 멈춰요"))
    assert mail["Subject"] == "chat-dev가 18:00에 멈춰요"
    assert mail["Content-Language"] == "ko"
    assert '<html lang="ko">' in part(mail, "html")


@pytest.mark.parametrize(
    "address", ["", "mina", "mina@example.com, eve@example.com", "a@b.example\nBcc: eve@b.example"]
)
def test_what_is_no_address_is_refused_before_anybody_is_asked(post: MailServer, address: str) -> None:
    with pytest.raises(TransportError) as caught:
        Email().send(replace(STOPPING, to=address), {})
    assert caught.value.permanent
    assert not post.asked


def test_without_a_mail_server_it_waits_and_says_what_to_set(settings: Any) -> None:
    settings.EMAIL_HOST = ""
    with pytest.raises(TransportError, match="EMAIL_HOST and EMAIL_FROM") as caught:
        Email().send(STOPPING, {})
    assert not caught.value.permanent


def test_a_sender_that_is_no_address_is_said_before_anybody_is_asked(post: MailServer, settings: Any) -> None:
    settings.EMAIL_FROM = "Daybreak\nBcc: eve@example.com <daybreak@example.com>"
    with pytest.raises(TransportError, match="EMAIL_FROM") as caught:
        Email().send(STOPPING, {})
    assert caught.value.permanent
    assert not post.asked


def test_a_server_that_knows_the_reader_no_more_refuses_them_alone(post: MailServer) -> None:
    post.to_rcpt["mina@example.com"] = "550 5.1.1 <mina@example.com> unknown"
    with pytest.raises(TransportError) as caught:
        Email().send(STOPPING, {})
    assert (caught.value.permanent, caught.value.closes_channel, caught.value.code) == (True, False, 550)
    assert sent(post, replace(STOPPING, to="joon@example.com"))["To"] == "김민서 <joon@example.com>"


def test_even_the_longest_mail_stays_small() -> None:
    long = "🌅" * 100_000
    fields = tuple(MessageField(long, long) for _ in range(99))
    actions = tuple(MessageAction(long, "https://daybreak.example/", long) for _ in range(99))
    mail = compose(replace(STOPPING, title=long, body=long, fields=fields, actions=actions), sender=FROM)
    assert len(mail.message().as_bytes()) < 5_000_000
