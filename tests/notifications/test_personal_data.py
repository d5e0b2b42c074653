"""What is kept of a person: given to them on request, and erased."""

import json
import re
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.serializers import serialize
from django.test import Client
from django.urls import reverse

from environments import events
from environments.models import Environment, Hold, Operation, State, Wish
from environments.services import schedules, stop_warnings
from notifications import contacts, escalations, links
from notifications.models import (
    Channel,
    Contact,
    ContactGroup,
    Delivery,
    DeliveryAttempt,
    Escalation,
    Event,
    GroupMember,
    OfferUse,
    Rule,
)
from notifications.routing import Why
from tests import factories
from tests.support.times import monday

from .browsers import browser, person
from .conftest import MONDAY, later, say
from .people import contact, group, jihun, mail, rule

pytestmark = pytest.mark.django_db
NAME, MAIL, PHONE, PLACE = "Minseo Kim", "minseo@example.com", "+821012345678", "203.0.113.7"


@pytest.fixture
def minseo(channel: Channel) -> Contact:
    """Somebody who is everywhere: in a group, a rule and an environment, told of things, and has acknowledged one."""
    made = Contact(name=NAME, language="en")
    made.set_addresses({"email": MAIL, "phone": PHONE})
    made.save()
    group = ContactGroup.objects.create(name="On call")
    GroupMember.objects.create(group=group, contact=made)
    rule = Rule.objects.create(name="Failures")
    rule.contacts.add(made)
    factories.environment("chat-dev").contacts.add(made)
    event = say("chat-dev failed", kind="environment.failed", severity="error")
    own = {"contact": made, "recipient": f"contact-{made.pk}", "why": Why.RULE, "rule_name": "Failures"}
    times = {"not_before": MONDAY, "deadline_at": later(days=1)}
    sent = Delivery.objects.create(
        event=event, channel=channel, **own, **times, status="failed", last_error={"en": f"Nobody is at {MAIL}."}
    )
    DeliveryAttempt.objects.create(delivery=sent, at=MONDAY, outcome="failed", error={"en": f"550 {MAIL} unknown"})
    OfferUse.objects.create(
        delivery=sent, at=MONDAY, choice="2h", address=PLACE, outcome={"en": f"Kept on until 20:00 by {NAME}."}
    )
    Delivery.objects.create(event=say("next"), channel=channel, **own, **times)
    Escalation.objects.create(
        event=event, group=group, began_at=MONDAY, ended_at=MONDAY, end="acknowledged", by=NAME, by_contact=made
    )
    log = {"user": factories.administrator(), "action_flag": CHANGE}
    of = ContentType.objects.get_for_model
    LogEntry.objects.create(**log, content_type=of(Contact), object_id=str(made.pk), object_repr=NAME)
    step = [{"added": {"name": "member", "object": f"{NAME} (0 min)"}}]
    LogEntry.objects.create(
        **log,
        content_type=of(ContactGroup),
        object_id=str(group.pk),
        object_repr="On call",
        change_message=json.dumps(step),
    )
    return made


def everything() -> str:
    """All rows of all tables, as text; what is sealed, in clear."""
    rows = [serialize("json", model._default_manager.all(), ensure_ascii=False) for model in apps.get_models()]
    # Sealed anew each time that it is written.
    shown = re.sub(r"gAAAA[\w=-]+", "sealed", "\n".join(rows))
    return shown + str([dict(one.addresses) for one in Contact.objects.all()])


class TestExport:
    def test_it_tells_all_that_is_kept_of_a_person(self, minseo: Contact) -> None:
        kept = json.loads(browser("administrator").get(address(minseo, "export")).content)
        assert kept["contact"]["addresses"] == {"email": MAIL, "phone": PHONE}
        assert (kept["groups"], kept["rules"]) == (["On call"], ["Failures"])
        assert kept["named_at"] == {"environments.environment": ["chat-dev"]}
        assert [one["title"] for one in kept["deliveries"]] == ["chat-dev failed", "next"]
        assert kept["deliveries"][0]["used_link"]["address"] == PLACE
        assert kept["acknowledged"][0]["group"] == "On call"
        assert kept["history"][0]["what"] == "made"

    def test_it_is_a_file_that_nothing_keeps_on_its_way(self, minseo: Contact) -> None:
        answer = browser("administrator").get(address(minseo, "export"))
        assert answer["Content-Disposition"].startswith("attachment")
        assert "no-store" in answer["Cache-Control"]

    def test_people_get_their_own_whatever_their_role_and_nobody_elses(self, minseo: Contact) -> None:
        viewer = person("viewer")
        contacts.contact_of(viewer)
        kept = json.loads(browser("viewer").get(reverse("preferences_data")).content)
        assert kept["contact"]["name"] == "viewer"
        assert kept["account"]["username"] == "viewer"
        assert MAIL not in str(kept)

    def test_who_has_no_entry_gets_what_is_kept_of_their_account_and_none_is_made(self) -> None:
        kept = json.loads(browser("viewer").get(reverse("preferences_data")).content)
        assert (kept["contact"], kept["account"]["roles"]) == (None, ["Viewer"])
        assert not Contact.objects.exists()

    @pytest.mark.parametrize("role", ["viewer", "manager", "operator"])
    def test_only_administrators_get_that_of_others(self, role: str, minseo: Contact) -> None:
        assert browser(role).get(address(minseo, "export")).status_code == 403

    def test_no_password_is_in_it(self) -> None:
        user = person("viewer")
        assert user.password not in browser("viewer").get(reverse("preferences_data")).content.decode()


class TestErasing:
    def test_looking_at_the_question_erases_nothing(self, minseo: Contact) -> None:
        html = browser("administrator").get(address(minseo, "delete")).content.decode()
        assert f"Erase {NAME}?" in html
        assert "2 messages" in html
        assert Contact.objects.filter(pk=minseo.pk).exists()

    def test_afterwards_neither_name_nor_address_nor_place_is_anywhere(self, minseo: Contact) -> None:
        before = everything()
        assert all(trace in before for trace in (NAME, MAIL, PHONE, PLACE))
        assert browser("administrator").post(address(minseo, "delete"), {"post": "yes"}).status_code == 302
        after = everything()
        assert [trace for trace in (NAME, MAIL, PHONE, PLACE) if trace in after] == []

    def test_nor_is_it_in_what_they_kept_on_by_a_link_and_in_what_followed(self) -> None:
        kept_on_by_a_link()
        Environment.objects.update(schedule=None)
        schedules.enforce_due(now=monday("20:00"))
        operation = Operation.objects.get()
        events.announce(operation, monday("20:00"))
        assert NAME in str(Operation.objects.get().reason), "the stop at the hold's end says whose it was"
        assert NAME in str(Event.objects.filter(kind="hold.placed").values())
        before = Event.objects.count()
        browser("administrator").post(address(Contact.objects.get(), "delete"), {"post": "yes"})
        assert NAME not in everything()
        assert (Hold.objects.get().reason, Hold.objects.get().origin) == ("…", "link")
        assert Event.objects.get(kind="hold.placed").actor == "…"
        assert Event.objects.count() == before

    def test_nor_a_name_that_they_had_when_they_did_it(self) -> None:
        made = kept_on_by_a_link()
        made.name = "Minseo Park"
        made.save()
        contacts.erase(made, monday("19:00"))
        assert NAME not in everything()
        assert "Minseo Park" not in everything()

    def test_nor_in_the_news_that_they_look_after_something(self) -> None:
        acknowledged_by_a_link()
        assert everything().count(f"{NAME} looks after it") >= 2, "the news, and why another was not told"
        contacts.erase(Contact.objects.get(name=NAME), later(hours=1))
        assert NAME not in everything()
        assert Event.objects.get(kind=escalations.ACKNOWLEDGED).title["en"] == "… looks after it: chat-dev failed"

    def test_what_somebody_of_the_same_name_did_keeps_theirs(self) -> None:
        acknowledged_by_a_link()
        contacts.erase(contact(NAME, "another@example.com"), later(hours=1))
        assert f"{NAME} looks after it" in everything()

    def test_events_of_others_stay_as_they_were_and_the_log_only_grows(self, minseo: Contact) -> None:
        before = list(Event.objects.order_by("pk").values())
        contacts.erase(minseo, MONDAY)
        assert list(Event.objects.order_by("pk").values()) == before
        event = Event.objects.earliest("pk")
        with pytest.raises(TypeError):
            event.save()

    def test_several_are_erased_from_the_list_as_well(self, minseo: Contact) -> None:
        chosen = {"action": "delete_selected", "_selected_action": [str(minseo.pk)], "post": "yes"}
        browser("administrator").post(reverse("admin:notifications_contact_changelist"), chosen)
        after = everything()
        assert [trace for trace in (NAME, MAIL, PHONE, PLACE) if trace in after] == []

    def test_that_messages_were_sent_stays_and_what_waited_is_not_sent(self, minseo: Contact) -> None:
        contacts.erase(minseo, MONDAY)
        first, second = Delivery.objects.exclude(recipient="").order_by("pk")
        assert (first.status, first.rule_name, first.contact) == ("failed", "Failures", None)
        assert second.status == "dropped"
        assert "erased" in second.last_error["en"]
        assert first.recipient != second.recipient, "else they would say that both went to one person"
        assert Event.objects.count() == 2
        assert Escalation.objects.get().end == "acknowledged"

    def test_others_keep_theirs(self, minseo: Contact, channel: Channel) -> None:
        other = Contact.objects.create(name="Jiwoo Lee")
        rule = Rule.objects.get()
        rule.contacts.add(other)
        contacts.erase(minseo, MONDAY)
        assert list(rule.contacts.all()) == [other]
        assert "Jiwoo Lee" in everything()

    def test_rules_that_named_the_person_are_seen_to_have_changed(self, minseo: Contact) -> None:
        before = Rule.objects.get().changed_at
        contacts.erase(minseo, later(days=3650))
        assert Rule.objects.get().changed_at > before

    def test_it_is_done_as_a_whole_or_not_at_all(self, minseo: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_arguments: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr("notifications.erasing._unname_log", broken)
        before = everything()
        with pytest.raises(RuntimeError):
            contacts.erase(minseo, MONDAY)
        assert everything() == before

    def test_an_erased_persons_message_cannot_be_sent_again(self, minseo: Contact) -> None:
        contacts.erase(minseo, MONDAY)
        delivery = Delivery.objects.exclude(recipient="").first()
        assert delivery is not None
        html = browser("operator").get(reverse("admin:notifications_delivery_change", args=[delivery.pk]))
        assert "send_again" not in html.content.decode()
        assert "somebody who has been erased" in html.content.decode()

    @pytest.mark.parametrize("role", ["viewer", "manager", "operator"])
    def test_only_administrators_erase(self, role: str, minseo: Contact) -> None:
        assert browser(role).post(address(minseo, "delete"), {"post": "yes"}).status_code == 403
        assert Contact.objects.filter(pk=minseo.pk).exists()


def kept_on_by_a_link() -> Contact:
    """Somebody without an account, who has kept chat-dev on until 20:00 by the link of the warning before its stop."""
    mail(event_kinds=["nothing"])
    chat = factories.environment(
        "chat-dev",
        state=State.RUNNING,
        wish=Wish.RUNNING,
        judged_at=monday("09:00"),
        next_transition_at=monday("18:00"),
    )
    made = contact(NAME, MAIL)
    chat.contacts.add(made)
    with time_machine.travel(monday("17:35"), tick=False):
        stop_warnings.warn_due(now=monday("17:30"))
        press(links.offer_url(Delivery.objects.get().pk, "2h"))
    return made


def acknowledged_by_a_link() -> None:
    """Somebody without an account, who was asked first, looks after it before another's message has gone."""
    post = mail(event_kinds=["nothing"])
    rule("Failures", groups=[group("On call", contact(NAME, MAIL, channel=post), jihun(channel=post))])
    event = say("chat-dev failed", kind="environment.failed", severity="error")
    escalations.sweep(later(minutes=5))
    own = event.deliveries.get(contact__name=NAME)
    own.claim(MONDAY)
    own.mark_sent(MONDAY, "")
    with time_machine.travel(later(minutes=6), tick=False):
        press(links.acknowledge_url(own.pk))


def press(url: str) -> None:
    """The one button of a link's page."""
    assert Client().post(url.removeprefix("https://daybreak.example"), REMOTE_ADDR=PLACE).status_code == 200


def address(contact: Contact, what: str) -> str:
    return reverse(f"admin:notifications_contact_{what}", args=[contact.pk])
