"""Somebody whose account is switched off hears of nothing, and the links that they still have do nothing."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from environments.models import Environment, Hold, State, Wish
from environments.services import people, stop_warnings
from notifications import fanout, links, offer_use
from notifications.messages import NobodyThereError, compose
from notifications.models import Channel, Contact, Delivery, OfferUse
from notifications.routing import Why
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db
STOP = monday("18:00")


@pytest.fixture(autouse=True)
def portal(settings: LazySettings) -> None:
    settings.BASE_URL = "https://daybreak.example"
    Channel.objects.create(name="Mail", kind="email", config={}, event_kinds=["nothing"])


@pytest.fixture
def manager() -> User:
    return factories.manager()


@pytest.fixture
def chat(manager: User) -> Environment:
    """It stops at 18:00, and names the manager and somebody without an account."""
    chat = factories.environment(
        state=State.RUNNING, wish=Wish.RUNNING, judged_at=monday("09:00"), next_transition_at=STOP
    )
    for name, user in (("Minseo Kim", manager), ("Jihun Lee", None)):
        made = Contact(name=name, user=user, language="en")
        made.set_addresses({"email": f"{name[0].lower()}@example.com"})
        made.save()
        chat.contacts.add(made)
    return chat


def switch_off(user: User) -> None:
    user.is_active = False
    user.save()


def warned() -> list[str]:
    return [one.contact.name for one in Delivery.objects.select_related("contact").order_by("pk") if one.contact]


def test_a_warning_goes_to_the_others_alone(chat: Environment, manager: User) -> None:
    switch_off(manager)
    stop_warnings.warn_due(now=monday("17:30"))
    assert warned() == ["Jihun Lee"]


def test_they_are_nobody_to_rules_and_groups(chat: Environment, manager: User) -> None:
    switch_off(manager)
    everybody = list(Contact.objects.values_list("pk", flat=True))
    told = fanout.ways_to(everybody, severity="error", why=Why.RULE)
    assert [one.contact_id for one in told] == [Contact.objects.get(name="Jihun Lee").pk]
    assert people.of_labels({"environment": chat.slug}) == [Contact.objects.get(name="Jihun Lee").pk]


def test_what_was_owed_to_them_before_is_not_sent(chat: Environment, manager: User) -> None:
    stop_warnings.warn_due(now=monday("17:30"))
    assert warned() == ["Minseo Kim", "Jihun Lee"]
    switch_off(manager)
    with pytest.raises(NobodyThereError, match="gets no messages"):
        compose(Delivery.objects.get(contact__user=manager))
    assert compose(Delivery.objects.get(contact__user=None)).to == "j@example.com"


def test_links_that_they_still_have_do_nothing(chat: Environment, manager: User) -> None:
    stop_warnings.warn_due(now=monday("17:30"))
    delivery = Delivery.objects.get(contact__user=manager)
    switch_off(manager)
    url = links.offer_url(delivery.pk, "2h").removeprefix("https://daybreak.example")
    for answer in (Client().get(url), Client().post(url)):
        assert answer.status_code == 404
    assert offer_use.take(delivery_id=delivery.pk, choice="2h", value="", address=None, now=monday("17:35")) is None
    assert not Hold.objects.exists()
    assert not OfferUse.objects.exists()


def test_an_environment_that_names_only_such_does_not_fall_back_on_its_team(chat: Environment, manager: User) -> None:
    Contact.objects.get(name="Jihun Lee").delete()
    switch_off(manager)
    assert people.of_each([chat]) == {chat.pk: []}
