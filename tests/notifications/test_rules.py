"""Rules: who hears of what, over which channel, and why."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from datetime import time
from typing import Any

import pytest

from notifications import audience, encryption, escalations, fanout
from notifications.models import Contact, Delivery, Rule
from notifications.reaching import Fanout, Recipient
from notifications.routing import Announcement, RuleBook, RuleFacts, Why

from .conftest import MONDAY, later, say
from .people import contact, group, hearers, jihun, mail, minseo, room, rule, sms, told

pytestmark = pytest.mark.django_db

FAILED: dict[str, Any] = {"kind": "environment.failed", "severity": "error"}


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is in which environment is said by tests alone."""
    monkeypatch.setattr(audience, "_people_of", [])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[int, str]]]:
    """The groups that were asked, instead of asking them."""
    notes: list[list[tuple[int, str]]] = []

    def note(*, groups: list[tuple[int, str]], **_rest: Any) -> None:
        notes.append(list(groups))

    monkeypatch.setattr(escalations, "begin", note)
    return notes


def test_a_place_gets_one_message_and_people_one_each() -> None:
    rule("Failures", to=[room(), mail()], people=[minseo(), jihun()], severities=["error"])
    assert told(say(**FAILED)) == [
        ("Team room", "", "rule", "Failures"),
        ("Mail", "Minseo Kim", "rule", "Failures"),
        ("Mail", "Jihun Lee", "rule", "Failures"),
    ]
    assert told(say()) == []


def test_the_row_names_the_person_for_the_database_to_keep_it_once() -> None:
    one = minseo(channel=mail())
    rule("All", people=[one])
    delivery = say().deliveries.get()
    assert (delivery.recipient, delivery.contact) == (f"contact-{one.pk}", one)


def test_a_person_gets_one_over_each_channel_of_the_rule_that_has_an_address_of_theirs() -> None:
    rule("Both", to=[mail(), sms()], people=[minseo(), jihun()])
    assert hearers(say()) == [("Mail", "Minseo Kim"), ("SMS", "Minseo Kim"), ("Mail", "Jihun Lee")]


def test_whom_no_channel_of_the_rule_reaches_is_told_over_their_own() -> None:
    own = mail("Own mail")
    rule("By phone", to=[sms()], people=[jihun(channel=own)])
    assert hearers(say()) == [("Own mail", "Jihun Lee")]


def test_errors_go_over_the_channel_for_what_is_urgent() -> None:
    rule("All", people=[minseo(channel=mail(), urgent_channel=sms())])
    assert hearers(say()) == [("Mail", "Minseo Kim")]
    assert hearers(say(**FAILED)) == [("SMS", "Minseo Kim")]


def test_without_a_channel_of_their_own_people_get_mail() -> None:
    sms()
    mail("Mail that is off", enabled=False)
    mail("First mail")
    mail("Second mail")
    rule("All", people=[jihun()])
    assert hearers(say()) == [("First mail", "Jihun Lee")]


@pytest.mark.parametrize("why", ["off", "no address"])
def test_an_own_channel_that_cannot_reach_them_is_passed_over(why: str) -> None:
    own = sms(enabled=why != "off")
    who = minseo(channel=own, urgent_channel=own) if why == "off" else jihun(channel=own, urgent_channel=own)
    mail()
    rule("All", people=[who])
    assert hearers(say(**FAILED)) == [("Mail", who.name)]


def test_nobody_is_told_twice_over_one_channel_and_the_first_reason_is_kept() -> None:
    post, place = mail(), room(event_kinds=[])
    people = [minseo()]
    rule("A first", to=[place, post], people=people)
    rule("B second", to=[place, post], people=people)
    assert told(say(concerned=[people[0].pk])) == [
        ("Team room", "", "everything", ""),
        ("Mail", "Minseo Kim", "rule", "A first"),
    ]


def test_what_one_rule_says_of_channels_spares_what_another_leaves_open() -> None:
    who = minseo(channel=mail())
    rule("A leaves it open", people=[who])
    rule("B says how", to=[sms()], people=[who])
    assert told(say()) == [("SMS", "Minseo Kim", "rule", "B says how")]


@pytest.mark.parametrize("changed", [{"is_on": False}, {"left_at": MONDAY}])
def test_whoever_is_off_or_has_left_hears_nothing(changed: dict[str, Any]) -> None:
    who = minseo(channel=mail())
    rule("All", people=[who])
    Contact.objects.filter(pk=who.pk).update(**changed)
    assert told(say(concerned=[who.pk])) == []


def test_a_channel_that_writes_to_people_hears_of_nothing_by_itself() -> None:
    mail(event_kinds=[])
    sms(event_kinds=["environment.starting"])
    assert told(say()) == []


def test_a_rule_that_is_off_does_nothing() -> None:
    rule("Off", to=[room()], is_on=False)
    assert told(say()) == []


def test_whom_it_concerns_hears_of_it_whatever_rules_say() -> None:
    mail()
    who = jihun()
    assert told(say(concerned=[who.pk, who.pk, 4711])) == [("Mail", "Jihun Lee", "concerned", "")]


def test_a_rule_may_name_the_people_of_the_environment() -> None:
    who = minseo(channel=mail())
    asked: list[dict[str, str]] = []

    def people_of(labels: Any) -> list[int]:
        asked.append(dict(labels))
        return [who.pk]

    audience.ask_for_people(people_of)
    made = rule("Its people", its_people=True, event_kinds=["environment.failed"])
    assert told(say(**FAILED)) == [("Mail", "Minseo Kim", "rule", made.name)]
    assert told(say()) == []
    # Asked once, and only where a rule wants to know.
    assert asked == [{"environment": "chat-dev", "team": "chat"}]


def test_groups_are_asked_once_each_and_not_about_what_is_over(begun: list[list[tuple[int, str]]]) -> None:
    on_call, leads = group("On call", minseo()), group("Leads", jihun())
    rule("A", groups=[on_call, leads])
    rule("B", groups=[on_call])
    say(**FAILED)
    assert begun == [[(on_call.pk, "A"), (leads.pk, "A")]]
    say(thread="check-1", ends_thread=True)
    assert len(begun) == 1


def test_hours_of_a_rule_are_by_its_own_clock() -> None:
    # Monday 09:00 in UTC is 18:00 in Seoul.
    rule("Office", to=[room()], hours_from=time(9), hours_until=time(18), weekdays=[0, 1, 2, 3, 4])
    Rule.objects.update(timezone="Asia/Seoul")
    assert told(say()) == []
    assert hearers(say(now=later(minutes=-1))) == [("Team room", "")]


def test_a_rule_in_a_zone_that_is_not_known_here_undoes_nobodys_transaction() -> None:
    rule("Mars", to=[room()], hours_from=time(8), hours_until=time(10), timezone="Mars/Base")
    assert hearers(say()) == [("Team room", "")]


class TestWhatIsKeptInMemory:
    def test_an_edit_counts_at_once(self) -> None:
        made, place = rule("All"), room()
        assert told(say()) == []
        made.channels.add(place)
        made.save()  # as the admin does when lists change
        assert hearers(say()) == [("Team room", "")]
        made.event_kinds = ["environment.failed"]
        made.save()
        assert told(say()) == []

    def test_one_that_is_removed_or_rolled_back_is_forgotten(self) -> None:
        made = rule("All", to=[room()])
        assert hearers(say()) == [("Team room", "")]
        made.delete()
        assert told(say()) == []

    def test_rules_are_read_again_after_half_a_minute_whatever_they_look_like(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rule("All", to=[room()])
        assert hearers(say()) == [("Team room", "")]
        Rule.objects.update(event_kinds=["environment.failed"])  # past `changed_at`
        assert hearers(say()) == [("Team room", "")]
        now = clock.monotonic()
        monkeypatch.setattr(clock, "monotonic", lambda: now + fanout.KEPT_SECONDS + 1)
        assert told(say()) == []


class TestPreview:
    ANNOUNCED = Announcement("environment.failed", "error", {"environment": "chat-dev"})

    def test_it_shows_who_would_hear_and_owes_nothing(self) -> None:
        who, post = minseo(), mail()
        typed = RuleFacts(0, "As typed", severities=frozenset({"error"}), contacts=(who.pk,), groups=(7,))
        found = fanout.recipients(announcement=self.ANNOUNCED, at=MONDAY, rules=RuleBook([typed]))
        assert found == Fanout((Recipient(post.pk, who.pk, Why.RULE, "As typed"),), ((7, "As typed"),))
        assert not Delivery.objects.exists()

    def test_it_names_whom_nothing_reaches(self) -> None:
        who = contact("Nobody's address")
        mail()
        rule("All", people=[who])
        found = fanout.recipients(announcement=self.ANNOUNCED, at=MONDAY)
        assert (found.recipients, found.unreached) == ((), (who.pk,))


def test_a_publish_costs_the_same_for_many_rules_and_people(
    django_assert_num_queries: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(first: int, count: int) -> None:
        for number in range(first, first + count):
            rule(f"Rule {number}", to=[room(f"Room {number}"), sms(f"SMS {number}")], people=[minseo(f"No. {number}")])
        fanout.book()

    add(0, 1)
    # Savepoint, event, rules as they were, channels, people, deliveries, release.
    with django_assert_num_queries(7):
        say()
    add(1, 9)
    with monkeypatch.context() as patched, django_assert_num_queries(7):
        opened: list[str] = []
        patched.setattr(encryption, "decrypt", opened.append)
        event = say()
    assert event.deliveries.count() == 20
    assert not opened
