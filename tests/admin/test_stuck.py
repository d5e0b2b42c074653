"""A stack that could not be deleted, on the environment's page: what holds it, who may leave it behind."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client

from environments.models import Environment, Operation
from environments.services import stuck_deletes, workflow
from environments.targets import stack_stuck
from tests import factories
from tests.support.times import monday

from .conftest import Enter
from .test_environment_page import read
from .walking import contents

pytestmark = pytest.mark.django_db
ROOT = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/ChatAppMasterStack/1"
BELOW = "arn:aws:cloudformation:ap-northeast-2:123456789012:stack/ChatAppMasterStack-Network-X/2"
BUCKET = {
    "stack": "ChatAppMasterStack",
    "stack_id": ROOT,
    "path": "",
    "logical_id": "Uploads",
    "physical_id": "chat-uploads",
    "type": "AWS::S3::Bucket",
    "reason": "The bucket you tried to delete is not empty",
    "cause": "not_empty",
    "offer": "retain",
}
INTERFACE = BUCKET | {
    "stack": "ChatAppMasterStack-Network-X",
    "stack_id": BELOW,
    "path": "Network",
    "logical_id": "Interface",
    "physical_id": "eni-1",
    "type": "AWS::EC2::NetworkInterface",
    "reason": "eni-1 is currently in use",
    "cause": "in_use",
}
CACHE = INTERFACE | {"path": "", "logical_id": "Cache", "type": "AWS::CloudFormation::Stack", "offer": "retry"}


@pytest.fixture
def chat() -> Environment:
    """The chat application, whose stop ended with a bucket and an interface that could not be deleted."""
    made = factories.chat_app()
    Environment.objects.filter(pk=made.pk).update(state="failed_to_stop", wish="stopped")
    fail(made, [BUCKET, INTERFACE, CACHE])
    return made


def fail(chat: Environment, rows: list[dict[str, str]]) -> Operation:
    operation = factories.operation(chat, "stop", "failed", at=monday("09:30"))
    factories.step(operation, "wait", "failed", memo={"stuck": rows}, error={"en": "It could not be deleted."})
    return operation


def keys(*rows: dict[str, str]) -> list[str]:
    return [stuck_deletes.key(row) for row in rows]


def send(browser: Client, *rows: dict[str, str]) -> str:
    answer = browser.post("/env/chat-dev/leave-behind/", {"resource": keys(*rows)})
    assert (answer.status_code, answer["Location"]) == (302, "/env/chat-dev/")
    return str(list(get_messages(answer.wsgi_request))[-1])


def test_each_resource_is_shown_with_where_it_is_what_aws_says_and_what_to_do(
    as_manager: Client, chat: Environment
) -> None:
    page = read(as_manager)
    assert "These keep the stack from being deleted" in page
    assert "Uploads AWS::S3::Bucket · ChatAppMasterStack · chat-uploads" in page
    assert "Daybreak does not empty it, because that would lose data" in page
    assert "Interface AWS::EC2::NetworkInterface · ChatAppMasterStack/Network · eni-1" in page
    assert "AWS says: eni-1 is currently in use" in page
    assert "Something outside of the stack uses it" in page


def test_it_is_said_in_korean_too(as_manager: Client, chat: Environment) -> None:
    assert "AWS에서 모든 버전까지 비운 뒤 다시 시도하세요." in read(as_manager, language="ko")


def test_a_manager_tries_again_and_asks_an_operator_for_more(as_manager: Client, chat: Environment) -> None:
    html = as_manager.get("/env/chat-dev/").content.decode()
    assert html.count('data-ask="/env/chat-dev/ask/retry/"') == 1
    assert "An operator can have it deleted without these." in html
    assert "dialog-stuck" not in html
    assert as_manager.post("/env/chat-dev/leave-behind/", {"resource": keys(BUCKET, INTERFACE)}).status_code == 403
    assert Operation.objects.count() == 1


def test_a_viewer_reads_it_and_can_do_nothing(enter: Enter, chat: Environment) -> None:
    html = enter(factories.viewer()).get("/env/chat-dev/").content.decode()
    assert "These keep the stack from being deleted" in html
    assert "/env/chat-dev/ask/" not in html


def test_the_dialog_names_what_would_stay_and_what_that_means(as_operator: Client, chat: Environment) -> None:
    dialog = as_operator.get("/env/chat-dev/").content.decode().split('id="dialog-stuck"')[1].split("</dialog>")[0]
    for words in ("Uploads", "chat-uploads", "Interface", "eni-1", "stay in AWS and cost on"):
        assert words in dialog
    assert "Cache" not in dialog, "a nested stack as a whole is not left behind"
    assert dialog.count('name="resource"') == 2


def test_an_operator_has_it_deleted_without_them_and_stands_in_the_history(
    as_operator: Client, chat: Environment
) -> None:
    assert "They stay in AWS" in send(as_operator, BUCKET, INTERFACE)
    operation = Operation.objects.order_by("pk").last()
    assert operation is not None
    assert (operation.kind, operation.status, operation.actor) == ("stop", "pending", factories.operator())
    said = "Deleted without Uploads (AWS::S3::Bucket), Interface (AWS::EC2::NetworkInterface), which stay in AWS"
    assert operation.reason["en"].startswith(said)
    assert "operator 님이 동의" in operation.reason["ko"]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (factories.operator(), str(chat.pk))
    assert said in entry.get_change_message()


def test_it_is_not_stopped_without_them_while_others_need_it(as_operator: Client, chat: Environment) -> None:
    factories.environment("app", state="running", wish="running").needs.add(chat)
    assert "chat-dev is not stopped, because others still need it: app" in send(as_operator, BUCKET, INTERFACE)
    assert (Operation.objects.count(), LogEntry.objects.count()) == (1, 0)


def test_the_steps_of_this_one_stop_are_told_the_innermost_stack_first(
    as_operator: Client, chat: Environment, scripted: Any
) -> None:
    send(as_operator, BUCKET, INTERFACE)
    operation = Operation.objects.unfinished().get()
    told = [step.memo for step in operation.steps.all() if step.memo]
    entries = [
        {"stack_id": BELOW, "logical_ids": ["Interface"]},
        {"stack_id": ROOT, "logical_ids": ["Uploads"]},
    ]
    assert told == [{stack_stuck.RETAIN: entries}]

    chat.targets.update(kind="scripted")
    for _ in range(9):
        workflow.advance(operation_id=operation.pk, now=operation.not_before)
    assert scripted.contexts
    assert all(context.memo[stack_stuck.RETAIN] == entries for context in scripted.contexts)

    Environment.objects.update(state="failed_to_stop")
    Operation.objects.filter(pk=operation.pk).update(status="failed")
    as_operator.post("/env/chat-dev/ask/retry/")
    assert not Operation.objects.unfinished().get().steps.exists(), "another try is told nothing"


@pytest.mark.parametrize("rows", [(), (BUCKET,), (BUCKET, INTERFACE, CACHE), (BUCKET, INTERFACE | {"stack_id": ROOT})])
def test_an_outdated_or_invented_list_is_refused_and_nothing_is_written(
    rows: tuple[dict[str, str], ...], as_operator: Client, chat: Environment
) -> None:
    as_operator.get("/")
    before = contents()
    assert send(as_operator, *rows) == "What holds it has changed since you looked. Read the new list."
    assert contents() == before


def test_what_began_since_makes_the_list_outdated(as_operator: Client, chat: Environment) -> None:
    factories.operation(chat, "stop", "running")
    assert "has changed since you looked" in send(as_operator, BUCKET, INTERFACE)


def test_what_can_only_be_tried_again_has_no_such_button(as_operator: Client, chat: Environment) -> None:
    Operation.objects.all().delete()
    fail(chat, [CACHE])
    html = as_operator.get("/env/chat-dev/").content.decode()
    assert "These keep the stack from being deleted" in html
    assert "dialog-stuck" not in html


def test_once_it_is_tried_again_the_list_is_gone(as_operator: Client, chat: Environment) -> None:
    as_operator.post("/env/chat-dev/ask/retry/")
    assert "These keep the stack" not in read(as_operator)


def test_people_of_other_teams_do_not_find_it(as_outsider: Client, chat: Environment) -> None:
    assert as_outsider.post("/env/chat-dev/leave-behind/", {"resource": keys(BUCKET)}).status_code == 404
