"""How the admin site looks: name, colours, navigation. Read by django-unfold from the setting `UNFOLD`."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _allowed(permission: str):  # type: ignore[no-untyped-def]
    def check(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)  # type: ignore[union-attr]

    return check


def _item(title: object, icon: str, link: str, permission: str) -> dict[str, object]:
    return {"title": title, "icon": icon, "link": reverse_lazy(link), "permission": _allowed(permission)}


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
    "SITE_SUBHEADER": _("Environments awake only while people need them"),
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
    "STYLES": [lambda request: static("portal/daybreak.css")],
    "SCRIPTS": [lambda request: static("portal/daybreak.js")],
    "DASHBOARD_CALLBACK": "environments.admin.board.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": _("Board"), "icon": "wb_twilight", "link": reverse_lazy("admin:index")},
                    _item(
                        _("Operations"),
                        "history",
                        "admin:environments_operation_changelist",
                        "environments.view_operation",
                    ),
                    _item(_("Events"), "notifications", "admin:notifications_event_changelist", "notifications.view_event"),
                    _item(_("Holds"), "pan_tool", "admin:environments_hold_changelist", "environments.view_hold"),
                ],
            },
            {
                "title": _("Set up"),
                "separator": True,
                "items": [
                    _item(
                        _("Environments"),
                        "dns",
                        "admin:environments_environment_changelist",
                        "environments.change_environment",
                    ),
                    _item(
                        _("Targets"), "deployed_code", "admin:environments_target_changelist", "environments.view_target"
                    ),
                    _item(
                        _("Schedules"),
                        "calendar_clock",
                        "admin:environments_schedule_changelist",
                        "environments.view_schedule",
                    ),
                    _item(_("AWS accounts"), "cloud", "admin:environments_account_changelist", "environments.view_account"),
                    _item(
                        _("Channels"), "campaign", "admin:notifications_channel_changelist", "notifications.view_channel"
                    ),
                    _item(
                        _("Deliveries"), "outbox", "admin:notifications_delivery_changelist", "notifications.view_delivery"
                    ),
                ],
            },
            {
                "title": _("People"),
                "separator": True,
                "items": [
                    _item(_("Teams"), "groups", "admin:environments_team_changelist", "environments.view_team"),
                    _item(_("People"), "person", "admin:auth_user_changelist", "auth.view_user"),
                    _item(_("Roles"), "badge", "admin:auth_group_changelist", "auth.view_group"),
                    _item(
                        _("Clockwork"),
                        "schedule",
                        "admin:django_celery_beat_periodictask_changelist",
                        "django_celery_beat.view_periodictask",
                    ),
                ],
            },
        ],
    },
}
