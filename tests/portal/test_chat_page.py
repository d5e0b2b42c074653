"""The bot on a page of the portal: it answers who has signed in, with their rights, and asks before it stops things."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Environment, Hold, Operation, OperationStatus
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(monday("10:00"), tick=False):
        yield


@pytest.fixture
def chat_dev() -> Environment:
    environment = factories.environment(name="chat-dev", state="running")
    factories.stack(environment)
    Environment.objects.filter(pk=environment.pk).update(judged_at=monday("09:00"), wish="running")
    return environment


def of(user: User, language: str = "en") -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(user)
    return client


@pytest.fixture
def as_manager() -> Client:
    return of(factories.manager())


def typed(client: Client, text: str, **more: str) -> str:
    answer = client.post("/chat/", {"text": text, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_opens_with_what_can_be_typed_in_the_readers_language(as_manager: Client) -> None:
    assert "force_start" in as_manager.get("/chat/").content.decode()
    assert "서버병" in of(factories.manager(), "ko").get("/chat/").content.decode()


@pytest.mark.parametrize(("language", "its_name"), [("en", "I look after it"), ("ko", "내가 맡기")])
def test_its_help_names_what_works_here_and_nothing_else(as_manager: Client, language: str, its_name: str) -> None:
    reader = of(factories.manager(), language)
    for said in (reader.get("/chat/").content.decode(), typed(reader, "help")):
        assert its_name in said
        assert re.search(r"<dd>ack \(", said)
        assert "link CODE" not in said
        assert "link 코드" not in said


def test_an_answer_is_a_piece_of_the_page_and_a_page_where_scripts_are_off(
    as_manager: Client, chat_dev: Environment
) -> None:
    piece = typed(as_manager, "chat-dev status")
    assert "chat-dev" in piece
    assert "<html" not in piece
    page = as_manager.post("/chat/", {"text": "chat-dev status"}).content.decode()
    assert "<html" in page
    assert 'class="chat-mine">chat-dev status</p>' in page


def test_it_changes_things_in_the_name_of_who_has_signed_in_as_a_chat_does(
    as_manager: Client, chat_dev: Environment
) -> None:
    typed(as_manager, "chat-dev extend 2h")
    hold = Hold.objects.open().get(environment=chat_dev)
    assert (hold.author, hold.origin, hold.desired) == (factories.manager(), "bot", "running")
    assert hold.history.get().history_origin == "bot"


def test_nothing_is_stopped_before_who_asks_has_said_yes(as_manager: Client, chat_dev: Environment) -> None:
    asked = typed(as_manager, "chat-dev force_stop")
    assert 'name="confirmed" value="1"' in asked
    assert not Hold.objects.exists()
    typed(as_manager, "chat-dev force_stop", confirmed="1")
    assert Hold.objects.open().get(environment=chat_dev).desired == "stopped"


def test_who_is_asked_can_say_no_and_asks_the_portal_for_nothing_but_the_page(
    as_manager: Client, chat_dev: Environment
) -> None:
    asked = typed(as_manager, "chat-dev force_stop")
    (no,) = re.findall(r"<form[^>]*data-chat-cancels.*?</form>", asked, re.DOTALL)
    assert 'method="get" action="/chat/"' in no
    assert 'type="submit"' in no
    assert "Cancel" in no
    assert "<input" not in no
    assert "data-chat-cancels" not in typed(as_manager, "chat-dev status")
    assert as_manager.get("/chat/").status_code == 200
    assert not Hold.objects.exists()


def whose(client: Client) -> str:
    """The name under which a browser keeps what was said."""
    return str(re.findall(r'data-whose="(\w+)"', client.get("/chat/").content.decode())[0])


def test_what_the_browser_keeps_is_of_one_person_from_signing_in_to_signing_out(as_manager: Client) -> None:
    first = whose(as_manager)
    assert whose(as_manager) == first
    again = of(factories.manager())
    assert len({first, whose(again), whose(of(factories.operator()))}) == 3


def followed_by(piece: str) -> str:
    """The address that a piece of the page asks until it has ended."""
    return str(re.findall(r'hx-get="([^"]+)"', piece)[0])


def test_how_it_ends_is_said_when_it_has_ended_and_asked_for_until_then(
    as_manager: Client, chat_dev: Environment
) -> None:
    begun = typed(as_manager, "chat-dev force_stop", confirmed="1")
    waits = as_manager.get(followed_by(begun)).content.decode()
    assert followed_by(waits) == followed_by(begun)
    Operation.objects.update(status=OperationStatus.SUCCEEDED, finished_at=monday("10:01"))
    ended = as_manager.get(followed_by(begun)).content.decode()
    assert "chat-success" in ended
    assert "hx-get" not in ended


def test_who_may_not_see_an_environment_learns_nothing_of_it(as_manager: Client, chat_dev: Environment) -> None:
    begun = typed(as_manager, "chat-dev force_stop", confirmed="1")
    outsider = of(factories.outsider())
    assert "Asia/Seoul" not in typed(outsider, "chat-dev status")
    assert outsider.get(followed_by(begun)).content == b""


@pytest.mark.parametrize("follows", ["", "operation 1 stop", "W10:1:2"])
def test_what_nobody_began_here_is_not_followed(as_manager: Client, follows: str) -> None:
    said = as_manager.get("/chat/followed/", {"follows": follows})
    assert (said.status_code, said.content) == (200, b"")


def test_without_an_account_there_is_no_bot() -> None:
    assert Client().post("/chat/", {"text": "list"}).status_code == 302
    assert Client().get("/chat/followed/").status_code == 302
