"""What the browser's tests find beyond the sample: an environment for which it is noon whenever they run, and somebody
of another team. Run once in the portal's installation, by `manage.py shell`."""

from datetime import timedelta

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from environments.models import Environment, Period, Schedule, Team
from environments.models.environment import SEE_EVERY_TEAM
from environments.services import schedules

ALWAYS_NOON = "chat-staging"
"""Runs from 09:00 to 18:00 each day, in a zone where it is between twelve and one now."""


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
