"""From deliveries to the message of a channel: whose language and clock, which links, and one that tells of several."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models.functions import Now

from notifications import links
from notifications.messages import NobodyThereError, compose
from notifications.models import Channel, Contact, Delivery, Escalation, Wording
from notifications.offers import Choice, Offer
from notifications.outbox import send_test
from notifications.senders.base import Message, MessageAction, MessageField
from notifications.senders.registry import sender

from .conftest import MONDAY, fresh, later, say
from .people import group, jihun, mail, minseo, room, rule, sms

pytestmark = pytest.mark.django_db

FAILED: dict[str, Any] = {"kind": "environment.failed", "severity": "error"}
KEEP_ON = Offer(
    "keep_on",
    "1",
    (
        Choice("1h", {"en": "Keep on 1 h", "ko": "1시간 더"}, {"en": "$0.22", "ko": "0.22달러"}),
        Choice("until", {"en": "Until …", "ko": "다음까지"}, asks="time"),
    ),
)


def to_person(who: Contact, **values: Any) -> Delivery:
    """An event that concerns somebody, as it is owed to them."""
    return fresh(say(**values, concerned=[who.pk]).deliveries.get(contact=who))


def to_room(**values: Any) -> Delivery:
    return fresh(say(**values).deliveries.get(contact=None))


class TestOne:
    def test_a_person_reads_it_in_their_language_and_by_their_clock_at_their_address(self) -> None:
        who = minseo(language="ko", channel=mail(language="en"))
        message = compose(
            to_person(
                who,
                title={"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"},
                body={"en": "until 18:00", "ko": "18:00까지"},
                fields=[({"en": "Team", "ko": "팀"}, {"en": "Chat", "ko": "채팅"})],
                link="/environments/chat-dev/",
                actor="minseo",
                until=later(hours=1),
            )
        )
        assert (message.title, message.body, message.language) == ("chat-dev 준비 완료", "18:00까지", "ko")
        assert message.fields == (MessageField("팀", "채팅"),)
        assert (message.to, message.to_name) == ("minseo@example.com", "Minseo Kim")
        assert message.link == "https://daybreak.example/environments/chat-dev/"
        assert message.unsubscribe == links.leave_url(who.pk)
        assert (message.at.isoformat(), message.at) == ("2026-11-23T18:00:00+09:00", MONDAY)
        assert message.until == later(hours=1)

    def test_a_place_reads_it_in_its_own_language_by_the_portals_clock(self, settings: LazySettings) -> None:
        settings.TIME_ZONE = "Europe/Berlin"
        room(event_kinds=[], language="ko")
        message = compose(to_room(title={"en": "ready", "ko": "준비 완료"}))
        assert (message.title, message.to, message.to_name, message.unsubscribe) == ("준비 완료", "", "", "")
        assert message.at.isoformat() == "2026-11-23T10:00:00+01:00"

    def test_each_channel_gets_the_address_that_it_writes_to(self) -> None:
        who = minseo(channel=sms())
        assert compose(to_person(who)).to == "+821012345678"

    def test_its_key_is_the_same_at_each_try(self) -> None:
        delivery = to_person(minseo(channel=mail()))
        assert compose(delivery).key == compose(fresh(delivery)).key == str(delivery.pk)

    def test_it_is_told_in_the_portals_own_words_for_its_kind(self) -> None:
        Wording.objects.create(kind="environment.starting", language="en", title="{environment} is waking up")
        assert compose(to_person(minseo(channel=mail()))).title == "chat-dev is waking up"
        assert compose(to_person(jihun(language="ko"))).title == "chat-dev is starting"

    def test_what_was_counted_is_said(self) -> None:
        delivery = to_person(minseo(channel=mail()), body="Access denied.")
        Delivery.objects.update(repeats=3)
        assert compose(fresh(delivery)).body == "Access denied.\nThe same again, 3 times."

    def test_what_can_be_done_is_a_link_of_this_message(self) -> None:
        delivery = to_person(minseo(channel=mail(), language="ko"), offer=KEEP_ON)
        assert compose(delivery).actions == (
            MessageAction("1시간 더", links.offer_url(delivery.pk, "1h"), "0.22달러"),
            MessageAction("다음까지", links.offer_url(delivery.pk, "until")),
        )

    def test_without_an_address_of_the_portal_there_are_no_links(self, settings: LazySettings) -> None:
        settings.BASE_URL = ""
        message = compose(to_person(minseo(channel=mail()), offer=KEEP_ON, link="/environments/"))
        assert (message.link, message.actions, message.acknowledge, message.unsubscribe) == ("", (), "", "")


class TestAcknowledging:
    def test_whoever_is_asked_can_say_that_they_look_after_it(self) -> None:
        who, other = minseo(channel=mail()), jihun()
        event = say(**FAILED, concerned=[who.pk, other.pk])
        escalation = Escalation.objects.create(event=event, group=group("On call", who), began_at=MONDAY)
        mine, theirs = event.deliveries.get(contact=who), event.deliveries.get(contact=other)
        assert compose(mine).acknowledge == links.acknowledge_url(mine.pk)
        assert compose(theirs).acknowledge == ""
        Escalation.objects.filter(pk=escalation.pk).update(ended_at=Now(), end="acknowledged")
        assert compose(mine).acknowledge == ""


class TestNobodyThere:
    @pytest.fixture
    def who(self) -> Contact:
        return minseo(channel=mail())

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"is_on": False}, "This person gets no messages."),
            ({"left_at": MONDAY}, "This person has unsubscribed."),
            ({"addresses": {"phone": "+821012345678"}}, "This person has no address for this channel."),
        ],
    )
    def test_whoever_does_not_want_it_or_cannot_get_it_any_more_is_not_written_to(
        self, who: Contact, changed: dict[str, Any], said: str
    ) -> None:
        delivery = to_person(who)
        Contact.objects.filter(pk=who.pk).update(**changed)
        with pytest.raises(NobodyThereError) as raised:
            compose(fresh(delivery))
        assert str(raised.value.said) == said

    def test_a_person_who_is_gone_is_not_taken_for_a_place(self, who: Contact) -> None:
        delivery = to_person(who)
        who.delete()
        with pytest.raises(NobodyThereError, match="not there any more"):
            compose(fresh(delivery))

    def test_addresses_that_cannot_be_read_are_said_to_be_so(self, who: Contact, settings: LazySettings) -> None:
        delivery = to_person(who)
        settings.SECRET_KEY = "another"
        with pytest.raises(NobodyThereError, match="present keys"):
            compose(fresh(delivery))

    def test_a_channel_that_writes_to_people_needs_one(self) -> None:
        post = mail()
        delivery = Delivery.objects.get(pk=send_test(channel=post, actor="operator", now=MONDAY))
        with pytest.raises(NobodyThereError, match="nobody is named"):
            compose(delivery)

    def test_a_test_goes_to_the_person_who_is_named(self, who: Contact) -> None:
        Contact.objects.update(digest="daily")
        pk = send_test(channel=Channel.objects.get(), actor="operator", now=MONDAY, contact=who)
        delivery = Delivery.objects.get(pk=pk)
        assert (delivery.why, delivery.not_before) == ("asked", MONDAY)
        assert compose(delivery).to == "minseo@example.com"


class TestSeveral:
    def together(self, who: Contact, *events: dict[str, Any]) -> Message:
        deliveries = [to_person(who, **event) for event in events]
        # The order in which they were claimed is no matter.
        return compose(deliveries[-1], deliveries[:-1])

    def test_they_are_listed_errors_first_and_then_oldest_first_by_the_readers_clock(self) -> None:
        message = self.together(
            minseo(channel=mail()),
            {"title": "chat-dev is starting"},
            {
                **FAILED,
                "title": "chat-dev failed to start",
                "body": "Access denied.\nAsk an operator.",
                "now": later(minutes=2),
            },
            {"title": "chat-dev is stopped", "severity": "success", "now": later(minutes=3)},
        )
        assert message.title == "chat-dev: 3 messages"
        assert message.body.splitlines() == [
            "By the clock of Asia/Seoul:",
            "18:02 chat-dev failed to start: Access denied.",
            "18:00 chat-dev is starting",
            "18:03 chat-dev is stopped",
        ]
        assert (message.severity, message.kind) == ("error", "environment.failed")
        assert message.at == later(minutes=3)
        assert message.fields == ()

    def test_those_of_several_days_name_the_day(self) -> None:
        message = self.together(minseo(channel=mail()), {"title": "first"}, {"title": "second", "now": later(hours=7)})
        assert message.body.splitlines()[1:] == ["2026-11-23 18:00 first", "2026-11-24 01:00 second"]

    def test_those_of_several_environments_are_only_counted_in_the_title(self) -> None:
        message = self.together(
            minseo(channel=mail()),
            {"link": "/environments/chat-dev/"},
            {"labels": {"environment": "shop-dev"}, "link": "/environments/shop-dev/"},
        )
        assert (message.title, message.link) == ("2 messages", "")

    def test_what_they_have_in_common_is_kept(self) -> None:
        same = {"link": "/environments/chat-dev/", "actor": "minseo"}
        message = self.together(minseo(channel=mail()), same, {**same, "title": "more"})
        assert (message.link, message.actor) == ("https://daybreak.example/environments/chat-dev/", "minseo")

    def test_of_one_environment_its_page_is_the_link_whatever_else_happened_there(self) -> None:
        who, ticket = minseo(channel=mail()), {"link": "/tickets/7/", "title": "#7"}
        message = self.together(who, ticket, {"link": "/env/chat-dev/"}, {**ticket, "link": "/tickets/8/"})
        assert message.link == "https://daybreak.example/env/chat-dev/"
        assert self.together(who, ticket, {**ticket, "link": "/tickets/8/"}).link == ""
        of_others = {"labels": {"environment": "shop-dev"}, "link": "/env/shop-dev/"}
        assert self.together(who, {"link": "/env/chat-dev/"}, of_others).link == ""

    def test_each_event_is_there_by_itself_as_it_would_be_told_alone(self) -> None:
        who, team = minseo(channel=mail(), language="ko"), [("Team", {"en": "Chat", "ko": "채팅"})]
        Wording.objects.create(kind="environment.starting", language="ko", title="{environment} 기상")
        told = {"fields": team, "actor": "minseo", "link": "/env/chat-dev/"}
        starting, failed = self.together(who, told, {**FAILED, "title": "failed", "now": later(minutes=1)}).events
        assert (starting.title, starting.fields) == ("chat-dev 기상", (MessageField("Team", "채팅"),))
        assert (starting.actor, starting.link) == ("minseo", "https://daybreak.example/env/chat-dev/")
        assert (starting.at, starting.environment, starting.team) == (MONDAY, "chat-dev", "chat")
        assert (failed.kind, failed.severity, failed.title) == ("environment.failed", "error", "failed")

    def test_what_was_counted_stands_in_its_line(self) -> None:
        who = minseo(channel=mail())
        first, second = to_person(who, title="first"), to_person(who, title="second", now=later(minutes=1))
        Delivery.objects.filter(pk=first.pk).update(repeats=1)
        lines = compose(fresh(first), [second]).body.splitlines()
        assert lines[1:] == ["18:00 first (The same again, 1 time.)", "18:01 second"]

    @pytest.mark.parametrize("title", ["가" * 1000, "환경\n이름"])
    def test_each_is_one_line_that_its_medium_holds_with_how_often_it_was_counted(self, title: str) -> None:
        who = minseo(channel=sms())
        first, second = to_person(who, title=title, body="나" * 500), to_person(who, title="more")
        Delivery.objects.filter(pk=first.pk).update(repeats=12)
        line = compose(fresh(first), [second]).body.splitlines()[1]
        assert line.startswith(f"18:00 {title[:2]}")
        assert line.endswith("(The same again, 12 times.)")
        assert len(line) <= sender("sens").lines.length

    def test_a_link_that_takes_the_room_of_the_lines_is_left_out(self) -> None:
        link = {"link": "/environments/" + "x" * 300}
        assert self.together(minseo(channel=mail()), link, {**link, "title": "more"}).link == ""
        assert compose(to_person(jihun(), **link, title="one")).link.endswith("x")

    def test_each_offer_says_what_it_is_about(self) -> None:
        message = self.together(
            minseo(channel=mail()), {"title": "chat-dev stops", "offer": KEEP_ON}, {"title": "more"}
        )
        assert [action.label for action in message.actions] == [
            "chat-dev stops: Keep on 1 h",
            "chat-dev stops: Until …",
        ]

    def test_it_is_news_as_long_as_any_of_it_is(self) -> None:
        who = minseo(channel=mail())
        one, two = {"until": later(hours=1)}, {"until": later(hours=2), "title": "more"}
        assert self.together(who, one, two).until == later(hours=2)
        assert self.together(who, {**one, "title": "a"}, {"title": "b"}).until is None


def test_in_a_room_the_deadline_of_what_waits_is_its_own() -> None:
    rule("All", to=[room(gather_seconds=10)])
    delivery = to_room()
    assert delivery.deadline_at - delivery.not_before == timedelta(hours=24)
