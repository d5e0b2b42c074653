"""Every address of the portal, asked for by each role: who is shown what, and that looking changes nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.http import HttpRequest
from django.template import Template
from django.template.response import SimpleTemplateResponse
from django.test import Client

from environments.models import Environment
from tests.support.simulator import Simulator

from .conftest import Enter
from .permits import EXPECTED, NEED_MORE, NOBODY, OF_ONESELF, PERMITS, Permit, permit_of
from .valid_costs import FORMS_OF_COSTS
from .valid_forms import CHANGING_NOTHING, FORMS_OF_PAGES, Form, Scene, plainly
from .valid_rows import FORMS_OF_ROWS
from .valid_tickets import FORMS_OF_TICKETS
from .walking import contents, named_addresses, of_model
from .world import SECRET_NAMES, cast, furnish, registered

pytestmark = [pytest.mark.django_db, pytest.mark.journey]

SCRIPT_IN_PAGE = r"<script(?![^>]*(\bsrc=|application/json))|\son(click|change|submit|load)="
ROLES = ("viewer", "manager", "outsider", "operator", "administrator")
EMPTY = {"admin:search"}  # nothing was searched for
NOT_THERE = {403, 404, 405}
ANSWERED = {200, 204, 301, 302}
SESSION = settings.SESSION_COOKIE_NAME
FORMS = {**FORMS_OF_PAGES, **FORMS_OF_COSTS, **FORMS_OF_ROWS, **FORMS_OF_TICKETS}


@pytest.fixture(autouse=True)
def uncopied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what Django's test client keeps of each template and its context: nobody reads it here."""
    monkeypatch.setattr(Template, "_render", lambda template, context: template.nodelist.render(context))


def frame_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands around each page (navigation, links, colours) is put together for the first one and kept."""
    made, kept = admin.site.each_context, list[dict[str, Any]]()

    def again(request: HttpRequest) -> dict[str, Any]:
        if not kept:
            kept.append(made(request))
        return dict(kept[0])

    monkeypatch.setattr(admin.site, "each_context", again)


def leave_unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views run to their end; the pages they answer with (TemplateResponse) stop before the template."""

    def empty(answer: SimpleTemplateResponse) -> SimpleTemplateResponse:
        answer.content = b""
        return answer

    monkeypatch.setattr(SimpleTemplateResponse, "render", empty)


@pytest.fixture
def people() -> dict[str, User]:
    return cast()


@pytest.fixture
def environment(people: dict[str, User]) -> Environment:
    return furnish()


def test_every_model_of_the_admin_site_says_who_may_look_add_and_delete() -> None:
    assert {model._meta.label_lower for model in registered()} == set(EXPECTED)


def test_every_address_says_for_whom_it_is(environment: Environment) -> None:
    unknown = {name for name in named_addresses(environment.slug).values() if name and permit_of(name) is None}
    assert unknown == set(), "tests/admin/permits.py does not say who may use them"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_shown_what_it_may_see_no_page_fails_and_looking_changes_nothing(
    role: str, enter: Enter, people: dict[str, User], environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = enter(people[role])
    if role != "administrator":
        frame_once(monkeypatch)
    before = contents()
    for address, name in named_addresses(environment.slug).items():
        answer = browser.get(address)
        allowed = permit_of(name)
        if allowed is None:
            assert answer.status_code in {301, 302, 404}, address
        elif not may(role, allowed.look, allowed):
            assert answer.status_code in NOT_THERE, address
        else:
            assert answer.status_code in {200, 204, 301, 302} | ({404} if name in NEED_MORE else set()), address
        if role == "outsider":
            assert named(answer, address) == [], address
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            assert answer.content.strip() or name in EMPTY, address
            # The content security policy would not run it.
            assert not re.search(SCRIPT_IN_PAGE, answer.content.decode()), address
    assert contents() == before


def may(role: str, roles: tuple[str, ...], permit: Permit) -> bool:
    return role in roles and not (permit.team and role == "outsider")


def test_every_address_that_takes_forms_has_one_that_changes_something_or_says_why_none_does() -> None:
    taking = {name for name, permit in PERMITS.items() if permit.act}
    assert taking - FORMS.keys() - CHANGING_NOTHING.keys() == set(), "tests/admin/valid_forms.py has no form for them"


def test_without_a_sign_in_every_address_leads_to_it_and_no_form_changes_anything(
    client: Client, environment: Environment, people: dict[str, User], aws: Simulator
) -> None:
    scene = Scene(environment, people["administrator"], aws)
    before = contents()
    for address, name in named_addresses(environment.slug).items():
        if name == "admin:login":
            continue
        allowed = permit_of(name)
        posted, changed = sent(client, address, FORMS.get(name, plainly()), scene)
        assert not changed, address
        for answer in (client.get(address), posted):
            if answer.status_code == 405:
                assert allowed is not None, address
                assert NOBODY in {allowed.look, allowed.act}, address
            else:
                assert answer.status_code in {301, 302}, address
                assert answer["Location"].startswith(("/login/?next=", address)), address
    assert contents() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_form_does_what_it_is_for_when_those_send_it_who_may_and_nothing_when_others_do(
    role: str,
    enter: Enter,
    people: dict[str, User],
    environment: Environment,
    aws: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser, scene = enter(people[role]), Scene(environment, people[role], aws)
    frame_once(monkeypatch)
    leave_unrendered(monkeypatch)
    wrong = []
    for address, name in named_addresses(environment.slug).items():
        allowed = permit_of(name)
        answer, changed = sent(browser, address, FORMS.get(name, plainly()), scene)
        fitting, effective = {301, 302, 404}, False
        if allowed is not None:
            effective = changes(role, name, allowed)
            fitting = set(ANSWERED if may(role, allowed.act, allowed) else NOT_THERE)
            fitting |= {403, 404} if name in NEED_MORE or not (effective or name in CHANGING_NOTHING) else set()
        if answer.status_code not in fitting or changed != effective:
            wrong.append((address, answer.status_code, "something changed" if changed else "nothing changed"))
    assert not wrong, "\n".join(map(str, wrong))


def changes(role: str, name: str, permit: Permit) -> bool:
    """Whether this role's form does something. To the outsider all is another team's but what is their own."""
    roles = permit.act if permit.change is None else permit.change
    return role in roles and name not in CHANGING_NOTHING and (role != "outsider" or name in OF_ONESELF)


def sent(browser: Client, address: str, form: Form, scene: Scene) -> tuple[Any, bool]:
    """The answer to a form, and whether it changed anything in the database; both are as before then."""
    signed_in = browser.cookies.get(SESSION)
    with transaction.atomic():
        fields, query = form(scene)
        written = Written()
        with transaction.atomic():
            with connection.execute_wrapper(written):
                answer = browser.post(address + query, fields)
            after = contents() if written.anything else None
            transaction.set_rollback(True)
        changed = after is not None and contents() != after
        transaction.set_rollback(True)
    if signed_in:  # whose session a new password or sign-in may have replaced
        browser.cookies[SESSION] = signed_in.value
    return answer, changed


class Written:
    """Notes whether statements run that could write into what `contents` reads. It is read when they did, for it is
    long."""

    READING = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK)\b")
    INTO_SESSIONS = re.compile(rf'(INSERT INTO|UPDATE|DELETE FROM) "{Session._meta.db_table}" ')

    def __init__(self) -> None:
        self.anything = False

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.anything |= not (self.READING.match(str(sql)) or self.INTO_SESSIONS.match(str(sql)))
        return execute(sql, params, many, context)


@pytest.mark.parametrize("model", ["environment", "target", "schedule"])
def test_managers_do_not_edit_what_operators_describe(
    model: str, enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people["manager"])
    kind = apps.get_model("environments", model)
    for view in ("add", "change", "delete"):
        assert browser.post(of_model(kind, view), {"name": "taken over", "post": "yes"}).status_code == 403, view


def named(answer: Any, *typed: str) -> list[str]:
    """Names on a page that nobody outside the team may read; what somebody typed themselves, the page may repeat."""
    html = answer.getvalue().decode()  # also of what is streamed
    for words in ("“zebra-dev”", *typed):
        html = html.replace(words, "")
    return [name for name in SECRET_NAMES if name in html]


def test_somebody_outside_a_team_does_not_find_its_things_by_searching_either(
    enter: Enter, people: dict[str, User], environment: Environment
) -> None:
    browser = enter(people["outsider"])
    autocomplete = "/autocomplete/?app_label=environments&model_name=target&field_name=environment&term="
    searches = ["/environments/environment/?q=zebra", "/environments/target/?q=zebra", "/search/?s=zebra&extended=1"]
    for address in [autocomplete, *searches, "/notifications/event/?q=zebra"]:
        assert named(browser.get(address), address) == [], address


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
