"""A warning that waited is sent only while the stop that it tells of still comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from environments.models import Environment, State, Wish
from environments.services import holds, stop_warnings
from notifications import dispatch, news
from notifications.models import Channel, Delivery, Event
from notifications.outbox import publish
from notifications.texts import here
from tests import factories
from tests.support.times import monday

from .test_stop_warnings import STOP, contact, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Environment:
    """Its people were warned at half past five; the message waits."""
    Channel.objects.create(name="Mail", kind="email", config={"sender": "portal@example.com"}, event_kinds=["x"])
    made = running()
    made.contacts.add(contact())
    assert stop_warnings.warn_due(now=monday("17:30")) == 1
    return made


def said(at: str) -> str | None:
    why = news.why_none(Event.objects.get(kind="environment.stop_comes"), monday(at))
    return None if why is None else str(here(why))  # type: ignore[arg-type]


def test_it_is_news_as_long_as_the_stop_comes_as_it_was_said(chat: Environment) -> None:
    assert said("17:59") is None


def test_what_was_stopped_before_is_not_warned_of(chat: Environment) -> None:
    Environment.objects.filter(pk=chat.pk).update(state=State.STOPPED)
    assert said("17:40") == "It does not run any more."


def test_what_was_kept_on_meanwhile_is_not_warned_of(chat: Environment) -> None:
    until = STOP + timedelta(hours=2)
    holds.place(environment=chat, desired=Wish.RUNNING, until=until, author=factories.operator(), now=monday("17:35"))
    assert said("17:40") == "It does not stop then any more."


def test_nothing_is_said_to_anybody_and_the_reason_stands_beside_the_delivery(chat: Environment) -> None:
    Environment.objects.filter(pk=chat.pk).update(state=State.STOPPED)
    delivery = Delivery.objects.get()
    assert dispatch.deliver(delivery.pk, monday("17:40")) == Delivery.Status.DROPPED
    delivery.refresh_from_db()
    assert delivery.last_error["en"] == "It does not run any more."


def test_it_is_a_message_of_its_own_so_that_it_keeps_nothing_else_back(chat: Environment) -> None:
    Channel.objects.update(gather_seconds=60)
    Delivery.objects.all().delete()
    warning = Event.objects.get(kind="environment.stop_comes")
    for number in range(2):
        publish(
            kind=warning.kind,
            severity="warning",
            labels=warning.labels,
            title=f"over budget {number}",
            now=monday("17:31"),
            until=STOP,
            concerned=chat.contacts.values_list("pk", flat=True),
        )
    assert list(Delivery.objects.values_list("bundle", "not_before")) == [("", monday("17:31"))] * 2


def test_one_that_moves_to_and_fro_is_told_each_time(chat: Environment) -> None:
    moved = STOP + timedelta(minutes=2)
    for number, stop in enumerate((moved, STOP, moved, STOP), 1):
        now = monday("17:31") + timedelta(minutes=number)
        holds.place(
            environment=Environment.objects.get(pk=chat.pk),
            desired=Wish.RUNNING,
            until=stop,
            author=factories.operator(),
            now=now,
        )
        assert stop_warnings.warn_due(now=now + timedelta(seconds=10)) == 1
    assert Event.objects.filter(kind="environment.stop_comes").count() == 5
