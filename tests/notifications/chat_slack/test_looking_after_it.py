"""“I look after it”, pressed in Slack: also in a room, for it is known who pressed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from environments.models import Environment
from notifications import escalations
from notifications.messages import compose
from notifications.models import Channel, ChatApp, Contact, Delivery, Escalation, Event
from notifications.senders.slack_blocks import payload
from tests import factories
from tests.notifications.people import contact, group, jihun, mail
from tests.notifications.receivers import slack
from tests.notifications.receivers.chats import (
    NOW,
    ScriptedBot,
    link,
    named,
    press_slack,
    running,
    slack_app,
    warning,
)
from tests.notifications.receivers.slack import SlackApi

pytestmark = pytest.mark.django_db


@pytest.fixture
def app(there: SlackApi) -> ChatApp:
    return slack_app(there)


@pytest.fixture
def chat() -> Environment:
    return running()


@pytest.fixture
def room() -> Channel:
    config = {"token": slack.TOKEN, "channel": "C012AB3CD"}
    return Channel.objects.create(name="Team room", kind="slack_bot", config=config, event_kinds=["nothing"])


@pytest.fixture
def told(app: ChatApp, room: Channel, chat: Environment) -> Delivery:
    return warning(room, chat)


def shown(delivery: Delivery) -> dict[str, Any]:
    return payload(compose(Delivery.objects.get(pk=delivery.pk)))


def reminder(of: Delivery) -> Delivery:
    """That still nobody looks after it, in the same room."""
    offer = {
        "verb": escalations.VERB,
        "subject": str(of.event_id),
        "choices": [{"key": "ack", "label": {"en": "I look after it"}, "note": {}, "asks": ""}],
    }
    event = Event.objects.create(
        kind="escalation.again", severity="warning", title={"en": "Still"}, at=NOW, offer=offer
    )
    return Delivery.objects.create(
        event=event, channel=of.channel, why="rule", not_before=NOW, deadline_at=NOW + timedelta(hours=1)
    )


class TestLookingAfterIt:
    @pytest.fixture
    def asked(self, told: Delivery) -> Delivery:
        mail()
        on_call = group("On call", jihun(user=factories.viewer()))
        escalations.begin(event=told.event, groups=[(on_call.pk, "Failures")], now=NOW)
        Delivery.objects.filter(pk=told.pk).update(status="sent", sent_at=NOW)
        return told

    def press(self, app: ChatApp, there: SlackApi, asked: Delivery, **more: Any) -> None:
        press_slack(app, there, f"ack:{asked.pk}", shown(asked), **more)

    def test_in_a_room_it_is_who_presses(self, app: ChatApp, there: SlackApi, asked: Delivery) -> None:
        manager = named(link(app, factories.manager()))
        self.press(app, there, asked)
        escalation = Escalation.objects.get()
        assert (escalation.end, escalation.by, escalation.origin) == ("acknowledged", "Minseo Kim", "bot")
        assert escalation.by_contact == Contact.objects.get(user=manager), "an entry is made, for what is kept of them"
        (said,) = there.responses
        assert said["replace_original"]
        assert "Minseo Kim looks after it." in str(said)
        assert "ack:" not in str(said)
        assert f"offer:{asked.pk}:1h" in str(said), "the rest can still be pressed"

    def test_who_is_asked_may_whatever_their_role_is(self, app: ChatApp, there: SlackApi, asked: Delivery) -> None:
        viewer = link(app, factories.viewer())
        self.press(app, there, asked)
        escalation = Escalation.objects.get()
        assert escalation.end == "acknowledged"
        assert escalation.by_contact == Contact.objects.get(user=viewer)

    @pytest.mark.parametrize("last", ["first", "second"])
    def test_of_two_groups_about_one_event_whoever_is_asked_in_either_may(
        self, app: ChatApp, there: SlackApi, told: Delivery, last: str
    ) -> None:
        mail()
        viewer = link(app, factories.viewer())
        theirs, others = group("Theirs", jihun(user=viewer)), group("Others", contact("Somebody Else"))
        order = [others, theirs] if last == "first" else [theirs, others]
        escalations.begin(event=told.event, groups=[(one.pk, "Failures") for one in order], now=NOW)
        Delivery.objects.filter(pk=told.pk).update(status="sent", sent_at=NOW)
        self.press(app, there, told)
        assert set(Escalation.objects.values_list("end", "by")) == {("acknowledged", "viewer")}

    def test_of_two_groups_a_reminder_may_be_answered_by_whoever_is_asked_in_either(
        self, app: ChatApp, there: SlackApi, told: Delivery
    ) -> None:
        mail()
        viewer = link(app, factories.viewer())
        groups = [group("Theirs", jihun(user=viewer)), group("Others", contact("Somebody Else"))]
        escalations.begin(event=told.event, groups=[(one.pk, "Failures") for one in groups], now=NOW)
        again = reminder(told)
        press_slack(app, there, f"offer:{again.pk}:ack", shown(again))
        assert set(Escalation.objects.values_list("end", "by")) == {("acknowledged", "viewer")}

    def test_who_is_in_neither_of_two_groups_may_not(self, app: ChatApp, there: SlackApi, told: Delivery) -> None:
        mail()
        link(app, factories.viewer())
        groups = [group("One", jihun()), group("Others", contact("Somebody Else"))]
        escalations.begin(event=told.event, groups=[(one.pk, "Failures") for one in groups], now=NOW)
        Delivery.objects.filter(pk=told.pk).update(status="sent", sent_at=NOW)
        self.press(app, there, told)
        assert set(Escalation.objects.values_list("end", flat=True)) == {""}
        assert there.responses[0]["text"] == "You may not do that"

    def test_who_is_of_another_team_may_not(self, app: ChatApp, there: SlackApi, asked: Delivery) -> None:
        link(app, factories.outsider())
        self.press(app, there, asked)
        assert Escalation.objects.get().end == ""
        assert there.responses[0]["text"] == "You may not do that"

    def test_somebody_unknown_may_not(self, app: ChatApp, there: SlackApi, asked: Delivery) -> None:
        self.press(app, there, asked)
        assert Escalation.objects.get().end == ""
        assert "/env link" in str(there.responses)

    def test_the_second_is_told_who_was_first(self, app: ChatApp, there: SlackApi, asked: Delivery) -> None:
        named(link(app, factories.manager()))
        link(app, factories.operator(), "T0001/U9")
        message = shown(asked)
        press_slack(app, there, f"ack:{asked.pk}", message)
        press_slack(app, there, f"ack:{asked.pk}", message, user="U9")
        assert Escalation.objects.get().by == "Minseo Kim"
        assert "Minseo Kim looks after it." in str(there.responses[1])
        assert there.responses[1]["text"] == "Nothing was changed"
        assert not Contact.objects.filter(user__username="operator").exists(), "nothing was done, so none is entered"

    def test_after_a_week_it_is_too_late(
        self, app: ChatApp, there: SlackApi, asked: Delivery, clock: time_machine.Traveller
    ) -> None:
        link(app, factories.operator())
        message = shown(asked)
        clock.shift(timedelta(days=7))
        press_slack(app, there, f"ack:{asked.pk}", message)
        assert Escalation.objects.get().end == ""
        assert there.responses[0]["text"] == "Too late: nothing was changed"
        assert not Contact.objects.filter(user__username="operator").exists(), "nothing was done, so none is entered"

    def test_a_reminder_has_it_as_its_offer_with_the_same_rights(
        self, app: ChatApp, there: SlackApi, asked: Delivery, bot: ScriptedBot
    ) -> None:
        escalations.sweep(NOW + timedelta(minutes=30))
        again = reminder(asked)
        link(app, factories.outsider())
        press_slack(app, there, f"offer:{again.pk}:ack", shown(again))
        assert there.responses[-1]["text"] == "You may not do that"
        link(app, factories.operator(), "T0001/U9")
        press_slack(app, there, f"offer:{again.pk}:ack", shown(again), user="U9")
        assert Escalation.objects.get().by == "operator"
        assert "operator looks after it." in str(there.responses[-1])
