"""Contacts: what addresses look like, who sees them, and what people choose for themselves."""

from datetime import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from notifications import contacts
from notifications.addresses import check_address, masked
from notifications.models import Channel, Contact, ContactGroup
from portal import preferences
from portal.history import changes_of
from tests import factories

from .browsers import browser, person

pytestmark = pytest.mark.django_db
FORM = {"name": "Minseo Kim", "language": "ko", "timezone": "Asia/Seoul", "is_on": "on", "digest": ""}
MINE = {name: value for name, value in FORM.items() if name != "name"}


def page(what: str, *arguments: object, model: str = "contact") -> str:
    return reverse(f"admin:notifications_{model}_{what}", args=arguments)


def contact(name: str = "Minseo Kim", **addresses: str) -> Contact:
    made = Contact(name=name)
    made.set_addresses(addresses or {"email": "minseo@example.com", "phone": "+821012345678"})
    made.save()
    return made


def refusals(answer: Any) -> dict[str, list[str]]:
    return {name: list(said) for name, said in answer.context["adminform"].form.errors.items()}


class TestAddresses:
    @pytest.mark.parametrize(
        ("kind", "typed", "kept"),
        [
            ("phone", "+82 10-1234-5678", "+821012345678"),
            ("phone", "+82 (0)10 1234 5678", "+821012345678"),
            ("phone", "0082 10.1234.5678", "+821012345678"),
            ("phone", "+1 415 555 0100", "+14155550100"),
            ("email", " minseo@Example.COM ", "minseo@example.com"),
            ("slack", "U012AB3CD", "U012AB3CD"),
            ("discord", "80351110224678912", "80351110224678912"),
            ("jandi", "minseo@example.com", "minseo@example.com"),
            ("email", "minseo@한국.KR", "minseo@xn--3e0b707e.kr"),
            ("jandi", "minseo@메일.한국", "minseo@xn--h32bq4v.xn--3e0b707e"),
            ("phone", "  ", ""),
        ],
    )
    def test_an_address_is_kept_in_one_form_however_it_was_typed(self, kind: str, typed: str, kept: str) -> None:
        assert check_address(kind, typed) == kept

    @pytest.mark.parametrize(
        ("kind", "typed", "reason"),
        [
            ("phone", "010-1234-5678", "country's code"),
            ("phone", "+82 10", "8 to 15 digits"),
            ("phone", "+8210123456789012", "8 to 15 digits"),
            ("phone", "+82 10-12a4-5678", "8 to 15 digits"),
            ("phone", "+８２１０１２３４５６７８", "8 to 15 digits"),
            ("email", "minseo.example.com", "no e-mail address"),
            ("email", "minseo@" + "한" * 60 + ".kr", "no e-mail address"),
            ("slack", "@minseo", "member id"),
            ("discord", "minseo#1234", "15 to 20 digits"),
            ("jandi", "minseo", "no e-mail address"),
        ],
    )
    def test_what_cannot_be_an_address_is_refused_with_the_reason(self, kind: str, typed: str, reason: str) -> None:
        with pytest.raises(ValidationError) as refused:
            check_address(kind, typed)
        assert reason in refused.value.messages[0]

    @pytest.mark.parametrize(
        ("kind", "address", "shown"),
        [
            ("email", "minseo@example.com", "m…@example.com"),
            ("email", "minseo@xn--3e0b707e.kr", "m…@한국.kr"),
            ("phone", "+821012345678", "+82 … 5678"),
            ("slack", "U012AB3CD", "U…3CD"),
            ("discord", "80351110224678912", "8…912"),
        ],
    )
    def test_masked_it_says_enough_to_tell_two_apart_and_too_little_to_write_to(
        self, kind: str, address: str, shown: str
    ) -> None:
        assert masked(kind, address) == shown

    def test_they_are_sealed_in_the_database(self) -> None:
        contact()
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM notifications_contact")
            row = str(cursor.fetchall())
        assert "minseo@example.com" not in row
        assert "1012345678" not in row


class TestMadeFromAccounts:
    def test_the_entry_of_an_account_has_its_name_address_and_preferences(self) -> None:
        user = factories.manager()
        user.first_name, user.last_name, user.email = "Jiwoo", "Lee", "jiwoo@example.com"
        user.save()
        preferences.save(user=user, language="ko", timezone="Asia/Seoul")
        user.refresh_from_db()
        made = contacts.contact_of(user)
        assert (made.name, made.language, made.timezone) == ("Jiwoo Lee", "ko", "Asia/Seoul")
        assert (made.addresses, made.reachable_by) == ({"email": "jiwoo@example.com"}, ["email"])

    def test_asking_again_makes_no_other_and_changes_nothing(self) -> None:
        user = factories.manager()
        made = contacts.contact_of(user)
        Contact.objects.filter(pk=made.pk).update(name="Jiwoo")
        assert contacts.contact_of(user).name == "Jiwoo"
        assert Contact.objects.count() == 1

    def test_an_address_that_cannot_work_is_left_out(self) -> None:
        user = factories.manager()
        user.email = "nobody"
        user.save()
        assert contacts.contact_of(user).reachable_by == []

    def test_a_person_made_in_the_portal_gets_an_entry_that_follows_their_address(self) -> None:
        admin = browser("administrator")
        group = str(factories.viewer().groups.get().pk)
        fields: dict[str, Any] = {"username": "kim", "first_name": "Minseo", "last_name": "Kim", "groups": [group]}
        fields |= {"email": "kim@example.com", "password1": "a mule and a cart", "password2": "a mule and a cart"}
        assert admin.post(reverse("admin:auth_user_add"), fields).status_code == 302
        made = Contact.objects.get(user__username="kim")
        assert (made.name, made.addresses["email"]) == ("Minseo Kim", "kim@example.com")
        change = reverse("admin:auth_user_change", args=[made.user_id])
        assert admin.post(change, fields | {"email": "minseo@example.com", "is_active": "on"}).status_code == 302
        made.refresh_from_db()
        assert made.addresses["email"] == "minseo@example.com"

    def test_an_entry_with_an_address_of_its_own_keeps_it(self) -> None:
        user = factories.manager()
        made = contacts.contact_of(user)
        made.set_addresses({"email": "private@example.com"})
        made.save()
        user.email = "new@example.com"
        contacts.follow_account(user, "old@example.com")
        made.refresh_from_db()
        assert made.addresses["email"] == "private@example.com"


class TestPages:
    def test_one_is_written_with_addresses_that_are_checked(self) -> None:
        fields = FORM | {"address_email": "Minseo@example.com", "address_phone": "+82 10-1234-5678"}
        assert browser("administrator").post(page("add"), fields).status_code == 302
        made = Contact.objects.get()
        assert made.addresses == {"email": "Minseo@example.com", "phone": "+821012345678"}
        assert made.reachable_by == ["email", "phone"]

    def test_a_wrong_address_is_refused_at_its_field_and_nothing_is_written(self) -> None:
        answer = browser("administrator").post(page("add"), FORM | {"address_phone": "010-1234-5678"})
        assert "country's code" in refusals(answer)["address_phone"][0]
        assert not Contact.objects.exists()

    def test_an_emptied_address_is_gone(self) -> None:
        made = contact()
        browser("administrator").post(page("change", made.pk), FORM | {"address_email": "minseo@example.com"})
        made.refresh_from_db()
        assert (made.addresses, made.reachable_by) == ({"email": "minseo@example.com"}, ["email"])

    def test_the_history_says_that_addresses_changed_and_not_which(self) -> None:
        made = contact()
        browser("administrator").post(page("change", made.pk), FORM | {"address_email": "other@example.com"})
        rows = list(changes_of(Contact).filter(id=made.pk).order_by("history_id"))
        assert rows[-1].history_beside["secrets"] == ["addresses"]
        assert "example.com" not in str([vars(row) for row in rows])

    def test_who_may_change_a_contact_sees_addresses_in_full_and_who_may_look_sees_them_masked(self) -> None:
        made = contact()
        full = browser("administrator").get(page("change", made.pk)).content.decode()
        assert "minseo@example.com" in full
        seen = browser("operator").get(page("change", made.pk)).content.decode()
        assert "m…@example.com" in seen
        assert "+82 … 5678" in seen
        assert "minseo@example.com" not in seen
        assert "1012345678" not in seen

    @pytest.mark.parametrize("role", ["viewer", "manager"])
    def test_others_do_not_see_contacts(self, role: str) -> None:
        made = contact()
        for address in (page("changelist"), page("change", made.pk), page("export", made.pk)):
            assert browser(role).get(address).status_code == 403

    def test_no_list_tells_an_address(self) -> None:
        contact()
        html = browser("administrator").get(page("changelist")).content.decode()
        assert "Minseo Kim" in html
        assert "phone number" in html
        assert "minseo@example.com" not in html

    def test_a_channel_is_refused_for_which_there_is_no_address(self) -> None:
        mail = Channel.objects.create(name="Mail", kind="email")
        answer = browser("administrator").post(page("add"), FORM | {"channel": mail.pk})
        assert "e-mail address" in refusals(answer)["channel"][0]
        ok = FORM | {"channel": mail.pk, "address_email": "minseo@example.com"}
        assert browser("administrator").post(page("add"), ok).status_code == 302

    def test_rooms_are_no_place_to_read_ones_own_messages(self) -> None:
        room = Channel.objects.create(name="Team room", kind="discord", config={"webhook_url": "x"})
        answer = browser("administrator").post(page("add"), FORM | {"channel": room.pk})
        assert "channel" in refusals(answer)

    def test_addresses_that_no_key_opens_are_not_overwritten_by_silence(self) -> None:
        made = contact()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_contact SET addresses = 'gAAAA'")
        admin = browser("administrator")
        assert admin.get(page("changelist")).status_code == 200
        answer = admin.post(page("change", made.pk), FORM)
        assert "cannot be read" in refusals(answer)["__all__"][0]
        admin.post(page("change", made.pk), FORM | {"address_email": "minseo@example.com"})
        made.refresh_from_db()
        assert made.addresses == {"email": "minseo@example.com"}


class TestGroups:
    def test_a_group_is_told_in_its_order(self) -> None:
        first, second = contact("Minseo Kim"), contact("Jiwoo Lee")
        fields = {"name": "On call", "rounds": "2", "places-TOTAL_FORMS": "2", "places-INITIAL_FORMS": "0"}
        fields |= {"places-0-contact": str(second.pk), "places-0-after": "15"}
        fields |= {"places-1-contact": str(first.pk), "places-1-after": "0"}
        operator = browser("operator")
        assert operator.post(page("add", model="contactgroup"), fields).status_code == 302
        assert ContactGroup.objects.get().rounds == 2
        html = operator.get(page("changelist", model="contactgroup")).content.decode()
        assert "Minseo Kim → Jiwoo Lee after 15 min" in html

    def test_somebody_whom_another_has_added_meanwhile_is_refused_in_words(self) -> None:
        minseo = contact("Minseo Kim")
        group = ContactGroup.objects.create(name="On call")
        group.places.create(contact=minseo)
        fields = {"name": "On call", "rounds": "1", "places-TOTAL_FORMS": "1", "places-INITIAL_FORMS": "0"}
        fields |= {"places-0-contact": str(minseo.pk), "places-0-after": "5"}
        answer = browser("operator").post(page("change", group.pk, model="contactgroup"), fields)
        assert "This person is in the group already" in answer.content.decode()
        assert group.places.get().after == 0

    def test_a_group_of_nobody_is_refused(self) -> None:
        fields = {"name": "On call", "rounds": "1", "places-TOTAL_FORMS": "0", "places-INITIAL_FORMS": "0"}
        answer = browser("operator").post(page("add", model="contactgroup"), fields)
        assert "Name at least one person" in answer.content.decode()
        assert not ContactGroup.objects.exists()


class TestMyMessages:
    def test_people_look_after_their_own_entry_which_is_made_when_they_save(self) -> None:
        viewer = browser("viewer")
        viewer.get(reverse("preferences"))
        assert not Contact.objects.exists(), "looking makes nothing"
        fields = MINE | {"address_email": "v@example.com", "quiet_from": "22:00", "quiet_until": "07:30"}
        assert viewer.post(reverse("preferences_messages"), fields | {"digest": "daily"}).status_code == 302
        mine = Contact.objects.get(user=person("viewer"))
        assert (mine.quiet_from, mine.quiet_until, mine.digest) == (time(22), time(7, 30), "daily")
        assert "v@example.com" in viewer.get(reverse("preferences")).content.decode()

    def test_what_is_refused_says_why_and_makes_no_entry(self) -> None:
        answer = browser("viewer").post(reverse("preferences_messages"), MINE | {"quiet_from": "22:00"})
        assert answer.status_code == 400
        assert "Give both ends of the quiet hours" in answer.content.decode()
        assert not Contact.objects.exists()

    def test_nobody_changes_the_entry_of_another_or_their_own_name(self) -> None:
        other = contact("Minseo Kim")
        browser("viewer").post(reverse("preferences_messages"), MINE | {"name": "Boss", "user": "1", "id": other.pk})
        other.refresh_from_db()
        assert (other.name, other.user_id) == ("Minseo Kim", None)
        assert Contact.objects.get(user=person("viewer")).name == "viewer"

    def test_who_unsubscribed_gets_messages_again_by_saying_so(self) -> None:
        mine = contacts.contact_of(person("viewer"))
        Contact.objects.filter(pk=mine.pk).update(is_on=False, left_at="2026-11-23T09:00:00Z")
        browser("viewer").post(reverse("preferences_messages"), MINE)
        mine.refresh_from_db()
        assert (mine.is_on, mine.left_at) == (True, None)
