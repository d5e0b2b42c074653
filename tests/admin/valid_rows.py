"""For each model of the admin site, forms that add one, change one, delete one and delete several from its list.

As in `valid_forms`, each is made for one sending and undone after it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django_celery_beat.models import IntervalSchedule

from environments import roles
from environments.models import Account, Calendar, Environment, Period, Schedule, Target, Team
from notifications.models import Channel, Contact, ContactGroup
from tests import factories

from .filling import rows
from .valid_forms import Form, Scene, Sending, exception, only, plainly
from .world import registered

DELETED_BY_ACTION = "delete_selected"
ACTIONS = {"environments.dayexception": "remove_selected"}


def environment(scene: Scene, **fields: str) -> Sending:
    own = {"name": "zebra-qa", "slug": "zebra-qa", "team": str(scene.environment.team_id), "timezone": ""}
    own |= {
        "schedule": str(scene.environment.schedule_id),
        "start_early_cap": "60",
        "warn_minutes": "30",
        "description": "For testers.",
    }
    own |= {"on_push": "next_start"}
    return Sending(own | rows("targets") | rows("status_page") | fields)


def changed_environment(scene: Scene) -> Sending:
    return environment(scene, name=scene.environment.name, slug=scene.environment.slug)


def target(scene: Scene, **fields: str) -> Sending:
    own = {"environment": str(scene.environment.pk), "kind": "cloudformation", "identifier": "SecondStack"}
    own |= {"account": only(Account), "region": factories.REGION, "order": "2"}
    return Sending(own | {"option_template_url": factories.TEMPLATE_URL} | rows("parameters") | fields)


def changed_target(scene: Scene) -> Sending:
    return target(scene, identifier=scene.environment.targets.get().identifier, order="3")


def schedule(scene: Scene) -> Sending:
    period = {"begin_time": "08:00", "end_time": "12:00", "weekdays": "mon-fri"}
    return Sending({"name": "Mornings", "timezone": "Asia/Seoul", "override": ""} | rows("periods", period))


def token(scene: Scene) -> Sending:
    own = User.objects.get(username="administrator")
    return Sending({"name": "second", "scopes": "read", "lasts": "90", "account": str(own.pk)})


def changed_schedule(scene: Scene) -> Sending:
    kept = {"id": str(Period.objects.get().pk), "schedule": only(Schedule), "begin_time": "07:00", "end_time": "12:00"}
    fields = {"name": "Office hours Seoul", "timezone": "Asia/Seoul", "override": ""} | rows("periods", kept)
    return Sending(fields | {"periods-INITIAL_FORMS": "1"})


def calendar(scene: Scene) -> Sending:
    day = {"day": "2026-12-24", "kind": "off", "name": "Party"}
    return Sending({"name": "Company", "country": "KR", "subdivision": "", "ics_url": ""} | rows("days", day))


def changed_calendar(scene: Scene) -> Sending:
    """Renamed; its days stay as they are, and so does what it holds for."""
    there = Calendar.objects.get()
    own = there.days.get(origin="own")
    day = {"id": str(own.pk), "calendar": str(there.pk), "day": f"{own.day}", "kind": own.kind, "name": own.name}
    fields: dict[str, Any] = {"name": "Corea", "country": "KR", "subdivision": "", "ics_url": there.ics_url}
    fields |= {"environments": [str(scene.environment.pk)], "teams": [str(scene.environment.team_id)]}
    return Sending(fields | rows("days", day) | {"days-INITIAL_FORMS": "1"})


def price_template(name: str, **line: str) -> Form:
    fields = {"label": "t3.small", "unit_price": "0.023", "unit": "hour", "quantity": "2", "currency": "USD"}
    return plainly(name=name, description="", **rows("lines", fields | line))


def budget(amount: str, month: str = "2026-12") -> Form:
    def form(scene: Scene) -> Sending:
        whose = {"environment": str(scene.environment.pk), "team": "", "month": month}
        return Sending(whose | {"amount": amount, "currency": "USD"})

    return form


def account(number: str) -> Form:
    role = f"arn:aws:iam::{number}:role/DaybreakPortal"
    fields = {"name": "staging", "account_id": number, "role_arn": role, "external_id": "daybreak-demo"}
    return plainly(**fields, regions=f"{factories.REGION}, us-east-1")


def person(scene: Scene) -> Sending:
    fields: dict[str, Any] = {"username": "kim", "first_name": "Jiwoo", "last_name": "Kim", "email": "kim@example.com"}
    fields |= {"password1": "a mule and a cart", "password2": "a mule and a cart", "is_active": "on"}
    group = str(Group.objects.get(name=roles.MANAGER).pk)
    return Sending(fields | {"groups": [group], "teams": [str(scene.environment.team_id)]})


def entry(scene: Scene) -> Sending:
    every, _ = IntervalSchedule.objects.get_or_create(every=3600, period="seconds")
    fields = {"name": "every-hour: look", "task": "environments.tasks.sweep", "enabled": "on", "description": ""}
    return Sending(fields | {"interval": str(every.pk), "crontab": "", "args": "[]", "kwargs": "{}"})


def ticket_rule(hears: str) -> Form:
    def form(scene: Scene) -> Sending:
        fields = {"reader": str(User.objects.get(username="viewer").pk), "team": str(scene.environment.team_id)}
        return Sending(fields | {"kind": "", "hears": hears})

    return form


CRONTAB = {"minute": "5", "hour": "4", "day_of_month": "*", "month_of_year": "*", "day_of_week": "1"}


def alarm_check(name: str) -> Form:
    def form(scene: Scene) -> Sending:
        fields = {"environment": str(scene.environment.pk), "name": name, "is_on": "on", "ticket_after": "5"}
        return Sending(fields | {"own_targets": "on", "pattern": "zebra-*"})

    return form


def http_check(name: str) -> Form:
    def form(scene: Scene) -> Sending:
        fields = {"environment": str(scene.environment.pk), "name": name, "is_on": "on", "method": "GET"}
        fields |= {"url": "http://127.0.0.1:9/actuator/health", "headers": "", "secrets": "", "body": ""}
        fields |= {"expected_status": "200", "every_s": "60", "timeout_s": "5", "retries": "3", "retry_every_s": "5"}
        return Sending(fields | {"start_grace_min": "10", "ticket_after": "5", "certificate_days": "14"})

    return form


def heartbeat(name: str) -> Form:
    def form(scene: Scene) -> Sending:
        fields = {"environment": str(scene.environment.pk), "name": name, "is_on": "on", "ticket_after": "5"}
        return Sending(fields | {"rhythm": "every", "every_min": "60", "windows": "", "grace_min": "10"})

    return form


def device(name: str, number: str = "43") -> Form:
    def form(scene: Scene) -> Sending:
        fields = {"environment": str(scene.environment.pk), "name": name, "number": number, "epoch": "0"}
        fields |= {"rhythm": "windows", "windows": "06:00-10:00", "every_min": "60", "grace_min": "10"}
        return Sending(fields | {"urgent_bits": "1", "ticket_after": "5", "is_on": "on", "always": "on"})

    return form


def contact(name: str) -> Form:
    fields = {"language": "ko", "timezone": "Asia/Seoul", "is_on": "on", "digest": "daily"}
    return plainly(name=name, address_phone="+82 10-1234-5678", **fields)


def on_call(name: str) -> Form:
    def form(scene: Scene) -> Sending:
        return Sending({"name": name, "rounds": "2"} | rows("places", {"contact": only(Contact), "after": "5"}))

    return form


def changed_group(scene: Scene) -> Sending:
    """Its member is told later."""
    place = ContactGroup.objects.get().places.get()
    kept = {"id": str(place.pk), "group": str(place.group_id), "contact": str(place.contact_id), "after": "7"}
    return Sending({"name": "renamed", "rounds": "3"} | rows("places", kept) | {"places-INITIAL_FORMS": "1"})


def rule(name: str) -> Form:
    def form(scene: Scene) -> Sending:
        fields: dict[str, Any] = {"name": name, "is_on": "on", "timezone": "Asia/Seoul", "severities": ["error"]}
        return Sending(fields | {"channels": [only(Channel)]})

    return form


def wording(language: str) -> Form:
    return plainly(kind="environment.failed", language=language, title="{environment}: {title}", body="{body}")


TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:"
CHANNEL = {"name": "second", "language": "ko", "enabled": "on"}
WEBHOOK = "https://discord.com/api/webhooks/123456789012345678/abcdefghijkl"
ADDED: dict[str, Form] = {
    "auth.group": plainly(name="Night shift"),
    "auth.user": person,
    "django_celery_beat.crontabschedule": plainly(**CRONTAB, timezone="Asia/Seoul"),
    "django_celery_beat.intervalschedule": plainly(every="7", period="minutes"),
    "django_celery_beat.periodictask": entry,
    "environments.account": account("210987654321"),
    "environments.alarmcheck": alarm_check("more alarms"),
    "environments.budget": budget("800"),
    "environments.calendar": calendar,
    "environments.dayexception": exception,
    "environments.device": device("second"),
    "environments.environment": environment,
    "environments.heartbeat": heartbeat("second job"),
    "environments.httpcheck": http_check("second address"),
    "environments.ratetemplate": price_template("Large"),
    "environments.schedule": schedule,
    "environments.target": target,
    "environments.team": plainly(name="Night shift"),
    "environments.ticketrule": ticket_rule("opened"),
    "notifications.channel": plainly(**CHANNEL, config_webhook_url=WEBHOOK),
    "notifications.contact": contact("Zebra Keeper"),
    "notifications.contactgroup": on_call("second watch"),
    "notifications.rule": rule("other failures"),
    "notifications.wording": wording("ko"),
    "notifications.chatapp": plainly(name="second", config_token="a-token-of-jandi", is_on="on"),
    "notifications.gateway": plainly(name="second", kind="json", secret="ssh", is_on="on"),
    "notifications.topic": plainly(name="other", arn=f"{TOPIC}other", is_on="on"),
    "portal.apitoken": token,
}
CHANGED: dict[str, Form] = {
    "auth.user": person,
    "django_celery_beat.periodictask": plainly(enabled=""),
    "environments.account": account("123456789012"),
    "environments.alarmcheck": alarm_check("other alarms"),
    "environments.budget": budget("950", month=""),
    "environments.calendar": changed_calendar,
    "environments.device": device("renamed"),
    "environments.environment": changed_environment,
    "environments.heartbeat": heartbeat("other job"),
    "environments.httpcheck": http_check("other address"),
    "environments.ratetemplate": price_template("Small", label="t3.large"),
    "environments.schedule": changed_schedule,
    "environments.target": changed_target,
    "environments.team": plainly(name="Zebras", members=[]),
    "environments.ticketrule": ticket_rule("everything"),
    "notifications.channel": plainly(**CHANNEL, config_webhook_url=""),
    "notifications.contact": contact("renamed"),
    "notifications.contactgroup": changed_group,
    "notifications.rule": rule("renamed"),
    "notifications.wording": wording("en"),
    "notifications.chatapp": plainly(name="renamed", config_token="", is_on="on"),
    "notifications.gateway": plainly(name="renamed", kind="twilio", secret="", is_on="on"),
    "notifications.topic": plainly(name="pushes", arn=f"{TOPIC}daybreak", is_on="on"),
}


def _unused(model: type[Model]) -> None:
    """Without what would keep its example from being deleted."""
    if model in {Account, Team}:
        Target.objects.all().delete()
    if model is Team:
        Environment.objects.all().delete()
    if model is Schedule:
        Environment.objects.update(schedule=None)


def _deleted(model: type[Model], **fields: Any) -> Form:
    def form(scene: Scene) -> Sending:
        _unused(model)
        return Sending(fields)

    return form


def _listed(model: type[Model]) -> Form:
    def form(scene: Scene) -> Sending:
        chosen = only(model)
        _unused(model)
        action = ACTIONS.get(model._meta.label_lower, DELETED_BY_ACTION)
        return Sending({"action": action, "_selected_action": [chosen], "post": "yes"})

    return form


def forms_of(model: type[Model]) -> dict[str, Form]:
    """By the names of their addresses."""
    label = model._meta.label_lower
    base = f"admin:{label.replace('.', '_')}"
    found = {f"{base}_changelist": _listed(model), f"{base}_delete": _deleted(model, post="yes")}
    found |= {f"{base}_add": ADDED[label]} if label in ADDED else {}
    return found | ({f"{base}_change": CHANGED[label]} if label in CHANGED else {})


FORMS_OF_ROWS = {name: form for model in registered() for name, form in forms_of(model).items()}
