"""The four roles as they are installed: each has what the one before it has."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from environments import roles

pytestmark = pytest.mark.django_db


def names(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role).values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in rows}


def test_every_permission_that_a_role_is_to_have_exists_and_is_given() -> None:
    for role, wanted in roles.permissions_of_roles().items():
        assert names(role) == wanted, role


def test_each_role_may_do_what_the_one_before_it_may_and_more() -> None:
    viewer, manager, operator, administrator = (names(role) for role in roles.MEANINGS)
    assert viewer < manager < operator < administrator
    assert manager - viewer == {
        "environments.switch_environment",
        "environments.work_on_ticket",
        "notifications.view_escalation",
        "notifications.acknowledge_escalation",
    }
    assert not any(name.split(".")[1].startswith(("add_", "change_", "delete_")) for name in manager)


def test_only_administrators_touch_people_accounts_channels_and_the_clockwork() -> None:
    things = ("user", "group", "account", "team", "channel", "periodictask")
    changing = {f"{verb}_{thing}" for verb in ("add", "change", "delete") for thing in things}
    assert not changing & {name.split(".")[1] for name in names(roles.OPERATOR)}
    assert changing <= {name.split(".")[1] for name in names(roles.ADMINISTRATOR)}


def test_installing_again_takes_back_what_was_changed_by_hand_and_keeps_what_other_apps_gave() -> None:
    viewer = Group.objects.get(name=roles.VIEWER)
    taken, given = names(roles.VIEWER), Permission.objects.get(codename="view_logentry")
    viewer.permissions.set([given, Permission.objects.get(codename="delete_environment")])
    roles.install()
    assert names(roles.VIEWER) == taken | {"admin.view_logentry"}
