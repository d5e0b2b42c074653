"""Whom a warning before a stop reaches, and what it offers them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User

from environments.models import State, Wish
from environments.services import exceptions, schedules, stop_warnings
from environments.services.exceptions import Wanted
from notifications.models import Channel, Contact, Delivery, Event
from tests import factories
from tests.services import budgeting
from tests.support.times import monday

from .stopping import STOP, contact, mail, running, told_to, warnings

pytestmark = pytest.mark.django_db
__all__ = ["mail"]


def test_the_people_named_at_it_are_told_and_nobody_else(mail: Channel) -> None:
    factories.manager()
    running().contacts.add(contact())
    contact("Somebody Else")
    stop_warnings.warn_due(now=monday("17:30"))
    assert told_to() == ["Minseo Kim"]
    delivery = Delivery.objects.get(contact__isnull=False)
    assert (delivery.why, delivery.deadline_at) == ("concerned", STOP)


def test_where_nobody_is_named_the_managers_of_its_team_are_told_by_the_address_of_their_account(
    mail: Channel,
) -> None:
    manager, viewer, outsider = factories.manager(), factories.viewer(), factories.outsider()
    User.objects.filter(pk__in=[manager.pk, viewer.pk, outsider.pk]).update(email="team@example.com")
    running()
    stop_warnings.warn_due(now=monday("17:30"))
    assert told_to() == ["manager"]
    assert Contact.objects.get().user == manager


def test_a_late_decision_is_told_at_once_but_not_to_who_made_it(mail: Channel) -> None:
    author = factories.manager()
    chat = running()
    chat.contacts.add(contact("Manager Kim", author), contact("Minseo Kim"))
    wanted = Wanted("stop", date(2026, 11, 23), date(2026, 11, 23), 15 * 60, "goes to a fair")
    exceptions.place(scope=chat, wanted=wanted, author=author, now=monday("14:50"))
    assert stop_warnings.warn_due(now=monday("14:51")) == 1
    assert warnings() == ["chat-dev stops at 15:00 (Asia/Seoul)"]
    assert told_to() == ["Minseo Kim"]


def test_who_decided_on_it_in_time_is_warned_like_everybody(mail: Channel) -> None:
    author = factories.manager()
    chat = running()
    chat.contacts.add(contact("Manager Kim", author))
    wanted = Wanted("stop", date(2026, 11, 23), date(2026, 11, 23), 15 * 60, "goes to a fair")
    exceptions.place(scope=chat, wanted=wanted, author=author, now=monday("10:00"))
    schedules.enforce_due(now=monday("10:00"))
    stop_warnings.warn_due(now=monday("14:30"))
    assert told_to() == ["Manager Kim"]


def test_the_offer_names_what_each_choice_costs_and_until_when() -> None:
    chat = running()
    factories.price(factories.stack(chat), "0.22")
    stop_warnings.warn_due(now=monday("17:30"))
    offer: Any = Event.objects.get(kind="environment.stop_comes").offer
    assert offer["verb"] == "keep_on"
    told = [(one["key"], one["label"]["en"], one["note"]["en"], one["asks"]) for one in offer["choices"]]
    assert told == [
        ("1h", "Keep on 1 h", "until 19:00 (Asia/Seoul), $0.22", ""),
        ("2h", "Keep on 2 h", "until 20:00 (Asia/Seoul), $0.44", ""),
        ("until", "Keep on until …", "$0.22 an hour, by the clock of Asia/Seoul", "time"),
    ]
    assert offer["choices"][0]["note"]["ko"] == "19:00까지 (Asia/Seoul), US$0.22"


def test_without_prices_the_choices_say_until_when_alone() -> None:
    running()
    stop_warnings.warn_due(now=monday("17:30"))
    offer: Any = Event.objects.get(kind="environment.stop_comes").offer
    assert [one["note"].get("en", "") for one in offer["choices"]] == [
        "until 19:00 (Asia/Seoul)",
        "until 20:00 (Asia/Seoul)",
        "By the clock of Asia/Seoul",
    ]


def test_what_its_longest_hold_forbids_is_not_offered() -> None:
    running(max_hold_hours=1)
    stop_warnings.warn_due(now=monday("17:30"))
    offer: Any = Event.objects.get(kind="environment.stop_comes").offer
    assert [one["key"] for one in offer["choices"]] == ["1h", "until"]


def test_a_used_up_budget_is_said_in_the_place_of_an_offer() -> None:
    chat = budgeting.environment(
        state=State.RUNNING, wish=Wish.RUNNING, judged_at=monday("09:00"), next_transition_at=STOP
    )
    budgeting.started(chat, monday("09:00"))
    budgeting.reckoned(monday("17:00"))
    budgeting.budget(chat, "5", blocks_extensions=True)
    stop_warnings.warn_due(now=monday("17:30"))
    event = Event.objects.get(kind="environment.stop_comes")
    assert event.offer is None
    assert "used up" in event.body["en"]
