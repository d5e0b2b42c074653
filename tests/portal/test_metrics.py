"""`/metrics`: who may read it, in which format it answers, and that it costs the same however much there is."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.openmetrics import parser
from prometheus_client.parser import text_string_to_metric_families as older_format
from pytest_django import Settings

from portal import metrics
from portal.api import limits
from portal.models import ApiToken
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

newer: Any = parser.text_string_to_metric_families
SECRET = "of-prometheus-alone-0123456789"
NOW = monday("10:00")


def look(token: str | None = SECRET, *, accept: str = "text/plain", scheme: str = "Bearer") -> Any:
    headers = {"accept": accept} | ({"authorization": f"{scheme} {token}"} if token is not None else {})
    return Client().get("/metrics", headers=headers)


def api_token(*scopes: str, **fields: Any) -> str:
    given = "dbk_" + "-".join(scopes)
    values = {"user": factories.viewer(), "created_at": NOW} | fields
    digest = hashlib.sha256(given.encode()).hexdigest()
    ApiToken.objects.create(name="Prometheus", scopes=list(scopes), digest=digest, start=given[:8], **values)
    return given


@pytest.fixture(autouse=True)
def token_of_prometheus(settings: Settings) -> None:
    settings.METRICS_TOKEN = SECRET
    limits.forget_guessing()


def test_prometheus_reads_with_the_token_of_the_installation() -> None:
    answer = look()

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "daybreak_environments" in {family.name for family in older_format(answer.content.decode())}


@pytest.mark.parametrize(
    ("token", "scheme"),
    [
        (None, "Bearer"),
        ("", "Bearer"),
        ("wrong", "Bearer"),
        (SECRET, "Basic"),
        ("비밀", "Bearer"),
        (SECRET + "x", "Bearer"),
    ],
)
def test_without_the_token_it_says_nothing_but_how_to_ask(token: str | None, scheme: str) -> None:
    answer = look(token, scheme=scheme)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"daybreak_" not in answer.content


def test_who_sends_one_wrong_token_after_the_other_is_told_to_wait_and_prometheus_is_let_in_all_the_same() -> None:
    given = api_token("metrics")
    with time_machine.travel(NOW, tick=False) as clock:
        assert {look("wrong").status_code for _ in range(limits.WRONG_A_MINUTE)} == {401}
        answer = look("wrong")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert b"daybreak_" not in answer.content
        assert (look().status_code, look(given).status_code, look(None).status_code) == (200, 200, 401)
        clock.shift(timedelta(minutes=1))
        assert look("wrong").status_code == 401


def test_a_signed_in_person_is_no_token() -> None:
    client = Client()
    client.force_login(factories.administrator())

    assert client.get("/metrics").status_code == 401


def test_an_installation_without_a_token_of_its_own_lets_nobody_in_with_an_empty_one(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""

    assert look("").status_code == 401
    assert look(SECRET).status_code == 401


def test_an_api_token_reads_when_it_may_be_used_for_figures() -> None:
    assert look(api_token("read", "metrics")).status_code == 200
    assert look(api_token("read", "operate")).status_code == 401


@pytest.mark.parametrize("fields", [{"revoked_at": NOW}, {"expires_at": NOW - timedelta(seconds=1)}])
def test_a_token_that_is_over_reads_nothing(fields: dict[str, Any]) -> None:
    with time_machine.travel(NOW, tick=False):
        assert look(api_token("metrics", **fields)).status_code == 401


def test_a_token_of_an_account_that_is_switched_off_reads_nothing() -> None:
    given = api_token("metrics")
    person = ApiToken.objects.get().user
    person.is_active = False
    person.save()

    assert look(given).status_code == 401


def test_the_use_of_an_api_token_is_noted_once_a_minute() -> None:
    given = api_token("metrics")
    with time_machine.travel(NOW, tick=False) as clock:
        look(given)
        clock.shift(timedelta(seconds=30))
        look(given)
        assert ApiToken.objects.get().last_used_at == NOW
        clock.shift(timedelta(seconds=30))
        look(given)

    assert ApiToken.objects.get().last_used_at == NOW + timedelta(minutes=1)
    assert ApiToken.objects.get().last_address == "127.0.0.1"


def test_it_can_only_be_read() -> None:
    assert Client().post("/metrics", headers={"authorization": f"Bearer {SECRET}"}).status_code == 405


def test_who_asks_for_openmetrics_gets_it() -> None:
    factories.operation(factories.environment())
    answer = look(accept="application/openmetrics-text; version=1.0.0")

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "daybreak_operations_24h" in {family.name for family in newer(answer.content.decode())}


def test_the_answer_sets_no_cookie() -> None:
    assert look().cookies == {}


def test_each_look_asks_the_database_as_often_however_much_there_is() -> None:
    few = _queries()
    for number in range(30):
        environment = factories.environment(f"env-{number}")
        made = factories.operation(environment, planned_at=NOW, at=NOW)
        factories.step(made, "look")
        factories.http_check(environment, f"check {number}")

    assert _queries() == few <= 16


def _queries() -> int:
    metrics.collected(NOW)
    with CaptureQueriesContext(connection) as asked:
        metrics.collected(NOW + timedelta(hours=1))
    return len(asked)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by the sizes of tables")
def test_no_question_reads_all_operations_that_there_ever_were() -> None:
    with CaptureQueriesContext(connection) as asked:
        metrics.collected(NOW)
    about = [one["sql"] for one in asked.captured_queries if 'FROM "environments_operation"' in one["sql"]]
    with connection.cursor() as cursor:
        for sql in about:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[3] for row in cursor.fetchall() if "environments_operation" in row[3]]
            assert plan, sql
            for line in plan:
                whole = line.startswith("SCAN") and "unfinished_by_not_before" not in line
                assert not whole, (line, sql)
    assert len(about) == 3
