"""JANDI's door, with the payloads that JANDI documents, and what JANDI is answered."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from notifications import secret_doors
from notifications.chat import codes, doors, keeping
from notifications.models import ChatApp, ChatPerson, ChatRequest
from portal.masking import mask
from tests.notifications.receivers.jandi import Jandi, wrong

from .conftest import MINSEO, MONDAY, TOKEN, PlainBot, jandi_app, later, minseo

pytestmark = pytest.mark.django_db

# As in JANDI's help, with our keyword.
DOCUMENTED = {
    "token": TOKEN,
    "teamName": "Toss Lab, Inc.",
    "roomName": "토스랩 코리아",
    "writerName": "Gloria",
    "text": "/서버 상태",
    "keyword": "서버",
    "createdAt": "2026-11-23T09:00:00.266Z",
}
WHOLE = DOCUMENTED | {"writerEmail": MINSEO, "data": "상태", "platform": "web", "ip": "203.0.113.7"}


def call(app: ChatApp, said: Any, **values: str) -> HttpResponse:
    body = said if isinstance(said, bytes | str) else json.dumps(said | values)
    path = doors.address(app).removeprefix("https://daybreak.example")
    found: Any = Client(enforce_csrf_checks=True).post(path, body, content_type="application/json")
    return found  # type: ignore[no-any-return]


def heard(answer: HttpResponse) -> str:
    """What stands in JANDI, as one text; right by JANDI's own rules."""
    assert answer.status_code == 200
    said = json.loads(answer.content)
    assert wrong(said) == ""
    return "\n".join([said["body"], *(text for one in said.get("connectInfo", []) for text in one.values())])


def test_a_call_is_answered_in_jandis_form_with_a_colour_and_a_link(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    said = json.loads(call(app, WHOLE).content)
    assert said["body"] == "[[Done: 상태]](https://daybreak.example/env/chat-dev/)"
    assert said["connectColor"] == "#2ECC71"
    assert bot.done == ["상태"]
    row = ChatApp.objects.get()
    assert (row.last_at, row.refused, row.last_error) == (MONDAY, 0, {})


@pytest.mark.parametrize(
    ("text", "keyword", "asked"),
    [
        ("/서버 상태", "서버", "상태"),
        ("/서버", "서버", ""),
        ("/env status", "env", "status"),
        ("/env status", "/env", "status"),
        ("  /서버   force_start  chat-dev", "", "force_start chat-dev"),
        ("/서버실 상태", "서버실", "상태"),
        ("/서버실 상태", "서버", "/서버실 상태"),
    ],
)
def test_without_data_the_keyword_is_taken_off_the_text(bot: PlainBot, text: str, keyword: str, asked: str) -> None:
    app = jandi_app()
    minseo(app)
    call(app, DOCUMENTED, text=text, keyword=keyword, writerEmail=MINSEO)
    assert bot.asked[-1].text == asked


def test_without_an_address_nobody_is_known_whatever_the_name_is(bot: PlainBot) -> None:
    app = jandi_app(by_email="on")
    minseo(app)
    said = heard(call(app, DOCUMENTED, writerName="Minseo"))
    assert "I do not know you yet" in said
    assert "does not tell me who you are" in said
    assert bot.done == []


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "토큰"])
def test_a_wrong_token_is_refused_and_counted(bot: PlainBot, token: str) -> None:
    app = jandi_app()
    minseo(app)
    assert call(app, WHOLE, token=token).status_code == 403
    row = ChatApp.objects.get()
    assert row.refused == 1
    assert "token" in row.last_error["en"]
    assert not ChatRequest.objects.exists()


def test_the_token_of_another_app_is_refused() -> None:
    jandi_app()
    other = jandi_app("other", token="another-token-of-24-signs")
    assert call(other, WHOLE).status_code == 403


def test_an_app_without_a_token_lets_nobody_in() -> None:
    app = jandi_app(token="")
    assert call(app, WHOLE, token="").status_code == 403


@pytest.mark.parametrize(("seconds", "status"), [(-301, 403), (-299, 200), (299, 200), (301, 403)])
def test_a_call_that_is_more_than_five_minutes_off_is_stale(
    seconds: int, status: int, clock: time_machine.Traveller
) -> None:
    app = jandi_app()
    clock.move_to(later(seconds=seconds))
    assert call(app, WHOLE, createdAt="2026-11-23T09:00:00Z").status_code == status
    assert ChatApp.objects.get().refused == (status == 403)


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"\xff", "[" * 5000, "null"])
def test_what_is_no_call_is_refused_in_words_and_counted(said: Any) -> None:
    app = jandi_app()
    assert call(app, said).status_code == 400
    assert ChatApp.objects.get().refused == 1


@pytest.mark.parametrize("at", ["", "yesterday", "2026-11-23T09:00:00", "2026-99-99T09:00:00Z"])
def test_a_call_without_a_time_is_refused(at: str) -> None:
    app = jandi_app()
    assert call(app, WHOLE, createdAt=at).status_code == 400


def test_a_call_that_comes_again_is_answered_with_nothing_and_done_once(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    call(app, WHOLE)
    again = call(app, WHOLE)
    assert (again.status_code, again.content) == (200, b"")
    assert bot.done == ["상태"]
    call(app, WHOLE, createdAt="2026-11-23T09:00:01.266Z")
    assert len(bot.done) == 2


def test_no_address_but_its_own_is_heard_and_not_while_it_is_off(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    client = Client()
    assert client.post("/hooks/jandi/nowhere/", json.dumps(WHOLE), content_type="application/json").status_code == 404
    assert client.get(doors.address(app).removeprefix("https://daybreak.example")).status_code == 405
    assert call(app, "x" * (secret_doors.LARGEST + 1)).status_code == 413
    ChatApp.objects.update(is_on=False)
    assert call(app, WHOLE).status_code == 403
    assert bot.asked == []


def test_a_new_address_ends_the_old_one() -> None:
    app = jandi_app()
    old = doors.address(app)
    secret_doors.new_address(app)
    app.save()
    assert doors.address(app) != old
    path = old.removeprefix("https://daybreak.example")
    assert Client().post(path, json.dumps(WHOLE), content_type="application/json").status_code == 404
    assert call(app, WHOLE).status_code == 200


def test_an_address_is_masked_wherever_it_would_be_logged() -> None:
    app = jandi_app()
    assert app.config[secret_doors.KEY] not in mask(f"POST {doors.address(app)} 200")


def test_a_letter_that_becomes_another_in_small_letters_makes_nobody_somebody_else(bot: PlainBot) -> None:
    app = jandi_app()
    user = minseo(app)
    ChatPerson.objects.filter(user=user).update(external_id="kim@example.com")
    assert "I do not know you yet" in heard(call(app, WHOLE, writerEmail="\u212aim@example.com"))
    assert "Done" in heard(call(app, WHOLE, writerEmail="KIM@example.com"))


def test_a_conversation_in_jandi_word_for_word(bot: PlainBot, clock: time_machine.Traveller) -> None:
    app, user = jandi_app(language="ko"), minseo()

    seconds = itertools.count(1)

    def typed(data: str) -> list[str]:
        clock.shift(1)
        return heard(call(app, WHOLE, data=data, createdAt=f"2026-11-23T09:00:{next(seconds):02d}Z")).splitlines()

    code = codes.make(user, MONDAY)
    assert typed("중지 chat-dev")[0] == "아직 누구신지 몰라 도움말만 알려 드릴 수 있습니다."
    assert typed(f"연결 {code}") == [
        "충성! manager 계정과 연결했습니다",
        "이제 포털의 권한이 여기에서도 그대로 적용됩니다.",
    ]
    asked = typed("stop chat-dev")
    digits = asked[1].split()[-1].rstrip(")")
    assert asked == [
        "chat-dev 중지할까요?",
        f"실행하시려면 2분 안에 입력해 주십시오: /서버 {digits}",
        "입력",
        f"/서버 {digits} (실행: stop chat-dev)",
        f"/서버 cancel {digits} (취소)",
    ]
    assert typed(digits)[0] == "[[했어요: stop chat-dev]](https://daybreak.example/env/chat-dev/)"
    assert typed(digits) == ["이미 확인하신 요청입니다", "한 번만 실행합니다. 이번에는 아무것도 바꾸지 않았습니다."]
    assert typed("연결 해제") == ["연결을 해제했습니다", "다시 연결하시려면 코드를 입력해 주십시오."]
    assert bot.done == ["stop chat-dev"]


def test_an_answer_beyond_jandis_limits_is_cut_and_still_right(bot: PlainBot) -> None:
    app = jandi_app()
    minseo(app)
    assert "Done" in heard(call(app, WHOLE, data="x]] [" * 900))


def test_old_requests_are_forgotten_and_those_that_are_owed_something_stay(settings: Any) -> None:
    settings.ARRIVAL_DAYS = 30
    app = jandi_app()
    user = minseo(app)
    for data, second in (("status", 0), ("start chat-dev", 1)):
        call(app, WHOLE, data=data, createdAt=f"2026-11-23T09:00:0{second}Z")
    codes.make(user, MONDAY)
    assert keeping.prune(later(days=29)) == 0
    assert keeping.prune(later(days=31)) == 1
    assert [row.text for row in ChatRequest.objects.all()] == ["start chat-dev"]
    assert not user.chat_codes.exists()


def test_later_it_speaks_to_who_asked_by_the_incoming_webhook(topic: Jandi) -> None:
    from notifications.chat.jandi import Jandi as Platform
    from notifications.chat.spoken import Answer

    app = jandi_app(topic=topic)
    Platform().say_later(app, {"name": "Minseo"}, Answer({"en": "Ready", "ko": "준비됐어요"}, severity="success"), "ko")
    assert topic.taken == [{"body": "@Minseo 준비됐어요", "connectColor": "#2ECC71", "connectInfo": []}]
