"""Who may look and who may act at each address: what the walk through all of them expects, by the address's name.

An address that is missing here fails the walk: whoever adds one says for whom it is.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Model

from .world import registered

ANYBODY = ("viewer", "manager", "outsider", "operator", "administrator")
CARING = ("operator", "administrator")
SWITCHING = ("manager", "outsider", "operator", "administrator")
ADMINISTRATOR = ("administrator",)
NOBODY: tuple[str, ...] = ()
# The token of the walk is the manager's; administrators look after all.
OWNER = ("manager", "administrator")
Roles = tuple[str, ...]


class Permit(NamedTuple):
    """Whose GET is answered, and whose POST. `team`: for those outside the environment's team nothing is there.
    `change`: whose forms do something, where that is fewer than are answered."""

    look: Roles
    act: Roles
    team: bool = False
    change: Roles | None = None


# Model -> who may look, add and delete. The outsider's lists are there, and empty.
EXPECTED: dict[str, tuple[Roles, Roles, Roles]] = {
    "auth.group": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "auth.user": (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "axes.accessattempt": (ADMINISTRATOR, NOBODY, NOBODY),
    "axes.accessfailurelog": (ADMINISTRATOR, NOBODY, NOBODY),
    "axes.accesslog": (ADMINISTRATOR, NOBODY, NOBODY),
    "django_celery_beat.crontabschedule": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "django_celery_beat.intervalschedule": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "django_celery_beat.periodictask": (ADMINISTRATOR, ADMINISTRATOR, NOBODY),
    "environments.account": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "environments.alarm": (ANYBODY, NOBODY, CARING),
    "environments.alarmcheck": (ANYBODY, CARING, CARING),
    "environments.budget": (ANYBODY, CARING, CARING),
    "environments.calendar": (ANYBODY, CARING, CARING),
    "environments.dayexception": (ANYBODY, SWITCHING, NOBODY),
    "environments.deployment": (ANYBODY, NOBODY, NOBODY),
    "environments.device": (ANYBODY, CARING, CARING),
    "environments.devicereport": (ANYBODY, NOBODY, NOBODY),
    "environments.environment": (ANYBODY, CARING, CARING),
    "environments.heartbeat": (ANYBODY, CARING, CARING),
    "environments.hold": (ANYBODY, NOBODY, NOBODY),
    "environments.httpcheck": (ANYBODY, CARING, CARING),
    "environments.operation": (ANYBODY, NOBODY, NOBODY),
    "environments.ratetemplate": (CARING, CARING, CARING),
    "environments.schedule": (ANYBODY, CARING, CARING),
    "environments.target": (ANYBODY, CARING, CARING),
    "environments.team": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "environments.ticketrule": (CARING, CARING, CARING),
    "portal.apitoken": (OWNER, ANYBODY, NOBODY),
    "notifications.arrival": (CARING, NOBODY, NOBODY),
    "notifications.chatapp": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.chatperson": (CARING, NOBODY, ADMINISTRATOR),
    "notifications.chatrequest": (CARING, NOBODY, NOBODY),
    "notifications.channel": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.contact": (CARING, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.contactgroup": (CARING, CARING, CARING),
    "notifications.delivery": (CARING, NOBODY, NOBODY),
    "notifications.escalation": (SWITCHING, NOBODY, NOBODY),
    "notifications.event": (ANYBODY, NOBODY, NOBODY),
    "notifications.gateway": (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "notifications.rule": (CARING, CARING, CARING),
    "notifications.wording": (CARING, CARING, CARING),
    "notifications.topic": (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
}
OF_A_TEAM = {"environments.environment", "environments.target", "environments.operation", "environments.hold"}
OF_A_TEAM |= {"environments.deployment"}
OF_A_TEAM |= {"environments.alarm", "environments.alarmcheck"}
OF_A_TEAM |= {"environments.device", "environments.devicereport"}
OF_A_TEAM |= {"environments.budget", "environments.dayexception", "notifications.event"}
OF_A_TEAM |= {"environments.httpcheck", "environments.heartbeat", "notifications.escalation"}
# Replaced and never edited, or what the portal itself brings and keeps as it is: the walk's example is of those.
UNCHANGED = {"environments.dayexception", "auth.group"}
UNCHANGED |= {"django_celery_beat.crontabschedule", "django_celery_beat.intervalschedule"}

# What the actions of a list do, where it is more or less than deleting.
CHANGED_IN_LISTS = {"environments.dayexception": SWITCHING}
# Of one's own account: what somebody of another team changes as well.
OF_ONESELF = {
    "preferences",
    "preferences_messages",
    "preferences_chat_code",
    "admin:portal_apitoken_add",
    "admin:login",
    "admin:password_change",
    "environments:tickets_hear",
}

_ASKED = ("start", "stop", "keep", "off", "on", "release", "retry")
OWN: dict[str, Permit] = {
    # Of everybody who has signed in.
    "preferences": Permit(ANYBODY, ANYBODY),
    "preferences_messages": Permit(ANYBODY, ANYBODY),
    "preferences_chat_code": Permit(ANYBODY, ANYBODY),
    "chat": Permit(ANYBODY, ANYBODY, change=("manager", "operator", "administrator")),
    "preferences_data": Permit(ANYBODY, NOBODY),
    "admin:notifications_event_export": Permit(ANYBODY, NOBODY),
    "guide:contents": Permit(ANYBODY, NOBODY),
    "guide:chapter": Permit(ANYBODY, NOBODY),
    "admin:index": Permit(ANYBODY, ANYBODY),
    "admin:login": Permit(ANYBODY, ANYBODY),
    "admin:search": Permit(ANYBODY, ANYBODY),
    "admin:app_list": Permit(ANYBODY, ANYBODY),
    "admin:jsi18n": Permit(ANYBODY, NOBODY),
    "admin:password_change": Permit(ANYBODY, ANYBODY),
    "admin:password_change_done": Permit(ANYBODY, NOBODY),
    "admin:autocomplete": Permit(NOBODY, NOBODY),  # without the field that asks
    "admin:view_on_site": Permit(NOBODY, NOBODY),  # nothing has a page elsewhere
    "admin:environments_calendar_subdivisions": Permit(ANYBODY, NOBODY),
    "environments:board_live": Permit(ANYBODY, NOBODY),
    "environments:calendar": Permit(ANYBODY, NOBODY),
    **{
        f"environments:costs{part}": Permit(ANYBODY, NOBODY)
        for part in ("", "_live", "_hours", "_bills", "_csv", "_xlsx", "_compare")
    },
    "environments:costs_advice": Permit(ANYBODY, NOBODY),
    **{f"environments:advice_{name}": Permit(CARING, CARING, team=True) for name in ("apply", "dismiss")},
    "environments:advice_undo": Permit(NOBODY, CARING, team=True),
    "environments:costs_reports": Permit(ANYBODY, NOBODY),
    "environments:costs_report_preview": Permit(ANYBODY, NOBODY),
    "environments:costs_report": Permit(ANYBODY, NOBODY, team=True),
    "environments:costs_report_again": Permit(NOBODY, CARING),
    "environments:board_many": Permit(SWITCHING, SWITCHING),
    "environments:board_many_undo": Permit(NOBODY, SWITCHING),
    **{f"environments:tickets{part}": Permit(ANYBODY, NOBODY) for part in ("", "_live")},
    "environments:tickets_hear": Permit(NOBODY, ANYBODY),
    "environments:ticket_new": Permit(SWITCHING, SWITCHING),
    **{f"environments:ticket{part}": Permit(ANYBODY, NOBODY, team=True) for part in ("", "_live", "_changes")},
    "environments:ticket_edit": Permit(SWITCHING, SWITCHING, team=True),
    **{
        f"environments:ticket_{verb}": Permit(NOBODY, SWITCHING, team=True)
        for verb in ("move", "take", "comment", "again")
    },
    "environments:ticket_watch": Permit(NOBODY, ANYBODY, team=True),
    "admin:portal_apitoken_changelist": Permit(ANYBODY, ANYBODY, change=NOBODY),
    "admin:portal_apitoken_change": Permit(OWNER, NOBODY),
    "admin:portal_apitoken_revoke": Permit(OWNER, OWNER),
    # Of those who describe.
    "environments:find": Permit(CARING, NOBODY),
    "environments:find_propose": Permit(NOBODY, CARING),
    "environments:find_save": Permit(NOBODY, CARING),
    "admin:environments_schedule_import": Permit(CARING, CARING),
    "admin:environments_device_import": Permit(CARING, CARING),
    "admin:environments_device_key": Permit(CARING, CARING, team=True),
    "admin:environments_schedule_preview_new": Permit(NOBODY, CARING),
    "admin:environments_schedule_preview": Permit(NOBODY, CARING),
    "admin:environments_calendar_import": Permit(NOBODY, CARING),
    "admin:environments_heartbeat_expected_new": Permit(NOBODY, CARING),
    "admin:environments_heartbeat_expected": Permit(NOBODY, CARING),
    "admin:environments_heartbeat_new_address": Permit(CARING, CARING),
    "admin:environments_httpcheck_try_new": Permit(NOBODY, CARING),
    "admin:environments_httpcheck_try": Permit(NOBODY, CARING),
    "admin:environments_httpcheck_check_now": Permit(CARING, CARING),
    "admin:environments_calendar_read": Permit(NOBODY, CARING),
    "admin:environments_calendar_clear": Permit(NOBODY, CARING),
    "admin:notifications_delivery_send_again": Permit(CARING, CARING),
    **{
        f"admin:notifications_{model}_preview{new}": Permit(NOBODY, CARING)
        for model in ("rule", "wording", "contactgroup")
        for new in ("", "_new")
    },
    "admin:notifications_escalation_acknowledge": Permit(SWITCHING, SWITCHING, team=True),
    "admin:environments_account_bills": Permit(NOBODY, CARING),
    "admin:environments_account_bills_ask": Permit(NOBODY, CARING),
    # Of administrators.
    "environments:changes_everywhere": Permit(ADMINISTRATOR, NOBODY),
    "environments:sample": Permit(ADMINISTRATOR, ADMINISTRATOR),
    "admin:auth_user_password_change": Permit(ADMINISTRATOR, ADMINISTRATOR),
    "admin:axes_accessattempt_let_them_in": Permit(ADMINISTRATOR, ADMINISTRATOR),
    "admin:environments_account_test": Permit(NOBODY, ADMINISTRATOR),
    "admin:notifications_channel_send_test": Permit(ADMINISTRATOR, ADMINISTRATOR),
    "admin:notifications_contact_export": Permit(ADMINISTRATOR, NOBODY),
    "admin:notifications_chatapp_new_address": Permit(ADMINISTRATOR, ADMINISTRATOR),
    "admin:notifications_gateway_new_address": Permit(ADMINISTRATOR, ADMINISTRATOR),
    # Of an environment.
    **{
        f"environments:{name}": Permit(ANYBODY, NOBODY, team=True)
        for name in (
            "page",
            "live",
            "week",
            "operations",
            "changes",
            "exception_preview",
            "health",
            "health_csv",
            "health_checks",
            "calendar_day",
            "calendar_preview",
        )
    },
    **{f"environments:{name}": Permit(NOBODY, ANYBODY, team=True) for name in ("star", "feed_make", "feed_revoke")},
    "environments:metrics": Permit(NOBODY, ANYBODY, team=True),
    **{f"environments:ask_{name}": Permit(SWITCHING, SWITCHING, team=True) for name in _ASKED},
    **{
        f"environments:{name}": Permit(NOBODY, SWITCHING, team=True)
        for name in ("redeploy", "pause", "resume", "board_undo", "change_undo", "check_now")
    },
    **{
        f"environments:{page}_{verb}": Permit(NOBODY, SWITCHING, team=True)
        for page in ("exception", "calendar")
        for verb in ("place", "remove", "restore", "undo")
    },
    "environments:calendar_copy": Permit(SWITCHING, SWITCHING, team=True),
    **{f"environments:price_{name}": Permit(CARING, CARING, team=True) for name in ("line", "end", "template", "keep")},
    **{
        f"environments:price_{name}": Permit(NOBODY, CARING, team=True)
        for name in ("restore", "undo", "look", "automatic")
    },
    "public:status_start": Permit(NOBODY, SWITCHING, team=True),
    "environments:accept": Permit(NOBODY, CARING, team=True),
    "environments:withdraw": Permit(NOBODY, CARING, team=True),
    "environments:leave_behind": Permit(NOBODY, CARING, team=True),
    "admin:environments_hold_release": Permit(SWITCHING, SWITCHING, team=True),
    "admin:environments_dayexception_remove": Permit(SWITCHING, SWITCHING, team=True),
    "admin:environments_dayexception_preview": Permit(SWITCHING, NOBODY),
    "admin:environments_dayexception_restore": Permit(NOBODY, SWITCHING, team=True),
    "admin:environments_dayexception_undo": Permit(NOBODY, SWITCHING, team=True),
}
# Without what their pages send along, they find nothing even for those who may.
NEED_MORE = {"environments:calendar_copy", "guide:chapter", "admin:app_list"}
NEED_MORE |= {"environments:price_end", "environments:price_keep"}
VIEWS = {"list": "changelist", "add": "add", "change": "change", "history": "history", "delete": "delete"}


def _of_model(model: type[Model]) -> dict[str, Permit]:
    label = model._meta.label_lower
    team, base = label in OF_A_TEAM, f"admin:{label.replace('.', '_')}"
    look, add, delete = EXPECTED.get(label, (NOBODY, NOBODY, NOBODY))
    return {
        f"{base}_changelist": Permit(look, look, change=CHANGED_IN_LISTS.get(label, delete)),
        f"{base}_add": Permit(add, add),
        f"{base}_change": Permit(look, NOBODY if label in UNCHANGED else add, team),
        f"{base}_history": Permit(look, NOBODY, team),
        f"{base}_delete": Permit(delete, delete, team),
    }


PERMITS = OWN | {name: permit for model in registered() for name, permit in _of_model(model).items() if name not in OWN}


def permit_of(name: str) -> Permit | None:
    """The permit of an address by its name; None when the tables do not know it."""
    return PERMITS.get(name)
