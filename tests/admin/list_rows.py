"""A row of each list of the admin, by its number: each with what it belongs to, and nothing that rows could share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from environments import roles
from environments.models import (
    Account,
    Alarm,
    AlarmCheck,
    Budget,
    Calendar,
    DayException,
    Deployment,
    Device,
    DeviceReport,
    Environment,
    Heartbeat,
    Hold,
    HttpCheck,
    Operation,
    RateTemplate,
    Schedule,
    Target,
    Team,
    TicketRule,
)
from environments.services import heartbeat_edits
from tests import factories


def account_of(n: int) -> Account:
    return factories.account(name=f"account {n}", account_id=f"{n:012}")


def environment(n: int) -> Environment:
    """Each with a team, a schedule, an account, a tag and people of its own: nothing that rows could share."""
    team = factories.team(f"team {n}")
    factories.person(f"manager {n}", roles.MANAGER, team)
    made = factories.environment(f"env-{n}", team=team, schedule=factories.schedule(f"hours {n}"))
    made.tags.create(name=f"tag {n}")
    factories.stack(made, f"Stack{n}", account=account_of(n))
    Calendar.objects.create(name=f"calendar {n}", country="KR").environments.add(made)
    return made


def environment_with_a_past(n: int) -> Environment:
    made = environment(n)
    operation(n, made)
    hold(n, made)
    http_check(n, made)
    return made


def operation(n: int, of: Environment | None = None) -> Operation:
    made = factories.operation(of or environment(n), actor=factories.person(f"operator {n}", roles.OPERATOR))
    factories.step(made, "look")
    return made


def hold(n: int, of: Environment | None = None) -> Hold:
    return factories.hold(of or environment(n), author=factories.person(f"operator {n}", roles.OPERATOR))


def http_check(n: int, of: Environment | None = None) -> HttpCheck:
    of = of or environment(n)
    return factories.http_check(of, f"API {n}", target=of.targets.get())


def heartbeat(n: int) -> Heartbeat:
    of = environment(n)
    row = Heartbeat(environment=of, target=of.targets.get(), name=f"job {n}")
    heartbeat_edits.add(heartbeat=row, now=timezone.now())
    return row


def device(n: int) -> Device:
    of = environment(n)
    return Device.objects.create(environment=of, target=of.targets.get(), name=f"device {n}", number=n)


def report(n: int) -> DeviceReport:
    now = timezone.now()
    facts = {"bits": 1, "battery": 87, "temperature": -4, "rssi": 19, "disk": 35, "last_error": 0, "is_urgent": True}
    return DeviceReport.objects.create(device=device(n), epoch=0, counter=n, sent_at=now, received_at=now, **facts)


def alarm_check(n: int) -> AlarmCheck:
    made = AlarmCheck.objects.create(environment=environment(n), name=f"alarms {n}")
    _alarm(n, made)
    return made


def alarm(n: int) -> Alarm:
    return _alarm(n, AlarmCheck.objects.create(environment=environment(n), name=f"alarms {n}"))


def _alarm(n: int, check: AlarmCheck) -> Alarm:
    of, now = account_of(n).account_id, timezone.now()
    place = {"arn": f"arn:aws:cloudwatch:us-east-1:{of}:alarm:a{n}", "account_id": of, "region": "us-east-1"}
    return Alarm.objects.create(**place, name=f"a{n}", check_row=check, state="ALARM", changed_at=now, received_at=now)


def budget(n: int) -> Budget:
    if n % 2:
        return Budget.objects.create(team=factories.team(f"team {n}"), amount=900)
    return Budget.objects.create(environment=environment(n), amount=900)


def exception(n: int) -> DayException:
    now, author = timezone.now(), factories.person(f"operator {n}", roles.OPERATOR)
    day = {"day": now.date() + timedelta(days=1), "kind": "off", "reason": "demo", "author": author, "created_at": now}
    of = environment(n)
    scope: Any = ({"environment": of}, {"team": of.team}, {"schedule": of.schedule})[n % 3]
    return DayException.objects.create(**day, **scope)


def rate_template(n: int) -> RateTemplate:
    made = RateTemplate.objects.create(name=f"template {n}")
    made.lines.create(label="t3.small", unit_price="0.023")
    return made


def rule(n: int) -> TicketRule:
    return TicketRule.objects.create(
        reader=factories.person(f"reader {n}", roles.VIEWER), team=factories.team(f"team {n}")
    )


def person(n: int) -> User:
    return factories.person(f"person {n}", roles.MANAGER, factories.team(f"team {n}"))


def role(n: int) -> Group:
    made = Group.objects.create(name=f"role {n}")
    made.user_set.add(factories.person(f"person {n}", roles.VIEWER))
    return made


def team(n: int) -> Team:
    return environment(n).team


def schedule(n: int) -> Schedule:
    found = environment(n).schedule
    assert found is not None
    return found


def target(n: int) -> Target:
    return environment(n).targets.get()


def tried(n: int) -> dict[str, Any]:
    return {"username": f"person {n}", "ip_address": f"203.0.113.{n}", "user_agent": "", "path_info": "/login/"}


def every(n: int) -> IntervalSchedule:
    return IntervalSchedule.objects.create(every=n + 100, period="seconds")


def at(n: int) -> CrontabSchedule:
    return CrontabSchedule.objects.create(minute=str(n))


def task(n: int) -> PeriodicTask:
    when = {"interval": every(n)} if n % 2 else {"crontab": at(n)}
    return PeriodicTask.objects.create(name=f"task {n}", task="t", **when)


def deployment(n: int) -> Deployment:
    made = operation(n)
    return Deployment.objects.create(
        environment=made.environment,
        repository="chat-http",
        tag=f"v{n}",
        origin="api",
        user=person(n),
        received_at=timezone.now(),
        status="done",
        operation=made,
    )


MAKES: Mapping[type[Model], Callable[[int], Any]] = {
    Account: account_of,
    AccessAttempt: lambda n: AccessAttempt.objects.create(**tried(n), failures_since_start=5),
    AccessFailureLog: lambda n: AccessFailureLog.objects.create(**tried(n)),
    AccessLog: lambda n: AccessLog.objects.create(**tried(n)),
    Alarm: alarm,
    AlarmCheck: alarm_check,
    Budget: budget,
    Calendar: environment,
    CrontabSchedule: at,
    DayException: exception,
    Deployment: deployment,
    Device: device,
    DeviceReport: report,
    Environment: environment_with_a_past,
    Group: role,
    Heartbeat: heartbeat,
    Hold: hold,
    HttpCheck: http_check,
    IntervalSchedule: every,
    Operation: operation,
    PeriodicTask: task,
    RateTemplate: rate_template,
    Schedule: schedule,
    Target: target,
    Team: team,
    TicketRule: rule,
    User: person,
}
