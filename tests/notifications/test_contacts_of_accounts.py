"""One human, one entry: that of an account is the one which was there before, where it is known whose it is."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from environments import tasks
from notifications import contacts
from notifications.models import Contact, GroupMember
from portal.history import changes_of
from tests import factories

from .browsers import browser
from .people import contact, group, mail, minseo, sms

pytestmark = pytest.mark.django_db
MAIL = "minseo@example.com"


@pytest.fixture
def manager() -> User:
    user = factories.manager()
    User.objects.filter(pk=user.pk).update(email=MAIL)
    return User.objects.get(pk=user.pk)


class TestTyingOneToAnAccount:
    def test_who_was_entered_before_they_had_an_account_keeps_their_entry(self, manager: User) -> None:
        before = minseo()
        on_call = group("On call", before)
        tasks.enter_people()
        found = Contact.objects.get()
        assert (found.pk, found.user, found.name) == (before.pk, manager, "Minseo Kim")
        assert found.addresses == {"email": MAIL, "phone": "+821012345678"}
        assert list(on_call.members.all()) == [found]
        assert changes_of(Contact).filter(id=before.pk, user_id=manager.pk).exists(), "the history tells of it"

    @pytest.mark.parametrize(
        ("kept", "of_account"), [("Minseo@Example.com", MAIL), ("minseo@xn--3e0b707e.kr", "minseo@한국.kr")]
    )
    def test_however_the_address_is_written(self, manager: User, kept: str, of_account: str) -> None:
        before = contact("Minseo Kim", kept)
        manager.email = of_account
        manager.save()
        assert contacts.contact_of(manager) == before

    def test_of_two_nobody_knows_which_so_one_is_made(self, manager: User) -> None:
        known = {minseo().pk, minseo("Minseo K.").pk}
        assert contacts.contact_of(manager).pk not in known
        assert Contact.objects.filter(user=None).count() == 2

    def test_nor_where_another_account_has_the_address_too(self, manager: User) -> None:
        User.objects.filter(pk=factories.viewer().pk).update(email=MAIL.upper())
        before = minseo()
        assert contacts.contact_of(manager) != before
        before.refresh_from_db()
        assert before.user is None

    def test_that_of_another_account_and_one_with_the_address_in_a_chat_alone_are_left(self, manager: User) -> None:
        theirs = minseo(user=factories.viewer())
        in_jandi = Contact(name="Minseo in JANDI")
        in_jandi.set_addresses({"jandi": MAIL})
        in_jandi.save()
        assert contacts.contact_of(manager).pk not in {theirs.pk, in_jandi.pk}

    def test_an_account_without_an_address_is_tied_to_nobody(self) -> None:
        unreachable = contact("Minseo Kim")
        assert contacts.contact_of(factories.manager()) != unreachable

    def test_their_preferences_show_it_so_that_keeping_them_loses_nothing(self, manager: User) -> None:
        before = minseo()
        html = browser("manager").get(reverse("preferences")).content.decode()
        assert "1012345678" in html.replace("-", "").replace(" ", "")
        before.refresh_from_db()
        assert before.user is None, "looking changes nothing"


class TestExport:
    def test_it_tells_each_place_in_a_group_with_its_channel_and_minutes(self, manager: User) -> None:
        made, phones = contacts.contact_of(manager), sms()
        mail()
        on_call = group("On call", made)
        GroupMember.objects.create(group=on_call, contact=made, channel=phones, after=10)
        kept = json.loads(browser("manager").get(reverse("preferences_data")).content)
        assert kept["places"] == [
            {"group": "On call", "channel": None, "after_minutes": 0},
            {"group": "On call", "channel": "SMS", "after_minutes": 10},
        ]
