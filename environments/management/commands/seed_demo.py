"""`manage.py seed_demo`: the chat application of the design (section 7), its people and two neighbours."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from environments import roles
from environments.models import (
    Account,
    AlarmCheck,
    BillLook,
    Budget,
    Calendar,
    Environment,
    HttpCheck,
    Period,
    Schedule,
    Target,
    TargetParameter,
    Team,
)
from environments.services import (
    advice,
    health,
    people,
    plans,
    pricings,
    rate_following,
    rates,
    recorded,
    sample,
    sample_past,
    schedules,
    simulated_apps,
)
from notifications.models import Topic
from portal.origin import acting

PASSWORD = "daybreak"  # noqa: S105 (printed by `make run` as long as it is valid)
PEOPLE = [
    ("admin", "Ada", "Min", roles.ADMINISTRATOR, True),
    ("operator", "Oskar", "Per", roles.OPERATOR, False),
    ("manager", "Mina", "Jung", roles.MANAGER, False),
    ("viewer", "Vivi", "Ewer", roles.VIEWER, False),
]
TEMPLATE = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
TAGS = ("APIServerImageTag", "ChatServerImageTag", "NotificationServerImageTag")
REGION = "ap-northeast-2"
PRICES = (
    ("EC2 t3.small", "0.023", 2),
    ("DocumentDB db.t3.medium", "0.178", 1),
    ("ElastiCache cache.t2.micro", "0.017", 1),
)
"""What, USD an hour, how many."""


class Command(BaseCommand):
    help = "Fills an empty database with the sample. Nothing with DEMO off, or where there is anybody already."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            return
        with transaction.atomic():
            if User.objects.exists() or Environment.objects.exists():
                return
            with acting(origin="portal"), sample.recording():
                seed()
        self.stdout.write("The sample data was written: the chat application and its people.")


def seed() -> None:
    """Write the sample data, in the caller's transaction."""
    chat = Team.objects.create(name="Chat")
    for username, first, last, role, superuser in PEOPLE:
        person = User.objects.create_user(
            username, f"{username}@example.com", PASSWORD, first_name=first, last_name=last, is_staff=True
        )
        person.is_superuser = superuser
        person.save(update_fields=["is_superuser"])
        person.groups.add(Group.objects.get(name=role))
        chat.members.add(person)
    account = Account.objects.create(
        name="development",
        account_id="123456789012",
        role_arn="arn:aws:iam::123456789012:role/DaybreakPortal",
        external_id="daybreak-demo",
        regions=[REGION],
    )
    # The simulated AWS bills what carries the tag that the stacks below have.
    BillLook.objects.create(account=account, enabled=True, tag="environment", wanted_at=timezone.now())
    office = Schedule.objects.create(
        name="Office hours Seoul", timezone="Asia/Seoul", description="Monday to Friday, nine to six."
    )
    Period.objects.create(schedule=office, begin_time="09:00", end_time="18:00", weekdays="mon-fri")
    long = Schedule.objects.create(
        name="Long days Seoul", timezone="Asia/Seoul", description="For testers: Monday to Saturday, eight to ten."
    )
    Period.objects.create(schedule=long, begin_time="08:00", end_time="22:00", weekdays="mon-sat")
    korea = Calendar.objects.create(name="Korea", country="KR")
    korea.schedules.add(office, long)
    made = [
        _chat(chat, account, "chat-dev", "The developers' chat.", office, "ChatAppMasterStack"),
        _chat(chat, account, "chat-staging", "Where testers look first.", long, "ChatAppStagingStack"),
        _chat(chat, account, "chat-demo", "For demos to customers, by hand.", None, "ChatAppDemoStack"),
        *_neighbours(account, office, long),
    ]
    now = timezone.now()
    _prices([environment for environment in made if environment.team == chat], now)
    schedules.plan_changed([environment.pk for environment in made], now=now)
    if settings.SIMULATED_AWS:
        _watched(made)
        _checks([environment for environment in made if environment.team == chat])
        health.environments_moved([environment.pk for environment in made], now=now)
    Budget.objects.create(team=chat, amount=Decimal(200))
    people.enter_everybody()
    sample_past.make(environments=made, author=User.objects.get(username="manager"), now=now)
    advice.make(now=now)


def _watched(environments: list[Environment]) -> None:
    """Alarms that the simulated CloudWatch has, and the topic that brings them."""
    named = {environment.name: environment for environment in environments}
    Topic.objects.create(name="development", arn=f"arn:aws:sns:{REGION}:123456789012:daybreak")
    AlarmCheck.objects.create(environment=named["chat-dev"], name="CloudWatch", pattern="chat-dev-*")
    AlarmCheck.objects.create(environment=named["payments-qa"], name="CloudWatch")


def _neighbours(account: Account, office: Schedule, long: Schedule) -> list[Environment]:
    """Environments of other teams and other kinds; the simulated AWS holds what they switch."""
    payments, search = Team.objects.create(name="Payments"), Team.objects.create(name="Search")
    qa = _environment(payments, "payments-qa", "Database first, then two instances.", office)
    Target.objects.create(
        environment=qa, kind="rds_instance", identifier="payments-qa-db", account=account, region=REGION, order=1
    )
    Target.objects.create(
        environment=qa, kind="ec2", identifier="tag:environment=payments-qa", account=account, region=REGION, order=2
    )
    dev = _environment(search, "search-dev", "Paused by night.", long)
    Target.objects.create(environment=dev, kind="app_runner", identifier="search-dev", account=account, region=REGION)
    return [qa, dev]


def _checks(environments: list[Environment]) -> None:
    """Each answers for itself once its stack is there; the simulated AWS plays the application."""
    for environment in environments:
        stack = environment.targets.get().identifier
        HttpCheck.objects.create(environment=environment, name="API", url=simulated_apps.health_of(stack))


def _prices(environments: list[Environment], now: datetime) -> None:
    """What the chat application costs (design, section 7), entered by hand, so that looking it up would count it twice.

    Prices of the neighbours are looked up.
    """
    rate_following.follow(now=now)
    for environment in environments:
        this_month = plans.today(environment.zone_name, now).replace(day=1)
        first = (this_month - timedelta(days=1)).replace(day=1)
        for target in environment.targets.all():
            pricings.set_automatic(target=target, automatic=False, actor=None, now=now)
            for label, price, quantity in PRICES:
                rates.set_line(
                    target=target,
                    label=label,
                    unit_price=Decimal(price),
                    quantity=Decimal(quantity),
                    valid_from=first,
                    actor=None,
                    now=now,
                )


def _environment(team: Team, name: str, description: str, schedule: Schedule | None) -> Environment:
    return Environment.objects.create(
        name=name, slug=name, team=team, description=description, schedule=schedule, timezone="Asia/Seoul"
    )


def _chat(
    team: Team, account: Account, name: str, description: str, schedule: Schedule | None, stack: str
) -> Environment:
    environment = _environment(team, name, description, schedule)
    target = Target.objects.create(
        environment=environment,
        kind="cloudformation",
        identifier=stack,
        account=account,
        region=REGION,
        options={
            "template_url": TEMPLATE,
            "capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            "tags": {"environment": name, "managed-by": "daybreak"},
        },
    )
    ecr = TargetParameter.Source.ECR
    recorded.create(
        TargetParameter, [TargetParameter(target=target, name=tag, source=ecr, value="chat-chat-http") for tag in TAGS]
    )
    return environment
