"""Every address of the portal, asked for by each role: who is shown what, and that looking changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Environment

from .conftest import Enter
from .walking import addresses, contents, of_model
from .world import SECRET_NAMES, cast, furnish, registered

pytestmark = pytest.mark.django_db

EVERYBODY = ("viewer", "manager", "outsider", "operator", "administrator")
TEAM = ("viewer", "manager", "operator", "administrator")
CARING = ("operator", "administrator")
SWITCHING = ("manager", "outsider", "operator", "administrator")
ADMINISTRATOR = ("administrator",)
NOBODY: tuple[str, ...] = ()
# Model -> who may look, add and delete. The outsider's lists are there, and empty.
EXPECTED = {
    "auth.group": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "auth.user": (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "django_celery_beat.crontabschedule": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "django_celery_beat.intervalschedule": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "django_celery_beat.periodictask": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "environments.account": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "environments.calendar": (EVERYBODY, CARING, CARING),
    "environments.dayexception": (EVERYBODY, SWITCHING, NOBODY),
    "environments.environment": (EVERYBODY, CARING, CARING),
    "environments.hold": (EVERYBODY, NOBODY, NOBODY),
    "environments.operation": (EVERYBODY, NOBODY, NOBODY),
    "environments.schedule": (EVERYBODY, CARING, CARING),
    "environments.target": (EVERYBODY, CARING, CARING),
    "environments.team": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.channel": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.delivery": (CARING, NOBODY, NOBODY),
    "notifications.event": (CARING, NOBODY, NOBODY),
}
VIEWS = ("list", "add", "change", "history", "delete")
TAKES_A_POST = [f"/env/zebra-dev/{verb}/" for verb in ("switch", "release", "retry", "accept", "pause", "resume")]
TAKES_A_POST += ["/env/zebra-dev/redeploy/"]
TAKES_A_POST += [f"/env/zebra-dev/exceptions/{verb}/" for verb in ("place", "remove", "restore", "undo")]
TAKES_A_POST += [f"/environments/dayexception/{verb}/" for verb in ("restore", "undo")]
SCRIPT_IN_PAGE = r"<script(?![^>]*(\bsrc=|application/json))|\son(click|change|submit|load)="
OF_A_TEAM = {"environments.environment", "environments.target", "environments.operation", "environments.hold"}
OF_A_TEAM |= {"environments.dayexception"}


@pytest.fixture
def people() -> dict[str, User]:
    return cast()


@pytest.fixture
def environment(people: dict[str, User]) -> Environment:
    return furnish()


def test_every_model_of_the_admin_site_says_who_may_look_add_and_delete() -> None:
    assert {model._meta.label_lower for model in registered()} == set(EXPECTED)


@pytest.mark.parametrize("role", EVERYBODY)
def test_each_role_is_shown_what_it_may_see_no_page_fails_and_looking_changes_nothing(
    role: str, enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people[role])
    before = contents()
    seen: dict[str, int] = {}
    for address in addresses(environment.slug):
        answer = browser.get(address)
        seen[address] = answer.status_code
        assert answer.status_code in {200, 204, 301, 302, 403, 404, 405}, address
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            # The content security policy would not run it.
            assert not re.search(SCRIPT_IN_PAGE, answer.content.decode()), address
    assert contents() == before
    for model in registered():
        assert {view: seen[of_model(model, view)] for view in VIEWS} == expected(role, model._meta.label_lower), model


def expected(role: str, label: str) -> dict[str, int]:
    """The status of each view of a model for a role."""
    look, add, delete = (200 if role in allowed else 403 for allowed in EXPECTED[label])
    if role == "outsider" and label in OF_A_TEAM:
        return {"list": look, "add": add, "change": 404, "history": 404, "delete": 404}
    return {"list": look, "add": add, "change": look, "history": look, "delete": delete}


def test_without_a_sign_in_every_address_leads_to_it(client: Client, environment: Environment) -> None:
    before = contents()
    for address in addresses(environment.slug):
        answer = client.get(address)
        if address in TAKES_A_POST:
            assert answer.status_code == 405, address
        elif address != "/login/":
            assert answer.status_code in {301, 302}, address
            assert answer["Location"].startswith(("/login/?next=", address)), address
    assert contents() == before


@pytest.mark.parametrize("role", ["viewer", "outsider"])
def test_who_may_only_look_changes_nothing_by_sending_forms_either(
    role: str, enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people[role])
    before = contents()
    form = {"action": "stop", "until": "next", "name": "taken over", "post": "yes", "_form_submitted": "on"}
    answers = {
        address: browser.post(address, form).status_code
        for address in addresses(environment.slug)
        if address not in {"/login/", "/password_change/"}
    }
    assert contents() == before
    assert set(answers.values()) <= {200, 301, 302, 403, 404, 405}
    there = [of_model(model, view) for model in registered() if model._meta.label_lower in OF_A_TEAM for view in VIEWS]
    refused = [address for address in there if address.endswith(("/change/", "/delete/"))]
    assert {answers[address] for address in [*TAKES_A_POST, *refused]} == {404 if role == "outsider" else 403}


@pytest.mark.parametrize("model", ["environment", "target", "schedule"])
def test_managers_do_not_edit_what_operators_describe(
    model: str, enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people["manager"])
    kind = apps.get_model("environments", model)
    for view in ("add", "change", "delete"):
        assert browser.post(of_model(kind, view), {"name": "taken over", "post": "yes"}).status_code == 403, view


def test_nothing_of_a_team_is_named_on_any_page_to_somebody_outside_it(
    enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people["outsider"])
    autocomplete = "/autocomplete/?app_label=environments&model_name=target&field_name=environment&term="
    searches = ["/environments/environment/?q=zebra", "/environments/target/?q=zebra", "/search/?s=zebra&extended=1"]
    for address in [*addresses(environment.slug), autocomplete, *searches]:
        # What they typed themselves, the page may repeat.
        html = browser.get(address).content.decode().replace(f"“{environment.slug}”", "").replace(address, "")
        assert [name for name in SECRET_NAMES if name in html] == [], address


def test_the_same_names_are_there_for_those_inside(
    enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people["viewer"])
    pages = ["/", f"/env/{environment.slug}/", "/environments/hold/", "/environments/target/"]
    told = "".join(browser.get(address).content.decode() for address in pages)
    assert [name for name in SECRET_NAMES if name not in told] == []


def test_every_action_that_changes_something_asks_in_a_dialog_and_for_a_permission() -> None:
    """django-unfold makes plain links of its actions without a dialog: a GET would then change something."""
    own = []
    for options in admin.site._registry.values():
        unfolded: Any = options
        own += [*unfolded._get_base_actions_row(), *unfolded._get_base_actions_detail()]
        own += [*unfolded._get_base_actions_list(), *unfolded._get_base_actions_submit_line()]
        for name, function in ((name, getattr(options, str(name))) for name in options.actions or ()):
            assert function.allowed_permissions, name
    assert {action.action_name for action in own} >= {"environments_hold_release", "notifications_channel_send_test"}
    for action in own:
        assert action.dialog, action.action_name
        assert action.method.allowed_permissions, action.action_name
