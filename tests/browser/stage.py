"""What the browser's tests find beyond the sample: an environment for which it is noon whenever they run, and somebody
of another team. Run once in the portal's installation, by `manage.py shell`."""

import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from environments.models import DayException, Environment, Hold, MonthlyReport, Period, Schedule, StatusPage, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.models.rate import RateTemplate
from environments.services import reports, schedules
from notifications.models import Channel, Delivery, Event
from notifications.outbox import publish
from tests import factories
from tests.admin.walking import named_addresses
from tests.browser import costs_rows, health_rows, message_rows

from . import pages

ALWAYS_NOON = "chat-staging"
"""Runs from 09:00 to 18:00 each day, in a zone where it is between twelve and one now."""


ASLEEP_FOR_ALL = "billing-night"
"""Sleeps; and everybody may read that it does. There only while its own tests run."""


def set_up() -> None:
    now = timezone.now()
    ahead = 12 - (now + timedelta(minutes=2)).hour
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # these zones count westwards
    noon = Schedule.objects.create(name="Every day", timezone=zone)
    Period.objects.create(schedule=noon, begin_time="09:00", end_time="18:00", weekdays="mon-sun")
    environment = Environment.objects.get(slug=ALWAYS_NOON)
    environment.schedule, environment.timezone = noon, zone
    environment.save()
    schedules.plan_changed([environment.pk], now=now)

    outsider = User.objects.create_user("outsider", "outsider@example.com", "daybreak", is_staff=True)
    outsider.groups.add(Group.objects.get(name="Manager"))
    Team.objects.create(name="Billing").members.add(outsider)

    # Who may set everything up, and sees no environment: for them it is the first day.
    newcomer = User.objects.create_user("newcomer", "newcomer@example.com", "daybreak", is_staff=True)
    application, _, see_every_team = SEE_EVERY_TEAM.partition(".")
    everything = Permission.objects.filter(group__name="Administrator")
    newcomer.user_permissions.set(
        everything.exclude(content_type__app_label=application, codename=see_every_team).distinct()
    )
    costs_rows.fill()


def publish_status() -> None:
    """An environment of the outsider's team that sleeps, whenever the tests run, until nine in the morning."""
    now = timezone.now()
    ahead = (22 - now.hour + 11) % 24 - 11  # where it is ten in the evening
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    nights = Schedule.objects.create(name="Not at night", timezone=zone)
    Period.objects.create(schedule=nights, begin_time="09:00", end_time="18:00", weekdays="mon-sun")
    asleep = Environment.objects.create(
        name=ASLEEP_FOR_ALL,
        slug=ASLEEP_FOR_ALL,
        team=Team.objects.get(name="Billing"),
        schedule=nights,
        timezone=zone,
        state="stopped",
        wish="stopped",
        state_since=now - timedelta(hours=4),
    )
    StatusPage.objects.create(environment=asleep, is_public=True, title="Chat (test)", contact="dev-team@example.com")


def withdraw_status() -> None:
    Environment.objects.filter(slug=ASLEEP_FOR_ALL).delete()
    Schedule.objects.filter(name="Not at night").delete()


def furnish() -> None:
    """One of everything that has a page and that the sample has none of; all of it over, so that nothing follows.

    Says, as JSON, where each page is.
    """
    now = timezone.now()
    then = now - timedelta(days=2)
    environment = Environment.objects.get(slug="chat-demo")
    author = User.objects.get(username="manager")
    over = {"author": author, "created_at": then, "ended_at": then + timedelta(hours=1), "ended_by": author}
    Hold.objects.create(environment=environment, desired="running", starts_at=then, reason="client demo", **over)
    day = then.date()
    DayException.objects.create(environment=environment, day=day, kind="off", reason="team day", **over)
    operation = factories.operation(environment, "stop", at=then)
    factories.step(operation, "look", detail={"en": "It is there.", "ko": "있어요."})
    channel = Channel.objects.create(
        name="ops", kind="discord", config={"webhook_url": "https://discord.com/api/webhooks/1/a"}, enabled=False
    )
    labels = {"environment": environment.name, "team": environment.team.name}
    publish(kind="environment.failed", severity="error", labels=labels, title="chat-demo failed", now=then)
    event = Event.objects.latest("pk")
    refused = {"en": "Discord answered 404.", "ko": "Discord가 404로 답했어요."}
    Delivery.objects.create(
        event=event,
        channel=channel,
        why="everything",
        status=Delivery.Status.FAILED,
        not_before=then,
        deadline_at=then + timedelta(hours=1),
        last_error=refused,
    )
    RateTemplate.objects.create(name="Small").lines.create(label="t3.small", unit_price=Decimal("0.023"))
    # The portal itself may have made one of that month by now.
    month = (then.replace(day=1) - timedelta(days=1)).date().replace(day=1)
    so_far = reports.preview(team=environment.team, now=then)
    MonthlyReport.objects.get_or_create(
        team=environment.team, month=month, defaults={"made_at": then, "figures": so_far.figures}
    )
    tried = {"username": "viewer", "ip_address": "203.0.113.7", "user_agent": "", "path_info": "/login/"}
    AccessLog.objects.create(**tried)
    AccessFailureLog.objects.create(**tried)
    AccessAttempt.objects.create(**tried, failures_since_start=2)
    health_rows.furnish(environment, now)
    found = message_rows.furnish(environment, event, now)
    found |= {name: address for address, name in named_addresses(ALWAYS_NOON, sparing=True).items()}
    sys.stdout.write(json.dumps(pages.addresses(found)) + "\n")


def standing() -> None:
    """Says, as JSON, what holds for each environment: its date, who holds it and until when, its exceptions."""
    now = timezone.now()
    found = {}
    for environment in Environment.objects.all():
        zone = ZoneInfo(environment.zone_name)
        hold = Hold.objects.open().filter(environment=environment).first()
        days = DayException.objects.in_force().filter(environment=environment).values_list("day", "kind")
        found[environment.slug] = {
            "today": f"{now.astimezone(zone):%Y-%m-%d}",
            "days": sorted([f"{day}", kind] for day, kind in days),
            "hold": hold and _held(hold, zone, now),
        }
    sys.stdout.write(json.dumps(found) + "\n")


def _held(hold: Hold, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    found = {"desired": hold.desired, "author": hold.author.username if hold.author else ""}
    if hold.until is None:
        return found
    return found | {"until": f"{hold.until.astimezone(zone):%H:%M}", "minutes": (hold.until - now).total_seconds() / 60}
