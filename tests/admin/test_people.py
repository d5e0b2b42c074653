"""People and roles: administrators look after them, and nobody gets more power than they were given."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments import roles
from tests import factories

from .conftest import Enter

pytestmark = pytest.mark.django_db

ADD = "/auth/user/add/"
PASSWORD = "correct horse battery staple"


def role(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


def form(**values: Any) -> dict[str, Any]:
    """A filled-in form of a new manager of the chat team."""
    return {
        "username": "kim",
        "first_name": "Jiwoo",
        "last_name": "Kim",
        "email": "kim@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "groups": [role(roles.MANAGER)],
        "teams": [str(factories.team().pk)],
        "is_active": "on",
    } | values


def page(user: User, view: str = "change") -> str:
    return f"/auth/user/{user.pk}/{view}/"


class TestAdding:
    def test_a_person_gets_roles_and_teams_in_the_same_form_and_may_enter_at_once(
        self, as_administrator: Client
    ) -> None:
        factories.chat_app()
        as_administrator.post(ADD, form())
        kim = User.objects.get(username="kim")
        assert [group.name for group in kim.groups.all()] == [roles.MANAGER]
        assert [team.name for team in kim.teams.all()] == ["Chat"]
        assert (kim.is_staff, kim.is_superuser) == (True, False)
        browser = Client()
        assert browser.post("/login/?next=/", {"username": "kim", "password": PASSWORD}).status_code == 302
        assert "chat-dev" in browser.get("/").content.decode()

    @pytest.mark.parametrize(
        ("wrong", "field", "sentence"),
        [
            ({"groups": []}, "groups", "Choose at least one role: without one they see nothing."),
            ({"password2": "something else"}, "password2", "match"),
            ({"password1": "12345", "password2": "12345"}, "password2", "too short"),
            ({"username": "administrator"}, "username", "already exists"),
        ],
    )
    def test_what_cannot_work_is_refused_at_its_field(
        self, wrong: dict[str, Any], field: str, sentence: str, as_administrator: Client
    ) -> None:
        answer = as_administrator.post(ADD, form(**wrong))
        assert sentence in " ".join(answer.context["adminform"].form.errors[field])
        assert not User.objects.filter(username="kim").exists()

    def test_each_role_is_offered_with_what_it_means(self, as_administrator: Client) -> None:
        html = as_administrator.get(ADD).content.decode()
        assert html.index("Viewer: sees") < html.index("Manager: starts and stops") < html.index("Administrator: does")

    def test_a_superuser_can_make_another(self, enter: Enter) -> None:
        browser = enter(User.objects.create_superuser("root"))
        browser.post(ADD, form())
        kim = User.objects.get(username="kim")
        browser.post(page(kim), form(is_superuser="on"))
        assert User.objects.get(username="kim").is_superuser


class TestEditing:
    def test_roles_and_teams_are_changed_together_and_the_password_stays(self, as_administrator: Client) -> None:
        kim = factories.manager()
        kim.set_password(PASSWORD)
        kim.save()
        pay = factories.team("Payments")
        as_administrator.post(page(kim), form(groups=[role(roles.OPERATOR)], teams=[str(pay.pk)]))
        kim = User.objects.get(pk=kim.pk)
        assert [group.name for group in kim.groups.all()] == [roles.OPERATOR]
        assert [team.name for team in kim.teams.all()] == ["Payments"]
        assert kim.check_password(PASSWORD)

    def test_a_new_password_is_set_on_a_page_of_its_own(self, as_administrator: Client) -> None:
        kim = factories.manager()
        html = as_administrator.get(page(kim)).content.decode()
        assert page(kim, "password") in html
        assert kim.password not in html
        as_administrator.post(page(kim, "password"), {"password1": PASSWORD, "password2": PASSWORD})
        assert User.objects.get(pk=kim.pk).check_password(PASSWORD)

    def test_who_was_not_staff_is_once_saved_here(self, as_administrator: Client) -> None:
        kim = User.objects.create_user("kim")
        as_administrator.post(page(kim), form())
        assert User.objects.get(pk=kim.pk).is_staff

    def test_an_administrator_makes_nobody_a_superuser_whatever_they_send(self, as_administrator: Client) -> None:
        every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
        power = {"is_superuser": "on", "is_staff": "on", "user_permissions": every}
        as_administrator.post(ADD, form(**power))
        kim, me = User.objects.get(username="kim"), User.objects.get(username="administrator")
        for person in (kim, me):
            as_administrator.post(page(person), form(username=person.username, **power))
            person = User.objects.get(pk=person.pk)
            assert not person.is_superuser
            assert not person.user_permissions.exists()

    def test_an_administrator_cannot_take_over_or_remove_a_superuser(self, as_administrator: Client) -> None:
        root = User.objects.create_superuser("root", password="untouched")
        assert as_administrator.get(page(root)).status_code == 200
        tries = {
            page(root): form(username="root"),
            page(root, "password"): {"password1": PASSWORD, "password2": PASSWORD},
            page(root, "delete"): {"post": "yes"},
        }
        for address, sent in tries.items():
            assert as_administrator.post(address, sent).status_code == 403, address
        chosen = {"action": "delete_selected", "_selected_action": [str(root.pk)], "post": "yes"}
        assert as_administrator.post("/auth/user/", chosen).status_code == 403
        root = User.objects.get(username="root")
        assert (root.is_active, root.is_superuser, root.check_password("untouched")) == (True, True, True)

    def test_nor_somebody_whose_role_gives_more_than_their_own(self, as_administrator: Client) -> None:
        auditors = Group.objects.create(name="Auditors")
        auditors.permissions.add(Permission.objects.get(codename="delete_logentry"))
        auditor = User.objects.create_user("auditor", is_staff=True)
        auditor.groups.add(auditors)
        assert as_administrator.post(page(auditor), form(username="auditor")).status_code == 403
        answer = as_administrator.post(ADD, form(groups=[str(auditors.pk)]))
        assert "groups" in answer.context["adminform"].form.errors

    def test_nobody_locks_themselves_out(self, as_administrator: Client) -> None:
        me = User.objects.get(username="administrator")
        as_administrator.post(page(me), form(username="administrator", is_active="", groups=[role(roles.VIEWER)]))
        me = User.objects.get(pk=me.pk)
        assert me.first_name == "Jiwoo"
        assert me.is_active
        assert [group.name for group in me.groups.all()] == [roles.ADMINISTRATOR]
        assert as_administrator.post(page(me, "delete"), {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [str(me.pk)], "post": "yes"}
        assert as_administrator.post("/auth/user/", chosen).status_code == 403
        assert User.objects.filter(pk=me.pk).exists()

    def test_not_even_a_superuser_stops_being_one_by_a_slip(self, enter: Enter) -> None:
        root = User.objects.create_superuser("root")
        enter(root).post(page(root), form(username="root", is_active="", is_superuser=""))
        root = User.objects.get(pk=root.pk)
        assert (root.first_name, root.is_active, root.is_superuser) == ("Jiwoo", True, True)

    def test_operators_look_after_environments_and_not_after_people(self, as_operator: Client) -> None:
        kim = factories.manager()
        for address in ("/auth/user/", ADD, page(kim), page(kim, "password"), "/auth/group/"):
            assert as_operator.get(address).status_code == 403, address

    def test_the_list_costs_the_same_for_few_people_and_for_many(self, as_administrator: Client) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                as_administrator.get("/auth/user/")
            return len(queries)

        factories.manager()
        few = cost()
        for number in range(20):
            factories.person(f"p{number}", roles.VIEWER, factories.team(), factories.team("Payments"))
        assert cost() == few


class TestRoles:
    def test_the_four_are_neither_renamed_nor_emptied_nor_deleted_by_anybody(
        self, as_administrator: Client, enter: Enter
    ) -> None:
        root = enter(User.objects.create_superuser("root"))
        before = {group.name: group.permissions.count() for group in Group.objects.all()}
        for browser in (as_administrator, root):
            for group in Group.objects.all():
                address = f"/auth/group/{group.pk}/"
                assert browser.get(f"{address}change/").status_code == 200
                assert browser.post(f"{address}change/", {"name": "Boss"}).status_code == 403
                assert browser.post(f"{address}delete/", {"post": "yes"}).status_code == 403
            every = [str(pk) for pk in Group.objects.values_list("pk", flat=True)]
            chosen = {"action": "delete_selected", "_selected_action": every, "post": "yes"}
            assert browser.post("/auth/group/", chosen).status_code == 403
        assert {group.name: group.permissions.count() for group in Group.objects.all()} == before
        assert set(before) == set(roles.MEANINGS)

    def test_each_says_what_it_means_what_it_may_and_who_has_it(self, as_administrator: Client) -> None:
        factories.manager()
        html = as_administrator.get(f"/auth/group/{role(roles.MANAGER)}/change/").content.decode()
        assert "starts and stops the environments of their teams" in html
        assert "Environments: look, Can start, stop and hold environments" in html
        assert ">manager</a>" in html

    def test_permissions_are_offered_by_the_names_that_the_pages_use_and_in_their_order(
        self, as_administrator: Client
    ) -> None:
        form = as_administrator.get("/auth/group/add/").context["adminform"].form
        things = [label.partition(":")[0] for _, label in form.fields["permissions"].choices]
        assert things == sorted(things)
        assert {"Roles", "People"} < set(things)

    def test_the_page_of_a_new_password_leads_back_to_people(self, as_administrator: Client) -> None:
        html = as_administrator.get(page(factories.manager(), "password")).content.decode()
        assert "Go back" in html

    def test_a_role_of_one_s_own_gives_no_more_than_one_has(self, enter: Enter) -> None:
        deputy = User.objects.create_user("deputy", is_staff=True)
        for codename in ("add_group", "view_group", "view_environment"):
            deputy.user_permissions.add(Permission.objects.get(codename=codename))
        mine, not_mine = (Permission.objects.get(codename=f"{verb}_environment") for verb in ("view", "delete"))
        browser = enter(deputy)
        sent = {"name": "Guests", "permissions": [str(mine.pk), str(not_mine.pk)]}
        answer = browser.post("/auth/group/add/", sent)
        assert "permissions" in answer.context["adminform"].form.errors
        browser.post("/auth/group/add/", sent | {"permissions": [str(mine.pk)]})
        assert list(Group.objects.get(name="Guests").permissions.all()) == [mine]

    def test_one_s_own_role_is_for_somebody_else_to_change(self, as_administrator: Client, enter: Enter) -> None:
        deputies = Group.objects.create(name="Deputies")
        deputies.permissions.set(Group.objects.get(name=roles.ADMINISTRATOR).permissions.all())
        deputy = User.objects.create_user("deputy", is_staff=True)
        deputy.groups.add(deputies)
        address = f"/auth/group/{deputies.pk}/"
        assert enter(deputy).post(f"{address}change/", {"name": "Deputies"}).status_code == 403
        assert enter(deputy).post(f"{address}delete/", {"post": "yes"}).status_code == 403
        as_administrator.post(f"{address}change/", {"name": "Stand-ins"})
        assert Group.objects.get(pk=deputies.pk).name == "Stand-ins"


@pytest.mark.django_db
def test_who_signs_in_without_having_asked_for_a_page_sees_the_board(client: Client) -> None:
    factories.manager()
    answer = client.post("/login/", {"username": "manager", "password": "correct horse"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
