"""Every kind of event that this app publishes, under the headings and in the order in which people choose from them
(docs/events.md)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from . import (
    alarm_events,
    check_events,
    deploy_events,
    device_events,
    events,
    override_events,
    ticket_events,
    warning_events,
)

GROUPS = (
    (_("Starting and stopping"), {**warning_events.KINDS, **events.SWITCHING_KINDS}),
    (_("Overrides"), override_events.KINDS),
    (_("Deployments"), {**events.REDEPLOY_KINDS, **deploy_events.KINDS}),
    (_("Health and alarms"), {**check_events.KINDS, **alarm_events.KINDS, **device_events.KINDS}),
    (_("Tickets"), ticket_events.KINDS),
    (_("Costs and budgets"), events.BUDGET_KINDS),
)
KINDS = {kind: label for _heading, kinds in GROUPS for kind, label in kinds.items()}
