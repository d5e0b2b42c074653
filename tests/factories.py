"""Rows for tests, with the least that each needs; the cast is fixed: operator, manager, outsider."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group, User
from django.utils import timezone

from environments import roles
from environments.models import (
    UNFINISHED,
    Account,
    DailyCost,
    DailyRun,
    Environment,
    Hold,
    HttpCheck,
    MonthlyCost,
    Operation,
    OperationStep,
    Period,
    Rate,
    Schedule,
    Target,
    TargetParameter,
    Team,
)

REGION = "ap-northeast-2"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TEMPLATE_URL = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
TAGS = ("APIServerImageTag", "ChatServerImageTag", "NotificationServerImageTag")


def person(name: str, role: str, *teams: Team) -> User:
    """Somebody with a role, in teams."""
    user, created = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    if created:
        user.set_password("correct horse")
        user.save()
    user.groups.add(Group.objects.get(name=role))
    for team in teams:
        team.members.add(user)
    return user


def team(name: str = "Chat") -> Team:
    return Team.objects.get_or_create(name=name)[0]


def manager(*teams: Team) -> User:
    return person("manager", roles.MANAGER, *(teams or (team(),)))


def operator() -> User:
    return person("operator", roles.OPERATOR)


def outsider() -> User:
    """A manager, but of another team."""
    return person("outsider", roles.MANAGER, team("Payments"))


def account(**fields: Any) -> Account:
    """The simulator's own account, with the role that its reference seed registers."""
    values = {
        "name": "development",
        "role_arn": "arn:aws:iam::123456789012:role/DaybreakPortal",
        "external_id": "daybreak-demo",
        "regions": [REGION],
    } | fields
    return Account.objects.get_or_create(account_id=values.pop("account_id", "123456789012"), defaults=values)[0]


def schedule(name: str = "Office hours Seoul", *, timezone: str = "Asia/Seoul", **period: str) -> Schedule:
    """Monday to Friday, 09:00 to 18:00, unless told otherwise."""
    made, created = Schedule.objects.get_or_create(name=name, defaults={"timezone": timezone})
    if created:
        fields = period or {"begin_time": "09:00", "end_time": "18:00", "weekdays": "mon-fri"}
        Period.objects.create(schedule=made, **fields)
    return made


def environment(name: str = "chat-dev", **fields: Any) -> Environment:
    """An environment of the chat team with the office-hours schedule, without targets; in the portal since
    `created_at`, long before anything that a test tells of."""
    created_at = fields.pop("created_at", LONG_AGO)
    values = {"slug": name, "team": team(), "timezone": "Asia/Seoul"} | fields
    values.setdefault("schedule", schedule())
    made = Environment.objects.create(name=name, **values)
    made.created_at = created_at
    Environment.objects.filter(pk=made.pk).update(created_at=created_at)
    return made


def stack(of: Environment, name: str = "ChatAppMasterStack", *, parameters: Any = None, **fields: Any) -> Target:
    """A CloudFormation target; by default the reference case with its three image tags."""
    target = Target.objects.create(
        environment=of,
        kind="cloudformation",
        identifier=name,
        account=fields.pop("account", None) or account(),
        region=REGION,
        order=fields.pop("order", 1),
        options={"template_url": TEMPLATE_URL, "capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]} | fields,
    )
    wanted = parameters if parameters is not None else dict.fromkeys(TAGS, ("ecr", "chat-chat-http"))
    for parameter, (source, value) in wanted.items():
        TargetParameter.objects.create(target=target, name=parameter, source=source, value=value)
    return target


def chat_app(name: str = "chat-dev", stack_name: str = "ChatAppMasterStack", **fields: Any) -> Environment:
    """The reference case: an environment with its schedule and its stack."""
    made = environment(name, **fields)
    stack(made, stack_name)
    return made


def viewer(*teams: Team) -> User:
    return person("viewer", roles.VIEWER, *(teams or (team(),)))


def administrator() -> User:
    """Somebody with the role: no superuser."""
    return person("administrator", roles.ADMINISTRATOR)


def operation(of: Environment, kind: str = "start", status: str = "succeeded", **fields: Any) -> Operation:
    """An operation of 27 seconds that began a minute ago, without steps."""
    asked = fields.pop("at", None) or timezone.now() - timedelta(minutes=1)
    ended = None if status in UNFINISHED else asked + timedelta(seconds=27)
    values = {
        "trigger": "schedule",
        "reason": {"en": "Running until 18:00: schedule Office hours Seoul", "ko": "18:00까지 실행"},
        "created_at": asked,
        "started_at": asked,
        "finished_at": ended,
        "not_before": asked,
        "deadline_at": asked + timedelta(hours=6),
    } | fields
    return Operation.objects.create(environment=of, kind=kind, status=status, **values)


def step(of: Operation, name: str, status: str = "done", **fields: Any) -> OperationStep:
    """A step of the operation, for the first target of its environment."""
    target = of.environment.targets.first()
    label = target.identifier if target else ""
    values = {"position": of.steps.count(), "target": target, "target_label": label, "started_at": of.started_at}
    return OperationStep.objects.create(operation=of, name=name, status=status, **(values | fields))


def http_check(of: Environment | None = None, name: str = "API", **fields: Any) -> HttpCheck:
    """An address that is asked, of an environment that has been running for long unless another is given."""
    of = of or environment(state="running", state_since=LONG_AGO)
    return HttpCheck.objects.create(
        environment=of, name=name, **({"url": "https://chat.example.com/actuator/health"} | fields)
    )


def hold(of: Environment, desired: str = "running", **fields: Any) -> Hold:
    """A hold until somebody releases it, unless told otherwise."""
    now = timezone.now()
    return Hold.objects.create(environment=of, desired=desired, **({"starts_at": now, "created_at": now} | fields))


def daily_run(of: Environment, day: date, hours: Iterable[int] = range(9, 18), **fields: Any) -> DailyRun:
    """A day that is over, in Seoul: it ran through these whole hours."""
    minutes = bytes(60 if hour in set(hours) else 0 for hour in range(24))
    values = {
        "team": of.team,
        "environment_name": of.name,
        "seconds": sum(minutes) * 60,
        "hours": minutes,
        "known_until": _midnight_after(day),
    } | fields
    return DailyRun.objects.create(environment=of, day=day, **values)


def daily_cost(of: Environment, day: date, estimate: str, always_on: str, **fields: Any) -> DailyCost:
    """What a day that is over cost, in Seoul and in dollars; the month's sum is made to agree."""
    values = {
        "account": fields.pop("account", None) or account(),
        "team": of.team,
        "environment_name": of.name,
        "currency": "USD",
        "estimate": Decimal(estimate),
        "always_on": Decimal(always_on),
        "known_until": _midnight_after(day),
    } | fields
    made = DailyCost.objects.create(environment=of, day=day, **values)
    month, _ = MonthlyCost.objects.get_or_create(
        environment=of,
        team=made.team,
        account=made.account,
        month=day.replace(day=1),
        currency=made.currency,
        defaults={"environment_name": made.environment_name, "estimate": 0, "always_on": 0},
    )
    month.estimate += made.estimate
    month.always_on += made.always_on
    month.save()
    return made


def price(of: Target, unit_price: str = "0.1", **fields: Any) -> Rate:
    """A price line of a target for an hour, from the beginning of 2026 on."""
    values = {"label": "EC2 t3.small", "currency": "USD", "valid_from": date(2026, 1, 1)} | fields
    return Rate.objects.create(
        environment=of.environment,
        target=of,
        target_number=of.pk,
        account=of.account,
        unit_price=Decimal(unit_price),
        **values,
    )


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo("Asia/Seoul"))
