"""A pipeline tells of a version by the API, reads what becomes of it, and what ran when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from environments.models import Deployment, Environment, Operation, State
from environments.services import schedules
from environments.targets.client import forget_clients
from portal.models.token import Scope
from tests import factories
from tests.support.calling import Caller
from tests.support.deploying import told
from tests.support.times import monday
from tests.targets.test_redeploy import push

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
DEPLOY, LIST = "/environments/chat-dev/deploy", "/environments/chat-dev/deployments"
VERSION = {
    "tag": "2.15.0",
    "commit": "3F2A9C1D",
    "author": "Mina Jung",
    "link": "https://github.com/acme/chat/commit/3f2a9c1d",
    "note": "Login by passkey",
}


@pytest.fixture(autouse=True)
def ten_o_clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chat() -> Environment:
    return factories.chat_app(schedule=None, state=State.RUNNING, on_push="at_once")


def seeing(person: User) -> User:
    """With the permission to see deployments."""
    person.user_permissions.add(Permission.objects.get(codename="view_deployment"))
    return User.objects.get(pk=person.pk)


@pytest.fixture
def caller() -> Caller:
    return Caller(seeing(factories.manager()))


def test_a_version_is_taken_as_its_environment_wants_and_the_answer_says_what_will_happen(
    chat: Environment, caller: Caller
) -> None:
    answer = caller.post(DEPLOY, VERSION)
    assert answer.status_code == 202
    body = answer.json()
    row, operation = Deployment.objects.get(), Operation.objects.get()
    assert body["outlook"] == "It is redeployed now."
    assert body["deployment"] == {
        **VERSION,
        "id": row.pk,
        "environment": "chat-dev",
        "repository": "chat-chat-http",
        "digest": "",
        "commit": "3f2a9c1d",
        "told_by": "api",
        "account": "manager",
        "told": "2026-11-23T01:00:00Z",
        "status": "taken",
        "status_text": "is being taken",
        "due": None,
        "operation": operation.pk,
        "taken": "2026-11-23T01:00:00Z",
        "ended": None,
        "reason": "",
    }
    assert (operation.kind, operation.trigger, operation.actor) == ("redeploy", "deploy", row.user)


def test_what_sleeps_says_when_it_takes_it(caller: Caller) -> None:
    chat = factories.chat_app(state=State.STOPPED)
    schedules.plan_changed([chat.pk], now=NOW)
    with time_machine.travel(monday("20:00"), tick=False):
        answer = caller.post(DEPLOY, {"tag": "2.15.0"})
    assert answer.json()["outlook"] == "It takes it at its next start, Tue 09:00 (Asia/Seoul)."


def test_told_again_it_is_the_same_deployment(chat: Environment, caller: Caller) -> None:
    first = caller.post(DEPLOY, {"tag": "2.15.0"}).json()
    again = caller.post(DEPLOY, VERSION).json()
    assert first["deployment"]["id"] == again["deployment"]["id"]
    assert again["deployment"]["author"] == "Mina Jung"
    assert Operation.objects.count() == 1


def test_the_run_of_a_pipeline_as_idempotency_key_is_answered_once(chat: Environment, caller: Caller) -> None:
    first, again = (caller.post(DEPLOY, VERSION, Idempotency_Key="run-17-1") for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tag", "a b"),
        ("tag", ""),
        ("repository", "another"),
        ("commit", "xyz"),
        ("digest", "sha256:1"),
        ("link", "javascript:alert(1)"),
        ("note", "n" * 1001),
        ("author", "\x00"),
    ],
)
def test_what_is_wrong_is_422_naming_the_field_and_nothing_is_written(
    chat: Environment, caller: Caller, field: str, value: str
) -> None:
    answer = caller.post(DEPLOY, VERSION | {field: value})
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {field}
    assert not Deployment.objects.exists()
    assert not Operation.objects.exists()


def test_what_is_wrong_with_a_version_is_said_in_its_own_words(chat: Environment, caller: Caller) -> None:
    sent = {"tag": "a b", "commit": "xyz", "digest": "sha256:1", "link": "l" * 501}
    errors = caller.post(DEPLOY, sent).json()["errors"]
    assert {name: said[0].split(",")[0] for name, said in errors.items()} == {
        "tag": "This is no tag of an image. A tag is like 2.15.0: letters",
        "commit": "A commit is 7 to 64 hexadecimal digits",
        "digest": "A digest is like sha256:… with 64 hexadecimal digits.",
        "link": "A link begins with https:// or http://",
    }


def test_of_several_repositories_one_is_to_be_named(chat: Environment, caller: Caller) -> None:
    factories.stack(chat, "WebStack", parameters={"WebTag": ("ecr", "chat-web")})
    answer = caller.post(DEPLOY, VERSION)
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"repository"})
    assert "chat-chat-http, chat-web" in answer.json()["detail"]
    assert caller.post(DEPLOY, VERSION | {"repository": "chat-web"}).status_code == 202


def test_it_needs_the_scope_and_the_right_to_switch(chat: Environment) -> None:
    assert Caller(factories.manager(), Scope.READ, Scope.OPERATE).post(DEPLOY, VERSION).status_code == 403
    assert Caller(factories.viewer()).post(DEPLOY, VERSION).status_code == 403
    assert not Deployment.objects.exists()


def test_for_others_it_does_not_exist(chat: Environment, caller: Caller) -> None:
    number = caller.post(DEPLOY, VERSION).json()["deployment"]["id"]
    outsider = Caller(seeing(factories.outsider()))
    assert outsider.post(DEPLOY, VERSION).status_code == 404
    for path in (LIST, "/environments/chat-dev/versions", f"/deployments/{number}"):
        assert (outsider.get(path).status_code, caller.get(path).status_code) == (404, 200)


def test_its_deployments_are_told_newest_first_in_pieces_and_by_status(chat: Environment, caller: Caller) -> None:
    for n in range(5):
        told(chat, f"2.{n}.0", now=NOW + timedelta(minutes=n))
    first = caller.get(LIST, {"limit": 2}).json()
    assert [one["tag"] for one in first["items"]] == ["2.4.0", "2.3.0"]
    second = caller.get(LIST, {"limit": 2, "cursor": first["next"]}).json()
    assert [one["tag"] for one in second["items"]] == ["2.2.0", "2.1.0"]
    Deployment.objects.filter(tag="2.0.0").update(status="failed")
    assert [one["tag"] for one in caller.get(LIST, {"status": "failed"}).json()["items"]] == ["2.0.0"]
    assert caller.get(LIST, {"status": "other"}).status_code == 422


def test_a_pipeline_follows_its_deployment_to_its_end(chat: Environment, caller: Caller) -> None:
    number = caller.post(DEPLOY, VERSION).json()["deployment"]["id"]
    assert caller.get(f"/deployments/{number}").json()["status"] == "taken"
    Deployment.objects.update(status="failed", ended_at=NOW, reason={"en": "Access denied.", "ko": "권한이 없어요."})
    told = caller.get(f"/deployments/{number}", Accept_Language="ko").json()
    assert (told["status"], told["ended"], told["reason"]) == ("failed", "2026-11-23T01:00:00Z", "권한이 없어요.")
    assert caller.get("/deployments/4711").status_code == 404


def test_what_ran_when_names_since_and_until_and_who_made_it(chat: Environment, caller: Caller) -> None:
    def took(tag: str, at: Any) -> Operation:
        done = factories.operation(chat, at=at, finished_at=at)
        factories.step(done, "resolve", finished_at=at, memo={"images": [["chat-chat-http", tag, at.isoformat()]]})
        return done

    took("2.14.0", NOW - timedelta(days=2))
    newest = took("2.15.0", NOW - timedelta(days=1))
    row = told(chat, "2.15.0", author="Mina Jung")
    Deployment.objects.update(operation=newest, ended_at=newest.finished_at)
    newer, older = caller.get("/environments/chat-dev/versions").json()
    assert (newer["tag"], newer["since"], newer["until"]) == ("2.15.0", "2026-11-22T01:00:00Z", None)
    assert (newer["operation"], newer["deployment"]["id"], newer["deployment"]["author"]) == (
        newest.pk,
        row.pk,
        "Mina Jung",
    )
    assert (older["tag"], older["until"], older["deployment"]) == ("2.14.0", "2026-11-22T01:00:00Z", None)


def test_the_list_costs_as_many_queries_for_twelve_as_for_three(chat: Environment, caller: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(LIST).status_code == 200
        return len(queries)

    account = factories.operator()
    for n in range(12):
        told(chat, f"2.{n}.0", now=NOW + timedelta(minutes=n))
        Deployment.objects.update(user=account)
        if n == 2:
            few = cost()
    assert cost() == few


# -- going back --------------------------------------------------------------------------------------------------------


def ran(chat: Environment, tag: str, pushed: datetime, at: datetime = NOW) -> None:
    """A start or redeploy that took this image, as a pipeline had told of it."""
    done = factories.operation(chat, at=at, finished_at=at)
    factories.step(done, "resolve", finished_at=at, memo={"images": [["chat-chat-http", tag, pushed.isoformat()]]})
    row = told(chat, tag)
    Deployment.objects.filter(pk=row.pk).update(status="done", operation=done, ended_at=at)


@pytest.fixture
def went_on(chat: Environment) -> Environment:
    """2.14.2 ran, and 2.14.3 does."""
    ran(chat, "2.14.2", NOW - timedelta(hours=11), NOW - timedelta(hours=1))
    ran(chat, "2.14.3", NOW - timedelta(hours=2))
    Operation.objects.unfinished().delete()
    Environment.objects.update(state=State.RUNNING)
    return chat


@pytest.fixture
def cloud(aws: Any) -> Iterator[Any]:
    forget_clients()
    aws.seed_reference()
    aws.freeze(NOW)
    yield aws
    forget_clients()


def test_an_older_image_than_the_newest_is_refused_at_once_and_says_how_to_go_back(
    cloud: Any, went_on: Environment, caller: Caller
) -> None:
    before = Deployment.objects.count()
    answer = caller.post(DEPLOY, {"tag": "2.14.2"})
    assert (answer.status_code, set(answer.json()["errors"])) == (422, {"tag"})
    assert answer.json()["errors"]["tag"][0].startswith(
        "Only the newest image is taken: 2.14.3 was pushed after 2.14.2. To go back, build and push it again"
    )
    korean = caller.post(DEPLOY, {"tag": "2.14.2"}, Accept_Language="ko").json()
    assert korean["errors"]["tag"][0].startswith("최신 이미지만 반영해요")
    assert (Deployment.objects.count(), Operation.objects.filter(kind="redeploy").count()) == (before, 0)


def test_an_older_version_that_was_pushed_again_is_taken(cloud: Any, went_on: Environment, caller: Caller) -> None:
    push(cloud, "2.14.2", "chat-chat-http")
    answer = caller.post(DEPLOY, {"tag": "2.14.2"})
    told = answer.json()["deployment"]
    assert (answer.status_code, told["status"], told["digest"][:7]) == (202, "taken", "sha256:")


def test_what_runs_is_done_without_a_question_to_ecr(went_on: Environment, caller: Caller) -> None:
    body = caller.post(DEPLOY, {"tag": "2.14.3"}).json()
    assert (body["deployment"]["status"], body["outlook"]) == ("done", "It was taken at 10:00 (Asia/Seoul).")


def test_where_ecr_does_not_answer_what_does_not_run_is_not_done(went_on: Environment, caller: Caller) -> None:
    answer = caller.post(DEPLOY, {"tag": "2.14.2"})
    assert (answer.status_code, answer.json()["deployment"]["status"]) == (202, "taken")


def test_what_ecr_does_not_have_any_more_waits_for_its_push(cloud: Any, went_on: Environment, caller: Caller) -> None:
    Deployment.objects.filter(tag="2.14.2").update(tag="2.99.0")
    Environment.objects.update(on_push="next_start")
    answer = caller.post(DEPLOY, {"tag": "2.99.0"})
    assert (answer.status_code, answer.json()["deployment"]["status"]) == (202, "waiting")
