"""Escalations and deliveries in the admin: who looks after what, to whom a message went and why."""

from typing import Any

import pytest
from django.urls import reverse

from notifications import contacts
from notifications.models import Channel, Contact, ContactGroup, Delivery, Escalation, OfferUse
from notifications.routing import Why
from portal.history import Origin
from tests import factories

from .browsers import browser, person
from .conftest import MONDAY, later, say

pytestmark = pytest.mark.django_db
ASKED = {"_form_submitted": "on"}


def page(model: str, what: str, *arguments: object) -> str:
    return reverse(f"admin:notifications_{model}_{what}", args=arguments)


@pytest.fixture
def escalation(db: None) -> Escalation:
    """Of the chat team: nobody has acknowledged yet."""
    factories.manager()
    group = ContactGroup.objects.create(name="On call")
    group.places.create(contact=Contact.objects.create(name="Minseo Kim"))
    event = say("chat-dev failed", severity="error", labels={"environment": "chat-dev", "team": "Chat"})
    return Escalation.objects.create(event=event, group=group, began_at=MONDAY, next_at=later(minutes=15), step=1)


class TestEscalations:
    def test_a_manager_of_the_team_says_that_they_look_after_it(self, escalation: Escalation) -> None:
        manager = browser("manager")
        dialog = manager.get(page("escalation", "acknowledge", escalation.pk)).content.decode()
        assert "Do you look after it?" in dialog
        escalation.refresh_from_db()
        assert escalation.end == "", "a look acknowledges nothing"
        manager.post(page("escalation", "acknowledge", escalation.pk), ASKED)
        escalation.refresh_from_db()
        assert (escalation.end, escalation.by, escalation.origin) == ("acknowledged", "manager", Origin.WEB)
        assert escalation.next_at is None
        html = manager.get(page("escalation", "changelist")).content.decode()
        assert "Acknowledged" in html

    def test_a_second_one_is_told_that_there_is_nothing_to_do(self, escalation: Escalation) -> None:
        browser("operator").post(page("escalation", "acknowledge", escalation.pk), ASKED)
        answer = browser("manager").post(page("escalation", "acknowledge", escalation.pk), ASKED, follow=True)
        assert "Nothing to do" in answer.content.decode()
        assert Escalation.objects.get().by == "operator"

    def test_those_of_other_teams_neither_see_nor_acknowledge_it(self, escalation: Escalation) -> None:
        outsider = browser("outsider")
        assert "chat-dev failed" not in outsider.get(page("escalation", "changelist")).content.decode()
        assert outsider.post(page("escalation", "acknowledge", escalation.pk), ASKED).status_code == 404
        assert Escalation.objects.get().end == ""

    def test_who_is_in_the_group_sees_it_whatever_their_team(self, escalation: Escalation) -> None:
        escalation.group.places.create(contact=contacts.contact_of(person("outsider")))
        assert "chat-dev failed" in browser("outsider").get(page("escalation", "changelist")).content.decode()
        browser("outsider").post(page("escalation", "acknowledge", escalation.pk), ASKED)
        assert Escalation.objects.get().by == "outsider"

    def test_viewers_do_not_see_escalations(self, escalation: Escalation) -> None:
        assert browser("viewer").get(page("escalation", "changelist")).status_code == 403


class TestDeliveries:
    def delivery(self, channel: Channel, **values: object) -> Delivery:
        """One that an event has made for a person."""
        minseo = Contact.objects.get_or_create(name="Minseo Kim")[0]
        given = {"contact": minseo, "recipient": f"contact-{minseo.pk}", "why": Why.RULE, "rule_name": "Failures"}
        given |= {"not_before": MONDAY, "deadline_at": later(days=1), "channel": channel} | values
        event: Any = given.pop("event", None) or say("chat-dev failed")
        return Delivery.objects.create(event=event, **given)

    def test_a_page_says_to_whom_it_went_by_which_rule_and_what_was_chosen(self, channel: Channel) -> None:
        delivery = self.delivery(channel, repeats=3)
        OfferUse.objects.create(
            delivery=delivery, at=MONDAY, choice="2h", address="203.0.113.7", outcome={"en": "Kept on until 20:00."}
        )
        html = browser("operator").get(page("delivery", "change", delivery.pk)).content.decode()
        assert "Minseo Kim" in html
        assert "A rule says so: Failures" in html
        assert "Kept on until 20:00." in html
        assert "203.0.113.7" in html

    def test_messages_that_went_out_as_one_lead_to_one_another(self, channel: Channel) -> None:
        first = self.delivery(channel)
        second = self.delivery(channel, event=say("chat-dev is ready"), sent_with=first)
        operator = browser("operator")
        assert "chat-dev is ready" in operator.get(page("delivery", "change", first.pk)).content.decode()
        assert (
            page("delivery", "change", first.pk) in operator.get(page("delivery", "change", second.pk)).content.decode()
        )

    def test_what_was_not_sent_says_why_and_can_be_sent_again_while_it_is_news(self, channel: Channel) -> None:
        reason = {"en": "The channel reached its limit of the day."}
        delivery = self.delivery(channel, status="dropped", last_error=reason)
        html = browser("operator").get(page("delivery", "change", delivery.pk)).content.decode()
        assert "The channel reached its limit of the day." in html
        browser("operator").post(page("delivery", "send_again", delivery.pk), ASKED)
        delivery.refresh_from_db()
        assert delivery.status == "pending"

    def test_what_is_no_news_any_more_offers_no_repeat(self, channel: Channel) -> None:
        old = say("chat-dev stops at 18:00", now=MONDAY, until=later(hours=9))
        delivery = self.delivery(channel, event=old, status="dropped", last_error={"en": "Too late."})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("notifications.admin.delivery.timezone.now", lambda: later(hours=10))
            html = browser("operator").get(page("delivery", "change", delivery.pk)).content.decode()
        assert "send_again" not in html

    def test_they_are_found_by_person_and_rule(self, channel: Channel) -> None:
        delivery = self.delivery(channel)
        for query in ("Minseo", "Failures"):
            found = browser("operator").get(page("delivery", "changelist") + f"?q={query}").context["cl"]
            assert list(found.result_list) == [delivery]
