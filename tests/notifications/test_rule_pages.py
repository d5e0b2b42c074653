"""The pages of rules: what is refused, how rules are told in a line, and who would have heard of the last events."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from notifications import fanout, trial
from notifications.admin import told
from notifications.models import Channel, Contact, ContactGroup, Delivery, Event, Rule
from notifications.routing import RuleFacts
from tests import factories

from .browsers import browser
from .conftest import MONDAY, later, say

pytestmark = pytest.mark.django_db
FORM: dict[str, Any] = {"name": "Failures", "is_on": "on", "timezone": "Asia/Seoul"}
NEVER = ["notifications.channel_off"]
"""What rooms ask for by themselves here: nothing that happens in these tests."""


def page(what: str, *arguments: object) -> str:
    return reverse(f"admin:notifications_rule_{what}", args=arguments)


@pytest.fixture
def room(make_channel: Callable[..., Channel]) -> Channel:
    return make_channel("Team room", event_kinds=NEVER)


@pytest.fixture
def mail(db: None) -> Channel:
    return Channel.objects.create(name="Mail", kind="email", event_kinds=NEVER)


def contact(name: str, **addresses: str) -> Contact:
    made = Contact(name=name)
    made.set_addresses(addresses)
    made.save()
    return made


def refused(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200
    return {name: " ".join(said) for name, said in answer.context["adminform"].form.errors.items()}


def ticked(part: str) -> list[str]:
    """The values of the boxes that are ticked."""
    boxes = re.findall(r"<input[^>]+>", part)
    return [value for box in boxes if re.search(r" checked[ >]", box) for value in re.findall(r'value="([^"]+)"', box)]


def previewed(role: str = "operator", **typed: Any) -> str:
    answer = browser(role).post(page("preview_new"), FORM | typed)
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestForm:
    def test_one_is_written_with_what_was_ticked_and_chosen(self, room: Channel) -> None:
        factories.environment("chat-dev")
        fields = FORM | {"event_kinds": ["environment.failed"], "severities": ["error"], "weekdays": ["0", "4"]}
        fields |= {"environments": ["chat-dev"], "teams": ["Chat"], "hours_from": "09:00", "hours_until": "18:00"}
        assert browser("operator").post(page("add"), fields | {"channels": [room.pk]}).status_code == 302
        rule = Rule.objects.get()
        assert (rule.event_kinds, rule.severities, rule.weekdays) == (["environment.failed"], ["error"], [0, 4])
        assert (rule.environments, rule.teams) == (["chat-dev"], ["Chat"])
        assert (rule.hours_from, rule.hours_until) == (time(9), time(18))
        assert list(rule.channels.all()) == [room]

    @pytest.mark.parametrize(
        ("typed", "field", "said"),
        [
            ({"hours_from": "09:00"}, "hours_until", "both hours"),
            ({"hours_until": "09:00"}, "hours_from", "both hours"),
            ({"hours_from": "09:00", "hours_until": "09:00"}, "hours_until", "another time"),
            ({"event_kinds": ["environment.exploded"]}, "event_kinds", "environment.exploded"),
            ({"environments": ["nowhere"]}, "environments", "nowhere"),
            ({"weekdays": ["7"]}, "weekdays", "7"),
            ({"timezone": "Asia/Nowhere"}, "timezone", "Asia/Nowhere"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(
        self, typed: dict[str, Any], field: str, said: str, room: Channel
    ) -> None:
        found = refused(browser("operator").post(page("add"), FORM | {"channels": [room.pk]} | typed))
        assert list(found) == [field]
        assert said in found[field]
        assert not Rule.objects.exists()

    def test_a_rule_that_tells_nobody_is_refused(self) -> None:
        assert "Choose who hears of it" in refused(browser("operator").post(page("add"), FORM))["__all__"]
        assert browser("operator").post(page("add"), FORM | {"its_people": "on"}).status_code == 302

    def test_an_environment_that_is_gone_stays_chosen_until_somebody_takes_it_away(self, room: Channel) -> None:
        rule = Rule.objects.create(name="Old", environments=["gone-dev"], event_kinds=["environment.gone"])
        rule.channels.add(room)
        fields = FORM | {"environments": ["gone-dev"], "event_kinds": ["environment.gone"], "channels": [room.pk]}
        assert browser("operator").post(page("change", rule.pk), fields).status_code == 302
        rule.refresh_from_db()
        assert (rule.name, rule.environments) == ("Failures", ["gone-dev"])

    def test_its_kinds_are_ticked_under_headings_and_what_nobody_tells_any_more_under_its_own(
        self, room: Channel
    ) -> None:
        rule = Rule.objects.create(name="Old", event_kinds=["environment.gone", "check.down"])
        read = browser("operator").get(page("change", rule.pk)).content.decode()
        groups = dict(re.findall(r"<legend>([^<]+)</legend>(.*?)</fieldset>", read, re.DOTALL))
        assert {"Starting and stopping", "Overrides", "Health and alarms", "Tickets", "Messages"} < groups.keys()
        assert "environment.ready" in groups["Starting and stopping"]
        assert ticked(groups["Health and alarms"]) == ["check.down"]
        assert ticked(groups["Not told any more"]) == ["environment.gone"]

    def test_a_change_of_lists_alone_is_seen_by_whoever_keeps_the_rules_in_memory(self, room: Channel) -> None:
        rule = Rule.objects.create(name="Failures", timezone="Asia/Seoul")
        rule.channels.add(room)
        Rule.objects.update(changed_at=MONDAY - timedelta(days=365))
        jiwoo = contact("Jiwoo Lee")
        fields = FORM | {"channels": [room.pk], "contacts": [jiwoo.pk]}
        fanout.book()
        browser("operator").post(page("change", rule.pk), fields)
        assert Rule.objects.get().changed_at > MONDAY - timedelta(days=365)

    @pytest.mark.parametrize("role", ["viewer", "manager"])
    def test_rules_name_people_and_every_team_so_only_who_sees_all_of_them_sees_rules(self, role: str) -> None:
        rule = Rule.objects.create(name="Failures")
        for address in (page("changelist"), page("change", rule.pk), page("add")):
            assert browser(role).get(address).status_code == 403
        assert browser(role).post(page("preview_new"), FORM).status_code == 403


class TestInWords:
    def test_a_rule_is_told_in_a_line(self, room: Channel) -> None:
        rule = Rule.objects.create(
            name="r",
            event_kinds=["environment.failed"],
            severities=["error"],
            environments=["chat-dev"],
            weekdays=[0, 1, 2, 3, 4],
            hours_from=time(9),
            hours_until=time(18),
            timezone="Asia/Seoul",
        )
        rule.channels.add(room)
        rule.groups.add(ContactGroup.objects.create(name="On call"))
        html = browser("operator").get(page("changelist")).content.decode()
        assert "Failed · Error · chat-dev · Mon–Fri 09:00–18:00 (Asia/Seoul)" in html
        assert "→ Team room, On call" in html

    def test_one_without_conditions_is_about_everything(self) -> None:
        assert told.what(Rule(name="r")) == "Everything"

    @pytest.mark.parametrize(
        ("days", "said"),
        [([0, 1, 2, 3, 4], "Mon–Fri"), ([5, 6], "Sat, Sun"), ([0, 2, 4], "Mon, Wed, Fri"), ([], ""), (range(7), "")],
    )
    def test_weekdays_are_told_as_people_say_them(self, days: Any, said: str) -> None:
        assert told.weekdays(days) == said

    def test_of_many_the_first_are_named_and_the_others_counted(self) -> None:
        assert told.some("abcd") == "a, b, c, d"
        assert told.some("abcdefg") == "a, b, c and 4 more"
        with translation.override("ko"):
            assert told.some("ab") == "a, b"


class TestPreview:
    def test_it_says_who_would_have_heard_of_which_of_the_last_events(self, room: Channel, mail: Channel) -> None:
        say("chat-dev is ready", kind="environment.ready", severity="success")
        say("chat-dev failed", kind="environment.failed", severity="error", now=later(hours=1))
        jiwoo = contact("Jiwoo Lee", email="jiwoo@example.com")
        html = previewed(severities=["error"], channels=[room.pk, mail.pk], contacts=[jiwoo.pk])
        assert "1 of the last 2 events" in html
        assert "chat-dev failed" in html
        assert "chat-dev is ready" not in html
        assert "→ Team room, Jiwoo Lee (Mail)" in html

    def test_it_saves_nothing_and_sends_nothing(self, room: Channel) -> None:
        say("chat-dev failed", severity="error")
        deliveries = Delivery.objects.count()
        previewed(channels=[room.pk])
        assert not Rule.objects.exists()
        assert Delivery.objects.count() == deliveries

    def test_it_judges_by_the_hours_and_weekdays_of_the_events(self, room: Channel) -> None:
        say("in office hours", now=datetime.fromisoformat("2026-11-23T10:00:00+09:00"))
        say("at night", now=datetime.fromisoformat("2026-11-24T03:00:00+09:00"))
        say("on Sunday", now=datetime.fromisoformat("2026-11-29T10:00:00+09:00"))
        days = ["0", "1", "2", "3", "4"]
        html = previewed(channels=[room.pk], weekdays=days, hours_from="09:00", hours_until="18:00")
        assert "1 of the last 3 events" in html
        assert "in office hours" in html

    def test_it_looks_at_the_last_hundred_and_at_no_test_messages(self, room: Channel) -> None:
        for number in range(trial.LOOKED_AT + 5):
            say(f"event {number}")
        Event.objects.create(kind="notifications.test", severity="info", title={"en": "Test"}, at=MONDAY)
        html = previewed(channels=[room.pk])
        assert "100 of the last 100 events" in html
        assert "event 4<" not in html

    def test_a_room_that_hears_of_it_anyway_is_said_to(self, make_channel: Callable[..., Channel]) -> None:
        every = make_channel("Everything")
        say("chat-dev failed", severity="error")
        assert "Everything (hears of it anyway)" in previewed(channels=[every.pk])

    def test_it_names_whom_nothing_reaches(self, mail: Channel) -> None:
        say("chat-dev failed", severity="error")
        nobody = contact("On-site desk")
        left = contact("Minseo Kim", email="m@example.com")
        Contact.objects.filter(pk=left.pk).update(is_on=False)
        html = previewed(channels=[mail.pk], contacts=[nobody.pk, left.pk])
        assert "Nothing reaches Minseo Kim, On-site desk" in html

    def test_it_names_the_environments_own_people(self, mail: Channel) -> None:
        jiwoo = contact("Jiwoo Lee", email="jiwoo@example.com")
        factories.environment("chat-dev").contacts.add(jiwoo)
        say("chat-dev failed", severity="error")
        assert "→ Jiwoo Lee (Mail)" in previewed(channels=[mail.pk], its_people="on")

    def test_it_says_honestly_that_nothing_has_happened_or_that_it_would_be_silent(self, room: Channel) -> None:
        assert "Nothing has happened so far" in previewed(channels=[room.pk])
        say("chat-dev is ready", severity="success")
        assert "the rule would have been silent" in previewed(channels=[room.pk], severities=["error"])

    def test_it_names_all_that_saving_would_refuse_but_a_missing_name(self, room: Channel) -> None:
        html = previewed(name="", channels=[room.pk], hours_from="09:00")
        assert 'data-wrong="hours_until"' in html
        assert 'data-wrong="name"' not in html
        assert "data-wrong" not in previewed(name="", channels=[room.pk])

    def test_it_counts_the_events_before_anybody_is_chosen(self) -> None:
        say("chat-dev failed", severity="error")
        html = previewed(severities=["error"])
        assert "1 of the last event" in html
        assert "nobody" in html

    def test_what_it_says_is_what_would_be_sent(self, room: Channel, mail: Channel) -> None:
        """The same events published with the rule in force: the same messages."""
        jiwoo = contact("Jiwoo Lee", email="jiwoo@example.com")
        rule = Rule.objects.create(name="Failures", severities=["error"])
        rule.channels.add(room, mail)
        rule.contacts.add(jiwoo)
        for number in range(4):
            say(f"event {number}", severity=("error", "info")[number % 2], now=later(hours=number))
        facts = RuleFacts(
            rule.pk,
            "Failures",
            severities=frozenset({"error"}),
            channels=(room.pk, mail.pk),
            contacts=(jiwoo.pk,),
        )
        sent = Delivery.objects.values_list("event__title__en", "channel", "contact")
        tried = trial.of(facts)
        assert {
            (one.event.title["en"], to.channel_id, to.contact_id) for one in tried.heard for to in one.recipients
        } == {*sent}
        assert len(sent) == 4

    def test_it_costs_a_fixed_number_of_queries(
        self, room: Channel, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        for number in range(50):
            say(str(number), severity="error")
        facts = RuleFacts(0, "r", channels=(room.pk,))
        with django_assert_max_num_queries(3):
            assert len(trial.of(facts).heard) == 50
