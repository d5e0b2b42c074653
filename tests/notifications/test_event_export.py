"""Events as JSON lines, and for how long they are kept."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.urls import reverse

from notifications import dispatch, exports, retention, tasks
from notifications.apps import NotificationsConfig
from notifications.models import Channel, Delivery, DeliveryAttempt, Escalation, Event, OfferUse
from notifications.models.contact import ContactGroup

from .browsers import browser
from .conftest import MONDAY, later, say
from .discord_server import Discord

pytestmark = pytest.mark.django_db
ADDRESS = "admin:notifications_event_export"


def told() -> None:
    say({"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"}, kind="environment.ready", severity="success")
    say("chat-dev failed", kind="environment.failed", severity="error", now=later(days=1))
    say("pay failed", severity="error", labels={"environment": "pay-dev", "team": "Payments"}, now=later(days=2))


def lines(role: str, query: str = "") -> list[dict[str, Any]]:
    answer = browser(role).get(reverse(ADDRESS) + query)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.getvalue().decode().splitlines()]


def command(*options: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("export_events", *options, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


class TestExport:
    def test_each_event_is_a_line_oldest_first_with_its_texts_in_each_language(self) -> None:
        told()
        found = lines("operator")
        assert [one["title"]["en"] for one in found] == ["chat-dev is ready", "chat-dev failed", "pay failed"]
        first = found[0]
        assert first["title"]["ko"] == "chat-dev 준비 완료"
        assert (first["at"], first["kind"], first["severity"]) == (MONDAY.isoformat(), "environment.ready", "success")
        assert first["labels"] == {"environment": "chat-dev", "team": "chat"}

    def test_korean_is_written_as_it_is(self) -> None:
        told()
        assert "준비 완료" in browser("operator").get(reverse(ADDRESS)).getvalue().decode()

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("?severity__exact=error", ["chat-dev failed", "pay failed"]),
            ("?kind=environment.ready", ["chat-dev is ready"]),
            ("?environment=pay-dev", ["pay failed"]),
            ("?team=Payments", ["pay failed"]),
            ("?q=failed&environment=chat-dev", ["chat-dev failed"]),
            ("?at_from_0=2026-11-25&at_from_1=00:00:00", ["pay failed"]),
        ],
    )
    def test_it_holds_what_the_list_shows_with_the_same_filters(self, query: str, titles: list[str]) -> None:
        told()
        assert [one["title"]["en"] for one in lines("operator", query)] == titles
        listed = browser("operator").get(reverse("admin:notifications_event_changelist") + query).context["cl"]
        assert sorted(event.title["en"] for event in listed.result_list) == sorted(titles)

    def test_it_holds_all_pages_of_the_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "AT_ONCE", 7)
        for number in range(60):
            say(str(number))
        assert [one["title"]["en"] for one in lines("operator")] == [str(number) for number in range(60)]

    def test_who_sees_the_events_of_their_teams_alone_gets_those_alone(self) -> None:
        say("theirs", labels={"environment": "chat-dev", "team": "Chat"})
        say("others'", labels={"environment": "pay-dev", "team": "Payments"})
        assert [one["title"]["en"] for one in lines("viewer")] == ["theirs"]
        assert [one["title"]["en"] for one in lines("outsider")] == ["others'"]

    def test_the_list_leads_to_the_file_with_its_own_filters(self) -> None:
        html = browser("viewer").get(reverse("admin:notifications_event_changelist") + "?severity__exact=error")
        assert f"{reverse(ADDRESS)}?severity__exact=error" in html.content.decode()

    def test_only_a_look_is_answered(self) -> None:
        assert browser("operator").post(reverse(ADDRESS)).status_code == 405

    def test_the_command_filters_by_days_kind_severity_environment_and_team(self) -> None:
        told()
        assert len(command()) == 3
        assert [one["title"]["en"] for one in command("--since", "2026-11-24", "--until", "2026-11-24")] == [
            "chat-dev failed"
        ]
        assert [one["title"]["en"] for one in command("--team", "Payments", "--severity", "error")] == ["pay failed"]
        assert command("--kind", "environment.ready", "--environment", "pay-dev") == []

    def test_the_command_refuses_days_that_are_none_or_the_wrong_way_round(self) -> None:
        with pytest.raises(CommandError, match="--since"):
            command("--since", "2026-11-40")
        with pytest.raises(CommandError, match="--until is before --since"):
            command("--since", "2026-11-24", "--until", "2026-11-23")


class TestRetention:
    @pytest.fixture(autouse=True)
    def kept_for_thirty_days(self, settings: LazySettings) -> None:
        settings.EVENT_DAYS = 30

    def test_older_events_go_with_all_that_was_sent_of_them_and_younger_ones_stay(
        self, channel: Channel, discord: Discord
    ) -> None:
        old = say("old")
        delivery = old.deliveries.get()
        dispatch.deliver(delivery.pk, MONDAY)
        OfferUse.objects.create(delivery=delivery, at=MONDAY, choice="2h")
        group = ContactGroup.objects.create(name="On call")
        Escalation.objects.create(event=old, group=group, began_at=MONDAY)
        say("young", now=later(days=1))
        assert retention.prune_events(later(days=30, hours=1)) == 1
        assert [event.title["en"] for event in Event.objects.all()] == ["young"]
        assert Delivery.objects.get().event.title["en"] == "young"
        assert not DeliveryAttempt.objects.exists()
        assert not OfferUse.objects.exists()
        assert not Escalation.objects.exists()

    def test_one_of_which_something_is_still_to_be_sent_stays(self, channel: Channel) -> None:
        event = say("old")
        assert retention.prune_events(later(days=31)) == 0
        Delivery.objects.update(status="failed")
        assert retention.prune_events(later(days=31)) == 1
        assert not Event.objects.filter(pk=event.pk).exists()

    def test_it_is_done_each_night(self) -> None:
        say("old")
        entries = NotificationsConfig.beat_entries
        assert tasks.forget.name in {entry["task"] for entry in entries if "crontab" in entry}
        with time_machine.travel(later(days=31), tick=False):
            tasks.forget()
        assert not Event.objects.exists()

    def test_many_go_in_small_steps(
        self, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Callable[..., Any]
    ) -> None:
        monkeypatch.setattr(retention, "AT_ONCE", 10)
        for number in range(35):
            say(str(number), now=MONDAY - timedelta(minutes=number))
        with django_assert_max_num_queries(60):
            assert retention.prune_events(later(days=31)) == 35
        assert not Event.objects.exists()
