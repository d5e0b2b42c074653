"""Every page there is, by the name of its address, and more ways that some of them look."""

from __future__ import annotations

from collections.abc import Mapping

from tests.admin.permits import ADMINISTRATOR, PERMITS

# Names of addresses -> what they answer with instead of a page.
NO_PAGES = {
    "admin:app_list": "leads to the lists",
    "admin:autocomplete": "data",
    "admin:jsi18n": "texts for scripts",
    "admin:search": "a part of any page",
    "admin:login": "leads to the board, for who is signed in",
    "admin:environments_calendar_subdivisions": "data",
    "admin:environments_dayexception_preview": "a part of “new exception”",
    "environments:board_live": "a part of the board",
    "environments:board_many": "a dialog",
    "environments:calendar_copy": "without an exception there is nothing to copy",
    "environments:calendar_preview": "a part of the day of the calendar",
    "environments:exception_preview": "a part of the environment",
    "environments:live": "a part of the environment",
    "environments:operations": "a part of the environment",
    "environments:week": "a part of the environment",
    **{f"environments:ask_{verb}": "a dialog" for verb in ("start", "stop", "keep", "off", "on", "release", "retry")},
    **{f"environments:advice_{verb}": "a dialog" for verb in ("apply", "dismiss")},
    **{f"environments:price_{verb}": "a dialog" for verb in ("line", "end", "template", "keep")},
    "environments:costs_csv": "a file",
    "environments:costs_xlsx": "a file",
    "environments:costs_hours": "a part of the costs",
    "environments:costs_live": "a part of the costs",
    "environments:costs_bills": "a part of the costs",
    "environments:tickets_live": "a part of the tickets",
    "environments:ticket_live": "a part of the ticket",
    "environments:ticket_new": "a dialog",
    "environments:health_csv": "a file",
    "admin:environments_heartbeat_new_address": "a dialog",
    "admin:environments_httpcheck_check_now": "a dialog",
    "admin:notifications_chatapp_new_address": "a dialog",
    "admin:portal_apitoken_revoke": "a dialog",
    "admin:portal_apitoken_change": "facts of one's own token; its list and its form are walked",
    "admin:notifications_gateway_new_address": "a dialog",
    "environments:ticket_edit": "a dialog",
    "admin:axes_accessattempt_let_them_in": "a dialog",
    "admin:environments_dayexception_remove": "a dialog",
    "admin:environments_hold_release": "a dialog",
    "admin:notifications_channel_send_test": "a dialog",
    "admin:notifications_delivery_send_again": "a dialog",
    "admin:notifications_escalation_acknowledge": "a dialog",
    "admin:notifications_contact_export": "a file",
    "admin:notifications_event_export": "a file",
    "preferences_data": "a file",
    "preferences_chat_code": "a part of the preferences",
    "preferences_messages": "a part of the preferences",
}
# Of the pages that are the same for all things, these: of what has changes, and of what Django alone has a history of.
HISTORIES = {"admin:environments_environment_history", "admin:axes_accesslog_history"}
DELETIONS = {"admin:environments_environment_delete", "admin:environments_team_delete"}
ALSO = {
    "calendar by week": "/calendar/?view=week",
    "calendar by day": "/calendar/?view=day",
    "find in AWS with what there is": "/find/?look=1&account=1",
    "nothing found in a list": "/environments/environment/?q=nothing-of-this-name",
    "tickets of mine": "/tickets/?who=mine",
    "status page": "/status/chat-demo/",
    "nothing there": "/env/nowhere/",
    "a new channel for e-mail": "/notifications/channel/add/?kind=email",
    "a new channel for Slack": "/notifications/channel/add/?kind=slack_bot",
}
# What readers of messages open without signing in: `message_rows` makes them.
LINKS = ("link to look after it", "link that keeps on", "link that is too late", "way out of messages")


def names() -> list[str]:
    """Of the pages that have an address of their own."""
    same = {name for name in PERMITS if name.endswith(("_history", "_delete"))} - HISTORIES - DELETIONS
    seen = {name for name, permit in PERMITS.items() if set(ADMINISTRATOR) & set(permit.look)}
    return sorted(seen - NO_PAGES.keys() - same)


def addresses(found: Mapping[str, str]) -> dict[str, str]:
    """Where each page is; `found` are the addresses of the installation, by name. Without those of what it has none
    of."""
    return {name: found[name] for name in (*names(), *LINKS) if name in found} | ALSO
