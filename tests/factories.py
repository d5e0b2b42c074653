"""Rows for tests, with the least that each needs; the cast is fixed: operator, manager, outsider."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from environments import roles
from environments.models import Account, Environment, Period, Schedule, Target, TargetParameter, Team

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
    wanted = parameters if parameters is not None else {tag: ("ecr", "chat-chat-http") for tag in TAGS}
    for parameter, (source, value) in wanted.items():
        TargetParameter.objects.create(target=target, name=parameter, source=source, value=value)
    return target


def chat_app(name: str = "chat-dev", stack_name: str = "ChatAppMasterStack", **fields: Any) -> Environment:
    """The reference case: an environment with its schedule and its stack."""
    made = environment(name, **fields)
    stack(made, stack_name)
    return made
