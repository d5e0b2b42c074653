"""The people of an environment: who is named there, else the managers of its team who get messages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from environments import tasks
from environments.models import Environment
from environments.services import people
from notifications import audience, contacts
from notifications.models import Contact
from tests import factories

pytestmark = pytest.mark.django_db


def contact(name: str, user: User | None = None, **fields: Any) -> Contact:
    return Contact.objects.create(name=name, user=user, **fields)


def names(environment: Environment) -> list[str]:
    ids = people.of_each([environment])[environment.pk]
    return sorted(Contact.objects.filter(pk__in=ids).values_list("name", flat=True))


def test_who_is_named_there_and_nobody_else() -> None:
    chat = factories.environment()
    contact("Manager", factories.manager())
    chat.contacts.add(contact("Minseo Kim"))
    assert names(chat) == ["Minseo Kim"]


def test_where_nobody_is_named_those_who_may_switch_it_as_members_of_its_team() -> None:
    chat = factories.environment()
    for user in (factories.manager(), factories.viewer(), factories.outsider(), factories.operator()):
        contact(user.username, user)
    assert names(chat) == ["manager"], "a viewer may not, an outsider is of another team, an operator of none"


def test_whoever_gets_no_messages_is_left_out_and_nobody_takes_their_place() -> None:
    chat = factories.environment()
    contact("Manager", factories.manager())
    chat.contacts.add(contact("Minseo Kim", is_on=False))
    assert names(chat) == []


def test_somebody_whose_account_is_switched_off_is_no_manager_any_more() -> None:
    chat, user = factories.environment(), factories.manager()
    contact("Manager", user)
    User.objects.update(is_active=False)
    assert names(chat) == []


def test_rules_ask_by_the_labels_of_an_event() -> None:
    chat = factories.environment()
    named, manager = contact("Minseo Kim"), contact("Manager", factories.manager())
    assert audience.people_of({"environment": "chat-dev", "team": "Chat"}) == [manager.pk]
    chat.contacts.add(named)
    assert audience.people_of({"environment": "chat-dev", "team": "Chat"}) == [named.pk]
    assert audience.people_of({"environment": "", "team": "Chat"}) == [manager.pk]
    assert list(audience.people_of({"environment": "", "team": ""})) == []
    assert list(audience.people_of({"environment": "gone", "team": "Nobodys"})) == []


def test_a_manager_becomes_a_contact_once_and_only_with_an_address() -> None:
    chat, user = factories.environment(), factories.manager()
    assert people.enter_managers([chat]) == 0
    User.objects.filter(pk=user.pk).update(email="manager@example.com")
    assert people.enter_managers([chat]) == 1
    assert people.enter_managers([chat]) == 0
    assert Contact.objects.get().addresses["email"] == "manager@example.com"


def test_rules_reach_managers_whose_accounts_were_made_past_the_pages() -> None:
    factories.environment()
    user, viewer = factories.manager(), factories.viewer()
    User.objects.filter(pk__in=[user.pk, viewer.pk]).update(email="somebody@example.com")
    assert people.of_labels({"environment": "chat-dev", "team": "Chat"}) == []
    tasks.enter_people()
    tasks.enter_people()
    assert [one.user for one in Contact.objects.all()] == [user]
    assert people.of_labels({"environment": "chat-dev", "team": "Chat"}) == [user.contact.pk]


def reachable(user: User, email: str = "somebody@example.com") -> User:
    User.objects.filter(pk=user.pk).update(email=email)
    return user


def test_an_account_that_is_switched_off_is_not_entered() -> None:
    user = reachable(factories.manager())
    User.objects.update(is_active=False)
    tasks.enter_people()
    assert not Contact.objects.exists()
    User.objects.update(is_active=True)
    tasks.enter_people()
    assert Contact.objects.get().user == user


def test_who_was_erased_is_not_entered_while_others_are() -> None:
    chat, user, other = factories.environment(), reachable(factories.manager()), reachable(factories.outsider())
    tasks.enter_people()
    contacts.erase(Contact.objects.get(user=user), timezone.now())
    Contact.objects.filter(user=other).delete()
    tasks.enter_people()
    assert people.enter_managers([chat]) == 0
    assert Contact.objects.get().user == other


def test_an_address_that_is_in_use_without_an_account_makes_no_second_entry() -> None:
    """Whoever was a contact before they had an account stays the same one."""
    user, before = reachable(factories.manager()), contact("Minseo Kim")
    before.set_addresses({"email": "somebody@example.com"})
    before.save()
    tasks.enter_people()
    found = Contact.objects.get()
    assert (found.pk, found.user) == (before.pk, user)


def test_an_address_that_is_in_use_by_another_account_makes_an_entry_for_each() -> None:
    users = {reachable(factories.manager()).pk, reachable(factories.outsider()).pk}
    tasks.enter_people()
    assert set(Contact.objects.values_list("user", flat=True)) == users


def test_where_there_is_nobody_to_enter_it_costs_one_query(django_assert_num_queries: Any) -> None:
    reachable(factories.manager())
    tasks.enter_people()
    with django_assert_num_queries(1):
        tasks.enter_people()


def test_where_somebody_is_named_nobody_is_entered() -> None:
    chat, user = factories.environment(), factories.manager()
    User.objects.filter(pk=user.pk).update(email="manager@example.com")
    chat.contacts.add(contact("Minseo Kim"))
    assert people.enter_managers([chat]) == 0


def test_as_many_queries_for_many_environments_as_for_one(django_assert_num_queries: Any) -> None:
    contact("Manager", factories.manager())
    one = factories.environment()
    with django_assert_num_queries(2):
        people.of_each([one])
    many = [
        one,
        *(factories.environment(f"env-{number}", team=factories.team(f"Team {number}")) for number in range(9)),
    ]
    with django_assert_num_queries(2):
        assert len(people.of_each(many)) == 10
    with django_assert_num_queries(3):
        people.of_labels({"environment": "chat-dev", "team": "Chat"})
