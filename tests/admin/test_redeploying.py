"""The button “Redeploy”: who has it and when, what it says before and after; and the parameters it brings up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from environments.models import Environment, Operation, Target, TargetParameter
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .filling import refusal, rows
from .test_target_form import TARGET, target

pytestmark = pytest.mark.django_db
PAGE = "/env/chat-dev/"


@pytest.fixture
def chat() -> Environment:
    """The chat application, running since nine."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(state="running", wish="running")
    return made


def ran(chat: Environment, kind: str, tag: str, clock: str, status: str = "succeeded", **fields: Any) -> Operation:
    """An operation that took an image of chat-chat-http."""
    operation = factories.operation(chat, kind, status, at=monday(clock), **fields)
    images = [["chat-chat-http", tag, monday("07:00").isoformat()]]
    factories.step(operation, "resolve", memo={"images": images}, detail={"en": f"said {tag}", "ko": tag})
    factories.step(operation, "wait", "done" if status == "succeeded" else "failed")
    return operation


def send(browser: Client, **form: str) -> str:
    answer = browser.post(f"{PAGE}redeploy/", form)
    assert answer.status_code == 302
    return str(list(get_messages(answer.wsgi_request))[-1])


def test_a_click_asks_for_it_and_says_who_and_why(as_manager: Client, chat: Environment) -> None:
    assert send(as_manager, reason="fixes the login") == "chat-dev is redeployed now, where there is a newer image."
    operation = Operation.objects.get()
    assert (operation.kind, operation.trigger) == ("redeploy", "hold")
    assert operation.reason == {
        "en": "Redeploy by manager: fixes the login",
        "ko": "manager 님의 재배포: fixes the login",
    }
    html = as_manager.get(PAGE).content.decode()
    assert "Redeploying" in html
    assert "Redeploy by manager: fixes the login" in html


def test_the_dialog_says_where_it_looks_and_what_runs_now(as_manager: Client, chat: Environment) -> None:
    ran(chat, "start", "2.14.3", "09:07")
    html = as_manager.get(PAGE).content.decode()
    assert 'data-open="dialog-redeploy"' in html
    dialog = html[html.index('id="dialog-redeploy"') :]
    assert "It looks for the newest image in: <b>chat-chat-http</b>" in dialog
    assert "chat-chat-http 2.14.3, since 09:07" in dialog


def test_the_page_says_which_image_runs_and_since_when(as_manager: Client, chat: Environment) -> None:
    ran(chat, "start", "2.14.2", "09:01")
    ran(chat, "redeploy", "2.14.3", "09:30")
    html = as_manager.get(PAGE).content.decode()
    assert "chat-chat-http 2.14.3, since 09:30" in html
    assert "2.14.2, since" not in html


@pytest.mark.parametrize("state", ["stopped", "starting", "stopping", "failed_to_start", "redeploying"])
def test_only_what_runs_has_the_button(as_manager: Client, chat: Environment, state: str) -> None:
    Environment.objects.update(state=state)
    assert 'data-open="dialog-redeploy"' not in as_manager.get(PAGE).content.decode()


def test_what_is_made_of_other_things_has_neither_button_nor_dialog(as_manager: Client, chat: Environment) -> None:
    Target.objects.update(kind="ec2")
    assert "dialog-redeploy" not in as_manager.get(PAGE).content.decode()
    assert "Nothing that chat-dev is made of can be redeployed" in send(as_manager)


def test_what_is_stopped_is_refused_in_words(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(state="stopped")
    assert send(as_manager) == "chat-dev does not run. It takes the newest image at its next start."
    assert not Operation.objects.exists()


def test_while_it_starts_it_follows_and_the_page_says_so(as_manager: Client, chat: Environment) -> None:
    Environment.objects.update(state="starting")
    start = factories.operation(chat, "start", "running", at=monday("09:59"))
    assert send(as_manager) == "chat-dev is redeployed as soon as what is under way is done."
    start.refresh_from_db()
    assert start.next_wish is not None
    assert "A redeploy follows." in as_manager.get(PAGE).content.decode()


def test_who_may_only_look_is_refused_and_has_no_button(enter: Enter, chat: Environment) -> None:
    browser = enter(factories.viewer())
    assert 'data-open="dialog-redeploy"' not in browser.get(PAGE).content.decode()
    assert browser.post(f"{PAGE}redeploy/").status_code == 403
    assert enter(factories.outsider()).post(f"{PAGE}redeploy/").status_code == 404
    assert not Operation.objects.exists()


def test_nothing_is_done_by_opening_an_address(as_manager: Client, chat: Environment) -> None:
    assert as_manager.get(f"{PAGE}redeploy/").status_code == 405


def test_a_failure_is_shown_while_it_runs_on_and_can_be_tried_again(as_manager: Client, chat: Environment) -> None:
    why = {"en": "The stack could not be updated. It runs on as before.", "ko": "이전 버전으로 계속 실행 중이에요."}
    ran(chat, "start", "2.14.2", "09:01")
    ran(chat, "redeploy", "2.14.3", "09:30", "failed", error=why)
    html = as_manager.get(PAGE).content.decode()
    banner = html[html.index('id="failed-redeploy"') :]
    assert "The last redeploy failed" in banner
    assert why["en"] in banner
    assert f"{PAGE}ask/retry/" in banner
    assert "chat-chat-http 2.14.2, since 09:01" in html
    as_manager.post(f"{PAGE}ask/retry/")
    assert Operation.objects.order_by("-pk").values_list("kind", "status").first() == ("redeploy", "pending")


def test_after_a_newer_success_the_failure_is_history(as_manager: Client, chat: Environment) -> None:
    ran(chat, "redeploy", "2.14.3", "09:30", "failed")
    ran(chat, "redeploy", "2.14.3", "09:40")
    assert "failed-redeploy" not in as_manager.get(PAGE).content.decode()


def test_what_cannot_be_redeployed_any_more_is_not_tried_again_and_says_why(
    as_manager: Client, chat: Environment
) -> None:
    ran(chat, "redeploy", "2.14.3", "09:30", "failed")
    Environment.objects.update(state="stopped")
    answer = as_manager.post(f"{PAGE}ask/retry/", follow=True)
    assert "chat-dev does not run." in answer.content.decode()


def test_its_timeline_is_headed_redeploy(as_manager: Client, chat: Environment) -> None:
    ran(chat, "redeploy", "2.14.3", "09:30")
    html = as_manager.get(PAGE).content.decode()
    assert '<span class="db-operation-title">Redeploy' in html
    assert "said 2.14.3" in html


def test_a_parameter_is_kept_with_its_pattern_and_what_is_excluded(as_operator: Client) -> None:
    one = {"name": "Tag", "source": "ecr", "value": "chat-chat-http", "pattern": "v*", "excluded": "*-debug"}
    two = {"name": "Vpc", "source": "output", "value": " chat-network.VpcId "}
    as_operator.post(TARGET, target(**rows("parameters", one, two)))
    kept = list(TargetParameter.objects.order_by("name").values_list("source", "value", "pattern", "excluded"))
    assert kept == [("ecr", "chat-chat-http", "v*", "*-debug"), ("output", "chat-network.VpcId", "", "")]


@pytest.mark.parametrize(
    ("parameter", "field", "says"),
    [
        ({"source": "ecr"}, "value", "Name the ECR repository"),
        ({"source": "ecr", "value": "Chat:1"}, "value", "not the name of an ECR repository"),
        ({"source": "ecr", "value": "chat", "pattern": "v;"}, "pattern", "“v;” matches no tag"),
        ({"source": "fixed", "value": "x", "excluded": "v*"}, "excluded", "Only the tags of an ECR repository"),
        ({"source": "ssm", "value": "chat/tag"}, "value", "begins with a slash: /chat/tag"),
        ({"source": "output", "value": "chat-network"}, "value", "for example chat-network.VpcId"),
    ],
)
def test_what_cannot_be_a_source_is_refused_naming_the_field(
    as_operator: Client, parameter: dict[str, str], field: str, says: str
) -> None:
    answer = as_operator.post(TARGET, target(**rows("parameters", {"name": "P"} | parameter)))
    assert says in refusal(answer)[f"0.{field}"]
    assert not Target.objects.exists()


def test_how_long_it_usually_takes_is_learned_from_redeploys(as_manager: Client, chat: Environment) -> None:
    for clock in ("09:10", "09:20"):
        done = ran(chat, "redeploy", "2.14.3", clock)
        Operation.objects.filter(pk=done.pk).update(finished_at=done.started_at + timedelta(minutes=4))  # type: ignore[operator]
    Environment.objects.update(state="redeploying")
    factories.step(factories.operation(chat, "redeploy", "running", at=monday("10:00")), "wait", "running")
    assert "about 4 min" in as_manager.get(PAGE).content.decode()
