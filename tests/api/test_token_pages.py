"""The page “API tokens”: everybody's own, shown once, revoked by a POST; administrators look after all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from environments import roles
from portal.api import tokens
from portal.models import ApiToken, Scope
from tests import factories
from tests.support.calling import Caller
from tests.support.times import monday

pytestmark = pytest.mark.django_db
LIST, ADD = "admin:portal_apitoken_changelist", "admin:portal_apitoken_add"


def _as(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _program(name: str = "ci", role: str = roles.MANAGER) -> User:
    made = User.objects.create(username=name)
    made.set_unusable_password()
    made.save()
    made.groups.add(Group.objects.get(name=role))
    return made


def _make(client: Client, **fields: Any) -> Any:
    sent = {"name": "GitHub Actions", "scopes": ["read", "deploy"], "lasts": "90"} | fields
    return client.post(reverse(ADD), sent)


def _revoke(client: Client, token: ApiToken) -> Any:
    address = reverse("admin:portal_apitoken_revoke", args=[token.pk])
    return client.post(address, {"_form_submitted": "1", "form_submitted": "1"})


def test_somebody_makes_a_token_of_their_own_and_it_is_shown_once() -> None:
    person = factories.manager()
    with time_machine.travel(monday("12:00"), tick=False):
        answer = _make(_as(person))
        token = ApiToken.objects.get()
        found = tokens.valid(answer.context["raw"], now=timezone.now())
    assert answer.status_code == 200
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
    assert answer.context["raw"] in answer.content.decode()
    assert found == token
    assert (token.user, token.created_by, token.scopes) == (person, person, ["read", "deploy"])
    assert token.expires_at == monday("12:00") + timedelta(days=90)
    for page in (reverse(LIST), reverse("admin:portal_apitoken_change", args=[token.pk])):
        shown = _as(person).get(page).content.decode()
        assert answer.context["raw"] not in shown
        assert token.digest not in shown
        assert token.start in shown


def test_the_list_the_empty_list_and_the_new_token_lead_to_the_documentation() -> None:
    person = factories.manager()
    link = f'href="{reverse("api:openapi-view")}"'
    assert _as(person).get(reverse(LIST)).content.decode().count(link) == 1
    assert _make(_as(person)).content.decode().count(link) == 1
    assert _as(person).get(reverse(LIST)).content.decode().count(link) == 1
    assert _as(person).get(reverse("api:openapi-view")).status_code == 200


def test_one_may_last_until_it_is_revoked() -> None:
    _make(_as(factories.viewer()), lasts="")
    assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"scopes": ["rule"]}, {"lasts": "9999"}])
def test_what_is_missing_or_made_up_is_refused(wrong: dict[str, Any]) -> None:
    assert "raw" not in (_make(_as(factories.manager()), **wrong).context or {})
    assert not ApiToken.objects.exists()


def test_each_sees_and_revokes_their_own_alone() -> None:
    manager, outsider = factories.manager(), factories.outsider()
    mine, other = Caller(manager).token, Caller(outsider).token
    client = _as(manager)
    assert client.get(reverse(LIST)).context["cl"].result_count == 1
    assert client.get(reverse("admin:portal_apitoken_change", args=[other.pk])).status_code in {302, 403, 404}
    assert _revoke(client, other).status_code in {302, 403, 404}
    assert _revoke(client, mine).status_code in {200, 302}
    assert list(ApiToken.objects.filter(revoked_at__isnull=True)) == [other]


def test_opening_the_dialog_revokes_nothing() -> None:
    caller = Caller(factories.manager())
    _as(caller.token.user).get(reverse("admin:portal_apitoken_revoke", args=[caller.token.pk]))
    assert caller.get("/environments").status_code == 200


def test_administrators_see_all_and_revoke_any() -> None:
    token = Caller(factories.manager()).token
    client = _as(factories.administrator())
    assert client.get(reverse(LIST)).context["cl"].result_count == 1
    _revoke(client, token)
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_administrators_make_tokens_of_programs_and_nobody_those_of_other_people() -> None:
    administrator, program, person = factories.administrator(), _program(), factories.manager()
    client = _as(administrator)
    assert _make(client, account=program.pk).status_code == 200
    assert ApiToken.objects.get().user == program
    assert "raw" not in (_make(client, account=person.pk).context or {})
    _make(_as(person), account=program.pk)  # the field is not theirs: it is their own
    assert list(ApiToken.objects.order_by("pk").values_list("user__username", flat=True)) == ["ci", "manager"]


def test_the_service_holds_to_it_too() -> None:
    """Whatever door is asked."""
    wanted: dict[str, Any] = {"name": "x", "scopes": [Scope.READ], "expires_at": None, "now": timezone.now()}
    administrator, root = factories.administrator(), _program("root")
    root.is_superuser = True
    root.save()
    able = _program("able", roles.VIEWER)
    for author, account in (
        (administrator, factories.manager()),  # a person
        (administrator, root),  # may do everything
        (factories.operator(), able),  # does not look after tokens
    ):
        with pytest.raises(PermissionDenied):
            tokens.make(account=account, author=author, **wanted)
    assert tokens.make(account=able, author=administrator, **wanted)[0].user == able


def test_nobody_makes_a_token_that_may_do_more_than_they() -> None:
    able = _program()
    able.user_permissions.add(Permission.objects.get(codename="delete_session"))
    with pytest.raises(PermissionDenied):
        tokens.make(
            account=able,
            author=factories.administrator(),
            name="x",
            scopes=[Scope.READ],
            expires_at=None,
            now=timezone.now(),
        )
    assert not ApiToken.objects.exists()


def test_the_history_of_tokens_has_no_digest() -> None:
    caller = Caller(factories.manager())
    caller.get("/environments")
    tokens.revoke(token=caller.token, author=caller.token.user, now=timezone.now())
    rows = ApiToken.history.order_by("history_id")
    assert [row.history_type for row in rows] == ["+", "~"]
    assert not hasattr(rows[0], "digest")
