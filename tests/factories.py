"""Rows for tests, with the least that each needs; the cast is fixed: operator, manager, outsider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from environments import roles
from environments.models import (
    UNFINISHED,
    Account,
    Environment,
    Hold,
    Operation,
    OperationStep,
    Period,
    Schedule,
    Target,
    TargetParameter,
    Team,
)

REGION = "ap-northeast-2"
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
    """An environment of the chat team with the office-hours schedule, without targets."""
    values = {"slug": name, "team": team(), "timezone": "Asia/Seoul"} | fields
    values.setdefault("schedule", schedule())
    return Environment.objects.create(name=name, **values)


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


def hold(of: Environment, desired: str = "running", **fields: Any) -> Hold:
    """A hold until somebody releases it, unless told otherwise."""
    now = timezone.now()
    return Hold.objects.create(environment=of, desired=desired, **({"starts_at": now, "created_at": now} | fields))
