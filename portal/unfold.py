"""How the admin site looks: name, colours, navigation. Read by django-unfold from the setting `UNFOLD`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _


@cache
def _found(name: str, prefix: str) -> str:
    return reverse(name)


def _looked_up(name: str) -> str:
    """django-unfold compares links with one another a hundred times a page: only the first time is a search."""
    return _found(name, get_script_prefix())


_address: Callable[[str], str] = lazy(_looked_up, str)


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _list(title: object, icon: str, app: str, model: str, *, verb: str = "view") -> dict[str, object]:
    """The entry of a model's list, for those who may `verb` the model."""
    link = _address(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _allowed(f"{app}.{verb}_{model}")}


def _on_board(request: HttpRequest) -> bool:
    """The board, and the environments' pages that it leads to."""
    match = request.resolver_match
    # Neither the assistant, which adds environments, nor what has an entry of its own.
    others = ("find", "calendar", "costs", "changes_everywhere", "ticket")
    if match is None or not match.url_name or match.url_name.startswith(others):  # histories of rows have no name
        return False
    return match.view_name == "admin:index" or match.namespace == "environments"


def _on_calendar(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith("environments:calendar")


def _on_costs(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith("environments:costs")


def _on_tickets(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name.startswith("environments:ticket")


def _in_guide(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.namespace == "guide"


def _tab(title: object, model: str) -> dict[str, object]:
    """One of the three lists about signing in."""
    entry = _list(title, "", "axes", model)
    return {"title": title, "link": entry["link"], "permission": entry["permission"]}


INDIGO = {
    "50": "oklch(96.2% .018 272.314)",
    "100": "oklch(93% .034 272.788)",
    "200": "oklch(87% .065 274.039)",
    "300": "oklch(78.5% .115 274.713)",
    "400": "oklch(67.3% .182 276.935)",
    "500": "oklch(58.5% .233 277.117)",
    "600": "oklch(51.1% .262 276.966)",
    "700": "oklch(45.7% .24 277.023)",
    "800": "oklch(39.8% .195 277.366)",
    "900": "oklch(35.9% .144 278.697)",
    "950": "oklch(25.7% .09 281.288)",
}

UNFOLD: dict[str, object] = {
    "SITE_TITLE": "Daybreak",
    "SITE_HEADER": "Daybreak",
    "SITE_SUBHEADER": _("Awake only when needed"),
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("portal/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/logo.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {"primary": INDIGO},
    "STYLES": [
        lambda request: static("portal/daybreak.css"),
        lambda request: static("portal/board.css"),
        lambda request: static("portal/plans.css"),
        lambda request: static("portal/environment.css"),
        lambda request: static("portal/exceptions.css"),
        lambda request: static("portal/schedules.css"),
        lambda request: static("portal/calendars.css"),
        lambda request: static("portal/accounts.css"),
        lambda request: static("portal/assistant.css"),
        lambda request: static("portal/calendar_view.css"),
        lambda request: static("portal/guide.css"),
        lambda request: static("portal/first_steps.css"),
        lambda request: static("portal/preferences.css"),
        lambda request: static("portal/changes.css"),
        lambda request: static("portal/costs.css"),
        lambda request: static("portal/advice.css"),
        lambda request: static("portal/reports.css"),
        lambda request: static("portal/prices.css"),
        lambda request: static("portal/compare.css"),
        lambda request: static("portal/checks.css"),
        lambda request: static("portal/tickets.css"),
        lambda request: static("portal/health.css"),
        lambda request: static("portal/messages.css"),
    ],
    "SCRIPTS": [
        lambda request: static("portal/daybreak.js"),
        lambda request: static("portal/board.js"),
        lambda request: static("portal/plans.js"),
        lambda request: static("portal/exceptions.js"),
        lambda request: static("portal/schedules.js"),
        lambda request: static("portal/calendars.js"),
        lambda request: static("portal/assistant.js"),
        lambda request: static("portal/calendar_view.js"),
        lambda request: static("portal/costs.js"),
    ],
    "DASHBOARD_CALLBACK": "environments.admin.first_steps.dashboard",
    "ACCOUNT": {
        "navigation": [
            {"title": _("Preferences"), "link": _address("preferences")},
            {"title": _("API tokens"), "link": _address("admin:portal_apitoken_changelist")},
            {"title": _("Change password"), "link": _address("admin:password_change")},
        ]
    },
    "TABS": [
        {
            "models": ["axes.accesslog", "axes.accessfailurelog", "axes.accessattempt"],
            "items": [
                _tab(_("Signed in"), "accesslog"),
                _tab(_("Failed"), "accessfailurelog"),
                _tab(_("Locked out"), "accessattempt"),
            ],
        }
    ],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {
                        "title": _("Board"),
                        "icon": "wb_twilight",
                        "link": _address("admin:index"),
                        "active": _on_board,
                    },
                    {
                        "title": _("Calendar"),
                        "icon": "calendar_month",
                        "link": _address("environments:calendar"),
                        "active": _on_calendar,
                    },
                    {
                        "title": _("Costs"),
                        "icon": "savings",
                        "link": _address("environments:costs"),
                        "active": _on_costs,
                        "permission": _allowed("environments.view_dailycost"),
                    },
                    {
                        "title": _("Tickets"),
                        "icon": "task_alt",
                        "link": _address("environments:tickets"),
                        "active": _on_tickets,
                        "permission": _allowed("environments.view_ticket"),
                        "badge": "environments.admin.ticket_board.badge",
                        "badge_variant": "primary",
                    },
                    {"title": _("Chat"), "icon": "forum", "link": _address("chat")},
                    _list(_("Operations"), "history", "environments", "operation"),
                    _list(_("Deployments"), "rocket_launch", "environments", "deployment"),
                    _list(_("Holds"), "pan_tool", "environments", "hold"),
                    _list(_("Exceptions"), "event_busy", "environments", "dayexception"),
                    _list(_("Events"), "notifications", "notifications", "event"),
                    _list(_("Deliveries"), "outbox", "notifications", "delivery"),
                    _list(_("Escalations"), "front_hand", "notifications", "escalation"),
                    _list(_("Arrivals"), "move_to_inbox", "notifications", "arrival"),
                ],
            },
            {
                "title": _("Set up"),
                "separator": True,
                "items": [
                    _list(_("Environments"), "dns", "environments", "environment", verb="change"),
                    _list(_("Targets"), "deployed_code", "environments", "target", verb="change"),
                    _list(_("Web addresses"), "monitor_heart", "environments", "httpcheck"),
                    _list(_("Heartbeats"), "ecg_heart", "environments", "heartbeat"),
                    _list(_("Devices"), "sensors", "environments", "device"),
                    _list(_("Schedules"), "calendar_clock", "environments", "schedule"),
                    _list(_("Holiday calendars"), "celebration", "environments", "calendar"),
                    _list(_("Budgets"), "account_balance_wallet", "environments", "budget"),
                    _list(_("Price templates"), "sell", "environments", "ratetemplate"),
                    _list(_("AWS accounts"), "cloud", "environments", "account"),
                    _list(_("SNS topics"), "alarm_on", "notifications", "topic"),
                    _list(_("SMS gateways"), "sms", "notifications", "gateway"),
                    _list(_("Chat apps"), "smart_toy", "notifications", "chatapp", verb="change"),
                    _list(_("Alarm checks"), "alarm", "environments", "alarmcheck", verb="change"),
                    _list(_("CloudWatch alarms"), "crisis_alert", "environments", "alarm", verb="delete"),
                    _list(_("Mails of tickets"), "forward_to_inbox", "environments", "ticketrule"),
                ],
            },
            {
                "title": _("Who hears of what"),
                "separator": True,
                "items": [
                    _list(_("Rules"), "rule", "notifications", "rule"),
                    _list(_("Channels"), "campaign", "notifications", "channel"),
                    _list(_("Contacts"), "contacts", "notifications", "contact"),
                    _list(_("Groups on call"), "diversity_3", "notifications", "contactgroup"),
                    _list(_("Wordings"), "edit_note", "notifications", "wording"),
                ],
            },
            {
                "title": _("People"),
                "separator": True,
                "items": [
                    _list(_("Teams"), "groups", "environments", "team"),
                    _list(_("People"), "person", "auth", "user"),
                    _list(_("Roles"), "badge", "auth", "group"),
                    {
                        "title": _("API tokens"),
                        "icon": "key",
                        "link": _address("admin:portal_apitoken_changelist"),
                        "permission": _allowed("portal.change_apitoken"),
                    },
                    _list(_("People in chats"), "alternate_email", "notifications", "chatperson"),
                    _list(_("Requests in chats"), "chat", "notifications", "chatrequest"),
                    _list(_("Sign-ins"), "login", "axes", "accesslog"),
                    {
                        "title": _("Changes"),
                        "icon": "manage_history",
                        "link": _address("environments:changes_everywhere"),
                        "permission": _allowed("auth.view_user"),
                    },
                    _list(_("Clockwork"), "schedule", "django_celery_beat", "periodictask"),
                ],
            },
            {
                "separator": True,
                "items": [
                    {
                        "title": _("Help"),
                        "icon": "help",
                        "link": _address("guide:contents"),
                        "active": _in_guide,
                    },
                ],
            },
        ],
    },
}
