"""Chat apps, people and requests in the admin: secrets that are not shown again, and a log that shows none."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from environments import roles
from notifications import secret_doors
from notifications.chat import doors, people
from notifications.chat.platforms import PLATFORMS, platform
from notifications.models import ChatApp, ChatPerson, ChatRequest
from portal.history import changes_of
from portal.masking import mask
from tests import factories

from .conftest import MINSEO, MONDAY, TOKEN, jandi_app, minseo, say

pytestmark = pytest.mark.django_db
FORM = {"name": "JANDI", "config_token": TOKEN, "config_webhook_url": "", "language": "ko", "is_on": "on"}


@pytest.fixture(autouse=True)
def permitted() -> None:
    """The roles as a migration leaves them."""
    roles.install()


def signed_in(as_whom: Any = factories.administrator) -> Client:
    client = Client()
    client.force_login(as_whom())
    return client


def page(client: Client, row: Any) -> str:
    name = row._meta.model_name
    return client.get(f"/notifications/{name}/{row.pk}/change/").content.decode()


def test_an_app_that_is_added_gets_an_address_and_keeps_its_secrets_to_itself() -> None:
    client = signed_in()
    choice = client.get("/notifications/chatapp/add/").content.decode()
    assert "?kind=jandi" in choice
    assert client.post("/notifications/chatapp/add/?kind=jandi", FORM).status_code == 302
    row = ChatApp.objects.get()
    assert (row.kind, row.config["token"], row.config["by_email"], row.config["language"]) == (
        *("jandi", TOKEN, "off", "ko"),
    )
    assert row.digest == secret_doors.digest(row.config[secret_doors.KEY])
    shown = page(client, row)
    assert doors.address(row) in shown
    assert TOKEN not in shown
    assert f"…{TOKEN[-4:]}" in shown
    assert "Outgoing Webhook" in shown


def test_an_empty_secret_keeps_the_one_that_is_stored_and_what_the_door_counts_stays() -> None:
    row = jandi_app()
    ChatApp.objects.update(refused=3, last_at=MONDAY)
    form = FORM | {"name": "renamed", "config_token": "", "by_email": "on"}
    assert signed_in().post(f"/notifications/chatapp/{row.pk}/change/", form).status_code == 302
    now = ChatApp.objects.get()
    assert (now.name, now.refused, now.last_at) == ("renamed", 3, MONDAY)
    assert now.config == row.config | {"by_email": "on", "language": "ko"}


def test_a_token_that_can_be_none_and_a_webhook_of_another_service_are_refused() -> None:
    client = signed_in()
    for wrong in ({"config_token": "short"}, {"config_webhook_url": "https://example.com/hook"}, {"config_token": ""}):
        assert client.post("/notifications/chatapp/add/?kind=jandi", FORM | wrong).status_code == 200
    assert not ChatApp.objects.exists()


def test_a_new_address_is_made_by_a_post_and_ends_the_old_one() -> None:
    row, client = jandi_app(), signed_in()
    action = reverse("admin:notifications_chatapp_new_address", args=[row.pk])
    client.get(action)
    assert ChatApp.objects.get().digest == row.digest
    client.post(action, {"_form_submitted": "on"})
    now = ChatApp.objects.get()
    assert now.digest != row.digest
    assert now.config["token"] == TOKEN


def test_an_app_is_deleted_with_its_people_and_its_log() -> None:
    row, client = jandi_app(), signed_in()
    minseo(row)
    say(row, "status")
    path = f"/notifications/chatapp/{row.pk}/delete/"
    assert "requests in chats: 1" in " ".join(client.get(path).content.decode().split()).lower()
    client.post(path, {"post": "yes"})
    assert not ChatApp.objects.exists()
    assert not ChatRequest.objects.exists()


def test_the_history_of_an_app_keeps_that_its_secrets_changed_and_not_what_they_are() -> None:
    client = signed_in()
    client.post("/notifications/chatapp/add/?kind=jandi", FORM)
    row = ChatApp.objects.get()
    client.post(f"/notifications/chatapp/{row.pk}/change/", FORM | {"config_token": "another-token-of-jandi"})
    last = changes_of(ChatApp).order_by("-history_id").first()
    assert last.history_beside["secrets"] == ["config"]
    kept = str(list(changes_of(ChatApp).values()))
    assert "another-token" not in kept
    assert row.config[secret_doors.KEY] not in kept


def test_apps_and_people_are_seen_by_operators_without_secrets_and_changed_by_administrators() -> None:
    row = jandi_app()
    minseo(row)
    person = ChatPerson.objects.get()
    operator, manager = signed_in(factories.operator), signed_in(factories.manager)
    for path in ("chatapp", "chatperson", "chatrequest"):
        assert operator.get(f"/notifications/{path}/").status_code == 200
        assert manager.get(f"/notifications/{path}/").status_code == 403
    shown = page(operator, row)
    assert row.config[secret_doors.KEY] not in shown
    assert TOKEN[-4:] not in shown
    assert operator.post(f"/notifications/chatapp/{row.pk}/change/", FORM).status_code == 403
    assert operator.post(f"/notifications/chatperson/{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.get("/notifications/chatapp/add/").status_code == 403
    administrator = signed_in()
    assert administrator.get("/notifications/chatperson/add/").status_code == 403
    administrator.post(f"/notifications/chatperson/{person.pk}/delete/", {"post": "yes"})
    assert not ChatPerson.objects.exists()


def test_addresses_by_which_people_are_known_are_masked() -> None:
    app = jandi_app()
    minseo(app)
    client = signed_in(factories.operator)
    shown = page(client, ChatPerson.objects.get()) + client.get("/notifications/chatperson/").content.decode()
    assert "m…@example.com" in shown
    assert MINSEO not in shown


def test_the_log_shows_what_was_asked_and_answered_and_no_code() -> None:
    app = jandi_app()
    minseo(app)
    reply = say(app, "stop chat-dev")
    assert reply.answer is not None
    client = signed_in(factories.operator)
    row = ChatRequest.objects.get()
    shown = page(client, row)
    assert "stop chat-dev" in shown
    assert "Stop chat-dev?" in shown
    assert row.code not in shown
    say(app, "status", key="another")
    listed = client.get("/notifications/chatrequest/?state=answered").content.decode()
    assert "status" in listed
    assert "stop chat-dev" not in listed
    assert client.get(f"/notifications/chatrequest/?app={app.pk}").status_code == 200


def test_lists_cost_the_same_queries_however_long_they_are(django_assert_max_num_queries: Any) -> None:
    app, client = jandi_app(), signed_in()
    minseo(app)
    for number in range(20):
        say(app, "status", key=f"{number}")
    for path in ("chatapp", "chatperson", "chatrequest"):
        with django_assert_max_num_queries(14):
            client.get(f"/notifications/{path}/")


def test_settings_that_cannot_be_read_are_said_and_can_be_entered_anew(settings: Any) -> None:
    row, client = jandi_app(), signed_in()
    ChatApp.objects.update(name="kept")
    settings.FIELD_ENCRYPTION_KEYS, settings.SECRET_KEY = [], "another-secret-key-another-secret-key-1"
    client = signed_in()
    assert "sealed with another key" in page(client, row)
    without = client.post(f"/notifications/chatapp/{row.pk}/change/", FORM | {"config_token": ""})
    assert without.status_code == 200
    assert client.post(f"/notifications/chatapp/{row.pk}/change/", FORM).status_code == 302
    now = ChatApp.objects.get()
    assert now.config["token"] == TOKEN
    assert now.digest == secret_doors.digest(now.config[secret_doors.KEY])


@pytest.mark.parametrize("kind", PLATFORMS)
def test_each_platform_has_its_form_its_address_and_says_how_to_set_it_up(kind: str) -> None:
    client, told = signed_in(), platform(kind)
    assert str(told.about) in client.get("/notifications/chatapp/add/").content.decode().replace("&quot;", '"')
    form = client.get(f"/notifications/chatapp/add/?kind={kind}").content.decode()
    assert all(f'name="config_{declared.name}"' in form for declared in told.config_fields)
    assert ('name="by_email"' in form) == (kind in people.BY_EMAIL_AT_FIRST)
    assert told.keyword.startswith("/")
    secrets = {one.name: f"very-secret-{one.name}" for one in told.config_fields if one.secret}
    row = ChatApp(name=kind, kind=kind, config=secrets)
    secret_doors.new_address(row)
    row.save()
    shown = page(client, row)
    assert doors.address(row) in shown
    assert f"/hooks/{kind}/" in doors.address(row)
    assert not [secret for secret in secrets.values() if secret in shown]
    assert mask(doors.address(row)).endswith(f"/hooks/{kind}/***")
