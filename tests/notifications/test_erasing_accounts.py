"""Who was erased stays so: nobody else makes an entry of theirs again, and no answer of a chat names them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from environments import tasks
from environments.models import Environment
from environments.services import people as people_of_environments
from notifications import contacts, escalations
from notifications.chat import people
from notifications.models import ChatApp, ChatRequest, Contact, Event, OfferUse
from portal.models import Preference
from tests import factories

from .browsers import browser
from .chat.conftest import JIHUN, MINSEO, jandi_app
from .chat.conftest import say as ask
from .chat.conftest import title as answered
from .conftest import MONDAY, later, say
from .people import group, jihun, mail

pytestmark = pytest.mark.django_db
NAME = "Minseo Kim"


def named(user: User, first: str = "Minseo", last: str = "Kim", email: str = MINSEO) -> User:
    User.objects.filter(pk=user.pk).update(first_name=first, last_name=last, email=email)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def chat() -> Environment:
    return factories.environment()


@pytest.fixture
def manager(chat: Environment) -> User:
    return named(factories.manager())


@pytest.fixture
def app() -> ChatApp:
    return jandi_app()


def asked_about(title: str = "chat-dev failed", at: datetime = MONDAY) -> Event:
    """Jihun is asked to look after it."""
    if not Contact.objects.filter(name="Jihun Lee").exists():
        mail(event_kinds=["nothing"])
        jihun()
    event = say(title, kind="environment.failed", severity="error", labels={"team": "Chat"}, now=at)
    on_call = group(f"On call for {title}", Contact.objects.get(name="Jihun Lee"))
    escalations.begin(event=event, groups=[(on_call.pk, "Failures")], now=at)
    return event


def erased(user: User) -> None:
    contacts.erase(Contact.objects.get(user=user), later(hours=1))


class TestComingBack:
    def test_nobody_enters_them_again(self, chat: Environment, manager: User) -> None:
        tasks.enter_people()
        assert Contact.objects.get().user == manager
        erased(manager)
        tasks.enter_people()
        assert people_of_environments.enter_managers([chat]) == 0
        assert contacts.enter(manager) is None
        assert not Contact.objects.exists()

    def test_what_they_have_chosen_for_reading_stays(self, manager: User) -> None:
        Preference.objects.create(user=manager, language="ko", timezone="Asia/Seoul")
        contacts.contact_of(manager)
        erased(manager)
        kept = Preference.objects.get()
        assert (kept.language, kept.timezone, kept.without_entry) == ("ko", "Asia/Seoul", True)

    def test_they_themselves_make_one_by_keeping_their_messages(self, manager: User) -> None:
        contacts.contact_of(manager)
        erased(manager)
        form = {"address_email": MINSEO, "language": "ko", "is_on": "on", "digest": ""}
        refused = browser("manager").post(reverse("preferences_messages"), form | {"language": "xx"})
        assert refused.status_code == 400
        assert Preference.objects.get().without_entry, "nothing was kept, so nothing was asked for"
        assert browser("manager").post(reverse("preferences_messages"), form).status_code == 302
        assert Contact.objects.get().user == manager
        assert not Preference.objects.get().without_entry

    def test_with_an_entry_of_their_own_again_they_are_entered_as_anybody(self, manager: User) -> None:
        contacts.contact_of(manager)
        erased(manager)
        made = contacts.contact_of(manager)
        assert contacts.enter(manager) == made

    def test_an_entry_without_an_account_is_erased_without_a_mark(self) -> None:
        contacts.erase(jihun(), MONDAY)
        assert not Preference.objects.exists()


class TestAnswersOfChats:
    def test_who_was_told_that_they_look_after_it_is_told_so_no_more(self, app: ChatApp, manager: User) -> None:
        people.link(app, MINSEO, "Minseo", manager, MONDAY)
        asked_about()
        assert answered(ask(app, "ack")) == f"{NAME} looks after it."
        quoting = ChatRequest.objects.get()
        other = ChatRequest.objects.create(
            app=app,
            key="of Jihun",
            external_id=JIHUN,
            user=factories.operator(),
            text="I look after it: chat-dev failed",
            language="en",
            received_at=later(minutes=1),
            state="refused",
            answer=quoting.answer | {"title": {"en": "Nothing was changed"}, "body": quoting.answer["title"]},
        )
        assert NAME in str(other.answer["body"]["ko"])
        erased(manager)
        other.refresh_from_db()
        assert other.answer["body"]["en"] == "… looks after it."
        assert other.user is not None, "it stays theirs"
        assert NAME not in str(list(ChatRequest.objects.values("text", "answer")))

    def test_who_said_so_on_the_page_without_having_an_entry_is_erased_from_there_as_well(self) -> None:
        event = asked_about()
        page = reverse("admin:notifications_escalation_acknowledge", args=[event.escalations.get().pk])
        browser("manager").post(page, {"_form_submitted": "on"})
        taken = event.escalations.get()
        assert (taken.by, taken.by_contact) == ("manager", Contact.objects.get(user__username="manager"))
        erased(User.objects.get(username="manager"))
        taken.refresh_from_db()
        assert (taken.end, taken.by) == ("acknowledged", "")
        assert Event.objects.get(kind=escalations.ACKNOWLEDGED).actor == "…"

    def test_a_name_that_is_a_part_of_anothers_is_left_there(self, app: ChatApp, manager: User) -> None:
        kim = named(manager, "Kim", "")
        people.link(app, MINSEO, "Kim", kim, MONDAY)
        people.link(app, JIHUN, "Minseo", named(factories.operator(), email=JIHUN), MONDAY)
        asked_about()
        ask(app, "ack")
        asked_about("billing failed")
        assert answered(ask(app, "ack", who=JIHUN)) == f"{NAME} looks after it."
        erased(kim)
        assert [row.answer["title"]["en"] for row in ChatRequest.objects.order_by("pk")] == [
            "… looks after it.",
            f"{NAME} looks after it.",
        ]

    def test_the_name_of_the_account_goes_as_well_where_the_entry_has_a_part_of_it(
        self, app: ChatApp, manager: User
    ) -> None:
        people.link(app, MINSEO, "Minseo", manager, MONDAY)
        contacts.contact_of(manager)
        Contact.objects.filter(user=manager).update(name="Minseo")
        ask(app, f"status of {NAME}")
        erased(manager)
        assert ChatRequest.objects.get().text == "status of …"

    def test_what_was_answered_before_is_not_looked_at(self, app: ChatApp, manager: User) -> None:
        """It cannot be about them: another of the same name looked after it."""
        people.link(app, MINSEO, "Minseo", manager, MONDAY)
        people.link(app, JIHUN, "Minseo", named(factories.operator(), email=JIHUN), MONDAY)
        asked_about()
        ask(app, "ack", who=JIHUN)
        asked_about("billing failed")
        ask(app, "ack", now=later(minutes=1))
        erased(manager)
        first, second = ChatRequest.objects.order_by("pk")
        assert (first.answer["title"]["en"], second.answer["title"]["en"]) == (
            f"{NAME} looks after it.",
            "… looks after it.",
        )

    def test_nor_does_what_a_button_of_a_reminder_has_done(self, manager: User) -> None:
        event = asked_about()
        contact = contacts.contact_of(manager)
        escalations.acknowledge(event=event, by=NAME, contact=contact, origin="bot", now=later(minutes=1))
        offer: dict[str, Any] = {"verb": escalations.VERB, "subject": str(event.pk), "choices": []}
        reminder = Event.objects.create(kind="escalation.again", severity="warning", at=MONDAY, title={}, offer=offer)
        delivery = event.deliveries.get()
        delivery.pk, delivery.event, delivery.contact, delivery.recipient = None, reminder, None, ""
        delivery.save(force_insert=True)
        OfferUse.objects.create(
            delivery=delivery, at=later(minutes=1), choice="ack", outcome={"en": f"{NAME} looks after it."}
        )
        erased(manager)
        assert OfferUse.objects.get().outcome == {"en": "… looks after it."}
