"""The root of the REST API, `/api/v1/`: what is mounted where. docs/api.md describes it."""

from __future__ import annotations

from environments.api.calendars import router as calendars
from environments.api.costs import router as costs
from environments.api.deploys import router as deploys
from environments.api.environments import router as environments
from environments.api.events import router as events
from environments.api.exceptions import router as exceptions
from environments.api.health import router as health
from environments.api.holds import router as holds
from environments.api.operations import router as operations
from environments.api.schedules import router as schedules
from environments.api.tickets import router as tickets

from .door import PortalAPI

api = PortalAPI(
    title="Daybreak",
    version="1",
    description="Environments, and what starts and stops them. Every endpoint needs a token and names its scope.",
)
api.add_router("/environments", environments)
api.add_router("", deploys)  # below /environments/{slug} and /deployments
api.add_router("/operations", operations)
api.add_router("/holds", holds)
api.add_router("/exceptions", exceptions)
api.add_router("/schedules", schedules)
api.add_router("/calendars", calendars)
api.add_router("/costs", costs)
api.add_router("/health", health)
api.add_router("/tickets", tickets)
api.add_router("/events", events)
