"""One of everything that the admin site has a page for, all of it of a team that the outsider is not in."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from environments import roles
from environments.models import (
    Alarm,
    AlarmCheck,
    Calendar,
    DayException,
    Deployment,
    Device,
    DeviceReport,
    Environment,
    GuardAcceptance,
    Heartbeat,
    HttpCheck,
    Scan,
    Team,
    TicketRule,
)
from environments.models.advice import Advice
from environments.models.budget import Budget
from environments.models.rate import RateTemplate
from environments.services import feeds, heartbeat_edits, rates, reports, tickets
from environments.services.advice_reading import present
from notifications import intake, secret_doors
from notifications.chat import people
from notifications.inbound import sms
from notifications.models import (
    Channel,
    ChatApp,
    ChatRequest,
    Contact,
    ContactGroup,
    Escalation,
    Gateway,
    Rule,
    Topic,
    Wording,
)
from notifications.outbox import publish
from portal.beat_entries import install
from portal.models import ApiToken
from tests import factories

SECRET_NAMES = ("zebra-dev", "ZebraStack", "Zebra Team", "zebra demo")
"""What nobody outside the team may read anywhere."""


class MissingError(LookupError):
    """There is no row of a model that has pages."""


def cast() -> dict[str, User]:
    """Everybody, by what they are here."""
    own = factories.team("Zebra Team")
    return {
        "viewer": factories.viewer(own),
        "manager": factories.manager(own),
        "outsider": factories.outsider(),
        "operator": factories.operator(),
        "administrator": factories.administrator(),
    }


def furnish() -> Environment:
    """An environment that has been through a lot; and accounts, channels, people and clockwork around it."""
    environment = factories.chat_app("zebra-dev", "ZebraStack", team=Team.objects.get(name="Zebra Team"))
    done = factories.operation(environment)
    factories.step(done, "look", detail={"en": "ZebraStack does not exist yet"})
    failed = factories.operation(environment, "stop", "failed", at=timezone.now())
    found = [{"logical_id": "ZebraTable", "type": "AWS::DynamoDB::Table", "path": ""}]
    factories.step(failed, "guard", "failed", memo={"fingerprint": "f1", "findings": found})
    Environment.objects.filter(pk=environment.pk).update(state="failed_to_stop", state_since=timezone.now())
    author = User.objects.get(username="manager")
    factories.hold(environment, reason="zebra demo", author=author)
    DayException.objects.create(
        environment=environment,
        day=timezone.localdate() + timedelta(days=1),
        kind="off",
        reason="zebra demo",
        author=author,
        created_at=timezone.now(),
    )
    holidays = Calendar.objects.create(name="Korea", country="KR", ics_url="https://calendar.example/secret.ics")
    holidays.environments.add(environment)
    holidays.teams.add(environment.team)
    holidays.days.create(day=timezone.localdate(), name="Founding day")
    holidays.days.create(day=timezone.localdate(), name="Imported day", origin="ics")
    for scope in (environment, environment.team):
        feeds.make(scope=scope, author=author, language="en", now=timezone.now())
    _price(environment)
    _advise(environment)
    _report(environment.team)
    _ticket(environment)
    GuardAcceptance.objects.create(
        target=environment.targets.get(),
        fingerprint="f0",
        findings=found,
        accepted_by=User.objects.get(username="operator"),
        accepted_at=timezone.now(),
    )
    _ring(environment)
    _report_by_sms(environment)
    _chat(author)
    heartbeat_edits.add(heartbeat=Heartbeat(environment=environment, name="zebra demo job"), now=timezone.now())
    # Nobody answers there; asked for also while it sleeps.
    HttpCheck.objects.create(environment=environment, name="zebra demo", url="http://127.0.0.1:9/", always=True)
    Channel.objects.create(name="ops", kind="discord", config={"webhook_url": "https://discord.com/api/webhooks/1/a"})
    _tell()
    Deployment.objects.create(
        environment=environment,
        repository="chat-chat-http",
        tag="2.15.0",
        author="Zebra Keeper",
        origin="api",
        received_at=timezone.now(),
        status="waiting",
    )
    _token(author)
    account = environment.targets.get().account
    Scan.objects.create(account=account, region=factories.REGION, error={"en": "AWS does not allow DescribeStacks."})
    tried = {"username": "viewer", "ip_address": "203.0.113.7", "user_agent": "", "path_info": "/login/"}
    AccessLog.objects.create(**tried)
    AccessFailureLog.objects.create(**tried)
    AccessAttempt.objects.create(**tried, failures_since_start=5)
    install()
    return environment


def _token(author: User) -> None:
    """A program's way in."""
    ApiToken.objects.create(
        user=author,
        name="Zebra pipeline",
        scopes=["read"],
        digest="1" * 64,
        start="dbk_zebr",
        created_at=timezone.now(),
    )


def _tell() -> None:
    """A person, their group, a rule that asks it, own words; and the failure that is told, which nobody has
    acknowledged."""
    person = Contact.objects.create(name="Zebra Keeper")
    group = ContactGroup.objects.create(name="Zebra watch")
    group.places.create(contact=person)
    rule = Rule.objects.create(name="Zebra failures", severities=["error"])
    rule.contacts.add(person)
    Wording.objects.create(kind="environment.failed", language="en", title="{environment}: failed")
    event = publish(
        kind="environment.failed",
        severity="error",
        labels={"environment": "zebra-dev", "team": "Zebra Team"},
        title="zebra-dev failed",
        now=timezone.now(),
    )
    Escalation.objects.create(event=event, group=group, rule_name=rule.name, began_at=timezone.now())


def _ring(environment: Environment) -> None:
    """An alarm that rings, the check that it belongs to, and the way it came."""
    check = AlarmCheck.objects.create(environment=environment, name="zebra alarms")
    Alarm.objects.create(
        arn="arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:zebra-dev-cpu",
        name="zebra-dev-cpu",
        account_id="123456789012",
        region=factories.REGION,
        check_row=check,
        state="ALARM",
        dimensions={"StackName": ["ZebraStack"]},
        changed_at=timezone.now(),
        received_at=timezone.now(),
    )
    topic = Topic.objects.create(name="alarms", arn="arn:aws:sns:ap-northeast-2:123456789012:daybreak")
    intake.accept(door="alarm", subject=topic.pk, key="1", payload={"Message": "zebra-dev"}, now=timezone.now())


def _report_by_sms(environment: Environment) -> None:
    """A gateway, a device, and what it reported."""
    gateway = Gateway(name="SMS Seoul", config={sms.SECRET: "12345"})
    secret_doors.new_address(gateway)
    gateway.save()
    device = Device.objects.create(environment=environment, name="zebra device", number=42, always=True)
    DeviceReport.objects.create(
        device=device,
        epoch=0,
        counter=1,
        sent_at=timezone.now(),
        received_at=timezone.now(),
        bits=1,
        battery=87,
        temperature=-4,
        rssi=19,
        disk=35,
        last_error=0,
        is_urgent=True,
    )


def _chat(person: User) -> None:
    """A chat app, somebody known in it, and what they asked."""
    app = ChatApp(name="JANDI", kind="jandi", config={"token": "a-token-of-jandi"})
    secret_doors.new_address(app)
    app.save()
    people.link(app, "minseo@example.com", "Minseo", person, timezone.now())
    ChatRequest.objects.create(
        app=app, key="1", name="Minseo", user=person, text="status", language="en", received_at=timezone.now()
    )


def _advise(environment: Environment) -> None:
    """That nobody uses it, made for what it runs by."""
    proposal = {"timezone": "Asia/Seoul", "override": "stopped", "periods": [], "present": present(environment)}
    evidence = {
        "days": 14,
        "ran": 90,
        "measured": 90,
        "busy": 0,
        "cpu": "1.00",
        "network": 1000,
        "limit_cpu": "5",
        "limit_network": 5_000_000,
        "savings": {"USD": "10"},
        "week": [[[0, 2]] * 24] * 7,
    }
    Advice.objects.create(
        environment=environment,
        kind=Advice.Kind.IDLE,
        made_at=timezone.now(),
        proposal=proposal | {"hours": {"present": 180, "proposed": 0}},
        evidence=evidence,
        saving=10,
        currency="USD",
    )


def _price(environment: Environment) -> None:
    target, now = environment.targets.get(), timezone.now()
    rates.set_line(
        target=target, label="t3.small", unit_price=Decimal("0.023"), valid_from=now.date(), actor=None, now=now
    )
    Budget.objects.create(environment=environment, amount=900)
    RateTemplate.objects.create(name="Small").lines.create(label="t3.small", unit_price=Decimal("0.023"))


def _report(team: Team) -> None:
    made = reports.preview(team=team, now=timezone.now())
    made.save()
    made.mails.create(reader=User.objects.get(username="manager"), status="failed", not_before=made.made_at)


def _ticket(environment: Environment) -> None:
    said = {"en": "zebra-dev failed to stop", "ko": "zebra-dev 중지 실패"}
    tickets.incident(environment=environment, cause="operation", title=said, description=said, now=timezone.now())
    TicketRule.objects.create(reader=User.objects.get(username="viewer"), team=environment.team)


def example(model: type[Model]) -> Model:
    """The row whose pages are walked."""
    rows = model._default_manager.all()
    if model is User:
        rows = rows.filter(username="viewer")
    elif model is Group:
        rows = rows.filter(name=roles.MANAGER)
    elif model is PeriodicTask:
        rows = rows.filter(name="every-minute: tick")
    found = rows.order_by("-pk").first()
    if found is None:
        raise MissingError(f"tests/admin/world.py makes no {model._meta.label}, whose pages then go unwalked")
    return found


def registered() -> list[type[Model]]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
