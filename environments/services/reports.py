"""Monthly reports: made for each team once its month is over everywhere, with a mail for each of its people.

A report is a page as well: without a mail server there are reports all the same, and their mails wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from environments.models import DailyRun, Environment, MonthlyCost, MonthlyReport, ReportMail, StaleDays, Team
from environments.models.environment import SEE_EVERY_TEAM

from . import report_readers
from .cost_sums import DAY, Span, end_of_day
from .report_figures import figures, month_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

VIEW: Final = "environments.view_monthlyreport"
# Where it is tomorrow first, a month is over so long before it is in UTC.
EASTMOST: Final = timedelta(hours=14)
# Days are closed within minutes; a report does not wait longer than that for one that cannot be.
PATIENCE: Final = timedelta(days=1)


def visible_to(user: User | AnonymousUser) -> QuerySet[MonthlyReport]:
    """The reports of the user's teams; all of them for those who may see every team."""
    if not user.is_active or not user.has_perm(VIEW):
        return MonthlyReport.objects.none()
    if user.has_perm(SEE_EVERY_TEAM):
        return MonthlyReport.objects.all()
    return MonthlyReport.objects.filter(team__in=user.teams.all())


def teams_of(user: User | AnonymousUser) -> QuerySet[Team]:
    """The teams whose reports the user may read."""
    if not user.is_active or not user.has_perm(VIEW):
        return Team.objects.none()
    return Team.objects.all() if user.has_perm(SEE_EVERY_TEAM) else Team.objects.filter(members=user.pk)


def preview(*, team: Team, now: datetime) -> MonthlyReport:
    """The report of the present month so far, by UTC; it is not kept."""
    month = now.date().replace(day=1)
    return MonthlyReport(
        team=team, month=month, made_at=now, figures=figures(team=team, month=month, now=now, is_over=False)
    )


def make_due(*, now: datetime) -> int:
    """Make the reports of the month that ended last, and owe their mails; how many were made.

    A team's is due when the month is over by the clocks of all of its environments and its days are closed. Teams of
    which nothing is known in that month have none. Safe to run twice at once. One query where nothing is due.
    """
    span = month_of((now + EASTMOST).date().replace(day=1) - DAY)
    waiting = list(_without(span))
    if not waiting:
        return 0
    due = _over(waiting, span, now)
    return sum(_make(team, span, now) for team in waiting if team.pk in due)


def _without(span: Span) -> QuerySet[Team]:
    made = MonthlyReport.objects.filter(team=OuterRef("pk"), month=span.first)
    ran = DailyRun.objects.filter(team=OuterRef("pk"), day__range=(span.first, span.last))
    cost = MonthlyCost.objects.filter(team=OuterRef("pk"), month=span.first)
    return Team.objects.filter(~Exists(made), Exists(ran) | Exists(cost)).order_by("pk")


def _over(teams: Iterable[Team], span: Span, now: datetime) -> set[int]:
    """The teams whose month is over and counted; two queries."""
    ids = [team.pk for team in teams]
    ends: defaultdict[int, datetime] = defaultdict(lambda: end_of_day(settings.TIME_ZONE, span.last))
    zones = Environment.objects.filter(team__in=ids).order_by()
    for pk, own, schedules in zones.values_list("team_id", "timezone", "schedule__timezone").distinct():
        end = end_of_day(own or schedules or settings.TIME_ZONE, span.last)
        ends[pk] = max(ends[pk], end) if pk in ends else end
    uncounted = StaleDays.objects.filter(environment__team__in=ids, first__lte=span.last, marked_at__lte=now)
    open_ = set(uncounted.order_by().values_list("environment__team", flat=True).distinct())
    return {pk for pk in ids if ends[pk] <= now and (pk not in open_ or now >= ends[pk] + PATIENCE)}


def _make(team: Team, span: Span, now: datetime) -> bool:
    """Reckoned outside of the transaction that writes: of two workers one writes."""
    found = figures(team=team, month=span.first, now=now, is_over=True)
    with transaction.atomic():
        report, is_new = MonthlyReport.objects.get_or_create(
            team=team, month=span.first, defaults={"made_at": now, "figures": found}
        )
        if is_new:
            readers = report_readers.of_team(team)
            ReportMail.objects.bulk_create(ReportMail(report=report, reader=one, not_before=now) for one in readers)
    return is_new
