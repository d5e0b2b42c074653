"""What every sender promises, each against a receiver that speaks its protocol: accepted, limited, broken, refused,
gone, hanging, cut off; and nobody ever reads a secret."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from notifications.messages import compose
from notifications.models import Channel, Contact, Delivery
from notifications.models.contact import ADDRESSES
from notifications.senders import euc_kr
from notifications.senders.base import ConfigField, Message, MessageAction, MessageField, TransportError
from notifications.senders.registry import SENDERS, sender
from tests import factories
from tests.support.simulator import Simulator

from .conftest import MONDAY, later, say
from .receivers import sides
from .receivers.sides import CLOSES, LATER, PERMANENT, SIDES, TROUBLES, UNKNOWN, Side

SECRET = "SECRET"

KEEP_ON = MessageAction("2시간 더", "https://daybreak.example/m/offer/" + "x" * 120, "$0.40")
MESSAGE = Message(
    kind="environment.stopping",
    severity="warning",
    title="chat-dev가 18:00에 멈춰요",
    body="지금 쓰고 있다면 더 켜 둘 수 있어요.",
    fields=(MessageField("팀", "Chat"), MessageField("일정", "Office hours Seoul")),
    link="https://daybreak.example/environments/chat-dev/",
    actor="mina",
    at=MONDAY,
    language="ko",
    key="17",
    to_name="김민서",
    actions=(KEEP_ON,),
    acknowledge="https://daybreak.example/m/acknowledge/" + "y" * 60,
)
LEAVE = "https://daybreak.example/m/leave/" + "z" * 60


@dataclass
class Tools:
    settings: Any
    monkeypatch: pytest.MonkeyPatch
    simulator: Simulator


@pytest.fixture
def tools(settings: Any, monkeypatch: pytest.MonkeyPatch, simulator: Simulator) -> Tools:
    return Tools(settings, monkeypatch, simulator)


@pytest.fixture(params=SENDERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def side(kind: str, tools: Tools) -> Iterator[Side]:
    with SIDES[kind](tools) as found:
        yield found


def send(kind: str, side: Side, message: Message = MESSAGE) -> Any:
    if side.to:
        message = replace(message, to=side.to, unsubscribe=LEAVE)
    return sender(kind).send(message, side.config)


def failed(kind: str, side: Side, message: Message = MESSAGE) -> TransportError:
    with pytest.raises(TransportError) as caught:
        send(kind, side, message)
    return caught.value


def meaning(error: TransportError) -> str:
    if error.unknown:
        assert not error.permanent
        return UNKNOWN
    if error.closes_channel:
        return CLOSES
    return PERMANENT if error.permanent else LATER


def test_each_kind_of_channel_has_a_receiver_here() -> None:
    assert SIDES.keys() == SENDERS.keys()


def test_a_message_is_taken_with_all_that_its_reader_needs(kind: str, side: Side) -> None:
    sent = send(kind, side)
    assert bool(sent.external_id) is side.tells_an_id
    (told,) = side.told()
    for words in (MESSAGE.title, MESSAGE.body, "Office hours Seoul", KEEP_ON.label, KEEP_ON.note):
        assert words in told.replace("\\\\", ""), words
    for address in (MESSAGE.link, KEEP_ON.url, MESSAGE.acknowledge):
        assert address in told, "a link is never cut"


def test_an_id_is_another_one_for_another_message(kind: str, side: Side) -> None:
    first, second = send(kind, side), send(kind, side, replace(MESSAGE, key="18"))
    assert (first.external_id != second.external_id) is side.tells_an_id
    assert len(side.told()) == 2


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_goes_wrong_says_what_to_do_next(
    kind: str, side: Side, trouble: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    if trouble == sides.HANGS:
        sides.hurry(monkeypatch)
    side.trouble(trouble)
    error = failed(kind, side)
    assert meaning(error) == (side.differs.get(trouble) or sides.MEANS[trouble])
    if trouble == sides.LIMITED:
        assert error.retry_after == (sides.WAIT if side.tells_the_wait else None)
    else:
        assert error.retry_after is None
    assert str(error.message)
    # The mail server's own log is in this process, too.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    for shown in (str(error), repr(error), repr(error.args), repr(error.__cause__), logged):
        assert SECRET not in shown
        assert not side.to or side.to not in shown, "addresses of people are theirs"
        assert "01098765432" not in shown


@pytest.mark.parametrize("kind", [kind for kind in SENDERS if kind != "email"])  # whose server keeps it later
def test_a_message_whose_acceptance_was_not_heard_was_taken_all_the_same(kind: str, side: Side) -> None:
    side.trouble(sides.RESETS)
    assert failed(kind, side).unknown
    assert len(side.told()) == 1


@pytest.mark.parametrize("kind", ["sens"])
def test_an_answer_of_202_whose_body_says_otherwise_is_no_acceptance(kind: str, side: Side) -> None:
    side.trouble(sides.REFUSED_INSIDE)
    error = failed(kind, side)
    assert meaning(error) == PERMANENT
    assert "404" in str(error)
    assert SECRET not in str(error)


def test_nothing_was_sent_when_nobody_is_there(kind: str, side: Side) -> None:
    side.leave()
    error = failed(kind, side)
    assert meaning(error) == side.differs.get("nobody", LATER)
    assert SECRET not in f"{error!r} {error}"


@pytest.mark.parametrize(
    "text", ["한" * 9000, "🌅" * 9000, "_*[]<&>" * 3000, "가나 \n" * 3000], ids=["korean", "emoji", "markup", "lines"]
)
def test_nothing_is_ever_too_long(kind: str, side: Side, text: str) -> None:
    message = replace(
        MESSAGE,
        title=text,
        body=text,
        actor=text[:200],
        fields=tuple(MessageField(text, text) for _ in range(40)),
        actions=tuple(replace(KEEP_ON, label=text, note=text, url=f"{KEEP_ON.url}{n}") for n in range(40)),
    )
    send(kind, side, message)
    assert len(side.told()) == 1


@pytest.mark.django_db
def test_each_line_of_a_bundle_is_in_the_message_however_long_its_titles_are(kind: str, side: Side) -> None:
    most = sender(kind).lines.most
    channel = Channel.objects.create(name="It", kind=kind, config=side.config, language="ko", event_kinds=["nothing"])
    reader = Contact(name="김민서", language="ko")
    if found := sender(kind).address:
        reader.set_addresses({found: side.to})
        reader.save()
    whose = {"contact": reader, "recipient": f"contact-{reader.pk}"} if found else {}
    owed = [
        Delivery.objects.create(
            event=say(
                f"{number:02d}번 점검 {'한' * 300}", body="글" * 300, link="/environments/chat-dev/", severity=severity
            ),
            channel=channel,
            bundle="chat-dev",
            not_before=MONDAY,
            deadline_at=later(days=1),
            why="rule",
            repeats=12,
            **whose,
        )
        for number, severity in enumerate(["info"] * (most - 1) + ["error", "info"])
    ]
    message = compose(owed[0], owed[1:most])
    acknowledge = MESSAGE.acknowledge if found else ""
    sender(kind).send(replace(message, acknowledge=acknowledge), side.config)
    (told,) = side.told()
    lines = message.body.splitlines()
    assert len(lines) == most + 2, "the clock, each event, and how many follow"
    assert f"{most - 1:02d}번" in lines[1], "the error first"
    assert lines[-1].startswith("1")
    shown = " ".join(told.replace("\\n", " ").split())
    for line in lines:
        assert " ".join(euc_kr.fitting(line).split() if kind == "sens" else line.split()) in shown, line
    assert message.link in told
    assert acknowledge in told


@pytest.mark.parametrize("kind", [kind for kind in SENDERS if kind.startswith(("discord", "slack", "jandi", "sens"))])
@pytest.mark.parametrize("length", [29, 30, 31, 44, 45, 46, 255, 256, 257, 999, 1000, 1001])
def test_what_is_just_as_long_as_allowed_is_taken(kind: str, side: Side, length: int) -> None:
    send(kind, side, replace(MESSAGE, title="가" * length, body="나" * length, actions=(), acknowledge="", link=""))
    assert len(side.told()) == 1


def test_a_title_alone_is_a_message(kind: str, side: Side) -> None:
    bare = Message("x", "info", "Only a title", "", (), "", "", MONDAY, "en", "1")
    send(kind, side, bare)
    (told,) = side.told()
    assert "Only a title" in told
    assert "Open in Daybreak" not in told
    assert "look after it" not in told


def test_empty_details_and_an_unknown_severity_do_not_cost_the_message(kind: str, side: Side) -> None:
    empty = replace(MESSAGE, body="", severity="whatever", fields=(MessageField("", ""),), actions=())
    send(kind, side, empty)
    assert len(side.told()) == 1


def test_a_line_break_in_a_title_adds_no_header(kind: str, side: Side) -> None:
    broken = replace(MESSAGE, title="chat-dev\r\nBcc: eve@example.com", to_name="Mina\nBcc: eve@example.com")
    send(kind, side, broken)
    assert "\nBcc:" not in side.told()[0].split("Content-Type")[0] or kind in {"sns", "sns_sms"}


def test_its_settings_are_found_right_by_its_own_form(kind: str, side: Side) -> None:
    given = [(field, side.config[field.name]) for field in sender(kind).config_fields if side.config.get(field.name)]
    assert [field.name for field, value in given if _is_refused(field, value)] == []


def _is_refused(field: ConfigField, value: str) -> bool:
    try:
        field.check(value)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("wrong", ["한글", "a b\nc", " "])
def test_settings_that_can_never_work_are_refused_with_a_reason(kind: str, wrong: str) -> None:
    for field in sender(kind).config_fields:
        with pytest.raises(ValidationError) as caught:
            field.check(wrong)
        assert caught.value.messages[0]
        assert wrong == " " or wrong not in caught.value.messages[0]


def test_nothing_leads_to_a_place_without_encryption_or_to_somebody_else(kind: str, side: Side) -> None:
    for field in sender(kind).config_fields:
        if side.config.get(field.name, "").startswith("http"):
            for wrong in ("http://10.0.0.1/services/a", "https://user@/", "ftp://127.0.0.1/"):
                with pytest.raises(ValidationError):
                    field.check(wrong)
            if kind != "webhook":
                with pytest.raises(ValidationError):
                    field.check("https://evil.example/connect-api/webhook/1/services/api/webhooks/1/a")


def test_settings_that_are_missing_never_reach_anybody(kind: str, side: Side) -> None:
    required = [field for field in sender(kind).config_fields if field.required]
    for field in required:
        error = failed(kind, replace(side, config={**side.config, field.name: ""}))
        assert not error.unknown or field.name == "webhook_url"
    assert side.told() == []


def test_it_says_what_one_needs_where_to_find_it_and_whom_it_writes_to(kind: str) -> None:
    found = sender(kind)
    assert "You need" in str(found.about) or "need" in str(found.about)
    assert found.address == "" or found.address in ADDRESSES
    assert found.per_minute is None or found.per_minute > 0
    for field in found.config_fields:
        assert "xample" in str(field.help_text) or "Empty:" in str(field.help_text), field.name


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["viewer", "manager", "operator"])
def test_channels_are_the_administrators_alone_and_with_them_apprise(who: str) -> None:
    user: User = getattr(factories, who)()
    assert not any(user.has_perm(f"notifications.{deed}_channel") for deed in ("add", "change", "delete", "test"))
    administrator = factories.administrator()
    assert all(administrator.has_perm(f"notifications.{deed}_channel") for deed in ("add", "change", "delete", "test"))
