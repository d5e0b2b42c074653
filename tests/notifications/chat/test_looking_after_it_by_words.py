"""“I look after it”, typed where there are no buttons: with the same rights, and the chat in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications import escalations
from notifications.chat import looking_after, people
from notifications.chat.hearing import Reply
from notifications.models import ChatApp, Contact, Escalation, Event
from notifications.outbox import publish
from portal import origin
from tests import factories
from tests.notifications.people import contact, group, jihun, mail

from .conftest import MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, people_read, say, title

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> ChatApp:
    return jandi_app()


def asked_about(name: str, team: str = "Chat", now: Any = MONDAY) -> Event:
    """People are asked to look after it."""
    if not Escalation.objects.exists():
        mail()
    event = publish(
        kind="environment.failed",
        severity="error",
        labels={"environment": name, "team": team},
        title={"en": f"{name} failed to start", "ko": f"{name} 시작 실패"},
        link=f"/env/{name}/",
        now=now,
    )
    on_call = group(f"On call {name}", jihun(user=factories.viewer()) if not Escalation.objects.exists() else jihun())
    escalations.begin(event=event, groups=[(on_call.pk, "Failures")], now=now)
    return event


def in_english(reply: Reply) -> str:
    """Whatever the language is in which it is answered."""
    assert reply.answer is not None
    return people_read(reply.answer.title)


@pytest.fixture
def manager(app: ChatApp) -> User:
    user = minseo(app)
    factories.manager(factories.team())
    return user


@pytest.mark.parametrize(
    "typed", ["ack", "확인", "맡을게", "맡을게요", "ack chat-dev", "확인 chat-dev", "chat-dev 맡을게"]
)
def test_the_only_one_that_is_open_is_taken_on_by_the_chat_in_their_name(
    app: ChatApp, manager: User, bot: PlainBot, typed: str
) -> None:
    asked_about("chat-dev")
    assert in_english(say(app, typed)) == "manager looks after it."
    row = Escalation.objects.get()
    assert (row.end, row.by, row.origin) == ("acknowledged", "manager", "bot")
    assert row.by_contact == Contact.objects.get(user=manager), "an entry is made, for what is kept of them"
    assert bot.asked == []
    assert in_english(say(app, typed)) == "All quiet: nothing is open for you"


def test_of_several_it_asks_which_and_a_button_or_a_name_says_it(app: ChatApp, manager: User) -> None:
    first, second = asked_about("chat-dev"), asked_about("billing")
    which = say(app, "ack")
    assert title(which) == "Which one do you look after?"
    assert which.answer is not None
    assert [button.says for button in which.answer.buttons] == [f"ack #{second.pk}", f"ack #{first.pk}"]
    assert people_read(which.answer.body) == (
        f"• #{second.pk} billing failed to start\n• #{first.pk} chat-dev failed to start"
    )
    assert not Escalation.objects.exclude(end="").exists()
    say(app, which.answer.buttons[1].says)
    assert set(Escalation.objects.values_list("event_id", "end")) == {(first.pk, "acknowledged"), (second.pk, "")}
    say(app, "ack billing")
    assert not Escalation.objects.filter(end="").exists()


def test_of_two_groups_about_one_event_whoever_is_asked_in_either_may(app: ChatApp) -> None:
    event = asked_about("chat-dev")
    others = group("Others", contact("Somebody Else"))
    escalations.begin(event=event, groups=[(others.pk, "Failures")], now=MONDAY)
    asked, not_asked = factories.viewer(), factories.outsider()
    assert looking_after.may_of(asked, event)
    assert not looking_after.may_of(not_asked, event)
    people.link(app, MINSEO, "Jihun", asked, MONDAY)
    say(app, "ack")
    assert set(Escalation.objects.values_list("end", "by")) == {("acknowledged", "viewer")}


def test_a_name_that_fits_none_takes_nothing_on(app: ChatApp, manager: User) -> None:
    asked_about("chat-dev")
    assert title(say(app, "ack shop")) == "Which one do you look after?"
    assert Escalation.objects.get().end == ""


def test_who_is_of_another_team_is_offered_nothing(app: ChatApp) -> None:
    people.link(app, MINSEO, "Minseo", factories.outsider(), MONDAY)
    asked_about("chat-dev")
    assert title(say(app, "ack")) == "All quiet: nothing is open for you"
    assert title(say(app, "ack chat-dev")) == "All quiet: nothing is open for you"
    assert Escalation.objects.get().end == ""


def test_who_is_asked_may_whatever_their_role_is(app: ChatApp) -> None:
    asked_about("chat-dev")
    people.link(app, MINSEO, "Jihun", factories.viewer(), MONDAY)
    say(app, "맡을게")
    assert Escalation.objects.get().end == "acknowledged"


def test_somebody_unknown_is_told_how_to_be_known(app: ChatApp) -> None:
    asked_about("chat-dev")
    assert title(say(app, "ack")) == "I do not know you yet, so I can only help."
    assert Escalation.objects.get().end == ""


def test_what_is_a_week_old_is_not_offered(app: ChatApp, manager: User) -> None:
    asked_about("chat-dev", now=MONDAY - timedelta(days=7))
    assert looking_after.open_for(manager, MONDAY) == []
    assert len(looking_after.open_for(manager, MONDAY - timedelta(seconds=1))) == 1


def test_confirming_by_a_code_and_asking_for_the_status_are_something_else(app: ChatApp, bot: PlainBot) -> None:
    minseo(app)
    assert in_english(say(app, "확인 4821")) == "Nothing waits for this code"
    say(app, "상태 확인")
    assert bot.done == ["상태 확인"]


@pytest.mark.parametrize(("door", "told"), [("bot", "bot"), ("link", "link"), ("web", "link")])
def test_a_reminder_that_is_acknowledged_says_by_which_way(app: ChatApp, door: str, told: str) -> None:
    event = asked_about("chat-dev")
    with origin.from_source(origin.Source(door)):
        escalations.Acknowledging().do(
            subject=str(event.pk), choice="ack", value="", contact=None, who="Jihun Lee", now=later(minutes=1)
        )
    assert Escalation.objects.get().origin == told


def test_it_is_told_in_both_languages(app: ChatApp, manager: User) -> None:
    asked_about("chat-dev")
    taken = say(app, "ack").answer
    assert taken is not None
    assert people_read(taken.body, "ko") == "chat-dev 시작 실패"
