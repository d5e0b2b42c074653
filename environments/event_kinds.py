"""Every kind of event that this app publishes, in the order in which people choose from them (docs/events.md)."""

from __future__ import annotations

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

KINDS = {
    **warning_events.KINDS,
    **events.KINDS,
    **override_events.KINDS,
    **deploy_events.KINDS,
    **check_events.KINDS,
    **alarm_events.KINDS,
    **device_events.KINDS,
    **ticket_events.KINDS,
}
