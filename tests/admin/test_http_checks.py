"""Web address checks in the admin: entered with care, tried before they are saved, secrets never shown again."""

from __future__ import annotations

import ipaddress
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from environments.models import Environment, HealthSample, HttpCheck, Ticket
from environments.rules.http_headers import MASK
from environments.services import http_tries, tickets
from tests import factories
from tests.support.ics import content, serving

pytestmark = pytest.mark.django_db

LIST = "admin:environments_httpcheck_changelist"
ADD = "admin:environments_httpcheck_add"
CHANGE = "admin:environments_httpcheck_change"
DELETE = "admin:environments_httpcheck_delete"
TRY_NEW = "admin:environments_httpcheck_try_new"
TRY = "admin:environments_httpcheck_try"
NOW = "admin:environments_httpcheck_check_now"


@pytest.fixture(autouse=True)
def only_this_machine(settings: Settings) -> None:
    settings.HEALTH_ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.1/32")]


@pytest.fixture
def environment() -> Environment:
    return factories.environment(state="running", state_since=timezone.now() - timedelta(days=1))


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def check(environment: Environment, **fields: Any) -> HttpCheck:
    values = {"name": "API", "url": "https://chat.example.com/actuator/health"} | fields
    return HttpCheck.objects.create(environment=environment, **values)


def entered(environment: Environment, **fields: Any) -> dict[str, Any]:
    values = {
        "environment": environment.pk,
        "name": "API",
        "is_on": "on",
        "url": "https://chat.example.com/health",
        "method": "GET",
        "headers": "",
        "secrets": "",
        "body": "",
        "expected_status": "200-299",
        "contains": "",
        "json_path": "",
        "json_value": "",
        "every_s": "30",
        "timeout_s": "2",
        "retries": "3",
        "retry_every_s": "5",
        "gates_start": "on",
        "start_grace_min": "10",
        "ticket_after": "5",
        "certificate_days": "14",
    }
    return values | fields


def test_one_that_is_added_is_asked_at_once_and_its_secrets_are_kept_sealed(environment: Environment) -> None:
    sent = entered(environment, headers="Accept: application/json", secrets="Authorization: Bearer s3cret")
    answer = signed_in(factories.operator()).post(reverse(ADD), sent)
    assert answer.status_code == 302
    row = HttpCheck.objects.get()
    assert dict(row.secret_headers) == {"Authorization": "Bearer s3cret"}
    assert row.due_at is not None
    assert row.kind == "http"


def test_secrets_are_never_shown_again_and_stay_unless_they_are_edited(environment: Environment) -> None:
    row = check(environment, secret_headers={"Authorization": "Bearer s3cret", "X-Key": "k3y"})
    client = signed_in(factories.operator())
    page = client.get(reverse(CHANGE, args=[row.pk])).content.decode()
    assert "s3cret" not in page
    assert f"Authorization: {MASK}" in page
    client.post(reverse(CHANGE, args=[row.pk]), entered(environment, secrets=f"Authorization: {MASK}", every_s="60"))
    row.refresh_from_db()
    assert (dict(row.secret_headers), row.every_s) == ({"Authorization": "Bearer s3cret"}, 60)
    assert "s3cret" not in client.get(reverse(CHANGE, args=[row.pk])).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "https://other.example.com/actuator/health"},
        {"url": "http://chat.example.com/actuator/health"},
        {"url": "https://chat.example.com:8443/actuator/health"},
        {"headers": "Host: other.example.com"},
    ],
)
def test_for_another_server_secrets_are_entered_again(fields: dict[str, str], environment: Environment) -> None:
    row = check(environment, secret_headers={"X-Key": "s3cret"})
    client = signed_in(factories.operator())
    answer = client.post(reverse(CHANGE, args=[row.pk]), entered(environment, secrets=f"X-Key: {MASK}", **fields))
    assert "“X-Key” must be entered again" in " ".join(answer.context["adminform"].form.errors["secrets"])
    row.refresh_from_db()
    assert (row.url, row.headers) == ("https://chat.example.com/actuator/health", "")
    answer = client.post(reverse(CHANGE, args=[row.pk]), entered(environment, secrets="X-Key: n3w", **fields))
    assert answer.status_code == 302
    assert dict(HttpCheck.objects.get().secret_headers) == {"X-Key": "n3w"}


def test_on_the_same_server_they_stay_however_its_address_is_written(environment: Environment) -> None:
    row = check(environment, secret_headers={"X-Key": "s3cret"})
    sent = entered(environment, secrets=f"X-Key: {MASK}", url="https://Chat.example.com:443/ready")
    assert signed_in(factories.operator()).post(reverse(CHANGE, args=[row.pk]), sent).status_code == 302
    assert dict(HttpCheck.objects.get().secret_headers) == {"X-Key": "s3cret"}


def test_viewers_see_no_headers_that_are_secret_not_even_their_names(environment: Environment) -> None:
    row = check(environment, secret_headers={"X-Very-Secret": "s3cret"})
    page = signed_in(factories.viewer()).get(reverse(CHANGE, args=[row.pk]))
    assert page.status_code == 200
    assert "X-Very-Secret" not in page.content.decode()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"url": "https://me:s3cret@chat.example.com/"}, "url", "Leave the name and password out"),
        ({"url": "http://169.254.169.254/latest/"}, "url", "network that checks may not ask"),
        ({"url": "chat.example.com"}, "url", "begins with https://"),
        ({"expected_status": "200-, 401"}, "expected_status", "“200-” is no status"),
        ({"headers": "Accept application/json"}, "headers", "“Accept application/json” is no header"),
        ({"secrets": f"X-New: {MASK}"}, "secrets", "“X-New” has no stored value"),
        ({"headers": "X-Key: 1", "secrets": "x-key: 2"}, "secrets", "among the other headers already"),
        ({"json_path": "a..b"}, "json_path", "has an empty part"),
        ({"json_value": "UP"}, "json_path", "Say where in the JSON"),
        ({"method": "HEAD", "contains": "OK"}, "method", "HEAD brings no text"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field_with_the_reason(
    fields: dict[str, str], field: str, said: str, environment: Environment
) -> None:
    answer = signed_in(factories.operator()).post(reverse(ADD), entered(environment, **fields))
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert list(errors) == [field]
    assert said in " ".join(errors[field])
    assert not HttpCheck.objects.exists()


def test_the_list_shows_state_and_response_time_of_ones_own_teams_only(environment: Environment) -> None:
    check(environment, state="down", last_ms=1234, last_status=503)
    assert "chat.example.com" not in signed_in(factories.outsider()).get(reverse(LIST)).content.decode()
    page = signed_in(factories.manager()).get(reverse(LIST)).content.decode()
    assert "Down" in page
    assert "db-tone-failed" in page
    assert "1234 ms" in page


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    environment: Environment, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        check(environment, name=f"API {number}")
    client = signed_in(factories.operator())
    client.get(reverse(LIST))
    with django_assert_max_num_queries(12):
        client.get(reverse(LIST))


class TestTrying:
    def test_what_came_is_said_in_words_and_nothing_is_saved(self, environment: Environment) -> None:
        client = signed_in(factories.operator())
        with serving({"/actuator/health": content(b'{"status": "DOWN"}', 200)}) as address:
            sent = entered(environment, name="", url=f"{address}/actuator/health")
            page = client.post(reverse(TRY_NEW), sent).content.decode()
        assert "would be down" in page
        assert "“status” is DOWN, expected was UP" in page
        assert not HttpCheck.objects.exists()

    def test_stored_secrets_are_sent_along_and_not_shown(self, environment: Environment) -> None:
        seen = list[str]()

        def look(request: Any) -> None:
            seen.append(request.headers["X-Key"])
            content(b"fine")(request)

        with serving({"/": look}) as address:
            row = check(environment, url=f"{address}/actuator/health", secret_headers={"X-Key": "s3cret"})
            sent = entered(environment, url=f"{address}/", secrets=f"X-Key: {MASK}")
            page = signed_in(factories.operator()).post(reverse(TRY, args=[row.pk]), sent).content.decode()
        assert seen == ["s3cret"]
        assert "s3cret" not in page
        assert "it would be up" in page
        row.refresh_from_db()
        assert row.url.endswith("/actuator/health")

    def test_another_server_is_not_shown_the_stored_ones(self, environment: Environment) -> None:
        asked: list[str] = []
        row = check(environment, secret_headers={"X-Key": "s3cret"})
        with serving({"/": lambda request: asked.append(request.headers["X-Key"])}) as address:
            sent = entered(environment, url=f"{address}/", secrets=f"X-Key: {MASK}")
            page = signed_in(factories.operator()).post(reverse(TRY, args=[row.pk]), sent).content.decode()
        assert "“X-Key” must be entered again" in page
        assert asked == []

    def test_of_one_that_hangs_it_is_said_that_a_try_waits_for_less(
        self, environment: Environment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(http_tries, "LONGEST_S", 1)
        with socket.create_server(("127.0.0.1", 0), backlog=5) as hanging:
            sent = entered(environment, url=f"http://127.0.0.1:{hanging.getsockname()[1]}", timeout_s="30")
            page = signed_in(factories.operator()).post(reverse(TRY_NEW), sent).content.decode()
        assert "A try waits for 1 seconds at the most; this check waits for 30." in page
        assert "No answer within 1 s" in page
        assert "would be" not in page

    def test_while_another_is_tried_that_is_said(self, environment: Environment) -> None:
        with http_tries._trying:
            page = signed_in(factories.operator()).post(reverse(TRY_NEW), entered(environment, url="http://127.0.0.1/"))
        assert "Another address is being tried just now." in page.content.decode()

    def test_what_is_wrong_in_the_form_is_said_instead(self, environment: Environment) -> None:
        sent = entered(environment, url="http://10.0.0.1/", expected_status="fine")
        page = signed_in(factories.operator()).post(reverse(TRY_NEW), sent).content.decode()
        assert "2 things to put right first" in page
        assert "“fine” is no status" in page

    def test_only_those_who_edit_may_and_only_by_a_post(self, environment: Environment) -> None:
        row = check(environment)
        for person in (factories.manager(), factories.outsider()):
            client = signed_in(person)
            assert client.post(reverse(TRY_NEW), entered(environment)).status_code == 403
            assert client.post(reverse(TRY, args=[row.pk]), entered(environment)).status_code in {403, 404}
        assert signed_in(factories.operator()).get(reverse(TRY_NEW)).status_code == 405


def test_checking_now_leaves_the_asking_to_the_next_turn_and_leads_to_where_its_answer_is_shown(
    environment: Environment,
) -> None:
    client = signed_in(factories.operator())
    with socket.create_server(("127.0.0.1", 0), backlog=5) as hanging:
        row = check(environment, url=f"http://127.0.0.1:{hanging.getsockname()[1]}", state="up", timeout_s=30)
        answer = client.post(reverse(NOW, args=[row.pk]), {"_form_submitted": "on"}, follow=True)
    assert answer.redirect_chain[0][0] == f"/env/{environment.slug}/#health"
    assert "“API” is being asked." in answer.content.decode()
    row.refresh_from_db()
    assert row.seen_at is None
    assert row.due_at is not None
    assert row.due_at <= timezone.now()


def test_what_sleeps_is_not_asked_and_that_is_said(environment: Environment) -> None:
    row = check(environment, state="asleep")
    client = signed_in(factories.operator())
    answer = client.post(reverse(NOW, args=[row.pk]), {"_form_submitted": "on"}, follow=True)
    assert "It was not asked" in answer.content.decode()
    assert HttpCheck.objects.get().due_at is None


def test_removing_one_asks_without_naming_its_answers_and_ends_its_incident(environment: Environment) -> None:
    row, now = check(environment, state="down"), timezone.now()
    HealthSample.objects.create(check_row=row, at=now, is_up=False)
    text = {"en": "down", "ko": "응답 없음"}
    tickets.incident(environment=environment, cause=tickets.of_check(row.pk), title=text, description=text, now=now)
    client = signed_in(factories.operator())
    assert "HealthSample" not in client.get(reverse(DELETE, args=[row.pk])).content.decode()
    client.post(reverse(DELETE, args=[row.pk]), {"post": "yes"})
    assert not HttpCheck.objects.exists()
    assert Ticket.objects.get().progress == "done"
