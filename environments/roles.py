"""The four roles, as groups whose permissions are installed after each migrate."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management import create_permissions
from django.utils.translation import gettext_lazy, gettext_noop

from portal.origin import unrecorded

VIEWER = gettext_noop("Viewer")
MANAGER = gettext_noop("Manager")
OPERATOR = gettext_noop("Operator")
ADMINISTRATOR = gettext_noop("Administrator")
MEANINGS = {
    VIEWER: gettext_lazy("sees the environments of their teams"),
    MANAGER: gettext_lazy("starts and stops the environments of their teams, and overrides their days"),
    OPERATOR: gettext_lazy("describes environments, targets, schedules and calendars, of every team"),
    ADMINISTRATOR: gettext_lazy("does all that, and looks after AWS accounts, channels and people"),
}

_SEEN = (
    *("environment", "target", "schedule", "period", "operation", "operationstep", "hold"),
    *("calendar", "calendarday", "dayexception"),
    *("rate", "dailycost", "dailybill", "budget", "advice", "monthlyreport"),
    *("check", "httpcheck", "heartbeat", "alarmcheck", "alarm", "device", "devicereport", "healthhour", "healthday"),
    *("statuspage", "ticket", "ticketcomment", "imagepush", "deployment"),
)
_DESCRIBED = (
    *("environment", "target", "targetparameter", "schedule", "period", "calendar", "calendarday"),
    *("rate", "ratetemplate", "ratetemplateline", "budget"),
    *("httpcheck", "heartbeat", "alarmcheck", "device", "statuspage", "ticketrule"),
)
_MESSAGES = ("rule", "contactgroup", "groupmember", "wording")
_OWNED_BY_ADMINISTRATORS = (
    "environments.account",
    "environments.team",
    "auth.user",
    "auth.group",
    "django_celery_beat.periodictask",
    "django_celery_beat.crontabschedule",
    "django_celery_beat.intervalschedule",
    "notifications.channel",
    "notifications.topic",
    "notifications.gateway",
    "notifications.chatapp",
    "notifications.chatperson",
    "notifications.contact",
)


def _views(*models: str) -> set[str]:
    return {f"environments.view_{model}" for model in models}


def _all(app: str, model: str) -> set[str]:
    return {f"{app}.{verb}_{model}" for verb in ("view", "add", "change", "delete")}


def permissions_of_roles() -> dict[str, set[str]]:
    """Role -> permissions, as "app.codename". Each role has what the one before it has.

    Managers switch what they see, and viewers and managers see the environments of their teams only.
    """
    viewer = _views(*_SEEN) | {"notifications.view_event"}
    manager = viewer | {
        "environments.switch_environment",
        "environments.work_on_ticket",
        # Those who may be asked at night see that they were, for events of their teams and for their own groups.
        "notifications.view_escalation",
        "notifications.acknowledge_escalation",
    }
    operator = manager | {
        "environments.view_all_teams",
        "environments.exceed_hold_limit",
        "environments.add_guardacceptance",
        "environments.view_guardacceptance",
        "environments.view_account",
        "environments.view_team",
        "environments.view_billlook",
        "environments.change_billlook",
        # Deliveries, and all events, name environments of every team: they are for those who may see every team.
        "notifications.view_delivery",
        "notifications.view_channel",
        "notifications.resend_delivery",
        "notifications.view_arrival",
        "notifications.view_chatapp",
        "notifications.view_chatperson",
        "notifications.view_chatrequest",
        # Rules, groups and deliveries name people: they are seen, and their addresses are not.
        "notifications.view_contact",
        "notifications.view_offeruse",
        "environments.delete_alarm",
    }
    for model in _DESCRIBED:
        operator |= _all("environments", model)
    for model in _MESSAGES:
        operator |= _all("notifications", model)
    administrator = set(operator)
    for path in _OWNED_BY_ADMINISTRATORS:
        administrator |= _all(*path.split("."))
    administrator |= {"notifications.test_channel", "notifications.export_contact"}
    administrator |= {f"axes.view_{log}" for log in ("accesslog", "accessfailurelog", "accessattempt")}
    administrator.add("axes.delete_accessattempt")  # lets in who is locked out
    return {VIEWER: viewer, MANAGER: manager, OPERATOR: operator, ADMINISTRATOR: administrator}


def install(**kwargs: Any) -> None:
    """Create the groups and bring the permissions of each to what is written here; run after every migrate.

    Only permissions of the apps named here are touched, so that what an administrator adds from other apps stays.
    """
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission

    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0)
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role, wanted in permissions_of_roles().items():
        with unrecorded():  # nobody's change, and at the first migrations there is no table for it yet
            group, _created = Group.objects.get_or_create(name=role)
        managed = {pk for name, pk in known.items() if name.split(".")[0] in {n.split(".")[0] for n in wanted}}
        kept = set(group.permissions.values_list("pk", flat=True)) - managed
        with unrecorded():
            group.permissions.set(kept | {known[name] for name in wanted if name in known})
