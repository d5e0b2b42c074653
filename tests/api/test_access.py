"""Who may call the API: a token alone, valid, with the scope that the endpoint names."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from environments.models import Environment, Hold, Operation
from portal.api import limits, tokens
from portal.api.description import operations_of, scope_of
from portal.api.root import api
from portal.models import ApiToken, Preference, Scope
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
LIST = "/api/v1/environments"


def test_every_endpoint_names_its_scope() -> None:
    forgot = [one.view_func.__qualname__ for one in operations_of(api) if scope_of(one) is None]
    assert forgot == []
    assert len(list(operations_of(api))) > 10


def test_without_a_token_it_is_401_and_says_how_to_come_in(client: Client) -> None:
    answer = client.get(LIST)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json()["status"] == 401


def test_a_session_cookie_alone_is_nobody(client: Client) -> None:
    """Another site could have a browser send it: nothing but a token counts, for reading and for changing."""
    client.force_login(factories.operator())
    factories.environment()
    assert client.get(LIST).status_code == 401
    assert client.post(f"{LIST}/chat-dev/start", "{}", content_type="application/json").status_code == 401
    assert not Hold.objects.exists()


def test_a_token_needs_no_csrf_token() -> None:
    caller = Caller(factories.manager())
    factories.environment()
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {caller.raw}"})
    assert strict.post(f"{LIST}/chat-dev/start", "{}", content_type="application/json").status_code == 202


@pytest.mark.parametrize("header", ["Bearer dbk_wrong", "Bearer ", "Basic YTpi", "dbk_x", "Bearer \udce4"])
def test_a_wrong_token_is_401(client: Client, header: str) -> None:
    assert client.get(LIST, headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_and_one_of_an_account_that_is_off_are_401() -> None:
    person = factories.manager()
    revoked, other = Caller(person), Caller(person)
    tokens.revoke(token=revoked.token, author=person, now=timezone.now())
    assert (revoked.get("/environments").status_code, other.get("/environments").status_code) == (401, 200)
    person.is_active = False
    person.save()
    assert other.get("/environments").status_code == 401


def test_a_token_ends_when_it_expires() -> None:
    with time_machine.travel(monday("09:00"), tick=False) as clock:
        caller = Caller(factories.manager(), expires_at=timezone.now() + timedelta(days=30))
        clock.shift(timedelta(days=30) - timedelta(seconds=1))
        assert caller.get("/environments").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert caller.get("/environments").status_code == 401


def test_a_missing_scope_is_403_and_is_named() -> None:
    factories.environment()
    caller = Caller(factories.manager(), Scope.READ)
    answer = caller.post("/environments/chat-dev/start")
    assert answer.status_code == 403
    assert "“operate”" in answer.json()["detail"]
    assert not Operation.objects.exists()


def test_the_token_is_kept_as_a_digest_alone() -> None:
    caller = Caller(factories.manager())
    row = caller.row()
    assert caller.raw.startswith("dbk_")
    assert len(caller.raw) >= 4 + 32
    assert caller.raw not in repr(ApiToken.objects.values().get(pk=row.pk))
    assert row.start == caller.raw[:8]


def test_its_last_use_is_noted_once_a_minute() -> None:
    with time_machine.travel(monday("09:00"), tick=False) as clock:
        caller = Caller(factories.manager())
        assert caller.row().last_used_at is None
        caller.get("/environments")
        clock.shift(timedelta(seconds=30))
        caller.get("/environments")
        assert (caller.row().last_used_at, caller.row().last_address) == (monday("09:00"), "127.0.0.1")
        clock.shift(timedelta(seconds=30))
        caller.get("/environments")
        assert caller.row().last_used_at == monday("09:01")


def test_over_the_limit_it_is_told_when_to_come_back(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel(monday("09:00"), tick=False) as clock:
        caller, other = Caller(factories.manager()), Caller(factories.operator())
        first = caller.get("/environments")
        assert (first["RateLimit-Limit"], first["RateLimit-Remaining"], first["RateLimit-Reset"]) == ("2", "1", "60")
        clock.shift(timedelta(seconds=20))
        assert caller.get("/environments").status_code == 200
        refused = caller.get("/environments")
        assert (refused.status_code, refused["Retry-After"], refused["RateLimit-Remaining"]) == (429, "40", "0")
        assert other.get("/environments").status_code == 200
        clock.shift(timedelta(seconds=40))
        assert caller.get("/environments").status_code == 200


def test_a_window_that_another_process_has_just_begun_is_counted_in() -> None:
    with time_machine.travel(monday("09:00"), tick=False):
        caller = Caller(factories.manager())
        read = caller.row()  # before the other one's request
        caller.get("/environments")
        assert limits.count(read, address="192.0.2.7", now=timezone.now())
    row = caller.row()
    assert (row.window_count, read.window_count, row.last_address) == (2, 2, "127.0.0.1")


def test_the_last_request_of_a_minute_is_given_once_though_two_have_read_that_there_is_one(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel(monday("09:00"), tick=False):
        caller = Caller(factories.manager())
        caller.get("/environments")
        both = [caller.row(), caller.row()]
        assert [limits.count(one, address=None, now=timezone.now()) for one in both] == [True, False]
        assert [limits.headers(one, now=timezone.now())["RateLimit-Remaining"] for one in both] == ["0", "0"]


def test_a_wrong_token_writes_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        client.get(LIST, headers={"Authorization": "Bearer dbk_wrong"})
    assert [one["sql"].split()[0] for one in asked] == ["SELECT"]


def test_who_sends_many_wrong_tokens_is_told_to_wait_and_others_there_come_in(client: Client) -> None:
    caller = Caller(factories.manager())
    wrong = {"Authorization": "Bearer dbk_guess"}
    with time_machine.travel(monday("09:00"), tick=False) as clock:
        guesses = [client.get(LIST, headers=wrong).status_code for _ in range(limits.WRONG_A_MINUTE + 1)]
        assert guesses == [401] * limits.WRONG_A_MINUTE + [429]
        assert caller.get("/environments").status_code == 200
        clock.shift(timedelta(minutes=1))
        assert client.get(LIST, headers=wrong).status_code == 401


def test_answers_are_in_the_language_that_the_account_prefers_else_in_the_asked_for() -> None:
    person = factories.manager()
    caller = Caller(person)
    assert caller.get("/nothing", Accept_Language="ko")["Content-Language"] == "ko"  # nobody yet
    korean = caller.get("/environments/none", Accept_Language="ko")
    assert korean["Content-Language"] == "ko"
    Preference.objects.create(user=person, language="en")
    english = caller.get("/environments/none", Accept_Language="ko")
    assert (english["Content-Language"], english.json()["title"]) == ("en", "This does not exist")


def test_what_a_token_changes_stands_in_the_history_as_the_apis_with_who_and_from_where() -> None:
    caller = Caller(factories.manager())
    factories.environment()
    caller.post("/environments/chat-dev/start", {"reason": "demo"})
    hold = Hold.objects.get()
    change = Hold.history.get()
    assert (hold.origin, hold.author) == (Hold.Origin.API, caller.token.user)
    assert (change.history_origin, change.history_address) == ("api", "127.0.0.1")
    assert change.history_user_id == caller.token.user_id
    assert Environment.objects.get().operations.get().actor == caller.token.user
