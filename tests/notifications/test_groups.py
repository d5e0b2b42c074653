"""Groups of people: who is asked by which channel after how long, and what their form refuses and foretells."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from notifications.models import Channel, Contact, ContactGroup

from .browsers import browser
from .people import contact, jihun, mail, minseo, room, sms

pytestmark = pytest.mark.django_db
Line = tuple[Contact, Channel | None, int]


@pytest.fixture
def by_mail() -> Channel:
    return mail()


@pytest.fixture
def by_sms() -> Channel:
    return sms()


def page(what: str, *arguments: object) -> str:
    return reverse(f"admin:notifications_contactgroup_{what}", args=arguments)


def filled(*lines: Line, **fields: str) -> dict[str, str]:
    """The form of a new group with these lines: who, by which channel, after how many minutes."""
    said = {"name": "On call", "rounds": "2", "places-TOTAL_FORMS": str(len(lines)), "places-INITIAL_FORMS": "0"}
    for number, (who, channel, after) in enumerate(lines):
        said |= {f"places-{number}-contact": str(who.pk), f"places-{number}-after": str(after)}
        said |= {f"places-{number}-channel": str(channel.pk) if channel else ""}
    return said | fields


def changed(group: ContactGroup, *channels: Channel | None, gone: int | None = None) -> dict[str, str]:
    """The form of a group that is there, with its places by these channels; the one of that number is removed."""
    rows = list(group.places.order_by("pk"))
    said = filled(*((row.contact, channel, row.after) for row, channel in zip(rows, channels, strict=True)))
    said["places-INITIAL_FORMS"] = str(len(rows))
    for number, row in enumerate(rows):
        said |= {f"places-{number}-id": str(row.pk), f"places-{number}-group": str(group.pk)}
        said |= {f"places-{number}-DELETE": "on"} if number == gone else {}
    return said


def wrong(answer: Any) -> dict[str, list[str]]:
    """What the lines of the form say is wrong, by field."""
    forms = answer.context["inline_admin_formsets"][0].formset.forms
    return {f"{number} {name}": list(said) for number, form in enumerate(forms) for name, said in form.errors.items()}


class TestTheForm:
    def test_the_same_person_may_come_twice_by_different_channels_and_the_order_is_told_in_words(
        self, by_mail: Channel, by_sms: Channel
    ) -> None:
        who, operator = minseo(), browser("operator")
        fields = filled((who, by_mail, 0), (who, by_sms, 10), (jihun(), None, 20))
        assert operator.post(page("add"), fields).status_code == 302
        places = ContactGroup.objects.get().places.order_by("after")
        assert [one.channel for one in places] == [by_mail, by_sms, None]
        said = "Minseo Kim by Mail at once → Minseo Kim by SMS after 10 min → Jihun Lee after 20 min"
        assert said in operator.get(page("changelist")).content.decode()

    def test_a_channel_that_cannot_reach_them_is_refused_at_its_field(self, by_sms: Channel) -> None:
        answer = browser("operator").post(page("add"), filled((jihun(), by_sms, 0)))
        assert wrong(answer) == {"0 channel": ["It does not reach Jihun Lee. Missing in their entry: phone number."]}
        assert not ContactGroup.objects.exists()

    def test_a_room_is_no_channel_to_a_person(self, by_mail: Channel) -> None:
        place, operator = room(), browser("operator")
        assert list(wrong(operator.post(page("add"), filled((minseo(), place, 0))))) == ["0 channel"]
        html = operator.get(page("add")).content.decode()
        assert "Mail</option>" in html
        assert "Team room</option>" not in html
        assert '<option value="" selected>as they have chosen</option>' in html

    @pytest.mark.parametrize("by", ["channel", "own choice"])
    def test_the_same_person_by_the_same_channel_is_refused_at_the_field(self, by_sms: Channel, by: str) -> None:
        who, channel = minseo(), by_sms if by == "channel" else None
        answer = browser("operator").post(page("add"), filled((who, channel, 0), (who, channel, 10)))
        said = "The same person by the same channel is named above. Choose another one."
        assert wrong(answer) == {"1 channel": [said]}

    def test_places_that_swap_their_channels_are_refused_in_words(self, by_mail: Channel, by_sms: Channel) -> None:
        who, operator = minseo(), browser("operator")
        operator.post(page("add"), filled((who, by_mail, 0), (who, by_sms, 10)))
        group = ContactGroup.objects.get()
        answer = operator.post(page("change", group.pk), changed(group, by_sms, by_mail))
        assert "0 contact" in wrong(answer)
        assert [one.channel for one in group.places.order_by("pk")] == [by_mail, by_sms]

    def test_a_place_that_is_removed_is_free_for_a_new_one(self, by_mail: Channel, by_sms: Channel) -> None:
        who, operator = minseo(), browser("operator")
        operator.post(page("add"), filled((who, by_mail, 0)))
        group = ContactGroup.objects.get()
        fields = changed(group, by_mail, gone=0) | {"places-TOTAL_FORMS": "2", "places-1-after": "5"}
        fields |= {"places-1-contact": str(who.pk), "places-1-channel": str(by_mail.pk)}
        assert operator.post(page("change", group.pk), fields).status_code == 302
        assert [(one.channel, one.after) for one in group.places.all()] == [(by_mail, 5)]


class TestThePreview:
    def look(self, fields: dict[str, str], *group: int) -> str:
        answer = browser("operator").post(page("preview", *group) if group else page("preview_new"), fields)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def test_it_says_the_order_before_anything_is_saved(self, by_mail: Channel, by_sms: Channel) -> None:
        who = minseo()
        html = self.look(filled((who, by_sms, 10), (who, by_mail, 0), name=""))
        assert "Minseo Kim by Mail at once → Minseo Kim by SMS after 10 min" in html
        assert "gone through 2 times" in html
        assert not ContactGroup.objects.exists()

    def test_it_names_whom_nothing_reaches(self, by_mail: Channel) -> None:
        html = self.look(filled((minseo(is_on=False), by_mail, 0), (contact("Nobody"), None, 5), (jihun(), None, 9)))
        assert "Nothing reaches Minseo Kim, Nobody:" in html

    def test_it_says_what_saving_would_refuse_at_the_field(self, by_sms: Channel) -> None:
        html = self.look(filled((jihun(), by_sms, 0)))
        assert 'data-wrong="places-0-channel"' in html
        assert "It does not reach Jihun Lee" in html

    def test_that_of_a_group_that_is_there_changes_nothing_of_it(self, by_mail: Channel, by_sms: Channel) -> None:
        browser("operator").post(page("add"), filled((minseo(), by_mail, 0)))
        group = ContactGroup.objects.get()
        assert "Minseo Kim by SMS at once" in self.look(changed(group, by_sms), group.pk)
        assert group.places.get().channel == by_mail
        assert f'data-what-if="{page("preview", group.pk)}"' in (
            browser("operator").get(page("change", group.pk)).content.decode()
        )

    def test_it_is_for_those_who_may_change_groups_and_by_post_alone(self) -> None:
        assert browser("operator").get(page("preview_new")).status_code == 405
        assert browser("viewer").post(page("preview_new"), filled()).status_code == 403


def test_a_channel_that_goes_leaves_its_places_to_what_their_people_have_chosen(
    by_mail: Channel, by_sms: Channel
) -> None:
    on_call, who = ContactGroup.objects.create(name="On call"), minseo(channel=by_mail)
    for channel in (None, by_sms):
        on_call.places.create(contact=who, channel=channel)
    by_sms.delete()
    assert [place.channel for place in on_call.places.all()] == [None, None]
