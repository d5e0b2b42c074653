"""Celery tasks: five lines at most, each calls one service. Losing any of them delays, never loses."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from environments.services import (
    advice,
    advice_savings,
    alarm_tags,
    alarms,
    bills,
    budgets,
    calendar_import,
    cost_days,
    deployment_sweeps,
    device_reports,
    expectations,
    expiry,
    forecasts,
    health_sums,
    health_sweep,
    http_checks,
    image_polls,
    image_pushes,
    metric_looks,
    pauses,
    people,
    price_looks,
    report_mails,
    reports,
    schedules,
    status,
    stop_warnings,
    ticket_mails,
    use_looks,
    workflow,
)


@shared_task(name="environments.tasks.tick")
def tick() -> None:
    """Each minute: what the plans say is due."""
    schedules.enforce_due(now=timezone.now())


@shared_task(name="environments.tasks.sweep")
def sweep() -> None:
    """Each ten seconds: whatever a lost wake-up or a killed worker left lying."""
    now = timezone.now()
    workflow.sweep(now=now)
    status.scan_due(now=now)
    schedules.enforce_due(now=now)
    health_sweep.sweep(now=now)


@shared_task(name="environments.tasks.warn_of_stops")
def warn_of_stops() -> None:
    """Each ten seconds: people whose environment is about to stop."""
    stop_warnings.warn_due(now=timezone.now())


@shared_task(name="environments.tasks.check_addresses")
def check_addresses() -> None:
    """Each five seconds: web addresses that are due to be asked."""
    http_checks.check_due(now=timezone.now())


@shared_task(name="environments.tasks.judge_silence")
def judge_silence() -> None:
    """Each 15 seconds: heartbeats and devices of which something should have come by now."""
    expectations.judge_due(now=timezone.now())


@shared_task(name="environments.tasks.ends")
def ends() -> None:
    """Each hour: warnings of last days, and pauses that are over."""
    now = timezone.now()
    expiry.warn(now=now)
    pauses.end_spent(now=now)


@shared_task(name="environments.tasks.costs")
def costs() -> None:
    """Each minute: days of which a fact or a price has changed, those that have ended, and what follows from these."""
    now = timezone.now()
    written = cost_days.rebuild_due(now=now)
    forecasts.renew_changed(environments=written, now=now)
    advice_savings.renew(environments=written, now=now)


@shared_task(name="environments.tasks.close_days")
def close_days() -> None:
    """Each hour: days that nobody has marked, and the rest of the month by plan."""
    now = timezone.now()
    cost_days.close_days(now=now)
    forecasts.renew(now=now)


@shared_task(name="environments.tasks.check_budgets")
def check_budgets() -> None:
    """Each hour, after the forecasts: budgets that have reached a level."""
    budgets.check(now=timezone.now())


@shared_task(name="environments.tasks.read_calendars")
def read_calendars() -> None:
    """Each night: the addresses of calendars, each by a message of its own."""
    calendar_import.wake_all()


@shared_task(name="environments.tasks.read_calendar")
def read_calendar(calendar_id: int) -> None:
    calendar_import.read_address(calendar_id=calendar_id, now=timezone.now())


@shared_task(name="environments.tasks.advance")
def advance(operation_id: int) -> None:
    workflow.advance(operation_id=operation_id, now=timezone.now())


@shared_task(name="environments.tasks.scan")
def scan(scan_id: int) -> None:
    status.scan(scan_id=scan_id, now=timezone.now())


@shared_task(name="environments.tasks.observe")
def observe(environment_id: int) -> None:
    status.observe(environment_id=environment_id, now=timezone.now())


@shared_task(name="environments.tasks.look_up_prices")
def look_up_prices() -> None:
    """Each five minutes: prices that are due, from the AWS Price List."""
    price_looks.look_due(now=timezone.now())


@shared_task(name="environments.tasks.read_bills")
def read_bills() -> None:
    """Each minute: accounts whose bills are due, from Cost Explorer; each account once a day."""
    bills.look_due(now=timezone.now())


@shared_task(name="environments.tasks.look_at_use")
def look_at_use() -> None:
    """Each ten minutes: environments whose use is due to be asked for, from CloudWatch; each once a day."""
    use_looks.look_due(now=timezone.now())


@shared_task(name="environments.tasks.make_advice")
def make_advice() -> None:
    """Each night: which environments could sleep more."""
    advice.make(now=timezone.now())


@shared_task(name="environments.tasks.make_reports")
def make_reports() -> None:
    """Each hour: reports of the month that is over."""
    reports.make_due(now=timezone.now())


@shared_task(name="environments.tasks.send_reports")
def send_reports() -> None:
    """Each minute: mails of reports that are due."""
    report_mails.send_due(now=timezone.now())


@shared_task(name="environments.tasks.send_tickets")
def send_tickets() -> None:
    """Each minute: mails of tickets that are due."""
    ticket_mails.send_due(now=timezone.now())


@shared_task(name="environments.tasks.look_at_alarms")
def look_at_alarms() -> None:
    """Each ten seconds: alarms that ring where somebody woke, and tags of alarms that nobody claims."""
    now = timezone.now()
    alarms.name_the_ringing(now=now)
    alarm_tags.ask(now=now)


@shared_task(name="environments.tasks.match_alarms")
def match_alarms() -> None:
    """Each ten minutes: alarms whose check has changed because targets did."""
    alarms.match_all(now=timezone.now())


@shared_task(name="environments.tasks.sum_health")
def sum_health() -> None:
    """Each hour: answers of checks, summed by hour and day; and samples, reports and pushes, kept for their days."""
    now = timezone.now()
    health_sums.sum_due(now=now)
    health_sums.prune(now=now)
    device_reports.prune(now=now)
    image_pushes.prune(now=now)


@shared_task(name="environments.tasks.look_at_metrics")
def look_at_metrics() -> None:
    """Each five seconds: metrics that somebody looks at and that are due to be asked for, from CloudWatch."""
    metric_looks.look_due(now=timezone.now())


@shared_task(name="environments.tasks.deploy_due")
def deploy_due() -> None:
    """Each ten seconds: new versions whose hour has come, and those whose operation is over."""
    deployment_sweeps.sweep(now=timezone.now())


@shared_task(name="environments.tasks.look_for_images")
def look_for_images() -> None:
    """Each five minutes: repositories of ECR that are due to be asked for new images."""
    image_polls.look_due(now=timezone.now())


@shared_task(name="environments.tasks.enter_people")
def enter_people() -> None:
    """Each five minutes: contacts of accounts that were made past the pages."""
    people.enter_everybody()
